//! What every family stands on: lines with their definitions, weights, resampling, exhibits.

mod assessment;
mod exhibit;
mod family;
pub(crate) mod grouping;
pub mod math;
mod weights;

pub use assessment::{Assessment, Unit};
pub use exhibit::{Axis, Bar, Confusion, Curve, Exhibit, Point};
pub use family::{Better, Definition, Line, Measured, Prepared, Task};
pub use weights::Weights;
