//! Intervals and groups against scipy, against worked cases, and against chance.

use std::sync::Arc;

use crate::common::stand_in::{MEAN, MEDIAN, Random, SUM, assessment, dyadic, goldens, units};
use crate::common::{boxes, case, finding, truth};
use groundglass_metrics::interval::{LineInterval, NoInterval, bca_interval, percentile_interval, quantile};
use groundglass_metrics::{
    Assessment, Bootstrap, BootstrapMethod, EvaluationSet, Line, Measured, MetricsError, Prepared, ReportOptions,
    Reporting, Resampling, ResamplingUnit, Unit, Weights,
};
use groundglass_types::{Convention, Statistic, Undefined, Value};
use proptest::prelude::*;

const METHODS: [BootstrapMethod; 2] = [BootstrapMethod::Percentile, BootstrapMethod::Bca];

fn intervals(assessment: &Arc<Assessment>, options: &Resampling) -> Vec<LineInterval> {
    Bootstrap::new(assessment, options).unwrap().finish()
}

fn by_case(resamples: u32) -> Resampling {
    Resampling { unit: ResamplingUnit::Case, resamples, ..Resampling::default() }
}

#[test]
fn intervals_agree_with_scipy_on_the_same_resamples() {
    let (mut compared, mut degenerate) = (0, 0);
    for golden in goldens().bootstrap {
        let assessment = assessment(dyadic(&golden.values), units(&golden.patients), false);
        for (place, method) in METHODS.into_iter().enumerate() {
            let (seed, resamples, level) = (golden.seed, golden.resamples, golden.level);
            let options = Resampling { seed, resamples, level, method, ..Resampling::default() };
            let found = intervals(&assessment, &options);
            for (line, expected) in [(MEAN, golden.mean[place]), (MEDIAN, golden.median[place])] {
                match (found[line].interval, expected) {
                    (Some(found), Some(expected)) => {
                        let far = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                        assert!(far < 1e-12, "{found:?} {expected:?} {options:?}");
                        compared += 1;
                    }
                    // Where no left out cluster changes anything scipy's BCa says NaN; here the acceleration is 0.
                    (Some([low, high]), None) => {
                        assert!(low <= high && (line == MEDIAN || low == high));
                        degenerate += 1;
                    }
                    (None, None) => assert_eq!(found[line].reason, Some(NoInterval::OutsideReplicates)),
                    (None, Some(_)) => panic!("{:?} {options:?}", found[line]),
                }
            }
        }
    }
    assert!(compared > 500 && degenerate > 5 && degenerate < 40, "{compared} {degenerate}");
}

#[test]
fn quantiles_agree_with_numpy() {
    // numpy.quantile([1, 2, 4, 8], q)
    for (share, expected) in [(0.0, 1.0), (0.1, 1.3), (0.5, 3.0), (0.9, 6.800000000000001), (1.0, 8.0)] {
        assert_eq!(quantile(&[1.0, 2.0, 4.0, 8.0], share), Some(expected));
    }
    assert_eq!((quantile(&[], 0.5), quantile(&[1.0], f64::NAN), quantile(&[3.0], 0.7)), (None, None, Some(3.0)));
    assert_eq!(quantile(&[1.0, 2.0], 7.0), Some(2.0));
    assert_eq!(percentile_interval(&[], 0.9), None);
    assert_eq!(bca_interval(&[], 0.0, &[], 0.9), None);
    assert_eq!(bca_interval(&[1.0, 2.0], 0.0, &[1.0, 2.0], 0.9), None);
}

/// Findings of which some are wrong, in cases of which some share a patient and all have a site.
fn regions() -> EvaluationSet {
    let mut set = EvaluationSet::new();
    let mut random = Random(7);
    for index in 0..12 {
        let mut case = case(&index.to_string(), Some(vec![truth("disk", [2, 2, 9, 9]), truth("rod", [15, 15, 8, 4])]));
        case.attributes.insert("patient".to_owned(), (index / 2).to_string());
        case.attributes.insert("site".to_owned(), ["A", "B", "C"][index % 3].to_owned());
        set.add_case(case).unwrap();
        let at = |random: &mut Random| (random.next() % 4) as usize;
        let disk = finding("disk", random.uniform(), [2 + at(&mut random), 2 + at(&mut random), 9, 9]);
        let rod = finding("rod", random.uniform(), [15 + at(&mut random), 15, 8, 4]);
        set.set_findings(&index.to_string(), vec![disk, rod]).unwrap();
    }
    set
}

