//! Grounded text: Florence-2's own post-processing and Python's difflib as goldens (`tests/reference/grounded`), and the files
//! in which answers come.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::path::Path;

use groundglass_formats::{
    AnnotationFormat, Drawn, FORMATS, Frame, Hints, ImageName, JsonId, Mark, Probe, Question, Reading, Sides, Syntax,
    closest_label, format_of, parse_grounded, similarity,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

fn golden<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/grounded").join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct Florence {
    boxes: Vec<Boxes>,
    proposals: Vec<Boxes>,
    polygons: Vec<Polygons>,
    bare_polygons: Vec<Polygons>,
}

#[derive(Deserialize)]
struct Boxes {
    text: String,
    size: (usize, usize),
    boxes: Vec<(String, [i64; 4])>,
}

#[derive(Deserialize)]
struct Polygons {
    text: String,
    size: (usize, usize),
    polygons: Vec<(String, Vec<Vec<i64>>)>,
}

/// A bin in whole pixels, as transformers computes it: in single precision, cut.
fn cut(bin: f64, side: usize) -> i64 {
    ((bin as f32 + 0.5) * (side as f64 / 1000.0) as f32) as i64
}

/// The label as transformers gives it: of boxes without what is not ASCII. Where fewer than four locations stand before a phrase, its
/// expression takes the last of their tokens into the phrase, which is no part of it here.
fn same_label(theirs: &str, ours: &str) -> bool {
    let theirs = theirs.strip_prefix("loc_").and_then(|rest| rest.split_once('>')).map_or(theirs, |(_, rest)| rest);
    let ascii: String = ours.chars().filter(char::is_ascii).collect();
    theirs == ours || theirs.trim() == ascii.trim()
}

#[test]
fn florence_boxes_are_those_of_transformers() {
    let golden: Florence = golden("florence.json");
    let mut compared = 0;
    for Boxes { text, size, boxes } in golden.boxes.iter().chain(&golden.proposals) {
        let found = parse_grounded(text, Some(Syntax::Florence));
        assert_eq!(found.marks.len(), boxes.len(), "{text}");
        for (mark, (label, numbers)) in found.marks.iter().zip(boxes) {
            assert!(same_label(label, &mark.label), "{text}: {label:?} {:?}", mark.label);
            let edges = mark.edges.unwrap();
            assert_eq!(edges.frame, Some(Frame::FLORENCE));
            let [left, top, right, bottom] = edges.numbers;
            let ours = [cut(left, size.0), cut(top, size.1), cut(right, size.0), cut(bottom, size.1)];
            assert_eq!(&ours, numbers, "{text}");
            // Without the cut the same place, to single precision.
            let exact = Frame::FLORENCE.to_pixels(edges.numbers, *size);
            for (exact, cut) in [exact.x_min, exact.y_min, exact.x_max, exact.y_max].into_iter().zip(ours) {
                assert!((-1e-3..1.001).contains(&(exact - cut as f64)), "{exact} {cut}");
            }
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared}");
}

#[test]
fn florence_polygons_are_those_of_transformers() {
    let golden: Florence = golden("florence.json");
    let tagged = golden.polygons.iter().map(|case| (case, Syntax::Florence));
    let bare = golden.bare_polygons.iter().map(|case| (case, Syntax::FlorencePolygons));
    for (Polygons { text, size, polygons }, syntax) in tagged.chain(bare) {
        let found = parse_grounded(text, Some(syntax));
        assert_eq!(found.marks.len(), polygons.len(), "{text}");
        for (mark, (label, rings)) in found.marks.iter().zip(polygons) {
            assert!(same_label(label, &mark.label), "{text}: {label:?} {:?}", mark.label);
            let Some(Drawn::Outlines { outlines, frame: Frame::FLORENCE, .. }) = &mark.drawn else {
                panic!("{mark:?}")
            };
            let sides = [size.0, size.1];
            let ours = outlines.iter().map(|ring| ring.iter().enumerate().map(|(at, bin)| cut(*bin, sides[at % 2])));
            let ours: Vec<Vec<i64>> = ours.map(Iterator::collect).collect();
            assert_eq!(&ours, rings, "{text}");
        }
    }
}

#[derive(Deserialize)]
struct Names {
    /// Both sides, and the ratio as Python writes it.
    ratios: Vec<(String, String, String)>,
    closest: Vec<(String, Vec<String>, f64, Option<String>)>,
}

#[test]
fn names_are_as_close_as_in_difflib() {
    let golden: Names = golden("names.json");
    for (one, other, ratio) in &golden.ratios {
        assert_eq!(similarity(one, other), ratio.parse::<f64>().unwrap(), "{one:?} {other:?}");
    }
    // The rule for long texts is met.
    assert!(golden.ratios.iter().filter(|(_, other, _)| other.chars().count() >= 200).count() > 10);
    for (name, labels, cutoff, expected) in &golden.closest {
        assert_eq!(closest_label(name, labels, *cutoff), expected.as_deref(), "{name:?} {labels:?}");
    }
}

fn format(id: &str) -> &'static dyn AnnotationFormat {
    *FORMATS.iter().find(|format| format.id() == id).unwrap()
}

