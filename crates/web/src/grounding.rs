//! Models that are asked in words: weights from files of the browser, token ids in and out.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use groundglass_engine::{EngineError, Grounder, GrounderSettings, SeenImage};
use groundglass_models::florence2::{Fit, Generation, Preprocessing};
use groundglass_models::tensor_files::{ByteSource, TensorFiles};
use serde::{Deserialize, Serialize};
use tsify::Tsify;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use crate::engine::{Engine, ModelInfo, goes_on, image, to_js};
use crate::error::Fault;

/// Images that stay looked at. One takes 1.8 MB with the published network.
const MOST_SEEN: usize = 32;
const INDEX: &str = "model.safetensors.index.json";

/// What a network needs, before anything of it is there.
#[derive(Clone, Debug, PartialEq, Serialize, Tsify)]
pub struct GrounderNeeds {
    /// Bytes on the GPU at the worst moment; 0 on the CPU.
    pub device: f64,
    /// Bytes of this page.
    pub heap: f64,
    /// Parameters.
    pub parameters: f64,
    /// Whether the weights are kept in 16 bits.
    pub half: bool,
    /// Beams that its files ask for.
    pub beams: usize,
    /// Tokens of an answer at most, as its files have it.
    pub new_tokens: usize,
    /// Rows and columns of its input.
    pub input: [usize; 2],
}

/// How images are given to the network, and how it answers. What is left out is as the model's files have it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Tsify)]
#[serde(default)]
pub struct AskOptions {
    /// Side of the square that the model sees, in pixels.
    #[tsify(optional)]
    pub side: Option<usize>,
    /// The image, resized to so many pixels, is put into a black square first, as AG-KD's demonstration does with 512.
    #[tsify(optional)]
    pub pad: Option<usize>,
    /// Beams; 1 is greedy.
    #[tsify(optional)]
    pub beams: Option<usize>,
    /// Tokens of an answer at most.
    #[tsify(optional)]
    pub new_tokens: Option<usize>,
}

/// What a network wrote, and where the image lies in what it saw.
#[derive(Clone, Debug, PartialEq, Serialize, Tsify)]
pub struct GeneratedAnswer {
    /// The tokens, the decoder's start first.
    pub tokens: Vec<u32>,
    /// The log-probability of each token after the start.
    pub log_probabilities: Vec<f32>,
    /// `exp` of the mean log-probability of the tokens that were not forced.
    pub probability: f64,
    /// Left, top, width, height, in parts of the network's input.
    pub placement: [f64; 4],
}

/// The files of a model, as the user has them. What they are is told by their names.
#[wasm_bindgen]
#[derive(Default)]
pub struct GrounderFiles {
    beside: BTreeMap<String, Vec<u8>>,
    weights: Vec<(String, Blob)>,
}

#[wasm_bindgen]
impl GrounderFiles {
    /// No files yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file. Configurations are read now, weights when they are wanted; what is neither is left out.
    pub async fn add(&mut self, name: String, file: Blob) -> Result<(), Fault> {
        if name.ends_with(".safetensors") {
            self.weights.push((name, file));
            return Ok(());
        }
        if !GrounderSettings::FILES.contains(&name.as_str()) && name != INDEX {
            return Ok(());
        }
        // No configuration is larger; a wrong file must not fill the memory.
        if file.size() > 64e6 {
            return Err(Fault::of_file(
                "config",
                &name,
                format!("{name} is no configuration: it has {} bytes", file.size()),
            ));
        }
        let bytes = read(&file, 0.0, file.size()).await.map_err(|reason| unreadable(&name, &reason))?;
        self.beside.insert(name, bytes);
        Ok(())
    }

    fn settings(&self) -> Result<GrounderSettings, Fault> {
        Ok(GrounderSettings::read(|name| self.beside.get(name).map(Vec::as_slice))?)
    }
}

/// A model, and what it has seen.
pub struct Asked {
    grounder: Grounder,
    /// As its files have it.
    published: GrounderSettings,
    seen: VecDeque<(String, SeenImage)>,
}

#[wasm_bindgen]
impl Engine {
    /// What the network of these files needs on this device. Throws `too_large` where the device cannot hold it.
    #[wasm_bindgen(unchecked_return_type = "GrounderNeeds")]
    pub fn grounder_needs(&self, files: &GrounderFiles) -> Result<JsValue, Fault> {
        let settings = files.settings()?;
        let needs = settings.needs(&self.device)?;
        to_js(&GrounderNeeds {
            device: needs.device as f64,
            heap: needs.heap as f64,
            parameters: needs.parameters as f64,
            half: needs.half,
            beams: settings.generation.beams,
            new_tokens: settings.generation.new_tokens,
            input: [settings.preprocessing.height, settings.preprocessing.width],
        })
    }

