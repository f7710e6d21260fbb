//! The bytes of a part of a file, plain or compressed, read from any place in it.

use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Take};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder};

use crate::decode::Format;
use crate::error::DecodeError;
use crate::open::{Source, unreadable};

/// Bytes that are read from a source at once: small pieces cost a call of the system each.
const WINDOW: usize = 1 << 18;
/// The most that deflate can compress by: 258 bytes in 2 bits (RFC 1951).
const MOST_DEFLATED: u64 = 1032;
/// What the decoder says of bytes behind a gzip member that begin no other.
const NO_GZIP: &str = "invalid gzip header";

/// How a part of a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Plain,
    Gzip,
    Deflate,
}

type Part<'a> = BufReader<Take<Box<dyn Source + 'a>>>;

enum Reader<'a> {
    Plain(Part<'a>),
    Gzip(Box<MultiGzDecoder<Part<'a>>>),
    Deflate(Box<DeflateDecoder<Part<'a>>>),
    /// A source that refused while it was being rewound.
    Lost,
}

/// A part of a file. Compressed bytes are inflated as they are passed, and from the start again to go back.
pub(crate) struct Stored<'a> {
    file: String,
    format: Format,
    reader: Reader<'a>,
    coding: Coding,
    /// Where the part begins in the source, and how long it is there.
    start: u64,
    length: u64,
    /// Where the reader stands in the inflated bytes.
    position: u64,
    /// Where the inflated bytes were found to end or to be damaged, and how that is told: it is not found out anew for
    /// every frame.
    end: Option<(u64, DecodeError)>,
}

impl<'a> Stored<'a> {
    pub fn new(
        file: &str,
        format: Format,
        source: Box<dyn Source + 'a>,
        (start, length): (u64, u64),
        coding: Coding,
    ) -> Result<Self, DecodeError> {
        let mut stored = Self {
            file: file.to_owned(),
            format,
            reader: Reader::Plain(BufReader::with_capacity(WINDOW, source.take(length))),
            coding,
            start,
            length,
            position: 0,
            end: None,
        };
        stored.rewind()?;
        Ok(stored)
    }

    /// Goes to another part of the same source.
    pub fn become_part(&mut self, (start, length): (u64, u64), coding: Coding) -> Result<(), DecodeError> {
        (self.start, self.length, self.coding, self.end) = (start, length, coding, None);
        self.rewind()
    }

    fn rewind(&mut self) -> Result<(), DecodeError> {
        let part = match std::mem::replace(&mut self.reader, Reader::Lost) {
            Reader::Plain(part) => part,
            Reader::Gzip(reader) => reader.into_inner(),
            Reader::Deflate(reader) => reader.into_inner(),
            Reader::Lost => return Err(self.corrupt("its bytes could not be read again")),
        };
        let mut source = part.into_inner().into_inner();
        source.seek(SeekFrom::Start(self.start)).map_err(|error| unreadable(&self.file, &error))?;
        let part = BufReader::with_capacity(WINDOW, source.take(self.length));
        self.reader = match self.coding {
            Coding::Plain => Reader::Plain(part),
            Coding::Gzip => Reader::Gzip(Box::new(MultiGzDecoder::new(part))),
            Coding::Deflate => Reader::Deflate(Box::new(DeflateDecoder::new(part))),
        };
        self.position = 0;
        Ok(())
    }

    /// Whether bytes can be read in any order without reading those between them.
    pub const fn is_plain(&self) -> bool {
        matches!(self.coding, Coding::Plain)
    }

    /// The most bytes that there can be once inflated.
    pub const fn most(&self) -> u64 {
        match self.coding {
            Coding::Plain => self.length,
            Coding::Gzip | Coding::Deflate => self.length.saturating_mul(MOST_DEFLATED),
        }
    }

    /// Fills `buffer` with the inflated bytes from `offset` on.
    pub fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> Result<(), DecodeError> {
        self.check_reach(offset.saturating_add(buffer.len() as u64))?;
        self.go_to(offset)?;
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest)? {
                0 => return Err(self.ended(self.truncated())),
                count => filled += count,
            }
        }
        Ok(())
    }

    /// Whether the bytes up to `end` are there, as far as is known without reading them.
    pub fn check_reach(&self, end: u64) -> Result<(), DecodeError> {
        match &self.end {
            _ if end > self.most() => Err(self.truncated()),
            Some((known, error)) if end > *known => Err(error.clone()),
            _ => Ok(()),
        }
    }

    /// Keeps in mind that no byte can be read from here on.
    fn ended(&mut self, error: DecodeError) -> DecodeError {
        self.end = Some((self.position, error.clone()));
        error
    }

    /// Up to `count` inflated bytes from the start.
    pub fn head(&mut self, count: usize) -> Result<Vec<u8>, DecodeError> {
        self.go_to(0)?;
        let mut head = vec![0; count];
        let mut filled = 0;
        while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest)? {
                0 => break,
                count => filled += count,
            }
        }
        head.truncate(filled);
        Ok(head)
    }

    /// What gzip says of the whole once its end is reached: a checksum that does not agree is found here. Bytes behind it
    /// that are no gzip, such as zeros that fill a block of a tape, are no fault of what stands before them.
    pub fn check_end(&mut self, offset: u64) -> Result<(), DecodeError> {
        if self.is_plain() || self.position != offset {
            return Ok(());
        }
        match self.read(&mut [0]) {
            Err(DecodeError::Corrupt { detail, .. }) if detail.contains(NO_GZIP) => {
                self.end = None;
                Ok(())
            }
            read => read.map(drop),
        }
    }

    fn go_to(&mut self, offset: u64) -> Result<(), DecodeError> {
        if let Reader::Plain(part) = &mut self.reader {
            // Within what is read already, nothing is read again.
            let distance = i128::from(offset) - i128::from(self.position);
            let buffered = part.buffer().len() as i128;
            if (0..=buffered).contains(&distance) {
                part.consume_buffered(distance as usize);
                self.position = offset;
                return Ok(());
            }
            self.rewind_to(offset)?;
            return Ok(());
        }
        if offset < self.position {
            self.rewind()?;
        }
        let mut passed = vec![0; (offset - self.position).min(1 << 16) as usize];
        while self.position < offset {
            let count = (offset - self.position).min(passed.len() as u64) as usize;
            if self.read(passed.get_mut(..count).unwrap_or_default())? == 0 {
                return Err(self.ended(self.truncated()));
            }
        }
        Ok(())
    }

    /// Plain bytes are gone to without reading those before them.
    fn rewind_to(&mut self, offset: u64) -> Result<(), DecodeError> {
        let (start, length) = (self.start, self.length);
        let skipped = offset.min(length);
        (self.start, self.length) = (start.saturating_add(skipped), length - skipped);
        let result = self.rewind();
        (self.start, self.length) = (start, length);
        self.position = offset;
        result
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, DecodeError> {
        let read = match &mut self.reader {
            Reader::Plain(reader) => reader.read(buffer),
            Reader::Gzip(reader) => reader.read(buffer),
            Reader::Deflate(reader) => reader.read(buffer),
            Reader::Lost => Ok(0),
        };
        match read {
            Ok(count) => {
                self.position = self.position.saturating_add(count as u64);
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => self.read(buffer),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(self.ended(self.truncated())),
            Err(error) if matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::InvalidInput) => {
                Err(self.ended(self.corrupt(&format!("its compressed bytes are damaged ({error})"))))
            }
            Err(error) => Err(unreadable(&self.file, &error)),
        }
    }

    /// The part ends before the image does. The place is that in the file.
    pub fn truncated(&self) -> DecodeError {
        let place = self.start.saturating_add(self.length);
        DecodeError::Truncated { file: self.file.clone(), format: self.format, place }
    }

    fn corrupt(&self, detail: &str) -> DecodeError {
        DecodeError::Corrupt { file: self.file.clone(), format: self.format, detail: detail.to_owned() }
    }
}

