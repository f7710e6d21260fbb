//! What a model must answer on a known input, whatever device runs it.
//!
//! A device can be wrong without saying so (a rejected shader still returns), so each runs this check
//! before its first result is shown.

use serde::{Deserialize, Serialize};

/// Values sampled from each output.
const SAMPLES: usize = 96;

/// The largest absolute difference that is accepted, in logits and deltas. f32 on every device seen
/// so far agrees to about 1e-5; a wrong kernel differs by whole units.
pub const TOLERANCE: f64 = 1e-3;

/// A model's answer on [`known_input`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownAnswer {
    /// Side of the square input in pixels.
    pub side: usize,
    /// By output: values at even distances.
    pub samples: Vec<Vec<f32>>,
    /// By output: the mean of all absolute values.
    pub mean_magnitudes: Vec<f64>,
}

impl KnownAnswer {
    /// The answer that these outputs are.
    pub fn of(side: usize, outputs: &[&[f32]]) -> Self {
        Self {
            side,
            samples: outputs.iter().map(|output| sampled(output)).collect(),
            mean_magnitudes: outputs.iter().map(|output| mean_magnitude(output)).collect(),
        }
    }

    /// The largest absolute difference between this answer and these outputs; infinite where they are
    /// not of one shape or not numbers.
    pub fn disagreement(&self, outputs: &[&[f32]]) -> f64 {
        let other = Self::of(self.side, outputs);
        let same_shape = other.samples.len() == self.samples.len()
            && other.samples.iter().zip(&self.samples).all(|(a, b)| a.len() == b.len())
            && other.mean_magnitudes.len() == self.mean_magnitudes.len();
        if !same_shape || self.samples.is_empty() {
            return f64::INFINITY;
        }
        let samples = other.samples.iter().flatten().zip(self.samples.iter().flatten());
        let magnitudes = other.mean_magnitudes.iter().zip(&self.mean_magnitudes);
        samples
            .map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs())
            .chain(magnitudes.map(|(a, b)| (a - b).abs()))
            .fold(0.0, |largest, difference| if difference.is_nan() { f64::INFINITY } else { difference.max(largest) })
    }
}

fn sampled(values: &[f32]) -> Vec<f32> {
    let count = values.len().min(SAMPLES);
    (0..count).map(|i| values[i * values.len() / count]).collect()
}

fn mean_magnitude(values: &[f32]) -> f64 {
    values.iter().map(|&value| f64::from(value).abs()).sum::<f64>() / values.len().max(1) as f64
}

/// `count` numbers of [0, 1) in steps of 1/256 that look random and are the same on every machine:
/// the high byte of a 32-bit linear congruential generator (Numerical Recipes' constants).
pub fn known_input(count: usize) -> Vec<f32> {
    let mut state = 2_018_u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from((state >> 24) as u8) / 256.0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::KnownAnswer;

    #[test]
    fn an_answer_agrees_with_itself_and_with_nothing_else() {
        let output: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        let answer = KnownAnswer::of(8, &[&output]);
        assert_eq!(answer.disagreement(&[&output]), 0.0);
        let moved: Vec<f32> = output.iter().map(|value| value + 0.5).collect();
        assert_eq!(answer.disagreement(&[&moved]), 0.5);
        // A fault between the samples shows in the mean.
        let mut spoiled = output.clone();
        spoiled[1] = 5000.0;
        assert!(answer.disagreement(&[&spoiled]) > 1.0);
        assert_eq!(answer.disagreement(&[&output[..10]]), f64::INFINITY);
        assert_eq!(answer.disagreement(&[&vec![f32::NAN; 1000]]), f64::INFINITY);
        assert_eq!(KnownAnswer::default().disagreement(&[]), f64::INFINITY);
    }
}
