//! Metrics of masks: random sets against monai, medpy, surface-distance, scikit-image, SimpleITK, scipy and numpy (see
//! `tests/reference/masks`), cases worked by hand, and what must hold of any set.

use std::collections::BTreeMap;

use crate::common::drawn_masks::{Draw, Drawn};
use crate::common::{finding, set_of, truth};
use groundglass_metrics::{EvaluateOptions, EvaluationSet, RegionKind, Task, Weights, catalogue};
use groundglass_types::{Case, Finding, Mask, Region, Slice, Statistic, Truth, TruthRegion, Undefined};
use serde::Deserialize;

const CONVENTIONS: [&str; 14] = [
    "default",
    "instances",
    "components",
    "patients",
    "monai",
    "surface_distance",
    "medpy",
    "face_components",
    "unibiomed",
    "unetplusplus",
    "flair",
    "upl_sfda",
    "medsam",
    "mgca",
];

#[derive(Deserialize)]
struct Goldens {
    keys: Vec<String>,
    sets: Vec<Vec<Option<f64>>>,
}

fn options() -> EvaluateOptions {
    EvaluateOptions { score_threshold: 0.5, iou_threshold: 0.5, region: RegionKind::Mask, surface_tolerance: 2.0 }
}

struct DrawnCase {
    spacing: [f64; 2],
    truths: Vec<Drawn>,
    found: Vec<(Drawn, f64)>,
}

fn disjoint(mut mask: Drawn, taken: &mut [u8]) -> Option<Drawn> {
    for (value, taken) in mask.values.iter_mut().zip(taken) {
        *value &= 1 - *taken;
        *taken |= *value;
    }
    mask.values.contains(&1).then_some(mask)
}

fn draw_set(seed: u64) -> ([usize; 3], Vec<DrawnCase>) {
    const SPACINGS: [f64; 4] = [1.0, 0.5, 2.5, 0.75];
    let mut draw = Draw(1_000_000 + seed);
    let size = [3 + draw.below(14), 3 + draw.below(14), 1];
    let cases = (0..1 + draw.below(4)).map(|_| {
        let spacing = [SPACINGS[draw.below(4)], SPACINGS[draw.below(4)]];
        let mut sides = [0, 1].map(|_| {
            let mut taken = vec![0; size[0] * size[1]];
            let count = draw.below(4);
            (0..count).filter_map(|_| disjoint(draw.mask(size), &mut taken)).collect::<Vec<_>>()
        });
        if draw.below(2) == 0 {
            let mut taken = vec![0; size[0] * size[1]];
            let frayed = sides[0].iter().filter_map(|mask| {
                let mut mask = Drawn { size, values: mask.values.clone() };
                draw.flip(&mut mask);
                disjoint(mask, &mut taken)
            });
            sides[1] = frayed.collect();
        }
        let [truths, found] = sides;
        let found = found.into_iter().map(|mask| (mask, (40 + draw.below(60)) as f64 / 100.0)).collect();
        DrawnCase { spacing, truths, found }
    });
    let cases = cases.collect();
    (size, cases)
}

fn region(drawn: &Drawn) -> Region {
    Region::from_mask(Mask::from_row_major(drawn.size[0], drawn.size[1], &drawn.values).unwrap()).unwrap()
}

/// `order` names the cases to add, each by its number.
fn evaluation_set(size: [usize; 3], cases: &[DrawnCase], order: &[usize], label: &str) -> EvaluationSet {
    let mut set = EvaluationSet::new();
    for (place, case) in order.iter().map(|&at| &cases[at]).enumerate() {
        let truths = case.truths.iter().enumerate().map(|(index, drawn)| TruthRegion {
            label: if label.is_empty() { format!("class {}", index % 2) } else { label.to_owned() },
            region: region(drawn),
            crowd: false,
            area: None,
        });
        let findings = case.found.iter().enumerate().map(|(index, (drawn, score))| Finding {
            label: if label.is_empty() { format!("class {}", index % 2) } else { label.to_owned() },
            score: *score,
            region: region(drawn),
        });
        let attributes = [("patient", "p"), ("slice_spacing", "3")];
        let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
        set.add_case(Case {
            name: place.to_string(),
            width: size[0],
            height: size[1],
            spacing: Some(case.spacing),
            truth: Some(Truth { regions: truths.collect() }),
            attributes: attributes.into_iter().collect(),
            ..Case::default()
        })
        .unwrap();
        set.set_findings(&place.to_string(), findings.collect()).unwrap();
    }
    set
}

