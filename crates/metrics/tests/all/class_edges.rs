//! Tables of classes at their edges, worked by hand: scores at a threshold, families that do not apply, formulas of
//! intervals, curves.

use std::collections::BTreeMap;

use groundglass_metrics::engine::math::ln;
use groundglass_metrics::interval::wilson;
use groundglass_metrics::{
    ClassOptions, ClassPrediction, ClassRow, ClassSet, ClassTruth, Exhibit, FrequencyGroup, TruthShares, Weights,
    delong_paired,
};
use groundglass_types::{Statistic, Value};

use crate::common::draws::close;

fn scored<const N: usize>(scores: [(&str, f64); N]) -> ClassPrediction {
    let scores = scores.into_iter().map(|(class, score)| (class.to_owned(), score)).collect();
    ClassPrediction { scores, ..ClassPrediction::default() }
}

fn one<const N: usize>(truth: &str, scores: [(&str, f64); N]) -> ClassRow {
    ClassRow::new("", ClassTruth::One(truth.to_owned()), scored(scores))
}

fn some<const N: usize>(truths: &[&str], scores: [(&str, f64); N]) -> ClassRow {
    let truths = truths.iter().map(|&truth| truth.to_owned()).collect();
    ClassRow::new("", ClassTruth::Set(truths), scored(scores))
}

fn shared(row: ClassRow, shares: [(&str, f64); 3]) -> ClassRow {
    let classes = shares.into_iter().map(|(class, share)| (class.to_owned(), share)).collect();
    ClassRow { shares: Some(TruthShares { classes, abstention: 0.0 }), ..row }
}

/// The default report of these rows.
fn report(rows: Vec<ClassRow>, options: &ClassOptions) -> Vec<Value> {
    let set = ClassSet::new(rows).unwrap();
    set.assess(options, None).unwrap().values(&Weights::all(set.len()))
}

fn number(values: &[Value], id: &str, class: Option<&str>) -> f64 {
    let value = values.iter().find(|value| value.id == id && value.class.as_deref() == class);
    value.unwrap_or_else(|| panic!("no {id}")).statistic.value().unwrap_or_else(|| panic!("{id} is undefined"))
}

