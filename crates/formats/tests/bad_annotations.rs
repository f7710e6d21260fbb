//! Annotation files with faults: one clear sentence for each, the rest is read, and never a panic.
#![allow(clippy::unwrap_used)]

use groundglass_formats::{CocoIndex, FormatError, Reading, read_coco, read_results};
use groundglass_types::Truth;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A file of two images of 100 x 80 and 50 x 50 pixels with these annotations.
fn file(annotations: &[Value]) -> String {
    json!({
        "images": [
            {"id": 1, "file_name": "a.png", "width": 100, "height": 80},
            {"id": 2, "file_name": "b.png", "width": 50, "height": 50},
        ],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": annotations,
    })
    .to_string()
}

fn read(annotations: &[Value]) -> (Reading, Vec<Option<Truth>>) {
    let mut coco = read_coco("truth.json", file(annotations).as_bytes()).unwrap();
    let truths = coco.take_truths("truth.json");
    (coco, truths)
}

/// The one problem of an annotation that stands between two good ones, which must both be read.
fn problem(annotation: Value) -> String {
    let good = json!({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]});
    let (coco, truths) = read(&[good.clone(), annotation, good]);
    assert!(truths[0].as_ref().unwrap().regions.len() >= 2);
    let [problem] = &coco.problems[..] else { panic!("one problem is expected: {:?}", coco.problems) };
    assert_eq!(problem.file, "truth.json");
    problem.message.clone()
}

fn refused(bytes: &[u8]) -> FormatError {
    read_coco("truth.json", bytes).unwrap_err()
}

