//! One device, one model, images in, findings out.
//!
//! [`OpenDevice`] is where tensors live; [`LoadedModel`] is a weights file built, filled and checked
//! on it; [`LoadedModel::run`] takes an image through tiles to findings, telling how far it is and
//! asking whether to go on. The page and the command both stand on this crate, so they find the same.

mod device;
mod error;
mod model;

pub use device::{DeviceKind, OpenDevice};
pub use error::EngineError;
pub use model::{LoadedModel, ModelInfo};
