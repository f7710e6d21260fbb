//! A file that comes in pieces is read as one that is held: every form, whole files and broken ones.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use groundglass_formats::{CaseSet, Content, FORMATS, Frame, Hints, Probe, Reading, format_of};
use proptest::prelude::*;

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push(path);
        }
    }
}

/// Every file of the reference folders that could be one of annotations, without the scripts.
fn references() -> Vec<(String, Vec<u8>)> {
    let mut paths = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference");
    for folder in ["annotations", "grounded", "formats"] {
        files(&root.join(folder), &mut paths);
    }
    paths.sort();
    let wanted = ["json", "csv", "tsv", "xml", "txt", "jsonl", "geojson", "yaml", "names"];
    let is_wanted = |path: &PathBuf| path.extension().is_some_and(|ending| wanted.iter().any(|one| *one == ending));
    let read = |path: PathBuf| (path.to_string_lossy().into_owned(), fs::read(&path).unwrap());
    let more = MORE.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
    paths.into_iter().filter(is_wanted).map(read).chain(more).collect()
}

/// Forms of which no other program's file is among the references.
const MORE: [(&str, &str); 18] = [
    (
        "coco.json",
        r#"{"info": {}, "annotations": [{"id": 1, "image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "keypoints": [1]},
        {"image_id": 9}, 7, {"image_id": "a", "category_id": 2, "segmentation": {"size": [9, 9], "counts": [3, 4, 74]}}],
        "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}, {"id": "a", "file_name": "ä.png"}, {"id": 1}],
        "categories": [{"id": 2, "name": "cell"}, {"id": 2, "name": "again"}]}"#,
    ),
    (
        "nan.json",
        r#"{"images": [{"id": 1, "file_name": "NaN.png"}], "annotations": [{"image_id": 1, "category_id": 1,
        "bbox": [1, 2, 3, 4], "area": NaN}, {"image_id": 1, "category_id": 1, "bbox": [-Infinity, 2, 3, 4]}]}"#,
    ),
    (
        "nan.jsonl",
        "{\"image\": \"a.png\", \"response\": \"<loc_1><loc_2><loc_30><loc_40>\", \"score\": NaN}\n{\"image\": \"NaN\"}\n",
    ),
    ("rankings.json", "[[[[0, 3], [2]], [[1]]], [[[2]]], [[[\"x\", 0.5]]]]"),
    ("own_rankings.json", r#"{"classes": ["a", "b"], "cases": {"x": {"r": [["b"], [0]]}, "y": 3}}"#),
    ("null.json", r#"{"images": [], "annotations": null}"#),
    ("results.json", r#"[{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5}, {"image_id": 1}, 3]"#),
    (
        "via.json",
        r#"{"a.png5": {"filename": "a.png", "regions": [{"shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 3,
        "height": 4}, "region_attributes": {"label": "cell"}}]}, "b": 4}"#,
    ),
    (
        "project.json",
        r#"{"_via_settings": {}, "_via_img_metadata": {"a": {"filename": "a.png", "regions": {"0": {}}}}}"#,
    ),
    (
        "via.csv",
        "filename,file_attributes,region_shape_attributes,region_attributes\n\
         a.png,{},\"{\"\"name\"\":\"\"rect\"\",\"\"x\"\":1,\"\"y\"\":2,\"\"width\"\":3,\"\"height\"\":4}\",\"{\"\"label\"\":\"\"a\"\"}\"\n\
         b.png,{},{},{}\n",
    ),
    (
        "agkd.csv",
        "image_id,tgt_bbox,pred_bbox,tgt_class_id,pred_class_id\na.png,\"[[1, 2, 3, 4]]\",\"[[1, 2, 3]]\",[1],[1]\n,[],[],[],[]\n",
    ),
    (
        "lines.jsonl",
        "{\"image\": \"a.png\", \"response\": \"<loc_1><loc_2><loc_30><loc_40>\"}\n\n{\"image\": \"b.png\", \"response\": \"none\"}\n{oh\n",
    ),
    ("list.json", r#"[{"image": "a.png", "response": "cat<loc_1><loc_2><loc_30><loc_40>"}, 4, {"response": "x"}]"#),
    ("wrapped.json", r#"{"n": 1, "results": [{"image": "a.png", "response": "<box>[[1,2,30,40]]</box>"}]}"#),
    (
        "by_image.json",
        r#"{"b.png": "<box>[[1,2,30,40]]</box>", "a.png": {"response": "<box>[[1,2,3,4]]</box>"}, "c.png": 1}"#,
    ),
    // A row of another length, behind which no beginning of a short file is looked at.
    ("torn.csv", "image,question,prediction\na.png,Which?,B\nb.png,Where?,nodule<loc_1><h,B\n"),
    ("gaze.csv", "image,x_px,y_px,duration\na.png,1,2,0.5\na.png,x,2,0.5\n"),
    ("sentences.csv", "Volumename,Anatomy,Sentence\na.nii,lung,Clear.\na.nii,,Nothing.\n,x,y\n"),
];

fn in_pieces(bytes: &[u8]) -> Content<'_> {
    Content::open_held(Box::new(Cursor::new(bytes)), 0).unwrap()
}

