//! Label volumes that no image is called after, on the images that lie in them: a segmentation as NIfTI or NRRD beside the
//! single DICOM files of a series, whose names have nothing in common.
//!
//! A slice of the volume is on an image where both have their pixels at the same places in the patient, once turned: what is
//! asked of the frames of a DICOM segmentation that name no image. A volume may be cut along any of its axes for that, since
//! a series may be sagittal and its volume be stored so too. Volumes say nothing of patients, so where images of several
//! *spaces* lie in one (patients after registration), those in the nearest folder are meant, or else none.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_imaging::{Limits, Opened, VolumeGrid, open};
use groundglass_types::{Region, TruthRegion};

use super::CaseSet;
use super::cuts::{Cut, Met, cut_across, met_in, plane_of};
use super::images::OpenFile;
use super::label_maps::LabelMap;
use super::map_places::{Lie, OTHER_PLACE, TOLERATED};
use super::objects::{Object, Whose};
use crate::FormatError;
use crate::content::Content;
use crate::dicom::Plane;
use crate::paths::{normalised, stem};
use crate::plan::UNPAIRED;
use crate::problem::{Problem, ProblemList};
use crate::words::{folder_of, is_structure_name};

const BY_PLACE: &str = "label volumes that are laid by where they lie";
const STRUCTURES: &str = "label volumes that are named after their files";

/// A label volume that is laid by where it lies.
#[derive(Debug)]
struct LabelVolume {
    map: LabelMap,
    grid: VolumeGrid,
    whose: Whose,
    /// Whether its file's name is its class: one of several volumes of one value in a folder that lie alike.
    is_structure: bool,
    /// What lies across the columns and across the rows of its frames, once that is asked for.
    across: [Option<Vec<Cut>>; 2],
    is_of_one_value: bool,
    /// The images that lie in it, by their spaces.
    met: BTreeMap<String, BTreeMap<String, Met>>,
    /// How near the folders of each space's images come to its own.
    nearness: BTreeMap<String, usize>,
    /// The cases that it is drawn on.
    drawn: BTreeSet<String>,
}

/// An image and where it lies.
#[derive(Clone, Debug)]
struct Seen {
    plane: Plane,
    size: (usize, usize),
    /// Images of one space are of one patient, and lie as they say to each other.
    space: String,
    folder: String,
}

/// Label volumes, and the images that say where they lie.
#[derive(Debug, Default)]
pub struct Volumes {
    volumes: Vec<LabelVolume>,
    seen: BTreeMap<String, Seen>,
}

impl LabelVolume {
    /// What lies in a plane; the class is the file's name where that is its structure.
    fn regions(&mut self, met: Met) -> Vec<TruthRegion> {
        let regions = match met.along {
            along @ (0 | 1) => {
                let (map, grid) = (&self.map, &self.grid);
                let cuts =
                    self.across.get_mut(along).map(|cuts| cuts.get_or_insert_with(|| cut_across(map, grid, along)));
                cuts.and_then(|cuts| cuts.get(met.index)).cloned()
            }
            _ => self.map.frames.get(met.index).map(|(_, truth)| truth.regions.clone()),
        };
        let mut regions = regions.unwrap_or_default();
        if self.is_structure {
            let structure = stem(&normalised(&self.map.file)).to_owned();
            regions.iter_mut().for_each(|region| region.label.clone_from(&structure));
        }
        let turned = |region: TruthRegion| {
            let mask = met.turn.mask(region.region.mask.as_ref()?).ok()?;
            Some(TruthRegion { region: Region::from_mask(mask)?, ..region })
        };
        regions.into_iter().filter_map(turned).collect()
    }

    /// Remembers an image that may lie in it; whether it does.
    fn meet(&mut self, name: &str, image: &Seen) -> bool {
        let Some(met) = met_in(&self.grid, &image.plane, image.size) else { return false };
        self.met.entry(image.space.clone()).or_default().insert(name.to_owned(), met);
        let folder = folder_of(&self.map.file);
        let near = if image.folder == folder { usize::MAX } else { shared(&image.folder, &folder) };
        let nearness = self.nearness.entry(image.space.clone()).or_default();
        *nearness = near.max(*nearness);
        true
    }

