//! COCO's average precision, with its limit of 100 findings and without.

use groundglass_types::{Statistic, Undefined, Value};

use super::{Definition, Family};
use crate::case_entry::LabelIndex;
use crate::curve::interpolated_average_precision;
use crate::matching::{Outcome, Rule};
use crate::scope::{Scope, mean};

pub(super) const FAMILY: Family = Family { definitions: DEFINITIONS, region: None, follows_thresholds: false, values };

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
    },
    Definition {
        id: "ap50",
        name: "AP50 (COCO)",
        definition: "Average precision over 101 recalls at IoU 0.50, of the 100 highest-scored findings of each \
                     class in each case.",
        source: SOURCE,
    },
    Definition {
        id: "ap75",
        name: "AP75 (COCO)",
        definition: "Average precision over 101 recalls at IoU 0.75, of the 100 highest-scored findings of each \
                     class in each case.",
        source: SOURCE,
    },
    Definition {
        id: "ap_unlimited",
        name: "AP, all findings",
        definition: "As AP (COCO), but of all findings however many, as images with more than 100 objects need.",
        source: SOURCE_UNLIMITED,
    },
    Definition {
        id: "ap50_unlimited",
        name: "AP50, all findings",
        definition: "As AP50 (COCO), but of all findings however many, as images with more than 100 objects need.",
        source: SOURCE_UNLIMITED,
    },
    Definition {
        id: "ap75_unlimited",
        name: "AP75, all findings",
        definition: "As AP75 (COCO), but of all findings however many, as images with more than 100 objects need.",
        source: SOURCE_UNLIMITED,
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
    /// Its place among the findings of its class in its case.
    rank: usize,
    paired: u16,
    ignored: u16,
}

/// All findings of one class from the highest score down, and how many truths there are to find.
struct Ranking {
    class: LabelIndex,
    truths: u64,
    findings: Vec<Ranked>,
}

impl Ranking {
    /// Average precision at each threshold; `None` without truth.
    fn average_precisions(&self, limit: usize) -> Option<[f64; 10]> {
        (self.truths > 0).then(|| {
            std::array::from_fn(|threshold| {
                let bit = 1 << threshold;
                let counted = self.findings.iter().filter(|finding| finding.rank < limit && finding.ignored & bit == 0);
                interpolated_average_precision(counted.map(|finding| finding.paired & bit != 0), self.truths)
            })
        })
    }
}

fn rankings(scope: &Scope<'_>) -> Vec<Ranking> {
    let mut rankings =
        scope.classes.iter().map(|&class| Ranking { class, truths: 0, findings: Vec::new() }).collect::<Vec<_>>();
    let mut places = vec![None; scope.labels.names.len()];
    for (place, &class) in scope.classes.iter().enumerate() {
        places[class] = Some(place);
    }
    for case in &scope.cases {
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
            rankings[place].findings.push(Ranked { score, rank: ranks[place], paired, ignored });
            ranks[place] += 1;
        }
        for ranking in &mut rankings {
            ranking.truths += case.truth_count(Some(ranking.class));
        }
    }
    for ranking in &mut rankings {
        // Stable: equal scores keep the order of the cases and of their lists. Adding 0 makes -0 equal to 0.
        ranking.findings.sort_by(|a, b| (b.score + 0.0).total_cmp(&(a.score + 0.0)));
    }
    rankings
}

fn values(scope: &Scope<'_>) -> Vec<Value> {
    let rankings = rankings(scope);
    let flavours = [
        (
            ["ap", "ap50", "ap75"],
            COCO_LIMIT,
            "the 100 highest-scored findings of a class in a case count (maxDets 100)",
        ),
        (["ap_unlimited", "ap50_unlimited", "ap75_unlimited"], usize::MAX, "all findings count (no maxDets)"),
    ];
    let mut values = Vec::new();
    for (ids, limit, limit_words) in flavours {
        let by_class = rankings
            .iter()
            .map(|ranking| (ranking.class, ranking.truths, ranking.average_precisions(limit)))
            .collect::<Vec<_>>();
        for (id, iou_words, pick) in [
            (ids[0], "IoU >= 0.50, 0.55, ... 0.95 (mean)", mean_of_thresholds as fn([f64; 10]) -> f64),
            (ids[1], "IoU >= 0.50", |precisions| precisions[0]),
            (ids[2], "IoU >= 0.75", |precisions| precisions[5]),
        ] {
            let convention = |averaged: &str| {
                format!(
                    "COCO: {}; {limit_words}, whatever the score threshold; precision interpolated at 101 recalls; \
                     all object sizes; equal scores keep the order of cases and findings; {averaged}n counts truths",
                    scope.matching_words(iou_words)
                )
            };
            let statistics = by_class.iter().map(|(class, truths, precisions)| {
                let statistic =
                    precisions.map_or(Statistic::Undefined(Undefined::NoTruth), |all| Statistic::Value(pick(all)));
                (*class, *truths, statistic)
            });
            let overall = mean(statistics.clone().map(|(_, _, statistic)| statistic), Undefined::NoTruth);
            let truths = by_class.iter().map(|(_, truths, _)| truths).sum();
            let averaged = convention("mean over the classes that have truth; ");
            values.push(scope.value(id, overall, truths, &averaged, None));
            if !scope.separate_classes().is_empty() {
                let convention = convention("");
                values
                    .extend(statistics.map(|(class, truths, statistic)| {
                        scope.value(id, statistic, truths, &convention, Some(class))
                    }));
            }
        }
    }
    values
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
