//! What a family of metrics is.

use groundglass_types::{Convention, Statistic};
use serde::{Deserialize, Serialize};

use crate::engine::{Exhibit, Weights};

/// What is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Boxes with labels and scores.
    Boxes,
    /// Masks with labels and scores.
    Masks,
    /// A value for each pixel.
    Heatmaps,
    /// A class, or a score for each class.
    Classes,
    /// Classes or regions on which several readers differ.
    Readers,
    /// Lengths, angles and other numbers with a unit.
    Measures,
}

/// Which way a metric points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    #[default]
    Higher,
    /// Less is better.
    Lower,
    /// Neither: a count, a share, a bias around 0.
    Neither,
}

/// What a metric is, and where its definition comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Definition {
    /// The id under which values carry it.
    pub id: &'static str,
    /// Its name in the field.
    pub name: &'static str,
    /// One sentence that says what it measures and how.
    pub definition: &'static str,
    /// The paper, section or reference package.
    pub source: &'static str,
    /// Which way it points.
    pub better: Better,
}

/// One line of a report before it has a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// [`Definition::id`].
    pub id: &'static str,
    /// The class, where the line is of one class.
    pub class: Option<String>,
    /// The convention, which travels with the value.
    pub convention: Convention,
}

/// The value of one [`Line`] under some weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// A finite number, or the reason why there is none.
    pub statistic: Statistic,
    /// How many things it speaks of, as the convention's words say.
    pub n: u64,
}

/// What a formula says of two sets of predictions for the same cases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PairedTest {
    /// The test's name: `delong`.
    pub method: &'static str,
    /// Its statistic: z or chi-squared.
    pub statistic: f64,
    /// Two-sided.
    pub p: f64,
}

/// A family's metrics on one set, with all computed that no resampling changes: pairings, distances, sorted scores.
///
/// Everything that is said of uncertainty, groups and comparisons is made of [`Self::measure`] under different
/// weights, so that a family owns its statistic and nothing else.
pub trait Prepared: Send + Sync {
    /// The lines, over all classes first.
    fn lines(&self) -> &[Line];

    /// One value a line, in the order of the lines. `weights` has one count for each case that the family was
    /// prepared from. Of equal scores within a case that counts several times, the copies of each finding stand
    /// together.
    fn measure(&self, weights: &Weights) -> Vec<Measured>;

    /// [`Self::measure`] under each of several weights, bit for bit. A bootstrap asks for some at once, which a family
    /// may answer faster than one by one.
    fn measure_several(&self, weights: &[Weights]) -> Vec<Vec<Measured>> {
        weights.iter().map(|weights| self.measure(weights)).collect()
    }

    /// The interval at `level` (0.95) that a formula gives, with the formula's name (`wilson`, `delong`); one entry a
    /// line, or none at all.
    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let _ = (weights, level);
        Vec::new()
    }

    /// The test that a formula gives, of a set that [joins](crate::compare) two: the first half under `weights_a`
    /// against the second under `weights_b`. One entry a line, or none at all.
    fn paired_test(&self, weights_a: &Weights, weights_b: &Weights) -> Vec<Option<PairedTest>> {
        let _ = (weights_a, weights_b);
        Vec::new()
    }

    /// Every line's value on each case alone: one list a line with one statistic a case. `None` where measuring case
    /// by case is fast enough.
    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        None
    }

    /// Curves and tables for the page and the report.
    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        let _ = weights;
        Vec::new()
    }
}
