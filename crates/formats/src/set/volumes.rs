//! Label volumes that no image is called after, on the images that lie in them: a segmentation as NIfTI or NRRD beside the
//! single DICOM files of a series, whose names have nothing in common.
//!
//! A slice of the volume is on an image where both have their pixels at the same places in the patient, once turned: what is
//! asked of the frames of a DICOM segmentation that name no image. A volume may be cut along any of its axes for that, since
//! a series may be sagittal and its volume be stored so too. Volumes say nothing of patients, so where images of several
//! *spaces* lie in one (patients after registration), those in the nearest folder are meant, or else none.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_imaging::{Limits, Opened, VolumeGrid, open};
use groundglass_types::{Mask, Region, TruthRegion};

use super::CaseSet;
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
use crate::turn::Turn;
use crate::words::{folder_of, is_structure_name};

const BY_PLACE: &str = "label volumes that are laid by where they lie";
const STRUCTURES: &str = "label volumes that are named after their files";

/// What lies in one plane of a volume.
type Cut = Vec<TruthRegion>;

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
    /// The images that lie in it, by their spaces.
    met: BTreeMap<String, BTreeMap<String, Met>>,
    /// The cases that it is drawn on.
    drawn: BTreeSet<String>,
}

/// Which plane of a volume an image lies in.
#[derive(Clone, Copy, Debug)]
struct Met {
    along: Along,
    index: usize,
    turn: Turn,
}

/// Across what a volume is cut: the columns, the rows or the frames in which it is shown.
type Along = usize;

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

/// The plane of one of a volume's cuts, and its columns and rows: those of a frame, or else the frames and what of them is
/// left. World coordinates are turned from RAS+ to LPS. `None` where there is no such cut, or a single row or column.
fn plane_of(grid: &VolumeGrid, along: Along, index: usize) -> Option<(Plane, (usize, usize))> {
    let at = |column: usize, row: usize| {
        let (frame, x, y) = match along {
            0 => (column, index, row),
            1 => (column, row, index),
            _ => (index, column, row),
        };
        grid.world(frame, x, y).map(|[x, y, z]| [-x, -y, z])
    };
    let size = match along {
        0 => (grid.slices(), grid.height()),
        1 => (grid.slices(), grid.width()),
        _ => (grid.width(), grid.height()),
    };
    let position = at(0, 0)?;
    let step = |to: [f64; 3]| [0, 1, 2].map(|part| to[part] - position[part]);
    let (right, down) = (step(at(1, 0)?), step(at(0, 1)?));
    let (width, height) = (dot(right, right).sqrt(), dot(down, down).sqrt());
    let ([ax, ay, az], [bx, by, bz]) = (right.map(|part| part / width), down.map(|part| part / height));
    let is_plane = [width, height].iter().all(|length| length.is_finite() && *length > 0.0);
    let plane = Plane { position, orientation: [ax, ay, az, bx, by, bz], spacing: [width, height] };
    is_plane.then_some((plane, size))
}

fn dot([ax, ay, az]: [f64; 3], [bx, by, bz]: [f64; 3]) -> f64 {
    ax * bx + ay * by + az * bz
}

/// Whether a grid of `size` has its pixels where an image's lie: within a tenth of a pixel, and of the distance between
/// slices, at every corner, as for volumes.
fn lies_on(own: &Plane, image: &Plane, (width, height): (usize, usize), distance: f64) -> bool {
    let corner = |plane: &Plane, x: usize, y: usize| {
        let [ax, ay, az, bx, by, bz] = plane.orientation;
        let (right, down) = (x as f64 * plane.spacing[0], y as f64 * plane.spacing[1]);
        let [px, py, pz] = plane.position;
        [px + ax * right + bx * down, py + ay * right + by * down, pz + az * right + bz * down]
    };
    let [ax, ay, az, bx, by, bz] = image.orientation;
    let units = [([ax, ay, az], image.spacing[0]), ([bx, by, bz], image.spacing[1]), (image.normal(), distance)];
    let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
    [(0, 0), (right, 0), (0, bottom), (right, bottom)].into_iter().all(|(x, y)| {
        let (here, there) = (corner(own, x, y), corner(image, x, y));
        let apart = [0, 1, 2].map(|part| here[part] - there[part]);
        units.iter().all(|(direction, unit)| dot(apart, *direction).abs() <= TOLERATED * unit)
    })
}

