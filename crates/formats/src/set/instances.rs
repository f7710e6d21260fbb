//! What DICOM objects draw on images, which they name by the images' own numbers (SOP instance UID), or else by where they
//! lie in the patient. An image that an object lists and draws nothing on was looked at, and is empty.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use groundglass_imaging::{Format, Limits, Source};
use groundglass_types::{Mask, Region, TruthRegion};

use super::drawn::{Drawing, Drawn, Shape, Spot, Standing, contoured, segmented};
use super::images::OpenFile;
use super::objects::{Object, Whose};
use super::{CaseSet, GivenAs};
use crate::FormatError;
use crate::dicom::{Contour, ImageReference, ObjectKind, Plane, contour_mask, object_kind};
use crate::problem::{Problem, ProblemList};
use crate::sha::sha256_of;

/// The objects that were read, and the images that were met.
#[derive(Debug, Default)]
pub struct Instances {
    pub(super) objects: Vec<DrawnObject>,
    /// Which drawings name an image, by its UID: the object and the place of its references.
    naming: HashMap<String, Vec<(usize, usize)>>,
    /// Drawings that are on every image that lies where they do: the object and the place there.
    unnamed: Vec<(usize, usize)>,
    /// Objects by the images that they list.
    listed: HashMap<String, BTreeSet<usize>>,
    /// The cases on which a region has contours within others, by the object's file and the region.
    pub(super) holes: BTreeMap<(String, String), BTreeSet<String>>,
    /// The case of an instance's frame, and where it lies in the patient.
    known: BTreeMap<(String, u32), (String, Spot)>,
    /// The files of images that have the UID of another one, which has come before and is taken for the one that is meant.
    pub(super) doubles: BTreeMap<String, (String, BTreeSet<String>)>,
}

/// An object with all that it draws.
#[derive(Debug)]
pub struct DrawnObject {
    pub file: String,
    pub given_as: GivenAs,
    pub drawings: Vec<Drawing>,
    /// The drawings that name the same images, one after the other: the first, and that behind the last.
    runs: Vec<(usize, usize)>,
}

/// An object and an image that are to be brought together.
type Pair = (usize, (String, u32));

impl Instances {
    /// Looks at whether a drawing lies on an image, and remembers it; and whether it has just become a contour that lies on
    /// none of the images that it names.
    fn look(&mut self, (object, drawing): (usize, usize), name: &str, spot: &Spot) -> (bool, bool) {
        let drawing = self.objects.get_mut(object).and_then(|object| object.drawings.get_mut(drawing));
        let Some(drawing) = drawing else { return (false, false) };
        match drawing.standing(spot) {
            Standing::Apart => (false, false),
            Standing::On(_) => {
                drawing.is_met = true;
                (true, false)
            }
            Standing::Off(reference) => {
                let was_stray = drawing.is_stray();
                if let Some(plane) = spot.plane {
                    drawing.off.insert(reference, (name.to_owned(), plane));
                }
                (false, !was_stray && drawing.is_stray() && matches!(drawing.shape, Shape::Contour(_)))
            }
        }
    }

    /// The drawings of an object that name an image.
    fn naming(&self, uid: &str, only: Option<usize>) -> Vec<(usize, usize)> {
        let runs =
            self.naming.get(uid).into_iter().flatten().filter(|(object, _)| only.is_none_or(|only| only == *object));
        let drawings = runs.filter_map(|&(object, run)| {
            let &(first, behind) = self.objects.get(object)?.runs.get(run)?;
            Some((first..behind).map(move |drawing| (object, drawing)))
        });
        drawings.flatten().collect()
    }

    /// Brings drawings together with images; gives the objects and images of which something is to be drawn.
    fn bring(&mut self, drawings: &[(usize, usize)], spots: &[(String, Spot)]) -> BTreeSet<Pair> {
        let (mut pairs, mut strays) = (BTreeSet::new(), Vec::new());
        for (name, spot) in spots {
            for &drawing in drawings {
                let (is_on, is_stray) = self.look(drawing, name, spot);
                if is_on {
                    pairs.insert((drawing.0, (spot.instance.clone(), spot.frame)));
                }
                if is_stray {
                    strays.push(drawing);
                }
            }
        }
        if !strays.is_empty() {
            self.unnamed.extend(&strays);
            let all: Vec<(String, Spot)> = self.known.values().cloned().collect();
            for (name, spot) in &all {
                for &stray in &strays {
                    if self.look(stray, name, spot).0 {
                        pairs.insert((stray.0, (spot.instance.clone(), spot.frame)));
                    }
                }
            }
        }
        pairs
    }

