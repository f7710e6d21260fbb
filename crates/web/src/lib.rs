//! The doors to JavaScript. They translate and call, and decide nothing.
//!
//! One crate makes eight WebAssembly modules by its features: `desk` reads the page's own samples, keeps cases and measures
//! at the thresholds; `intake` is the desk with every format; `cpu` and `gpu` run models; `evaluation` has every metric,
//! intervals and comparisons; `words` has the tokens, prompts and answers of models that are asked in words, and
//! `grounder_cpu` and `grounder_gpu` run these too. A page loads the desk and one of the engines, the intake when a person
//! brings files, and the others when they are asked for.
//!
//! Whatever fails throws an `Error` with the fields of [`error::Fault`]. A panic throws one too (kind
//! `panic`), after which the module must not be used any more: whoever loaded it starts it anew.

#[cfg(feature = "intake")]
mod archives;
#[cfg(feature = "desk")]
mod blob;
#[cfg(feature = "desk")]
mod desk;
#[cfg(feature = "engine")]
mod engine;
mod error;
#[cfg(feature = "evaluation")]
mod evaluating;
#[cfg(any(feature = "desk", feature = "evaluation", feature = "words"))]
mod faults;
#[cfg(feature = "grounder")]
mod grounding;
#[cfg(feature = "desk")]
mod predictions;
#[cfg(feature = "words")]
mod words;
#[cfg(feature = "intake")]
mod writing;

use wasm_bindgen::prelude::wasm_bindgen;

/// Runs when the module is loaded.
#[wasm_bindgen(start)]
pub fn start() {
    error::throw_on_panic();
}

/// The version of Groundglass.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
