//! Retina U-Net (Jaeger et al. 2018, arXiv 1811.08661): boxes and pixels from one pyramid.

pub mod anchors;
mod config;
mod decode;
mod masks;
mod model;
mod network;
mod preprocess;

pub use config::{AnchorConfig, ConfigError, Decoding, Normalization, RetinaUNetConfig, Tiling};
pub use decode::{Decoder, TileOutput};
pub use model::{ARCHITECTURE, RetinaUNetModel};
pub use network::{RetinaUNet, RetinaUNetOutput};
pub use preprocess::{IntensityRange, TileInput, tile_input};
