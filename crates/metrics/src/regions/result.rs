//! What an evaluation is asked, and what it answers.

use groundglass_types::{Counts, Statistic, Value};
use serde::{Deserialize, Serialize};

use crate::MetricsError;

/// Which part of a region is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "lowercase")]
pub enum RegionKind {
    /// The boxes, with continuous edges.
    Box,
    /// The pixels. A case counts where each of its truths has a mask; a finding without a mask
    /// overlaps nothing.
    Mask,
}

impl RegionKind {
    /// The word for texts: `box` or `mask`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Mask => "mask",
        }
    }

    /// The task's word for reports: `boxes` or `masks`.
    pub const fn task(self) -> &'static str {
        match self {
            Self::Box => "boxes",
            Self::Mask => "masks",
        }
    }
}

/// The thresholds, and what is compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct EvaluateOptions {
    /// Findings with a lower score do not count at the thresholds.
    pub score_threshold: f64,
    /// Pairs with a lower IoU are no pairs; 0 to 1. At 0 a pair must still share some area.
    pub iou_threshold: f64,
    /// What is compared.
    pub region: RegionKind,
    /// How far apart two surfaces may be to count as the same, in mm (pixels where the spacing is unknown); 0 or more.
    #[serde(default = "default_surface_tolerance")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub surface_tolerance: f64,
}

/// 2 mm, as in most work on normalised surface distances.
const fn default_surface_tolerance() -> f64 {
    2.0
}

impl EvaluateOptions {
    pub(crate) fn check(&self) -> Result<(), MetricsError> {
        if !self.score_threshold.is_finite() {
            return Err(MetricsError::ScoreThreshold(self.score_threshold));
        }
        if !(0.0..=1.0).contains(&self.iou_threshold) {
            return Err(MetricsError::IouThreshold(self.iou_threshold));
        }
        if !(self.surface_tolerance.is_finite() && self.surface_tolerance >= 0.0) {
            return Err(MetricsError::SurfaceTolerance(self.surface_tolerance));
        }
        Ok(())
    }
}

/// One point of the precision-recall curve: what would be, were the threshold at `score`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct CurvePoint {
    /// The score threshold: findings at or above it count.
    pub score: f64,
    /// Share of the truths that are found.
    pub recall: f64,
    /// Share of the counted findings that are paired with a truth.
    pub precision: f64,
}

/// One line of the list of cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct CaseScore {
    /// The case's name.
    pub case: String,
    /// Its pairings at the thresholds; all 0 where the case counts in nothing.
    pub counts: Counts,
    /// Its F1 at the thresholds: undefined where nobody has looked (`no_truth`), the model has not
    /// run (`no_findings`), masks are missing (`no_masks`), or nothing is there and nothing was
    /// found (`nothing`).
    pub f1: Statistic,
}

/// A whole set at the thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Evaluation {
    /// Pairings, pooled over cases and classes.
    pub counts: Counts,
    /// Every metric with its convention: first over all classes, then by class where there is more than one.
    pub values: Vec<Value>,
    /// Precision against recall over all scores at the IoU threshold, pooled over cases and classes, from
    /// the highest score down; at most [`crate::CURVE_POINTS`] points.
    pub curve: Vec<CurvePoint>,
    /// Every case of the set, in the order in which they were added.
    pub cases: Vec<CaseScore>,
    /// What a reader must know besides, one sentence each: cases that do not count, labels that were paired.
    pub notes: Vec<String>,
}

/// How a finding fared at the thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    /// Paired with a truth.
    TruePositive,
    /// Not paired with a truth.
    FalsePositive,
    /// Below the score threshold, whether or not the case has a truth.
    BelowThreshold,
    /// Paired with a crowd: counts neither for nor against.
    Ignored,
    /// At or above the threshold, in a case that counts in nothing.
    Unjudged,
}

/// How a truth fared at the thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum TruthStatus {
    /// Paired with a finding.
    Found,
    /// Not paired with a finding.
    Missed,
    /// A crowd, or in a case that counts in nothing.
    Ignored,
}

/// One finding of a case.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct FindingView {
    /// Its place in the case's list of findings.
    pub index: usize,
    /// How it fared.
    pub status: FindingStatus,
    /// IoU with `truth` (for a crowd the share of the finding that lies inside); `None` without one.
    pub iou: Option<f64>,
    /// The truth it is paired with. For an unpaired finding the truth of its class that it overlaps
    /// most, so that a near miss and a second finding of one truth can be told from nothing at all.
    pub truth: Option<usize>,
}

/// One truth of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct TruthView {
    /// Its place in the case's list of truths.
    pub index: usize,
    /// How it fared.
    pub status: TruthStatus,
    /// The finding it is paired with.
    pub finding: Option<usize>,
}

/// One case at the thresholds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct CaseView {
    /// Pairings in this case.
    pub counts: Counts,
    /// Every metric of this case alone.
    pub values: Vec<Value>,
    /// Every finding, in the order of the case's list.
    pub findings: Vec<FindingView>,
    /// Every truth, in the order of the case's list.
    pub truths: Vec<TruthView>,
}
