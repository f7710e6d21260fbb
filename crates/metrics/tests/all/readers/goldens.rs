//! Against what the packages and the definitions say of the same sets.

use super::drawn::{draw_areas, draw_labelled, draw_ranked};
use super::*;

type Expected = Vec<Vec<Option<f64>>>;

#[derive(Deserialize)]
struct Goldens {
    ranked: Expected,
    labelled: Expected,
    masks: Expected,
    boxes: Expected,
    staples: Expected,
    posteriors: Vec<Posterior>,
    dirichlets: Vec<(Vec<Groups>, f64, f64)>,
}

#[derive(Deserialize)]
struct Posterior {
    unranked: Unranked,
    classes: usize,
    readers: Vec<Groups>,
    repetitions: u32,
    means: [f64; 3],
    largest: Option<[f64; 3]>,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../../../../tests/reference/readers/goldens.json")).unwrap()
}

/// How many numbers were compared.
fn compare(place: &str, found: &[Option<f64>], expected: &[Option<f64>]) -> usize {
    assert_eq!(found.len(), expected.len(), "{place}");
    for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
        let agrees = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
            (None, None) => true,
            _ => false,
        };
        assert!(agrees, "{place}, value {index}: {found:?} is not {expected:?}");
    }
    expected.iter().flatten().count()
}

#[test]
fn ordered_lists_agree_with_their_definitions() {
    let (mut rng, mut compared) = (SplitMix(1), 0);
    for (index, expected) in goldens().ranked.iter().enumerate() {
        let set = draw_ranked(&mut rng);
        let options = RankedReadingOptions::default();
        let mut found = values(&set.assess(&options, Some("irn")).unwrap(), &Weights::all(1));
        found.extend(values(&set.assess(&options, Some("average_overlap")).unwrap(), &Weights::all(1)));
        compared += compare(&format!("list {index}: {set:?}"), &found, expected);
    }
    assert!(compared > 7000, "{compared}");
}

#[test]
fn classes_agree_with_statsmodels_and_krippendorff() {
    let (mut rng, mut compared) = (SplitMix(2), 0);
    for (index, expected) in goldens().labelled.iter().enumerate() {
        let set = draw_labelled(&mut rng);
        let assessment = set.assess(&LabelReadingOptions::default(), None).unwrap();
        let found = values(&assessment, &Weights::all(set.cases().len()));
        compared += compare(&format!("classes {index}: {set:?}"), &found, expected);
    }
    assert!(compared > 8000, "{compared}");
}

#[test]
fn masks_and_boxes_agree_with_their_definitions_and_simpleitk() {
    let (mut rng, goldens, mut compared) = (SplitMix(3), goldens(), 0);
    let count = goldens.masks.len();
    let set = AreaReadings::new((0..count).map(|case| draw_areas(&mut rng, case)).collect()).unwrap();
    for (region, all) in [(RegionKind::Mask, &goldens.masks), (RegionKind::Box, &goldens.boxes)] {
        let options = AreaReadingOptions { region, iou_threshold: 0.3, ..Default::default() };
        let families: &[_] = if region == RegionKind::Mask { &["default", "staple"] } else { &["default"] };
        let assessments = families.iter().map(|name| set.assess(&options, Some(name)).unwrap()).collect::<Vec<_>>();
        for (case, expected) in all.iter().enumerate() {
            let mut found = Vec::new();
            for class in [None, Some("a")] {
                for assessment in &assessments {
                    let of_class = assessment.lines().map(|line| line.class.as_deref() == class);
                    let values = values(assessment, &only(case, count));
                    found.extend(of_class.zip(values).filter(|(wanted, _)| *wanted).map(|(_, value)| value));
                }
            }
            compared += compare(&format!("{region:?} {case}: {:?}", set.cases()[case]), &found, expected);
        }
    }
    assert!(compared > 9000, "{compared}");
}