fn three(scores: [f64; 3]) -> [(&'static str, f64); 3] {
    [("x", scores[0]), ("y", scores[1]), ("z", scores[2])]
}

#[test]
fn a_class_belongs_to_a_differential_above_the_threshold_and_not_at_it() {
    let options =
        ClassOptions { differential_threshold: 0.25, severe: vec!["z".to_owned()], ..ClassOptions::default() };
    // The truth's score is the threshold: it does not belong. Predicted: y. Given: x and y, z is at the threshold.
    let values = report(vec![shared(one("x", three([0.25, 0.5, 0.25])), three([0.375, 0.375, 0.25]))], &options);
    assert_eq!(["gtpa", "gtpa_at_1", "gtpa_at_5"].map(|id| number(&values, id, None)), [0.0; 3]);
    assert_eq!(["ddr", "ddp", "dsp", "dsr"].map(|id| number(&values, id, None)), [0.5, 1.0, 1.0, 0.0]);
    // Just above it, it does, and is second.
    let values = report(vec![shared(one("x", three([0.26, 0.5, 0.24])), three([0.375, 0.375, 0.25]))], &options);
    assert_eq!(["gtpa", "gtpa_at_1", "gtpa_at_3"].map(|id| number(&values, id, None)), [1.0, 0.0, 1.0]);
    assert_eq!(["ddr", "ddp", "dsp", "dsr"].map(|id| number(&values, id, None)), [1.0, 1.0, 1.0, 0.0]);
}

#[test]
fn of_several_labels_the_likelihood_is_that_of_what_is_true_of_each() {
    let rows = vec![some(&["a"], [("a", 0.8), ("b", 0.25)]), some(&["a", "b"], [("a", 0.5), ("b", 0.9)])];
    let values = report(rows, &ClassOptions::default());
    let likelihood = |class| Some(number(&values, "negative_log_likelihood", Some(class)));
    assert!(close(likelihood("a"), Some(-(ln(0.8) + ln(0.5)) / 2.0)));
    // b is not true of the first row: what its score leaves is the score of the truth.
    assert!(close(likelihood("b"), Some(-(ln(0.75) + ln(0.9)) / 2.0)));
}

/// The ids over all classes of a default report.
fn ids(rows: &[ClassRow], options: &ClassOptions) -> Vec<String> {
    report(rows.to_vec(), options).into_iter().map(|value| value.id).collect()
}

#[test]
fn families_are_reported_where_they_apply() {
    let class = |name: &str| name.to_owned();
    let known = ClassOptions {
        costs: BTreeMap::from([(class("x"), BTreeMap::from([(class("y"), 3.0)]))]),
        parents: [("x", "top"), ("y", "top")].map(|(child, parent)| (class(child), class(parent))).into(),
        severe: vec![class("x")],
        frequency_groups: BTreeMap::from([(class("x"), FrequencyGroup::Head)]),
        ..ClassOptions::default()
    };
    let asked = [
        ("expected_cost", "costs"),
        ("hierarchical_f1", "parents"),
        ("head_accuracy", "groups"),
        ("top_3_accuracy", "three classes with scores"),
        ("gtpa", "scores and shares"),
        ("hellinger_distance", "scores and shares"),
    ];
    let of = |rows: &[ClassRow], options: &ClassOptions| {
        let ids = ids(rows, options);
        asked.map(|(id, _)| ids.iter().any(|one| one == id))
    };
    let (none, all) = (ClassOptions::default(), |row: ClassRow| shared(row, three([0.5, 0.5, 0.0])));
    let single = one("x", three([0.5, 0.3, 0.2]));
    assert_eq!(of(&[all(single.clone())], &known), [true; 6]);
    assert_eq!(of(&[all(single.clone())], &none), [false, false, false, true, true, true]);
    assert_eq!(of(std::slice::from_ref(&single), &known), [true, true, true, true, false, false]);
    // What is known of severe classes alone is enough of a hierarchy.
    let severe = ClassOptions { severe: known.severe.clone(), ..none.clone() };
    assert!(of(std::slice::from_ref(&single), &severe)[1]);
    // Shares without scores are compared with nothing.
    let said = ClassPrediction { classes: Some(vec![class("y")]), ..ClassPrediction::default() };
    let unscored = all(ClassRow { prediction: said, ..single.clone() });
    assert_eq!(of(&[unscored], &known), [true, true, true, false, false, false]);
    // An abstention without shares is one side of the distance, too.
    let abstains = ClassPrediction { abstention: Some(0.2), ..single.prediction.clone() };
    assert!(of(&[ClassRow { prediction: abstains, ..single.clone() }], &none)[5]);
    // Two classes have no first three, and several labels no single truth.
    assert!(!of(&[one("x", [("x", 0.5), ("y", 0.5)])], &known)[3]);
    let several = all(some(&["x"], three([0.5, 0.3, 0.2])));
    let [cost, hierarchy, _, top, differential, _] = of(&[several], &known);
    assert_eq!([cost, hierarchy, top, differential], [false; 4]);
}

#[test]
fn a_cost_is_a_number_of_0_or_more() {
    for cost in [-1.0, f64::INFINITY, f64::NAN] {
        let costs = BTreeMap::from([("x".to_owned(), BTreeMap::from([("y".to_owned(), cost)]))]);
        let options = ClassOptions { costs, ..ClassOptions::default() };
        let fault = ClassSet::default().assess(&options, None).map(drop).unwrap_err().to_string();
        assert!(fault.contains("must cost 0 or more"), "{fault}");
    }
}

#[test]
fn proportions_have_wilsons_interval_and_means_have_none() {
    let right = || one("x", three([0.5, 0.3, 0.2]));
    let rows = vec![right(), right(), right(), one("y", three([0.5, 0.3, 0.2])), one("z", three([0.5, 0.3, 0.2]))];
    let set = ClassSet::new(rows).unwrap();
    let assessment = set.assess(&ClassOptions::default(), None).unwrap();
    let weights = Weights::all(5);
    let mut found = BTreeMap::new();
    for prepared in assessment.prepared() {
        for (line, interval) in prepared.lines().iter().zip(prepared.analytic_intervals(&weights, 0.95)) {
            if let Some((name, interval)) = interval {
                found.insert((line.id, line.class.clone()), (name, interval));
            }
        }
    }
    let mut check = |id, class: Option<&str>, successes, n| {
        let interval = found.remove(&(id, class.map(str::to_owned)));
        assert_eq!(interval, Some(("wilson", wilson(successes, n, 0.95).unwrap())), "{id} {class:?}");
    };
    check("accuracy", None, 3, 5);
    check("selective_accuracy", None, 3, 5);
    check("coverage", None, 5, 5);
    // x is named first in all five rows, y second, z third.
    for (id, hits) in [("top_1_accuracy", 3), ("top_3_accuracy", 5), ("top_5_accuracy", 5)] {
        check(id, None, hits, 5);
    }
    for (class, truths, hits) in [("x", 3, 3), ("y", 1, 0), ("z", 1, 0)] {
        check("sensitivity", Some(class), hits, truths);
        let (negatives, rejected) = (5 - truths, if class == "x" { 0 } else { 4 });
        check("specificity", Some(class), rejected, negatives);
    }
    check("positive_predictive_value", Some("x"), 3, 5);
    check("negative_predictive_value", Some("y"), 4, 5);
    check("negative_predictive_value", Some("z"), 4, 5);
    // Nothing else is a share of counted rows; an area has its own formula.
    let others = found.iter().filter(|(_, (name, _))| *name == "wilson").map(|(line, _)| line).collect::<Vec<_>>();
    assert_eq!(others, Vec::<&(&str, Option<String>)>::new());
}

#[test]
fn reliability_is_drawn_once_and_not_of_single_labels() {
    let drawn = |rows: Vec<ClassRow>, convention| {
        let set = ClassSet::new(rows).unwrap();
        let exhibits = set.assess(&ClassOptions::default(), convention).unwrap().exhibits(&Weights::all(set.len()));
        exhibits.iter().filter(|exhibit| matches!(exhibit, Exhibit::Reliability { .. })).count()
    };
    let single = || vec![one("x", three([0.5, 0.3, 0.2]))];
    assert_eq!([drawn(single(), None), drawn(single(), Some("torchmetrics"))], [1, 0]);
    assert_eq!(drawn(vec![some(&["a"], [("a", 0.8), ("b", 0.25)])], None), 0);
}

#[test]
fn delongs_z_is_above_zero_where_the_first_model_is_better() {
    let rows = |scores: [f64; 6]| {
        let row = |(place, score): (usize, f64)| {
            ClassRow::new(place.to_string(), ClassTruth::Binary(place % 2 == 1), scored([("positive", score)]))
        };
        ClassSet::new(scores.into_iter().enumerate().map(row).collect()).unwrap()
    };
    // Truths alternate. The first model puts one pair of nine the wrong way round, the second four.
    let (better, worse) = (rows([0.1, 0.6, 0.3, 0.35, 0.4, 0.9]), rows([0.5, 0.6, 0.3, 0.2, 0.7, 0.9]));
    let z = |a: &ClassSet, b: &ClassSet| {
        let joined = ClassSet::joined(a, b).unwrap().assess(&ClassOptions::default(), None).unwrap();
        let half = |first: bool| Weights::new((0..12).map(|row| u32::from((row < 6) == first)).collect());
        let tests = joined.prepared().iter().flat_map(|prepared| prepared.paired_test(&half(true), &half(false)));
        let tests = tests.flatten().collect::<Vec<_>>();
        assert!(!tests.is_empty() && tests.iter().all(|test| test.method == "delong" && test.p > 0.0 && test.p < 1.0));
        tests[0].statistic
    };
    assert!(z(&better, &worse) > 0.0);
    // A row that neither model scores changes nothing; one that only one of them scores has no pair.
    let with_unscored = |set: &ClassSet| {
        let unscored = ClassRow::new("5", ClassTruth::Binary(true), ClassPrediction::default());
        ClassSet::new([&set.rows()[..5], &[unscored]].concat()).unwrap()
    };
    let (fewer, other) = (with_unscored(&better), with_unscored(&worse));
    assert!(z(&fewer, &other) > 0.0);
    let joined = ClassSet::joined(&fewer, &worse).unwrap().assess(&ClassOptions::default(), None).unwrap();
    let halves = [[1, 0], [0, 1]].map(|halves| Weights::new(halves.map(|half| vec![half; 6]).concat()));
    let tests = joined.prepared().iter().flat_map(|prepared| prepared.paired_test(&halves[0], &halves[1]));
    assert_eq!(tests.flatten().count(), 0);
    assert!((z(&better, &worse) + z(&worse, &better)).abs() < 1e-12);
}

#[test]
fn zeros_of_either_sign_are_equal_scores_and_one_row_has_no_variance() {
    let weights = Weights::all(4);
    let truths = [true, false, true, false];
    let paired = delong_paired(&truths, &[0.0, -0.0, -0.0, 0.0], &[-0.0, 0.0, 1.0, -1.0], &weights).unwrap();
    // All are equal; then one pair of four is a tie, and three are right.
    assert_eq!((paired.first, paired.second), (Statistic::Value(0.5), Statistic::Value(3.5 / 4.0)));
    // One positive has an area, and no variance.
    let paired = delong_paired(&[true, false, false, false], &[0.6, 0.5, 0.7, 0.1], &[0.9, 0.5, 0.7, 0.1], &weights);
    let paired = paired.unwrap();
    assert_eq!([paired.variance, paired.z, paired.p].map(|statistic| statistic.value()), [None; 3]);
}

#[test]
fn a_long_curve_of_classes_keeps_points_evenly_spaced_by_rank() {
    const KEPT: usize = 2000;
    let score = |rank: usize| (5000 - rank) as f64 / 5001.0;
    let row = |rank: usize| {
        ClassRow::new(rank.to_string(), ClassTruth::Binary(rank.is_multiple_of(2)), scored([("positive", score(rank))]))
    };
    let set = ClassSet::new((0..5000).map(row).collect()).unwrap();
    let exhibits = set.assess(&ClassOptions::default(), None).unwrap().exhibits(&Weights::all(5000));
    let thresholds = exhibits.iter().find_map(|exhibit| match exhibit {
        Exhibit::Curve(curve) if curve.id == "class_precision_recall" => {
            Some(curve.points.iter().map(|point| point.threshold).collect::<Vec<_>>())
        }
        _ => None,
    });
    let expected = (0..KEPT).map(|step| Some(score(step * 4999 / (KEPT - 1)))).collect::<Vec<_>>();
    assert_eq!(thresholds.unwrap(), expected);
}

#[test]
fn the_risk_of_a_coverage_is_the_share_of_errors_among_the_surest() {
    let scores = |confidence: f64| three([confidence, 0.1, 0.0]);
    let rows = vec![
        one("y", scores(0.8)),
        one("x", scores(0.9)),
        one("z", scores(0.6)),
        one("x", scores(0.6)),
        one("x", scores(0.5)),
    ];
    let set = ClassSet::new(rows).unwrap();
    let assessment = set.assess(&ClassOptions::default(), None).unwrap();
    let points = |weights: Vec<u32>| {
        let curve = assessment.exhibits(&Weights::new(weights)).into_iter().find_map(|exhibit| match exhibit {
            Exhibit::Curve(curve) if curve.id == "risk_coverage" => Some(curve),
            _ => None,
        });
        curve.unwrap().points.iter().map(|point| (point.x, point.y, point.threshold)).collect::<Vec<_>>()
    };
    assert_eq!(
        points(vec![1; 5]),
        [(0.2, 0.0, Some(0.9)), (0.4, 0.5, Some(0.8)), (0.8, 0.5, Some(0.6)), (1.0, 0.4, Some(0.5))]
    );
    // The surest twice, the rest once but for one that does not count.
    assert_eq!(
        points(vec![1, 2, 0, 1, 0]),
        [(0.5, 0.0, Some(0.9)), (0.75, 1.0 / 3.0, Some(0.8)), (1.0, 0.25, Some(0.6))]
    );
}
