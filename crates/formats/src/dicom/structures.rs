//! Structure sets (RTSTRUCT) to contours. Source: DICOM PS3.3 2024, C.8.8.5 and C.8.8.6.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_imaging::dicom::attribute::*;
use groundglass_imaging::dicom::{DataSet, Stop, read_object};
use groundglass_imaging::{Limits, Source};

use super::error::DicomError;
use super::kind::ObjectKind;
use super::reference::ImageReference;
use crate::problem::{Problem, ProblemList};

/// What the points of a contour are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContourKind {
    /// Single points.
    Points,
    /// A line that does not close.
    Open,
    /// A polygon in a plane (`CLOSED_PLANAR`). Several of one region in one plane are joined. A hole is cut by a
    /// *keyhole*: the outline goes inwards along a line, around the hole, and back along the same line; or by a contour
    /// that lies within another, as many programs write it.
    Closed,
    /// A polygon of which an even number on one another is outside (`CLOSEDPLANAR_XOR`).
    ClosedXor,
}

/// A contour of a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// What its points are.
    pub kind: ContourKind,
    /// Its points in the patient, in millimetres (LPS).
    pub points: Vec<[f64; 3]>,
    /// The images that it names, on one of which it lies; empty where the file does not say it.
    pub references: Vec<ImageReference>,
}

/// A region of interest.
#[derive(Clone, Debug, PartialEq)]
pub struct Roi {
    /// Its number in the file.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// The frame of reference of its points, by its UID.
    pub frame_of_reference: Option<String>,
    /// The series of images in that frame of reference which the structure set is about, by their UIDs; empty where it
    /// does not say it.
    pub referenced_series: BTreeSet<String>,
    /// Its contours, in the order of the file.
    pub contours: Vec<Contour>,
}

/// A structure set.
#[derive(Clone, Debug, PartialEq)]
pub struct StructureSet {
    /// Its name.
    pub label: Option<String>,
    /// Its regions, in the order of the file; such as have no contour, too.
    pub rois: Vec<Roi>,
    /// What is wrong with single regions and contours.
    pub problems: Vec<Problem>,
}

/// Reads a structure set. A contour that cannot be read is a problem, and the others are still read.
///
/// # Errors
/// [`DicomError`] where the file is no structure set.
pub fn read_structures<'a>(
    file: &str,
    source: Box<dyn Source + 'a>,
    limits: Limits,
) -> Result<StructureSet, DicomError> {
    let object = read_object(file, source, limits)?;
    let data_set = &object.data_set;
    if ObjectKind::of(data_set, false) != ObjectKind::StructureSet {
        return Err(DicomError::OtherKind {
            file: file.to_owned(),
            expected: "a DICOM RT structure set",
            found: format!("its SOP class is {}", data_set.text(SOP_CLASS).unwrap_or_default()),
        });
    }
    let mut problems = ProblemList::default();
    match &object.stop {
        Some(Stop::Truncated(place)) => {
            problems.push("truncated files", file, format!("{file} is cut short: it ends at byte {place}"));
        }
        Some(Stop::Corrupt(detail)) => problems.push("broken files", file, format!("{file}: {detail}")),
        None => {}
    }
    let series = series_by_frame_of_reference(data_set);
    let mut rois: Vec<Roi> = Vec::new();
    for (index, item) in data_set.items(STRUCTURE_SET_SEQUENCE).iter().enumerate() {
        let Some(number) = item.whole(ROI_NUMBER) else {
            problems.push("regions without a number", file, format!("{file}: region {} has no number", index + 1));
            continue;
        };
        let frame_of_reference = item.text(ROI_FRAME_OF_REFERENCE).or_else(|| only_frame_of_reference(data_set));
        let series = frame_of_reference.as_ref().and_then(|own| series.get(own)).cloned();
        rois.push(Roi {
            number,
            name: item.text(ROI_NAME).unwrap_or_else(|| format!("region {number}")),
            frame_of_reference,
            referenced_series: series.unwrap_or_default(),
            contours: Vec::new(),
        });
    }
    for item in data_set.items(ROI_CONTOUR_SEQUENCE) {
        let number = item.whole(REFERENCED_ROI_NUMBER);
        let Some(roi) = rois.iter_mut().find(|roi| Some(roi.number) == number) else {
            let number = number.map_or_else(|| "none".to_owned(), |number| number.to_string());
            problems.push(
                "contours of unknown regions",
                file,
                format!("{file}: contours belong to region {number}, which is not in the file"),
            );
            continue;
        };
        for (index, item) in item.items(CONTOUR_SEQUENCE).iter().enumerate() {
            match contour(item) {
                Ok(contour) => roi.contours.push(contour),
                Err(detail) => problems.push(
                    "contours that cannot be read",
                    file,
                    format!("{file}: contour {} of {}: {detail}", index + 1, roi.name),
                ),
            }
        }
    }
    let label = data_set.text(STRUCTURE_SET_LABEL);
    Ok(StructureSet { label, rois, problems: problems.into_problems() })
}

/// The series that the structure set refers to, by their frames of reference.
fn series_by_frame_of_reference(data_set: &DataSet) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for item in data_set.items(REFERENCED_FRAMES_OF_REFERENCE) {
        let Some(frame_of_reference) = item.text(FRAME_OF_REFERENCE) else { continue };
        let series = item.items(REFERENCED_STUDIES).iter().flat_map(|study| study.items(REFERENCED_SERIES));
        let series = series.filter_map(|series| series.text(SERIES_INSTANCE));
        found.entry(frame_of_reference).or_default().extend(series);
    }
    found
}

/// The frame of reference of all regions, where the structure set has only one.
fn only_frame_of_reference(data_set: &DataSet) -> Option<String> {
    match data_set.items(REFERENCED_FRAMES_OF_REFERENCE) {
        [one] => one.text(FRAME_OF_REFERENCE),
        [] => data_set.text(FRAME_OF_REFERENCE),
        _ => None,
    }
}

fn contour(item: &DataSet) -> Result<Contour, String> {
    let kind = match item.first_text(CONTOUR_GEOMETRIC_TYPE).as_deref() {
        Some("CLOSED_PLANAR") => ContourKind::Closed,
        Some("CLOSEDPLANAR_XOR") => ContourKind::ClosedXor,
        Some("OPEN_PLANAR" | "OPEN_NONPLANAR") => ContourKind::Open,
        Some("POINT") => ContourKind::Points,
        other => return Err(format!("its type is {}, which is not known", other.unwrap_or("not given"))),
    };
    let numbers = item.numbers(CONTOUR_DATA);
    if numbers.is_empty() || !numbers.len().is_multiple_of(3) {
        return Err(format!("it has {} coordinates, which is not three for each point", numbers.len()));
    }
    if let Some(place) = numbers.iter().position(|number| !number.is_finite()) {
        return Err(format!("its coordinate {} is no number", place + 1));
    }
    let points = numbers.as_chunks::<3>().0.to_vec();
    if let Some(said) = item.whole(NUMBER_OF_CONTOUR_POINTS)
        && said != points.len() as i64
    {
        return Err(format!("it is said to have {said} points, found {}", points.len()));
    }
    let references = ImageReference::all(item.items(CONTOUR_IMAGE_SEQUENCE));
    Ok(Contour { kind, points, references })
}
