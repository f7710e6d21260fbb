//! How two series of numbers agree: correlation, intraclass correlation, limits of agreement.

use groundglass_types::Undefined;

use crate::engine::Weights;

/// Predictions beside truths.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs {
    cases: Vec<usize>,
    predicted: Vec<f64>,
    truth: Vec<f64>,
    /// The pairs from the lowest prediction up, and from the lowest truth up.
    by_predicted: Vec<usize>,
    by_truth: Vec<usize>,
}

/// A number of all pairs under weights.
pub(super) type OfPairs = fn(&Pairs, &Weights) -> Result<f64, Undefined>;

impl Pairs {
    /// From (case, prediction, truth).
    pub fn new(pairs: impl Iterator<Item = (usize, f64, f64)>) -> Self {
        let mut made = Self::default();
        for (case, predicted, truth) in pairs {
            made.cases.push(case);
            // Adding 0 makes -0 equal to 0 in the total order.
            made.predicted.push(predicted + 0.0);
            made.truth.push(truth + 0.0);
        }
        let order = |values: &[f64]| {
            let mut order = (0..values.len()).collect::<Vec<_>>();
            order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
            order
        };
        (made.by_predicted, made.by_truth) = (order(&made.predicted), order(&made.truth));
        made
    }

    /// Each pair as (case, prediction, truth).
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64, f64)> {
        self.cases
            .iter()
            .zip(&self.predicted)
            .zip(&self.truth)
            .map(|((case, predicted), truth)| (*case, *predicted, *truth))
    }

    pub fn count(&self, weights: &Weights) -> u64 {
        self.cases.iter().map(|case| u64::from(weights.of(*case))).sum()
    }

    fn weights(&self, weights: &Weights) -> Vec<f64> {
        self.cases.iter().map(|case| f64::from(weights.of(*case))).collect()
    }
}

/// Weighted mean; exactly the value where all that count are equal.
fn mean(values: &[f64], weights: &[f64]) -> f64 {
    let mut counted = values.iter().zip(weights).filter(|(_, weight)| **weight > 0.0).peekable();
    let Some(&(&first, _)) = counted.peek() else { return 0.0 };
    let (mut sum, mut total, mut equal) = (0.0, 0.0, true);
    for (value, weight) in counted {
        sum += weight * value;
        total += weight;
        equal &= *value == first;
    }
    if equal { first } else { sum / total }
}

fn total(weights: &[f64]) -> f64 {
    weights.iter().sum()
}

/// Weighted sum of products of deviations.
fn products(a: &[f64], b: &[f64], weights: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a, weights), mean(b, weights));
    a.iter().zip(b).zip(weights).map(|((a, b), weight)| weight * (a - mean_a) * (b - mean_b)).sum()
}

fn correlation(a: &[f64], b: &[f64], weights: &[f64]) -> Result<f64, Undefined> {
    if total(weights) < 2.0 {
        return Err(Undefined::TooFew);
    }
    let scale = products(a, a, weights).sqrt() * products(b, b, weights).sqrt();
    if scale > 0.0 { Ok((products(a, b, weights) / scale).clamp(-1.0, 1.0)) } else { Err(Undefined::NoVariation) }
}

/// Pearson's r.
pub(super) fn pearson(pairs: &Pairs, weights: &Weights) -> Result<f64, Undefined> {
    correlation(&pairs.predicted, &pairs.truth, &pairs.weights(weights))
}

/// Spearman's rho: Pearson's r of ranks, equal values sharing the mean of theirs.
pub(super) fn spearman(pairs: &Pairs, weights: &Weights) -> Result<f64, Undefined> {
    let weights = pairs.weights(weights);
    let ranks = |values: &[f64], order: &[usize]| {
        let (mut ranks, mut before) = (vec![0.0; values.len()], 0.0);
        for ties in order.chunk_by(|&a, &b| values[a] == values[b]) {
            let count = ties.iter().map(|&pair| weights[pair]).sum::<f64>();
            for &pair in ties {
                ranks[pair] = before + 0.5 * (count + 1.0);
            }
            before += count;
        }
        ranks
    };
    let predicted = ranks(&pairs.predicted, &pairs.by_predicted);
    let truth = ranks(&pairs.truth, &pairs.by_truth);
    correlation(&predicted, &truth, &weights)
}

/// Mean squares of the two-way analysis of variance of n pairs: of pairs, of the two series, of the rest.
struct MeanSquares {
    n: f64,
    pairs: f64,
    series: f64,
    rest: f64,
}

fn mean_squares(pairs: &Pairs, weights: &Weights) -> Result<MeanSquares, Undefined> {
    let weights = pairs.weights(weights);
    let n = total(&weights);
    if n < 2.0 {
        return Err(Undefined::TooFew);
    }
    let both = || pairs.predicted.iter().zip(&pairs.truth);
    let (means, differences): (Vec<_>, Vec<_>) = both().map(|(a, b)| (0.5 * (a + b), a - b)).unzip();
    let difference = mean(&differences, &weights);
    Ok(MeanSquares {
        n,
        pairs: 2.0 * products(&means, &means, &weights) / (n - 1.0),
        series: 0.5 * n * difference * difference,
        rest: 0.5 * products(&differences, &differences, &weights) / (n - 1.0),
    })
}

fn share(numerator: f64, denominator: f64) -> Result<f64, Undefined> {
    if denominator > 0.0 { Ok(numerator / denominator) } else { Err(Undefined::NoVariation) }
}

/// ICC(2,1): absolute agreement of single measurements, two-way random effects.
pub(super) fn icc_2_1(pairs: &Pairs, weights: &Weights) -> Result<f64, Undefined> {
    let MeanSquares { n, pairs, series, rest } = mean_squares(pairs, weights)?;
    share(pairs - rest, pairs + rest + 2.0 * (series - rest) / n)
}

/// ICC(3,1): consistency of single measurements, two-way mixed effects.
pub(super) fn icc_3_1(pairs: &Pairs, weights: &Weights) -> Result<f64, Undefined> {
    let MeanSquares { pairs, rest, .. } = mean_squares(pairs, weights)?;
    share(pairs - rest, pairs + rest)
}

/// Bias less 1.96 standard deviations (n - 1) of the differences.
pub(super) fn lower_limit(pairs: &Pairs, weights: &Weights) -> Result<f64, Undefined> {
    limit(pairs, weights, -1.96)
}

/// Bias and 1.96 standard deviations (n - 1) of the differences.
pub(super) fn upper_limit(pairs: &Pairs, weights: &Weights) -> Result<f64, Undefined> {
    limit(pairs, weights, 1.96)
}

fn limit(pairs: &Pairs, weights: &Weights, deviations: f64) -> Result<f64, Undefined> {
    let weights = pairs.weights(weights);
    let n = total(&weights);
    if n < 2.0 {
        return Err(Undefined::TooFew);
    }
    let differences = pairs.predicted.iter().zip(&pairs.truth).map(|(a, b)| a - b).collect::<Vec<_>>();
    let deviation = (products(&differences, &differences, &weights) / (n - 1.0)).sqrt();
    Ok(mean(&differences, &weights) + deviations * deviation)
}
