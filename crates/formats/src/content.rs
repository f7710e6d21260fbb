//! The bytes of a file: short files are held, long ones are read in pieces.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell, RefCell};
use std::io::{BufRead, BufReader, Cursor, Error, Read, Result, Seek, SeekFrom};

use groundglass_imaging::Source;
use serde::de::DeserializeOwned;

use crate::FormatError;
#[cfg(feature = "full")]
use crate::encoding::Encoding;
use crate::json_stream::bare::{self, Bare, Follower};
use crate::sha::sha256_of;

/// Files of at most as many bytes are held while they are read, which is faster; of longer ones there is a piece at a time.
pub const HELD: u64 = 128 << 20;

/// Bytes that are looked at to tell a form.
pub(crate) const HEAD: u64 = 1 << 18;

/// Bytes of a long file that are read at a time.
const PIECE: usize = 1 << 18;

/// The bytes of a file, to be read from its beginning as often as is needed.
///
/// A byte order mark is no part of the text: [`Content::held`], [`Content::head`] and [`Content::reader`] leave it out. Of a
/// held file in another encoding they give the text in UTF-8; [`Content::source`] gives the bytes as they are.
pub struct Content<'a> {
    store: Store<'a>,
    length: u64,
    /// Where the text begins.
    start: u64,
    /// The text of a held file in another encoding than UTF-8.
    #[cfg(feature = "full")]
    decoded: Option<Cow<'a, [u8]>>,
    /// The text of a held file as JSON, where it is not JSON as it stands.
    nulled: OnceCell<Option<Vec<u8>>>,
    /// What was read as null, as far as the file was read as JSON.
    bare: Cell<Option<Bare>>,
}

enum Store<'a> {
    Held(Cow<'a, [u8]>),
    Pieces { head: Vec<u8>, at: Box<dyn ReadAt + 'a> },
}

/// Reading at a place; the lifetime of what is read stays out of the readers' type.
trait ReadAt {
    fn read_at(&self, place: u64, into: &mut [u8]) -> Result<usize>;
}

impl ReadAt for RefCell<Box<dyn Source + '_>> {
    fn read_at(&self, place: u64, into: &mut [u8]) -> Result<usize> {
        let mut source = self.try_borrow_mut().map_err(Error::other)?;
        source.seek(SeekFrom::Start(place))?;
        source.read(into)
    }
}

impl ReadAt for &dyn ReadAt {
    fn read_at(&self, place: u64, into: &mut [u8]) -> Result<usize> {
        (**self).read_at(place, into)
    }
}

const MARK: &[u8] = b"\xef\xbb\xbf";

fn mark_of(head: &[u8]) -> u64 {
    if head.starts_with(MARK) { MARK.len() as u64 } else { 0 }
}

impl<'a> Content<'a> {
    /// A file that is held where it has at most [`HELD`] bytes, and else comes in pieces.
    ///
    /// # Errors
    /// [`FormatError::Unreadable`], naming `file`.
    pub fn open(file: &str, source: Box<dyn Source + 'a>) -> std::result::Result<Self, FormatError> {
        Self::open_held(source, HELD)
            .map_err(|error| FormatError::Unreadable { file: file.to_owned(), detail: error.to_string() })
    }

    /// As [`Content::open`], held up to `most` bytes: with 0 every file comes in pieces, which tests compare.
    ///
    /// # Errors
    /// What the source says.
    pub fn open_held(mut source: Box<dyn Source + 'a>, most: u64) -> Result<Self> {
        let length = source.seek(SeekFrom::End(0))?;
        source.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        let is_held = length <= most;
        // A source may give more than it has said.
        (&mut source).take(if is_held { length } else { HEAD }).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != if is_held { length } else { HEAD.min(length) } {
            return Err(Error::other("it ends before its length"));
        }
        let start = mark_of(&bytes);
        if is_held {
            return Ok(Self::holding(bytes.into()));
        }
        let store = Store::Pieces { head: bytes, at: Box::new(RefCell::new(source)) };
        Ok(Self::of(store, length, start))
    }

    const fn of(store: Store<'a>, length: u64, start: u64) -> Self {
        Self {
            store,
            length,
            start,
            #[cfg(feature = "full")]
            decoded: None,
            nulled: OnceCell::new(),
            bare: Cell::new(None),
        }
    }

    fn holding(bytes: Cow<'a, [u8]>) -> Self {
        let (length, start) = (bytes.len() as u64, mark_of(&bytes));
        #[cfg(feature = "full")]
        let decoded = Encoding::of(&bytes).map(|encoding| encoding.decode(&bytes).into());
        Self {
            #[cfg(feature = "full")]
            decoded,
            ..Self::of(Store::Held(bytes), length, start)
        }
    }

