//! Random numbers that are the same bits everywhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::engine::math::{exp, ln};

/// Draws for one case. They depend on the seed, the case's name and the purpose alone: not on the other cases, the
/// weights or the model, so that two models are measured under the same draws.
pub(crate) struct Draws {
    generator: ChaCha8Rng,
    spare_normal: Option<f64>,
}

impl Draws {
    pub fn new(seed: u64, case: &str, purpose: u64) -> Self {
        let mut key = [0; 32];
        let words = [seed, hash(case, 0xcbf2_9ce4_8422_2325), hash(case, 0x9e37_79b9_7f4a_7c15), purpose];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self { generator: ChaCha8Rng::from_seed(key), spare_normal: None }
    }

    /// Uniform between 0 and 1, neither included.
    pub fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        ((self.generator.next_u64() >> 11) as f64 + 0.5) * STEP
    }

    /// Exponential with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -ln(self.uniform())
    }

    /// Normal with mean 0 and variance 1, by Marsaglia's polar method.
    pub fn normal(&mut self) -> f64 {
        if let Some(normal) = self.spare_normal.take() {
            return normal;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                let scale = (-2.0 * ln(square) / square).sqrt();
                self.spare_normal = Some(y * scale);
                return x * scale;
            }
        }
    }

    /// The logarithm of a gamma variable of scale 1; minus infinity for a shape of 0.
    ///
    /// In logarithms, because shapes near 0 give values that no f64 holds. Source: Marsaglia and Tsang, ACM TOMS 2000.
    pub fn ln_gamma(&mut self, shape: f64) -> f64 {
        if shape <= 0.0 {
            return f64::NEG_INFINITY;
        }
        if shape < 0.3 {
            return self.ln_gamma_near_0(shape);
        }
        if shape == 1.0 {
            return ln(self.exponential());
        }
        if shape < 1.0 {
            let boost = ln(self.uniform()) / shape;
            return self.ln_gamma_from_1(shape + 1.0) + boost;
        }
        self.ln_gamma_from_1(shape)
    }

    fn ln_gamma_from_1(&mut self, shape: f64) -> f64 {
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            if root <= 0.0 {
                continue;
            }
            let (v, u) = (root * root * root, self.uniform());
            let square = x * x;
            if u < 1.0 - 0.0331 * square * square || ln(u) < 0.5 * square + d * (1.0 - v + ln(v)) {
                return ln(d * v);
            }
        }
    }

    /// For shapes near 0, which most classes have, from an envelope of two exponentials around -shape ln(gamma).
    /// Source: Liu, Martin and Syring, Computational Statistics 2017.
    fn ln_gamma_near_0(&mut self, shape: f64) -> f64 {
        let slope = 1.0 / shape - 1.0;
        let tail = shape / (std::f64::consts::E * (1.0 - shape));
        let body = 1.0 / (1.0 + tail);
        loop {
            let u = self.uniform();
            let z = if u <= body { -ln(u / body) } else { ln(self.uniform()) / slope };
            let logarithm = -z / shape;
            // Nothing that far out is refused.
            if logarithm < -40.0 {
                return logarithm;
            }
            let refusal = exp(logarithm);
            let accepted = if z >= 0.0 { exp(-refusal) } else { exp(-z - refusal - slope * z) / (tail * slope) };
            if self.uniform() < accepted {
                return logarithm;
            }
        }
    }

    /// Shares that sum to 1, from a Dirichlet distribution of these shapes, some of which are above 0.
    pub fn dirichlet(&mut self, shapes: &[f64], shares: &mut Vec<f64>) {
        shares.clear();
        shares.extend(shapes.iter().map(|&shape| self.ln_gamma(shape)));
        let largest = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for share in shares.iter_mut() {
            // Less than e^-60 of the largest is lost in the sum anyway.
            *share = if *share - largest < -60.0 { 0.0 } else { exp(*share - largest) };
            sum += *share;
        }
        for share in shares {
            *share /= sum;
        }
    }
}