    /// Of the spaces of which images lie in it those that are nearest by their folders.
    fn nearest(&self) -> Vec<&String> {
        let nearest = self.nearness.values().max();
        self.nearness.iter().filter(|(_, near)| Some(*near) == nearest).map(|(space, _)| space).collect()
    }

    /// The one space that is meant; `None` where there is none, or several are alike.
    fn meant(&self) -> Option<String> {
        if let [space] = self.nearest()[..] { Some(space.clone()) } else { None }
    }

    /// Whether both are structures of one case: of one folder and one side, each of one value, and lying alike.
    fn is_beside(&self, other: &Self) -> bool {
        let is_named = |volume: &Self| volume.is_of_one_value && is_structure_name(stem(&normalised(&volume.map.file)));
        is_named(self)
            && is_named(other)
            && (&self.whose, folder_of(&self.map.file)) == (&other.whose, folder_of(&other.map.file))
            && self.map.frames.len() == other.map.frames.len()
            && other.grid.voxels_from(&self.grid) <= TOLERATED
    }
}

/// Where the pixels of a frame lie, and by what images of one patient are told.
fn seen(path: &str, index: usize, opened: &Opened<'_>) -> Option<Seen> {
    let facts = opened.facts();
    let (plane, space) = match (&facts.place, &facts.grid) {
        (Some(place), _) => {
            let space = place.frame_of_reference.clone().unwrap_or_else(|| place.series.clone());
            (Plane::of(facts, index)?, space)
        }
        (None, Some(grid)) if is_placed(grid) => (plane_of(grid, 2, index)?.0, path.to_owned()),
        _ => return None,
    };
    let (width, height) = opened.size();
    Some(Seen { plane, size: (width as usize, height as usize), space, folder: folder_of(path) })
}

/// Whether a volume says where it lies, at one time.
const fn is_placed(grid: &VolumeGrid) -> bool {
    grid.placed && grid.times == 1
}

