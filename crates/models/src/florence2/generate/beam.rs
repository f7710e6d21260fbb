//! Beam search as `transformers` does it (4.57.1, `GenerationMixin._beam_search`), for one input.
//!
//! All arithmetic is f32 as it is there: scores near -1e9 mark what is not to be chosen.

use super::scores::{constrain, log_softmax};
use crate::florence2::generation::{EarlyStopping, Generation};

/// Added to a score that must not be chosen.
const EXCLUDED: f32 = -1e9;

/// An answer on its way.
#[derive(Clone, Debug)]
pub(in crate::florence2) struct Hypothesis {
    /// The tokens, the start first.
    pub(super) tokens: Vec<u32>,
    /// The log-probability of each token after the start.
    pub(super) log_probabilities: Vec<f32>,
    /// While it runs, the sum of these; when it is finished, that over its length to a power.
    pub(super) score: f32,
}

/// One continuation of one beam.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    score: f32,
    origin: usize,
    token: u32,
    log_probability: f32,
    finished: bool,
}

impl Candidate {
    fn continued(&self, beams: &[Hypothesis], score: f32) -> Option<Hypothesis> {
        let mut hypothesis = beams.get(self.origin)?.clone();
        hypothesis.tokens.push(self.token);
        hypothesis.log_probabilities.push(self.log_probability);
        hypothesis.score = score;
        Some(hypothesis)
    }
}

/// The state of a search.
#[derive(Clone, Debug)]
pub(in crate::florence2) struct BeamSearch {
    generation: Generation,
    /// Greatest length, the start counted.
    longest: usize,
    pub(super) running: Vec<Hypothesis>,
    /// The best so far, and whether each is a finished answer.
    best: Vec<(Hypothesis, bool)>,
    /// Whether a running beam may still beat a finished one.
    improvable: bool,
}

impl BeamSearch {
    pub(super) fn new(generation: &Generation, longest: usize) -> Self {
        let blank = |score| Hypothesis { tokens: vec![generation.start], log_probabilities: Vec::new(), score };
        let mut running = vec![blank(EXCLUDED); generation.beams];
        // All beams begin alike: only the first counts, lest every one of them say the same.
        if let Some(first) = running.first_mut() {
            first.score = 0.0;
        }
        let best = vec![(blank(EXCLUDED), false); generation.beams];
        Self { generation: generation.clone(), longest, running, best, improvable: true }
    }

    /// Takes the logits of each running beam's next token, one beam after the other. Answers which beam each
    /// new beam comes from, or `None` when the search is over.
    pub(super) fn advance(&mut self, logits: &[f32]) -> Option<Vec<usize>> {
        let beams = self.generation.beams;
        let candidates = self.candidates(logits);
        let next =
            best_of(&candidates, beams, |candidate| candidate.score + if candidate.finished { EXCLUDED } else { 0.0 });
        let running: Vec<(usize, Hypothesis)> = next
            .iter()
            .filter_map(|(candidate, score)| Some((candidate.origin, candidate.continued(&self.running, *score)?)))
            .collect();
        self.take_finished(&candidates);
        let origins = running.iter().map(|(origin, _)| *origin).collect();
        self.running = running.into_iter().map(|(_, hypothesis)| hypothesis).collect();
        self.look_ahead();
        let full = self.best.iter().all(|(_, finished)| *finished)
            && self.generation.early_stopping == EarlyStopping::WhenFull;
        let stuck = candidates.iter().all(|candidate| candidate.finished);
        (self.improvable && !full && !stuck && !self.running.is_empty()).then_some(origins)
    }

    /// The best answer, and the length penalty that it was chosen by.
    pub(super) fn finish(self) -> (Hypothesis, f64) {
        let nothing = Hypothesis { tokens: vec![self.generation.start], log_probabilities: Vec::new(), score: 0.0 };
        let best = self.best.into_iter().next().map_or(nothing, |(hypothesis, _)| hypothesis);
        (best, self.generation.length_penalty)
    }

    fn length(&self) -> usize {
        self.running.first().map_or(1, |hypothesis| hypothesis.tokens.len())
    }

    /// The best continuations of all beams: enough that as many as there are beams do not end.
    fn candidates(&self, logits: &[f32]) -> Vec<Candidate> {
        let beams = self.generation.beams;
        let keep = (1 + self.generation.ends.len()).max(2) * beams;
        let vocabulary = logits.len() / beams.max(1);
        let length = self.length();
        let mut best: Vec<Candidate> = Vec::with_capacity(keep + 1);
        for (origin, (beam, logits)) in self.running.iter().zip(logits.chunks_exact(vocabulary.max(1))).enumerate() {
            let mut scores = log_softmax(logits);
            constrain(&mut scores, &beam.tokens, self.longest, &self.generation);
            for (token, &log_probability) in scores.iter().enumerate() {
                let score = log_probability + beam.score;
                let enough = best.len() >= keep;
                if enough && best.last().is_some_and(|worst| score <= worst.score) {
                    continue;
                }
                let token = token as u32;
                let finished = self.generation.ends.contains(&token) || length + 1 >= self.longest;
                let place = best.partition_point(|other| other.score >= score);
                best.insert(place, Candidate { score, origin, token, log_probability, finished });
                best.truncate(keep);
            }
        }
        best
    }

    /// Keeps the best answers of those that were finished before and those that end now.
    fn take_finished(&mut self, candidates: &[Candidate]) {
        let beams = self.generation.beams;
        let penalty = power(self.length(), self.generation.length_penalty);
        let full = self.best.iter().all(|(_, finished)| *finished)
            && self.generation.early_stopping == EarlyStopping::WhenFull;
        let mut merged: Vec<(Hypothesis, bool)> = std::mem::take(&mut self.best);
        for (rank, candidate) in candidates.iter().enumerate() {
            // Beyond the first of them, candidates only stand by in case the others end.
            let ends = candidate.finished && rank < beams;
            let mut score = candidate.score / penalty;
            for excluded in [full, !self.improvable, !ends] {
                score += if excluded { EXCLUDED } else { 0.0 };
            }
            merged.extend(candidate.continued(&self.running, score).map(|hypothesis| (hypothesis, ends)));
        }
        merged.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score));
        merged.truncate(beams);
        self.best = merged;
    }

    /// Whether the best running beam may still beat the worst of the finished.
    fn look_ahead(&mut self) {
        let Generation { early_stopping, length_penalty, .. } = self.generation;
        let length = if early_stopping == EarlyStopping::Never && length_penalty > 0.0 {
            self.longest - 1
        } else {
            self.length() - 1
        };
        let possible = self.running.first().map_or(EXCLUDED, |beam| beam.score) / power(length, length_penalty);
        let worst = self.best.iter().map(|(hypothesis, _)| hypothesis.score).fold(f32::INFINITY, f32::min);
        self.improvable &= self.best.iter().any(|(_, finished)| possible > if *finished { worst } else { EXCLUDED });
    }
}

fn power(length: usize, exponent: f64) -> f32 {
    (length as f64).powf(exponent) as f32
}

/// The best `count` by a score, in order, those that come first winning ties.
fn best_of(candidates: &[Candidate], count: usize, score: impl Fn(&Candidate) -> f32) -> Vec<(Candidate, f32)> {
    let mut scored: Vec<(Candidate, f32)> = candidates.iter().map(|candidate| (*candidate, score(candidate))).collect();
    scored.sort_by(|(_, a), (_, b)| b.total_cmp(a));
    scored.truncate(count);
    scored
}
