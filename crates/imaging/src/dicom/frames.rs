//! The frames of an object.

use std::io::{Read, SeekFrom};

use flate2::read::DeflateDecoder;
use groundglass_types::{Image, Samples};

use super::attribute::{
    EXTENDED_LENGTHS, EXTENDED_OFFSETS, FRAME_VOI_SEQUENCE, PIXEL_TRANSFORMATION_SEQUENCE, SOP_CLASS,
};
use super::color::{Palette, colors};
use super::facts::facts;
use super::fault::Fault;
use super::fragments::Index;
use super::grey::{Mapping, values};
use super::groups::{differs, group_or_object};
use super::layout::{Kind, Layout, Photometric};
use super::parse::{Object, PixelPlace, stopped};
use super::stored::{Stored, interleaved, unpack};
use super::syntax::{self, Packing, class_name};
use super::{jpeg, jpeg_2000, jpeg_ls, rle};
use crate::decode::Limits;
use crate::error::DecodeError;
use crate::open::{Frames, Opening, Source};

pub(super) fn open<'a>(file: &str, mut object: Object<'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let Some(place) = object.pixels else {
        if let Some(stop) = object.stop {
            return Err(stopped(file, stop));
        }
        let class = object.data_set.text(SOP_CLASS);
        let class = class.as_deref().map_or("an object of no named kind", class_name);
        return Err(Fault::unsupported(format!("it holds no pixels, it is {class}")).of(file));
    };
    let failed = |fault: Fault| fault.of(file);
    let mut layout = Layout::of(&object.data_set, place).map_err(failed)?;
    // Samples of 8 and 16 bits may become `f32`.
    let bytes = layout.channels() as u64 * if layout.allocated <= 8 && layout.channels() == 3 { 1 } else { 4 };
    limits.check(file, (layout.width, layout.height), bytes)?;
    let mut notes = Vec::new();
    let (packing, index, count) = index(&mut object, &mut layout, place, &mut notes).map_err(failed)?;
    let palette = (layout.photometric == Photometric::Palette)
        .then(|| Palette::of(&object.data_set, layout.signed))
        .transpose()
        .map_err(failed)?;
    let mappings = mappings(&object, &layout, count, &mut notes);
    let size = (layout.width, layout.height);
    let facts = facts(&object, &layout, count, notes);
    let frames = Pixels {
        file: file.to_owned(),
        is_big_endian: object.data_set.is_big_endian(),
        source: object.source,
        length: object.length,
        layout,
        place,
        packing,
        index,
        palette,
        mappings,
    };
    Ok(Opening { count, size, facts, frames: Box::new(frames) })
}

/// How the frames are packed, where they lie, and how many there are.
fn index(
    object: &mut Object<'_>,
    layout: &mut Layout,
    place: PixelPlace,
    notes: &mut Vec<String>,
) -> Result<(Packing, Option<Index>, usize), Fault> {
    let uid = object.syntax.as_str();
    let syntax = syntax::by_uid(uid);
    let unread = |name: &str| Fault::unsupported(format!("its transfer syntax is {name} ({uid})"));
    let said = layout.frames;
    let (packing, index, found) = match (place.length, syntax) {
        (_, Some(syntax)) if syntax.packing == Packing::NotRead => return Err(unread(syntax.name)),
        (_, None) => return Err(unread("unknown")),
        (Some(length), Some(_)) => {
            // Frames whose chrominances were never halved are often called so.
            let full = layout.pixels().saturating_mul(3).saturating_mul(u64::from(layout.allocated / 8));
            if layout.photometric == Photometric::YbrFull422 && length >= full.saturating_mul(said) {
                layout.photometric = Photometric::YbrFull;
            }
            let bits = layout.frame_bits();
            let found = length.saturating_mul(8).checked_div(bits).unwrap_or(0);
            if found == 0 {
                let detail = format!("its pixels are {length} bytes, where a frame takes {}", bits.div_ceil(8));
                return Err(Fault::Corrupt(detail));
            }
            (Packing::Native, None, found)
        }
        (None, Some(syntax)) => {
            if syntax.packing == Packing::Native {
                let detail =
                    format!("its pixels are encapsulated, which its transfer syntax {} does not allow", syntax.name);
                return Err(Fault::Corrupt(detail));
            }
            let offsets = object.data_set.longs(EXTENDED_OFFSETS);
            let lengths = object.data_set.longs(EXTENDED_LENGTHS);
            let index = Index::of(&mut *object.source, object.length, place.offset, said, (&offsets, &lengths))?;
            let found = index.count() as u64;
            (syntax.packing, Some(index), found)
        }
    };
    let count = said.min(found);
    notes.extend(cut_short(object, layout, place, index.as_ref(), count)?);
    if found < said {
        notes.push(format!("Its header counts {said} frames; there are {found}."));
    }
    Ok((packing, index, usize::try_from(count).unwrap_or(usize::MAX)))
}

