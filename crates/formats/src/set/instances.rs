//! What DICOM objects draw on images, which they name by the images' own numbers (SOP instance UID), or else by where they
//! lie in the patient. An image that an object lists and draws nothing on was looked at, and is empty.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use groundglass_imaging::{Format, Limits, Source};
use groundglass_types::{Mask, Region, Slice, TruthRegion};

use super::drawn::{Drawings, Drawn, Instance, Loose, Spot, UNTIED, contoured, contours, segmented};
use super::images::OpenFile;
use super::objects::{Object, Whose};
use super::{CaseSet, GivenAs};
use crate::FormatError;
use crate::dicom::{ObjectKind, Plane, contour_mask, object_kind};
use crate::problem::{Problem, ProblemList};
use crate::sha::sha256_of;

/// What waits for images, and the images that were met.
#[derive(Debug, Default)]
pub struct Instances {
    waiting: BTreeMap<Instance, Vec<Drawings>>,
    /// Masks that name no image, but say where they lie: they are on every image there.
    placed: Vec<Met<(Spot, Drawings)>>,
    /// Contours that name no image: they are on every image in whose plane they lie. Each is there alone in its drawings.
    loose: Vec<Met<(Loose, Drawings)>>,
    /// Objects by the images that they list.
    listed: BTreeMap<String, Vec<Drawings>>,
    /// The case of an instance's frame, and where it lies in the patient.
    known: BTreeMap<(String, u32), (String, Spot)>,
    /// Single images by their series.
    series: BTreeMap<String, Vec<Member>>,
}

