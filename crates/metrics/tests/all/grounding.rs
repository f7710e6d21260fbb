//! Grounding metrics: cases worked by hand, examples of the packages, and what must hold of any set.

use std::collections::BTreeMap;

use groundglass_metrics::{EvaluateOptions, EvaluationSet, MetricsError, RegionKind, Weights};
use groundglass_types::{BoundingBox, Case, Finding, Mask, Region, Statistic, Truth, TruthRegion, Undefined, Value};
use proptest::prelude::*;

const SIZE: usize = 32;

/// Label, x, y, width, height; and the score or, below 0, a crowd.
type Item<'a> = (&'a str, [f64; 4], f64);

fn options(region: RegionKind) -> EvaluateOptions {
    EvaluateOptions { score_threshold: 0.0, iou_threshold: 0.5, region, surface_tolerance: 2.0 }
}

fn region([x, y, width, height]: [f64; 4]) -> Region {
    let bounding_box = BoundingBox::from_xywh([x, y, width, height]);
    let inside = |column: usize, row: usize| {
        let (column, row) = (column as f64, row as f64);
        column >= x && column < x + width && row >= y && row < y + height
    };
    Region { bounding_box, mask: Some(Mask::from_fn(SIZE, SIZE, inside).unwrap()) }
}

fn add(set: &mut EvaluationSet, name: &str, video: &str, truths: &[Item<'_>], findings: &[Item<'_>]) {
    let truth = |&(label, xywh, score): &Item<'_>| TruthRegion {
        label: label.to_owned(),
        region: region(xywh),
        crowd: score < 0.0,
        area: None,
    };
    set.add_case(Case {
        name: name.to_owned(),
        width: SIZE,
        height: SIZE,
        truth: Some(Truth { regions: truths.iter().map(truth).collect() }),
        attributes: BTreeMap::from([("video".to_owned(), video.to_owned())]),
        ..Case::default()
    })
    .unwrap();
    let finding = |&(label, xywh, score): &Item<'_>| Finding { label: label.to_owned(), score, region: region(xywh) };
    set.set_findings(name, findings.iter().map(finding).collect()).unwrap();
}

fn one(truths: &[Item<'_>], findings: &[Item<'_>]) -> EvaluationSet {
    let mut set = EvaluationSet::new();
    add(&mut set, "0", "", truths, findings);
    set
}

fn values_of(set: &EvaluationSet, family: &str, region: RegionKind) -> Vec<Value> {
    let assessment = set.assess(&options(region), Some(family)).unwrap();
    assessment.values(&Weights::all(assessment.units().len()))
}

fn statistic(set: &EvaluationSet, family: &str, id: &str) -> Statistic {
    let values = values_of(set, family, RegionKind::Box);
    values.iter().find(|value| value.id == id && value.class.is_none()).unwrap().statistic
}

#[track_caller]
fn is(set: &EvaluationSet, family: &str, id: &str, expected: f64) {
    let found = statistic(set, family, id).value().unwrap();
    assert!((found - expected).abs() < 1e-12, "{id}: {found} instead of {expected}");
}

#[test]
fn two_empty_masks_are_alike_but_two_empty_boxes_are_not() {
    // 4 x 4 in 8 x 4: IoU 1/2, Dice 2/3.
    let truths = [("p", [0.0, 0.0, 8.0, 4.0], 1.0), ("p", [20.0, 20.0, 0.0, 0.0], 1.0)];
    let findings = [("p", [0.0, 0.0, 4.0, 4.0], 0.9), ("p", [24.0, 24.0, 0.0, 0.0], 0.8)];
    let set = one(&truths, &findings);
    is(&set, "unibiomed", "unibiomed_report_mdice", 2.0 / 3.0);
    let of_masks = values_of(&set, "unibiomed", RegionKind::Mask);
    let found = of_masks.iter().find(|value| value.id == "unibiomed_report_mdice").unwrap().statistic.value().unwrap();
    assert!((found - (2.0 / 3.0 + 1.0) / 2.0).abs() < 1e-12, "{found}");
}

