//! Which file of a set is what, told by the names alone.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::paths::{base_name, extension, folders, normalised, stem};
use crate::problem::{Problem, ProblemList};
use crate::words::{
    folder_of, has_word_and_number, is_in_likely_folder, is_label_folder, is_named_label_map, is_never_map, key_of,
    may_have_changed, numbered, structure,
};

#[cfg(feature = "full")]
mod channels;
mod pairing;

#[cfg(feature = "full")]
pub(crate) use channels::{Channels, case_name};
#[cfg(not(feature = "full"))]
pub(crate) use pairing::FIRST_CHANNEL;
#[cfg(feature = "full")]
pub(crate) use pairing::UNPAIRED;

/// What every file of a set is, told by its name. Paths are as they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct SetPlan {
    /// Images to run.
    pub images: Vec<String>,
    /// Label maps, each with its image.
    pub label_maps: Vec<PlannedLabelMap>,
    /// Label volumes that no image is called after: they are laid by where they lie in the patient.
    pub label_volumes: Vec<String>,
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
const IMAGE_EXTENSIONS: &[&str] = &["png", "jpg", "jpeg", "jfif", "jpe", "tif", "tiff", "btf", "svs", "webp", "bmp"];

/// Files that may hold a stack, or annotations on one: only their content tells.
const STACK_EXTENSIONS: &[&str] =
    &["dcm", "dicom", "dic", "ima", "img", "mr", "ct", "nii", "nii.gz", "nrrd", "nhdr", "npy", "npz"];

const ANNOTATION_EXTENSIONS: &[&str] =
    &["json", "geojson", "jsonl", "ndjson", "xml", "txt", "csv", "tsv", "names", "yaml", "yml"];

/// Archives by their names.
pub(crate) const ARCHIVE_EXTENSIONS: &[&str] = &["zip", "tar", "tar.gz", "tgz"];

/// Forms that need the feature `full`.
const FULL: bool = cfg!(feature = "full");

const LEFT_OUT: &str = "files that are left out";

impl SetPlan {
    /// Sorts `paths` into images, label maps and COCO files.
    ///
    /// A PNG or TIFF is a label map, and a JPEG where an image has its name, where a folder of its path is called `labels`,
    /// `masks`, `annotations`, `gt`, `groundtruth` or the like, or its name begins or ends with such a word (`a_mask.png`,
    /// `mask2d.tif`, `labels.tif`). It belongs to the image with the same name in the same folder, not
    /// counting such words and `image` or `img`; or, where only one image in the whole set has that name, to
    /// that one. Files of one name in several folders are told apart by their paths.
    pub fn of(paths: &[String]) -> Self {
        let mut plan = Self::default();
        let mut problems = ProblemList::default();
        let (mut label_maps, mut either) = (Vec::new(), BTreeSet::new());
        let mut seen = BTreeSet::new();
        let bundles = bundle_folders(paths);
        let headers = paths.iter().filter(|path| FULL && extension(&normalised(path)).trim_end_matches(".gz") == "hdr");
        let pairs: BTreeSet<_> = headers.filter_map(|path| pair_of(path)).collect();
        for path in paths {
            if bundles.iter().any(|folder| is_bundle_copy(folder, &normalised(path))) {
                continue;
            }
            if !seen.insert(normalised(path)) {
                let message = format!("{path} was given twice; the first one is kept");
                problems.push(LEFT_OUT, path, message);
                continue;
            }
            let role = if pair_of(path).is_some_and(|pair| pairs.contains(&pair)) {
                Role::None(
                    "it is one of a pair .hdr and .img, which is not read; save it as one file (.nii)".to_owned(),
                )
            } else {
                role_of(&normalised(path))
            };
            match role {
                Role::Image => plan.images.push(path.clone()),
                Role::LabelMap => label_maps.push(path),
                Role::Either => {
                    either.insert(path.clone());
                    plan.images.push(path.clone());
                }
                Role::Annotations => plan.annotations.push(path.clone()),
                Role::Archive => plan.archives.push(path.clone()),
                Role::None(reason) => problems.push(LEFT_OUT, path, format!("{path} is left out: {reason}")),
            }
        }
        let parts = plan.take_parts(&either);
        label_maps.extend(paths.iter().filter(|path| parts.contains(*path)));
        // Classes must have names before files come that speak of their numbers.
        plan.annotations.sort_by_key(|path| !gives_class_names(path));
        (plan.label_maps, plan.label_volumes) = pairing::pair(&plan.images, &label_maps, &mut problems);
        plan.tell_likely_masks(&mut problems);
        plan.problems = problems.into_problems();
        plan
    }