impl CaseSet {
    /// Reads a label volume that no image is called after: it is the truth of the images that lie in its planes. What is
    /// wrong with it comes back.
    ///
    /// # Errors
    /// As [`CaseSet::add_label_map`].
    pub fn add_label_volume<'c>(
        &mut self,
        path: &str,
        content: impl Into<Content<'c>>,
    ) -> Result<Vec<Problem>, FormatError> {
        self.take_label_map(None, path, &content.into())
    }

    /// Whether a file is a volume in whose planes images lie that were met.
    pub(super) fn lies_in_images(&self, path: &str, content: &Content<'_>) -> Result<bool, FormatError> {
        let opened = open(path, content.source(), Limits::default())?;
        let Some(grid) = opened.facts().grid.as_ref().filter(|grid| is_placed(grid)) else { return Ok(false) };
        Ok(self.volumes.seen.values().any(|image| met_in(grid, &image.plane, image.size).is_some()))
    }

    /// Remembers where a case lies that stands for a frame of a file.
    pub(super) fn see(&mut self, path: &str, name: &str, index: usize, opened: &Opened<'_>) {
        if let Some(image) = seen(path, index, opened) {
            self.volumes.seen.insert(name.to_owned(), image);
        }
    }

    /// Whether an image that is no volume itself says where each of its frames lies (DICOM), as a label volume does: then
    /// places decide, and the names do not.
    pub(super) fn is_by_place(&self, image: &str, lie: &Lie) -> bool {
        let is_volume = |lie: &Lie| matches!(lie, Lie::Volume(grid) if is_placed(grid));
        let is_seen = |name: &String| self.volumes.seen.contains_key(name);
        let slices =
            self.stacks.get(image).map_or_else(|| is_seen(&image.to_owned()), |names| names.iter().all(is_seen));
        slices && is_volume(lie) && !self.lies.get(image).is_some_and(is_volume)
    }

    /// Takes in a label map that is of no image by its name.
    pub(super) fn take_volume(&mut self, map: LabelMap, problems: &mut ProblemList) {
        let grid = match &map.lie {
            Lie::Volume(grid) if is_placed(grid) => (**grid).clone(),
            _ => {
                let file = &map.file;
                let message = format!(
                    "{file} is a label map without an image of its name, and does not say where one volume lies; it is not used"
                );
                problems.push(UNPAIRED, file, message);
                return;
            }
        };
        let whose = match map.given_as.side_of_drawn(&map.file) {
            (true, _) => Whose::Findings,
            (false, Some(reader)) => Whose::Reader(reader),
            (false, None) => Whose::Truth,
        };
        // A map of several channels comes once for each.
        let is_same = |other: &LabelVolume| other.map.file == map.file && other.whose == whose;
        if self.volumes.volumes.iter().any(is_same) {
            return;
        }
        let mut own = LabelVolume {
            is_of_one_value: map.values.iter().flatten().collect::<BTreeSet<_>>().len() <= 1,
            map,
            grid,
            whose,
            is_structure: false,
            across: [None, None],
            met: BTreeMap::new(),
            nearness: BTreeMap::new(),
            drawn: BTreeSet::new(),
        };
        let beside = self.volumes.volumes.iter().enumerate().filter(|(_, other)| own.is_beside(other));
        let beside: Vec<usize> = beside.map(|(place, _)| place).collect();
        own.is_structure = !beside.is_empty();
        for (name, image) in &self.volumes.seen {
            own.meet(name, image);
        }
        self.volumes.volumes.push(own);
        for place in beside {
            let other = self.volumes.volumes.get_mut(place).filter(|other| !other.is_structure);
            if let Some(other) = other {
                other.is_structure = true;
                self.withdraw_volume(place, |_| true);
                self.lay_volume(place, problems);
            }
        }
        self.lay_volume(self.volumes.volumes.len() - 1, problems);
    }

    /// Remembers where a case lies, and gives it what label volumes have there.
    pub(super) fn meet_volumes(&mut self, file: &OpenFile<'_>, name: &str, index: usize, problems: &mut ProblemList) {
        let Some(image) = seen(file.path(), index, &file.opened) else { return };
        let mut met = Vec::new();
        for (place, volume) in self.volumes.volumes.iter_mut().enumerate() {
            let before = volume.meant();
            if volume.meet(name, &image) {
                met.push((place, before == volume.meant()));
            }
        }
        let space = image.space.clone();
        self.volumes.seen.insert(name.to_owned(), image);
        for (place, is_settled) in met {
            if !is_settled {
                self.lay_volume(place, problems);
            } else if self.volumes.volumes.get(place).and_then(LabelVolume::meant).as_ref() == Some(&space) {
                self.draw_volume(place, name, problems);
            }
        }
    }

    /// Draws a volume on the images of the one space that is nearest to it, and on no others.
    fn lay_volume(&mut self, place: usize, problems: &mut ProblemList) {
        let Some(volume) = self.volumes.volumes.get(place) else { return };
        let images = volume.meant().and_then(|space| volume.met.get(&space));
        let wanted: BTreeSet<String> = images.into_iter().flat_map(BTreeMap::keys).cloned().collect();
        self.withdraw_volume(place, |name| !wanted.contains(name));
        wanted.iter().for_each(|name| self.draw_volume(place, name, problems));
    }

    /// Gives a case what a volume has in its plane, unless it has it.
    fn draw_volume(&mut self, place: usize, name: &str, problems: &mut ProblemList) {
        let Some(volume) = self.volumes.volumes.get_mut(place) else { return };
        let Some(met) = volume.met.values().find_map(|images| images.get(name)).copied() else { return };
        let Some(entry) = self.places.get(name).and_then(|&case| self.cases.get_mut(case)) else { return };
        if !volume.drawn.insert(name.to_owned()) {
            return;
        }
        let mut named = |mut region: TruthRegion| {
            let label = region.label.clone();
            self.corrections.name(&mut region.label);
            (label, region)
        };
        let regions: Vec<(String, TruthRegion)> = volume.regions(met).into_iter().map(&mut named).collect();
        let object = Object { is_blank: regions.is_empty(), regions };
        entry.take_object(&volume.map.file, name, volume.whose.clone(), object, problems);
        self.changed.push(name.to_owned());
    }

    /// Takes a volume off those cases that it is drawn on and that are meant.
    fn withdraw_volume(&mut self, place: usize, is_meant: impl Fn(&str) -> bool) {
        let Some(volume) = self.volumes.volumes.get_mut(place) else { return };
        let names: Vec<String> = volume.drawn.iter().filter(|name| is_meant(name)).cloned().collect();
        for name in names {
            volume.drawn.remove(&name);
            let entry = self.places.get(&name).and_then(|&case| self.cases.get_mut(case));
            if entry.is_some_and(|entry| entry.withdraw_object(&volume.map.file)) {
                self.changed.push(name);
            }
        }
    }

    /// Forgets the volumes that a model found, so that those of another can come; what is to be told of them is told.
    pub(super) fn take_found_volumes(&mut self, problems: &mut ProblemList) {
        self.tell_volumes(|volume| volume.whose == Whose::Findings, problems);
        self.volumes.volumes.retain(|volume| volume.whose != Whose::Findings);
    }

    /// On what the volumes were laid, and which were laid on nothing.
    pub(super) fn told_of_volumes(&self, problems: &mut ProblemList) {
        self.tell_volumes(|_| true, problems);
    }

    fn tell_volumes(&self, is_meant: impl Fn(&LabelVolume) -> bool, problems: &mut ProblemList) {
        let mut structures: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for volume in self.volumes.volumes.iter().filter(|volume| is_meant(volume)) {
            let (file, grid) = (&volume.map.file, &volume.grid);
            if volume.is_structure {
                structures.entry(folder_of(file)).or_default().push(file);
            }
            match (volume.drawn.first(), volume.nearest().as_slice()) {
                (Some(first), _) => {
                    let message = format!(
                        "{file} is laid on {}, the first of them {first}, by where it lies and not by its name",
                        images(volume.drawn.len())
                    );
                    problems.push(BY_PLACE, file, message);
                    volume.tell_lost(problems);
                }
                (None, []) => {
                    let message = format!(
                        "{file} is a label volume in whose planes no image lies: it has {grid}; it is not used; save it with the affine of its image"
                    );
                    problems.push(UNPAIRED, file, message);
                }
                (None, spaces) => {
                    let firsts = spaces.iter().filter_map(|space| volume.met.get(*space)?.keys().next());
                    let firsts: Vec<&str> = firsts.map(String::as_str).collect();
                    let message = format!(
                        "{file} is a label volume in whose planes images of several patients lie ({}); it is not used: put it into the folder of its own, or call it as its image",
                        firsts.join(", ")
                    );
                    problems.push(UNPAIRED, file, message);
                }
            }
        }
        for (folder, files) in structures {
            let first = files.first().copied().unwrap_or_default();
            let folder = if folder.is_empty() { "one folder" } else { &folder };
            let message = format!(
                "{} label volumes of {folder} have one value each and lie alike; each is the class that its file is called after",
                files.len()
            );
            problems.push(STRUCTURES, first, message);
        }
    }
}