#[test]
fn each_fault_of_an_annotation_is_told_with_its_place() {
    let of = |field: &str, value: Value| {
        let mut annotation = json!({"id": 7, "image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 20]});
        annotation[field] = value;
        problem(annotation)
    };
    let left_out = |fault: &str| format!("truth.json: annotations[1] (id 7) is left out: {fault}");
    for (field, value, fault) in [
        ("image_id", json!(9), "no image has the id 9"),
        ("image_id", json!("nine"), "no image has the id \"nine\""),
        ("image_id", Value::Null, "it has no \"image_id\""),
        ("category_id", json!(3), "no category has the id 3"),
        ("category_id", json!([1]), "\"category_id\" is a list, not a whole number or text"),
        ("bbox", json!([1, 2, 3]), "\"bbox\" has 3 numbers, not 4 (x, y, width, height)"),
        ("bbox", json!([1, 2, 3, "4"]), "\"bbox\" holds text, where a number should be"),
        ("bbox", json!({"x": 1}), "\"bbox\" is an object, not a list of numbers"),
        ("bbox", Value::Null, "it has neither \"bbox\" nor \"segmentation\""),
        ("bbox", json!([10, 10, 0, 5]), "its box [10, 10, 0, 5] has no area"),
        ("bbox", json!([10, 10, -3, 5]), "its box [10, 10, -3, 5] has no area"),
        ("bbox", json!([100, 10, 5, 5]), "its box [100, 10, 5, 5] lies outside \"a.png\" of 100 x 80 pixels"),
        ("bbox", json!([-30, -30, 20, 20]), "its box [-30, -30, 20, 20] lies outside \"a.png\" of 100 x 80 pixels"),
    ] {
        assert_eq!(of(field, value), left_out(fault));
    }
    let box_alone = |fault: &str| {
        format!("truth.json: annotations[1] (id 7): its segmentation is left out, and its box is used: {fault}")
    };
    for (field, value, fault) in [
        ("segmentation", json!("abc"), "\"segmentation\" is text, not polygons or run lengths"),
        ("segmentation", json!([[1, 2, 3, 4]]), "a polygon has 4 numbers, not three or more pairs of x and y"),
        ("segmentation", json!([[1, 2, 3, 4, 5, 6, 7]]), "a polygon has 7 numbers, not three or more pairs of x and y"),
        ("segmentation", json!([[1, 2, 3, 4, 5, 1e9]]), "a polygon has a vertex at 1000000000, far outside the image"),
        ("segmentation", json!({"counts": [1]}), "the run lengths have no \"size\" of height and width"),
        ("segmentation", json!({"size": [80, 100]}), "the run lengths have no \"counts\" as a list or as text"),
        (
            "segmentation",
            json!({"size": [100, 80], "counts": [8000]}),
            "its run lengths are of 80 x 100 pixels, the image has 100 x 80",
        ),
        (
            "segmentation",
            json!({"size": [80, 100], "counts": [8, 3]}),
            "a 100 x 80 mask has 8000 pixels, the run lengths sum to 11",
        ),
        (
            "segmentation",
            json!({"size": [80, 100], "counts": "1\u{7f}"}),
            "character 1 of the run lengths is '\\u{7f}', which is none of those used",
        ),
        ("segmentation", json!({"size": [80, 100], "counts": [-1]}), "-1 is no run length"),
    ] {
        assert_eq!(of(field, value), box_alone(fault));
    }
    assert_eq!(
        of("segmentation", json!([[1, 2, 3, 4], [5, 5, 10, 5, 10, 10], []])),
        "truth.json: annotations[1] (id 7): a polygon of it is left out, and the others are used: a polygon has 4 numbers, \
         not three or more pairs of x and y"
    );
    assert_eq!(
        of("bbox", json!([90, 10, 20, 20])),
        "truth.json: annotations[1] (id 7): its box [90, 10, 20, 20] reaches over the edge of \"a.png\" of 100 x 80 \
         pixels; it is used as annotated"
    );
    assert_eq!(
        of("keypoints", json!([1, 2, 2])),
        "truth.json: the keypoints of 1 annotations are not read, only boxes and masks"
    );
    // Without a box there is nothing to use.
    assert_eq!(
        problem(json!({"image_id": 1, "category_id": 1, "bbox": [1, 1, 0, 0], "segmentation": [[1, 2, 3, 4]]})),
        "truth.json: annotations[1] is left out: a polygon has 4 numbers, not three or more pairs of x and y"
    );
    assert_eq!(of("iscrowd", json!("perhaps")), left_out("\"iscrowd\" is \"perhaps\", neither 0 nor 1"));
    assert_eq!(
        problem(json!(5)),
        "truth.json: annotations[1] is left out: it is a number of another kind, not an object"
    );
}

#[test]
fn a_box_that_is_one_pixel_over_the_edge_is_no_news() {
    let (coco, _) = read(&[json!({"id": 1, "image_id": 1, "category_id": 1, "bbox": [-1, -0.5, 101.9, 81]})]);
    assert_eq!(coco.problems, []);
}

#[test]
fn an_outline_without_a_box_or_pixels_has_no_area() {
    let outline = json!([[3.2, 3.2, 3.4, 3.2, 3.4, 3.4]]);
    assert_eq!(
        problem(json!({"image_id": 1, "category_id": 1, "segmentation": outline})),
        "truth.json: annotations[1] is left out: its segmentation covers no pixel"
    );
}

#[test]
fn a_file_that_is_no_coco_annotation_is_refused_whole() {
    let message = |bytes: &[u8]| refused(bytes).to_string();
    assert_eq!(message(b""), "truth.json is empty (0 bytes)");
    assert_eq!(message(b"{\"a\": 1}"), "truth.json is not a COCO annotation file: it has no list \"images\"");
    assert_eq!(
        message(b"{\"images\": []}"),
        "truth.json is not a COCO annotation file: it has no list \"annotations\""
    );
    assert_eq!(
        message(b"[{\"image_id\": 1}]"),
        "truth.json is not a COCO annotation file: it is a list, as COCO results are, not an object with images and \
         annotations"
    );
    assert!(message(b"{\"images\": 3, \"annotations\": []}").starts_with("truth.json is not a COCO annotation file: "));
    assert!(message(b"7").starts_with("truth.json is not a COCO annotation file: "));

    let error = refused(b"{\"images\": [],\n \"annotations\": [");
    assert_eq!(error.to_string(), "truth.json is not valid JSON: EOF while parsing a list at line 2, column 17");
    assert_eq!((error.kind(), error.place().as_deref()), ("invalid_json", Some("line 2, column 17")));
    assert_eq!(refused(b"<xml>").kind(), "invalid_json");
    assert_eq!(refused(b"\xff\xfe{\0").kind(), "invalid_json");
}

#[test]
fn faults_of_images_and_categories_are_told() {
    let file = json!({
        "images": [
            {"id": 1, "file_name": "a.png", "width": 9, "height": 9},
            {"id": 1, "file_name": "b.png", "width": 9, "height": 9},
            {"id": 2, "width": 9, "height": 9},
            {"id": 3, "file_name": "c.png", "width": 0, "height": 9},
        ],
        "categories": [{"id": 1, "name": "cell"}, {"id": 1, "name": "dust"}, {"id": 2}],
        "annotations": [],
    });
    let coco = read_coco("t.json", file.to_string().as_bytes()).unwrap();
    let messages: Vec<_> = coco.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "t.json: categories[1] is left out: the id 1 was used before",
            "t.json: categories[2] is left out: it has no \"name\"",
            "t.json: images[1] is left out: \"b.png\" has the id 1, which is that of \"a.png\"",
            "t.json: images[2] is left out: it has no \"file_name\"",
            "t.json: images[3]: \"width\" is 0, not a count of pixels; the image's own size is used",
        ]
    );
    assert_eq!((coco.images.len(), coco.classes.len()), (2, 1));
}

