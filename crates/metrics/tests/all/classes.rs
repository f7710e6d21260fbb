//! Tables of classes worked by hand, and what must hold of any table.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::alone::check_each_case_alone;
use crate::common::conventions;
use groundglass_metrics::engine::math::ln;
use groundglass_metrics::{
    ClassOptions, ClassPrediction, ClassRow, ClassSet, ClassTruth, Exhibit, FrequencyGroup, MetricsError, Task,
    TruthShares, Weights, definitions, delong_paired, visalign_abstentions,
};
use groundglass_types::{Statistic, Undefined};
use proptest::prelude::*;

const CONVENTIONS: [&str; 10] = [
    "default",
    "scikit_learn",
    "xplainer",
    "torchmetrics",
    "netcal",
    "torch_uncertainty",
    "visalign",
    "ddxplus",
    "flair",
    "isight",
];

fn scored<const N: usize>(scores: [(&str, f64); N]) -> ClassPrediction {
    let scores = scores.into_iter().map(|(class, score)| (class.to_owned(), score)).collect();
    ClassPrediction { scores, ..ClassPrediction::default() }
}

fn said(class: &str) -> ClassPrediction {
    ClassPrediction { classes: Some(vec![class.to_owned()]), ..ClassPrediction::default() }
}

fn one(case: &str, truth: &str, prediction: ClassPrediction) -> ClassRow {
    ClassRow::new(case, ClassTruth::One(truth.to_owned()), prediction)
}

fn yes_or_no(truth: bool, score: f64) -> ClassRow {
    ClassRow::new("", ClassTruth::Binary(truth), scored([("positive", score)]))
}

fn set(rows: Vec<ClassRow>) -> ClassSet {
    ClassSet::new(rows).unwrap()
}

fn statistic(set: &ClassSet, options: &ClassOptions, convention: &str, id: &str, class: Option<&str>) -> Statistic {
    let values = set.assess(options, Some(convention)).unwrap().values(&Weights::all(set.len()));
    let found = values.iter().find(|value| value.id == id && value.class.as_deref() == class);
    found.unwrap_or_else(|| panic!("no {id} of {class:?}")).statistic
}

fn number(set: &ClassSet, options: &ClassOptions, id: &str) -> f64 {
    statistic(set, options, "default", id, None).value().unwrap_or_else(|| panic!("{id} is undefined"))
}

fn plain() -> ClassOptions {
    ClassOptions::default()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
}

// ---- Worked by hand ------------------------------------------------------------------------------------------------

#[test]
fn a_pooled_f1_speaks_of_all_that_is_right_or_wrong() {
    // Two are right; the third is a missed "a" and a false "b": 2 x 2 of 3 + 3, and n is 2 + 1 + 1.
    let set = set(vec![one("1", "a", said("a")), one("2", "b", said("b")), one("3", "a", said("b"))]);
    let values = set.assess(&plain(), Some("default")).unwrap().values(&Weights::all(3));
    let found = values.iter().find(|value| value.id == "f1_micro").unwrap();
    assert_eq!((found.statistic, found.n), (Statistic::Value(4.0 / 6.0), 4));
}

#[test]
fn a_row_without_a_prediction_is_wrong_and_an_abstention_is_one() {
    let mut abstaining = scored([("a", 0.9), ("b", 0.1)]);
    abstaining.abstention = Some(0.5);
    let rows = vec![
        one("1", "a", said("a")),
        one("2", "b", said("b")),
        one("3", "a", abstaining),
        one("4", "b", ClassPrediction::default()),
    ];
    let set = set(rows);
    close(number(&set, &plain(), "accuracy"), 0.5);
    close(number(&set, &plain(), "coverage"), 0.5);
    close(number(&set, &plain(), "selective_accuracy"), 1.0);
    close(number(&set, &plain(), "balanced_accuracy"), 0.5);
    // Precision 1 and recall 1/2 of both classes.
    close(number(&set, &plain(), "f1_macro"), 2.0 / 3.0);
    close(number(&set, &plain(), "cohen_kappa"), 1.0);
    let ready = ClassOptions { abstention_threshold: 0.6, ..plain() };
    close(number(&set, &ready, "accuracy"), 0.75);
}

