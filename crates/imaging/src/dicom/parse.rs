//! The elements of a file, up to its pixels.
//!
//! A walker of our own, because those of the crates `dicom-parser` and `dicom-object` 0.10 take memory on the word of a
//! length in the file, go as deep into nested sequences as the file does, and do not say at which byte the pixels begin.
//! Source: DICOM PS3.5 2024, chapter 7, and PS3.10, chapter 7.

use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;

use super::attribute::{Attribute, DOUBLE_PIXELS, FLOAT_PIXELS, PIXELS, TRANSFER_SYNTAX, Tag};
use super::data_set::{DataSet, Element, Value};
use super::syntax::{self, Encoding};
use super::text::Charset;
use crate::decode::{Format, Limits};
use crate::error::DecodeError;
use crate::open::Source;

/// Sequences within sequences. Real files have less than ten.
const DEEPEST: usize = 24;
/// A value that is longer is not kept.
const LONGEST_VALUE: u64 = 64 << 20;
/// What all kept elements may take together, with what it costs to keep them.
const BUDGET: u64 = 512 << 20;
const ELEMENT_COST: u64 = 96;

const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);
const UNDEFINED: u32 = u32::MAX;

/// Where the pixels are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelPlace {
    /// [`PIXELS`], [`FLOAT_PIXELS`] or [`DOUBLE_PIXELS`].
    pub attribute: Attribute,
    /// The byte at which their value begins, in the file or in what it was inflated to.
    pub offset: u64,
    /// How many bytes; `None` where frames are encapsulated.
    pub length: Option<u64>,
    /// Whether the file calls them words of 16 bits (`OW`), which matters to bytes in a big-endian file.
    pub are_words: bool,
}

/// Why the elements were not read to their end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The file ends at this byte, within an element.
    Truncated(u64),
    /// Something there that is no element.
    Corrupt(String),
}

/// The elements of an object.
pub struct Object<'a> {
    /// The UID of the transfer syntax.
    pub syntax: String,
    /// The elements before the pixels.
    pub data_set: DataSet,
    /// Where the pixels are, if there are any.
    pub pixels: Option<PixelPlace>,
    /// Where reading came to a stop before its time: what was read up to there is in `data_set`.
    pub stop: Option<Stop>,
    /// The bytes, inflated where the file was deflated.
    pub(super) source: Box<dyn Source + 'a>,
    pub(super) length: u64,
}

/// Reads the elements of a DICOM file up to its pixels. Private elements and very long values are left out.
///
/// # Errors
/// [`DecodeError`] where not even the beginning can be read, or what is deflated is beyond `limits`. A file that breaks
/// off later is given with its `stop`.
pub fn read_object<'a>(
    file: &str,
    mut source: Box<dyn Source + 'a>,
    limits: Limits,
) -> Result<Object<'a>, DecodeError> {
    let unreadable =
        |error: std::io::Error| DecodeError::Unreadable { file: file.to_owned(), detail: error.to_string() };
    let mut length = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let mut head = [0; 132];
    source.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let has_preamble = source.read_exact(&mut head).is_ok() && head.ends_with(b"DICM");
    let mut start = if has_preamble { 132 } else { 0 };

    let mut walker = Walker::new(&mut *source, start, length).map_err(unreadable)?;
    let meta = match walker.meta() {
        Ok(meta) => meta,
        Err(Fault::Stop(stop)) => return Err(stopped(file, stop)),
        Err(Fault::Disk(error)) => return Err(unreadable(error)),
    };
    start = walker.position;
    let guessed = walker.guess();
    let declared = meta.text(TRANSFER_SYNTAX);
    let encoding = match (&declared, guessed) {
        // What stands there outweighs what was announced, save in a deflated file, where nothing can be seen.
        (Some(uid), _) if uid == syntax::DEFLATED => Encoding::EXPLICIT,
        (_, Some(guessed)) => guessed,
        (Some(uid), None) => syntax::encoding(uid),
        (None, None) => Encoding::IMPLICIT,
    };
    let syntax = declared.unwrap_or_else(|| {
        match (encoding.explicit, encoding.big_endian) {
            (false, _) => syntax::IMPLICIT,
            (true, false) => syntax::EXPLICIT,
            (true, true) => syntax::BIG_ENDIAN,
        }
        .to_owned()
    });
    drop(walker);

    let mut cut_short = false;
    if syntax == syntax::DEFLATED {
        source.seek(SeekFrom::Start(start)).map_err(unreadable)?;
        let mut inflated = Vec::new();
        let read = DeflateDecoder::new(&mut source).take(limits.bytes.saturating_add(1)).read_to_end(&mut inflated);
        // What was inflated before the fault is read.
        cut_short = read.is_err();
        if inflated.len() as u64 > limits.bytes {
            let detail = format!("what it was deflated from is more than the limit of {} bytes", limits.bytes);
            return Err(DecodeError::Unsupported { file: file.to_owned(), format: Format::Dicom, detail });
        }
        (start, length) = (0, inflated.len() as u64);
        source = Box::new(Cursor::new(inflated));
    }

    let mut walker = Walker::new(&mut *source, start, length).map_err(unreadable)?;
    let mut data_set = DataSet::new(encoding.big_endian, Charset::Default);
    let mut pixels = None;
    let stop = match walker.elements(&mut data_set, encoding, Bounds { end: length, delimited: false, depth: 0 }) {
        Ok(found) => {
            pixels = found;
            None
        }
        Err(Fault::Stop(stop)) => Some(stop),
        Err(Fault::Disk(error)) => return Err(unreadable(error)),
    };
    drop(walker);
    data_set.finish();
    let stop = if cut_short && stop.is_none() && pixels.is_none() { Some(Stop::Truncated(length)) } else { stop };
    Ok(Object { syntax, data_set, pixels, stop, source, length })
}

