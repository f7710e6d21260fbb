//! Cases worked by hand, and what is refused.

use super::properties::sets;
use super::*;
use groundglass_metrics::Exhibit;

#[test]
fn accuracy_and_coverage_of_two_readers() {
    // 1 + 1/2 for class 0, 1/2 + 1 for class 1, 1/3 for class 2.
    let readers = vec![vec![vec![0], vec![1]], vec![vec![1], vec![0], vec![2]]];
    let assessment = one_case(readers, 3, vec![vec![2], vec![1]]).assess(&Default::default(), Some("irn")).unwrap();
    let third = 1.0 / 3.0;
    assert!((number(&assessment, "irn_top1_coverage") - third / (3.0 + third)).abs() < 1e-12);
    assert!((number(&assessment, "irn_top3_coverage") - (1.5 + third) / (3.0 + third)).abs() < 1e-12);
    // Classes 0 and 1 are equally likely; the true one is class 0, which is not predicted.
    assert_eq!(number(&assessment, "irn_top3_accuracy"), 0.0);
}

#[test]
fn labels_of_two_models_are_joined_where_their_levels_are_the_same() {
    let levels = |names: &[&str]| LabelReadings::new(Some(names.iter().map(|&name| name.into()).collect()), vec![]);
    let (rising, falling) = (levels(&["low", "high"]).unwrap(), levels(&["high", "low"]).unwrap());
    let unordered = LabelReadings::new(None, vec![]).unwrap();
    assert!(LabelReadings::joined(&rising, &rising).is_ok() && LabelReadings::joined(&unordered, &unordered).is_ok());
    for (a, b) in [(&rising, &falling), (&rising, &unordered), (&unordered, &rising)] {
        assert!(LabelReadings::joined(a, b).unwrap_err().to_string().contains("their levels differ"));
    }
}

#[test]
fn what_draws_say_is_drawn_as_a_distribution() {
    let readers = vec![vec![vec![0], vec![1]], vec![vec![1], vec![0], vec![2]]];
    let set = one_case(readers, 3, vec![vec![1], vec![0], vec![2]]);
    let curves = |samples: u32| {
        let options = RankedReadingOptions { samples, ..Default::default() };
        let assessment = set.assess(&options, Some("prirn")).unwrap();
        let mean = number(&assessment, "prirn_top1_accuracy");
        let exhibits = assessment.exhibits(&Weights::all(1)).into_iter();
        let curves = exhibits.filter_map(|one| if let Exhibit::Curve(curve) = one { Some(curve) } else { None });
        (mean, curves.collect::<Vec<_>>())
    };
    let (mean, all) = curves(40);
    let ids = ["top1_accuracy_distribution", "top3_accuracy_distribution", "top5_accuracy_distribution"];
    assert_eq!(all.iter().map(|curve| curve.id).collect::<Vec<_>>(), ids);
    for curve in &all {
        // A point a draw, from the lowest accuracy up, by equal steps to 1.
        let steps = (1..=40).map(|step| f64::from(step) / 40.0).collect::<Vec<_>>();
        assert_eq!(curve.points.iter().map(|point| point.y).collect::<Vec<_>>(), steps);
        assert!(curve.points.is_sorted_by(|a, b| a.x <= b.x));
    }
    let accuracies = all[0].points.iter().map(|point| point.x);
    assert!((accuracies.sum::<f64>() / 40.0 - mean).abs() < 1e-12);
    // One draw has no distribution.
    assert_eq!((curves(1).1.len(), curves(2).1.len()), (0, 3));
}

fn area_case(name: &str, readers: Vec<Vec<TruthRegion>>, findings: Option<Vec<Finding>>) -> AreaReading {
    let readers = named(readers);
    AreaReading { case: name.into(), width: SIZE, height: SIZE, readers, findings, ..Default::default() }
}

