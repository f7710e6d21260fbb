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

/// Bytes that are gathered before the browser takes them.
const GATHERED: usize = 4 << 20;

/// A file for the browser in the making. What is written goes to the browser in parts, which may keep them on its disk, so
/// that this memory holds only the newest; an earlier place can be written over.
#[derive(Default)]
pub struct BlobSink {
    /// The parts that the browser has, each with its length.
    parts: Vec<(u64, Blob)>,
    /// Bytes in all parts.
    given: u64,
    tail: Vec<u8>,
    position: u64,
}

impl BlobSink {
    /// The whole file.
    ///
    /// # Errors
    /// Where the browser has no room.
    pub fn finish(mut self) -> Result<Blob> {
        self.give()?;
        let parts: js_sys::Array = self.parts.iter().map(|(_, part)| part).collect();
        Blob::new_with_blob_sequence(&parts).map_err(no_room)
    }

    fn give(&mut self) -> Result<()> {
        if !self.tail.is_empty() {
            let part = blob_of(&self.tail)?;
            self.parts.push((self.tail.len() as u64, part));
            self.given += self.tail.len() as u64;
            self.tail.clear();
        }
        Ok(())
    }

    /// Writes over what the browser has already: up to the end of one part.
    fn write_over(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut start = 0;
        for (length, part) in &mut self.parts {
            if self.position < start + *length {
                let (from, left) = (self.position - start, start + *length - self.position);
                let count = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
                let over = bytes.get(..count).unwrap_or_default();
                let slice = |from: u64, to: u64| part.slice_with_f64_and_f64(from as f64, to as f64).map_err(no_room);
                let pieces = [slice(0, from)?, blob_of(over)?, slice(from + count as u64, *length)?];
                let pieces: js_sys::Array = pieces.iter().collect();
                let whole = Blob::new_with_blob_sequence(&pieces).map_err(no_room)?;
                *part = whole;
                self.position += count as u64;
                return Ok(count);
            }
            start += *length;
        }
        Err(Error::other("a place behind the end"))
    }
}

fn blob_of(bytes: &[u8]) -> Result<Blob> {
    Blob::new_with_u8_array_sequence(&js_sys::Array::of1(&js_sys::Uint8Array::from(bytes))).map_err(no_room)
}

fn no_room(_: wasm_bindgen::JsValue) -> Error {
    Error::other("the browser has no room for it")
}

impl std::io::Write for BlobSink {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if self.position < self.given {
            return self.write_over(bytes);
        }
        let at = usize::try_from(self.position - self.given).unwrap_or(usize::MAX);
        // What stands there is written over, the rest is put behind it.
        let over = self.tail.len().saturating_sub(at).min(bytes.len());
        let (same, more) = bytes.split_at(over);
        if let Some(place) = self.tail.get_mut(at..at.saturating_add(over)).filter(|_| over > 0) {
            place.copy_from_slice(same);
        } else if at > self.tail.len() {
            return Err(Error::other("a place behind the end"));
        }
        self.tail.extend_from_slice(more);
        self.position += bytes.len() as u64;
        if self.tail.len() >= GATHERED && self.position == self.given + self.tail.len() as u64 {
            self.give()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Seek for BlobSink {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let length = self.given + self.tail.len() as u64;
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let place = place.filter(|place| *place <= length);
        self.position = place.ok_or_else(|| Error::other("a place outside of the file"))?;
        Ok(self.position)
    }
}
