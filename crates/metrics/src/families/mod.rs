//! The families of metrics: one file each, and one line in [`FAMILIES`].

mod average_precision;
mod detection;
mod foreground;
mod panoptic;

pub(crate) use average_precision::COCO_LIMIT;

use std::sync::LazyLock;

use groundglass_types::Value;
use serde::Serialize;

use crate::RegionKind;
use crate::scope::Scope;

/// What a metric is, and where its definition comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Definition {
    /// The id under which values carry it.
    pub id: &'static str,
    /// Its name in the field.
    pub name: &'static str,
    /// One sentence that says what it measures and how.
    pub definition: &'static str,
    /// The paper, section or reference package.
    pub source: &'static str,
}

/// Metrics that share a pairing or a curve.
pub(crate) struct Family {
    pub definitions: &'static [Definition],
    /// The only kind of region that it is for, where there is one.
    pub region: Option<RegionKind>,
    /// Whether its values follow the score and IoU thresholds; those of other families are kept.
    pub follows_thresholds: bool,
    /// Its values: over all classes and, where there are several, by class.
    pub values: fn(&Scope<'_>) -> Vec<Value>,
}

/// Every family, in the order in which a report lists them.
pub(crate) const FAMILIES: &[Family] =
    &[detection::FAMILY, average_precision::FAMILY, foreground::FAMILY, panoptic::FAMILY];

static DEFINITIONS: LazyLock<Vec<Definition>> =
    LazyLock::new(|| FAMILIES.iter().flat_map(|family| family.definitions).copied().collect());

/// Every metric and count, in the order in which a report lists them.
pub fn definitions() -> &'static [Definition] {
    &DEFINITIONS
}
