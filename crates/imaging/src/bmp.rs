//! Windows bitmaps, by the crate `image`.

use std::io::{BufReader, Cursor};

use groundglass_types::Image;
use image::ImageDecoder;
use image::codecs::bmp::BmpDecoder;

use crate::decode::{Format, Limits, from_image_error_of, from_pixels, pixels};
use crate::error::DecodeError;
use crate::open::{Opening, Single, Source, length_of};
use crate::orientation::Orientation;

/// `BM`, and a header of one of the lengths that there are.
pub fn recognises(_: &str, head: &[u8]) -> bool {
    let length = head.get(14..).and_then(|rest| rest.first_chunk::<4>()).map(|bytes| u32::from_le_bytes(*bytes));
    head.starts_with(b"BM") && matches!(length, Some(12 | 16 | 40 | 52 | 56 | 64 | 108 | 124))
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let decoder = BmpDecoder::new(BufReader::new(&mut source))
        .map_err(|error| from_image_error_of(file, Format::Bmp, length, &error))?;
    let size = decoder.dimensions();
    limits.check(file, size, 3)?;
    drop(decoder);
    Ok(Single { file: file.to_owned(), source, limits, orientation: Orientation::UPRIGHT, decode }.opening(size))
}

fn decode(file: &str, bytes: &[u8], limits: Limits) -> Result<Image, DecodeError> {
    let failed = |error| from_image_error_of(file, Format::Bmp, bytes.len() as u64, &error);
    let decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    from_pixels(file, Format::Bmp, pixels(file, decoder, limits)?.map_err(failed)?)
}
