//! A model that answers words about an image, on a device.

use groundglass_models::florence2::{
    ARCHITECTURE, Answer, Features, Florence2Config, Florence2Error, Florence2Model, Generation, Memory, Plan,
    Prepared, Preprocessing, Storage, check_tensors, disagreement,
};
use groundglass_models::known_answer::TOLERANCE;
use groundglass_models::tensor_files::{ByteSource, TensorFiles};
use groundglass_types::{DeviceRecord, Image, ModelRecord};

use crate::{DeviceKind, EngineError, OpenDevice};

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

impl GrounderSettings {
    /// The files that may stand beside the weights. Only the first must be there; of the others Florence-2's own values are
    /// taken.
    pub const FILES: [&str; 3] = ["config.json", "preprocessor_config.json", "generation_config.json"];

    /// Reads them. `bytes` gives those of a file by its name.
    ///
    /// # Errors
    /// [`EngineError::Config`] names the file and the field that cannot be used, [`EngineError::Input`] that there is no
    /// `config.json`.
    pub fn read<'a>(bytes: impl Fn(&str) -> Option<&'a [u8]>) -> Result<Self, EngineError> {
        let [config_file, preprocessor_file, generation_file] = Self::FILES;
        let config = bytes(config_file).ok_or_else(|| EngineError::Input {
            reason: format!("there is no {config_file}, which says how large the network is"),
        })?;
        let preprocessing = match bytes(preprocessor_file) {
            Some(json) => Preprocessing::parse(preprocessor_file, json)?,
            None => Preprocessing::default(),
        };
        let generation = bytes(generation_file).map(|json| (generation_file, json));
        Ok(Self {
            config: Florence2Config::parse(config_file, config)?,
            preprocessing,
            generation: Generation::parse(generation, (config_file, config))?,
        })
    }

    /// What the network needs on `device`, and where, before anything of it is there.
    ///
    /// # Errors
    /// [`EngineError::TooLarge`] where the device cannot hold it.
    pub fn needs(&self, device: &OpenDevice) -> Result<Needs, EngineError> {
        let (plan, memory) = self.plan(device)?;
        let embedding = 4 * (self.config.text.vocabulary.saturating_mul(self.config.text.width)) as u64;
        let (on_device, heap) = match device.kind() {
            DeviceKind::Cpu => (0, memory.peak()),
            // Weights pass through the heap a tensor at a time: once as they are read, once on their way.
            DeviceKind::Gpu => (memory.peak(), 2 * embedding.min(memory.largest_tensor)),
        };
        let half = plan.storage == Storage::F16;
        Ok(Needs { device: on_device, heap, parameters: self.config.parameters(), half })
    }

    fn plan(&self, device: &OpenDevice) -> Result<(Plan, Memory), EngineError> {
        let Preprocessing { height, width, .. } = self.preprocessing;
        let beams = self.generation.beams;
        let plan = Plan::new(&self.config, &device.limits(), [height, width], beams)
            .map_err(|error| EngineError::TooLarge { reason: error.to_string() })?;
        Ok((plan, plan.memory(&self.config, [height, width], beams)))
    }
}

/// What a network needs, at the worst moment of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Bytes on the device; 0 where that is the CPU.
    pub device: u64,
    /// Bytes of the process, or of the page.
    pub heap: u64,
    /// Its parameters.
    pub parameters: u64,
    /// Whether the weights are kept in 16 bits.
    pub half: bool,
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
        let (plan, memory) = settings.plan(device)?;
        check_tensors(&files, &settings.config)?;
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

    /// How images become its input from now on. What it has seen stays as it was.
    ///
    /// # Errors
    /// [`EngineError::TooLarge`] where the device cannot hold a run with such an input.
    pub fn set_preprocessing(&mut self, preprocessing: Preprocessing, device: &OpenDevice) -> Result<(), EngineError> {
        let settings = GrounderSettings { preprocessing, ..self.settings.clone() };
        (_, self.memory) = settings.plan(device)?;
        self.settings = settings;
        Ok(())
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
