//! How good findings are: `match` -> `curve` -> `statistic`.
//!
//! * **match** pairs the findings of a case with its truths. There is one pairing (COCO's greedy one)
//!   and every family uses it; overlaps are computed once a case and kept.
//! * **curve** turns the ranking of the findings of all cases into precision and recall.
//! * **statistic** makes values out of both: a number, or the reason why there is none, with the
//!   convention in words and with how many things it speaks of.
//!
//! [`EvaluationSet`] keeps cases and findings and answers [`EvaluationSet::evaluate`] for the whole set
//! and [`EvaluationSet::view`] for one case. [`definitions`] lists every metric with its source.
//!
//! To add a family, write a file in `families` and add one line to its list there.

mod case_entry;
mod curve;
mod error;
mod families;
mod foreground;
mod matching;
mod notes;
mod overlap;
mod result;
mod scope;
mod set;
mod view;

pub use curve::CURVE_POINTS;
pub use error::MetricsError;
pub use families::{Definition, definitions};
pub use result::{
    CaseScore, CaseView, CurvePoint, EvaluateOptions, Evaluation, FindingStatus, FindingView, RegionKind, TruthStatus,
    TruthView,
};
pub use set::EvaluationSet;
