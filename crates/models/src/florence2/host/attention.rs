//! Attention between the tokens of a window.

use super::exponential::softmax;
use super::panels::{Finish, Panels};

/// Queries, keys and values side by side, `[windows x tokens, 3 x width]`, -> `[windows x tokens, width]`, by heads.
pub(in crate::florence2) fn attend_windows(qkv: &[f32], tokens: usize, width: usize, heads: usize) -> Vec<f32> {
    let head_width = width / heads.max(1);
    let scale = (head_width as f32).powf(-0.5);
    let mut attended = vec![0.0; qkv.len() / 3];
    let mut keys = Panels::zeros(head_width, tokens);
    let mut values = Panels::zeros(tokens, head_width);
    let (mut queries, mut rows) = (Vec::new(), Vec::new());
    let windows = qkv.chunks_exact((tokens * width * 3).max(1));
    for (window, into) in windows.zip(attended.chunks_exact_mut((tokens * width).max(1))) {
        for head in 0..heads {
            // The head's numbers of queries (0), keys (1) or values (2), token by token.
            let gather = |part: usize, scale: f32, to: &mut Vec<f32>| {
                to.clear();
                for token in window.chunks_exact(3 * width) {
                    let numbers = token.iter().skip(part * width + head * head_width).take(head_width);
                    to.extend(numbers.map(|number| number * scale));
                }
            };
            gather(0, scale, &mut queries);
            gather(1, 1.0, &mut rows);
            keys.set_rows(0, &rows);
            gather(2, 1.0, &mut rows);
            values.set_columns(|place| rows.get(place).copied().unwrap_or_default());
            let mut weights = keys.product(&queries, None, Finish::Plain);
            weights.chunks_exact_mut(tokens).for_each(softmax);
            let sums = values.product(&weights, None, Finish::Plain);
            for (token, sums) in into.chunks_exact_mut(width).zip(sums.chunks_exact(head_width)) {
                if let Some(place) = token.get_mut(head * head_width..(head + 1) * head_width) {
                    place.copy_from_slice(sums);
                }
            }
        }
    }
    attended
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::attend_windows;
    use crate::florence2::host::{give, take};
    use crate::florence2::vision::attend_by_heads;

    #[test]
    fn it_is_the_attention_of_burn() {
        let (windows, tokens, width, heads) = (3, 10, 12, 4);
        let numbers = |index: usize| ((index * 37 % 101) as f32 - 50.0) / 20.0;
        let qkv: Vec<f32> = (0..windows * tokens * 3 * width).map(numbers).collect();
        let ours = attend_windows(&qkv, tokens, width, heads);
        let tensor: Tensor<3> = give(qkv, [windows, tokens, 3 * width], &Device::flex());
        let expected = take(attend_by_heads(tensor, heads));
        assert_eq!(ours.len(), expected.len());
        for (ours, expected) in ours.iter().zip(expected) {
            assert!((ours - expected).abs() < 1e-5, "{ours} {expected}");
        }
    }
}