#[test]
fn a_phrase_with_two_boxes_worked_by_hand() {
    // Finding 0 covers truth 1 wholly and half of truth 0 (IoU 1/3 with each of 8 x 4 boxes shifted by 4); finding 1
    // fits truth 1 by 3/4 of its area. The best sum gives truth 0 finding 0.
    let truths = [("p", [0.0, 0.0, 8.0, 4.0], 1.0), ("p", [8.0, 0.0, 8.0, 4.0], 1.0)];
    let findings = [("p", [4.0, 0.0, 8.0, 4.0], 0.9), ("p", [8.0, 0.0, 6.0, 4.0], 0.8)];
    let set = one(&truths, &findings);
    is(&set, "grounding", "grounding_miou", (1.0 / 3.0 + 0.75) / 2.0);
    is(&set, "grounding", "grounding_acc50", 0.5);
    is(&set, "grounding", "grounding_acc30", 1.0);
    // The unions are 16 and 10 wide (4 to 14) and share 10.
    is(&set, "grounding", "grounding_union_miou", 10.0 / 16.0);
    // GIoU of the same pairs: hulls are 12 and 8 wide, unions 12 and 8.
    is(&set, "giou", "mean_giou", (1.0 / 3.0 + 0.75) / 2.0);
    // One box of each: 4 of 12.
    is(&set, "umedground", "umedground_miou", 1.0 / 3.0);
    is(&set, "umedground", "umedground_acc30", 1.0);
    is(&set, "umedground", "umedground_acc50", 0.0);
    is(&set, "medrega", "medrega_iou", 1.0 / 3.0);
    is(&set, "medrega", "medrega_f1_50", 0.5);
    is(&set, "medrega", "medrega_f1_75", 0.5);
    is(&set, "unibiomed", "unibiomed_report_miou", (1.0 / 3.0 + 0.75) / 2.0);
    is(&set, "unibiomed", "unibiomed_report_mdice", (0.5 + 6.0 / 7.0) / 2.0);
    is(&set, "medvision", "medvision_box_precision", 0.5);
    is(&set, "medvision", "medvision_box_mae", 8.0 / 32.0 / 4.0);
}

#[test]
fn strict_and_lax_thresholds_differ_on_the_threshold() {
    let set = one(&[("p", [0.0, 0.0, 8.0, 4.0], 1.0)], &[("p", [0.0, 0.0, 4.0, 4.0], 0.9)]);
    is(&set, "medrega", "medrega_acc50", 0.0);
    is(&set, "medrega", "medrega_acc25", 1.0);
    is(&set, "grounding", "grounding_acc50", 1.0);
    is(&set, "umedground", "umedground_acc50", 1.0);
    is(&set, "medvision", "medvision_box_iou50", 1.0);
    is(&set, "medvision", "medvision_box_recall", 0.5);
    is(&set, "medvision", "medvision_box_precision", 1.0);
}

#[test]
fn faults_of_the_references_are_kept_under_their_names() {
    // MedRegA: one of two truths is found by one finding; its precision is over truths.
    let truths = [("p", [0.0, 0.0, 8.0, 4.0], 1.0), ("p", [0.0, 20.0, 8.0, 4.0], 1.0)];
    let set = one(&truths, &[("p", [0.0, 0.0, 8.0, 4.0], 0.9)]);
    is(&set, "medrega", "medrega_precision_50", 0.5);
    is(&set, "medrega", "medrega_recall_50", 1.0);
    is(&set, "medrega", "medrega_paired_iou", 1.0);
    is(&set, "medrega", "medrega_target_iou", 0.5);
    // UniBiomed does not punish the truth that is missed.
    is(&set, "unibiomed", "unibiomed_report_miou", 1.0);
    is(&set, "grounding", "grounding_miou", 0.5);
    // Of more findings than truths MedRegA takes the one that fits best.
    let surplus = [("p", [20.0, 0.0, 4.0, 4.0], 0.9), ("p", [0.0, 0.0, 8.0, 4.0], 0.8)];
    let set = one(&truths[..1], &surplus);
    is(&set, "medrega", "medrega_iou", 1.0);
    is(&set, "umedground", "umedground_miou", 0.0);
    // MGCA leaves out an image without findings, and what is missed there.
    let mut set = one(&truths[..1], &[("p", [0.0, 0.0, 8.0, 4.0], 0.9)]);
    add(&mut set, "1", "", &truths, &[("p", [0.0, 0.0, 8.0, 4.0], 0.4)]);
    is(&set, "mgca", "mgca_map", 1.0);
}