/// Every value over all classes, by id.
fn all_values(set: &EvaluationSet) -> BTreeMap<String, Statistic> {
    let mut values = BTreeMap::new();
    for convention in CONVENTIONS {
        let assessment = set.assess(&options(), Some(convention)).unwrap();
        for value in assessment.values(&Weights::all(set.len())).into_iter().filter(|value| value.class.is_none()) {
            assert!(values.insert(value.id.clone(), value.statistic).is_none(), "{} twice", value.id);
        }
    }
    values
}

#[test]
fn values_agree_with_the_references() {
    let goldens: Goldens = serde_json::from_str(include_str!("../../../../tests/reference/masks/sets.json")).unwrap();
    assert!(goldens.sets.len() >= 400);
    let (mut compared, mut undefined) = (0, 0);
    for (seed, expected) in goldens.sets.iter().enumerate() {
        let (size, cases) = draw_set(seed as u64);
        let order = (0..cases.len()).collect::<Vec<_>>();
        let values = all_values(&evaluation_set(size, &cases, &order, "lesion"));
        for (key, expected) in goldens.keys.iter().zip(expected) {
            let found = values[key].value();
            // MONAI computes in single precision.
            let tolerance = if key.starts_with("monai") { 1e-6 } else { 1e-9 };
            match (found, expected) {
                (Some(found), Some(expected)) => {
                    let near = (found - expected).abs() <= tolerance * expected.abs().max(1.0);
                    assert!(near, "set {seed}, {key}: {found} and {expected}");
                    compared += 1;
                }
                (found, expected) => {
                    assert_eq!(found, *expected, "set {seed}, {key}");
                    undefined += 1;
                }
            }
        }
    }
    assert!(compared > 10_000 && undefined > 1_000, "{compared} compared, {undefined} undefined");
}

#[test]
fn weights_are_repetitions_and_order_is_nothing() {
    for seed in 0..25 {
        let (size, cases) = draw_set(seed);
        let all = (0..cases.len()).collect::<Vec<_>>();
        let repeated = all.iter().flat_map(|&at| vec![at; 1 + at % 3]).collect::<Vec<_>>();
        let set = evaluation_set(size, &cases, &all, "");
        let repetition = evaluation_set(size, &cases, &repeated, "");
        let weights = Weights::new(all.iter().map(|at| 1 + *at as u32 % 3).collect());
        let reversed = evaluation_set(size, &cases, &all.iter().rev().copied().collect::<Vec<_>>(), "");
        // A patient is drawn as a whole; see the next test.
        for convention in CONVENTIONS.iter().filter(|name| **name != "patients") {
            let of = |set: &EvaluationSet, weights: &Weights| {
                let assessment = set.assess(&options(), Some(convention)).unwrap();
                // Conventions are shared with other families, which have their own tests.
                let values = assessment.values(weights).into_iter().filter(|value| is_of_masks(&value.id));
                let mut values =
                    values.map(|value| (value.id, value.class, value.n, value.statistic)).collect::<Vec<_>>();
                values.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
                values
            };
            let weighted = of(&set, &weights);
            for (a, b) in weighted.iter().zip(&of(&repetition, &Weights::all(repeated.len()))) {
                assert_eq!((&a.0, &a.1, a.2), (&b.0, &b.1, b.2), "{seed}");
                assert!(same(a.3, b.3), "{seed} {a:?} {b:?}");
            }
            for (a, b) in of(&set, &Weights::all(all.len())).iter().zip(&of(&reversed, &Weights::all(all.len()))) {
                assert_eq!((&a.0, &a.1, a.2), (&b.0, &b.1, b.2), "{seed}");
                assert!(same(a.3, b.3), "{seed} {a:?} {b:?}");
            }
            for (_, _, _, statistic) in of(&set, &Weights::new(vec![0; all.len()])) {
                assert!(statistic.value().is_none_or(|value| value == 0.0));
            }
        }
    }
}

fn is_of_masks(id: &str) -> bool {
    let entry = catalogue().iter().find(|entry| entry.definition.id == id);
    entry.is_some_and(|entry| entry.task == Task::Masks)
}

/// Values up to rounding; of reasons only that there is one.
fn same(a: Statistic, b: Statistic) -> bool {
    match (a.value(), b.value()) {
        (Some(a), Some(b)) => a.is_finite() && (a - b).abs() <= 1e-12 * a.abs().max(1.0),
        (a, b) => a == b,
    }
}

