//! COCO's average precision, with its limit of 100 findings and without.

use groundglass_types::{Admission, Convention, Interpolation, Pairing, Statistic, Ties, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::math::mean_of_defined;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::curve::interpolated_average_precision;
use crate::regions::matching::{Outcome, Rule};
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "coco",
    by_default: true,
    definitions: DEFINITIONS,
    region: None,
    pace: Pace::Steady,
    prepare,
};

const SOURCE: &str = "Lin et al., ECCV 2014 (COCO); pycocotools 2.0.11, COCOeval, area all, maxDets 100";
const SOURCE_UNLIMITED: &str =
    "Lin et al., ECCV 2014 (COCO); pycocotools 2.0.11, COCOeval.accumulate, area all, maxDets unlimited";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "ap",
        name: "AP (COCO)",
        definition: "Average precision over 101 recalls, averaged over the IoU thresholds 0.50, 0.55, ... 0.95, \
                     of the 100 highest-scored findings of each class in each case.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "ap50",
        name: "AP50 (COCO)",
        definition: "Average precision over 101 recalls at IoU 0.50, of the 100 highest-scored findings of each \
                     class in each case.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "ap75",
        name: "AP75 (COCO)",
        definition: "Average precision over 101 recalls at IoU 0.75, of the 100 highest-scored findings of each \
                     class in each case.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "ap_unlimited",
        name: "AP, all findings",
        definition: "As AP (COCO), but of all findings however many, as images with more than 100 objects need.",
        source: SOURCE_UNLIMITED,
        better: Better::Higher,
    },
    Definition {
        id: "ap50_unlimited",
        name: "AP50, all findings",
        definition: "As AP50 (COCO), but of all findings however many, as images with more than 100 objects need.",
        source: SOURCE_UNLIMITED,
        better: Better::Higher,
    },
    Definition {
        id: "ap75_unlimited",
        name: "AP75, all findings",
        definition: "As AP75 (COCO), but of all findings however many, as images with more than 100 objects need.",
        source: SOURCE_UNLIMITED,
        better: Better::Higher,
    },
];

/// COCO's `maxDets`: the findings of one class in one case that count, from the highest score down.
pub(crate) const COCO_LIMIT: usize = 100;

/// COCO's IoU thresholds: `numpy.linspace(0.5, 0.95, 10)`, rounding included.
fn thresholds() -> [f64; 10] {
    let step = (0.95 - 0.5) / 9.0;
    std::array::from_fn(|index| if index == 9 { 0.95 } else { index as f64 * step + 0.5 })
}

/// A finding among all of its class, with its outcomes at the ten thresholds as bits.
#[derive(Clone, Copy)]
struct Ranked {
    score: f64,
    case: u32,
    /// Its place among the findings of its class in its case.
    rank: u32,
    paired: u16,
    ignored: u16,
}

/// All findings of one class from the highest score down, and how many truths each case has to find.
#[derive(Default)]
struct Ranking {
    truths: Vec<(u32, u64)>,
    findings: Vec<Ranked>,
}

impl Ranking {
    fn truths(&self, weights: &Weights) -> u64 {
        self.truths.iter().map(|&(case, truths)| truths * u64::from(weights.of(case as usize))).sum()
    }

    /// Average precision at each threshold; `None` without truth.
    fn average_precisions(&self, limit: usize, weights: &Weights) -> Option<[f64; 10]> {
        let truths = self.truths(weights);
        (truths > 0).then(|| {
            std::array::from_fn(|threshold| {
                let bit = 1 << threshold;
                let counted = self
                    .findings
                    .iter()
                    .filter(|finding| (finding.rank as usize) < limit && finding.ignored & bit == 0);
                let paired = counted.flat_map(|finding| {
                    std::iter::repeat_n(finding.paired & bit != 0, weights.of(finding.case as usize) as usize)
                });
                interpolated_average_precision(paired, truths)
            })
        })
    }
}