/// The cut of a grid in which an image lies; `None` where there is none with the same pixels.
fn met_in(grid: &VolumeGrid, image: &Seen) -> Option<Met> {
    let counts = [grid.width(), grid.height(), grid.slices()];
    (0..3).rev().find_map(|along| {
        let (first, size) = plane_of(grid, along, 0)?;
        let normal = image.plane.normal();
        let off = |plane: &Plane| dot([0, 1, 2].map(|part| plane.position[part] - image.plane.position[part]), normal);
        // The first pixels of neighbours may lie aslant, so that only the distance along the normal tells which one it is.
        let step = plane_of(grid, along, 1).map(|(second, _)| off(&second) - off(&first));
        let place = step.map_or(0.0, |step| (-off(&first) / step).round());
        let count = counts.get(along).copied().unwrap_or_default();
        let index = (place >= 0.0 && place < count as f64).then_some(place as usize)?;
        let (plane, _) = plane_of(grid, along, index)?;
        let distance = step.map_or_else(|| image.plane.spacing[0].min(image.plane.spacing[1]), f64::abs);
        let turn = Turn::all().find(|turn| {
            let turned = if turn.is_sideways { (size.1, size.0) } else { size };
            let lies = |own: Plane| lies_on(&own, &image.plane, turned, distance);
            turned == image.size && plane.turned(*turn, size).is_some_and(lies)
        })?;
        Some(Met { along, index, turn })
    })
}

