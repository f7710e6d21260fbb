//! How plausibilities are drawn.

use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::readers::ranked::PlackettLuceOptions;

/// The settings of the statistics of ordered lists.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct RankedReadingOptions {
    /// Where the draws begin. Those of a case depend on this and on its name alone.
    #[cfg_attr(feature = "tsify", tsify(type = "number"))]
    pub seed: u64,
    /// How many plausibilities are drawn for each case (1,000 in the paper).
    pub samples: u32,
    /// How reliable readers are taken to be in probabilistic IRN: 1, 3, 5, 10, 20, 30 or 50 in the paper.
    pub temperature: f64,
    /// What every class has in probabilistic IRN besides its share.
    pub bias: f64,
    /// The settings of the Plackett-Luce sampler.
    pub plackett_luce: PlackettLuceOptions,
}

impl Default for RankedReadingOptions {
    fn default() -> Self {
        let plackett_luce = PlackettLuceOptions::default();
        Self { seed: 0, samples: 200, temperature: 10.0, bias: 0.01, plackett_luce }
    }
}

impl RankedReadingOptions {
    /// # Errors
    /// [`MetricsError::Input`] that names the setting out of its range.
    pub(crate) fn check(&self) -> Result<(), MetricsError> {
        let PlackettLuceOptions { repetitions, shape, warm_up, thinning, unranked: _ } = self.plackett_luce;
        let above_0 = |value: f64| value > 0.0 && value <= 1e9;
        let places = [
            ("samples", (1..=100_000).contains(&self.samples), "a number from 1 to 100,000"),
            ("temperature", above_0(self.temperature), "above 0 and at most 1e9"),
            ("bias", (0.0..=1e9).contains(&self.bias), "from 0 to 1e9"),
            ("plackett_luce.repetitions", (1..=1000).contains(&repetitions), "a number from 1 to 1,000"),
            ("plackett_luce.shape", above_0(shape), "above 0 and at most 1e9"),
            ("plackett_luce.warm_up", warm_up <= 1_000_000, "at most 1,000,000"),
            ("plackett_luce.thinning", (1..=1000).contains(&thinning), "a number from 1 to 1,000"),
        ];
        match places.into_iter().find(|(_, right, _)| !right) {
            None => Ok(()),
            Some((place, _, range)) => {
                Err(MetricsError::Input { place: place.to_owned(), fault: format!("it must be {range}") })
            }
        }
    }
}
