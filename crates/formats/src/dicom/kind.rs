//! What kind of object a file is.

use groundglass_imaging::dicom::attribute::SOP_CLASS;
use groundglass_imaging::dicom::{DataSet, read_object};
use groundglass_imaging::{DecodeError, Limits, Source};

/// Segmentation, and label map segmentation. Source: DICOM PS3.6 2024, table A-1.
const SEGMENTATIONS: [&str; 2] = ["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"];
const STRUCTURE_SET: &str = "1.2.840.10008.5.1.4.1.1.481.3";

/// The kinds of objects that are read in different ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// Pixels to be looked at.
    Image,
    /// Masks as frames of pixels (SEG).
    Segmentation,
    /// Contours (RTSTRUCT).
    StructureSet,
    /// Neither pixels nor contours: a report, a plan, a directory.
    Other,
}

impl ObjectKind {
    pub(super) fn of(data_set: &DataSet, has_pixels: bool) -> Self {
        match data_set.text(SOP_CLASS).as_deref() {
            Some(uid) if SEGMENTATIONS.contains(&uid) => Self::Segmentation,
            Some(STRUCTURE_SET) => Self::StructureSet,
            _ if has_pixels => Self::Image,
            _ => Self::Other,
        }
    }
}

/// What kind of object a DICOM file is, by its SOP class.
///
/// # Errors
/// [`DecodeError`] where not even its first elements can be read.
pub fn object_kind<'a>(file: &str, source: Box<dyn Source + 'a>, limits: Limits) -> Result<ObjectKind, DecodeError> {
    let object = read_object(file, source, limits)?;
    Ok(ObjectKind::of(&object.data_set, object.pixels.is_some()))
}
