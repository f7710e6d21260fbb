//! Which file of a set is what, told by the names alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::paths::{base_name, extension, folders, normalised, stem};
use crate::problem::{Problem, ProblemList};

/// What every file of a set is, told by its name. Paths are as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct SetPlan {
    /// Images to run.
    pub images: Vec<String>,
    /// Label maps, each with its image.
    pub label_maps: Vec<PlannedLabelMap>,
    /// Files of annotations, those first that give classes their names.
    pub annotations: Vec<String>,
    /// Archives, whose files are to be planned in their place.
    pub archives: Vec<String>,
    /// Every other file, with the reason why it is left out.
    pub problems: Vec<Problem>,
}

/// A label map and the image that it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct PlannedLabelMap {
    /// The label map's path.
    pub path: String,
    /// The image's path.
    pub image: String,
}

/// Pictures: never a stack but for TIFF.
const IMAGE_EXTENSIONS: &[&str] = &["png", "jpg", "jpeg", "jfif", "tif", "tiff", "webp", "bmp"];

/// Files that may hold a stack, or annotations on one: only their content tells.
const STACK_EXTENSIONS: &[&str] = &["dcm", "dicom", "ima", "nii", "nii.gz", "nrrd", "nhdr", "npy", "npz"];

const ANNOTATION_EXTENSIONS: &[&str] =
    &["json", "geojson", "jsonl", "ndjson", "xml", "txt", "csv", "tsv", "names", "yaml", "yml"];

const ARCHIVE_EXTENSIONS: &[&str] = &["zip", "tar", "tar.gz", "tgz"];

/// Forms that need the feature `full`.
const FULL: bool = cfg!(feature = "full");

/// Words that make a folder or a part of a name one of label maps.
const LABEL_WORDS: [&str; 11] = [
    "labels",
    "label",
    "masks",
    "mask",
    "annotations",
    "annotation",
    "groundtruth",
    "ground_truth",
    "gt",
    "seg",
    "segmentation",
];

/// Words of folders that say no more than on which side their files are.
const SIDE_WORDS: [&str; 7] = ["truth", "truths", "predictions", "prediction", "preds", "pred", "detections"];

/// Words that say no more than that a file is an image.
const IMAGE_WORDS: [&str; 4] = ["images", "image", "imgs", "img"];

const LEFT_OUT: &str = "files that are left out";
const UNPAIRED: &str = "label maps without an image of their own";

impl SetPlan {
    /// Sorts `paths` into images, label maps and COCO files.
    ///
    /// A PNG or TIFF is a label map where a folder of its path is called `labels`, `masks`, `annotations`,
    /// `gt`, `groundtruth` or the like, or its name begins or ends with such a word (`a_mask.png`,
    /// `mask2d.tif`, `labels.tif`). It belongs to the image with the same name in the same folder, not
    /// counting such words and `image` or `img`; or, where only one image in the whole set has that name, to
    /// that one. Files of one name in several folders are told apart by their paths.
    pub fn of(paths: &[String]) -> Self {
        let mut plan = Self::default();
        let mut problems = ProblemList::default();
        let mut label_maps = Vec::new();
        let mut seen = BTreeSet::new();
        let bundles = bundle_folders(paths);
        for path in paths {
            if bundles.iter().any(|folder| is_bundle_copy(folder, &normalised(path))) {
                continue;
            }
            if !seen.insert(normalised(path)) {
                let message = format!("{path} was given twice; the first one is kept");
                problems.push(LEFT_OUT, path, message);
                continue;
            }
            match role_of(&normalised(path)) {
                Role::Image => plan.images.push(path.clone()),
                Role::LabelMap => label_maps.push(path),
                Role::Annotations => plan.annotations.push(path.clone()),
                Role::Archive => plan.archives.push(path.clone()),
                Role::None(reason) => problems.push(LEFT_OUT, path, format!("{path} is left out: {reason}")),
            }
        }
        let parts = plan.take_parts();
        label_maps.extend(paths.iter().filter(|path| parts.contains(*path)));
        // Classes must have names before files come that speak of their numbers.
        plan.annotations.sort_by_key(|path| !gives_class_names(path));
        plan.pair(&label_maps, &mut problems);
        plan.problems = problems.into_problems();
        plan
    }

