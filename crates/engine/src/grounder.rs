//! A model that answers words about an image, on a device.

use groundglass_models::florence2::{
    ARCHITECTURE, Answer, Features, Florence2Config, Florence2Error, Florence2Model, Generation, Memory, Plan,
    Prepared, Preprocessing, disagreement,
};
use groundglass_models::known_answer::TOLERANCE;
use groundglass_models::tensor_files::{ByteSource, TensorFiles};
use groundglass_types::{DeviceRecord, Image, ModelRecord};

use crate::{EngineError, OpenDevice};

/// What stands beside the weights.
#[derive(Clone, Debug)]
pub struct GrounderSettings {
    /// The network's size.
    pub config: Florence2Config,
    /// How an image becomes its input.
    pub preprocessing: Preprocessing,
    /// How answers are searched for.
    pub generation: Generation,
}

/// A grounding model, built and filled.
#[derive(Debug)]
pub struct Grounder {
    model: Florence2Model,
    settings: GrounderSettings,
    record: ModelRecord,
    memory: Memory,
    device: DeviceRecord,
    kind: &'static str,
}

/// An image that the model has looked at. It serves any number of questions.
#[derive(Clone, Debug)]
pub struct SeenImage {
    features: Features,
    /// Where the image lies in what the model saw, in parts of its sides: left, top, width, height.
    pub placement: [f64; 4],
}

impl Grounder {
    /// Reads the weights and builds the network on `device`. What the device cannot hold is told before a number is read.
    ///
    /// # Errors
    /// [`EngineError::TooLarge`] where the device cannot hold it, [`EngineError::Weights`] where the files do not fit.
    pub async fn load<S: ByteSource>(
        mut files: TensorFiles<S>,
        settings: GrounderSettings,
        device: &OpenDevice,
    ) -> Result<Self, EngineError> {
        let Preprocessing { height, width, .. } = settings.preprocessing;
        let beams = settings.generation.beams;
        let plan = Plan::new(&settings.config, &device.limits(), [height, width], beams)
            .map_err(|error| EngineError::TooLarge { reason: error.to_string() })?;
        let hashes = files.sha256().await?;
        // Of shards, the hash of their hashes in the order of their names.
        let sha256 = match hashes.as_slice() {
            [(_, only)] => only.clone(),
            several => {
                let all: String = several.iter().map(|(_, hash)| hash.as_str()).collect();
                groundglass_models::weights::sha256(all.as_bytes())
            }
        };
        let record = ModelRecord { name: files.label(), architecture: ARCHITECTURE.to_owned(), sha256 };
        let memory = plan.memory(&settings.config, [height, width], beams);
        let kind = device.kind().name();
        // Weights of the user's carry no known answer, so a small network of the same kind is asked here and on the CPU.
        let agreement = disagreement(&plan, device.device()).await.map_err(|error| fault(kind, error))?;
        let checked = DeviceRecord {
            device: kind.to_owned(),
            adapter: device.adapter().to_owned(),
            // A report holds no infinity; the largest number says as much.
            agreement: agreement.min(f64::MAX),
            tolerance: TOLERANCE,
        };
        let model = Florence2Model::load(&mut files, &settings.config, &plan, device.device()).await?;
        Ok(Self { model, settings, record, memory, device: checked, kind })
    }

    /// Its name, architecture and hash.
    pub const fn record(&self) -> &ModelRecord {
        &self.record
    }

    /// The device, and how well a small network of this kind agrees there with the CPU.
    pub const fn device(&self) -> &DeviceRecord {
        &self.device
    }

    /// Whether the device may be believed.
    pub fn agrees(&self) -> bool {
        self.device.agreement <= self.device.tolerance
    }

    /// What stands beside the weights.
    pub const fn settings(&self) -> &GrounderSettings {
        &self.settings
    }

    /// What it needs on the device at the worst moment of a run.
    pub const fn memory(&self) -> Memory {
        self.memory
    }

    /// Looks at an image, once for all questions. `progress(done, total)` is told of each block; where it answers `false`
    /// the run ends.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`], [`EngineError::Input`] or [`EngineError::Device`].
    pub async fn look(
        &self,
        image: &Image,
        progress: impl AsyncFnMut(usize, usize) -> bool,
    ) -> Result<SeenImage, EngineError> {
        let preprocessing = &self.settings.preprocessing;
        let pixels = preprocessing
            .apply(image)
            .ok_or_else(|| EngineError::Input { reason: "the image has a side of 0 pixels".to_owned() })?;
        let features = self.model.encode_image(&pixels, progress).await.map_err(|error| self.fault(error))?;
        Ok(SeenImage { features, placement: preprocessing.placement(image.width(), image.height()) })
    }

    /// Reads a question, given as tokens, with an image.
    ///
    /// # Errors
    /// [`EngineError::Input`] where it is too long.
    pub fn ask(&self, image: &SeenImage, question: &[u32]) -> Result<Prepared, EngineError> {
        self.model.prompt(&image.features, question).map_err(|error| self.fault(error))
    }

    /// Answers a question token by token. `progress` is told the best tokens so far; where it answers `false` the search ends.
    ///
    /// # Errors
    /// [`EngineError::Cancelled`] or [`EngineError::Device`].
    pub async fn answer(
        &self,
        question: &Prepared,
        generation: &Generation,
        progress: impl AsyncFnMut(&[u32]) -> bool,
    ) -> Result<Answer, EngineError> {
        self.model.generate(question, generation, progress).await.map_err(|error| self.fault(error))
    }

    /// The numbers on the way to an answer, for comparison with another implementation: image features, the encoder's
    /// output, and the logits of the first token.
    ///
    /// # Errors
    /// [`EngineError::Device`].
    pub async fn trace(&self, image: &SeenImage, question: &Prepared) -> Result<Trace, EngineError> {
        let fault = |error| self.fault(error);
        Ok(Trace {
            features: image.features.numbers().await.map_err(fault)?,
            encoded: question.encoded().await.map_err(fault)?,
            logits: self.model.logits(question, &[self.settings.generation.start]).await.map_err(fault)?,
            width: self.settings.config.text.width,
        })
    }

    fn fault(&self, error: Florence2Error) -> EngineError {
        fault(self.kind, error)
    }
}

fn fault(device: &'static str, error: Florence2Error) -> EngineError {
    match error {
        Florence2Error::Cancelled => EngineError::Cancelled,
        Florence2Error::Device(reason) => EngineError::Device { device, reason },
        Florence2Error::Image { .. } | Florence2Error::Prompt(_) => EngineError::Input { reason: error.to_string() },
    }
}

/// Numbers on the way to an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// `[tokens of the image, width]`.
    pub features: Vec<f32>,
    /// `[tokens of the image and the question, width]`.
    pub encoded: Vec<f32>,
    /// One for each token of the vocabulary.
    pub logits: Vec<f32>,
    /// Of features and encoder.
    pub width: usize,
}
