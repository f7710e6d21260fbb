//! STAPLE: the truth that makes several readers' masks most likely, and how reliable each is.

use serde::Serialize;

/// What STAPLE estimates.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Staple {
    /// The probability that a pixel is inside, for each combination of readers that was given, in the same order.
    pub probabilities: Vec<f64>,
    /// The share of the truth that each reader marks.
    pub sensitivities: Vec<f64>,
    /// The share of the rest that each reader leaves out.
    pub specificities: Vec<f64>,
    /// Rounds until nothing changed.
    pub rounds: u32,
}

/// The estimate does not move by more than the square root of this (SimpleITK's).
const SETTLED: f64 = 1e-14;
/// Beyond any that has been seen to be needed.
const MOST_ROUNDS: u32 = 10_000;

/// STAPLE from how many pixels each combination of readers marked: bit r of `votes[k].0` says that reader r marked the
/// `votes[k].1` pixels of it. The prior is the mean share of pixels that readers mark, over all pixels given.
///
/// Pixels that the same readers marked have the same probability, so that an image costs no more than its combinations.
/// Where nobody marked anything, or everybody everything, that is the truth. Source: Warfield, Zou and Wells, IEEE TMI
/// 2004; SimpleITK 2.5 `STAPLEImageFilter` with a confidence weight of 1.
pub fn staple(votes: &[(u64, u64)], readers: usize) -> Staple {
    let readers = readers.min(64);
    let marked = |pattern: u64, reader: usize| pattern >> reader & 1 == 1;
    let share = |pattern: u64| {
        (0..readers).filter(|&reader| marked(pattern, reader)).count() as f64 / (readers as f64).max(1.0)
    };
    let mut estimate = Staple {
        probabilities: votes.iter().map(|(pattern, _)| share(*pattern)).collect(),
        sensitivities: vec![1.0; readers],
        specificities: vec![1.0; readers],
        rounds: 0,
    };
    let pixels = votes.iter().map(|(_, pixels)| *pixels as f64).sum::<f64>();
    let inside =
        votes.iter().zip(&estimate.probabilities).map(|((_, pixels), share)| *pixels as f64 * share).sum::<f64>();
    let prior = inside / pixels.max(1.0);
    if prior <= 0.0 || prior >= 1.0 {
        return estimate;
    }
    while estimate.rounds < MOST_ROUNDS {
        estimate.rounds += 1;
        let mut settled = true;
        for reader in 0..readers {
            let (mut inside, mut inside_marked, mut outside, mut outside_left) = (0.0, 0.0, 0.0, 0.0);
            for ((pattern, pixels), probability) in votes.iter().zip(&estimate.probabilities) {
                let (truth, rest) = (*pixels as f64 * probability, *pixels as f64 * (1.0 - probability));
                inside += truth;
                outside += rest;
                if marked(*pattern, reader) { inside_marked += truth } else { outside_left += rest }
            }
            for (value, part, whole) in [
                (&mut estimate.sensitivities[reader], inside_marked, inside),
                (&mut estimate.specificities[reader], outside_left, outside),
            ] {
                let new = if whole > 0.0 { part / whole } else { *value };
                settled &= (new - *value) * (new - *value) <= SETTLED;
                *value = new;
            }
        }
        for ((pattern, _), probability) in votes.iter().zip(&mut estimate.probabilities) {
            let (mut inside, mut outside) = (prior, 1.0 - prior);
            for reader in 0..readers {
                let (sensitivity, specificity) = (estimate.sensitivities[reader], estimate.specificities[reader]);
                if marked(*pattern, reader) {
                    inside *= sensitivity;
                    outside *= 1.0 - specificity;
                } else {
                    inside *= 1.0 - sensitivity;
                    outside *= specificity;
                }
            }
            let sum = inside + outside;
            *probability = if sum > 0.0 { inside / sum } else { share(*pattern) };
        }
        if settled {
            break;
        }
    }
    estimate
}
