//! The layers that vision encoder and text model share, as they come out of a weights file.

use burn::tensor::activation::{gelu, softmax};
use burn::tensor::module::{layer_norm, linear};
use burn::tensor::{FloatDType, Tensor};

/// What PyTorch adds to a variance unless told otherwise.
const EPSILON: f64 = 1e-5;

/// The tensor in f32: what is stored in f16 is widened when it is used.
pub(super) fn widened<const D: usize>(tensor: &Tensor<D>) -> Tensor<D> {
    let tensor = tensor.clone();
    if tensor.dtype() == burn::tensor::DType::F32 { tensor } else { tensor.cast(FloatDType::F32) }
}

/// `x W^T + b`.
#[derive(Debug, Clone)]
pub(super) struct Linear {
    /// `[inputs, outputs]`.
    pub(super) weight: Tensor<2>,
    pub(super) bias: Option<Tensor<1>>,
}

impl Linear {
    /// `[..., inputs]` -> `[..., outputs]`.
    pub(super) fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        linear(input, widened(&self.weight), self.bias.clone())
    }
}

/// Layer norm over the last axis.
#[derive(Debug, Clone)]
pub(super) struct Norm {
    pub(super) scale: Tensor<1>,
    pub(super) shift: Tensor<1>,
}

impl Norm {
    pub(super) fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        layer_norm(input, self.scale.clone(), Some(self.shift.clone()), EPSILON)
    }
}

/// Two linear layers with a GELU (by the error function) between.
#[derive(Debug, Clone)]
pub(super) struct Mlp {
    pub(super) first: Linear,
    pub(super) second: Linear,
}

impl Mlp {
    pub(super) fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        self.second.forward(gelu(self.first.forward(input)))
    }
}

/// `softmax(q k^T * scale) v` over the last two axes; `keys` come transposed.
pub(super) fn attend(queries: Tensor<4>, keys: Tensor<4>, values: Tensor<4>, scale: f64) -> Tensor<4> {
    softmax((queries * scale).matmul(keys), 3).matmul(values)
}
