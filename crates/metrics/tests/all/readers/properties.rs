//! What must hold of any set.

use super::drawn::{draw_areas, draw_groups, draw_labelled, draw_ranked};
use super::*;
use crate::common::alone::check_each_case_alone;

/// A set's assessments, made from its cases by their indices.
pub trait Rebuilt {
    fn assessments(&self, cases: &[usize]) -> Vec<Assessment>;
    fn count(&self) -> usize;
}

fn quick() -> RankedReadingOptions {
    let plackett_luce = PlackettLuceOptions { warm_up: 5, ..Default::default() };
    RankedReadingOptions { samples: 20, plackett_luce, ..Default::default() }
}

fn ranked_assessments(set: &RankedReadings) -> Vec<Assessment> {
    [None, Some("plackett_luce")].map(|name| set.assess(&quick(), name).unwrap()).into()
}

fn area_assessments(set: &AreaReadings) -> Vec<Assessment> {
    [RegionKind::Mask, RegionKind::Box]
        .map(|region| set.assess(&AreaReadingOptions { region, ..Default::default() }, None).unwrap())
        .into()
}

impl Rebuilt for RankedReadings {
    fn assessments(&self, cases: &[usize]) -> Vec<Assessment> {
        let cases = cases.iter().map(|&case| self.cases()[case].clone()).collect();
        let risks = self.risks().map(<[u8]>::to_vec);
        ranked_assessments(&RankedReadings::new(self.classes().to_vec(), risks, cases).unwrap())
    }
    fn count(&self) -> usize {
        self.cases().len()
    }
}

impl Rebuilt for AreaReadings {
    fn assessments(&self, cases: &[usize]) -> Vec<Assessment> {
        area_assessments(&AreaReadings::new(cases.iter().map(|&case| self.cases()[case].clone()).collect()).unwrap())
    }
    fn count(&self) -> usize {
        self.cases().len()
    }
}

impl Rebuilt for LabelReadings {
    fn assessments(&self, cases: &[usize]) -> Vec<Assessment> {
        let cases = cases.iter().map(|&case| self.cases()[case].clone()).collect();
        let set = LabelReadings::new(Some(self.classes().to_vec()), cases).unwrap();
        vec![set.assess(&Default::default(), None).unwrap()]
    }
    fn count(&self) -> usize {
        self.cases().len()
    }
}

/// Sets of all three kinds.
pub fn sets(seed: u64) -> Vec<Box<dyn Rebuilt>> {
    let mut rng = SplitMix(seed);
    let areas = AreaReadings::new((0..4).map(|case| draw_areas(&mut rng, case)).collect()).unwrap();
    let first = draw_ranked(&mut rng);
    let mut cases = first.cases().to_vec();
    for index in 1..4 {
        let count = first.classes().len();
        let readers = (0..rng.below(4)).map(|_| draw_groups(&mut rng, count)).collect();
        let prediction = Some(Prediction::Ranking(draw_groups(&mut rng, count)));
        cases.push(RankedReading {
            case: index.to_string(),
            readers: named(readers),
            prediction,
            ..Default::default()
        });
    }
    let risks = first.risks().map(<[u8]>::to_vec);
    let ranked = RankedReadings::new(first.classes().to_vec(), risks, cases).unwrap();
    vec![Box::new(areas), Box::new(ranked), Box::new(draw_labelled(&mut rng))]
}

fn all_measured(assessments: &[Assessment], weights: &Weights) -> Vec<(&'static str, Option<String>, Measured)> {
    let of_one = |assessment: &Assessment| {
        let lines = assessment.lines().map(|line| (line.id, line.class.clone())).collect::<Vec<_>>();
        let values = assessment.measure(weights);
        assert_eq!(lines.len(), values.len());
        lines.into_iter().zip(values).map(|((id, class), value)| (id, class, value)).collect::<Vec<_>>()
    };
    assessments.iter().flat_map(of_one).collect()
}

