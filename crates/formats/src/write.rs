//! The list of forms in which a set is written: to add one, write a file and give it a line here.

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

/// Takes the files of a written set: a path below the set's folder, with forward slashes, and the bytes.
pub type Sink<'a> = dyn FnMut(&str, Vec<u8>) -> Result<(), FormatError> + 'a;

/// Opens the file of an image again, by its path.
pub type Originals<'a> = dyn FnMut(&str) -> std::io::Result<Box<dyn Source + 'a>> + 'a;

/// No image can be opened again.
#[cfg(feature = "full")]
pub(crate) fn no_originals<'a>(_: &str) -> std::io::Result<Box<dyn Source + 'a>> {
    Err(std::io::ErrorKind::NotFound.into())
}

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

    /// Whether it writes on the grid of the images, so that [`AnnotationWriter::write_on`] is to be called.
    fn needs_images(&self) -> bool {
        false
    }

    /// Why nothing can be written of a set with such images, as a sentence; `None` where it can.
    fn why_not(&self, images: ImageKinds) -> Option<&'static str> {
        let _ = images;
        None
    }

    /// As [`AnnotationWriter::write`], with a way to the images from which the cases came.
    ///
    /// # Errors
    /// As [`AnnotationWriter::write`].
    fn write_on(
        &self,
        cases: &[WrittenCase<'_>],
        side: Side,
        originals: &mut Originals<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<Vec<Problem>, FormatError> {
        let _ = originals;
        self.write(cases, side, sink)
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
