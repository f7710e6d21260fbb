//! Label volumes on the images that lie in their planes: the files of tests/reference/dicom/make_volumes.py.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::PathBuf;

use groundglass_formats::{CaseSet, GivenAs, OpenFile};
use groundglass_imaging::{Source, write_nifti_labels};

fn reference(path: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/dicom");
    std::fs::read(folder.join(path)).unwrap()
}

type Files = BTreeMap<String, Vec<u8>>;

/// Of every image the places, row by row, of each region, in the regions' order.
type Places = BTreeMap<String, Vec<Vec<usize>>>;

const SERIES: [(&str, &[&str]); 2] = [
    ("axial", &["objects/ct1.dcm", "objects/ct2.dcm", "objects/ct3.dcm"]),
    ("sagittal", &["volumes/sag1.dcm", "volumes/sag3.dcm", "volumes/sag7.dcm", "volumes/sag9.dcm"]),
];

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

fn series(index: usize, folder: &str) -> Files {
    SERIES[index].1.iter().map(|path| (format!("{folder}{}", base(path)), reference(path))).collect()
}

fn expected(name: &str) -> Places {
    let said: BTreeMap<String, BTreeMap<String, BTreeMap<String, Vec<usize>>>> =
        serde_json::from_slice(&reference("volumes/volumes.json")).unwrap();
    said[name].iter().map(|(image, values)| (image.clone(), values.values().cloned().collect())).collect()
}

/// What is known of the images, with the classes of their regions.
fn known(set: &CaseSet) -> BTreeMap<String, Vec<(String, Vec<usize>)>> {
    let of_case = |case: &groundglass_types::Case| {
        let truth = case.truth.as_ref()?;
        let regions = truth.regions.iter().map(|region| {
            let pixels = region.region.mask.as_ref().unwrap().to_row_major();
            let inside = pixels.iter().enumerate().filter(|(_, pixel)| **pixel != 0).map(|(place, _)| place);
            (region.label.clone(), inside.collect())
        });
        Some((case.name.clone(), regions.collect()))
    };
    set.cases().filter_map(of_case).collect()
}

fn places(set: &CaseSet) -> Places {
    let only = |regions: Vec<(String, Vec<usize>)>| regions.into_iter().map(|(_, places)| places).collect();
    known(set).into_iter().map(|(name, regions)| (base(&name).to_owned(), only(regions))).collect()
}

fn add_images(set: &mut CaseSet, files: &Files, images: &[String]) {
    for path in images {
        let mut open = || -> std::io::Result<Box<dyn Source>> { Ok(Box::new(Cursor::new(files[path].clone()))) };
        assert!(set.add_object(path, &mut open).unwrap().is_none());
        set.add_header(&OpenFile::new(path, Box::new(Cursor::new(&files[path]))).unwrap());
    }
}

/// All files through the door, the drawings first or last.
fn opened(files: &Files, images_first: bool) -> CaseSet {
    let mut set = CaseSet::new();
    let plan = set.plan(&files.keys().cloned().collect::<Vec<_>>());
    assert_eq!(plan.problems, []);
    if images_first {
        add_images(&mut set, files, &plan.images);
    }
    for map in &plan.label_maps {
        assert_eq!(set.add_label_map(&map.image, &map.path, &files[&map.path]).unwrap(), []);
    }
    for path in &plan.label_volumes {
        assert_eq!(set.add_label_volume(path, &files[path]).unwrap(), []);
    }
    if !images_first {
        add_images(&mut set, files, &plan.images);
    }
    set.settle_series();
    set
}

fn told(set: &CaseSet) -> Vec<String> {
    set.finish().into_iter().filter(|problem| problem.kind != "images without truth").map(|told| told.message).collect()
}

#[test]
fn a_volume_is_laid_on_the_series_that_lies_in_it() {
    for (index, (name, images)) in SERIES.iter().enumerate() {
        for form in ["itk.nii.gz", "itk.nrrd", "canonical.nii.gz", "turned.nii.gz"] {
            for images_first in [true, false] {
                let mut files = series(index, "case/dicom/");
                let map = format!("case/segmentation.{}", form.split_once('.').unwrap().1);
                files.insert(map.clone(), reference(&format!("volumes/{name}_{form}")));
                let set = opened(&files, images_first);
                assert_eq!(places(&set), expected(name), "{name} {form} {images_first}");
                assert!(known(&set).values().flatten().all(|(label, _)| label == "object"));
                let first = format!("case/dicom/{}", base(images[0]));
                let count = images.len();
                let message = format!(
                    "{map} is laid on {count} images, the first of them {first}, by where it lies and not by its name"
                );
                assert_eq!(told(&set), [message], "{name} {form}");
            }
        }
    }
}

#[test]
fn a_volume_between_the_slices_is_not_used_and_its_place_is_told() {
    for (index, (name, _)) in SERIES.iter().enumerate() {
        let mut files = series(index, "");
        files.insert("labels.nii.gz".to_owned(), reference(&format!("volumes/{name}_off.nii.gz")));
        let set = opened(&files, false);
        assert_eq!(known(&set), BTreeMap::new(), "{name}");
        let [message] = &told(&set)[..] else { panic!("{:?}", told(&set)) };
        assert!(message.starts_with("labels.nii.gz is a label volume in whose planes no image lies: it has axes"));
    }
}

