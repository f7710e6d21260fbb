//! What DICOM objects draw on images, which they name by the images' own numbers (SOP instance UID).

use std::collections::BTreeMap;

use groundglass_imaging::{Format, Limits, Source};
use groundglass_types::{Mask, Region, Slice, Truth, TruthRegion};

use super::images::OpenFile;
use super::{CaseSet, GivenAs};
use crate::FormatError;
use crate::dicom::{
    Contour, DicomError, ObjectKind, Plane, contour_mask, object_kind, read_segmentation, read_structures,
};
use crate::problem::{Problem, ProblemList};
use crate::reading::{AnnotatedImage, ImageName};
use crate::sha::sha256_of;

/// One object's drawings on one image.
#[derive(Clone, Debug, Default)]
pub struct Drawings {
    file: String,
    given_as: GivenAs,
    masks: Vec<(String, Mask)>,
    contours: BTreeMap<String, Vec<Contour>>,
}

/// An image by its UID, and its frame, from 1, where the object says it.
type Instance = (String, Option<u32>);

/// What waits for images, and the images that were met.
#[derive(Debug, Default)]
pub struct Instances {
    waiting: BTreeMap<Instance, Vec<Drawings>>,
    /// The case of an instance's frame, and where it lies in the patient.
    known: BTreeMap<(String, u32), (String, Option<Plane>)>,
    /// Single images by their series.
    series: BTreeMap<String, Vec<Member>>,
}

/// Where a single image stands in its series.
#[derive(Clone, Debug)]
struct Member {
    /// How far along the normal of its plane it lies, in millimetres.
    along: Option<f64>,
    /// Its number as the scanner counted.
    number: Option<i64>,
    /// Its case.
    name: String,
}

/// The images of one series, in their order in space.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Series {
    /// The first image's path, which stands for the stack.
    pub stack: String,
    /// The cases.
    pub names: Vec<String>,
}

const UNTIED: &str = "drawings that name no image";
const UNMET: &str = "drawings on images that are not there";

impl CaseSet {
    /// Takes in a DICOM object that draws on images: a segmentation or a structure set. `None` where the file is an image,
    /// or none of DICOM's, and is to be opened as such. `open` gives the file's bytes, each time from their beginning.
    ///
    /// # Errors
    /// [`FormatError`] where it is such an object, but cannot be read.
    pub fn add_object<'a>(
        &mut self,
        path: &str,
        open: &mut dyn FnMut() -> std::io::Result<Box<dyn Source + 'a>>,
    ) -> Result<Option<Vec<Problem>>, FormatError> {
        let unreadable =
            |error: std::io::Error| FormatError::Unreadable { file: path.to_owned(), detail: error.to_string() };
        let mut head = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(open().map_err(unreadable)?, 512), &mut head)
            .map_err(unreadable)?;
        if Format::of(path, &head) != Some(Format::Dicom) {
            return Ok(None);
        }
        let limits = Limits::default();
        let drawn = match object_kind(path, open().map_err(unreadable)?, limits)? {
            ObjectKind::Image | ObjectKind::Other => return Ok(None),
            ObjectKind::Segmentation => segmented(path, open().map_err(unreadable)?),
            ObjectKind::StructureSet => contoured(path, open().map_err(unreadable)?),
        };
        let (drawn, mut problems) =
            drawn.map_err(|error| FormatError::Object { file: path.to_owned(), detail: error.to_string() })?;
        let sha256 = sha256_of(&mut *open().map_err(unreadable)?).map_err(unreadable)?;
        if self.given.contains(&(path.to_owned(), self.given_as.clone())) && self.given_as != GivenAs::Anything {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        self.know_given(path, sha256, "DICOM drawing");
        self.truth_files += 1;
        for (instance, mut drawings) in drawn {
            drawings.given_as = self.given_as.clone();
            let place = (instance.0.clone(), instance.1.unwrap_or(1));
            // Of an image with several frames the object must say which it means.
            let is_vague = instance.1.is_none() && self.instances.known.contains_key(&(instance.0.clone(), 2));
            match self.instances.known.get(&place).filter(|_| !is_vague).cloned() {
                Some((name, plane)) => problems.extend(self.draw(&name, plane, drawings)),
                None => self.instances.waiting.entry(instance).or_default().push(drawings),
            }
        }
        Ok(Some(problems))
    }

    /// Remembers whose frame a case is, and gives it what was drawn on it.
    pub(super) fn meet_instance(&mut self, file: &OpenFile<'_>, name: &str, index: usize) -> Vec<Problem> {
        let Some(place) = &file.facts().place else { return Vec::new() };
        let Some(instance) = place.instance.clone() else { return Vec::new() };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let plane = Plane::of(file.facts(), index);
        self.instances.known.insert((instance.clone(), number), (name.to_owned(), plane));
        let mut waiting = self.instances.waiting.remove(&(instance.clone(), Some(number))).unwrap_or_default();
        if file.count() == 1 {
            waiting.extend(self.instances.waiting.remove(&(instance, None)).unwrap_or_default());
        }
        waiting.into_iter().flat_map(|drawings| self.draw(name, plane, drawings)).collect()
    }

    /// Remembers where a single image stands in its series.
    pub(super) fn meet_series(&mut self, file: &OpenFile<'_>) {
        let Some(place) = &file.facts().place else { return };
        let members = self.instances.series.entry(place.series.clone()).or_default();
        if !members.iter().any(|member| member.name == file.path()) {
            let (along, number) = (place.along_normal(), place.instance_number);
            members.push(Member { along, number, name: file.path().to_owned() });
        }
    }

    /// The series of several images that were met, each in its order in space, or else by its numbers.
    pub fn series(&self) -> Vec<Series> {
        let ordered = |members: &Vec<Member>| {
            let mut members = members.clone();
            let in_space = members.iter().all(|member| member.along.is_some());
            members.sort_by(|a, b| {
                let along = if in_space { a.along.partial_cmp(&b.along) } else { None };
                let along = along.unwrap_or(std::cmp::Ordering::Equal);
                along.then_with(|| a.number.cmp(&b.number)).then_with(|| a.name.cmp(&b.name))
            });
            let names: Vec<String> = members.into_iter().map(|member| member.name).collect();
            Series { stack: names.first().cloned().unwrap_or_default(), names }
        };
        self.instances.series.values().filter(|members| members.len() > 1).map(ordered).collect()
    }

    /// Tells each image of a series where it stands, now that all have been opened.
    pub fn settle_series(&mut self) {
        for Series { stack, names } in self.series() {
            for (index, name) in names.iter().enumerate() {
                let Some(entry) = self.places.get(name).and_then(|&place| self.cases.get_mut(place)) else { continue };
                entry.case.slice = Some(Slice { stack: stack.clone(), index, count: names.len() });
                self.changed.push(name.clone());
            }
        }
    }

    /// What was drawn on images that never came, one line a file.
    pub(super) fn unmet_instances(&self, problems: &mut ProblemList) {
        let mut files: BTreeMap<&str, usize> = BTreeMap::new();
        for drawings in self.instances.waiting.values().flatten() {
            *files.entry(&drawings.file).or_default() += 1;
        }
        for (file, count) in files {
            let message = format!("{file} draws on {count} images that are not among the files; that is not used");
            problems.push(UNMET, file, message);
        }
    }

    fn draw(&mut self, name: &str, plane: Option<Plane>, drawings: Drawings) -> Vec<Problem> {
        let mut problems = ProblemList::default();
        let Drawings { file, given_as, masks, contours } = drawings;
        let Some(entry) = self.places.get(name).and_then(|&place| self.cases.get_mut(place)) else { return Vec::new() };
        let size = (entry.case.width, entry.case.height);
        let mut regions = Vec::new();
        let mut add = |label: String, mask: Mask, problems: &mut ProblemList| {
            if (mask.width(), mask.height()) != size {
                let message = format!(
                    "{file}: \"{label}\" has {} x {} pixels, but its image {name} has {} x {}; it is not used",
                    mask.width(),
                    mask.height(),
                    size.0,
                    size.1
                );
                problems.push(super::OTHER_SIZE, &file, message);
            } else if let Some(region) = Region::from_mask(mask) {
                regions.push(TruthRegion { label, region, crowd: false, area: None });
            }
        };
        for (label, mask) in masks {
            add(label, mask, &mut problems);
        }
        for (label, contours) in contours {
            let mask = plane.ok_or_else(|| format!("{name} does not say where it lies"));
            let mask = mask.and_then(|plane| contour_mask(&contours, &plane, size).map_err(|error| error.to_string()));
            match mask {
                Ok(mask) => add(label, mask, &mut problems),
                Err(fault) => problems.push(UNTIED, &file, format!("{file}: \"{label}\" is left out: {fault}")),
            }
        }
        let image = AnnotatedImage::new(ImageName::Named(name.to_owned()), Vec::new());
        let mut said = given_as.said(&file, Truth { regions });
        self.corrections.name_said(&mut said);
        entry.take(&file, name, image, said, &mut problems);
        self.changed.push(name.to_owned());
        problems.into_problems()
    }
}

