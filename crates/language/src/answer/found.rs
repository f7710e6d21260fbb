//! What an answer shows, and how probable the network thinks it.

use serde::{Deserialize, Serialize};

use super::Span;

/// Where something is, in pixels of the image from its upper left corner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Left, top, right, bottom.
    Box([f64; 4]),
    /// The outlines of one object; a vertex is across and down. The reference keeps such as have fewer than three vertices,
    /// even none, and so does this.
    Polygons(Vec<Vec<[f64; 2]>>),
    /// The four corners around a piece of text.
    Quad([[f64; 2]; 4]),
}

/// One thing that an answer shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Found {
    /// What it is called, as the reference gives it: boxes lose what is not ASCII. Empty where it has no words.
    pub label: String,
    /// Where it is.
    pub shape: Shape,
    /// The bytes of the generated text that are its words. Boxes of one phrase share them.
    pub words: Span,
    /// The generated tokens that wrote its words; empty where it has none, or tokens are not known.
    pub word_tokens: Span,
    /// The generated tokens that wrote its locations.
    pub location_tokens: Span,
    /// The bytes of the prompt in which its words stand, where they do.
    pub phrase: Option<Span>,
}

impl Found {
    /// The probability of its own tokens, words and locations: the product of the probabilities of each, given the tokens
    /// before it. From 0 to 1. `None` where its tokens are not known or have no log-probability.
    pub fn probability(&self, log_probabilities: &[f32]) -> Option<f64> {
        if self.word_tokens.is_empty() && self.location_tokens.is_empty() {
            return None;
        }
        let words = log_probabilities.get(self.word_tokens.range())?;
        let locations = log_probabilities.get(self.location_tokens.range())?;
        let sum: f64 = words.iter().chain(locations).map(|&log| f64::from(log)).sum();
        (!sum.is_nan()).then(|| sum.exp().min(1.0))
    }
}

/// The probability of a whole sequence as AG-KD's demo gives it: the exponential of the sum of the log-probabilities over
/// the number of those below 0, which forced tokens are not, to the power of the length penalty. 1 where all are forced.
pub fn sequence_probability(log_probabilities: &[f32], length_penalty: f64) -> f64 {
    let sum: f64 = log_probabilities.iter().map(|&log| f64::from(log)).sum();
    let free = log_probabilities.iter().filter(|log| **log < 0.0).count();
    if free == 0 { 1.0 } else { (sum / (free as f64).powf(length_penalty)).exp() }
}
