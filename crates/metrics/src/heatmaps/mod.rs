//! Maps against regions, maps and fixations.
//!
//! Every metric is a number for one map ([`statistics`]); a family says which, and how they are averaged
//! ([`means`]).

mod families;
mod heatmap;
mod means;
mod row;
mod scope;
mod set;
mod statistics;

pub(crate) use families::FAMILIES;
pub use heatmap::Heatmap;
pub use row::HeatmapRow;
pub use set::{HeatmapOptions, HeatmapSet};
