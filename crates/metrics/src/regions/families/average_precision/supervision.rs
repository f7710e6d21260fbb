//! Average precision as supervision 0.25.1 computes it, with what that does unlike the others.

use groundglass_types::{Admission, Convention, Interpolation, Statistic, Ties, WithoutTruth};

use super::coco::thresholds;
use super::lines::{lines_of, push_measured, with_truth};
use super::plain::{PlainClass, plain_classes};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::curve::trapezoid_average_precision;
use crate::regions::families::{Family, Pace};
use crate::regions::matching::{Candidates, EqualOverlaps, Outcomes, Rule, match_nearest};
use crate::regions::overlap::Overlaps;
use crate::regions::ranking::Weighed;
use crate::regions::scope::{Scope, ScopedCase};

pub(super) const FAMILY: Family = Family {
    convention: "supervision",
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "supervision 0.25.1, metrics.detection.MeanAveragePrecision";

const fn define(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SOURCE, better: Better::Higher }
}

const DEFINITIONS: &[Definition] = &[
    define(
        "supervision_map50_95",
        "mAP 50-95 (supervision)",
        "Trapezoid rule over 101 recalls on a curve that falls to 0 at recall 1, averaged over the IoU thresholds 0.50, \
         0.55, ... 0.95 and over classes. Known faults, kept: a perfect ranking scores 0.995; findings in images \
         without any truth vanish; of the findings nearest to one truth the first of the list takes it, whatever the \
         scores; without any truth the mean is 0.",
    ),
    define("supervision_map50", "mAP 50 (supervision)", "As mAP 50-95 (supervision), at IoU 0.50 alone."),
    define("supervision_map75", "mAP 75 (supervision)", "As mAP 50-95 (supervision), at IoU 0.75 alone."),
    define(
        "supervision_map50_95_best",
        "mAP 50-95 (supervision), best order",
        "As mAP 50-95 (supervision), where among equal scores the true positives come first: the order there is left \
         to an unstable sort, and no order scores higher.",
    ),
    define(
        "supervision_map50_best",
        "mAP 50 (supervision), best order",
        "As mAP 50 (supervision), where among equal scores the true positives come first.",
    ),
    define(
        "supervision_map75_best",
        "mAP 75 (supervision), best order",
        "As mAP 75 (supervision), where among equal scores the true positives come first.",
    ),
    define(
        "supervision_map50_95_worst",
        "mAP 50-95 (supervision), worst order",
        "As mAP 50-95 (supervision), where among equal scores the false positives come first: no order scores lower.",
    ),
    define(
        "supervision_map50_worst",
        "mAP 50 (supervision), worst order",
        "As mAP 50 (supervision), where among equal scores the false positives come first.",
    ),
    define(
        "supervision_map75_worst",
        "mAP 75 (supervision), worst order",
        "As mAP 75 (supervision), where among equal scores the false positives come first.",
    ),
];

/// Orders of equal scores; [`DEFINITIONS`] has three of each.
const TIES: [(Ties, &str); 3] = [
    (Ties::ListOrder, "equal scores keep the order of cases and findings"),
    (Ties::Best, "among equal scores true positives come first (best order)"),
    (Ties::Worst, "among equal scores false positives come first (worst order)"),
];

/// What is made of the ten precisions.
type Pick = fn(&[f64]) -> f64;

const PICKS: [(&str, Pick); 3] = [
    ("IoU >= 0.50, 0.55, ... 0.95 (mean)", |precisions| precisions.iter().sum::<f64>() / precisions.len() as f64),
    ("IoU >= 0.50", |precisions| precisions.first().copied().unwrap_or_default()),
    ("IoU >= 0.75", |precisions| precisions.get(5).copied().unwrap_or_default()),
];

struct Supervision {
    lines: Vec<Line>,
    classes: Vec<PlainClass>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let rules = thresholds().map(Rule::AtLeast);
    let matched = |case: &ScopedCase<'_>, outcomes: &mut Vec<Outcomes>| {
        let truths = case.entry.truths();
        if truths.is_empty() {
            outcomes.resize(case.findings.len(), Outcomes { paired: 0, ignored: u64::MAX });
            return;
        }
        let overlaps = Overlaps::of_boxes(case.findings, truths, false);
        let in_list = (0..case.findings.len()).collect::<Vec<_>>();
        let candidates = Candidates { order: &in_list, ..case.candidates_with(&overlaps) };
        match_nearest(&candidates, &rules, EqualOverlaps::Last, &vec![false; truths.len()], outcomes);
    };
    let mut lines = Vec::new();
    let orders = TIES.iter().flat_map(|&ties| PICKS.map(|(admits, _)| (ties, admits)));
    for (definition, ((ties, order), admits)) in DEFINITIONS.iter().zip(orders) {
        let convention = |averaged: &str| Convention {
            interpolation: Some(Interpolation::Trapezoid101),
            admission: Some(Admission::AtLeast),
            ties: Some(ties),
            without_truth: Some(WithoutTruth::Ignored),
            ..Convention::new(
                FAMILY.convention,
                format!(
                    "supervision 0.25.1: box {admits}; each finding goes to the truth of its class with the highest \
                     IoU (of equal ones the last), the first finding in the list of a truth is a true positive, \
                     whatever the scores, and the others are false positives; crowds are truths like any other; \
                     findings of cases without any truth vanish{}; all findings count, whatever the score threshold; \
                     trapezoid rule over 101 recalls on the envelope from (0, 1) to (1, 0); {order}; {averaged}0 \
                     without any truth; n counts truths",
                    scope.renaming_words(),
                ),
            )
        };
        lines.extend(lines_of(scope, definition.id, convention));
    }
    let classes = plain_classes(scope, rules.len(), true, matched, |_, _| true);
    Box::new(Supervision { lines, classes })
}

impl Prepared for Supervision {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (mut weighed, mut measured) = (Weighed::default(), Vec::with_capacity(self.lines.len()));
        let count = thresholds().len();
        for (ties, _) in TIES {
            let of_class = |class: &PlainClass| {
                class.precisions(weights, &mut weighed, (count, ties), trapezoid_average_precision)
            };
            let precisions = self.classes.iter().map(of_class).collect::<Vec<_>>();
            for (_, pick) in PICKS {
                let of_class = |(precisions, truths): &(Option<Vec<f64>>, u64)| {
                    with_truth(precisions.as_deref().map(pick), *truths)
                };
                let overall = measured.len();
                push_measured(&mut measured, &precisions.iter().map(of_class).collect::<Vec<_>>());
                if let Some(overall) = measured.get_mut(overall).filter(|overall| overall.n == 0) {
                    overall.statistic = Statistic::Value(0.0);
                }
            }
        }
        measured
    }
}
