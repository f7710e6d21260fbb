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

#[test]
fn a_set_that_cannot_be_written_whole_leaves_nothing_and_can_be_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let (from, out) = (folder.path().join("set"), folder.path().join("new/out"));
    phantoms(&from);
    let convert = || {
        let (from, out) = (from.to_str().unwrap(), out.to_str().unwrap());
        groundglass(&["convert", "--from", from, "--to", "label-map", "--out", out])
    };
    // The last file of all is there before.
    std::fs::create_dir_all(&out).unwrap();
    std::fs::write(out.join("classes.json"), b"mine").unwrap();
    let done = convert();
    assert_eq!(done.status.code(), Some(1));
    let place = out.join("classes.json");
    let expected = format!("{} cannot be written: it exists, and is not replaced", place.display());
    assert!(text(&done.stderr).contains(&expected), "{}", text(&done.stderr));
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 1);
    assert_eq!(std::fs::read(&place).unwrap(), b"mine");
    std::fs::remove_file(place).unwrap();
    assert!(convert().status.success());
}

#[test]
fn nothing_to_write_is_a_fault_and_truth_of_a_known_size_needs_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let (from, out) = (folder.path().join("set"), folder.path().join("out"));
    phantoms(&from);
    let truth = from.join("truth.json");
    let kept = folder.path().join("truth.json");
    std::fs::rename(&truth, &kept).unwrap();
    for form in ["csv", "coco", "yolo", "label-map", "voc"] {
        let (from, out) = (from.to_str().unwrap(), out.to_str().unwrap());
        let done = groundglass(&["convert", "--from", from, "--to", form, "--out", out]);
        assert_eq!(done.status.code(), Some(1), "{form}");
        assert!(text(&done.stderr).contains("no case has a truth"), "{form}: {}", text(&done.stderr));
        assert!(!Path::new(out).exists(), "{form}");
    }
    let (truth, out) = (kept.to_str().unwrap(), out.to_str().unwrap());
    let done = groundglass(&["convert", "--from", truth, "--to", "voc", "--out", out]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert!(text(&done.stdout).starts_with("3 files in"), "{}", text(&done.stdout));
    // Options that do nothing are refused, and names of no class are told.
    let done = groundglass(&["convert", "--from", truth, "--to", "csv", "--out", out, "--with-images"]);
    assert!(text(&done.stderr).contains("--with-images is for --to bundle"), "{}", text(&done.stderr));
    let bundle = folder.path().join("b.zip");
    let bundle = bundle.to_str().unwrap();
    let done = groundglass(&["convert", "--from", truth, "--to", "bundle", "--out", bundle, "--side", "truth"]);
    assert_eq!(done.status.code(), Some(1));
    let done = groundglass(&["inspect", truth, from.to_str().unwrap(), "--class", "nobody=somebody"]);
    assert!(text(&done.stdout).contains("no class is called \"nobody\""), "{}", text(&done.stdout));
    let options = ["--frame", "thousand", "--column", "image=nowhere"];
    let done = groundglass(&[&["inspect", truth, from.to_str().unwrap()], &options[..]].concat());
    for told in ["--frame thousand changes nothing", "--column \"image=nowhere\" changes nothing"] {
        assert!(text(&done.stdout).contains(told), "{}", text(&done.stdout));
    }
}

#[test]
fn a_bundle_with_images_is_written_on_their_grids() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let objects = ["ct1.dcm", "ct2.dcm", "ct3.dcm", "seg_binary.dcm"].map(|name| format!("{OBJECTS}/{name}"));
    let from: Vec<&str> = [&["convert", "--from"][..], &objects.each_ref().map(String::as_str)].concat();
    let bundle = at("b.zip");
    let done = groundglass(&[&from[..], &["--to", "bundle", "--with-images", "--out", &bundle]].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    for (from, out) in [(from, at("files")), (vec!["convert", "--from", &bundle], at("bundle"))] {
        let done = groundglass(&[&from[..], &["--to", "dicom-seg", "--out", &out]].concat());
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
    let written = |out: &str| std::fs::read(folder.path().join(out).join("segmentations/ct1.dcm"));
    assert_eq!(written("files").unwrap(), written("bundle").unwrap());
}
