//! What DICOM objects draw on images, which they name by the images' own numbers (SOP instance UID), or else by where they
//! lie in the patient. An image that an object lists and draws nothing on was looked at, and is empty.

use std::collections::{BTreeMap, BTreeSet};

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

impl Drawings {
    /// Whether both are of one object, given as the same.
    fn is_of(&self, other: &Self) -> bool {
        self.file == other.file && self.given_as == other.given_as
    }
}

/// An image by its UID, and its frame, from 1, where the object says it.
type Instance = (String, Option<u32>);

/// What waits for images, and the images that were met.
#[derive(Debug, Default)]
pub struct Instances {
    waiting: BTreeMap<Instance, Vec<Drawings>>,
    /// Drawings that name no image, but say where they lie.
    placed: Vec<(Spot, Drawings)>,
    /// Objects by the images that they list.
    listed: BTreeMap<String, Vec<Drawings>>,
    /// Cases that are empty because an object lists them and draws nothing on them, with its file.
    blank: BTreeSet<(String, String)>,
    /// The case of an instance's frame, and where it lies in the patient.
    known: BTreeMap<(String, u32), (String, Spot)>,
    /// Single images by their series.
    series: BTreeMap<String, Vec<Member>>,
}

/// Where an image lies in the patient.
#[derive(Clone, Debug, Default)]
struct Spot {
    /// By the UID of the frame of reference: places are comparable where it is the same.
    frame_of_reference: Option<String>,
    plane: Option<Plane>,
    /// The series, by its UID; of a drawing that which it was drawn on, where it says so.
    series: Option<String>,
}

impl Spot {
    /// Whether a drawing lies here.
    fn is_of(&self, drawing: &Self) -> bool {
        let same_space = self.frame_of_reference.is_some() && self.frame_of_reference == drawing.frame_of_reference;
        let same_plane = self.plane.zip(drawing.plane).is_some_and(|(one, other)| one.is_same(&other));
        same_space && same_plane && (drawing.series.is_none() || self.series == drawing.series)
    }
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
        if let Some(problems) = self.take_opened_masks(path, open)? {
            return Ok(Some(problems));
        }
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
        let Drawn { named, placed, listed, mut problems } =
            drawn.map_err(|error| FormatError::Object { file: path.to_owned(), detail: error.to_string() })?;
        let sha256 = sha256_of(&mut *open().map_err(unreadable)?).map_err(unreadable)?;
        if self.given.contains(&(path.to_owned(), self.given_as.clone())) && self.given_as != GivenAs::Anything {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        self.know_given(path, sha256, "DICOM drawing");
        self.truth_files += 1;
        let given_as = self.given_as.clone();
        let given = |drawings: Drawings| Drawings { given_as: given_as.clone(), ..drawings };
        let empty = Drawings { file: path.to_owned(), given_as: given_as.clone(), ..Drawings::default() };
        for uid in listed {
            let of_uid = (uid.clone(), 0)..=(uid.clone(), u32::MAX);
            let frames: Vec<_> = self
                .instances
                .known
                .range(of_uid)
                .map(|((_, n), (name, spot))| (*n, name.clone(), spot.clone()))
                .collect();
            let unnamed = named.contains_key(&(uid.clone(), None));
            for (number, name, spot) in frames {
                let here = placed.iter().any(|(drawn, _)| spot.is_of(drawn));
                if !unnamed && !here && !named.contains_key(&(uid.clone(), Some(number))) {
                    problems.extend(self.draw(&name, spot.plane, empty.clone()));
                }
            }
            self.instances.listed.entry(uid).or_default().push(empty.clone());
        }
        for (instance, drawings) in named {
            let place = (instance.0.clone(), instance.1.unwrap_or(1));
            // Of an image with several frames the object must say which it means.
            let is_vague = instance.1.is_none() && self.instances.known.contains_key(&(instance.0.clone(), 2));
            match self.instances.known.get(&place).filter(|_| !is_vague).cloned() {
                Some((name, spot)) => problems.extend(self.draw(&name, spot.plane, given(drawings))),
                None => self.instances.waiting.entry(instance).or_default().push(given(drawings)),
            }
        }
        for (spot, drawings) in placed {
            match self.instances.known.values().find(|(_, known)| known.is_of(&spot)).cloned() {
                Some((name, known)) => problems.extend(self.draw(&name, known.plane, given(drawings))),
                None => self.instances.placed.push((spot, given(drawings))),
            }
        }
        Ok(Some(problems))
    }

