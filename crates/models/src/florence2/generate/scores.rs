//! Scores of the next token: a softmax, and the tokens that are forbidden or forced.

use std::collections::HashMap;

use crate::florence2::generation::Generation;

/// The logarithm of the softmax. The sum is taken in f64, so its error is below what f32 shows.
pub(super) fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits.iter().map(|&logit| f64::from((logit - largest).exp())).sum();
    let shift = sum.ln() as f32;
    logits.iter().map(|&logit| logit - largest - shift).collect()
}

/// Changes the scores of what may follow `tokens`, in the reference's order: tokens that would repeat a run are
/// forbidden, then the first and the last token are forced.
pub(super) fn constrain(scores: &mut [f32], tokens: &[u32], longest: usize, generation: &Generation) {
    for token in repeating(tokens, generation.no_repeat_ngram) {
        if let Some(score) = scores.get_mut(token as usize) {
            *score = f32::NEG_INFINITY;
        }
    }
    if let Some(first) = generation.forced_first.filter(|_| tokens.len() == 1) {
        force(scores, first);
    }
    if let Some(last) = generation.forced_last.filter(|_| tokens.len() + 1 == longest) {
        force(scores, last);
    }
}

fn force(scores: &mut [f32], token: u32) {
    scores.fill(f32::NEG_INFINITY);
    if let Some(score) = scores.get_mut(token as usize) {
        *score = 0.0;
    }
}

/// The tokens that would complete a run of `size` tokens for the second time.
fn repeating(tokens: &[u32], size: usize) -> Vec<u32> {
    if size == 0 || tokens.len() + 1 < size {
        return Vec::new();
    }
    let mut followers: HashMap<&[u32], Vec<u32>> = HashMap::new();
    for run in tokens.windows(size) {
        if let Some((&last, before)) = run.split_last() {
            followers.entry(before).or_default().push(last);
        }
    }
    let end = tokens.get(tokens.len() + 1 - size..).unwrap_or_default();
    followers.remove(end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{constrain, log_softmax, repeating};
    use crate::florence2::Generation;

    #[test]
    fn runs_do_not_repeat() {
        assert_eq!(repeating(&[2, 0, 7, 8, 9, 7, 8], 3), [9]);
        assert_eq!(repeating(&[2, 0, 7, 8, 9, 7], 3), [0_u32; 0]);
        assert_eq!(repeating(&[2, 5, 5], 2), [5]);
        assert_eq!(repeating(&[2, 5, 2], 1), [2, 5, 2]);
        assert_eq!(repeating(&[2], 3), [0_u32; 0]);
        assert_eq!(repeating(&[2, 5, 5], 0), [0_u32; 0]);
    }

    #[test]
    fn first_and_last_token_are_forced() {
        let generation = Generation { forced_first: Some(1), forced_last: Some(2), ..Generation::default() };
        let constrained = |tokens: &[u32]| {
            let mut scores = vec![5.0, 6.0, 7.0, 8.0];
            constrain(&mut scores, tokens, 4, &generation);
            scores
        };
        let none = f32::NEG_INFINITY;
        assert_eq!(constrained(&[2]), [none, 0.0, none, none]);
        assert_eq!(constrained(&[2, 1]), [5.0, 6.0, 7.0, 8.0]);
        assert_eq!(constrained(&[2, 1, 3]), [none, none, 0.0, none]);
    }

    #[test]
    fn a_softmax_sums_to_one() {
        let sum: f32 = log_softmax(&[1.0, -3.0, 88.0, 90.0, f32::NEG_INFINITY]).iter().map(|score| score.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    }
}