impl LabelVolume {
    /// Says which of its regions lie in the plane of no image.
    fn tell_lost(&self, problems: &mut ProblemList) {
        let mets = || self.met.values().flatten().map(|(_, met)| met);
        let Some(along) = mets().map(|met| met.along).next() else { return };
        let on: BTreeSet<usize> = mets().filter(|met| met.along == along).map(|met| met.index).collect();
        let is_bare = |index: usize| match self.across.get(along) {
            Some(cuts) => cuts.as_ref().and_then(|cuts| cuts.get(index)).is_none_or(Vec::is_empty),
            None => self.map.frames.get(index).is_none_or(|(_, truth)| truth.regions.is_empty()),
        };
        let count = [self.grid.width(), self.grid.height(), self.grid.slices()].get(along).copied().unwrap_or_default();
        let lost: Vec<usize> = (0..count).filter(|index| !on.contains(index) && !is_bare(*index)).collect();
        if let Some(first) = lost.first() {
            let file = &self.map.file;
            let message = format!(
                "{file}: {} of its slices with regions lie in the plane of no image, the first of them slice {}; they are not used",
                lost.len(),
                first + 1
            );
            problems.push(OTHER_PLACE, file, message);
        }
    }
}

/// How many folders two paths have in common, from the outermost.
fn shared(one: &str, other: &str) -> usize {
    let is_same = |(one, other): &(&str, &str)| one == other && !one.is_empty();
    one.split('/').zip(other.split('/')).take_while(is_same).count()
}

fn images(count: usize) -> String {
    if count == 1 { "1 image".to_owned() } else { format!("{count} images") }
}
