//! Panoptic quality and its two factors.

use groundglass_types::{Statistic, Undefined, Value};

use super::{Definition, Family};
use crate::RegionKind;
use crate::case_entry::LabelIndex;
use crate::matching::Rule;
use crate::scope::{Scope, Tally, mean};

pub(super) const FAMILY: Family =
    Family { definitions: DEFINITIONS, region: Some(RegionKind::Mask), follows_thresholds: true, values };

const SOURCE: &str = "Kirillov et al., Panoptic Segmentation, CVPR 2019, section 4";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "panoptic_quality",
        name: "Panoptic quality (PQ)",
        definition: "Sum of the IoU of all pairs with IoU above 0.5, over TP + FP / 2 + FN / 2: segmentation quality \
                     times recognition quality.",
        source: SOURCE,
    },
    Definition {
        id: "segmentation_quality",
        name: "Segmentation quality (SQ)",
        definition: "Mean IoU of all pairs with IoU above 0.5.",
        source: SOURCE,
    },
    Definition {
        id: "recognition_quality",
        name: "Recognition quality (RQ)",
        definition: "TP / (TP + FP / 2 + FN / 2), which is F1, of the pairs with IoU above 0.5.",
        source: SOURCE,
    },
];

fn values(scope: &Scope<'_>) -> Vec<Value> {
    let matchings = scope.cases.iter().map(|case| case.matched(Rule::Above(0.5))).collect::<Vec<_>>();
    let tally = |class: LabelIndex| {
        let by_case = scope.cases.iter().zip(&matchings);
        by_case
            .map(|(case, matching)| case.tally(matching, scope.options.score_threshold, Some(class)))
            .fold(Tally::default(), Tally::join)
    };
    let tallies = scope.classes.iter().map(|&class| (class, tally(class))).collect::<Vec<_>>();
    let convention = |averaged: &str| {
        format!(
            "findings with score >= {}; {}; masks that overlap are left as they are, so a truth goes to the \
             highest-scored finding that claims it; pooled over cases; {averaged}n counts TP + FP + FN",
            scope.options.score_threshold,
            scope.matching_words("IoU > 0.5"),
        )
    };
    let all = tallies.iter().map(|(_, tally)| *tally).fold(Tally::default(), Tally::join);
    let (overall, of_class) = (convention("mean over the classes where it is defined; "), convention(""));
    let mut values = Vec::new();
    for (id, of_tally) in [
        ("panoptic_quality", panoptic_quality as fn(&Tally) -> Statistic),
        ("segmentation_quality", segmentation_quality),
        ("recognition_quality", Tally::f1),
    ] {
        let reason = match of_tally(&all) {
            Statistic::Undefined(reason) => reason,
            Statistic::Value(_) => Undefined::Nothing,
        };
        let statistic = mean(tallies.iter().map(|(_, tally)| of_tally(tally)), reason);
        values.push(scope.value(id, statistic, all.all(), &overall, None));
        if !scope.separate_classes().is_empty() {
            values.extend(
                tallies
                    .iter()
                    .map(|(class, tally)| scope.value(id, of_tally(tally), tally.all(), &of_class, Some(*class))),
            );
        }
    }
    values
}

fn panoptic_quality(tally: &Tally) -> Statistic {
    Statistic::ratio(tally.iou_sum, 0.5 * (tally.findings() + tally.truths()) as f64, Undefined::Nothing)
}

/// Undefined without a pair, which the paper leaves open (panopticapi says 0).
fn segmentation_quality(tally: &Tally) -> Statistic {
    let reason = if tally.all() == 0 { Undefined::Nothing } else { Undefined::NoPairs };
    Statistic::ratio(tally.iou_sum, tally.counts.true_positives as f64, reason)
}
