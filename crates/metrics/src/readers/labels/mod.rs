//! One class from each reader of a case, and from a model.

mod agreement;
mod kappa;
mod krippendorff;
mod set;

pub use set::{LabelReading, LabelReadingOptions, LabelReadings};

type Family = super::family::Family<LabelReadings, LabelReadingOptions>;

/// Every family of labels, in the order in which a report lists them.
pub(crate) const FAMILIES: &[&Family] = &[&kappa::FAMILY, &krippendorff::FAMILY, &agreement::FAMILY];
