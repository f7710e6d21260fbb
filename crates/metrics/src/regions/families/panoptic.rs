//! Panoptic quality and its two factors.

use groundglass_types::{Admission, Convention, EmptyBoth, Pairing, Statistic, Undefined, WithoutTruth};

use super::{Family, Pace};
use crate::engine::math::mean_of_defined;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::matching::Rule;
use crate::regions::scope::{CaseTallies, Scope, Tally};

pub(super) const FAMILY: Family = Family {
    convention: "panoptic",
    by_default: true,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Mask),
    pace: Pace::Live,
    prepare,
};

const SOURCE: &str = "Kirillov et al., Panoptic Segmentation, CVPR 2019, section 4";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "panoptic_quality",
        name: "Panoptic quality (PQ)",
        definition: "Sum of the IoU of all pairs with IoU above 0.5, over TP + FP / 2 + FN / 2: segmentation quality \
                     times recognition quality.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "segmentation_quality",
        name: "Segmentation quality (SQ)",
        definition: "Mean IoU of all pairs with IoU above 0.5.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "recognition_quality",
        name: "Recognition quality (RQ)",
        definition: "TP / (TP + FP / 2 + FN / 2), which is F1, of the pairs with IoU above 0.5.",
        source: SOURCE,
        better: Better::Higher,
    },
];

/// What a tally says.
type OfTally = fn(&Tally) -> Statistic;

const LINES: [(&str, OfTally); 3] = [
    ("panoptic_quality", panoptic_quality),
    ("segmentation_quality", segmentation_quality),
    ("recognition_quality", Tally::f1),
];

/// The tally of every case by class.
struct Panoptic {
    lines: Vec<Line>,
    by_class: Vec<CaseTallies>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let matchings = scope.cases.iter().map(|case| case.matched(Rule::Above(0.5))).collect::<Vec<_>>();
    let convention = |averaged: &str| Convention {
        admission: Some(Admission::Above),
        empty_both: Some(EmptyBoth::Skipped),
        without_truth: Some(WithoutTruth::Counted),
        pairing: Some(Pairing::GreedyByScore),
        ..Convention::new(
            FAMILY.convention,
            format!(
                "findings with score >= {}; {}; masks that overlap are left as they are, so a truth goes to the \
                 highest-scored finding that claims it; pooled over cases; {averaged}n counts TP + FP + FN",
                scope.options.score_threshold,
                scope.matching_words("IoU > 0.5"),
            ),
        )
    };
    let (overall, of_class) = (convention("mean over the classes where it is defined; "), convention(""));
    let mut lines = Vec::new();
    for (id, _) in LINES {
        lines.push(Line { id, class: None, convention: overall.clone() });
        let by_class = scope.separate_classes().iter();
        lines.extend(by_class.map(|&class| Line {
            id,
            class: scope.class_name(Some(class)),
            convention: of_class.clone(),
        }));
    }
    Box::new(Panoptic { lines, by_class: scope.case_tallies_by_class(&matchings) })
}

impl Prepared for Panoptic {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let tallies = self.by_class.iter().map(|tallies| tallies.total(weights)).collect::<Vec<_>>();
        let all = tallies.iter().copied().fold(Tally::default(), Tally::join);
        let mut measured = Vec::new();
        for (_, of_tally) in LINES {
            let reason = match of_tally(&all) {
                Statistic::Undefined(reason) => reason,
                Statistic::Value(_) => Undefined::Nothing,
            };
            let (statistic, _) = mean_of_defined(tallies.iter().map(of_tally), reason);
            measured.push(Measured { statistic, n: all.all() });
            if tallies.len() > 1 {
                measured.extend(tallies.iter().map(|tally| Measured { statistic: of_tally(tally), n: tally.all() }));
            }
        }
        measured
    }
}

fn panoptic_quality(tally: &Tally) -> Statistic {
    Statistic::ratio(tally.iou_sum, 0.5 * (tally.findings() + tally.truths()) as f64, Undefined::Nothing)
}

/// Undefined without a pair, which the paper leaves open (panopticapi says 0).
fn segmentation_quality(tally: &Tally) -> Statistic {
    let reason = if tally.all() == 0 { Undefined::Nothing } else { Undefined::NoPairs };
    Statistic::ratio(tally.iou_sum, tally.counts.true_positives as f64, reason)
}
