//! DICOM: images of one or many frames, and the elements that other objects are read from.
//!
//! What is read, and by which rule:
//! * Part 10 files with their preamble, and data sets without one, implicit, explicit, big-endian or deflated. The look
//!   of the first element outweighs a wrong word about it.
//! * Pixels as they are, RLE, JPEG (8 bits sequential and progressive, 12 bits sequential, lossless), JPEG-LS, JPEG 2000,
//!   deflated frames. A frame is read when it is asked for; the rest of the file stays where it is.
//! * Values: the modality's table, or slope and intercept. Numbers without a sign that these leave alone stay 8 or 16
//!   bits, all others become `f32`.
//! * MONOCHROME1 is turned round, and its window with it: `lowest + highest - value`, over the range of the stored bits.
//! * Window: the first pair of centre and width. A VOI table is not applied; what it covers is the window.
//!
//! Source: DICOM PS3.3 and PS3.5, 2024.

pub mod attribute;
mod color;
mod data_set;
mod facts;
mod fault;
mod fragments;
mod frames;
mod grey;
mod groups;
mod jpeg;
mod jpeg_2000;
mod jpeg_ls;
mod layout;
mod lut;
mod order;
mod parse;
mod rle;
mod stored;
mod syntax;
mod text;

use crate::decode::Limits;
use crate::error::DecodeError;
use crate::open::{Opening, Source};

pub use attribute::{Attribute, Tag};
pub use data_set::{DataSet, Element, Value};
pub use groups::{group, group_or_object};
pub(crate) use parse::recognises;
pub use parse::{Object, PixelPlace, Stop, read_object};

/// Opens the frames of an object whose elements were read.
///
/// # Errors
/// [`DecodeError`] where it has no pixels, or such as are not read.
pub fn open_frames<'a>(file: &str, object: Object<'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    frames::open(file, object, limits)
}

/// Reads the elements of a file and opens its frames.
///
/// # Errors
/// [`DecodeError`] where it has no pixels, or such as are not read.
pub(crate) fn open<'a>(file: &str, source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    frames::open(file, read_object(file, source, limits)?, limits)
}
