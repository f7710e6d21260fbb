//! A generated text as the reference's expressions see it.

use std::ops::Range;

use crate::Span;

/// Whether Python takes it for white space: Unicode's, and the four separators of ASCII.
pub fn is_space(symbol: char) -> bool {
    symbol.is_whitespace() || ('\x1c'..='\x1f').contains(&symbol)
}

/// Without the white space at both ends, as Python's `str.strip`.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// A text without some tags, and where each byte of it stood.
pub struct Clean {
    pub text: String,
    places: Vec<usize>,
}

impl Clean {
    /// Takes the tags out, one after the other.
    pub fn without(text: &str, tags: &[&str]) -> Self {
        let mut clean = Self { text: text.to_owned(), places: (0..text.len()).collect() };
        for tag in tags {
            if clean.text.contains(tag) {
                clean = clean.without_one(tag);
            }
        }
        clean
    }

    fn without_one(&self, tag: &str) -> Self {
        let mut clean = Self { text: String::new(), places: Vec::new() };
        let mut from = 0;
        let hits = self.text.match_indices(tag).map(|(at, _)| (at, at + tag.len()));
        for (at, next) in hits.chain([(self.text.len(), 0)]) {
            clean.text.push_str(self.text.get(from..at).unwrap_or_default());
            clean.places.extend_from_slice(self.places.get(from..at).unwrap_or_default());
            from = next;
        }
        clean
    }

    /// Where a stretch stood, from its first byte to its last.
    pub fn place(&self, stretch: &Range<usize>) -> Span {
        let last = stretch.end.checked_sub(1).filter(|last| *last >= stretch.start);
        let ends = self.places.get(stretch.start).zip(last.and_then(|last| self.places.get(last)));
        ends.map_or_else(Span::default, |(&start, &last)| Span { start, end: last + 1 })
    }
}

/// A tag that boxes and polygons are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: ItemKind,
    pub at: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `<loc_n>`; numbers beyond all bounds are the greatest.
    Location(u32),
    Separator,
    PolygonStart,
    PolygonEnd,
}

impl Item {
    pub const fn location(&self) -> Option<u32> {
        match self.kind {
            ItemKind::Location(bin) => Some(bin),
            _ => None,
        }
    }
}

/// The item that begins at a byte.
fn item(text: &str, at: usize) -> Option<Item> {
    let rest = text.get(at..)?;
    if let Some(number) = rest.strip_prefix("<loc_") {
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let bin = number.get(..digits).filter(|digits| !digits.is_empty())?;
        number.get(digits..).filter(|rest| rest.starts_with('>'))?;
        let kind = ItemKind::Location(bin.parse().unwrap_or(u32::MAX));
        return Some(Item { kind, at: at..at + "<loc_>".len() + digits });
    }
    let tags = [("<sep>", ItemKind::Separator), ("<poly>", ItemKind::PolygonStart), ("</poly>", ItemKind::PolygonEnd)];
    let (tag, kind) = tags.into_iter().find(|(tag, _)| rest.starts_with(tag))?;
    Some(Item { kind, at: at..at + tag.len() })
}

/// The items that follow each other from a byte on.
pub fn items(text: &str, from: usize, polygons: bool) -> impl Iterator<Item = Item> {
    let mut at = from;
    std::iter::from_fn(move || {
        let found = item(text, at).filter(|item| polygons || item.location().is_some())?;
        at = found.at.end;
        Some(found)
    })
}

/// Words with the items behind them.
pub struct Phrase {
    /// Bytes of the text; empty where words are not asked for.
    pub words: Range<usize>,
    /// At least four.
    pub items: Vec<Item>,
}

/// The fewest items that make a phrase.
const FEWEST: usize = 4;

/// What the expressions `[^<]+(item){4,}` find, or `(item){4,}` where words are not asked for: one phrase after the other.
pub fn phrases(text: &str, polygons: bool, with_words: bool) -> Vec<Phrase> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let words = if with_words {
            // A tag that began no item loses its bracket and is read as words: so do the expressions.
            let start = at + rest.bytes().take_while(|byte| *byte == b'<').count();
            let length = text.get(start..).map_or(0, |rest| rest.find('<').unwrap_or(rest.len()));
            start..start + length
        } else {
            let start = at + rest.find('<').unwrap_or(rest.len());
            start..start
        };
        let items: Vec<Item> = items(text, words.end, polygons).collect();
        at = match items.last() {
            Some(last) if items.len() >= FEWEST => {
                let end = last.at.end;
                found.push(Phrase { words, items });
                end
            }
            _ => words.end + 1,
        };
    }
    found
}

/// What the expression for labels finds from `start` to `end`: the words, without white space around them. `None` where
/// they have more than one line, which its point does not cross.
pub fn label(text: &str, start: usize, end: usize) -> Option<Range<usize>> {
    let words = text.get(start..end)?;
    let left = words.trim_start_matches(is_space);
    if left.contains('\n') {
        return None;
    }
    let start = end - left.len();
    Some(start..start + left.trim_end_matches(is_space).len())
}
