//! `groundglass evaluate` and `groundglass metrics` as a user runs them.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn groundglass(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_groundglass")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn report(folder: &Path, arguments: &[&str]) -> Value {
    let done = groundglass(folder, &[&["evaluate"], arguments, &["--json"]].concat());
    assert!(done.status.success(), "{}", text(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// The number over all classes and cases.
fn number(report: &Value, id: &str) -> f64 {
    let of_all = |value: &&Value| value["id"] == id && value.get("class").is_none() && value.get("group").is_none();
    let value = report["values"].as_array().unwrap().iter().find(of_all);
    value.unwrap_or_else(|| panic!("{id} is not in the report"))["value"].as_f64().unwrap()
}

/// Four images of two patients at two sites with one truth each. The first model finds three of them, and something in
/// the last image that is not there; the second finds all.
fn boxes(folder: &Path) {
    let image = |id: usize| {
        let (patient, site) = (["p", "q"][id / 2], ["north", "south"][id % 2]);
        format!(
            r#"{{"id": {id}, "file_name": "{id}.png", "width": 64, "height": 64, "patient": "{patient}", "site": "{site}"}}"#
        )
    };
    let truth = |id: usize| {
        format!(
            r#"{{"id": {}, "image_id": {id}, "category_id": 1, "bbox": [8, 8, 20, 20], "area": 400, "iscrowd": 0}}"#,
            id + 1
        )
    };
    let found = |id: usize, left: usize| {
        format!(r#"{{"image_id": {id}, "category_id": 1, "bbox": [{left}, 8, 20, 20], "score": 0.9}}"#)
    };
    let list = |entries: Vec<String>| format!("[{}]", entries.join(","));
    let truth = format!(
        r#"{{"images": {}, "annotations": {}, "categories": [{{"id": 1, "name": "cell"}}]}}"#,
        list((0..4).map(image).collect()),
        list((0..4).map(truth).collect())
    );
    std::fs::write(folder.join("truth.json"), truth).unwrap();
    let first = vec![found(0, 8), found(1, 8), found(2, 8), found(3, 40)];
    std::fs::write(folder.join("first.json"), list(first)).unwrap();
    std::fs::write(folder.join("second.json"), list((0..4).map(|id| found(id, 8)).collect())).unwrap();
}

#[test]
fn boxes_are_evaluated_with_intervals_groups_and_a_second_model() {
    let folder = tempfile::tempdir().unwrap();
    boxes(folder.path());
    let arguments = ["--truth", "truth.json", "--predictions", "first.json"];
    let plain = report(folder.path(), &arguments);
    assert_eq!(plain["schema"], "groundglass.report/1");
    assert_eq!(plain["task"], "boxes");
    for id in ["ap", "ap50", "ap75", "ap_small", "ar1", "ar10", "ar100", "ar_small", "froc_score", "tide_ap50"] {
        assert!(number(&plain, id) <= 1.0, "{id}");
    }
    assert_eq!(number(&plain, "precision"), 0.75);
    // Wilson's interval of 3 out of 4.
    let precision = plain["values"].as_array().unwrap().iter().find(|value| value["id"] == "precision").unwrap();
    assert_eq!(precision["interval_method"], "wilson");
    assert!((precision["interval"][0].as_f64().unwrap() - 0.3006).abs() < 1e-4);

    let resampled = [&arguments[..], &["--predictions", "second.json", "--bootstrap", "60", "--seed", "4"]].concat();
    let both = report(folder.path(), &[&resampled[..], &["--group", "site"]].concat());
    let of_site = |site: &str| {
        let values = both["values"].as_array().unwrap();
        let value = values.iter().find(|value| value["id"] == "recall" && value["group"] == site);
        value.unwrap()["value"].as_f64().unwrap()
    };
    assert_eq!((of_site("north"), of_site("south")), (1.0, 0.5));
    let gap = both["groups"].as_array().unwrap().iter().find(|line| line["id"] == "recall").unwrap();
    assert_eq!((gap["gap"].as_f64(), gap["worst"]["group"].as_str()), (Some(0.5), Some("south")));
    let lines = both["comparison"]["lines"].as_array().unwrap();
    let recall = lines.iter().find(|line| line["id"] == "recall").unwrap();
    assert_eq!(recall["difference"].as_f64(), Some(-0.25));
    assert_eq!((recall["by_case"]["tie"].as_u64(), recall["by_case"]["loss"].as_u64()), (Some(3), Some(1)));

    // Over which lines p-values are adjusted is what was asked for.
    let every = report(folder.path(), &[&resampled[..], &["--adjust", "all"]].concat());
    assert_eq!(
        (both["comparison"]["family"].as_str(), every["comparison"]["family"].as_str()),
        (Some("overall"), Some("all"))
    );

    // The same input gives the same bytes, and another seed other intervals.
    let bytes = |seed: &str| {
        groundglass(
            folder.path(),
            &[&["evaluate"], &arguments[..], &["--bootstrap", "60", "--seed", seed, "--json"]].concat(),
        )
        .stdout
    };
    let skewed = report(folder.path(), &[&arguments[..], &["--bootstrap", "60", "--interval", "bca"]].concat());
    let methods = skewed["values"].as_array().unwrap().iter().filter_map(|value| value["interval_method"].as_str());
    assert!(methods.collect::<Vec<_>>().contains(&"bca"));
    assert_eq!(bytes("4"), bytes("4"));
    assert_ne!(bytes("4"), bytes("5"));
}

#[test]
fn a_report_is_a_table_a_csv_or_a_page() {
    let folder = tempfile::tempdir().unwrap();
    boxes(folder.path());
    let form = |form: &[&str]| {
        let arguments = [&["evaluate", "--truth", "truth.json", "--predictions", "first.json"], form].concat();
        let done = groundglass(folder.path(), &arguments);
        assert!(done.status.success(), "{}", text(&done.stderr));
        text(&done.stdout)
    };
    assert!(form(&[]).contains("4 cases, task boxes"));
    let csv = form(&["--csv"]);
    assert!(csv.starts_with("id,class,group,value,") && csv.lines().count() > 20);
    let page = form(&["--html"]);
    assert!(page.starts_with("<!doctype html>") && page.contains("not for diagnosis") && !page.contains("<script"));
}

#[test]
fn tables_of_classes_measurements_and_readers_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let evaluated =
        |truth: &str, predictions: &str| report(folder.path(), &["--truth", truth, "--predictions", predictions]);
    write("t.csv", "case,truth\na,1\nb,0\nc,1\nd,0\n");
    write("p.csv", "case,score\na,0.9\nb,0.2\nc,0.4\nd,0.3\n");
    let classes = evaluated("t.csv", "p.csv");
    assert_eq!((classes["task"].as_str(), number(&classes, "accuracy")), (Some("classes"), 0.75));
    let auroc = classes["values"].as_array().unwrap().iter().find(|value| value["id"] == "auroc").unwrap();
    assert_eq!(auroc["value"].as_f64(), Some(1.0));

    write("t.csv", "case,name,value,unit\na,femur,10,mm\nb,femur,20,mm\n");
    write("p.csv", "case,name,value\na,femur,11\nb,femur,18\n");
    let measures = evaluated("t.csv", "p.csv");
    assert_eq!((measures["task"].as_str(), number(&measures, "mean_absolute_error")), (Some("measures"), 1.5));

    write("t.csv", "case,reader_a,reader_b,reader_c\na,x,x,y\nb,y,y,y\n");
    write("p.csv", "case,prediction\na,x\nb,x\n");
    let readers = evaluated("t.csv", "p.csv");
    assert_eq!((readers["task"].as_str(), number(&readers, "majority_class_accuracy")), (Some("readers"), 0.5));
}

#[test]
fn columns_of_other_names_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let told = |report: &Value| report["problems"].as_array().unwrap().len();
    write("t.csv", "case,truth,sex\na,1,f\nb,0,m\nc,1,f\nd,0,m\n");
    write("p.csv", "case,score\na,0.9\nb,0.2\nc,0.4\nd,0.3\n");
    let usual = report(folder.path(), &["--truth", "t.csv", "--predictions", "p.csv", "--group", "sex"]);
    // The column that is called `truth` says something else here.
    write("other.csv", "scan,biopsy,sex,truth\na,1,f,u\nb,0,m,v\nc,1,f,w\nd,0,m,x\n");
    write("q.csv", "SCAN;my score;n\na;0,9;1\nb;0,2;1\nc;0,4;1\nd;0,3;1\n");
    let columns = ["--column", "image=scan", "--column", "truth=biopsy", "--column", "score=my score"];
    let files = ["--truth", "other.csv", "--predictions", "q.csv", "--group", "sex"];
    let said = report(folder.path(), &[&files[..], &columns].concat());
    assert_eq!((said["task"].as_str(), told(&said)), (Some("classes"), 0));
    assert!(!usual["values"].as_array().unwrap().is_empty());
    assert_eq!(said["values"], usual["values"]);
    assert_eq!(said["groups"], usual["groups"]);

    let more = report(folder.path(), &[&files[..], &columns, &["--column", "value=length"]].concat());
    assert_eq!(more["values"], usual["values"]);
    assert!(more["problems"][0].as_str().unwrap().contains("\"length\""), "{}", more["problems"]);
    let twice = groundglass(folder.path(), &[&["evaluate"], &files[..], &columns, &["--column", "truth=sex"]].concat());
    assert!(text(&twice.stderr).contains("truth is said to be both \"biopsy\" and \"sex\""), "{}", text(&twice.stderr));
}

#[test]
fn heatmaps_are_set_against_boxes() {
    let folder = tempfile::tempdir().unwrap();
    boxes(folder.path());
    std::fs::create_dir(folder.path().join("maps")).unwrap();
    for (id, column) in [(0, 12), (1, 50)] {
        let map = image::GrayImage::from_fn(64, 64, |x, y| image::Luma([if (x, y) == (column, 12) { 255 } else { 3 }]));
        map.save(folder.path().join(format!("maps/{id}.png"))).unwrap();
    }
    let found = report(folder.path(), &["--truth", "truth.json", "--predictions", "maps"]);
    assert_eq!((found["task"].as_str(), number(&found, "hit_rate")), (Some("heatmaps"), 0.5));
}

#[test]
fn what_cannot_be_evaluated_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    boxes(folder.path());
    std::fs::write(folder.path().join("broken.json"), "[{").unwrap();
    std::fs::write(folder.path().join("other.csv"), "a,b\n1,2\n").unwrap();
    for (arguments, said) in [
        (vec!["--truth", "none.json", "--predictions", "first.json"], "none.json"),
        (vec!["--truth", "truth.json", "--predictions", "broken.json"], "broken.json is not valid JSON"),
        (vec!["--truth", "first.json", "--predictions", "first.json"], "first.json is not a COCO annotation file"),
        (vec!["--truth", "other.csv", "--predictions", "first.json"], "no column names the case"),
        (vec!["--truth", "truth.json", "--predictions", "first.json", "--convention", "x"], "no convention named"),
        (vec!["--truth", "truth.json", "--predictions", "first.json", "--iou", "2"], "IoU threshold"),
    ] {
        let done = groundglass(folder.path(), &[&["evaluate"], &arguments[..]].concat());
        assert_eq!(done.status.code(), Some(1), "{arguments:?}");
        let error = text(&done.stderr);
        assert!(error.contains(said) && error.trim_end().lines().count() == 1, "{error}");
    }
    assert_eq!(groundglass(folder.path(), &["evaluate", "--truth", "truth.json"]).status.code(), Some(2));
    let both = ["evaluate", "--truth", "t", "--predictions", "p", "--json", "--csv"];
    assert_eq!(groundglass(folder.path(), &both).status.code(), Some(2));
}

#[test]
fn every_metric_is_listed_with_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let list = groundglass(folder.path(), &["metrics", "--json"]);
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    let list = list.as_array().unwrap();
    assert!(list.len() > 300, "{}", list.len());
    for entry in list {
        for field in ["id", "name", "definition", "source", "convention", "task"] {
            assert!(entry[field].as_str().is_some_and(|text| !text.is_empty()), "{entry}");
        }
    }
    let some = text(&groundglass(folder.path(), &["metrics", "luna16"]).stdout);
    assert!(some.contains("luna16_cpm") && !some.contains("\nap50 "), "{some}");
}