type Drawn = (BTreeMap<Instance, Drawings>, Vec<Problem>);

fn segmented<'a>(path: &str, source: Box<dyn Source + 'a>) -> Result<Drawn, DicomError> {
    let read = read_segmentation(path, source, Limits::default())?;
    let label = |number: u32| {
        let known = read.segments.iter().find(|segment| segment.number == number);
        known.map_or_else(|| format!("segment {number}"), |segment| segment.label.clone())
    };
    let mut drawn: BTreeMap<Instance, Drawings> = BTreeMap::new();
    let mut problems = ProblemList::default();
    for frame in read.frames {
        let Some(instance) = frame.referenced_instance else {
            let message = format!("{path}: frame {} is left out: it names no image", frame.frame_number);
            problems.push(UNTIED, path, message);
            continue;
        };
        let drawings = drawn.entry((instance, frame.referenced_frame)).or_default();
        path.clone_into(&mut drawings.file);
        drawings.masks.push((label(frame.segment), frame.mask));
    }
    Ok((drawn, read.problems.into_iter().chain(problems.into_problems()).collect()))
}

fn contoured<'a>(path: &str, source: Box<dyn Source + 'a>) -> Result<Drawn, DicomError> {
    let read = read_structures(path, source, Limits::default())?;
    let mut drawn: BTreeMap<Instance, Drawings> = BTreeMap::new();
    let mut problems = ProblemList::default();
    for roi in read.rois {
        for contour in roi.contours {
            let Some(instance) = contour.referenced_instance.clone() else {
                problems.push(
                    UNTIED,
                    path,
                    format!("{path}: a contour of \"{}\" is left out: it names no image", roi.name),
                );
                continue;
            };
            let drawings = drawn.entry((instance, contour.referenced_frame)).or_default();
            path.clone_into(&mut drawings.file);
            drawings.contours.entry(roi.name.clone()).or_default().push(contour);
        }
    }
    Ok((drawn, read.problems.into_iter().chain(problems.into_problems()).collect()))
}
