//! Numbers with a unit: lengths, sizes, angles, landmarks, boxes given as coordinates.
//!
//! A family says which [`calculation`] each metric is, over which rows.

mod agreement;
mod calculation;
mod families;
mod row;
mod scope;
mod set;

pub(crate) use families::FAMILIES;
pub use row::{MeasureRow, Quantity};
pub use set::{MeasureOptions, MeasureSet};
