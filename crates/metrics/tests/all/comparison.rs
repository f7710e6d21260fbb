//! Two sets of predictions against each other: scipy, statsmodels, worked cases, and chance.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::stand_in::{MEAN, MEDIAN, Random, SUM, assessment, dyadic, goldens, joined, units};
use crate::common::{boxes, case, finding, masks, set_of, truth};
use groundglass_metrics::compare::{ByCase, ComparisonLine, TestFamily, benjamini_hochberg, compare, holm, mcnemar};
use groundglass_metrics::{
    Assessment, ClassOptions, ClassPrediction, ClassRow, ClassSet, ClassTruth, Comparing, Comparison,
    ComparisonOptions, EvaluationSet, MetricsError, RegionKind, Resampling, Weights, delong_paired,
};
use groundglass_types::{Finding, Statistic};
use proptest::prelude::*;

fn compared(joined: &Arc<Assessment>, options: &ComparisonOptions) -> Comparison {
    Comparing::new(joined, options).unwrap().finish()
}

fn few(resamples: u32, permutations: u32, seed: u32) -> ComparisonOptions {
    ComparisonOptions {
        resampling: Resampling { resamples, seed, ..Resampling::default() },
        permutations,
        ..ComparisonOptions::default()
    }
}

#[test]
fn differences_agree_with_scipy_on_the_same_resamples_and_swaps() {
    let (mut exact, mut random) = (0, 0);
    for golden in goldens().bootstrap {
        let (a, b) = (dyadic(&golden.values), dyadic(&golden.other));
        let joined = joined(&a, &b, units(&golden.patients), false);
        let mut options = few(golden.resamples, golden.resamples, golden.seed);
        options.resampling.level = golden.level;
        let comparison = compared(&joined, &options);
        let line = &comparison.lines[MEAN];
        let [low, high, p_bootstrap] = golden.difference;
        let found = line.interval.unwrap();
        assert!((found[0] - low).abs() < 1e-12 && (found[1] - high).abs() < 1e-12, "{found:?} {low} {high}");
        assert!((line.p_bootstrap.unwrap() - p_bootstrap).abs() < 1e-12, "{line:?} {p_bootstrap}");
        let p = line.p_permutation.unwrap();
        assert!((p - golden.permutation).abs() < 1e-12, "{p} {} {}", golden.permutation, comparison.clusters);
        *(if comparison.exact { &mut exact } else { &mut random }) += 1;
    }
    assert!(exact > 30 && random > 30, "{exact} {random}");
}

#[test]
fn mcnemar_agrees_with_statsmodels() {
    let all = goldens().mcnemar;
    assert!(all.len() > 200);
    for (only_a, only_b, exact, corrected) in all {
        let test = mcnemar(only_a, only_b);
        assert!((test.p_exact / exact - 1.0).abs() < 1e-9, "{test:?} {exact}");
        match corrected {
            Some(corrected) => assert!((test.p_chi_squared - corrected).abs() < 1e-12, "{test:?} {corrected}"),
            None => assert_eq!((only_a, test.p_chi_squared), (only_b, 1.0)),
        }
        assert_eq!(mcnemar(only_b, only_a).p_exact, test.p_exact);
    }
    for (only_a, only_b) in [(u64::MAX, u64::MAX), (u64::MAX, 0), (1 << 40, (1 << 40) + 7)] {
        let test = mcnemar(only_a, only_b);
        assert!((0.0..=1.0).contains(&test.p_exact) && (0.0..=1.0).contains(&test.p_chi_squared), "{test:?}");
    }
}