#[test]
fn equal_scores_predict_the_first_class_of_the_list() {
    let set =
        set(vec![one("1", "a", scored([("a", 0.5), ("b", 0.5)])), one("2", "b", scored([("a", 0.5), ("b", 0.5)]))]);
    assert_eq!(statistic(&set, &plain(), "default", "sensitivity", Some("a")), Statistic::Value(1.0));
    let turned = ClassOptions { classes: vec!["b".to_owned()], ..plain() };
    assert_eq!(statistic(&set, &turned, "default", "sensitivity", Some("b")), Statistic::Value(1.0));
    // The looked-for class is predicted at the threshold, wherever it stands.
    let positive = ClassOptions { positive: Some("b".to_owned()), ..plain() };
    assert_eq!(statistic(&set, &positive, "default", "sensitivity", None), Statistic::Value(1.0));
}

#[test]
fn grades_are_ordered_as_numbers_and_missing_grades_count() {
    // Quadratic: 1 of 2 rows is off by 8 of 10 steps.
    let rows = vec![one("1", "2", said("2")), one("2", "10", said("2")), one("3", "10", said("10"))];
    let set = set(rows);
    let grades = ClassOptions { classes: (1..=10).map(|grade| grade.to_string()).collect(), ..plain() };
    // Observed 64; expected: truths {2: 1, 10: 2}, predictions {2: 2, 10: 1}: (1 * 1 + 2 * 2) * 64 / 3.
    close(number(&set, &grades, "cohen_kappa_quadratic"), 1.0 - 3.0 / 5.0);
    let cells = set.assess(&plain(), None).unwrap().exhibits(&Weights::all(3));
    let Some(Exhibit::Confusion(confusion)) = cells.into_iter().next() else { panic!("no confusion table") };
    assert_eq!(
        (confusion.rows, confusion.columns),
        (vec!["2".to_owned(), "10".to_owned()], vec!["2".to_owned(), "10".to_owned()])
    );
    assert_eq!(confusion.counts, [[1, 0], [1, 1]]);
    assert_eq!(confusion.cases, [[vec![0], vec![]], [vec![1], vec![2]]]);
}

#[test]
fn squeezed_grades_are_scikit_learns() {
    // A scale of 0 to 3 on which 1 never occurs: 0 and 2 lie two steps apart, in scikit-learn one.
    let rows =
        vec![one("1", "0", said("2")), one("2", "2", said("2")), one("3", "3", said("0")), one("4", "3", said("3"))];
    let set = set(rows);
    let options = ClassOptions { classes: ["0", "1", "2", "3"].map(str::to_owned).to_vec(), ..plain() };
    // Steps observed: 2 + 3; expected of truths (1, 0, 1, 2) and predictions (1, 0, 2, 1): (7 + 3 + 2 x 5) / 4.
    close(number(&set, &options, "cohen_kappa_linear"), 1.0 - 5.0 * 4.0 / 20.0);
    let squeezed = statistic(&set, &options, "scikit_learn", "scikit_learn_cohen_kappa_linear", None);
    // 1 + 2 observed; (4 + 2 + 2 x 4) / 4 expected.
    close(squeezed.value().unwrap(), 1.0 - 3.0 * 4.0 / 14.0);
}

#[test]
fn an_auroc_and_its_curve() {
    let set = set(vec![yes_or_no(true, 0.9), yes_or_no(false, 0.9), yes_or_no(true, 0.7), yes_or_no(false, 0.2)]);
    // Of four pairs one is a tie, one is wrong, two are right.
    close(number(&set, &plain(), "auroc"), 2.5 / 4.0);
    // At 0.9 one of two is right, and recall grows by half; at 0.7 two of three.
    close(number(&set, &plain(), "class_average_precision"), 0.5 * 0.5 + 0.5 * 2.0 / 3.0);
    let exhibits = set.assess(&plain(), None).unwrap().exhibits(&Weights::all(4));
    let curve = |id| {
        let found = exhibits.iter().find_map(|exhibit| match exhibit {
            Exhibit::Curve(curve) if curve.id == id => Some(curve.points.clone()),
            _ => None,
        });
        found.unwrap().iter().map(|point| (point.x, point.y, point.threshold)).collect::<Vec<_>>()
    };
    assert_eq!(curve("roc"), [(0.0, 0.0, None), (0.5, 0.5, Some(0.9)), (0.5, 1.0, Some(0.7)), (1.0, 1.0, Some(0.2))]);
    assert_eq!(
        curve("class_precision_recall"),
        [(0.5, 0.5, Some(0.9)), (1.0, 2.0 / 3.0, Some(0.7)), (1.0, 0.5, Some(0.2))]
    );
    assert_eq!(curve("risk_coverage").last().unwrap().0, 1.0);
    assert_eq!(exhibits.iter().filter(|exhibit| matches!(exhibit, Exhibit::Reliability { .. })).count(), 1);
}

