//! What is thrown.

use std::panic;

use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::JsValue;

/// What an `Error` that is thrown says, as fields of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[tsify(rename = "GroundglassError")]
pub struct Fault {
    /// One word for programs, such as `truncated`, `not_coco` or `panic`.
    pub kind: String,
    /// The file at fault, where it is one.
    #[tsify(optional)]
    pub file: Option<String>,
    /// Where in the file, where that is known.
    #[tsify(optional)]
    pub place: Option<String>,
    /// A full sentence that names the file and the fault.
    pub message: String,
}

impl Fault {
    /// A fault of no file.
    pub fn new(kind: &str, message: impl ToString) -> Self {
        Self { kind: kind.to_owned(), file: None, place: None, message: message.to_string() }
    }

    /// A fault of one file.
    #[cfg(feature = "grounder")]
    pub fn of_file(kind: &str, file: &str, message: impl ToString) -> Self {
        Self { file: Some(file.to_owned()), ..Self::new(kind, message) }
    }
}

impl From<Fault> for JsValue {
    fn from(fault: Fault) -> Self {
        let error = js_sys::Error::new(&fault.message);
        error.set_name("GroundglassError");
        let fields = [("kind", Some(fault.kind)), ("file", fault.file), ("place", fault.place)];
        for (name, value) in fields {
            if let Some(value) = value {
                // Setting a field of a fresh object cannot fail.
                let _ = js_sys::Reflect::set(&error, &name.into(), &value.into());
            }
        }
        error.into()
    }
}

impl From<serde_wasm_bindgen::Error> for Fault {
    fn from(error: serde_wasm_bindgen::Error) -> Self {
        Self::new("argument", error)
    }
}

/// Makes a panic reach the caller as an exception with its message and place, where it would otherwise be
/// a bare `unreachable`.
pub fn throw_on_panic() {
    panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        wasm_bindgen::throw_val(Fault::new("panic", info).into());
    }));
}
