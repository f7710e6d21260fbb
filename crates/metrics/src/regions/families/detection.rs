//! Precision, recall and their like at one score threshold and one IoU threshold.

use groundglass_types::{Admission, Convention, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::interval::wilson;
use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::{CaseTallies, Scope, Tally};

pub(super) const FAMILY: Family =
    Family { convention: "coco", by_default: true, definitions: DEFINITIONS, region: None, pace: Pace::Live, prepare };

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "true_positives",
        name: "True positives",
        definition: "Findings at or above the score threshold that are paired with a truth at the IoU threshold.",
        source: "pycocotools 2.0.11, COCOeval.evaluateImg",
        better: Better::Neither,
    },
    Definition {
        id: "false_positives",
        name: "False positives",
        definition: "Findings at or above the score threshold that are paired with no truth and lie in no crowd.",
        source: "pycocotools 2.0.11, COCOeval.evaluateImg",
        better: Better::Lower,
    },
    Definition {
        id: "false_negatives",
        name: "False negatives",
        definition: "Truths, crowds apart, that are paired with no finding at or above the score threshold.",
        source: "pycocotools 2.0.11, COCOeval.evaluateImg",
        better: Better::Lower,
    },
    Definition {
        id: "precision",
        name: "Precision",
        definition: "Share of the findings that are paired with a truth: TP / (TP + FP).",
        source: "van Rijsbergen, Information Retrieval, 2nd ed. 1979, ch. 7",
        better: Better::Higher,
    },
    Definition {
        id: "recall",
        name: "Recall (sensitivity)",
        definition: "Share of the truths that are paired with a finding: TP / (TP + FN).",
        source: "van Rijsbergen, Information Retrieval, 2nd ed. 1979, ch. 7",
        better: Better::Higher,
    },
    Definition {
        id: "f1",
        name: "F1 score",
        definition: "Harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).",
        source: "van Rijsbergen, Information Retrieval, 2nd ed. 1979, ch. 7",
        better: Better::Higher,
    },
    Definition {
        id: "critical_success_index",
        name: "Critical success index",
        definition: "TP / (TP + FP + FN); work on nuclei calls it average precision at one IoU threshold, or accuracy.",
        source: "Caicedo et al., Nature Methods 2019 (Data Science Bowl 2018); Schmidt et al., MICCAI 2018 (StarDist)",
        better: Better::Higher,
    },
    Definition {
        id: "mean_matched_iou",
        name: "Mean IoU of the pairs",
        definition: "Mean intersection over union of the findings that are paired with a truth.",
        source: "stardist, matching.py (mean_matched_score)",
        better: Better::Higher,
    },
];

/// What a tally says, with how many things it speaks of.
type OfTally = fn(&Tally) -> Measured;

const LINES: [(&str, OfTally, &str); 5] = [
    ("precision", precision, "findings"),
    ("recall", recall, "truths"),
    ("f1", |tally| Measured { statistic: tally.f1(), n: tally.all() }, "TP + FP + FN"),
    ("critical_success_index", critical_success_index, "TP + FP + FN"),
    ("mean_matched_iou", mean_matched_iou, "pairs"),
];

/// The tally of every case, over all classes and by class.
struct Detection {
    lines: Vec<Line>,
    groups: Vec<CaseTallies>,
    /// How many cases there are.
    cases: usize,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let classes = || std::iter::once(None).chain(scope.separate_classes().iter().copied().map(Some));
    let by_class = (!scope.separate_classes().is_empty())
        .then(|| scope.case_tallies_by_class(scope.cases.iter().map(|case| &case.matching)));
    Box::new(Detection {
        lines: classes().flat_map(|class| lines(scope, class)).collect(),
        groups: std::iter::once(scope.case_tallies(None)).chain(by_class.into_iter().flatten()).collect(),
        cases: scope.cases.len(),
    })
}

fn lines(scope: &Scope<'_>, class: Option<LabelIndex>) -> impl Iterator<Item = Line> {
    let pooled = if class.is_some() { "pooled over cases" } else { "pooled over cases and classes" };
    LINES.iter().map(move |(id, _, counted)| Line {
        id,
        class: scope.class_name(class),
        convention: Convention {
            admission: Some(Admission::AtLeast),
            ties: Some(Ties::ListOrder),
            without_truth: Some(WithoutTruth::Counted),
            pairing: Some(Pairing::GreedyByScore),
            ..Convention::new(
                FAMILY.convention,
                format!(
                    "findings with score >= {}; {}; {pooled}; n counts {counted}",
                    scope.options.score_threshold,
                    scope.matching_words(&format!("IoU >= {}", scope.options.iou_threshold)),
                ),
            )
        },
    })
}

impl Prepared for Detection {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of_group = |group: &CaseTallies| {
            let tally = group.total(weights);
            LINES.map(|(_, of_tally, _)| of_tally(&tally))
        };
        self.groups.iter().flat_map(of_group).collect()
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let of_group = |group: &CaseTallies| {
            let tallies = group.alone(self.cases);
            LINES.map(|(_, of_tally, _)| tallies.iter().map(|tally| of_tally(tally).statistic).collect())
        };
        Some(self.groups.iter().flat_map(of_group).collect())
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let of_group = |group: &CaseTallies| {
            let tally = group.total(weights);
            let share = |n| wilson(tally.counts.true_positives, n, level).map(|interval| ("wilson", interval));
            LINES.map(|(id, _, _)| match id {
                "precision" => share(tally.findings()),
                "recall" => share(tally.truths()),
                _ => None,
            })
        };
        self.groups.iter().flat_map(of_group).collect()
    }
}

fn precision(tally: &Tally) -> Measured {
    let (found, n) = (tally.counts.true_positives as f64, tally.findings());
    Measured { statistic: Statistic::ratio(found, n as f64, Undefined::NoFindings), n }
}

fn recall(tally: &Tally) -> Measured {
    let (found, n) = (tally.counts.true_positives as f64, tally.truths());
    Measured { statistic: Statistic::ratio(found, n as f64, Undefined::NoTruth), n }
}

fn critical_success_index(tally: &Tally) -> Measured {
    let (found, n) = (tally.counts.true_positives as f64, tally.all());
    Measured { statistic: Statistic::ratio(found, n as f64, Undefined::Nothing), n }
}

fn mean_matched_iou(tally: &Tally) -> Measured {
    let n = tally.counts.true_positives;
    Measured { statistic: Statistic::ratio(tally.iou_sum, n as f64, Undefined::NoPairs), n }
}
