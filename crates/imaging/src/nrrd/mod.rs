//! NRRD with its data in the same file, by the format's definition (teem.sourceforge.net/nrrd/format.html).

mod header;
mod space;

use std::io::Cursor;

use crate::decode::{Format, Limits};
use crate::error::DecodeError;
use crate::open::{Facts, Opening, Source, length_of, read_at};
use crate::sample::SampleType;
use crate::volume::{Coding, Layout, Stack, Stored};
use header::{Encoding, Header};
use space::Axes;

/// Headers are a page of text; one that goes on for longer is none.
const LONGEST_HEADER: usize = 1 << 20;

pub fn recognises(_: &str, head: &[u8]) -> bool {
    head.starts_with(b"NRRD000")
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let unsupported = |detail: String| DecodeError::Unsupported { file: file.to_owned(), format: Format::Nrrd, detail };
    let corrupt = |detail: String| DecodeError::Corrupt { file: file.to_owned(), format: Format::Nrrd, detail };
    let head = read_at(file, &mut *source, 0, LONGEST_HEADER)?;
    let Some((text, data)) = header::split(&head) else {
        return Err(if head.len() < LONGEST_HEADER {
            DecodeError::Truncated { file: file.to_owned(), format: Format::Nrrd, place: length }
        } else {
            corrupt(format!("no empty line ends its header within {LONGEST_HEADER} bytes"))
        });
    };
    let header = Header::read(text).map_err(|fault| fault.of(file))?;
    let axes = Axes::of(&header).map_err(|fault| fault.of(file))?;
    let (grid, mut layout) = (axes.grid(&header), axes.layout(&header));

    let start = data as u64;
    let rest = length.saturating_sub(start);
    let stored = match header.encoding {
        Encoding::Raw => {
            let total = layout.end(&grid);
            layout.start = match header.byte_skip {
                // The data are the last bytes of the file.
                -1 => length.checked_sub(total).filter(|&at| at >= start),
                skip => u64::try_from(skip).ok().and_then(|skip| start.checked_add(skip)),
            }
            .ok_or_else(|| corrupt(format!("its byte skip is {}", header.byte_skip)))?;
            Stored::new(file, Format::Nrrd, source, (0, length), Coding::Plain)?
        }
        Encoding::Gzip if header.byte_skip == 0 => {
            Stored::new(file, Format::Nrrd, source, (start, rest), Coding::Gzip)?
        }
        Encoding::Text if header.byte_skip == 0 => {
            // Two bytes of text make at most a number of 8 bytes.
            if rest > limits.bytes {
                return Err(unsupported(format!("its text of {rest} bytes is longer than {} bytes", limits.bytes)));
            }
            let text = read_at(file, &mut *source, start, usize::try_from(rest).unwrap_or(usize::MAX))?;
            let bytes = numbers(&text, header.sample).map_err(corrupt)?;
            layout.big_endian = false;
            let part = (0, bytes.len() as u64);
            let stored = Stored::new(file, Format::Nrrd, Box::new(Cursor::new(bytes)), part, Coding::Plain)?;
            if layout.end(&grid) > part.1 {
                return Err(DecodeError::Truncated { file: file.to_owned(), format: Format::Nrrd, place: length });
            }
            stored
        }
        Encoding::Gzip | Encoding::Text => {
            return Err(unsupported(format!("its byte skip is {}, and its data are not raw", header.byte_skip)));
        }
    };
    let mut notes = axes.notes.clone();
    if header.is_order_assumed {
        notes.push(
            "its header does not say in which order the bytes of a number stand (endian); the lowest is taken to be first (little)".to_owned(),
        );
    }
    let facts = Facts {
        spacing: axes.has_spacing().then(|| grid.spacing()),
        slice_spacing: axes.has_slice_spacing(&grid).then(|| grid.slice_spacing()),
        notes,
        grid: axes.is_volume().then(|| grid.clone()),
        ..Facts::default()
    };
    let count = grid.frames();
    let stack = Stack::new(file, Format::Nrrd, stored, grid, layout, limits)?;
    Ok(Opening { count, size: stack.size(), facts, frames: Box::new(stack) })
}

/// Numbers in text as their bytes, little-endian.
fn numbers(text: &[u8], sample: SampleType) -> Result<Vec<u8>, String> {
    let text =
        std::str::from_utf8(text).map_err(|error| format!("its text is none from byte {}", error.valid_up_to()))?;
    let mut bytes = Vec::new();
    let words =
        text.split(|letter: char| letter.is_ascii_whitespace() || letter == ',').filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        let read = sample.parse(word, &mut bytes);
        read.ok_or_else(|| format!("its number {index}, counted from 0, is {word:?}, which its type does not have"))?;
    }
    Ok(bytes)
}

impl Axes {
    /// Where the samples lie behind the header.
    fn layout(&self, header: &Header) -> Layout {
        Layout {
            start: 0,
            strides: self.strides,
            time_stride: self.time_stride,
            sample: header.sample,
            big_endian: header.big_endian,
            channels: self.channels,
            channel_stride: self.channel_stride,
            scale: None,
            window: None,
        }
    }
}
