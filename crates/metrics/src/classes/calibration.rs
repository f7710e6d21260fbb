//! Confidences with what came true, sorted once, and their bins.

use crate::classes::table::Table;
use crate::engine::{Bar, Weights};

/// One confidence.
#[derive(Clone, Copy, Debug)]
struct Sample {
    row: u32,
    confidence: f64,
    hit: bool,
}

/// Confidences from the lowest up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<Sample>);

/// How confidences fall into bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edges {
    /// Equally wide, closed below, the last one closed above as well.
    Width,
    /// The same, but a confidence of 1 has a bin of its own (torchmetrics).
    WidthOneApart,
    /// At the quantiles of the confidences, so that bins hold equally many; equal confidences stay together.
    Mass,
}

/// What fell into one bin.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bin {
    pub low: f64,
    pub high: f64,
    pub n: u64,
    pub hits: u64,
    pub confidence: f64,
    /// Sum of squares of the confidences' distances from their mean, less twice that of their products with what
    /// came true: what is left of the Brier score within the bin.
    pub within: f64,
}

impl Bin {
    pub fn mean_confidence(&self) -> f64 {
        self.confidence / self.n as f64
    }

    pub fn accuracy(&self) -> f64 {
        self.hits as f64 / self.n as f64
    }

    /// How far confidence and accuracy are apart.
    pub fn gap(&self) -> f64 {
        (self.accuracy() - self.mean_confidence()).abs()
    }

    pub fn bar(&self) -> Bar {
        let (low, high, n) = (self.low, self.high, self.n);
        Bar { low, high, confidence: self.mean_confidence(), accuracy: self.accuracy(), n }
    }
}

impl Samples {
    /// `rows` gives a row's index, a confidence from 0 to 1, and whether it came true.
    pub fn new(rows: impl Iterator<Item = (usize, f64, bool)>) -> Self {
        let mut samples = rows
            .filter_map(|(row, confidence, hit)| Some(Sample { row: u32::try_from(row).ok()?, confidence, hit }))
            .collect::<Vec<_>>();
        samples.sort_by(|a, b| a.confidence.total_cmp(&b.confidence));
        Self(samples)
    }

    /// The score of a class against whether it is true.
    pub fn of_class(table: &Table, class: usize) -> Self {
        let scored = table.rows.iter().enumerate().filter_map(|(index, row)| Some((index, row, row.scores.as_ref()?)));
        Self::new(scored.map(|(index, row, scores)| (index, scores[class], row.truths.contains(&class))))
    }

    /// The highest score of a row against whether its class is the truth.
    pub fn of_highest(table: &Table) -> Self {
        let scored = table.rows.iter().enumerate().filter_map(|(index, row)| Some((index, row, row.scores.as_ref()?)));
        Self::new(scored.filter_map(|(index, row, scores)| {
            let class = table.highest(scores)?;
            Some((index, scores[class], row.truth() == Some(class)))
        }))
    }

    fn counted<'a>(&'a self, weights: &'a Weights) -> impl Iterator<Item = (Sample, u64)> + 'a {
        let counted = self.0.iter().map(|sample| (*sample, u64::from(weights.of(sample.row as usize))));
        counted.filter(|(_, weight)| *weight > 0)
    }

    /// How many confidences count, and how many came true.
    pub fn totals(&self, weights: &Weights) -> (u64, u64) {
        self.counted(weights)
            .fold((0, 0), |(n, hits), (sample, weight)| (n + weight, hits + if sample.hit { weight } else { 0 }))
    }

    /// Sum of the squares of confidence less 1 or 0.
    pub fn squares(&self, weights: &Weights) -> f64 {
        let square = |(sample, weight): (Sample, u64)| {
            let error = sample.confidence - f64::from(u8::from(sample.hit));
            weight as f64 * error * error
        };
        self.counted(weights).map(square).sum()
    }

    /// The bins that hold anything.
    pub fn bins(&self, weights: &Weights, edges: Edges, count: u32) -> Vec<Bin> {
        let limits = self.limits(weights, edges, count);
        let last = limits.len().saturating_sub(2);
        let mut bins = Vec::<Bin>::new();
        let (mut at, mut open) = (0, None);
        for (sample, weight) in self.counted(weights) {
            while at < last && sample.confidence >= limits[at + 1] {
                at += 1;
            }
            if open != Some(at) {
                bins.push(Bin { low: limits[at], high: limits[at + 1], ..Bin::default() });
                open = Some(at);
            }
            if let Some(bin) = bins.last_mut() {
                bin.n += weight;
                bin.hits += if sample.hit { weight } else { 0 };
                bin.confidence += weight as f64 * sample.confidence;
            }
        }
        let mut samples = self.counted(weights).peekable();
        for bin in &mut bins {
            let (mean, accuracy, mut left) = (bin.mean_confidence(), bin.accuracy(), bin.n);
            while let Some((sample, weight)) = samples.next_if(|_| left > 0) {
                let (apart, hit) = (sample.confidence - mean, f64::from(u8::from(sample.hit)));
                bin.within += weight as f64 * (apart * apart - 2.0 * apart * (hit - accuracy));
                left -= weight;
            }
        }
        bins
    }

    /// The edges of the bins, at least two.
    fn limits(&self, weights: &Weights, edges: Edges, count: u32) -> Vec<f64> {
        let share = |edge: u32| f64::from(edge) / f64::from(count);
        match edges {
            Edges::Width => (0..=count).map(share).collect(),
            Edges::WidthOneApart => (0..=count).map(share).chain([1.0]).collect(),
            Edges::Mass => {
                let mut limits = self.quantiles(weights, (1..count).map(share));
                limits.insert(0, 0.0);
                limits.push(1.0);
                limits
            }
        }
    }

    /// Quantiles, linear between neighbours: numpy's `quantile`.
    fn quantiles(&self, weights: &Weights, shares: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut n = 0;
        let ends = self.counted(weights).map(|(sample, weight)| {
            n += weight;
            (n, sample.confidence)
        });
        let ends = ends.collect::<Vec<_>>();
        let at = |place: u64| {
            let sample = ends.get(ends.partition_point(|(end, _)| *end <= place)).or(ends.last());
            sample.map_or(0.0, |(_, confidence)| *confidence)
        };
        let quantile = |share: f64| {
            let place = n.saturating_sub(1) as f64 * share;
            let (low, high, part) = (at(place.floor() as u64), at(place.floor() as u64 + 1), place - place.floor());
            if part < 0.5 { low + (high - low) * part } else { high - (high - low) * (1.0 - part) }
        };
        shares.map(quantile).collect()
    }
}
