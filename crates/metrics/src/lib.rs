//! How good predictions are: `match` -> `curve` -> `statistic` -> `interval`.
//!
//! A **task** is what is predicted, a **family** a set of metrics that share their preparation. A family is prepared
//! once from a set ([`Prepared`]: pairings, distances, sorted scores), and then measured under [`Weights`] that say how
//! often each case counts. Intervals, groups and comparisons are nothing but that, under other weights.
//!
//! * [`engine`] holds what all families share;
//! * [`regions`](EvaluationSet) pairs findings with truths: boxes and masks;
//! * [`heatmaps`](HeatmapSet) sets a value for each pixel against regions, maps and fixations;
//! * [`measures`](MeasureSet) sets numbers with a unit against each other;
//! * [`readers`](AreaReadings) sets a model beside several readers who differ: lists, regions, classes;
//! * [`classes`](ClassSet) compares classes, scores and abstentions, row by row;
//! * every metric has a [`Definition`] with its source, and every value a
//!   [`Convention`](groundglass_types::Convention); [`definitions`] lists them all.
//!
//! Every statistic is a finite number or [`Undefined`](groundglass_types::Undefined) with its reason. Numbers are the
//! same bits natively and in WebAssembly: elementary functions come from [`engine::math`].
//!
//! To add a metric, write a file beside its kin and add one line to the list there.

#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports, reason = "families that are left out use more"))]

mod catalogue;
#[cfg(feature = "full")]
mod classes;
#[cfg(feature = "full")]
pub mod compare;
pub mod engine;
mod error;
#[cfg(feature = "full")]
mod heatmaps;
pub mod interval;
#[cfg(feature = "full")]
mod measures;
#[cfg(feature = "full")]
mod readers;
mod regions;
pub mod surface;

pub use catalogue::{CatalogueEntry, catalogue, definition, definitions};
#[cfg(feature = "full")]
pub use classes::{
    ClassOptions, ClassPrediction, ClassRow, ClassSet, ClassTruth, DelongComparison, FrequencyGroup, MOST_K,
    TruthShares, delong_paired, delong_variance, visalign_abstentions,
};
#[cfg(feature = "full")]
pub use compare::{Comparing, Comparison, ComparisonLine, ComparisonOptions, TestFamily};
pub use engine::{
    Assessment, Better, Definition, Exhibit, Line, Measured, PairedTest, Prepared, Progress, ReportOptions, Reporting,
    Results, Task, Unit, Weights,
};
pub use error::MetricsError;
#[cfg(feature = "full")]
pub use heatmaps::{Heatmap, HeatmapOptions, HeatmapRow, HeatmapSet};
pub use interval::{Bootstrap, BootstrapMethod, Resampling, ResamplingUnit};
#[cfg(feature = "full")]
pub use measures::{MeasureOptions, MeasureRow, MeasureSet, Quantity};
#[cfg(feature = "full")]
pub use readers::{
    AreaReading, AreaReadingOptions, AreaReadings, Consensus, LabelReading, LabelReadingOptions, LabelReadings,
    PlackettLuceOptions, Prediction, RankedReading, RankedReadingOptions, RankedReadings, Staple, Unranked,
    average_overlap, inverse_rank_normalization, partial_average_overlap, staple,
};
pub use regions::{
    CURVE_POINTS, CaseScore, CaseView, CurvePoint, EvaluateOptions, Evaluation, EvaluationSet, FindingStatus,
    FindingView, RegionKind, SharedCase, TruthStatus, TruthView,
};
