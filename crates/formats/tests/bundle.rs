//! Bundles open again to what was written, with their images and without.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;

use groundglass_formats::{BundleLimits, CaseSet, Hints, OpenFile, sha256_hex, unpack};
use image::{GrayImage, ImageFormat};
use proptest::prelude::*;
use serde_json::json;

fn picture(shade: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    GrayImage::from_pixel(8, 6, image::Luma([shade])).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

/// Two images with truth of boxes and masks between pixels, two readers, attributes, spacing, and predictions.
fn set() -> CaseSet {
    let mut set = CaseSet::new();
    set.plan(&["a.png".to_owned(), "b.png".to_owned()]);
    let truth = json!({
        "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 6, "site": "north", "spacing": [0.1, 0.3]},
                   {"id": 2, "file_name": "b.png", "width": 8, "height": 6}],
        "categories": [{"id": 5, "name": "cell \"x\""}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 5, "bbox": [0.1, 0.7, 2.3, 1.9], "area": 3.3, "iscrowd": 1},
            {"id": 2, "image_id": 1, "category_id": 5, "bbox": [1, 1, 4, 4],
             "segmentation": {"size": [6, 8], "counts": [8, 3, 3, 4, 30]}}]
    });
    set.add_annotations("truth.json", truth.to_string().as_bytes(), &Hints::default()).unwrap();
    let rows = "image,reader,label,x_min,y_min,x_max,y_max\nb.png,ann,cell,1.25,1,3,2\nb.png,bob,,,,,\n";
    let told =
        set.add_annotations("readers.csv", rows.replace(",cell,,", ",,,").as_bytes(), &Hints::default()).unwrap();
    assert!(told.iter().all(|problem| problem.kind == "frames that could be others"), "{told:?}");
    let found = json!([{"image_id": 1, "category_id": 5, "bbox": [0.2, 0.4, 1.7, 1.1], "score": 0.123456789}]);
    set.add_annotations("r.json", found.to_string().as_bytes(), &Hints::default()).unwrap();
    set.add_image("a.png", &picture(9)).unwrap();
    set.add_image("b.png", &picture(8)).unwrap();
    set
}

fn written(set: &CaseSet, with_images: bool) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let state = json!({"score_threshold": 0.35, "case": "b.png"});
    let report = json!({"schema": "groundglass.report/1", "values": [0.1, 1e-9]});
    let state = set.bundle_state().cloned().unwrap_or(state);
    let report = set.bundle_report().cloned().unwrap_or(report);
    let mut open = |path: &str| -> std::io::Result<Box<dyn groundglass_imaging::Source>> {
        let shade = if path.ends_with("a.png") { 9 } else { 8 };
        assert!(path.ends_with(".png"), "{path}");
        Ok(Box::new(Cursor::new(picture(shade))))
    };
    let images: Option<&mut groundglass_formats::Originals<'_>> = if with_images { Some(&mut open) } else { None };
    set.write_bundle(&mut out, Some(&state), Some(&report), images).unwrap();
    out.into_inner()
}

fn files_of(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let source = Box::new(Cursor::new(bytes));
    let told = unpack("x.zip", source, BundleLimits::default(), &mut |path, reader| {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes)?;
        files.insert(format!("x.zip/{path}"), bytes);
        Ok(true)
    });
    assert_eq!(told.unwrap(), []);
    files
}

/// All files of an archive through the door.
fn opened(files: &BTreeMap<String, Vec<u8>>) -> CaseSet {
    let mut set = CaseSet::new();
    let plan = set.plan(&files.keys().cloned().collect::<Vec<_>>());
    assert_eq!(plan.problems, []);
    for path in &plan.annotations {
        assert_eq!(set.add_annotations(path, &files[path], &Hints::default()).unwrap(), []);
    }
    for path in &plan.images {
        set.add_header(&OpenFile::new(path, Box::new(Cursor::new(&files[path]))).unwrap());
    }
    assert_eq!(set.finish(), []);
    set
}

fn same(one: &CaseSet, other: &CaseSet) {
    assert_eq!(one.cases().collect::<Vec<_>>(), other.cases().collect::<Vec<_>>());
    for case in one.cases() {
        assert_eq!(one.given_findings(&case.name), other.given_findings(&case.name));
    }
    assert_eq!(one.data(), other.data());
}

