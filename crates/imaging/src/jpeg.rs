//! JPEG, by the crate `image`.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;

use groundglass_types::Image;

use crate::decode::{Format, Limits, from_image_crate, from_image_error};
use crate::error::DecodeError;

pub fn read(file: &str, bytes: &[u8], limits: Limits) -> Result<Image, DecodeError> {
    let outline = outline(bytes);
    if let Some(dimensions) = outline.dimensions {
        limits.check(file, dimensions, 1)?;
    }
    if !outline.is_complete {
        let place = bytes.len() as u64;
        return Err(DecodeError::Truncated { file: file.to_owned(), format: Format::Jpeg, place });
    }
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|error| from_image_error(file, Format::Jpeg, &error))?;
    from_image_crate(file, Format::Jpeg, decoder, limits)
}

/// What the markers say.
#[derive(Default)]
struct Outline {
    /// Width and height of the frame header.
    dimensions: Option<(u32, u32)>,
    /// Whether the end-of-image marker was reached. Decoders fill what is missing with grey.
    is_complete: bool,
}

/// Walks the segments by their lengths and skips entropy-coded data (ITU-T T.81, annex B).
fn outline(bytes: &[u8]) -> Outline {
    const START_OF_IMAGE: u8 = 0xd8;
    const END_OF_IMAGE: u8 = 0xd9;
    let mut outline = Outline::default();
    let mut position = 0;
    while let Some(marker) = next_marker(bytes, &mut position) {
        match marker {
            END_OF_IMAGE => {
                outline.is_complete = true;
                break;
            }
            // Markers without a segment: stuffed zero, TEM, restarts, start of image.
            0x00 | 0x01 | 0xd0..=0xd7 | START_OF_IMAGE => {}
            _ => {
                let Some(length) = big_endian(bytes, position) else { break };
                let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
                if is_frame && outline.dimensions.is_none() {
                    let height = big_endian(bytes, position + 3);
                    outline.dimensions = big_endian(bytes, position + 5).zip(height);
                }
                position += length as usize;
            }
        }
    }
    outline
}

/// The byte after the next 0xff that is no fill byte, and `position` moved behind it.
fn next_marker(bytes: &[u8], position: &mut usize) -> Option<u8> {
    let rest = bytes.get(*position..)?;
    let start = rest.iter().position(|&byte| byte == 0xff)?;
    let fill = rest.get(start..)?.iter().position(|&byte| byte != 0xff)?;
    *position += start + fill + 1;
    rest.get(start + fill).copied()
}

fn big_endian(bytes: &[u8], position: usize) -> Option<u32> {
    let word = bytes.get(position..position.checked_add(2)?)?;
    Some(u32::from(u16::from_be_bytes(word.try_into().ok()?)))
}
