//! Cases worked by hand.

use std::collections::BTreeSet;

use crate::common::{SIZE, box_only, boxes, case, crowd, finding, masks, number, options, set_of, statistic, truth};
use groundglass_metrics::{
    EvaluationSet, FindingStatus, MetricsError, RegionKind, Task, TruthStatus, TruthView, catalogue, definitions,
};
use groundglass_types::{BoundingBox, Counts, Finding, Mask, Region, Statistic, Truth, Undefined};

const fn counts(true_positives: u64, false_positives: u64, false_negatives: u64) -> Counts {
    Counts { true_positives, false_positives, false_negatives }
}

#[test]
fn one_case_worked_by_hand() {
    // Truth 0 is found twice (the surer finding has the lower IoU and takes it), truth 1 is missed by an
    // IoU of 1/3, truth 2 by a score of 0.4.
    let truths = vec![truth("cell", [0, 0, 8, 4]), truth("cell", [10, 0, 4, 4]), truth("cell", [20, 20, 4, 4])];
    let findings = vec![
        finding("cell", 0.8, [0, 0, 8, 4]),
        finding("cell", 0.9, [0, 0, 6, 4]),
        finding("cell", 0.7, [12, 0, 4, 4]),
        finding("cell", 0.4, [20, 20, 4, 4]),
    ];
    let set = set_of(vec![(truths, findings)]);
    let evaluation = set.evaluate(&boxes()).unwrap();
    assert_eq!(evaluation.counts, counts(1, 2, 2));
    assert_eq!(number(&evaluation.values, "precision"), 1.0 / 3.0);
    assert_eq!(number(&evaluation.values, "recall"), 1.0 / 3.0);
    assert_eq!(number(&evaluation.values, "f1"), 2.0 / 6.0);
    assert_eq!(number(&evaluation.values, "critical_success_index"), 1.0 / 5.0);
    assert_eq!(number(&evaluation.values, "mean_matched_iou"), 0.75);
    assert_eq!(evaluation.cases[0].f1, Statistic::Value(2.0 / 6.0));
    let curve = evaluation.curve.iter().map(|point| (point.score, point.recall, point.precision)).collect::<Vec<_>>();
    let third = 1.0 / 3.0;
    assert_eq!(curve, [(0.9, third, 1.0), (0.8, third, 0.5), (0.7, third, third), (0.4, 2.0 * third, 0.5)]);

    let view = set.view("0", &boxes()).unwrap();
    let found = view.findings.iter().map(|view| (view.status, view.truth, view.iou)).collect::<Vec<_>>();
    assert_eq!(
        found,
        [
            // A second finding of truth 0: it tells the truth that it overlaps most.
            (FindingStatus::FalsePositive, Some(0), Some(1.0)),
            (FindingStatus::TruePositive, Some(0), Some(0.75)),
            (FindingStatus::FalsePositive, Some(1), Some(third)),
            (FindingStatus::BelowThreshold, Some(2), Some(1.0)),
        ]
    );
    let truths = [(TruthStatus::Found, Some(1)), (TruthStatus::Missed, None), (TruthStatus::Missed, None)];
    let expected = truths.iter().enumerate().map(|(index, &(status, finding))| TruthView { index, status, finding });
    assert_eq!(view.truths, expected.collect::<Vec<_>>());
    assert_eq!(view.counts, evaluation.counts);
    assert_eq!(view.values, evaluation.values);
}

#[test]
fn an_iou_on_the_threshold_is_a_pair_but_not_for_panoptic_quality() {
    // Half of the truth: IoU is exactly 0.5.
    let set = set_of(vec![(vec![truth("cell", [0, 0, 8, 4])], vec![finding("cell", 0.5, [0, 0, 4, 4])])]);
    let evaluation = set.evaluate(&masks()).unwrap();
    assert_eq!(evaluation.counts, counts(1, 0, 0));
    assert_eq!(number(&evaluation.values, "panoptic_quality"), 0.0);
    assert_eq!(statistic(&evaluation.values, "segmentation_quality"), Statistic::Undefined(Undefined::NoPairs));
    assert_eq!(number(&evaluation.values, "recognition_quality"), 0.0);
    assert_eq!(set.evaluate(&options(0.5, 0.500001, RegionKind::Mask)).unwrap().counts, counts(0, 1, 1));
    // An equal score counts, a hair above does not.
    assert_eq!(set.view("0", &masks()).unwrap().truths[0].finding, Some(0));
    assert_eq!(set.view("0", &options(0.500001, 0.5, RegionKind::Mask)).unwrap().truths[0].finding, None);
    assert_eq!(set.evaluate(&options(0.500001, 0.5, RegionKind::Mask)).unwrap().counts, counts(0, 0, 1));
}

