//! Wilson's interval for a proportion.

use crate::engine::math::sqrt;
use crate::interval::normal_quantile;

/// The score interval of `successes` out of `n` at `level` (0.95): `None` where `n` is 0 or less than `successes`.
///
/// Source: Wilson, JASA 1927, without continuity correction; statsmodels 0.15,
/// `proportion_confint(method="wilson")`.
pub fn wilson(successes: u64, n: u64, level: f64) -> Option<[f64; 2]> {
    if n == 0 || successes > n {
        return None;
    }
    let (successes, n) = (successes as f64, n as f64);
    let z = normal_quantile(0.5 + 0.5 * level)?;
    let share = successes / n;
    let denominator = 1.0 + z * z / n;
    let center = (share + z * z / (2.0 * n)) / denominator;
    let half = z / denominator * sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n));
    // Rounding alone would leave 1e-17 where nothing, or less than everything where all succeeded.
    let low = if successes == 0.0 { 0.0 } else { (center - half).max(0.0) };
    let high = if successes == n { 1.0 } else { (center + half).min(1.0) };
    Some([low, high])
}

#[cfg(test)]
mod tests {
    use super::wilson;

    #[test]
    fn agrees_with_statsmodels() {
        // proportion_confint(count, nobs, alpha, method="wilson") of statsmodels 0.15.0
        for (successes, n, level, expected) in [
            (0, 10, 0.95, [0.0, 0.27753279986288926]),
            (7, 10, 0.95, [0.39677814746114537, 0.8922087325936989]),
            (10, 10, 0.95, [0.7224672001371106, 1.0]),
        ] {
            let found = wilson(successes, n, level).unwrap_or_default();
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-13, "{found} {expected}");
            }
        }
        assert_eq!(wilson(0, 0, 0.95), None);
    }
}
