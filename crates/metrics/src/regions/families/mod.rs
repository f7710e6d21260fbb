//! The families of metrics on regions: one file each, and one line in [`FAMILIES`].

mod average_precision;
mod detection;
mod foreground;
mod panoptic;

pub(crate) use average_precision::COCO_LIMIT;

use crate::engine::{Definition, Prepared};
use crate::regions::RegionKind;
use crate::regions::scope::Scope;

/// When a family is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// With every move of a threshold, which its values follow.
    Live,
    /// With every evaluation; no threshold changes its values, so they are kept.
    Steady,
    /// Only when a whole assessment is asked for.
    OnDemand,
}

/// Metrics that share a pairing or a curve.
pub(crate) struct Family {
    /// The convention's name, as `--convention` takes it.
    pub convention: &'static str,
    /// Whether an assessment without a named convention has it.
    pub by_default: bool,
    pub definitions: &'static [Definition],
    /// The only kind of region that it is for, where there is one.
    pub region: Option<RegionKind>,
    pub pace: Pace,
    pub prepare: fn(&Scope<'_>) -> Box<dyn Prepared>,
}

/// Every family, in the order in which a report lists them.
pub(crate) const FAMILIES: &[Family] = &[
    detection::FAMILY,
    average_precision::COCO,
    foreground::FAMILY,
    panoptic::FAMILY,
    average_precision::VOC,
    average_precision::VOC_EDGES,
    average_precision::SUPERVISION,
    average_precision::MEDICALDETECTIONTOOLKIT,
    average_precision::MEDICALDETECTIONTOOLKIT_PATIENTS,
];