/// A [`Stop`] as the error of a file of which nothing can be used.
pub(super) fn stopped(file: &str, stop: Stop) -> DecodeError {
    let (file, format) = (file.to_owned(), Format::Dicom);
    match stop {
        Stop::Truncated(place) => DecodeError::Truncated { file, format, place },
        Stop::Corrupt(detail) => DecodeError::Corrupt { file, format, detail },
    }
}

enum Fault {
    Stop(Stop),
    Disk(std::io::Error),
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

/// How far a list of elements goes.
#[derive(Clone, Copy)]
struct Bounds {
    end: u64,
    /// Whether it ends with a delimiter, at `end` at the latest.
    delimited: bool,
    depth: usize,
}

struct Header {
    tag: Tag,
    vr: Option<[u8; 2]>,
    length: u32,
}

struct Walker<R: Read + Seek> {
    reader: BufReader<R>,
    position: u64,
    /// The length of the file.
    length: u64,
    kept: u64,
}

impl<R: Read + Seek> Walker<R> {
    fn new(source: R, position: u64, length: u64) -> std::io::Result<Self> {
        let mut reader = BufReader::with_capacity(16 << 10, source);
        reader.seek(SeekFrom::Start(position))?;
        Ok(Self { reader, position, length, kept: 0 })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        if self.length.saturating_sub(self.position) < N as u64 {
            return Err(Fault::Stop(Stop::Truncated(self.length)));
        }
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.position += N as u64;
        Ok(bytes)
    }

    /// The next `N` bytes without going on; `None` at the end of the file.
    fn peek<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Fault> {
        if self.length.saturating_sub(self.position) < N as u64 {
            return Ok(None);
        }
        let bytes = self.take::<N>()?;
        self.reader.seek_relative(-(N as i64))?;
        self.position -= N as u64;
        Ok(Some(bytes))
    }

    /// The bytes of a value, of which the caller knows that they are in the file.
    fn bytes(&mut self, length: u64) -> Result<Vec<u8>, Fault> {
        let mut bytes = Vec::new();
        let found = self.reader.by_ref().take(length).read_to_end(&mut bytes)? as u64;
        self.position += found;
        if found < length { Err(Fault::Stop(Stop::Truncated(self.position))) } else { Ok(bytes) }
    }

    fn skip(&mut self, length: u64) -> Result<(), Fault> {
        self.reader.seek_relative(i64::try_from(length).unwrap_or(i64::MAX))?;
        self.position += length;
        Ok(())
    }

    /// The elements of group 0002, which are explicit and little endian in every file.
    fn meta(&mut self) -> Result<DataSet, Fault> {
        let mut meta = DataSet::new(false, Charset::Default);
        while let Some([2, 0]) = self.peek::<2>()? {
            let bounds = Bounds { end: self.length, delimited: false, depth: 0 };
            let header = self.header(Encoding::EXPLICIT)?;
            self.element(&mut meta, header, Encoding::EXPLICIT, bounds)?;
        }
        meta.finish();
        Ok(meta)
    }

