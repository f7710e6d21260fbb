//! A model on a device.

use groundglass_models::known_answer::TOLERANCE;
use groundglass_models::retina_unet::{self, Decoder, IntensityRange, RetinaUNetModel, tile_input};
use groundglass_models::tiles::tiles;
use groundglass_models::weights::{Header, WeightsError, read_header};
use groundglass_types::{DeviceRecord, Finding, Image, ModelRecord};

use crate::{EngineError, OpenDevice};

/// What a user is told of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfo {
    /// Its name, architecture and hash.
    pub record: ModelRecord,
    /// The device, and how well the model agrees with its known answer there.
    pub device: DeviceRecord,
    /// Class names.
    pub labels: Vec<String>,
    /// Parameters.
    pub parameters: usize,
    /// The score from which a finding counts unless the user says otherwise.
    pub score_threshold: f64,
}

impl ModelInfo {
    /// Whether the device may be believed.
    pub fn agrees(&self) -> bool {
        self.device.agreement <= self.device.tolerance
    }
}

/// The architectures that weights files may hold: one line each.
#[derive(Debug)]
enum Architecture {
    RetinaUNet(Box<RetinaUNetModel>),
}

const ARCHITECTURES: &[&str] = &[retina_unet::ARCHITECTURE];

impl Architecture {
    fn load(file: &str, header: &Header, bytes: &[u8], device: &OpenDevice) -> Result<Self, WeightsError> {
        match header.architecture.as_str() {
            retina_unet::ARCHITECTURE => RetinaUNetModel::load(file, header, bytes, device.device())
                .map(|model| Self::RetinaUNet(Box::new(model))),
            other => Err(WeightsError::UnknownArchitecture {
                file: file.to_owned(),
                found: other.to_owned(),
                known: ARCHITECTURES.join(", "),
            }),
        }
    }
}

/// A weights file, built, filled and checked on a device.
#[derive(Debug)]
pub struct LoadedModel {
    architecture: Architecture,
    device: &'static str,
    info: ModelInfo,
}

impl LoadedModel {
    /// Reads a weights file, builds its network on `device`, and compares the device's answer with the
    /// known one. A disagreement is no error here: [`ModelInfo::agrees`] tells, and the caller decides.
    ///
    /// # Errors
    /// [`EngineError::Weights`] names the file and what is wrong with it.
    pub async fn load(file: &str, bytes: &[u8], device: &OpenDevice) -> Result<Self, EngineError> {
        let header = read_header(file, bytes)?;
        let architecture = Architecture::load(file, &header, bytes, device)?;
        let Architecture::RetinaUNet(model) = &architecture;
        let agreement = model
            .disagreement(&header.known_answer)
            .await
            .map_err(|error| device_error(device.kind().name(), &error))?;
        let info = ModelInfo {
            labels: model.config().labels.clone(),
            score_threshold: model.config().decoding.score_threshold,
            parameters: header.parameters,
            record: ModelRecord { name: header.name, architecture: header.architecture, sha256: header.sha256 },
            device: DeviceRecord {
                device: device.kind().name().to_owned(),
                adapter: device.adapter().to_owned(),
                // A report holds no infinity; the largest number says as much.
                agreement: agreement.min(f64::MAX),
                tolerance: TOLERANCE,
            },
        };
        Ok(Self { architecture, device: device.kind().name(), info })
    }

    /// What a user is told.
    pub const fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Runs the model over an image of any size. After each tile, and once before the first,
    /// `progress(done, total)` says how far it is; where it answers `false` the run ends.
    ///
    /// Findings come best first, down to the model's score floor, in pixels of the image.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] or [`EngineError::Device`].
    pub async fn run(
        &self,
        image: &Image,
        mut progress: impl AsyncFnMut(usize, usize) -> bool,
    ) -> Result<Vec<Finding>, EngineError> {
        let Architecture::RetinaUNet(model) = &self.architecture;
        let config = model.config();
        let range = IntensityRange::of(image, &config.normalization);
        let tiles = tiles(image.width(), image.height(), config.tiling.tile, config.tiling.overlap);
        let mut decoder = Decoder::new(config, (image.width(), image.height()), &tiles);
        for (index, tile) in tiles.iter().enumerate() {
            if !progress(index, tiles.len()).await {
                return Err(EngineError::Cancelled);
            }
            let input = tile_input(image, &range, tile, config);
            let output = model.infer(&input).await.map_err(|error| device_error(self.device, &error))?;
            decoder.add_tile(index, &input, &output);
        }
        progress(tiles.len(), tiles.len()).await;
        Ok(decoder.finish())
    }
}

fn device_error(device: &'static str, error: &impl std::fmt::Debug) -> EngineError {
    EngineError::Device { device, reason: format!("{error:?}") }
}
