//! The families of metrics on classes: one file each, and one line in [`FAMILIES`].

mod alignment;
mod calibration;
mod differential;
mod flair;
mod hierarchy;
mod isight;
mod labels;
mod long_tail;
mod risk;
mod scores;
mod selective;
mod top_k;

pub use alignment::visalign_abstentions;

use crate::classes::table::Table;
use crate::engine::{Definition, Prepared};

/// Metrics that share their preparation.
pub(crate) struct Family {
    /// The convention's name, as `--convention` takes it.
    pub convention: &'static str,
    /// Whether an assessment without a named convention has it, where it applies.
    pub by_default: bool,
    pub definitions: &'static [Definition],
    /// Whether the table and its options say what the family needs.
    pub applies: fn(&Table) -> bool,
    pub prepare: fn(&Table) -> Box<dyn Prepared>,
}

/// Every family, in the order in which a report lists them.
pub(crate) const FAMILIES: &[Family] = &[
    labels::DEFAULT,
    labels::SCIKIT_LEARN,
    scores::DEFAULT,
    scores::SCIKIT_LEARN,
    scores::XPLAINER,
    top_k::DEFAULT,
    top_k::SCIKIT_LEARN,
    calibration::DEFAULT,
    calibration::TORCHMETRICS,
    calibration::NETCAL,
    selective::DEFAULT,
    selective::TORCH_UNCERTAINTY,
    alignment::FAMILY,
    hierarchy::FAMILY,
    risk::FAMILY,
    long_tail::FAMILY,
    differential::FAMILY,
    flair::FAMILY,
    isight::FAMILY,
];