/// Forms that are of one image or few, so that a long file of them is refused by its length.
const HELD_ALONE: [&str; 7] =
    ["label_map_classes", "labelme", "via_project", "yolo_classes", "prostatd", "yolo", "unknown"];

/// What a form makes of a file; faults as they are told.
fn read(probe: &Probe<'_>, hints: &Hints) -> Option<(&'static str, Result<Reading, String>)> {
    let form = format_of(probe)?;
    Some((form.id(), form.read(probe, hints).map_err(|error| error.to_string())))
}

fn assert_same(path: &str, bytes: &[u8], hints: &Hints) -> &'static str {
    let held = read(&Probe::new(path, bytes), hints);
    let pieces = read(&Probe::new(path, in_pieces(bytes)), hints);
    let form = held.as_ref().map_or("unknown", |(form, _)| form);
    if HELD_ALONE.contains(&form) {
        // What it was found to be by its keys is refused by its length, else it is of no form.
        assert!(!matches!(pieces, Some((_, Ok(_)))) || bytes.is_empty(), "{path}: {pieces:?}");
        return form;
    }
    match (&held, &pieces) {
        // The parsers of text and of a stream differ by a column here and there.
        (Some((_, Err(one))), Some((_, Err(other)))) if one.contains("valid JSON") => {
            let said = |text: &str| text.split(" at line ").next().map(str::to_owned);
            assert_eq!(said(one), said(other), "{path}");
        }
        _ => assert_eq!(held, pieces, "{path}"),
    }
    form
}

#[test]
fn every_reference_file_is_read_alike() {
    let hinted = Hints { frame: Frame::of_name("thousand"), ..Hints::default() };
    let mut met = std::collections::BTreeSet::new();
    for (path, bytes) in references() {
        met.insert(assert_same(&path, &bytes, &Hints::default()));
        assert_same(&path, &bytes, &hinted);
    }
    // A form without a file here would be compared in nothing.
    let missing: Vec<_> =
        FORMATS.iter().map(|form| form.id()).filter(|form| !met.contains(form) && !HELD_ALONE.contains(form)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn numbers_that_json_does_not_have_are_told_alike() {
    // Of several pieces, so that words stand across their ends.
    let annotation = |id: usize| {
        let area = ["NaN", "Infinity", "-Infinity", "4"][id % 4];
        format!(r#"{{"id": {id}, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": {area}, "a": "NaN"}}"#)
    };
    let annotations = (0..20_000).map(annotation).collect::<Vec<_>>().join(",\n");
    let text = format!(
        "{{\"images\": [{{\"id\": 1, \"file_name\": \"a.png\", \"width\": 9, \"height\": 9}}],\n\
         \"annotations\": [\n{annotations}], \"categories\": [{{\"id\": 1, \"name\": \"c\"}}]}}"
    );
    let told = |content: Content<'_>| {
        let mut set = CaseSet::new();
        set.add_annotations("t.json", content, &Hints::default()).unwrap()
    };
    let held = told(text.as_bytes().into());
    assert_eq!(held, told(in_pieces(text.as_bytes())));
    let [problem] = &held[..] else { panic!("one problem is expected: {held:?}") };
    assert_eq!(problem.count, 15_000);
    assert_eq!(
        problem.message,
        "t.json: NaN or Infinity stands 15000 times where a number should be, first at line 3, column 74; each is read as null"
    );
    let lines = "{\"image\": \"a.png\", \"response\": \"x <loc_1><loc_2><loc_30><loc_40>\", \"score\": 1}\n".repeat(3)
        + "  {\"image\": \"NaN\", \"response\": \"none\", \"score\": NaN}\n{\"score\": [NaN, NaN], \"image\": 1}";
    let held = told(lines.as_bytes().into());
    assert_eq!(held, told(in_pieces(lines.as_bytes())));
    assert_eq!(held[0].count, 3);
    assert!(held[0].message.contains("3 times where a number should be, first at line 4, column 49;"), "{held:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn broken_files_are_read_alike(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte: u8, cut: bool) {
        let files = references();
        let (path, mut bytes) = files[which.index(files.len())].clone();
        prop_assume!(!bytes.is_empty() && bytes.len() < 20_000);
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        assert_same(&path, &bytes, &Hints::default());
    }
}