#[test]
fn staple_agrees_with_simpleitk() {
    let (mut rng, mut compared) = (SplitMix(4), 0);
    for (index, expected) in goldens().staples.iter().enumerate() {
        let truth = (0..30).map(|_| rng.below(3) == 0).collect::<Vec<_>>();
        let count = 1 + rng.below(6);
        let readers = (0..count)
            .map(|_| truth.iter().map(|truth| truth ^ (rng.below(6) == 0)).collect::<Vec<_>>())
            .collect::<Vec<_>>();
        let pattern =
            |pixel: usize| (0..count).fold(0, |bits, reader| bits | u64::from(readers[reader][pixel]) << reader);
        let mut votes = BTreeMap::new();
        (0..30).for_each(|pixel| *votes.entry(pattern(pixel)).or_insert(0) += 1);
        let votes = votes.into_iter().collect::<Vec<_>>();
        let estimate = staple(&votes, count);
        let of_pixel = |pixel: usize| {
            let place = votes.iter().position(|(voters, _)| *voters == pattern(pixel)).unwrap();
            Some(estimate.probabilities[place])
        };
        let mut found = (0..30).map(of_pixel).collect::<Vec<_>>();
        found.extend(estimate.sensitivities.iter().chain(&estimate.specificities).copied().map(Some));
        compared += compare(&format!("image {index}"), &found, expected);
    }
    assert!(compared > 2500, "{compared}");
}

#[test]
fn plackett_luce_draws_from_the_posterior() {
    for Posterior { unranked, classes, readers, repetitions, means, largest } in goldens().posteriors {
        let plackett_luce =
            PlackettLuceOptions { repetitions, unranked, thinning: 3, ..PlackettLuceOptions::default() };
        let options = RankedReadingOptions { samples: 20_000, plackett_luce, ..Default::default() };
        for class in 0..3_u32 {
            // Of four classes the last two are one share, which nobody lists.
            let parts = if classes == 4 && class == 2 { 2.0 } else { 1.0 };
            let set = one_case(readers.clone(), classes, vec![vec![class]]);
            let assessment = set.assess(&options, Some("plackett_luce")).unwrap();
            let mean = number(&assessment, "plackett_luce_top1_coverage") * parts;
            assert!((mean - means[class as usize]).abs() < 0.01, "{readers:?}, {class}: {mean}, {means:?}");
            if let Some(largest) = largest {
                let found = number(&assessment, "plackett_luce_top1_accuracy");
                assert!((found - largest[class as usize]).abs() < 0.02, "{readers:?}: {found}, {largest:?}");
            }
        }
    }
}

#[test]
fn probabilistic_irn_draws_from_its_dirichlet() {
    for (readers, temperature, first) in goldens().dirichlets {
        let options = RankedReadingOptions { samples: 40_000, temperature, ..Default::default() };
        let shares: f64 =
            readers.iter().flat_map(|groups| groups.iter().enumerate()).map(|(g, _)| 1.0 / (g as f64 + 1.0)).sum();
        let of_first: f64 = readers
            .iter()
            .filter_map(|groups| groups.iter().position(|group| group[0] == 0))
            .map(|g| 1.0 / (g as f64 + 1.0))
            .sum();
        let assessment = one_case(readers, 2, vec![vec![0]]).assess(&options, Some("prirn")).unwrap();
        let accuracy = number(&assessment, "prirn_top1_accuracy");
        assert!((accuracy - first).abs() < 0.01, "{accuracy} is not {first}");
        let spread = number(&assessment, "prirn_top1_accuracy_sd");
        assert!((spread - (accuracy * (1.0 - accuracy)).sqrt()).abs() < 1e-9);
        let certainty = number(&assessment, "prirn_certainty");
        assert!((certainty - accuracy.max(1.0 - accuracy)).abs() < 1e-12);
        let expected = (temperature * of_first / shares + 0.01) / (temperature + 0.02);
        let coverage = number(&assessment, "prirn_top1_coverage");
        assert!((coverage - expected).abs() < 0.01, "{coverage} is not {expected}");
    }
}
