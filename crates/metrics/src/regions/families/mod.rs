//! The families of metrics on regions: one file each, and one line in [`LIVE`] or [`ON_DEMAND`].

mod average_precision;
mod confusion;
mod detection;
mod foreground;
mod froc;
mod giou;
mod grounding;
mod ivtdmetrics;
mod masks;
mod medrega;
mod medvision;
mod mgca;
mod panoptic;
mod patients;
mod picai;
mod precision_recall;
mod ranking;
mod rodeo;
mod tide;
mod umedground;
mod unibiomed;

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

/// The families that every evaluation has, in the order in which a report lists them.
pub(crate) const LIVE: &[Family] = &[detection::FAMILY, average_precision::COCO, foreground::FAMILY, panoptic::FAMILY];

/// The families that an assessment has besides.
#[cfg(feature = "full")]
const ON_DEMAND: &[Family] = &[
    average_precision::VOC,
    average_precision::VOC_EDGES,
    average_precision::SUPERVISION,
    average_precision::MEDICALDETECTIONTOOLKIT,
    average_precision::MEDICALDETECTIONTOOLKIT_PATIENTS,
    grounding::FAMILY,
    giou::FAMILY,
    rodeo::FAMILY,
    umedground::FAMILY,
    medrega::FAMILY,
    medvision::FAMILY,
    unibiomed::FAMILY,
    mgca::FAMILY,
    ivtdmetrics::FAMILY,
    ivtdmetrics::MENDED,
    precision_recall::FAMILY,
    froc::FAMILY,
    froc::LUNA16_FAMILY,
    froc::MONAI_FAMILY,
    froc::NNDETECTION,
    patients::FAMILY,
    picai::FAMILY,
    tide::FAMILY,
    confusion::FAMILY,
    confusion::SUPERVISION_FAMILY,
    confusion::ULTRALYTICS_FAMILY,
    masks::PIXELS,
    masks::SURFACES,
    masks::INSTANCES,
    masks::COMPONENTS,
    masks::PATIENTS,
    masks::MONAI,
    masks::SURFACE_DISTANCE,
    masks::MEDPY,
    masks::FACE_COMPONENTS,
    masks::UNIBIOMED,
    masks::UNETPLUSPLUS,
    masks::FLAIR,
    masks::UPL_SFDA,
    masks::MEDSAM,
    masks::MGCA,
];
#[cfg(not(feature = "full"))]
const ON_DEMAND: &[Family] = &[];

/// Every family, in the order in which a report lists them.
pub(crate) fn families() -> impl Iterator<Item = &'static Family> {
    LIVE.iter().chain(ON_DEMAND)
}
