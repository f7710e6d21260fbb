//! Several DICOM objects, given as truth and as predictions.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const OBJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/dicom/objects");

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let arguments = [&["evaluate", "--images", "ct", "--json"], arguments].concat();
    let done = Command::new(env!("CARGO_BIN_EXE_groundglass")).args(&arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

fn place(folder: &Path, part: &str, names: &[&str]) {
    std::fs::create_dir(folder.join(part)).unwrap();
    for name in names {
        std::fs::copy(Path::new(OBJECTS).join(name), folder.join(part).join(name)).unwrap();
    }
}

fn counts(report: &Value) -> [u64; 3] {
    ["true_positives", "false_positives", "false_negatives"].map(|name| report["counts"][name].as_u64().unwrap())
}

fn seconds(report: &Value) -> Vec<&str> {
    let problems = report["problems"].as_array().unwrap().iter().map(|problem| problem.as_str().unwrap());
    problems.filter(|problem| problem.contains("already")).collect()
}

#[test]
fn one_object_for_each_structure_is_one_truth_and_one_model() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    place(folder, "ct", &["ct1.dcm", "ct2.dcm", "ct3.dcm"]);
    place(folder, "two", &["seg_one_nodule.dcm", "seg_one_vessel.dcm"]);
    place(folder, "three", &["seg_one_nodule.dcm", "seg_one_vessel.dcm", "seg_two_again.dcm"]);
    let masks = ["--task", "masks"];
    // Nodules on three slices and vessels on two; the third object adds a vessel and two cysts, and one vessel too many.
    let same = report(folder, &[&["--truth", "two", "--predictions", "two"], &masks[..]].concat());
    assert_eq!((counts(&same), seconds(&same)), ([5, 0, 0], vec![]));
    let fewer = report(folder, &[&["--truth", "three", "--predictions", "two"], &masks[..]].concat());
    assert_eq!(counts(&fewer), [5, 0, 3]);
    let more = report(folder, &[&["--truth", "two", "--predictions", "three"], &masks[..]].concat());
    assert_eq!(counts(&more), [5, 3, 0]);
    for one in [&fewer, &more] {
        let told = "three/seg_two_again.dcm draws \"vessel\" on ct/ct2.dcm, which has it from three/seg_one_vessel.dcm already; that is kept";
        assert_eq!(seconds(one), [told]);
    }
}

#[test]
fn contours_without_images_are_found_as_those_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    place(folder, "ct", &["ct1.dcm", "ct2.dcm", "ct3.dcm"]);
    let path = |name: &str| format!("{OBJECTS}/{name}");
    let (with, without) = (path("rtstruct.dcm"), path("rtstruct_loose.dcm"));
    let found = report(folder, &["--truth", &with, "--predictions", &without, "--task", "masks"]);
    assert_eq!(counts(&found), [3, 0, 0]);
    let dice = found["values"].as_array().unwrap().iter().find(|value| value["id"] == "dice").unwrap();
    assert_eq!(dice["value"], 1.0);
}
