//! The expressions of the reference, by hand, for one generated text.

use std::collections::HashMap;
use std::ops::Range;

use super::text::{Clean, Item, ItemKind, Phrase, is_space, items, label, phrases};
use super::{Answer, Flavour, Found, Reading, Shape, trimmed};
use crate::quantise::{BINS, LAST_BIN};
use crate::{AnswerKind, Span, Transcript};

/// Of many notes only so many are told.
const TOLD: usize = 32;
/// How many locations a quad has.
const QUAD: usize = 8;

pub struct Reader<'a> {
    transcript: &'a Transcript,
    reading: &'a Reading<'a>,
    clean: Clean,
    answer: Answer,
    /// Where labels stand in the prompt, each looked for once.
    phrases: HashMap<String, Option<Span>>,
    /// How many locations were read or spoken of.
    locations: usize,
}

impl<'a> Reader<'a> {
    pub fn new(transcript: &'a Transcript, reading: &'a Reading<'a>) -> Self {
        let quads = reading.task.named().answer == AnswerKind::Quads;
        let tags: &[&str] =
            if quads && reading.flavour == Flavour::Microsoft { &["<s>"] } else { &["<s>", "</s>", "<pad>"] };
        let clean = Clean::without(&transcript.text, tags);
        Self { transcript, reading, clean, answer: Answer::default(), phrases: HashMap::new(), locations: 0 }
    }

    pub fn boxes(&mut self, with_words: bool) {
        for phrase in phrases(&self.clean.text, false, with_words) {
            self.locations += phrase.items.len();
            let words = if with_words {
                match label(&self.clean.text, phrase.words.start, phrase.words.end) {
                    Some(words) => words,
                    None => {
                        self.note_lines(&phrase);
                        continue;
                    }
                }
            } else {
                phrase.words.clone()
            };
            let said = self.clean.text.get(words.clone()).unwrap_or_default().to_owned();
            let grounding = self.reading.task.named().answer == AnswerKind::Phrases;
            if grounding && self.reading.left_out.contains(&said.as_str()) {
                let note = format!("\"{}\" names nothing, so its boxes are left out", shown(&said));
                self.note(note);
                continue;
            }
            self.note_broken(&said);
            let name: String = said.chars().filter(char::is_ascii).collect();
            let groups = phrase.items.chunks_exact(4);
            let surplus = groups.remainder().len();
            if surplus > 0 {
                let (all, said) = (phrase.items.len(), shown(&said));
                self.note(format!(
                    "the {all} locations after \"{said}\" are not groups of four; the last {surplus} are left out"
                ));
            }
            for group in groups {
                if let Some([left, top, right, bottom]) = self.bins(group).as_deref() {
                    let [width, height] = self.reading.size;
                    let at = |bin: &u16, size| self.reading.flavour.position(*bin, size);
                    let edges = [at(left, width), at(top, height), at(right, width), at(bottom, height)];
                    self.push(name.clone(), Shape::Box(edges), &words, group);
                }
            }
        }
    }

    pub fn polygons(&mut self, with_words: bool) {
        for phrase in phrases(&self.clean.text, true, with_words) {
            self.locations += phrase.items.iter().filter(|item| item.location().is_some()).count();
            let Some(words) = self.polygon_label(&phrase) else {
                self.note_lines(&phrase);
                continue;
            };
            let name = self.clean.text.get(words.clone()).unwrap_or_default().to_owned();
            self.note_broken(&name);
            for object in objects(&phrase.items) {
                let rings = rings(object);
                let (Some(first), Some(last)) = (rings.first(), rings.last()) else { continue };
                let whole = object.get(first.start..last.end).unwrap_or_default();
                let outlines: Vec<Vec<[f64; 2]>> =
                    rings.iter().filter_map(|ring| self.outline(object.get(ring.clone())?, &name)).collect();
                if !outlines.is_empty() {
                    self.push(name.clone(), Shape::Polygons(outlines), &words, whole);
                }
            }
        }
    }

