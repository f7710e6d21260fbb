//! What one DICOM object draws, and whether that lies on an image: one that it names, or else one that lies where it does.
//!
//! An object may name several images and be drawn on one of them, and its pixels may be stored in another order than the
//! image's. So where both say where they lie, that decides, and the name only which images are asked. Where one of them
//! does not, the first image that is named is taken at its word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use groundglass_imaging::{Limits, Source};
use groundglass_types::Mask;

use crate::dicom::{Contour, ContourKind, DicomError, ImageReference, Plane, read_segmentation, read_structures};
use crate::problem::{Problem, ProblemList};
use crate::turn::Turn;

pub const UNTIED: &str = "drawings that name no image";
const WITHOUT_AREA: &str = "drawings without an area";

/// An image that was met: where it lies in the patient, and by what it is named.
#[derive(Clone, Debug, Default)]
pub struct Spot {
    /// Its UID.
    pub instance: String,
    /// Which frame of its file it is, from 1, and whether that has only one.
    pub frame: u32,
    pub is_single: bool,
    /// By the UID of the frame of reference: places are comparable where it is the same.
    pub frame_of_reference: Option<String>,
    pub plane: Option<Plane>,
    /// The series, by its UID.
    pub series: Option<String>,
}

/// A mask or a contour of a region.
#[derive(Debug)]
pub enum Shape {
    /// With where its pixels lie, where the object says so.
    Mask(Mask, Option<Plane>),
    Contour(Contour),
}

/// One shape that an object draws.
#[derive(Debug)]
pub struct Drawing {
    pub label: String,
    pub shape: Shape,
    /// The images that it names; empty where it is on every image that lies where it does.
    pub references: Arc<[ImageReference]>,
    /// The frame of reference, by its UID.
    pub frame_of_reference: Option<String>,
    /// The series of the images that it is about, by their UIDs; empty where the object does not say it.
    pub series: Arc<BTreeSet<String>>,
    /// Whether it lies on an image that was met.
    pub is_met: bool,
    /// Which of the images that it names it does not lie on, with the names of their cases and their planes.
    pub off: BTreeMap<usize, (String, Plane)>,
}

/// How a drawing stands to an image.
#[derive(Clone, Debug, PartialEq)]
pub enum Standing {
    /// It has nothing to do with it.
    Apart,
    /// It is on it, once its mask is turned.
    On(Turn),
    /// It names the image, by this one of its references, and lies elsewhere.
    Off(usize),
}

impl Drawing {
    /// Which reference is one of an image.
    fn naming(&self, spot: &Spot) -> Option<usize> {
        let is_meant = |image: &ImageReference| {
            image.instance == spot.instance && image.frame.map_or(spot.is_single, |frame| frame == spot.frame)
        };
        self.references.iter().position(is_meant)
    }

    /// Whether it names an image without saying which of its several frames.
    pub fn is_vague_about(&self, spot: &Spot) -> bool {
        let is_vague = |image: &ImageReference| image.instance == spot.instance && image.frame.is_none();
        !spot.is_single && self.references.iter().any(is_vague)
    }

    /// Whether it lies on none of the images that it names, and they are all known.
    pub fn is_stray(&self) -> bool {
        !self.references.is_empty() && self.off.len() == self.references.len()
    }

    pub fn standing(&self, spot: &Spot) -> Standing {
        match self.naming(spot) {
            Some(reference) => self.standing_by_name(spot, reference),
            // A contour that is off all images that it names is on those whose plane it lies in.
            None if self.references.is_empty() || (self.is_stray() && matches!(self.shape, Shape::Contour(_))) => {
                self.standing_by_place(spot)
            }
            None => Standing::Apart,
        }
    }

