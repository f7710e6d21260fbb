//! Florence-2's location tokens (<https://huggingface.co/microsoft/Florence-2-base>).
//!
//! A phrase is followed by groups of four `<loc_n>`: left, top, right, bottom as bins 0 to 999, each standing for its
//! middle. What its own post-processing does and is kept: `<s>`, `</s>` and `<pad>` are no text; locations beyond the last
//! whole group are left out (here with a word). What is otherwise here: numbers stay as they are, where `transformers`
//! cuts them to whole pixels; 1000, which training data holds for the right and lower edge though no such token exists, is
//! read as 999; a label keeps its letters outside ASCII; locations without a phrase in front are boxes too, where the
//! published expressions take the first of them for the phrase and so shift every number by one.

use std::ops::Range;

use super::Grounded;
use super::plain::trimmed;
use crate::frame::Frame;
use crate::mark::{Drawn, Fill, Mark};

const LAST_BIN: u32 = 999;

/// Tags that are no text and change nothing.
const SILENT: [&str; 3] = ["<s>", "</s>", "<pad>"];
/// Tags that are no text and end what stands before them.
const ENDING: [&str; 23] = [
    "<od>",
    "</od>",
    "<ocr>",
    "</ocr>",
    "<cap>",
    "</cap>",
    "<ncap>",
    "</ncap>",
    "<dcap>",
    "</dcap>",
    "<grounding>",
    "</grounding>",
    "<seg>",
    "</seg>",
    "<region_cap>",
    "</region_cap>",
    "<and>",
    "<ground>",
    "<obj>",
    "<box>",
    "</box>",
    "<bbox>",
    "</bbox>",
];

pub fn recognises(text: &str) -> bool {
    text.match_indices("<loc_")
        .any(|(at, _)| matches!(token(text.get(at..).unwrap_or_default()), Some((Token::Bin(_), _))))
}

pub fn parse_boxes(text: &str) -> Grounded {
    parse(text, false)
}

pub fn parse_polygons(text: &str) -> Grounded {
    parse(text, true)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Bin(u32),
    Separator,
    PolygonStart,
    PolygonEnd,
    Ending,
    Silent,
}

/// The token at the beginning of `text`, with its length in bytes.
fn token(text: &str) -> Option<(Token, usize)> {
    if let Some(rest) = text.strip_prefix("<loc_") {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let bin = rest.get(..digits).filter(|digits| !digits.is_empty())?;
        let closed = rest.get(digits..)?.starts_with('>');
        return closed.then(|| (Token::Bin(bin.parse().unwrap_or(u32::MAX)), digits + "<loc_>".len()));
    }
    let known =
        |tags: &[&str], token: Token| tags.iter().find(|tag| text.starts_with(**tag)).map(|tag| (token, tag.len()));
    known(&["<sep>"], Token::Separator)
        .or_else(|| known(&["<poly>"], Token::PolygonStart))
        .or_else(|| known(&["</poly>"], Token::PolygonEnd))
        .or_else(|| known(&SILENT, Token::Silent))
        .or_else(|| known(&ENDING, Token::Ending))
}