    /// Remembers whose frame a case is, and gives it what was drawn on it.
    pub(super) fn meet_instance(&mut self, file: &OpenFile<'_>, name: &str, index: usize) -> Vec<Problem> {
        let Some(place) = &file.facts().place else { return Vec::new() };
        let Some(instance) = place.instance.clone() else { return Vec::new() };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let (series, frame_of_reference) = (Some(place.series.clone()), place.frame_of_reference.clone());
        let spot = Spot { frame_of_reference, plane: Plane::of(file.facts(), index), series };
        let mut drawings = self.instances.waiting.remove(&(instance.clone(), Some(number))).unwrap_or_default();
        let unnamed = (instance.clone(), None);
        if file.count() == 1 {
            drawings.extend(self.instances.waiting.remove(&unnamed).unwrap_or_default());
        }
        let (here, elsewhere) =
            std::mem::take(&mut self.instances.placed).into_iter().partition(|(drawn, _)| spot.is_of(drawn));
        self.instances.placed = elsewhere;
        let here: Vec<(Spot, Drawings)> = here;
        drawings.extend(here.into_iter().map(|(_, drawings)| drawings));
        // An object that lists the image and draws nothing on it, here or on a frame that it does not name.
        let vague = self.instances.waiting.get(&unnamed).map_or(&[][..], Vec::as_slice);
        let listed = self.instances.listed.get(&instance).map_or(&[][..], Vec::as_slice);
        let draws = |empty: &&Drawings| !drawings.iter().chain(vague).any(|drawn| drawn.is_of(empty));
        let empty: Vec<Drawings> = listed.iter().filter(draws).cloned().collect();
        let plane = spot.plane;
        self.instances.known.insert((instance, number), (name.to_owned(), spot));
        drawings.into_iter().chain(empty).flat_map(|drawings| self.draw(name, plane, drawings)).collect()
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
                let slice = Some(Slice { stack: stack.clone(), index, count: names.len() });
                if entry.case.slice != slice {
                    entry.case.slice = slice;
                    self.changed.push(name.clone());
                }
            }
        }
    }

    /// What was drawn on images that never came, one line a file.
    pub(super) fn unmet_instances(&self, problems: &mut ProblemList) {
        let mut files: BTreeMap<&str, usize> = BTreeMap::new();
        let placed = self.instances.placed.iter().map(|(_, drawings)| drawings);
        for drawings in self.instances.waiting.values().flatten().chain(placed) {
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
        let is_blank = masks.is_empty() && contours.is_empty();
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
        if is_blank {
            // What other files draw there stands against it.
            if entry.holds_any_of(&said) {
                return Vec::new();
            }
            self.instances.blank.insert((name.to_owned(), file.clone()));
        } else {
            let of_case = (name.to_owned(), String::new())..;
            let blank = self.instances.blank.range(of_case).take_while(|(case, _)| case == name);
            let files: Vec<String> = blank.map(|(_, file)| file.clone()).collect();
            for file in files {
                entry.withdraw(&file);
                self.instances.blank.remove(&(name.to_owned(), file));
            }
        }
        entry.take(&file, name, image, said, &mut problems);
        self.changed.push(name.to_owned());
        problems.into_problems()
    }
}

/// What an object draws.
#[derive(Default)]
struct Drawn {
    /// On images that it names.
    named: BTreeMap<Instance, Drawings>,
    /// On images that it does not name, by where they lie.
    placed: Vec<(Spot, Drawings)>,
    /// The images that it lists, drawn on or not.
    listed: BTreeSet<String>,
    problems: Vec<Problem>,
}

fn segmented<'a>(path: &str, source: Box<dyn Source + 'a>) -> Result<Drawn, DicomError> {
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
        let drawings = match frame.referenced_instance {
            Some(instance) => drawn.named.entry((instance, frame.referenced_frame)).or_default(),
            None if spot.plane.is_some() && spot.frame_of_reference.is_some() => {
                let known = drawn.placed.iter().position(|(known, _)| known.is_of(&spot));
                let known = known.unwrap_or_else(|| {
                    drawn.placed.push((spot, Drawings::default()));
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
        path.clone_into(&mut drawings.file);
        drawings.masks.push((label(frame.segment), frame.mask));
    }
    drawn.problems.extend(problems.into_problems());
    Ok(drawn)
}

fn contoured<'a>(path: &str, source: Box<dyn Source + 'a>) -> Result<Drawn, DicomError> {
    let read = read_structures(path, source, Limits::default())?;
    let mut drawn = Drawn { problems: read.problems, ..Drawn::default() };
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
            let drawings = drawn.named.entry((instance, contour.referenced_frame)).or_default();
            path.clone_into(&mut drawings.file);
            drawings.contours.entry(roi.name.clone()).or_default().push(contour);
        }
    }
    drawn.problems.extend(problems.into_problems());
    Ok(drawn)
}
