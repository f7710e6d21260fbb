//! Measurements against other implementations (see `tests/reference/measures`), by hand, and what must hold of any.

use std::collections::BTreeMap;

use crate::common::alone::check_each_case_alone;
use crate::common::draws::{SplitMix64, close};
use groundglass_metrics::{Assessment, MeasureOptions, MeasureRow, MeasureSet, Quantity, Weights, definitions};
use groundglass_types::{Statistic, Undefined, Value};
use proptest::prelude::*;
use serde::Deserialize;

/// The places of the metrics by shape, then the numbers: of a set and of its repetition.
type GoldenPair = [(usize, Vec<Expected>); 2];

#[derive(Deserialize)]
struct Goldens {
    columns: Vec<String>,
    shapes: Vec<Vec<usize>>,
    sets: Vec<GoldenPair>,
}

/// A number, none, or something that two definitions may see differently.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Number(Option<f64>),
    #[allow(dead_code, reason = "only that it is a word matters")]
    Skip(String),
}

struct Drawn {
    options: MeasureOptions,
    rows: Vec<MeasureRow>,
    weights: Vec<u32>,
}

fn draw(seed: u64) -> Drawn {
    let mut rng = SplitMix64::new(seed);
    let kind = rng.below(6);
    let (count, style) = (rng.below(14), rng.below(4));
    let numbers = [1, 1, 1, 2, 2, 4][kind as usize];
    let number = |rng: &mut SplitMix64| match (kind, style) {
        (1 | 2, 0 | 1) => rng.unit() * 360.0,
        (1 | 2, _) => rng.below(9) as f64 * 45.0,
        (5, 0 | 1) => rng.unit(),
        (5, _) => rng.below(5) as f64 / 4.0,
        (_, 0) => rng.unit() * 20.0,
        (_, 1) => 5.0 + rng.unit(),
        (_, 2) => rng.below(5) as f64,
        _ => 3.0,
    };
    let mut rows = Vec::new();
    for index in 0..count {
        let truth = (0..numbers).map(|_| number(&mut rng)).collect::<Vec<_>>();
        let (near, read) = (rng.below(2), rng.below(8));
        let noise = (0..numbers).map(|_| rng.unit() * 2.0 - 1.0).collect::<Vec<_>>();
        let other = (0..numbers).map(|_| number(&mut rng)).collect::<Vec<_>>();
        let moved = truth.iter().zip(&noise).map(|(truth, noise)| truth + noise).collect();
        let predicted = if near == 1 && style != 3 { moved } else { other };
        let read = |predicted: Vec<f64>| (read > 0).then_some(predicted);
        let predicted = read(predicted);
        let quantity = match kind {
            0 => Quantity::Number { truth: truth[0], predicted: predicted.map(|numbers| numbers[0]) },
            1 | 2 => Quantity::Angle { truth: truth[0], predicted: predicted.map(|numbers| numbers[0]) },
            3 => Quantity::Size { truth: two(&truth), predicted: predicted.as_deref().map(two) },
            4 => Quantity::Point { truth: two(&truth), predicted: predicted.as_deref().map(two), spacing: [0.5, 0.25] },
            _ => Quantity::Box {
                truth: truth.try_into().unwrap(),
                predicted: predicted.map(|numbers| numbers.try_into().unwrap()),
            },
        };
        rows.push(MeasureRow::new(format!("case {index}"), "", "mm", quantity));
    }
    let weights = (0..count).map(|_| rng.below(4) as u32).collect();
    let angle_period = if kind == 2 { 180.0 } else { 360.0 };
    Drawn { options: MeasureOptions { angle_period }, rows, weights }
}

fn two(numbers: &[f64]) -> [f64; 2] {
    [numbers[0], numbers[1]]
}

fn assessments(set: &MeasureSet, options: &MeasureOptions) -> [Assessment; 2] {
    ["default", "medvision"].map(|name| set.assess(options, Some(name)).unwrap())
}