#[test]
fn an_iou_threshold_of_1_takes_equal_regions_and_one_of_0_those_that_share_area() {
    let truths = || vec![truth("cell", [0, 0, 8, 4])];
    let set = set_of(vec![
        (truths(), vec![finding("cell", 0.9, [0, 0, 8, 4])]),
        (truths(), vec![finding("cell", 0.9, [7, 3, 8, 4])]),
        (truths(), vec![finding("cell", 0.9, [8, 0, 8, 4])]),
    ]);
    for region in [RegionKind::Box, RegionKind::Mask] {
        assert_eq!(set.evaluate(&options(0.5, 1.0, region)).unwrap().counts, counts(1, 2, 2));
        assert_eq!(set.evaluate(&options(0.5, 0.0, region)).unwrap().counts, counts(2, 1, 1));
    }
    // What rounding may cost is forgiven: this IoU is 4e-11 short of 1.
    let mut nearly = finding("cell", 0.9, [0, 0, 8, 4]);
    nearly.region = Region::from_box(BoundingBox::new(0.0, 0.0, 8.0, 4.0 - 1.6e-10));
    let set = set_of(vec![(truths(), vec![nearly])]);
    assert_eq!(set.evaluate(&options(0.5, 1.0, RegionKind::Box)).unwrap().counts, counts(1, 0, 0));
}

#[test]
fn a_shifted_and_a_turned_mask_have_the_dice_of_geometry() {
    // An 8 x 8 square shifted by (2, 4) shares 6 x 4 pixels: Dice 2 * 24 / 128, IoU 24 / 104.
    let shifted = set_of(vec![(vec![truth("cell", [0, 0, 8, 8])], vec![finding("cell", 0.9, [2, 4, 8, 8])])]);
    let values = shifted.evaluate(&masks()).unwrap().values;
    assert_eq!(number(&values, "dice"), 48.0 / 128.0);
    assert_eq!(number(&values, "foreground_iou"), 24.0 / 104.0);
    // A 12 x 4 bar turned by 90 degrees about its centre shares its 4 x 4 middle. The boxes would agree
    // with a transposed reading of the mask, the pixels of this one do not.
    let turned = set_of(vec![(vec![truth("cell", [4, 10, 12, 4])], vec![finding("cell", 0.9, [8, 6, 4, 12])])]);
    let values = turned.evaluate(&masks()).unwrap().values;
    assert_eq!(number(&values, "foreground_iou"), 16.0 / 80.0);
    // Two triangles that split a square: their boxes agree wholly, their pixels only on the diagonal.
    let triangle = |lower: bool| {
        let inside = |x: usize, y: usize| x < 6 && y < 6 && (x == y || (y > x) == lower);
        Region::from_mask(Mask::from_fn(SIZE, SIZE, inside).unwrap()).unwrap()
    };
    let mut truths = vec![truth("cell", [0, 0, 1, 1])];
    truths[0].region = triangle(true);
    let split = set_of(vec![(truths, vec![Finding { label: "cell".into(), score: 0.9, region: triangle(false) }])]);
    assert_eq!(split.evaluate(&boxes()).unwrap().counts, counts(1, 0, 0));
    assert_eq!(split.evaluate(&masks()).unwrap().counts, counts(0, 1, 1));
    assert_eq!(number(&split.evaluate(&masks()).unwrap().values, "foreground_iou"), 6.0 / 36.0);
}

