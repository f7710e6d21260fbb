//! What must hold of any set.

use crate::common::{box_only, boxes, case, crowd, finding, masks, number, options, set_of, statistic, truth};
use groundglass_metrics::{EvaluationSet, FindingStatus, RegionKind, TruthStatus};
use groundglass_types::{Finding, Statistic, TruthRegion};
use proptest::prelude::*;

type Cases = Vec<(Vec<TruthRegion>, Vec<Finding>)>;

/// Truths (label, place, 0 for a crowd), findings anywhere, and findings near a truth with their shift.
type Drawn = (Vec<(usize, [usize; 4], u8)>, Vec<(usize, [usize; 4])>, Vec<(prop::sample::Index, usize, usize)>);

const LABELS: [&str; 2] = ["disk", "rod"];

fn rectangles() -> impl Strategy<Value = [usize; 4]> {
    (0..20_usize, 0..20_usize, 1..12_usize, 1..12_usize).prop_map(|(x, y, width, height)| [x, y, width, height])
}

/// Truths and findings anywhere, and findings near truths, whose scores are all different.
fn cases() -> impl Strategy<Value = Cases> {
    let truths = || proptest::collection::vec((0..2_usize, rectangles(), 0..8_u8), 0..6);
    let strays = || proptest::collection::vec((0..2_usize, rectangles()), 0..4);
    let hits = || proptest::collection::vec((any::<prop::sample::Index>(), 0..3_usize, 0..3_usize), 0..6);
    let sets = proptest::collection::vec((truths(), strays(), hits()), 1..5);
    (sets, any::<u64>()).prop_map(|(sets, seed)| {
        let mut drawn = 0_u64;
        let mut score = || {
            drawn += 1;
            // Multiples of an odd number are a permutation of the 16-bit numbers: no two are equal.
            ((seed | 1).wrapping_mul(drawn * 2 + 1) & 0xffff) as f64 / 65536.0
        };
        let one = |(truths, strays, hits): Drawn| {
            let region = |&(label, xywh, kind): &(usize, _, u8)| {
                if kind == 0 { crowd(LABELS[label], xywh) } else { truth(LABELS[label], xywh) }
            };
            let made = truths.iter().map(region).collect::<Vec<_>>();
            let mut findings =
                strays.iter().map(|&(label, xywh)| finding(LABELS[label], score(), xywh)).collect::<Vec<_>>();
            for (index, dx, dy) in hits {
                if !truths.is_empty() {
                    let (label, [x, y, width, height], _) = truths[index.index(truths.len())];
                    findings.push(finding(LABELS[label], score(), [x + dx, y + dy, width, height]));
                }
            }
            (made, findings)
        };
        sets.into_iter().map(one).collect()
    })
}

fn region() -> impl Strategy<Value = RegionKind> {
    prop_oneof![Just(RegionKind::Box), Just(RegionKind::Mask)]
}

fn close(a: Statistic, b: Statistic) -> bool {
    match (a, b) {
        (Statistic::Value(a), Statistic::Value(b)) => (a - b).abs() < 1e-12,
        _ => a == b,
    }
}

