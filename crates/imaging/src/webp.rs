//! WebP, by the crate `image`. The chunks of the file are walked here first (RFC 9649): the crate would take memory for
//! whatever length a chunk says it has.

use std::io::{BufReader, Cursor, SeekFrom};

use groundglass_types::Image;
use image::ImageDecoder;
use image::codecs::webp::WebPDecoder;

use crate::decode::{Format, Limits, from_image_error_of, from_pixels, pixels};
use crate::error::DecodeError;
use crate::open::{Opening, Single, Source, length_of, read_at, unreadable};
use crate::orientation::Orientation;

/// An EXIF block is a few kilobytes; a larger one is not read, and its image stands as it is stored.
const LARGEST_EXIF: u64 = 1 << 20;

pub fn recognises(_: &str, head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let cut = || DecodeError::Truncated { file: file.to_owned(), format: Format::WebP, place: length };
    let failed = |error| from_image_error_of(file, Format::WebP, length, &error);
    // Behind `RIFF`, its length, and `WEBP`.
    let (mut position, mut orientation) = (12_u64, Orientation::UPRIGHT);
    while position < length {
        let head = read_at(file, &mut *source, position, 8)?;
        let Some((kind, size)) = head.first_chunk::<4>().zip(head.last_chunk::<4>()).filter(|_| head.len() == 8) else {
            break;
        };
        let (start, size) = (position.saturating_add(8), u64::from(u32::from_le_bytes(*size)));
        if start.saturating_add(size) > length {
            return Err(cut());
        }
        if kind == b"EXIF" && size <= LARGEST_EXIF {
            let block = read_at(file, &mut *source, start, size as usize)?;
            // Some writers leave the mark of a JPEG segment before the block.
            orientation = Orientation::of_exif(block.strip_prefix(b"Exif\0\0").unwrap_or(&block));
        }
        // Chunks begin at even places.
        position = start.saturating_add(size).saturating_add(size % 2);
    }
    source.seek(SeekFrom::Start(0)).map_err(|error| unreadable(file, &error))?;
    let decoder = WebPDecoder::new(BufReader::new(&mut source)).map_err(failed)?;
    let size = decoder.dimensions();
    limits.check(file, size, 3)?;
    let is_animated = decoder.has_animation();
    drop(decoder);
    let single = Single { file: file.to_owned(), source, limits, orientation, decode };
    let mut opening = single.opening(size);
    if is_animated {
        opening.facts.notes.push("it is an animation, of which only the first picture is read".to_owned());
    }
    Ok(opening)
}

fn decode(file: &str, bytes: &[u8], limits: Limits) -> Result<Image, DecodeError> {
    let failed = |error| from_image_error_of(file, Format::WebP, bytes.len() as u64, &error);
    let decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    from_pixels(file, Format::WebP, pixels(file, decoder, limits)?.map_err(failed)?)
}
