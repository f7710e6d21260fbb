//! One device, one model, images in, findings out.
//!
//! [`OpenDevice`] is where tensors live; [`LoadedModel`] is a weights file built, filled and checked
//! on it; [`LoadedModel::run`] takes an image through tiles to findings, telling how far it is and
//! asking whether to go on. A [`Grounder`] is the same for models that are asked in words. The page and the command both stand
//! on this crate, so they find the same.

mod device;
mod error;
mod grounder;
mod model;

pub use device::{DeviceKind, OpenDevice};
pub use error::EngineError;
pub use grounder::{Grounder, GrounderSettings, Needs, SeenImage, Trace};
pub use model::{LoadedModel, ModelInfo};