fn read_with(name: &str, text: &str, hints: &Hints) -> Reading {
    let probe = Probe::new(name, text.as_bytes());
    assert_eq!(format_of(&probe).map(AnnotationFormat::id), Some("grounded_text"), "{text}");
    format("grounded_text").read(&probe, hints).unwrap()
}

fn read(name: &str, text: &str) -> Reading {
    read_with(name, text, &Hints::default())
}

fn named(name: &str) -> ImageName {
    ImageName::Named(name.to_owned())
}

/// Each image with its labels and their scores.
type Said<'a> = Vec<(ImageName, Vec<(&'a str, Option<f64>)>)>;

fn said(reading: &Reading) -> Said<'_> {
    let one = |mark: &'_ Mark| -> (&'static str, Option<f64>) {
        (Box::leak(mark.label.clone().into_boxed_str()), mark.score)
    };
    let images = reading.images.iter();
    images.map(|image| (image.name.clone(), image.marks.iter().flatten().map(one).collect())).collect()
}

#[test]
fn the_same_answers_in_every_kind_of_file() {
    let answer = "mass<loc_1><loc_2><loc_3><loc_4>";
    let files = [
        (
            "a.jsonl",
            format!(
                "{{\"image\": \"a.png\", \"response\": \"{answer}\"}}\n\n{{\"image\": \"b.png\", \"response\": \"\"}}\n"
            ),
        ),
        (
            "a.json",
            format!(
                "[{{\"image_id\": \"a.png\", \"answer\": \"{answer}\"}}, {{\"image_id\": \"b.png\", \"answer\": \"none\"}}]"
            ),
        ),
        (
            "b.json",
            format!(
                "{{\"results\": [{{\"images\": [\"a.png\"], \"output\": \"{answer}\"}}, {{\"images\": [\"b.png\"], \"output\": null}}]}}"
            ),
        ),
        ("c.json", format!("{{\"a.png\": \"{answer}\", \"b.png\": \"\"}}")),
        ("d.json", format!("{{\"a.png\": {{\"model_output\": \"{answer}\"}}, \"b.png\": {{\"model_output\": \"\"}}}}")),
        ("a.csv", format!("File_Name,generated_text\na.png,{answer}\nb.png,\n")),
    ];
    for (name, text) in files {
        let reading = read(name, &text);
        assert_eq!(said(&reading), [(named("a.png"), vec![("mass", Some(1.0))]), (named("b.png"), vec![])], "{text}");
        assert_eq!((reading.sides, reading.problems.len(), reading.questions.len()), (Sides::Findings, 0, 0), "{text}");
    }
}

