//! The doors to JavaScript. They translate and call, and decide nothing.
//!
//! One crate makes five WebAssembly modules by its features: `desk` reads the page's own samples, keeps cases and measures
//! at the thresholds; `intake` is the desk with every format; `cpu` and `gpu` run models; `evaluation` has every metric,
//! intervals and comparisons. A page loads the desk and one of the engines, the intake when a person brings files, and the
//! evaluation when it is asked for.
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
#[cfg(any(feature = "desk", feature = "evaluation"))]
mod faults;
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