/// What the lengths alone say of a file that ends within its frames.
fn cut_short(
    object: &mut Object<'_>,
    layout: &Layout,
    place: PixelPlace,
    index: Option<&Index>,
    count: u64,
) -> Result<Option<String>, Fault> {
    let length = object.length;
    if let Some(index) = index {
        let is_cut = index.is_cut(&mut *object.source, length)?;
        return Ok(is_cut.then(|| format!("It is cut short: it ends at byte {length}, within the last of its frames.")));
    }
    let bits = layout.frame_bits();
    let end = place.offset.saturating_add(bits.saturating_mul(count).div_ceil(8));
    if end <= length {
        return Ok(None);
    }
    let whole = length.saturating_sub(place.offset).saturating_mul(8).checked_div(bits).unwrap_or(0);
    let which = match count {
        1 => "its frame is not whole".to_owned(),
        _ => format!("of its {count} frames {whole} are whole"),
    };
    Ok(Some(format!("It is cut short: its pixels go to byte {end}, and it has {length} bytes; {which}.")))
}

/// One mapping for all frames, or one each where they differ.
fn mappings(object: &Object<'_>, layout: &Layout, count: usize, notes: &mut Vec<String>) -> Vec<Mapping> {
    let data_set = &object.data_set;
    let of = |index, notes: &mut Vec<String>| {
        let rescale = group_or_object(data_set, index, PIXEL_TRANSFORMATION_SEQUENCE);
        let voi = group_or_object(data_set, index, FRAME_VOI_SEQUENCE);
        Mapping::of(rescale, voi, layout, notes)
    };
    let differ = differs(data_set, PIXEL_TRANSFORMATION_SEQUENCE) || differs(data_set, FRAME_VOI_SEQUENCE);
    (0..if differ { count } else { 1 }).map(|index| of(index, notes)).collect()
}

struct Pixels<'a> {
    file: String,
    source: Box<dyn Source + 'a>,
    length: u64,
    is_big_endian: bool,
    layout: Layout,
    place: PixelPlace,
    packing: Packing,
    /// Where the frames lie, if they are encapsulated.
    index: Option<Index>,
    palette: Option<Palette>,
    mappings: Vec<Mapping>,
}

impl Frames for Pixels<'_> {
    fn read(&mut self, index: usize) -> Result<Image, DecodeError> {
        self.image(index).map_err(|fault| fault.of(&self.file))
    }
}

