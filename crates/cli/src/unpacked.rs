//! Where the files within archives go: one file without a name, which the system takes away with the command.

use std::cell::RefCell;
use std::io::{Error, Read, Result, Seek, SeekFrom};

use tempfile::SpooledTempFile;

/// Bytes that stay in memory before all of them go to the disk (to the folder for temporary files, which `TMPDIR` names).
const IN_MEMORY: usize = 64 << 20;

/// Files that were unpacked, one behind the other.
pub struct Unpacked {
    spool: RefCell<SpooledTempFile>,
}

/// Where one of them lies.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    start: u64,
    length: u64,
}

impl Unpacked {
    pub fn new() -> Self {
        Self { spool: RefCell::new(SpooledTempFile::new(IN_MEMORY)) }
    }

    /// Puts a file behind the others; one that breaks off is taken out again.
    pub fn put(&self, reader: &mut dyn Read) -> Result<Part> {
        let mut spool = self.spool.try_borrow_mut().map_err(Error::other)?;
        let start = spool.seek(SeekFrom::End(0))?;
        match std::io::copy(reader, &mut *spool) {
            Ok(length) => Ok(Part { start, length }),
            Err(error) => {
                spool.set_len(start)?;
                Err(error)
            }
        }
    }

    /// The bytes of a file.
    pub fn open(&self, part: Part) -> Opened<'_> {
        Opened { spool: &self.spool, part, position: 0 }
    }
}

/// One of the files, from any place.
pub struct Opened<'u> {
    spool: &'u RefCell<SpooledTempFile>,
    part: Part,
    position: u64,
}

impl Read for Opened<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let left = self.part.length.saturating_sub(self.position);
        let most = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut spool = self.spool.try_borrow_mut().map_err(Error::other)?;
        spool.seek(SeekFrom::Start(self.part.start + self.position))?;
        let read = spool.read(into.get_mut(..most).unwrap_or_default())?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Opened<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.part.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = place.ok_or_else(|| Error::other("a place before the beginning"))?;
        Ok(self.position)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Cursor, Read, Seek, SeekFrom};

    use super::{IN_MEMORY, Unpacked};

    /// Breaks off after some bytes.
    struct Broken(Cursor<Vec<u8>>);

    impl Read for Broken {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(into)? {
                0 => Err(std::io::Error::other("broken")),
                read => Ok(read),
            }
        }
    }

    #[test]
    fn every_file_is_its_own_in_memory_and_on_the_disk() {
        for length in [1000, IN_MEMORY] {
            let files = Unpacked::new();
            let first = files.put(&mut Cursor::new(vec![1; length])).unwrap();
            assert!(files.put(&mut Broken(Cursor::new(vec![9; length]))).is_err());
            let second = files.put(&mut Cursor::new(b"second".to_vec())).unwrap();
            assert_eq!((second.start, second.length), (length as u64, 6));
            let (mut one, mut other) = (files.open(first), files.open(second));
            let (mut a, mut b) = (Vec::new(), [0; 3]);
            other.seek(SeekFrom::End(-3)).unwrap();
            one.read_to_end(&mut a).unwrap();
            other.read_exact(&mut b).unwrap();
            assert!(a.len() == length && a.iter().all(|&byte| byte == 1));
            assert_eq!((&b, other.read(&mut [0; 3]).unwrap()), (b"ond", 0));
        }
    }
}
