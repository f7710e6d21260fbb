//! How good predictions are: `match` -> `curve` -> `statistic` -> `interval`.
//!
//! A **task** is what is predicted, a **family** a set of metrics that share their preparation. A family is prepared
//! once from a set ([`Prepared`]: pairings, distances, sorted scores), and then measured under [`Weights`] that say how
//! often each case counts. Intervals, groups and comparisons are nothing but that, under other weights.
//!
//! * [`engine`] holds what all families share;
//! * [`regions`](EvaluationSet) pairs findings with truths: boxes and masks;
//! * [`classes`](ClassSet) compares classes, scores and abstentions, row by row;
//! * every metric has a [`Definition`] with its source, and every value a
//!   [`Convention`](groundglass_types::Convention); [`definitions`] lists them all.
//!
//! Every statistic is a finite number or [`Undefined`](groundglass_types::Undefined) with its reason. Numbers are the
//! same bits natively and in WebAssembly: elementary functions come from [`engine::math`].
//!
//! To add a metric, write a file beside its kin and add one line to the list there.

mod classes;
pub mod engine;
mod error;
pub mod interval;
mod regions;

pub use classes::{
    ClassOptions, ClassPrediction, ClassRow, ClassSet, ClassTruth, DelongComparison, FrequencyGroup, MOST_K,
    TruthShares, delong_paired, delong_variance, fleiss_kappa, visalign_abstentions,
};
pub use engine::{Assessment, Better, Definition, Exhibit, Line, Measured, Prepared, Task, Unit, Weights};
pub use error::MetricsError;
pub use regions::{
    CURVE_POINTS, CaseScore, CaseView, CurvePoint, EvaluateOptions, Evaluation, EvaluationSet, FindingStatus,
    FindingView, RegionKind, TruthStatus, TruthView,
};

use std::sync::LazyLock;

static DEFINITIONS: LazyLock<Vec<Definition>> = LazyLock::new(|| {
    let regions = regions::FAMILIES.iter().flat_map(|family| family.definitions);
    let classes = classes::FAMILIES.iter().flat_map(|family| family.definitions);
    regions.chain(classes).copied().collect()
});

/// Every metric and count, in the order in which a report lists them.
pub fn definitions() -> &'static [Definition] {
    &DEFINITIONS
}
