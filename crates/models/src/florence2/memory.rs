//! How the weights are kept on a device, and what a run needs there, known before anything is downloaded.

use thiserror::Error;

use super::config::Florence2Config;

/// What the weights of linear layers and the embedding are kept in. Everything is computed in f32.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// Four bytes a number.
    #[default]
    F32,
    /// Two bytes a number, widened at each use: half the memory, more time. Exact where the file is f16 itself.
    F16,
}

/// What a device can do, as its adapter tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceLimits {
    /// The largest buffer that a kernel can be given, in bytes (WebGPU's `maxStorageBufferBindingSize`); none on
    /// the CPU.
    pub largest_binding: Option<u64>,
    /// Whether it knows f16 (WebGPU's `shader-f16`).
    pub half_precision: bool,
    /// Bytes that may be used in all, where that is known. Browsers do not tell.
    pub memory: Option<u64>,
}

/// How the weights are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// In which precision.
    pub storage: Storage,
    /// Rows of the tied embedding that stand in one buffer; all of them, or a part.
    pub embedding_rows: usize,
}

impl Default for Plan {
    /// f32, and the embedding whole.
    fn default() -> Self {
        Self { storage: Storage::F32, embedding_rows: usize::MAX }
    }
}

/// Bytes on the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The weights.
    pub parameters: u64,
    /// What stands beside the weights at the worst moment of a run.
    pub activations: u64,
    /// The largest single tensor.
    pub largest_tensor: u64,
}

impl Memory {
    /// Both together.
    pub const fn peak(&self) -> u64 {
        self.parameters.saturating_add(self.activations)
    }
}

/// A device that cannot hold the network.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// A tensor is larger than the largest buffer.
    #[error("the device binds at most {limit} bytes at once, and an image of {height} x {width} pixels needs {needed}")]
    Binding {
        /// Bytes that can be bound.
        limit: u64,
        /// Bytes of the largest tensor.
        needed: u64,
        /// Rows of the network's input.
        height: usize,
        /// Columns of the network's input.
        width: usize,
    },
    /// Everything together is too much.
    #[error("the device has {limit} bytes, and the network with an image of {height} x {width} pixels needs {needed}")]
    Memory {
        /// Bytes there are.
        limit: u64,
        /// Bytes that are needed.
        needed: u64,
        /// Rows of the network's input.
        height: usize,
        /// Columns of the network's input.
        width: usize,
    },
}

impl Plan {
    /// The first way that the device can hold of: all in f32 (the embedding in parts where it exceeds a
    /// binding), then weights in f16 where the device knows it. `height` x `width` is the network's input.
    ///
    /// # Errors
    /// [`PlanError`] where none fits.
    pub fn new(
        config: &Florence2Config,
        limits: &DeviceLimits,
        [height, width]: [usize; 2],
        beams: usize,
    ) -> Result<Self, PlanError> {
        let row = (config.text.width * 4) as u64;
        let rows = limits.largest_binding.map_or(u64::MAX, |limit| limit / row.max(1)).max(1);
        // A part is widened to f32 when it is used, so f16 does not make parts larger.
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        let embedding_rows = if rows >= config.text.vocabulary {
            usize::MAX
        } else {
            // Parts of like size.
            config.text.vocabulary.div_ceil(config.text.vocabulary.div_ceil(rows))
        };
        let f32 = Self { storage: Storage::F32, embedding_rows };
        let f16 = Self { storage: Storage::F16, embedding_rows };
        let mut fault = None;
        for plan in [Some(f32), limits.half_precision.then_some(f16)].into_iter().flatten() {
            let memory = plan.memory(config, [height, width], beams);
            let (needed, peak) = (memory.largest_tensor, memory.peak());
            if let Some(limit) = limits.largest_binding.filter(|&limit| needed > limit) {
                fault = Some(PlanError::Binding { limit, needed, height, width });
            } else if let Some(limit) = limits.memory.filter(|&limit| peak > limit) {
                fault = Some(PlanError::Memory { limit, needed: peak, height, width });
            } else {
                return Ok(plan);
            }
        }
        Err(fault.unwrap_or(PlanError::Memory { limit: 0, needed: 0, height, width }))
    }

