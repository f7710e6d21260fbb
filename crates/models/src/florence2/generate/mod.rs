//! From logits to an answer: greedily, or by beam search, as `transformers` does it.
//!
//! The searches know nothing of tensors: they take logits and say which tokens come next.

mod beam;
mod scores;

use beam::{BeamSearch, Hypothesis};
use scores::{constrain, log_softmax};

use super::generation::Generation;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The tokens, the decoder's start first, the end last.
    pub tokens: Vec<u32>,
    /// The log-probability of each token after the start; 0 for one that was forced.
    pub log_probabilities: Vec<f32>,
    /// What the answer was chosen by: the sum of its log-probabilities over its length to the power of the
    /// length penalty.
    pub score: f32,
    /// `exp(sum / count^length_penalty)` over the log-probabilities below 0: AG-KD's confidence.
    pub probability: f64,
}

/// A search, greedy or by beams.
#[derive(Clone, Debug)]
pub(super) enum Search {
    Greedy(Greedy),
    Beams(BeamSearch),
}

/// One beam, always continued by its best token.
#[derive(Clone, Debug)]
pub(super) struct Greedy {
    generation: Generation,
    longest: usize,
    running: Hypothesis,
}

impl Search {
    /// Before the first token. `longest` is the greatest length of an answer, its start counted.
    pub(super) fn new(generation: &Generation, longest: usize) -> Self {
        if generation.beams > 1 {
            return Self::Beams(BeamSearch::new(generation, longest));
        }
        let running = Hypothesis { tokens: vec![generation.start], log_probabilities: Vec::new(), score: 0.0 };
        Self::Greedy(Greedy { generation: generation.clone(), longest, running })
    }

    /// The tokens of each running beam, the best first.
    fn running(&self) -> &[Hypothesis] {
        match self {
            Self::Greedy(greedy) => std::slice::from_ref(&greedy.running),
            Self::Beams(search) => &search.running,
        }
    }

    /// The tokens of the best running beam.
    pub(super) fn tokens(&self) -> &[u32] {
        self.running().first().map_or(&[], |hypothesis| &hypothesis.tokens)
    }

    /// The last token of each running beam: what the decoder is asked to continue.
    pub(super) fn last_tokens(&self) -> Vec<u32> {
        self.running().iter().filter_map(|hypothesis| hypothesis.tokens.last().copied()).collect()
    }

    /// Takes the logits of each beam's next token, one beam after the other. Answers which beam each new beam
    /// comes from, or `None` when the search is over.
    pub(super) fn advance(&mut self, logits: &[f32]) -> Option<Vec<usize>> {
        match self {
            Self::Greedy(greedy) => greedy.advance(logits).then(|| vec![0]),
            Self::Beams(search) => search.advance(logits),
        }
    }

    /// The best answer.
    pub(super) fn finish(self) -> Answer {
        match self {
            Self::Greedy(greedy) => answer(greedy.running, greedy.generation.length_penalty, None),
            Self::Beams(search) => {
                let (best, length_penalty) = search.finish();
                let score = best.score;
                answer(best, length_penalty, Some(score))
            }
        }
    }
}

impl Greedy {
    /// Whether the answer goes on.
    fn advance(&mut self, logits: &[f32]) -> bool {
        let mut scores = logits.to_vec();
        constrain(&mut scores, &self.running.tokens, self.longest, &self.generation);
        let mut best = 0;
        for (token, score) in scores.iter().enumerate() {
            if scores.get(best).is_some_and(|highest| score > highest) {
                best = token;
            }
        }
        let token = best as u32;
        self.running.log_probabilities.push(log_softmax(&scores).get(best).copied().unwrap_or_default());
        self.running.tokens.push(token);
        !self.generation.ends.contains(&token) && self.running.tokens.len() < self.longest
    }
}

fn answer(hypothesis: Hypothesis, length_penalty: f64, score: Option<f32>) -> Answer {
    let Hypothesis { tokens, log_probabilities, .. } = hypothesis;
    let sum: f64 = log_probabilities.iter().map(|&value| f64::from(value)).sum();
    let count = log_probabilities.iter().filter(|&&value| value < 0.0).count();
    // Without a token that could have been another, the answer is certain.
    let mean = if count == 0 { 0.0 } else { sum / (count as f64).powf(length_penalty) };
    let length = log_probabilities.len().max(1) as f64;
    let score = score.unwrap_or((sum / length.powf(length_penalty)) as f32);
    Answer { tokens, log_probabilities, score, probability: mean.exp() }
}
