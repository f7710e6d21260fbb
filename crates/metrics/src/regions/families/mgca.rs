//! The detection mAP of MGCA, at lower thresholds than COCO's.

use groundglass_types::{Admission, Convention, Interpolation, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use super::{COCO_LIMIT, Family, Pace};
use crate::engine::math::mean_of_defined;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::curve::{Reached, Recalls, stepped_average_precision};
use crate::regions::matching::{Outcome, Rule};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "mgca",
    by_default: false,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Box),
    pace: Pace::OnDemand,
    prepare,
};

const DEFINITIONS: &[Definition] = &[Definition {
    id: "mgca_map",
    name: "mAP, IoU 0.40 to 0.75 (MGCA)",
    definition: "COCO's average precision averaged over the IoU thresholds 0.40, 0.45, ... 0.75 of findings with score \
                 >= 0.5; known fault: images without such findings are left out, and their truths with them.",
    source: "MGCA, mgca/models/ssl_detector.py (torchmetrics MeanAveragePrecision)",
    better: Better::Higher,
}];

const THRESHOLDS: [f64; 8] = [0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75];

/// Findings below this confidence are no output of the detector.
const CONFIDENCE: f64 = 0.5;

#[derive(Clone, Copy)]
struct Ranked {
    score: f64,
    case: u32,
    paired: u8,
    ignored: u8,
}

#[derive(Default)]
struct Ranking {
    truths: Vec<(u32, u64)>,
    findings: Vec<Ranked>,
}

impl Ranking {
    fn truths(&self, weights: &Weights) -> u64 {
        self.truths.iter().map(|&(case, truths)| truths * u64::from(weights.of(case as usize))).sum()
    }

    fn mean_precision(&self, weights: &Weights) -> Statistic {
        let truths = self.truths(weights);
        if truths == 0 {
            return Statistic::Undefined(Undefined::NoTruth);
        }
        let mut recalls = Recalls::default();
        recalls.set(truths, 100);
        let precision = |bit: usize| {
            // Equal scores of a case follow each other, as they would in cases that do.
            let runs = self.findings.chunk_by(|a, b| a.case == b.case && a.score == b.score).flat_map(|run| {
                let times = run.first().map_or(0, |first| weights.of(first.case as usize));
                std::iter::repeat_n(run, times as usize)
            });
            let (mut reached, mut points) = (Reached::default(), Vec::new());
            for finding in runs.flatten().filter(|finding| finding.ignored & (1 << bit) == 0) {
                reached.counted += 1;
                if finding.paired & (1 << bit) != 0 {
                    reached.found += 1;
                    points.push(reached);
                }
            }
            stepped_average_precision(points.into_iter().rev(), &recalls)
        };
        let sum = (0..THRESHOLDS.len()).map(precision).sum::<f64>();
        Statistic::Value(sum / THRESHOLDS.len() as f64)
    }
}

struct Mgca {
    lines: Vec<Line>,
    rankings: Vec<Ranking>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut rankings = scope.classes.iter().map(|_| Ranking::default()).collect::<Vec<_>>();
    for (index, case) in scope.cases.iter().enumerate() {
        let sure = |finding: usize| case.findings.get(finding).is_some_and(|finding| finding.score >= CONFIDENCE);
        if case.truth_count(None) == 0 || !(0..case.findings.len()).any(sure) {
            continue;
        }
        let mut outcomes = vec![(0_u8, 0_u8); case.findings.len()];
        for (bit, threshold) in THRESHOLDS.into_iter().enumerate() {
            for (bits, outcome) in outcomes.iter_mut().zip(case.matched(Rule::AtLeast(threshold)).outcomes) {
                match outcome {
                    Outcome::Paired(_) => bits.0 |= 1 << bit,
                    Outcome::Ignored(_) => bits.1 |= 1 << bit,
                    Outcome::Unpaired => {}
                }
            }
        }
        for (ranking, &class) in rankings.iter_mut().zip(&scope.classes) {
            ranking.truths.push((index as u32, case.truth_count(Some(class))));
            let of_class = case.entry.order().iter().filter(|&&finding| case.finding_classes[finding] == class);
            let ranked = of_class.take(COCO_LIMIT).filter(|&&finding| sure(finding)).map(|&finding| {
                let ((paired, ignored), score) = (outcomes[finding], case.findings[finding].score + 0.0);
                Ranked { score, case: index as u32, paired, ignored }
            });
            ranking.findings.extend(ranked);
        }
    }
    for ranking in &mut rankings {
        ranking.findings.sort_by(|a, b| b.score.total_cmp(&a.score));
    }
    let convention = |averaged: &str| Convention {
        interpolation: Some(Interpolation::Step101),
        admission: Some(Admission::AtLeast),
        ties: Some(Ties::ListOrder),
        without_truth: Some(WithoutTruth::Ignored),
        pairing: Some(Pairing::GreedyByScore),
        ..Convention::new(
            FAMILY.convention,
            format!(
                "findings with score >= {CONFIDENCE}, at most {COCO_LIMIT} of a class in a case; images without such \
                 findings and images without truth are left out; {}; precision interpolated at 101 recalls; {averaged}n \
                 counts truths",
                scope.matching_words("IoU >= 0.40, 0.45, ... 0.75 (mean)")
            ),
        )
    };
    let overall = convention("mean over the classes that have truth; ");
    let mut lines = vec![Line { id: "mgca_map", class: None, convention: overall }];
    lines.extend(scope.separate_classes().iter().map(|&class| Line {
        id: "mgca_map",
        class: scope.class_name(Some(class)),
        convention: convention(""),
    }));
    Box::new(Mgca { lines, rankings })
}

impl Prepared for Mgca {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let truths = self.rankings.iter().map(|ranking| ranking.truths(weights)).collect::<Vec<_>>();
        let by_class = self.rankings.iter().map(|ranking| ranking.mean_precision(weights)).collect::<Vec<_>>();
        let (overall, _) = mean_of_defined(by_class.iter().copied(), Undefined::NoTruth);
        let mut measured = vec![Measured { statistic: overall, n: truths.iter().sum() }];
        if by_class.len() > 1 {
            measured.extend(by_class.into_iter().zip(truths).map(|(statistic, n)| Measured { statistic, n }));
        }
        measured
    }
}