    fn standing_by_name(&self, spot: &Spot, reference: usize) -> Standing {
        let references = [&self.frame_of_reference, &spot.frame_of_reference];
        let is_comparable = references.iter().any(|reference| reference.is_none()) || references[0] == references[1];
        let on = match (&self.shape, spot.plane.filter(|_| is_comparable)) {
            (Shape::Mask(mask, Some(own)), Some(plane)) => own.turn_to(&plane, (mask.width(), mask.height())),
            (Shape::Contour(contour), Some(plane)) => plane.is_near(&contour.points).then(Turn::default),
            // The name alone decides, and of several the first.
            _ if reference == 0 => return Standing::On(Turn::default()),
            _ => return Standing::Apart,
        };
        on.map_or(Standing::Off(reference), Standing::On)
    }

    fn standing_by_place(&self, spot: &Spot) -> Standing {
        let same_space = self.frame_of_reference.is_some() && self.frame_of_reference == spot.frame_of_reference;
        let is_series = || self.series.is_empty() || spot.series.as_ref().is_some_and(|own| self.series.contains(own));
        let (true, true, Some(plane)) = (same_space, is_series(), spot.plane) else { return Standing::Apart };
        let on = match &self.shape {
            Shape::Mask(mask, own) => own.and_then(|own| own.turn_to(&plane, (mask.width(), mask.height()))),
            Shape::Contour(contour) => plane.holds(&contour.points).then(Turn::default),
        };
        on.map_or(Standing::Apart, Standing::On)
    }
}

/// What an object draws.
#[derive(Default)]
pub struct Drawn {
    pub drawings: Vec<Drawing>,
    /// The images that it lists, drawn on or not.
    pub listed: BTreeSet<String>,
    pub problems: Vec<Problem>,
}

pub fn segmented<'a>(path: &str, source: Box<dyn Source + 'a>) -> Result<Drawn, DicomError> {
    let read = read_segmentation(path, source, Limits::default())?;
    let label = |number: u32| {
        let known = read.segments.iter().find(|segment| segment.number == number);
        known.map_or_else(|| format!("segment {number}"), |segment| segment.label.clone())
    };
    let mut drawn = Drawn { listed: read.referenced_instances, problems: read.problems, ..Drawn::default() };
    let series: Arc<BTreeSet<String>> = Arc::new(read.referenced_series.into_iter().collect());
    let mut problems = ProblemList::default();
    for frame in read.frames {
        let measured = frame.position.zip(frame.orientation).zip(frame.spacing);
        let plane = measured.map(|((position, orientation), spacing)| Plane { position, orientation, spacing });
        if frame.references.is_empty() && (plane.is_none() || read.frame_of_reference.is_none()) {
            let message = format!(
                "{path}: frame {} is left out: it names no image, and does not say where it lies",
                frame.frame_number
            );
            problems.push(UNTIED, path, message);
            continue;
        }
        drawn.drawings.push(Drawing {
            label: label(frame.segment),
            shape: Shape::Mask(frame.mask, plane),
            references: frame.references,
            frame_of_reference: read.frame_of_reference.clone(),
            series: Arc::clone(&series),
            is_met: false,
            off: BTreeMap::new(),
        });
    }
    drawn.problems.extend(problems.into_problems());
    Ok(drawn)
}

pub fn contoured<'a>(path: &str, source: Box<dyn Source + 'a>) -> Result<Drawn, DicomError> {
    let read = read_structures(path, source, Limits::default())?;
    let mut drawn = Drawn { problems: read.problems, ..Drawn::default() };
    let mut problems = ProblemList::default();
    for roi in read.rois {
        let label = roi.name;
        let series = Arc::new(roi.referenced_series);
        let (mut lost, mut lines) = (0_usize, 0_usize);
        for mut contour in roi.contours {
            if matches!(contour.kind, ContourKind::Open | ContourKind::Points) {
                lines += 1;
            } else if contour.references.is_empty() && roi.frame_of_reference.is_none() {
                lost += 1;
            } else {
                drawn.drawings.push(Drawing {
                    label: label.clone(),
                    references: std::mem::take(&mut contour.references).into(),
                    shape: Shape::Contour(contour),
                    frame_of_reference: roi.frame_of_reference.clone(),
                    series: Arc::clone(&series),
                    is_met: false,
                    off: BTreeMap::new(),
                });
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
