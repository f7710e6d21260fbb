//! A Florence-2 with its weights, on a device.

use burn::tensor::{Device, Tensor, TensorData};
use thiserror::Error;

use super::config::Florence2Config;
use super::generate::{Answer, Search};
use super::generation::Generation;
use super::load::{self, Network};
use super::memory::Plan;
use super::preprocess::PixelValues;
use super::text::{Cache, KeysValues};
use super::vision::{to_map, to_tokens};
use crate::tensor_files::{ByteSource, TensorFiles};
use crate::weights::WeightsError;

/// The name of this architecture in records.
pub const ARCHITECTURE: &str = "florence2";

/// Why a run ended without an answer.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Florence2Error {
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
    /// Whoever asked for it wants it no more.
    #[error("the run was cancelled")]
    Cancelled,
    /// The image does not fit the network.
    #[error("an image of {height} x {width} pixels does not fit: {reason}")]
    Image {
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Why.
        reason: String,
    },
    /// The prompt does not fit the network.
    #[error("the prompt does not fit: {0}")]
    Prompt(String),
}

/// What the text model sees of an image. It serves any number of prompts.
#[derive(Debug, Clone)]
pub struct Features {
    /// `[tokens, width]`.
    tokens: Tensor<2>,
}

/// An image and a prompt, read and understood: the encoder's output and what the decoder keeps of it.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// `[1, tokens, width]`.
    encoded: Tensor<3>,
    cross: Vec<KeysValues>,
}

/// Weights, configuration and device together.
#[derive(Debug)]
pub struct Florence2Model {
    config: Florence2Config,
    network: Network,
    device: Device,
}

impl Florence2Model {
    /// Builds the network out of weights files, in any of the layouts, one tensor at a time.
    ///
    /// # Errors
    /// [`WeightsError`] where tensors are missing, not expected, of another shape, or cannot be read; the first
    /// three are told before a number is read.
    pub async fn load<S: ByteSource>(
        files: &mut TensorFiles<S>,
        config: &Florence2Config,
        plan: &Plan,
        device: &Device,
    ) -> Result<Self, WeightsError> {
        let network = load::load(files, config, plan, device).await?;
        Ok(Self { config: config.clone(), network, device: device.clone() })
    }

    /// The configuration.
    pub const fn config(&self) -> &Florence2Config {
        &self.config
    }

    /// Runs the vision encoder and the projector. After each block, and once before the first,
    /// `progress(done, total)` says how far it is; where it answers `false` the run ends.
    ///
    /// # Errors
    /// [`Florence2Error::Image`] or [`Florence2Error::Cancelled`].
    pub async fn encode_image(
        &self,
        pixels: &PixelValues,
        mut progress: impl AsyncFnMut(usize, usize) -> bool,
    ) -> Result<Features, Florence2Error> {
        let (height, width) = (pixels.height, pixels.width);
        let misfit = |reason: &str| Florence2Error::Image { height, width, reason: reason.to_owned() };
        if height.checked_mul(width).and_then(|count| count.checked_mul(3)) != Some(pixels.values.len()) {
            return Err(misfit("it has not three numbers a pixel"));
        }
        if self.config.image_tokens(height, width).is_none() {
            return Err(misfit("its last map has more rows or columns than there are positions, or none"));
        }
        let shape = [1, 3, height, width];
        let mut map = Tensor::<4>::from_data(TensorData::new(pixels.values.clone(), shape), &self.device);
        let total = self.network.stages.iter().map(|(_, blocks)| 1 + blocks.len()).sum::<usize>() + 1;
        let mut done = 0;
        for (entrance, blocks) in &self.network.stages {
            proceed(progress(done, total).await)?;
            map = entrance.forward(map);
            done += 1;
            let [_, _, rows, columns] = map.dims();
            let mut tokens = to_tokens(map);
            for block in blocks {
                proceed(progress(done, total).await)?;
                tokens = block.forward(tokens, [rows, columns]);
                done += 1;
            }
            map = to_map(tokens, [rows, columns]);
        }
        proceed(progress(done, total).await)?;
        let tokens = self.network.projector.forward(map);
        progress(total, total).await;
        Ok(Features { tokens })
    }