    /// Takes out the pictures that are one of several masks of another picture by a word and a number (`a_seg1.png` beside
    /// `a.png`) or by a folder of its name (`seg_a/liver.nii.gz`).
    fn take_parts(&mut self) -> BTreeSet<String> {
        let keys: BTreeSet<String> = self.images.iter().map(|image| key_of(&normalised(image)).0).collect();
        let is_part = |path: &String| {
            let of_folder = structure(path).map(|(key, _)| key);
            let of_word = || numbered(path).filter(|_| has_word_and_number(path)).map(|(key, _)| key);
            !is_never_map(&extension(&normalised(path)))
                && of_folder.or_else(of_word).is_some_and(|key| keys.contains(&key))
        };
        let (parts, images) = std::mem::take(&mut self.images).into_iter().partition(is_part);
        self.images = images;
        let parts: Vec<String> = parts;
        parts.into_iter().collect()
    }

    fn pair(&mut self, label_maps: &[&String], problems: &mut ProblemList) {
        let mut by_name: BTreeMap<String, Vec<(String, &String)>> = BTreeMap::new();
        for image in &self.images {
            let (name, folder) = key_of(&normalised(image));
            by_name.entry(name).or_default().push((folder, image));
        }
        let mut taken: BTreeMap<&String, &String> = BTreeMap::new();
        for &path in label_maps {
            let (name, folder) = key_of(&normalised(path));
            let of_name = by_name.get(&name).map_or(&[][..], Vec::as_slice);
            let mut candidates: Vec<_> = of_name.iter().filter(|(other, _)| *other == folder).collect();
            if candidates.is_empty() {
                candidates = of_name.iter().collect();
            }
            let mut is_part = false;
            if candidates.is_empty() {
                let of_name = |key: &str| by_name.get(key).map_or(&[][..], Vec::as_slice).iter();
                let key = structure(path).map(|(key, _)| key).filter(|key| by_name.contains_key(key));
                if let Some(key) = key.or_else(|| numbered(path).map(|(key, _)| key)) {
                    candidates = of_name(&key).filter(|(_, other)| folder_of(other) == folder_of(path)).collect();
                    if candidates.is_empty() {
                        candidates = of_name(&key).collect();
                    }
                    is_part = !candidates.is_empty();
                }
            }
            let image = match candidates[..] {
                [(_, image)] => *image,
                [] => {
                    problems.push(UNPAIRED, path, format!("{path} is a label map without an image of its name"));
                    continue;
                }
                [(_, first), (_, second), ..] => {
                    let message =
                        format!("{path} is a label map that could be of {first} or of {second}; it is left out");
                    problems.push(UNPAIRED, path, message);
                    continue;
                }
            };
            if is_part {
                self.label_maps.push(PlannedLabelMap { path: path.clone(), image: image.clone() });
                continue;
            }
            if let Some(first) = taken.insert(image, path) {
                taken.insert(image, first);
                let message = format!("{path} is a second label map of {image}; {first} is kept");
                problems.push(UNPAIRED, path, message);
                continue;
            }
            self.label_maps.push(PlannedLabelMap { path: path.clone(), image: image.clone() });
        }
    }
}

/// The folders that are Groundglass bundles.
fn bundle_folders(paths: &[String]) -> Vec<String> {
    const MANIFEST: &str = "groundglass-bundle.json";
    let paths = paths.iter().filter(|path| FULL && base_name(&normalised(path)) == MANIFEST);
    paths.map(|path| normalised(path).trim_end_matches(MANIFEST).to_owned()).collect()
}

/// Whether a file says for other programs what a bundle's manifest says already.
fn is_bundle_copy(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| ["coco/truth.json", "coco/results.json"].contains(&rest))
}

enum Role {
    Image,
    LabelMap,
    Annotations,
    Archive,
    None(String),
}

fn gives_class_names(path: &str) -> bool {
    let path = normalised(path);
    base_name(&path) == "groundglass-bundle.json"
        || matches!(extension(&path).as_str(), "names" | "yaml" | "yml")
        || stem(&path).to_ascii_lowercase().contains("classes")
}