#[test]
fn truth_beside_the_answers_is_the_other_side() {
    let text = r#"[
        {"image": "a.png", "phrase": "mass", "prediction": "<box>[[1,2,3,4]]</box>", "gt": [[10, 20, 300, 400]], "score": 0.75},
        {"image": "a.png", "phrase": "cyst", "prediction": "none", "gt": [5, 6, 7, 8]},
        {"image": "b.png", "phrase": "cyst", "prediction": "<box>[[5,6,7,1000]]</box>"}]"#;
    let reading = read("r.json", text);
    assert_eq!(reading.sides, Sides::Both);
    let truth = vec![("mass", None), ("cyst", None)];
    assert_eq!(
        said(&reading),
        [
            (named("a.png"), truth),
            (named("a.png"), vec![("mass", Some(0.75))]),
            (named("b.png"), vec![]),
            (named("b.png"), vec![("cyst", Some(1.0))])
        ]
    );
    assert_eq!(reading.images[2].marks, None);
    // One coordinate of 1000 anywhere in the file proves the frame of all its answers.
    let frame = |image: usize| reading.images[image].marks.as_ref().unwrap()[0].edges.unwrap().frame;
    assert_eq!((frame(1), frame(3), frame(0)), (Some(Frame::THOUSAND), Some(Frame::THOUSAND), None));
    let [Question::Frame { candidates, examples, .. }] = &reading.questions[..] else {
        panic!("{:?}", reading.questions)
    };
    assert_eq!(candidates, &["pixel_corners", "pixel_size", "nine_hundred_ninety_nine", "thousand"]);
    assert_eq!(examples[0], ("a.png".to_owned(), [10.0, 20.0, 300.0, 400.0]));
    // The frame that is named goes to the boxes that have none.
    let hints = Hints { frame: Some(Frame::PIXEL_CORNERS), ..Hints::default() };
    let reading = read_with("r.json", text, &hints);
    assert!(reading.questions.is_empty());
    assert_eq!(reading.images[0].marks.as_ref().unwrap()[0].edges.unwrap().frame, Some(Frame::PIXEL_CORNERS));
}

#[test]
fn an_empty_truth_says_that_nothing_is_there() {
    let text =
        "image,response,gt\na.png,x<loc_1><loc_2><loc_3><loc_4>,[]\nb.png,,\"[[1, 2, 30, 40]]\"\nc.png,nothing,\n";
    let reading = read("r.csv", text);
    let counts: Vec<_> = reading.images.iter().map(|image| image.marks.as_ref().map(Vec::len)).collect();
    assert_eq!(counts, [Some(0), Some(1), Some(1), Some(0), None, Some(0)]);
}

#[test]
fn frames_are_asked_for_and_answered() {
    let text = "{\"image\": 7, \"output\": \"0.1, 0.2, 0.3, 0.4\", \"label\": \"mass\"}\n{\"image\": 8, \"output\": \"0, 0, 1, 1\"}";
    let reading = read("r.jsonl", text);
    assert_eq!(reading.images[0].name, ImageName::Numbered(JsonId::Number(7)));
    assert!(matches!(&reading.questions[..], [Question::Frame { candidates, .. }] if candidates[0] == "lower_left"));
    assert!(reading.images[1].marks.as_ref().unwrap().is_empty());
    // Who names a relative frame means every answer.
    let hints = Hints { frame: Some(Frame::LOWER_LEFT), ..Hints::default() };
    let reading = read_with("r.jsonl", text, &hints);
    let second = &reading.images[1].marks.as_ref().unwrap()[0];
    assert_eq!((second.edges.unwrap().frame, second.label.as_str()), (Some(Frame::LOWER_LEFT), "object"));
}

#[test]
fn letters_and_words_are_a_table() {
    let text =
        "image,question,answer,prediction\na.png,What is it?,B,The answer is (C).\nb.png,And this?,A. mass,No idea\n";
    let reading = read("mcq.csv", text);
    let table = reading.table.unwrap();
    assert_eq!(table.columns, ["image", "question", "answer", "choice", "truth", "truth_choice"]);
    assert_eq!(
        table.rows,
        [
            ["a.png", "What is it?", "The answer is (C).", "C", "B", "B"],
            ["b.png", "And this?", "No idea", "", "A. mass", "A"]
        ]
    );
    assert_eq!(reading.sides, Sides::Findings);
}

#[test]
fn the_nth_mask_is_of_the_nth_segment() {
    let mask = r#"{"size": [4, 5], "counts": [6, 2, 12]}"#;
    let text = format!(
        r#"[{{"image": "a.png", "text": "<p>liver</p>[SEG], <p>cyst</p>[SEG] and [SEG]", "masks": [{mask}, "cyst.png", [1, 1, 3, 1, 3, 3]]}},
        {{"image": "b.png", "text": "It is [SEG].", "phrase": "spleen"}}]"#
    );
    let reading = read("r.json", &text);
    let all = vec![("liver", Some(1.0)), ("cyst", Some(1.0)), ("object", Some(1.0))];
    assert_eq!(said(&reading), [(named("a.png"), all), (named("b.png"), vec![("spleen", Some(1.0))])]);
    let drawn = |image: usize, mark: usize| reading.images[image].marks.as_ref().unwrap()[mark].drawn.clone();
    assert!(matches!((drawn(0, 0), drawn(0, 2)), (Some(Drawn::Runs { .. }), Some(Drawn::Outlines { .. }))));
    // What is a file's name, or is not there at all, lies beside.
    assert_eq!(drawn(0, 1), Some(Drawn::Beside { name: Some("cyst.png".to_owned()), number: 2 }));
    assert_eq!(drawn(1, 0), Some(Drawn::Beside { name: None, number: 1 }));
    assert_eq!(reading.problems, []);
}