#[test]
fn what_there_is_not_is_undefined_and_what_is_missed_is_0() {
    let nothing = one(&[], &[]);
    for (family, id) in [("grounding", "grounding_miou"), ("umedground", "umedground_miou"), ("medrega", "medrega_iou")]
    {
        assert_eq!(statistic(&nothing, family, id), Statistic::Undefined(Undefined::NoTruth));
    }
    assert_eq!(statistic(&nothing, "rodeo", "rodeo_total"), Statistic::Undefined(Undefined::Nothing));
    // Without a pair the total of several classes is 0; one class alone cannot be told from others.
    let missed = |labels: &[&str]| {
        let truths = labels.iter().map(|&label| (label, [0.0, 0.0, 4.0, 4.0], 1.0)).collect::<Vec<_>>();
        statistic(&one(&truths, &[]), "rodeo", "rodeo_total")
    };
    assert_eq!(missed(&["a", "b"]), Statistic::Value(0.0));
    assert_eq!(missed(&["a"]).value(), None);
    assert_eq!(statistic(&nothing, "giou", "mean_giou"), Statistic::Undefined(Undefined::NoPairs));
    is(&nothing, "unibiomed", "unibiomed_report_miou", 0.0);
    let missed = one(&[("p", [0.0, 0.0, 8.0, 4.0], 1.0)], &[]);
    is(&missed, "grounding", "grounding_union_miou", 0.0);
    is(&missed, "medvision", "medvision_box_success_rate", 0.0);
    assert_eq!(statistic(&missed, "medvision", "medvision_box_mae"), Statistic::Undefined(Undefined::NoPairs));
    assert_eq!(statistic(&missed, "medrega", "medrega_paired_iou"), Statistic::Undefined(Undefined::NoPairs));
    // With one class nothing can be told apart.
    is(&missed, "rodeo", "rodeo_localization", 0.0);
    assert_eq!(statistic(&missed, "rodeo", "rodeo_classification"), Statistic::Undefined(Undefined::OneClass));
    // A crowd is no truth.
    let crowd = one(&[("p", [0.0, 0.0, 8.0, 4.0], -1.0)], &[("p", [0.0, 0.0, 8.0, 4.0], 0.9)]);
    assert_eq!(statistic(&crowd, "grounding", "grounding_miou"), Statistic::Undefined(Undefined::NoTruth));
    let refused = crowd.assess(&options(RegionKind::Mask), Some("rodeo")).map(|_| ());
    assert!(matches!(refused, Err(MetricsError::UnknownConvention { .. })));
}

#[test]
fn masks_join_by_their_pixels() {
    // Two triangles that split a square share only its diagonal, and their union is the square: boxes see 1.
    let triangle = |lower: bool| {
        let inside = |x: usize, y: usize| x < 6 && y < 6 && (x == y || (y > x) == lower);
        Region::from_mask(Mask::from_fn(SIZE, SIZE, inside).unwrap()).unwrap()
    };
    let mut set = one(&[("p", [0.0, 0.0, 6.0, 6.0], 1.0)], &[]);
    let finding = |lower| Finding { label: "p".into(), score: 1.0, region: triangle(lower) };
    set.set_findings("0", vec![finding(true), finding(false)]).unwrap();
    let of = |id: &str| {
        let values = values_of(&set, "grounding", RegionKind::Mask);
        values.iter().find(|value| value.id == id).unwrap().statistic
    };
    assert_eq!(of("grounding_union_miou"), Statistic::Value(1.0));
    assert_eq!(of("grounding_miou"), Statistic::Value(21.0 / 36.0));
}

#[test]
fn the_example_of_rodeometric() {
    let findings =
        [("a", [0.1, 0.1, 0.2, 0.1], 0.9), ("b", [0.0, 0.3, 0.1, 0.1], 0.9), ("a", [0.2, 0.2, 0.1, 0.1], 0.9)];
    let truths = [("a", [0.0, 0.0, 0.1, 0.1], 1.0), ("b", [0.0, 0.2, 0.1, 0.1], 1.0)];
    let set = one(&truths, &findings);
    is(&set, "rodeo", "rodeo_localization", 0.20170401730223822);
    is(&set, "rodeo", "rodeo_shape_matching", 0.5000000000000001);
    is(&set, "rodeo", "rodeo_classification", 0.6666666666666666);
    is(&set, "rodeo", "rodeo_total", 0.35470516149167075);
}

