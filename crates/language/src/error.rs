//! Why a file of words is of no use, or a question cannot be put.

use thiserror::Error;

/// Why a file of words is of no use, or a question cannot be put. Every message is a sentence that names the file, the place
/// in it, what was found and what was expected.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LanguageError {
    /// Not JSON or YAML, or it stops in the middle.
    #[error("{file} is not valid {form}: {detail} at line {line}, column {column}")]
    Syntax {
        /// The file.
        file: String,
        /// `JSON` or `YAML`.
        form: &'static str,
        /// What the parser says.
        detail: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 at the very beginning of a line.
        column: usize,
    },
    /// Something in a file that is not what its place asks for.
    #[error("{file}: {place} is {found}, not {expected}")]
    Unexpected {
        /// The file.
        file: String,
        /// Where in it.
        place: String,
        /// What stands there.
        found: String,
        /// What was expected.
        expected: String,
    },
    /// A file or text beyond what is read.
    #[error("{what} has {found} {unit}; at most {limit} are read")]
    TooLarge {
        /// The file, or what the text is.
        what: String,
        /// How many there are.
        found: usize,
        /// The most.
        limit: usize,
        /// Of what, in the plural.
        unit: &'static str,
    },
    /// A task that was asked without what it needs, or with what it does not take.
    #[error("the task {task} was given {found}, not {expected}")]
    Input {
        /// The task's token.
        task: &'static str,
        /// What came.
        found: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A text that the tokenizer refuses.
    #[error("a text of {length} bytes has no tokens: {detail}")]
    Encode {
        /// The length of the text.
        length: usize,
        /// What the tokenizer says.
        detail: String,
    },
}

impl LanguageError {
    /// The fault as one word for programs: `invalid_json`, `invalid_yaml`, `unexpected`, `too_large`, `task_input`, `encode`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Syntax { form: "YAML", .. } => "invalid_yaml",
            Self::Syntax { .. } => "invalid_json",
            Self::Unexpected { .. } => "unexpected",
            Self::TooLarge { .. } => "too_large",
            Self::Input { .. } => "task_input",
            Self::Encode { .. } => "encode",
        }
    }

    /// What stands at `place` of `file`, which is not what was expected there.
    pub(crate) fn unexpected(
        file: &str,
        place: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) -> Self {
        Self::Unexpected { file: file.to_owned(), place: place.into(), found: found.into(), expected: expected.into() }
    }

    /// A fault that serde found in a file of JSON.
    pub(crate) fn json(file: &str, error: &serde_json::Error) -> Self {
        let said = error.to_string();
        // The message ends with the place, which is told apart from it.
        let detail = said.rsplit_once(" at line ").map_or(said.as_str(), |(detail, _)| detail).to_owned();
        Self::Syntax { file: file.to_owned(), form: "JSON", detail, line: error.line(), column: error.column() }
    }
}