#[test]
fn one_kind_of_row_has_no_auroc() {
    let set = set(vec![yes_or_no(true, 0.9), yes_or_no(true, 0.2)]);
    assert_eq!(statistic(&set, &plain(), "default", "auroc", None), Statistic::Undefined(Undefined::OneClass));
    assert_eq!(statistic(&set, &plain(), "default", "specificity", None), Statistic::Undefined(Undefined::OneClass));
    assert_eq!(
        statistic(&set, &plain(), "default", "matthews_correlation", None),
        Statistic::Undefined(Undefined::OneClass)
    );
    let zero = statistic(&set, &plain(), "scikit_learn", "scikit_learn_matthews_correlation", None);
    assert_eq!(zero, Statistic::Value(0.0));
}

#[test]
fn a_class_that_no_scores_name_is_not_taken_for_scored() {
    let rows =
        vec![one("1", "rare", scored([("a", 0.6), ("b", 0.4)])), one("2", "a", scored([("a", 0.9), ("b", 0.1)]))];
    let set = set(rows);
    assert_eq!(statistic(&set, &plain(), "default", "auroc", Some("rare")), Statistic::Undefined(Undefined::NotGiven));
    // Three classes, but the unscored truth is not among the first two, nor the first ten.
    let many = ClassOptions { k: vec![2, 10], ..plain() };
    close(number(&set, &many, "top_10_accuracy"), 0.5);
    close(number(&set, &many, "top_2_accuracy"), 0.5);
}

#[test]
fn calibration_in_two_bins() {
    // Below 0.5: mean 0.3, none true. From 0.5 on: mean 0.8, two of three true.
    let rows = vec![
        yes_or_no(false, 0.2),
        yes_or_no(false, 0.4),
        yes_or_no(true, 0.5),
        yes_or_no(true, 1.0),
        yes_or_no(false, 0.9),
    ];
    let set = set(rows);
    let two = ClassOptions { bins: 2, ..plain() };
    let (low, high) = (0.3, 0.8 - 2.0 / 3.0);
    close(number(&set, &two, "expected_calibration_error"), (2.0 * low + 3.0 * high) / 5.0);
    close(number(&set, &two, "maximum_calibration_error"), low);
    close(number(&set, &two, "average_calibration_error"), (low + high) / 2.0);
    close(number(&set, &two, "brier_score"), (0.04 + 0.16 + 0.25 + 0.0 + 0.81) / 5.0);
    close(number(&set, &two, "brier_uncertainty"), 0.4 * 0.6);
    close(number(&set, &two, "brier_resolution"), (2.0 * 0.16 + 3.0 * (2.0_f64 / 3.0 - 0.4).powi(2)) / 5.0);
    close(number(&set, &two, "brier_reliability"), (2.0 * low * low + 3.0 * high * high) / 5.0);
    // A confidence of 1 apart: 0.5 and 0.9 with one of two true, and 1 with one of one.
    let apart = statistic(&set, &two, "torchmetrics", "torchmetrics_expected_calibration_error", None);
    close(apart.value().unwrap(), (2.0 * low + 2.0 * 0.2) / 5.0);
    let likelihood = -(ln(0.8) + ln(0.6) + ln(0.5) + ln(0.1)) / 5.0;
    close(number(&set, &two, "negative_log_likelihood"), likelihood);
}

