//! What any model wrote about an image, with the boxes in its text: "grounded text". One file per syntax.
//!
//! [`parse_grounded`] reads one answer and knows nothing of files; [`GroundedText`] and [`Agkd`] read the files in which
//! answers come. To add a syntax, write a file beside these and give it a line in [`Syntax::ALL`].
//!
//! A file may hold predictions and truth side by side. Then every image has two entries in a row
//! ([`Sides::Both`](crate::Sides::Both)): what is there, whose marks have no score, and what was found, whose marks have
//! one (1 where the file has none).

mod agkd;
mod choice;
mod closest;
mod decimals;
mod file;
mod florence;
mod frames;
mod json_boxes;
mod numbers;
mod plain;
mod records;
mod segmented;
mod syntax;
mod tagged;
mod tool_call;

use std::ops::Range;

use crate::frame::Frame;
use crate::mark::{Edges, Mark};

pub use agkd::Agkd;
pub use choice::choice_of;
pub use closest::{closest_label, similarity};
pub use file::GroundedText;
use frames::Summary;
pub use syntax::{NamedSyntax, Syntax};

/// What one answer says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Grounded {
    /// The syntax that was read; `None` where the text holds none, and is an answer in words.
    pub syntax: Option<Syntax>,
    /// The text without its markup.
    pub text: String,
    /// The phrases that have marks, in their order.
    pub phrases: Vec<Phrase>,
    /// What it marks. Labels are the phrases as they stand there, at most 400 bytes of them, and empty where a mark has none.
    pub marks: Vec<Mark>,
    /// Coordinate frames, by their names in [`Frame::ALL`], in which the numbers of boxes could be that have no frame.
    pub candidates: Vec<&'static str>,
    /// What an agent did, in its order.
    pub actions: Vec<Action>,
    /// What could not be read: sentences without the file and the place.
    pub problems: Vec<String>,
}

/// A phrase of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// Bytes of [`Grounded::text`].
    pub span: Range<usize>,
    /// Its marks, as places in [`Grounded::marks`].
    pub marks: Range<usize>,
}

/// What an agent did.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// It drew a box: the place in [`Grounded::marks`].
    Box(usize),
    /// It set a point.
    Point {
        /// Across and down, in `frame`.
        at: [f64; 2],
        /// What the numbers mean; `None` where it is not said.
        frame: Option<Frame>,
        /// Whether it should belong to the object.
        positive: bool,
    },
    /// It was content.
    Stop,
}

/// Reads one answer, in time that grows with its length and no faster. Without a `syntax` the text itself shows which
/// it is, by the order of [`Syntax::ALL`]; an answer without any is kept as text.
pub fn parse_grounded(text: &str, syntax: Option<Syntax>) -> Grounded {
    let mut grounded = parse_open(text, syntax);
    let mut summary = Summary::default();
    let open = grounded.marks.iter().filter_map(|mark| mark.edges).filter(|edges| edges.frame.is_none());
    let open = open.map(|edges| summary.add(&edges.numbers)).count();
    if let (Some(syntax), true) = (grounded.syntax, open > 0) {
        match frames::proven(Some(syntax), summary) {
            Some(frame) => grounded.set_open_frames(frame),
            None => grounded.candidates = frames::candidates(syntax.named().frames, summary),
        }
    }
    grounded
}

/// Reads one answer and leaves open which frame the numbers prove, for a whole file proves more than one answer.
fn parse_open(text: &str, syntax: Option<Syntax>) -> Grounded {
    let syntax = syntax.or_else(|| Syntax::of(text));
    let grounded = match syntax {
        Some(syntax) => (syntax.named().parse)(text),
        None => Grounded { text: text.trim().to_owned(), ..Grounded::default() },
    };
    Grounded { syntax, ..grounded }
}

impl Grounded {
    /// Notes what could not be read. Of many faults only the first are told.
    fn fault(&mut self, fault: String) {
        const TOLD: usize = 32;
        match self.problems.len() {
            ..TOLD => self.problems.push(fault),
            TOLD => self.problems.push("it has more faults than are told here".to_owned()),
            _ => {}
        }
    }

    /// The text of a span as messages show it.
    fn shown(&self, span: &Range<usize>) -> &str {
        plain::cut(self.text.get(span.clone()).unwrap_or_default(), plain::SHOWN)
    }

    /// Gives a frame to every box and point that has none.
    fn set_open_frames(&mut self, frame: Frame) {
        for edges in self.marks.iter_mut().filter_map(|mark| mark.edges.as_mut()) {
            edges.frame = edges.frame.or(Some(frame));
        }
        for action in &mut self.actions {
            if let Action::Point { frame: open @ None, .. } = action {
                *open = Some(frame);
            }
        }
        self.candidates.clear();
    }

    /// Adds a box with the label that stands at `span` of the text; an empty span is none.
    fn push_box(&mut self, numbers: [f64; 4], frame: Option<Frame>, span: Range<usize>) {
        let mark = Mark::of_box(format!("box {}", self.marks.len() + 1), String::new(), Edges { numbers, frame });
        self.push(mark, span);
    }

    /// Adds a mark with the label that stands at `span` of the text; an empty span is none.
    fn push(&mut self, mut mark: Mark, span: Range<usize>) {
        let at = self.marks.len();
        let phrase = self.text.get(span.clone()).unwrap_or_default();
        if !phrase.is_empty() {
            plain::cut(phrase, plain::LABEL).clone_into(&mut mark.label);
            match self.phrases.last_mut().filter(|last| last.span == span && last.marks.end == at) {
                Some(last) => last.marks.end += 1,
                None => self.phrases.push(Phrase { span, marks: at..at + 1 }),
            }
        }
        self.marks.push(mark);
    }
}

#[cfg(test)]
mod tests;