    /// The encoding of a file that is too long to be held, and so is not given as UTF-8.
    #[cfg(feature = "full")]
    pub(crate) fn encoding(&self) -> Option<&'static str> {
        match &self.store {
            Store::Held(_) => None,
            Store::Pieces { head, .. } => Encoding::of(head).map(Encoding::name),
        }
    }

    /// The text of a file in another encoding.
    fn decoded(&self) -> Option<&[u8]> {
        #[cfg(feature = "full")]
        return self.decoded.as_deref();
        #[cfg(not(feature = "full"))]
        None
    }

    /// How many bytes the file has.
    pub const fn len(&self) -> u64 {
        self.length
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The whole text of a file that is held.
    pub fn held(&self) -> Option<&[u8]> {
        match &self.store {
            Store::Held(bytes) => self.decoded().or_else(|| Some(bytes.get(self.start as usize..).unwrap_or_default())),
            Store::Pieces { .. } => None,
        }
    }

    /// The beginning of the text, up to 256 KiB; of a held file all of it.
    pub fn head(&self) -> &[u8] {
        if let Some(text) = self.decoded() {
            return text;
        }
        let bytes: &[u8] = match &self.store {
            Store::Held(bytes) => bytes,
            Store::Pieces { head, .. } => head,
        };
        bytes.get(self.start as usize..).unwrap_or_default()
    }

    /// The text of a file that is not held as JSON, byte by byte as fast as that goes: the parser takes single ones, and finds
    /// them quicker without a choice of readers around.
    pub(crate) fn json_pieces(&self) -> Option<BufReader<impl Read>> {
        let Store::Pieces { at, .. } = &self.store else { return None };
        let pieces = Pieces { at: &**at, position: self.start, length: self.length };
        Some(BufReader::with_capacity(PIECE, Nulled::new(pieces, &self.bare)))
    }

    /// The whole text of a file that is held as JSON: numbers that JSON does not have are null.
    pub(crate) fn json_held(&self) -> Option<&[u8]> {
        let held = self.held()?;
        let nulled = self.nulled.get_or_init(|| match bare::nulled(held) {
            (Cow::Owned(nulled), bare) => {
                self.bare.set(bare);
                Some(nulled)
            }
            _ => None,
        });
        Some(nulled.as_deref().unwrap_or(held))
    }

    /// The numbers that JSON does not have and that were read as null, as far as the file was read.
    pub(crate) fn bare(&self) -> Option<Bare> {
        self.bare.get()
    }

    /// Notes what a line of a file of many texts had read as null; of all lines, from the first one on.
    #[cfg(feature = "full")]
    pub(crate) fn note_bare(&self, bare: Bare) {
        keep_longer(&self.bare, bare);
    }

    /// The text from its beginning.
    pub fn reader(&self) -> ContentReader<'_> {
        if let Some(text) = self.decoded() {
            return ContentReader(Reading::Held(Cursor::new(text)));
        }
        self.reader_from(self.start)
    }

    /// Every byte from the beginning, to be read from any place.
    pub fn source(&self) -> Box<dyn Source + '_> {
        Box::new(self.reader_from(0))
    }

    fn reader_from(&self, start: u64) -> ContentReader<'_> {
        match &self.store {
            Store::Held(bytes) => {
                let mut cursor = Cursor::new(&**bytes);
                cursor.set_position(start);
                ContentReader(Reading::Held(cursor))
            }
            Store::Pieces { at, .. } => {
                let pieces = Pieces { at: &**at, position: start, length: self.length };
                ContentReader(Reading::Pieces(BufReader::with_capacity(PIECE, pieces)))
            }
        }
    }

    /// Line and column, from 1, of the byte at `place` of the text.
    ///
    /// # Errors
    /// What the source says.
    pub(crate) fn line_of(&self, place: u64) -> Result<(usize, usize)> {
        let (mut before, mut line, mut column) = (self.reader().take(place), 1, 1);
        loop {
            let piece = before.fill_buf()?;
            if piece.is_empty() {
                return Ok((line, column));
            }
            line += piece.iter().filter(|&&byte| byte == b'\n').count();
            column = match piece.iter().rposition(|&byte| byte == b'\n') {
                Some(last) => piece.len() - last,
                None => column + piece.len(),
            };
            let length = piece.len();
            before.consume(length);
        }
    }

    /// Where the text stops being UTF-8; `None` where it never does.
    ///
    /// # Errors
    /// What the source says.
    #[cfg(feature = "full")]
    pub(crate) fn not_text(&self) -> Result<Option<u64>> {
        let mut reader = self.reader();
        let (mut at, mut rest) = (0_u64, Vec::new());
        loop {
            let piece = reader.fill_buf()?;
            let length = piece.len();
            // A character may stand across two pieces; what is left of the last one is at most three bytes.
            rest.extend_from_slice(piece);
            reader.consume(length);
            let valid = match std::str::from_utf8(&rest) {
                Ok(_) => rest.len(),
                Err(error) if error.error_len().is_none() && length > 0 => error.valid_up_to(),
                Err(error) => return Ok(Some(at + error.valid_up_to() as u64)),
            };
            if length == 0 {
                return Ok(None);
            }
            rest.drain(..valid);
            at += valid as u64;
        }
    }

    /// The text as JSON of a known shape.
    ///
    /// # Errors
    /// What the parser or the source says.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        match self.json_pieces() {
            Some(pieces) => serde_json::from_reader(pieces),
            None => serde_json::from_slice(self.json_held().unwrap_or_default()),
        }
    }

    /// SHA-256 of the file in 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`FormatError::Unreadable`], naming `file`.
    pub fn sha256(&self, file: &str) -> std::result::Result<String, FormatError> {
        sha256_of(&mut *self.source())
            .map_err(|error| FormatError::Unreadable { file: file.to_owned(), detail: error.to_string() })
    }
}

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} bytes", self.length)
    }
}

