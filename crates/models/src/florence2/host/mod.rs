//! The network's own loops over numbers in host memory, where they are faster than burn's on the CPU.
//!
//! Only burn-flex keeps its tensors in host memory, and gives them away and takes them without a copy. What these
//! loops compute is what burn computes, up to the rounding of f32; they are plain loops that the compiler vectorises.

mod attention;
mod depthwise;
mod exponential;
mod gelu;
mod panels;

use burn::tensor::{DType, Device, FloatDType, Tensor, TensorData};

pub(super) use attention::attend_windows;
pub(super) use depthwise::Depthwise;
pub(super) use exponential::softmax;
pub(super) use gelu::gelu_each;
pub(super) use panels::{Finish, Panels};

/// Which of these loops a device's network uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Host {
    /// GELU and the convolution of each channel: burn-flex calls a scalar error function, and convolves planes.
    pub(super) elements: bool,
    /// Products with weights, and attention in windows. In a page the tiles of burn-flex's `gemm` have more
    /// accumulators than WebAssembly has registers on x86; natively they use wider vectors than these loops.
    pub(super) products: bool,
}

impl Host {
    /// What is fastest on this device, with this compiler's target.
    pub(super) fn of(device: &Device) -> Self {
        let elements = *device == Device::flex();
        Self { elements, products: elements && cfg!(target_arch = "wasm32") }
    }
}

/// The numbers of a tensor on burn-flex; without a copy if nothing else holds the tensor.
pub(super) fn take<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let tensor = if tensor.dtype() == DType::F32 { tensor } else { tensor.cast(FloatDType::F32) };
    // They are f32 now, which is all that could be wrong.
    tensor.into_data().try_into_vec().unwrap_or_default()
}

/// A tensor of these numbers.
pub(super) fn give<const D: usize>(numbers: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(numbers, shape), device)
}