    /// The drawings of an object that lie on an image, each with its turn; `None` where it draws on the image in a way that
    /// cannot be used, so that nothing is known of it, least of all that it is empty.
    fn on<'i>(&'i self, object: usize, spot: &Spot) -> Option<Vec<(&'i Drawing, Standing)>> {
        let own = self.objects.get(object)?;
        let mut places: Vec<usize> =
            self.naming(&spot.instance, Some(object)).into_iter().map(|(_, drawing)| drawing).collect();
        places.extend(self.unnamed.iter().filter(|(of, _)| *of == object).map(|(_, drawing)| drawing));
        places.sort_unstable();
        places.dedup();
        let (mut on, mut is_open) = (Vec::new(), false);
        for drawing in places.into_iter().filter_map(|place| own.drawings.get(place)) {
            match drawing.standing(spot) {
                standing @ Standing::On(_) => on.push((drawing, standing)),
                Standing::Off(_) => is_open = true,
                Standing::Apart => is_open |= drawing.is_vague_about(spot),
            }
        }
        (!on.is_empty() || !is_open).then_some(on)
    }
}

impl CaseSet {
    /// Takes in a DICOM object that draws on images: a segmentation or a structure set. `None` where the file is an image,
    /// or none of DICOM's, and is to be opened as such. `open` gives the file's bytes, each time from their beginning.
    ///
    /// # Errors
    /// [`FormatError`] where it is such an object, but cannot be read, or was read before.
    pub fn add_object<'a>(
        &mut self,
        path: &str,
        open: &mut dyn FnMut() -> std::io::Result<Box<dyn Source + 'a>>,
    ) -> Result<Option<Vec<Problem>>, FormatError> {
        if let Some(problems) = self.take_masks(path, open, false)? {
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
        let given_as = self.given_as.clone();
        let drawn = match object_kind(path, open().map_err(unreadable)?, Limits::default())? {
            ObjectKind::Image | ObjectKind::Other => return Ok(None),
            ObjectKind::Segmentation => segmented(path, open().map_err(unreadable)?),
            ObjectKind::StructureSet => contoured(path, open().map_err(unreadable)?),
        };
        let drawn = drawn.map_err(|error| FormatError::Object { file: path.to_owned(), detail: error.to_string() })?;
        let sha256 = sha256_of(&mut *open().map_err(unreadable)?).map_err(unreadable)?;
        if self.given.contains(&(path.to_owned(), given_as)) {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        self.know_given(path, sha256, "DICOM drawing");
        self.truth_files += 1;
        Ok(Some(self.take_drawn(path, drawn)))
    }

    /// Brings what an object draws to the images that are there, and keeps it for those that come.
    fn take_drawn(&mut self, path: &str, drawn: Drawn) -> Vec<Problem> {
        let Drawn { drawings, listed, mut problems } = drawn;
        let own = self.instances.objects.len();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut named: BTreeSet<String> = BTreeSet::new();
        let mut before: Option<&Arc<[ImageReference]>> = None;
        for (place, drawing) in drawings.iter().enumerate() {
            if drawing.references.is_empty() {
                self.instances.unnamed.push((own, place));
            }
            match (runs.last_mut(), before) {
                (Some(run), Some(before)) if Arc::ptr_eq(before, &drawing.references) => run.1 = place + 1,
                _ => {
                    let uids: BTreeSet<&String> = drawing.references.iter().map(|image| &image.instance).collect();
                    for uid in uids {
                        self.instances.naming.entry(uid.clone()).or_default().push((own, runs.len()));
                        named.insert(uid.clone());
                    }
                    runs.push((place, place + 1));
                }
            }
            before = Some(&drawing.references);
        }
        let given_as = self.given_as.clone();
        self.instances.objects.push(DrawnObject { file: path.to_owned(), given_as, drawings, runs });
        let of_uid = |known: &BTreeMap<(String, u32), (String, Spot)>, uid: &String| -> Vec<(String, Spot)> {
            known.range((uid.clone(), 0)..=(uid.clone(), u32::MAX)).map(|(_, known)| known.clone()).collect()
        };
        let mut pairs = BTreeSet::new();
        for uid in &named {
            let spots = of_uid(&self.instances.known, uid);
            if !spots.is_empty() {
                let drawings = self.instances.naming(uid, Some(own));
                pairs.extend(self.instances.bring(&drawings, &spots));
            }
        }
        let unnamed = self.instances.unnamed.iter().filter(|(object, _)| *object == own);
        let unnamed: Vec<(usize, usize)> = unnamed.copied().collect();
        if !unnamed.is_empty() {
            let spots: Vec<(String, Spot)> = self.instances.known.values().cloned().collect();
            pairs.extend(self.instances.bring(&unnamed, &spots));
        }
        for uid in listed {
            for (_, spot) in of_uid(&self.instances.known, &uid) {
                pairs.insert((own, (spot.instance, spot.frame)));
            }
            self.instances.listed.entry(uid).or_default().insert(own);
        }
        problems.extend(pairs.into_iter().flat_map(|pair| self.draw(&pair)));
        problems
    }

    /// Remembers whose frame a case is, and gives it what was drawn on it.
    pub(super) fn meet_instance(&mut self, file: &OpenFile<'_>, name: &str, index: usize) -> Vec<Problem> {
        let Some(place) = &file.facts().place else { return Vec::new() };
        let Some(instance) = place.instance.clone() else { return Vec::new() };
        let frame = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let spot = Spot {
            instance: instance.clone(),
            frame,
            is_single: file.count() == 1,
            frame_of_reference: place.frame_of_reference.clone(),
            plane: Plane::of(file.facts(), index),
            series: Some(place.series.clone()),
        };
        // Of images with one UID the one that has come first is meant: what is drawn on one is not drawn twice.
        let is_double = |(of, _): &&(String, Spot)| of != name;
        if let Some((first, _)) = self.instances.known.get(&(instance.clone(), frame)).filter(is_double) {
            let first = first.strip_suffix(&format!("#{frame}")).unwrap_or(first).to_owned();
            let doubles = self.instances.doubles.entry(instance).or_insert_with(|| (first, BTreeSet::new()));
            doubles.1.insert(file.path().to_owned());
            return Vec::new();
        }
        let known = (name.to_owned(), spot);
        self.instances.known.insert((instance.clone(), frame), known.clone());
        let mut drawings = self.instances.naming(&instance, None);
        drawings.extend(&self.instances.unnamed);
        let mut pairs = self.instances.bring(&drawings, &[known]);
        let listed = self.instances.listed.get(&instance).into_iter().flatten();
        pairs.extend(listed.map(|&object| (object, (instance.clone(), frame))));
        pairs.into_iter().flat_map(|pair| self.draw(&pair)).collect()
    }

    /// Gives an image all that an object draws on it.
    fn draw(&mut self, (object, image): &Pair) -> Vec<Problem> {
        let Some((name, spot)) = self.instances.known.get(image) else { return Vec::new() };
        let (Some(own), Some(on)) = (self.instances.objects.get(*object), self.instances.on(*object, spot)) else {
            return Vec::new();
        };
        let Some(&place) = self.places.get(name) else { return Vec::new() };
        let Some(case) = self.cases.get(place).map(|entry| &entry.case) else { return Vec::new() };
        let size = (case.width, case.height);
        let (file, is_blank) = (&own.file, on.is_empty());
        let (mut problems, mut is_refused) = (ProblemList::default(), false);
        let mut masks: Vec<(String, Mask)> = Vec::new();
        let mut contours: BTreeMap<&str, Vec<&Contour>> = BTreeMap::new();
        let mut holes: Vec<(String, String)> = Vec::new();
        for (drawing, standing) in on {
            match (&drawing.shape, standing) {
                (Shape::Mask(mask, _), Standing::On(turn)) => match turn.mask(mask) {
                    Ok(mask) => masks.push((drawing.label.clone(), mask)),
                    Err(error) => {
                        let message = format!("{file}: \"{}\" is left out: {error}", drawing.label);
                        problems.push(super::OTHER_SIZE, file, message);
                    }
                },
                (Shape::Contour(contour), _) => contours.entry(&drawing.label).or_default().push(contour),
                (Shape::Mask(..), _) => {}
            }
        }
        for (label, contours) in contours {
            let plane = spot.plane.ok_or_else(|| format!("{name} does not say where it lies"));
            let mask = plane.and_then(|plane| contour_mask(contours, &plane, size).map_err(|error| error.to_string()));
            match mask {
                Ok(found) => {
                    if found.holes > 0 {
                        holes.push((file.clone(), label.to_owned()));
                    }
                    masks.push((label.to_owned(), found.mask));
                }
                Err(fault) => {
                    problems.push(super::drawn::UNTIED, file, format!("{file}: \"{label}\" is left out: {fault}"));
                    is_refused = true;
                }
            }
        }
        let mut regions = Vec::new();
        for (label, mask) in masks {
            if (mask.width(), mask.height()) != size {
                let message = format!(
                    "{file}: \"{label}\" has {} x {} pixels, but its image {name} has {} x {}; it is not used",
                    mask.width(),
                    mask.height(),
                    size.0,
                    size.1
                );
                problems.push(super::OTHER_SIZE, file, message);
                is_refused = true;
            } else if let Some(region) = Region::from_mask(mask) {
                let mut named = TruthRegion { label: label.clone(), region, crowd: false, area: None };
                self.corrections.name(&mut named.label);
                regions.push((label, named));
            }
        }
        // Of an image on which nothing that was drawn can be used nothing is known; least of all that it is empty.
        if is_refused && regions.is_empty() {
            return problems.into_problems();
        }
        let whose = match own.given_as.side_of_drawn(file) {
            (true, _) => Whose::Findings,
            (false, Some(reader)) => Whose::Reader(reader),
            (false, None) => Whose::Truth,
        };
        self.changed.push(name.clone());
        if let Some(entry) = self.cases.get_mut(place) {
            entry.take_object(file, name, whose, Object { regions, is_blank }, &mut problems);
        }
        let name = name.clone();
        for region in holes {
            self.instances.holes.entry(region).or_default().insert(name.clone());
        }
        problems.into_problems()
    }
}
