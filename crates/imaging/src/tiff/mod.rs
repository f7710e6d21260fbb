//! TIFF, by the crate `tiff`.
//!
//! The crate is shown one page at a time, as if it were the file's only one: a chain of pages that runs in a circle, and a
//! page that cannot be read, cost no other page. It knows no palettes; their pages are shown to it as grey, and the
//! colours are looked up here.

mod calibration;
mod pages;
mod pixels;
mod tiles;

use std::io::{Cursor, ErrorKind};

use groundglass_types::Image;
use tiff::decoder::{ChunkType, Decoder, DecodingResult};
use tiff::tags::Tag;
use tiff::{ColorType, TiffError, TiffUnsupportedError};

use crate::decode::{Format, Limits};
use crate::error::DecodeError;
use crate::jpeg;
use crate::open::{Facts, Frames, Labels, Opening, Source, length_of, read_at, unreadable};
use crate::orientation::Orientation;
use calibration::Calibration;
use pages::{Overlay, Page, Words};
use pixels::Stored;
use tiles::Tiles;

const BLACK_IS_ZERO: u16 = 1;
const PALETTE: u64 = 3;
/// JPEG as TIFF 6.0 has it since its supplement 2.
const JPEG: u64 = 7;

pub fn recognises(_: &str, head: &[u8]) -> bool {
    const SIGNATURES: [&[u8; 4]; 4] = [b"II\x2a\x00", b"MM\x00\x2a", b"II\x2b\x00", b"MM\x00\x2b"];
    SIGNATURES.iter().any(|signature| head.starts_with(*signature))
}

/// Every page is a frame.
struct Pages<'a> {
    file: String,
    source: Box<dyn Source + 'a>,
    limits: Limits,
    length: u64,
    words: Words,
    pages: Vec<Page>,
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let cut = || DecodeError::Truncated { file: file.to_owned(), format: Format::Tiff, place: length };
    let words = Words::of(&read_at(file, &mut *source, 0, 4)?).ok_or_else(cut)?;
    let walked = pages::walk(file, &mut *source, words, length)?;
    let count = walked.pages.len();
    let first = walked.pages.first().cloned().unwrap_or_default();
    let mut pages = Pages { file: file.to_owned(), source, limits, length, words, pages: walked.pages };
    pages.check(&first)?;
    // The decoder refuses here what it cannot read at all.
    let mut decoder = pages.decoder(&first)?;
    let calibration = if cfg!(feature = "full") { calibration::read(&mut decoder) } else { Calibration::default() };

    let orientation = Orientation::of_number(first.orientation);
    let mut notes: Vec<String> = orientation.note().into_iter().chain(walked.note).collect();
    if let Some(images) = calibration.images.filter(|&images| images > count) {
        notes.push(format!("its description speaks of {images} images, and it has {count} pages"));
    }
    notes.extend(pages.faults());
    let facts = Facts {
        spacing: orientation.spacing(calibration.spacing),
        slice_spacing: calibration.slice_spacing,
        notes,
        ..Facts::default()
    };
    let size = first.size();
    Ok(Opening { count, size, facts, frames: Box::new(pages) })
}

impl<'a> Pages<'a> {
    /// Refuses a page on the word of its directory alone.
    fn check(&self, page: &Page) -> Result<(), DecodeError> {
        let file = self.file.clone();
        if page.is_cut && (page.width == 0 || page.height == 0) {
            return Err(DecodeError::Truncated { file, format: Format::Tiff, place: self.length });
        }
        if let Some((tag, values)) = page.boasting {
            let detail =
                format!("its field {tag} has {values} values, more than the {} bytes of the file", self.length);
            return Err(DecodeError::Corrupt { file, format: Format::Tiff, detail });
        }
        self.limits.check(&self.file, page.size(), 1)?;
        if page.samples > 64 {
            let detail = format!("it has {} samples a pixel, not grey or RGB", page.samples);
            return Err(DecodeError::Unsupported { file, format: Format::Tiff, detail });
        }
        Ok(())
    }

    /// What the directories alone say of pages that cannot be read, one sentence for each of the first few.
    fn faults(&self) -> Vec<String> {
        const TOLD: usize = 3;
        let fault = |(page, number): (&Page, usize)| match self.check(page) {
            Err(error) => Some(format!("its page {number} cannot be read: {error}")),
            Ok(()) if page.is_cut => Some(format!(
                "it is cut short: it ends at byte {}, within the directory of its page {number}",
                self.length
            )),
            Ok(()) if page.end > self.length => Some(format!(
                "it is cut short: the pixels of its page {number} go to byte {}, and it has {} bytes",
                page.end, self.length
            )),
            Ok(()) => None,
        };
        let mut faults: Vec<String> = self.pages.iter().zip(1..).filter_map(fault).collect();
        let untold = faults.len().saturating_sub(TOLD);
        faults.truncate(TOLD);
        if untold > 0 {
            faults.push(format!("{untold} more of its pages cannot be read or are cut short"));
        }
        faults
    }