#[test]
fn without_categories_labels_are_numbers_and_that_is_told() {
    let file = json!({
        "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 4, "bbox": [1, 1, 2, 2], "iscrowd": 1, "area": 3.5}],
    });
    // A byte order mark, as some editors write it, is passed over.
    let mut coco = read_coco("t.json", format!("\u{feff}{file}").as_bytes()).unwrap();
    let truths = coco.take_truths("t.json");
    let region = &truths[0].as_ref().unwrap().regions[0];
    assert_eq!((region.label.as_str(), region.crowd, region.area), ("category 4", true, Some(3.5)));
    assert_eq!(coco.problems[0].message, "t.json has no list \"categories\": labels are named by their numbers");
}

#[test]
fn results_with_faults_are_read_around_them() {
    let index = CocoIndex::new([(None, "a.png".to_owned(), (9, 9))], Vec::new()).with_labels(["cell"]);
    let list = json!([
        {"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.5},
        {"image_id": 2, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.5},
        {"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2]},
        {"image_id": 1, "category_id": 1, "bbox": [1, 1, 0, 2], "score": 0.5},
        3,
    ]);
    let read = read_results("found.json", list.to_string().as_bytes(), &index).unwrap();
    assert_eq!(read.cases[0].findings.len(), 1);
    let messages: Vec<_> = read.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(
        messages[..3],
        [
            "found.json: entry 1 is left out: no image has the id 2",
            "found.json: entry 2 is left out: it has no \"score\"",
            "found.json: entry 3 is left out: its box [1, 1, 0, 2] has no area",
        ]
    );
    let refused = |bytes: &[u8]| read_results("found.json", bytes, &index).unwrap_err().to_string();
    assert_eq!(refused(b"{}"), "found.json is not a COCO results file: it is not a list");
    assert!(refused(b"[").starts_with("found.json is not valid JSON: "));
}

/// JSON of any kind, in which the names that COCO uses are frequent.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (-3..200_i64).prop_map(Value::from),
        "[0-9a-z]{0,6}".prop_map(Value::from),
    ];
    let name =
        prop::sample::select(vec!["id", "image_id", "category_id", "bbox", "segmentation", "size", "counts", "area"]);
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..8)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_give_a_truth_or_a_message(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_coco("any.json", &bytes);
        let _ = read_results("any.json", &bytes, &CocoIndex::default());
    }

    #[test]
    fn any_annotation_is_read_or_told(annotations in prop::collection::vec(any_json(), 0..6), segmentation in any_json()) {
        let mut annotations = annotations;
        annotations.push(json!({"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "segmentation": segmentation}));
        let (coco, truths) = read(&annotations);
        let regions: usize = truths.iter().flatten().map(|truth| truth.regions.len()).sum();
        prop_assert!(regions + coco.problems.len() >= annotations.len());
    }

    #[test]
    fn a_cut_file_is_refused(share in 0.0..0.999_f64) {
        let whole = file(&[json!({"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]})]);
        let cut = &whole.as_bytes()[..(whole.len() as f64 * share) as usize];
        prop_assert!(read_coco("cut.json", cut).is_err());
    }
}
