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

use crate::RegionKind;

type Family = super::family::Family<AreaReadings, AreaReadingOptions>;

/// Every family of areas with the kind of region that it is for, in the order in which a report lists them.
pub(crate) const FAMILIES: &[(RegionKind, &Family)] =
    &[(RegionKind::Mask, &masks::MAJORITY), (RegionKind::Mask, &masks::STAPLE), (RegionKind::Box, &boxes::MAJORITY)];
