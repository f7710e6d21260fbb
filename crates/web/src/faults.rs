//! The faults of the crates behind the doors, as they are thrown, and values as they are handed over.

use groundglass_formats::FormatError;
#[cfg(any(feature = "desk", feature = "evaluation"))]
use groundglass_metrics::MetricsError;
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::error::Fault;

/// A value as plain objects, arrays and numbers.
pub fn to_js<T: Serialize + ?Sized>(value: &T) -> Result<JsValue, Fault> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

impl From<FormatError> for Fault {
    fn from(error: FormatError) -> Self {
        let (file, place) = (Some(error.file().to_owned()), error.place());
        Self { kind: error.kind().to_owned(), file, place, message: error.to_string() }
    }
}

#[cfg(any(feature = "desk", feature = "evaluation"))]
impl From<MetricsError> for Fault {
    fn from(error: MetricsError) -> Self {
        Self::new("metrics", error)
    }
}

#[cfg(feature = "desk")]
impl From<groundglass_phantom::PhantomError> for Fault {
    fn from(error: groundglass_phantom::PhantomError) -> Self {
        Self::new("phantom", error)
    }
}

#[cfg(any(feature = "desk", feature = "evaluation"))]
impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::new("json", error)
    }
}
