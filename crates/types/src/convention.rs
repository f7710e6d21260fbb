//! Under which of the field's many conventions a number was computed.

use serde::{Deserialize, Serialize};

/// How precision is read off between the recalls that a ranking reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// The highest precision at or beyond each of 101 recalls, averaged (COCO).
    Step101,
    /// Linear between the points of the envelope, at 101 recalls, by the trapezoid rule (ultralytics, supervision).
    Trapezoid101,
    /// The precision at the first reached recall at or beyond each of 101 recalls (medicaldetectiontoolkit).
    Searchsorted101,
    /// The highest precision at or beyond each of 11 recalls, averaged (Pascal VOC 2007).
    ElevenPoint,
    /// The area under the envelope, every point used (Pascal VOC 2010 and later).
    Envelope,
    /// The area under the steps as they are, without an envelope (scikit-learn's average precision).
    Steps,
}

/// Whether a pair exactly at a threshold is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Admission {
    /// `>=`
    AtLeast,
    /// `>`
    Above,
}

/// Which of several equal scores comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// The order of cases and of their lists.
    ListOrder,
    /// None: equal scores share one threshold.
    Grouped,
    /// The order that is best for the result.
    Best,
    /// The order that is worst for the result.
    Worst,
    /// The lowest index.
    LowestIndex,
}

/// What a comparison says where neither side has anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum EmptyBoth {
    /// Perfect agreement: 1 (for a distance 0).
    Perfect,
    /// 0.
    Zero,
    /// The case is left out of the mean.
    Skipped,
}

/// What becomes of findings in an image where nothing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum WithoutTruth {
    /// They are false positives.
    Counted,
    /// The image is left out.
    Ignored,
}

/// How several boxes or masks of one case are set against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// From the highest score down, each takes the free truth with the highest IoU.
    GreedyByScore,
    /// From the highest IoU down.
    GreedyByIou,
    /// From the highest score down, each takes the first truth of the list that is near enough.
    FirstInList,
    /// The pairing with the lowest total cost.
    Hungarian,
    /// The first finding against the first truth.
    FirstOnly,
    /// The union of findings against the union of truths.
    Union,
    /// Every finding against every truth that it touches.
    Every,
}

/// A named choice of conventions. It travels with each value into the report.
///
/// Choices that play no part in a metric are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct Convention {
    /// Its name, as `--convention` takes it: `coco`, `voc`, `supervision`, ...
    pub name: String,
    /// How precision is read off between recalls.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub interpolation: Option<Interpolation>,
    /// Whether a pair exactly at the threshold is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub admission: Option<Admission>,
    /// Whether a box from pixel 3 to pixel 5 is 3 pixels wide rather than 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub inclusive_pixels: Option<bool>,
    /// Which of equal scores comes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub ties: Option<Ties>,
    /// What is said where neither side has anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub empty_both: Option<EmptyBoth>,
    /// What becomes of findings in an image where nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub without_truth: Option<WithoutTruth>,
    /// How several regions of one case are set against each other.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub pairing: Option<Pairing>,
    /// All of it in words that a reviewer can check, clauses separated by `; `: matching rule, thresholds, averaging,
    /// what `n` counts.
    pub words: String,
}

impl Convention {
    /// A convention known by its name and in words; choices are added as fields.
    pub fn new(name: &str, words: impl Into<String>) -> Self {
        Self { name: name.to_owned(), words: words.into(), ..Self::default() }
    }
}