impl Pixels<'_> {
    fn image(&mut self, index: usize) -> Result<Image, Fault> {
        let stored = self.stored(index)?;
        let layout = &self.layout;
        let channels = if self.palette.is_some() { 3 } else { layout.channels() };
        let (samples, window) = match (&self.palette, self.mappings.get(index).or_else(|| self.mappings.first())) {
            (Some(palette), _) => palette.apply(stored, layout),
            (None, Some(mapping)) if channels == 1 => {
                let (samples, window) = values(stored, layout, mapping);
                let is_mask = layout.stored == 1 && matches!(samples, Samples::U8(_));
                let window = window.or(is_mask.then_some(groundglass_types::Window { low: 0.0, high: 1.0 }));
                (samples, window)
            }
            _ => colors(stored, layout),
        };
        let image = Image::measured(layout.width as usize, layout.height as usize, channels, samples);
        let image = image.map_err(|error| Fault::Corrupt(format!("frame {}: {error}", index + 1)))?;
        Ok(image.with_window(window))
    }

    fn stored(&mut self, index: usize) -> Result<Stored, Fault> {
        let layout = &self.layout;
        let Some(frames) = &self.index else { return self.native(index) };
        let bytes = frames.read(&mut *self.source, self.length, index)?;
        match self.packing {
            Packing::Jpeg => jpeg::decode(&bytes, layout),
            Packing::JpegLs => jpeg_ls::decode(&bytes, layout),
            Packing::Jpeg2000 => jpeg_2000::decode(&bytes, layout),
            Packing::Rle => {
                let size = layout.allocated.div_ceil(8) as usize;
                let (pixels, channels) = (layout.pixels() as usize, layout.channels());
                let cells = rle::decode(&bytes, pixels, channels, size)?;
                // Channels lie apart whatever the header says (PS3.5, G.2), and chrominances are never halved.
                let photometric = match layout.photometric {
                    Photometric::YbrFull422 => Photometric::YbrFull,
                    other => other,
                };
                let flat = Layout { planar: false, photometric, ..layout.clone() };
                let mut stored = unpack(&flat, &cells, 0, false)?;
                if channels > 1 {
                    stored.cells = interleaved(stored.cells, channels);
                }
                Ok(stored)
            }
            Packing::Deflate => {
                let size = layout.frame_bits().div_ceil(8);
                let mut inflated = Vec::new();
                DeflateDecoder::new(bytes.as_slice())
                    .take(size)
                    .read_to_end(&mut inflated)
                    .map_err(|error| Fault::Corrupt(format!("frame {} cannot be inflated: {error}", index + 1)))?;
                if (inflated.len() as u64) < size {
                    return Err(Fault::Corrupt(format!("frame {} has {} of {size} bytes", index + 1, inflated.len())));
                }
                unpack(layout, &inflated, 0, false)
            }
            Packing::Native | Packing::NotRead => Err(Fault::unsupported("its frames are encapsulated")),
        }
    }

    /// A frame that stands in the file as it is.
    fn native(&mut self, index: usize) -> Result<Stored, Fault> {
        let layout = &self.layout;
        let bits = layout.frame_bits();
        let first = bits.saturating_mul(index as u64);
        let (start, end) = (first / 8, first.saturating_add(bits).div_ceil(8));
        // Bytes within words of 16 bits are swapped in a big-endian file (PS3.5, 7.3).
        let swapped = self.is_big_endian && self.place.are_words && layout.kind == Kind::Whole && layout.allocated <= 8;
        let (from, to) = if swapped { (start & !1, end.next_multiple_of(2)) } else { (start, end) };
        let from = self.place.offset.saturating_add(from);
        let to = self.place.offset.saturating_add(to);
        if self.place.offset.saturating_add(end) > self.length {
            return Err(Fault::Truncated(self.length));
        }
        self.source.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        let source: &mut dyn Source = &mut *self.source;
        source.take(to - from).read_to_end(&mut bytes)?;
        if swapped {
            bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|pair| pair.reverse());
            let skipped = (start & 1) as usize;
            bytes.drain(..skipped.min(bytes.len()));
        }
        bytes.truncate((end - start) as usize);
        if (bytes.len() as u64) < end - start {
            return Err(Fault::Truncated(self.length));
        }
        unpack(layout, &bytes, first % 8, self.is_big_endian)
    }
}