impl<'a> From<&'a Content<'_>> for Content<'a> {
    fn from(content: &'a Content<'_>) -> Self {
        let store = match &content.store {
            Store::Held(bytes) => Store::Held(Cow::Borrowed(bytes)),
            Store::Pieces { head, at } => Store::Pieces { head: head.clone(), at: Box::new(&**at) },
        };
        Self {
            #[cfg(feature = "full")]
            decoded: content.decoded.as_deref().map(Cow::Borrowed),
            ..Self::of(store, content.length, content.start)
        }
    }
}

impl From<Vec<u8>> for Content<'static> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::holding(bytes.into())
    }
}

impl<'a> From<&'a [u8]> for Content<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::holding(bytes.into())
    }
}

impl<'a> From<&'a Vec<u8>> for Content<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Content<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl<'a> From<&'a str> for Content<'a> {
    fn from(text: &'a str) -> Self {
        Self::from(text.as_bytes())
    }
}

/// Of two readings of one file, that which went further has met more.
fn keep_longer(known: &Cell<Option<Bare>>, bare: Bare) {
    if known.get().is_none_or(|known| known.count < bare.count) {
        known.set(Some(bare));
    }
}

/// JSON in pieces, in which numbers that JSON does not have become null.
struct Nulled<'c> {
    pieces: Pieces<'c>,
    /// Where the text begins.
    start: u64,
    /// What was read and not looked at to its end: a word may go on in the next piece.
    carried: Vec<u8>,
    /// Follows the text from the first piece on that holds such a word.
    follower: Option<Follower>,
    /// What is given next, up to `given` of it given.
    ready: Vec<u8>,
    given: usize,
    is_ended: bool,
    met: &'c Cell<Option<Bare>>,
}

impl<'c> Nulled<'c> {
    fn new(pieces: Pieces<'c>, met: &'c Cell<Option<Bare>>) -> Self {
        let start = pieces.position;
        let (carried, ready) = (Vec::new(), Vec::new());
        Self { pieces, start, carried, follower: None, ready, given: 0, is_ended: false, met }
    }

    fn fill(&mut self) -> Result<()> {
        (self.given, self.is_ended) = (0, true);
        self.ready.clear();
        let before = self.carried.len();
        self.carried.resize(before + PIECE, 0);
        let read = self.pieces.read(self.carried.get_mut(before..).unwrap_or_default())?;
        self.carried.truncate(before + read);
        self.is_ended = read == 0;
        if self.follower.is_none() && bare::holds(&self.carried) {
            self.follower = Some(self.followed()?);
        }
        let taken = match &mut self.follower {
            Some(follower) => {
                let taken = follower.follow(&self.carried, self.is_ended, &mut self.ready);
                if let Some(bare) = follower.bare {
                    keep_longer(self.met, bare);
                }
                taken
            }
            None => {
                let kept = if self.is_ended { 0 } else { bare::LONGEST };
                let taken = self.carried.len().saturating_sub(kept);
                self.ready.extend(self.carried.get(..taken).unwrap_or_default());
                taken
            }
        };
        self.carried.drain(..taken);
        Ok(())
    }

