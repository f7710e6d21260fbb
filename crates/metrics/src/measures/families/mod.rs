//! The families of metrics on measurements: one file each, and one line in [`FAMILIES`].

mod errors;
mod medvision;

use crate::engine::{Definition, Prepared};
use crate::measures::scope::Scope;

/// Metrics that share a convention.
pub(crate) struct Family {
    /// The convention's name, as `--convention` takes it.
    pub convention: &'static str,
    /// Whether an assessment without a named convention has it.
    pub by_default: bool,
    pub definitions: &'static [Definition],
    pub prepare: fn(&Scope<'_>) -> Box<dyn Prepared>,
}

/// Every family, in the order in which a report lists them.
pub(crate) const FAMILIES: &[Family] = &[errors::FAMILY, medvision::FAMILY];
