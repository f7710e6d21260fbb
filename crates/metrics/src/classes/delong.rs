//! DeLong's variance of areas under ROC curves, one alone and two on the same rows.

use groundglass_types::{Statistic, Undefined};
use serde::Serialize;

use crate::MetricsError;
use crate::engine::Weights;
use crate::engine::math::{erfc, sqrt};

/// Two areas under ROC curves on the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct DelongComparison {
    /// The area of the first scores.
    pub first: Statistic,
    /// The area of the second scores.
    pub second: Statistic,
    /// Second less first.
    pub difference: Statistic,
    /// Variance of the difference.
    pub variance: Statistic,
    /// Difference in standard errors.
    pub z: Statistic,
    /// Two-sided p of no difference, from the normal distribution.
    pub p: Statistic,
}

/// For each row that counts, the share of the rows of the other kind that it is rightly ordered against (its placement
/// value); equal scores count half. Source: Sun and Xu, IEEE Signal Processing Letters 2014.
fn placements(truths: &[bool], scores: &[f64], weights: &Weights) -> Option<Vec<f64>> {
    let mut order = weights.counted().map(|(row, _)| row).filter(|&row| row < scores.len()).collect::<Vec<_>>();
    order.sort_by(|&a, &b| (scores[b] + 0.0).total_cmp(&(scores[a] + 0.0)));
    let mut totals = [0_u64; 2];
    for &row in &order {
        totals[usize::from(truths[row])] += u64::from(weights.of(row));
    }
    let [negatives, positives] = totals;
    if negatives == 0 || positives == 0 {
        return None;
    }
    let mut values = vec![0.0; scores.len()];
    let (mut above, mut start) = ([0_u64; 2], 0);
    while start < order.len() {
        let mut end = start;
        let mut run = [0_u64; 2];
        while end < order.len() && scores[order[end]] == scores[order[start]] {
            run[usize::from(truths[order[end]])] += u64::from(weights.of(order[end]));
            end += 1;
        }
        for &row in &order[start..end] {
            values[row] = if truths[row] {
                of_positive(above[0], run[0], negatives)
            } else {
                of_negative(above[1], run[1], positives)
            };
        }
        above = [above[0] + run[0], above[1] + run[1]];
        start = end;
    }
    Some(values)
}

/// A positive's placement among the negatives, of which some lie above and some are equal.
fn of_positive(above: u64, equal: u64, all: u64) -> f64 {
    ((all - above - equal) as f64 + 0.5 * equal as f64) / all as f64
}

/// A negative's placement among the positives.
fn of_negative(above: u64, equal: u64, all: u64) -> f64 {
    (above as f64 + 0.5 * equal as f64) / all as f64
}

/// Sample variance, over n - 1, of values that count several times; `None` where there are fewer than two.
fn variance(values: &[(f64, u64)]) -> Option<f64> {
    let n = values.iter().map(|(_, weight)| weight).sum::<u64>();
    let mean = values.iter().map(|(value, weight)| *weight as f64 * value).sum::<f64>() / n as f64;
    let squares = values.iter().map(|(value, weight)| *weight as f64 * (value - mean) * (value - mean)).sum::<f64>();
    (n > 1).then(|| squares / (n - 1) as f64)
}

/// The variance of an area whose runs of equal scores, from the highest down, hold `[positives, negatives]`.
pub(super) fn variance_of_runs(runs: &[[u64; 2]], [positives, negatives]: [u64; 2]) -> Option<f64> {
    if positives < 2 || negatives < 2 {
        return None;
    }
    let mut above = [0_u64; 2];
    let (mut of_positives, mut of_negatives) = (Vec::new(), Vec::new());
    for run in runs {
        of_positives.push((of_positive(above[1], run[1], negatives), run[0]));
        of_negatives.push((of_negative(above[0], run[0], positives), run[1]));
        above = [above[0] + run[0], above[1] + run[1]];
    }
    Some(variance(&of_positives)? / positives as f64 + variance(&of_negatives)? / negatives as f64)
}

fn check(truths: &[bool], scores: &[f64], name: &str) -> Result<(), MetricsError> {
    let fault = |fault: String| Err(MetricsError::Input { place: format!("{name} scores"), fault });
    if truths.len() != scores.len() {
        return fault(format!("there are {} for {} truths", scores.len(), truths.len()));
    }
    match scores.iter().position(|score| !score.is_finite()) {
        Some(row) => fault(format!("score {row} is {}, which is not a finite number", scores[row])),
        None => Ok(()),
    }
}

