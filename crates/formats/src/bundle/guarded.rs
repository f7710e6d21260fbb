//! What a zip is written to: once that has refused, nothing more is asked of it. An archive that is let go before its end
//! writes that end, and would tell a fault of its own where the first one is told already.

use std::io::{ErrorKind, Result, Seek, SeekFrom, Write};

pub struct Guarded<W> {
    out: W,
    has_failed: bool,
    /// Where the next byte goes, or would go.
    place: u64,
}

impl<W> Guarded<W> {
    pub const fn new(out: W) -> Self {
        Self { out, has_failed: false, place: 0 }
    }

    pub fn into_inner(self) -> W {
        self.out
    }

    fn noted<T>(&mut self, done: Result<T>) -> Result<T> {
        self.has_failed |= done.as_ref().is_err_and(|error| error.kind() != ErrorKind::Interrupted);
        done
    }
}

impl<W: Write> Write for Guarded<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let written = if self.has_failed { Ok(bytes.len()) } else { self.out.write(bytes) };
        let count = self.noted(written)?;
        // What takes no byte more is full.
        self.has_failed |= count == 0 && !bytes.is_empty();
        self.place = self.place.saturating_add(count as u64);
        Ok(count)
    }

    fn flush(&mut self) -> Result<()> {
        let flushed = if self.has_failed { Ok(()) } else { self.out.flush() };
        self.noted(flushed)
    }
}

impl<W: Seek> Seek for Guarded<W> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let place = if self.has_failed {
            Ok(match to {
                SeekFrom::Start(place) => place,
                SeekFrom::Current(by) => self.place.saturating_add_signed(by),
                SeekFrom::End(_) => self.place,
            })
        } else {
            self.out.seek(to)
        };
        self.place = self.noted(place)?;
        Ok(self.place)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Cursor, Seek, SeekFrom, Write};

    use super::Guarded;

    #[test]
    fn the_first_fault_is_told_once() {
        let mut room = [0_u8; 3];
        let mut out = Guarded::new(Cursor::new(&mut room[..]));
        assert_eq!(out.write(b"ab").unwrap(), 2);
        assert!(out.write_all(b"cde").is_err());
        assert!(out.write_all(b"more").is_ok() && out.flush().is_ok());
        let end = out.stream_position().unwrap();
        assert_eq!(out.seek(SeekFrom::Current(-1)).unwrap(), end - 1);
        assert_eq!(&room, b"abc");
    }
}
