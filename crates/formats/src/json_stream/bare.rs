//! Numbers that JSON does not have, `NaN`, `Infinity` and `-Infinity`, as Python's `json.dump` writes them and its `json.load`
//! reads them. They are read as null, so that one costs what it stands in and not the file.
//!
//! A file without them, which is nearly every one, is looked through for the words and copied; only from the first of them on is it
//! followed which bytes are text between quotation marks.

use std::borrow::Cow;

use crate::content::Content;
use crate::problem::Problem;

/// The words. None is the beginning of another.
const WORDS: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];

/// The bytes of the longest word but one: as many can belong to a word that goes on in the next piece.
pub const LONGEST: usize = 8;

/// Bytes that are looked at together.
const LOOKED_AT: usize = 4096;

/// What was read as null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bare {
    /// The first byte of the first of them, from 0.
    pub first: u64,
    /// How many there were.
    pub count: usize,
}

/// The word on the numbers of a file that were read as null.
pub fn bare_numbers(file: &str, content: &Content<'_>) -> Option<Problem> {
    let Bare { first, count } = content.bare()?;
    // A file that cannot be read any more has its own word.
    let place = content.line_of(first).map(|(line, column)| format!(", first at line {line}, column {column}"));
    let message = format!(
        "{file}: NaN or Infinity stands {count} times where a number should be{}; each is read as null",
        place.unwrap_or_default()
    );
    Some(Problem { count, ..Problem::new("numbers that JSON does not have", file, message) })
}

/// Whether a piece holds one of the words, be it within text.
pub fn holds(piece: &[u8]) -> bool {
    let mut from = 0;
    while let Some(rest) = piece.get(from..).filter(|rest| !rest.is_empty()) {
        let near = rest.get(..LOOKED_AT + LONGEST).unwrap_or(rest);
        // A single byte is found many times faster than a word.
        let has = |first: u8, word: &[u8]| near.contains(&first) && near.windows(word.len()).any(|bytes| bytes == word);
        if has(b'N', WORDS[0]) || has(b'I', WORDS[1]) {
            return true;
        }
        from += LOOKED_AT;
    }
    false
}

/// The text with null for each of the words, and what these were; as it is where there is none.
pub fn nulled(text: &[u8]) -> (Cow<'_, [u8]>, Option<Bare>) {
    if !holds(text) {
        return (Cow::Borrowed(text), None);
    }
    let (mut follower, mut out) = (Follower::default(), Vec::with_capacity(text.len() + LOOKED_AT));
    follower.follow(text, true, &mut out);
    match follower.bare {
        None => (Cow::Borrowed(text), None),
        bare => (Cow::Owned(out), bare),
    }
}

/// Follows JSON piece by piece, and which bytes of it are text.
#[derive(Debug, Default)]
pub struct Follower {
    /// Bytes before the next piece.
    at: u64,
    quoted: bool,
    /// Whether the last byte takes the next one's meaning.
    escaped: bool,
    /// What was met so far.
    pub bare: Option<Bare>,
}

impl Follower {
    /// Writes a piece to `out`, with null for each word outside of text. Comes back: how many bytes were taken. Of a piece
    /// that `is_last` it is all; of another the rest, at most [`LONGEST`], has to come again before what follows.
    pub fn follow(&mut self, piece: &[u8], is_last: bool, out: &mut Vec<u8>) -> usize {
        let mut rest = piece;
        while !rest.is_empty() {
            let taken = if self.quoted { self.within(rest, out) } else { self.outside(rest, is_last, out) };
            self.at += taken as u64;
            rest = rest.get(taken..).unwrap_or_default();
            if taken == 0 {
                break;
            }
        }
        piece.len() - rest.len()
    }