fn values_of(set: &MeasureSet, options: &MeasureOptions, weights: &Weights) -> Vec<Value> {
    assessments(set, options).iter().flat_map(|assessment| assessment.values(weights)).collect()
}

fn statistic(values: &[Value], id: &str, class: Option<&str>) -> Statistic {
    let found = values.iter().find(|value| value.id == id && value.class.as_deref() == class);
    found.unwrap_or_else(|| panic!("{id} of {class:?}")).statistic
}

#[test]
fn agrees_with_other_implementations() {
    let text = include_str!("../../../../tests/reference/measures/goldens.json");
    let goldens: Goldens = serde_json::from_str(text).unwrap();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for (seed, [plain, repeated]) in goldens.sets.iter().enumerate() {
        let Drawn { options, rows, weights } = draw(seed as u64);
        if rows.is_empty() {
            continue;
        }
        let set = MeasureSet::new(rows).unwrap();
        for ((shape, expected), weights) in [(plain, Weights::all(set.len())), (repeated, Weights::new(weights))] {
            let values = values_of(&set, &options, &weights);
            for (&column, expected) in goldens.shapes[*shape].iter().zip(expected) {
                let id = &goldens.columns[column];
                let Expected::Number(expected) = expected else { continue };
                let found = statistic(&values, id, None);
                compared += 1;
                if !close(found.value(), *expected) {
                    wrong.push(format!("set {seed}, {id}: {found:?}, expected {expected:?}, {weights:?}"));
                }
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
    assert!(wrong.is_empty(), "{} of {compared}\n{}", wrong.len(), wrong[..wrong.len().min(30)].join("\n"));
}

fn length(case: &str, truth: f64, predicted: Option<f64>) -> MeasureRow {
    MeasureRow::new(case, "femur", "mm", Quantity::Number { truth, predicted })
}

fn all(rows: Vec<MeasureRow>) -> Vec<Value> {
    let set = MeasureSet::new(rows).unwrap();
    values_of(&set, &MeasureOptions::default(), &Weights::all(set.len()))
}

#[test]
fn errors_worked_by_hand() {
    let rows = vec![
        length("a", 10.0, Some(12.0)),
        length("b", 20.0, Some(19.0)),
        length("c", 40.0, Some(44.0)),
        length("d", 50.0, None),
        length("e", 0.0, Some(1.0)),
    ];
    let values = all(rows);
    let number = |id: &str| statistic(&values, id, None).value().unwrap();
    assert_eq!(number("mean_absolute_error"), 2.0);
    assert_eq!(number("root_mean_squared_error"), 5.5_f64.sqrt());
    assert_eq!(number("median_absolute_error"), 1.5);
    assert_eq!(number("bias"), 1.5);
    // Differences 2, -1, 4, 1: squares about 1.5 sum to 13.
    assert!((number("upper_limit_of_agreement") - (1.5 + 1.96 * (13.0 / 3.0_f64).sqrt())).abs() < 1e-14);
    // 0.2, 0.05, 0.1; the truth of 0 has none, and the unread one fails.
    assert!((number("mean_relative_error") - 0.35 / 3.0).abs() < 1e-15);
    assert_eq!((number("relative_error_below_10"), number("relative_error_below_20")), (0.25, 0.5));
    assert_eq!(number("relative_error_below_100"), 0.75);
    assert_eq!(number("measured_rate"), 0.8);
    // The benchmark counts all five, the truth of 0 with an error of 1e15.
    assert_eq!((number("medvision_mre_below_10"), number("medvision_mre_below_30")), (0.2, 0.6));
    assert!(number("medvision_mre") > 1e14);
}

#[test]
fn angles_go_the_shorter_way() {
    let angle =
        |truth, predicted| MeasureRow::new("a", "", "degrees", Quantity::Angle { truth, predicted: Some(predicted) });
    for (period, expected) in [(360.0, [20.0, 170.0]), (180.0, [20.0, 10.0])] {
        for ((truth, predicted), error) in [(350.0, 10.0), (5.0, 175.0)].into_iter().zip(expected) {
            let set = MeasureSet::new(vec![angle(truth, predicted)]).unwrap();
            let options = MeasureOptions { angle_period: period };
            let values = values_of(&set, &options, &Weights::all(1));
            assert_eq!(statistic(&values, "mean_absolute_error", None), Statistic::Value(error), "{truth} {predicted}");
            let plain = Statistic::Value((predicted - truth).abs());
            assert_eq!(statistic(&values, "medvision_mae", None), plain);
        }
    }
}

#[test]
fn landmarks_are_as_far_apart_as_their_spacing_says() {
    let point = |case: &str, truth, predicted| {
        MeasureRow::new(case, "sella", "mm", Quantity::Point { truth, predicted, spacing: [0.5, 2.0] })
    };
    // 3 mm across and 4 mm down; 2 mm across; unread.
    let rows = vec![
        point("a", [10.0, 10.0], Some([16.0, 12.0])),
        point("b", [10.0, 10.0], Some([6.0, 10.0])),
        point("c", [0.0, 0.0], None),
    ];
    let values = all(rows);
    let number = |id: &str| statistic(&values, id, None).value().unwrap();
    assert_eq!((number("mean_radial_error"), number("median_radial_error")), (3.5, 3.5));
    // At 2 mm exactly it counts, and the unread one fails.
    assert_eq!((number("success_detection_rate_2"), number("success_detection_rate_4")), (1.0 / 3.0, 1.0 / 3.0));
}

#[test]
fn boxes_and_failures_as_the_benchmark_has_them() {
    let row = |predicted| MeasureRow::new("a", "", "", Quantity::Box { truth: [0.0, 0.0, 0.4, 0.2], predicted });
    // Corners in the wrong order; the boxes share half of each.
    let rows = vec![row(Some([0.6, 0.2, 0.2, 0.0])), row(None)];
    let values = all(rows);
    let number = |id: &str| statistic(&values, id, None).value().unwrap();
    assert!((number("medvision_iou") - 0.5 / 3.0).abs() < 1e-15);
    assert!((number("medvision_f1") - 0.25).abs() < 1e-15);
    assert_eq!(number("medvision_success_rate"), 0.5);
    assert!((number("medvision_mae") - (0.6 + 0.2 + 0.2 + 0.2) / 4.0).abs() < 1e-15);
    // A negative length fails, a negative size or box does not.
    let values = all(vec![length("a", 10.0, Some(-10.0)), length("b", 10.0, Some(10.0))]);
    assert_eq!(statistic(&values, "medvision_success_rate", None), Statistic::Value(0.5));
    assert_eq!(statistic(&values, "medvision_mae", None), Statistic::Value(0.0));
    assert_eq!(statistic(&values, "mean_absolute_error", None), Statistic::Value(10.0));
}

#[test]
fn half_a_turn_is_an_error_forwards() {
    let opposite = |predicted| {
        let quantity = Quantity::Angle { truth: 90.0, predicted: Some(predicted) };
        let set = MeasureSet::new(vec![MeasureRow::new("a", "", "degrees", quantity)]).unwrap();
        let options = MeasureOptions { angle_period: 360.0 };
        statistic(&values_of(&set, &options, &Weights::all(1)), "bias", None).value().unwrap()
    };
    assert_eq!([270.0, -90.0, 269.0, 271.0].map(opposite), [180.0, 180.0, 179.0, -179.0]);
}

#[test]
fn rows_of_a_case_bring_their_attributes_together() {
    let of = |patient: &str, site: Option<&str>| {
        let mut row = length("a", 10.0, Some(11.0));
        row.attributes = [("patient".to_owned(), patient.to_owned())].into();
        row.attributes.extend(site.map(|site| ("site".to_owned(), site.to_owned())));
        row
    };
    let set = MeasureSet::new(vec![of("p", None), of("p", Some("north")), of("p", None)]).unwrap();
    let assessment = set.assess(&MeasureOptions::default(), None).unwrap();
    let [unit] = assessment.units() else { panic!("{:?}", assessment.units()) };
    assert_eq!((unit.attributes["patient"].as_str(), unit.attributes["site"].as_str()), ("p", "north"));
    let fault = MeasureSet::new(vec![of("p", None), of("q", None)])
        .and_then(|set| set.assess(&MeasureOptions::default(), None).map(drop))
        .unwrap_err();
    assert!(fault.to_string().contains("its patient is \"p\" in one row and \"q\" in another"), "{fault}");
}

#[test]
fn units_are_not_mixed() {
    let number = |name: &str, unit: &str| {
        MeasureRow::new("a", name, unit, Quantity::Number { truth: 10.0, predicted: Some(11.0) })
    };
    let has = |values: &[Value], id: &str, class: Option<&str>| {
        values.iter().any(|value| value.id == id && value.class.as_deref() == class)
    };
    // One unit: errors over all names, but no correlation over all.
    let values = all(vec![number("femur", "mm"), number("head", "mm")]);
    assert!(has(&values, "mean_absolute_error", None) && has(&values, "mean_absolute_error", Some("head")));
    assert!(!has(&values, "pearson_r", None) && has(&values, "pearson_r", Some("femur")));
    // Two units: relative errors alone.
    let values = all(vec![number("femur", "mm"), number("volume", "ml"), number("femur", "cm")]);
    assert!(!has(&values, "mean_absolute_error", None) && has(&values, "mean_relative_error", None));
    assert!(!has(&values, "medvision_mae", None) && has(&values, "medvision_mre", None));
    let mut classes = values.iter().filter_map(|value| value.class.clone()).collect::<Vec<_>>();
    classes.dedup();
    assert_eq!(classes[..3], ["femur (cm)", "femur (mm)", "volume"]);
}

#[test]
fn agreement_worked_by_hand() {
    // Shrout and Fleiss' formulas on (1, 2), (2, 3), (3, 4): consistent, but off by 1.
    let pair = |truth: f64| length(&truth.to_string(), truth, Some(truth + 1.0));
    let values = all(vec![pair(1.0), pair(2.0), pair(3.0)]);
    let number = |id: &str| statistic(&values, id, None).value().unwrap();
    assert_eq!(number("icc_3_1"), 1.0);
    // Mean squares 2, 1.5 and 0: 2 / (2 + 2 * 1.5 / 3).
    assert!((number("icc_2_1") - 2.0 / 3.0).abs() < 1e-15);
    assert!((number("pearson_r") - 1.0).abs() < 1e-15);
    assert_eq!((number("lower_limit_of_agreement"), number("upper_limit_of_agreement")), (1.0, 1.0));
}

#[test]
fn what_is_missing_is_named() {
    let one = all(vec![length("a", 3.0, Some(4.0))]);
    for id in ["icc_2_1", "pearson_r", "spearman_rho", "lower_limit_of_agreement"] {
        assert_eq!(statistic(&one, id, None), Statistic::Undefined(Undefined::TooFew), "{id}");
    }
    let unread = all(vec![length("a", 3.0, None)]);
    for id in ["mean_absolute_error", "bias", "icc_2_1", "mean_relative_error", "medvision_mae"] {
        assert_eq!(statistic(&unread, id, None), Statistic::Undefined(Undefined::Unparsable), "{id}");
    }
    assert_eq!(statistic(&unread, "measured_rate", None), Statistic::Value(0.0));
    let zero = all(vec![length("a", 0.0, Some(4.0))]);
    for id in ["mean_relative_error", "relative_error_below_10"] {
        assert_eq!(statistic(&zero, id, None), Statistic::Undefined(Undefined::ZeroDenominator), "{id}");
    }
    let flat = all(vec![length("a", 0.1, Some(0.1)), length("b", 0.1, Some(0.1)), length("c", 0.1, Some(0.1))]);
    for id in ["icc_2_1", "icc_3_1", "pearson_r", "spearman_rho"] {
        assert_eq!(statistic(&flat, id, None), Statistic::Undefined(Undefined::NoVariation), "{id}");
    }
    let set = MeasureSet::new(vec![length("a", 3.0, Some(4.0))]).unwrap();
    for value in values_of(&set, &MeasureOptions::default(), &Weights::new(vec![0])) {
        assert_eq!((value.statistic, value.n), (Statistic::Undefined(Undefined::NoTruth), 0), "{}", value.id);
    }
}

#[test]
fn input_that_does_not_fit_is_refused() {
    let fault = |quantity| MeasureSet::new(vec![MeasureRow::new("a", "", "", quantity)]).err().unwrap().to_string();
    let said = fault(Quantity::Number { truth: f64::NAN, predicted: None });
    assert_eq!(said, "row 0 (case \"a\"): NaN is not a finite number of at most 1e60");
    fault(Quantity::Size { truth: [1.0, 2.0], predicted: Some([f64::INFINITY, 1.0]) });
    fault(Quantity::Point { truth: [0.0; 2], predicted: None, spacing: [1.0, 0.0] });
    let mut rows = vec![length("a", 1.0, None), length("a", 2.0, None)];
    rows[0].attributes = BTreeMap::from([("site".to_owned(), "Bonn".to_owned())]);
    rows[1].attributes = BTreeMap::from([("site".to_owned(), "Ulm".to_owned())]);
    assert!(MeasureSet::new(rows).is_err());
    let set = MeasureSet::default();
    assert!(set.assess(&MeasureOptions { angle_period: 0.0 }, None).is_err());
    assert!(set.assess(&MeasureOptions::default(), Some("coco")).is_err());
    assert!(
        set.assess(&MeasureOptions::default(), None).unwrap().values(&Weights::all(0)).iter().all(|value| value.n == 0)
    );
    let other = MeasureSet::new(vec![length("a", 1.0, None)]).unwrap();
    assert!(MeasureSet::joined(&set, &other).is_err());
    let row: MeasureRow = serde_json::from_str(r#"{"case": "a", "quantity": {"kind": "angle", "truth": 4}}"#).unwrap();
    assert_eq!(row.quantity, Quantity::Angle { truth: 4.0, predicted: None });
}

#[test]
fn every_line_has_its_definition_its_words_and_its_interval() {
    for seed in 0..40 {
        let Drawn { options, rows, .. } = draw(seed);
        let set = MeasureSet::new(rows).unwrap();
        for assessment in assessments(&set, &options) {
            let weights = Weights::all(set.len());
            let intervals = assessment.prepared()[0].analytic_intervals(&weights, 0.95);
            for ((line, measured), interval) in assessment.lines().zip(assessment.measure(&weights)).zip(intervals) {
                assert!(line.convention.words.ends_with("n counts rows"), "{}", line.convention.words);
                assert_eq!(definitions().filter(|definition| definition.id == line.id).count(), 1, "{}", line.id);
                if let (Some((name, [low, high])), Some(share)) = (interval, measured.statistic.value()) {
                    assert_eq!(name, "wilson");
                    assert!(low <= share && share <= high && low < high, "{}", line.id);
                }
            }
        }
    }
}

fn rows() -> impl Strategy<Value = Vec<MeasureRow>> {
    proptest::collection::vec((0..4_u64, 0..1000_u64), 1..5).prop_map(|drawn| {
        let several = drawn.into_iter().flat_map(|(name, seed)| {
            draw(seed).rows.into_iter().map(move |row| MeasureRow { name: format!("name {name}"), ..row })
        });
        several.collect()
    })
}

fn measured(set: &MeasureSet, weights: &Weights) -> Vec<(&'static str, Option<String>, Statistic, u64)> {
    let mut all = Vec::new();
    for assessment in assessments(set, &MeasureOptions::default()) {
        let measured = assessment.measure(weights);
        all.extend(
            assessment
                .lines()
                .zip(measured)
                .map(|(line, measured)| (line.id, line.class.clone(), measured.statistic, measured.n)),
        );
    }
    all
}

/// Equal but for rounding, which ICC and r of nearly constant numbers magnify.
fn same(
    a: &[(&'static str, Option<String>, Statistic, u64)],
    b: &[(&'static str, Option<String>, Statistic, u64)],
) -> bool {
    let one = |a: &(&str, Option<String>, Statistic, u64), b: &(&str, Option<String>, Statistic, u64)| {
        (a.0, &a.1, a.3) == (b.0, &b.1, b.3) && close(a.2.value(), b.2.value())
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| one(a, b))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn weights_are_repetitions(rows in rows(), counts in proptest::collection::vec(1..4_u32, 14)) {
        prop_assume!(!rows.is_empty());
        let set = MeasureSet::new(rows.clone()).unwrap();
        let units = set.assess(&MeasureOptions::default(), None).unwrap().units().to_vec();
        let mut repeated = Vec::new();
        for (unit, count) in units.iter().zip(&counts) {
            for copy in 0..*count {
                let of_case = rows.iter().filter(|row| row.case == unit.case);
                repeated.extend(of_case.map(|row| MeasureRow { case: format!("{} {copy}", row.case), ..row.clone() }));
            }
        }
        let repeated = MeasureSet::new(repeated).unwrap();
        let weights = Weights::new(counts[..units.len()].to_vec());
        prop_assert!(same(&measured(&set, &weights), &measured(&repeated, &Weights::all(repeated.len()))));
    }

    #[test]
    fn joining_changes_nothing(rows in rows(), shift in -2.0..2.0_f64) {
        let moved = rows.iter().cloned().map(|mut row| {
            if let Quantity::Number { predicted: Some(predicted), .. } = &mut row.quantity {
                *predicted += shift;
            }
            row
        });
        let (a, b) = (MeasureSet::new(rows.clone()).unwrap(), MeasureSet::new(moved.collect()).unwrap());
        let joined = MeasureSet::joined(&a, &b).unwrap();
        for assessment in assessments(&joined, &MeasureOptions::default()) {
            check_each_case_alone(&assessment);
        }
        let (first, second) = (vec![1; a.len()], vec![0; a.len()]);
        let weights = Weights::new([first.clone(), second.clone()].concat());
        prop_assert!(same(&measured(&joined, &weights), &measured(&a, &Weights::all(a.len()))));
        let weights = Weights::new([second, first].concat());
        prop_assert!(same(&measured(&joined, &weights), &measured(&b, &Weights::all(b.len()))));
    }

    #[test]
    fn the_order_of_rows_does_not_matter(rows in rows()) {
        let mut turned = rows.clone();
        turned.reverse();
        let (a, b) = (MeasureSet::new(rows).unwrap(), MeasureSet::new(turned).unwrap());
        prop_assert!(same(&measured(&a, &Weights::all(a.len())), &measured(&b, &Weights::all(b.len()))));
    }

    #[test]
    fn a_perfect_answer_is_perfect_and_a_failure_never_helps(rows in rows()) {
        prop_assume!(!rows.is_empty());
        let perfect = rows.iter().cloned().map(|mut row| {
            row.quantity = match row.quantity {
                Quantity::Number { truth, .. } => Quantity::Number { truth, predicted: Some(truth) },
                Quantity::Angle { truth, .. } => Quantity::Angle { truth, predicted: Some(truth) },
                Quantity::Size { truth, .. } => Quantity::Size { truth, predicted: Some(truth) },
                Quantity::Point { truth, spacing, .. } => Quantity::Point { truth, predicted: Some(truth), spacing },
                Quantity::Box { truth, .. } => Quantity::Box { truth, predicted: Some(truth) },
            };
            row
        }).collect::<Vec<_>>();
        for value in all(perfect.clone()) {
            let Some(number) = value.statistic.value() else { continue };
            let error = ["error", "bias", "limit", "mae", "mre"].iter().any(|part| value.id.contains(part)) && !value.id.contains("below");
            let flat_box = value.id.starts_with("medvision_") && ["iou", "f1", "precision", "recall"].iter().any(|part| value.id.contains(part));
            // Shares are 1, errors 0; a box without an area overlaps nothing.
            prop_assert!(flat_box || (number - if error { 0.0 } else { 1.0 }).abs() < 1e-12, "{} {number}", value.id);
        }
        let set = MeasureSet::new(perfect.clone()).unwrap();
        let mut failed = perfect;
        if let Quantity::Number { predicted, .. } | Quantity::Angle { predicted, .. } = &mut failed[0].quantity {
            *predicted = None;
        }
        let failed = MeasureSet::new(failed).unwrap();
        let weights = Weights::all(set.len());
        for (before, after) in measured(&set, &weights).into_iter().zip(measured(&failed, &weights)) {
            if let (true, Some(before), Some(after)) = (before.0.contains("below"), before.2.value(), after.2.value()) {
                prop_assert!(after <= before);
            }
        }
    }

    #[test]
    fn scaling_scales(rows in rows(), scale in 0.1..9.0_f64) {
        let lengths = rows.into_iter().filter(|row| matches!(row.quantity, Quantity::Number { .. })).collect::<Vec<_>>();
        let scaled = lengths.iter().cloned().map(|mut row| {
            if let Quantity::Number { truth, predicted } = &mut row.quantity {
                *truth *= scale;
                *predicted = predicted.map(|predicted| predicted * scale);
            }
            row
        });
        let scaled = all(scaled.collect());
        for (before, after) in all(lengths).into_iter().zip(scaled) {
            let unit = ["mean_absolute_error", "root_mean_squared_error", "bias", "median_absolute_error", "upper_limit_of_agreement"];
            let factor = if unit.contains(&before.id.as_str()) { scale } else { 1.0 };
            if before.id.contains("below") || before.id == "medvision_mre" || before.id == "medvision_mae" || before.id.contains("limit") {
                continue;
            }
            let (before_number, after_number) = (before.statistic.value().map(|number| number * factor), after.statistic.value());
            let near = match (before_number, after_number) {
                (Some(a), Some(b)) => (a - b).abs() <= 1e-7 * (1.0 + a.abs()),
                (a, b) => a == b,
            };
            prop_assert!(near, "{} {before_number:?} {after_number:?}", before.id);
        }
    }

    #[test]
    fn nothing_panics_on_odd_input(numbers in proptest::collection::vec((-1e60..1e60_f64, prop_oneof![Just(0.0), Just(-1e-15), Just(5e-324), -1e60..1e60_f64]), 1..6), kind in 0..5_u8) {
        let quantity = |a: f64, b: f64| match kind {
            0 => Quantity::Number { truth: b, predicted: Some(a) },
            1 => Quantity::Angle { truth: b, predicted: Some(a) },
            2 => Quantity::Size { truth: [b, a], predicted: Some([a, b]) },
            3 => Quantity::Point { truth: [b, a], predicted: Some([a, b]), spacing: [1e60, 1e-60] },
            _ => Quantity::Box { truth: [b, a, a, b], predicted: Some([a, b, 0.0, -0.0]) },
        };
        let rows = numbers.iter().map(|&(a, b)| MeasureRow::new("a", "", "", quantity(a, b))).collect();
        for value in all(rows) {
            prop_assert!(value.statistic.value().is_none_or(f64::is_finite), "{value:?}");
        }
    }
}