#[test]
fn a_bundle_opens_to_what_was_written_and_is_written_so_again() {
    let set = set();
    assert_eq!(set.case("b.png").unwrap().readers.len(), 2);
    assert!(set.case("a.png").unwrap().truth.as_ref().unwrap().regions[1].region.mask.is_some());
    for with_images in [false, true] {
        let bytes = written(&set, with_images);
        let files = files_of(&bytes);
        assert_eq!(files.keys().filter(|path| path.contains("/images/")).count(), if with_images { 2 } else { 0 });
        assert!(files.contains_key("x.zip/coco/truth.json") && files.contains_key("x.zip/coco/results.json"));
        let again = opened(&files);
        same(&set, &again);
        assert_eq!(again.bundle_state().unwrap()["case"], "b.png");
        assert_eq!(again.bundle_report().unwrap()["values"][1], 1e-9);
        assert_eq!(written(&again, with_images), bytes);
    }
}

#[test]
fn images_are_met_by_hash_before_their_names_and_in_any_order() {
    let mut files = files_of(&written(&set(), false));
    // The second image under the name of the first.
    files.insert("photos/a.png".to_owned(), picture(8));
    let after = opened(&files);
    assert_eq!(after.data()["b.png"], sha256_hex(&picture(8)));
    same(&set(), &after);

    let mut before = CaseSet::new();
    before.add_image("photos/a.png", &picture(8)).unwrap();
    let manifest = "x.zip/groundglass-bundle.json";
    assert_eq!(before.add_annotations(manifest, &files[manifest], &Hints::default()).unwrap(), []);
    assert_eq!(before.case("photos/a.png").unwrap().readers.len(), 2);
    assert_eq!(before.case("a.png").unwrap().truth.as_ref().unwrap().regions.len(), 2);

    // Another picture of the same name and another size is told, and leaves the case as it is.
    let mut wrong = opened(&files_of(&written(&set(), false)));
    let mut bytes = Vec::new();
    GrayImage::new(3, 3).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    wrong.add_header(&OpenFile::new("a.png", Box::new(Cursor::new(bytes))).unwrap());
    assert!(wrong.finish()[0].message.starts_with("a.png has 3 x 3 pixels, but the case a.png has 8 x 6"));
    assert_eq!(wrong.case("a.png").unwrap().width, 8);
}

#[test]
fn the_numbers_of_the_truth_go_through_a_bundle() {
    let found = |set: &CaseSet| {
        let cases: Vec<_> = set.cases().map(|case| case.name.clone()).collect();
        let found = cases.iter().filter_map(|name| Some((name.as_str(), set.given_findings(name)?)));
        set.results_json(found).unwrap()
    };
    let (set, again) = (set(), opened(&files_of(&written(&set(), false))));
    assert!(found(&set).contains("\"category_id\":5"));
    assert_eq!(found(&again), found(&set));
    assert_eq!(again.coco_index(), set.coco_index());
}

#[test]
fn what_was_corrected_is_not_corrected_again_but_goes_on_from_there() {
    let classes = |pairs: &[(&str, &str)]| groundglass_formats::SetCorrections {
        classes: pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect(),
        ..groundglass_formats::SetCorrections::default()
    };
    let read = |corrections: groundglass_formats::SetCorrections| {
        let region = json!({"label": "a", "box": [0, 0, 2, 2]});
        let manifest = json!({"schema": "groundglass.bundle/1",
            "cases": [{"name": "x", "width": 4, "height": 4, "truth": [region]}],
            "state": {"corrections": {"set": {"classes": {"a": "b", "b": "a"}}, "files": {}}}});
        let mut set = CaseSet::new();
        set.correct(corrections).unwrap();
        set.add_annotations("groundglass-bundle.json", manifest.to_string().as_bytes(), &Hints::default()).unwrap();
        set.case("x").unwrap().truth.as_ref().unwrap().regions[0].label.clone()
    };
    assert_eq!(read(classes(&[("a", "b"), ("b", "a")])), "a");
    assert_eq!(read(classes(&[])), "a");
    assert_eq!(read(classes(&[("a", "c"), ("b", "a")])), "c");
}

