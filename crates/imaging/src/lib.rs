//! Image files to pixels, and pixels to what a screen shows.
//!
//! [`decode()`] looks at a file's first bytes, not at its name, asks the file's header how large the
//! image is, refuses what is beyond [`Limits`] before anything of that size is allocated, and
//! gives the samples as they stand in the file: no colour management, no scaling of 16 bits to 8, and
//! no turning by EXIF orientation, because annotations speak of stored pixels.

mod decode;
#[cfg(feature = "full")]
pub mod dicom;
mod display;
mod error;
mod jpeg;
mod open;
mod percentile;
mod png;
mod tiff;

pub use decode::{Decoded, Format, Limits, decode, decode_image};
pub use display::display_rgba;
pub use error::DecodeError;
pub use open::{Facts, Frames, Opened, Opening, Place, Source, open};
pub use percentile::{Histogram, percentiles};
