//! Whether a device computes what the CPU does: a small network of every kind of layer, run on both.
//!
//! Weights that a user brings hold no known answer, and a device can be wrong without saying so.

use burn::tensor::Device;

use super::config::{Florence2Config, LayersConfig, StageConfig, TextConfig, VisionConfig};
use super::memory::Plan;
use super::model::{Florence2Error, Florence2Model};
use super::names::expected;
use super::preprocess::PixelValues;
use crate::known_answer::{KnownAnswer, known_input};
use crate::tensor_files::{MemorySource, TensorFiles};

/// Side of the input in pixels: the windows of both stages are padded.
const SIDE: usize = 56;

/// Tokens that the decoder continues.
const TOKENS: [u32; 4] = [2, 0, 41, 7];

fn config() -> Florence2Config {
    let stage = |width, first: bool| StageConfig {
        depth: 1,
        width,
        heads: width / 8,
        groups: width / 8,
        kernel: if first { 7 } else { 3 },
        stride: if first { 4 } else { 2 },
        padding: if first { 3 } else { 1 },
        norm_first: !first,
    };
    let layers = LayersConfig { count: 2, heads: 4, hidden: 64 };
    Florence2Config {
        vision: VisionConfig {
            stages: vec![stage(16, true), stage(32, false)],
            window: 12,
            expansion: 4,
            attention_bias: true,
            positions: 10,
        },
        text: TextConfig { vocabulary: 96, width: 32, encoder: layers, decoder: layers, positions: 80 },
    }
}

/// A weights file of numbers that look random and are the same everywhere.
fn weights(config: &Florence2Config) -> Vec<u8> {
    let (mut fields, mut data) = (serde_json::Map::new(), Vec::new());
    for tensor in expected(config) {
        let count = usize::try_from(tensor.numbers()).unwrap_or_default();
        let inputs: usize = tensor.shape.iter().skip(1).product();
        let norm = tensor.shape.len() == 1 && tensor.name.ends_with("weight");
        let scale = if norm { 0.5 } else { 3.0 / (inputs as f32).sqrt() };
        let begin = data.len();
        // Another stretch of the sequence for each tensor.
        let numbers = known_input(begin % 997 + count).into_iter().skip(begin % 997);
        for number in numbers {
            let value = (number - 0.5) * scale + if norm { 1.0 } else { 0.0 };
            data.extend(value.to_le_bytes());
        }
        let field = serde_json::json!({ "dtype": "F32", "shape": tensor.shape, "data_offsets": [begin, data.len()] });
        fields.insert(format!("model.{}", tensor.name), field);
    }
    let header = serde_json::Value::Object(fields).to_string().into_bytes();
    [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat()
}

/// Features and logits of the small network on a device.
async fn answer(plan: &Plan, device: &Device) -> Result<[Vec<f32>; 2], Florence2Error> {
    let config = config();
    let bytes = weights(&config);
    let failed = |error: crate::weights::WeightsError| Florence2Error::Device(error.to_string());
    let sources = vec![("the device's check".to_owned(), MemorySource(&bytes))];
    let mut files = TensorFiles::open(sources, None).await.map_err(failed)?;
    let model = Florence2Model::load(&mut files, &config, plan, device).await.map_err(failed)?;
    let pixels = PixelValues { values: known_input(3 * SIDE * SIDE), height: SIDE, width: SIDE };
    let features = model.encode_image(&pixels, async |_, _| true).await?;
    let prepared = model.prompt(&features, &[0, 5, 17, 90, 2])?;
    Ok([features.numbers().await?, model.logits(&prepared, &TOKENS).await?])
}

/// The largest absolute difference between `device` and the CPU, in features and logits; to be compared with
/// [`crate::known_answer::TOLERANCE`]. The embedding is in parts if `plan` has it so.
///
/// # Errors
/// [`Florence2Error::Device`].
pub async fn disagreement(plan: &Plan, device: &Device) -> Result<f64, Florence2Error> {
    let whole = Plan { storage: plan.storage, ..Plan::default() };
    let [features, logits] = answer(&whole, &Device::flex()).await?;
    let known = KnownAnswer::of(SIDE, &[&features, &logits]);
    let rows = if plan.embedding_rows < usize::MAX { 40 } else { usize::MAX };
    let [features, logits] = answer(&Plan { embedding_rows: rows, ..*plan }, device).await?;
    Ok(known.disagreement(&[&features, &logits]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use burn::tensor::Device;
    use pollster::block_on;

    use super::{answer, config, disagreement};
    use crate::florence2::{Plan, Storage};

    #[test]
    fn the_cpu_agrees_with_itself_and_the_network_does_something() {
        config().validate("the check").unwrap();
        for storage in [Storage::F32, Storage::F16] {
            for embedding_rows in [usize::MAX, 10] {
                let plan = Plan { storage, embedding_rows };
                assert!(block_on(disagreement(&plan, &Device::flex())).unwrap() < 1e-5);
            }
        }
        for numbers in block_on(answer(&Plan::default(), &Device::flex())).unwrap() {
            let mean = numbers.iter().sum::<f32>() / numbers.len() as f32;
            let spread = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f32>() / numbers.len() as f32;
            assert!(spread > 0.1, "{spread}");
        }
    }
}
