//! What a fault costs: as little of its file as can be, and it is told.
#![allow(clippy::unwrap_used)]

use groundglass_formats::{CaseSet, FormatError, GivenAs, Hints, JsonId, Probe, Problem, format_of};
use serde_json::{Value, json};

/// What a set makes of files of annotations about images that it does not have.
fn set_of(files: &[(&str, &str)]) -> (CaseSet, Vec<Problem>) {
    let (mut set, mut problems) = (CaseSet::new(), Vec::new());
    set.give_as(GivenAs::Truth);
    for (name, text) in files {
        problems.extend(set.add_annotations(name, text.as_bytes(), &Hints::default()).unwrap());
    }
    set.add_unseen();
    (set, problems)
}

fn coco(images: &Value, annotations: &Value) -> String {
    json!({"images": images, "categories": [{"id": 1, "name": "cell"}], "annotations": annotations}).to_string()
}

fn images() -> Value {
    json!([
        {"id": 1, "file_name": "a.png", "width": 40, "height": 30},
        {"id": 2, "file_name": "b.png", "width": 40, "height": 30},
    ])
}

fn refused(name: &str, text: &str) -> FormatError {
    CaseSet::new().add_annotations(name, text.as_bytes(), &Hints::default()).unwrap_err()
}

#[test]
fn an_image_of_which_no_mark_can_be_used_is_unknown() {
    let captions = json!([{"id": 1, "image_id": 1, "caption": "x"}]);
    let (set, problems) = set_of(&[("t.json", &coco(&images(), &captions))]);
    // The other image is one that the file knows and says nothing of: empty.
    assert_eq!(
        set.cases().map(|case| (case.name.as_str(), case.truth.is_some())).collect::<Vec<_>>(),
        [("b.png", true)]
    );
    let told = problems.iter().find(|problem| problem.kind == "images of which no mark can be used").unwrap();
    assert_eq!(
        told.message,
        "t.json: nothing that it marks on a.png can be used, so that the image is unknown, not empty"
    );
}

