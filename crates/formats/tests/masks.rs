//! Masks as data sets ship them: in JPEG, in several parts, and one for several volumes.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "full")]

use std::collections::BTreeMap;
use std::io::Cursor;

use groundglass_formats::{CaseSet, Content, GivenAs, OpenFile};
use groundglass_imaging::{NiftiPlacement, VolumeGrid, write_nifti_labels};
use image::{GrayImage, ImageFormat, Luma};

type Files = BTreeMap<String, Vec<u8>>;

fn files(files: &[(&str, Vec<u8>)]) -> Files {
    files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())).collect()
}

const SIZE: u32 = 64;

/// A square of 16 pixels with its upper left corner at these columns and rows, for each of them.
fn squares(form: ImageFormat, at: &[[u32; 2]]) -> Vec<u8> {
    let is_in =
        |x: u32, y: u32| at.iter().any(|[left, top]| (*left..left + 16).contains(&x) && (*top..top + 16).contains(&y));
    let image = GrayImage::from_fn(SIZE, SIZE, |x, y| Luma([u8::from(is_in(x, y)) * 255]));
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), form).unwrap();
    bytes
}

/// All files through the door, with what is told but for images without truth.
fn opened(files: &Files) -> (CaseSet, Vec<String>) {
    let mut set = CaseSet::new();
    let plan = set.plan(&files.keys().cloned().collect::<Vec<_>>());
    let mut told: Vec<String> = plan.problems.into_iter().map(|problem| problem.message).collect();
    for map in &plan.label_maps {
        match set.add_label_map(&map.image, &map.path, &files[&map.path]) {
            Ok(problems) => told.extend(problems.into_iter().map(|problem| problem.message)),
            Err(error) => told.push(error.to_string()),
        }
    }
    for path in &plan.images {
        set.add_header(&OpenFile::new(path, Box::new(Cursor::new(&files[path]))).unwrap());
    }
    let open = set.finish().into_iter().filter(|problem| problem.kind != "images without truth");
    told.extend(open.map(|problem| problem.message));
    (set, told)
}

/// The areas of the regions of a case; `None` where nothing is known of it.
fn areas(set: &CaseSet, case: &str) -> Option<Vec<u64>> {
    let regions = &set.case(case).unwrap().truth.as_ref()?.regions;
    Some(regions.iter().map(|region| region.region.mask.as_ref().unwrap().area()).collect())
}

#[test]
fn masks_in_jpeg_are_read_beside_images_of_their_names_and_told_once() {
    let [one, none] = [&[[10, 20]][..], &[]].map(|at| squares(ImageFormat::Jpeg, at));
    let kvasir = files(&[
        ("images/x.jpg", one.clone()),
        ("images/y.jpg", one.clone()),
        ("masks/x.jpg", one.clone()),
        ("masks/y.jpg", none),
        ("a.jpg", one.clone()),
        ("a_mask.jpg", one.clone()),
    ]);
    let (set, told) = opened(&kvasir);
    assert_eq!(areas(&set, "images/y.jpg"), Some(vec![]));
    for case in ["images/x.jpg", "a.jpg"] {
        let areas = areas(&set, case).unwrap();
        assert!(areas.len() == 1 && areas[0].abs_diff(256) < 20, "{areas:?}");
    }
    let expected = "3 masks, a_mask.jpg the first of them, are in a form that changes values (JPEG); each is read as inside \
                    where its value is above half of its level (";
    assert!(told.len() == 1 && told[0].starts_with(expected), "{told:?}");

    // As the truth of an evaluation, without any image.
    let mut set = CaseSet::new();
    set.give_as(GivenAs::Truth);
    assert_eq!(set.add_drawn_map("masks/x.jpg", Content::from(&one)).unwrap(), []);
    assert_eq!(areas(&set, "masks/x.jpg").unwrap().len(), 1);
}

#[test]
fn a_photograph_that_is_called_a_mask_is_refused_and_spoils_nothing() {
    let ramp = GrayImage::from_fn(SIZE, SIZE, |x, y| Luma([(x * 2 + y) as u8]));
    let mut photograph = Vec::new();
    ramp.write_to(&mut Cursor::new(&mut photograph), ImageFormat::Jpeg).unwrap();
    let [one, other] = ["a", "b"].map(|_| squares(ImageFormat::Jpeg, &[[8, 8]]));
    let (set, told) =
        opened(&files(&[("a.jpg", one), ("a_mask.jpg", photograph), ("b.jpg", other.clone()), ("b_mask.jpg", other)]));
    assert_eq!((areas(&set, "a.jpg"), areas(&set, "b.jpg").unwrap().len()), (None, 1));
    assert!(told[0].starts_with("a_mask.jpg is not a label map: it is JPEG, which changes values, and "), "{told:?}");
    assert!(told[0].ends_with("; of such only masks of two levels are read"), "{told:?}");
}