/// Steps over bytes that a buffer holds already.
trait ConsumeBuffered {
    fn consume_buffered(&mut self, count: usize);
}

impl<R: Read> ConsumeBuffered for BufReader<R> {
    fn consume_buffered(&mut self, count: usize) {
        std::io::BufRead::consume(self, count);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{Coding, Stored};
    use crate::Format;

    fn numbers() -> Vec<u8> {
        (0..300_000_u32).map(|number| (number % 251) as u8).collect()
    }

    /// In, back, over the buffer, and beyond the end, plain and compressed.
    #[test]
    fn bytes_are_read_from_any_place() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&numbers()).unwrap();
        let compressed = encoder.finish().unwrap();
        for (bytes, coding) in [(numbers(), Coding::Plain), (compressed, Coding::Gzip)] {
            let part = (0, bytes.len() as u64);
            let mut stored = Stored::new("a", Format::Nifti, Box::new(Cursor::new(bytes)), part, coding).unwrap();
            for offset in [0_u64, 10, 5, 299_000, 20, 150_000] {
                let mut found = [0; 1000];
                stored.read_exact_at(offset, &mut found).unwrap();
                assert_eq!(found, numbers()[offset as usize..offset as usize + 1000], "{coding:?} at {offset}");
            }
            assert_eq!(stored.read_exact_at(299_500, &mut [0; 1000]).unwrap_err().kind(), "truncated");
            assert_eq!(stored.read_exact_at(u64::MAX, &mut [0; 2]).unwrap_err().kind(), "truncated");
            stored.read_exact_at(0, &mut [0; 2]).unwrap();
        }
    }

    #[test]
    fn zeros_behind_a_member_are_no_fault_and_a_wrong_checksum_is() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&numbers()).unwrap();
        let whole = encoder.finish().unwrap();
        let read = |bytes: Vec<u8>| {
            let part = (0, bytes.len() as u64);
            let mut stored = Stored::new("a", Format::Nifti, Box::new(Cursor::new(bytes)), part, Coding::Gzip).unwrap();
            let mut found = vec![0; 300_000];
            stored.read_exact_at(0, &mut found).unwrap();
            assert_eq!(found, numbers());
            let end = stored.check_end(300_000);
            // What was read can be read again.
            stored.read_exact_at(5, &mut [0; 10]).unwrap();
            end
        };
        assert_eq!(read([&whole[..], &[0; 512]].concat()), Ok(()));
        assert_eq!(read(whole.clone()), Ok(()));
        let mut wrong = whole;
        let place = wrong.len() - 8;
        wrong[place] ^= 1;
        assert_eq!(read(wrong).unwrap_err().kind(), "corrupt");
    }
}
