//! A statistic under weights is that of a set in which each case stands so many times.

use crate::common::alone::check_each_case_alone;
use crate::common::{boxes, case, conventions, crowd, finding, masks, truth};
use groundglass_metrics::{EvaluationSet, Task, Weights};
use groundglass_types::{Finding, Statistic, Ties, TruthRegion};
use proptest::prelude::*;

type Drawn = (Vec<(bool, [usize; 4], u8)>, Vec<(bool, [usize; 4], u8)>);

fn rectangles() -> impl Strategy<Value = [usize; 4]> {
    (0..8_usize, 0..8_usize, 4..12_usize, 4..12_usize).prop_map(|(x, y, width, height)| [x, y, width, height])
}

fn cases() -> impl Strategy<Value = Vec<(Drawn, u32)>> {
    let regions = || proptest::collection::vec((any::<bool>(), rectangles(), 0..6_u8), 0..4);
    proptest::collection::vec(((regions(), regions()), 0..4_u32), 1..6)
}

fn label(rod: bool) -> &'static str {
    if rod { "rod" } else { "disk" }
}

fn add(set: &mut EvaluationSet, name: &str, (truths, findings): &Drawn) {
    let region = |&(rod, xywh, kind): &(bool, _, u8)| -> TruthRegion {
        if kind == 0 { crowd(label(rod), xywh) } else { truth(label(rod), xywh) }
    };
    set.add_case(case(name, Some(truths.iter().map(region).collect()))).unwrap();
    // Few scores, so that many are equal between cases. Within a case none are: copies of a finding stand together, which
    // is another order of equals than that of a case that stands there twice.
    let found = |(place, &(rod, xywh, score)): (usize, &(bool, _, u8))| {
        finding(label(rod), (f64::from(score) * 4.0 + place as f64) / 24.0, xywh)
    };
    set.set_findings(name, findings.iter().enumerate().map(found).collect::<Vec<Finding>>()).unwrap();
}

proptest! {
    #[test]
    fn weights_repeat_cases(cases in cases()) {
        let (mut once, mut repeated) = (EvaluationSet::new(), EvaluationSet::new());
        // Both know both labels, whatever is drawn.
        let known = (vec![(true, [0, 0, 5, 5], 1), (false, [9, 9, 5, 5], 1)], vec![(true, [0, 0, 5, 5], 5), (false, [9, 9, 5, 5], 1)]);
        for (index, (drawn, count)) in cases.iter().chain([&(known, 1)]).enumerate() {
            add(&mut once, &index.to_string(), drawn);
            for copy in 0..*count {
                add(&mut repeated, &format!("{index}, {copy}"), drawn);
            }
        }
        let weights = Weights::new(cases.iter().map(|(_, count)| *count).chain([1]).collect());
        for options in [boxes(), masks()] {
            let (once, repeated) = (once.assess(&options, None).unwrap(), repeated.assess(&options, None).unwrap());
            let all = Weights::all(repeated.units().len());
            prop_assert_eq!(once.lines().collect::<Vec<_>>(), repeated.lines().collect::<Vec<_>>());
            for ((line, found), expected) in once.lines().zip(once.measure(&weights)).zip(repeated.measure(&all)) {
                let close = match (found.statistic, expected.statistic) {
                    (Statistic::Value(found), Statistic::Value(expected)) => (found - expected).abs() < 1e-12,
                    (found, expected) => found == expected,
                };
                prop_assert!(close && found.n == expected.n, "{}: {:?} {:?}", line.id, found, expected);
            }
        }
    }

}

