//! The words of Florence-2: what goes into its network as token ids, and what its ids mean when they come out.
//!
//! A [`Tokenizer`] from the bytes of a `tokenizer.json` makes the ids of a prompt and the text of an answer; [`Task`] lists
//! what can be asked and how the question is put; [`read_answer`] makes boxes, polygons and words of what was generated, each
//! with the tokens that it came from; [`repair_labels`] brings distorted names back to a list of classes; [`Knowledge`] is a
//! list of labels with their definitions, read from YAML or JSON and written back; [`Questions`] go from a person's [`Wish`] to
//! findings. The network itself is elsewhere.

pub mod answer;
pub mod asking;
mod error;
pub mod findings;
pub mod knowledge;
pub mod quantise;
pub mod repair;
mod span;
pub mod task;
pub mod tokenizer;

pub use answer::{Answer, Flavour, Found, Reading, Shape, read_answer};
pub use asking::{Asked, Generated, Grounded, Question, Questions, Told, Wish};
pub use error::LanguageError;
pub use findings::{Finder, Findings, Naming, Scoring};
pub use knowledge::{Entry, Knowledge};
pub use repair::{RepairedLabels, repair_labels};
pub use span::Span;
pub use task::{AnswerKind, NamedTask, Prompt, PromptStyle, Task};
pub use tokenizer::{TextStream, Tokenizer, Transcript, image_token};
