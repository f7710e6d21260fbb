//! `groundglass inspect` and `groundglass convert` as a user runs them.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const OBJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/dicom/objects");

fn groundglass(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_groundglass")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn inspected(paths: &[&str]) -> Value {
    let done = groundglass(&[&["inspect", "--json"], paths].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// A folder with three phantoms and their truth.
fn phantoms(folder: &Path) {
    let done = groundglass(&["phantom", "--images", "3", "--seed", "5", "--out", folder.to_str().unwrap()]);
    assert!(done.status.success(), "{}", text(&done.stderr));
}

#[test]
fn a_set_is_understood_in_one_sentence_and_in_full() {
    let folder = tempfile::tempdir().unwrap();
    phantoms(folder.path());
    std::fs::write(folder.path().join("empty.png"), b"").unwrap();
    let found = inspected(&[folder.path().to_str().unwrap()]);
    assert_eq!((found["cases"].as_u64(), found["with_truth"].as_u64()), (Some(3), Some(3)));
    let masks = found["masks"].as_u64().unwrap();
    let of_classes: u64 =
        found["classes"].as_array().unwrap().iter().map(|class| class["truths"].as_u64().unwrap()).sum();
    assert!(masks > 0 && masks == of_classes);
    let sentence = found["sentence"].as_str().unwrap();
    assert!(sentence.starts_with("3 images, 1 COCO annotations file, "), "{sentence}");
    assert!(sentence.ends_with("; files that cannot be read: 1 (empty.png)"), "{sentence}");
    let problem = &found["problems"].as_array().unwrap()[0];
    assert_eq!(problem["message"], "empty.png is empty (0 bytes)");
}

#[test]
fn a_series_and_its_drawings_are_understood() {
    let found = inspected(&[
        &format!("{OBJECTS}/ct1.dcm"),
        &format!("{OBJECTS}/ct2.dcm"),
        &format!("{OBJECTS}/ct3.dcm"),
        &format!("{OBJECTS}/rtstruct.dcm"),
    ]);
    assert_eq!((found["cases"].as_u64(), found["with_spacing"].as_u64()), (Some(3), Some(3)));
    assert!(found["masks"].as_u64().unwrap() > 0, "{found}");
    assert_eq!(found["attributes"]["modality"], 1);
}

#[test]
fn forms_are_converted_there_and_back_and_losses_are_named() {
    let (folder, yolo, coco) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    phantoms(folder.path());
    let from = folder.path().to_str().unwrap();
    let yolo = yolo.path().join("labels");
    let done = groundglass(&["convert", "--from", from, "--to", "yolo", "--out", yolo.to_str().unwrap()]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("cannot hold"), "{}", text(&done.stderr));
    let before = inspected(&[from]);
    // The images with the new labels only.
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "png") {
            std::fs::copy(&path, yolo.join(path.file_name().unwrap())).unwrap();
        }
    }
    let after = inspected(&[yolo.to_str().unwrap()]);
    assert_eq!(after["boxes"].as_u64().unwrap(), before["masks"].as_u64().unwrap());
    assert_eq!(after["classes"], before["classes"]);
    let out = coco.path().to_str().unwrap();
    let done = groundglass(&["convert", "--from", yolo.to_str().unwrap(), "--to", "coco", "--out", out]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    // What is there is never replaced.
    let again = groundglass(&["convert", "--from", yolo.to_str().unwrap(), "--to", "coco", "--out", out]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("it exists, and is not replaced"), "{}", text(&again.stderr));
}

#[test]
fn an_archive_is_read_as_a_folder_is() {
    let folder = tempfile::tempdir().unwrap();
    phantoms(folder.path());
    let archive = folder.path().join("set.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&archive).unwrap());
    for name in ["phantom-shape-5.png", "phantom-shape-6.png", "phantom-shape-7.png", "truth.json"] {
        zip.start_file(format!("within/{name}"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&std::fs::read(folder.path().join(name)).unwrap()).unwrap();
    }
    zip.finish().unwrap();
    let found = inspected(&[archive.to_str().unwrap()]);
    assert_eq!((found["cases"].as_u64(), found["with_truth"].as_u64()), (Some(3), Some(3)), "{found}");
}

#[test]
fn wrong_forms_and_frames_say_which_there_are() {
    let done = groundglass(&["convert", "--from", ".", "--to", "xyz", "--out", "nowhere"]);
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done.stderr);
    assert!(said.contains("nothing is written as \"xyz\"") && said.contains("voc") && said.contains("yolo"), "{said}");
    let done = groundglass(&["inspect", ".", "--frame", "inches"]);
    assert!(text(&done.stderr).contains("there is no frame \"inches\""), "{}", text(&done.stderr));
}