proptest! {
    // Every convention is prepared for each draw.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn list_order_breaks_ties_before_anything_is_drawn(cases in cases()) {
        let (mut tied, mut repeated_tied, mut repeated) = (EvaluationSet::new(), EvaluationSet::new(), EvaluationSet::new());
        // Scores of three levels, often equal within a case.
        let known = (vec![(true, [0, 0, 5, 5], 1), (false, [9, 9, 5, 5], 1)], vec![(true, [0, 0, 5, 5], 5), (false, [9, 9, 5, 5], 1)]);
        let known = (known, 1);
        let all = cases.iter().chain([&known]).collect::<Vec<_>>();
        let level = |score: u8| f64::from(score / 2) * 0.4 + 0.05;
        let mut order = Vec::new();
        for (index, ((_, findings), _)) in all.iter().enumerate() {
            order.extend(findings.iter().enumerate().map(|(place, &(.., score))| (score / 2, index, place)));
        }
        order.sort_by_key(|&(score, index, place)| (std::cmp::Reverse(score), index, place));
        let untied = |index: usize, place: usize| order.iter().rev().position(|&(_, i, p)| (i, p) == (index, place)).unwrap();
        for (index, ((truths, findings), count)) in all.iter().enumerate() {
            let with = |set: &mut EvaluationSet, name: &str, apart: bool| {
                add(set, name, &(truths.clone(), vec![]));
                let found = findings.iter().enumerate().map(|(place, &(rod, xywh, score))| {
                    let above = if apart { untied(index, place) as f64 * 1e-9 } else { 0.0 };
                    finding(label(rod), level(score) + above, xywh)
                });
                set.set_findings(name, found.collect()).unwrap();
            };
            with(&mut tied, &index.to_string(), false);
            for copy in 0..*count {
                with(&mut repeated_tied, &format!("{index}, {copy}"), false);
                with(&mut repeated, &format!("{index}, {copy}"), true);
            }
        }
        let weights = Weights::new(all.iter().map(|(_, count)| *count).collect());
        for (task, options) in [(Task::Boxes, boxes()), (Task::Masks, masks())] {
            for convention in conventions(task) {
                let of = |set: &EvaluationSet| set.assess(&options, Some(convention)).unwrap();
                let (tied, repeated_tied, repeated) = (of(&tied), of(&repeated_tied), of(&repeated));
                let all = Weights::all(repeated.units().len());
                let (plain, broken) = (repeated_tied.measure(&all), repeated.measure(&all));
                for (((line, found), plain), broken) in tied.lines().zip(tied.measure(&weights)).zip(plain).zip(broken) {
                    let close = |expected: Statistic| match (found.statistic, expected) {
                        (Statistic::Value(found), Statistic::Value(expected)) => (found - expected).abs() < 1e-7,
                        (found, expected) => found == expected,
                    };
                    // Some families repeat a case as a whole; the average precisions never do.
                    let ranked = ["coco", "voc", "supervision", "medicaldetectiontoolkit"].contains(&convention);
                    let same = match line.convention.ties {
                        Some(Ties::ListOrder) if ranked => close(broken.statistic),
                        Some(Ties::ListOrder) => close(broken.statistic) || close(plain.statistic),
                        _ => close(plain.statistic),
                    };
                    prop_assert!(same, "{} {:?} {:?}: {found:?}, in list order {broken:?}, else {plain:?}", line.id, line.convention.name, line.convention.ties);
                }
            }
        }
    }

    #[test]
    fn a_case_alone_is_one_that_alone_counts(cases in cases(), others in cases()) {
        let [mut first, mut second] = [EvaluationSet::new(), EvaluationSet::new()];
        for (index, ((drawn, _), (other, _))) in cases.iter().zip(&others).enumerate() {
            add(&mut first, &index.to_string(), drawn);
            add(&mut second, &index.to_string(), &(drawn.0.clone(), other.1.clone()));
        }
        for (task, options) in [(Task::Boxes, boxes()), (Task::Masks, masks())] {
            let joined = EvaluationSet::joined(&first, &second, options.region).unwrap();
            let mut compared = 0;
            for convention in conventions(Task::Boxes).into_iter().chain(conventions(task)) {
                if let Ok(assessment) = joined.assess(&options, Some(convention)) {
                    compared += check_each_case_alone(&assessment);
                }
            }
            prop_assert!(compared > 100);
        }
    }
}
