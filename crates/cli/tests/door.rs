//! `groundglass evaluate` on files of every form: the same truth and predictions give the same numbers.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

const OBJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/dicom/objects");

fn groundglass(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_groundglass")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn done(folder: &Path, arguments: &[&str]) {
    let done = groundglass(folder, arguments);
    assert!(done.status.success(), "{arguments:?}: {}", text(&done.stderr));
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let done = groundglass(folder, &[&["evaluate"], arguments, &["--json"]].concat());
    assert!(done.status.success(), "{arguments:?}: {}", text(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn refused(folder: &Path, arguments: &[&str]) -> String {
    let done = groundglass(folder, &[&["evaluate"], arguments].concat());
    let said = text(&done.stderr);
    assert_eq!((done.status.code(), said.trim_end().lines().count()), (Some(1), 1), "{arguments:?}: {said}");
    said
}

/// Every value with its class and number; counts of the pairings with them.
fn values(report: &Value) -> Vec<(String, Value)> {
    let line = |value: &Value| {
        let number =
            value["value"].as_f64().map_or_else(|| value["undefined"].clone(), |value| json!((value * 1e9).round()));
        (format!("{} {}", value["id"], value["class"]), json!([number, value["n"]]))
    };
    let values = report["values"].as_array().unwrap().iter().map(line);
    values.chain([("counts".to_owned(), report["counts"].clone())]).collect()
}

/// Six phantoms with their truth, and predictions that miss some objects, call some by the other class, and find some twice.
fn set(folder: &Path, scored: bool) {
    done(folder, &["phantom", "--images", "6", "--seed", "3", "--count", "3", "6", "--overlap", "0", "--out", "set"]);
    let truth: Value = serde_json::from_slice(&std::fs::read(folder.join("set/truth.json")).unwrap()).unwrap();
    let classes: Vec<i64> =
        truth["categories"].as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect();
    let mut found = Vec::new();
    for (place, one) in truth["annotations"].as_array().unwrap().iter().enumerate() {
        let mut entry = one.clone();
        entry["score"] = if scored { json!(0.95 - 0.02 * place as f64) } else { json!(1.0) };
        if place % 5 == 1 {
            continue;
        }
        if place % 4 == 3 {
            let other = classes.iter().find(|&&class| json!(class) != one["category_id"]).unwrap();
            entry["category_id"] = json!(other);
        }
        found.push(entry);
    }
    assert!(found.len() > 10 && classes.len() == 2);
    std::fs::write(folder.join("results.json"), serde_json::to_vec(&found).unwrap()).unwrap();
}

/// The set in another form, truth and predictions, evaluated against itself in COCO's.
fn same_in(form: &str, scored: bool, with_images: bool, task: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    set(folder, scored);
    let plain = report(folder, &["--truth", "set/truth.json", "--predictions", "results.json", "--task", task]);
    for (side, out) in [("truth", "marked"), ("predictions", "found")] {
        done(folder, &["convert", "--from", "set", "results.json", "--to", form, "--side", side, "--out", out]);
    }
    let images = if with_images { &["--images", "set"][..] } else { &[] };
    let sides = ["--truth", "marked", "--predictions", "found", "--task", task];
    let through = report(folder, &[&sides[..], images].concat());
    assert_eq!(through["task"], plain["task"]);
    assert_eq!(values(&through), values(&plain), "{form}");
    // The other side stays in COCO's form.
    let mixed = ["--truth", "marked", "--predictions", "results.json", "--task", task];
    if form != "label_map" && form != "coco" {
        let folder_of_images = &["--images", "set"][..];
        let mixed_the_other_way = ["--truth", "set/truth.json", "--predictions", "found", "--task", task];
        assert_eq!(values(&report(folder, &[&mixed_the_other_way[..], folder_of_images].concat())), values(&plain));
    } else {
        assert!(report(folder, &[&mixed[..], &["--images", "set"]].concat())["counts"].is_object());
    }
}

#[test]
fn coco_through_the_door_is_coco() {
    same_in("coco", true, true, "boxes");
    same_in("coco", true, true, "masks");
}

#[test]
fn voc_gives_the_numbers_of_coco() {
    same_in("voc", false, false, "boxes");
}

#[test]
fn yolo_gives_the_numbers_of_coco() {
    same_in("yolo", true, true, "boxes");
}

#[test]
fn csv_gives_the_numbers_of_coco() {
    same_in("csv", true, false, "boxes");
}

#[test]
fn label_maps_give_the_numbers_of_coco() {
    same_in("label_map", false, false, "boxes");
    same_in("label_map", false, true, "masks");
}

#[test]
fn each_truth_is_a_reader_and_each_prediction_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    set(folder, true);
    done(folder, &["convert", "--from", "set", "--to", "csv", "--out", "first"]);
    done(
        folder,
        &["convert", "--from", "set", "results.json", "--to", "voc", "--side", "predictions", "--out", "second"],
    );
    let sides = ["--truth", "first", "--truth", "second", "--predictions", "results.json"];
    let readers = report(folder, &sides);
    assert_eq!(readers["task"], "readers");
    // A model against itself, in two forms.
    let models = ["--truth", "first", "--predictions", "results.json", "--predictions", "second", "--task", "boxes"];
    let models = report(folder, &models);
    let lines = models["comparison"]["lines"].as_array().unwrap();
    let recall = lines.iter().find(|line| line["id"] == "max_recall").or(lines.first()).unwrap();
    assert!(recall["difference"].is_number() || recall["difference"].is_null(), "{recall}");
    assert!(
        models["problems"].to_string().contains("have no score; they count with score 1"),
        "{}",
        models["problems"]
    );
}

#[test]
fn drawings_in_dicom_are_truth_or_predictions_as_they_were_given() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| format!("{OBJECTS}/{name}");
    let images = ["ct1.dcm", "ct2.dcm", "ct3.dcm"].map(path);
    let (seg, structures) = (path("rtstruct.dcm"), path("rtstruct.dcm"));
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let sides = ["--truth", &seg, "--predictions", &structures, "--task", "masks", "--images"];
    let found = report(folder.path(), &[&sides[..], &images].concat());
    let dice = found["values"].as_array().unwrap().iter().find(|value| value["id"] == "dice").unwrap();
    assert_eq!(dice["value"], 1.0);
    assert_eq!(found["counts"]["false_negatives"], 0);
    assert!(found["counts"]["true_positives"].as_u64().unwrap() > 0);
}

#[test]
fn heatmaps_are_set_against_truth_of_any_form() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    set(folder, true);
    done(folder, &["convert", "--from", "set", "--to", "voc", "--out", "marked"]);
    std::fs::create_dir(folder.join("maps")).unwrap();
    for seed in 3..6 {
        let name = format!("phantom-shape-{seed}.png");
        let size = image::image_dimensions(folder.join("set").join(&name)).unwrap();
        let map = image::GrayImage::from_pixel(size.0, size.1, image::Luma([7]));
        map.save(folder.join("maps").join(&name)).unwrap();
    }
    let found = report(folder, &["--truth", "marked", "--predictions", "maps"]);
    assert_eq!((found["task"].as_str(), found["cases"].as_u64()), (Some("heatmaps"), Some(3)));
}

