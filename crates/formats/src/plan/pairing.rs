//! Label maps and the images that they are of.

use std::collections::{BTreeMap, BTreeSet};

use super::PlannedLabelMap;
use crate::paths::{base_name, extension, normalised};
use crate::problem::ProblemList;
use crate::words::{alike, exact_name, folded, folder_of, key_of, numbered, slice_of, structure};

pub(crate) const UNPAIRED: &str = "label maps without an image of their own";

/// The end of a first channel's name where the label map is called without it (nnU-Net).
pub(crate) const FIRST_CHANNEL: &str = "_0000";

/// Gives each label map its image, and beside them the label volumes without one, which may tell by where they lie what they
/// are of. Every other that has none, or could have two, is told.
pub(super) fn pair(
    images: &[String],
    label_maps: &[&String],
    problems: &mut ProblemList,
) -> (Vec<PlannedLabelMap>, Vec<String>) {
    let known = Images::of(images);
    let mut planned: Vec<PlannedLabelMap> = Vec::new();
    let mut taken: BTreeMap<(&String, Option<usize>), &String> = BTreeMap::new();
    let mut left: Vec<&String> = Vec::new();
    let mut met: BTreeSet<String> = BTreeSet::new();
    for &path in label_maps {
        let (candidates, is_part) = known.of_map(path);
        let candidates = as_written(path, candidates);
        let image = match candidates[..] {
            [image] => image,
            [] => {
                left.push(path);
                continue;
            }
            [first, second, ..] => {
                let message = format!("{path} is a label map that could be of {first} or of {second}; it is left out");
                problems.push(UNPAIRED, path, message);
                continue;
            }
        };
        let slice = slice_of(path).map(|(_, number)| number);
        met.insert(folder_of(path));
        if !is_part && let Some(first) = taken.get(&(image, slice)) {
            let message = format!("{path} is a second label map of {image}; {first} is kept");
            problems.push(UNPAIRED, path, message);
            continue;
        }
        if !is_part {
            taken.insert((image, slice), path);
        }
        planned.push(PlannedLabelMap { path: path.clone(), image: image.clone() });
    }
    let have_places = images.iter().any(|image| may_say_its_place(image));
    let mut volumes = Vec::new();
    for path in left {
        match known.only_of_folder(path).filter(|_| !met.contains(&folder_of(path))) {
            Some(image) => planned.push(PlannedLabelMap { path: path.clone(), image: image.clone() }),
            None if have_places && is_volume(path) => volumes.push(path.clone()),
            None => problems.push(UNPAIRED, path, format!("{path} is a label map without an image of its name")),
        }
    }
    (planned, volumes)
}

/// Whether a file is a volume that may say where it lies.
fn is_volume(path: &str) -> bool {
    matches!(extension(&normalised(path)).as_str(), "nii" | "nii.gz" | "nrrd")
}

/// Whether an image may say where it lies: a volume, or DICOM, whose files often have no extension or a number in its place.
fn may_say_its_place(path: &str) -> bool {
    let extension = extension(&normalised(path));
    is_volume(path)
        || extension.bytes().all(|byte| byte.is_ascii_digit())
        || ["dcm", "dicom", "dic", "ima", "img", "mr", "ct"].contains(&extension.as_str())
}

/// Of several images those that are called as a label map is by every large and small letter (`A.jpg` and `a.jpg`), where there
/// are such.
fn as_written<'a>(path: &str, candidates: Vec<&'a String>) -> Vec<&'a String> {
    if candidates.len() < 2 {
        return candidates;
    }
    let own = exact_name(path);
    let is_own = |image: &&&String| {
        let image = exact_name(image);
        // The map may have a number behind the image's name, and the image the number of a channel behind the map's.
        own.starts_with(&image) || image.starts_with(&own)
    };
    let fitting: Vec<&'a String> = candidates.iter().filter(is_own).copied().collect();
    if fitting.is_empty() { candidates } else { fitting }
}

#[cfg(feature = "full")]
fn sequences(images: &[String]) -> BTreeMap<String, Vec<(String, &String)>> {
    let mut by_case = BTreeMap::<_, Vec<_>>::new();
    for image in images {
        if let Some(name) = super::channels::case_of_sequence(image) {
            by_case.entry(folded(&name)).or_default().push((key_of(&normalised(image)).1, image));
        }
    }
    by_case
}

