//! Average precision, by the field's several rules: one file a convention.

mod coco;
mod coco_definitions;
mod lines;
mod medicaldetectiontoolkit;
mod patients;
mod plain;
mod supervision;
mod voc;

pub(crate) use coco_definitions::COCO_LIMIT;

use super::Family;

/// The rule by default.
pub(super) const COCO: Family = coco::FAMILY;
/// By the devkit of Pascal VOC, whose boxes hold their last pixels.
pub(super) const VOC: Family = voc::FAMILY;
/// By the devkit of Pascal VOC, but for boxes with edges.
pub(super) const VOC_EDGES: Family = voc::EDGES_FAMILY;
/// As supervision 0.25.1 computes it.
pub(super) const SUPERVISION: Family = supervision::FAMILY;
/// As the medicaldetectiontoolkit computes it, on regions.
pub(super) const MEDICALDETECTIONTOOLKIT: Family = medicaldetectiontoolkit::FAMILY;
/// As the medicaldetectiontoolkit computes it, on patients.
pub(super) const MEDICALDETECTIONTOOLKIT_PATIENTS: Family = patients::FAMILY;