    /// Takes out the pictures that are masks of other pictures: one of several by a word and a number (`a_seg1.png` beside
    /// `a.png`), by a folder of the image's name (`seg_a/liver.nii.gz`), or by a word in their folder's name where another
    /// folder has an image of the same name (`lung masks/a.png` beside `x-rays/a.png`). Of those that are `either`, the ones
    /// that are called as an image is are masks.
    fn take_parts(&mut self, either: &BTreeSet<String>) -> BTreeSet<String> {
        let sure: Vec<String> = self.images.iter().filter(|image| !either.contains(*image)).cloned().collect();
        let sure = pairing::Images::of(&sure);
        let keys: BTreeSet<String> = self.images.iter().map(|image| key_of(&normalised(image)).0).collect();
        let elsewhere: BTreeSet<String> = {
            let others = self.images.iter().filter(|image| !is_in_likely_folder(image));
            others.map(|image| key_of(&normalised(image)).0).collect()
        };
        let is_likely = |path: &str| is_in_likely_folder(path) && elsewhere.contains(&key_of(&normalised(path)).0);
        let is_part = |path: &String| {
            let of_folder = structure(path).map(|(key, _)| key);
            let of_word = || numbered(path).filter(|_| has_word_and_number(path)).map(|(key, _)| key);
            if either.contains(path) {
                return sure.has_image_of(path);
            }
            let extension = extension(&normalised(path));
            (!is_never_map(&extension) || may_have_changed(&extension))
                && (of_folder.or_else(of_word).is_some_and(|key| keys.contains(&key)) || is_likely(path))
        };
        let (parts, images) = std::mem::take(&mut self.images).into_iter().partition(is_part);
        self.images = images;
        let parts: Vec<String> = parts;
        parts.into_iter().collect()
    }

