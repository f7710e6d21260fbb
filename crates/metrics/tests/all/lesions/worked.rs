//! Cases worked by hand, with geometry that no reference shares.

use std::collections::BTreeMap;

use groundglass_metrics::Weights;
use groundglass_types::{Statistic, TruthRegion, Undefined};

use super::*;
use crate::common::{self, boxes, crowd, finding, masks, truth};

pub const HERE: [usize; 4] = [2, 2, 6, 6];
pub const THERE: [usize; 4] = [20, 20, 6, 6];
pub const NOWHERE: [usize; 4] = [20, 2, 4, 4];

#[test]
fn sensitivity_at_rates_worked_by_hand() {
    // Four truths in two images; in order of score: found, wrong, found, wrong, wrong, found.
    let images = [
        image(
            vec![truth("a", HERE), truth("a", THERE)],
            vec![finding("a", 0.9, HERE), finding("a", 0.8, NOWHERE), finding("a", 0.3, THERE)],
        ),
        image(
            vec![truth("a", HERE), truth("a", THERE)],
            vec![finding("a", 0.7, HERE), finding("a", 0.5, NOWHERE), finding("a", 0.4, [2, 20, 4, 4])],
        ),
    ];
    let lines = lines(&images, &boxes());
    // Points (0, 1/4), (1/2, 1/4), (1/2, 1/2), (1, 1/2), (3/2, 1/2), (3/2, 3/4): nothing rises but at one rate.
    let at = ["1_8", "1_4", "1_2", "1", "2", "4", "8"].map(|rate| format!("sensitivity_at_{rate}_fp_per_image"));
    let found = at.iter().map(|id| lines.iter().find(|((of, _), _)| of == id).unwrap().1.statistic.value().unwrap());
    let expected = [0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 0.75];
    assert_eq!(found.collect::<Vec<_>>(), expected);
    assert!((number(&lines, "froc_score") - expected.iter().sum::<f64>() / 7.0).abs() < 1e-15);
    assert_eq!(lines[&("froc_score", None)].n, 4);
}

#[test]
fn what_is_said_without_truth_or_findings() {
    let lines_without = |images: &[Image]| lines(images, &boxes());
    let no_truth = lines_without(&[image(vec![], vec![finding("a", 0.9, HERE)]), image(vec![], vec![])]);
    for id in ["froc_score", "luna16_cpm", "monai_froc_score", "best_f1", "best_f1_threshold"] {
        assert_eq!(statistic(&no_truth, id), Statistic::Undefined(Undefined::NoTruth), "{id}");
    }
    // As their packages say.
    assert_eq!(statistic(&no_truth, "nndetection_froc_iou10"), Statistic::Value(0.0));
    assert_eq!(statistic(&no_truth, "picai_lesion_ap"), Statistic::Value(0.0));
    assert_eq!(statistic(&no_truth, "tide_ap50"), Statistic::Value(0.0));
    assert_eq!(statistic(&no_truth, "picai_score"), Statistic::Undefined(Undefined::OneClass));
    assert_eq!(statistic(&no_truth, "patient_specificity"), Statistic::Value(0.5));
    let no_findings = lines_without(&[image(vec![truth("a", HERE)], vec![])]);
    for id in ["froc_score", "luna16_cpm", "monai_froc_score", "nndetection_froc_iou50", "best_f1", "tide_ap50"] {
        assert_eq!(statistic(&no_findings, id), Statistic::Value(0.0), "{id}");
    }
    assert_eq!(statistic(&no_findings, "best_f1_threshold"), Statistic::Undefined(Undefined::NoFindings));
    assert_eq!(statistic(&no_findings, "patient_specificity"), Statistic::Undefined(Undefined::OneClass));
    assert_eq!(statistic(&no_findings, "tide_delta_missed"), Statistic::Undefined(Undefined::ZeroDenominator));
    // nnDetection makes NaN of it.
    let all_wrong = lines_without(&[image(vec![truth("a", HERE)], vec![finding("a", 0.9, NOWHERE)])]);
    assert_eq!(statistic(&all_wrong, "nndetection_froc_iou10"), Statistic::Undefined(Undefined::NoPairs));
    assert_eq!(statistic(&all_wrong, "froc_score"), Statistic::Value(0.0));
    let nothing = lines_without(&[image(vec![], vec![]), image(vec![], vec![])]);
    for id in ["picai_lesion_ap", "tide_ap50", "tide_delta_both", "detection_accuracy"] {
        assert_eq!(statistic(&nothing, id), Statistic::Undefined(Undefined::Nothing), "{id}");
    }
    assert!(lines_without(&[]).values().all(|line| line.statistic.value().is_none_or(|value| value == 0.0)));
}

