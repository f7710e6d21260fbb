//! Image files to pixels, and pixels to what a screen shows.
//!
//! [`open()`] looks at a file's first bytes, not at its name, asks the file's header how large the image is, and refuses
//! what is beyond [`Limits`] before anything of that size is allocated; frames are decoded one by one when they are asked
//! for. [`decode()`] is the short way to the first of them. Samples are given as they stand in the file: no colour
//! management, and no scaling of 16 bits to 8. What has an orientation is turned upright and says so in its [`Facts`]:
//! photographs by their EXIF tag, volumes by their affine.

#[cfg(feature = "full")]
mod bmp;
mod decode;
#[cfg(feature = "full")]
pub mod dicom;
mod display;
mod error;
mod grid;
mod jpeg;
#[cfg(feature = "full")]
mod nifti;
#[cfg(feature = "full")]
mod nrrd;
#[cfg(feature = "full")]
mod numpy;
mod open;
mod orientation;
mod percentile;
mod png;
mod resize;
mod sample;
#[cfg(feature = "full")]
mod steps;
mod tiff;
#[cfg(feature = "full")]
mod volume;
#[cfg(feature = "full")]
mod webp;

pub use decode::{Decoded, Format, Limits, decode, decode_image};
pub use display::display_rgba;
pub use error::DecodeError;
pub use grid::{GridError, NiftiPlacement, VolumeGrid};
#[cfg(feature = "full")]
pub use nifti::write_nifti_labels;
#[cfg(feature = "full")]
pub use numpy::{Array, read_array};
pub use open::{Facts, Frames, Labels, Opened, Opening, Place, Source, open};
pub use percentile::{Histogram, percentiles};
pub use resize::{Filter, Raster};
#[cfg(feature = "full")]
pub use steps::{Gap, Steps};
