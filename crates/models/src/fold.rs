//! Batch norm folded into the convolution before it.

use burn::module::Param;
use burn::nn::BatchNorm;
use burn::nn::conv::Conv2d;

/// The convolution that does what `conv` followed by `norm` does at inference:
/// weights times `gamma / sqrt(var + eps)`, and bias `beta + (bias - mean) * gamma / sqrt(var + eps)`.
pub fn fold_batch_norm(conv: Conv2d, norm: &BatchNorm) -> Conv2d {
    let scale = norm.gamma.val() / (norm.running_var.value() + norm.epsilon).sqrt();
    let [channels_out] = scale.dims();
    let shift = match &conv.bias {
        Some(bias) => bias.val() - norm.running_mean.value(),
        None => -norm.running_mean.value(),
    };
    let bias = norm.beta.val() + shift * scale.clone();
    let weight = conv.weight.val() * scale.reshape([channels_out, 1, 1, 1]);
    Conv2d { weight: Param::from_tensor(weight), bias: Some(Param::from_tensor(bias)), ..conv }
}

#[cfg(test)]
mod tests {
    use burn::module::RunningState;
    use burn::nn::BatchNormConfig;
    use burn::nn::conv::Conv2dConfig;
    use burn::tensor::{Device, Distribution, Tensor};

    use super::fold_batch_norm;

    #[test]
    fn folding_changes_nothing_but_the_work() {
        let device = Device::flex();
        let random = |shape: [usize; 1]| Tensor::<1>::random(shape, Distribution::Uniform(0.5, 1.5), &device);
        for bias in [false, true] {
            let conv = Conv2dConfig::new([3, 5], [3, 3]).with_bias(bias).init(&device);
            let mut norm = BatchNormConfig::new(5).init(&device);
            norm.gamma = burn::module::Param::from_tensor(random([5]));
            norm.beta = burn::module::Param::from_tensor(random([5]));
            norm.running_mean = RunningState::new(random([5]));
            norm.running_var = RunningState::new(random([5]));
            let input = Tensor::<4>::random([2, 3, 8, 8], Distribution::Normal(0.0, 1.0), &device);
            let expected = norm.forward(conv.forward(input.clone()));
            let folded = fold_batch_norm(conv, &norm).forward(input);
            let difference: f32 = (expected - folded).abs().max().into_scalar();
            assert!(difference < 1e-5, "folded convolution differs by {difference}");
        }
    }
}
