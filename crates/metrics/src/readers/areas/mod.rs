//! The boxes or masks of several readers, and a model's findings.

mod boxes;
mod case;
mod clusters;
mod masks;
mod options;
mod place;
mod set;
mod staple;
mod votes;

pub use options::AreaReadingOptions;
pub use set::{AreaReading, AreaReadings, Consensus};
pub use staple::{Staple, staple};

type Family = super::family::Family<AreaReadings, AreaReadingOptions>;

/// Every family of areas, in the order in which a report lists them. Those of the other kind of region are left out.
pub(crate) const FAMILIES: &[&Family] = &[&masks::MAJORITY, &masks::STAPLE, &boxes::MAJORITY];
