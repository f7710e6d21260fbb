//! Several readers: goldens, cases worked by hand, and what must hold of any set.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use groundglass_metrics::{
    AreaReading, AreaReadingOptions, AreaReadings, Assessment, Consensus, LabelReading, LabelReadingOptions,
    LabelReadings, Measured, MetricsError, PlackettLuceOptions, Prediction, RankedReading, RankedReadingOptions,
    RankedReadings, RegionKind, Unranked, Weights, definitions, staple,
};
use groundglass_types::{BoundingBox, EmptyBoth, Finding, Mask, Region, Statistic, TruthRegion, Undefined};
use proptest::prelude::*;
use serde::Deserialize;

/// Columns and rows of the cases worked by hand.
const SIZE: usize = 32;

/// A region that is a rectangle of whole pixels, with its mask.
fn rectangle([x, y, width, height]: [usize; 4]) -> Region {
    let inside = |column, row| column >= x && column < x + width && row >= y && row < y + height;
    Region::from_mask(Mask::from_fn(SIZE, SIZE, inside).unwrap()).unwrap()
}

fn truth(label: &str, xywh: [usize; 4]) -> TruthRegion {
    TruthRegion { label: label.to_owned(), region: rectangle(xywh), crowd: false, area: None }
}

fn finding(label: &str, score: f64, xywh: [usize; 4]) -> Finding {
    Finding { label: label.to_owned(), score, region: rectangle(xywh) }
}

type Groups = Vec<Vec<u32>>;
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
    serde_json::from_str(include_str!("../../../tests/reference/readers/goldens.json")).unwrap()
}

/// The generator from which the goldens' cases are drawn too.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 33) % bound) as usize
    }
}

fn named<T>(readers: Vec<T>) -> BTreeMap<String, T> {
    readers.into_iter().enumerate().map(|(index, of)| (format!("reader {index}"), of)).collect()
}

fn classes(count: usize) -> Vec<String> {
    (1..=count).map(|class| class.to_string()).collect()
}

/// The values of one line each, in the order of the lines.
fn values(assessment: &Assessment, weights: &Weights) -> Vec<Option<f64>> {
    assessment.measure(weights).into_iter().map(|measured| measured.statistic.value()).collect()
}

fn measured(assessment: &Assessment, weights: &Weights, id: &str) -> Measured {
    let place = assessment.lines().position(|line| line.id == id && line.class.is_none()).unwrap();
    assessment.measure(weights)[place]
}

fn number(assessment: &Assessment, id: &str) -> f64 {
    let weights = Weights::all(assessment.units().len());
    measured(assessment, &weights, id).statistic.value().unwrap()
}

