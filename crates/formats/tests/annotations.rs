//! Annotation files of other people's tools (`tests/reference/annotations`), and real ones where they exist.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use groundglass_formats::{Hints, ImageName, JsonId, Probe, Reading, decode_counts, format_of};
use groundglass_types::{Mask, Truth};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    file: String,
    form: String,
    /// How far in pixels a box may lie from the one that was written.
    within: f64,
    size: (usize, usize),
    /// How many things of the file cannot be read.
    problems: usize,
    images: Vec<GoldenImage>,
}

#[derive(Deserialize)]
struct GoldenImage {
    /// Empty where the file's own name is the image's.
    name: String,
    regions: Vec<GoldenRegion>,
}

#[derive(Deserialize)]
struct GoldenRegion {
    label: String,
    #[serde(rename = "box")]
    edges: Option<[f64; 4]>,
    runs: Option<String>,
    /// The IoU that is wanted.
    iou: Option<f64>,
    #[serde(default)]
    crowd: bool,
    reader: Option<String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/annotations")
}

fn read(name: &str, bytes: &[u8]) -> (&'static str, Reading) {
    let probe = Probe::new(name, bytes);
    let format = format_of(&probe).unwrap_or_else(|| panic!("{name} is of no form"));
    (format.id(), format.read(&probe, &Hints::default()).unwrap())
}

/// The names of the classes in the other file of a folder of YOLO's.
fn classes(file: &str) -> Vec<(JsonId, String)> {
    let names = ["obj.names", "data.yaml"].map(|name| Path::new(file).with_file_name(name));
    let Some(path) = names.into_iter().find(|path| folder().join(path).is_file()) else { return Vec::new() };
    let (_, reading) = read(&path.to_string_lossy(), &std::fs::read(folder().join(&path)).unwrap());
    reading.classes.into_iter().map(|class| (class.id.unwrap(), class.name)).collect()
}

fn compare(golden: &Golden, image: &GoldenImage, truth: &Truth) {
    let said = format!("{}, {}", golden.file, image.name);
    assert_eq!(truth.regions.len(), image.regions.len(), "{said}");
    for (found, wanted) in truth.regions.iter().zip(&image.regions) {
        assert_eq!((&found.label, found.crowd), (&wanted.label, wanted.crowd), "{said}");
        if let Some(edges) = wanted.edges {
            let found = found.region.bounding_box;
            let found = [found.x_min, found.y_min, found.x_max, found.y_max];
            let near = found.iter().zip(edges).all(|(one, other)| (one - other).abs() <= golden.within);
            assert!(near, "{said}: {found:?} {edges:?}");
        }
        if let Some(runs) = &wanted.runs {
            let wanted_mask = Mask::from_counts(golden.size.0, golden.size.1, &decode_counts(runs).unwrap()).unwrap();
            let iou = found.region.mask.as_ref().unwrap().iou(&wanted_mask);
            assert!(iou >= wanted.iou.unwrap(), "{said}: {}: IoU {iou}", wanted.label);
        }
    }
}

#[test]
fn files_of_other_tools_give_what_was_written() {
    let goldens: Vec<Golden> = serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap();
    assert!(goldens.len() >= 16);
    for golden in goldens {
        let (form, mut reading) = read(&golden.file, &std::fs::read(folder().join(&golden.file)).unwrap());
        assert_eq!(form, golden.form, "{}", golden.file);
        assert_eq!(reading.questions, [], "{}", golden.file);
        assert_eq!(reading.problems.len(), golden.problems, "{}: {:?}", golden.file, reading.problems);
        let names = reading.images.iter().map(|image| match &image.name {
            ImageName::Named(name) => name.clone(),
            _ => String::new(),
        });
        let wanted = golden.images.iter().map(|image| image.name.clone()).collect::<Vec<_>>();
        assert_eq!(names.collect::<Vec<_>>(), wanted, "{}", golden.file);
        let classes = classes(&golden.file);
        for (image, wanted) in reading.images.iter_mut().zip(&golden.images) {
            assert_eq!(*image.size.get_or_insert(golden.size), golden.size, "{}", golden.file);
            for (mark, wanted) in image.marks.iter_mut().flatten().zip(&wanted.regions) {
                assert_eq!(mark.reader, wanted.reader, "{}", golden.file);
                if let Some((_, name)) = classes.iter().find(|(id, _)| mark.category.as_ref() == Some(id)) {
                    mark.label.clone_from(name);
                }
            }
        }
        for (image, truth) in golden.images.iter().zip(reading.take_truths(&golden.file)) {
            compare(&golden, image, &truth.unwrap());
        }
    }
}

#[test]
fn real_blood_cells_with_their_untidy_boxes() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bccd/Annotations");
    let Ok(entries) = std::fs::read_dir(&data) else { return };
    let (mut files, mut regions, mut messages) = (0, 0, Vec::new());
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (form, mut reading) = read(&name, &std::fs::read(&path).unwrap());
        assert_eq!((form, &reading.images[0].name), ("voc", &ImageName::LikeTheFile));
        assert_eq!(reading.images[0].size, Some((640, 480)));
        regions += reading.take_truths(&name)[0].as_ref().unwrap().regions.len();
        messages.extend(reading.problems.into_iter().map(|problem| problem.message));
        files += 1;
    }
    messages.sort();
    assert_eq!((files, regions), (292, 3943 - 2));
    assert_eq!(
        messages,
        [
            "BloodImage_00338.xml: object[12] is left out: its box [504, 337, 0, 0] has no area",
            "BloodImage_00343.xml: object[3] is left out: its box [181, 329, 0, 0] has no area",
        ]
    );
}
