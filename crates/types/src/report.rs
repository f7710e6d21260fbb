//! What an evaluation says: values, each with the convention under which it was computed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Convention, Finding};

/// The schema of [`Report`], as it stands in every exported file.
pub const REPORT_SCHEMA: &str = "groundglass.report/1";

/// Why a statistic has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Undefined {
    /// No case has truth, or none of the class in question.
    NoTruth,
    /// No finding to speak of.
    NoFindings,
    /// Neither truth nor findings.
    Nothing,
    /// No mask on one side or the other.
    NoMasks,
    /// No finding is paired with a truth, so that nothing can be averaged over pairs.
    NoPairs,
    /// Only one class occurs, where two are to be told apart.
    OneClass,
    /// The truth's mask, box or map is empty.
    EmptyTruth,
    /// The prediction's mask, box or map is empty.
    EmptyPrediction,
    /// Fewer cases, readers or points than the formula needs.
    TooFew,
    /// All values are equal, so that nothing can be scaled by their spread.
    NoVariation,
    /// The denominator of the formula is 0.
    ZeroDenominator,
    /// The prediction could not be read as what was asked for.
    Unparsable,
    /// What it needs (spacing, scores, fixations, risks) was not given.
    NotGiven,
}

impl Undefined {
    /// The reason for a reader, without a full stop: `no truth`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoTruth => "no truth",
            Self::NoFindings => "no findings",
            Self::Nothing => "neither truth nor findings",
            Self::NoMasks => "no masks",
            Self::NoPairs => "no pairs",
            Self::OneClass => "only one class",
            Self::EmptyTruth => "the truth is empty",
            Self::EmptyPrediction => "the prediction is empty",
            Self::TooFew => "too few cases",
            Self::NoVariation => "all values are equal",
            Self::ZeroDenominator => "the denominator is 0",
            Self::Unparsable => "the prediction cannot be read",
            Self::NotGiven => "not given",
        }
    }
}

/// A number, or the reason why there is none. Never NaN, infinite or -1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// The number.
    Value(f64),
    /// The reason.
    Undefined(Undefined),
}

impl Statistic {
    /// `numerator / denominator`, or `reason` where the denominator is 0.
    pub fn ratio(numerator: f64, denominator: f64, reason: Undefined) -> Self {
        if denominator > 0.0 { Self::Value(numerator / denominator) } else { Self::Undefined(reason) }
    }

    /// The number, where there is one.
    pub const fn value(self) -> Option<f64> {
        match self {
            Self::Value(value) => Some(value),
            Self::Undefined(_) => None,
        }
    }
}

/// One line of a report.
// The TypeScript form is written out, because an interface cannot extend a union such as `Statistic`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(
    feature = "tsify",
    derive(tsify::Tsify),
    tsify(
        type = "Statistic & {\n    /** Which metric: `ap50`, `f1`, `panoptic_quality`, ... */\n    id: string;\n    /** Lower and upper end of the interval, where one was computed. */\n    interval?: [number, number];\n    /** How the interval was computed: `percentile`, `bca`, `delong`, `wilson`. */\n    interval_method?: string;\n    /** How many things the value speaks of (truths, pairs or cases, as the convention says). */\n    n: number;\n    /** The convention under which it was computed. */\n    convention: Convention;\n    /** The class, where the value is of one class. */\n    class?: string;\n    /** The group, where the value is of one group of cases. */\n    group?: string;\n}"
    )
)]
pub struct Value {
    /// Which metric: `ap50`, `f1`, `panoptic_quality`, ...
    pub id: String,
    /// `{"value": 0.93}` or `{"undefined": "no_truth"}`.
    #[serde(flatten)]
    pub statistic: Statistic,
    /// Lower and upper end of the interval, where one was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// How the interval was computed: `percentile`, `bca`, `delong`, `wilson`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_method: Option<String>,
    /// How many things the value speaks of (truths, pairs or cases, as the convention says).
    pub n: u64,
    /// The convention under which it was computed.
    pub convention: Convention,
    /// The class, where the value is of one class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The group, where the value is of one group of cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// How far groups of cases lie apart on one line of a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct GroupSummary {
    /// Which metric.
    pub id: String,
    /// The class, where the values are of one class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub class: Option<String>,
    /// The name of the convention under which they were computed.
    pub convention: String,
    /// The highest value less the lowest, of the groups in which the metric is defined.
    pub gap: f64,
    /// Interval of the difference between the two groups that lie furthest apart, drawn together; it reaches below 0
    /// where another draw might turn them round.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub interval: Option<[f64; 2]>,
    /// How the interval was made: `percentile` or `bca`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub interval_method: Option<String>,
    /// The group with the worst value; none for a metric of which neither more nor less is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub worst: Option<GroupValue>,
    /// The group with the best value; none for a metric of which neither more nor less is better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub best: Option<GroupValue>,
    /// Every group with how much its value speaks of, also where the metric is undefined.
    pub groups: Vec<GroupSize>,
}

/// The value of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct GroupValue {
    /// The attribute's value.
    pub group: String,
    /// The metric's value.
    pub value: f64,
}

/// How much the value of one group speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct GroupSize {
    /// The attribute's value.
    pub group: String,
    /// [`Value::n`] there.
    pub n: u64,
}

/// Pairings of findings with truth at one score threshold and one IoU threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Counts {
    /// Findings paired with a truth.
    pub true_positives: u64,
    /// Findings without a truth.
    pub false_positives: u64,
    /// Truths without a finding.
    pub false_negatives: u64,
}

/// Which model made the findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct ModelRecord {
    /// Its name.
    pub name: String,
    /// Its architecture.
    pub architecture: String,
    /// SHA-256 of the weights file, in hexadecimal.
    pub sha256: String,
}

/// Which device ran the model, and how well it agrees with the known answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct DeviceRecord {
    /// `cpu` or `gpu`.
    pub device: String,
    /// The adapter's or the instruction set's own name.
    pub adapter: String,
    /// Largest absolute difference from the known answer.
    pub agreement: f64,
    /// The largest difference that is accepted.
    pub tolerance: f64,
}

/// Everything that a reader needs to judge and to repeat an evaluation. Nothing in it depends on
/// the clock, so that the same input gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Report {
    /// [`REPORT_SCHEMA`].
    pub schema: String,
    /// The program and its version.
    pub generator: String,
    /// Crate versions that decide the numbers.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub versions: BTreeMap<String, String>,
    /// The model, where the findings were made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub model: Option<ModelRecord>,
    /// The device, where the findings were made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub device: Option<DeviceRecord>,
    /// SHA-256 of every file that was read, in hexadecimal, by name.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub data: BTreeMap<String, String>,
    /// What was predicted: `boxes`, `masks`, `heatmaps`, `classes`, `readers` or `measures`.
    pub task: String,
    /// Predictions below this score do not count at the thresholds.
    pub score_threshold: f64,
    /// Pairs of regions below this IoU are no pairs.
    pub iou_threshold: f64,
    /// The pairings of regions at these thresholds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub counts: Option<Counts>,
    /// Every metric with its convention.
    pub values: Vec<Value>,
    /// How far groups of cases lie apart, where cases were grouped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub groups: Vec<GroupSummary>,
    /// What could not be read or run, one line each.
    pub problems: Vec<String>,
}

/// Findings of one case, as they travel to files and to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct CaseFindings {
    /// [`crate::Case::name`].
    pub case: String,
    /// What the model found there, in no particular order.
    pub findings: Vec<Finding>,
}