#[test]
fn a_center_hits_every_truth_it_lies_in() {
    // The first finding lies in both truths, the second in the larger alone, the third in the crowd.
    let truths = vec![truth("a", [0, 0, 20, 20]), truth("a", [0, 0, 8, 8]), crowd("a", [24, 24, 8, 8])];
    let findings =
        vec![finding("a", 0.5, [2, 2, 4, 4]), finding("a", 0.8, [12, 12, 4, 4]), finding("a", 0.9, [25, 25, 4, 4])];
    let found = lines(&[image(truths.clone(), findings.clone())], &boxes());
    assert_eq!(number(&found, "luna16_cpm"), 1.0);
    // A label map shows the small truth alone where both lie. Both count from 0.5, the lowest score, which is left out;
    // the excluded crowd's 0 is lower still, and goes in its place.
    assert_eq!(number(&found, "monai_froc_score"), 1.0);
    let without_crowd = lines(&[image(truths[..2].to_vec(), findings[..2].to_vec())], &boxes());
    assert_eq!(number(&without_crowd, "monai_froc_score"), 0.5);
    assert_eq!(number(&without_crowd, "luna16_cpm"), 1.0);
}

#[test]
fn a_center_in_a_hole_hits_the_box_and_not_the_mask() {
    let ring = groundglass_types::Mask::from_fn(common::SIZE, common::SIZE, |x, y| {
        let inside = |least: usize, past: usize| x >= least && x < past && y >= least && y < past;
        inside(4, 16) && !inside(6, 14)
    });
    let region = groundglass_types::Region::from_mask(ring.unwrap()).unwrap();
    let images = [image(vec![TruthRegion { region, ..truth("a", HERE) }], vec![finding("a", 0.9, [8, 8, 4, 4])])];
    assert_eq!(number(&lines(&images, &boxes()), "luna16_cpm"), 1.0);
    assert_eq!(number(&lines(&images, &masks()), "luna16_cpm"), 0.0);
    // On the ring itself, in another column than row, it hits.
    let images = [Image { findings: vec![finding("a", 0.9, [3, 9, 4, 4])], ..images[0].clone() }];
    assert_eq!(number(&lines(&images, &masks()), "luna16_cpm"), 1.0);
}

#[test]
fn picai_pairs_as_many_as_it_can_and_forgives_the_rest() {
    // The first candidate fits the first lesion best, but only so both lesions find one: the second candidate touches
    // the first lesion alone.
    let lesions = vec![truth("a", [0, 0, 8, 8]), truth("a", [8, 0, 8, 8])];
    let candidates = vec![finding("a", 0.6, [3, 0, 8, 8]), finding("a", 0.4, [0, 2, 8, 8])];
    let both = lines(&[image(lesions.clone(), candidates.clone())], &boxes());
    assert_eq!(number(&both, "picai_lesion_ap"), 1.0);
    // A third one, on the second lesion too, is no false positive; one that overlaps it by less than 0.10 is.
    let more = |extra: [usize; 4]| {
        let mut candidates = candidates.clone();
        candidates.push(finding("a", 0.9, extra));
        let images = [image(lesions.clone(), candidates), image(vec![], vec![finding("a", 0.2, NOWHERE)])];
        lines(&images, &boxes())
    };
    // Greedy pairing would call 0.4 or 0.6 wrong; here 0.9 takes the second lesion and one of the others the first.
    let forgiven = more([9, 1, 7, 7]);
    assert_eq!(number(&forgiven, "picai_lesion_ap"), 1.0);
    let wrong = more([15, 7, 8, 8]);
    assert!((number(&wrong, "picai_lesion_ap") - (0.5 * 0.5 + 0.5 * (2.0 / 3.0))).abs() < 1e-15);
    assert_eq!(number(&wrong, "picai_patient_auroc"), 1.0);
    assert!((number(&wrong, "picai_score") - (1.0 + 7.0 / 12.0) / 2.0).abs() < 1e-15);
}

