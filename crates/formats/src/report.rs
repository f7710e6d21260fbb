//! What is exported: every value with all that is needed to judge and to repeat it.

use std::collections::BTreeMap;

use groundglass_types::{Counts, DeviceRecord, GroupSummary, ModelRecord, REPORT_SCHEMA, Report, Value};
use serde::{Deserialize, Serialize};

/// What made the findings, and what went wrong on the way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct ReportContext {
    /// The model, where the findings were made here.
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub model: Option<ModelRecord>,
    /// The device, where the findings were made here.
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub device: Option<DeviceRecord>,
    /// What could not be read or run, one line each.
    pub problems: Vec<String>,
}

/// What an evaluation gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Findings below this score did not count.
    pub score_threshold: f64,
    /// Pairs below this IoU were no pairs.
    pub iou_threshold: f64,
    /// What was predicted: `boxes`, `masks`, ...
    pub task: String,
    /// The pairings of regions.
    pub counts: Option<Counts>,
    /// The metrics.
    pub values: Vec<Value>,
    /// How far groups of cases lie apart.
    pub groups: Vec<GroupSummary>,
}

/// A report of `measured` on the files whose SHA-256 `data` gives by name.
pub fn build_report(data: &BTreeMap<String, String>, measured: Measured, context: ReportContext) -> Report {
    let version = env!("CARGO_PKG_VERSION");
    Report {
        schema: REPORT_SCHEMA.to_owned(),
        generator: format!("groundglass {version}"),
        versions: BTreeMap::from([("groundglass".to_owned(), version.to_owned())]),
        model: context.model,
        device: context.device,
        data: data.clone(),
        score_threshold: measured.score_threshold,
        iou_threshold: measured.iou_threshold,
        task: measured.task,
        counts: measured.counts,
        values: measured.values,
        groups: measured.groups,
        problems: context.problems,
    }
}
