//! How good predictions are: `match` -> `curve` -> `statistic` -> `interval`.
//!
//! A **task** is what is predicted, a **family** a set of metrics that share their preparation. A family is prepared
//! once from a set ([`Prepared`]: pairings, distances, sorted scores), and then measured under [`Weights`] that say how
//! often each case counts. Intervals, groups and comparisons are nothing but that, under other weights.
//!
//! * [`engine`] holds what all families share;
//! * [`regions`](EvaluationSet) pairs findings with truths: boxes and masks;
//! * every metric has a [`Definition`] with its source, and every value a
//!   [`Convention`](groundglass_types::Convention); [`definitions`] lists them all.
//!
//! Every statistic is a finite number or [`Undefined`](groundglass_types::Undefined) with its reason. Numbers are the
//! same bits natively and in WebAssembly: elementary functions come from [`engine::math`].
//!
//! To add a metric, write a file beside its kin and add one line to the list there.

pub mod compare;
pub mod engine;
mod error;
pub mod interval;
mod regions;

pub use compare::{Comparing, Comparison, ComparisonLine, ComparisonOptions};
pub use engine::{
    Assessment, Better, Definition, Exhibit, Line, Measured, PairedTest, Prepared, Progress, ReportOptions, Reporting,
    Results, Task, Unit, Weights,
};
pub use error::MetricsError;
pub use interval::{Bootstrap, BootstrapMethod, Resampling, ResamplingUnit};
pub use regions::{
    CURVE_POINTS, CaseScore, CaseView, CurvePoint, EvaluateOptions, Evaluation, EvaluationSet, FindingStatus,
    FindingView, RegionKind, TruthStatus, TruthView,
};

use std::sync::LazyLock;

use serde::Serialize;

/// A metric with the task that it is for and the convention of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct CatalogueEntry {
    /// What is predicted; metrics of masks that also fit boxes are listed under boxes.
    pub task: Task,
    /// As `--convention` takes it.
    pub convention: &'static str,
    /// Whether a report has it unless a convention is named.
    pub by_default: bool,
    /// The metric.
    #[serde(flatten)]
    pub definition: &'static Definition,
}

static CATALOGUE: LazyLock<Vec<CatalogueEntry>> = LazyLock::new(|| {
    let regions = regions::FAMILIES.iter().flat_map(|family| {
        let task = if family.region == Some(RegionKind::Mask) { Task::Masks } else { Task::Boxes };
        entries(task, family.convention, family.by_default, family.definitions)
    });
    regions.collect()
});

fn entries(
    task: Task,
    convention: &'static str,
    by_default: bool,
    definitions: &'static [Definition],
) -> impl Iterator<Item = CatalogueEntry> {
    definitions.iter().map(move |definition| CatalogueEntry { task, convention, by_default, definition })
}

/// Every metric and count with its task and convention, in the order in which a report lists them.
pub fn catalogue() -> &'static [CatalogueEntry] {
    &CATALOGUE
}

/// Every metric and count, in the order in which a report lists them.
pub fn definitions() -> impl Iterator<Item = &'static Definition> {
    catalogue().iter().map(|entry| entry.definition)
}

/// The metric or count of an id.
pub fn definition(id: &str) -> Option<&'static Definition> {
    definitions().find(|definition| definition.id == id)
}
