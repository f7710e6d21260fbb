//! Builds the network out of weights files, one tensor at a time.

use burn::tensor::{Device, FloatDType, Tensor, TensorData};

use super::config::{Florence2Config, LayersConfig, StageConfig};
use super::host::{Depthwise, Host, Panels};
use super::layers::{Linear, Mlp, Norm};
use super::memory::{Plan, Storage};
use super::names::{EMBEDDING, Layout, PROJECTION};
use super::projector::Projector;
use super::survey::Survey;
use super::text::{Attention, Decoder, DecoderLayer, Embedding, Encoder, EncoderLayer, Entry, Table};
use super::vision::{self, Block, Convolution, Entrance, Neighbours};
use crate::tensor_files::{ByteSource, TensorFiles};
use crate::weights::WeightsError;

/// Numbers of the embedding that are compared with a copy at once.
const COMPARED: usize = 1 << 20;

/// Every part of the network.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) stages: Vec<(Entrance, Vec<Block>)>,
    pub(super) projector: Projector,
    pub(super) embedding: Embedding,
    pub(super) encoder: Encoder,
    pub(super) decoder: Decoder,
}

/// Reads tensors and puts them on a device.
struct Loader<'a, S> {
    files: &'a mut TensorFiles<S>,
    survey: Survey,
    plan: &'a Plan,
    device: &'a Device,
    host: Host,
}

/// Whether the files hold the tensors of a network, by their names and shapes; no number is read.
///
/// # Errors
/// [`WeightsError::Misfits`] names what is missing, not expected, or of another shape.
pub fn check_tensors<S: ByteSource>(files: &TensorFiles<S>, config: &Florence2Config) -> Result<(), WeightsError> {
    Survey::new(files, config).map(|_| ())
}

/// Builds the network. What does not fit is told before the first number is read.
pub(super) async fn load<S: ByteSource>(
    files: &mut TensorFiles<S>,
    config: &Florence2Config,
    plan: &Plan,
    device: &Device,
) -> Result<Network, WeightsError> {
    let survey = Survey::new(files, config)?;
    let mut host = Host::of(device);
    // What is kept in f16 stays with burn, which widens it.
    host.products &= plan.storage == Storage::F32;
    let mut loader = Loader { files, survey, plan, device, host };
    let embedding = loader.embedding(config).await?;
    let mut stages = Vec::with_capacity(config.vision.stages.len());
    let mut channels = 3;
    for (index, stage) in config.vision.stages.iter().enumerate() {
        stages.push(loader.stage(config, index, stage, channels).await?);
        channels = stage.width;
    }
    let projector = loader.projector(config).await?;
    let text = &config.text;
    let mut encoder = Encoder { entry: loader.entry("encoder", config).await?, layers: Vec::new() };
    for index in 0..text.encoder.count {
        let layer = format!("language_model.encoder.layers.{index}");
        encoder.layers.push(loader.encoder_layer(&layer, text.width, &text.encoder).await?);
    }
    let mut decoder = Decoder { entry: loader.entry("decoder", config).await?, layers: Vec::new() };
    for index in 0..text.decoder.count {
        let layer = format!("language_model.decoder.layers.{index}");
        decoder.layers.push(loader.decoder_layer(&layer, text.width, &text.decoder).await?);
    }
    Ok(Network { stages, projector, embedding, encoder, decoder })
}

