//! Where the arrays of a `.npz` file are. The crate `zip` reads its directory; the arrays are inflated here, piece by
//! piece, because a stack of several gigabytes is never inflated whole.

use std::io::{Seek, SeekFrom};

use zip::{CompressionMethod, ZipArchive};

use crate::decode::Format;
use crate::error::DecodeError;
use crate::open::{Source, unreadable};
use crate::volume::Coding;

pub struct Entry {
    /// Its name without `.npy`.
    pub name: String,
    /// Where its bytes begin in the archive, and how many there are.
    pub part: (u64, u64),
    pub coding: Coding,
    /// Bytes once inflated, as the directory says.
    pub size: u64,
    /// The checksum of those.
    pub checksum: u32,
}

/// All arrays, in the archive's order, and the source again.
pub fn entries<'a>(
    file: &str,
    mut source: Box<dyn Source + 'a>,
) -> Result<(Box<dyn Source + 'a>, Vec<Entry>), DecodeError> {
    let corrupt = |detail: String| DecodeError::Corrupt { file: file.to_owned(), format: Format::Numpy, detail };
    let unsupported =
        |detail: String| DecodeError::Unsupported { file: file.to_owned(), format: Format::Numpy, detail };
    source.seek(SeekFrom::Start(0)).map_err(|error| unreadable(file, &error))?;
    let mut archive =
        ZipArchive::new(source).map_err(|error| corrupt(format!("it is no whole zip archive ({error})")))?;
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|error| corrupt(format!("file {index} of the archive, counted from 0, is damaged ({error})")))?;
        let Some(name) = entry.name().ok().and_then(|name| name.strip_suffix(".npy").map(str::to_owned)) else {
            continue;
        };
        if entry.encrypted() {
            return Err(unsupported(format!("its array {name} is encrypted")));
        }
        let coding = match entry.compression() {
            CompressionMethod::Stored => Coding::Plain,
            CompressionMethod::Deflated => Coding::Deflate,
            other => return Err(unsupported(format!("its array {name} is compressed by {other}, not by deflate"))),
        };
        let start = entry.data_start().ok_or_else(|| corrupt(format!("its array {name} has no place")))?;
        let part = (start, entry.compressed_size());
        entries.push(Entry { name, part, coding, size: entry.size(), checksum: entry.crc32() });
    }
    Ok((archive.into_inner(), entries))
}
