//! PNG, by the crate `image`.
//!
//! The resolution in `pHYs` is not taken for a spacing: programs write there how large the image is to be printed.

use std::io::Cursor;

use groundglass_types::Image;
use image::codecs::png::PngDecoder;

use crate::decode::{Format, Limits, from_image_crate, from_image_error};
use crate::error::DecodeError;
use crate::open::{Opening, Single, Source, length_of, read_at};
use crate::orientation::Orientation;

/// An EXIF block is a few kilobytes; a larger one is not read, and its image stands as it is stored.
const LARGEST_EXIF: usize = 1 << 20;

pub fn recognises(_: &str, head: &[u8]) -> bool {
    head.starts_with(b"\x89PNG\r\n\x1a\n")
}

/// Walks the chunks by their lengths up to `IEND`. The decoder itself may be content with less, and then half an image
/// would pass for a whole one.
pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let cut = || DecodeError::Truncated { file: file.to_owned(), format: Format::Png, place: length };
    let corrupt = |detail: &str| {
        Err(DecodeError::Corrupt { file: file.to_owned(), format: Format::Png, detail: detail.to_owned() })
    };
    let (mut size, mut orientation) = (None, Orientation::UPRIGHT);
    let mut position = 8_u64;
    loop {
        let head = read_at(file, &mut *source, position, 16)?;
        let (Some(count), Some(kind)) = (big_endian(&head, 0), head.get(4..8)) else { return Err(cut()) };
        match kind {
            b"IHDR" => {
                let (Some(width), Some(height)) = (big_endian(&head, 8), big_endian(&head, 12)) else {
                    return Err(cut());
                };
                limits.check(file, (width, height), 1)?;
                size = Some((width, height));
            }
            b"eXIf" if count as usize <= LARGEST_EXIF => {
                let block = read_at(file, &mut *source, position.saturating_add(8), count as usize)?;
                orientation = Orientation::of_exif(&block);
            }
            b"IEND" => break,
            _ => {}
        }
        if size.is_none() {
            return corrupt("its first chunk is not IHDR");
        }
        // Length, kind, data and checksum.
        position = position.saturating_add(12).saturating_add(u64::from(count));
    }
    let Some(size) = size else { return corrupt("its first chunk is not IHDR") };
    Ok(Single { file: file.to_owned(), source, limits, orientation, decode }.opening(size))
}

fn decode(file: &str, bytes: &[u8], limits: Limits) -> Result<Image, DecodeError> {
    let decoder = PngDecoder::new(Cursor::new(bytes)).map_err(|error| from_image_error(file, Format::Png, &error))?;
    from_image_crate(file, Format::Png, decoder, limits)
}

fn big_endian(bytes: &[u8], position: usize) -> Option<u32> {
    let word = bytes.get(position..position.checked_add(4)?)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}