#[test]
fn heatmaps_are_set_against_where_readers_looked() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (name, first) in [("images", 90), ("maps", 255)] {
        std::fs::create_dir(folder.join(name)).unwrap();
        let picture = image::GrayImage::from_fn(4, 2, |x, _| image::Luma([if x == 0 { first } else { 0 }]));
        picture.save(folder.join(name).join("a.png")).unwrap();
    }
    std::fs::write(folder.join("gaze.csv"), "image,x,y,duration\na.png,0.125,0.25,1\na.png,0.5,0.5,2\n").unwrap();
    let sides = ["--truth", "gaze.csv", "--predictions", "maps", "--images", "images", "--task", "heatmaps"];
    assert!(refused(folder, &sides).contains("does not say what the numbers"));
    let found = report(folder, &[&sides[..], &["--frame", "unit_corners"]].concat());
    // A quarter of the map is 1: mean 0.25, deviation sqrt(3)/4. One fixation lies on it, (1 - 0.25) / 0.433 = 1.7321, the
    // other does not, -0.25 / 0.433 = -0.5774.
    let nss = found["values"].as_array().unwrap().iter().find(|value| value["id"] == "nss").unwrap();
    assert!((nss["value"].as_f64().unwrap() - 0.577_350_269).abs() < 1e-6, "{nss}");
    assert_eq!(found["cases"].as_u64(), Some(1));
}