#[test]
fn adjusted_p_agrees_with_statsmodels() {
    for [p, by_holm, by_hochberg] in goldens().multiple {
        // Places without a p-value change nothing.
        let some = p.iter().flat_map(|&p| [Some(p), None]).collect::<Vec<_>>();
        for (found, expected) in [(holm(&some), by_holm), (benjamini_hochberg(&some), by_hochberg)] {
            for (place, found) in found.into_iter().enumerate() {
                let expected = (place % 2 == 0).then(|| expected[place / 2]);
                assert!(found.is_some() == expected.is_some());
                assert!((found.unwrap_or(0.0) - expected.unwrap_or(0.0)).abs() < 1e-12, "{found:?} {expected:?}");
            }
        }
    }
    assert!(holm(&[]).is_empty() && benjamini_hochberg(&[None]) == [None]);
}

#[test]
fn a_small_comparison_worked_by_hand() {
    // Differences 3, 1, -1, 0 (of 4 cases): mean 0.75.
    let (a, b) = ([4.0, 3.0, 2.0, 5.0].map(Some), [1.0, 2.0, 3.0, 5.0].map(Some));
    let comparison = compared(&joined(&a, &b, units(&[-1; 4]), false), &few(0, 16, 0));
    let line = &comparison.lines[MEAN];
    assert_eq!((line.a, line.b, line.difference), (Statistic::Value(3.5), Statistic::Value(2.75), Some(0.75)));
    // Of +-3 +-1 +-1 the eight sums are 5 3 3 1 -1 -3 -3 -5; the observed is 3. The fourth case doubles all.
    assert_eq!((line.p_permutation, comparison.exact, comparison.permutations), (Some(0.75), true, 16));
    assert_eq!(line.by_case, Some(ByCase { win: 2, tie: 1, loss: 1, undefined: 0 }));
    // Nothing was resampled, and no case is 0 or 1 alone.
    assert_eq!((line.interval, line.p_bootstrap, line.p_mcnemar, line.p_delong), (None, None, None, None));
    assert!(comparison.notes.is_empty());
    // The sum is no metric of which more is better.
    assert_eq!((comparison.lines[SUM].by_case, comparison.lines[SUM].difference), (None, Some(3.0)));
    // Three lines with p 0.75, those of the mean and the sum the same; Holm multiplies the first by three.
    assert_eq!(line.p_holm, Some(1.0));
    // Two patients: +-4 +-1 with the observed 3; all of +-3 and +-5 are as great.
    let comparison = compared(&joined(&a, &b, units(&[1, 1, 2, 2]), false), &few(0, 16, 0));
    assert_eq!((comparison.lines[MEAN].p_permutation, comparison.clusters), (Some(1.0), 2));
}

#[test]
fn yes_and_no_are_counted_by_mcnemar() {
    let (a, b) = ([1.0, 1.0, 1.0, 1.0, 0.0, 1.0].map(Some), [0.0, 0.0, 0.0, 0.0, 0.0, 1.0].map(Some));
    let comparison = compared(&joined(&a, &b, units(&[-1; 6]), false), &few(50, 0, 0));
    let line = &comparison.lines[MEAN];
    // Four heads of four; (4 - 1)^2 / 4 = 2.25.
    assert_eq!(line.p_mcnemar, Some(0.125));
    assert!((line.p_mcnemar_chi_squared.unwrap() - 0.13361440253771617).abs() < 1e-12);
    assert_eq!((line.p_permutation, comparison.permutations, comparison.lines[SUM].p_mcnemar), (None, 0, None));
    // Without swaps the bootstrap's p-value is adjusted.
    assert_eq!(line.p_holm.is_some(), line.p_bootstrap.is_some());
    assert!(comparison.notes.is_empty());
    let shared = compared(&joined(&a, &b, units(&[1, 1, 2, 3, 4, 5]), false), &few(50, 0, 0));
    assert_eq!(shared.notes.len(), 1);
}

