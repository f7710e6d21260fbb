//! Elementary functions that give the same bits natively and in WebAssembly, which the platform's own do not.

pub use libm::{
    acos, asin, atan2, cbrt, cos, erf, erfc, exp, expm1, fabs, hypot, lgamma, log as ln, log1p, log2, pow, sin, sqrt,
};

use groundglass_types::{Statistic, Undefined};

/// The mean of what is defined, with how many that is; `reason` where none is.
pub fn mean_of_defined(statistics: impl Iterator<Item = Statistic>, reason: Undefined) -> (Statistic, u64) {
    let (sum, count) =
        statistics.filter_map(Statistic::value).fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    (Statistic::ratio(sum, count as f64, reason), count)
}

/// The mean over cases of `values`, each as often as its case counts, leaving out what is undefined.
/// `values` gives a case's index and its statistic.
pub fn weighted_mean(
    values: impl Iterator<Item = (usize, Statistic)>,
    weights: &crate::engine::Weights,
    reason: Undefined,
) -> (Statistic, u64) {
    let (mut sum, mut count) = (0.0, 0_u64);
    for (case, statistic) in values {
        let weight = weights.of(case);
        if let (Some(value), true) = (statistic.value(), weight > 0) {
            sum += f64::from(weight) * value;
            count += u64::from(weight);
        }
    }
    (Statistic::ratio(sum, count as f64, reason), count)
}