    /// The label of polygons: what stands before the first location or `<poly>`, separators and ends of polygons among it.
    fn polygon_label(&self, phrase: &Phrase) -> Option<Range<usize>> {
        let mut start = phrase.words.start;
        let mut items = phrase.items.as_slice();
        match (self.reading.flavour, items) {
            (Flavour::Native, [first, rest @ ..]) if phrase.words.is_empty() && first.location().is_some() => {
                (start, items) = (first.at.end, rest);
            }
            (Flavour::Microsoft, _) => start += broken_location(self.clean.text.get(phrase.words.clone())?),
            _ => {}
        }
        let stops = |item: &&Item| matches!(item.kind, ItemKind::Location(_) | ItemKind::PolygonStart);
        label(&self.clean.text, start, items.iter().find(stops)?.at.start)
    }

    /// One ring in pixels. An odd last location is no vertex.
    fn outline(&mut self, ring: &[Item], name: &str) -> Option<Vec<[f64; 2]>> {
        let bins = self.bins(ring.get(..ring.len() / 2 * 2)?)?;
        if bins.len() < 6 || ring.len() % 2 == 1 {
            let (found, name) = (ring.len(), shown(name));
            self.note(format!("an outline of \"{name}\" has {found} locations, not three or more pairs"));
        }
        Some(bins.chunks_exact(2).filter_map(|pair| self.vertex(pair)).collect())
    }

    pub fn quads(&mut self) {
        let mut at = 0;
        while let Some((words, group)) = self.next_quad(at) {
            at = group.last().map_or(usize::MAX, |last| last.at.end);
            self.locations += QUAD;
            let said = self.clean.text.get(words.clone()).unwrap_or_default();
            let name = if self.reading.flavour == Flavour::Native { trimmed(said) } else { said }.to_owned();
            let corners: Option<Vec<[f64; 2]>> =
                self.bins(&group).map(|bins| bins.chunks_exact(2).filter_map(|pair| self.vertex(pair)).collect());
            if let Some([a, b, c, d]) = corners.as_deref() {
                self.push(name, Shape::Quad([*a, *b, *c, *d]), &words, &group);
            }
        }
    }

    /// The next words on one line, as few as can be but at least one sign, with eight locations behind them.
    fn next_quad(&self, from: usize) -> Option<(Range<usize>, Vec<Item>)> {
        let text = self.clean.text.as_str();
        let (mut start, mut search) = (from, from);
        loop {
            let at = search + text.get(search..)?.find('<')?;
            // Words end with their line.
            if let Some(line) = text.get(search..at).and_then(|words| words.rfind('\n')) {
                start = search + line + 1;
            }
            search = at + 1;
            if at > start {
                let group: Vec<Item> = items(text, at, false).take(QUAD).collect();
                if group.len() == QUAD {
                    return Some((start..at, group));
                }
            }
        }
    }

    fn vertex(&self, pair: &[u16]) -> Option<[f64; 2]> {
        let [width, height] = self.reading.size;
        match pair {
            [across, down] => {
                Some([self.reading.flavour.position(*across, width), self.reading.flavour.position(*down, height)])
            }
            _ => None,
        }
    }

    /// The bins of locations. 1000 is what training data holds for an edge on the border; beyond there is nothing.
    fn bins(&mut self, items: &[Item]) -> Option<Vec<u16>> {
        let bins: Vec<u32> = items.iter().filter_map(Item::location).collect();
        if let Some(bin) = bins.iter().find(|bin| **bin > u32::from(BINS)) {
            self.note(format!(
                "<loc_{bin}> is no location, which go from 0 to {LAST_BIN}; what it belongs to is left out"
            ));
            return None;
        }
        Some(bins.iter().map(|&bin| u16::try_from(bin).unwrap_or(LAST_BIN).min(LAST_BIN)).collect())
    }

