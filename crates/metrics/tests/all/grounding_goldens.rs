//! Random sets against the grounding systems' own metrics; see `tests/reference/grounding`.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_metrics::{EvaluateOptions, EvaluationSet, RegionKind, Weights};
use groundglass_types::{BoundingBox, Case, Finding, Region, Truth, TruthRegion, Value};
use serde::Deserialize;

/// A value is rounded to 12 digits there.
const TOLERANCE: f64 = 1e-9;

const LABELS: [&str; 4] = ["a,x,p", "a,y,p", "b,x,q", "b,y,p"];

#[derive(Deserialize)]
struct Goldens {
    families: Vec<String>,
    full: Vec<BTreeMap<String, serde_json::Value>>,
    /// For each further set one checksum a family.
    sums: Vec<Vec<Option<f64>>>,
}

/// The same draws as `make_goldens.py`.
struct SplitMix64(u64);

impl SplitMix64 {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn region(&mut self, flat: bool) -> [f64; 4] {
        let least = if flat { 0 } else { 1 };
        let [x, y, width, height] = [64, 64, 40, 40].map(|bound| self.below(bound));
        [x, y, width.max(least), height.max(least)].map(|quarters| quarters as f64 / 4.0)
    }
}

fn drawn_set(seed: u64) -> EvaluationSet {
    let mut rng = SplitMix64(seed);
    let labels = [1, 2, 4][rng.below(3) as usize];
    let flat = rng.below(5) == 0;
    let mut set = EvaluationSet::new();
    let mut drawn = 0;
    for index in 0..=rng.below(6) {
        let video = rng.below(3);
        let truths = (0..rng.below(4)).map(|_| (rng.below(labels), rng.region(flat))).collect::<Vec<_>>();
        let mut findings = Vec::new();
        for _ in 0..rng.below(6) {
            let (mut label, mut xywh) = (rng.below(labels), rng.region(flat));
            if !truths.is_empty() && rng.below(4) > 0 {
                let (of, near) = truths[rng.below(truths.len() as u64) as usize];
                let [dx, dy] = [(); 2].map(|()| (rng.below(9) as f64 - 4.0) / 4.0);
                xywh = [near[0] + dx, near[1] + dy, near[2], near[3]];
                if rng.below(3) > 0 {
                    label = of;
                }
            }
            drawn += 1;
            let score = (rng.below(997) * 1000 + drawn) as f64 / 1e6;
            let region = Region::from_box(BoundingBox::from_xywh(xywh));
            findings.push(Finding { label: LABELS[label as usize].to_owned(), score, region });
        }
        let region = |(label, xywh): (u64, [f64; 4])| TruthRegion {
            label: LABELS[label as usize].to_owned(),
            region: Region::from_box(BoundingBox::from_xywh(xywh)),
            crowd: false,
            area: None,
        };
        let case = Case {
            name: index.to_string(),
            width: 32,
            height: 32,
            truth: Some(Truth { regions: truths.into_iter().map(region).collect() }),
            attributes: BTreeMap::from([("video".to_owned(), video.to_string())]),
            ..Case::default()
        };
        set.add_case(case).unwrap();
        set.set_findings(&index.to_string(), findings).unwrap();
    }
    set
}

fn values(set: &EvaluationSet, family: &str) -> Vec<Value> {
    let options =
        EvaluateOptions { score_threshold: 0.0, iou_threshold: 0.5, region: RegionKind::Box, surface_tolerance: 2.0 };
    let assessment = set.assess(&options, Some(family)).unwrap();
    assessment.values(&Weights::all(assessment.units().len()))
}

/// The numbers that the reference lists, in its order.
fn numbers(values: &[Value], family: &str) -> Vec<Option<f64>> {
    let component = |class: Option<&str>| family != "ivtdmetrics" || !matches!(class, Some("iv" | "it"));
    let overall = |class: Option<&str>| family == "ivtdmetrics" || class.is_none();
    let listed = values.iter().filter(|value| component(value.class.as_deref()) && overall(value.class.as_deref()));
    listed.map(|value| value.statistic.value()).collect()
}

fn agree(place: &str, found: Option<f64>, expected: Option<f64>, tolerance: f64) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < tolerance, "{place}: {found}, {expected}"),
        _ => assert_eq!(found, expected, "{place}"),
    }
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../../../tests/reference/grounding/goldens.json")).unwrap()
}

#[test]
fn every_number_of_some_sets() {
    for (seed, expected) in goldens().full.iter().enumerate() {
        let set = drawn_set(seed as u64);
        for (family, expected) in expected {
            let Some(expected) = Option::<serde_json::Value>::deserialize(expected).unwrap() else { continue };
            if family == "rodeo_by_class" {
                by_class(seed, &values(&set, "rodeo"), serde_json::from_value(expected).unwrap());
                continue;
            }
            let expected: Vec<Option<f64>> = serde_json::from_value(expected).unwrap();
            let found = numbers(&values(&set, family), family);
            assert_eq!(found.len(), expected.len(), "{family}");
            for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
                agree(&format!("set {seed}, {family} {place}"), *found, expected, TOLERANCE);
            }
        }
    }
}

/// Where the package has a number for a class (it has none where nothing is paired).
fn by_class(seed: usize, values: &[Value], expected: BTreeMap<String, [Option<f64>; 4]>) {
    let classes = values.iter().filter_map(|value| value.class.as_deref()).collect::<BTreeSet<_>>();
    assert_eq!(classes, expected.keys().map(String::as_str).collect::<BTreeSet<_>>());
    for (class, expected) in &expected {
        let of_class = values.iter().filter(|value| value.class.as_ref() == Some(class));
        for (value, expected) in of_class.zip(expected) {
            if expected.is_some() {
                agree(&format!("set {seed}, {class}, {}", value.id), value.statistic.value(), *expected, TOLERANCE);
            }
        }
    }
}

#[test]
fn the_sums_of_many_sets() {
    let goldens = goldens();
    assert!(goldens.sums.len() >= 1500);
    for (index, expected) in goldens.sums.iter().enumerate() {
        let seed = goldens.full.len() + index;
        let set = drawn_set(seed as u64);
        for (family, expected) in goldens.families.iter().zip(expected) {
            let Some(expected) = expected else { continue };
            let found = numbers(&values(&set, family), family);
            let weighted = found.iter().enumerate().map(|(place, value)| (place + 1) as f64 * value.unwrap_or(2.0));
            agree(&format!("set {seed}, {family}"), Some(weighted.sum()), Some(*expected), TOLERANCE * 100.0);
        }
    }
}
