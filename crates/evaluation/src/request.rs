//! What an evaluation is asked.

use std::collections::BTreeMap;

use groundglass_metrics::interval::{Resampling, ResamplingUnit};
use groundglass_metrics::{
    BootstrapMethod, ComparisonOptions, EvaluateOptions, RegionKind, ReportOptions, Task, TestFamily,
};
use serde::{Deserialize, Serialize};

/// The attribute that names whose case it is.
const PATIENT: &str = "patient";

/// What is drawn together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum ResampleUnit {
    /// Each case by itself.
    Case,
    /// All cases of one `patient`; a case without one by itself.
    #[default]
    Patient,
}

/// What an evaluation is asked. Left out, each field has the value that the command has without its option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(default)]
pub struct EvaluateRequest {
    /// What is predicted; without it, what the files look like.
    pub task: Option<Task>,
    /// One convention by name; without it those that a report has by default.
    pub convention: Option<String>,
    /// Pairs below this IoU are no pairs; 0 to 1.
    pub iou_threshold: f64,
    /// Predictions below this score do not count at the threshold.
    pub score_threshold: f64,
    /// How far apart two surfaces may be to count as the same, in mm (pixels where the spacing is unknown).
    pub surface_tolerance: f64,
    /// The attribute by which cases are grouped.
    pub group: Option<String>,
    /// What is drawn together in a resample.
    pub resample: ResampleUnit,
    /// How many resamples; 0 for intervals by formula where there is one.
    pub bootstrap: u32,
    /// Where the random draws begin: the same seed gives the same intervals.
    pub seed: u32,
    /// How an interval is read off the resamples.
    pub interval: BootstrapMethod,
    /// Over which lines the p-values of a comparison are adjusted together.
    pub adjust: TestFamily,
    /// What columns of tables about cases hold where their names do not say it: the column by its role (`image`, `truth`,
    /// `prediction`, `score`, `value`, ...).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "tsify", tsify(optional, type = "Record<string, string>"))]
    pub columns: BTreeMap<String, String>,
}

impl Default for EvaluateRequest {
    fn default() -> Self {
        Self {
            task: None,
            convention: None,
            iou_threshold: 0.5,
            score_threshold: 0.5,
            surface_tolerance: 2.0,
            group: None,
            resample: ResampleUnit::default(),
            bootstrap: 0,
            seed: 0,
            interval: BootstrapMethod::default(),
            adjust: TestFamily::default(),
            columns: BTreeMap::new(),
        }
    }
}

impl EvaluateRequest {
    /// How intervals are made.
    pub fn resampling(&self) -> Resampling {
        let unit = match self.resample {
            ResampleUnit::Case => ResamplingUnit::Case,
            ResampleUnit::Patient => ResamplingUnit::Attribute(PATIENT.to_owned()),
        };
        Resampling { unit, resamples: self.bootstrap, seed: self.seed, method: self.interval, ..Resampling::default() }
    }

    /// What the report has besides the values.
    pub fn report_options(&self) -> ReportOptions {
        ReportOptions { resampling: Some(self.resampling()), group: self.group.clone() }
    }

    /// How two models are compared.
    pub fn comparison_options(&self) -> ComparisonOptions {
        ComparisonOptions { resampling: self.resampling(), permutations: self.bootstrap, family: self.adjust }
    }

    /// The thresholds for boxes or masks.
    pub fn region_options(&self, region: RegionKind) -> EvaluateOptions {
        EvaluateOptions {
            score_threshold: self.score_threshold,
            iou_threshold: self.iou_threshold,
            region,
            surface_tolerance: self.surface_tolerance,
        }
    }
}