#[test]
fn slices_without_an_image_are_told_and_those_beside_are_used() {
    // The name is the image's, which is one slice of the three; the place decides which.
    let files = Files::from([
        ("ct2.dcm".to_owned(), reference("objects/ct2.dcm")),
        ("ct2_seg.nii.gz".to_owned(), reference("volumes/axial_itk.nii.gz")),
    ]);
    for images_first in [true, false] {
        let set = opened(&files, images_first);
        let all = expected("axial");
        assert_eq!(places(&set), Places::from([("ct2.dcm".to_owned(), all["ct2.dcm"].clone())]));
        assert_eq!(
            told(&set),
            [
                "ct2_seg.nii.gz is laid on 1 image, the first of them ct2.dcm, by where it lies and not by its name",
                "ct2_seg.nii.gz: 1 of its slices with regions lie in the plane of no image, the first of them slice 1; \
                 they are not used",
            ]
        );
    }
}

/// A volume on the grid of the axial series, in which the voxels of one column are 1.
fn one_column(column: usize) -> Vec<u8> {
    let bytes = reference("volumes/axial_itk.nii.gz");
    let opened = OpenFile::new("a.nii.gz", Box::new(Cursor::new(bytes))).unwrap();
    let grid = opened.facts().grid.clone().unwrap();
    let frame: Vec<u16> = (0..grid.width() * grid.height()).map(|at| u16::from(at % grid.width() == column)).collect();
    write_nifti_labels(&grid, &vec![frame; grid.frames()], true).unwrap()
}

#[test]
fn volumes_of_one_value_that_lie_alike_are_structures_by_their_names() {
    for images_first in [true, false] {
        let mut files = series(0, "s1/ct/");
        for (column, name) in ["liver", "spleen", "aorta"].into_iter().enumerate() {
            files.insert(format!("s1/segmentations/{name}.nii.gz"), one_column(column));
        }
        let set = opened(&files, images_first);
        let regions = &known(&set)["s1/ct/ct2.dcm"];
        let classes: Vec<(&str, usize, usize)> =
            regions.iter().map(|(label, places)| (label.as_str(), places.len(), places[0])).collect();
        assert_eq!(classes, [("aorta", 12, 2), ("liver", 12, 0), ("spleen", 12, 1)]);
        assert!(
            told(&set).iter().any(|told| told.starts_with("3 label volumes of s1/segmentations have one value each"))
        );
    }
    // One alone is no class by its name.
    let mut files = series(0, "");
    files.insert("case_7_seg.nii.gz".to_owned(), one_column(3));
    assert!(known(&opened(&files, false)).values().flatten().all(|(label, _)| label == "object"));
}

/// The axial series of another patient who lies at the same place.
fn other_patient(folder: &str) -> Files {
    let swap = |bytes: Vec<u8>| {
        let (from, to) = (b"498.7.".as_slice(), b"498.9.".as_slice());
        let mut bytes = bytes;
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(from) {
                bytes[at..at + to.len()].copy_from_slice(to);
            }
        }
        bytes
    };
    series(0, folder).into_iter().map(|(path, bytes)| (path, swap(bytes))).collect()
}

#[test]
fn of_two_patients_at_one_place_the_folder_decides_or_nobody() {
    for images_first in [true, false] {
        let mut files = series(0, "a/ct/");
        files.extend(other_patient("b/ct/"));
        files.insert("b/mask.nii.gz".to_owned(), reference("volumes/axial_itk.nii.gz"));
        let set = opened(&files, images_first);
        assert_eq!(known(&set).into_keys().collect::<Vec<_>>(), ["b/ct/ct1.dcm", "b/ct/ct2.dcm", "b/ct/ct3.dcm"]);

        let map = files.remove("b/mask.nii.gz").unwrap();
        files.insert("mask.nii.gz".to_owned(), map);
        let set = opened(&files, images_first);
        assert_eq!(known(&set), BTreeMap::new());
        let [message] = &told(&set)[..] else { panic!("{:?}", told(&set)) };
        assert!(message.contains("images of several patients lie (a/ct/ct1.dcm, b/ct/ct1.dcm)"), "{message}");
    }
}

#[test]
fn predictions_of_another_name_meet_the_truth_at_their_place() {
    let mut set = CaseSet::new();
    set.give_as(GivenAs::Truth);
    assert_eq!(set.add_drawn_map("truth.nii.gz", reference("volumes/axial_itk.nii.gz").as_slice()).unwrap(), []);
    set.give_as(GivenAs::Findings);
    let model = |set: &mut CaseSet, file: &str, bytes: Vec<u8>| {
        assert_eq!(set.add_drawn_map(file, bytes.as_slice()).unwrap(), []);
        let findings = set.take_findings();
        findings.into_iter().map(|(name, findings)| (name, findings.len())).collect::<Vec<_>>()
    };
    let found = model(&mut set, "out/model_a.nii.gz", reference("volumes/axial_canonical.nii.gz"));
    let names = ["truth.nii.gz#1", "truth.nii.gz#2", "truth.nii.gz#3"].map(str::to_owned);
    let [first, second, third] = names;
    assert_eq!(found, [(first.clone(), 2), (second.clone(), 2), (third.clone(), 0)]);
    // The next model's are its own.
    assert_eq!(model(&mut set, "out/model_b.nii.gz", one_column(4)), [(first, 1), (second, 1), (third, 1)]);
}