#[test]
fn dice_skips_cases_where_both_are_empty_and_punishes_the_others() {
    let set = set_of(vec![
        (vec![], vec![]),
        (vec![], vec![finding("cell", 0.9, [0, 0, 2, 2])]),
        (vec![truth("cell", [0, 0, 2, 2])], vec![finding("cell", 0.9, [0, 0, 2, 2])]),
    ]);
    let evaluation = set.evaluate(&masks()).unwrap();
    let dice = evaluation.values.iter().find(|value| value.id == "dice").unwrap();
    assert_eq!((dice.statistic, dice.n), (Statistic::Value(0.5), 2));
    let alone = set.view("0", &masks()).unwrap();
    assert_eq!(statistic(&alone.values, "dice"), Statistic::Undefined(Undefined::Nothing));
}

#[test]
fn panoptic_quality_worked_by_hand() {
    // Class a: one pair of IoU 0.75, one false positive: PQ 0.75 / 1.5. Class b: one miss: PQ 0.
    // Class c: a perfect pair: PQ 1. The mean over classes is 0.5.
    let truths = vec![truth("a", [0, 0, 8, 4]), truth("b", [10, 0, 4, 4]), truth("c", [20, 0, 4, 4])];
    let findings =
        vec![finding("a", 0.9, [0, 0, 6, 4]), finding("a", 0.8, [0, 20, 4, 4]), finding("c", 0.7, [20, 0, 4, 4])];
    let values = set_of(vec![(truths, findings)]).evaluate(&masks()).unwrap().values;
    assert_eq!(number(&values, "panoptic_quality"), 0.5);
    assert_eq!(number(&values, "segmentation_quality"), 0.875);
    assert_eq!(number(&values, "recognition_quality"), (1.0 / 1.5 + 0.0 + 1.0) / 3.0);
    let of_class = |class: &str| {
        let value = values.iter().find(|value| value.id == "panoptic_quality" && value.class.as_deref() == Some(class));
        value.unwrap().statistic
    };
    assert_eq!([of_class("a"), of_class("b"), of_class("c")], [0.5, 0.0, 1.0].map(Statistic::Value));
}

#[test]
fn of_findings_that_overlap_the_surest_takes_the_truth() {
    let truths = vec![truth("a", [0, 0, 8, 4])];
    let findings = vec![finding("a", 0.6, [0, 0, 8, 4]), finding("a", 0.9, [0, 0, 6, 4])];
    let values = set_of(vec![(truths, findings)]).evaluate(&masks()).unwrap().values;
    assert_eq!(number(&values, "panoptic_quality"), 0.75 / 1.5);
}

#[test]
fn a_crowd_is_never_missed_and_what_lies_in_it_does_not_count() {
    let truths = vec![crowd("cell", [0, 0, 16, 16]), truth("cell", [0, 0, 4, 4])];
    let findings = vec![
        finding("cell", 0.9, [0, 0, 4, 4]),
        finding("cell", 0.8, [8, 8, 4, 4]),
        finding("cell", 0.7, [12, 12, 4, 4]),
        finding("cell", 0.6, [14, 0, 8, 4]),
    ];
    let set = set_of(vec![(truths, findings)]);
    let view = set.view("0", &masks()).unwrap();
    let found = view.findings.iter().map(|view| (view.status, view.truth, view.iou)).collect::<Vec<_>>();
    assert_eq!(
        found,
        [
            (FindingStatus::TruePositive, Some(1), Some(1.0)),
            (FindingStatus::Ignored, Some(0), Some(1.0)),
            (FindingStatus::Ignored, Some(0), Some(1.0)),
            // A quarter of it lies in the crowd: not enough, and a crowd is no truth to be near to.
            (FindingStatus::FalsePositive, None, None),
        ]
    );
    assert_eq!(view.truths[0].status, TruthStatus::Ignored);
    assert_eq!(view.counts, counts(1, 1, 0));
    // Only the six columns of the last finding that lie outside the crowd count: 2 * 16 / (16 + 40).
    assert_eq!(number(&view.values, "dice"), 32.0 / 56.0);
}