/// Triplet, instrument, score, box.
type Detection = (u8, u8, f64, [f64; 4]);

/// Truths and findings of a frame.
type FrameOf<'a> = (&'a [Detection], &'a [Detection]);

/// The example of ivtdmetrics' README, with the label that `name` makes of triplet and instrument.
fn example_of_ivtdmetrics(name: impl Fn(u8, u8) -> String) -> EvaluationSet {
    let videos: [[FrameOf<'_>; 2]; 3] = [
        [
            (
                &[(0, 1, 1.0, [0.1, 0.1, 0.2, 0.2]), (1, 2, 1.0, [0.5, 0.5, 0.2, 0.2])],
                &[
                    (0, 1, 0.9, [0.1, 0.1, 0.2, 0.2]),
                    (1, 2, 0.8, [0.7, 0.7, 0.1, 0.1]),
                    (3, 4, 0.7, [0.8, 0.8, 0.1, 0.1]),
                ],
            ),
            (&[(2, 3, 1.0, [0.3, 0.3, 0.2, 0.2])], &[]),
        ],
        [
            (
                &[(2, 5, 1.0, [0.1, 0.1, 0.3, 0.3])],
                &[(2, 5, 0.9, [0.1, 0.1, 0.3, 0.3]), (6, 2, 0.5, [0.8, 0.8, 0.1, 0.1])],
            ),
            (
                &[(4, 5, 1.0, [0.2, 0.2, 0.3, 0.3])],
                &[(4, 5, 0.95, [0.2, 0.2, 0.3, 0.3]), (7, 1, 0.4, [0.6, 0.6, 0.1, 0.1])],
            ),
        ],
        [
            (
                &[
                    (8, 0, 1.0, [0.0, 0.0, 0.3, 0.3]),
                    (9, 1, 1.0, [0.4, 0.4, 0.2, 0.2]),
                    (10, 2, 1.0, [0.7, 0.7, 0.2, 0.2]),
                ],
                &[
                    (8, 0, 0.9, [0.0, 0.0, 0.3, 0.3]),
                    (9, 1, 0.8, [0.45, 0.45, 0.15, 0.15]),
                    (12, 4, 0.6, [0.8, 0.8, 0.1, 0.1]),
                ],
            ),
            (
                &[(11, 3, 1.0, [0.1, 0.1, 0.4, 0.4])],
                &[(11, 3, 0.85, [0.15, 0.15, 0.35, 0.35]), (11, 3, 0.7, [0.2, 0.2, 0.3, 0.3])],
            ),
        ],
    ];
    let mut set = EvaluationSet::new();
    for (video, frames) in videos.into_iter().enumerate() {
        for (frame, (truths, findings)) in frames.into_iter().enumerate() {
            let names = |of: &[Detection]| of.iter().map(|of| name(of.0, of.1)).collect::<Vec<_>>();
            let items = |of: &[Detection], names: &'_ [String]| {
                of.iter().zip(names).map(|(of, name)| (name.clone(), of.3, of.2)).collect::<Vec<_>>()
            };
            let (truths, findings) = (items(truths, &names(truths)), items(findings, &names(findings)));
            let lent = |of: &'_ [(String, [f64; 4], f64)]| {
                of.iter().map(|(label, xywh, score)| (label.clone(), *xywh, *score)).collect::<Vec<_>>()
            };
            let (truths, findings) = (lent(&truths), lent(&findings));
            let borrowed = |of: &[(String, [f64; 4], f64)], f: &mut dyn FnMut(&[Item<'_>])| {
                f(&of.iter().map(|(label, xywh, score)| (label.as_str(), *xywh, *score)).collect::<Vec<_>>());
            };
            borrowed(&truths, &mut |truths| {
                borrowed(&findings, &mut |findings| {
                    add(&mut set, &format!("{video}/{frame}"), &video.to_string(), truths, findings);
                });
            });
        }
    }
    set
}

