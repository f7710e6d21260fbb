//! Whole arrays as numbers, for maps of values that are no images.

use flate2::Crc;

use super::archive::Entry;
use super::header::Header;
use super::{ARCHIVE, archive, in_memory};
use crate::decode::{Format, Limits};
use crate::error::DecodeError;
use crate::volume::{Coding, Stored};

/// An array of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its name in an archive; empty for a file of one array.
    pub name: String,
    /// Places along each axis; none for a single number.
    pub shape: Vec<usize>,
    /// The numbers, the last axis fastest whatever the order in the file; NaN and infinities stay what they are.
    pub values: Vec<f64>,
}

/// All arrays of a `.npy` or `.npz` file.
///
/// # Errors
/// [`DecodeError`], whose message names `file` and the fault: one array that holds no numbers, is cut short, or would take
/// all of them together beyond [`Limits::bytes`] at 8 bytes a number, refuses the file.
pub fn read_array(file: &str, bytes: &[u8], limits: Limits) -> Result<Vec<Array>, DecodeError> {
    let length = bytes.len() as u64;
    if bytes.is_empty() {
        return Err(DecodeError::Empty { file: file.to_owned() });
    }
    let mut left = limits.bytes;
    if !bytes.starts_with(ARCHIVE) {
        let mut stored = Stored::new(file, Format::Numpy, in_memory(bytes), (0, length), Coding::Plain)?;
        return Ok(vec![read(file, &mut stored, "", &mut left)?.0]);
    }
    let (source, entries) = archive::entries(file, in_memory(bytes))?;
    let mut stored = Stored::new(file, Format::Numpy, source, (0, length), Coding::Plain)?;
    let mut arrays = Vec::new();
    for entry in entries {
        stored.become_part(entry.part, entry.coding)?;
        let (array, end) = read(file, &mut stored, &entry.name, &mut left)?;
        verify(file, &mut stored, &entry, end)?;
        arrays.push(array);
    }
    Ok(arrays)
}

/// The array, and where its bytes end.
fn read(file: &str, stored: &mut Stored<'_>, name: &str, left: &mut u64) -> Result<(Array, u64), DecodeError> {
    let header = Header::read(file, stored)?;
    let count = header.count().map_or(u64::MAX, |count| count as u64);
    let needed = count.saturating_mul(8);
    if needed > *left {
        let array = if name.is_empty() { String::new() } else { format!(" in its array {name}") };
        let detail = format!("it has {count} numbers{array}, more than the {} that are left to be read", *left / 8);
        return Err(DecodeError::Unsupported { file: file.to_owned(), format: Format::Numpy, detail });
    }
    let size = count.saturating_mul(header.sample.size() as u64);
    if header.start.saturating_add(size) > stored.most() {
        return Err(stored.truncated());
    }
    *left -= needed;
    let mut bytes = vec![0; usize::try_from(size).map_err(|_| stored.truncated())?];
    stored.read_exact_at(header.start, &mut bytes)?;
    let values = header.sample.values(&bytes, header.big_endian);
    let values = if header.is_fortran { last_axis_fastest(&values, &header.shape) } else { values };
    Ok((Array { name: name.to_owned(), shape: header.shape, values }, header.start + size))
}

/// Numbers that are stored with their first axis fastest, in the other order.
fn last_axis_fastest(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let mut strides = vec![1_usize; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut ordered = Vec::with_capacity(values.len());
    let mut place = vec![0; shape.len()];
    for _ in 0..values.len() {
        let stored: usize = place.iter().zip(&strides).map(|(place, stride)| place * stride).sum();
        ordered.extend(values.get(stored));
        for axis in (0..shape.len()).rev() {
            place[axis] += 1;
            if place[axis] < shape[axis] {
                break;
            }
            place[axis] = 0;
        }
    }
    ordered
}

/// Holds the inflated bytes up to `end` to the length and the checksum of the directory.
fn verify(file: &str, stored: &mut Stored<'_>, entry: &Entry, end: u64) -> Result<(), DecodeError> {
    let corrupt = |detail: String| DecodeError::Corrupt { file: file.to_owned(), format: Format::Numpy, detail };
    if entry.size != end {
        let detail = format!("its array {} has {} bytes, and {end} are expected", entry.name, entry.size);
        return Err(corrupt(detail));
    }
    let mut checksum = Crc::new();
    let mut piece = vec![0; 1 << 16];
    let mut position = 0;
    while position < end {
        let count = (end - position).min(piece.len() as u64) as usize;
        let piece = piece.get_mut(..count).unwrap_or_default();
        stored.read_exact_at(position, piece)?;
        checksum.update(piece);
        position += count as u64;
    }
    if checksum.sum() != entry.checksum {
        return Err(corrupt(format!("its array {} does not agree with its checksum", entry.name)));
    }
    Ok(())
}
