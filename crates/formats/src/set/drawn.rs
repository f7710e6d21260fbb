//! What one DICOM object draws, by the images that it names, or else by where it draws in the patient.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_imaging::{Limits, Source};
use groundglass_types::Mask;

use super::GivenAs;
use crate::dicom::{Contour, ContourKind, DicomError, Plane, read_segmentation, read_structures};
use crate::problem::{Problem, ProblemList};

pub const UNTIED: &str = "drawings that name no image";
const WITHOUT_AREA: &str = "drawings without an area";

/// One object's drawings on one image.
#[derive(Clone, Debug, Default)]
pub struct Drawings {
    pub file: String,
    pub given_as: GivenAs,
    pub masks: Vec<(String, Mask)>,
    pub contours: BTreeMap<String, Vec<Contour>>,
}

impl Drawings {
    /// Of an object, without anything drawn.
    pub fn none(file: &str, given_as: &GivenAs) -> Self {
        Self { file: file.to_owned(), given_as: given_as.clone(), ..Self::default() }
    }

    /// Whether both are of one object, given as the same.
    pub fn is_of(&self, other: &Self) -> bool {
        self.file == other.file && self.given_as == other.given_as
    }

    pub fn is_blank(&self) -> bool {
        self.masks.is_empty() && self.contours.is_empty()
    }

    /// Adds what the same object draws there as well.
    pub fn add(&mut self, other: Self) {
        self.masks.extend(other.masks);
        for (label, contours) in other.contours {
            self.contours.entry(label).or_default().extend(contours);
        }
    }
}

/// An image by its UID, and its frame, from 1, where the object says it.
pub type Instance = (String, Option<u32>);

/// Where an image lies in the patient.
#[derive(Clone, Debug, Default)]
pub struct Spot {
    /// By the UID of the frame of reference: places are comparable where it is the same.
    pub frame_of_reference: Option<String>,
    pub plane: Option<Plane>,
    /// The series, by its UID; of a drawing that which it was drawn on, where it says so.
    pub series: Option<String>,
}

impl Spot {
    /// Whether a drawing lies here.
    pub fn is_of(&self, drawing: &Self) -> bool {
        let same_space = self.frame_of_reference.is_some() && self.frame_of_reference == drawing.frame_of_reference;
        let same_plane = self.plane.zip(drawing.plane).is_some_and(|(one, other)| one.is_same(&other));
        same_space && same_plane && (drawing.series.is_none() || self.series == drawing.series)
    }

    /// Whether a contour lies here.
    pub fn holds(&self, loose: &Loose) -> bool {
        let same_space = self.frame_of_reference.as_ref() == Some(&loose.frame_of_reference);
        let is_series =
            || loose.series.is_empty() || self.series.as_ref().is_some_and(|own| loose.series.contains(own));
        same_space && is_series() && self.plane.is_some_and(|plane| plane.holds(&loose.contour.points))
    }
}

/// A contour that names no image.
#[derive(Clone, Debug)]
pub struct Loose {
    pub label: String,
    pub contour: Contour,
    /// The frame of reference of its points, by its UID.
    pub frame_of_reference: String,
    /// The series of the images that it is about, by their UIDs; empty where the object does not say it.
    pub series: BTreeSet<String>,
}

/// What an object draws.
#[derive(Default)]
pub struct Drawn {
    /// On images that it names.
    pub named: BTreeMap<Instance, Drawings>,
    /// Masks on images that it does not name, by where they lie.
    pub placed: Vec<(Spot, Drawings)>,
    /// Contours on images that it does not name.
    pub loose: Vec<Loose>,
    /// The images that it lists, drawn on or not.
    pub listed: BTreeSet<String>,
    pub problems: Vec<Problem>,
}

pub fn segmented<'a>(path: &str, given_as: &GivenAs, source: Box<dyn Source + 'a>) -> Result<Drawn, DicomError> {
    let read = read_segmentation(path, source, Limits::default())?;
    let label = |number: u32| {
        let known = read.segments.iter().find(|segment| segment.number == number);
        known.map_or_else(|| format!("segment {number}"), |segment| segment.label.clone())
    };
    let mut drawn = Drawn { listed: read.referenced_instances, problems: read.problems, ..Drawn::default() };
    let mut problems = ProblemList::default();
    for frame in read.frames {
        let measured = frame.position.zip(frame.orientation).zip(frame.spacing);
        let plane = measured.map(|((position, orientation), spacing)| Plane { position, orientation, spacing });
        let spot =
            Spot { frame_of_reference: read.frame_of_reference.clone(), plane, series: read.referenced_series.clone() };
        let none = || Drawings::none(path, given_as);
        let drawings = match frame.referenced_instance {
            Some(instance) => drawn.named.entry((instance, frame.referenced_frame)).or_insert_with(none),
            None if spot.plane.is_some() && spot.frame_of_reference.is_some() => {
                let known = drawn.placed.iter().position(|(known, _)| known.is_of(&spot));
                let known = known.unwrap_or_else(|| {
                    drawn.placed.push((spot, none()));
                    drawn.placed.len() - 1
                });
                &mut drawn.placed[known].1
            }
            None => {
                let message = format!(
                    "{path}: frame {} is left out: it names no image, and does not say where it lies",
                    frame.frame_number
                );
                problems.push(UNTIED, path, message);
                continue;
            }
        };
        drawings.masks.push((label(frame.segment), frame.mask));
    }
    drawn.problems.extend(problems.into_problems());
    Ok(drawn)
}

pub fn contoured<'a>(path: &str, given_as: &GivenAs, source: Box<dyn Source + 'a>) -> Result<Drawn, DicomError> {
    let read = read_structures(path, source, Limits::default())?;
    let mut drawn = Drawn { problems: read.problems, ..Drawn::default() };
    let mut problems = ProblemList::default();
    for roi in read.rois {
        let label = roi.name;
        let (mut lost, mut lines) = (0_usize, 0_usize);
        for contour in roi.contours {
            if matches!(contour.kind, ContourKind::Open | ContourKind::Points) {
                lines += 1;
            } else if let Some(instance) = contour.referenced_instance.clone() {
                let drawings = drawn.named.entry((instance, contour.referenced_frame));
                let drawings = drawings.or_insert_with(|| Drawings::none(path, given_as));
                drawings.contours.entry(label.clone()).or_default().push(contour);
            } else if let Some(frame_of_reference) = roi.frame_of_reference.clone() {
                let (label, series) = (label.clone(), roi.referenced_series.clone());
                drawn.loose.push(Loose { label, contour, frame_of_reference, series });
            } else {
                lost += 1;
            }
        }
        if lines > 0 {
            let contours = contours(lines);
            let message =
                format!("{path}: left out of \"{label}\": {contours} of points or open lines, which have no area");
            problems.push(WITHOUT_AREA, path, message);
        }
        if lost > 0 {
            let contours = contours(lost);
            let message = format!(
                "{path}: left out of \"{label}\": {contours} without the image or the frame of reference of the points"
            );
            problems.push(UNTIED, path, message);
        }
    }
    drawn.problems.extend(problems.into_problems());
    Ok(drawn)
}

pub fn contours(count: usize) -> String {
    format!("{count} {}", if count == 1 { "contour" } else { "contours" })
}
