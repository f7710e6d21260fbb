//! A file of the browser, read in pieces and never whole.

use std::io::{Error, Read, Result, Seek, SeekFrom};

use web_sys::{Blob, FileReaderSync};

/// Bytes that are fetched at a time: few calls for a whole picture, little waste for one slice of a stack.
const PIECE: u64 = 1 << 20;

/// A file of the browser. Only workers can read one like this: it waits.
pub struct BlobSource {
    blob: Blob,
    reader: FileReaderSync,
    length: u64,
    position: u64,
    piece: Vec<u8>,
    piece_start: u64,
}

impl BlobSource {
    /// A source that stands at the file's beginning.
    ///
    /// # Errors
    /// Outside a worker.
    pub fn new(blob: Blob) -> Result<Self> {
        let reader = FileReaderSync::new().map_err(|_| Error::other("files can be read only in a worker"))?;
        let length = blob.size() as u64;
        Ok(Self { blob, reader, length, position: 0, piece: Vec::new(), piece_start: 0 })
    }

    fn fetch(&mut self) -> Result<()> {
        let end = (self.position + PIECE).min(self.length);
        let refused = |_| Error::other("it was moved, changed or is not accessible any more");
        let part = self.blob.slice_with_f64_and_f64(self.position as f64, end as f64).map_err(refused)?;
        let buffer = self.reader.read_as_array_buffer(&part).map_err(refused)?;
        self.piece = js_sys::Uint8Array::new(&buffer).to_vec();
        self.piece_start = self.position;
        Ok(())
    }

    /// What of the piece at hand lies at the position and behind it.
    fn at_hand(&self) -> &[u8] {
        let start = self.position.checked_sub(self.piece_start).and_then(|start| usize::try_from(start).ok());
        start.and_then(|start| self.piece.get(start..)).unwrap_or_default()
    }
}

impl Read for BlobSource {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        if self.position >= self.length || into.is_empty() {
            return Ok(0);
        }
        if self.at_hand().is_empty() {
            self.fetch()?;
        }
        let mut hand = self.at_hand();
        let read = hand.read(into)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for BlobSource {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = place.ok_or_else(|| Error::other("a place before the beginning"))?;
        Ok(self.position)
    }
}
