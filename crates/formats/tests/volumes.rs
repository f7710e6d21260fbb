//! Masks on the grid of the images that they belong to, there and back: NIfTI and DICOM SEG.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::PathBuf;

use groundglass_formats::{CaseSet, FormatError, Hints, OpenFile, Problem, Side, Sink, writer_of};
use groundglass_imaging::Source;

fn reference(path: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference").join(path)).unwrap()
}

type Files = BTreeMap<String, Vec<u8>>;

/// All files through the door.
fn opened(files: &Files) -> CaseSet {
    let mut set = CaseSet::new();
    let plan = set.plan(&files.keys().cloned().collect::<Vec<_>>());
    for path in &plan.annotations {
        set.add_annotations(path, &files[path], &Hints::default()).unwrap();
    }
    for map in &plan.label_maps {
        assert_eq!(set.add_label_map(&map.image, &map.path, &files[&map.path]).unwrap(), []);
    }
    for path in &plan.images {
        let mut open = || -> std::io::Result<Box<dyn Source>> { Ok(Box::new(Cursor::new(files[path].clone()))) };
        if set.add_object(path, &mut open).unwrap().is_none() {
            set.add_header(&OpenFile::new(path, Box::new(Cursor::new(&files[path]))).unwrap());
        }
    }
    set
}

/// Files in memory, and the one that is being written.
struct Folder<'f>(&'f mut Files, String);

impl Sink for Folder<'_> {
    fn begin(&mut self, path: &str) -> Result<(), FormatError> {
        path.clone_into(&mut self.1);
        self.0.insert(path.to_owned(), Vec::new());
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        self.0.get_mut(&self.1).unwrap().extend_from_slice(bytes);
        Ok(())
    }
}

fn written(set: &CaseSet, form: &str, files: &Files) -> (Files, Vec<Problem>) {
    let mut written = Files::new();
    let cases = set.written();
    let mut originals = |path: &str| -> std::io::Result<Box<dyn Source>> {
        let bytes = files.get(path).ok_or(std::io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(bytes.clone())))
    };
    let mut sink = Folder(&mut written, String::new());
    let lost = writer_of(form).unwrap().write(&cases, Side::Truth, &mut originals, &mut sink).unwrap();
    (written, lost)
}

/// The classes and pixels of every case of which something is known.
fn masks(set: &CaseSet) -> BTreeMap<String, Vec<(String, Vec<u8>)>> {
    let of_case = |case: &groundglass_types::Case| {
        let regions = case.truth.iter().flat_map(|truth| &truth.regions);
        let mut masks: Vec<_> =
            regions.map(|region| (region.label.clone(), region.region.mask.as_ref().unwrap().to_row_major())).collect();
        masks.sort();
        (case.name.clone(), masks)
    };
    set.cases().map(of_case).filter(|(_, masks)| !masks.is_empty()).collect()
}

#[test]
fn label_volumes_keep_masks_classes_and_grid() {
    for name in ["affine_ras.nii", "affine_coronal.nii", "affine_oblique_sagittal.nii.gz", "gzip.nrrd"] {
        let path = format!("images/files/{name}");
        let volume = reference(&path);
        let scan = format!("scan.{}", name.split_once('.').unwrap().1);
        let mut files = Files::from([(scan, volume.clone())]);
        let mut set = opened(&files);
        let coco = coco_of(&set);
        set.add_annotations("truth.json", coco.as_bytes(), &Hints::default()).unwrap();
        let (out, lost) = written(&set, "nifti", &files);
        assert_eq!(lost, [], "{name}");
        assert_eq!(out.keys().collect::<Vec<_>>(), ["classes.json", "labels/scan.nii.gz"]);
        files.extend(out.clone());
        let again = opened(&files);
        assert_eq!(masks(&again), masks(&set), "{name}");
        assert!(masks(&set).len() > 1);
        // The grid of the labels is that of the volume.
        let grid = |bytes: &[u8]| {
            let opened = OpenFile::new("v.nii", Box::new(Cursor::new(bytes.to_vec()))).unwrap();
            let grid = opened.facts().grid.clone().unwrap();
            (grid.world(0, 0, 0), grid.world(grid.frames() - 1, grid.width() - 1, grid.height() - 1))
        };
        let ((a, b), (c, d)) = (grid(&volume), grid(&out["labels/scan.nii.gz"]));
        for (one, other) in [(a, c), (b, d)] {
            assert!(one.unwrap().iter().zip(other.unwrap()).all(|(one, other)| (one - other).abs() < 1e-3), "{name}");
        }
    }
}

