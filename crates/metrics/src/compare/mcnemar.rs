//! McNemar's test of two yes-or-no answers to the same cases.

use crate::engine::math::{erfc, exp, lgamma, sqrt};

/// Beyond so many cases that differ the corrected chi-squared test stands for the exact one, which takes time and is the
/// same but for rounding.
const MOST_EXACT: f64 = 1e9;

/// Cases in which only one of both is 1, and how likely so uneven a split is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct McNemar {
    /// Cases in which only a is 1.
    pub only_a: u64,
    /// Cases in which only b is 1.
    pub only_b: u64,
    /// The exact test's, two-sided: twice the smaller tail of the binomial distribution, at most 1.
    pub p_exact: f64,
    /// The chi-squared test's with continuity correction; 1 where both counts are equal.
    pub p_chi_squared: f64,
}

/// The test of `only_a` against `only_b` cases that answer differently.
///
/// Source: McNemar, Psychometrika 1947; Edwards, Psychometrika 1948 for the correction; statsmodels 0.15 `mcnemar`,
/// which corrects equal counts away from 0 (a statistic of 1/n), where R's `mcnemar.test` and this do not.
pub fn mcnemar(only_a: u64, only_b: u64) -> McNemar {
    let total = only_a as f64 + only_b as f64;
    let beyond = (only_a.abs_diff(only_b) as f64 - 1.0).max(0.0);
    let statistic = if total > 0.0 { beyond * beyond / total } else { 0.0 };
    // The chi-squared distribution with one degree of freedom is that of a squared normal number.
    let p_chi_squared = erfc(sqrt(0.5 * statistic));
    let exact = || (2.0 * lower_tail(only_a.min(only_b), total)).min(1.0);
    let p_exact = if total > MOST_EXACT { p_chi_squared } else { exact() };
    McNemar { only_a, only_b, p_exact, p_chi_squared }
}

/// The chance of at most `count` heads of `total` fair coins, `count` at most half of them.
fn lower_tail(count: u64, total: f64) -> f64 {
    let most = count as f64;
    let logarithm = lgamma(total + 1.0) - lgamma(most + 1.0) - lgamma(total - most + 1.0);
    let likeliest = exp(logarithm - total * std::f64::consts::LN_2);
    // From the likeliest count down each is `count / (total - count + 1)` as likely as the one above.
    let (mut sum, mut share, mut heads) = (1.0, 1.0, most);
    while heads > 0.0 && share > f64::EPSILON * sum * 1e-3 {
        share *= heads / (total - heads + 1.0);
        sum += share;
        heads -= 1.0;
    }
    likeliest * sum
}