fn role_of(path: &str) -> Role {
    let base = base_name(path);
    let is_hidden = |name: &str| (name.starts_with('.') && name != "." && name != "..") || name == "__MACOSX";
    if is_hidden(base) || folders(path).any(is_hidden) || base == "Thumbs.db" || base == "desktop.ini" {
        return Role::None("it is a hidden file of the operating system".to_owned());
    }
    let extension = extension(path);
    let is_one_of = |list: &[&str]| list.contains(&extension.as_str());
    if extension == "json" || FULL && is_one_of(ANNOTATION_EXTENSIONS) {
        return Role::Annotations;
    }
    if FULL && is_one_of(ARCHIVE_EXTENSIONS) {
        return Role::Archive;
    }
    // DICOM files often have no extension, or a number in its place.
    let is_nameless = extension.is_empty() || extension.bytes().all(|byte| byte.is_ascii_digit());
    let is_stack = FULL && (is_one_of(STACK_EXTENSIONS) || is_nameless && !base.eq_ignore_ascii_case("dicomdir"));
    if !is_stack && !is_one_of(IMAGE_EXTENSIONS) {
        return Role::None("neither an image nor annotations by its name".to_owned());
    }
    let in_label_folder = folders(path).any(|folder| LABEL_WORDS.contains(&folder.to_ascii_lowercase().as_str()));
    let named_so = without_words(stem(path), &LABEL_WORDS).is_some();
    // JPEG changes pixel values, so labels never come in it; a DICOM file says itself whether it is a segmentation.
    if (in_label_folder || named_so) && !is_never_map(&extension) { Role::LabelMap } else { Role::Image }
}

/// Whether a file with this extension is never a label map.
pub(crate) fn is_never_map(extension: &str) -> bool {
    let is_nameless = extension.is_empty() || extension.bytes().all(|byte| byte.is_ascii_digit());
    is_nameless || ["jpg", "jpeg", "jfif", "webp", "dcm", "dicom", "ima"].contains(&extension)
}

fn folder_of(path: &str) -> String {
    let path = normalised(path);
    path.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default()
}

/// Of a mask in a folder that has the name of an image and a word of label maps (`seg_a/left lung.nii.gz`): the image's name,
/// and the structure, which is the file's.
pub(crate) fn structure(path: &str) -> Option<(String, String)> {
    let path = normalised(path);
    let folder = folders(&path).last()?;
    let key = without_words(folder, &LABEL_WORDS).filter(|key| !key.is_empty())?;
    Some((key, stem(&path).to_owned()))
}

/// Whether a label word stands before the number at a name's end.
fn has_word_and_number(path: &str) -> bool {
    let path = normalised(path);
    let head = stem(&path).trim_end_matches(|sign: char| sign.is_ascii_digit());
    let bare = head.trim_end_matches(['_', '-', '.', ' ']);
    without_words(bare, &LABEL_WORDS)
        .is_some_and(|rest| !rest.is_empty() && !bare.to_ascii_lowercase().ends_with(&rest))
}

/// By what an image and its label map are the same: the name and the folders, without the words that tell
/// them apart.
pub(crate) fn key_of(path: &str) -> (String, String) {
    let stem = stem(path).to_ascii_lowercase();
    let name = without_words(&stem, &LABEL_WORDS).unwrap_or(stem);
    let name = without_words(&name, &IMAGE_WORDS).unwrap_or(name);
    let is_word =
        |folder: &str| [&LABEL_WORDS[..], &IMAGE_WORDS, &SIDE_WORDS].iter().any(|words| words.contains(&folder));
    let folder = folders(path).map(str::to_ascii_lowercase).filter(|folder| !is_word(folder)).collect::<Vec<_>>();
    (name, folder.join("/"))
}

/// The image's name and the number of a file that is one of several of an image: `a_2.png`, `a_seg2.png`, `a_mask_2.nii`,
/// `a_2_mask.png`. `None` where there is no number, or nothing parts it from the name.
pub(crate) fn numbered(path: &str) -> Option<(String, usize)> {
    const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];
    let path = normalised(path);
    let name = key_of(&path).0;
    let head = name.trim_end_matches(|sign: char| sign.is_ascii_digit());
    let number = name.get(head.len()..)?.parse().ok()?;
    let bare = head.trim_end_matches(SEPARATORS);
    let without = without_words(bare, &LABEL_WORDS);
    let is_parted = bare.len() < head.len() || without.is_some();
    let key = without.unwrap_or_else(|| bare.to_owned());
    (is_parted && !key.is_empty()).then_some((key, number))
}

