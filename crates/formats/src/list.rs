//! The list of annotation formats: to add one, write a file and give it a line here.

use std::cell::OnceCell;

use serde_json::Value;

use crate::content::Content;
use crate::json_stream::{Kind, Outline, outline_up_to};
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
    &crate::forms::RankingsFile,
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

/// What other files of a set say of a file, for forms whose own lines do not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Keypoints of an object and numbers of a keypoint, by the `kpt_shape` of YOLO's `data.yaml`.
    pub keypoints: Option<[usize; 2]>,
    /// Whether a list of YOLO's classes is the nearest one.
    pub has_classes: bool,
}

/// A file as formats look at it.
pub struct Probe<'a> {
    path: &'a str,
    content: Content<'a>,
    beside: Beside,
    outline: OnceCell<Vec<(String, Kind)>>,
    json: OnceCell<Option<Value>>,
}

impl<'a> Probe<'a> {
    /// A file by its path and its bytes.
    pub fn new(path: &'a str, content: impl Into<Content<'a>>) -> Self {
        let beside = Beside::default();
        Self { path, content: content.into(), beside, outline: OnceCell::new(), json: OnceCell::new() }
    }

    /// The same with what other files of its set say of it.
    #[must_use]
    pub fn with(self, beside: Beside) -> Self {
        Self { beside, ..self }
    }

    /// What other files of its set say of it.
    pub const fn beside(&self) -> Beside {
        self.beside
    }

    /// The path as it was given.
    pub const fn path(&self) -> &'a str {
        self.path
    }

    /// The last extension in lower case, without its dot.
    pub fn extension(&self) -> String {
        paths::extension(self.path)
    }

    /// The file's bytes, a byte order mark left out.
    pub const fn content(&self) -> &Content<'a> {
        &self.content
    }

    /// The text as a whole, where it is UTF-8 and short enough to be held.
    pub fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.content.held()?).ok()
    }

    /// The first line of a file of text; of a very long one its beginning.
    pub fn first_line(&self) -> &[u8] {
        self.content.head().split(|&byte| byte == b'\n').next().unwrap_or_default()
    }

    /// The first bytes for a message: as text where they are, else in hexadecimal.
    pub fn begins(&self) -> String {
        let head = self.content.head();
        let head = head.get(..head.len().min(24)).unwrap_or_default();
        match std::str::from_utf8(head) {
            Ok(text) if !text.chars().any(|sign| sign.is_control() && !sign.is_whitespace()) => format!("{text:?}"),
            _ => head.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
        }
    }

    /// The first byte that is no white space.
    pub fn first(&self) -> Option<u8> {
        self.content.head().iter().copied().find(|byte| !byte.is_ascii_whitespace())
    }

    /// The file as JSON, parsed once; `None` where it is none, or too long to be held. It takes some ten times the file's
    /// size in memory, so ask for [`Probe::has_keys`] first.
    pub fn json(&self) -> Option<&Value> {
        let looks = matches!(self.first(), Some(b'{' | b'['));
        let parse = || looks.then(|| serde_json::from_slice(self.content.json_held()?).ok()).flatten();
        self.json.get_or_init(parse).as_ref()
    }

    /// The keys of the outermost JSON object with what they hold, found without keeping it; empty where it is none.
    pub(crate) fn outline(&self) -> &[(String, Kind)] {
        let parse = || match outline_up_to(&self.content, &[]) {
            Outline::Whole(outline) if self.first() == Some(b'{') => outline,
            _ => Vec::new(),
        };
        self.outline.get_or_init(parse)
    }

    /// Whether it is a JSON object with all of these keys. A long file is read no further than to the last of them; what
    /// stands behind them is looked at when it is read.
    pub fn has_keys(&self, keys: &[&str]) -> bool {
        if self.first() != Some(b'{') {
            return false;
        }
        if self.outline.get().is_none() {
            match outline_up_to(&self.content, keys) {
                Outline::Enough => return true,
                Outline::Whole(outline) => drop(self.outline.set(outline)),
            }
        }
        keys.iter().all(|key| self.outline().iter().any(|(known, _)| known == key))
    }
}

/// The form of a file, or `None` where no form is its own.
pub fn format_of(probe: &Probe<'_>) -> Option<&'static dyn AnnotationFormat> {
    FORMATS.iter().copied().find(|format| format.recognises(probe))
}
