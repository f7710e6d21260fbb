//! Findings against truths: boxes and masks.
//!
//! * **match** pairs the findings of a case with its truths; overlaps are computed once a case and kept.
//! * **curve** turns the ranking of the findings of all cases into precision and recall.
//! * **statistic** makes values out of both, in [`families`].

mod assignment;
mod box_unions;
mod case_entry;
mod curve;
mod families;
mod foreground;
mod joined;
mod lanes;
mod mask_unions;
mod matching;
mod means;
mod notes;
mod overlap;
mod queries;
mod ranking;
mod result;
mod scope;
mod set;
mod view;

pub use case_entry::SharedCase;
pub use curve::CURVE_POINTS;
pub(crate) use families::families;
pub use result::{
    CaseScore, CaseView, CurvePoint, EvaluateOptions, Evaluation, FindingStatus, FindingView, RegionKind, TruthStatus,
    TruthView,
};
pub use set::EvaluationSet;
