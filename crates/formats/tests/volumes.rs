//! Masks on the grid of the images that they belong to, there and back: NIfTI and DICOM SEG.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::PathBuf;

use groundglass_formats::{CaseSet, FormatError, GivenAs, Hints, OpenFile, Problem, Side, Sink, writer_of};
use groundglass_imaging::{NiftiPlacement, Source, VolumeGrid, write_nifti_labels};

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

/// Classes and pixels by the case.
type Masks = BTreeMap<String, Vec<(String, Vec<u8>)>>;

/// The classes and pixels of every case of which something is known.
fn masks(set: &CaseSet) -> Masks {
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

/// A matrix from voxels to millimetres in RAS+.
type Affine = [[f64; 4]; 3];

const AFFINE: Affine = [[1.0, 0.0, 0.0, -10.0], [0.0, 2.0, 0.0, -20.0], [0.0, 0.0, 3.0, -30.0]];
const EYE: Affine = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];

/// A NIfTI file of 4 x 3 x 2 voxels as they are stored; without an affine both its codes are 0.
fn volume(affine: Option<Affine>, extent: [usize; 3], label: impl Fn([usize; 3]) -> u16) -> Vec<u8> {
    let mut placement = NiftiPlacement::of_affine(affine.unwrap_or(EYE));
    placement.sform_code = i32::from(affine.is_some());
    let grid = VolumeGrid::new(extent, 1, affine.unwrap_or(EYE), placement);
    let frame = |frame: usize| {
        let pixels = (0..grid.height()).flat_map(|y| (0..grid.width()).map(move |x| (x, y)));
        pixels.map(|(x, y)| grid.voxel(frame, x, y).map(|[i, j, k, _]| label([i, j, k])).unwrap()).collect()
    };
    write_nifti_labels(&grid, &(0..grid.frames()).map(frame).collect::<Vec<Vec<u16>>>(), false).unwrap()
}

const EXTENT: [usize; 3] = [4, 3, 2];

/// One voxel that is nowhere the same once an axis is turned, and a pair.
const fn marked([i, j, k]: [usize; 3]) -> u16 {
    matches!((i, j, k), (0, 0, 0) | (1, 0, 0) | (3, 2, 1)) as u16
}

/// What the set has and tells of a map on an image.
fn laid(image: Vec<u8>, map: Vec<u8>, of_map: &str) -> (Masks, Vec<String>) {
    let set = opened(&Files::from([("scan.nii".to_owned(), image), (format!("labels/scan.{of_map}"), map)]));
    let told = set.finish().into_iter().filter(|problem| problem.kind.starts_with("label maps"));
    (masks(&set), told.map(|problem| problem.message).collect())
}

/// The same matrix with an axis in reverse order.
fn mirrored(affine: Affine, axis: usize) -> Affine {
    affine.map(|row| {
        let mut row = row;
        row[3] += row[axis] * (EXTENT[axis] - 1) as f64;
        row[axis] = -row[axis];
        row
    })
}

#[test]
fn a_map_of_the_same_voxels_fits_however_they_are_stored() {
    let image = volume(Some(AFFINE), EXTENT, |_| 7);
    let (same, told) = laid(image.clone(), volume(Some(AFFINE), EXTENT, marked), "nii");
    assert_eq!((same.len(), told), (2, Vec::new()));
    for axis in 0..3 {
        let turned = |voxel: [usize; 3]| {
            let mut voxel = voxel;
            voxel[axis] = EXTENT[axis] - 1 - voxel[axis];
            marked(voxel)
        };
        let map = volume(Some(mirrored(AFFINE, axis)), EXTENT, turned);
        assert_eq!(laid(image.clone(), map, "nii"), (same.clone(), Vec::new()), "{axis}");
    }
    let swapped = AFFINE.map(|[x, y, z, at]| [y, z, x, at]);
    let map = volume(Some(swapped), [3, 2, 4], |[j, k, i]| marked([i, j, k]));
    assert_eq!(laid(image.clone(), map, "nii"), (same.clone(), Vec::new()));
    // Rounded to 32 bits, and with voxels of 1.01 mm for 1 mm.
    let rounded = AFFINE.map(|row| row.map(|number| f64::from((number * 1.000_000_3) as f32)));
    assert_eq!(laid(image.clone(), volume(Some(rounded), EXTENT, marked), "nii"), (same.clone(), Vec::new()));
    let mut measured = AFFINE;
    measured[0][0] = 1.01;
    assert_eq!(laid(image, volume(Some(measured), EXTENT, marked), "nii"), (same, Vec::new()));
}

#[test]
fn a_map_that_lies_elsewhere_is_not_used_and_told_with_both_places() {
    let image = || volume(Some(AFFINE), EXTENT, |_| 7);
    let is = "axes R A S, voxels of 1 x 2 x 3 mm, the first at (-10, -20, -30) mm";
    let out = "save it with the affine of scan.nii where its voxels are the same, or else resample it to them";
    let mut shifted = AFFINE;
    shifted.iter_mut().for_each(|row| row[3] += 50.0);
    let (none, told) = laid(image(), volume(Some(shifted), EXTENT, marked), "nii");
    assert!(none.is_empty());
    let has = "axes R A S, voxels of 1 x 2 x 3 mm, the first at (40, 30, 20) mm";
    assert_eq!(
        told,
        [format!(
            "labels/scan.nii lies up to 50.0 voxels from scan.nii and is not used: it has {has}, and scan.nii has {is}; {out}"
        )]
    );
    let mut half = AFFINE;
    half[0][3] += 0.5;
    let zoomed = AFFINE.map(|[x, y, z, at]| [2.0 * x, 2.0 * y, 2.0 * z, at]);
    for affine in [half, zoomed] {
        let (none, told) = laid(image(), volume(Some(affine), EXTENT, marked), "nii");
        assert!(none.is_empty() && told.len() == 1 && told[0].contains("is not used"), "{told:?}");
    }
    let (none, told) = laid(image(), volume(Some(EYE), EXTENT, marked), "nii");
    assert!(none.is_empty());
    assert!(told[0].contains("the matrix of labels/scan.nii is the identity, which is also written for want of one"));
}