/// Images by what they have in common with the files about them.
pub(super) struct Images<'a> {
    /// With their folders, by their names.
    by_name: BTreeMap<String, Vec<(String, &'a String)>>,
    by_folder: BTreeMap<String, Vec<&'a String>>,
    /// Sequences with their folders, by the names of their cases.
    #[cfg(feature = "full")]
    by_case: BTreeMap<String, Vec<(String, &'a String)>>,
}

impl<'a> Images<'a> {
    pub(super) fn of(images: &'a [String]) -> Self {
        let (mut by_name, mut by_folder) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for image in images {
            let (name, folder) = key_of(&normalised(image));
            by_folder.entry(folder.clone()).or_default().push(image);
            by_name.entry(name).or_default().push((folder, image));
        }
        #[cfg(feature = "full")]
        let by_case = sequences(images);
        Self {
            by_name,
            by_folder,
            #[cfg(feature = "full")]
            by_case,
        }
    }

    /// Whether an image has the name that a label map at `path` has.
    pub(super) fn has_image_of(&self, path: &str) -> bool {
        !self.of_map(path).0.is_empty()
    }

    /// The images that a label map could be of, and whether it is one of several of its image.
    fn of_map(&self, path: &str) -> (Vec<&'a String>, bool) {
        let (name, folder) = key_of(&normalised(path));
        let of_name = |key: &str| self.by_name.get(key).map_or(&[][..], Vec::as_slice).iter();
        // In the same folder, else in one whose last folders are the same, else anywhere.
        let nearest = |key: &str| -> Vec<&'a String> {
            let nearness = |other: &str| if other == folder { usize::MAX } else { alike(other, &folder) };
            let best = of_name(key).map(|(other, _)| nearness(other)).max();
            let near = of_name(key).filter(|(other, _)| Some(nearness(other)) == best);
            near.map(|(_, image)| *image).collect()
        };
        for name in [name.clone(), format!("{name}{FIRST_CHANNEL}")] {
            let of_name = nearest(&name);
            if !of_name.is_empty() {
                return (of_name, false);
            }
        }
        #[cfg(feature = "full")]
        if let found @ [_, ..] = &self.first_sequences(&name, &folder)[..] {
            return (found.to_vec(), false);
        }
        if let Some((image, _)) = slice_of(path) {
            let is_its = |other: &&String| folded(base_name(&normalised(other))) == image;
            return (nearest(&key_of(&image).0).into_iter().filter(is_its).collect(), false);
        }
        let key = structure(path).map(|(key, _)| key).filter(|key| self.by_name.contains_key(key));
        let Some(key) = key.or_else(|| numbered(path).map(|(key, _)| key)) else { return (Vec::new(), true) };
        let all: Vec<&'a String> = of_name(&key).map(|(_, image)| *image).collect();
        let own: Vec<&'a String> = all.iter().copied().filter(|other| folder_of(other) == folder_of(path)).collect();
        (if own.is_empty() { all } else { own }, true)
    }

    /// The first sequence of the case that is called as a label map is, in the nearest folders: one for each of them.
    #[cfg(feature = "full")]
    fn first_sequences(&self, name: &str, folder: &str) -> Vec<&'a String> {
        let channels = self.by_case.get(name).map_or(&[][..], Vec::as_slice);
        let nearness = |other: &str| if other == folder { usize::MAX } else { alike(other, folder) };
        let best = channels.iter().map(|(other, _)| nearness(other)).max();
        let mut found: Vec<&'a String> = Vec::new();
        for (other, image) in channels.iter().filter(|(other, _)| Some(nearness(other)) == best) {
            // The name of a sequence alone says nothing beyond its folder.
            let is_meant = !name.is_empty() || other == folder;
            if is_meant && !found.iter().any(|known| folder_of(known) == folder_of(image)) {
                found.push(*image);
            }
        }
        found
    }

    /// The only image of the case whose folder a label map stands in, or in a folder of masks there
    /// (`s1/segmentations/liver.nii.gz` and `s1/ct.nii.gz`). Where no folder holds the case, this is so of volumes alone.
    fn only_of_folder(&self, path: &str) -> Option<&'a String> {
        let folder = key_of(&normalised(path)).1;
        let [image] = self.by_folder.get(&folder)?[..] else { return None };
        (!folder.is_empty() || is_volume(path) && is_volume(image)).then_some(image)
    }
}