#[test]
fn batches_and_threads_change_no_bit() {
    let assessment = Arc::new(regions().assess(&boxes(), None).unwrap());
    for method in METHODS {
        let resampling = Resampling { resamples: 60, seed: 3, method, ..Resampling::default() };
        let options = ReportOptions { resampling: Some(resampling.clone()), group: Some("site".to_owned()) };
        let report = || Reporting::new(&assessment, &options).unwrap();
        let expected = report().finish();
        assert!(expected.values.iter().filter(|value| value.interval.is_some()).count() > 30);
        for batch in [1, 7, 1000] {
            let mut report = report();
            loop {
                let progress = report.advance(batch);
                if progress.done == progress.total {
                    break;
                }
            }
            assert_eq!(report.finish(), expected);
        }
        for threads in [1, 2, 5] {
            let mut report = report();
            report.advance(threads);
            let (mut heard, mut total) = (threads, 0);
            let found = report.run_on(threads, &mut |progress| {
                (heard, total) = (heard + 1, progress.total);
                progress.done == heard
            });
            assert_eq!(found.unwrap(), expected);
            assert_eq!(heard, total);
        }
        // Overall the bootstrap and the report are the same.
        let alone = Bootstrap::new(&assessment, &resampling).unwrap().run_on(2, &mut |_| true).unwrap();
        for (value, alone) in expected.values.iter().zip(alone) {
            assert_eq!(value.interval, alone.interval);
        }
        let other = ReportOptions { resampling: Some(Resampling { seed: 4, ..resampling }), ..options };
        assert_ne!(Reporting::new(&assessment, &other).unwrap().finish(), expected);
    }
}

#[test]
fn whoever_asks_can_stop_it() {
    let assessment = Arc::new(regions().assess(&boxes(), None).unwrap());
    let options = ReportOptions { resampling: Some(Resampling::default()), group: None };
    for threads in [1, 2] {
        let mut heard = 0;
        let stopped = Reporting::new(&assessment, &options).unwrap().run_on(threads, &mut |progress| {
            heard += 1;
            progress.done < 5
        });
        assert_eq!((stopped, heard), (Err(MetricsError::Cancelled), 5));
    }
    assert!(assessment.report(&options, &mut |_| false).is_err());
}

#[test]
fn options_out_of_their_range_are_refused() {
    let assessment = assessment(dyadic(&[1, 2]), units(&[-1, -1]), false);
    for (level, resamples) in [(0.0, 10), (1.0, 10), (f64::NAN, 10), (0.9, 100_001)] {
        let resampling = Resampling { level, resamples, ..Resampling::default() };
        assert!(Bootstrap::new(&assessment, &resampling).is_err());
        let options = ReportOptions { resampling: Some(resampling), group: None };
        assert!(Reporting::new(&assessment, &options).is_err());
    }
}

#[test]
fn an_interval_needs_enough_that_is_defined() {
    let only_one = |defined: usize| {
        let values = (0..5).map(|case| (case < defined).then_some(case as f64)).collect();
        assessment(values, units(&[-1; 5]), false)
    };
    for method in METHODS {
        let options = Resampling { method, ..by_case(500) };
        // Undefined in a third of the resamples.
        let found = intervals(&only_one(1), &options);
        assert_eq!((found[MEAN].interval, found[MEAN].reason), (None, Some(NoInterval::UndefinedResamples)));
        assert!(found[MEAN].defined.abs_diff(336) < 50, "{}", found[MEAN].defined);
        assert_eq!((found[SUM].reason, found[SUM].defined), (None, 500));
        // In a hundredth.
        let found = intervals(&only_one(3), &options);
        assert!(found[MEAN].interval.is_some() && found[MEAN].defined < 500);
        let found = intervals(&only_one(0), &options);
        assert_eq!((found[MEAN].reason, found[MEAN].defined), (Some(NoInterval::NoValue), 0));
        // One patient cannot be resampled, nor can none.
        let options = Resampling { unit: ResamplingUnit::Attribute("patient".to_owned()), ..options };
        let one = assessment(dyadic(&[1, 2, 3]), units(&[4, 4, 4]), false);
        assert_eq!(intervals(&one, &options)[MEAN].reason, Some(NoInterval::OneCluster));
        let none = assessment(Vec::new(), Vec::new(), false);
        let found = intervals(&none, &options);
        assert_eq!((found[MEAN].reason, found[SUM].reason), (Some(NoInterval::NoValue), Some(NoInterval::OneCluster)));
    }
    // The report says so.
    let options = ReportOptions { resampling: Some(by_case(100)), group: None };
    let notes = Reporting::new(&only_one(1), &options).unwrap().finish().notes;
    let expected = "No interval for dice, foreground_iou: undefined in more than a tenth of the resamples.";
    assert_eq!(notes, [expected]);
}

