//! A Retina U-Net with its weights, on a device.

use burn::module::Module;
use burn::tensor::{Device, ExecutionError, Tensor, TensorData};

use super::config::RetinaUNetConfig;
use super::decode::TileOutput;
use super::network::RetinaUNet;
use super::preprocess::TileInput;
use crate::known_answer::{KnownAnswer, known_input};
use crate::weights::{self, Header, WeightsError};

/// The name of this architecture in weights files.
pub const ARCHITECTURE: &str = "retina_unet";

/// Side of the input of the known answer.
const KNOWN_ANSWER_SIDE: usize = 64;

/// Weights, configuration and device together.
#[derive(Debug)]
pub struct RetinaUNetModel {
    config: RetinaUNetConfig,
    network: RetinaUNet,
    device: Device,
}

impl RetinaUNetModel {
    /// Builds the network that the file describes, fills it, folds its batch norms, and puts it on
    /// `device`. Filling and folding happen on the CPU, so every device runs the same numbers.
    ///
    /// # Errors
    /// [`WeightsError`] where the configuration or the tensors are not a Retina U-Net's.
    pub fn load(file: &str, header: &Header, bytes: &[u8], device: &Device) -> Result<Self, WeightsError> {
        let config: RetinaUNetConfig = weights::parse_config(file, header)?;
        config.validate().map_err(|error| WeightsError::Metadata {
            file: file.into(),
            key: "groundglass.config",
            reason: error.to_string(),
        })?;
        let mut network = RetinaUNet::new(&config, &Device::flex());
        weights::load_into(&mut network, file, bytes)?;
        let network = network.folded().to_device(device);
        Ok(Self { config, network, device: device.clone() })
    }

    /// The configuration.
    pub const fn config(&self) -> &RetinaUNetConfig {
        &self.config
    }

    /// Runs one tile. One readback: the three outputs come as one tensor.
    ///
    /// # Errors
    /// The device's own error.
    pub async fn infer(&self, input: &TileInput) -> Result<TileOutput, ExecutionError> {
        let shape = [1, self.config.in_channels, input.height, input.width];
        let tensor = Tensor::<4>::from_data(TensorData::new(input.values.clone(), shape), &self.device);
        let output = self.network.forward(tensor, &self.config);
        let classes: usize = output.class_logits.dims().iter().product();
        let deltas: usize = output.box_deltas.dims().iter().product();
        let all = Tensor::cat(
            vec![
                output.class_logits.reshape([-1]),
                output.box_deltas.reshape([-1]),
                output.segmentation_logits.reshape([-1]),
            ],
            0,
        );
        let all: Tensor<1> = all;
        let values: Vec<f32> = all.into_data_async().await?.iter::<f32>().collect();
        let (class_logits, rest) = values.split_at(classes);
        let (box_deltas, segmentation_logits) = rest.split_at(deltas);
        Ok(TileOutput {
            class_logits: class_logits.to_vec(),
            box_deltas: box_deltas.to_vec(),
            segmentation_logits: segmentation_logits.to_vec(),
        })
    }

    /// The answer of this device on the known input.
    ///
    /// # Errors
    /// The device's own error.
    pub async fn answer(&self) -> Result<TileOutput, ExecutionError> {
        let side = KNOWN_ANSWER_SIDE.next_multiple_of(self.config.size_multiple());
        let values = known_input(self.config.in_channels * side * side);
        self.infer(&TileInput { values, height: side, width: side }).await
    }

    /// How far this device is from `known`.
    ///
    /// # Errors
    /// The device's own error.
    pub async fn disagreement(&self, known: &KnownAnswer) -> Result<f64, ExecutionError> {
        Ok(known.disagreement(&self.answer().await?.parts()))
    }

    /// The known answer to be written into a weights file that was just made from this model.
    ///
    /// # Errors
    /// The device's own error.
    pub async fn known_answer(&self) -> Result<KnownAnswer, ExecutionError> {
        let side = KNOWN_ANSWER_SIDE.next_multiple_of(self.config.size_multiple());
        Ok(KnownAnswer::of(side, &self.answer().await?.parts()))
    }
}

impl TileOutput {
    fn parts(&self) -> [&[f32]; 3] {
        [&self.class_logits, &self.box_deltas, &self.segmentation_logits]
    }
}