/// The regions of every frame, put together again in planes across the columns (`along` 0) or the rows (1) of the frames.
fn cut_across(map: &LabelMap, grid: &VolumeGrid, along: Along) -> Vec<Cut> {
    let (count, rows) = if along == 0 { (grid.width(), grid.height()) } else { (grid.height(), grid.width()) };
    let (columns, height) = (grid.slices(), grid.height().max(1) as u64);
    // Of every plane the runs of pixels by their value; they come in their order, for a frame is a column.
    let mut planes: Vec<BTreeMap<u64, (&str, Vec<u32>)>> = vec![BTreeMap::new(); count];
    for (frame, ((_, truth), values)) in map.frames.iter().zip(&map.values).enumerate() {
        for (region, &value) in truth.regions.iter().zip(values) {
            let mut put = |plane: u64, first: u64, length: u64| {
                let Some(plane) = usize::try_from(plane).ok().and_then(|plane| planes.get_mut(plane)) else { return };
                let (_, ends) = plane.entry(value).or_insert_with(|| (&region.label, Vec::new()));
                let first = (frame * rows) as u64 + first;
                // A mask has fewer pixels than 2^32.
                let (first, behind) = (first as u32, (first + length) as u32);
                match ends.last_mut() {
                    Some(last) if *last == first => *last = behind,
                    _ => ends.extend([first, behind]),
                }
            };
            for (first, behind) in region.region.mask.iter().flat_map(Mask::runs) {
                let mut at = first;
                while at < behind {
                    let (x, y) = (at / height, at % height);
                    let length = (height - y).min(behind - at);
                    match along {
                        0 => put(x, y, length),
                        _ => (y..y + length).for_each(|y| put(y, x, 1)),
                    }
                    at += length;
                }
            }
        }
    }
    let cut = |values: BTreeMap<u64, (&str, Vec<u32>)>| {
        let region = |(label, ends): (&str, Vec<u32>)| {
            let all = u32::try_from(columns * rows).ok()?;
            let bounds = || ends.iter().copied();
            let counts: Vec<u32> =
                bounds().chain([all]).zip([0].into_iter().chain(bounds())).map(|(end, before)| end - before).collect();
            let region = Mask::from_counts(columns, rows, &counts).ok().and_then(Region::from_mask)?;
            Some(TruthRegion { label: label.to_owned(), region, crowd: false, area: None })
        };
        values.into_values().filter_map(region).collect()
    };
    planes.into_iter().map(cut).collect()
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

    /// Of the spaces of which images lie in it those that are nearest by their folders.
    fn nearest(&self, seen: &BTreeMap<String, Seen>) -> Vec<&String> {
        let folder = folder_of(&self.map.file);
        let nearness = |image: &Seen| if image.folder == folder { usize::MAX } else { shared(&image.folder, &folder) };
        let of_space = |images: &BTreeMap<String, Met>| {
            images.keys().filter_map(|name| seen.get(name)).map(nearness).max().unwrap_or_default()
        };
        let nearest = self.met.values().map(of_space).max();
        self.met.iter().filter(|(_, images)| Some(of_space(images)) == nearest).map(|(space, _)| space).collect()
    }

    /// Whether both are structures of one case: of one folder and one side, each of one value, and lying alike.
    fn is_beside(&self, other: &Self) -> bool {
        let is_named =
            |volume: &Self| volume.is_of_one_value() && is_structure_name(stem(&normalised(&volume.map.file)));
        is_named(self)
            && is_named(other)
            && (&self.whose, folder_of(&self.map.file)) == (&other.whose, folder_of(&other.map.file))
            && self.map.frames.len() == other.map.frames.len()
            && other.grid.voxels_from(&self.grid) <= TOLERATED
    }

    fn is_of_one_value(&self) -> bool {
        self.map.values.iter().flatten().collect::<BTreeSet<_>>().len() <= 1
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
        Ok(self.volumes.seen.values().any(|image| met_in(grid, image).is_some()))
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
        let (met, drawn) = (BTreeMap::new(), BTreeSet::new());
        let mut own = LabelVolume { map, grid, whose, is_structure: false, across: [None, None], met, drawn };
        let beside = self.volumes.volumes.iter().enumerate().filter(|(_, other)| own.is_beside(other));
        let beside: Vec<usize> = beside.map(|(place, _)| place).collect();
        own.is_structure = !beside.is_empty();
        for (name, image) in &self.volumes.seen {
            if let Some(met) = met_in(&own.grid, image) {
                own.met.entry(image.space.clone()).or_default().insert(name.clone(), met);
            }
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
        let mut changed = Vec::new();
        for (place, volume) in self.volumes.volumes.iter_mut().enumerate() {
            if let Some(met) = met_in(&volume.grid, &image) {
                volume.met.entry(image.space.clone()).or_default().insert(name.to_owned(), met);
                changed.push(place);
            }
        }
        self.volumes.seen.insert(name.to_owned(), image);
        for place in changed {
            self.lay_volume(place, problems);
        }
    }

    /// Draws a volume on the images of the one space that is nearest to it, and on no others.
    fn lay_volume(&mut self, place: usize, problems: &mut ProblemList) {
        let Some(volume) = self.volumes.volumes.get(place) else { return };
        let wanted = match volume.nearest(&self.volumes.seen).as_slice() {
            [space] => volume.met.get(*space).cloned().unwrap_or_default(),
            _ => BTreeMap::new(),
        };
        self.withdraw_volume(place, |name| !wanted.contains_key(name));
        for (name, met) in wanted {
            let Some(volume) = self.volumes.volumes.get_mut(place) else { return };
            let Some(entry) = self.places.get(&name).and_then(|&case| self.cases.get_mut(case)) else { continue };
            if !volume.drawn.insert(name.clone()) {
                continue;
            }
            let regions: Vec<(String, TruthRegion)> = volume
                .regions(met)
                .into_iter()
                .map(|mut region| {
                    let label = region.label.clone();
                    self.corrections.name(&mut region.label);
                    (label, region)
                })
                .collect();
            let object = Object { is_blank: regions.is_empty(), regions };
            entry.take_object(&volume.map.file, &name, volume.whose.clone(), object, problems);
            self.changed.push(name);
        }
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
            match (volume.drawn.first(), volume.nearest(&self.volumes.seen).as_slice()) {
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