#[test]
fn the_example_of_ivtdmetrics() {
    // There a triplet's number does not decide its instrument, so that each needs labels of its own.
    let set = example_of_ivtdmetrics(|triplet, _| format!("0,{triplet},0"));
    let expected = [
        ("video", [0.6840625, 0.5348124999999999, 0.5375000000000001, 0.6461461461461462, 0.6875, 0.6627248875562219]),
        ("global", [0.7156250000000001, 0.566375, 0.5375000000000001, 0.7086461461461462, 0.6875, 0.6835582208895552]),
    ];
    let check = |set: &EvaluationSet, class: Option<&str>, expected: [(&str, [f64; 6]); 2]| {
        let values = values_of(set, "ivtdmetrics", RegionKind::Box);
        for (way, expected) in expected {
            for (metric, expected) in ["map50", "map", "mar", "precision", "recall", "f1"].into_iter().zip(expected) {
                let id = format!("ivtd_{way}_{metric}");
                let value = values.iter().find(|value| value.id == id && value.class.as_deref() == class).unwrap();
                let found = value.statistic.value().unwrap();
                assert!((found - expected).abs() < 1e-12, "{id} {class:?}: {found} instead of {expected}");
            }
        }
    };
    check(&set, None, expected);
    for (id, expected) in [
        ("ivtd_video_lm", 0.6),
        ("ivtd_video_fp", 0.2),
        ("ivtd_video_fn", 0.2),
        ("ivtd_global_lm", 0.5),
        ("ivtd_global_fp", 0.25),
        ("ivtd_global_fn", 0.25),
        ("ivtd_global_mil", 0.0),
    ] {
        is(&set, "ivtdmetrics", id, expected);
    }
    let set = example_of_ivtdmetrics(|_, instrument| format!("{instrument},0,0"));
    let expected = [
        ("video", [0.6965, 0.5771, 0.5800000000000001, 0.6669169169169169, 0.7, 0.6801799100449776]),
        ("global", [0.7215, 0.6053, 0.5800000000000001, 0.9672005338672005, 0.6198398398398399, 0.6750246623681776]),
    ];
    check(&set, Some("i"), expected);
}

#[test]
fn associations_worked_by_hand() {
    // In the list's order: the second truth is found, a finding of the first lies on it, so the first is missed in its
    // place; one of an unknown class is somewhere else.
    let truths = [("a,x,p", [0.0, 0.0, 8.0, 4.0], 1.0), ("b,x,p", [0.0, 20.0, 8.0, 4.0], 1.0)];
    let findings = [
        ("b,x,p", [0.0, 20.0, 8.0, 4.0], 0.9),
        ("a,x,p", [20.0, 10.0, 4.0, 4.0], 0.8),
        ("c,x,p", [20.0, 20.0, 4.0, 4.0], 0.7),
    ];
    let set = one(&truths, &findings);
    // Meant: one matched, one of a missed localisation, one false positive.
    for (id, expected) in [("lm", 1.0), ("mil", 1.0), ("fp", 1.0), ("fn", 0.0)] {
        is(&set, "triplet", &format!("triplet_global_{id}"), expected / 3.0);
    }
    // The package does not see that the only truth left, at place 0, is elsewhere.
    for (id, expected) in [("lm", 1.0), ("mil", 0.0), ("fp", 2.0), ("fn", 1.0)] {
        is(&set, "ivtdmetrics", &format!("ivtd_global_{id}"), expected / 4.0);
    }
    // And it drops the false positive where all others are accounted for.
    let set = one(&truths, &[findings[0], findings[2]]);
    is(&set, "ivtdmetrics", "ivtd_global_fp", 0.0);
    is(&set, "triplet", "triplet_global_fp", 1.0 / 3.0);
    // Components are read from the label: the verb of all three is one.
    let values = values_of(&set, "triplet", RegionKind::Box);
    let of = |class: &str| {
        let found = |value: &&Value| value.id == "triplet_global_map50" && value.class.as_deref() == Some(class);
        values.iter().find(found).unwrap().statistic.value().unwrap()
    };
    // One of two truths of the verb is found first, then none: precision 1 up to recall 0.49, from there over 0.5 at
    // recall 0.5 down to 0 at recall 1.
    assert!((of("v") - (0.49 + 0.01 * 0.75 + 0.5 * 0.25)).abs() < 1e-12);
    // Of two instruments one is perfect, the other missed.
    assert!((of("i") - 0.995 / 2.0).abs() < 1e-12);
}

