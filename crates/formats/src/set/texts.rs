//! YOLO's text files within a set: what `data.yaml` says of their lines, and files without a line.
//!
//! A file without a line says that nothing is there, as Ultralytics, LabelImg and Roboflow write it. But any `.txt` may
//! be empty. So it counts only where another file of the set is of a form that has such files.

use std::collections::BTreeMap;

use super::{CaseSet, GivenAs, folder_of, nearest};
use crate::FormatError;
use crate::content::Content;
use crate::forms::{ProstaTd, Yolo, YoloClasses};
use crate::list::{AnnotationFormat, Beside, Probe};
use crate::paths::extension;
use crate::problem::{Problem, ProblemList};
use crate::reading::Hints;

/// A file of spaces is no longer than this.
const LONGEST_BLANK: u64 = 64;

/// What is known of the text files of a set.
#[derive(Debug, Default)]
pub struct Texts {
    /// `kpt_shape` by the folder of its `data.yaml`.
    keypoints: BTreeMap<String, [usize; 2]>,
    /// Files without a line, until another says what they are.
    blank: Vec<BlankText>,
    /// The form of the other files.
    form: Option<TextForm>,
}

#[derive(Clone, Copy, Debug)]
enum TextForm {
    Yolo,
    ProstaTd,
}

#[derive(Debug)]
struct BlankText {
    file: String,
    length: u64,
    sha256: String,
    given_as: GivenAs,
    hints: Hints,
}

/// Whether a file is a text without a line, and not one that has a name of its own for what it holds.
pub fn may_be_blank(path: &str, content: &Content<'_>) -> bool {
    let is_blank = content.len() <= LONGEST_BLANK && content.head().iter().all(u8::is_ascii_whitespace);
    is_blank && extension(path) == "txt" && !YoloClasses::is_list(path)
}

impl Texts {
    pub fn know_keypoints(&mut self, path: &str, keypoints: Option<[usize; 2]>) {
        self.keypoints.extend(keypoints.map(|keypoints| (folder_of(path), keypoints)));
    }

    pub fn forget(&mut self, path: &str) {
        self.blank.retain(|blank| blank.file != path);
    }

    /// Says which files are empty, and stayed without a meaning.
    pub fn told_of_blank(&self, problems: &mut ProblemList) {
        for BlankText { file, length, .. } in &self.blank {
            let message =
                format!("{file} is empty ({length} bytes), and no other file says of which form; it is not used");
            problems.push("files that are empty", file, message);
        }
    }
}

impl CaseSet {
    /// What other files of the set say of the file at `path`.
    pub(super) fn said_beside(&self, path: &str) -> Beside {
        let only = || match self.texts.keypoints.len() {
            1 if self.given_as == GivenAs::Findings => self.texts.keypoints.values().next(),
            _ => None,
        };
        Beside {
            keypoints: nearest(&self.texts.keypoints, path).or_else(only).copied(),
            has_classes: nearest(&self.folder_classes, path).is_some(),
        }
    }

    /// Takes in a text without a line.
    pub(super) fn add_blank_text(
        &mut self,
        path: &str,
        content: &Content<'_>,
        hints: &Hints,
    ) -> Result<Vec<Problem>, FormatError> {
        let (file, given_as) = (path.to_owned(), self.given_as.clone());
        self.given.insert((file.clone(), given_as.clone()));
        let (length, sha256) = (content.len(), content.sha256(path)?);
        self.texts.blank.push(BlankText { file, length, sha256, given_as, hints: hints.clone() });
        Ok(self.read_blank_texts(None))
    }

    /// Reads the texts without a line, where `format` of another file, or one before, says what such a file is.
    pub(super) fn read_blank_texts(&mut self, format: Option<&dyn AnnotationFormat>) -> Vec<Problem> {
        match format.map(AnnotationFormat::id) {
            Some("yolo" | "yolo_classes") => drop(self.texts.form.get_or_insert(TextForm::Yolo)),
            Some("prostatd") => self.texts.form = Some(TextForm::ProstaTd),
            _ => {}
        }
        let Some(form) = self.texts.form else { return Vec::new() };
        let form: &dyn AnnotationFormat = match form {
            TextForm::Yolo => &Yolo,
            TextForm::ProstaTd => &ProstaTd,
        };
        let (mut problems, given_as) = (Vec::new(), self.given_as.clone());
        for blank in std::mem::take(&mut self.texts.blank) {
            let BlankText { file, sha256, hints, .. } = blank;
            // It is of the side that it was given as, whatever the other file is.
            self.given_as = blank.given_as;
            match form.read(&Probe::new(&file, b""), &hints) {
                Ok(reading) => {
                    self.know_given(&file, sha256, form.name());
                    problems.extend(self.take_reading(&file, reading, &hints));
                }
                Err(error) => problems.push(Problem::new("files that cannot be read", &file, error.to_string())),
            }
        }
        self.given_as = given_as;
        problems
    }
}