/// The variance of the area under the ROC curve of `scores`; undefined with fewer than two rows of a kind.
///
/// # Errors
/// [`MetricsError::Input`] where the lists are of different lengths or a score is not finite.
///
/// Source: DeLong et al., Biometrics 1988.
pub fn delong_variance(truths: &[bool], scores: &[f64], weights: &Weights) -> Result<Statistic, MetricsError> {
    check(truths, scores, "the")?;
    let variance = delong(truths, [scores, scores], weights).map(|paired| paired.variances[0]);
    Ok(variance.map_or(Statistic::Undefined(Undefined::TooFew), Statistic::Value))
}

/// Whether two scorings of the same rows have the same area under the ROC curve. z is second less first, in standard
/// errors; z and p are undefined where the variance of the difference is 0.
///
/// # Errors
/// [`MetricsError::Input`] where the lists are of different lengths or a score is not finite.
///
/// Source: DeLong et al., Biometrics 1988, by the algorithm of Sun and Xu, IEEE Signal Processing Letters 2014;
/// MLstatkit 0.1.91, `Delong_test`, without its resort to a bootstrap.
pub fn delong_paired(
    truths: &[bool],
    first: &[f64],
    second: &[f64],
    weights: &Weights,
) -> Result<DelongComparison, MetricsError> {
    check(truths, first, "the first")?;
    check(truths, second, "the second")?;
    let too_few = Statistic::Undefined(Undefined::TooFew);
    let Some(paired) = delong(truths, [first, second], weights) else {
        let (first, second) = (too_few, too_few);
        return Ok(DelongComparison { first, second, difference: too_few, variance: too_few, z: too_few, p: too_few });
    };
    let difference = paired.areas[1] - paired.areas[0];
    // Rounding leaves some 1e-17 where the placements differ by the same amount in every row.
    let scale = paired.variances[0] + paired.variances[1];
    let variance = if paired.difference > 1e-14 * scale { paired.difference } else { 0.0 };
    let error = sqrt(variance);
    let of_error = |value: f64| {
        if error > 0.0 { Statistic::Value(value) } else { Statistic::Undefined(Undefined::NoVariation) }
    };
    let z = if error > 0.0 { difference / error } else { 0.0 };
    Ok(DelongComparison {
        first: Statistic::Value(paired.areas[0]),
        second: Statistic::Value(paired.areas[1]),
        difference: Statistic::Value(difference),
        variance: Statistic::Value(variance),
        z: of_error(z),
        p: of_error(erfc(z.abs() * std::f64::consts::FRAC_1_SQRT_2)),
    })
}

struct Paired {
    areas: [f64; 2],
    variances: [f64; 2],
    /// Variance of the difference.
    difference: f64,
}

/// `None` with fewer than two rows of a kind.
fn delong(truths: &[bool], scores: [&[f64]; 2], weights: &Weights) -> Option<Paired> {
    let values = [placements(truths, scores[0], weights)?, placements(truths, scores[1], weights)?];
    let of_kind = |kind: bool| {
        let rows = weights.counted().filter(move |(row, _)| truths.get(*row) == Some(&kind));
        rows.map(|(row, weight)| (values[0][row], values[1][row], u64::from(weight)))
    };
    let n = |kind: bool| of_kind(kind).map(|(_, _, weight)| weight).sum::<u64>() as f64;
    let mean = |one: bool| {
        let sum = of_kind(true).map(|(a, b, weight)| weight as f64 * if one { b } else { a }).sum::<f64>();
        sum / n(true)
    };
    let of_both = |of: fn(f64, f64) -> f64| {
        let variance = |kind: bool| variance(&of_kind(kind).map(|(a, b, w)| (of(a, b), w)).collect::<Vec<_>>());
        Some(variance(true)? / n(true) + variance(false)? / n(false))
    };
    Some(Paired {
        areas: [mean(false), mean(true)],
        variances: [of_both(|a, _| a)?, of_both(|_, b| b)?],
        difference: of_both(|a, b| b - a)?,
    })
}
