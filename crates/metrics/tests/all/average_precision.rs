//! Average precision by every convention, against its reference (see `tests/reference/average_precision`) and by hand.

use crate::common::{boxes, case, crowd, finding, masks, set_of, truth};
use groundglass_metrics::{Assessment, EvaluationSet, MetricsError, Weights};
use groundglass_types::{BoundingBox, Case, Finding, Region, Statistic, Truth, TruthRegion, Undefined};
use proptest::prelude::*;
use serde::Deserialize;

/// The goldens are written with 12 digits.
const TOLERANCE: f64 = 1e-11;

const CLASSES: [&str; 3] = ["a", "b", "c"];
const SIDES: [f64; 12] = [0.0, 1.0, 8.0, 16.0, 31.0, 32.0, 33.0, 64.0, 95.0, 96.0, 97.0, 160.0];
const AREAS: [f64; 9] = [0.0, 1023.5, 1024.0, 1024.5, 9215.5, 9216.0, 9216.5, 1e10, 2e10];

/// Steele, Lea and Flood, OOPSLA 2014; `make_goldens.py` draws the same numbers.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of(&mut self, list: &[f64]) -> f64 {
        list[self.below(list.len() as u64) as usize]
    }
}

fn region(xywh: [f64; 4]) -> Region {
    Region::from_box(BoundingBox::from_xywh(xywh))
}

/// Cases with the number of their patient, as `draw_set` of `make_goldens.py` makes them.
fn draw(index: u64) -> Vec<(Vec<TruthRegion>, Vec<Finding>, u64)> {
    let mut rng = SplitMix(index);
    let (crowded, fine) = (index % 5 == 4, index % 2 == 1);
    let classes = if crowded { 1 } else { 1 + rng.below(3) };
    let place =
        |rng: &mut SplitMix| if fine { rng.below(12 * 8 * 64) as f64 / 64.0 } else { (rng.below(12) * 8) as f64 };
    let score = |rng: &mut SplitMix| {
        if index % 4 == 1 { rng.below(1 << 40) as f64 / (1_u64 << 40) as f64 } else { (rng.below(8) + 1) as f64 / 8.0 }
    };
    let label = |class: u64| CLASSES[class as usize].to_owned();
    let mut cases = Vec::new();
    for _ in 0..if crowded { 1 } else { 1 + rng.below(4) } {
        let (mut truths, mut findings) = (Vec::<TruthRegion>::new(), Vec::new());
        for _ in 0..if crowded { rng.below(40) } else { rng.below(6) } {
            let class = rng.below(classes);
            let mut xywh = [place(&mut rng), place(&mut rng), rng.one_of(&SIDES), rng.one_of(&SIDES)];
            if fine {
                xywh[2] += rng.below(64) as f64 / 64.0;
            }
            let crowd = rng.below(8) == 0;
            let area = (rng.below(4) == 0).then(|| rng.one_of(&AREAS));
            truths.push(TruthRegion { label: label(class), region: region(xywh), crowd, area });
        }
        for _ in 0..if crowded { 130 } else { rng.below(9) } {
            let near = !truths.is_empty() && rng.below(3) > 0;
            let (xywh, label) = if near {
                let near = truths[rng.below(truths.len() as u64) as usize].clone();
                let [x, y, width, height] = near.region.bounding_box.to_xywh();
                let step = if fine { (1 + rng.below(200)) as f64 / 64.0 } else { 2.0 };
                let x = x + (rng.below(5) as f64 - 2.0) * step;
                let y = y + (rng.below(5) as f64 - 2.0) * step;
                let width = (width + (rng.below(3) as f64 - 1.0) * 2.0 * step).max(0.0);
                let other = rng.below(8) == 0;
                ([x, y, width, height], if other { label(rng.below(classes)) } else { near.label })
            } else {
                let xywh = [place(&mut rng), place(&mut rng), rng.one_of(&SIDES), rng.one_of(&SIDES)];
                (xywh, label(rng.below(classes)))
            };
            findings.push(Finding { label, score: score(&mut rng), region: region(xywh) });
        }
        let patient = rng.below(3);
        cases.push((truths, findings, patient));
    }
    cases
}

