//! What a segmentation takes over from the image that it was drawn on.

use std::collections::BTreeMap;

use groundglass_imaging::dicom::attribute::*;
use groundglass_imaging::dicom::{Attribute, DataSet, Object, Tag, group_or_object};

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
    /// The same in a character set that is not read here, where the image has them in such a one.
    pub(super) foreign: Option<ForeignTexts>,
    /// Whether it was compressed with loss, and then by which ratios and methods, as its texts say.
    pub(super) lossy: Option<[String; 2]>,
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

/// Texts whose characters are not known here: their bytes, and the character set as the image says it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ForeignTexts {
    pub character_set: Vec<u8>,
    pub texts: BTreeMap<Tag, Vec<u8>>,
}

impl ForeignTexts {
    /// `None` where all texts are read as they are meant.
    fn of(data_set: &DataSet) -> Option<Self> {
        let character_set = data_set.bytes(CHARACTER_SET).unwrap_or_default().to_vec();
        let texts =
            TAKEN_OVER.iter().filter_map(|&attribute| Some((attribute.tag, data_set.bytes(attribute)?.to_vec())));
        let texts: BTreeMap<Tag, Vec<u8>> = texts.collect();
        let all = |is: &dyn Fn(&[u8]) -> bool| texts.values().all(|text| is(text));
        // An escape begins characters of another set.
        let is_plain = |text: &[u8]| text.iter().all(|&byte| byte.is_ascii() && byte != 0x1B);
        let is_known = match String::from_utf8_lossy(&character_set).trim_matches([' ', '\0']) {
            "ISO_IR 100" | "ISO 2022 IR 100" => all(&|text| !text.contains(&0x1B)),
            "" | "ISO_IR 6" | "ISO 2022 IR 6" | "ISO_IR 192" => {
                all(&|text| !text.contains(&0x1B) && std::str::from_utf8(text).is_ok())
            }
            _ => false,
        };
        (!is_known && !all(&is_plain)).then_some(Self { character_set, texts })
    }
}

/// What all images of one segmentation share: the series, the study, the size, and how their pixels lie in space but for the
/// position. Numbers are rounded far below what can be told apart, so that what differs by its text alone is one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Geometry {
    series: String,
    study: Option<String>,
    frame_of_reference: Option<String>,
    size: (usize, usize),
    has_position: bool,
    orientation: Option<[i64; 6]>,
    spacing: Option<[i64; 2]>,
    thickness: Option<i64>,
}

impl SourceImage {
    /// Whether its patient's texts are in a character set that is not read here.
    pub const fn has_foreign_texts(&self) -> bool {
        self.foreign.is_some()
    }

    /// What the images of one segmentation share.
    pub fn geometry(&self) -> Geometry {
        // Hundredths of a thousandth of a millimetre, or of the length of a unit vector.
        let rounded = |number: f64| (number * 1e5).round() as i64;
        Geometry {
            series: self.series.clone(),
            study: self.study().map(str::to_owned),
            frame_of_reference: self.identifiers.get(&FRAME_OF_REFERENCE.tag).cloned(),
            size: self.size,
            has_position: self.position.is_some(),
            orientation: self.orientation.map(|numbers| numbers.map(rounded)),
            spacing: self.spacing.map(|numbers| numbers.map(rounded)),
            thickness: self.thickness.map(rounded),
        }
    }

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
        let said = |attribute| data_set.text(attribute).unwrap_or_default();
        let is_lossy = data_set.first_text(LOSSY_COMPRESSION).as_deref() == Some("01");
        let has_frames = data_set.whole(NUMBER_OF_FRAMES).is_some_and(|count| count > 1);
        Some(Self {
            identifiers: TAKEN_OVER
                .iter()
                .filter_map(|&attribute| Some((attribute.tag, data_set.text(attribute)?)))
                .collect(),
            foreign: ForeignTexts::of(data_set),
            lossy: is_lossy.then(|| [LOSSY_RATIO, LOSSY_METHOD].map(said)),
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