    /// The state of the text before what is carried, read once more from its beginning.
    fn followed(&self) -> Result<Follower> {
        let end = self.pieces.position - self.carried.len() as u64;
        let pieces = Pieces { at: self.pieces.at, position: self.start, length: self.pieces.length };
        let mut before = BufReader::with_capacity(PIECE, pieces.take(end - self.start));
        let (mut follower, mut passed) = (Follower::default(), Vec::new());
        loop {
            let piece = before.fill_buf()?;
            if piece.is_empty() {
                return Ok(follower);
            }
            // No word was met in it, so that none can be cut at its end.
            let taken = follower.follow(piece, true, &mut passed);
            passed.clear();
            before.consume(taken);
        }
    }
}

impl Read for Nulled<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        while self.given == self.ready.len() && !self.is_ended {
            self.fill()?;
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let (Some(from), Some(to)) = (rest.get(..count), into.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.given += count;
        Ok(count)
    }
}

/// The bytes of a [`Content`], one after the other or from any place.
pub struct ContentReader<'c>(Reading<'c>);

enum Reading<'c> {
    Held(Cursor<&'c [u8]>),
    Pieces(BufReader<Pieces<'c>>),
}

struct Pieces<'c> {
    at: &'c dyn ReadAt,
    position: u64,
    length: u64,
}

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let read = self.at.read_at(self.position, into)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Pieces<'_> {
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

impl Read for ContentReader<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        match &mut self.0 {
            Reading::Held(held) => held.read(into),
            Reading::Pieces(pieces) => pieces.read(into),
        }
    }
}

impl BufRead for ContentReader<'_> {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        match &mut self.0 {
            Reading::Held(held) => held.fill_buf(),
            Reading::Pieces(pieces) => pieces.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        match &mut self.0 {
            Reading::Held(held) => held.consume(amount),
            Reading::Pieces(pieces) => pieces.consume(amount),
        }
    }
}

impl Seek for ContentReader<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        match &mut self.0 {
            Reading::Held(held) => held.seek(to),
            Reading::Pieces(pieces) => pieces.seek(to),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::{Cursor, Read, Seek, SeekFrom};

    use proptest::prelude::*;

    use super::{Content, HEAD};

    fn pieces(bytes: &[u8]) -> Content<'_> {
        Content::open_held(Box::new(Cursor::new(bytes)), 0).unwrap()
    }

    fn text(content: &Content<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        content.reader().read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn held_and_in_pieces_are_the_same_text() {
        let long = [b"\xef\xbb\xbf".as_slice(), &b"0123456789\n".repeat(100_000)].concat();
        let (held, parts) = (Content::from(&long), pieces(&long));
        assert_eq!((held.len(), parts.len(), parts.held()), (1_100_003, 1_100_003, None));
        assert_eq!(held.held().unwrap(), &long[3..]);
        assert_eq!((text(&held), text(&parts)), (long[3..].to_vec(), long[3..].to_vec()));
        assert_eq!(parts.head(), &long[3..HEAD as usize]);
        assert_eq!(held.sha256("a").unwrap(), parts.sha256("a").unwrap());
        // Two readers of one file do not disturb each other.
        let (mut first, mut second) = (parts.source(), parts.reader());
        let (mut a, mut b) = ([0; 4], [0; 4]);
        first.seek(SeekFrom::End(-4)).unwrap();
        second.read_exact(&mut b).unwrap();
        first.read_exact(&mut a).unwrap();
        assert_eq!((&a, &b), (b"789\n", b"0123"));
    }

    #[test]
    fn a_source_shorter_than_it_says_is_told() {
        struct Liar(Cursor<Vec<u8>>);
        impl Read for Liar {
            fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
                self.0.read(into)
            }
        }
        impl Seek for Liar {
            fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
                if to == SeekFrom::End(0) { Ok(1000) } else { self.0.seek(to) }
            }
        }
        let liar = || Box::new(Liar(Cursor::new(vec![b' '; 10])));
        assert!(Content::open_held(liar(), 0).is_err() && Content::open_held(liar(), 5000).is_err());
        let message = Content::open("a.json", liar()).err().unwrap().to_string();
        assert_eq!(message, "a.json cannot be read: it ends before its length");
    }

    proptest! {
        #[test]
        fn places_and_faults_are_those_of_the_whole(text in "[a-zäö€𝄞\n]{0,40}", repeat in 1..9000_usize, broken: bool, at in 0..1000_u64) {
            let mut bytes = text.repeat(repeat).into_bytes();
            if broken {
                bytes.extend(b"\xe2\x82");
            }
            let content = pieces(&bytes);
            let fault = std::str::from_utf8(&bytes).err().map(|error| error.valid_up_to() as u64);
            prop_assert_eq!(content.not_text().unwrap(), fault);
            let before = &bytes[..bytes.len().min(at as usize)];
            let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
            let column = before.iter().rev().take_while(|&&byte| byte != b'\n').count() + 1;
            prop_assert_eq!(content.line_of(at).unwrap(), (line, column));
        }
    }
}