/// The same where no two findings of a case have one score, while many of different cases have: a finding that counts
/// twice stands there twice in a row, and the findings of two copies of a case alternate.
fn draw_without_ties_in_a_case(index: u64) -> Vec<(Vec<TruthRegion>, Vec<Finding>, u64)> {
    let mut cases = draw(index);
    for (_, findings, _) in &mut cases {
        for (place, finding) in findings.iter_mut().enumerate() {
            finding.score = (place * 37 % 131) as f64 / 131.0;
        }
    }
    cases
}

/// `times[i]` copies of case `i`, each copy with a patient of its own.
fn set_of_drawn(cases: &[(Vec<TruthRegion>, Vec<Finding>, u64)], times: &[u32]) -> EvaluationSet {
    let mut set = EvaluationSet::new();
    for (index, ((truths, findings, patient), &times)) in cases.iter().zip(times).enumerate() {
        for copy in 0..times {
            let name = format!("{index:02} {copy}");
            let truth = Some(Truth { regions: truths.clone() });
            let attributes = [("patient".to_owned(), format!("{patient} {copy}"))].into();
            set.add_case(Case { name: name.clone(), width: 400, height: 400, truth, attributes, ..Case::default() })
                .unwrap();
            set.set_findings(&name, findings.clone()).unwrap();
        }
    }
    set
}

const COCO: [&str; 15] = [
    "ap",
    "ap50",
    "ap75",
    "ap_small",
    "ap_medium",
    "ap_large",
    "ar1",
    "ar10",
    "ar100",
    "ar_small",
    "ar_medium",
    "ar_large",
    "ap_unlimited",
    "ap50_unlimited",
    "ap75_unlimited",
];
const VOC: [&str; 2] = ["voc_ap50_11point", "voc_ap50_area"];
const VOC_EDGES: [&str; 2] = ["voc_edges_ap50_11point", "voc_edges_ap50_area"];
const SUPERVISION: [&str; 9] = [
    "supervision_map50_95",
    "supervision_map50",
    "supervision_map75",
    "supervision_map50_95_best",
    "supervision_map50_best",
    "supervision_map75_best",
    "supervision_map50_95_worst",
    "supervision_map50_worst",
    "supervision_map75_worst",
];
const TOOLKIT: [&str; 3] =
    ["medicaldetectiontoolkit_ap10", "medicaldetectiontoolkit_patient_auroc", "medicaldetectiontoolkit_patient_ap"];
const CONVENTIONS: [(&str, &[&str]); 5] = [
    ("coco", &COCO),
    ("voc", &VOC),
    ("voc_edges", &VOC_EDGES),
    ("supervision", &SUPERVISION),
    ("medicaldetectiontoolkit", &TOOLKIT),
];

/// Of all classes and of each, one number a metric; nothing where there is none.
type Expected = Vec<Vec<Option<f64>>>;

#[derive(Deserialize)]
struct Golden {
    coco: Expected,
    voc: Expected,
    voc_edges: Expected,
    mdt: Expected,
    supervision: Option<Expected>,
}

fn statistic(assessment: &Assessment, weights: &Weights, id: &str, class: Option<&str>) -> Option<Statistic> {
    let values = assessment.values(weights);
    values.iter().find(|value| value.id == id && value.class.as_deref() == class).map(|value| value.statistic)
}

#[test]
fn every_convention_agrees_with_its_reference() {
    let text = include_str!("../../../../tests/reference/average_precision/goldens.json");
    let goldens = serde_json::from_str::<Vec<Golden>>(text).unwrap();
    let (mut compared, mut undefined, mut worst) = ([0; 5], [0; 5], 0.0_f64);
    for (index, golden) in goldens.iter().enumerate() {
        let cases = draw(index as u64);
        let set = set_of_drawn(&cases, &vec![1; cases.len()]);
        // The goldens' patients are the same in every copy.
        let expected = [
            Some(&golden.coco),
            Some(&golden.voc),
            Some(&golden.voc_edges),
            golden.supervision.as_ref(),
            Some(&golden.mdt),
        ];
        for (place, ((name, ids), expected)) in CONVENTIONS.into_iter().zip(expected).enumerate() {
            let Some(expected) = expected else { continue };
            let assessment = set.assess(&boxes(), Some(name)).unwrap();
            let values = assessment.values(&Weights::all(cases.len()));
            for (class, row) in std::iter::once(None).chain(CLASSES.map(Some)).zip(expected) {
                assert_eq!(row.len(), ids.len());
                for (id, &expected) in ids.iter().zip(row) {
                    let of_line = |class: Option<&str>| {
                        let line = values.iter().find(|value| value.id == *id && value.class.as_deref() == class);
                        line.map(|value| value.statistic.value())
                    };
                    // A set in which but one class occurs has no values by class; one that occurs nowhere has none.
                    let Some(found) = of_line(class) else { continue };
                    let difference = match (found, expected) {
                        (Some(found), Some(expected)) => (found - expected).abs(),
                        (None, None) => 0.0,
                        _ => f64::INFINITY,
                    };
                    assert!(difference < TOLERANCE, "set {index}: {id} of {class:?} is {found:?}, not {expected:?}");
                    worst = worst.max(difference);
                    compared[place] += 1;
                    undefined[place] += usize::from(expected.is_none());
                }
            }
        }
    }
    for (compared, undefined) in compared.into_iter().zip(undefined) {
        // The goldens are not hollow: many numbers, and few that are none.
        assert!(compared > 1000 && undefined * 2 < compared, "{compared} compared, {undefined} undefined");
    }
}