#[test]
fn a_mask_and_further_parts_of_one_image_are_one_truth() {
    let picture = |at: &[[u32; 2]]| squares(ImageFormat::Png, at);
    let mut busi = files(&[
        ("benign (1).png", picture(&[])),
        ("benign (1)_mask.png", picture(&[[0, 0]])),
        ("benign (1)_mask_1.png", picture(&[[20, 0]])),
        ("benign (1)_mask_2.png", picture(&[[40, 0]])),
        ("benign (2).png", picture(&[])),
        ("benign (2)_mask.png", picture(&[[0, 0]])),
    ]);
    let (set, told) = opened(&busi);
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(areas(&set, "benign (1).png"), Some(vec![256; 3]));
    assert_eq!(areas(&set, "benign (2).png"), Some(vec![256]));

    // A map of all of them at once has them already.
    busi.insert("benign (1)_mask.png".to_owned(), picture(&[[0, 0], [20, 0], [40, 0]]));
    let (set, told) = opened(&busi);
    assert_eq!(areas(&set, "benign (1).png"), Some(vec![768]));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("benign (1)_mask_1.png is left out: most of it is in the other label maps"),
        "{told:?}"
    );

    // The images may come first.
    let mut set = CaseSet::new();
    set.plan(&busi.keys().cloned().collect::<Vec<_>>());
    set.add_header(&OpenFile::new("benign (1).png", Box::new(Cursor::new(&busi["benign (1).png"]))).unwrap());
    for name in ["benign (1)_mask_1.png", "benign (1)_mask_2.png"] {
        assert_eq!(set.add_label_map("benign (1).png", name, &busi[name]).unwrap(), []);
    }
    let told = set.add_label_map("benign (1).png", "benign (1)_mask.png", &busi["benign (1)_mask.png"]).unwrap();
    assert_eq!((areas(&set, "benign (1).png"), told.len()), (Some(vec![256; 2]), 1));
}

/// A volume of 2 slices whose voxel at (1, 1) of the first has the value 1.
fn volume(first: f64) -> Vec<u8> {
    let affine = [[-1.0, 0.0, 0.0, first], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];
    let grid = VolumeGrid::new([4, 3, 2], 1, affine, NiftiPlacement::of_affine(affine));
    let frames: Vec<Vec<u16>> =
        (0..2).map(|frame| (0..12).map(|at| u16::from(frame == 0 && at == 5)).collect()).collect();
    write_nifti_labels(&grid, &frames, false).unwrap()
}

#[test]
fn one_label_volume_is_the_truth_of_all_sequences_of_its_case() {
    let (set, told) = opened(&files(&[
        ("BraTS_1/BraTS_1_flair.nii", volume(0.0)),
        ("BraTS_1/BraTS_1_t1.nii", volume(0.0)),
        ("BraTS_1/BraTS_1_t1ce.nii", volume(7.0)),
        ("BraTS_1/BraTS_1_seg.nii", volume(0.0)),
        ("BraTS_2/BraTS_2_flair.nii", volume(0.0)),
        ("BraTS_2/BraTS_2_t1.nii", volume(0.0)),
        ("BraTS_2/BraTS_2_seg.nii", volume(0.0)),
    ]));
    for name in ["BraTS_1/BraTS_1_flair.nii", "BraTS_1/BraTS_1_t1.nii", "BraTS_2/BraTS_2_t1.nii"] {
        assert_eq!(areas(&set, &format!("{name}#1")), Some(vec![1]), "{name}");
        assert_eq!(areas(&set, &format!("{name}#2")), Some(vec![]), "{name}");
        let patient = &set.case(&format!("{name}#1")).unwrap().attributes["patient"];
        assert_eq!(*patient, name[..15]);
    }
    // A sequence on another grid has no part in it.
    assert_eq!(areas(&set, "BraTS_1/BraTS_1_t1ce.nii#1"), None);
    assert!(told.iter().any(|told| told.contains("voxels from BraTS_1/BraTS_1_t1ce.nii")), "{told:?}");
    let once: Vec<_> = told.iter().filter(|told| told.contains("channels of one case")).collect();
    let expected = "2 label maps are each of all channels of a case: BraTS_1/BraTS_1_seg.nii, the first of them, is the truth \
                    of its image and of BraTS_1/BraTS_1_t1.nii, BraTS_1/BraTS_1_t1ce.nii alike";
    assert!(once.len() == 1 && once[0].starts_with(expected), "{once:?}");
}
