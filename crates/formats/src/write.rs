//! The list of forms in which a set is written: to add one, write a file and give it a line here.

use groundglass_types::{Case, Finding};

use crate::{FormatError, Problem};

/// A case with what a model found in it.
#[derive(Clone, Copy, Debug)]
pub struct WrittenCase<'a> {
    /// The case with its truth.
    pub case: &'a Case,
    /// What was found; `None` where no model looked.
    pub findings: Option<&'a [Finding]>,
}

/// What of a case is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is there.
    Truth,
    /// What was found.
    Findings,
}

/// Takes the files of a written set: a path below the set's folder, with forward slashes, and the bytes.
pub type Sink<'a> = dyn FnMut(&str, Vec<u8>) -> Result<(), FormatError> + 'a;

/// A form in which a set is written.
pub trait AnnotationWriter: Sync {
    /// One word, as `--to` takes it: `voc`, `yolo`, ...
    fn id(&self) -> &'static str;

    /// What people call it.
    fn name(&self) -> &'static str;

    /// Writes one side of the cases, and says what the form cannot hold (masks in a form of boxes, scores in one of
    /// truths), one line a kind. A case of which that side is unknown is left out.
    ///
    /// # Errors
    /// What the sink says, and [`FormatError`] where nothing can be written at all.
    fn write(&self, cases: &[WrittenCase<'_>], side: Side, sink: &mut Sink<'_>) -> Result<Vec<Problem>, FormatError>;
}

/// Every form.
pub static WRITERS: &[&dyn AnnotationWriter] = &[
    &crate::writers::Coco,
    #[cfg(feature = "full")]
    &crate::writers::Voc,
    #[cfg(feature = "full")]
    &crate::writers::Yolo,
    #[cfg(feature = "full")]
    &crate::writers::Rows,
    #[cfg(feature = "full")]
    &crate::writers::LabelMap,
];

/// The writer of a name.
pub fn writer_of(id: &str) -> Option<&'static dyn AnnotationWriter> {
    WRITERS.iter().copied().find(|writer| writer.id() == id)
}