    /// Two folders with pictures of the same names and without a truth: one of them may hold masks, which no name says.
    fn tell_likely_masks(&self, problems: &mut ProblemList) {
        if !self.annotations.is_empty() || !self.label_maps.is_empty() || !self.label_volumes.is_empty() {
            return;
        }
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for image in self.images.iter().filter(|image| !is_never_map(&extension(&normalised(image)))) {
            folders.entry(folder_of(image)).or_default().insert(key_of(&normalised(image)).0);
        }
        let several: Vec<_> = folders.iter().filter(|(_, names)| names.len() > 1).collect();
        if let [(one, names), (other, same)] = several[..]
            && names == same
        {
            let message = format!(
                "{one} and {other} have images of the same {} names; where one of them holds masks, it has to be called so \
                 (masks, labels)",
                names.len()
            );
            problems.push("folders that could be of masks", one, message);
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

/// What the two files of an Analyze or NIfTI pair have in common; `None` of any other file.
fn pair_of(path: &str) -> Option<String> {
    let path = normalised(path);
    let extension = extension(&path);
    let is_either = ["hdr", "img", "hdr.gz", "img.gz"].contains(&extension.as_str());
    is_either.then(|| path.get(..path.len() - extension.len()).unwrap_or_default().to_owned())
}

enum Role {
    Image,
    LabelMap,
    /// A label map where an image has its name, else an image.
    Either,
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
    let is_said = folders(path).any(is_label_folder) || is_named_label_map(path);
    // JPEG changes pixel values, so that only masks come in it, and folders of photographs are called by such words too; a
    // DICOM file says itself whether it is a segmentation.
    match (is_said, is_never_map(&extension)) {
        (true, false) => Role::LabelMap,
        (true, true) if may_have_changed(&extension) => Role::Either,
        _ => Role::Image,
    }
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

    #[cfg(feature = "full")]
    #[test]
    fn a_jpeg_is_a_mask_where_an_image_has_its_name() {
        let kvasir = plan(&["images/x.jpg", "masks/x.jpg", "masks/lost.jpg", "a.jpg", "a_mask.jpg", "a_mask_1.jpg"]);
        assert_eq!(kvasir.images, ["images/x.jpg", "masks/lost.jpg", "a.jpg"]);
        assert_eq!(
            pairs(&kvasir),
            [("masks/x.jpg", "images/x.jpg"), ("a_mask.jpg", "a.jpg"), ("a_mask_1.jpg", "a.jpg")]
        );
        assert!(kvasir.problems.is_empty(), "{kvasir:?}");
        // Photographs of masks.
        let photographs = plan(&["masks/x.jpg", "masks/y.jpg", "masks/train/x.jpg", "people/z.jpg"]);
        assert_eq!((photographs.images.len(), photographs.label_maps.len()), (4, 0));
        // What keeps its values is taken first.
        let both = plan(&["masks/x.jpg", "images/x.jpg", "masks/x.png", "masks/y.webp", "images/y.webp"]);
        assert_eq!(pairs(&both), [("masks/x.png", "images/x.jpg"), ("masks/y.webp", "images/y.webp")]);
        assert!(messages(&both)[0].starts_with("masks/x.jpg is a second label map of images/x.jpg"), "{both:?}");
    }

    #[test]
    fn well_known_trees_are_told() {
        let voc =
            plan(&["JPEGImages/a.jpg", "SegmentationClass/a.png", "SegmentationObject/a.png", "Annotations/a.xml"]);
        assert_eq!((voc.images.len(), voc.annotations.len()), (1, 1));
        assert_eq!(pairs(&voc), [("SegmentationClass/a.png", "JPEGImages/a.jpg")]);
        assert!(messages(&voc)[0].starts_with("SegmentationObject/a.png is a second label map"), "{voc:?}");

        let decathlon = plan(&["imagesTr/la_1.nii.gz", "imagesTs/la_2.nii.gz", "labelsTr/la_1.nii.gz"]);
        assert_eq!(pairs(&decathlon), [("labelsTr/la_1.nii.gz", "imagesTr/la_1.nii.gz")]);
        let channels = plan(&["imagesTr/c1_0000.nii.gz", "imagesTr/c1_0001.nii.gz", "labelsTr/c1.nii.gz"]);
        assert_eq!(pairs(&channels), [("labelsTr/c1.nii.gz", "imagesTr/c1_0000.nii.gz")]);
        let numbers = plan(&["volume-0.nii", "segmentation-0.nii", "volume-1.nii", "segmentation-1.nii"]);
        assert_eq!(pairs(&numbers), [("segmentation-0.nii", "volume-0.nii"), ("segmentation-1.nii", "volume-1.nii")]);
        let kits = plan(&["c0/imaging.nii.gz", "c0/segmentation.nii.gz", "c1/imaging.nii.gz"]);
        assert_eq!(pairs(&kits), [("c0/segmentation.nii.gz", "c0/imaging.nii.gz")]);
    }

    #[cfg(feature = "full")]
    #[test]
    fn one_map_is_of_all_channels_of_a_case() {
        let shared = |paths: &[&str]| {
            let plan = plan(paths);
            assert!(plan.problems.is_empty(), "{plan:?}");
            super::Channels::of(&plan).others.into_iter().collect::<Vec<_>>()
        };
        let of = |map: &str, others: &[&str]| (map.to_owned(), others.iter().map(|&other| other.to_owned()).collect());
        let brats = ["b/b_001_flair.nii.gz", "b/b_001_t1.nii.gz", "b/b_001_t1ce.nii.gz", "b/b_001_seg.nii.gz"];
        assert_eq!(shared(&brats), [of("b/b_001_seg.nii.gz", &["b/b_001_t1.nii.gz", "b/b_001_t1ce.nii.gz"])]);
        let later = ["x/B-1-000-t1n.nii.gz", "x/B-1-000-t2f.nii.gz", "x/B-1-000-seg.nii.gz", "x/B-1-001-t1n.nii.gz"];
        assert_eq!(shared(&later), [of("x/B-1-000-seg.nii.gz", &["x/B-1-000-t2f.nii.gz"])]);
        let network = ["imagesTr/c_0000.nii.gz", "imagesTr/c_0001.nii.gz", "labelsTr/c.nii.gz"];
        assert_eq!(shared(&network), [of("labelsTr/c.nii.gz", &["imagesTr/c_0001.nii.gz"])]);
        let positron = ["p1/CTres.nii.gz", "p1/SUV.nii.gz", "p1/SEG.nii.gz", "p2/SUV.nii.gz", "p2/SEG.nii.gz"];
        assert_eq!(shared(&positron), [of("p1/SEG.nii.gz", &["p1/SUV.nii.gz"])]);
        // Each has its own.
        assert!(shared(&["c_t1.nii.gz", "c_t2.nii.gz", "c_t1_seg.nii.gz", "c_t2_seg.nii.gz"]).is_empty());
        let several = plan(&["x/c_t1.nii.gz", "y/c_t1.nii.gz", "c_seg.nii.gz"]);
        assert!(messages(&several)[0].contains("could be of x/c_t1.nii.gz or of y/c_t1.nii.gz"), "{several:?}");
    }

    #[test]
    fn masks_in_the_folder_of_a_case_are_of_its_image() {
        let structures = plan(&["s1/ct.nii.gz", "s1/segmentations/liver.nii.gz", "s1/segmentations/aorta.nii.gz"]);
        assert_eq!(structures.label_maps.len(), 2);
        assert!(structures.label_maps.iter().all(|map| map.image == "s1/ct.nii.gz"));
        let nuclei = plan(&["d/x/images/00ae.png", "d/x/masks/b1.png", "d/y/images/1.png", "d/y/masks/c.png"]);
        assert_eq!(
            pairs(&nuclei),
            [("d/x/masks/b1.png", "d/x/images/00ae.png"), ("d/y/masks/c.png", "d/y/images/1.png")]
        );
        // Where some masks have the names of images, another is of an image that is not there.
        let names = plan(&["d/a.png", "d/masks/a.png", "d/masks/b.png"]);
        assert_eq!(pairs(&names), [("d/masks/a.png", "d/a.png")]);
        // A mask of another name beside a picture that no folder holds alone is of no one.
        assert!(plan(&["a.png", "masks/b.png"]).label_maps.is_empty());
    }

    #[test]
    fn a_word_in_a_folders_name_counts_where_another_folder_has_the_same_images() {
        let plan_ =
            plan(&["CXR_png/a.png", "ManualMask/a.png", "Ground Truth/b.png", "Original/b.png", "leftMask/c.png"]);
        assert_eq!(plan_.images, ["CXR_png/a.png", "Original/b.png", "leftMask/c.png"]);
        assert_eq!(pairs(&plan_), [("ManualMask/a.png", "CXR_png/a.png"), ("Ground Truth/b.png", "Original/b.png")]);
        let likely = plan(&["lung mask set/a.png", "x-rays/a.png", "my segmentation data/z.png"]);
        assert_eq!(likely.images, ["x-rays/a.png", "my segmentation data/z.png"]);
        let silent = plan(&["x/a.png", "x/b.png", "manual/a.png", "manual/b.png"]);
        assert_eq!(messages(&silent).len(), 1);
        assert!(messages(&silent)[0].starts_with("manual and x have images of the same 2 names"), "{silent:?}");
    }

    #[test]
    fn a_label_map_of_one_slice_is_told_by_its_name() {
        let plan =
            plan(&["v.nii.gz", "u.nii.gz", "labels/v.nii.gz#1.png", "labels/v.nii.gz#2.png", "labels/w.dcm#1.png"]);
        assert_eq!(pairs(&plan), [("labels/v.nii.gz#1.png", "v.nii.gz"), ("labels/v.nii.gz#2.png", "v.nii.gz")]);
        assert_eq!(messages(&plan), ["labels/w.dcm#1.png is a label map without an image of its name"]);
    }

    #[test]
    fn a_pair_of_header_and_data_is_told_as_one() {
        let plan = plan(&["a.hdr", "a.img", "b.img", "c.hdr.gz", "c.img.gz", "d.MR"]);
        assert_eq!(plan.images, ["b.img", "d.MR"]);
        assert_eq!(messages(&plan).len(), 4);
        assert!(messages(&plan).iter().all(|told| told.contains("one of a pair .hdr and .img")), "{plan:?}");
    }

    #[test]
    fn files_of_one_name_in_two_folders_are_told_apart() {
        let plan = plan(&["train/images/1.png", "val/images/1.png", "train/masks/1.png", "val/masks/1.png"]);
        assert_eq!(plan.images, ["train/images/1.png", "val/images/1.png"]);
        let elsewhere = self::plan(&["in/train/1.png", "in/val/1.png", "out/masks/val/1.png"]);
        assert_eq!(pairs(&elsewhere), [("out/masks/val/1.png", "in/val/1.png")]);
        assert_eq!(
            pairs(&plan),
            [("train/masks/1.png", "train/images/1.png"), ("val/masks/1.png", "val/images/1.png")]
        );
    }

    #[test]
    fn large_and_small_letters_tell_images_apart_that_are_the_same_else() {
        let both = plan(&["images/A.jpg", "images/a.jpg", "masks/A.png", "masks/a_mask.png", "masks/A_mask_1.png"]);
        assert_eq!(
            pairs(&both),
            [
                ("masks/A.png", "images/A.jpg"),
                ("masks/a_mask.png", "images/a.jpg"),
                ("masks/A_mask_1.png", "images/A.jpg")
            ]
        );
        assert!(both.problems.is_empty(), "{both:?}");
        assert_eq!(pairs(&plan(&["images/A.jpg", "masks/a.png"])), [("masks/a.png", "images/A.jpg")]);
        let alike = plan(&["images/a.png", "images/a.jpg", "masks/a.png"]);
        assert!(messages(&alike)[0].contains("could be of images/a.png or of images/a.jpg"), "{alike:?}");
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
                "d_labels.png is a second label map of d.png; d_mask.png is kept",
                "masks/lost.png is a label map without an image of its name",
            ]
        );
        assert_eq!(plan.images, ["a/1.png", "b/1.png", "c.png", "d.png"]);
    }
}