#[test]
fn a_patient_drawn_twice_is_two_patients() {
    let (size, cases) = draw_set(5);
    let all = (0..cases.len()).collect::<Vec<_>>();
    let set = evaluation_set(size, &cases, &all, "lesion");
    let assessment = set.assess(&options(), Some("patients")).unwrap();
    let (once, twice) = (Weights::all(all.len()), Weights::new(vec![2; all.len()]));
    for (one, two) in assessment.values(&once).iter().zip(assessment.values(&twice)) {
        if one.id != "hd95_undefined_patients" {
            assert_eq!(one.statistic, two.statistic, "{}", one.id);
        }
        assert_eq!(2 * one.n, two.n, "{}", one.id);
    }
    // Where only some of the images count, these are the patient.
    let part = evaluation_set(size, &cases, &all[..all.len() - 1], "lesion");
    let expected = part.assess(&options(), Some("patients")).unwrap().values(&Weights::all(all.len() - 1));
    let mut weights = vec![1; all.len()];
    weights[all.len() - 1] = 0;
    for (found, expected) in assessment.values(&Weights::new(weights)).iter().zip(expected) {
        assert_eq!(found.statistic, expected.statistic, "{}", found.id);
    }
}

fn rectangle(left: usize, top: usize, width: usize, height: usize) -> Drawn {
    let inside = |at: usize| {
        let (x, y) = (at % 40, at / 40);
        (left..left + width).contains(&x) && (top..top + height).contains(&y)
    };
    Drawn { size: [40, 30, 1], values: (0..1200).map(|at| u8::from(inside(at))).collect() }
}

fn by_hand(cases: Vec<(Vec<Drawn>, Vec<Drawn>)>, spacing: [f64; 2]) -> BTreeMap<String, Statistic> {
    let case = |(truths, found): (Vec<Drawn>, Vec<Drawn>)| DrawnCase {
        spacing,
        truths,
        found: found.into_iter().map(|mask| (mask, 0.9)).collect(),
    };
    let cases = cases.into_iter().map(case).collect::<Vec<_>>();
    let order = (0..cases.len()).collect::<Vec<_>>();
    all_values(&evaluation_set([40, 30, 1], &cases, &order, "lesion"))
}

#[test]
fn a_miss_is_not_silent() {
    // One perfect case and one miss.
    let values = by_hand(
        vec![(vec![rectangle(3, 4, 5, 6)], vec![rectangle(3, 4, 5, 6)]), (vec![rectangle(3, 4, 5, 6)], vec![])],
        [1.0, 1.0],
    );
    let value = |id: &str| values[id].value();
    assert_eq!(value("hd95"), Some(0.0));
    assert_eq!(value("hd95_undefined_cases"), Some(1.0));
    assert_eq!(value("nsd"), Some(0.5));
    assert_eq!(value("boundary_iou"), Some(0.5));
    assert_eq!(value("pixel_sensitivity"), Some(0.5));
    // The references: MONAI drops the miss from HD95 alone, the others have no answer.
    assert_eq!(value("monai_hd95"), Some(0.0));
    assert_eq!(values["monai_hd"], Statistic::Undefined(Undefined::EmptyPrediction));
    assert_eq!(values["medpy_hd95"], Statistic::Undefined(Undefined::EmptyPrediction));
    assert_eq!(values["surface_distance_hd95"], Statistic::Undefined(Undefined::EmptyPrediction));
}

#[test]
fn a_shift_in_mm_worked_by_hand() {
    // 10 x 6 pixels, 4 to the right; a pixel is 0.5 mm wide and 2 mm high, so the shift is 2 mm.
    let values = by_hand(vec![(vec![rectangle(5, 5, 10, 6)], vec![rectangle(9, 5, 10, 6)])], [0.5, 2.0]);
    let value = |id: &str| values[id].value().unwrap();
    assert_eq!(value("hd"), 2.0);
    assert_eq!(value("nsd"), 1.0);
    assert_eq!(value("medpy_hd"), 2.0);
    assert_eq!(value("volume_error"), 0.0);
    assert_eq!(value("pixel_sensitivity"), 0.6);
    assert_eq!(value("pixel_specificity"), (1200.0 - 60.0 - 24.0) / 1140.0);
    // In pixels, whatever the spacing.
    assert!((value("upl_sfda_hd95") - 4.0).abs() < 1e-12);
    // d = round(0.02 * 50) = 1: two frames of 28 pixels, which share 6 of 10 columns above and below.
    assert_eq!(value("boundary_iou"), 12.0 / 44.0);
}

