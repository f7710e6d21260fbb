//! Several readers: goldens, cases worked by hand, and what must hold of any set.

mod drawn;
mod goldens;
mod properties;
mod worked;

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

fn one_case(readers: Vec<Groups>, count: usize, prediction: Groups) -> RankedReadings {
    let prediction = Some(Prediction::Ranking(prediction));
    let case = RankedReading { case: "a".into(), readers: named(readers), prediction, ..Default::default() };
    RankedReadings::new(classes(count), None, vec![case]).unwrap()
}