/// `stem` in lower case without a word of `words` at its beginning or end; `None` where there is none. In
/// front a separator, a digit or nothing must follow, so that `masked.png` stays whole; behind, a
/// separator or nothing must stand before.
fn without_words(stem: &str, words: &[&str]) -> Option<String> {
    const SEPARATORS: [char; 4] = ['_', '-', '.', ' '];
    let stem = stem.to_ascii_lowercase();
    for word in words {
        if let Some(rest) = stem.strip_suffix(word)
            && (rest.is_empty() || rest.ends_with(SEPARATORS))
        {
            return Some(rest.trim_end_matches(SEPARATORS).to_owned());
        }
        if let Some(rest) = stem.strip_prefix(word)
            && rest.starts_with(|next: char| SEPARATORS.contains(&next) || next.is_ascii_digit())
        {
            return Some(rest.trim_start_matches(SEPARATORS).to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::SetPlan;

    fn plan(paths: &[&str]) -> SetPlan {
        SetPlan::of(&paths.iter().map(|&path| path.to_owned()).collect::<Vec<_>>())
    }

    fn pairs(plan: &SetPlan) -> Vec<(&str, &str)> {
        plan.label_maps.iter().map(|map| (map.path.as_str(), map.image.as_str())).collect()
    }

    fn messages(plan: &SetPlan) -> Vec<&str> {
        plan.problems.iter().map(|problem| problem.message.as_str()).collect()
    }

    #[test]
    fn a_way_up_is_not_a_hidden_folder() {
        let plan = SetPlan::of(&["../data/a.png".to_owned(), "./b.png".to_owned(), ".cache/c.png".to_owned()]);
        assert_eq!(plan.images, ["../data/a.png", "./b.png"]);
    }

    #[test]
    fn label_maps_are_told_by_folder_and_by_name() {
        let plan = plan(&[
            "set/images/1.png",
            "set/labels/1.tif",
            "a.tif",
            "a_mask.png",
            "img2d.tif",
            "mask2d.tif",
            "x/image.tif",
            "x/labels.tif",
            "masked.png",
            "b.jpg",
            "GT/b.png",
            "truth.json",
        ]);
        assert_eq!(plan.images, ["set/images/1.png", "a.tif", "img2d.tif", "x/image.tif", "masked.png", "b.jpg"]);
        assert_eq!(
            pairs(&plan),
            [
                ("set/labels/1.tif", "set/images/1.png"),
                ("a_mask.png", "a.tif"),
                ("mask2d.tif", "img2d.tif"),
                ("x/labels.tif", "x/image.tif"),
                ("GT/b.png", "b.jpg"),
            ]
        );
        assert_eq!(plan.annotations, ["truth.json"]);
        assert!(plan.problems.is_empty(), "{:?}", plan.problems);
    }

    #[test]
    fn files_of_one_name_in_two_folders_are_told_apart() {
        let plan = plan(&["train/images/1.png", "val/images/1.png", "train/masks/1.png", "val/masks/1.png"]);
        assert_eq!(plan.images, ["train/images/1.png", "val/images/1.png"]);
        assert_eq!(
            pairs(&plan),
            [("train/masks/1.png", "train/images/1.png"), ("val/masks/1.png", "val/images/1.png")]
        );
    }

    #[test]
    fn what_cannot_be_placed_is_named_with_its_reason() {
        let plan = plan(&[
            "notes.docx",
            ".DS_Store",
            "a/1.png",
            "b/1.png",
            "1_mask.png",
            "masks/lost.png",
            "c.png",
            "c.png",
            "d.png",
            "d_mask.png",
            "d_labels.png",
        ]);
        assert_eq!(
            messages(&plan),
            [
                "notes.docx is left out: neither an image nor annotations by its name",
                ".DS_Store is left out: it is a hidden file of the operating system",
                "c.png was given twice; the first one is kept",
                "1_mask.png is a label map that could be of a/1.png or of b/1.png; it is left out",
                "masks/lost.png is a label map without an image of its name",
                "d_labels.png is a second label map of d.png; d_mask.png is kept",
            ]
        );
        assert_eq!(plan.images, ["a/1.png", "b/1.png", "c.png", "d.png"]);
    }
}
