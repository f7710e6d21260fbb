//! How the regions of readers are compared.

use groundglass_types::EmptyBoth;
use serde::{Deserialize, Serialize};

use crate::{MetricsError, RegionKind};

/// The settings of the statistics of readers' regions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct AreaReadingOptions {
    /// Findings below it do not count.
    pub score_threshold: f64,
    /// Boxes below it are not the same, neither in a pairing nor in a consensus.
    pub iou_threshold: f64,
    /// Boxes or masks.
    pub region: RegionKind,
    /// What two sides say that are both empty. With `perfect`, readers who agree that nothing is there agree.
    pub empty_both: EmptyBoth,
}

impl Default for AreaReadingOptions {
    fn default() -> Self {
        Self { score_threshold: 0.5, iou_threshold: 0.5, region: RegionKind::Mask, empty_both: EmptyBoth::Perfect }
    }
}

impl AreaReadingOptions {
    /// # Errors
    /// [`MetricsError`] for a threshold out of its range.
    pub(crate) fn check(&self) -> Result<(), MetricsError> {
        if !self.score_threshold.is_finite() {
            return Err(MetricsError::ScoreThreshold(self.score_threshold));
        }
        if !(0.0..=1.0).contains(&self.iou_threshold) {
            return Err(MetricsError::IouThreshold(self.iou_threshold));
        }
        Ok(())
    }

    /// What is said where both sides are empty, in words.
    pub(crate) const fn empty_words(&self) -> &'static str {
        match self.empty_both {
            EmptyBoth::Perfect => "two empty sides agree: 1",
            EmptyBoth::Zero => "two empty sides are 0",
            EmptyBoth::Skipped => "two empty sides are skipped",
        }
    }
}
