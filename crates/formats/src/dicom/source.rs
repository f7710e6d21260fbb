//! What a segmentation takes over from the image that it was drawn on.

use std::collections::BTreeMap;

use groundglass_imaging::dicom::attribute::*;
use groundglass_imaging::dicom::{Attribute, Object, Tag, group_or_object};

/// The attributes of the patient, the study and the frame of reference that are taken over, in the texts of the image.
const TAKEN_OVER: [Attribute; 12] = [
    PATIENT_NAME,
    PATIENT_ID,
    PATIENT_BIRTH_DATE,
    PATIENT_SEX,
    STUDY_INSTANCE,
    STUDY_DATE,
    STUDY_TIME,
    STUDY_ID,
    ACCESSION_NUMBER,
    REFERRING_PHYSICIAN,
    FRAME_OF_REFERENCE,
    POSITION_REFERENCE,
];

/// What a segmentation takes over from an image: whose it is, and where its pixels lie. One for each file or, of a file
/// of several frames, one for each frame.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceImage {
    /// Patient, study and frame of reference. Nothing of it is shown or kept elsewhere.
    pub(super) identifiers: BTreeMap<Tag, String>,
    /// The SOP class UID of the image.
    pub class: String,
    /// The SOP instance UID of the image.
    pub instance: String,
    /// The UID of its series.
    pub series: String,
    /// Which frame, from 1, where the image has several.
    pub frame: Option<u32>,
    /// Columns and rows.
    pub size: (usize, usize),
    /// The centre of the top-left pixel in millimetres (LPS).
    pub position: Option<[f64; 3]>,
    /// Unit vectors along a row and along a column.
    pub orientation: Option<[f64; 6]>,
    /// Width and height of a pixel in millimetres.
    pub spacing: Option<[f64; 2]>,
    /// The thickness of the slice in millimetres.
    pub thickness: Option<f64>,
}

impl SourceImage {
    /// The UID of its study.
    pub fn study(&self) -> Option<&str> {
        self.identifiers.get(&STUDY_INSTANCE.tag).map(String::as_str)
    }

    /// The day and the time of its study, `YYYYMMDD` and `HHMMSS`; the beginning of 1970 where it says none.
    pub fn study_moment(&self) -> (String, String) {
        let said = |attribute: Attribute, length: usize, otherwise: &str| {
            let text = self.identifiers.get(&attribute.tag).and_then(|text| text.get(..length));
            let digits = text.filter(|text| text.bytes().all(|sign| sign.is_ascii_digit()));
            digits.unwrap_or(otherwise).to_owned()
        };
        (said(STUDY_DATE, 8, "19700101"), said(STUDY_TIME, 6, "000000"))
    }

    /// The frame at `index`, from 0, of an image whose elements were read; `None` where it does not say what it is.
    pub fn of(object: &Object<'_>, index: usize) -> Option<Self> {
        let data_set = &object.data_set;
        let measures = group_or_object(data_set, index, PIXEL_MEASURES_SEQUENCE);
        let size = |attribute| data_set.whole(attribute).and_then(|count| usize::try_from(count).ok());
        let has_frames = data_set.whole(NUMBER_OF_FRAMES).is_some_and(|count| count > 1);
        Some(Self {
            identifiers: TAKEN_OVER
                .iter()
                .filter_map(|&attribute| Some((attribute.tag, data_set.text(attribute)?)))
                .collect(),
            class: data_set.text(SOP_CLASS)?,
            instance: data_set.text(SOP_INSTANCE)?,
            series: data_set.text(SERIES_INSTANCE)?,
            frame: if has_frames { u32::try_from(index).ok()?.checked_add(1) } else { None },
            size: (size(COLUMNS)?, size(ROWS)?),
            position: group_or_object(data_set, index, PLANE_POSITION_SEQUENCE).finite(POSITION),
            orientation: group_or_object(data_set, index, PLANE_ORIENTATION_SEQUENCE).finite(ORIENTATION),
            spacing: measures.finite::<2>(PIXEL_SPACING).map(|[rows, columns]| [columns, rows]),
            thickness: measures.number(SLICE_THICKNESS),
        })
    }
}
