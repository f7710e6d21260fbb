//! What is known about labels: a list of labels with their definitions, as AG-KD's prompts need it.
//!
//! Read are YAML and JSON, in any of three shapes: labels with their definitions (`nodule: "A small round ..."`, the shape of
//! AG-KD's `configs/vindr_definition.yaml`); labels with the parts of an entry; or a list of entries. An entry has a `label`
//! (or `name`), a `definition` (or `description`), and perhaps `attributes`; what else it has of words are attributes too.
//! Files come from anywhere: aliases of YAML, which can make gigabytes of a line, are refused, depth and size have bounds.

mod json;
mod tree;
mod write;
mod yaml;

use groundglass_formats::Problem;
use serde::{Deserialize, Serialize};

use crate::LanguageError;
use tree::Read;

/// The largest file that is read, in bytes.
const LARGEST: usize = 4 << 20;
/// The most entries of a list.
pub const MOST_ENTRIES: usize = 10_000;

/// A small list of everyday things, to begin with and to see the shape.
pub const EXAMPLE: &str = include_str!("example.yaml");

/// What is known about labels, in an order of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(transparent)]
pub struct Knowledge {
    /// One entry for each label.
    pub entries: Vec<Entry>,
}

/// What is known about one label.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Entry {
    /// The label: `pleural effusion`.
    pub label: String,
    /// What it is or looks like, in words; empty where nothing is said.
    #[serde(default)]
    pub definition: String,
    /// Single properties, as shape or colour, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
}

/// One property of what a label means.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Attribute {
    /// Which property: `shape`.
    pub name: String,
    /// How it is: `round`.
    pub value: String,
}

impl Knowledge {
    /// Reads the bytes of a file called `file`: JSON where its name ends in `.json` or the bytes are JSON, or else YAML.
    /// What is wrong with one entry is a [`Problem`], and the rest is kept. Of two entries for one label the later counts,
    /// as in Python, and a problem says so.
    ///
    /// # Errors
    ///
    /// [`LanguageError::Syntax`] where the file is neither, [`LanguageError::TooLarge`] above 4 MiB or 10 000 entries,
    /// [`LanguageError::Unexpected`] where it holds no list of labels, or an alias.
    pub fn read(file: &str, bytes: &[u8]) -> Result<(Self, Vec<Problem>), LanguageError> {
        if bytes.len() > LARGEST {
            let (what, found) = (file.to_owned(), bytes.len());
            return Err(LanguageError::TooLarge { what, found, limit: LARGEST, unit: "bytes" });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let place = format!("byte {}", error.valid_up_to());
            LanguageError::unexpected(file, place, "no UTF-8", "a text in UTF-8")
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim().is_empty() {
            return Err(LanguageError::unexpected(file, "the file", "empty", "a list of labels and definitions"));
        }
        let named_json = file.to_ascii_lowercase().ends_with(".json");
        let tree = match json::read(file, text) {
            Err(error) if named_json => return Err(error),
            Err(_) => yaml::read(file, text)?,
            Ok(tree) => tree,
        };
        Read::new(file).knowledge(tree)
    }

    /// The entry of a label, letters of ASCII in any case.
    pub fn entry(&self, label: &str) -> Option<&Entry> {
        let label = label.trim();
        self.entries.iter().find(|entry| entry.label.eq_ignore_ascii_case(label))
    }

    /// As YAML: labels with their definitions where there are no attributes, or else a list of entries.
    pub fn to_yaml(&self) -> String {
        write::yaml(self)
    }

    /// As JSON: a list of entries.
    pub fn to_json(&self) -> String {
        // A list of texts has no part that cannot be written.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
