//! The list of forms in which a set is written: to add one, write a file and give it a line here.

#[cfg(feature = "full")]
use std::collections::BTreeSet;

use groundglass_imaging::Source;
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

/// The cases that are written, by their places from 0: as many as there are, and each as often as it is asked for.
pub trait WrittenCases: std::fmt::Debug {
    /// How many there are.
    fn count(&self) -> usize;

    /// One of them; `None` behind the last.
    fn case(&self, place: usize) -> Option<WrittenCase<'_>>;
}

impl WrittenCases for Vec<WrittenCase<'_>> {
    fn count(&self) -> usize {
        self.len()
    }

    fn case(&self, place: usize) -> Option<WrittenCase<'_>> {
        self.get(place).copied()
    }
}

/// All cases in their order.
pub(crate) fn each<'a>(cases: &'a dyn WrittenCases) -> impl Iterator<Item = WrittenCase<'a>> {
    (0..cases.count()).map_while(|place| cases.case(place))
}

/// The files of the images that cases came from, each once.
#[cfg(feature = "full")]
pub fn written_files(cases: &dyn WrittenCases) -> BTreeSet<&str> {
    each(cases).map(|case| crate::writers::origin(&case).0).collect()
}

/// Takes the files of a written set, one after the other and each in parts, so that no file is ever whole in memory.
pub trait Sink {
    /// Begins a file: its path below the set's folder, with forward slashes.
    ///
    /// # Errors
    /// [`FormatError::Unwritable`] where there can be no such file.
    fn begin(&mut self, path: &str) -> Result<(), FormatError>;

    /// Adds to the file that was begun last.
    ///
    /// # Errors
    /// [`FormatError::Unwritable`] where there is no room.
    fn add(&mut self, bytes: &[u8]) -> Result<(), FormatError>;
}

/// Opens the file of an image again, by its path.
pub type Originals<'a> = dyn FnMut(&str) -> std::io::Result<Box<dyn Source + 'a>> + 'a;

/// Which kinds of images a set has, as far as forms on their grids need it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageKinds {
    /// A volume with a grid: NIfTI, NRRD, NumPy.
    pub volumes: bool,
    /// A DICOM image that says what it is.
    pub dicom: bool,
}

#[cfg(feature = "full")]
impl ImageKinds {
    /// Takes note of an image by what its header says.
    pub(crate) fn count(&mut self, facts: &groundglass_imaging::Facts) {
        self.volumes |= facts.grid.is_some();
        self.dicom |= facts.place.as_ref().is_some_and(|place| place.instance.is_some());
    }
}

/// What a step of writing takes from and gives to.
pub struct Means<'d, 'o> {
    /// The cases; the same in every step.
    pub cases: &'d dyn WrittenCases,
    /// The way to the images from which they came.
    pub originals: &'d mut Originals<'o>,
    /// Where files go.
    pub sink: &'d mut dyn Sink,
}

/// A set on its way into a form. Whoever writes it can look up between the steps, and let it go.
pub trait Writing {
    /// Takes the next step: one case, or one file of several; `false` once all is written.
    ///
    /// # Errors
    /// What the sink says, and [`FormatError`] where nothing can be written at all.
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError>;

    /// How many of [`Writing::total`] are done.
    fn done(&self) -> usize;

    /// How much there is to do, in a measure of the form's own.
    fn total(&self) -> usize;

    /// What the form cannot hold of what was written (masks in a form of boxes, scores in one of truths), one line a kind.
    fn problems(&self) -> Vec<Problem>;
}

/// A form in which a set is written.
pub trait AnnotationWriter: Sync {
    /// One word, as `--to` takes it: `voc`, `yolo`, ...
    fn id(&self) -> &'static str;

    /// What people call it.
    fn name(&self) -> &'static str;

    /// Begins to write one side of the cases. A case of which that side is unknown is left out.
    fn begin(&self, cases: &dyn WrittenCases, side: Side) -> Box<dyn Writing>;

    /// Whether it writes on the grid of the images, so that they have to be opened again.
    fn needs_images(&self) -> bool {
        false
    }

    /// Why nothing can be written of a set with such images, as a sentence; `None` where it can.
    fn why_not(&self, images: ImageKinds) -> Option<&'static str> {
        let _ = images;
        None
    }

    /// Writes one side of the cases in one go, and says what the form cannot hold.
    ///
    /// # Errors
    /// As [`Writing::step`].
    fn write(
        &self,
        cases: &dyn WrittenCases,
        side: Side,
        originals: &mut Originals<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Vec<Problem>, FormatError> {
        let mut writing = self.begin(cases, side);
        let mut means = Means { cases, originals, sink };
        while writing.step(&mut means)? {}
        Ok(writing.problems())
    }
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
    #[cfg(feature = "full")]
    &crate::writers::Nifti,
    #[cfg(feature = "full")]
    &crate::writers::DicomSeg,
];

/// The writer of a name; `dicom-seg` is `dicom_seg`.
pub fn writer_of(id: &str) -> Option<&'static dyn AnnotationWriter> {
    let id = id.replace('-', "_");
    WRITERS.iter().copied().find(|writer| writer.id() == id)
}

/// A whole file.
#[cfg(feature = "full")]
pub(crate) fn put(sink: &mut dyn Sink, path: &str, bytes: &[u8]) -> Result<(), FormatError> {
    sink.begin(path)?;
    sink.add(bytes)
}
