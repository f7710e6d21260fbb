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
use crate::volume::{Coding, Layout, Stack, Stored, check, size};
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
                let (first, last) = (count + 1, count + member.grid.frames());
                notes.push(match last - count {
                    1 => format!("frame {first} is its array {name}"),
                    _ => format!("frames {first} to {last} are its array {name}"),
                });
                count = last;
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

impl Members<'_> {
    /// Which array a frame is of.
    fn place(&self, index: usize) -> usize {
        self.images.partition_point(|image| image.first <= index).saturating_sub(1)
    }
}

impl Frames for Members<'_> {
    fn size(&self, index: usize) -> Option<(u32, u32)> {
        self.images.get(self.place(index)).map(|image| size(&image.grid))
    }

    fn read(&mut self, index: usize) -> Result<Image, DecodeError> {
        let place = self.place(index);
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use crate::{Limits, open};

    /// An archive of arrays of bytes, each of its own shape.
    fn archive(shapes: &[&[usize]]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (number, shape) in shapes.iter().enumerate() {
            let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
            let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({}), }}\n", axes.join(", "));
            writer.start_file(format!("arr_{number}.npy"), SimpleFileOptions::default()).unwrap();
            writer.write_all(b"\x93NUMPY\x01\x00").unwrap();
            writer.write_all(&u16::try_from(header.len()).unwrap().to_le_bytes()).unwrap();
            writer.write_all(header.as_bytes()).unwrap();
            writer.write_all(&vec![7; shape.iter().product()]).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn every_array_of_an_archive_has_its_own_size_before_it_is_decoded() {
        let file = archive(&[&[4, 5], &[3, 2, 6], &[5], &[2, 3]]);
        let mut opened = open("a.npz", Box::new(Cursor::new(&file)), Limits::default()).unwrap();
        let sizes: Vec<_> = (0..opened.count()).map(|index| opened.size_of(index)).collect();
        assert_eq!(sizes, [(5, 4), (6, 2), (6, 2), (6, 2), (3, 2)]);
        for (index, (width, height)) in sizes.into_iter().enumerate() {
            let frame = opened.frame(index).unwrap();
            assert_eq!((frame.width() as u32, frame.height() as u32), (width, height));
        }
        let notes = opened.facts().notes.clone();
        assert_eq!(notes[..2], ["frame 1 is its array arr_0", "frames 2 to 4 are its array arr_1"]);
        assert_eq!(notes[3], "frame 5 is its array arr_3");
    }
}