const FAMILIES: [&str; 10] =
    ["grounding", "giou", "umedground", "medrega", "medvision", "unibiomed", "rodeo", "ivtdmetrics", "triplet", "mgca"];

const LABELS: [&str; 3] = ["a,x,p", "b,x,q", "b,y,p"];

/// A case's video, truths and findings (label, place, score of 5).
type Drawn = (u8, Vec<(usize, [u8; 4], u8)>, Vec<(usize, [u8; 4], u8)>);

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let place = || (0..12_u8, 0..12_u8, 0..8_u8, 0..8_u8).prop_map(|(x, y, w, h)| [x, y, w, h]);
    let items = || proptest::collection::vec((0..3_usize, place(), 0..6_u8), 0..5);
    proptest::collection::vec((0..2_u8, items(), items()), 1..5)
}

fn set_of<'a>(cases: impl Iterator<Item = &'a Drawn>) -> EvaluationSet {
    let mut set = EvaluationSet::new();
    for (index, (video, truths, findings)) in cases.enumerate() {
        let item = |crowd: f64| {
            move |&(label, place, score): &(usize, [u8; 4], u8)| {
                let score = if score == 0 { crowd } else { f64::from(score) / 5.0 };
                (LABELS[label], place.map(f64::from), score)
            }
        };
        let truths = truths.iter().map(item(-1.0)).collect::<Vec<_>>();
        let findings = findings.iter().map(item(0.0)).collect::<Vec<_>>();
        add(&mut set, &index.to_string(), &video.to_string(), &truths, &findings);
    }
    set
}