    /// Text, up to the quotation mark that ends it or a byte that is escaped.
    fn within(&mut self, rest: &[u8], out: &mut Vec<u8>) -> usize {
        let skipped = usize::from(std::mem::take(&mut self.escaped));
        let ends = |&byte: &u8| matches!(byte, b'"' | b'\\');
        let found = rest.get(skipped..).unwrap_or_default().iter().position(ends).map(|at| skipped + at);
        match found.and_then(|at| rest.get(at)) {
            Some(b'"') => self.quoted = false,
            Some(_) => self.escaped = true,
            None => {}
        }
        let taken = found.map_or(rest.len(), |at| at + 1);
        out.extend(rest.get(..taken).unwrap_or_default());
        taken
    }

    /// What is no text, up to the next text or word.
    fn outside(&mut self, rest: &[u8], is_last: bool, out: &mut Vec<u8>) -> usize {
        let may_begin = |&byte: &u8| matches!(byte, b'"' | b'N' | b'I' | b'-');
        let before = rest.iter().position(may_begin).unwrap_or(rest.len());
        let (plain, tail) = rest.split_at(before);
        out.extend(plain);
        if let Some(word) = WORDS.iter().find(|word| tail.starts_with(word)) {
            out.extend(b"null");
            let first = self.at + before as u64;
            let bare = self.bare.get_or_insert(Bare { first, count: 0 });
            bare.count += 1;
            return before + word.len();
        }
        // A word may go on in the next piece.
        let is_cut = !is_last && WORDS.iter().any(|word| word.starts_with(tail));
        match tail.first() {
            Some(_) if is_cut => before,
            Some(&byte) => {
                self.quoted = byte == b'"';
                out.push(byte);
                before + 1
            }
            None => before,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::{Bare, Follower, holds, nulled};

    fn said(text: &str) -> (String, Option<Bare>) {
        let (nulled, bare) = nulled(text.as_bytes());
        (String::from_utf8(nulled.into_owned()).unwrap(), bare)
    }

    #[test]
    fn words_outside_of_text_become_null() {
        let (text, bare) = said(r#"{"a": NaN, "b": [-Infinity,Infinity], "c": -1}"#);
        assert_eq!(text, r#"{"a": null, "b": [null,null], "c": -1}"#);
        assert_eq!(bare, Some(Bare { first: 6, count: 3 }));
    }

    #[test]
    fn text_stays_what_it_is() {
        for text in [r#"{"NaN": "-Infinity", "a": "\"NaN, \\"}"#, "[1, -2]", "", "I N -", "-Infinit", "\"NaN"] {
            assert_eq!(said(text), (text.to_owned(), None), "{text}");
        }
        assert_eq!(said(r#"["\\", NaN]"#).0, r#"["\\", null]"#);
    }

    #[test]
    fn a_word_is_seen_wherever_it_stands() {
        for at in [0, 1, 4090, 4093, 4095, 4096, 4097, 8190, 12_000] {
            for word in ["NaN", "Infinity"] {
                let text = format!("{}{word}{}", " ".repeat(at), " ".repeat(20));
                assert!(holds(text.as_bytes()), "{word} at {at}");
            }
        }
        assert!(!holds(b"Nan IMG_NA infinity"));
    }

    proptest! {
        #[test]
        fn pieces_give_what_the_whole_gives(
            parts in proptest::collection::vec("NaN|Infinity|-Infinity|\"|\\\\|-|N|I|[a-f0-9,: ]{0,5}", 0..40),
            length in 1..12_usize,
        ) {
            let text = parts.concat();
            let mut whole = Vec::new();
            let mut follower = Follower::default();
            prop_assert_eq!(follower.follow(text.as_bytes(), true, &mut whole), text.len());
            let (mut pieces, mut out, mut carried) = (Follower::default(), Vec::new(), Vec::new());
            for piece in text.as_bytes().chunks(length) {
                carried.extend_from_slice(piece);
                let taken = pieces.follow(&carried, false, &mut out);
                carried.drain(..taken);
                prop_assert!(carried.len() <= super::LONGEST);
            }
            pieces.follow(&carried, true, &mut out);
            prop_assert_eq!((out, pieces.bare), (whole, follower.bare));
        }
    }
}
