//! The list of forms in which a set is written: to add one, write a file and give it a line here.

#[cfg(feature = "full")]
use std::collections::BTreeSet;
use std::collections::HashMap;

use groundglass_imaging::Source;
use groundglass_types::{Case, Finding};

use crate::coco_index::CocoCategory;
use crate::{FormatError, JsonId, Problem};

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

    /// What the set holds beside them; `None` where nothing is known of that.
    fn beside(&self) -> Option<&BesideCases> {
        None
    }
}

/// What a set holds beside its cases: what forms write with them, and what they have to say that they do not hold.
#[derive(Clone, Debug, Default)]
pub struct BesideCases {
    /// The numbers that COCO files give to images, by the names of their cases.
    pub(crate) numbers: HashMap<String, JsonId>,
    /// The classes that have numbers, in the order of the file that gives them; also those that nothing is of.
    pub(crate) categories: Vec<CocoCategory>,
    /// The classes of a list for a folder (YOLO's `classes.txt`) with their numbers from 0, where one list is of all files.
    pub(crate) listed: Vec<CocoCategory>,
    /// How many COCO files of annotations were read.
    pub(crate) coco_files: usize,
    /// How many label maps were read.
    #[cfg(feature = "full")]
    pub(crate) label_maps: usize,
    /// How many places where readers looked.
    pub(crate) fixations: usize,
    /// How many sentences about cases.
    pub(crate) sentences: usize,
    /// How many tables about cases as a whole.
    pub(crate) tables: usize,
}

/// Cases with what their set holds beside them, as [`crate::CaseSet::written`] gives them.
#[cfg(feature = "full")]
#[derive(Debug)]
pub struct WrittenSet<'a> {
    /// The cases in their order.
    pub cases: Vec<WrittenCase<'a>>,
    /// What else the set holds.
    pub beside: BesideCases,
}

#[cfg(feature = "full")]
impl WrittenCases for WrittenSet<'_> {
    fn count(&self) -> usize {
        self.cases.len()
    }

    fn case(&self, place: usize) -> Option<WrittenCase<'_>> {
        self.cases.get(place).copied()
    }

    fn beside(&self) -> Option<&BesideCases> {
        Some(&self.beside)
    }
}

/// How many cases have something to write on that side; also that nothing is there is something.
pub fn known_cases(cases: &dyn WrittenCases, side: Side) -> usize {
    let is_known = |case: &WrittenCase<'_>| match side {
        Side::Truth => case.case.truth.is_some(),
        Side::Findings => case.findings.is_some(),
    };
    each(cases).filter(is_known).count()
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
    /// A volume with a grid: NIfTI, NRRD.
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
