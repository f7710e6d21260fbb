//! Classes and the size of a pixel, corrected for a whole set.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;

use groundglass_formats::{CaseSet, Frame, Hints, SetCorrections};
use groundglass_types::{BoundingBox, Finding, Region};
use image::{GrayImage, ImageFormat};
use serde_json::{Value, json};

fn png(pixels: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let image = GrayImage::from_raw(4, 2, pixels).unwrap();
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

/// One box of class 5 ("RBC") and one of class 6 ("red cell"), and a prediction of class "WBC".
fn set(corrections: SetCorrections) -> CaseSet {
    let mut set = CaseSet::new();
    set.correct(corrections).unwrap();
    let truth = json!({
        "images": [{"id": 1, "file_name": "a.png", "width": 4, "height": 2}],
        "categories": [{"id": 5, "name": "RBC"}, {"id": 6, "name": "red cell"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 5, "bbox": [0, 0, 1, 1]},
            {"id": 2, "image_id": 1, "category_id": 6, "bbox": [1, 0, 1, 1]},
        ],
    });
    let none = Hints::default();
    assert_eq!(set.add_annotations("truth.json", truth.to_string().as_bytes(), &none).unwrap(), []);
    let given = "image,label,x_min,y_min,x_max,y_max,score\na.png,WBC,0,0,3,2,0.5\n";
    let pixels = Hints { frame: Frame::of_name("pixel_corners"), ..Hints::default() };
    assert_eq!(set.add_annotations("given.csv", given.as_bytes(), &pixels).unwrap(), []);
    set.add_image("a.png", &png(vec![7; 8])).unwrap();
    set.add_label_map("b.png", "b_mask.png", png(vec![0, 1, 0, 0, 0, 0, 0, 0])).unwrap();
    set.add_image("b.png", &png(vec![9; 8])).unwrap();
    set
}

fn renamed(pairs: &[(&str, &str)]) -> SetCorrections {
    let classes = pairs.iter().map(|&(from, to)| (from.to_owned(), to.to_owned())).collect::<BTreeMap<_, _>>();
    SetCorrections { classes, ..SetCorrections::default() }
}

fn labels(set: &CaseSet, name: &str) -> Vec<String> {
    let truth = set.case(name).unwrap().truth.as_ref().unwrap();
    let given = set.given_findings(name).unwrap_or_default().iter().map(|finding| finding.label.clone());
    truth.regions.iter().map(|region| region.label.clone()).chain(given).collect()
}

#[test]
fn a_class_counts_under_the_name_that_it_is_given_whatever_named_it() {
    let plain = set(SetCorrections::default());
    assert_eq!(labels(&plain, "a.png"), ["RBC", "red cell", "WBC"]);
    assert_eq!(labels(&plain, "b.png"), ["object"]);
    let set = set(renamed(&[("RBC", "red cell"), ("WBC", "white cell"), ("object", "nucleus")]));
    assert_eq!(labels(&set, "a.png"), ["red cell", "red cell", "white cell"]);
    assert_eq!(labels(&set, "b.png"), ["nucleus"]);
    let classes = set.understood(Vec::new()).classes;
    let counts: Vec<_> = classes.iter().map(|class| (class.name.as_str(), class.truths, class.predictions)).collect();
    assert_eq!(counts, [("nucleus", 1, 0), ("red cell", 2, 0), ("white cell", 0, 1)]);
}

#[test]
fn two_classes_may_change_names() {
    let set = set(renamed(&[("RBC", "red cell"), ("red cell", "RBC")]));
    assert_eq!(labels(&set, "a.png"), ["red cell", "RBC", "WBC"]);
}

#[test]
fn a_renamed_class_keeps_its_number_and_of_two_that_are_one_the_first_stays() {
    let set = set(renamed(&[("RBC", "cell"), ("red cell", "cell")]));
    let found = [Finding {
        label: "cell".to_owned(),
        score: 0.5,
        region: Region::from_box(BoundingBox { x_min: 0.0, y_min: 0.0, x_max: 1.0, y_max: 1.0 }),
    }];
    let json: Value = serde_json::from_str(&set.results_json([("a.png", &found[..])]).unwrap()).unwrap();
    assert_eq!(json[0]["category_id"], 5);
}

#[test]
fn what_a_model_finds_is_named_alike() {
    let corrections = renamed(&[("nucleus", "cell")]);
    let region = Region::from_box(BoundingBox { x_min: 0.0, y_min: 0.0, x_max: 1.0, y_max: 1.0 });
    let mut found = [Finding { label: "nucleus".to_owned(), score: 0.5, region }];
    corrections.name_findings(&mut found);
    assert_eq!(found[0].label, "cell");
}

#[test]
fn the_size_of_a_pixel_is_given_where_the_files_do_not_say_it_or_everywhere() {
    let spaced = |said: &str, spacing, spacing_everywhere| {
        let mut set = CaseSet::new();
        set.correct(SetCorrections { spacing, spacing_everywhere, ..SetCorrections::default() }).unwrap();
        let path = format!("{}/../../tests/reference/images/files/{said}", env!("CARGO_MANIFEST_DIR"));
        set.add_image("scan.nii", &std::fs::read(path).unwrap()).unwrap();
        set.add_image("a.png", &png(vec![7; 8])).unwrap();
        let of = |name: &str| set.cases().find(|case| case.name.starts_with(name)).unwrap().spacing;
        (of("scan.nii"), of("a.png"))
    };
    let (own, none) = spaced("affine_ras.nii", None, false);
    assert!(own.is_some() && none.is_none());
    assert_eq!(spaced("affine_ras.nii", Some([0.3, 0.4]), false), (own, Some([0.3, 0.4])));
    assert_eq!(spaced("affine_ras.nii", Some([0.3, 0.4]), true), (Some([0.3, 0.4]), Some([0.3, 0.4])));
}

#[test]
fn what_is_no_size_and_no_name_is_refused() {
    for spacing in [[0.0, 1.0], [1.0, f64::NAN], [-1.0, 1.0], [1.0, f64::INFINITY]] {
        let fault = CaseSet::new().correct(SetCorrections { spacing: Some(spacing), ..SetCorrections::default() });
        assert!(fault.unwrap_err().to_string().ends_with("has no size; both numbers are above 0"));
    }
    let fault = CaseSet::new().correct(renamed(&[("RBC", " ")])).unwrap_err();
    assert_eq!(fault.to_string(), "the class \"RBC\" shall have no name; a name has at least one letter");
}
