//! Where the bytes of a file come from: memory, a file on disk, or a slice of a file in a page.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// Bytes that are read in ranges, so that a file of a gigabyte never stands in memory as a whole.
///
/// The reading is asynchronous because a page reads slices of a file so.
#[allow(async_fn_in_trait, reason = "pages run on one thread; nobody needs the future to be Send")]
pub trait ByteSource {
    /// Bytes in all.
    fn length(&self) -> u64;

    /// Exactly `count` bytes from `offset`.
    ///
    /// # Errors
    /// What the medium says, or that the range ends beyond the last byte.
    async fn read(&mut self, offset: u64, count: usize) -> Result<Vec<u8>, String>;
}

/// A whole file in memory.
#[derive(Clone, Copy, Debug)]
pub struct MemorySource<'a>(pub &'a [u8]);

impl ByteSource for MemorySource<'_> {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }

    async fn read(&mut self, offset: u64, count: usize) -> Result<Vec<u8>, String> {
        let start = usize::try_from(offset).map_err(|error| error.to_string())?;
        let range = start..start.saturating_add(count);
        self.0.get(range).map(<[u8]>::to_vec).ok_or_else(|| beyond(offset, count, self.length()))
    }
}

/// A file on disk.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    length: u64,
}

impl FileSource {
    /// Takes an open file.
    ///
    /// # Errors
    /// What the system says when asked for the length.
    pub fn new(file: File) -> std::io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length })
    }
}

impl ByteSource for FileSource {
    fn length(&self) -> u64 {
        self.length
    }

    async fn read(&mut self, offset: u64, count: usize) -> Result<Vec<u8>, String> {
        if offset.checked_add(count as u64).is_none_or(|end| end > self.length) {
            return Err(beyond(offset, count, self.length));
        }
        let mut bytes = vec![0; count];
        self.file.seek(SeekFrom::Start(offset)).map_err(|error| error.to_string())?;
        self.file.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}

fn beyond(offset: u64, count: usize, length: u64) -> String {
    format!("{count} bytes from byte {offset} are wanted of {length} in all")
}