    /// Loads the files' model in place of the model before, and checks the device with a small network of its kind. The
    /// files are read in pieces. `on_progress` is told of bytes read, of all that will be; where it resolves to `false`
    /// the loading ends and throws `cancelled`.
    #[wasm_bindgen(unchecked_return_type = "ModelInfo")]
    pub async fn load_grounder(
        &mut self,
        files: GrounderFiles,
        #[wasm_bindgen(unchecked_param_type = "(done: number, total: number) => Promise<boolean>")]
        on_progress: js_sys::Function,
    ) -> Result<JsValue, Fault> {
        self.forget();
        let settings = files.settings()?;
        let GrounderFiles { beside, mut weights } = files;
        if weights.is_empty() {
            return Err(Fault::new(
                "weights",
                "no weights are among the files; a Florence-2 needs a .safetensors file",
            ));
        }
        weights.sort_by(|(one, _), (other, _)| one.cmp(other));
        let stored: f64 = weights.iter().map(|(_, file)| file.size()).sum();
        // Once for the hash, and once for the numbers.
        let reading =
            Rc::new(Reading { done: Cell::new(0.0), total: 2.0 * stored, ended: Cell::new(false), on_progress });
        let sources =
            weights.into_iter().map(|(name, file)| (name, Slices { file, reading: Rc::clone(&reading) })).collect();
        let load = async {
            let index = beside.get(INDEX).map(|bytes| (INDEX, bytes.as_slice()));
            let files = TensorFiles::open(sources, index).await?;
            Grounder::load(files, settings.clone(), &self.device).await
        };
        let grounder = match load.await {
            Ok(grounder) => grounder,
            Err(_) if reading.ended.get() => return Err(EngineError::Cancelled.into()),
            Err(error) => return Err(error.into()),
        };
        let info = to_js(&ModelInfo {
            name: grounder.record().name.clone(),
            architecture: grounder.record().architecture.clone(),
            sha256: grounder.record().sha256.clone(),
            labels: Vec::new(),
            parameters: usize::try_from(settings.config.parameters()).unwrap_or(usize::MAX),
            // All that a model was asked for counts, as in AG-KD's evaluation.
            score_threshold: 0.0,
            agreement: grounder.device().agreement,
            tolerance: grounder.device().tolerance,
            agrees: grounder.agrees(),
        })?;
        self.asked = Some(Asked { grounder, published: settings, seen: VecDeque::new() });
        Ok(info)
    }

    /// Whether an image is still looked at under this key.
    pub fn has_seen(&self, key: &str) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.seen.iter().any(|(other, _)| other == key))
    }

    /// Looks at an image, once for all questions. `on_progress` is awaited before each block and after the last; where it
    /// resolves to `false` this ends and throws `cancelled`.
    #[allow(clippy::too_many_arguments, reason = "JavaScript's typed arrays come apart from their sizes")]
    pub async fn look(
        &mut self,
        key: String,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint16Array | Float32Array")] samples: JsValue,
        width: usize,
        height: usize,
        channels: usize,
        #[wasm_bindgen(unchecked_param_type = "AskOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_param_type = "(done: number, total: number) => Promise<boolean>")]
        on_progress: js_sys::Function,
    ) -> Result<(), Fault> {
        let options: AskOptions = serde_wasm_bindgen::from_value(options)?;
        let Self { asked, device, .. } = self;
        let asked = asked.as_mut().ok_or_else(no_model)?;
        let image = image(&samples, width, height, channels)?;
        let preprocessing = options.preprocessing(asked.published.preprocessing);
        if preprocessing != asked.grounder.settings().preprocessing {
            asked.grounder.set_preprocessing(preprocessing, device)?;
            asked.seen.clear();
        }
        asked.seen.retain(|(other, _)| *other != key);
        let progress = async |done: usize, total: usize| {
            goes_on(on_progress.call2(&JsValue::NULL, &done.into(), &total.into())).await
        };
        let seen = asked.grounder.look(&image, progress).await?;
        asked.seen.push_back((key, seen));
        if asked.seen.len() > MOST_SEEN {
            asked.seen.pop_front();
        }
        Ok(())
    }

    /// Answers a question, given as tokens, about an image that was looked at. `on_tokens` is awaited with the best tokens so
    /// far; where it resolves to `false` the search ends and throws `cancelled`.
    #[wasm_bindgen(unchecked_return_type = "GeneratedAnswer")]
    pub async fn ask(
        &self,
        key: String,
        question: Vec<u32>,
        #[wasm_bindgen(unchecked_param_type = "AskOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_param_type = "(tokens: Uint32Array) => Promise<boolean>")] on_tokens: js_sys::Function,
    ) -> Result<JsValue, Fault> {
        let options: AskOptions = serde_wasm_bindgen::from_value(options)?;
        let asked = self.asked.as_ref().ok_or_else(no_model)?;
        let seen = asked.seen(&key)?;
        let generation = options.generation(&asked.published.generation)?;
        let prepared = asked.grounder.ask(seen, &question)?;
        let progress =
            async |tokens: &[u32]| goes_on(on_tokens.call1(&JsValue::NULL, &js_sys::Uint32Array::from(tokens))).await;
        let answer = asked.grounder.answer(&prepared, &generation, progress).await?;
        to_js(&GeneratedAnswer {
            tokens: answer.tokens,
            log_probabilities: answer.log_probabilities,
            probability: answer.probability,
            placement: seen.placement,
        })
    }
}

