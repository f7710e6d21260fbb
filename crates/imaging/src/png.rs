//! PNG, by the crate `image`.

use std::io::Cursor;

use image::codecs::png::PngDecoder;

use groundglass_types::Image;

use crate::decode::{Format, Limits, from_image_crate, from_image_error};
use crate::error::DecodeError;

pub fn read(file: &str, bytes: &[u8], limits: Limits) -> Result<Image, DecodeError> {
    if let Some(dimensions) = dimensions(bytes) {
        limits.check(file, dimensions, 1)?;
    }
    if !is_complete(bytes) {
        let place = bytes.len() as u64;
        return Err(DecodeError::Truncated { file: file.to_owned(), format: Format::Png, place });
    }
    let decoder = PngDecoder::new(Cursor::new(bytes)).map_err(|error| from_image_error(file, Format::Png, &error))?;
    from_image_crate(file, Format::Png, decoder, limits)
}

/// Width and height as they stand in the first chunk, `IHDR`, of the PNG specification.
fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    Some((big_endian(bytes, 16)?, big_endian(bytes, 20)?))
}

/// Whether the chunks, walked by their lengths, reach `IEND`. The decoder itself may be content with
/// less, and then half an image would pass for a whole one.
fn is_complete(bytes: &[u8]) -> bool {
    let mut position = 8;
    while let (Some(length), Some(kind)) = (big_endian(bytes, position), bytes.get(position + 4..position + 8)) {
        if kind == b"IEND" {
            return true;
        }
        // Length, kind, data and checksum.
        let Some(next) = position.checked_add(12).and_then(|next| next.checked_add(length as usize)) else {
            return false;
        };
        position = next;
    }
    false
}

fn big_endian(bytes: &[u8], position: usize) -> Option<u32> {
    let word = bytes.get(position..position.checked_add(4)?)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}