    /// The decoder of one page.
    fn decoder(&mut self, page: &Page) -> Result<Decoder<Overlay<&mut Box<dyn Source + 'a>>>, DecodeError> {
        let (file, length, words) = (self.file.clone(), self.length, self.words);
        let mut patches = vec![(words.first(), words.offset(page.offset)), (page.next, words.offset(0))];
        if page.photometric == PALETTE || page.is_turned {
            patches.push((page.photometric_place, words.short(BLACK_IS_ZERO).to_vec()));
        }
        let overlay = Overlay::new(&mut self.source, patches).map_err(|error| unreadable(&file, &error))?;
        let limits = decoder_limits(self.limits);
        let decoder = Decoder::new(overlay).map_err(|error| from_tiff_error(&file, length, &error))?;
        Ok(decoder.with_limits(limits))
    }

    /// Refuses pieces of JPEG that are larger than the page says, because the decoder believes the piece, and pieces that
    /// are cut short, because it fills what is missing with grey.
    fn check_jpeg(&mut self, page: &Page) -> Result<(), DecodeError> {
        let (file, length) = (self.file.clone(), self.length);
        let failed = |error: TiffError| from_tiff_error(&file, length, &error);
        let mut decoder = self.decoder(page)?;
        let (width, height) = decoder.chunk_dimensions();
        let mut numbers = |tags: [Tag; 2]| {
            let found = tags.into_iter().find_map(|tag| decoder.find_tag(tag).transpose());
            found.map_or(Ok(Vec::new()), |value| value?.into_u64_vec()).map_err(failed)
        };
        let starts = numbers([Tag::StripOffsets, Tag::TileOffsets])?;
        let lengths = numbers([Tag::StripByteCounts, Tag::TileByteCounts])?;
        // A strip ends with the page, a tile may be larger.
        let is_tiled = decoder.get_chunk_type() == ChunkType::Tile;
        let height = if is_tiled { u64::from(height) } else { u64::from(height).min(page.height) };
        // Pieces may lie over one another, but not so that the same bytes are read for ever.
        let total = lengths.iter().fold(0_u64, |sum, &count| sum.saturating_add(count));
        if total > self.limits.bytes.max(length) {
            let detail = format!("its pieces of JPEG have {total} bytes in all, and the file has {length}");
            return Err(DecodeError::Corrupt { file, format: Format::Tiff, detail });
        }
        for (start, count) in starts.into_iter().zip(lengths) {
            let cut = || DecodeError::Truncated { file: file.clone(), format: Format::Tiff, place: length };
            let end = start.checked_add(count).filter(|&end| end <= length);
            let count = end.and_then(|_| usize::try_from(count).ok()).ok_or_else(cut)?;
            let piece = read_at(&file, &mut *self.source, start, count)?;
            if !jpeg::is_complete(&piece) {
                let detail = format!("the JPEG at byte {start} in it has no end");
                return Err(DecodeError::Corrupt { file, format: Format::Tiff, detail });
            }
            // Padding up to the next block of 16 rows is usual.
            let found = jpeg::header(&file, &mut Cursor::new(piece), 0)?.size;
            if let Some((found_width, found_height)) = found
                && (found_width > width || u64::from(found_height) > height.saturating_add(16))
            {
                let detail = format!(
                    "a piece of {width} x {height} pixels holds a JPEG of {found_width} x {found_height} pixels"
                );
                return Err(DecodeError::Corrupt { file, format: Format::Tiff, detail });
            }
        }
        Ok(())
    }
}

