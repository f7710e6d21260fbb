//! Where the frames of encapsulated pixels lie. Source: DICOM PS3.5 2024, annex A.4.

use std::io::{Read, SeekFrom};

use super::fault::Fault;
use crate::open::Source;

/// An offset table that is longer is not used; the frames are then found by walking.
const LONGEST_TABLE: u64 = 64 << 20;

/// Bytes of the file: the first, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub offset: u64,
    pub length: u64,
}

/// The way to the bytes of each frame.
#[derive(Debug)]
pub(crate) enum Index {
    /// By the extended offset table: one fragment each.
    Exact(Vec<Piece>),
    /// By the basic offset table: where the first fragment of a frame begins. The last entry is where all end.
    Starts(Vec<u64>),
    /// The fragments, in the order of the file, and which of them begin a frame.
    Walked { fragments: Vec<Piece>, starts: Vec<usize> },
}

impl Index {
    /// How many frames there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Exact(pieces) => pieces.len(),
            Self::Starts(starts) => starts.len().saturating_sub(1),
            Self::Walked { starts, .. } => starts.len(),
        }
    }

    /// Looks for the frames in the fragments that begin at `offset`, of which the header counts `frames`.
    ///
    /// `extended` are the tables of offsets and lengths, where the header has them.
    pub fn of(
        source: &mut dyn Source,
        file_length: u64,
        offset: u64,
        frames: u64,
        extended: (&[u64], &[u64]),
    ) -> Result<Self, Fault> {
        source.seek(SeekFrom::Start(offset))?;
        let Some(table) = next_item(source, file_length, offset)? else {
            return Err(Fault::Corrupt(format!("there is no offset table at byte {offset}, where the frames begin")));
        };
        let first = table.offset.saturating_add(table.length);
        if !extended.0.is_empty() && extended.0.len() == extended.1.len() {
            let pieces = extended.0.iter().zip(extended.1).map(|(&start, &length)| {
                let offset = first.checked_add(start)?.checked_add(8)?;
                (offset.checked_add(length)? <= file_length).then_some(Piece { offset, length })
            });
            if let Some(pieces) = pieces.collect::<Option<Vec<Piece>>>() {
                return Ok(Self::Exact(pieces));
            }
        }
        if table.length >= 4 && table.length / 4 == frames && table.length <= LONGEST_TABLE {
            let mut bytes = vec![0; table.length as usize];
            source.seek(SeekFrom::Start(table.offset))?;
            source.read_exact(&mut bytes)?;
            let mut starts: Vec<u64> =
                bytes.as_chunks::<4>().0.iter().map(|&word| first + u64::from(u32::from_le_bytes(word))).collect();
            starts.push(u64::MAX);
            let is_ordered = starts.first() == Some(&first) && starts.is_sorted_by(|a, b| a < b);
            let is_within = starts.iter().rev().nth(1).is_some_and(|&last| last.saturating_add(8) <= file_length);
            if is_ordered && is_within {
                return Ok(Self::Starts(starts));
            }
        }
        Self::walk(source, file_length, first, frames)
    }

    fn walk(source: &mut dyn Source, file_length: u64, first: u64, frames: u64) -> Result<Self, Fault> {
        let mut fragments = Vec::new();
        let mut begins = Vec::new();
        let mut position = first;
        while let Some(piece) = next_item(source, file_length, position)? {
            let mut head = [0; 4];
            let head = &mut head[..piece.length.min(4) as usize];
            source.seek(SeekFrom::Start(piece.offset))?;
            source.read_exact(head)?;
            // Start of image of JPEG and JPEG-LS, start of codestream of JPEG 2000, signature of a JP2 box.
            begins.push(matches!(head, [0xFF, 0xD8, 0xFF, _] | [0xFF, 0x4F, 0xFF, 0x51] | [0, 0, 0, 12]));
            position = piece.offset + piece.length;
            fragments.push(piece);
        }
        let count = fragments.len() as u64;
        if count == 0 {
            return Err(Fault::Corrupt(format!("no fragment of a frame follows at byte {first}")));
        }
        let signed: Vec<usize> = (0..fragments.len()).filter(|&index| begins[index]).collect();
        let starts = if frames == 1 {
            vec![0]
        } else if frames == count || (signed.is_empty() && count < frames) {
            (0..fragments.len()).collect()
        } else if !signed.is_empty() {
            signed
        } else {
            let detail =
                format!("its {frames} frames lie in {count} fragments, and nothing says which belong together");
            return Err(Fault::Corrupt(detail));
        };
        Ok(Self::Walked { fragments, starts })
    }

    /// Whether the file ends within the last fragment, by its length.
    pub fn is_cut(&self, source: &mut dyn Source, file_length: u64) -> Result<bool, Fault> {
        let last = match self {
            // Only used where all of it is in the file.
            Self::Exact(_) => None,
            Self::Starts(starts) => starts.iter().rev().nth(1).copied(),
            Self::Walked { fragments, .. } => fragments.last().and_then(|piece| piece.offset.checked_sub(8)),
        };
        let Some(mut position) = last else { return Ok(false) };
        while let Some((piece, said)) = item(source, file_length, position)? {
            if piece.length < said {
                return Ok(true);
            }
            position = piece.offset + piece.length;
        }
        Ok(false)
    }

    /// The bytes of a frame, fragments joined.
    pub fn read(&self, source: &mut dyn Source, file_length: u64, index: usize) -> Result<Vec<u8>, Fault> {
        let lost = || Fault::Corrupt(format!("frame {} is not among its fragments", index + 1));
        let mut bytes = Vec::new();
        match self {
            Self::Exact(pieces) => append(source, *pieces.get(index).ok_or_else(lost)?, &mut bytes)?,
            Self::Walked { fragments, starts } => {
                let from = *starts.get(index).ok_or_else(lost)?;
                let to = starts.get(index + 1).copied().unwrap_or(fragments.len());
                for piece in fragments.get(from..to).ok_or_else(lost)? {
                    append(source, *piece, &mut bytes)?;
                }
            }
            Self::Starts(starts) => {
                let mut position = *starts.get(index).ok_or_else(lost)?;
                let end = *starts.get(index + 1).ok_or_else(lost)?;
                while position < end {
                    let Some(piece) = next_item(source, file_length, position)? else { break };
                    append(source, piece, &mut bytes)?;
                    position = piece.offset + piece.length;
                }
            }
        }
        if bytes.is_empty() {
            return Err(Fault::Corrupt(format!("frame {} has no byte", index + 1)));
        }
        Ok(bytes)
    }
}