#[test]
fn attributes_reach_cases_of_other_forms() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    set(folder, false);
    done(folder, &["convert", "--from", "set", "--to", "voc", "--out", "marked"]);
    let rows: String = (3..9).map(|seed| format!("phantom-shape-{seed},{}\n", ["a", "b"][seed % 2])).collect();
    std::fs::write(folder.join("sites.csv"), format!("case,site\n{rows}")).unwrap();
    let sides = ["--truth", "marked", "--predictions", "results.json", "--images", "set"];
    let found = report(folder, &[&sides[..], &["--attributes", "sites.csv", "--group", "site"]].concat());
    assert!(found["values"].as_array().unwrap().iter().any(|value| value["group"] == "b"));
}

#[test]
fn what_is_not_understood_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    set(folder, true);
    done(folder, &["convert", "--from", "set", "--to", "yolo", "--out", "marked"]);
    let yolo = ["--truth", "marked", "--predictions", "results.json"];
    assert!(refused(folder, &yolo).contains("--images gives the images"));
    std::fs::write(folder.join("boxes.csv"), "image,x1,y1,x2,y2,label\nphantom-shape-3.png,1,2,3,4,disc\n").unwrap();
    std::fs::write(folder.join("odd.csv"), "image,a,b,x2,y2\nphantom-shape-3.png,1,2,3,4\n").unwrap();
    std::fs::create_dir(folder.join("empty")).unwrap();
    let with = |truth: &'static str, found: &'static str| ["--truth", truth, "--predictions", found, "--images", "set"];
    assert!(refused(folder, &with("empty", "results.json")).contains("no file of truth"));
    assert!(refused(folder, &with("set/truth.json", "odd.csv")).contains("which holds the"));
    assert!(
        refused(folder, &with("results.json", "results.json"))
            .contains("results.json holds predictions, which are no truth")
    );
    // One broken file among good ones costs itself alone, and is told.
    std::fs::write(folder.join("marked/labels/broken.xml"), "<annotation><object>").unwrap();
    let found = report(folder, &with("marked", "boxes.csv"));
    assert!(found["problems"].to_string().contains("broken.xml"), "{}", found["problems"]);
    assert!(
        refused(folder, &[&with("set/truth.json", "results.json")[..], &["--task", "classes"]].concat())
            .contains("from tables")
    );
}

#[test]
fn a_bundle_is_evaluated_without_its_images() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    set(folder, true);
    let convert = ["convert", "--from", "set", "results.json", "--to", "bundle", "--out", "all.zip"];
    done(folder, &convert);
    let plain = report(folder, &["--truth", "set/truth.json", "--predictions", "results.json"]);
    let through = report(folder, &["--truth", "all.zip", "--predictions", "all.zip"]);
    assert_eq!(values(&through), values(&plain));
    // With its images it is a set like any other, and written again it has the same bytes.
    done(folder, &[&convert[..7], &["with.zip", "--with-images"]].concat());
    done(folder, &["convert", "--from", "with.zip", "--to", "bundle", "--out", "again.zip", "--with-images"]);
    assert_eq!(std::fs::read(folder.join("with.zip")).unwrap(), std::fs::read(folder.join("again.zip")).unwrap());
    let inspected = groundglass(folder, &["inspect", "with.zip", "--json"]);
    let inspected: Value = serde_json::from_slice(&inspected.stdout).unwrap();
    assert_eq!((inspected["cases"].as_u64(), inspected["with_predictions"].as_u64()), (Some(6), Some(6)));
    assert_eq!(inspected["problems"], json!([]));
    let again = groundglass(folder, &convert);
    assert_eq!(again.status.code(), Some(1));
}

