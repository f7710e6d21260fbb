//! WebP, by the crate `image`.

use std::io::{BufReader, Cursor};

use groundglass_types::Image;
use image::ImageDecoder;
use image::codecs::webp::WebPDecoder;

use crate::decode::{Format, Limits, from_image_error_of, from_pixels, pixels};
use crate::error::DecodeError;
use crate::open::{Opening, Single, Source, length_of};
use crate::orientation::Orientation;

pub fn recognises(_: &str, head: &[u8]) -> bool {
    head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP")
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let failed = |error: image::ImageError| from_image_error_of(file, Format::WebP, length, &error);
    let mut decoder = WebPDecoder::new(BufReader::new(&mut source)).map_err(failed)?;
    let size = decoder.dimensions();
    limits.check(file, size, 3)?;
    let exif = decoder.exif_metadata().map_err(failed)?;
    let orientation = exif.map_or(Orientation::UPRIGHT, |block| {
        // Some writers leave the mark of a JPEG segment before the block.
        Orientation::of_exif(block.strip_prefix(b"Exif\0\0").unwrap_or(&block))
    });
    let is_animated = decoder.has_animation();
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