#[wasm_bindgen]
impl Engine {
    /// The numbers on the way to a question's first token, for comparison with another implementation: `features`,
    /// `encoded` and `logits`, each row by row.
    #[wasm_bindgen(unchecked_return_type = "{ features: Float32Array; encoded: Float32Array; logits: Float32Array }")]
    pub async fn trace(&self, key: String, question: Vec<u32>) -> Result<JsValue, Fault> {
        let asked = self.asked.as_ref().ok_or_else(no_model)?;
        let seen = asked.seen(&key)?;
        let prepared = asked.grounder.ask(seen, &question)?;
        let trace = asked.grounder.trace(seen, &prepared).await?;
        let traced = js_sys::Object::new();
        for (name, numbers) in [("features", trace.features), ("encoded", trace.encoded), ("logits", trace.logits)] {
            // Setting a field of a fresh object cannot fail.
            let _ = js_sys::Reflect::set(&traced, &name.into(), &js_sys::Float32Array::from(numbers.as_slice()));
        }
        Ok(traced.into())
    }
}

impl Asked {
    fn seen(&self, key: &str) -> Result<&SeenImage, Fault> {
        let found = self.seen.iter().find(|(other, _)| other == key).map(|(_, seen)| seen);
        found.ok_or_else(|| Fault::new("not_seen", "this image has not been looked at"))
    }
}

impl AskOptions {
    fn preprocessing(&self, published: Preprocessing) -> Preprocessing {
        let sized = self.side.map_or(published, |side| Preprocessing { height: side, width: side, ..published });
        Preprocessing { fit: self.pad.map_or(sized.fit, Fit::Pad), ..sized }
    }

    fn generation(&self, published: &Generation) -> Result<Generation, Fault> {
        let generation = Generation {
            beams: self.beams.unwrap_or(published.beams),
            new_tokens: self.new_tokens.unwrap_or(published.new_tokens),
            ..published.clone()
        };
        if !(1..=32).contains(&generation.beams) || generation.new_tokens == 0 {
            return Err(Fault::new("argument", "an answer has 1 to 32 beams, and at least one token"));
        }
        Ok(generation)
    }
}

fn no_model() -> Fault {
    Fault::new("no_model", "no model that answers words has been loaded")
}

/// How far the reading of all files is.
struct Reading {
    done: Cell<f64>,
    total: f64,
    ended: Cell<bool>,
    on_progress: js_sys::Function,
}

/// A file of the browser, read in slices as they are wanted.
struct Slices {
    file: Blob,
    reading: Rc<Reading>,
}

impl ByteSource for Slices {
    fn length(&self) -> u64 {
        self.file.size() as u64
    }

    async fn read(&mut self, offset: u64, count: usize) -> Result<Vec<u8>, String> {
        let Reading { done, total, ended, on_progress } = &*self.reading;
        if !goes_on(on_progress.call2(&JsValue::NULL, &done.get().into(), &(*total).into())).await {
            ended.set(true);
            return Err("cancelled".to_owned());
        }
        let bytes = read(&self.file, offset as f64, offset as f64 + count as f64).await?;
        if bytes.len() != count {
            return Err(format!("{} bytes were read from byte {offset}, {count} asked for", bytes.len()));
        }
        done.set((done.get() + count as f64).min(*total));
        Ok(bytes)
    }
}

async fn read(file: &Blob, start: f64, end: f64) -> Result<Vec<u8>, String> {
    let refused = |_| "it was moved, changed or is not accessible any more".to_owned();
    let slice = file.slice_with_f64_and_f64(start, end).map_err(refused)?;
    let buffer = JsFuture::from(slice.array_buffer()).await.map_err(refused)?;
    Ok(js_sys::Uint8Array::new(&buffer).to_vec())
}

fn unreadable(name: &str, reason: &str) -> Fault {
    Fault::of_file("unreadable", name, format!("{name} cannot be read: {reason}"))
}