#[test]
fn scores_that_are_no_probabilities_have_no_calibration() {
    let rows = vec![one("1", "a", scored([("a", 3.0), ("b", -1.0)])), one("2", "b", scored([("a", 0.0), ("b", 2.0)]))];
    let set = set(rows);
    let id = "expected_calibration_error";
    assert_eq!(statistic(&set, &plain(), "default", id, None), Statistic::Undefined(Undefined::NotGiven));
    assert!(set.assess(&plain(), None).unwrap().lines().all(|line| line.id != id));
    close(number(&set, &plain(), "auroc_macro"), 1.0);
}

#[test]
fn risk_against_coverage() {
    let rows = vec![
        one("1", "a", scored([("a", 0.9), ("b", 0.1)])),
        one("2", "b", scored([("a", 0.8), ("b", 0.2)])),
        one("3", "b", scored([("a", 0.3), ("b", 0.7)])),
        one("4", "b", scored([("a", 0.4), ("b", 0.6)])),
    ];
    let set = set(rows);
    let shares = [0.0, 0.5, 1.0 / 3.0, 0.25];
    close(number(&set, &plain(), "aurc"), shares.iter().sum::<f64>() / 4.0);
    close(number(&set, &plain(), "augrc"), 0.75 / 4.0);
    close(number(&set, &plain(), "excess_aurc"), (shares.iter().sum::<f64>() - 0.25) / 4.0);
    let trapezoid = (0.5 * (0.0 + 0.5) + 0.5 * (0.5 + 1.0 / 3.0) + 0.5 * (1.0 / 3.0 + 0.25)) / 4.0 / 0.75;
    let torch = statistic(&set, &plain(), "torch_uncertainty", "torch_uncertainty_aurc", None);
    close(torch.value().unwrap(), trapezoid);
    let single = ClassSet::new(set.rows()[..1].to_vec()).unwrap();
    let torch = statistic(&single, &plain(), "torch_uncertainty", "torch_uncertainty_aurc", None);
    assert_eq!(torch, Statistic::Undefined(Undefined::TooFew));
}

#[test]
fn near_misses_and_dangerous_misses() {
    let parents = [
        ("melanoma", "malignant"),
        ("carcinoma", "malignant"),
        ("nevus", "benign"),
        ("wart", "benign"),
        ("malignant", "skin"),
        ("benign", "skin"),
    ];
    let parents = parents.map(|(child, parent)| (child.to_owned(), parent.to_owned())).into();
    let severe = vec!["melanoma".to_owned(), "carcinoma".to_owned()];
    let options = ClassOptions { parents, severe, k: vec![1, 2], ..plain() };
    let rows = vec![
        one("1", "melanoma", scored([("melanoma", 0.7), ("nevus", 0.2), ("carcinoma", 0.06), ("wart", 0.04)])),
        one("2", "melanoma", scored([("carcinoma", 0.7), ("nevus", 0.2), ("melanoma", 0.06), ("wart", 0.04)])),
        one("3", "melanoma", scored([("nevus", 0.7), ("carcinoma", 0.2), ("melanoma", 0.06), ("wart", 0.04)])),
        one("4", "carcinoma", scored([("nevus", 0.7), ("wart", 0.2), ("melanoma", 0.06), ("carcinoma", 0.04)])),
        one("5", "wart", ClassPrediction::default()),
    ];
    let set = set(rows);
    close(number(&set, &options, "hierarchical_score"), 1.5 / 5.0);
    close(number(&set, &options, "same_parent_top_1"), 2.0 / 5.0);
    close(number(&set, &options, "same_parent_top_2"), 3.0 / 5.0);
    close(number(&set, &options, "dangerous_miss_top_1"), 2.0 / 4.0);
    close(number(&set, &options, "dangerous_miss_top_2"), 1.0 / 4.0);
    // Skin is above all and does not count: 2 + 1 + 0 + 0 of four pairs each, and of five truths.
    close(number(&set, &options, "hierarchical_precision"), 3.0 / 8.0);
    close(number(&set, &options, "hierarchical_recall"), 3.0 / 10.0);
    close(number(&set, &options, "tree_distance"), (0.0 + 2.0 + 4.0 + 4.0 + 2.0) / 5.0);
}