    /// What a run needs on the device: an image of `height` x `width` pixels, and an answer of greatest length.
    ///
    /// Counted tensor by tensor as the network is written, without what a runtime keeps for later.
    pub fn memory(&self, config: &Florence2Config, [height, width]: [usize; 2], beams: usize) -> Memory {
        let bytes = |numbers: u64| numbers.saturating_mul(4);
        let embedding_rows = self.embedding_rows.min(config.text.vocabulary);
        let part = bytes(product(&[embedding_rows, config.text.width]));
        let matrices: u64 = super::names::expected(config)
            .iter()
            .filter(|tensor| tensor.shape.len() == 2 && !tensor.name.contains("position"))
            .map(super::names::ExpectedTensor::numbers)
            .sum();
        let saved = match self.storage {
            Storage::F32 => 0,
            Storage::F16 => matrices.saturating_mul(2),
        };
        let parameters = bytes(config.parameters()).saturating_sub(saved);

        let (vision, largest_map) = vision(config, [height, width]);
        let text = text(config, beams);
        // What is kept in f16 is widened one tensor at a time.
        let widened = if self.storage == Storage::F16 { part } else { 0 };
        Memory {
            parameters,
            activations: bytes(vision.max(text)).saturating_add(widened),
            largest_tensor: bytes(largest_map).max(part),
        }
    }
}

fn product(sides: &[usize]) -> u64 {
    sides.iter().fold(1_u64, |product, &side| product.saturating_mul(side as u64))
}

/// Numbers that stand at once in the vision encoder, at most, and in its largest tensor.
fn vision(config: &Florence2Config, [height, width]: [usize; 2]) -> (u64, u64) {
    let (mut most, mut largest) = (0_u64, product(&[3, height, width]));
    let (mut rows, mut columns) = (height, width);
    for stage in &config.vision.stages {
        let sides = (stage.output_side(rows), stage.output_side(columns));
        let (Some(down), Some(across)) = sides else { return (most, largest) };
        (rows, columns) = (down, across);
        let side = config.vision.window;
        let tokens = product(&[rows, columns]);
        let windows = product(&[rows.div_ceil(side), columns.div_ceil(side)]);
        let padded = windows.saturating_mul(product(&[side, side, stage.width]));
        let scores = windows.saturating_mul(product(&[side, side, side, side, stage.heads]));
        let map = tokens.saturating_mul(stage.width as u64);
        let hidden = map.saturating_mul(config.vision.expansion as u64);
        // The residual; queries, keys and values; scores before and after the softmax.
        let attention = map.saturating_add(padded.saturating_mul(3)).saturating_add(scores.saturating_mul(2));
        // The residual and what was normed of it; the hidden layer before and after the GELU.
        let mlp = map.saturating_mul(2).saturating_add(hidden.saturating_mul(2));
        // The same with queries, keys and values side by side and apart.
        let split = map.saturating_add(padded.saturating_mul(6));
        most = most.max(attention).max(mlp).max(split);
        largest = largest.max(scores).max(hidden).max(padded.saturating_mul(3));
    }
    (most, largest)
}

/// Numbers that stand at once in the text model, at most.
fn text(config: &Florence2Config, beams: usize) -> u64 {
    let text = &config.text;
    let tokens = text.positions;
    let scores = product(&[text.encoder.heads, tokens, tokens]);
    let encoder = product(&[tokens, text.width, 4]).saturating_add(scores.saturating_mul(2));
    let hidden = product(&[tokens, text.encoder.hidden, 2]);
    let kept = product(&[2, text.decoder.count, tokens, text.width]);
    // Keys and values of the encoder's output and, by beams, of the answer; one layer's twice while it grows.
    let answer = kept.saturating_mul(beams as u64);
    let cache = kept.saturating_add(answer).saturating_add(answer / text.decoder.count.max(1) as u64);
    let logits = product(&[2, beams, text.vocabulary]);
    encoder.max(hidden).max(cache.saturating_add(logits))
}
