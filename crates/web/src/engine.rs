//! The engine: a device, a model, and findings.

use groundglass_engine::{DeviceKind, EngineError, LoadedModel, OpenDevice};
use groundglass_types::{Image, Samples};
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;

use crate::error::Fault;
#[cfg(feature = "grounder")]
use crate::grounding::Asked;

/// What the page is told of a loaded model.
#[derive(Clone, Debug, PartialEq, Serialize, Tsify)]
pub struct ModelInfo {
    /// Its name.
    pub name: String,
    /// Its architecture.
    pub architecture: String,
    /// SHA-256 of the weights file, in hexadecimal.
    pub sha256: String,
    /// Class names.
    pub labels: Vec<String>,
    /// Parameters.
    pub parameters: usize,
    /// The score from which a finding counts unless the user says otherwise.
    pub score_threshold: f64,
    /// Largest absolute difference from the known answer on this device.
    pub agreement: f64,
    /// The largest difference that is accepted.
    pub tolerance: f64,
    /// Whether the device may be believed.
    pub agrees: bool,
}

impl From<&groundglass_engine::ModelInfo> for ModelInfo {
    fn from(info: &groundglass_engine::ModelInfo) -> Self {
        Self {
            name: info.record.name.clone(),
            architecture: info.record.architecture.clone(),
            sha256: info.record.sha256.clone(),
            labels: info.labels.clone(),
            parameters: info.parameters,
            score_threshold: info.score_threshold,
            agreement: info.device.agreement,
            tolerance: info.device.tolerance,
            agrees: info.agrees(),
        }
    }
}

/// One device with at most one model.
#[wasm_bindgen]
pub struct Engine {
    pub(crate) device: OpenDevice,
    model: Option<LoadedModel>,
    /// A model that is asked in words, in place of the other.
    #[cfg(feature = "grounder")]
    pub(crate) asked: Option<Asked>,
}

#[wasm_bindgen]
impl Engine {
    /// Opens a device. Throws `no_adapter` where there is no GPU, or this module cannot speak to one.
    pub async fn create(
        #[wasm_bindgen(unchecked_param_type = "\"cpu\" | \"gpu\"")] device: String,
    ) -> Result<Engine, Fault> {
        let kind = match device.as_str() {
            "cpu" => DeviceKind::Cpu,
            "gpu" => DeviceKind::Gpu,
            other => return Err(Fault::new("argument", format!("\"{other}\" is no device; there are cpu and gpu"))),
        };
        Ok(Self {
            device: OpenDevice::open(kind).await?,
            model: None,
            #[cfg(feature = "grounder")]
            asked: None,
        })
    }

    /// `cpu` or `gpu`.
    #[wasm_bindgen(getter)]
    pub fn device(&self) -> String {
        self.device.kind().name().to_owned()
    }

    /// The adapter's own name, or the instruction set of the CPU.
    #[wasm_bindgen(getter)]
    pub fn adapter(&self) -> String {
        self.device.adapter().to_owned()
    }

    /// Loads a weights file in place of the model before, and checks the device with its known answer.
    #[wasm_bindgen(unchecked_return_type = "ModelInfo")]
    pub async fn load_model(&mut self, file: String, bytes: Vec<u8>) -> Result<JsValue, Fault> {
        self.forget();
        let model = LoadedModel::load(&file, &bytes, &self.device).await?;
        let info = to_js(&ModelInfo::from(model.info()))?;
        self.model = Some(model);
        Ok(info)
    }

    /// Runs the model over an image. `on_progress` is awaited before each tile and after the last; where it
    /// resolves to `false` the run ends and throws `cancelled`.
    #[wasm_bindgen(unchecked_return_type = "Finding[]")]
    pub async fn run(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Uint8Array | Uint16Array | Float32Array")] samples: JsValue,
        width: usize,
        height: usize,
        channels: usize,
        #[wasm_bindgen(unchecked_param_type = "(done: number, total: number) => Promise<boolean>")]
        on_progress: js_sys::Function,
    ) -> Result<JsValue, Fault> {
        let model = self.model.as_ref().ok_or_else(|| Fault::new("no_model", "no model has been loaded"))?;
        let image = image(&samples, width, height, channels)?;
        let progress = async |done: usize, total: usize| {
            goes_on(on_progress.call2(&JsValue::NULL, &done.into(), &total.into())).await
        };
        to_js(&model.run(&image, progress).await?)
    }

    /// Makes room for another model.
    pub(crate) fn forget(&mut self) {
        self.model = None;
        #[cfg(feature = "grounder")]
        {
            self.asked = None;
        }
    }
}

/// An image out of what JavaScript has of it.
pub fn image(samples: &JsValue, width: usize, height: usize, channels: usize) -> Result<Image, Fault> {
    let samples = if let Some(samples) = samples.dyn_ref::<js_sys::Uint16Array>() {
        Samples::U16(samples.to_vec())
    } else if let Some(samples) = samples.dyn_ref::<js_sys::Float32Array>() {
        Samples::F32(samples.to_vec())
    } else {
        Samples::U8(js_sys::Uint8Array::new(samples).to_vec())
    };
    Image::new(width, height, channels, samples).map_err(|error| Fault::new("argument", error))
}

/// Whether the page wants a computation to go on, of which it was just told.
pub async fn goes_on(answer: Result<JsValue, JsValue>) -> bool {
    match answer.map(|answer| js_sys::Promise::resolve(&answer)) {
        Ok(promise) => JsFuture::from(promise).await.is_ok_and(|answer| !answer.is_falsy()),
        // A page that cannot listen any more wants no findings.
        Err(_) => false,
    }
}

pub fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, Fault> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        Self::new(error.kind(), error)
    }
}
