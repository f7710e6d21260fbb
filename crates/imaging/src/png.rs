//! PNG, by the crate `image`.
//!
//! The resolution in `pHYs` is not taken for a spacing: programs write there how large the image is to be printed.

use std::io::Cursor;

use groundglass_types::{Image, Samples};
use image::codecs::png::PngDecoder;

use crate::decode::{Format, Limits, from_image_crate, from_image_error};
use crate::error::DecodeError;
use crate::open::{Facts, Frames, Labels, Opening, Single, Source, length_of, read_at, read_whole};
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
    let frames = Png(Single { file: file.to_owned(), source, limits, orientation, decode });
    let facts = Facts { notes: orientation.note().into_iter().collect(), ..Facts::default() };
    Ok(Opening { count: 1, size: orientation.size(size), facts, frames: Box::new(frames) })
}

struct Png<'a>(Single<'a>);

impl Frames for Png<'_> {
    fn read(&mut self, index: usize) -> Result<Image, DecodeError> {
        self.0.read(index)
    }

    fn read_labels(&mut self, _: usize) -> Result<Labels, DecodeError> {
        let Single { file, limits, orientation, .. } = &self.0;
        let (file, limits, orientation) = (file.clone(), *limits, *orientation);
        let bytes = read_whole(&file, &mut self.0.source)?;
        let (image, bits, are_indices) = match grey_of_indices(&bytes) {
            Some((grey, bits)) => (decode(&file, &grey, limits)?, bits, true),
            None => (decode(&file, &bytes, limits)?, bytes.get(24).copied().unwrap_or_default(), false),
        };
        Ok(Labels { image: orientation.turn(unstretched(image, bits)), are_indices, is_inverted: false })
    }
}

const PALETTE: u8 = 3;

/// The file as one of grey with the same samples, and how many bits they have; `None` where it has no palette. The decoder
/// looks indices up in the palette, so they are shown to it as grey.
fn grey_of_indices(bytes: &[u8]) -> Option<(Vec<u8>, u8)> {
    const GREY: u8 = 0;
    // Signature, length and kind; then width, height, bits and colours.
    let (&bits, &colors) = (bytes.get(24)?, bytes.get(25)?);
    if colors != PALETTE {
        return None;
    }
    let mut grey = Vec::with_capacity(bytes.len());
    grey.extend(bytes.get(..25)?);
    grey.push(GREY);
    grey.extend(bytes.get(26..29)?);
    let sum = checksum(grey.get(12..)?);
    grey.extend(sum.to_be_bytes());
    let mut position = 33;
    while let (Some(count), Some(kind)) = (big_endian(bytes, position), bytes.get(position + 4..position + 8)) {
        let end = position.checked_add(12)?.checked_add(count as usize)?;
        if matches!(kind, b"IDAT" | b"IEND") {
            grey.extend(bytes.get(position..end)?);
        }
        position = end;
    }
    Some((grey, bits))
}

/// Samples of fewer than 8 bits as they were before they were stretched.
fn unstretched(image: Image, bits: u8) -> Image {
    let factor = match bits {
        1 => 255,
        2 => 85,
        4 => 17,
        _ => return image,
    };
    let Samples::U8(samples) = image.samples() else { return image };
    let samples = Samples::U8(samples.iter().map(|sample| sample / factor).collect());
    // The samples are as many as before, so the image is never given back as it was.
    Image::new(image.width(), image.height(), image.channels(), samples).unwrap_or(image)
}

/// The sum behind a chunk (PNG specification, 5.5): CRC-32.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

fn decode(file: &str, bytes: &[u8], limits: Limits) -> Result<Image, DecodeError> {
    let decoder = PngDecoder::new(Cursor::new(bytes)).map_err(|error| from_image_error(file, Format::Png, &error))?;
    from_image_crate(file, Format::Png, decoder, limits)
}

fn big_endian(bytes: &[u8], position: usize) -> Option<u32> {
    let word = bytes.get(position..position.checked_add(4)?)?;
    Some(u32::from_be_bytes(word.try_into().ok()?))
}