    /// How the elements are written, by the look of the first one; `None` where it does not tell.
    fn guess(&mut self) -> Option<Encoding> {
        let [group0, group1, _, _, vr0, vr1, ..] = self.peek::<8>().ok()??;
        let little = group1 == 0 && group0 != 0;
        match (is_known(&[vr0, vr1]), little, group0 == 0) {
            (true, true, _) => Some(Encoding::EXPLICIT),
            (true, _, true) => Some(Encoding::BIG_ENDIAN),
            (false, true, _) => Some(Encoding::IMPLICIT),
            _ => None,
        }
    }

    fn header(&mut self, encoding: Encoding) -> Result<Header, Fault> {
        let big_endian = encoding.big_endian;
        let short = |bytes: [u8; 2]| if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
        let long = |bytes: [u8; 4]| if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        let [a, b, c, d, e, f, g, h] = self.take::<8>()?;
        let tag = Tag(short([a, b]), short([c, d]));
        let is_letters = e.is_ascii_uppercase() && f.is_ascii_uppercase();
        // Delimiters have no representation, and some writers fall into implicit within a file that is explicit.
        if !encoding.explicit || tag.0 == 0xFFFE || !is_letters {
            return Ok(Header { tag, vr: None, length: long([e, f, g, h]) });
        }
        let vr = [e, f];
        let length = if is_long(&vr) || (!is_known(&vr) && [g, h] == [0, 0]) {
            long(self.take::<4>()?)
        } else {
            u32::from(short([g, h]))
        };
        Ok(Header { tag, vr: Some(vr), length })
    }

    /// Elements up to the bounds or the pixels, whose place is returned.
    fn elements(
        &mut self,
        into: &mut DataSet,
        encoding: Encoding,
        bounds: Bounds,
    ) -> Result<Option<PixelPlace>, Fault> {
        while self.position < bounds.end {
            let header = self.header(encoding)?;
            if bounds.delimited && header.tag == ITEM_END {
                return Ok(None);
            }
            let pixels = [PIXELS, FLOAT_PIXELS, DOUBLE_PIXELS];
            if bounds.depth == 0
                && let Some(attribute) = pixels.into_iter().find(|pixels| pixels.tag == header.tag)
            {
                let length = (header.length != UNDEFINED).then_some(u64::from(header.length));
                return Ok(Some(PixelPlace {
                    attribute,
                    offset: self.position,
                    length,
                    are_words: header.vr == Some(*b"OW"),
                }));
            }
            self.element(into, header, encoding, bounds)?;
        }
        if bounds.delimited {
            return Err(Fault::Stop(Stop::Truncated(self.length)));
        }
        Ok(None)
    }

    fn element(
        &mut self,
        into: &mut DataSet,
        Header { tag, vr, length }: Header,
        encoding: Encoding,
        bounds: Bounds,
    ) -> Result<(), Fault> {
        let place = self.position;
        let is_kept = tag.0 % 2 == 0 && tag.0 != 0xFFFE && tag.1 != 0 && bounds.depth < DEEPEST;
        // An unknown value of undefined length is a sequence, implicit and little endian (PS3.5, 6.2.2).
        let inner = if vr == Some(*b"UN") { Encoding::IMPLICIT } else { encoding };
        let is_binary = vr.is_some_and(|vr| matches!(&vr, b"OB" | b"OW" | b"OF" | b"OD" | b"OL" | b"OV"));
        let value = if length == UNDEFINED {
            if is_binary {
                self.fragments(bounds)?;
                Value::Left(place)
            } else {
                self.spend(ELEMENT_COST)?;
                Value::Items(self.items(tag, into.charset(), inner, Bounds { delimited: true, ..bounds })?)
            }
        } else {
            let length = u64::from(length);
            let left = bounds.end.saturating_sub(self.position);
            if length > left {
                return Err(Fault::Stop(if bounds.end == self.length {
                    Stop::Truncated(self.length)
                } else {
                    Stop::Corrupt(format!(
                        "the element {tag} at byte {place} is {length} bytes long, which leaves its item, where {left} bytes follow"
                    ))
                }));
            }
            if !is_kept {
                self.skip(length)?;
                return Ok(());
            }
            // Without a representation a sequence is told by the item that it begins with.
            let may_be_items = length >= 8 && (vr.is_none() || vr == Some(*b"UN"));
            if vr == Some(*b"SQ") || (may_be_items && self.peek::<4>()? == Some([0xFE, 0xFF, 0x00, 0xE0])) {
                self.spend(ELEMENT_COST)?;
                let end = self.position + length;
                let within = Bounds { end, delimited: false, ..bounds };
                Value::Items(self.items(tag, into.charset(), inner, within)?)
            } else if length > LONGEST_VALUE {
                self.skip(length)?;
                Value::Left(place)
            } else {
                self.spend(ELEMENT_COST + length)?;
                Value::Bytes(self.bytes(length)?)
            }
        };
        if is_kept {
            into.insert(tag, Element { vr, value });
        }
        Ok(())
    }