fn rankings(scope: &Scope<'_>) -> Vec<Ranking> {
    let mut rankings = scope.classes.iter().map(|_| Ranking::default()).collect::<Vec<_>>();
    let mut places = vec![None; scope.labels.names.len()];
    for (place, &class) in scope.classes.iter().enumerate() {
        places[class] = Some(place);
    }
    for (index, case) in scope.cases.iter().enumerate() {
        let mut outcomes = vec![(0_u16, 0_u16); case.findings.len()];
        for (threshold, iou) in thresholds().into_iter().enumerate() {
            let matching = case.matched(Rule::AtLeast(iou));
            for (bits, outcome) in outcomes.iter_mut().zip(matching.outcomes) {
                match outcome {
                    Outcome::Paired(_) => bits.0 |= 1 << threshold,
                    Outcome::Ignored(_) => bits.1 |= 1 << threshold,
                    Outcome::Unpaired => {}
                }
            }
        }
        let mut ranks = vec![0; rankings.len()];
        for &finding in case.entry.order() {
            let Some(place) = places[case.finding_classes[finding]] else { continue };
            let (paired, ignored) = outcomes[finding];
            let score = case.findings[finding].score;
            rankings[place].findings.push(Ranked { score, case: index as u32, rank: ranks[place], paired, ignored });
            ranks[place] += 1;
        }
        for (ranking, &class) in rankings.iter_mut().zip(&scope.classes) {
            let truths = case.truth_count(Some(class));
            if truths > 0 {
                ranking.truths.push((index as u32, truths));
            }
        }
    }
    for ranking in &mut rankings {
        // Stable: equal scores keep the order of the cases and of their lists. Adding 0 makes -0 equal to 0.
        ranking.findings.sort_by(|a, b| (b.score + 0.0).total_cmp(&(a.score + 0.0)));
    }
    rankings
}

/// Ids for all thresholds, 0.50 and 0.75; how many findings count; the same in words.
const FLAVOURS: [([&str; 3], usize, &str); 2] = [
    (["ap", "ap50", "ap75"], COCO_LIMIT, "the 100 highest-scored findings of a class in a case count (maxDets 100)"),
    (["ap_unlimited", "ap50_unlimited", "ap75_unlimited"], usize::MAX, "all findings count (no maxDets)"),
];

/// What is made of the ten precisions.
type Pick = fn([f64; 10]) -> f64;

const PICKS: [(&str, Pick); 3] = [
    ("IoU >= 0.50, 0.55, ... 0.95 (mean)", mean_of_thresholds),
    ("IoU >= 0.50", |precisions| precisions[0]),
    ("IoU >= 0.75", |precisions| precisions[5]),
];

/// One ranking a class.
struct AveragePrecision {
    lines: Vec<Line>,
    rankings: Vec<Ranking>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut lines = Vec::new();
    for (ids, _, limit_words) in FLAVOURS {
        for (id, (iou_words, _)) in ids.into_iter().zip(PICKS) {
            let convention = |averaged: &str| Convention {
                interpolation: Some(Interpolation::Step101),
                admission: Some(Admission::AtLeast),
                ties: Some(Ties::ListOrder),
                without_truth: Some(WithoutTruth::Counted),
                pairing: Some(Pairing::GreedyByScore),
                ..Convention::new(
                    FAMILY.convention,
                    format!(
                        "COCO: {}; {limit_words}, whatever the score threshold; precision interpolated at 101 \
                         recalls; all object sizes; equal scores keep the order of cases and findings; {averaged}n \
                         counts truths",
                        scope.matching_words(iou_words)
                    ),
                )
            };
            let averaged = convention("mean over the classes that have truth; ");
            lines.push(Line { id, class: None, convention: averaged });
            let of_class = convention("");
            lines.extend(scope.separate_classes().iter().map(|&class| Line {
                id,
                class: scope.class_name(Some(class)),
                convention: of_class.clone(),
            }));
        }
    }
    Box::new(AveragePrecision { lines, rankings: rankings(scope) })
}

impl Prepared for AveragePrecision {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let truths = self.rankings.iter().map(|ranking| ranking.truths(weights)).collect::<Vec<_>>();
        let mut measured = Vec::new();
        for (_, limit, _) in FLAVOURS {
            let by_class =
                self.rankings.iter().map(|ranking| ranking.average_precisions(limit, weights)).collect::<Vec<_>>();
            for (_, pick) in PICKS {
                let statistics = by_class.iter().map(|precisions| {
                    precisions.map_or(Statistic::Undefined(Undefined::NoTruth), |all| Statistic::Value(pick(all)))
                });
                let (overall, _) = mean_of_defined(statistics.clone(), Undefined::NoTruth);
                measured.push(Measured { statistic: overall, n: truths.iter().sum() });
                if by_class.len() > 1 {
                    measured.extend(statistics.zip(&truths).map(|(statistic, &n)| Measured { statistic, n }));
                }
            }
        }
        measured
    }
}

fn mean_of_thresholds(precisions: [f64; 10]) -> f64 {
    precisions.iter().sum::<f64>() / 10.0
}

#[cfg(test)]
mod tests {
    use super::thresholds;

    #[test]
    fn thresholds_are_those_of_numpy() {
        // print([repr(t) for t in numpy.linspace(.5, 0.95, 10)])
        let expected = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95];
        assert_eq!(thresholds(), expected);
    }
}
