//! What a generated text says, as the two published implementations read it.
//!
//! Both read the text with the same regular expressions, faults included, and so does this: a reader without expressions
//! that gives what they give, token for token, so that scores equal those of the reference. (The reader of files in
//! `groundglass-formats` is another: it takes what any model wrote in the same syntax, and mends what these leave broken.)
//! What is otherwise here: digits are those of ASCII; a location of 1000 is read as 999 and what lies beyond is left out,
//! where the reference gives places outside the image; and every box keeps the tokens that it came from.
//!
//! Sources: `Florence2PostProcessor` in `transformers` 4.57.1; Microsoft's processor as <https://github.com/LijunRio/AG-KD>
//! has it in `src/Florence2`.

mod found;
mod reading;
mod text;

use serde::{Deserialize, Serialize};

use crate::{AnswerKind, Prompt, Span, Task, Transcript};

pub use found::{Found, Shape, sequence_probability};
pub use text::{is_space, trimmed};

/// Whose reading of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Flavour {
    /// `transformers`: positions are cut to whole pixels, texts lose the white space at their ends, and a polygon task
    /// looks for its label behind the first location.
    #[default]
    Native,
    /// Microsoft's processor, which AG-KD uses: positions keep their fractions, texts their white space; pieces of text
    /// with regions keep `</s>` and `<pad>`; a label of polygons loses the rest of a location that stands before it.
    Microsoft,
}

impl Flavour {
    /// Every flavour with its name for people.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Native, "transformers"), (Self::Microsoft, "Microsoft")];

    /// The middle of a bin in pixels of an edge of so many, as this implementation gives it.
    pub fn position(self, bin: u16, size: u32) -> f64 {
        let middle = f64::from(crate::quantise::dequantise(bin, size));
        match self {
            Self::Native => middle.trunc(),
            Self::Microsoft => middle,
        }
    }
}

/// Words that name nothing in an image. Phrase grounding leaves them out, in these letters. Source: the lists in
/// Microsoft's processor and in the configuration of native checkpoints, which are the same.
pub const NAMES_NOTHING: [&str; 72] = [
    "I",
    "a",
    "a group",
    "a set",
    "all",
    "an",
    "another",
    "any",
    "anybody",
    "anyone",
    "anything",
    "each",
    "each other",
    "everybody",
    "everyone",
    "everything",
    "few",
    "he",
    "her",
    "hers",
    "herself",
    "him",
    "himself",
    "his",
    "image",
    "images",
    "it",
    "its",
    "itself",
    "lots",
    "many",
    "me",
    "mine",
    "myself",
    "nobody",
    "none",
    "one",
    "one another",
    "oneself",
    "other objects",
    "our",
    "ours",
    "ourselves",
    "several",
    "she",
    "some",
    "somebody",
    "someone",
    "something",
    "that",
    "the",
    "the image",
    "their",
    "theirs",
    "them",
    "themselves",
    "these",
    "they",
    "this",
    "those",
    "us",
    "we",
    "what",
    "which",
    "who",
    "whom",
    "whose",
    "you",
    "your",
    "yours",
    "yourself",
    "yourselves",
];

/// What an answer is read for.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// What was asked.
    pub task: Task,
    /// Whose reading.
    pub flavour: Flavour,
    /// Width and height in pixels of the image in which boxes are wanted.
    pub size: [u32; 2],
    /// How it was asked, to find labels in it again.
    pub prompt: Option<&'a Prompt>,
    /// Phrases that phrase grounding leaves out: [`NAMES_NOTHING`], or what the checkpoint's configuration says.
    pub left_out: &'a [&'a str],
}

impl Reading<'_> {
    /// For a task, in the flavour of `transformers`, with pixels of an image of width and height `size`.
    pub const fn new(task: Task, size: [u32; 2]) -> Self {
        Self { task, flavour: Flavour::Native, size, prompt: None, left_out: &NAMES_NOTHING }
    }
}

/// What an answer says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Answer {
    /// The words of a task whose answer is words alone; `None` for all others.
    pub words: Option<String>,
    /// What it shows, in its order, with everything that it says twice.
    pub found: Vec<Found>,
    /// What could not be read or was left out: sentences. Of many only the first are told.
    pub notes: Vec<String>,
}

/// Reads a generated text. Nothing in it is an error: what is no answer gives none, and a note.
pub fn read_answer(transcript: &Transcript, reading: &Reading<'_>) -> Answer {
    let kind = reading.task.named().answer;
    if kind == AnswerKind::Text {
        let words = transcript.text.replace("<s>", "").replace("</s>", "");
        let words = if reading.flavour == Flavour::Native { trimmed(&words).to_owned() } else { words };
        return Answer { words: Some(words), ..Answer::default() };
    }
    // Asked of the text as it came, with every tag.
    let polygons =
        kind == AnswerKind::Polygons || kind == AnswerKind::BoxesOrPolygons && transcript.text.contains("<poly>");
    let mut reader = reading::Reader::new(transcript, reading);
    match kind {
        AnswerKind::Quads => reader.quads(),
        _ if polygons => reader.polygons(kind != AnswerKind::Polygons),
        _ => reader.boxes(kind != AnswerKind::Proposals),
    }
    reader.into_answer()
}