impl Pages<'_> {
    /// A page as it is shown, or by the values that stand in the file, as labels need them; whether it has a palette.
    fn page(&mut self, index: usize, as_labels: bool) -> Result<(Image, bool), DecodeError> {
        let (file, limits, length, words) = (self.file.clone(), self.limits, self.length, self.words);
        let failed = |error: TiffError| from_tiff_error(&file, length, &error);
        let unsupported =
            |detail: String| DecodeError::Unsupported { file: file.clone(), format: Format::Tiff, detail };
        let page = self.pages.get(index).cloned().unwrap_or_default();
        self.check(&page)?;
        let page = if as_labels && page.is_white_zero() { page.with_black_as_zero() } else { page };
        if page.compression == JPEG && cfg!(feature = "full") {
            self.check_jpeg(&page)?;
        }
        let mut decoder = self.decoder(&page)?;
        let (width, height) = decoder.dimensions().map_err(failed)?;
        let color = decoder.colortype().map_err(failed)?;
        let (bits, channels, colors) = match color {
            ColorType::Gray(bits) => (bits, 1, 1),
            ColorType::GrayA(bits) => (bits, 2, 1),
            ColorType::RGB(bits) => (bits, 3, 3),
            ColorType::RGBA(bits) => (bits, 4, 3),
            ColorType::YCbCr(8) => (8, 3, 3),
            // Grey with one further sample, which the crate does not call alpha.
            ColorType::Multiband { bit_depth, num_samples: 2 } => (bit_depth, 2, 1),
            other => return Err(unsupported(format!("its colours are {other:?}, not grey or RGB"))),
        };
        let is_palette = page.photometric == PALETTE;
        let fits = match bits {
            1 | 2 | 4 => channels == 1,
            8 => true,
            16 => !is_palette || channels == 1,
            32 | 64 => !is_palette,
            _ => false,
        };
        if !fits {
            return Err(unsupported(format!("its samples have {bits} bits, not 1, 2, 4, 8, 16, 32 or 64")));
        }
        limits.check(&file, (width, height), channels as u64 * u64::from(bits.div_ceil(8)).max(1))?;
        let palette = if is_palette && !as_labels {
            let map = decoder.find_tag_unsigned_vec::<u16>(Tag::ColorMap).map_err(failed)?;
            Some(map.ok_or_else(|| unsupported("it has no ColorMap for its palette".to_owned()))?)
        } else {
            None
        };

        let (result, planes) = if decoder.get_chunk_type() == ChunkType::Tile {
            let photometric = if is_palette || page.is_turned { BLACK_IS_ZERO } else { page.photometric as u16 };
            let (size, limits) = ((width, height), decoder_limits(limits));
            let tiles = Tiles { words, size, channels, bits, photometric, limits, length };
            tiles.read(&mut decoder).map_err(failed)?
        } else {
            let mut result = DecodingResult::U8(Vec::new());
            let layout = decoder.read_image_to_buffer(&mut result).map_err(failed)?;
            (result, layout.planes)
        };
        let is_ycbcr = matches!(color, ColorType::YCbCr(_));
        let stored = Stored { width, height, bits, channels, colors, planes, is_ycbcr, is_unchanged: as_labels };
        let image = stored.into_image(&file, result, palette.as_deref())?;
        Ok((Orientation::of_number(page.orientation).turn(image), is_palette))
    }
}

impl Frames for Pages<'_> {
    fn size(&self, index: usize) -> Option<(u32, u32)> {
        let page = self.pages.get(index).filter(|page| self.check(page).is_ok())?;
        Some(page.size()).filter(|&(width, height)| width > 0 && height > 0)
    }

    fn read(&mut self, index: usize) -> Result<Image, DecodeError> {
        Ok(self.page(index, false)?.0)
    }

    fn read_labels(&mut self, index: usize) -> Result<Labels, DecodeError> {
        let (image, are_indices) = self.page(index, true)?;
        let is_inverted = self.pages.get(index).is_some_and(Page::is_white_zero);
        Ok(Labels { image, are_indices, is_inverted })
    }
}

fn decoder_limits(limits: Limits) -> tiff::decoder::Limits {
    let mut of_decoder = tiff::decoder::Limits::default();
    of_decoder.decoding_buffer_size = usize::try_from(limits.bytes).unwrap_or(usize::MAX);
    of_decoder.intermediate_buffer_size = of_decoder.decoding_buffer_size;
    of_decoder
}

fn from_tiff_error(file: &str, length: u64, error: &TiffError) -> DecodeError {
    let (file, format) = (file.to_owned(), Format::Tiff);
    match error {
        TiffError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            DecodeError::Truncated { file, format, place: length }
        }
        TiffError::UnsupportedError(TiffUnsupportedError::UnsupportedCompressionMethod(method)) => {
            let known =
                if cfg!(feature = "full") { "LZW, deflate, PackBits or JPEG" } else { "LZW, deflate or PackBits" };
            let detail = format!("it is compressed by {method:?}, not by {known}");
            DecodeError::Unsupported { file, format, detail }
        }
        TiffError::UnsupportedError(error) => DecodeError::Unsupported { file, format, detail: error.to_string() },
        error => DecodeError::Corrupt { file, format, detail: error.to_string() },
    }
}
