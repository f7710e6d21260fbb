//! What every family stands on: lines with their definitions, weights, resampling, exhibits.

pub(crate) mod alone;
mod assessment;
mod exhibit;
mod family;
mod gaps;
pub(crate) mod grouping;
mod groups;
pub mod math;
pub(crate) mod parallel;
mod report;
pub(crate) mod steps;
mod weights;

pub use assessment::{Assessment, Unit};
pub use exhibit::{Axis, Bar, Confusion, Curve, Exhibit, Point};
pub use family::{Better, Definition, Line, Measured, PairedTest, Prepared, Task};
pub use groups::NO_GROUP;
pub use report::{ReportOptions, Reporting, Results};
pub use steps::Progress;
pub use weights::Weights;
