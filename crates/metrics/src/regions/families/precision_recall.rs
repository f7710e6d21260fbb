//! Precision against recall over all scores, and the score threshold with the highest F1.

use groundglass_types::{Admission, Convention, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use super::ranking::{Ranking, Step, thinned};
use super::{Family, Pace};
use crate::engine::{Axis, Better, Curve, Definition, Exhibit, Line, Measured, Point, Prepared, Weights};
use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    region: None,
    pace: Pace::OnDemand,
    prepare,
};

const SOURCE: &str = "van Rijsbergen, Information Retrieval, 2nd ed. 1979, ch. 7; Lipton et al., ECML PKDD 2014";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "best_f1",
        name: "Best F1 score",
        definition: "Highest F1 of any score threshold. A threshold chosen on the same data flatters: choose it on \
                     other data before reporting it.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "best_f1_threshold",
        name: "Score threshold of the best F1",
        definition: "Score threshold with the highest F1, the highest of several.",
        source: SOURCE,
        better: Better::Neither,
    },
];

struct PrecisionRecall {
    lines: Vec<Line>,
    rankings: Vec<(Option<String>, Ranking)>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let classes = || std::iter::once(None).chain(scope.separate_classes().iter().copied().map(Some));
    let ranking = |class| (scope.class_name(class), Ranking::at_threshold(scope, class));
    Box::new(PrecisionRecall {
        lines: classes().flat_map(|class| lines(scope, class)).collect(),
        rankings: classes().map(ranking).collect(),
    })
}

fn lines(scope: &Scope<'_>, class: Option<LabelIndex>) -> impl Iterator<Item = Line> {
    let pooled = if class.is_some() { "pooled over cases" } else { "pooled over cases and classes" };
    DEFINITIONS.iter().map(move |definition| Line {
        id: definition.id,
        class: scope.class_name(class),
        convention: Convention {
            admission: Some(Admission::AtLeast),
            ties: Some(Ties::Grouped),
            without_truth: Some(WithoutTruth::Counted),
            pairing: Some(Pairing::GreedyByScore),
            ..Convention::new(
                FAMILY.convention,
                format!(
                    "every score that occurs as threshold; {}; {pooled}; n counts truths",
                    scope.matching_words(&format!("IoU >= {}", scope.options.iou_threshold)),
                ),
            )
        },
    })
}

/// The step with the highest F1, the highest score of several, with its F1.
fn best(steps: &[Step], truths: u64) -> Option<(Step, f64)> {
    let f1 = |step: &Step| 2.0 * step.found as f64 / (step.found + step.wrong + truths) as f64;
    steps.iter().map(|step| (*step, f1(step))).fold(None, |best: Option<(Step, f64)>, one| match best {
        Some(best) if best.1 >= one.1 => Some(best),
        _ => Some(one),
    })
}

impl Prepared for PrecisionRecall {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of_ranking = |(_, ranking): &(_, Ranking)| {
            let n = ranking.truths(weights);
            let best = best(&ranking.steps(weights), n);
            let [f1, threshold] = match best {
                _ if n == 0 => [Statistic::Undefined(Undefined::NoTruth); 2],
                None => [Statistic::Value(0.0), Statistic::Undefined(Undefined::NoFindings)],
                Some((step, f1)) => [Statistic::Value(f1), Statistic::Value(step.score)],
            };
            [Measured { statistic: f1, n }, Measured { statistic: threshold, n }]
        };
        self.rankings.iter().flat_map(of_ranking).collect()
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        let exhibit = |(class, ranking): &(Option<String>, Ranking)| {
            let truths = ranking.truths(weights);
            let point = |step: Step| Point {
                x: step.found as f64 / truths as f64,
                y: step.found as f64 / (step.found + step.wrong) as f64,
                threshold: Some(step.score),
            };
            let points = if truths == 0 { Vec::new() } else { ranking.steps(weights).into_iter().map(point).collect() };
            Exhibit::Curve(Curve {
                id: "precision_recall",
                name: "Precision and recall",
                convention: FAMILY.convention.to_owned(),
                class: class.clone(),
                x: Axis { name: "Recall", logarithmic: false },
                y: Axis { name: "Precision", logarithmic: false },
                points: thinned(points),
            })
        };
        self.rankings.iter().map(exhibit).collect()
    }
}
