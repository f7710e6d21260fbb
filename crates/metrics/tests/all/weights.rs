//! A statistic under weights is that of a set in which each case stands so many times.

use crate::common::{boxes, case, crowd, finding, masks, truth};
use groundglass_metrics::{EvaluationSet, Weights};
use groundglass_types::{Finding, Statistic, TruthRegion};
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

const BOX_CONVENTIONS: [Option<&str>; 4] = [None, Some("medrega"), Some("medvision"), Some("umedground")];

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

    #[test]
    fn a_case_alone_is_one_that_alone_counts(cases in cases()) {
        let mut set = EvaluationSet::new();
        for (index, (drawn, _)) in cases.iter().enumerate() {
            add(&mut set, &index.to_string(), drawn);
        }
        let mut known = Vec::new();
        for (options, conventions) in [(boxes(), &BOX_CONVENTIONS[..]), (masks(), &[None])] {
            for convention in conventions {
                let assessment = set.assess(&options, *convention).unwrap();
                let count = assessment.units().len();
                for prepared in assessment.prepared() {
                    let Some(alone) = prepared.case_values() else { continue };
                    known.push(prepared.lines()[0].id);
                    prop_assert_eq!(alone.len(), prepared.lines().len());
                    for case in 0..count {
                        let mut weights = Weights::new(vec![0; count]);
                        weights.as_mut_slice()[case] = 1;
                        for ((line, alone), measured) in prepared.lines().iter().zip(&alone).zip(prepared.measure(&weights)) {
                            prop_assert_eq!(alone.len(), count);
                            prop_assert_eq!(alone[case], measured.statistic, "{} {:?} {}", line.id, line.class, case);
                        }
                    }
                }
            }
        }
        known.sort_unstable();
        known.dedup();
        prop_assert!(["ap", "precision", "mean_giou", "medrega_iou", "medvision_box_iou"].iter().all(|id| known.contains(id)), "{known:?}");
    }
}