#[test]
fn what_a_family_knows_itself_is_taken() {
    let (a, b) = ([Some(1.0), None, Some(0.5)], [Some(0.0), Some(1.0), Some(0.75)]);
    let [plain, rich] = [false, true].map(|rich| compared(&joined(&a, &b, units(&[-1; 3]), rich), &few(20, 8, 1)));
    for (plain, rich) in plain.lines.iter().zip(&rich.lines) {
        assert_eq!((plain.by_case, plain.p_permutation), (rich.by_case, rich.p_permutation));
    }
    assert_eq!(plain.lines[MEAN].by_case, Some(ByCase { win: 1, tie: 0, loss: 1, undefined: 1 }));
    // The stand-in's test says 1 over all weights.
    assert_eq!(rich.lines.iter().map(|line| line.p_delong).collect::<Vec<_>>(), [None, Some(1.0 / 6.0), None]);
    assert_eq!(plain.lines[MEDIAN].p_delong, None);
}

/// The second model's findings lie further off.
fn two_models() -> [EvaluationSet; 2] {
    let mut random = Random(11);
    let mut model = |off: usize| {
        let mut set = EvaluationSet::new();
        for index in 0..10 {
            let name = index.to_string();
            let mut case = case(&name, Some(vec![truth("disk", [2, 2, 9, 9]), truth("rod", [15, 15, 8, 4])]));
            case.attributes.insert("patient".to_owned(), (index / 2).to_string());
            set.add_case(case).unwrap();
            let shift = (random.next() % 3) as usize * off;
            let disk = finding("disk", random.uniform(), [2 + shift, 2, 9, 9]);
            let rod = finding("rod", random.uniform(), [15, 15 + shift / 2, 8, 4]);
            set.set_findings(&name, vec![disk, rod]).unwrap();
        }
        set
    };
    [model(1), model(2)]
}

#[test]
fn halves_of_a_joined_set_are_what_each_set_is_alone() {
    let [a, b] = two_models();
    for options in [boxes(), masks()] {
        let joined = EvaluationSet::joined(&a, &b, options.region).unwrap().assess(&options, None).unwrap();
        let cases = joined.units().len() / 2;
        for (half, set) in [&a, &b].into_iter().enumerate() {
            let alone = set.assess(&options, None).unwrap();
            let weights = (0..2 * cases).map(|case| u32::from(case / cases == half)).collect();
            assert_eq!(joined.measure(&Weights::new(weights)), alone.measure(&Weights::all(cases)));
            assert_eq!(joined.units()[half * cases + 3].attributes, alone.units()[3].attributes);
        }
    }
}

#[test]
fn a_joined_set_says_nothing_else_than_its_rows() {
    let row = |(case, score): (usize, &f64)| {
        let scores = [("positive".to_owned(), *score)].into();
        let prediction = ClassPrediction { scores, ..ClassPrediction::default() };
        ClassRow::new(case.to_string(), ClassTruth::Binary(case % 3 == 0), prediction)
    };
    let set = |scores: [f64; 6]| ClassSet::new(scores.iter().enumerate().map(row).collect()).unwrap();
    let joined = ClassSet::joined(&set([0.9, 0.1, 0.4, 0.6, 0.7, 0.2]), &set([0.4, 0.5, 0.6, 0.8, 0.1, 0.2])).unwrap();
    let rows = ClassSet::new(joined.rows().to_vec()).unwrap();
    let of = |set: &ClassSet| set.assess(&ClassOptions::default(), None).unwrap();
    let (joined, rows) = (of(&joined), of(&rows));
    let [first, second] = [[1, 0], [0, 1]].map(|halves| Weights::new(halves.map(|half| vec![half; 6]).concat()));
    let (mut intervals, mut tests, mut exhibits) = (0, 0, 0);
    for (joined, rows) in joined.prepared().iter().zip(rows.prepared()) {
        assert_eq!(joined.analytic_intervals(&first, 0.9), rows.analytic_intervals(&first, 0.9));
        assert_eq!(joined.paired_test(&first, &second), rows.paired_test(&first, &second));
        assert_eq!(joined.exhibits(&first), rows.exhibits(&first));
        let several = [first.clone(), second.clone()];
        assert_eq!(joined.measure_several(&several), rows.measure_several(&several));
        intervals += joined.analytic_intervals(&first, 0.9).iter().flatten().count();
        tests += joined.paired_test(&first, &second).iter().flatten().count();
        exhibits += joined.exhibits(&first).len();
        assert!(joined.case_values().is_some() && rows.case_values().is_none_or(|values| !values.is_empty()));
    }
    assert!(intervals > 0 && tests > 0 && exhibits > 0, "{intervals} {tests} {exhibits}");
}

