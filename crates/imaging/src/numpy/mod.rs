//! Arrays of NumPy: `.npy`, and `.npz`, which is a zip archive of them.
//!
//! What an array shows is told by its shape alone, by this rule:
//!
//! - (rows, columns) is one grey image.
//! - A last axis of 3 or 4 in an array of 3 or 4 axes is colour (the fourth is alpha and is left out), where the numbers
//!   have 8 or 16 bits without sign. Of another type it is refused, because it may be colours, classes or columns.
//! - A last axis of 1 in an array of 3 or 4 axes is left out.
//! - Otherwise (n, rows, columns) is a stack of n, and (times, slices, rows, columns) all slices of the first time, then of
//!   the next.
//!
//! So (3, rows, columns) is a stack of three, not a picture with its colours first. Every array of an archive that is an
//! image gives its frames, in the archive's order; the notes say which frames are whose.

mod archive;
mod array;
mod header;
mod shape;

use std::io::{Cursor, Read};

use groundglass_types::Image;

pub use array::{Array, read_array};

use crate::decode::{Format, Limits};
use crate::error::DecodeError;
use crate::grid::VolumeGrid;
use crate::open::{Facts, Frames, Opening, Source, length_of};
use crate::volume::{Coding, Layout, Stack, Stored, check};
use archive::Entry;
use header::Header;

const ARRAY: &[u8] = b"\x93NUMPY";
const ARCHIVE: &[u8] = b"PK\x03\x04";

/// By the mark of an array; an archive by its name, or by the name of its first file.
pub fn recognises(file: &str, head: &[u8]) -> bool {
    if head.starts_with(ARRAY) {
        return true;
    }
    if !head.starts_with(ARCHIVE) {
        return false;
    }
    let name = file.to_ascii_lowercase();
    // Length and place of a name in a zip archive's local header (APPNOTE 4.3.7).
    let length = head.get(26..28).map_or(0, |bytes| usize::from(bytes[0]) | usize::from(bytes[1]) << 8);
    let first = head.get(30..30 + length).unwrap_or_default();
    name.ends_with(".npz") || (first.ends_with(b".npy") && !name.ends_with(".zip"))
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let mut mark = [0; 4];
    if source.read_exact(&mut mark).is_ok() && mark == ARCHIVE {
        return open_archive(file, source, limits);
    }
    let mut stored = Stored::new(file, Format::Numpy, source, (0, length), Coding::Plain)?;
    let header = Header::read(file, &mut stored)?;
    let (grid, layout) = shape::volume(&header).map_err(|detail| unsupported(file, detail))?;
    let count = grid.frames();
    let stack = Stack::new(file, Format::Numpy, stored, grid, layout, limits)?;
    Ok(Opening { count, size: stack.size(), facts: Facts::default(), frames: Box::new(stack) })
}

fn open_archive<'a>(file: &str, source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let (source, entries) = archive::entries(file, source)?;
    let mut stored = Stored::new(file, Format::Numpy, source, (0, 0), Coding::Plain)?;
    let (mut images, mut notes, mut count) = (Vec::<Member>::new(), Vec::new(), 0_usize);
    for entry in entries {
        let name = entry.name.clone();
        match member(file, &mut stored, entry, limits, count) {
            Ok(member) => {
                let last = count + (member.grid.frames() - 1);
                notes.push(match last - count {
                    0 => format!("frame {count}, counted from 0, is its array {name}"),
                    _ => format!("frames {count} to {last}, counted from 0, are its array {name}"),
                });
                count = last + 1;
                images.push(member);
            }
            Err(error) => notes.push(format!("its array {name} is left out: {error}")),
        }
    }
    let Some(first) = images.first() else {
        let detail = if notes.is_empty() { "it holds no array".to_owned() } else { notes.join("; ") };
        return Err(unsupported(file, detail));
    };
    stored.become_part(first.entry.part, first.entry.coding)?;
    let stack = Stack::new(file, Format::Numpy, stored, first.grid.clone(), first.layout.clone(), limits)?;
    let size = stack.size();
    let frames = Box::new(Members { stack, images, current: 0 });
    Ok(Opening { count, size, facts: Facts { notes, ..Facts::default() }, frames })
}

/// An array of an archive that is an image.
struct Member {
    entry: Entry,
    grid: VolumeGrid,
    layout: Layout,
    /// Which frame of the file is its first one.
    first: usize,
}

fn member(
    file: &str,
    stored: &mut Stored<'_>,
    entry: Entry,
    limits: Limits,
    first: usize,
) -> Result<Member, DecodeError> {
    stored.become_part(entry.part, entry.coding)?;
    let header = Header::read(file, stored)?;
    let (grid, layout) = shape::volume(&header).map_err(|detail| unsupported(file, detail))?;
    check(file, Format::Numpy, &grid, &layout, limits)?;
    if layout.end(&grid) > stored.most().min(entry.size) || first.checked_add(grid.frames()).is_none() {
        return Err(stored.truncated());
    }
    Ok(Member { entry, grid, layout, first })
}

/// The frames of all arrays of an archive, one array after another.
struct Members<'a> {
    stack: Stack<'a>,
    images: Vec<Member>,
    /// Which array the stack is at.
    current: usize,
}

impl Frames for Members<'_> {
    fn read(&mut self, index: usize) -> Result<Image, DecodeError> {
        let place = self.images.partition_point(|image| image.first <= index).saturating_sub(1);
        let first = match self.images.get(place) {
            Some(image) => {
                if self.current != place {
                    self.stack.stored.become_part(image.entry.part, image.entry.coding)?;
                    self.stack.become_volume(image.grid.clone(), image.layout.clone());
                    self.current = place;
                }
                image.first
            }
            None => 0,
        };
        self.stack.read(index - first)
    }
}

fn unsupported(file: &str, detail: String) -> DecodeError {
    DecodeError::Unsupported { file: file.to_owned(), format: Format::Numpy, detail }
}

/// A source of the bytes of a file in memory.
fn in_memory(bytes: &[u8]) -> Box<dyn Source + '_> {
    Box::new(Cursor::new(bytes))
}