#[test]
fn one_mark_that_can_be_used_makes_an_image_known() {
    let outside = json!({"image_id": 1, "category_id": 1, "bbox": [100, 2, 3, 4]});
    let inside = json!({"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]});
    let regions = |annotations: Value| {
        let (set, _) = set_of(&[("t.json", &coco(&images(), &annotations))]);
        set.case("a.png").and_then(|case| Some(case.truth.as_ref()?.regions.len()))
    };
    assert_eq!(regions(json!([])), Some(0));
    assert_eq!(regions(json!([outside.clone()])), None);
    assert_eq!(regions(json!([outside, inside])), Some(1));
}

#[test]
fn rows_of_a_table_that_cannot_be_read_leave_their_image_unknown() {
    let table = "image;label;xmin;ymin;xmax;ymax;image_width;image_height\na.png;c;left;2;11;20;40;30\nb.png;c;1;2;11;20;40;30\n";
    let (set, _) = set_of(&[("boxes.csv", table)]);
    assert!(set.case("a.png").is_none_or(|case| case.truth.is_none()));
    assert_eq!(set.case("b.png").unwrap().truth.as_ref().unwrap().regions.len(), 1);
}

#[test]
fn a_segmentation_that_cannot_be_read_leaves_the_box() {
    let annotation = |segmentation: Value| {
        let annotation = json!({"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "segmentation": segmentation});
        let (set, problems) = set_of(&[("t.json", &coco(&images(), &json!([annotation])))]);
        let region = set.case("a.png").unwrap().truth.as_ref().unwrap().regions[0].region.clone();
        (region.bounding_box.to_xywh(), region.mask.is_some(), problems.len())
    };
    let boxed = [1.0, 2.0, 3.0, 4.0];
    assert_eq!(annotation(json!([])), (boxed, false, 0));
    assert_eq!(annotation(json!([[]])), (boxed, false, 0));
    assert_eq!(annotation(json!([[1, 1, 2, 2]])), (boxed, false, 1));
    assert_eq!(annotation(json!([[1, 1, 2, 2], [1, 1, 9, 1, 9, 9]])), (boxed, true, 1));
    assert_eq!(annotation(json!({"size": [40, 30], "counts": [1200]})), (boxed, false, 1));
}

#[test]
fn zigzags_of_a_small_file_share_its_budget() {
    let zigzag: Vec<f64> = (0..198).flat_map(|at| [19_999.0 * f64::from(at % 2), 100.0 * f64::from(at)]).collect();
    let annotation = |id| json!({"id": id, "image_id": 1, "category_id": 1, "segmentation": [zigzag]});
    let images = json!([{"id": 1, "file_name": "a.png", "width": 20_000, "height": 20_000}]);
    let text = coco(&images, &(0..14).map(annotation).collect());
    let (set, problems) = set_of(&[("t.json", &text)]);
    // Each crosses some 3.9 million columns; the file may cross 33 million and 64 for each of its bytes.
    assert_eq!(set.case("a.png").unwrap().truth.as_ref().unwrap().regions.len(), 9);
    let left_out =
        problems.iter().filter(|problem| problem.message.contains("larger than a file of its length may have them"));
    assert_eq!(left_out.count(), 5);
}

#[test]
fn large_numbers_and_sizes_that_are_none_cost_nothing() {
    let (large, annotation) = (
        u64::MAX,
        |image: u64, crowd: &str| json!({"image_id": image, "category_id": 1, "bbox": [1, 2, 3, 4], "iscrowd": crowd}),
    );
    let images = json!([
        {"id": large, "file_name": "a.png", "width": 40, "height": 30},
        {"id": 3, "coco_url": "https://x.org/val/b.png?v=1", "width": 40, "height": 30},
        {"id": 4, "file_name": "c.png", "width": null, "height": 0},
    ]);
    let truth = coco(&images, &json!([annotation(large, "0"), annotation(3, "1"), annotation(4, "0")]));
    let (mut set, problems) = set_of(&[("t.json", &truth)]);
    let crowds: Vec<_> =
        set.cases().map(|case| (case.name.clone(), case.truth.as_ref().unwrap().regions[0].crowd)).collect();
    assert_eq!(crowds, [("a.png".to_owned(), false), ("b.png".to_owned(), true)]);
    assert_eq!(
        problems[0].message,
        "t.json: images[2]: \"height\" is 0, not a count of pixels; the image's own size is used"
    );
    assert_eq!(set.coco_index().images()[0].id, JsonId::Large(large));
    // Results of the same number meet their image, and are written with it.
    set.give_as(GivenAs::Findings);
    let results = json!([{"image_id": large, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]).to_string();
    set.add_annotations("p.json", results.as_bytes(), &Hints::default()).unwrap();
    let findings = set.given_findings("a.png").unwrap();
    assert_eq!(findings.len(), 1);
    let written = set.results_json([("a.png", findings)]).unwrap();
    assert!(written.contains("\"image_id\":18446744073709551615,"), "{written}");
}

#[test]
fn a_first_line_at_fault_costs_that_line() {
    let good = "{\"image\": \"a.png\", \"response\": \"mass<loc_100><loc_200><loc_300><loc_400>\"}\n";
    let bad = "{\"image\": \"a.png\", bad\n";
    for text in [format!("{bad}{good}{good}"), format!("{good}{bad}{good}")] {
        let mut set = CaseSet::new();
        let problems = set.add_annotations("p.jsonl", text.as_bytes(), &Hints::default()).unwrap();
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
    // One object over several lines is none of lines.
    assert_eq!(refused("p.json", "{\n\"a\": [\n{\"image\": \"a.png\"}\n], x\n}").kind(), "invalid_json");
}

#[test]
fn lists_of_boxes_are_asked_for_their_frame() {
    let read = |text: &str| {
        let probe = Probe::new("p.jsonl", text.as_bytes());
        format_of(&probe).map(|form| form.read(&probe, &Hints::default()).unwrap())
    };
    let reading = read("{\"image\": \"a.png\", \"prediction\": [[10, 20, 30, 40]]}\n").unwrap();
    assert_eq!((reading.images[0].marks.as_ref().unwrap().len(), reading.questions.len()), (1, 1));
    // Scores of classes are no boxes.
    assert!(read("{\"image\": \"a.png\", \"prediction\": [1, 20, 3, 4]}\n").is_none());
    assert!(read("{\"image\": \"a.png\", \"prediction\": [[0.1, 0.9]]}\n").is_none());
}

#[test]
fn json_of_no_form_is_told_what_it_looks_like() {
    let message = |text: &str| refused("p.json", text).to_string();
    assert_eq!(
        message(r#"[{"image_id": 1, "category_id": 1, "score": 0.9, "keypoints": [1, 2, 2]}]"#),
        "p.json is not a COCO results file: its first entry has keypoints alone, and of results boxes and masks are read"
    );
    assert_eq!(
        message(r#"[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}]"#),
        "p.json is not a COCO results file: its first entry has no \"score\"; annotations stand in an object with \"images\""
    );
    assert_eq!(message(r#"{"images": []}"#), "p.json is not a COCO annotation file: it has no list \"annotations\"");
    let other = message(r#"{"a": 1, "b": [2]}"#);
    assert!(
        other.starts_with(
            "p.json is JSON of no form that is read here: it is an object with \"a\", \"b\"; these are read: "
        ),
        "{other}"
    );
    assert!(
        other.contains("COCO annotations (JSON), COCO results (JSON)") && other.contains("LabelMe (JSON)"),
        "{other}"
    );
    assert!(message("[1]").contains("a list whose first entry is a number"), "{}", message("[1]"));
    assert!(message("[{\"a\": 1").starts_with("p.json is not valid JSON: "));
}
