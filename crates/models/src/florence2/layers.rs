//! The layers that vision encoder and text model share, as they come out of a weights file.

use burn::tensor::activation::{gelu, softmax};
use burn::tensor::module::{layer_norm, linear};
use burn::tensor::{FloatDType, Tensor};

use super::host::{self, Finish, Host, Panels};

/// What PyTorch adds to a variance unless told otherwise.
const EPSILON: f64 = 1e-5;

/// The tensor in f32: what is stored in f16 is widened when it is used.
pub(super) fn widened<const D: usize>(tensor: &Tensor<D>) -> Tensor<D> {
    let tensor = tensor.clone();
    if tensor.dtype() == burn::tensor::DType::F32 { tensor } else { tensor.cast(FloatDType::F32) }
}

/// `x W^T + b`.
#[derive(Debug, Clone)]
pub(super) enum Linear {
    /// On any device.
    Device(Box<DeviceLinear>),
    /// In host memory, for tensors of burn-flex.
    Host {
        /// `[inputs, outputs]`.
        weight: Panels,
        /// `[outputs]`.
        bias: Option<Vec<f32>>,
    },
}

/// A linear layer of tensors.
#[derive(Debug, Clone)]
pub(super) struct DeviceLinear {
    /// `[inputs, outputs]`.
    weight: Tensor<2>,
    /// `[outputs]`.
    bias: Option<Tensor<1>>,
}

impl Linear {
    /// Of `[inputs, outputs]` and `[outputs]`.
    pub(super) fn of_tensors(weight: Tensor<2>, bias: Option<Tensor<1>>) -> Self {
        Self::Device(Box::new(DeviceLinear { weight, bias }))
    }

    /// `[..., inputs]` -> `[..., outputs]`.
    pub(super) fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        self.finished(input, Finish::Plain)
    }

    fn finished<const D: usize>(&self, input: Tensor<D>, finish: Finish) -> Tensor<D> {
        match self {
            Self::Device(layer) => {
                let output = linear(input, widened(&layer.weight), layer.bias.clone());
                if finish == Finish::Gelu { gelu_of(output) } else { output }
            }
            Self::Host { weight, bias } => {
                let (mut shape, device) = (input.dims(), input.device());
                let numbers = host::take(input);
                if let Some(last) = shape.last_mut() {
                    *last = weight.outputs;
                }
                host::give(weight.product(&numbers, bias.as_deref(), finish), shape, &device)
            }
        }
    }
}

/// GELU by the error function.
fn gelu_of<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    let device = tensor.device();
    if !Host::of(&device).elements {
        return gelu(tensor);
    }
    let shape = tensor.dims();
    let mut numbers = host::take(tensor);
    host::gelu_each(&mut numbers);
    host::give(numbers, shape, &device)
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
        self.second.forward(self.first.finished(input, Finish::Gelu))
    }
}

/// `softmax(q k^T * scale) v` over the last two axes; `keys` come transposed.
pub(super) fn attend(queries: Tensor<4>, keys: Tensor<4>, values: Tensor<4>, scale: f64) -> Tensor<4> {
    softmax_of((queries * scale).matmul(keys)).matmul(values)
}

/// The softmax over the last axis.
pub(super) fn softmax_of<const D: usize>(scores: Tensor<D>) -> Tensor<D> {
    let (shape, device) = (scores.dims(), scores.device());
    let Some(&row) = shape.last().filter(|&&row| row > 0 && Host::of(&device).elements) else {
        return softmax(scores, D - 1);
    };
    let mut numbers = host::take(scores);
    numbers.chunks_exact_mut(row).for_each(host::softmax);
    host::give(numbers, shape, &device)
}