#[test]
fn costs_of_mistakes() {
    let row = |pairs: &[(&str, f64)]| pairs.iter().map(|(class, cost)| ((*class).to_owned(), *cost)).collect();
    let costs = BTreeMap::from([("bad".to_owned(), row(&[("good", 10.0)]))]);
    let options = ClassOptions { costs, ..plain() };
    let set = set(vec![
        one("1", "bad", said("good")),
        one("2", "good", said("bad")),
        one("3", "bad", said("bad")),
        one("4", "bad", ClassPrediction::default()),
    ]);
    close(number(&set, &options, "expected_cost"), (10.0 + 1.0 + 0.0 + 10.0) / 4.0);
    close(number(&set, &options, "risk_weighted_accuracy"), 1.0 - 21.0 / 31.0);
}

#[test]
fn common_and_rare_classes_apart() {
    let groups = [
        ("a", FrequencyGroup::Head),
        ("b", FrequencyGroup::Tail),
        ("c", FrequencyGroup::Tail),
        ("d", FrequencyGroup::Medium),
    ];
    let frequency_groups = groups.map(|(class, group)| (class.to_owned(), group)).into();
    let options = ClassOptions { frequency_groups, ..plain() };
    let set = set(vec![
        one("1", "a", said("a")),
        one("2", "b", said("a")),
        one("3", "c", said("c")),
        one("4", "c", said("d")),
    ]);
    close(number(&set, &options, "head_accuracy"), 1.0);
    close(number(&set, &options, "tail_accuracy"), 0.25);
    let medium = statistic(&set, &options, "default", "medium_accuracy", None);
    assert_eq!(medium, Statistic::Undefined(Undefined::NoTruth));
}

#[test]
fn a_distance_with_abstention() {
    // Must act, and acts by half; must abstain, and does.
    let mut half = scored([("a", 1.0), ("b", 0.0)]);
    half.abstention = Some(0.5);
    let mut all = scored([("a", 0.3), ("b", 0.7)]);
    all.abstention = Some(1.0);
    let undecided = Some(TruthShares { classes: BTreeMap::new(), abstention: 1.0 });
    let rows = vec![one("1", "a", half), ClassRow { shares: undecided, ..one("2", "b", all) }];
    let distance = (1.0 - 0.5_f64.sqrt()).sqrt();
    let found = statistic(&set(rows), &plain(), "visalign", "hellinger_distance", None);
    close(found.value().unwrap(), distance / 2.0);
    assert_eq!(visalign_abstentions(&[1.0, 5.0, 3.0]), [1.0, 0.0, 0.5]);
    assert_eq!(visalign_abstentions(&[2.0, 2.0]), Vec::<f64>::new());
}

#[test]
fn variances_by_hand() {
    // Positives beat 1 and 1/2 of two negatives; negatives are beaten by 1 and 1/2 of two positives.
    let (truths, scores) = ([true, true, false, false], [0.9, 0.5, 0.7, 0.1]);
    let compared = delong_paired(&truths, &scores, &scores, &Weights::all(4)).unwrap();
    assert_eq!((compared.first, compared.variance), (Statistic::Value(0.75), Statistic::Value(0.0)));
    assert_eq!(compared.p, Statistic::Undefined(Undefined::NoVariation));
    assert!(delong_paired(&truths, &scores[..3], &scores, &Weights::all(4)).is_err());
}