#[test]
fn a_run_writes_a_bundle_that_opens_to_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    set(folder, true);
    let run = ["run", "--model", "donuts", "--images", "set", "--region", "mask", "--score", "0.3", "--json"];
    let ran =
        groundglass(folder, &[&run[..], &["--out", "found.json", "--bundle", "run.zip", "--with-images"]].concat());
    assert!(ran.status.success(), "{}", text(&ran.stderr));
    let inspected = groundglass(folder, &["inspect", "run.zip", "--json"]);
    let inspected: Value = serde_json::from_slice(&inspected.stdout).unwrap();
    let facts = ["cases", "with_truth", "with_predictions", "unseen"].map(|field| inspected[field].as_u64());
    assert_eq!((facts, &inspected["problems"]), ([Some(6), Some(6), Some(6), Some(0)], &json!([])));
    // Written again it has the same bytes: cases, findings, report, state and images.
    done(folder, &["convert", "--from", "run.zip", "--to", "bundle", "--out", "again.zip", "--with-images"]);
    assert_eq!(std::fs::read(folder.join("run.zip")).unwrap(), std::fs::read(folder.join("again.zip")).unwrap());
    let plain = report(folder, &["--truth", "set/truth.json", "--predictions", "found.json"]);
    let through = report(folder, &["--truth", "run.zip", "--predictions", "run.zip"]);
    assert_eq!(values(&through), values(&plain));
    // Without the images the cases stand by themselves.
    done(folder, &[&run[..], &["--bundle", "bare.zip"]].concat());
    let told = groundglass(folder, &["inspect", "bare.zip"]);
    assert!(text(&told.stdout).starts_with("6 cases without their image, 1 Groundglass bundle file"));
    assert_eq!(groundglass(folder, &[&run[..], &["--with-images"]].concat()).status.code(), Some(2));
}

/// The page's own tests compare with the same files.
#[test]
fn forms_on_the_grids_of_images_have_the_bytes_that_the_page_writes() {
    let reference = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/");
    let (folder, kept) = (tempfile::tempdir().unwrap(), Path::new(reference).join("wasm/written"));
    let folder = folder.path();
    for name in ["ct1.dcm", "ct2.dcm", "ct3.dcm", "seg_binary.dcm"] {
        std::fs::copy(Path::new(OBJECTS).join(name), folder.join(name)).unwrap();
    }
    for side in ["images", "labels"] {
        std::fs::create_dir(folder.join(side)).unwrap();
        let scan = Path::new(reference).join("reference/images/files/labels.nii");
        std::fs::copy(scan, folder.join(side).join("scan.nii")).unwrap();
    }
    let drawn = ["convert", "--from", "ct1.dcm", "ct2.dcm", "ct3.dcm", "seg_binary.dcm", "--to", "dicom-seg"];
    done(folder, &[&drawn[..], &["--out", "out"]].concat());
    done(folder, &["convert", "--from", "images", "labels", "--to", "nifti", "--out", "out"]);
    for (made, name) in [
        ("segmentations/ct1.dcm", "ct1.dcm"),
        ("labels/images/scan.nii.gz", "scan.nii.gz"),
        ("classes.json", "classes.json.golden"),
    ] {
        let made = std::fs::read(folder.join("out").join(made)).unwrap();
        assert_eq!(made, std::fs::read(kept.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn volumes_of_labels_are_evaluated_slice_by_slice() {
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/images/files");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (side, name) in [("truth", "scan.nii"), ("found", "scan.nii")] {
        std::fs::create_dir(folder.join(side)).unwrap();
        std::fs::copy(format!("{files}/labels.nii"), folder.join(side).join(name)).unwrap();
    }
    let found = report(folder, &["--truth", "truth", "--predictions", "found"]);
    assert_eq!((found["task"].as_str(), found["counts"]["false_negatives"].as_u64()), (Some("masks"), Some(0)));
    assert!(found["counts"]["true_positives"].as_u64().unwrap() > 0);
}