fn of_group<'a>(values: &'a [Value], group: Option<&str>, line: usize) -> &'a Value {
    values.iter().filter(|value| value.group.as_deref() == group).nth(line).unwrap()
}

#[test]
fn groups_are_what_they_would_be_alone() {
    let mut units = units(&[0, 0, 1, 2, 3, 4, 5]);
    for (unit, site) in units.iter_mut().zip(["B", "A", "A", "B", "B", "A"]) {
        unit.attributes.insert("site".to_owned(), site.to_owned());
    }
    let values = dyadic(&[10, 20, 30, 64, 50, 40, 8]);
    let resampling = Resampling { resamples: 300, ..Resampling::default() };
    let options = ReportOptions { resampling: Some(resampling.clone()), group: Some("site".to_owned()) };
    let report = Reporting::new(&assessment(values.clone(), units.clone(), false), &options).unwrap().finish();
    assert_eq!(report.values.len(), 4 * 3);
    for (group, cases) in [("A", vec![1, 2, 5]), ("B", vec![0, 3, 4]), ("(none)", vec![6])] {
        let of = |case: &usize| (values[*case], units[*case].clone());
        let (values, units) = cases.iter().map(of).unzip::<_, _, Vec<_>, Vec<_>>();
        let alone = assessment(values, units, false);
        let plain = ReportOptions { group: None, ..options.clone() };
        let alone = Reporting::new(&alone, &plain).unwrap().finish();
        for (line, expected) in alone.values.iter().enumerate() {
            let found = of_group(&report.values, Some(group), line);
            assert_eq!(*found, Value { group: Some(group.to_owned()), ..expected.clone() });
        }
        assert_eq!(alone.values[MEAN].interval.is_some(), group != "(none)");
    }
    assert!(report.notes.iter().any(|note| note.contains("dice ((none))")), "{:?}", report.notes);
    let mean = &report.groups[MEAN];
    let (worst, best) = (mean.worst.clone().unwrap(), mean.best.clone().unwrap());
    assert_eq!((worst.group.as_str(), worst.value), ("(none)", 8.0 / 64.0));
    assert_eq!(best.group, "B");
    assert_eq!(mean.gap, best.value - worst.value);
    let sizes = mean.groups.iter().map(|size| (size.group.as_str(), size.n)).collect::<Vec<_>>();
    assert_eq!(sizes, [("A", 3), ("B", 3), ("(none)", 1)]);
    assert!(report.groups[SUM].worst.is_none() && report.groups[SUM].gap > 0.0);
}

/// The mean of the cases of one group less that of all others.
struct Difference {
    lines: Vec<Line>,
    values: Vec<f64>,
    first: Vec<bool>,
}

impl Prepared for Difference {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let mean = |first: bool| {
            let cases = weights.counted().filter(|(case, _)| self.first[*case] == first).collect::<Vec<_>>();
            let sum = cases.iter().map(|&(case, count)| f64::from(count) * self.values[case]).sum::<f64>();
            let count = cases.iter().map(|(_, count)| f64::from(*count)).sum::<f64>();
            (count > 0.0).then(|| sum / count)
        };
        let difference = mean(true).zip(mean(false)).map(|(first, second)| first - second);
        let statistic = difference.map_or(Statistic::Undefined(Undefined::Nothing), Statistic::Value);
        vec![Measured { statistic, n: weights.total() }]
    }
}

/// Units with a site each: `A` where `first`.
fn at_sites(mut units: Vec<Unit>, first: &[bool]) -> Vec<Unit> {
    for (unit, first) in units.iter_mut().zip(first) {
        unit.attributes.insert("site".to_owned(), if *first { "A" } else { "B" }.to_owned());
    }
    units
}