    /// Runs the text encoder over an image's features and a prompt's tokens, `<s>` and `</s>` among them, without
    /// tokens for the image.
    ///
    /// # Errors
    /// [`Florence2Error::Prompt`] where it is too long or a token is unknown.
    pub fn prompt(&self, features: &Features, tokens: &[u32]) -> Result<Prepared, Florence2Error> {
        let [image_tokens, width] = features.tokens.dims();
        let count = image_tokens + tokens.len();
        if count > self.config.text.positions {
            return Err(Florence2Error::Prompt(format!(
                "it has {} tokens, the image {image_tokens}, and the network reads {} in all",
                tokens.len(),
                self.config.text.positions
            )));
        }
        self.check(tokens)?;
        let all = if tokens.is_empty() {
            features.tokens.clone()
        } else {
            Tensor::cat(vec![features.tokens.clone(), self.network.embedding.rows(tokens, &self.device)], 0)
        };
        let encoded = self.network.encoder.forward(all.reshape([1, count, width]));
        let cross = self.network.decoder.cross(&encoded);
        Ok(Prepared { encoded, cross })
    }

    fn check(&self, tokens: &[u32]) -> Result<(), Florence2Error> {
        let vocabulary = self.config.text.vocabulary;
        match tokens.iter().find(|&&token| token as usize >= vocabulary) {
            Some(token) => {
                Err(Florence2Error::Prompt(format!("token {token} is beyond the vocabulary of {vocabulary}")))
            }
            None => Ok(()),
        }
    }

    /// Searches for the answer. Before each token `progress` is told the best tokens so far, the start among
    /// them; where it answers `false` the search ends.
    ///
    /// # Errors
    /// [`Florence2Error::Cancelled`], [`Florence2Error::Device`], or [`Florence2Error::Prompt`] where the
    /// decoder's first token is unknown.
    pub async fn generate(
        &self,
        prepared: &Prepared,
        generation: &Generation,
        mut progress: impl AsyncFnMut(&[u32]) -> bool,
    ) -> Result<Answer, Florence2Error> {
        self.check(&[generation.start])?;
        let longest = 1 + generation.new_tokens.clamp(1, self.config.text.positions);
        let mut search = Search::new(generation, longest);
        let mut cache = Cache::new(&self.network.decoder, generation.beams.max(1));
        loop {
            proceed(progress(search.tokens()).await)?;
            let logits = self.step(&search.last_tokens(), prepared, &mut cache).await?;
            match search.advance(&logits) {
                Some(origins) => cache.reorder(&origins, &self.device),
                None => return Ok(search.finish()),
            }
        }
    }

    /// The logits of the token after each of `tokens`, given those before it: `tokens` times the vocabulary.
    ///
    /// # Errors
    /// [`Florence2Error::Device`], or [`Florence2Error::Prompt`] where there are too many tokens or one is unknown.
    pub async fn logits(&self, prepared: &Prepared, tokens: &[u32]) -> Result<Vec<f32>, Florence2Error> {
        self.check(tokens)?;
        if tokens.len() > self.config.text.positions {
            return Err(Florence2Error::Prompt(format!("{} tokens are too many to continue", tokens.len())));
        }
        let mut cache = Cache::new(&self.network.decoder, 1);
        let mut logits = Vec::new();
        for &token in tokens {
            logits.extend(self.step(&[token], prepared, &mut cache).await?);
        }
        Ok(logits)
    }

    /// One more token of each beam -> the logits of the next, one beam after the other.
    async fn step(&self, tokens: &[u32], prepared: &Prepared, cache: &mut Cache) -> Result<Vec<f32>, Florence2Error> {
        let embedded = self.network.embedding.rows(tokens, &self.device);
        let hidden = self.network.decoder.step(embedded, &prepared.cross, cache);
        let logits = numbers(self.network.embedding.logits(&hidden)).await?;
        if logits.iter().any(|logit| logit.is_nan()) {
            return Err(Florence2Error::Device("a logit is not a number".to_owned()));
        }
        Ok(logits)
    }
}

impl Features {
    /// Tokens of the image.
    pub fn count(&self) -> usize {
        self.tokens.dims()[0]
    }

    /// The numbers, `[tokens, width]`.
    ///
    /// # Errors
    /// [`Florence2Error::Device`].
    pub async fn numbers(&self) -> Result<Vec<f32>, Florence2Error> {
        numbers(self.tokens.clone()).await
    }
}

impl Prepared {
    /// The encoder's output, `[tokens, width]`.
    ///
    /// # Errors
    /// [`Florence2Error::Device`].
    pub async fn encoded(&self) -> Result<Vec<f32>, Florence2Error> {
        numbers(self.encoded.clone()).await
    }
}

async fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Florence2Error> {
    let data = tensor.into_data_async().await.map_err(|error| Florence2Error::Device(format!("{error:?}")))?;
    match data.as_slice::<f32>() {
        Ok(values) => Ok(values.to_vec()),
        Err(_) => Ok(data.iter::<f32>().collect()),
    }
}

fn proceed(wanted: bool) -> Result<(), Florence2Error> {
    if wanted { Ok(()) } else { Err(Florence2Error::Cancelled) }
}