#[test]
fn a_case_counts_only_with_truth_and_findings() {
    let mut set = EvaluationSet::new();
    set.add_case(case("looked, nothing there", Some(vec![]))).unwrap();
    set.add_case(case("nobody looked", None)).unwrap();
    set.add_case(case("not run", Some(vec![truth("cell", [0, 0, 4, 4])]))).unwrap();
    set.add_case(case("quiet", Some(vec![]))).unwrap();
    set.set_findings("looked, nothing there", vec![finding("cell", 0.9, [0, 0, 4, 4])]).unwrap();
    set.set_findings("nobody looked", vec![finding("cell", 0.9, [0, 0, 4, 4])]).unwrap();
    set.set_findings("quiet", vec![finding("cell", 0.1, [0, 0, 4, 4])]).unwrap();
    let evaluation = set.evaluate(&boxes()).unwrap();
    assert_eq!(evaluation.counts, counts(0, 1, 0));
    let scores = evaluation.cases.iter().map(|case| case.f1).collect::<Vec<_>>();
    let reasons = [Undefined::NoTruth, Undefined::NoFindings, Undefined::Nothing].map(Statistic::Undefined);
    assert_eq!(scores, [Statistic::Value(0.0), reasons[0], reasons[1], reasons[2]]);
    assert_eq!(statistic(&evaluation.values, "recall"), Statistic::Undefined(Undefined::NoTruth));
    assert_eq!(statistic(&evaluation.values, "ap"), Statistic::Undefined(Undefined::NoTruth));
    assert_eq!(evaluation.curve, []);
    assert_eq!(
        evaluation.notes,
        ["1 of 4 cases has no truth and counts in nothing.", "1 of 4 cases has not been run and counts in nothing."]
    );
    // The notes and the counts are also there without the rest.
    assert_eq!(set.notes(&boxes()).unwrap(), evaluation.notes);
    assert_eq!(set.counts(&boxes()).unwrap(), evaluation.counts);
    assert!(set.notes(&options(0.5, 1.5, RegionKind::Box)).is_err());

    let unjudged = set.view("nobody looked", &boxes()).unwrap();
    assert_eq!(unjudged.findings[0].status, FindingStatus::Unjudged);
    assert!(unjudged.values.iter().all(|value| value.statistic == Statistic::Undefined(Undefined::NoTruth)));
    let below = set.view("nobody looked", &options(0.95, 0.5, RegionKind::Box)).unwrap();
    assert_eq!(below.findings[0].status, FindingStatus::BelowThreshold);
    let not_run = set.view("not run", &boxes()).unwrap();
    assert_eq!(not_run.truths[0].status, TruthStatus::Ignored);
    assert!(not_run.values.iter().all(|value| value.statistic == Statistic::Undefined(Undefined::NoFindings)));

    // A run and a reading change that; another model begins anew.
    set.set_findings("not run", vec![]).unwrap();
    set.set_truth("nobody looked", Some(Truth { regions: vec![truth("cell", [0, 0, 4, 4])] })).unwrap();
    assert_eq!(set.evaluate(&boxes()).unwrap().counts, counts(1, 1, 1));
    set.clear_findings();
    let evaluation = set.evaluate(&boxes()).unwrap();
    assert_eq!(evaluation.counts, Counts::default());
    assert_eq!(statistic(&evaluation.values, "f1"), Statistic::Undefined(Undefined::NoFindings));
    let empty = EvaluationSet::new().evaluate(&boxes()).unwrap();
    assert_eq!(statistic(&empty.values, "f1"), Statistic::Undefined(Undefined::NoTruth));
}

