//! The command as a user runs it.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/reference/retina_unet/tiny.safetensors");

fn groundglass(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_groundglass")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder with three phantoms and their truth.
fn phantoms(folder: &Path) {
    let out = folder.to_str().unwrap();
    let done = groundglass(&["phantom", "--images", "3", "--seed", "5", "--out", out]);
    assert!(done.status.success(), "{}", text(&done.stderr));
}

#[test]
fn phantoms_are_written_alike_from_one_seed() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    phantoms(first.path());
    phantoms(second.path());
    for name in ["phantom-shape-5.png", "phantom-shape-6.png", "phantom-shape-7.png", "truth.json"] {
        let read = |folder: &Path| std::fs::read(folder.join(name)).unwrap();
        assert_eq!(read(first.path()), read(second.path()), "{name}");
    }
}

#[test]
fn a_set_is_run_and_evaluated_and_bad_files_do_not_spoil_it() {
    let folder = tempfile::tempdir().unwrap();
    phantoms(folder.path());
    std::fs::write(folder.path().join("broken.png"), b"\x89PNG\r\n\x1a\nnot really").unwrap();
    std::fs::write(folder.path().join("empty.png"), b"").unwrap();
    std::fs::write(folder.path().join("other.json"), b"{\"hello\": 1}").unwrap();
    // Elsewhere: the second run would take the findings of the first for a file of the set.
    let elsewhere = tempfile::tempdir().unwrap();
    let out = elsewhere.path().join("predictions.json");
    let (images, out) = (folder.path().to_str().unwrap(), out.to_str().unwrap());
    let arguments = ["run", "--model", TINY, "--images", images, "--out", out, "--region", "mask", "--json"];
    let done = groundglass(&arguments);
    assert!(done.status.success(), "{}", text(&done.stderr));

    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(report["schema"], "groundglass.report/1");
    assert_eq!(report["model"]["name"], "tiny");
    assert_eq!(report["device"]["device"], "cpu");
    assert!(report["data"].as_object().unwrap().len() >= 4, "{}", report["data"]);
    let ids: Vec<&str> = report["values"].as_array().unwrap().iter().filter_map(|value| value["id"].as_str()).collect();
    for id in ["precision", "recall", "f1", "ap", "ap50", "ap75", "dice", "foreground_iou", "panoptic_quality"] {
        assert!(ids.contains(&id), "{id} is not in the report: {ids:?}");
    }
    let problems = text(&done.stderr);
    for name in ["broken.png", "empty.png", "other.json"] {
        assert!(problems.contains(name), "{name} is not named in: {problems}");
        assert!(report["problems"].to_string().contains(name), "{name} is not in the report");
    }

    let predictions: Value = serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap();
    let predictions = predictions.as_array().unwrap();
    assert!(!predictions.is_empty());
    let counted = |key: &str| report["counts"][key].as_u64().unwrap();
    let above = predictions.iter().filter(|entry| entry["score"].as_f64().unwrap() >= 0.5).count() as u64;
    assert_eq!(counted("true_positives") + counted("false_positives"), above);

    // The same input gives the same bytes.
    assert!(groundglass(&arguments).stdout == done.stdout, "two runs over the same files differ");
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("p.json");
    let out = out.to_str().unwrap();
    let empty = folder.path().to_str().unwrap();
    for (arguments, said) in [
        (vec!["run", "--model", "no such", "--images", empty, "--out", out], "neither a built-in model"),
        (vec!["run", "--model", TINY, "--images", "no/such/folder", "--out", out], "no/such/folder"),
        (vec!["run", "--model", TINY, "--images", empty, "--out", out], "there is no image"),
    ] {
        let done = groundglass(&arguments);
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        let error = text(&done.stderr);
        assert!(error.contains(said) && error.trim_end().lines().count() == 1, "{error}");
    }
    assert_eq!(groundglass(&["run", "--model", TINY]).status.code(), Some(2));
    assert_eq!(groundglass(&["fly"]).status.code(), Some(2));
}
