//! JPEG, by the crate `image`.

use std::io::Cursor;

use groundglass_types::Image;
use image::codecs::jpeg::JpegDecoder;

use crate::decode::{Format, Limits, from_image_crate, from_image_error};
use crate::error::DecodeError;
use crate::open::{Opening, Single, Source, length_of, read_at};
use crate::orientation::Orientation;

const START_OF_IMAGE: u8 = 0xd8;
const END_OF_IMAGE: u8 = 0xd9;
const START_OF_SCAN: u8 = 0xda;
const APPLICATION_1: u8 = 0xe1;
/// Segments, and bytes between them, that are stepped over before the header is given up.
const MOST_STEPS: u64 = 1 << 16;

pub fn recognises(_: &str, head: &[u8]) -> bool {
    head.starts_with(b"\xff\xd8\xff")
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let header = header(file, &mut *source, 0)?;
    let Some(size) = header.size else {
        return Err(if header.is_cut {
            DecodeError::Truncated { file: file.to_owned(), format: Format::Jpeg, place: length }
        } else {
            let detail = "no frame header stands before its first scan".to_owned();
            DecodeError::Corrupt { file: file.to_owned(), format: Format::Jpeg, detail }
        });
    };
    limits.check(file, size, 1)?;
    let orientation = header.orientation;
    Ok(Single { file: file.to_owned(), source, limits, orientation, decode }.opening(size))
}

fn decode(file: &str, bytes: &[u8], limits: Limits) -> Result<Image, DecodeError> {
    if !is_complete(bytes) {
        let place = bytes.len() as u64;
        return Err(DecodeError::Truncated { file: file.to_owned(), format: Format::Jpeg, place });
    }
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|error| from_image_error(file, Format::Jpeg, &error))?;
    from_image_crate(file, Format::Jpeg, decoder, limits)
}

/// What stands before the first scan.
pub struct Header {
    /// Width and height of the frame header.
    pub size: Option<(u32, u32)>,
    orientation: Orientation,
    /// Whether the file ended before the first scan.
    is_cut: bool,
}

/// Walks the segments from byte `start` up to the frame header (ITU-T T.81, annex B); the EXIF block stands before it.
pub fn header(file: &str, source: &mut dyn Source, start: u64) -> Result<Header, DecodeError> {
    let mut header = Header { size: None, orientation: Orientation::UPRIGHT, is_cut: false };
    let mut position = start;
    for _ in 0..MOST_STEPS {
        let head = read_at(file, source, position, 10)?;
        let (Some(&fill), Some(&marker)) = (head.first(), head.get(1)) else {
            header.is_cut = true;
            return Ok(header);
        };
        match (fill, marker) {
            (0xff, START_OF_IMAGE | 0x01 | 0xd0..=0xd7) => position = position.saturating_add(2),
            // A fill byte, or bytes that are no marker, which decoders step over.
            (0xff, 0xff) | (0..0xff, _) => position = position.saturating_add(1),
            (_, START_OF_SCAN | END_OF_IMAGE) => return Ok(header),
            _ => {
                let Some(length) = big_endian(&head, 2) else {
                    header.is_cut = true;
                    return Ok(header);
                };
                let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
                if is_frame {
                    header.size = big_endian(&head, 7).zip(big_endian(&head, 5));
                    header.is_cut = header.size.is_none();
                    return Ok(header);
                }
                if marker == APPLICATION_1 {
                    let segment = read_at(file, source, position.saturating_add(4), length as usize)?;
                    if let Some(block) = segment.strip_prefix(b"Exif\0\0") {
                        header.orientation = Orientation::of_exif(block);
                    }
                }
                position = position.saturating_add(2).saturating_add(u64::from(length));
            }
        }
    }
    Ok(header)
}

/// Whether the end-of-image marker is reached, walking the segments by their lengths and skipping entropy-coded data.
/// Decoders fill what is missing with grey.
pub fn is_complete(bytes: &[u8]) -> bool {
    let mut position = 0;
    while let Some(marker) = next_marker(bytes, &mut position) {
        match marker {
            END_OF_IMAGE => return true,
            // Markers without a segment: stuffed zero, TEM, restarts, start of image.
            0x00 | 0x01 | 0xd0..=0xd7 | START_OF_IMAGE => {}
            _ => {
                let Some(length) = big_endian(bytes, position) else { return false };
                position += length as usize;
            }
        }
    }
    false
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