#[test]
fn lines_of_classes_are_no_tests_of_their_own() {
    let [a, b] = two_models();
    let joined = EvaluationSet::joined(&a, &b, RegionKind::Box).unwrap().assess(&boxes(), None).unwrap();
    let joined = Arc::new(joined);
    for (permutations, family) in [(30, TestFamily::Overall), (0, TestFamily::Overall), (30, TestFamily::All)] {
        let comparison = compared(&joined, &ComparisonOptions { family, ..few(40, permutations, 2) });
        let within = |line: &&ComparisonLine| family == TestFamily::All || line.class.is_none();
        let (inside, outside): (Vec<_>, Vec<_>) = comparison.lines.iter().partition(within);
        let p = inside.iter().map(|line| if permutations > 0 { line.p_permutation } else { line.p_bootstrap });
        let p = p.collect::<Vec<_>>();
        let (by_holm, by_hochberg) = (holm(&p), benjamini_hochberg(&p));
        for ((line, by_holm), by_hochberg) in inside.iter().zip(by_holm).zip(by_hochberg) {
            assert_eq!((line.p_holm, line.p_benjamini_hochberg), (by_holm, by_hochberg), "{}", line.id);
        }
        let some = |line: &&ComparisonLine| line.p_bootstrap.is_some();
        assert!(inside.iter().any(some) && outside.iter().all(|line| line.p_holm.is_none()));
        assert_eq!((comparison.family, comparison.adjusted), (family, p.iter().flatten().count()));
        let told = comparison.notes.iter().filter(|note| note.contains("Holm")).collect::<Vec<_>>();
        if family == TestFamily::Overall {
            assert!(outside.iter().any(some) && told[0].contains(&format!("the {} lines", comparison.adjusted)));
        } else {
            assert!(told.is_empty());
        }
    }
    let default: ComparisonOptions = serde_json::from_str("{}").unwrap();
    assert_eq!(default.family, TestFamily::Overall);
}

#[test]
fn batches_and_threads_change_no_bit() {
    let [a, b] = two_models();
    let joined = EvaluationSet::joined(&a, &b, RegionKind::Box).unwrap().assess(&boxes(), None).unwrap();
    let (joined, options) = (Arc::new(joined), few(40, 25, 9));
    let expected = compared(&joined, &options);
    assert!(!expected.exact && expected.lines.iter().any(|line| line.p_permutation.is_some_and(|p| p < 1.0)));
    for batch in [1, 9] {
        let mut comparing = Comparing::new(&joined, &options).unwrap();
        // The cases of a joined set are known; none is a piece of work.
        while comparing.advance(batch).done < 40 + 25 {}
        assert_eq!(comparing.advance(1).total, 40 + 25);
        assert_eq!(comparing.finish(), expected);
    }
    for threads in [1, 3] {
        assert_eq!(Comparing::new(&joined, &options).unwrap().run_on(threads, &mut |_| true).unwrap(), expected);
    }
    assert_eq!(compare(&joined, &options, &mut |_| true).unwrap(), expected);
    assert_eq!(compare(&joined, &options, &mut |_| false), Err(MetricsError::Cancelled));
}