#[test]
fn the_only_labels_of_both_sides_are_one_class() {
    let cell = || vec![truth("cell", [0, 0, 4, 4])];
    let nucleus = || vec![finding("nucleus", 0.9, [0, 0, 4, 4])];
    let mut set = set_of(vec![(cell(), nucleus()), (cell(), nucleus())]);
    let evaluation = set.evaluate(&masks()).unwrap();
    assert_eq!(evaluation.counts, counts(2, 0, 0));
    assert_eq!(number(&evaluation.values, "ap"), 1.0);
    assert_eq!(number(&evaluation.values, "dice"), 1.0);
    assert!(evaluation.notes[0].contains("\"nucleus\"") && evaluation.notes[0].contains("\"cell\""));
    assert!(evaluation.values[0].convention.words.contains("\"nucleus\" is read as \"cell\""));
    assert!(evaluation.values.iter().all(|value| value.class.is_none()));
    assert_eq!(set.view("1", &masks()).unwrap().counts, counts(1, 0, 0));
    // With a second label on one side nothing says which belongs to which.
    set.set_findings("1", vec![finding("debris", 0.9, [0, 0, 4, 4])]).unwrap();
    let evaluation = set.evaluate(&masks()).unwrap();
    assert_eq!(evaluation.counts, counts(0, 2, 2));
    let note = "No truth is labelled \"debris\" or \"nucleus\": such findings can only be false positives.";
    assert_eq!(evaluation.notes, [note]);
}

#[test]
fn masks_are_compared_only_where_there_are_masks() {
    let boxed = |score, xywh| Finding { region: box_only(xywh), ..finding("cell", score, xywh) };
    let mut set = set_of(vec![
        (vec![truth("cell", [0, 0, 4, 4])], vec![boxed(0.9, [0, 0, 4, 4])]),
        (vec![truth("cell", [0, 0, 4, 4])], vec![boxed(0.9, [0, 0, 4, 4])]),
    ]);
    // No finding has one: no number, but boxes can be compared.
    let evaluation = set.evaluate(&masks()).unwrap();
    assert!(evaluation.values.iter().all(|value| value.statistic == Statistic::Undefined(Undefined::NoMasks)));
    assert_eq!(evaluation.counts, Counts::default());
    assert_eq!(evaluation.notes, ["2 of 2 cases have no masks to compare on one side and count in nothing."]);
    assert_eq!(set.evaluate(&boxes()).unwrap().counts, counts(2, 0, 0));
    // Some do: the others overlap nothing.
    set.set_findings("1", vec![finding("cell", 0.9, [0, 0, 4, 4])]).unwrap();
    let evaluation = set.evaluate(&masks()).unwrap();
    assert_eq!(evaluation.counts, counts(1, 1, 1));
    assert_eq!(evaluation.notes, ["1 of the findings have no mask and overlap nothing."]);
    // A truth without a mask takes its case out.
    let mut boxed_truth = truth("cell", [0, 0, 4, 4]);
    boxed_truth.region = box_only([0, 0, 4, 4]);
    set.set_truth("0", Some(Truth { regions: vec![boxed_truth] })).unwrap();
    let evaluation = set.evaluate(&masks()).unwrap();
    assert_eq!(evaluation.counts, counts(1, 0, 0));
    assert_eq!(evaluation.cases[0].f1, Statistic::Undefined(Undefined::NoMasks));
}

#[test]
fn cocos_limit_of_100_is_said_and_has_a_flavour_without() {
    // Truths of 2 x 2 pixels, all found.
    let all_found = |count: usize| {
        let places = (0..count).map(|index| [index % 16 * 2, index / 16 * 2, 2, 2]).collect::<Vec<_>>();
        let truths = places.iter().map(|&xywh| truth("cell", xywh)).collect();
        let findings = places.iter().map(|&xywh| finding("cell", 0.9, xywh)).collect();
        set_of(vec![(truths, findings)]).evaluate(&masks()).unwrap()
    };
    let evaluation = all_found(128);
    assert_eq!(number(&evaluation.values, "ap_unlimited"), 1.0);
    assert_eq!(number(&evaluation.values, "ap50_unlimited"), 1.0);
    // 100 of 128 truths: recalls 0 to 0.78, 79 of 101.
    assert!((number(&evaluation.values, "ap50") - 79.0 / 101.0).abs() < 1e-12);
    assert!(evaluation.notes[0].starts_with("1 of 1 cases has more than 100 findings of a class"));
    let evaluation = all_found(100);
    assert_eq!((number(&evaluation.values, "ap"), evaluation.notes), (1.0, vec![]));
}