#[test]
fn cases_of_a_patient_are_one() {
    let images = [
        of_patient("p", image(vec![truth("a", HERE)], vec![])),
        of_patient("p", image(vec![], vec![finding("a", 0.7, NOWHERE)])),
        image(vec![], vec![finding("a", 0.6, NOWHERE)]),
        image(vec![], vec![finding("a", 0.1, NOWHERE)]),
    ];
    let found = lines(&images, &boxes());
    assert_eq!([number(&found, "patient_sensitivity"), number(&found, "patient_specificity")], [1.0, 0.5]);
    assert_eq!(number(&found, "patient_auroc"), 1.0);
    assert_eq!(number(&found, "picai_patient_auroc"), 1.0);
    // By image the only one with a truth has no finding.
    assert_eq!(number(&found, "image_auroc"), 0.0);
    assert_eq!((found[&("patient_auroc", None)].n, found[&("image_auroc", None)].n), (3, 4));
    // A patient who is drawn twice counts twice.
    let twice = lines_of(&assessments(&set_of(&images), &boxes()), &Weights::new(vec![2, 2, 1, 0]));
    assert_eq!(twice[&("patient_sensitivity", None)].n, 2);
    assert_eq!(twice[&("patient_specificity", None)].n, 1);
}

#[test]
fn every_type_of_error_worked_by_hand() {
    // A truth of 10 x 10: moved by 5, IoU 1/3; by 2, IoU 2/3.
    let at = |dx: usize| [dx, 0, 10, 10];
    let one = |truths: Vec<TruthRegion>, findings: Vec<Finding>| lines(&[image(truths, findings)], &boxes());
    let ids = ["classification", "localization", "both", "duplicate", "background", "missed"];
    let errors = |lines: &Lines| {
        ids.map(|id| lines.iter().find(|((of, _), _)| *of == format!("tide_{id}_errors")).unwrap().1.statistic.value())
            .map(Option::unwrap)
    };
    // The wrong place, and a truth that it could still find.
    let misplaced = one(vec![truth("a", at(0))], vec![finding("a", 0.9, at(5))]);
    assert_eq!(errors(&misplaced), [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(number(&misplaced, "tide_delta_localization"), 1.0);
    assert_eq!(number(&misplaced, "tide_delta_false_positive"), 0.0);
    // The wrong class: class b has findings without truth, which counts as 0 in the mean until it is repaired.
    let misnamed =
        one(vec![truth("a", at(0)), truth("a", THERE)], vec![finding("b", 0.9, at(2)), finding("a", 0.8, THERE)]);
    assert_eq!(errors(&misnamed), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    let half = 51.0 / 101.0;
    assert!((number(&misnamed, "tide_ap50") - half / 2.0).abs() < 1e-15);
    assert!((number(&misnamed, "tide_delta_classification") - (1.0 - half / 2.0)).abs() < 1e-15);
    // Class and place wrong; a second finding of one truth; nothing there; a truth that nothing finds.
    let rest = one(
        vec![truth("a", at(0)), truth("b", THERE)],
        vec![
            finding("a", 0.9, at(0)),
            finding("a", 0.8, at(2)),
            finding("b", 0.7, at(5)),
            finding("b", 0.6, [2, 20, 4, 4]),
        ],
    );
    assert_eq!(errors(&rest), [0.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(number(&rest, "tide_ap50"), 0.5);
    // Without the missed truth class b has no truth, and findings alone count as 0.
    assert_eq!(number(&rest, "tide_delta_missed"), 0.0);
    assert_eq!(number(&rest, "tide_delta_duplicate"), 0.0);
    // Three of four findings are wrong, one of two truths is not found, once or three times.
    let counts = ["tide_delta_false_positive", "tide_delta_false_negative", "tide_missed_errors", "tide_both_errors"];
    assert_eq!(counts.map(|id| rest[&(id, None)].n), [3, 1, 2, 4]);
}

#[test]
fn a_table_of_confusion_worked_by_hand() {
    let images = [
        image(
            vec![truth("a", [0, 0, 10, 10]), truth("b", [20, 0, 10, 10]), crowd("a", [0, 20, 12, 12])],
            // The right place and the wrong class; below the threshold; nothing there; in the crowd of another class.
            vec![
                finding("b", 0.9, [0, 1, 10, 10]),
                finding("b", 0.4, [20, 0, 10, 10]),
                finding("a", 0.8, NOWHERE),
                finding("b", 0.7, [2, 22, 6, 6]),
            ],
        ),
        image(vec![truth("a", HERE)], vec![finding("a", 0.6, HERE), finding("a", 0.5, HERE)]),
        // None of the truths is found, and a false positive.
        image(vec![truth("b", HERE)], vec![finding("b", 0.6, THERE)]),
    ];
    let tables = confusions(&images, &boxes());
    let default = &tables["Confusion"];
    assert_eq!(default.rows, ["a", "b", "background"]);
    assert_eq!(default.counts, [[1, 1, 0], [0, 0, 2], [2, 1, 0]]);
    assert_eq!(default.cases[2][0], [0, 1]);
    assert_eq!(default.cases[1][2], [0, 2]);
    let found = lines(&images, &boxes());
    assert_eq!([number(&found, "pair_label_accuracy"), number(&found, "detection_accuracy")], [0.5, 1.0 / 7.0]);
    // Both leave out the score of exactly 0.5; ultralytics forgets the last case's false positive.
    assert_eq!(tables["Confusion (supervision)"].counts, [[1, 1, 0], [0, 0, 2], [1, 1, 0]]);
    assert_eq!(tables["Confusion (ultralytics)"].counts, [[1, 1, 0], [0, 0, 2], [1, 0, 0]]);
}

#[test]
fn a_finding_that_is_turned_away_takes_no_other_truth_in_supervision() {
    // Both findings fit the first truth best, the weaker one the second truth well enough too.
    let images = [image(
        vec![truth("a", [0, 0, 10, 10]), truth("a", [3, 0, 10, 10])],
        vec![finding("a", 0.9, [0, 0, 10, 10]), finding("a", 0.8, [1, 0, 10, 10])],
    )];
    let tables = confusions(&images, &boxes());
    assert_eq!(tables["Confusion"].counts, [[2, 0], [0, 0]]);
    assert_eq!(tables["Confusion (supervision)"].counts, [[1, 1], [1, 0]]);
}

#[test]
fn the_best_threshold_is_the_highest_of_several() {
    let truths = vec![truth("a", HERE), truth("a", THERE)];
    let findings = vec![finding("a", 0.9, HERE), finding("a", 0.6, NOWHERE), finding("a", 0.3, THERE)];
    let found = lines(&[image(truths.clone(), findings)], &boxes());
    assert_eq!([number(&found, "best_f1"), number(&found, "best_f1_threshold")], [0.8, 0.3]);
    // F1 is 2/3 at 0.9 and, with two wrong and two right of two, 2/3 at 0.2 too.
    let wrong = [finding("a", 0.6, NOWHERE), finding("a", 0.5, [2, 20, 4, 4])];
    let mut findings = vec![finding("a", 0.9, HERE), finding("a", 0.2, THERE)];
    findings.extend(wrong);
    let found = lines(&[image(truths, findings)], &boxes());
    assert_eq!([number(&found, "best_f1"), number(&found, "best_f1_threshold")], [2.0 / 3.0, 0.9]);
}

#[test]
fn curves_have_thresholds_and_no_more_points_than_a_chart() {
    let score = |index: usize| (index + 1) as f64 / 2001.0;
    let findings = (0..2000).map(|index| finding("a", score(index), [index % 25, index / 100, 3, 3])).collect();
    let images = [image(vec![truth("a", HERE)], findings), image(vec![], vec![])];
    for curve in curves(&images, &boxes(), &Weights::all(2)) {
        assert!(curve.points.len() <= groundglass_metrics::CURVE_POINTS, "{}", curve.id);
        let x = curve.points.iter().map(|point| point.x).collect::<Vec<_>>();
        assert!(x.is_sorted(), "{}", curve.id);
        let thresholds = curve.points.iter().filter_map(|point| point.threshold).collect::<Vec<_>>();
        assert!(thresholds.is_sorted_by(|a, b| a > b), "{}", curve.id);
    }
    let small = [image(vec![truth("a", HERE)], vec![finding("a", 0.5, NOWHERE), finding("a", 0.4, HERE)])];
    let curves = curves(&small, &boxes(), &Weights::all(1));
    let points = |id: &str| {
        let curve = curves.iter().find(|curve| curve.id == id && curve.convention == "default").unwrap();
        curve.points.iter().map(|point| (point.x, point.y, point.threshold)).collect::<Vec<_>>()
    };
    assert_eq!(points("froc"), [(0.0, 0.0, None), (1.0, 0.0, Some(0.5)), (1.0, 1.0, Some(0.4))]);
    assert_eq!(points("precision_recall"), [(0.0, 0.0, Some(0.5)), (1.0, 0.5, Some(0.4))]);
    // One image is no curve of images with and without truth.
    assert_eq!(points("roc"), []);
}

#[test]
fn curves_worked_by_hand() {
    let images = [
        image(
            vec![truth("a", HERE), truth("a", THERE)],
            vec![finding("a", 0.9, HERE), finding("a", 0.8, NOWHERE), finding("a", 0.7, THERE)],
        ),
        image(vec![], vec![finding("a", 0.85, NOWHERE)]),
        image(vec![], vec![]),
        image(vec![truth("a", HERE)], vec![finding("a", 0.3, NOWHERE)]),
    ];
    let curves = curves(&images, &boxes(), &Weights::all(4));
    let points = |name: &str| {
        let curve = curves.iter().find(|curve| curve.name == name && curve.class.is_none());
        let points = &curve.unwrap_or_else(|| panic!("no {name}")).points;
        points.iter().map(|point| (point.x, point.y, point.threshold)).collect::<Vec<_>>()
    };
    let third = 1.0 / 3.0;
    assert_eq!(
        points("Precision and recall"),
        [
            (third, 1.0, Some(0.9)),
            (third, 0.5, Some(0.85)),
            (third, third, Some(0.8)),
            (2.0 * third, 0.5, Some(0.7)),
            (2.0 * third, 0.4, Some(0.3)),
        ]
    );
    let froc = [
        (0.0, 0.0, None),
        (0.0, third, Some(0.9)),
        (0.25, third, Some(0.85)),
        (0.5, third, Some(0.8)),
        (0.5, 2.0 * third, Some(0.7)),
        (0.75, 2.0 * third, Some(0.3)),
    ];
    for name in ["FROC at IoU 0.10 (nnDetection)", "FROC at IoU 0.50 (nnDetection)"] {
        assert_eq!(points(name), froc, "{name}");
    }
    // Two of each kind: 0.9 and 0.3 with truth, 0.85 and none without.
    let roc =
        [(0.0, 0.0, None), (0.0, 0.5, Some(0.9)), (0.5, 0.5, Some(0.85)), (0.5, 1.0, Some(0.3)), (1.0, 1.0, None)];
    for name in ["ROC by patient", "ROC by image"] {
        assert_eq!(points(name), roc, "{name}");
    }
    // Images of one kind alone have no such curve, of either kind.
    for kind in [&images[..1], &images[2..3]] {
        let weights = Weights::all(1);
        assert!(
            super::curves(kind, &boxes(), &weights).iter().all(|curve| curve.id != "roc" || curve.points.is_empty())
        );
    }
}

#[test]
fn a_long_curve_keeps_points_evenly_spaced_by_rank() {
    let score = |rank: usize| (2500 - rank) as f64 / 2501.0;
    let findings = (0..2500).map(|rank| finding("a", score(rank), [rank % 25, rank / 100, 3, 3])).collect();
    let curves = curves(&[image(vec![truth("a", HERE)], findings)], &boxes(), &Weights::all(1));
    let curve = curves.iter().find(|curve| curve.id == "precision_recall" && curve.class.is_none()).unwrap();
    let last = groundglass_metrics::CURVE_POINTS - 1;
    let kept = (0..=last).map(|step| Some(score(step * 2499 / last))).collect::<Vec<_>>();
    assert_eq!(curve.points.iter().map(|point| point.threshold).collect::<Vec<_>>(), kept);
}

#[test]
fn a_confusion_table_counts_and_names_the_cases_that_count() {
    let once = || image(vec![truth("a", HERE)], vec![finding("a", 0.9, HERE)]);
    let twice =
        image(vec![truth("a", HERE), truth("a", THERE)], vec![finding("a", 0.9, HERE), finding("a", 0.9, THERE)]);
    let images = [once(), twice, once()];
    let assessment = set_of(&images).assess(&boxes(), Some("default")).unwrap();
    let tables = assessment.exhibits(&Weights::new(vec![0, 3, 2])).into_iter().filter_map(|exhibit| match exhibit {
        Exhibit::Confusion(table) => Some(table),
        _ => None,
    });
    let tables = tables.collect::<Vec<_>>();
    assert!(!tables.is_empty());
    for table in tables {
        assert_eq!((table.counts[0][0], &table.cases[0][0]), (3 * 2 + 2, &vec![1, 2]), "{}", table.name);
    }
}

#[test]
fn shares_have_wilson_intervals() {
    let images = [
        image(vec![truth("a", HERE), truth("a", THERE)], vec![finding("a", 0.9, HERE), finding("a", 0.8, NOWHERE)]),
        image(vec![], vec![finding("a", 0.2, NOWHERE)]),
    ];
    let set = set_of(&images);
    let mut found = BTreeMap::new();
    for convention in ["coco", "default"] {
        let assessment = set.assess(&boxes(), Some(convention)).unwrap();
        for prepared in assessment.prepared() {
            let intervals = prepared.analytic_intervals(&Weights::new(vec![5, 3]), 0.95);
            assert!(intervals.is_empty() || intervals.len() == prepared.lines().len());
            let ids = prepared.lines().iter().map(|line| line.id);
            found.extend(ids.zip(intervals).filter_map(|(id, interval)| Some((id, interval?))));
        }
    }
    let wilson = |successes, n| ("wilson", groundglass_metrics::interval::wilson(successes, n, 0.95).unwrap());
    let expected = [
        ("patient_sensitivity", wilson(5, 5)),
        ("patient_specificity", wilson(3, 3)),
        ("precision", wilson(5, 10)),
        ("recall", wilson(5, 10)),
    ];
    assert_eq!(found, BTreeMap::from(expected));
}

#[test]
fn the_hundred_and_first_finding_counts_where_no_package_leaves_it_out() {
    let mut findings = vec![finding("a", 0.9, NOWHERE); 100];
    findings.push(finding("a", 0.8, HERE));
    let found = lines(&[image(vec![truth("a", HERE)], findings)], &boxes());
    assert_eq!(statistic(&found, "nndetection_froc_iou50"), Statistic::Undefined(Undefined::NoPairs));
    assert_eq!([number(&found, "tide_ap50"), number(&found, "tide_background_errors")], [0.0, 100.0]);
    assert_eq!(number(&found, "picai_lesion_ap"), 1.0 / 101.0);
    assert_eq!(number(&found, "best_f1"), 2.0 / 102.0);
}

#[test]
fn rounding_costs_no_perfect_pair() {
    // Lower by 1e-12 of its height, which is rounding, and by 1e-9 of it, which is not.
    for (share, expected) in [(1e-12, 1.0), (1e-9, 0.0)] {
        let bounding_box = groundglass_types::BoundingBox::from_xywh([2.0, 2.0, 6.0, 6.0 * (1.0 - share)]);
        let region = groundglass_types::Region::from_box(bounding_box);
        let finding = Finding { region, ..finding("a", 0.9, HERE) };
        let options = EvaluateOptions { iou_threshold: 1.0, ..boxes() };
        let found = lines(&[image(vec![truth("a", HERE)], vec![finding])], &options);
        assert_eq!(number(&found, "detection_accuracy"), expected);
    }
}
