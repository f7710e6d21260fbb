//! The list of annotation formats: to add one, write a file and give it a line here.

use std::cell::OnceCell;
use std::collections::HashMap;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::reading::{Hints, Reading};
use crate::{FormatError, paths};

/// A form in which annotations come.
pub trait AnnotationFormat: Sync {
    /// One word for programs: `coco`, `voc`, ...
    fn id(&self) -> &'static str;

    /// What people call it, with its kind of file.
    fn name(&self) -> &'static str;

    /// Whether a file is of this form. Its content decides, with its name where content cannot.
    fn recognises(&self, probe: &Probe<'_>) -> bool;

    /// Reads a file.
    ///
    /// # Errors
    /// [`FormatError`] where the whole file is of no use. What is wrong with a part of it is in the reading's problems.
    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError>;
}

/// Every form, in the order in which they are tried.
pub static FORMATS: &[&dyn AnnotationFormat] = &[
    &crate::coco::Coco,
    #[cfg(feature = "full")]
    &crate::coco_findings::CocoFindings,
    #[cfg(feature = "full")]
    &crate::forms::MapClasses,
    #[cfg(feature = "full")]
    &crate::forms::Voc,
    #[cfg(feature = "full")]
    &crate::forms::Cvat,
    #[cfg(feature = "full")]
    &crate::forms::LabelMe,
    #[cfg(feature = "full")]
    &crate::forms::Via,
    #[cfg(feature = "full")]
    &crate::forms::ViaProject,
    #[cfg(feature = "full")]
    &crate::forms::ViaTable,
    #[cfg(feature = "full")]
    &crate::forms::QuPath,
    #[cfg(feature = "full")]
    &crate::forms::CheXlocalize,
    #[cfg(feature = "full")]
    &crate::forms::YoloClasses,
    #[cfg(feature = "full")]
    &crate::forms::ProstaTd,
    #[cfg(feature = "full")]
    &crate::forms::Yolo,
    #[cfg(feature = "full")]
    &crate::grounded::Agkd,
    #[cfg(feature = "full")]
    &crate::grounded::GroundedText,
    #[cfg(feature = "full")]
    &crate::forms::Gaze,
    #[cfg(feature = "full")]
    &crate::forms::Sentences,
    // The last of all: every CSV that no form before has taken is a table.
    #[cfg(feature = "full")]
    &crate::forms::BoxTable,
];

/// A file as formats look at it.
pub struct Probe<'a> {
    path: &'a str,
    bytes: &'a [u8],
    keys: OnceCell<Vec<String>>,
    json: OnceCell<Option<Value>>,
}

impl<'a> Probe<'a> {
    /// A file by its path and its bytes.
    pub const fn new(path: &'a str, bytes: &'a [u8]) -> Self {
        Self { path, bytes, keys: OnceCell::new(), json: OnceCell::new() }
    }

    /// The path as it was given.
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The last extension in lower case, without its dot.
    pub fn extension(&self) -> String {
        paths::extension(self.path)
    }

    /// The file's bytes without a byte order mark.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.bytes)
    }

    /// The text, where it is UTF-8.
    pub fn text(&self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()).ok()
    }

    /// The first bytes for a message: as text where they are, else in hexadecimal.
    pub fn begins(&self) -> String {
        let head = self.bytes.get(..self.bytes.len().min(24)).unwrap_or_default();
        match std::str::from_utf8(head) {
            Ok(text) if !text.chars().any(|sign| sign.is_control() && !sign.is_whitespace()) => format!("{text:?}"),
            _ => head.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        }
    }

    /// The first byte that is no white space.
    pub fn first(&self) -> Option<u8> {
        self.bytes().iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }

    /// The file as JSON, parsed once; `None` where it is none. It takes some ten times the file's size in memory, so
    /// ask for [`Probe::keys`] first.
    pub fn json(&self) -> Option<&Value> {
        let looks = matches!(self.first(), Some(b'{' | b'['));
        let parse = || looks.then(|| serde_json::from_slice(self.bytes()).ok()).flatten();
        self.json.get_or_init(parse).as_ref()
    }

    /// The keys of the outermost JSON object, found without keeping what they hold; empty where it is none.
    pub fn keys(&self) -> &[String] {
        let parse = || {
            let object = || serde_json::from_slice::<HashMap<String, IgnoredAny>>(self.bytes()).ok();
            (self.first() == Some(b'{')).then(object).flatten().map(|object| object.into_keys().collect())
        };
        self.keys.get_or_init(|| parse().unwrap_or_default())
    }

    /// Whether it is a JSON object with all of these keys.
    pub fn has_keys(&self, keys: &[&str]) -> bool {
        keys.iter().all(|key| self.keys().iter().any(|known| known == key))
    }
}

/// The form of a file, or `None` where no form is its own.
pub fn format_of(probe: &Probe<'_>) -> Option<&'static dyn AnnotationFormat> {
    FORMATS.iter().copied().find(|format| format.recognises(probe))
}