#[test]
fn the_reason_is_the_one_nearest_to_counting() {
    let reason = |truths: [Option<Vec<_>>; 2]| {
        let mut set = EvaluationSet::new();
        for (name, truths) in ["a", "b"].into_iter().zip(truths) {
            set.add_case(case(name, truths)).unwrap();
        }
        statistic(&set.evaluate(&boxes()).unwrap().values, "recall")
    };
    let not_run = || Some(vec![truth("cell", [0, 0, 4, 4])]);
    assert_eq!(reason([None, not_run()]), Statistic::Undefined(Undefined::NoFindings));
    assert_eq!(reason([not_run(), None]), Statistic::Undefined(Undefined::NoFindings));
    assert_eq!(reason([None, None]), Statistic::Undefined(Undefined::NoTruth));

    let mut boxed = finding("cell", 0.9, [0, 0, 4, 4]);
    boxed.region = box_only([0, 0, 4, 4]);
    let mut set = set_of(vec![(vec![truth("cell", [0, 0, 4, 4])], vec![boxed])]);
    set.add_case(case("nobody looked", None)).unwrap();
    let values = set.evaluate(&masks()).unwrap().values;
    assert_eq!(statistic(&values, "recall"), Statistic::Undefined(Undefined::NoMasks));
}

#[test]
fn what_cannot_be_evaluated_is_refused_and_changes_nothing() {
    let mut set = set_of(vec![(vec![truth("cell", [0, 0, 4, 4])], vec![finding("cell", 0.9, [0, 0, 4, 4])])]);
    let before = set.evaluate(&boxes()).unwrap();
    let unsure = Finding { score: f64::NAN, ..finding("cell", 0.0, [0, 0, 4, 4]) };
    let error = set.set_findings("0", vec![finding("cell", 0.9, [0, 0, 4, 4]), unsure]).unwrap_err();
    assert_eq!(error.to_string(), "finding 1 of \"0\" has the score NaN, which is not a finite number");
    let mut endless = finding("cell", 0.9, [0, 0, 4, 4]);
    endless.region = Region::from_box(BoundingBox::new(0.0, 0.0, f64::INFINITY, 1.0));
    let error = set.set_findings("0", vec![endless]).unwrap_err();
    assert_eq!(error, MetricsError::Edge { case: "0".into(), region: "finding 0".into() });
    let mut elsewhere = truth("cell", [0, 0, 4, 4]);
    elsewhere.region = Region::from_mask(Mask::from_row_major(2, 1, &[1, 1]).unwrap()).unwrap();
    let error = set.set_truth("0", Some(Truth { regions: vec![elsewhere] })).unwrap_err();
    assert_eq!(error.to_string(), "truth 0 of \"0\" has a mask of 2 x 1 pixels, the image has 32 x 32");
    let unknown = MetricsError::UnknownCase { case: "7".into() };
    assert_eq!(set.set_findings("7", vec![]).unwrap_err(), unknown);
    assert_eq!(set.view("7", &boxes()).unwrap_err(), unknown);
    assert_eq!(set.evaluate(&options(0.5, 1.5, RegionKind::Box)).unwrap_err(), MetricsError::IouThreshold(1.5));
    assert!(set.evaluate(&options(f64::NAN, 0.5, RegionKind::Box)).is_err());
    assert!(set.view("0", &options(0.5, f64::NAN, RegionKind::Box)).is_err());
    assert_eq!(set.evaluate(&boxes()).unwrap(), before);
}

#[test]
fn a_case_that_is_added_again_is_replaced_in_its_place() {
    let hit = || (vec![truth("cell", [0, 0, 4, 4])], vec![finding("cell", 0.9, [0, 0, 4, 4])]);
    let mut set = set_of(vec![hit(), hit()]);
    assert_eq!(set.evaluate(&boxes()).unwrap().counts, counts(2, 0, 0));
    set.add_case(case("0", Some(vec![]))).unwrap();
    assert_eq!((set.len(), set.findings("0"), set.findings("1").map(<[Finding]>::len)), (2, None, Some(1)));
    assert_eq!(set.case("0").unwrap().truth, Some(Truth::default()));
    assert_eq!(set.cases().map(|(case, _)| case.name.as_str()).collect::<Vec<_>>(), ["0", "1"]);
    assert_eq!(set.evaluate(&boxes()).unwrap().counts, counts(1, 0, 0));
}

