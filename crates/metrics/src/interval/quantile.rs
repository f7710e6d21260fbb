//! Intervals read off replicates.

use crate::interval::{normal_distribution, normal_quantile};

/// The quantile of numbers sorted from the lowest up, linear between neighbours: type 7 of Hyndman and Fan, The American
/// Statistician 1996, numpy's and R's default. `None` of no numbers, or
/// where it is beyond all numbers.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1).filter(|_| !share.is_nan())?;
    let place = (share * last as f64).clamp(0.0, last as f64);
    let (low, part) = (place.floor(), place - place.floor());
    let (below, above) = (*sorted.get(low as usize)?, *sorted.get((low as usize + 1).min(last))?);
    // From the nearer end, as numpy does, so that either end is met exactly.
    let difference = above - below;
    let between = if part < 0.5 { below + difference * part } else { above - difference * (1.0 - part) };
    between.is_finite().then_some(between)
}

/// The percentile interval of replicates sorted from the lowest up. `None` of no replicates.
///
/// Source: Efron and Tibshirani, An Introduction to the Bootstrap 1993, chapter 13; scipy 1.17 `bootstrap`.
pub fn percentile_interval(sorted: &[f64], level: f64) -> Option<[f64; 2]> {
    let tail = 0.5 * (1.0 - level);
    Some([quantile(sorted, tail)?, quantile(sorted, 1.0 - tail)?])
}

/// The bias-corrected and accelerated interval of replicates sorted from the lowest up; `jackknife` holds the value
/// without each cluster in turn. `None` where all replicates lie on one side of `value`.
///
/// Where the jackknife values do not differ the acceleration is 0.
///
/// Source: Efron, JASA 1987; Efron and Tibshirani 1993, 14.3; scipy 1.17 `bootstrap(method="BCa")`, which says NaN where
/// the jackknife values do not differ.
pub fn bca_interval(sorted: &[f64], value: f64, jackknife: &[f64], level: f64) -> Option<[f64; 2]> {
    let below = sorted.partition_point(|&replicate| replicate < value);
    let not_above = sorted.partition_point(|&replicate| replicate <= value);
    let bias = normal_quantile((below + not_above) as f64 / (2 * sorted.len()) as f64)?;
    let acceleration = acceleration(jackknife);
    let tail = normal_quantile(0.5 * (1.0 - level))?;
    let share = |tail: f64| {
        let moved = bias + tail;
        normal_distribution(bias + moved / (1.0 - acceleration * moved))
    };
    Some([quantile(sorted, share(tail))?, quantile(sorted, share(-tail))?])
}

fn acceleration(jackknife: &[f64]) -> f64 {
    let count = jackknife.len() as f64;
    let mean = jackknife.iter().sum::<f64>() / count;
    let (mut squares, mut cubes) = (0.0, 0.0);
    for value in jackknife {
        let influence = (count - 1.0) * (mean - value) / count;
        squares += influence * influence;
        cubes += influence * influence * influence;
    }
    if squares > 0.0 { cubes / (6.0 * squares * squares.sqrt()) } else { 0.0 }
}
