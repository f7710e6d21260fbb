//! Windows bitmaps, by the crate `image`.

use std::io::{BufReader, Cursor};

use groundglass_types::Image;
use image::ImageDecoder;
use image::codecs::bmp::BmpDecoder;

use crate::decode::{Format, Limits, from_image_error_of, from_pixels, pixels};
use crate::error::DecodeError;
use crate::open::{Facts, Frames, Labels, Opening, Single, Source, length_of, read_at, read_whole};
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
    let has_palette = decoder.get_palette().is_some();
    drop(decoder);
    // The decoder gives the indices of whole bytes alone.
    let head = read_at(file, &mut *source, 14, 16)?;
    let bits = if head.first() == Some(&12) { head.get(10) } else { head.get(14) };
    let has_palette = has_palette && bits == Some(&8);
    let bitmap = Single { file: file.to_owned(), source, limits, orientation: Orientation::UPRIGHT, decode };
    Ok(Opening { count: 1, size, facts: Facts::default(), frames: Box::new(Bitmap { bitmap, has_palette }) })
}

struct Bitmap<'a> {
    bitmap: Single<'a>,
    has_palette: bool,
}

impl Frames for Bitmap<'_> {
    fn read(&mut self, index: usize) -> Result<Image, DecodeError> {
        self.bitmap.read(index)
    }

    fn read_labels(&mut self, index: usize) -> Result<Labels, DecodeError> {
        if !self.has_palette {
            return Ok(Labels { image: self.bitmap.read(index)?, are_indices: false, is_inverted: false });
        }
        let (file, limits) = (self.bitmap.file.clone(), self.bitmap.limits);
        let bytes = read_whole(&file, &mut self.bitmap.source)?;
        Ok(Labels { image: decode_as(&file, &bytes, limits, true)?, are_indices: true, is_inverted: false })
    }
}

fn decode(file: &str, bytes: &[u8], limits: Limits) -> Result<Image, DecodeError> {
    decode_as(file, bytes, limits, false)
}

/// The pixels, of a palette the places in it where that is asked for.
fn decode_as(file: &str, bytes: &[u8], limits: Limits, as_indices: bool) -> Result<Image, DecodeError> {
    let failed = |error| from_image_error_of(file, Format::Bmp, bytes.len() as u64, &error);
    let mut decoder = BmpDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    decoder.set_indexed_color(as_indices);
    from_pixels(file, Format::Bmp, pixels(file, decoder, limits)?.map_err(failed)?)
}