#[test]
fn every_value_has_a_definition_and_no_id_has_two() {
    let truths = vec![truth("a", [0, 0, 4, 4]), truth("b", [8, 0, 4, 4])];
    let set = set_of(vec![(truths, vec![finding("a", 0.9, [0, 0, 4, 4])])]);
    let evaluation = set.evaluate(&masks()).unwrap();
    let of_counts = ["true_positives", "false_positives", "false_negatives"];
    // What an evaluation leaves out for its slowness, an assessment of its convention has.
    let mut assessed = Vec::new();
    for options in [boxes(), masks()] {
        let Err(MetricsError::UnknownConvention { known, .. }) = set.assess(&options, Some("")).map(|_| ()) else {
            panic!("there is no convention without a name");
        };
        for convention in known {
            let assessment = set.assess(&options, Some(&convention)).unwrap();
            assert!(assessment.lines().all(|line| line.convention.words.contains("n counts")));
            assessed.extend(assessment.lines().map(|line| line.id));
        }
    }
    let given = evaluation.values.iter().map(|value| value.id.as_str()).chain(of_counts).chain(assessed);
    let given = given.collect::<BTreeSet<_>>();
    // The other tasks' definitions have their values in the other tests.
    let of_regions = catalogue().iter().filter(|entry| matches!(entry.task, Task::Boxes | Task::Masks));
    assert_eq!(given, of_regions.map(|entry| entry.definition.id).collect());
    let defined = definitions().map(|definition| definition.id).collect::<Vec<_>>();
    assert_eq!(defined.iter().collect::<BTreeSet<_>>().len(), defined.len(), "no id is defined twice");
    for definition in definitions() {
        assert!(definition.definition.ends_with('.') && !definition.definition.contains("  "), "{definition:?}");
    }
    // Mask metrics say nothing of boxes.
    let of_boxes = set.evaluate(&boxes()).unwrap().values;
    assert!(of_boxes.iter().all(|value| value.id != "dice" && value.id != "panoptic_quality"));
    // First over all classes, then by class; each line once.
    let classes = evaluation.values.iter().map(|value| value.class.as_deref()).collect::<Vec<_>>();
    assert!(classes.is_sorted());
    let lines = evaluation.values.iter().map(|value| (&value.id, &value.class)).collect::<BTreeSet<_>>();
    assert_eq!(lines.len(), evaluation.values.len());
    assert!(evaluation.values.iter().all(|value| value.convention.words.contains("n counts")));
}

#[test]
fn results_travel_in_the_agreed_shape() {
    let set = set_of(vec![(vec![truth("cell", [0, 0, 4, 4])], vec![finding("cell", 0.75, [0, 0, 4, 4])])]);
    let evaluation = serde_json::to_value(set.evaluate(&boxes()).unwrap()).unwrap();
    let counts = serde_json::json!({"true_positives": 1, "false_positives": 0, "false_negatives": 0});
    assert_eq!(evaluation["counts"], counts);
    assert_eq!(evaluation["curve"], serde_json::json!([{"score": 0.75, "recall": 1.0, "precision": 1.0}]));
    assert_eq!(evaluation["cases"], serde_json::json!([{"case": "0", "counts": counts, "f1": {"value": 1.0}}]));
    let view = serde_json::to_value(set.view("0", &boxes()).unwrap()).unwrap();
    let finding = serde_json::json!([{"index": 0, "status": "true_positive", "iou": 1.0, "truth": 0}]);
    assert_eq!(view["findings"], finding);
    assert_eq!(view["truths"], serde_json::json!([{"index": 0, "status": "found", "finding": 0}]));
    let options = serde_json::json!({"score_threshold": 0.5, "iou_threshold": 0.5, "region": "mask"});
    assert_eq!(serde_json::from_value::<groundglass_metrics::EvaluateOptions>(options).unwrap(), masks());
}
