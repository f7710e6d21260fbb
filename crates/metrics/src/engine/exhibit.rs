//! What is drawn rather than said in one number.

use serde::Serialize;

/// One axis of a [`Curve`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Axis {
    /// What it counts: `False positives per image`.
    pub name: &'static str,
    /// Whether it is logarithmic to the base 2.
    pub logarithmic: bool,
}

/// One point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct Point {
    /// Position on the first axis.
    pub x: f64,
    /// Position on the second axis.
    pub y: f64,
    /// The score threshold at this point, where there is one.
    pub threshold: Option<f64>,
}

/// A curve: precision-recall, ROC, FROC, risk-coverage.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct Curve {
    /// `precision_recall`, `roc`, `froc`, `risk_coverage`, ...
    pub id: &'static str,
    /// Its name for a heading.
    pub name: &'static str,
    /// The convention's name.
    pub convention: String,
    /// The class, where it is of one class.
    pub class: Option<String>,
    /// The first axis.
    pub x: Axis,
    /// The second axis.
    pub y: Axis,
    /// The points in drawing order; at most some thousand.
    pub points: Vec<Point>,
}

/// One bin of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Bar {
    /// Lower edge of the bin.
    pub low: f64,
    /// Upper edge of the bin.
    pub high: f64,
    /// Mean confidence in the bin.
    pub confidence: f64,
    /// Share that was right.
    pub accuracy: f64,
    /// How many fell into it.
    pub n: u64,
}

/// A confusion table: truths in rows, predictions in columns.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Confusion {
    /// `confusion`
    pub id: &'static str,
    /// Its name for a heading.
    pub name: &'static str,
    /// Names of the rows.
    pub rows: Vec<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Counts, row by row.
    pub counts: Vec<Vec<u64>>,
    /// The cases behind each cell, by their index in the set, row by row.
    pub cases: Vec<Vec<Vec<u32>>>,
}

/// What is drawn rather than said in one number.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Exhibit {
    /// A curve.
    Curve(Curve),
    /// A confusion table.
    Confusion(Confusion),
    /// A reliability diagram.
    Reliability {
        /// Its name for a heading.
        name: &'static str,
        /// The convention's name.
        convention: String,
        /// The bins that hold anything.
        bars: Vec<Bar>,
    },
}
