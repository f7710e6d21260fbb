//! Gaze and sentences through a bundle: what `evaluate` and `inspect` say of the files, they say of their bundle.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use image::{GrayImage, Luma};
use serde_json::{Value, json};

fn done(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let done = Command::new(env!("CARGO_BIN_EXE_groundglass")).args(arguments).current_dir(folder).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    done.stdout
}

fn evaluated(folder: &Path, truth: &[&str]) -> Value {
    let sides = ["--predictions", "maps", "--task", "heatmaps", "--json", "--truth"];
    serde_json::from_slice(&done(folder, &[&["evaluate"], &sides[..], truth].concat())).unwrap()
}

fn inspected(folder: &Path, paths: &[&str]) -> Value {
    serde_json::from_slice(&done(folder, &[&["inspect", "--json"], paths].concat())).unwrap()
}

/// Three pictures of 9 x 7 with a map each, drawn boxes on two, two tables of gaze and one of sentences.
fn files(folder: &Path) {
    for part in ["images", "maps", "said"] {
        std::fs::create_dir(folder.join(part)).unwrap();
    }
    for (place, name) in ["a.png", "b.png", "c.png"].into_iter().enumerate() {
        let step = place as u32 + 3;
        let map = |x: u32, y: u32| Luma([((x * 29 + y * 17 * step) % 251) as u8]);
        GrayImage::from_fn(9, 7, map).save(folder.join("maps").join(name)).unwrap();
        GrayImage::from_pixel(9, 7, Luma([step as u8])).save(folder.join("images").join(name)).unwrap();
    }
    // Two readers; one place lies outside of the image.
    let gaze = "image,x_pixel,y_pixel,duration,reader\na.png,1.3,2.7,1,r1\na.png,8.1,6.9,2,r2\nb.png,4.4,0.2,1,r1\na.png,30,2,1,r1\nc.png,2,5,1,r2\n";
    let shares = "image,x_norm,y_norm,duration\na.png,0.3333333333333333,0.1,1\nc.png,0.7,0.9,3\n";
    let sentences =
        "Volumename,Anatomy,Sentence\na.png,cell,Round.\na.png,,Clear.\nb.png,heart,Normal.\nd.png,,Lost.\n";
    let truth = json!({
        "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 7}, {"id": 2, "file_name": "b.png", "width": 9, "height": 7}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 3]}, {"id": 2, "image_id": 2, "category_id": 1, "bbox": [2, 0, 3, 3]}]
    });
    for (name, text) in
        [("gaze.csv", gaze), ("more.csv", shares), ("report.csv", sentences), ("truth.json", &truth.to_string())]
    {
        std::fs::write(folder.join("said").join(name), text).unwrap();
    }
}

#[test]
fn a_bundle_is_evaluated_against_gaze_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    files(folder);
    let direct = evaluated(folder, &["said", "--images", "images"]);
    let of = |report: &Value, id: &str| {
        let value = report["values"].as_array().unwrap().iter().find(|value| value["id"] == id).unwrap();
        value["value"].as_f64().unwrap()
    };
    assert!(of(&direct, "nss").abs() > 1e-3 && (0.0..1.0).contains(&of(&direct, "auc_judd")));
    for (name, with_images) in [("bare.zip", None), ("full.zip", Some("--with-images"))] {
        let convert = ["convert", "--from", "images", "said", "--to", "bundle", "--out", name];
        done(folder, &[&convert[..], with_images.as_slice()].concat());
        let bundled = evaluated(folder, &[name]);
        for part in ["task", "cases", "values", "problems"] {
            assert_eq!(bundled[part], direct[part], "{name}: {part}");
        }
        let again = ["convert", "--from", name, "--to", "bundle", "--out", "again.zip"];
        done(folder, &[&again[..], with_images.as_slice()].concat());
        assert_eq!(std::fs::read(folder.join("again.zip")).unwrap(), std::fs::read(folder.join(name)).unwrap());
        std::fs::remove_file(folder.join("again.zip")).unwrap();
    }
}

#[test]
fn a_bundle_says_the_same_of_gaze_and_sentences() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    files(folder);
    done(folder, &["convert", "--from", "images", "said", "--to", "bundle", "--out", "x.zip"]);
    let (direct, bundled) = (inspected(folder, &["images", "said"]), inspected(folder, &["x.zip"]));
    assert_eq!((direct["sentences"].as_u64(), direct["fixations"].as_u64()), (Some(4), Some(7)));
    for part in ["sentences", "fixations", "cases", "with_truth", "classes"] {
        assert_eq!(bundled[part], direct[part], "{part}");
    }
    let told = |of: &Value| -> Vec<String> {
        let problems = of["problems"].as_array().unwrap().iter();
        let problems = problems.filter(|problem| problem["kind"].as_str().unwrap().starts_with("sentences"));
        problems.map(|problem| problem["message"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(told(&direct).len(), 2);
    assert_eq!(told(&bundled), told(&direct));
    // The original table beside the bundle adds nothing.
    std::fs::rename(folder.join("said"), folder.join("elsewhere")).unwrap();
    let both = inspected(folder, &["x.zip", "elsewhere/report.csv", "elsewhere/gaze.csv"]);
    assert_eq!((both["sentences"].as_u64(), both["fixations"].as_u64()), (Some(4), Some(7)));
}
