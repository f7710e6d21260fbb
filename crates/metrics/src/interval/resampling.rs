//! What is resampled, how often, and what is read off.

use serde::{Deserialize, Serialize};

use crate::MetricsError;

/// More resamples than anyone needs; each keeps one number a line.
const MOST_RESAMPLES: u32 = 100_000;

/// What is drawn with replacement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ResamplingUnit {
    /// Each case for itself.
    Case,
    /// All cases with one value of this attribute together, usually `patient`. A case without the attribute is drawn
    /// for itself.
    Attribute(String),
}

/// How an interval is read off the replicates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum BootstrapMethod {
    /// The quantiles at both ends.
    #[default]
    Percentile,
    /// Quantiles moved for bias and for an error that changes with the value (bias-corrected and accelerated).
    Bca,
}

impl BootstrapMethod {
    /// The word under which intervals carry it: `percentile` or `bca`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Percentile => "percentile",
            Self::Bca => "bca",
        }
    }
}

/// How a bootstrap is done. Together with the data it decides every bit of the intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct Resampling {
    /// What is drawn.
    pub unit: ResamplingUnit,
    /// How many resamples are drawn. With 0 an interval comes from a formula, where the metric has one.
    pub resamples: u32,
    /// Where the random numbers begin.
    pub seed: u32,
    /// The share of such intervals that should hold the true value: 0.95.
    pub level: f64,
    /// How the interval is read off.
    pub method: BootstrapMethod,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            unit: ResamplingUnit::Attribute("patient".to_owned()),
            resamples: 2000,
            seed: 0,
            level: 0.95,
            method: BootstrapMethod::Percentile,
        }
    }
}

impl Resampling {
    /// # Errors
    /// [`MetricsError::Input`] where the level is not between 0 and 1 or the resamples are too many.
    pub fn check(&self) -> Result<(), MetricsError> {
        let fault = if !(self.level > 0.0 && self.level < 1.0) {
            format!("the level is {}, but must lie between 0 and 1", self.level)
        } else if self.resamples > MOST_RESAMPLES {
            format!("{} resamples were asked for, {MOST_RESAMPLES} are the most", self.resamples)
        } else {
            return Ok(());
        };
        Err(MetricsError::Input { place: "resampling".to_owned(), fault })
    }
}