impl<S: ByteSource> Loader<'_, S> {
    async fn numbers(&mut self, name: &str, first: usize, count: usize) -> Result<Vec<f32>, WeightsError> {
        let stored = self.survey.stored(name);
        self.files.read(stored, first, count).await
    }

    /// A tensor in f32.
    async fn tensor<const D: usize>(&mut self, name: &str, shape: [usize; D]) -> Result<Tensor<D>, WeightsError> {
        let values = self.numbers(name, 0, shape.iter().product()).await?;
        Ok(Tensor::from_data(TensorData::new(values, shape), self.device))
    }

    /// A matrix `[rows, columns]` as `[columns, rows]`: PyTorch stores the transpose of what is multiplied by.
    /// A view would do, and be up to three times slower for the few rows that a step of the decoder has.
    async fn transposed(&mut self, name: &str, [rows, columns]: [usize; 2]) -> Result<Tensor<2>, WeightsError> {
        let values = self.numbers(name, 0, rows * columns).await?;
        let data = TensorData::new(transpose(&values, rows, columns), [columns, rows]);
        Ok(Tensor::from_data(data, self.device))
    }

    /// A tensor as it is kept: in f32, or in f16 where the plan says so.
    fn kept<const D: usize>(&self, tensor: Tensor<D>) -> Tensor<D> {
        match self.plan.storage {
            Storage::F32 => tensor,
            Storage::F16 => tensor.cast(FloatDType::F16),
        }
    }

    async fn linear(&mut self, name: &str, [inputs, outputs]: [usize; 2], bias: bool) -> Result<Linear, WeightsError> {
        let (weight, name) = (format!("{name}.weight"), format!("{name}.bias"));
        if self.host.products {
            let weight = Panels::of_rows(&self.numbers(&weight, 0, outputs * inputs).await?, [outputs, inputs]);
            let bias = match bias {
                true => Some(self.numbers(&name, 0, outputs).await?),
                false => None,
            };
            return Ok(Linear::Host { weight, bias });
        }
        let weight = self.transposed(&weight, [outputs, inputs]).await?;
        let bias = match bias {
            true => Some(self.tensor(&name, [outputs]).await?),
            false => None,
        };
        Ok(Linear::of_tensors(self.kept(weight), bias))
    }

    async fn norm(&mut self, name: &str, width: usize) -> Result<Norm, WeightsError> {
        Ok(Norm {
            scale: self.tensor(&format!("{name}.weight"), [width]).await?,
            shift: self.tensor(&format!("{name}.bias"), [width]).await?,
        })
    }

    async fn mlp(&mut self, name: &str, width: usize, hidden: usize) -> Result<Mlp, WeightsError> {
        Ok(Mlp {
            first: self.linear(&format!("{name}fc1"), [width, hidden], true).await?,
            second: self.linear(&format!("{name}fc2"), [hidden, width], true).await?,
        })
    }

    /// Checks the copies of the embedding, then reads it whole or in parts.
    async fn embedding(&mut self, config: &Florence2Config) -> Result<Embedding, WeightsError> {
        let (rows, width) = (config.text.vocabulary, config.text.width);
        for copy in self.survey.copies.clone() {
            let mut first = 0;
            while first < rows * width {
                let count = COMPARED.min(rows * width - first);
                let ours = self.numbers(EMBEDDING, first, count).await?;
                let theirs = self.files.read(&copy, first, count).await?;
                if ours != theirs {
                    return Err(WeightsError::Unreadable {
                        file: self.files.label(),
                        tensor: copy,
                        reason: format!(
                            "it differs from {}, to which Florence-2 ties it",
                            self.survey.stored(EMBEDDING)
                        ),
                    });
                }
                first += count;
            }
        }
        let bias = match self.survey.logits_bias.clone() {
            None => None,
            Some(name) => {
                let values = self.files.read(&name, 0, rows).await?;
                // A buffer of zeros as a rule.
                values
                    .iter()
                    .any(|&value| value != 0.0)
                    .then(|| Tensor::<2>::from_data(TensorData::new(values, [1, rows]), self.device))
            }
        };
        let mut parts = Vec::new();
        let mut first = 0;
        if self.host.products {
            let mut panels = Panels::zeros(width, rows);
            let step = (COMPARED / width.max(1)).max(1);
            for first in (0..rows).step_by(step) {
                let count = step.min(rows - first);
                panels.set_rows(first, &self.numbers(EMBEDDING, first * width, count * width).await?);
            }
            return Ok(Embedding { table: Table::Host(panels), bias });
        }
        while first < rows {
            let count = self.plan.embedding_rows.clamp(1, rows - first);
            let values = self.numbers(EMBEDDING, first * width, count * width).await?;
            let part = Tensor::<2>::from_data(TensorData::new(values, [count, width]), self.device);
            parts.push(self.kept(part));
            first += count;
        }
        Ok(Embedding { table: Table::Device(parts), bias })
    }

    async fn convolution(
        &mut self,
        name: &str,
        shape: [usize; 4],
        (stride, padding): (usize, usize),
        groups: usize,
    ) -> Result<Convolution, WeightsError> {
        Ok(Convolution {
            weight: self.tensor(&format!("{name}.weight"), shape).await?,
            bias: self.tensor(&format!("{name}.bias"), [shape[0]]).await?,
            stride,
            padding,
            groups,
        })
    }

    /// The 3x3 convolution of each channel on its own.
    async fn neighbours(&mut self, name: &str, width: usize) -> Result<Neighbours, WeightsError> {
        if self.host.elements {
            let weights = self.numbers(&format!("{name}.weight"), 0, 9 * width).await?;
            let bias = self.numbers(&format!("{name}.bias"), 0, width).await?;
            return Ok(Neighbours::Host(Depthwise::new(&weights, bias, 3)));
        }
        Ok(Neighbours::Device(Box::new(self.convolution(name, [width, 1, 3, 3], (1, 1), width).await?)))
    }

    async fn stage(
        &mut self,
        config: &Florence2Config,
        index: usize,
        stage: &StageConfig,
        channels: usize,
    ) -> Result<(Entrance, Vec<Block>), WeightsError> {
        let name = format!("vision_tower.convs.{index}");
        let shape = [stage.width, channels, stage.kernel, stage.kernel];
        let steps = (stage.stride, stage.padding);
        let entrance = Entrance {
            convolution: self.convolution(&format!("{name}.conv"), shape, steps, 1).await?,
            norm: self.norm(&format!("{name}.norm"), if stage.norm_first { channels } else { stage.width }).await?,
            norm_first: stage.norm_first,
        };
        let window = vision::Attention::Window { side: config.vision.window, heads: stage.heads };
        let channel = vision::Attention::Channel { groups: stage.groups };
        let mut blocks = Vec::with_capacity(2 * stage.depth);
        for depth in 0..stage.depth {
            let name = format!("vision_tower.blocks.{index}.{depth}");
            blocks.push(self.block(&format!("{name}.spatial_block"), window.clone(), stage.width, config).await?);
            blocks.push(self.block(&format!("{name}.channel_block"), channel.clone(), stage.width, config).await?);
        }
        Ok((entrance, blocks))
    }

    async fn block(
        &mut self,
        name: &str,
        attention: vision::Attention,
        width: usize,
        config: &Florence2Config,
    ) -> Result<Block, WeightsError> {
        let inner = match attention {
            vision::Attention::Window { .. } => "window_attn",
            vision::Attention::Channel { .. } => "channel_attn",
        };
        let bias = config.vision.attention_bias;
        Ok(Block {
            first_neighbours: self.neighbours(&format!("{name}.conv1"), width).await?,
            first_norm: self.norm(&format!("{name}.norm1"), width).await?,
            attention,
            qkv: self.linear(&format!("{name}.{inner}.qkv"), [width, 3 * width], bias).await?,
            projection: self.linear(&format!("{name}.{inner}.proj"), [width, width], true).await?,
            second_neighbours: self.neighbours(&format!("{name}.conv2"), width).await?,
            second_norm: self.norm(&format!("{name}.norm2"), width).await?,
            mlp: self.mlp(&format!("{name}.ffn."), width, width * config.vision.expansion).await?,
        })
    }

    async fn projector(&mut self, config: &Florence2Config) -> Result<Projector, WeightsError> {
        let (channels, width) = (config.image_width(), config.text.width);
        let positions = config.vision.positions;
        let embed = "multi_modal_projector.image_position_embed";
        let rows = self.tensor(&format!("{embed}.row_embeddings.weight"), [positions, channels / 2]).await?;
        let rest = channels - channels / 2;
        let columns = self.tensor(&format!("{embed}.column_embeddings.weight"), [positions, rest]).await?;
        let projection = match self.survey.layout {
            Layout::Native => {
                let name = PROJECTION.strip_suffix(".weight").unwrap_or(PROJECTION);
                self.linear(name, [channels, width], false).await?
            }
            Layout::Microsoft => {
                let weight: Tensor<2> = self.tensor(PROJECTION, [channels, width]).await?;
                Linear::of_tensors(self.kept(weight), None)
            }
        };
        let norm = self.norm("multi_modal_projector.image_proj_norm", width).await?;
        Ok(Projector { rows, columns, projection, norm })
    }

    async fn entry(&mut self, side: &str, config: &Florence2Config) -> Result<Entry, WeightsError> {
        let root = format!("language_model.{side}");
        let shape = [config.text.positions + 2, config.text.width];
        Ok(Entry {
            positions: self.tensor(&format!("{root}.embed_positions.weight"), shape).await?,
            norm: self.norm(&format!("{root}.layernorm_embedding"), config.text.width).await?,
        })
    }

    async fn attention(&mut self, name: &str, width: usize, heads: usize) -> Result<Attention, WeightsError> {
        let square = [width, width];
        Ok(Attention {
            queries: self.linear(&format!("{name}.q_proj"), square, true).await?,
            keys: self.linear(&format!("{name}.k_proj"), square, true).await?,
            values: self.linear(&format!("{name}.v_proj"), square, true).await?,
            output: self.linear(&format!("{name}.out_proj"), square, true).await?,
            heads,
        })
    }

    async fn encoder_layer(
        &mut self,
        name: &str,
        width: usize,
        layers: &LayersConfig,
    ) -> Result<EncoderLayer, WeightsError> {
        Ok(EncoderLayer {
            attention: self.attention(&format!("{name}.self_attn"), width, layers.heads).await?,
            attention_norm: self.norm(&format!("{name}.self_attn_layer_norm"), width).await?,
            mlp: self.mlp(&format!("{name}."), width, layers.hidden).await?,
            final_norm: self.norm(&format!("{name}.final_layer_norm"), width).await?,
        })
    }

    async fn decoder_layer(
        &mut self,
        name: &str,
        width: usize,
        layers: &LayersConfig,
    ) -> Result<DecoderLayer, WeightsError> {
        Ok(DecoderLayer {
            attention: self.attention(&format!("{name}.self_attn"), width, layers.heads).await?,
            attention_norm: self.norm(&format!("{name}.self_attn_layer_norm"), width).await?,
            cross_attention: self.attention(&format!("{name}.encoder_attn"), width, layers.heads).await?,
            cross_attention_norm: self.norm(&format!("{name}.encoder_attn_layer_norm"), width).await?,
            mlp: self.mlp(&format!("{name}."), width, layers.hidden).await?,
            final_norm: self.norm(&format!("{name}.final_layer_norm"), width).await?,
        })
    }
}

/// Rows become columns, in tiles that a cache holds.
fn transpose(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    const TILE: usize = 32;
    let mut transposed = vec![0.0; values.len()];
    for top in (0..rows).step_by(TILE) {
        for left in (0..columns).step_by(TILE) {
            for column in left..(left + TILE).min(columns) {
                let height = TILE.min(rows - top);
                let line = transposed.iter_mut().skip(column * rows + top).take(height);
                let source = values.iter().skip(top * columns + column).step_by(columns);
                line.zip(source).for_each(|(to, from)| *to = *from);
            }
        }
    }
    transposed
}

#[cfg(test)]
mod tests {
    use super::transpose;

    #[test]
    fn every_number_finds_its_place() {
        for (rows, columns) in [(1, 5), (33, 70), (64, 32), (3, 1)] {
            let values: Vec<f32> = (0..rows * columns).map(|index| index as f32).collect();
            let transposed = transpose(&values, rows, columns);
            for (index, &value) in transposed.iter().enumerate() {
                let (column, row) = (index / rows, index % rows);
                assert_eq!(value, (row * columns + column) as f32);
            }
        }
    }
}