/// What has no image of its own, and whether any was met that it is on.
#[derive(Debug)]
struct Met<T> {
    drawn: T,
    met: bool,
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

const UNMET: &str = "drawings on images that are not there";

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
            ObjectKind::Segmentation => segmented(path, &given_as, open().map_err(unreadable)?),
            ObjectKind::StructureSet => contoured(path, &given_as, open().map_err(unreadable)?),
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
        let Drawn { named, placed, loose, listed, mut problems } = drawn;
        let none = Drawings::none(path, &self.given_as);
        // All that it draws on one image is put together first.
        let mut here: BTreeMap<String, (Option<Plane>, Drawings)> = BTreeMap::new();
        let mut add = |(name, spot): &(String, Spot), drawings: Drawings| {
            here.entry(name.clone()).or_insert_with(|| (spot.plane, none.clone())).1.add(drawings);
        };
        let mut vague = BTreeSet::new();
        for ((uid, frame), drawings) in named {
            let place = (uid.clone(), frame.unwrap_or(1));
            // Of an image with several frames the object must say which it means.
            let is_vague = frame.is_none() && self.instances.known.contains_key(&(uid.clone(), 2));
            if is_vague {
                vague.insert(uid.clone());
            }
            match self.instances.known.get(&place).filter(|_| !is_vague) {
                Some(known) => add(known, drawings),
                None => self.instances.waiting.entry((uid, frame)).or_default().push(drawings),
            }
        }
        for drawn in placed {
            let mut met = false;
            for known in self.instances.known.values().filter(|(_, spot)| spot.is_of(&drawn.0)) {
                add(known, drawn.1.clone());
                met = true;
            }
            self.instances.placed.push(Met { drawn, met });
        }
        for loose in loose {
            let mut drawings = none.clone();
            drawings.contours.insert(loose.label.clone(), vec![loose.contour.clone()]);
            let mut met = false;
            for known in self.instances.known.values().filter(|(_, spot)| spot.holds(&loose)) {
                add(known, drawings.clone());
                met = true;
            }
            self.instances.loose.push(Met { drawn: (loose, drawings), met });
        }
        for uid in listed {
            let of_uid = (uid.clone(), 0)..=(uid.clone(), u32::MAX);
            if !vague.contains(&uid) {
                for (name, spot) in self.instances.known.range(of_uid).map(|(_, known)| known) {
                    here.entry(name.clone()).or_insert_with(|| (spot.plane, none.clone()));
                }
            }
            self.instances.listed.entry(uid).or_default().push(none.clone());
        }
        problems.extend(here.into_iter().flat_map(|(name, (plane, drawings))| self.draw(&name, plane, drawings)));
        problems
    }

    /// Remembers whose frame a case is, and gives it what was drawn on it.
    pub(super) fn meet_instance(&mut self, file: &OpenFile<'_>, name: &str, index: usize) -> Vec<Problem> {
        let Some(place) = &file.facts().place else { return Vec::new() };
        let Some(instance) = place.instance.clone() else { return Vec::new() };
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let (series, frame_of_reference) = (Some(place.series.clone()), place.frame_of_reference.clone());
        let spot = Spot { frame_of_reference, plane: Plane::of(file.facts(), index), series };
        // All that one object draws here is put together.
        let mut here: Vec<Drawings> = Vec::new();
        let mut add = |drawings: Drawings| match here.iter_mut().find(|known| known.is_of(&drawings)) {
            Some(known) => known.add(drawings),
            None => here.push(drawings),
        };
        let unnamed = (instance.clone(), None);
        if file.count() == 1 {
            self.instances.waiting.remove(&unnamed).into_iter().flatten().for_each(&mut add);
        }
        self.instances.waiting.remove(&(instance.clone(), Some(number))).into_iter().flatten().for_each(&mut add);
        for Met { drawn: (_, drawings), met } in
            self.instances.placed.iter_mut().filter(|placed| spot.is_of(&placed.drawn.0))
        {
            add(drawings.clone());
            *met = true;
        }
        for Met { drawn: (_, drawings), met } in
            self.instances.loose.iter_mut().filter(|loose| spot.holds(&loose.drawn.0))
        {
            add(drawings.clone());
            *met = true;
        }
        // An object that lists the image and draws nothing on it, here or on a frame that it does not name.
        let vague = self.instances.waiting.get(&unnamed).map_or(&[][..], Vec::as_slice);
        let listed = self.instances.listed.get(&instance).map_or(&[][..], Vec::as_slice);
        let draws = |empty: &&Drawings| here.iter().chain(vague).any(|drawn| drawn.is_of(empty));
        let empty: Vec<Drawings> = listed.iter().filter(|empty| !draws(empty)).cloned().collect();
        let plane = spot.plane;
        self.instances.known.insert((instance, number), (name.to_owned(), spot));
        here.into_iter().chain(empty).flat_map(|drawings| self.draw(name, plane, drawings)).collect()
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

    /// What was drawn on images that never came, one line a file, and contours that lie on none, one line a region.
    pub(super) fn unmet_instances(&self, problems: &mut ProblemList) {
        // What was given twice, as truth and as predictions, is counted once.
        let most = |counts: HashMap<&GivenAs, usize>| counts.into_values().max().unwrap_or_default();
        let mut files: BTreeMap<&str, HashMap<&GivenAs, usize>> = BTreeMap::new();
        let placed = self.instances.placed.iter().filter(|placed| !placed.met).map(|placed| &placed.drawn.1);
        for drawings in self.instances.waiting.values().flatten().chain(placed) {
            *files.entry(&drawings.file).or_default().entry(&drawings.given_as).or_default() += 1;
        }
        for (file, counts) in files {
            let count = most(counts);
            let message = format!("{file} draws on {count} images that are not among the files; that is not used");
            problems.push(UNMET, file, message);
        }
        let mut regions: BTreeMap<(&str, &str, &str, bool), HashMap<&GivenAs, usize>> = BTreeMap::new();
        for Met { drawn: (loose, drawings), .. } in self.instances.loose.iter().filter(|loose| !loose.met) {
            let region = (&*drawings.file, &*loose.label, &*loose.frame_of_reference, !loose.series.is_empty());
            *regions.entry(region).or_default().entry(&drawings.given_as).or_default() += 1;
        }
        for ((file, label, frame_of_reference, of_series), counts) in regions {
            let message = format!(
                "{file}: left out of \"{label}\": {} without the name of an image, and in the plane of none with the frame of reference {frame_of_reference}{}",
                contours(most(counts)),
                if of_series { " in the series that the file names" } else { "" }
            );
            problems.push(UNTIED, file, message);
        }
    }

    fn draw(&mut self, name: &str, plane: Option<Plane>, drawings: Drawings) -> Vec<Problem> {
        let mut problems = ProblemList::default();
        let is_blank = drawings.is_blank();
        let Drawings { file, given_as, masks, contours } = drawings;
        let Some(entry) = self.places.get(name).and_then(|&place| self.cases.get_mut(place)) else { return Vec::new() };
        let size = (entry.case.width, entry.case.height);
        let (mut regions, mut is_refused) = (Vec::new(), false);
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
                return false;
            }
            if let Some(region) = Region::from_mask(mask) {
                let mut named = TruthRegion { label: label.clone(), region, crowd: false, area: None };
                self.corrections.name(&mut named.label);
                regions.push((label, named));
            }
            true
        };
        for (label, mask) in masks {
            is_refused |= !add(label, mask, &mut problems);
        }
        for (label, contours) in contours {
            let mask = plane.ok_or_else(|| format!("{name} does not say where it lies"));
            let mask = mask.and_then(|plane| contour_mask(&contours, &plane, size).map_err(|error| error.to_string()));
            match mask {
                Ok(mask) => is_refused |= !add(label, mask, &mut problems),
                Err(fault) => {
                    problems.push(UNTIED, &file, format!("{file}: \"{label}\" is left out: {fault}"));
                    is_refused = true;
                }
            }
        }
        // Of an image on which nothing that was drawn can be used nothing is known; least of all that it is empty.
        if is_refused && regions.is_empty() {
            return problems.into_problems();
        }
        let whose = match given_as.side_of_drawn(&file) {
            (true, _) => Whose::Findings,
            (false, Some(reader)) => Whose::Reader(reader),
            (false, None) => Whose::Truth,
        };
        entry.take_object(&file, name, whose, Object { regions, is_blank }, &mut problems);
        self.changed.push(name.to_owned());
        problems.into_problems()
    }
}