#[test]
fn without_a_place_voxels_are_taken_in_the_order_in_which_they_are_stored() {
    let told_of = |file: &str| {
        let message = format!(
            "{file} does not say where it lies; the voxels of labels/scan.nii are taken to be stored in the same order as those of scan.nii"
        );
        vec![message]
    };
    for affine in [AFFINE, mirrored(AFFINE, 0), mirrored(mirrored(AFFINE, 1), 2)] {
        let placed = |label: fn([usize; 3]) -> u16| volume(Some(affine), EXTENT, label);
        let unplaced = |label: fn([usize; 3]) -> u16| volume(None, EXTENT, label);
        let (expected, _) = laid(placed(|_| 7), placed(marked), "nii");
        assert_eq!(laid(placed(|_| 7), unplaced(marked), "nii"), (expected, told_of("labels/scan.nii")));
        let (expected, told) = laid(unplaced(|_| 7), unplaced(marked), "nii");
        assert_eq!(told, Vec::<String>::new());
        assert_eq!(laid(unplaced(|_| 7), placed(marked), "nii"), (expected, told_of("scan.nii")));
    }
    // Along other axes nothing says which voxel is which.
    let sideways = AFFINE.map(|[x, y, z, at]| [y, x, z, at]);
    let (none, told) = laid(volume(Some(sideways), [3, 3, 2], |_| 7), volume(None, [3, 3, 2], marked), "nii");
    assert!(none.is_empty());
    assert!(
        told[0].starts_with("labels/scan.nii is not used: labels/scan.nii does not say where it lies, and"),
        "{told:?}"
    );
}

/// An array of bytes as NumPy writes it, slice by slice.
fn array(extent: [usize; 3], label: impl Fn([usize; 3]) -> u16) -> Vec<u8> {
    let [columns, rows, slices] = extent;
    let mut header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({slices}, {rows}, {columns}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    file.extend(header.as_bytes());
    for k in 0..slices {
        for j in 0..rows {
            file.extend((0..columns).map(|i| label([i, j, k]) as u8));
        }
    }
    file
}

#[test]
fn an_array_is_laid_on_a_volume_voxel_by_voxel() {
    // Four columns would be colours.
    const EXTENT: [usize; 3] = [5, 3, 2];
    let image = || volume(Some(AFFINE), EXTENT, |_| 7);
    let (expected, _) = laid(image(), volume(Some(AFFINE), EXTENT, marked), "nii");
    let (found, told) = laid(image(), array(EXTENT, marked), "npy");
    assert_eq!(found, expected);
    assert!(told[0].starts_with("labels/scan.npy does not say where it lies; the voxels"), "{told:?}");
}

#[test]
fn truth_and_predictions_without_an_image_are_compared_with_each_other() {
    let found = |affine: Affine| {
        let mut set = CaseSet::new();
        set.give_as(GivenAs::Truth);
        assert_eq!(set.add_drawn_map("truth/a.nii", volume(Some(AFFINE), EXTENT, marked)).unwrap(), []);
        set.give_as(GivenAs::Findings);
        let told = set.add_drawn_map("found/a.nii", volume(Some(affine), EXTENT, marked)).unwrap();
        let findings = set.take_findings();
        (findings.len(), told.into_iter().map(|problem| problem.message).collect::<Vec<_>>())
    };
    assert_eq!(found(AFFINE), (2, Vec::new()));
    let zoomed = AFFINE.map(|[x, y, z, at]| [2.0 * x, 2.0 * y, 2.0 * z, at]);
    let (count, told) = found(zoomed);
    assert_eq!((count, told.len()), (0, 1));
    assert!(told[0].starts_with("found/a.nii lies up to 3.0 voxels from truth/a.nii and is not used"), "{told:?}");
}

#[test]
fn maps_of_another_size_than_the_other_side_are_told() {
    let mut set = CaseSet::new();
    set.give_as(GivenAs::Truth);
    set.add_drawn_map("truth/a.nii", volume(Some(AFFINE), EXTENT, marked)).unwrap();
    set.give_as(GivenAs::Findings);
    let told = set.add_drawn_map("found/a.nii", volume(Some(AFFINE), [4, 4, 2], marked)).unwrap();
    assert!(set.take_findings().is_empty());
    let message = "found/a.nii has 4 x 4 pixels, but its image truth/a.nii#1 has 4 x 3; it is not used";
    assert_eq!(told[0].message, message);
    let told = set.add_drawn_map("more/a.nii", volume(Some(AFFINE), [4, 3, 3], marked)).unwrap();
    assert_eq!(told[0].message, "more/a.nii has 3 frames, but its image truth/a.nii has 2; it is not used");
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