proptest! {
    #[test]
    fn numbers_are_between_0_and_1_and_counts_add_up(cases in cases(), score in 0.0..1.0_f64, iou in 0.0..=1.0_f64, region in region()) {
        let options = options(score, iou, region);
        let regular = cases.iter().flat_map(|(truths, _)| truths).filter(|truth| !truth.crowd).count() as u64;
        let names = (0..cases.len()).map(|index| index.to_string()).collect::<Vec<_>>();
        let set = set_of(cases);
        let evaluation = set.evaluate(&options).unwrap();
        for value in &evaluation.values {
            prop_assert!(value.statistic.value().is_none_or(|number| (0.0..=1.0).contains(&number)), "{value:?}");
        }
        prop_assert_eq!(evaluation.counts.true_positives + evaluation.counts.false_negatives, regular);
        let (mut found, mut wrong, mut missed) = (0, 0, 0);
        for (name, line) in names.iter().zip(&evaluation.cases) {
            let view = set.view(name, &options).unwrap();
            prop_assert_eq!(view.counts, line.counts);
            prop_assert_eq!(statistic(&view.values, "f1"), line.f1);
            found += view.findings.iter().filter(|view| view.status == FindingStatus::TruePositive).count() as u64;
            wrong += view.findings.iter().filter(|view| view.status == FindingStatus::FalsePositive).count() as u64;
            missed += view.truths.iter().filter(|view| view.status == TruthStatus::Missed).count() as u64;
            for truth in view.truths.iter().filter(|view| view.status == TruthStatus::Found) {
                // The two lists tell the same pairs.
                let finding = view.findings[truth.finding.unwrap()];
                prop_assert_eq!((finding.truth, finding.status), (Some(truth.index), FindingStatus::TruePositive));
                prop_assert!(finding.iou.unwrap() >= iou.min(1.0 - 1e-10));
            }
        }
        let counts = evaluation.counts;
        prop_assert_eq!((found, wrong, missed), (counts.true_positives, counts.false_positives, counts.false_negatives));
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(cases in cases(), region in region()) {
        let mut turned = cases.clone();
        turned.reverse();
        for (_, findings) in &mut turned {
            findings.reverse();
        }
        let (mut a, mut b) = (set_of(cases).evaluate(&options(0.3, 0.5, region)).unwrap(), set_of(turned).evaluate(&options(0.3, 0.5, region)).unwrap());
        b.cases.reverse();
        prop_assert_eq!(a.counts, b.counts);
        prop_assert_eq!(std::mem::take(&mut a.curve), std::mem::take(&mut b.curve));
        prop_assert_eq!(a.cases.iter().map(|case| case.counts).collect::<Vec<_>>(), b.cases.iter().map(|case| case.counts).collect::<Vec<_>>());
        for (a, b) in a.values.iter().zip(&b.values) {
            prop_assert!(a.id == b.id && a.class == b.class && a.n == b.n && close(a.statistic, b.statistic), "{a:?} {b:?}");
        }
    }

    #[test]
    fn the_curve_passes_through_the_values_at_each_threshold(cases in cases(), region in region()) {
        let set = set_of(cases);
        let curve = set.evaluate(&options(0.5, 0.5, region)).unwrap().curve;
        for pair in curve.windows(2) {
            prop_assert!(pair[0].score > pair[1].score && pair[0].recall <= pair[1].recall);
        }
        for point in curve {
            let values = set.evaluate(&options(point.score, 0.5, region)).unwrap().values;
            prop_assert_eq!((number(&values, "recall"), number(&values, "precision")), (point.recall, point.precision));
        }
    }

    #[test]
    fn a_false_positive_never_helps(cases in cases(), xywh in rectangles(), score in 0.0..1.0_f64, region in region()) {
        // With both labels among the truths, a stray cannot end the reading of the only two labels as one.
        let both = LABELS.map(|label| truth(label, [0, 0, 4, 4])).to_vec();
        let cases = cases.into_iter().chain([(both, vec![])]).collect::<Cases>();
        // Outside of all others: their boxes end at 32.
        let mut worse = cases.clone();
        let mut stray = finding(LABELS[0], score, [31, 31, 1, 1]);
        if region == RegionKind::Box {
            let [x, y, width, height] = xywh;
            stray.region = box_only([x + 100, y + 100, width, height]);
        }
        worse[0].1.push(stray);
        // Where the stray is the only finding, a number may come where there was none.
        let (before, after) = (set_of(cases).evaluate(&options(0.4, 0.5, region)).unwrap(), set_of(worse).evaluate(&options(0.4, 0.5, region)).unwrap());
        for id in ["precision", "f1", "critical_success_index", "ap", "ap50", "ap75", "ap_unlimited", "recall"] {
            if let (Some(before), Some(after)) = (statistic(&before.values, id).value(), statistic(&after.values, id).value()) {
                prop_assert!(after <= before + 1e-12, "{id}: {before} -> {after}");
            }
        }
        prop_assert_eq!(before.counts.true_positives, after.counts.true_positives);
    }

    #[test]
    fn a_perfect_answer_scores_1(cases in cases(), region in region()) {
        let perfect = cases
            .into_iter()
            .map(|(truths, _)| {
                let truths = truths.into_iter().filter(|truth| !truth.crowd).collect::<Vec<_>>();
                let answer = |truth: &TruthRegion| Finding { label: truth.label.clone(), score: 0.9, region: truth.region.clone() };
                let findings = truths.iter().map(answer).collect();
                (truths, findings)
            })
            .collect::<Cases>();
        let some = perfect.iter().any(|(truths, _)| !truths.is_empty());
        let values = set_of(perfect).evaluate(&options(0.5, 0.5, region)).unwrap().values;
        // One finding, or ten, cannot find more truths than that.
        for value in values.into_iter().filter(|value| !["ar1", "ar10"].contains(&value.id.as_str())) {
            // Of a size that no truth has there is nothing to say.
            let of_a_size = ["_small", "_medium", "_large"].iter().any(|size| value.id.ends_with(size));
            let expected = (some && !(of_a_size && value.n == 0)).then_some(1.0);
            prop_assert_eq!(value.statistic.value(), expected, "{}", value.id);
        }
    }

    #[test]
    fn a_higher_iou_threshold_never_pairs_more(cases in cases(), region in region(), a in 0.0..=1.0_f64, b in 0.0..=1.0_f64) {
        // Of a single finding a case; with more, a lost pair may free a truth for another.
        let single = cases.into_iter().map(|(truths, findings)| (truths, findings.into_iter().take(1).collect())).collect::<Cases>();
        let set = set_of(single);
        let pairs = |iou| set.evaluate(&options(0.0, iou, region)).unwrap().counts.true_positives;
        prop_assert!(pairs(a.max(b)) <= pairs(a.min(b)));
    }

    #[test]
    fn rectangles_are_the_same_as_boxes_and_as_masks(cases in cases(), score in 0.0..1.0_f64, iou in 0.01..=1.0_f64) {
        let set = set_of(cases);
        let (a, b) = (set.evaluate(&options(score, iou, RegionKind::Box)).unwrap(), set.evaluate(&options(score, iou, RegionKind::Mask)).unwrap());
        prop_assert_eq!(a.counts, b.counts);
        prop_assert_eq!(a.curve, b.curve);
        for value in a.values.iter().filter(|value| value.class.is_none()) {
            prop_assert_eq!(value.statistic, statistic(&b.values, &value.id));
        }
    }

    #[test]
    fn what_is_kept_is_what_would_be_computed_anew(cases in cases(), region in region()) {
        let fresh = set_of(cases.clone());
        let mut used = EvaluationSet::new();
        for (index, (truths, _)) in cases.iter().enumerate() {
            used.add_case(case(&index.to_string(), Some(truths.clone()))).unwrap();
        }
        // Findings come one case after the other, with evaluations in between.
        for (index, (_, findings)) in cases.iter().enumerate() {
            used.set_findings(&index.to_string(), vec![finding("rod", 0.9, [0, 0, 5, 5])]).unwrap();
            used.evaluate(&boxes()).unwrap();
            used.evaluate(&masks()).unwrap();
            used.set_findings(&index.to_string(), findings.clone()).unwrap();
        }
        let options = options(0.3, 0.6, region);
        prop_assert_eq!(used.evaluate(&options).unwrap(), fresh.evaluate(&options).unwrap());
        prop_assert_eq!(used.view("0", &options).unwrap(), fresh.view("0", &options).unwrap());
    }
}
