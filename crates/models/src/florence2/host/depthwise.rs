//! The convolution of each channel on its own, of stride 1, over a map whose channels lie together.

/// Its weights.
#[derive(Clone, Debug)]
pub(in crate::florence2) struct Depthwise {
    /// `[kernel, kernel, channels]`.
    taps: Vec<f32>,
    /// `[channels]`.
    bias: Vec<f32>,
    kernel: usize,
}

impl Depthwise {
    /// Of weights `[channels, 1, kernel, kernel]`, `kernel` odd, and `bias`.
    pub(in crate::florence2) fn new(weights: &[f32], bias: Vec<f32>, kernel: usize) -> Self {
        let (channels, area) = (bias.len(), kernel * kernel);
        let taps = (0..area * channels)
            .map(|place| weights.get(place % channels * area + place / channels).copied().unwrap_or_default())
            .collect();
        Self { taps, bias, kernel }
    }

    /// `[rows, columns, channels]` -> the same plus its convolution, with zeros around it.
    pub(in crate::florence2) fn added(&self, map: &[f32], [rows, columns]: [usize; 2]) -> Vec<f32> {
        let channels = self.bias.len();
        let margin = self.kernel / 2;
        let mut sums = map.to_vec();
        for (place, sum) in sums.chunks_exact_mut(channels.max(1)).enumerate() {
            let (row, column) = (place / columns, place % columns);
            sum.iter_mut().zip(&self.bias).for_each(|(sum, bias)| *sum += bias);
            for (tap, weights) in self.taps.chunks_exact(channels).enumerate() {
                let (down, across) = (row + tap / self.kernel, column + tap % self.kernel);
                if down < margin || across < margin || down - margin >= rows || across - margin >= columns {
                    continue;
                }
                let first = ((down - margin) * columns + across - margin) * channels;
                let Some(from) = map.get(first..first + channels) else { continue };
                for ((sum, number), weight) in sum.iter_mut().zip(from).zip(weights) {
                    *sum += number * weight;
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::conv2d;
    use burn::tensor::ops::ConvOptions;
    use burn::tensor::{Device, Tensor};

    use super::Depthwise;
    use crate::florence2::host::{give, take};

    #[test]
    fn it_is_the_convolution_of_burn() {
        let device = Device::flex();
        for [rows, columns, channels] in [[1, 1, 1], [2, 5, 3], [7, 4, 10]] {
            let numbers = |count: usize| (0..count).map(|index| (index * 7 % 13) as f32 - 6.0).collect::<Vec<f32>>();
            let (map, weights, bias) = (numbers(rows * columns * channels), numbers(9 * channels), numbers(channels));
            let tensor: Tensor<3> = give(map.clone(), [rows, columns, channels], &device);
            let channels_first = tensor.permute([2, 0, 1]).unsqueeze::<4>();
            let expected = conv2d(
                channels_first.clone(),
                give(weights.clone(), [channels, 1, 3, 3], &device),
                Some(give(bias.clone(), [channels], &device)),
                ConvOptions::new([1, 1], [1, 1], [1, 1], channels),
            ) + channels_first;
            let ours = Depthwise::new(&weights, bias, 3).added(&map, [rows, columns]);
            // Whole numbers of few bits: no sum is rounded.
            assert_eq!(ours, take(expected.permute([0, 2, 3, 1])));
        }
    }
}
