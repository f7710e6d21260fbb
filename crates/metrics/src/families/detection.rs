//! Precision, recall and their like at one score threshold and one IoU threshold.

use groundglass_types::{Statistic, Undefined, Value};

use super::{Definition, Family};
use crate::case_entry::LabelIndex;
use crate::scope::{Scope, Tally};

pub(super) const FAMILY: Family = Family { definitions: DEFINITIONS, region: None, follows_thresholds: true, values };

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "true_positives",
        name: "True positives",
        definition: "Findings at or above the score threshold that are paired with a truth at the IoU threshold.",
        source: "pycocotools 2.0.11, COCOeval.evaluateImg",
    },
    Definition {
        id: "false_positives",
        name: "False positives",
        definition: "Findings at or above the score threshold that are paired with no truth and lie in no crowd.",
        source: "pycocotools 2.0.11, COCOeval.evaluateImg",
    },
    Definition {
        id: "false_negatives",
        name: "False negatives",
        definition: "Truths, crowds apart, that are paired with no finding at or above the score threshold.",
        source: "pycocotools 2.0.11, COCOeval.evaluateImg",
    },
    Definition {
        id: "precision",
        name: "Precision",
        definition: "Share of the findings that are paired with a truth: TP / (TP + FP).",
        source: "van Rijsbergen, Information Retrieval, 2nd ed. 1979, ch. 7",
    },
    Definition {
        id: "recall",
        name: "Recall (sensitivity)",
        definition: "Share of the truths that are paired with a finding: TP / (TP + FN).",
        source: "van Rijsbergen, Information Retrieval, 2nd ed. 1979, ch. 7",
    },
    Definition {
        id: "f1",
        name: "F1 score",
        definition: "Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).",
        source: "van Rijsbergen, Information Retrieval, 2nd ed. 1979, ch. 7",
    },
    Definition {
        id: "critical_success_index",
        name: "Critical success index",
        definition: "TP / (TP + FP + FN); work on nuclei calls it average precision at one IoU threshold, or accuracy.",
        source: "Caicedo et al., Nature Methods 2019 (Data Science Bowl 2018); Schmidt et al., MICCAI 2018 (StarDist)",
    },
    Definition {
        id: "mean_matched_iou",
        name: "Mean IoU of the pairs",
        definition: "Mean intersection over union of the findings that are paired with a truth.",
        source: "stardist, matching.py (mean_matched_score)",
    },
];

fn values(scope: &Scope<'_>) -> Vec<Value> {
    let mut values = of_class(scope, None);
    for &class in scope.separate_classes() {
        values.extend(of_class(scope, Some(class)));
    }
    values
}

fn of_class(scope: &Scope<'_>, class: Option<LabelIndex>) -> Vec<Value> {
    let tally = scope.tally(class);
    let pooled = if class.is_some() { "pooled over cases" } else { "pooled over cases and classes" };
    let convention = |n: &str| {
        format!(
            "findings with score >= {}; {}; {pooled}; n counts {n}",
            scope.options.score_threshold,
            scope.matching_words(&format!("IoU >= {}", scope.options.iou_threshold)),
        )
    };
    let found = tally.counts.true_positives as f64;
    let value = |id, statistic, n, counted| scope.value(id, statistic, n, &convention(counted), class);
    vec![
        value(
            "precision",
            Statistic::ratio(found, tally.findings() as f64, Undefined::NoFindings),
            tally.findings(),
            "findings",
        ),
        value("recall", Statistic::ratio(found, tally.truths() as f64, Undefined::NoTruth), tally.truths(), "truths"),
        value("f1", tally.f1(), tally.all(), "TP + FP + FN"),
        value(
            "critical_success_index",
            Statistic::ratio(found, tally.all() as f64, Undefined::Nothing),
            tally.all(),
            "TP + FP + FN",
        ),
        value("mean_matched_iou", mean_iou(&tally), tally.counts.true_positives, "pairs"),
    ]
}

fn mean_iou(tally: &Tally) -> Statistic {
    Statistic::ratio(tally.iou_sum, tally.counts.true_positives as f64, Undefined::NoPairs)
}