#[test]
fn only_cases_that_count_in_both_are_compared() {
    let truths = || vec![truth("disk", [2, 2, 9, 9])];
    let hit = |label: &str| vec![finding(label, 0.9, [2, 2, 9, 9])];
    let set = |names: [&str; 3], label: &str| {
        let mut set = EvaluationSet::new();
        for name in names {
            set.add_case(case(name, Some(truths()))).unwrap();
            set.set_findings(name, hit(label)).unwrap();
        }
        set
    };
    // Each set alone takes its findings' only label for the truth's; together they still do.
    let (mut a, b) = (set(["x", "y", "b: x"], "lesion"), set(["b: x", "x", "z"], "disc"));
    a.add_case(case("z", None)).unwrap();
    let joined = EvaluationSet::joined(&a, &b, RegionKind::Box).unwrap();
    let names = joined.cases().map(|(case, _)| case.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names, ["a: x", "a: b: x", "b: x", "b: b: x"]);
    assert!(joined.cases().flat_map(|(_, findings)| findings.unwrap()).all(|finding| finding.label == "disk"));
    // No case in common; another truth.
    let other = set_of(vec![(truths(), Vec::new())]);
    assert!(EvaluationSet::joined(&a, &other, RegionKind::Box).is_err());
    let mut other = b;
    other.set_truth("x", None).unwrap();
    assert_eq!(EvaluationSet::joined(&a, &other, RegionKind::Box).unwrap().len(), 2);
    other.add_case(case("x", Some(Vec::new()))).unwrap();
    other.set_findings("x", Vec::<Finding>::new()).unwrap();
    assert!(EvaluationSet::joined(&a, &other, RegionKind::Box).is_err());
}

#[test]
fn halves_must_be_of_the_same_cases() {
    let values = dyadic(&[1, 2, 3]);
    let odd = assessment(values, units(&[1, 2, 3]), false);
    assert!(Comparing::new(&odd, &ComparisonOptions::default()).is_err());
    let others = assessment(dyadic(&[1, 2]), units(&[1, 2]), false);
    assert!(Comparing::new(&others, &ComparisonOptions::default()).is_err());
    let fine = joined(&dyadic(&[1]), &dyadic(&[2]), units(&[1]), false);
    let too_many = ComparisonOptions { permutations: 100_001, ..ComparisonOptions::default() };
    assert!(Comparing::new(&fine, &too_many).is_err());
}

#[test]
fn p_is_even_where_nothing_differs() {
    let (mut random, sets) = (Random(5), 400);
    let mut below = [[0; 3]; 2];
    for set in 0..sets {
        let mut draw = || (0..14).map(|_| Some(random.uniform())).collect::<Vec<_>>();
        let (a, b) = (draw(), draw());
        let comparison = compared(&joined(&a, &b, units(&[-1; 14]), false), &few(99, 99, set));
        let line = &comparison.lines[MEAN];
        for (counts, p) in below.iter_mut().zip([line.p_permutation, line.p_bootstrap]) {
            for (count, level) in counts.iter_mut().zip([0.1, 0.3, 0.7]) {
                *count += u32::from(p.unwrap() <= level);
            }
        }
    }
    // Four standard deviations; the bootstrap is somewhat eager with so few cases.
    for (level, [permutation, bootstrap]) in
        [0.1, 0.3, 0.7].into_iter().zip([0, 1, 2].map(|at| [below[0][at], below[1][at]]))
    {
        let (mean, spread) = (level * f64::from(sets), 4.0 * (level * (1.0 - level) * f64::from(sets)).sqrt());
        assert!((f64::from(permutation) - mean).abs() < spread, "{permutation} at {level}");
        assert!((f64::from(bootstrap) - mean).abs() < 1.6 * spread, "{bootstrap} at {level}");
    }
}