    fn push(&mut self, label: String, shape: Shape, words: &Range<usize>, items: &[Item]) {
        let ends = items.first().zip(items.last());
        let locations = ends.map_or(0..0, |(first, last)| first.at.start..last.at.end);
        let words = self.clean.place(words);
        let said = self.transcript.text.get(words.range()).unwrap_or_default();
        let phrase = match (self.reading.prompt, self.phrases.get(said)) {
            (None, _) => None,
            (Some(_), Some(phrase)) => *phrase,
            (Some(prompt), None) => {
                let phrase = prompt.find(said).or_else(|| prompt.find(&label));
                self.phrases.insert(said.to_owned(), phrase);
                phrase
            }
        };
        self.answer.found.push(Found {
            label,
            shape,
            words,
            word_tokens: self.transcript.tokens_over(words),
            location_tokens: self.transcript.tokens_over(self.clean.place(&locations)),
            phrase,
        });
    }

    fn note(&mut self, note: String) {
        match self.answer.notes.len() {
            ..TOLD => self.answer.notes.push(note),
            TOLD => self.answer.notes.push("it has more faults than are told here".to_owned()),
            _ => {}
        }
    }

    /// A label that the reference cannot read.
    fn note_lines(&mut self, phrase: &Phrase) {
        let words = shown(self.clean.text.get(phrase.words.clone()).unwrap_or_default());
        self.note(if words.contains('\n') {
            format!("\"{words}\" has more than one line, and what is behind it is left out")
        } else {
            format!("what is behind \"{words}\" begins with no location, and is left out")
        });
    }

    /// A label that begins inside a tag, as the expressions read what follows a broken one.
    fn note_broken(&mut self, label: &str) {
        if broken_location(label) > 0 {
            let label = shown(label);
            self.note(format!("the label \"{label}\" begins with the rest of a location, as the reference reads it"));
        }
    }

    pub fn into_answer(mut self) -> Answer {
        let text = self.clean.text.as_str();
        let total = text.match_indices("<loc_").filter(|(at, _)| items(text, *at, false).next().is_some()).count();
        let stray = total.saturating_sub(self.locations);
        if stray > 0 {
            self.note(format!("{stray} of the locations belong to no phrase with enough of them, and are left out"));
        }
        self.answer
    }
}

/// How many bytes at the beginning are the rest of a location without its bracket, `loc_7>`.
fn broken_location(words: &str) -> usize {
    let Some(number) = words.strip_prefix("loc_") else { return 0 };
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    let closed = digits > 0 && number.as_bytes().get(digits) == Some(&b'>');
    if closed { "loc_>".len() + digits } else { 0 }
}

/// The items of each object: those between `<poly>` and `</poly>` where both are there, or else all.
fn objects(items: &[Item]) -> Vec<&[Item]> {
    let has = |kind: ItemKind| items.iter().any(|item| item.kind == kind);
    if !has(ItemKind::PolygonStart) || !has(ItemKind::PolygonEnd) {
        return vec![items];
    }
    let mut found = Vec::new();
    let mut rest = items;
    while let Some(start) = rest.iter().position(|item| item.kind == ItemKind::PolygonStart) {
        rest = rest.get(start + 1..).unwrap_or_default();
        let Some(end) = rest.iter().position(|item| item.kind == ItemKind::PolygonEnd) else { break };
        found.push(rest.get(..end).unwrap_or_default());
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    found
}

/// The runs of locations that a separator or the end follows.
fn rings(items: &[Item]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in 0..=items.len() {
        let kind = items.get(at).map(|item| item.kind);
        match kind {
            Some(ItemKind::Location(_)) => continue,
            None | Some(ItemKind::Separator) if start < at => found.push(start..at),
            _ => {}
        }
        start = at + 1;
    }
    found
}

/// A text as notes show it.
fn shown(text: &str) -> String {
    const SHOWN: usize = 60;
    let text = text.trim_matches(is_space);
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("{short}...") } else { short }
}