/// FNV-1a from a starting value.
fn hash(text: &str, start: u64) -> u64 {
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::Draws;
    use crate::engine::math::exp;

    /// Mean and variance of many draws.
    fn moments(count: u32, mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let values = (0..count).map(|_| draw()).collect::<Vec<_>>();
        let mean = values.iter().sum::<f64>() / f64::from(count);
        let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / f64::from(count);
        (mean, variance)
    }

    fn near(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() < tolerance, "{found} is not {expected}");
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut draws = Draws::new(1, "a", 0);
        let (mean, variance) = moments(200_000, || draws.uniform());
        near(mean, 0.5, 0.003);
        near(variance, 1.0 / 12.0, 0.001);
        let (mean, variance) = moments(200_000, || draws.exponential());
        near(mean, 1.0, 0.01);
        near(variance, 1.0, 0.04);
        let (mean, variance) = moments(200_000, || draws.normal());
        near(mean, 0.0, 0.01);
        near(variance, 1.0, 0.02);
        for shape in [0.05, 0.25, 0.3, 0.9, 1.0, 2.5, 40.0] {
            let (mean, variance) = moments(200_000, || exp(draws.ln_gamma(shape)));
            near(mean / shape, 1.0, 0.04);
            near(variance / shape, 1.0, 0.1);
        }
    }

    #[test]
    fn small_gammas_have_their_distribution() {
        // scipy.stats.gamma.cdf(numpy.exp([-10, -1, 0.5]), a) for a = 0.01 and 0.2.
        for (shape, shares) in CUMULATIVE {
            let mut draws = Draws::new(9, "d", 0);
            let logarithms = (0..200_000).map(|_| draws.ln_gamma(shape)).collect::<Vec<_>>();
            for (limit, share) in [-10.0, -1.0, 0.5].into_iter().zip(shares) {
                let below = logarithms.iter().filter(|logarithm| **logarithm <= limit).count();
                near(below as f64 / 200_000.0, share, 0.003);
            }
        }
    }

    const CUMULATIVE: [(f64, [f64; 3]); 2] = [(0.01, [0.91, 0.992382, 0.999185]), (0.2, [0.147396, 0.84208, 0.979292])];

    #[test]
    fn dirichlet_has_its_means_and_variances() {
        let shapes = [0.01, 3.01, 0.51, 0.0, 6.0];
        let total = shapes.iter().sum::<f64>();
        let mut draws = Draws::new(7, "b", 0);
        let (mut sums, mut squares, mut shares) = ([0.0; 5], [0.0; 5], Vec::new());
        let count = 100_000.0;
        for _ in 0..100_000 {
            draws.dirichlet(&shapes, &mut shares);
            near(shares.iter().sum(), 1.0, 1e-12);
            for ((sum, square), share) in sums.iter_mut().zip(&mut squares).zip(&shares) {
                *sum += share;
                *square += share * share;
            }
        }
        for ((shape, sum), square) in shapes.into_iter().zip(sums).zip(squares) {
            let mean = shape / total;
            near(sum / count, mean, 0.003);
            near(square / count - (sum / count) * (sum / count), mean * (1.0 - mean) / (total + 1.0), 0.002);
        }
    }

    #[test]
    fn shapes_near_0_neither_overflow_nor_vanish() {
        let (mut draws, mut shares) = (Draws::new(3, "c", 0), Vec::new());
        for _ in 0..1000 {
            draws.dirichlet(&[1e-9, 1e-9, 1e-9], &mut shares);
            assert!(shares.iter().all(|share| share.is_finite()));
            near(shares.iter().sum(), 1.0, 1e-12);
        }
    }

    #[test]
    fn draws_are_these_bits() {
        // Written down once, so that no platform and no later version draws anything else.
        let mut draws = Draws::new(20, "case", 1);
        let drawn = [draws.uniform(), draws.normal(), draws.ln_gamma(0.25), draws.ln_gamma(4.0)].map(f64::to_bits);
        assert_eq!(drawn, BITS, "{drawn:#x?}");
    }

    const BITS: [u64; 4] = [0x3fe7_f3d3_a33f_d1aa, 0xbfcd_2e66_e882_c6da, 0xc026_076b_2b92_47da, 0x3ff2_67f9_3bde_a3c5];
}