#[test]
fn a_gap_is_drawn_as_a_difference_would_be() {
    let mut random = Random(3);
    let mut compared = 0;
    for _ in 0..40 {
        let count = 12 + (random.next() % 20) as usize;
        // Patients with several cases, some of them at both sites.
        let patients = (0..count).map(|_| (random.next() % 9) as i64 - 1).collect::<Vec<_>>();
        let first = (0..count).map(|_| !random.next().is_multiple_of(3)).collect::<Vec<_>>();
        let values = (0..count).map(|_| (random.next() % 64) as i64).collect::<Vec<_>>();
        let units = at_sites(units(&patients), &first);
        for method in METHODS {
            let resampling = Resampling { resamples: 100, seed: 5, method, ..Resampling::default() };
            let options = ReportOptions { resampling: Some(resampling.clone()), group: Some("site".to_owned()) };
            let set = assessment(dyadic(&values), units.clone(), false);
            let report = Reporting::new(&set, &options).unwrap().finish();
            let Some(gap) = report.groups.iter().find(|gap| gap.id == "dice") else { continue };
            let top = gap.best.as_ref().unwrap().group == "A";
            let difference = Difference {
                lines: vec![Line { id: "dice", class: None, convention: Convention::new("default", "") }],
                values: values.iter().map(|&value| value as f64 / 64.0).collect(),
                first: first.iter().map(|&first| first == top).collect(),
            };
            let of_difference = Arc::new(Assessment::new(units.clone(), vec![Box::new(difference)]));
            let expected = intervals(&of_difference, &resampling)[0];
            assert_eq!(gap.interval, expected.interval);
            assert_eq!(gap.interval_method.as_deref(), expected.interval.map(|_| method.word()));
            compared += usize::from(expected.interval.is_some());
            // Nothing else in the report knows of it.
            let mut batches = Reporting::new(&set, &options).unwrap();
            while batches.advance(7).done < batches.advance(0).total {}
            assert_eq!(batches.finish(), report);
            let none = ReportOptions { resampling: None, ..options };
            assert!(Reporting::new(&set, &none).unwrap().finish().groups.iter().all(|gap| gap.interval.is_none()));
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn groups_of_one_value_are_still_two() {
    let first = [true, false, true, false, true, false, true, false];
    let set = assessment(dyadic(&[0, 10, 40, 30, 40, 30, 0, 10]), at_sites(units(&[-1; 8]), &first), false);
    let options = ReportOptions { resampling: Some(by_case(200)), group: Some("site".to_owned()) };
    let gap = &Reporting::new(&set, &options).unwrap().finish().groups[MEAN];
    let [low, high] = gap.interval.unwrap();
    assert!(gap.gap == 0.0 && low < -0.05 && high > 0.05, "{gap:?}");
}

#[test]
fn a_gap_without_an_interval_is_told() {
    let units = at_sites(units(&[1; 6]), &[true, true, true, false, false, false]);
    let options = ReportOptions { resampling: Some(Resampling::default()), group: Some("site".to_owned()) };
    let set = assessment(dyadic(&[1, 2, 3, 4, 5, 6]), units, false);
    let report = Reporting::new(&set, &options).unwrap().finish();
    assert_eq!((report.groups[MEAN].gap, report.groups[MEAN].interval), (3.0 / 64.0, None));
    assert!(report.notes.iter().any(|note| note.starts_with("No interval for") && note.contains("clusters")));
}

#[test]
fn between_groups_that_are_alike_the_gap_holds_nothing_as_often_as_it_says() {
    let first = (0..60).map(|case| case % 2 == 0).collect::<Vec<_>>();
    let mut random = Random(8);
    let held = (0..300_u32).filter(|&seed| {
        let values = first.iter().map(|_| Some(random.uniform())).collect();
        let set = assessment(values, at_sites(units(&[-1; 60]), &first), false);
        let resampling = Resampling { resamples: 200, seed, ..Resampling::default() };
        let options = ReportOptions { resampling: Some(resampling), group: Some("site".to_owned()) };
        let [low, high] = Reporting::new(&set, &options).unwrap().finish().groups[MEAN].interval.unwrap();
        low <= 0.0 && 0.0 <= high
    });
    let share = held.count() as f64 / 300.0;
    assert!((0.9..0.98).contains(&share), "{share}");
}

#[test]
fn formulas_serve_where_nothing_is_resampled() {
    let (values, patients) = (dyadic(&[64, 0, 64, 64]), units(&[1, 1, 2, -1]));
    let options = ReportOptions { resampling: Some(Resampling { resamples: 0, ..Resampling::default() }), group: None };
    let report = Reporting::new(&assessment(values.clone(), patients, true), &options).unwrap().finish();
    assert_eq!(report.values[MEAN].interval_method.as_deref(), Some("wilson"));
    assert_eq!((report.values[MEDIAN].interval, report.values[SUM].interval), (None, None));
    // Of the patients the formula knows nothing.
    assert_eq!(report.notes.len(), 1);
    let report = Reporting::new(&assessment(values.clone(), units(&[-1; 4]), true), &options).unwrap().finish();
    assert!(report.values[MEAN].interval.is_some() && report.notes.is_empty());
    let none = ReportOptions::default();
    let report = Reporting::new(&assessment(values, units(&[-1; 4]), true), &none).unwrap().finish();
    assert!(report.values.iter().all(|value| value.interval.is_none() && value.interval_method.is_none()));
}

/// How often the interval of a mean holds the true one, 0.5.
fn coverage(unit: &ResamplingUnit, method: BootstrapMethod, seed: u64) -> f64 {
    let (patients, sets) = ((0..60).map(|case| case / 3).collect::<Vec<_>>(), 300);
    let mut random = Random(seed);
    let held = (0..sets).filter(|set| {
        // Cases of a patient are nearly alike.
        let own = (0..20).map(|_| random.uniform()).collect::<Vec<_>>();
        let values = patients.iter().map(|&patient| Some(0.9 * own[patient as usize] + 0.1 * random.uniform()));
        let assessment = assessment(values.collect(), units(&patients), false);
        let options = Resampling { unit: unit.clone(), resamples: 200, seed: *set, method, ..Resampling::default() };
        let [low, high] = intervals(&assessment, &options)[MEAN].interval.unwrap();
        low <= 0.5 && 0.5 <= high
    });
    held.count() as f64 / f64::from(sets)
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say_if_patients_are_drawn() {
    let patient = ResamplingUnit::Attribute("patient".to_owned());
    for method in METHODS {
        let by_patient = coverage(&patient, method, 1);
        assert!((0.88..0.98).contains(&by_patient), "{method:?}: {by_patient}");
    }
    // As if three images of one patient were three patients: the intervals are too narrow by the root of 3.
    let by_case = coverage(&ResamplingUnit::Case, BootstrapMethod::Percentile, 1);
    assert!(by_case < 0.82, "{by_case}");
}

proptest! {
    #[test]
    fn higher_levels_are_wider(values in proptest::collection::vec(0..64_i64, 2..20), seed: u32, a in 0.05..0.99_f64, b in 0.05..0.99_f64) {
        let assessment = assessment(dyadic(&values), units(&vec![-1; values.len()]), false);
        for method in METHODS {
            let of = |level| intervals(&assessment, &Resampling { seed, level, method, ..by_case(100) });
            for (narrow, wide) in of(a.min(b)).into_iter().zip(of(a.max(b))) {
                if let (Some([low, high]), Some([lower, higher])) = (narrow.interval, wide.interval) {
                    prop_assert!(lower <= low && low <= high && high <= higher && higher.is_finite());
                } else {
                    prop_assert!(narrow.reason.is_some() && narrow.reason == wide.reason);
                }
            }
        }
    }

    #[test]
    fn an_interval_holds_the_value_of_symmetric_data(half in proptest::collection::vec(1..32_i64, 3..12), seed: u32) {
        let values = half.iter().flat_map(|distance| [32 - distance, 32 + distance]).collect::<Vec<_>>();
        let assessment = assessment(dyadic(&values), units(&vec![-1; values.len()]), false);
        let [low, high] = intervals(&assessment, &Resampling { seed, ..by_case(300) })[MEAN].interval.unwrap();
        prop_assert!(low <= 0.5 && 0.5 <= high);
    }

    #[test]
    fn nothing_panics_and_all_is_finite(values in proptest::collection::vec(proptest::option::of(-1e300..1e300_f64), 0..6), patients in proptest::collection::vec(-1..3_i64, 6), seed: u32) {
        let assessment = assessment(values.clone(), units(&patients[..values.len()]), true);
        for (method, resamples) in [(METHODS[0], 20), (METHODS[1], 20), (METHODS[0], 0)] {
            let resampling = Resampling { seed, resamples, method, ..Resampling::default() };
            let options = ReportOptions { resampling: Some(resampling), group: Some("patient".to_owned()) };
            let report = Reporting::new(&assessment, &options).unwrap().finish();
            prop_assert!(report.values.iter().filter_map(|value| value.interval).flatten().all(f64::is_finite));
            prop_assert!(report.groups.iter().all(|group| group.gap.is_finite()));
        }
    }
}