#[test]
fn another_file_of_the_name_is_taken_and_told() {
    let mut set = opened(&files_of(&written(&set(), false)));
    assert!(set.is_unseen("a.png") && set.is_unseen("b.png"));
    assert!(set.understood(Vec::new()).sentence.starts_with("2 cases without their image, 1 Groundglass bundle file"));
    let other = OpenFile::new("b.png", Box::new(Cursor::new(picture(77)))).unwrap();
    assert!(set.meet_header(&other));
    assert!(!set.is_unseen("b.png"));
    let told = set.finish();
    assert_eq!(told.len(), 1);
    assert!(told[0].message.contains("by its name, but is another file"), "{told:?}");
    // One of another size stays outside.
    let mut bytes = Vec::new();
    GrayImage::new(3, 3).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    assert!(!set.meet_header(&OpenFile::new("a.png", Box::new(Cursor::new(bytes))).unwrap()));
    assert!(set.is_unseen("a.png"));
}

#[test]
fn a_bundle_written_in_pieces_has_the_same_bytes() {
    let set = set();
    let cases = set.written();
    let numbers = set.coco_numbers();
    let (state, report) = (
        json!({"score_threshold": 0.35, "case": "b.png"}),
        json!({"schema": "groundglass.report/1", "values": [0.1, 1e-9]}),
    );
    let content = groundglass_formats::BundleContent {
        cases: &cases,
        data: set.data(),
        numbers: numbers.as_ref(),
        gaze_and_text: None,
        state: Some(&state),
        report: Some(&report),
    };
    let mut open = |path: &str| -> std::io::Result<Box<dyn groundglass_imaging::Source>> {
        Ok(Box::new(Cursor::new(picture(if path == "a.png" { 9 } else { 8 }))))
    };
    let mut writer = groundglass_formats::BundleWriter::new(Cursor::new(Vec::new()), &content, &mut |_| true);
    let mut pieces = 1;
    while writer.step(&content, &mut open, 7).unwrap() {
        let (done, total) = writer.text();
        assert!(done <= total && (writer.copied() == 0 || done == total));
        pieces += 1;
    }
    assert!(pieces > 10);
    assert_eq!(writer.copied(), (picture(8).len() + picture(9).len()) as u64);
    assert_eq!(writer.finish().unwrap().into_inner(), written(&set, true));
}

#[test]
fn one_fault_costs_one_case_and_another_schema_is_refused() {
    let read =
        |text: String| CaseSet::new().add_annotations("groundglass-bundle.json", text.as_bytes(), &Hints::default());
    let manifest = |cases: serde_json::Value| json!({"schema": "groundglass.bundle/1", "cases": cases}).to_string();
    let case = |field: &str, value: serde_json::Value| {
        let mut case = json!({"name": "a", "width": 4, "height": 4});
        case[field] = value;
        case
    };
    let faults = [
        (case("width", json!(0)), "has 0 x 4 pixels"),
        (case("width", json!(-1)), "invalid value"),
        (case("truth", json!([{"label": "x", "box": [2, 2, 1, 1]}])), "has no area"),
        (case("truth", json!([{"label": "x", "box": [0, 0, 1, 1], "mask": "0"}])), "the mask of \"x\" cannot be read"),
        (case("findings", json!([{"label": "x", "box": [0, 0, 1, 1]}])), "has no score"),
        (case("spacing", json!([0, 1])), "the size of its pixels"),
        (case("slice", json!({"stack": "s", "index": u64::MAX, "count": 1})), ""),
    ];
    for (faulty, said) in faults {
        let told = read(manifest(json!([faulty, case("name", json!("b"))]))).unwrap();
        assert!(said.is_empty() || told.len() == 1 && told[0].message.contains(said), "{said}: {told:?}");
    }
    let other = read(json!({"schema": "groundglass.bundle/2", "cases": []}).to_string()).unwrap_err();
    assert!(other.to_string().contains("its schema is \"groundglass.bundle/2\""), "{other}");
    assert!(read("{".to_owned()).unwrap_err().to_string().contains("is not valid JSON"));
}

proptest! {
    #[test]
    fn mutated_manifests_never_panic(at in any::<prop::sample::Index>(), value in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = files_of(&written(&set(), false)).remove("x.zip/groundglass-bundle.json").unwrap();
        let at = at.index(bytes.len());
        bytes[at] = value;
        if cut {
            bytes.truncate(at);
        }
        let mut set = CaseSet::new();
        let _ = set.add_annotations("groundglass-bundle.json", &bytes, &Hints::default());
        let _ = set.add_image("a.png", &picture(9));
        set.finish();
    }
}
