//! Ordered lists of diagnoses from several readers, and a model's scores or list.

mod adjusted;
mod agreement;
mod draws;
mod options;
mod overlap;
mod plackett_luce;
mod plausibility;
mod set;

pub use options::RankedReadingOptions;
pub use overlap::{average_overlap, partial_average_overlap};
pub use plackett_luce::{PlackettLuceOptions, Unranked};
pub use plausibility::inverse_rank_normalization;
pub use set::{Prediction, RankedReading, RankedReadings};

type Family = super::family::Family<RankedReadings, RankedReadingOptions>;

/// Every family of ordered lists, in the order in which a report lists them.
pub(crate) const FAMILIES: &[&Family] =
    &[&adjusted::IRN, &adjusted::PROBABILISTIC_IRN, &adjusted::PLACKETT_LUCE, &agreement::FAMILY];