#[test]
fn three_readers_and_a_model() {
    // Rows of 8 pixels: readers mark columns 0-3, 2-5 and 2-7 (4, 4 and 6 pixels), the model 2-3.
    let row = |x, width| vec![truth("spot", [x, 0, width, 1])];
    let readers = vec![row(0, 4), row(2, 4), row(2, 6)];
    let case =
        area_case("a", readers, Some(vec![finding("spot", 0.9, [2, 0, 2, 1]), finding("spot", 0.4, [0, 9, 9, 9])]));
    let set = AreaReadings::new(vec![case]).unwrap();
    let assessment = set.assess(&AreaReadingOptions::default(), Some("default")).unwrap();
    let expected = [
        // 2 x 2 / (2 + 4), twice, and 2 x 2 / (2 + 6).
        ("reader_dice", (2.0 / 3.0 + 2.0 / 3.0 + 0.5) / 3.0),
        ("reader_iou", (0.5 + 0.5 + 1.0 / 3.0) / 3.0),
        // The majority marks 2-5.
        ("majority_dice", 2.0 / 3.0),
        ("majority_iou", 0.5),
        // 0-3 and 2-5 share 2; 0-3 and 2-7 share 2; 2-5 and 2-7 share 4.
        ("between_readers_dice", (0.5 + 0.4 + 0.8) / 3.0),
        // Without a reader both others must agree: 2-5 against 0-3, 2-3 against 2-5, 2-3 against 2-7.
        ("left_out_reader_dice", (0.5 + 2.0 / 3.0 + 0.5) / 3.0),
        ("left_out_model_dice", (2.0 / 3.0 + 1.0 + 1.0) / 3.0),
        ("left_out_difference_dice", (1.0 / 6.0 + 1.0 / 3.0 + 0.5) / 3.0),
        ("readers_reached_dice", 1.0),
    ];
    for (id, expected) in expected {
        assert!((number(&assessment, id) - expected).abs() < 1e-12, "{id}: {}", number(&assessment, id));
    }
    let majority = set.consensus_mask(0, None, Consensus::Majority).unwrap();
    assert_eq!(majority, rectangle([2, 0, 4, 1]).mask.unwrap());
    assert!(set.consensus_mask(0, None, Consensus::Staple).unwrap().area() > 0);
    assert_eq!(set.consensus_boxes(0, "spot", 0.5).unwrap(), vec![BoundingBox::new(2.0, 0.0, 7.0, 1.0)]);
    assert_eq!(set.consensus_mask(1, None, Consensus::Majority), None);
}

#[test]
fn what_is_empty_follows_the_option() {
    let empty = area_case("a", vec![vec![], vec![], vec![]], Some(vec![]));
    let set = AreaReadings::new(vec![empty]).unwrap();
    for (empty_both, expected) in
        [(EmptyBoth::Perfect, Some(1.0)), (EmptyBoth::Zero, Some(0.0)), (EmptyBoth::Skipped, None)]
    {
        for (region, ids) in [
            (RegionKind::Mask, ["reader_dice", "majority_iou", "staple_dice", "between_readers_dice"].as_slice()),
            (RegionKind::Box, &["reader_f1", "majority_f1", "left_out_reader_f1"]),
        ] {
            let options = AreaReadingOptions { empty_both, region, ..Default::default() };
            let assessment = set.assess(&options, None).unwrap();
            for id in ids {
                let found = measured(&assessment, &Weights::all(1), id);
                assert_eq!(found.statistic.value(), expected, "{id}");
                assert_eq!(found.n, u64::from(expected.is_some()));
            }
        }
    }
}

#[test]
fn what_is_missing_is_said() {
    let no_mask =
        TruthRegion { region: Region { mask: None, ..rectangle([1, 1, 2, 2]) }, ..truth("spot", [1, 1, 2, 2]) };
    let cases = [
        (area_case("no readers", vec![], Some(vec![])), "reader_dice", Undefined::NoTruth),
        (area_case("not run", vec![vec![]], None), "reader_dice", Undefined::NoFindings),
        (area_case("one reader", vec![vec![]], Some(vec![])), "between_readers_dice", Undefined::TooFew),
        (area_case("no masks", vec![vec![no_mask]], Some(vec![])), "reader_dice", Undefined::NoMasks),
    ];
    for (case, id, reason) in cases {
        let set = AreaReadings::new(vec![case]).unwrap();
        let assessment = set.assess(&Default::default(), None).unwrap();
        assert_eq!(measured(&assessment, &Weights::all(1), id).statistic, Statistic::Undefined(reason), "{id}");
    }
    let set = one_case(vec![], 3, vec![vec![0]]);
    let assessment = set.assess(&Default::default(), None).unwrap();
    for measured in assessment.measure(&Weights::all(1)) {
        assert!(matches!(measured, Measured { statistic: Statistic::Undefined(_), n: 0 }), "{measured:?}");
    }
}