#[test]
fn instances_worked_by_hand() {
    // Two truths of 4 x 4; one finding covers both with the 2 columns between, one lies elsewhere (2 x 2).
    let values = by_hand(
        vec![(
            vec![rectangle(2, 2, 4, 4), rectangle(8, 2, 4, 4)],
            vec![rectangle(2, 2, 10, 4), rectangle(20, 20, 2, 2)],
        )],
        [1.0, 1.0],
    );
    let value = |id: &str| values[id].value().unwrap();
    // AJI uses the large finding twice: (16 + 16) / (40 + 40 + 4); AJI+ once: 16 / (40 + 16 + 4).
    assert_eq!(value("aji"), 32.0 / 84.0);
    assert_eq!(value("aji_plus"), 16.0 / 60.0);
    assert_eq!(value("dsb2018_score"), 0.0);
    assert_eq!(value("component_sensitivity"), 1.0);
    assert_eq!(value("component_precision"), 0.5);
    assert_eq!(value("component_f1"), 2.0 / 3.0);
    assert_eq!(value("component_f1_iou"), 0.0);
    // Two lesions with Dice 32 / 56, and one false positive.
    assert!((value("component_dice") - 2.0 * 32.0 / 56.0 / 3.0).abs() < 1e-15);
    // The same of the one volume of the one patient.
    assert_eq!(value("patient_component_sensitivity"), 1.0);
}

#[test]
fn images_of_several_sizes_make_no_volume_with_components() {
    let image = |set: &mut EvaluationSet, name: &str, patient: &str, width: usize| {
        let mask = Mask::from_fn(width, 20, |x, y| x < 4 && y < 4).unwrap();
        let region = Region::from_mask(mask).unwrap();
        let truth = TruthRegion { label: "lesion".to_owned(), region: region.clone(), crowd: false, area: None };
        let attributes = [("patient".to_owned(), patient.to_owned())].into();
        let truth = Some(Truth { regions: vec![truth] });
        let size = (width, 20);
        let case = Case { name: name.to_owned(), width: size.0, height: size.1, truth, attributes, ..Case::default() };
        set.add_case(case).unwrap();
        set.set_findings(name, vec![Finding { label: "lesion".to_owned(), score: 1.0, region }]).unwrap();
    };
    let mut set = EvaluationSet::new();
    image(&mut set, "a", "p", 20);
    image(&mut set, "b", "p", 30);
    image(&mut set, "c", "q", 20);
    let assessment = set.assess(&options(), Some("patients")).unwrap();
    let sensitivity = |weights: [u32; 3]| {
        let values = assessment.values(&Weights::new(weights.to_vec()));
        let value = values.iter().find(|value| value.id == "patient_component_sensitivity").unwrap();
        (value.statistic, value.n)
    };
    // Nothing is missed where nothing could be stacked: the number is not given, however often the patient is drawn.
    for times in [1, 2, 3] {
        assert_eq!(sensitivity([times, times, 0]), (Statistic::Undefined(Undefined::NotGiven), 0));
    }
    assert_eq!(sensitivity([1, 1, 1]), (Statistic::Value(1.0), 1));
    // Without any patient there is no truth.
    assert_eq!(sensitivity([0, 0, 0]).0, Statistic::Undefined(Undefined::NoTruth));
}

#[test]
fn a_tolerance_that_is_none_is_refused() {
    for surface_tolerance in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(EvaluationSet::new().assess(&EvaluateOptions { surface_tolerance, ..options() }, None).is_err());
    }
}

/// The number over all classes, of masks with every class a class of its own.
fn number(set: &EvaluationSet, convention: &str, id: &str) -> f64 {
    let weights = Weights::all(set.cases().len());
    let values = set.assess(&options(), Some(convention)).unwrap().values(&weights);
    let value = values.iter().find(|value| value.id == id && value.class.is_none());
    value.unwrap_or_else(|| panic!("no {id}")).statistic.value().unwrap_or_else(|| panic!("{id} is undefined"))
}

fn check(set: &EvaluationSet, convention: &str, expected: &[(&str, f64)]) {
    for &(id, value) in expected {
        let found = number(set, convention, id);
        assert!((found - value).abs() < 1e-15, "{id}: {found}, not {value}");
    }
}