fn check_close(
    found: &[(&'static str, Option<String>, Measured)],
    expected: &[(&'static str, Option<String>, Measured)],
) -> Result<(), TestCaseError> {
    for (id, class, found) in found {
        // A class that no repeated case has makes no line of its own.
        let Some((_, _, expected)) = expected.iter().find(|(other, of, _)| other == id && of == class) else {
            continue;
        };
        match (found.statistic, expected.statistic) {
            (Statistic::Value(a), Statistic::Value(b)) => prop_assert!((a - b).abs() < 1e-9, "{id}: {a} {b}"),
            (Statistic::Undefined(_), Statistic::Undefined(_)) => {}
            (a, b) => prop_assert!(false, "{id}: {a:?} {b:?}"),
        }
        prop_assert_eq!(found.n, expected.n, "{}", id);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn weights_are_repetitions_in_any_order(seed in any::<u64>(), counts in proptest::collection::vec(0..3_u32, 8), reversed in any::<bool>()) {
        for set in sets(seed) {
            let all = (0..set.count()).collect::<Vec<_>>();
            let counts = counts.iter().copied().chain(std::iter::repeat(1)).take(set.count()).collect::<Vec<_>>();
            let mut repeated = all.iter().flat_map(|&case| vec![case; counts[case] as usize]).collect::<Vec<_>>();
            if reversed {
                repeated.reverse();
            }
            let weighted = all_measured(&set.assessments(&all), &Weights::new(counts));
            let physical = all_measured(&set.assessments(&repeated), &Weights::all(repeated.len()));
            check_close(&weighted, &physical)?;
        }
    }

    #[test]
    fn numbers_keep_their_range(seed in any::<u64>()) {
        for set in sets(seed) {
            let all = (0..set.count()).collect::<Vec<_>>();
            for (id, _, measured) in all_measured(&set.assessments(&all), &Weights::all(set.count())) {
                if let Statistic::Value(value) = measured.statistic {
                    let signed = id.contains("difference") || id.contains("kappa") || id.contains("alpha");
                    let least = if signed { f64::NEG_INFINITY } else { 0.0 };
                    prop_assert!(value.is_finite() && value >= least && value <= 1.0 + 1e-12, "{} is {}", id, value);
                    prop_assert!(measured.n > 0, "{}", id);
                }
            }
            for (id, _, measured) in all_measured(&set.assessments(&all), &Weights::new(vec![0; set.count()])) {
                prop_assert!(measured.statistic.value().is_none() && measured.n == 0, "{}", id);
            }
        }
    }

    #[test]
    fn a_case_alone_is_one_that_alone_counts(seed in any::<u64>()) {
        for set in sets(seed) {
            for assessment in set.assessments(&(0..set.count()).collect::<Vec<_>>()) {
                check_each_case_alone(&assessment);
            }
        }
    }

    #[test]
    fn halves_of_joined_sets_are_the_sets(seed in any::<u64>()) {
        let mut rng = SplitMix(seed);
        let a = draw_ranked(&mut rng);
        let mut other = a.cases()[0].clone();
        other.prediction = Some(Prediction::Ranking(draw_groups(&mut rng, a.classes().len())));
        let b = RankedReadings::new(a.classes().to_vec(), a.risks().map(<[u8]>::to_vec), vec![other]).unwrap();
        let joined = ranked_assessments(&RankedReadings::joined(&a, &b).unwrap());
        for (counts, alone) in [(vec![2, 0], &a), (vec![0, 2], &b)] {
            let alone = all_measured(&ranked_assessments(alone), &Weights::new(vec![2]));
            check_close(&all_measured(&joined, &Weights::new(counts)), &alone)?;
        }
        let readings = |rng: &mut SplitMix| AreaReadings::new((0..2).map(|case| draw_areas(rng, case)).collect()).unwrap();
        let (a, b) = (readings(&mut rng), readings(&mut rng));
        let joined = area_assessments(&AreaReadings::joined(&a, &b).unwrap());
        for (counts, alone) in [(vec![1, 2, 0, 0], &a), (vec![0, 0, 1, 2], &b)] {
            let alone = all_measured(&area_assessments(alone), &Weights::new(vec![1, 2]));
            check_close(&all_measured(&joined, &Weights::new(counts)), &alone)?;
        }
        prop_assert!(AreaReadings::joined(&a, &AreaReadings::new(vec![]).unwrap()).is_err());
    }

    #[test]
    fn a_model_that_copies_the_only_reader_is_perfect(seed in any::<u64>()) {
        let mut rng = SplitMix(seed);
        let mut reading = draw_areas(&mut rng, 0);
        let side = reading.readers.values().next().cloned().unwrap_or_default();
        reading.readers = named(vec![side.clone()]);
        reading.findings = Some(side.into_iter().map(|truth| Finding { label: truth.label, score: 1.0, region: truth.region }).collect());
        let set = AreaReadings::new(vec![reading]).unwrap();
        for assessment in area_assessments(&set) {
            for line in assessment.lines().filter(|line| line.id.starts_with("reader_") || line.id.starts_with("staple_dice")) {
                let value = measured(&assessment, &Weights::all(1), line.id).statistic.value();
                prop_assert!(value.is_none_or(|value| value == 1.0), "{}: {:?}", line.id, value);
            }
        }
    }
}
