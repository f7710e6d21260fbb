//! Files of truth and predictions to a report: what `groundglass evaluate` and the page share, so that both give the
//! same bytes.
//!
//! bytes -> the sets of a task -> [`Assessment`](groundglass_metrics::Assessment) ->
//! [`Report`](groundglass_types::Report) -> table, CSV or HTML.
//!
//! To add a task, write a file beside `regions.rs` and give it its lines in the list of `loaded.rs`; to add a form of output, a file in
//! `render`.

mod answers;
mod attributes;
mod classes;
mod columns;
mod error;
mod heatmaps;
mod loaded;
mod marked;
mod measures;
mod readers;
mod regions;
mod render;
mod report;
mod request;
mod rows;
mod same_cases;
mod true_classes;

pub use error::EvaluationError;
pub use loaded::{File, Sources};
pub use marked::{Marked, Predicted};
pub use render::{csv, html, table};
pub use report::{Evaluating, EvaluationReport};
pub use request::{EvaluateRequest, ResampleUnit};