fn parse(text: &str, polygons: bool) -> Grounded {
    let mut reader = Reader { polygons, ..Reader::default() };
    let mut rest = text;
    while !rest.is_empty() {
        let at = rest.find('<').unwrap_or(rest.len());
        let (words, tail) = rest.split_at(at);
        reader.words(words);
        rest = tail;
        match token(rest) {
            Some((token, length)) => {
                reader.token(token);
                rest = rest.get(length..).unwrap_or_default();
            }
            None if rest.is_empty() => {}
            // A sign of its own: "< 5 mm".
            None => {
                reader.words("<");
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    reader.flush();
    reader.grounded
}

#[derive(Default)]
struct Reader {
    grounded: Grounded,
    /// Whether every run of locations is a polygon.
    polygons: bool,
    /// Whether it stands between `<poly>` and `</poly>`.
    inside: bool,
    /// The current phrase in the plain text.
    phrase: Range<usize>,
    /// The part of it that is the label, once that was asked for.
    label: Option<Range<usize>>,
    /// Whether text that comes now begins a new phrase.
    ended: bool,
    bins: Vec<u32>,
    rings: Vec<Vec<u32>>,
}

impl Reader {
    fn words(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        // Some decoders set a space between tokens.
        if words.trim().is_empty() && !self.bins.len().is_multiple_of(4) {
            return;
        }
        self.flush();
        let start = self.grounded.text.len();
        self.grounded.text.push_str(words);
        if self.ended {
            self.phrase.start = start;
            self.ended = false;
        }
        self.phrase.end = self.grounded.text.len();
        self.label = None;
    }

    fn token(&mut self, token: Token) {
        match token {
            Token::Silent => return,
            Token::Bin(bin) => self.bins.push(bin),
            Token::Separator if self.inside || self.polygons => self.rings.push(std::mem::take(&mut self.bins)),
            Token::Separator | Token::Ending | Token::PolygonEnd => self.flush(),
            Token::PolygonStart => {
                self.flush();
                self.inside = true;
            }
        }
        self.ended = true;
    }

    /// Makes marks of the locations that came.
    fn flush(&mut self) {
        if self.bins.is_empty() && self.rings.is_empty() {
            self.inside = false;
            return;
        }
        let phrase = self.label().clone();
        let bins = std::mem::take(&mut self.bins);
        if self.polygons || self.inside {
            self.inside = false;
            let mut rings = std::mem::take(&mut self.rings);
            rings.push(bins);
            rings.retain(|ring| !ring.is_empty());
            self.polygon(&rings, phrase);
        } else {
            self.boxes(&bins, phrase);
        }
    }

    /// The last line of the current phrase, found once.
    fn label(&mut self) -> &Range<usize> {
        let (text, phrase) = (&self.grounded.text, &self.phrase);
        self.label.get_or_insert_with(|| {
            let whole = trimmed(text, phrase.clone());
            let line = text.get(whole.clone()).and_then(|words| words.rfind('\n')).map_or(0, |at| at + 1);
            trimmed(text, whole.start + line..whole.end)
        })
    }

    fn boxes(&mut self, bins: &[u32], phrase: Range<usize>) {
        let groups = bins.chunks_exact(4);
        let surplus = groups.remainder().len();
        for group in groups {
            if let (Some(numbers), [_, _, _, _]) = (self.numbers(group), group) {
                let mut edges = [0.0; 4];
                edges.iter_mut().zip(numbers).for_each(|(edge, number)| *edge = number);
                self.grounded.push_box(edges, Some(Frame::FLORENCE), phrase.clone());
            }
        }
        if surplus > 0 {
            let label = self.grounded.shown(&phrase);
            let all = bins.len();
            let fault = format!(
                "the {all} locations after \"{label}\" are not groups of four; the last {surplus} are left out"
            );
            self.grounded.fault(fault);
        }
    }

    fn polygon(&mut self, rings: &[Vec<u32>], phrase: Range<usize>) {
        if rings.is_empty() {
            return;
        }
        let label = self.grounded.shown(&phrase).to_owned();
        let mut outlines = Vec::new();
        for ring in rings {
            // An odd last location is no vertex.
            let whole = ring.get(..ring.len() / 2 * 2).unwrap_or_default();
            if whole.len() < 6 {
                let found = ring.len();
                let fault = format!("a polygon of \"{label}\" has {found} locations, not three or more pairs");
                self.grounded.fault(fault);
            } else {
                outlines.extend(self.numbers(whole));
            }
        }
        if outlines.is_empty() {
            return;
        }
        let drawn = Drawn::Outlines { outlines, fill: Fill::Union, frame: Frame::FLORENCE };
        let place = format!("polygon {}", self.grounded.marks.len() + 1);
        self.grounded.push(Mark { place, drawn: Some(drawn), ..Mark::default() }, phrase);
    }

    fn numbers(&mut self, bins: &[u32]) -> Option<Vec<f64>> {
        if let Some(bin) = bins.iter().find(|bin| **bin > LAST_BIN + 1) {
            self.grounded.fault(format!("<loc_{bin}> is no location, which go from 0 to {LAST_BIN}"));
            return None;
        }
        Some(bins.iter().map(|&bin| f64::from(bin.min(LAST_BIN))).collect())
    }
}
