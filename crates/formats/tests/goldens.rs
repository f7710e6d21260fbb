//! Polygons, run lengths and label maps, compared pixel for pixel with pycocotools (`tests/reference/formats`).
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use groundglass_formats::{decode_counts, encode_counts, label_map_truth, rasterise_polygons, read_coco};
use groundglass_imaging::{Limits, decode_image};
use groundglass_types::{Mask, Samples};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/formats")
}

fn golden<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct Polygons {
    name: String,
    width: usize,
    height: usize,
    polygons: Vec<Vec<f64>>,
    rle: String,
    counts: Vec<u32>,
    area: u64,
    bbox: [f64; 4],
}

#[test]
fn polygons_cover_the_pixels_that_pycocotools_says() {
    let cases: Vec<Polygons> = golden("polygons.json");
    assert!(cases.len() > 30);
    for case in cases {
        let mask = rasterise_polygons(case.width, case.height, &case.polygons).unwrap();
        assert_eq!(mask.counts(), case.counts, "{}", case.name);
        assert_eq!(encode_counts(mask.counts()), case.rle, "{}", case.name);
        assert_eq!(mask.area(), case.area, "{}", case.name);
        if let Some(bounding_box) = mask.bounding_box() {
            assert_eq!(bounding_box.to_xywh(), case.bbox, "{}", case.name);
        }
    }
}

#[derive(Deserialize)]
struct RunLengths {
    name: String,
    width: usize,
    height: usize,
    counts: Vec<u32>,
    rle: String,
}

#[test]
fn run_lengths_are_written_and_read_as_pycocotools_does() {
    let cases: Vec<RunLengths> = golden("run_lengths.json");
    assert!(cases.len() > 20);
    for case in cases {
        assert_eq!(decode_counts(&case.rle).unwrap(), case.counts, "{}", case.name);
        assert_eq!(encode_counts(&case.counts), case.rle, "{}", case.name);
        let mask = Mask::from_counts(case.width, case.height, &case.counts).unwrap();
        assert_eq!(mask.counts(), case.counts, "{}", case.name);
    }
}

/// The same outlines as annotations of a COCO file, as polygons and as both kinds of run lengths.
#[test]
fn a_coco_file_gives_the_same_masks_by_polygon_and_by_run_lengths() {
    let cases: Vec<Polygons> = golden("polygons.json");
    for case in cases.iter().filter(|case| case.area > 0) {
        let size = [case.height, case.width];
        let annotation = |id: usize, segmentation: serde_json::Value| serde_json::json!({"id": id, "image_id": 1, "category_id": 1, "segmentation": segmentation});
        let file = serde_json::json!({
            "images": [{"id": 1, "file_name": "a.png", "width": case.width, "height": case.height}],
            "categories": [{"id": 1, "name": "thing"}],
            "annotations": [
                annotation(1, serde_json::json!(case.polygons)),
                annotation(2, serde_json::json!({"size": size, "counts": case.rle})),
                annotation(3, serde_json::json!({"size": size, "counts": case.counts})),
            ],
        });
        let mut coco = read_coco("truth.json", file.to_string().as_bytes()).unwrap();
        let truths = coco.take_truths("truth.json");
        assert_eq!(coco.problems, [], "{}", case.name);
        let truth = truths[0].as_ref().unwrap();
        assert_eq!(truth.regions.len(), 3, "{}", case.name);
        for region in &truth.regions {
            assert_eq!(region.region.mask.as_ref().unwrap().counts(), case.counts, "{}", case.name);
            assert_eq!(region.region.bounding_box.to_xywh(), case.bbox, "{}", case.name);
        }
    }
}

#[test]
fn label_maps_give_the_masks_of_their_labels() {
    let listing: std::collections::BTreeMap<String, Vec<Vec<u32>>> = golden("label_maps/label_maps.json");
    assert_eq!(listing.len(), 4);
    for (name, expected) in listing {
        let image = decode_image(&name, &std::fs::read(folder().join("label_maps").join(&name)).unwrap()).unwrap();
        let truth = label_map_truth(&name, &image).unwrap();
        let found: Vec<_> = truth.regions.iter().map(|region| region.region.mask.as_ref().unwrap().counts()).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
#[cfg(feature = "full")]
fn label_maps_with_a_palette_are_read_by_their_indices() {
    let labels: Vec<Vec<u8>> = golden("palettes/labels.json");
    let expected: Vec<u8> = labels.concat();
    for name in ["bits2.png", "bits4.png", "bits8.png", "plain.tif", "lzw.tif", "plain.bmp"] {
        let bytes = std::fs::read(folder().join("palettes").join(name)).unwrap();
        let mut opened =
            groundglass_imaging::open(name, Box::new(std::io::Cursor::new(&bytes)), Limits::default()).unwrap();
        let found = opened.labels(0).unwrap();
        assert!(found.are_indices, "{name}");
        assert_eq!((found.image.width(), found.image.height(), found.image.channels()), (9, 6, 1), "{name}");
        assert_eq!(found.image.samples(), &Samples::U8(expected.clone()), "{name}");
        // As a picture it is seen in its colours.
        let colors = opened.frame(0).unwrap();
        assert_eq!((colors.channels(), colors.samples().get(0)), (3, Some(255.0)), "{name}");

        // In a set the indices are what the classes are said of.
        let mut set = groundglass_formats::CaseSet::new();
        let classes = r#"{"masks/a.x": {"1": "one", "2": "two"}}"#.replace("a.x", name);
        set.add_annotations("classes.json", classes.as_bytes(), &groundglass_formats::Hints::default()).unwrap();
        set.give_as(groundglass_formats::GivenAs::Truth);
        assert_eq!(set.add_drawn_map(&format!("masks/{name}"), &bytes).unwrap(), [], "{name}");
        let truth = set.cases().next().unwrap().truth.clone().unwrap();
        let areas: Vec<_> = truth
            .regions
            .iter()
            .map(|region| (region.label.as_str(), region.region.mask.as_ref().unwrap().area()))
            .collect();
        let area = |label: u8| expected.iter().filter(|&&own| own == label).count() as u64;
        assert_eq!(areas, [("one", area(1)), ("two", area(2)), ("object", area(3))], "{name}");
    }
}

#[test]
#[cfg(feature = "full")]
fn label_maps_with_a_palette_that_are_broken_anywhere_never_panic() {
    for name in ["bits2.png", "bits8.png", "plain.tif", "plain.bmp"] {
        let whole = std::fs::read(folder().join("palettes").join(name)).unwrap();
        let labels = |bytes: &[u8]| {
            let opened = groundglass_imaging::open(name, Box::new(std::io::Cursor::new(bytes)), Limits::default());
            opened.and_then(|mut opened| opened.labels(0))
        };
        for place in 0..whole.len() {
            let _ = labels(&whole[..place]);
            let mut broken = whole.clone();
            broken[place] ^= 0xff;
            // What still has a palette has one index a pixel.
            assert!(!labels(&broken).is_ok_and(|found| found.are_indices && found.image.channels() != 1), "{name}");
        }
        assert!(labels(&whole).unwrap().are_indices, "{name}");
    }
}
