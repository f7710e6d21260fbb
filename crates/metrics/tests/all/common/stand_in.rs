//! A family whose statistics anyone can check: the mean and the median of one number a case.

use std::sync::Arc;

use groundglass_metrics::interval::wilson;
use groundglass_metrics::{Assessment, Line, Measured, PairedTest, Prepared, Unit, Weights};
use groundglass_types::{Convention, Statistic, Undefined};
use serde::Deserialize;

/// Lines: the mean under an id of which more is better, the median likewise, the sum under an id that no list has.
pub struct Numbers {
    lines: Vec<Line>,
    values: Vec<Option<f64>>,
    /// Whether it answers what is optional.
    rich: bool,
}

pub const MEAN: usize = 0;
pub const MEDIAN: usize = 1;
pub const SUM: usize = 2;

impl Numbers {
    pub fn new(values: Vec<Option<f64>>, rich: bool) -> Self {
        let line = |id| Line { id, class: None, convention: Convention::new("default", "n counts cases") };
        Self { lines: ["dice", "foreground_iou", "unlisted"].map(line).to_vec(), values, rich }
    }
}

impl Prepared for Numbers {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let repeated = |(case, count): (usize, u32)| std::iter::repeat_n(self.values[case], count as usize);
        let mut values = weights.counted().flat_map(repeated).flatten().collect::<Vec<_>>();
        values.sort_by(f64::total_cmp);
        let (n, sum) = (values.len(), values.iter().sum::<f64>());
        let middle = |values: &[f64]| 0.5 * (values[(n - 1) / 2] + values[n / 2]);
        let median = if n > 0 { Statistic::Value(middle(&values)) } else { Statistic::Undefined(Undefined::Nothing) };
        let mean = Statistic::ratio(sum, n as f64, Undefined::Nothing);
        [mean, median, Statistic::Value(sum)].map(|statistic| Measured { statistic, n: n as u64 }).to_vec()
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let mean = self.measure(weights)[MEAN];
        let interval = mean.statistic.value().and_then(|mean| wilson((mean * 100.0) as u64, 100, level));
        if self.rich { vec![interval.map(|interval| ("wilson", interval))] } else { Vec::new() }
    }

    fn paired_test(&self, weights_a: &Weights, weights_b: &Weights) -> Vec<Option<PairedTest>> {
        let p = 1.0 / (weights_a.total() + weights_b.total()) as f64;
        if self.rich { vec![None, Some(PairedTest { method: "delong", statistic: 2.0, p })] } else { Vec::new() }
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let value = |value: &Option<f64>| value.map_or(Statistic::Undefined(Undefined::Nothing), Statistic::Value);
        let values = self.values.iter().map(value).collect::<Vec<_>>();
        let sums = self.values.iter().map(|value| Statistic::Value(value.unwrap_or(0.0))).collect();
        self.rich.then(|| vec![values.clone(), values, sums])
    }
}

/// Patients by number; below 0 there is none.
pub fn units(patients: &[i64]) -> Vec<Unit> {
    let unit = |(case, patient): (usize, &i64)| Unit {
        case: case.to_string(),
        attributes: (*patient >= 0).then(|| ("patient".to_owned(), patient.to_string())).into_iter().collect(),
    };
    patients.iter().enumerate().map(unit).collect()
}

pub fn assessment(values: Vec<Option<f64>>, units: Vec<Unit>, rich: bool) -> Arc<Assessment> {
    Arc::new(Assessment::new(units, vec![Box::new(Numbers::new(values, rich))]))
}

/// a's numbers, then b's, of the same cases.
pub fn joined(a: &[Option<f64>], b: &[Option<f64>], units: Vec<Unit>, rich: bool) -> Arc<Assessment> {
    assessment([a, b].concat(), [units.clone(), units].concat(), rich)
}

/// Multiples of 1/64.
pub fn dyadic(values: &[i64]) -> Vec<Option<f64>> {
    values.iter().map(|&value| Some(value as f64 / 64.0)).collect()
}

/// Sebastiano Vigna's SplitMix64, for what a test draws.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to 1.
    pub fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// See `tests/reference/uncertainty`.
#[derive(Deserialize)]
pub struct Goldens {
    pub bootstrap: Vec<Golden>,
    /// Only a, only b, exact p, corrected p.
    pub mcnemar: Vec<(u64, u64, f64, Option<f64>)>,
    /// p-values, by Holm, by Benjamini and Hochberg.
    pub multiple: Vec<[Vec<f64>; 3]>,
}

#[derive(Deserialize)]
pub struct Golden {
    pub values: Vec<i64>,
    pub other: Vec<i64>,
    pub patients: Vec<i64>,
    pub seed: u32,
    pub resamples: u32,
    pub level: f64,
    /// Percentile, BCa.
    pub mean: [Option<[f64; 2]>; 2],
    pub median: [Option<[f64; 2]>; 2],
    /// Percentile interval of the difference of the means, and its p.
    pub difference: [f64; 3],
    pub permutation: f64,
}

pub fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../../../../tests/reference/uncertainty/goldens.json")).unwrap()
}
