//! The normal distribution.

use crate::engine::math::{erfc, exp, sqrt};

/// The standard normal distribution function.
pub fn normal_distribution(z: f64) -> f64 {
    0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The standard normal quantile of `p`; `None` outside 0 to 1, both excluded.
///
/// A rational start (Abramowitz and Stegun, Handbook of Mathematical Functions 1964, 26.2.23, error below 4.5e-4) and
/// Halley steps on [`normal_distribution`], which double the digits until they are all there.
pub fn normal_quantile(p: f64) -> Option<f64> {
    if !(p > 0.0 && p < 1.0) {
        return None;
    }
    let tail = p.min(1.0 - p);
    let t = sqrt(-2.0 * crate::engine::math::ln(tail));
    let start = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    // The lower tail, where the distribution function keeps its relative precision.
    let mut z = -start;
    for _ in 0..4 {
        let density = exp(-0.5 * z * z) / sqrt(2.0 * std::f64::consts::PI);
        if density == 0.0 {
            break;
        }
        let newton = (normal_distribution(z) - tail) / density;
        z -= newton / (1.0 + 0.5 * z * newton);
    }
    Some(if p < 0.5 { z } else { -z })
}

#[cfg(test)]
mod tests {
    use super::{normal_distribution, normal_quantile};

    #[test]
    fn the_quantile_inverts_the_distribution() {
        for p in [1e-12, 1e-6, 0.001, 0.025, 0.3, 0.5, 0.7, 0.975, 0.999] {
            let z = normal_quantile(p).unwrap_or_default();
            assert!((normal_distribution(z) / p - 1.0).abs() < 1e-12, "{p}");
        }
        assert!((normal_quantile(0.975).unwrap_or_default() - 1.959963984540054).abs() < 1e-14);
        assert!((normal_quantile(0.5).unwrap_or(1.0)).abs() < 1e-15);
        assert_eq!((normal_quantile(0.0), normal_quantile(1.0), normal_quantile(f64::NAN)), (None, None, None));
    }
}