/// The value of the item at `position`; `None` at the delimiter, at the end of the file, and where no item stands.
/// An item that leaves the file is given as far as it goes.
fn next_item(source: &mut dyn Source, file_length: u64, position: u64) -> Result<Option<Piece>, Fault> {
    Ok(item(source, file_length, position)?.map(|(piece, _)| piece))
}

/// The same, and how long it says it is.
fn item(source: &mut dyn Source, file_length: u64, position: u64) -> Result<Option<(Piece, u64)>, Fault> {
    let offset = position.saturating_add(8);
    if offset > file_length {
        return Ok(None);
    }
    source.seek(SeekFrom::Start(position))?;
    let mut header = [0; 8];
    source.read_exact(&mut header)?;
    let [0xFE, 0xFF, 0x00, 0xE0, a, b, c, d] = header else { return Ok(None) };
    let said = u64::from(u32::from_le_bytes([a, b, c, d]));
    Ok(Some((Piece { offset, length: said.min(file_length - offset) }, said)))
}

fn append(source: &mut dyn Source, piece: Piece, bytes: &mut Vec<u8>) -> Result<(), Fault> {
    source.seek(SeekFrom::Start(piece.offset))?;
    let found = source.take(piece.length).read_to_end(bytes)? as u64;
    if found < piece.length { Err(Fault::Truncated(piece.offset + found)) } else { Ok(()) }
}
