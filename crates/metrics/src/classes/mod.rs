//! A class, several classes or yes and no for each case, against scores, a class or an abstention.
//!
//! [`ClassSet`] holds the rows as they were given; [`table`] resolves them under the options (which classes there are,
//! what is predicted); the [`families`] turn the table into numbers.

mod calibration;
mod confusion;
mod delong;
mod families;
mod options;
mod ranking;
mod row;
mod set;
mod table;
mod tally;

pub use delong::{DelongComparison, delong_paired, delong_variance};
pub(crate) use families::FAMILIES;
pub use families::visalign_abstentions;
pub use options::{ClassOptions, FrequencyGroup, MOST_K};
pub use row::{ClassPrediction, ClassRow, ClassTruth, TruthShares};
pub use set::ClassSet;