/// Both sides have two labels at least, so that none is read as another in a part of the set.
fn has_labels(cases: &[Drawn], weights: &[u32]) -> bool {
    let counted = || cases.iter().zip(weights).filter(|(_, weight)| **weight > 0).map(|(case, _)| case);
    let several = |labels: Vec<usize>| labels.iter().any(|label| *label != labels[0]);
    several(counted().flat_map(|case| case.1.iter().map(|truth| truth.0)).collect())
        && several(counted().flat_map(|case| case.2.iter().map(|finding| finding.0)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn weights_are_repetitions(mut cases in drawn(), weights in proptest::collection::vec(0..4_u32, 5)) {
        let weights = &weights[..cases.len()];
        // Videos come in the order of their first case, whether it counts or not; with unsorted scores, a fault that is
        // kept, their order matters. Sorted, it is the same in any part of the set.
        cases.sort_by_key(|case| case.0);
        prop_assume!(has_labels(&cases, weights));
        let set = set_of(cases.iter());
        let repeated = cases.iter().zip(weights).flat_map(|(case, &weight)| std::iter::repeat_n(case, weight as usize));
        let repeated = set_of(repeated);
        for family in FAMILIES {
            let assessment = set.assess(&options(RegionKind::Box), Some(family)).unwrap();
            let weighted = assessment.values(&Weights::new(weights.to_vec()));
            for value in values_of(&repeated, family, RegionKind::Box) {
                let of_weights = weighted.iter().find(|of| of.id == value.id && of.class == value.class).unwrap();
                prop_assert_eq!(value.n, of_weights.n, "{}", &value.id);
                match (value.statistic, of_weights.statistic) {
                    (Statistic::Value(a), Statistic::Value(b)) => prop_assert!((a - b).abs() < 1e-9, "{}: {a}, {b}", value.id),
                    (a, b) => prop_assert_eq!(a, b, "{}", &value.id),
                }
            }
        }
    }

    #[test]
    fn numbers_are_finite_and_within_their_range(cases in drawn(), weights in proptest::collection::vec(0..3_u32, 5)) {
        let set = set_of(cases.iter());
        for family in FAMILIES {
            let assessment = set.assess(&options(RegionKind::Box), Some(family)).unwrap();
            prop_assert_eq!(assessment.lines().count(), assessment.measure(&Weights::all(cases.len())).len());
            for value in assessment.values(&Weights::new(weights[..cases.len()].to_vec())) {
                let number = value.statistic.value().unwrap_or(0.0);
                let least = if value.id == "mean_giou" { -1.0 } else { 0.0 };
                prop_assert!(number.is_finite(), "{}", value.id);
                // Interpolation over scores that do not fall, a fault that is kept, can lead anywhere.
                let wild = value.id.starts_with("ivtd_");
                prop_assert!(wild || (least - 1e-12..=1.0 + 1e-9).contains(&number), "{}: {number}", value.id);
            }
        }
    }

    #[test]
    fn the_best_answer_is_perfect(cases in drawn()) {
        // Each truth is answered with itself; crowds and boxes without area are taken out.
        let proper = |truth: &&(usize, [u8; 4], u8)| truth.2 > 0 && truth.1[2] > 0 && truth.1[3] > 0;
        let perfect = cases.iter().map(|(video, truths, _)| {
            let truths = truths.iter().filter(proper).copied().collect::<Vec<_>>();
            (*video, truths.clone(), truths.into_iter().map(|(label, place, _)| (label, place, 5)).collect())
        });
        let perfect = perfect.collect::<Vec<Drawn>>();
        prop_assume!(has_labels(&perfect, &[1; 5]));
        let set = set_of(perfect.iter());
        for (family, id, best) in [
            ("grounding", "grounding_miou", 1.0),
            ("grounding", "grounding_union_miou", 1.0),
            ("giou", "mean_giou", 1.0),
            ("rodeo", "rodeo_localization", 1.0),
            ("rodeo", "rodeo_shape_matching", 1.0),
            ("rodeo", "rodeo_classification", 1.0),
            ("medvision", "medvision_box_success_rate", 1.0),
            ("triplet", "triplet_global_map50", 0.995),
            ("triplet", "triplet_global_lm", 1.0),
            ("mgca", "mgca_map", 1.0),
        ] {
            let found = statistic(&set, family, id).value().unwrap();
            prop_assert!((found - best).abs() < 1e-9, "{id}: {found}");
        }
    }

    #[test]
    fn rectangles_are_the_same_as_boxes_and_as_masks(cases in drawn()) {
        // An empty mask has no place, so boxes without area are left out.
        let proper = |of: &[(usize, [u8; 4], u8)]| of.iter().filter(|of| of.1[2] > 0 && of.1[3] > 0).copied().collect();
        let cases = cases.iter().map(|case| (case.0, proper(&case.1), proper(&case.2))).collect::<Vec<Drawn>>();
        prop_assume!(cases.iter().any(|case| !case.2.is_empty()));
        let set = set_of(cases.iter());
        for family in ["grounding", "unibiomed"] {
            let (boxes, masks) = (values_of(&set, family, RegionKind::Box), values_of(&set, family, RegionKind::Mask));
            for (a, b) in boxes.iter().zip(&masks) {
                prop_assert_eq!(a.n, b.n);
                match (a.statistic, b.statistic) {
                    (Statistic::Value(x), Statistic::Value(y)) => prop_assert!((x - y).abs() < 1e-12, "{}", a.id),
                    (x, y) => prop_assert_eq!(x, y),
                }
            }
        }
    }

    #[test]
    fn the_order_of_findings_decides_only_what_looks_at_the_first(cases in drawn()) {
        let turned = cases.iter().map(|(video, truths, findings)| {
            (*video, truths.clone(), findings.iter().rev().copied().collect())
        });
        let (set, turned) = (set_of(cases.iter()), set_of(turned.collect::<Vec<Drawn>>().iter()));
        for (family, id) in [
            ("grounding", "grounding_miou"),
            ("grounding", "grounding_union_miou"),
            ("giou", "mean_giou"),
            ("medrega", "medrega_paired_iou"),
            ("medrega", "medrega_target_iou"),
            ("medvision", "medvision_box_success_rate"),
        ] {
            match (statistic(&set, family, id), statistic(&turned, family, id)) {
                (Statistic::Value(a), Statistic::Value(b)) => prop_assert!((a - b).abs() < 1e-9, "{id}"),
                (a, b) => prop_assert_eq!(a, b),
            }
        }
    }
}