#[test]
fn kappa_of_fleiss_own_example() {
    // Fleiss 1971: 10 cases, 14 readers, 5 classes; kappa 0.210.
    let table = [
        [0, 0, 0, 0, 14],
        [0, 2, 6, 4, 2],
        [0, 0, 3, 5, 6],
        [0, 3, 9, 2, 0],
        [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0],
        [3, 2, 6, 3, 0],
        [2, 5, 3, 2, 2],
        [6, 5, 2, 1, 0],
        [0, 2, 2, 3, 7],
    ];
    let case = |(index, counts): (usize, &[usize; 5])| {
        let given = counts.iter().enumerate().flat_map(|(class, &count)| vec![(class + 1).to_string(); count]);
        LabelReading { case: index.to_string(), readers: named(given.collect()), ..Default::default() }
    };
    let set = LabelReadings::new(None, table.iter().enumerate().map(case).collect()).unwrap();
    let assessment = set.assess(&Default::default(), Some("fleiss")).unwrap();
    assert!((number(&assessment, "fleiss_kappa") - 0.20993).abs() < 1e-5);
}

#[test]
fn what_cannot_be_read_is_refused() {
    let ranked = |groups: Groups, scores: Vec<f64>| {
        let prediction = Some(Prediction::Scores(scores));
        let case = RankedReading { case: "a".into(), readers: named(vec![groups]), prediction, ..Default::default() };
        RankedReadings::new(classes(2), None, vec![case])
    };
    assert!(ranked(vec![vec![0], vec![1]], vec![0.1, 0.2]).is_ok());
    for (groups, scores) in [
        (vec![vec![2]], vec![0.0, 0.0]),
        (vec![vec![0], vec![0]], vec![0.0, 0.0]),
        (vec![vec![]], vec![0.0, 0.0]),
        (vec![], vec![0.0]),
        (vec![], vec![0.0, f64::NAN]),
    ] {
        assert!(matches!(ranked(groups, scores), Err(MetricsError::Input { .. })));
    }
    assert!(RankedReadings::new(classes(2), Some(vec![0]), vec![]).is_err());
    let set = RankedReadings::new(classes(2), None, vec![]).unwrap();
    for options in [
        RankedReadingOptions { samples: 0, ..Default::default() },
        RankedReadingOptions { temperature: f64::NAN, ..Default::default() },
        RankedReadingOptions { bias: -1.0, ..Default::default() },
    ] {
        assert!(matches!(set.assess(&options, None), Err(MetricsError::Input { .. })));
    }
    assert!(matches!(set.assess(&Default::default(), Some("best")), Err(MetricsError::UnknownConvention { .. })));
    let label = |class: &str| LabelReading { prediction: Some(class.into()), ..Default::default() };
    assert!(LabelReadings::new(Some(classes(2)), vec![label("3")]).is_err());
    assert!(LabelReadings::new(Some(vec!["1".into(), "1".into()]), vec![]).is_err());
    let bad = AreaReading { width: 5, ..area_case("a", vec![vec![truth("spot", [0, 0, 1, 1])]], None) };
    assert!(matches!(AreaReadings::new(vec![bad]), Err(MetricsError::MaskSize { .. })));
    let many = area_case("a", vec![vec![]; 64], None);
    assert!(matches!(AreaReadings::new(vec![many]), Err(MetricsError::Input { .. })));
    assert!(AreaReadings::new(vec![area_case("a", vec![vec![truth("spot", [0, 0, 2, 2])]; 63], Some(vec![]))]).is_ok());
}

#[test]
fn every_line_has_a_definition_and_a_convention_in_words() {
    let mut known = definitions().map(|definition| definition.id).collect::<Vec<_>>();
    known.sort_unstable();
    let count = known.len();
    known.dedup();
    assert_eq!(known.len(), count, "no id is defined twice");
    let all = sets(5).iter().flat_map(|set| set.assessments(&(0..set.count()).collect::<Vec<_>>())).collect::<Vec<_>>();
    let lines = all.iter().flat_map(Assessment::lines).collect::<Vec<_>>();
    // 7 of IRN, 2 x 12 of drawn plausibilities, 5 of overlaps, 14 + 10 of masks, 14 of boxes, 3 + 3 + 5 of classes.
    assert_eq!(lines.iter().filter(|line| line.class.is_none()).count(), 85);
    for line in lines {
        assert!(known.contains(&line.id), "{line:?}");
        let words = &line.convention.words;
        assert!(words.contains("n counts") && !words.contains("  "), "{words}");
    }
}