proptest! {
    #[test]
    fn the_other_way_round_is_the_same(pairs in proptest::collection::vec((0..64_i64, 0..64_i64, -1..4_i64), 1..12), seed: u32) {
        let a = dyadic(&pairs.iter().map(|pair| pair.0).collect::<Vec<_>>());
        let b = dyadic(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>());
        let patients = pairs.iter().map(|pair| pair.2).collect::<Vec<_>>();
        let of = |a: &[_], b: &[_]| compared(&joined(a, b, units(&patients), false), &few(30, 40, seed));
        let (forth, back) = (of(&a, &b), of(&b, &a));
        for (forth, back) in forth.lines.iter().zip(&back.lines) {
            prop_assert_eq!(forth.difference.unwrap(), -back.difference.unwrap());
            prop_assert_eq!([forth.p_bootstrap, forth.p_permutation, forth.p_mcnemar], [back.p_bootstrap, back.p_permutation, back.p_mcnemar]);
            let turned = back.by_case.map(|by| ByCase { win: by.loss, loss: by.win, ..by });
            prop_assert_eq!(forth.by_case, turned);
            if let (Some([low, high]), Some([lower, higher])) = (forth.interval, back.interval) {
                prop_assert!((low + higher).abs() < 1e-12 && (high + lower).abs() < 1e-12);
            }
        }
        // Against itself nothing differs.
        for line in of(&a, &a).lines {
            prop_assert_eq!((line.difference, line.p_permutation), (Some(0.0), Some(1.0)));
            prop_assert!(line.p_bootstrap.is_none_or(|p| p == 1.0) && line.interval.is_none_or(|ends| ends == [0.0, 0.0]));
            prop_assert!(line.by_case.is_none_or(|by| by.tie == pairs.len() as u64));
        }
    }

    #[test]
    fn every_p_is_a_share(pairs in proptest::collection::vec((proptest::option::of(-1e300..1e300_f64), proptest::option::of(-1.0..1.0_f64)), 0..6), seed: u32) {
        let (a, b) = pairs.iter().copied().unzip::<_, _, Vec<_>, Vec<_>>();
        let comparison = compared(&joined(&a, &b, units(&vec![-1; pairs.len()]), true), &few(20, 20, seed));
        for line in comparison.lines {
            let tests = [line.p_bootstrap, line.p_permutation, line.p_mcnemar, line.p_mcnemar_chi_squared, line.p_holm, line.p_benjamini_hochberg];
            prop_assert!(tests.into_iter().flatten().all(|p| p > 0.0 && p <= 1.0), "{tests:?}");
            prop_assert!(line.interval.is_none_or(|ends| ends.into_iter().all(f64::is_finite)));
        }
    }
}

fn scored(scores: &[f64]) -> ClassSet {
    let row = |(index, score): (usize, &f64)| {
        let scores = BTreeMap::from([("positive".to_owned(), *score), ("negative".to_owned(), 1.0 - score)]);
        let prediction = ClassPrediction { scores, ..ClassPrediction::default() };
        ClassRow::new(index.to_string(), ClassTruth::Binary(index % 3 == 0), prediction)
    };
    ClassSet::new(scores.iter().enumerate().map(row).collect()).unwrap()
}

#[test]
fn areas_under_the_roc_curve_are_compared_by_delong() {
    let first = [0.9, 0.3, 0.2, 0.8, 0.6, 0.1, 0.4, 0.35, 0.7, 0.95, 0.2, 0.45];
    let second = [0.5, 0.6, 0.2, 0.3, 0.6, 0.3, 0.9, 0.1, 0.7, 0.4, 0.8, 0.2];
    let truths = (0..12).map(|index| index % 3 == 0).collect::<Vec<_>>();
    let expected = delong_paired(&truths, &first, &second, &Weights::all(12)).unwrap();
    let joined = ClassSet::joined(&scored(&first), &scored(&second)).unwrap();
    let assessment = Arc::new(joined.assess(&ClassOptions::default(), None).unwrap());
    let compared = compare(&assessment, &ComparisonOptions::default(), &mut |_| true).unwrap();
    let line = compared.lines.iter().find(|line| line.id == "auroc").unwrap();
    assert!(line.difference.unwrap() > 0.0);
    assert_eq!(line.p_delong, expected.p.value());
    assert!(compared.lines.iter().all(|line| line.id == "auroc" || line.p_delong.is_none()));
}