/// Two regions of one class in every slice, and one of another in every other.
fn coco_of(set: &CaseSet) -> String {
    let mut annotations = Vec::new();
    let images: Vec<_> = set
        .cases()
        .enumerate()
        .map(|(id, case)| {
            let (width, height) = (case.width, case.height);
            let mut add = |class: usize, x: usize, y: usize| {
                let before = x * height + y;
                let counts = [before, 1, width * height - before - 1];
                annotations.push(serde_json::json!({"id": annotations.len() + 1, "image_id": id, "category_id": class,
                    "segmentation": {"size": [height, width], "counts": counts}}));
            };
            add(1, id % width, 0);
            add(1, (id + 1) % width, 1);
            if id % 2 == 0 {
                add(2, 0, height - 1);
            }
            serde_json::json!({"id": id, "file_name": case.name, "width": width, "height": height})
        })
        .collect();
    let categories = serde_json::json!([{"id": 1, "name": "a"}, {"id": 2, "name": "b"}]);
    serde_json::json!({"images": images, "annotations": annotations, "categories": categories}).to_string()
}

#[test]
fn segmentations_keep_masks_and_classes_on_the_images_of_the_series() {
    let objects = ["ct1.dcm", "ct2.dcm", "ct3.dcm"];
    let mut files: Files =
        objects.iter().map(|name| ((*name).to_owned(), reference(&format!("dicom/objects/{name}")))).collect();
    let mut set = opened(&files);
    set.settle_series();
    let coco = coco_of(&set);
    set.add_annotations("truth.json", coco.as_bytes(), &Hints::default()).unwrap();
    let (out, lost) = written(&set, "dicom-seg", &files);
    assert_eq!(lost.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    assert_eq!(out.keys().collect::<Vec<_>>(), ["segmentations/ct1.dcm"]);
    files.extend(out.clone());
    let again = opened(&files);
    assert_eq!(masks(&again), masks(&set));
    assert_eq!(masks(&set).len(), 3);
    // The same masks give the same bytes.
    assert_eq!(written(&set, "dicom_seg", &files).0, out);
}

#[test]
fn cases_of_other_images_are_named_and_left_out() {
    let mut bytes = Vec::new();
    image::GrayImage::new(4, 4).write_to(&mut Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    let files = Files::from([("a.png".to_owned(), bytes)]);
    let mut set = opened(&files);
    let coco = coco_of(&set);
    set.add_annotations("truth.json", coco.as_bytes(), &Hints::default()).unwrap();
    let (out, lost) = written(&set, "nifti", &files);
    assert!(out.is_empty());
    assert_eq!(
        lost[0].message,
        "label volumes (NIfTI) cannot hold cases that are no slices of a volume with a grid: 1 are left out"
    );
    let (out, lost) = written(&set, "dicom_seg", &files);
    assert!(out.is_empty() && lost[0].message.contains("whose image is no DICOM image"), "{lost:?}");
}

#[test]
fn images_that_were_looked_at_come_back_empty_and_others_unknown() {
    let objects = ["ct1.dcm", "ct2.dcm", "ct3.dcm"];
    let mut files: Files =
        objects.iter().map(|name| ((*name).to_owned(), reference(&format!("dicom/objects/{name}")))).collect();
    let mut set = opened(&files);
    set.settle_series();
    let mut coco: serde_json::Value = serde_json::from_str(&coco_of(&set)).unwrap();
    coco["images"].as_array_mut().unwrap().truncate(2);
    coco["annotations"].as_array_mut().unwrap().retain(|annotation| annotation["image_id"] == 0);
    set.add_annotations("truth.json", coco.to_string().as_bytes(), &Hints::default()).unwrap();
    let known = |set: &CaseSet| -> Vec<Option<usize>> {
        objects.iter().map(|name| set.case(name)?.truth.as_ref().map(|truth| truth.regions.len())).collect()
    };
    assert_eq!(known(&set), [Some(3), Some(0), None]);
    let (out, lost) = written(&set, "dicom-seg", &files);
    assert_eq!(lost, []);
    files.extend(out);
    assert_eq!(known(&opened(&files)), [Some(3), Some(0), None]);
}