/// Weights under which one case counts.
fn only(case: usize, cases: usize) -> Weights {
    let mut weights = Weights::new(vec![0; cases]);
    weights.as_mut_slice()[case] = 1;
    weights
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

// ---- Drawn as in make_goldens.py ------------------------------------------------------------------------------------

fn draw_groups(rng: &mut SplitMix, classes: usize) -> Groups {
    let mut order = (0..classes as u32).collect::<Vec<_>>();
    for i in (1..classes).rev() {
        let j = rng.below(i as u64 + 1);
        order.swap(i, j);
    }
    let mut groups = Groups::new();
    let length = rng.below(classes as u64 + 1);
    for (index, &class) in order[..length].iter().enumerate() {
        if index == 0 || rng.below(3) > 0 {
            groups.push(vec![class]);
        } else {
            groups.last_mut().unwrap().push(class);
        }
    }
    groups
}

fn draw_ranked(rng: &mut SplitMix) -> RankedReadings {
    let count = 2 + rng.below(6);
    let readers = (0..rng.below(5)).map(|_| draw_groups(rng, count)).collect::<Vec<_>>();
    let prediction = match rng.below(5) {
        0 | 1 => Some(Prediction::Ranking(draw_groups(rng, count))),
        2 | 3 => Some(Prediction::Scores((0..count).map(|_| rng.below(5) as f64 / 4.0).collect())),
        _ => None,
    };
    let risks = (0..count).map(|_| rng.below(3) as u8).collect();
    let case = RankedReading { case: "a".into(), readers: named(readers), prediction, ..Default::default() };
    RankedReadings::new(classes(count), Some(risks), vec![case]).unwrap()
}

fn draw_labelled(rng: &mut SplitMix) -> LabelReadings {
    let (count, readers, everybody) = (2 + rng.below(3), 2 + rng.below(3), rng.below(2) == 0);
    let only_one = rng.below(8) == 0;
    let names = classes(count);
    let case = |index: usize, rng: &mut SplitMix| {
        let truth = rng.below(count as u64);
        let mut given = BTreeMap::new();
        for reader in 0..readers {
            let (there, wrong, other) = (rng.below(4) > 0, rng.below(3) == 0, rng.below(count as u64));
            let label = if only_one {
                0
            } else if wrong {
                other
            } else {
                truth
            };
            if there || everybody {
                given.insert(reader.to_string(), names[label].clone());
            }
        }
        let prediction = names.get(rng.below(count as u64 + 1)).cloned();
        LabelReading { case: index.to_string(), readers: given, prediction, ..Default::default() }
    };
    let cases = (0..1 + rng.below(7)).map(|index| case(index, rng)).collect();
    LabelReadings::new(Some(names.clone()), cases).unwrap()
}

const WIDTH: usize = 10;
const HEIGHT: usize = 8;
type Drawn = Vec<([usize; 4], usize, f64)>;

fn draw_rectangle(rng: &mut SplitMix) -> [usize; 4] {
    let (x, y) = (rng.below(WIDTH as u64), rng.below(HEIGHT as u64));
    [x, y, 1 + rng.below((WIDTH - x) as u64), 1 + rng.below((HEIGHT - y) as u64)]
}

fn jittered(rng: &mut SplitMix, [x, y, width, height]: [usize; 4]) -> [usize; 4] {
    let mut moved = |from: usize, least: usize, most: usize| (from + rng.below(3)).saturating_sub(1).clamp(least, most);
    let (x, y) = (moved(x, 0, WIDTH - 1), moved(y, 0, HEIGHT - 1));
    [x, y, moved(width, 1, WIDTH - x), moved(height, 1, HEIGHT - y)]
}

fn draw_side(rng: &mut SplitMix, base: &[([usize; 4], usize)]) -> Drawn {
    let mut side = Vec::new();
    for &(xywh, label) in base {
        if rng.below(4) > 0 {
            side.push((jittered(rng, xywh), label, (1 + rng.below(8)) as f64 / 8.0));
        }
    }
    if rng.below(4) == 0 {
        side.push((draw_rectangle(rng), rng.below(2), (1 + rng.below(8)) as f64 / 8.0));
    }
    side
}

fn region([x, y, width, height]: [usize; 4]) -> Region {
    let inside = |column, row| column >= x && column < x + width && row >= y && row < y + height;
    Region::from_mask(Mask::from_fn(WIDTH, HEIGHT, inside).unwrap()).unwrap()
}

const LABELS: [&str; 2] = ["a", "b"];

fn truths(side: &Drawn) -> Vec<TruthRegion> {
    let made = |&(xywh, label, _): &([usize; 4], usize, f64)| TruthRegion {
        label: LABELS[label].into(),
        region: region(xywh),
        crowd: false,
        area: None,
    };
    side.iter().map(made).collect()
}

fn draw_areas(rng: &mut SplitMix, case: usize) -> AreaReading {
    let base = (0..rng.below(4)).map(|_| (draw_rectangle(rng), rng.below(2))).collect::<Vec<_>>();
    let readers = (0..rng.below(6)).map(|_| truths(&draw_side(rng, &base))).collect();
    let made = |(xywh, label, score): ([usize; 4], usize, f64)| Finding {
        label: LABELS[label].into(),
        score,
        region: region(xywh),
    };
    let findings = (rng.below(6) > 0).then(|| draw_side(rng, &base).into_iter().map(made).collect());
    AreaReading {
        case: case.to_string(),
        width: WIDTH,
        height: HEIGHT,
        readers: named(readers),
        findings,
        ..Default::default()
    }
}

// ---- Goldens --------------------------------------------------------------------------------------------------------

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

fn one_case(readers: Vec<Groups>, count: usize, prediction: Groups) -> RankedReadings {
    let prediction = Some(Prediction::Ranking(prediction));
    let case = RankedReading { case: "a".into(), readers: named(readers), prediction, ..Default::default() };
    RankedReadings::new(classes(count), None, vec![case]).unwrap()
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

// ---- Worked by hand -------------------------------------------------------------------------------------------------

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

// ---- Of any set -----------------------------------------------------------------------------------------------------

/// A set's assessments, made from its cases by their indices.
trait Rebuilt {
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
fn sets(seed: u64) -> Vec<Box<dyn Rebuilt>> {
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
