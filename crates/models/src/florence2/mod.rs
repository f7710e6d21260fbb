//! Florence-2 (Xiao et al. 2024, arXiv 2311.06242): words to boxes.
//!
//! An image becomes features once ([`Florence2Model::encode_image`]); each prompt is read with them
//! ([`Florence2Model::prompt`]) and answered token by token ([`Florence2Model::generate`]). Text and tokens, and
//! what boxes an answer's tokens mean, are not this crate's business.

mod check;
mod config;
mod config_file;
mod generate;
mod generation;
mod host;
mod layers;
mod load;
mod memory;
mod model;
mod names;
mod preprocess;
mod projector;
mod survey;
mod text;
mod vision;

pub use check::disagreement;
pub use config::{ConfigError, Florence2Config, LayersConfig, StageConfig, TextConfig, VisionConfig};
pub use generate::Answer;
pub use generation::{EarlyStopping, Generation};
pub use load::check_tensors;
pub use memory::{DeviceLimits, Memory, Plan, PlanError, Storage};
pub use model::{ARCHITECTURE, Features, Florence2Error, Florence2Model, Prepared};
pub use names::{ExpectedTensor, Layout, expected, microsoft};
pub use preprocess::{Fit, PixelValues, Preprocessing};