#[test]
fn pairs_of_masks_and_of_components_worked_by_hand() {
    // Of three truths one is found wholly, of one the left half, one not at all; a third finding lies elsewhere.
    let truths = [[0, 0, 8, 4], [20, 20, 4, 4], [28, 28, 2, 2]].map(|xywh| truth("cell", xywh));
    let findings = [[0, 0, 4, 4], [20, 20, 4, 4], [10, 10, 2, 2]].map(|xywh| finding("cell", 0.9, xywh));
    let set = set_of(vec![(truths.to_vec(), findings.to_vec())]);
    // What shares nothing is no pair. The sum of Dice is divided by a little more than the count.
    let dice = 2.0 * 32.0 / (52.0 + 36.0);
    let paired = [("unibiomed_mdice", (1.0 + 2.0 / 3.0) / 2.0), ("unibiomed_miou", (1.0 + 0.5) / 2.0)];
    check(&set, "unibiomed", &[paired[0], paired[1], ("unibiomed_dice", dice / (1.0 + 1e-6))]);
    check(
        &set,
        "components",
        &[
            ("component_sensitivity", 2.0 / 3.0),
            ("component_precision", 2.0 / 3.0),
            ("component_sensitivity_iou", 2.0 / 3.0),
            ("component_precision_iou", 2.0 / 3.0),
            ("component_f1_iou", 4.0 / 6.0),
            // Dice 2/3, 1 and 0, over three true components and one found one that touches none.
            ("component_dice", (2.0 / 3.0 + 1.0) / 4.0),
        ],
    );
    // With a second case, of another patient, in which nothing is found.
    let missed = (vec![truth("cell", [0, 0, 4, 4])], vec![]);
    let set = set_of(vec![(truths.to_vec(), findings.to_vec()), missed]);
    check(&set, "unibiomed", &paired.map(|(id, value)| (id, value / 2.0)));
    check(
        &set,
        "patients",
        &[
            ("patient_dice", dice / 2.0),
            ("patient_foreground_iou", 32.0 / 56.0 / 2.0),
            ("patient_pixel_sensitivity", 32.0 / 52.0 / 2.0),
            ("patient_relative_volume_error", (16.0 / 52.0 + 1.0) / 2.0),
        ],
    );
}

#[test]
fn masks_are_paired_over_all_classes_and_by_class() {
    let truths = vec![truth("a", [0, 0, 8, 4]), truth("a", [0, 10, 8, 4]), truth("b", [20, 20, 4, 4])];
    let findings =
        vec![finding("a", 0.9, [0, 0, 4, 4]), finding("a", 0.9, [0, 10, 4, 4]), finding("b", 0.9, [20, 20, 4, 4])];
    let set = set_of(vec![(truths, findings)]);
    // Two halves and a whole; of a class with itself the mean is another.
    check(&set, "unibiomed", &[("unibiomed_mdice", (2.0 / 3.0 + 2.0 / 3.0 + 1.0) / 3.0)]);
    let values = set.assess(&options(), Some("unibiomed")).unwrap().values(&Weights::all(1));
    let of_class = |id: &str, class: &str| {
        let value = values.iter().find(|value| value.id == id && value.class.as_deref() == Some(class));
        value.unwrap().statistic.value().unwrap()
    };
    for (id, a) in [("unibiomed_mdice", 2.0 / 3.0), ("unibiomed_miou", 0.5)] {
        assert_eq!([of_class(id, "a"), of_class(id, "b")], [a, 1.0], "{id}");
    }
}

#[test]
fn surface_distance_leaves_out_the_direction_that_begins_nowhere() {
    let set = set_of(vec![(vec![], vec![finding("cell", 0.9, [4, 4, 4, 4])])]);
    let values = set.assess(&options(), Some("surface_distance")).unwrap().values(&Weights::all(1));
    let of = |id: &str| values.iter().find(|value| value.id == id && value.class.is_none()).unwrap().statistic;
    assert_eq!(of("surface_distance_truth_to_found"), Statistic::Undefined(Undefined::Nothing));
    assert_eq!(of("surface_distance_found_to_truth"), Statistic::Undefined(Undefined::EmptyTruth));
    assert_eq!(of("surface_distance_nsd"), Statistic::Value(0.0));
}