#[test]
fn what_cannot_be_read_is_refused() {
    let refused = |row: ClassRow| ClassSet::new(vec![one("fine", "a", said("a")), row]).unwrap_err();
    let several = ClassPrediction { classes: Some(vec!["a".to_owned(), "b".to_owned()]), ..ClassPrediction::default() };
    let outside = ClassPrediction { abstention: Some(1.5), ..ClassPrediction::default() };
    for row in [
        one("x", "a", scored([("a", f64::NAN)])),
        one("x", "a", several),
        one("x", "a", outside),
        ClassRow::new("x", ClassTruth::Binary(true), said("positive")),
    ] {
        let MetricsError::Input { place, .. } = refused(row) else { panic!("another error") };
        assert_eq!(place, "row 1, case \"x\"");
    }
    let negative = set(vec![one("1", "a", scored([("a", 1.0), ("b", 2.0)])), one("2", "a", scored([("a", -1.0)]))]);
    assert!(negative.assess(&plain(), None).is_err());
    let fine = set(vec![one("1", "a", said("a"))]);
    let parents = [("a", "b"), ("b", "a")].map(|(child, parent)| (child.to_owned(), parent.to_owned())).into();
    for options in [
        ClassOptions { k: vec![0], ..plain() },
        ClassOptions { k: vec![11], ..plain() },
        ClassOptions { bins: 0, ..plain() },
        ClassOptions { score_threshold: f64::NAN, ..plain() },
        ClassOptions { positive: Some("z".to_owned()), ..plain() },
        ClassOptions { parents, ..plain() },
    ] {
        assert!(fine.assess(&options, None).is_err(), "{options:?}");
    }
    assert!(matches!(fine.assess(&plain(), Some("none")), Err(MetricsError::UnknownConvention { .. })));
    assert!(set(Vec::new()).assess(&plain(), None).unwrap().values(&Weights::all(0)).is_empty());
    let strange = set(vec![ClassRow::new("x", ClassTruth::Binary(true), said("maybe"))]);
    assert!(strange.assess(&plain(), None).is_err());
}

#[test]
fn rows_travel_as_they_are() {
    let rows = vec![one("1", "a", scored([("a", 0.5)]))];
    let text = serde_json::to_string(&set(rows.clone())).unwrap();
    let back: ClassSet = serde_json::from_str(&text).unwrap();
    assert_eq!(back.rows(), rows);
    let short = r#"[{"case": "1", "truth": {"binary": true}}, {"case": "2", "truth": {"one": "a"}}]"#;
    assert!(serde_json::from_str::<ClassSet>(short).is_err());
    let options: ClassOptions = serde_json::from_str("{}").unwrap();
    assert_eq!(options, plain());
}

#[test]
fn every_id_is_defined_once() {
    let mut ids = BTreeSet::new();
    for definition in definitions() {
        assert!(ids.insert(definition.id), "{} is defined twice", definition.id);
    }
}

// ---- What must hold of any table -----------------------------------------------------------------------------------