#[test]
fn faults_cost_their_record_alone() {
    let good = r#"{"image": "a.png", "response": "mass<loc_1><loc_2><loc_3><loc_4>"}"#;
    let text = format!(
        "{good}\n[1]\n{{\"image\": \n{{\"response\": \"x\"}}\n{{\"image\": null, \"response\": \"x\"}}\n{good}\n"
    );
    let reading = read("r.jsonl", &text);
    assert_eq!(reading.images[0].marks.as_ref().unwrap().len(), 2);
    let messages: Vec<_> = reading.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages[0], "r.jsonl: line 2 is left out: it is a list, not an object");
    assert!(messages[1].starts_with("r.jsonl: line 3 is left out: EOF"), "{messages:?}");
    assert_eq!(messages[2], "r.jsonl: line 5 is left out: it does not say which image it is of");
    // Which column holds the image is asked once.
    assert!(matches!(&reading.questions[..], [Question::Columns { missing, .. }] if missing == &["image"]));
}

#[test]
fn columns_can_be_named() {
    let text = r#"[{"case": "a.png", "said": "mass<loc_1><loc_2><loc_3><loc_4>", "image": "not this"}]"#;
    let columns = [("image".to_owned(), "case".to_owned()), ("prediction".to_owned(), "said".to_owned())].into();
    let classes = [("mass".to_owned(), "nodule or mass".to_owned())].into();
    let hints = Hints { columns, classes, ..Hints::default() };
    let reading = format("grounded_text").read(&Probe::new("r.json", text.as_bytes()), &hints).unwrap();
    assert_eq!(said(&reading), [(named("a.png"), vec![("nodule or mass", Some(1.0))])]);
}

#[test]
fn a_large_table_with_cells_of_several_lines_is_known_by_its_beginning() {
    let row = "a.png,\"one line\nmass<loc_1><loc_2><loc_3><loc_4>\nand, another\"\n";
    let text = format!("image,response\n{}", row.repeat(8000));
    assert!(text.len() > 1 << 18);
    let reading = read("a.csv", &text);
    let marks = reading.images[0].marks.as_ref().unwrap();
    assert_eq!((marks.len(), marks[0].label.as_str()), (8000, "mass"));
}

#[test]
fn other_tables_and_lists_are_not_taken() {
    for (name, text) in [
        ("a.csv", "image,prediction\na.png,melanoma\n"),
        ("a.csv", "image,prediction\na.png,0.93\n"),
        ("a.csv", "image,label,x_min,y_min,x_max,y_max\na.png,mass,1,2,3,4\n"),
        ("a.json", "[1, 2]"),
        ("a.json", "{\"image\": \"a.png\", \"label\": 3}"),
        ("a.json", "{\"version\": \"5\", \"shapes\": [], \"imagePath\": \"a.png\"}"),
        ("a.txt", "0 0.5 0.5 0.1 0.1\n"),
        ("a.xml", "<annotation></annotation>"),
        ("a.csv", ""),
    ] {
        let probe = Probe::new(name, text.as_bytes());
        assert!(!format("grounded_text").recognises(&probe) && !format("agkd_csv").recognises(&probe), "{text}");
    }
}

#[test]
fn what_holds_no_records_is_refused_in_one_sentence() {
    let refused = |name: &str, text: &str| {
        format("grounded_text").read(&Probe::new(name, text.as_bytes()), &Hints::default()).unwrap_err().to_string()
    };
    assert_eq!(refused("a.json", ""), "a.json is empty (0 bytes)");
    assert_eq!(refused("a.json", "[1, 2"), "a.json is not valid JSON: EOF while parsing a list at line 1, column 5");
    assert!(refused("a.json", "{\"a\": ").starts_with("a.json is not valid JSON"));
}