#[test]
fn every_family_measures_as_many_values_as_it_has_lines() {
    for labels in [["a", "a"], ["a", "b"]] {
        let [first, second] = labels;
        let set = set_of(vec![
            (vec![truth(first, [0, 0, 8, 4])], vec![finding(first, 0.9, [0, 0, 4, 4])]),
            (vec![truth(second, [0, 0, 8, 4])], vec![finding(first, 0.9, [0, 0, 8, 4])]),
        ]);
        for region in [RegionKind::Box, RegionKind::Mask] {
            let wanted = if region == RegionKind::Mask { Task::Masks } else { Task::Boxes };
            for entry in catalogue().iter().filter(|entry| entry.task == wanted) {
                let assessment = set.assess(&EvaluateOptions { region, ..options() }, Some(entry.convention)).unwrap();
                for prepared in assessment.prepared() {
                    let weights = [Weights::all(2), Weights::new(vec![2, 0]), Weights::new(vec![0, 1])];
                    let lines = prepared.lines().len();
                    for measured in prepared.measure_several(&weights) {
                        assert_eq!(measured.len(), lines, "{} of {labels:?}", entry.convention);
                    }
                }
            }
        }
    }
}

#[test]
fn coco_counts_the_area_of_a_found_mask_and_not_of_its_box() {
    let mask = |inside: fn(usize, usize) -> bool| Region::from_mask(Mask::from_fn(64, 64, inside).unwrap()).unwrap();
    // An angle of 79 pixels in a box of 1,600, which is no small one.
    let angle = mask(|x, y| x < 40 && y < 40 && (x == 0 || y == 0));
    let square = mask(|x, y| x >= 50 && y >= 50 && x < 55 && y < 55);
    let truths = vec![TruthRegion { region: square.clone(), ..truth("cell", [0, 0, 1, 1]) }];
    let found = |score, region| Finding { region, ..finding("cell", score, [0, 0, 1, 1]) };
    let mut set = EvaluationSet::new();
    let truth = Some(Truth { regions: truths });
    set.add_case(Case { name: "0".to_owned(), width: 64, height: 64, truth, ..Case::default() }).unwrap();
    set.set_findings("0", vec![found(0.9, angle), found(0.8, square)]).unwrap();
    check(&set, "coco", &[("ap", 0.5), ("ap_small", 0.5)]);
}

/// Two stacks of one patient, the second given from its last slice on: each is a volume of its own, in its own order.
#[test]
fn stacks_of_one_patient_are_volumes_of_their_own_in_their_order() {
    let mut set = EvaluationSet::new();
    // By stack, slice, and whether there is a lesion in the truth and in what was found.
    let slices = [
        ("a", 0, false, false),
        ("a", 1, true, true),
        ("b", 2, true, false),
        ("b", 0, true, false),
        ("b", 1, true, true),
        ("b", 3, false, true),
    ];
    for (place, (stack, index, in_truth, is_found)) in slices.into_iter().enumerate() {
        let name = place.to_string();
        let region = Region::from_mask(Mask::from_fn(20, 20, |x, y| x < 4 && y < 4).unwrap()).unwrap();
        let truth = TruthRegion { label: "lesion".to_owned(), region: region.clone(), crowd: false, area: None };
        let attributes = [("patient", "p"), ("slice_spacing", "3")];
        let case = Case {
            name: name.clone(),
            width: 20,
            height: 20,
            spacing: Some([1.0; 2]),
            truth: Some(Truth { regions: if in_truth { vec![truth] } else { Vec::new() } }),
            attributes: attributes.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            slice: Some(Slice { stack: stack.to_owned(), index, count: 4 }),
            ..Case::default()
        };
        set.add_case(case).unwrap();
        let finding = Finding { label: "lesion".to_owned(), score: 1.0, region };
        set.set_findings(&name, if is_found { vec![finding] } else { Vec::new() }).unwrap();
    }
    let values = set.assess(&options(), Some("patients")).unwrap().values(&Weights::all(set.len()));
    let value = |id: &str| {
        let value = values.iter().find(|value| value.id == id).unwrap();
        (value.statistic, value.n)
    };
    // In b the truth is in the slices 0 to 2, one piece, and what was found in 1 and 3, two pieces: in the order of the
    // cases, or with a before b, the truth would be in two.
    assert_eq!(value("patient_component_sensitivity"), (Statistic::Value(1.0), 2));
    assert_eq!(value("patient_component_precision"), (Statistic::Value(2.0 / 3.0), 3));
    // 0 in a, and one slice of 3 mm in b.
    assert_eq!(value("patient_hd"), (Statistic::Value(1.5), 1));
}