    fn items(&mut self, tag: Tag, charset: Charset, encoding: Encoding, bounds: Bounds) -> Result<Vec<DataSet>, Fault> {
        if bounds.depth >= DEEPEST {
            let detail = format!("the sequence {tag} at byte {} is nested more than {DEEPEST} deep", self.position);
            return Err(Fault::Stop(Stop::Corrupt(detail)));
        }
        let mut items = Vec::new();
        while self.position < bounds.end {
            let place = self.position;
            let header = self.header(encoding)?;
            if header.tag == SEQUENCE_END && bounds.delimited {
                return Ok(items);
            }
            let left = bounds.end.saturating_sub(self.position);
            if header.tag != ITEM || (header.length != UNDEFINED && u64::from(header.length) > left) {
                let detail = format!(
                    "in the sequence {tag} an item is expected at byte {place}, found {} of {} bytes where {left} follow",
                    header.tag, header.length
                );
                let is_cut = header.tag == ITEM && bounds.end == self.length;
                return Err(Fault::Stop(if is_cut { Stop::Truncated(self.length) } else { Stop::Corrupt(detail) }));
            }
            self.spend(ELEMENT_COST)?;
            let within = match header.length {
                UNDEFINED => Bounds { end: bounds.end, delimited: true, depth: bounds.depth + 1 },
                length => Bounds { end: self.position + u64::from(length), delimited: false, depth: bounds.depth + 1 },
            };
            let mut item = DataSet::new(encoding.big_endian, charset);
            self.elements(&mut item, encoding, within)?;
            item.finish();
            items.push(item);
        }
        if bounds.delimited { Err(Fault::Stop(Stop::Truncated(self.length))) } else { Ok(items) }
    }

    /// Passes over encapsulated fragments that are no pixels.
    fn fragments(&mut self, bounds: Bounds) -> Result<(), Fault> {
        loop {
            let header = self.header(Encoding::IMPLICIT)?;
            let length = u64::from(header.length);
            match header.tag {
                SEQUENCE_END => return Ok(()),
                ITEM if length <= bounds.end.saturating_sub(self.position) => self.skip(length)?,
                _ => return Err(Fault::Stop(Stop::Truncated(self.length))),
            }
        }
    }

    fn spend(&mut self, cost: u64) -> Result<(), Fault> {
        self.kept = self.kept.saturating_add(cost);
        if self.kept > BUDGET {
            let detail = format!("its header takes more than {} MiB", BUDGET >> 20);
            return Err(Fault::Stop(Stop::Corrupt(detail)));
        }
        Ok(())
    }
}

/// Representations whose length takes four bytes.
fn is_long(vr: &[u8; 2]) -> bool {
    const LONG: [&[u8; 2]; 13] =
        [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"];
    LONG.contains(&vr)
}

fn is_known(vr: &[u8; 2]) -> bool {
    const SHORT: [&[u8; 2]; 21] = [
        b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS",
        b"ST", b"TM", b"UI", b"UL", b"US",
    ];
    is_long(vr) || SHORT.contains(&vr)
}

/// Whether the first bytes are those of a DICOM file: `DICM` after a preamble of 128 bytes, or, without a preamble, one
/// of the elements that a data set begins with, in any of the three ways to write it.
pub fn recognises(head: &[u8]) -> bool {
    if head.get(128..132) == Some(b"DICM") {
        return true;
    }
    let Some(&[a, b, c, d, vr0, vr1, length0, length1]) = head.first_chunk::<8>() else { return false };
    let little = Tag(u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
    let big = Tag(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let is_first = |tag: Tag| match tag.0 {
        2 => tag.1 <= 0x0010,
        8 => tag.1 <= 0x0018,
        _ => false,
    };
    let explicit = is_known(&[vr0, vr1]);
    // Implicit: a length below 256.
    let implicit = [vr1, length0, length1] == [0, 0, 0];
    (is_first(little) && (explicit || implicit)) || (is_first(big) && explicit)
}