fn close(a: Statistic, b: Statistic) -> bool {
    match (a, b) {
        (Statistic::Value(a), Statistic::Value(b)) => (a - b).abs() < 1e-12,
        _ => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn weights_are_repetitions(index in 400..100_000_u64, times in prop::collection::vec(0..4_u32, 4)) {
        let cases = draw_without_ties_in_a_case(index);
        let (once, times) = (set_of_drawn(&cases, &vec![1; cases.len()]), &times[..cases.len()]);
        let repeated = set_of_drawn(&cases, times);
        for (name, _) in CONVENTIONS {
            // Copies of a patient whose cases count differently are not whole patients.
            let a = once.assess(&boxes(), Some(name)).unwrap();
            let b = repeated.assess(&boxes(), Some(name)).unwrap();
            let found = a.measure(&Weights::new(times.to_vec()));
            let values = b.values(&Weights::all(times.iter().sum::<u32>() as usize));
            for (line, found) in a.lines().zip(found) {
                if line.id.contains("_patient_") {
                    continue;
                }
                // A class that occurs in no copy has no line there.
                let Some(value) = values.iter().find(|value| value.id == line.id && value.class == line.class) else {
                    continue;
                };
                // Without the other cases the only labels of both sides may be taken for one class.
                if value.convention.words.contains("is read as") {
                    continue;
                }
                prop_assert!(close(found.statistic, value.statistic), "{} {:?}: {found:?}, {value:?}", line.id, line.class);
                prop_assert_eq!(found.n, value.n);
                if COCO.contains(&line.id) || VOC.contains(&line.id) {
                    // To the last bit.
                    prop_assert_eq!(found.statistic, value.statistic, "{} {:?}", line.id, line.class);
                }
            }
        }
    }

    #[test]
    fn whole_patients_that_count_twice_are_two_patients(index in 400..100_000_u64, times in prop::collection::vec(0..4_u32, 3)) {
        let cases = draw_without_ties_in_a_case(index);
        let once = set_of_drawn(&cases, &vec![1; cases.len()]);
        let times = cases.iter().map(|(_, _, patient)| times[*patient as usize]).collect::<Vec<_>>();
        let repeated = set_of_drawn(&cases, &times);
        let (a, b) = (once.assess(&boxes(), Some("medicaldetectiontoolkit")).unwrap(), repeated.assess(&boxes(), Some("medicaldetectiontoolkit")).unwrap());
        let all = Weights::all(times.iter().sum::<u32>() as usize);
        for (line, found) in a.lines().zip(a.measure(&Weights::new(times.clone()))).filter(|(line, _)| line.class.is_none()) {
            let expected = statistic(&b, &all, line.id, None).unwrap();
            let renamed = b.lines().any(|line| line.convention.words.contains("is read as"));
            if b.lines().count() == a.lines().count() && !renamed {
                prop_assert!(close(found.statistic, expected), "{}: {found:?} {expected:?}", line.id);
            }
        }
    }

    #[test]
    fn every_number_is_between_0_and_1_and_bounds_hold(index in 400..100_000_u64, times in prop::collection::vec(0..3_u32, 4)) {
        let cases = draw(index);
        let set = set_of_drawn(&cases, &vec![1; cases.len()]);
        for (name, ids) in CONVENTIONS {
            let assessment = set.assess(&boxes(), Some(name)).unwrap();
            let weights = Weights::new(times.clone());
            for value in assessment.values(&weights) {
                prop_assert!(value.statistic.value().is_none_or(|number| (0.0..=1.0).contains(&number)), "{value:?}");
            }
            if name == "supervision" {
                let number = |id: &str| statistic(&assessment, &weights, id, None).unwrap().value().unwrap();
                for id in &ids[..3] {
                    let (worst, listed, best) = (number(&format!("{id}_worst")), number(id), number(&format!("{id}_best")));
                    prop_assert!(worst <= listed + 1e-12 && listed <= best + 1e-12 && best <= 0.995 + 1e-12);
                }
            }
        }
    }
}

fn of(set: &EvaluationSet, convention: &str, id: &str) -> Statistic {
    let assessment = set.assess(&boxes(), Some(convention)).unwrap();
    statistic(&assessment, &Weights::all(set.len()), id, None).unwrap()
}

fn number(set: &EvaluationSet, convention: &str, id: &str) -> f64 {
    of(set, convention, id).value().unwrap()
}

#[test]
fn sizes_worked_by_hand() {
    // One object of each size; the small one is found, the medium one is missed, and a finding of a medium size lies
    // alone. The large truth is annotated as 100 square pixels, and so is small.
    let at = |x: f64, side: f64| region([x, 0.0, side, side]);
    let truth_at = |x, side, area| TruthRegion { label: "a".to_owned(), region: at(x, side), crowd: false, area };
    let finding_at = |x, side, score| Finding { label: "a".to_owned(), score, region: at(x, side) };
    let truths = vec![truth_at(0.0, 20.0, None), truth_at(100.0, 50.0, None), truth_at(200.0, 100.0, Some(100.0))];
    let findings = vec![finding_at(0.0, 20.0, 0.5), finding_at(400.0, 50.0, 0.9), finding_at(200.0, 100.0, 0.7)];
    let set = set_of(vec![(truths, findings)]);
    // Small: truths 0 and 2, both found; the false positive is of another size.
    assert_eq!(number(&set, "coco", "ap_small"), 1.0);
    assert_eq!(number(&set, "coco", "ar_small"), 1.0);
    // Medium: one truth, missed.
    assert_eq!(number(&set, "coco", "ap_medium"), 0.0);
    assert_eq!(of(&set, "coco", "ap_large"), Statistic::Undefined(Undefined::NoTruth));
    assert_eq!(of(&set, "coco", "ar_large"), Statistic::Undefined(Undefined::NoTruth));
    // The surest finding is the false positive.
    assert_eq!(number(&set, "coco", "ar1"), 0.0);
    assert!((number(&set, "coco", "ar10") - 2.0 / 3.0).abs() < 1e-15);
}

#[test]
fn a_mask_has_its_own_area() {
    // The finding's box is 32 x 32 wide, its mask one pixel less: both are small, and found by the masks too.
    let set = set_of(vec![(vec![truth("a", [0, 0, 32, 32])], vec![finding("a", 0.9, [0, 0, 32, 31])])]);
    let assessment = set.assess(&masks(), Some("coco")).unwrap();
    let all = Weights::all(1);
    // 32 * 32 is on the bound, and so both small and medium; the finding of 992 pixels is paired in both.
    for id in ["ap50", "ar_small", "ar_medium"] {
        let found = statistic(&assessment, &all, id, None).unwrap().value().unwrap();
        assert!(found > 0.89, "{id}: {found}");
    }
    assert_eq!(statistic(&assessment, &all, "ap_large", None), Some(Statistic::Undefined(Undefined::NoTruth)));
}

#[test]
fn what_voc_does_unlike_coco() {
    // Both findings overlap the first truth most. COCO gives the second finding the other truth, VOC does not.
    let truths = vec![truth("a", [0, 0, 8, 8]), truth("a", [2, 0, 8, 8])];
    let findings = vec![finding("a", 0.9, [0, 0, 8, 8]), finding("a", 0.8, [0, 0, 9, 8])];
    let set = set_of(vec![(truths, findings)]);
    assert_eq!(number(&set, "coco", "ap50"), 1.0);
    assert!((number(&set, "voc", "voc_ap50_11point") - 6.0 / 11.0).abs() < 1e-15);
    assert_eq!(number(&set, "voc", "voc_ap50_area"), 0.5);
    // 3 of 4 pixels overlap at edges (IoU 1/2 exactly, which is enough); with their last pixels they are 4 and 3 wide.
    let set = set_of(vec![(vec![truth("a", [0, 0, 3, 1])], vec![finding("a", 0.9, [1, 0, 3, 1])])]);
    assert_eq!(number(&set, "voc_edges", "voc_edges_ap50_area"), 1.0);
    assert_eq!(number(&set, "voc", "voc_ap50_area"), 1.0);
    let set = set_of(vec![(vec![truth("a", [0, 0, 2, 1])], vec![finding("a", 0.9, [1, 0, 2, 1])])]);
    assert_eq!(number(&set, "voc_edges", "voc_edges_ap50_area"), 0.0);
    assert_eq!(number(&set, "voc", "voc_ap50_area"), 1.0);
    // A difficult truth is neither missed nor found.
    let set = set_of(vec![(
        vec![crowd("a", [0, 0, 4, 4]), truth("a", [10, 10, 4, 4])],
        vec![finding("a", 0.9, [0, 0, 4, 4]), finding("a", 0.8, [10, 10, 4, 4])],
    )]);
    assert_eq!(number(&set, "voc", "voc_ap50_area"), 1.0);
}

#[test]
fn what_supervision_does_unlike_the_others() {
    let sure = || vec![finding("a", 0.9, [0, 0, 8, 8])];
    // A perfect answer scores 0.995, and a false positive in an image without truth costs nothing.
    let perfect = set_of(vec![(vec![truth("a", [0, 0, 8, 8])], sure()), (vec![], sure())]);
    assert!((number(&perfect, "supervision", "supervision_map50_95") - 0.995).abs() < 1e-15);
    assert!(number(&perfect, "coco", "ap") < 0.51 + 1e-9 || number(&perfect, "coco", "ap") == 1.0);
    // Without any truth it says 0.
    let nothing = set_of(vec![(vec![], sure())]);
    assert_eq!(of(&nothing, "supervision", "supervision_map50"), Statistic::Value(0.0));
    assert_eq!(of(&nothing, "coco", "ap50"), Statistic::Undefined(Undefined::NoTruth));
    // Of two findings of one truth the first in the list takes it, though the other is surer.
    let twice = vec![finding("a", 0.1, [0, 0, 8, 8]), finding("a", 0.9, [0, 0, 8, 8])];
    let set = set_of(vec![(vec![truth("a", [0, 0, 8, 8])], twice)]);
    assert!(number(&set, "supervision", "supervision_map50") < 0.51);
    assert_eq!(number(&set, "coco", "ap50"), 1.0);
    // Equal scores: the bounds are those of the two orders.
    let tied = vec![finding("a", 0.5, [20, 20, 4, 4]), finding("a", 0.5, [0, 0, 8, 8])];
    let set = set_of(vec![(vec![truth("a", [0, 0, 8, 8])], tied)]);
    let bound = |id| number(&set, "supervision", id);
    assert!((bound("supervision_map50_best") - 0.995).abs() < 1e-15);
    assert!((bound("supervision_map50_worst") - 0.4975).abs() < 1e-15);
    assert_eq!(bound("supervision_map50"), bound("supervision_map50_worst"));
}

#[test]
fn examples_of_supervision() {
    let at = |[x0, y0, x1, y1]: [f64; 4]| Region::from_box(BoundingBox::new(x0, y0, x1, y1));
    let truth =
        |label: &str, edges| TruthRegion { label: label.to_owned(), region: at(edges), crowd: false, area: None };
    let found = |label: &str, edges, score| Finding { label: label.to_owned(), score, region: at(edges) };
    // The example of its documentation.
    let first =
        vec![truth("1", [0.0, 0.0, 3.0, 3.0]), truth("1", [2.0, 2.0, 5.0, 5.0]), truth("2", [6.0, 1.0, 8.0, 3.0])];
    let findings = vec![
        found("1", [0.0, 0.0, 3.0, 3.0], 0.9),
        found("0", [0.1, 0.1, 3.0, 3.0], 0.9),
        found("1", [6.0, 1.0, 8.0, 3.0], 0.8),
        found("1", [1.0, 6.0, 2.0, 7.0], 0.8),
    ];
    let second = (vec![truth("2", [1.0, 1.0, 2.0, 2.0])], vec![found("2", [1.0, 1.0, 2.0, 2.0], 0.8)]);
    let set = set_of(vec![(first, findings), second]);
    for id in &SUPERVISION[..3] {
        assert!((number(&set, "supervision", id) - 0.665).abs() < 1e-12, "{id}");
    }
    // All scores are 1, class 1 has truth but no finding, and the third image has a finding but no truth.
    let one = vec![truth("0", [10.0, 10.0, 50.0, 50.0]), truth("0", [60.0, 60.0, 90.0, 90.0])];
    let findings = vec![
        found("0", [12.0, 12.0, 52.0, 52.0], 1.0),
        found("0", [61.0, 59.0, 90.0, 92.0], 1.0),
        found("0", [5.0, 5.0, 15.0, 15.0], 1.0),
    ];
    let two = vec![truth("1", [20.0, 20.0, 40.0, 40.0])];
    let set = set_of(vec![(one, findings), (two, vec![]), (vec![], vec![found("1", [1.0, 1.0, 9.0, 9.0], 1.0)])]);
    for (id, expected) in SUPERVISION.iter().zip([0.364875, 0.4975, 0.4975]) {
        assert!((number(&set, "supervision", id) - expected).abs() < 1e-12, "{id}");
    }
}

#[test]
fn what_the_medicaldetectiontoolkit_does_unlike_the_others() {
    // IoU 1/9 is above 0.1; a score of 0.1 is not.
    let low = vec![finding("a", 0.9, [4, 0, 5, 1]), finding("a", 0.1, [20, 0, 4, 4])];
    let set = set_of(vec![(vec![truth("a", [0, 0, 5, 1])], low)]);
    assert_eq!(number(&set, "medicaldetectiontoolkit", "medicaldetectiontoolkit_ap10"), 1.0);
    assert_eq!(
        of(&set, "medicaldetectiontoolkit", "medicaldetectiontoolkit_patient_auroc"),
        Statistic::Undefined(Undefined::OneClass)
    );
    // Three patients: one of two cases with a truth and surest finding 0.4, one healthy with 0.6, one healthy with none.
    let mut set = EvaluationSet::new();
    let sure = |score| vec![finding("a", score, [0, 0, 4, 4])];
    let present = || Some(vec![truth("a", [0, 0, 4, 4])]);
    for (name, patient, truths, findings) in [
        ("0", "p", present(), sure(0.4)),
        ("1", "p", Some(vec![]), sure(0.2)),
        ("2", "q", Some(vec![]), sure(0.6)),
        ("3", "r", Some(vec![]), vec![]),
    ] {
        let mut of_patient = case(name, truths);
        of_patient.attributes = [("patient".to_owned(), patient.to_owned())].into();
        set.add_case(of_patient).unwrap();
        set.set_findings(name, findings).unwrap();
    }
    let value = |id| number(&set, "medicaldetectiontoolkit", id);
    assert_eq!(value("medicaldetectiontoolkit_patient_auroc"), 0.5);
    assert_eq!(value("medicaldetectiontoolkit_patient_ap"), 0.5);
    // A truth that is missed has the score 0; one that is found has its finding's, even below 0.
    let other = |score| vec![finding("a", score, [20, 20, 4, 4])];
    for (found, expected) in [(sure(-0.5), 0.0), (other(-0.5), 1.0)] {
        let set = set_of(vec![(vec![truth("a", [0, 0, 4, 4])], found), (vec![], other(-0.25))]);
        assert_eq!(number(&set, "medicaldetectiontoolkit", "medicaldetectiontoolkit_patient_auroc"), expected);
    }
}

#[test]
fn conventions_are_found_by_their_names() {
    let set = set_of(vec![(vec![truth("a", [0, 0, 4, 4])], vec![])]);
    for (name, ids) in CONVENTIONS {
        let assessment = set.assess(&boxes(), Some(name)).unwrap();
        for id in ids {
            let line = assessment.lines().find(|line| line.id == *id).unwrap();
            assert_eq!(line.convention.name, name);
            assert!(line.convention.words.contains("n counts "), "{id}");
        }
    }
    assert!(matches!(set.assess(&masks(), Some("voc")), Err(MetricsError::UnknownConvention { .. })));
    // By default there is COCO's alone.
    let values = set.evaluate(&boxes()).unwrap().values;
    assert!(
        values.iter().any(|value| value.id == "ap_small") && !values.iter().any(|value| value.id.starts_with("voc"))
    );
}