fn options_of_all() -> ClassOptions {
    let class = |name: &str| name.to_owned();
    ClassOptions {
        classes: ["0", "1", "2", "3"].map(str::to_owned).to_vec(),
        k: vec![1, 2, 10],
        costs: BTreeMap::from([(class("0"), BTreeMap::from([(class("1"), 3.0)]))]),
        parents: [("0", "x"), ("1", "x"), ("2", "y")].map(|(child, parent)| (class(child), class(parent))).into(),
        severe: vec![class("0"), class("3")],
        frequency_groups: BTreeMap::from([(class("0"), FrequencyGroup::Head), (class("2"), FrequencyGroup::Tail)]),
        ..plain()
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    One,
    Set,
    Binary,
}

/// Rows of one kind, some without scores, with stated classes, abstentions and shares.
fn tables() -> impl Strategy<Value = Vec<ClassRow>> {
    let kinds = prop_oneof![Just(Kind::One), Just(Kind::Set), Just(Kind::Binary)];
    let row = (
        proptest::collection::vec(0..5_usize, 4),
        proptest::collection::btree_set(0..4_usize, 0..4),
        0..4_usize,
        0..8_usize,
        proptest::collection::vec(0..4_usize, 3),
    );
    let drawn = (kinds, proptest::collection::vec(row, 0..9));
    drawn
        .prop_map(|(kind, rows)| rows.into_iter().enumerate().map(|(index, row)| drawn_row(kind, index, row)).collect())
}

type Drawn = (Vec<usize>, BTreeSet<usize>, usize, usize, Vec<usize>);

fn drawn_row(kind: Kind, index: usize, (raw, labels, truth, variant, people): Drawn) -> ClassRow {
    let names = match kind {
        Kind::Binary => ["negative", "positive"].as_slice(),
        _ => ["0", "1", "2", "3"].as_slice(),
    };
    let truth = match kind {
        Kind::One => ClassTruth::One(names[truth].to_owned()),
        Kind::Set => ClassTruth::Set(labels.iter().map(|label| names[*label].to_owned()).collect()),
        Kind::Binary => ClassTruth::Binary(truth % 2 == 1),
    };
    let scores = names.iter().zip(&raw).map(|(name, raw)| ((*name).to_owned(), *raw as f64 / 4.0));
    let scores = if variant == 0 { BTreeMap::new() } else { scores.collect::<BTreeMap<_, _>>() };
    let classes = (variant == 1).then(|| vec![names[raw[0] % names.len()].to_owned()]);
    let abstention = (variant == 2).then(|| raw[1] as f64 / 4.0);
    let shares = names.iter().zip(&people).map(|(name, share)| ((*name).to_owned(), *share as f64 / 4.0));
    let shares = (variant == 3).then(|| TruthShares { classes: shares.collect(), abstention: 0.25 });
    let prediction = ClassPrediction { scores, classes, abstention };
    ClassRow { shares, ..ClassRow::new(index.to_string(), truth, prediction) }
}

fn agree(a: Statistic, b: Statistic) -> bool {
    match (a, b) {
        (Statistic::Value(a), Statistic::Value(b)) => (a - b).abs() < 1e-9 * (1.0 + a.abs()),
        _ => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn weights_are_repetitions(rows in tables(), counts in proptest::collection::vec(0..4_u32, 9)) {
        let options = options_of_all();
        let counts = counts[..rows.len()].to_vec();
        let repeat = |(row, count): (&ClassRow, &u32)| std::iter::repeat_n(row.clone(), *count as usize);
        let repeated = rows.iter().zip(&counts).flat_map(repeat);
        let (set, repeated) = (set(rows.clone()), set(repeated.collect()));
        for convention in CONVENTIONS {
            // What no row names any more is another table: its lines are others.
            let whole = set.assess(&options, Some(convention)).unwrap();
            let part = repeated.assess(&options, Some(convention)).unwrap();
            let weighted = whole.values(&Weights::new(counts.clone()));
            let expected = part.values(&Weights::all(repeated.len()));
            if weighted.len() != expected.len() || convention_words_differ(&weighted, &expected) {
                continue;
            }
            for (found, expected) in weighted.iter().zip(&expected) {
                // A reason may differ where all rows that give something are gone; a number may not.
                let neither = found.statistic.value().or(expected.statistic.value()).is_none();
                let same = neither || agree(found.statistic, expected.statistic);
                prop_assert!(same && found.n == expected.n, "{found:?}, not {expected:?}");
            }
        }
    }

    #[test]
    fn nothing_is_ever_no_number(rows in tables(), counts in proptest::collection::vec(0..3_u32, 9)) {
        let set = set(rows);
        for options in [plain(), options_of_all()] {
            for convention in CONVENTIONS.map(Some).into_iter().chain([None]) {
                let assessment = set.assess(&options, convention).unwrap();
                let weights = Weights::new(counts.clone());
                prop_assert_eq!(assessment.lines().count(), assessment.measure(&weights).len());
                for value in assessment.values(&weights) {
                    prop_assert!(value.statistic.value().is_none_or(f64::is_finite), "{value:?}");
                    prop_assert!(definitions().any(|definition| definition.id == value.id), "{}", value.id);
                }
                for prepared in assessment.prepared() {
                    let values = prepared.measure(&weights);
                    for (value, interval) in values.iter().zip(prepared.analytic_intervals(&weights, 0.95)) {
                        let Some((value, (_, [low, high]))) = value.statistic.value().zip(interval) else { continue };
                        prop_assert!(low <= value + 1e-12 && value <= high + 1e-12, "{low} {value} {high}");
                    }
                }
                let exhibits = serde_json::to_string(&assessment.exhibits(&weights)).unwrap();
                // A number that is none would be written as null.
                let exhibits = exhibits.replace("\"threshold\":null", "").replace("\"class\":null", "");
                prop_assert!(!exhibits.contains("null"));
            }
        }
    }

    #[test]
    fn the_order_of_rows_plays_no_part(rows in tables(), seed in any::<prop::sample::Index>()) {
        let options = options_of_all();
        let mut turned = rows.clone();
        if !rows.is_empty() {
            turned.rotate_left(seed.index(rows.len()));
            turned.reverse();
        }
        let (set, turned) = (set(rows), set(turned));
        // Torch-uncertainty takes equally confident rows in their order.
        for convention in CONVENTIONS.into_iter().filter(|name| *name != "torch_uncertainty") {
            let all = Weights::all(set.len());
            let values = |set: &ClassSet| set.assess(&options, Some(convention)).unwrap().values(&all);
            let (a, b) = (values(&set), values(&turned));
            for (a, b) in a.iter().zip(&b) {
                prop_assert!(agree(a.statistic, b.statistic) && a.n == b.n, "{a:?}, not {b:?}");
            }
        }
    }

    #[test]
    fn the_brier_score_is_the_sum_of_its_parts(rows in tables(), bins in 1..20_u32) {
        let set = set(rows);
        let options = ClassOptions { bins, ..options_of_all() };
        let values = set.assess(&options, Some("default")).unwrap().values(&Weights::all(set.len()));
        for brier in values.iter().filter(|value| value.id == "brier_score") {
            let part = |id: &str| {
                let found = values.iter().find(|value| value.id == id && value.class == brier.class);
                found.and_then(|value| value.statistic.value())
            };
            let gain = part("brier_resolution").map(|gain| -gain);
            let parts = [part("brier_reliability"), gain, part("brier_uncertainty"), part("brier_within_bins")];
            if let Some(score) = brier.statistic.value() {
                let sum = parts.into_iter().map(Option::unwrap).sum::<f64>();
                prop_assert!((score - sum).abs() < 1e-12, "{score}, not {sum}");
            }
        }
    }

    #[test]
    fn a_growing_map_of_scores_changes_no_auroc(rows in proptest::collection::vec((any::<bool>(), 0..9_u8), 1..12)) {
        let of = |map: fn(f64) -> f64| {
            set(rows.iter().map(|(truth, score)| yes_or_no(*truth, map(f64::from(*score) / 8.0))).collect())
        };
        let (plain_set, mapped) = (of(|score| score), of(|score| 3.0 * score * score - 1.0));
        let turned = of(|score| 1.0 - score);
        let area = |set: &ClassSet| statistic(set, &plain(), "default", "auroc", None);
        prop_assert_eq!(area(&plain_set), area(&mapped));
        if let (Some(area), Some(turned)) = (area(&plain_set).value(), area(&turned).value()) {
            prop_assert!((area + turned - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn a_joined_set_holds_both(rows in tables(), other in tables()) {
        let other = other.into_iter().zip(&rows);
        let other = other.map(|(of_other, row)| ClassRow { truth: row.truth.clone(), ..of_other });
        // Yes and no have names of their own.
        let plain = |row: &ClassRow| {
            let said = row.prediction.classes.iter().flatten().chain(row.prediction.scores.keys());
            !matches!(row.truth, ClassTruth::Binary(_)) && said.into_iter().all(|class| class.len() == 1)
        };
        let other = other.filter(plain);
        let other = other.collect::<Vec<_>>();
        if other.len() != rows.len() {
            return Ok(());
        }
        let options = options_of_all();
        let (a, b) = (set(rows), set(other));
        let of_both = ClassSet::joined(&a, &b).unwrap();
        for name in conventions(Task::Classes) {
            if let Ok(assessment) = of_both.assess(&options, Some(name)) {
                check_each_case_alone(&assessment);
            }
        }
        let joined = of_both.assess(&options, Some("default")).unwrap();
        for (first, alone) in [(true, &a), (false, &b)] {
            let half = |on: bool| std::iter::repeat_n(u32::from(on), a.len());
            let found = joined.values(&Weights::new(half(first).chain(half(!first)).collect()));
            let expected = alone.assess(&options, Some("default")).unwrap().values(&Weights::all(a.len()));
            for value in expected.iter().filter(|value| value.statistic.value().is_some()) {
                let same = found.iter().find(|found| found.id == value.id && found.class == value.class).unwrap();
                let comparable = same.convention == value.convention;
                prop_assert!(!comparable || agree(same.statistic, value.statistic), "{same:?}, not {value:?}");
            }
        }
    }
}

fn convention_words_differ(a: &[groundglass_types::Value], b: &[groundglass_types::Value]) -> bool {
    a.iter().zip(b).any(|(a, b)| a.id != b.id || a.class != b.class || a.convention != b.convention)
}
