//! What is written is read again as far as the form can hold it, and what it cannot hold is named.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::ErrorKind::NotFound;

use groundglass_imaging::decode_image;
use groundglass_types::{BoundingBox, Case, Finding, Mask, Region, Truth, TruthRegion};
use proptest::prelude::*;

use crate::budget::Budget;
use crate::coco_index::CocoCategory;
use crate::mark::Canvas;
use crate::problem::ProblemList;
use crate::reading::{Hints, Reading};
use crate::write::{BesideCases, Means, Side, Sink, WRITERS, WrittenCase, WrittenCases, writer_of};
use crate::{FormatError, JsonId, Probe, Problem, format_of, label_map_truth};

type Files = BTreeMap<String, Vec<u8>>;

/// Files in memory, the newest at the end of the list.
struct Folder<'f>(&'f mut Files, String);

impl Sink for Folder<'_> {
    fn begin(&mut self, path: &str) -> Result<(), FormatError> {
        path.clone_into(&mut self.1);
        assert!(self.0.insert(path.to_owned(), Vec::new()).is_none(), "{path} is written twice");
        Ok(())
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        self.0.get_mut(&self.1).unwrap().extend_from_slice(bytes);
        Ok(())
    }
}

fn write(id: &str, cases: &[Case], found: Option<&[Finding]>, side: Side) -> (Files, Vec<Problem>) {
    let written = cases.iter().map(|case| WrittenCase { case, findings: found }).collect::<Vec<_>>();
    let mut files = Files::new();
    let problems = writer_of(id)
        .unwrap()
        .write(&written, side, &mut |_| Err(NotFound.into()), &mut Folder(&mut files, String::new()))
        .unwrap();
    (files, problems)
}

fn read(path: &str, bytes: &[u8]) -> (&'static str, Reading) {
    let probe = Probe::new(path, bytes);
    let format = format_of(&probe).unwrap_or_else(|| panic!("{path} is of no form"));
    (format.id(), format.read(&probe, &Hints::default()).unwrap())
}

fn said(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.message.as_str()).collect()
}

const SIZE: (usize, usize) = (64, 48);

fn case(name: &str, regions: Vec<TruthRegion>) -> Case {
    let (width, height) = SIZE;
    Case { name: name.to_owned(), width, height, truth: Some(Truth { regions }), ..Case::default() }
}

/// Boxes inside the image with corners also between pixels.
fn any_box() -> impl Strategy<Value = BoundingBox> {
    (0.0..60.0_f64, 0.0..44.0_f64, 0.01..4.0_f64, 0.01..4.0_f64)
        .prop_map(|(x, y, w, h)| BoundingBox::from_xywh([x, y, w, h]))
}

fn any_region() -> impl Strategy<Value = TruthRegion> {
    let label = prop::sample::select(vec!["a", "b & <c>", "\"d\", e", "é ü", "[no] finding"]);
    (label, any_box(), any::<bool>()).prop_map(|(label, edges, crowd)| TruthRegion {
        label: label.to_owned(),
        region: Region::from_box(edges),
        crowd,
        area: None,
    })
}

#[test]
fn a_class_that_says_no_finding_is_no_box_of_a_table() {
    let region = |label: &str| TruthRegion {
        label: label.to_owned(),
        region: Region::from_box(BoundingBox::from_xywh([1.0, 2.0, 30.0, 40.0])),
        crowd: false,
        area: None,
    };
    let cases = [case("a.png", vec![region("No finding"), region("mass")]), case("b.png", vec![region("no finding")])];
    let (files, problems) = write("csv", &cases, None, Side::Truth);
    assert_eq!(
        said(&problems),
        ["table of boxes (CSV) cannot hold boxes of a class that says no finding: 2 are left out"]
    );
    let (_, reading) = read("truth.csv", &files["truth.csv"]);
    let counts = reading.images.iter().map(|image| image.marks.as_ref().unwrap().len()).collect::<Vec<_>>();
    assert_eq!(counts, [1, 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn voc_holds_boxes_exactly(regions in prop::collection::vec(any_region(), 0..6)) {
        let case = case("x/a.png", regions);
        let (files, problems) = write("voc", std::slice::from_ref(&case), None, Side::Truth);
        prop_assert!(problems.is_empty());
        let (id, mut reading) = read("Annotations/x/a.xml", &files["Annotations/x/a.xml"]);
        prop_assert_eq!(id, "voc");
        prop_assert_eq!(reading.images[0].size, Some(SIZE));
        prop_assert_eq!(&reading.take_truths("a.xml")[0], &case.truth);
    }

    #[test]
    fn a_table_holds_boxes_readers_and_scores(
        one in prop::collection::vec(any_region(), 0..4), other in prop::collection::vec(any_region(), 0..4),
    ) {
        let mut first = case("x/a.png", one.clone());
        first.readers = [("r1", one.clone()), ("r2", other.clone())].map(|(name, regions)| (name.to_owned(), Truth { regions })).into();
        let (files, problems) = write("csv", &[first, case("b.png", other.clone())], None, Side::Truth);
        prop_assert!(problems.is_empty());
        let (id, mut reading) = read("truth.csv", &files["truth.csv"]);
        prop_assert_eq!(id, "csv");
        // Boxes of a few pixels are asked for, as they could be shares of the image.
        for edges in reading.images.iter_mut().filter_map(|image| image.marks.as_mut()).flatten().filter_map(|mark| mark.edges.as_mut()) {
            edges.frame = Some(crate::Frame::PIXEL_CORNERS);
        }
        prop_assert_eq!(reading.images[0].readers.len(), 2);
        let readers = reading.images[0].marks.as_ref().unwrap().iter().map(|mark| mark.reader.clone().unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(readers.iter().filter(|reader| *reader == "r2").count(), other.len());
        let truths = reading.take_truths("t.csv");
        let both = one.into_iter().chain(other.clone()).collect();
        prop_assert_eq!(&truths[0], &Some(Truth { regions: both }));
        prop_assert_eq!(&truths[1], &Some(Truth { regions: other }));
    }

    #[test]
    fn yolo_holds_boxes_to_a_millionth_of_a_pixel(regions in prop::collection::vec(any_region(), 0..6), score in 0.0..=1.0_f64) {
        let findings = regions.iter().map(|truth| Finding { label: truth.label.clone(), score, region: truth.region.clone() });
        let findings = findings.collect::<Vec<_>>();
        let (files, problems) = write("yolo", &[case("a.png", Vec::new())], Some(&findings), Side::Findings);
        prop_assert!(problems.is_empty());
        let (id, reading) = read("predictions/labels/a.txt", &files["predictions/labels/a.txt"]);
        prop_assert_eq!(id, "yolo");
        let classes = if findings.is_empty() { Vec::new() } else { read("predictions/classes.txt", &files["predictions/classes.txt"]).1.classes };
        let marks = reading.images[0].marks.clone().unwrap();
        prop_assert_eq!(marks.len(), findings.len());
        let (mut problems, mut budget) = (ProblemList::default(), Budget::of(0));
        for (mark, finding) in marks.into_iter().zip(&findings) {
            let class = classes.iter().find(|class| class.id == mark.category).unwrap();
            prop_assert_eq!(&class.name, &finding.label);
            prop_assert_eq!(mark.score, Some(score));
            let edges = mark.into_truth(&mut Canvas { file: "f", image: "i", size: SIZE, budget: &mut budget, problems: &mut problems }).unwrap().region.bounding_box;
            let expected = finding.region.bounding_box;
            for (one, other) in edges.to_xywh().into_iter().zip(expected.to_xywh()) {
                prop_assert!((one - other).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn label_maps_hold_masks_that_do_not_overlap(labels in prop::collection::vec(0..5_u8, 64 * 48)) {
        let mask = |value: u8| Mask::from_row_major(64, 48, &labels.iter().map(|&label| u8::from(label == value)).collect::<Vec<_>>());
        let regions = (1..5).filter_map(|value| Region::from_mask(mask(value).unwrap()));
        let regions = regions.map(|region| TruthRegion { label: "object".to_owned(), region, crowd: false, area: None });
        let case = case("a.tif", regions.collect());
        let (files, problems) = write("label_map", std::slice::from_ref(&case), None, Side::Truth);
        prop_assert!(problems.is_empty());
        let image = decode_image("a.png", &files["labels/a.png"]).unwrap();
        prop_assert_eq!(Some(label_map_truth("a.png", &image).unwrap()), case.truth);
    }

    #[test]
    fn coco_holds_all_but_readers(regions in prop::collection::vec(any_region(), 0..6), spacing in 0.01..9.0_f64) {
        let mut case = case("x/a.png", regions);
        case.spacing = Some([spacing, 1.0]);
        case.attributes.insert("site".to_owned(), "north".to_owned());
        let (files, problems) = write("coco", std::slice::from_ref(&case), None, Side::Truth);
        prop_assert!(problems.is_empty());
        let (id, mut reading) = read("truth.json", &files["truth.json"]);
        prop_assert_eq!(id, "coco");
        prop_assert_eq!(&reading.images[0].attributes, &case.attributes);
        // serde_json's reading of a number is within one unit in its last place.
        let [across, down] = reading.images[0].spacing.unwrap();
        prop_assert!((across - spacing).abs() < 1e-14 && down == 1.0);
        let truth = reading.take_truths("truth.json").remove(0).unwrap();
        prop_assert_eq!(truth.regions.len(), case.truth.as_ref().unwrap().regions.len());
        for (one, other) in truth.regions.iter().zip(&case.truth.as_ref().unwrap().regions) {
            prop_assert_eq!((&one.label, one.crowd), (&other.label, other.crowd));
            // COCO has lengths in place of the far corner.
            let (one, other) = (one.region.bounding_box, other.region.bounding_box);
            prop_assert!((one.x_max - other.x_max).abs() < 1e-9 && (one.y_max - other.y_max).abs() < 1e-9);
        }
    }
}

#[test]
fn what_cannot_be_held_is_named() {
    let mask = |left: usize| Mask::from_window(SIZE, (left, 2), 4, &[1; 16]).unwrap();
    let masked = |left| TruthRegion {
        label: "a".to_owned(),
        region: Region::from_mask(mask(left)).unwrap(),
        crowd: true,
        area: Some(3.0),
    };
    let boxed = TruthRegion { region: Region::from_box(BoundingBox::new(1.0, 1.0, 2.0, 2.0)), ..masked(0) };
    let mut all = case("a.png", vec![masked(2), masked(4), masked(4), boxed]);
    all.spacing = Some([0.5, 0.5]);
    all.attributes.insert("sex".to_owned(), "F".to_owned());
    all.readers = [("r1".to_owned(), Truth::default()), ("r2".to_owned(), Truth::default())].into();
    let unknown = Case { name: "b.png".to_owned(), width: 3, height: 3, ..Case::default() };
    let cases = [all, unknown];
    let named = |id: &str| {
        let (files, problems) = write(id, &cases, None, Side::Truth);
        assert!(!files.keys().any(|path| path.contains("/b.")), "{files:?}");
        let said = said(&problems).into_iter().map(|line| line.split_once(" cannot hold ").unwrap().1.to_owned());
        said.collect::<Vec<_>>()
    };
    let common = ["attributes of cases: 1 are left out", "the spacing of pixels: 1 are left out"];
    let readers = "the truths of single readers: 1 are left out";
    let areas = "areas as annotated: 4 are left out";
    let masks = "masks: 3 become boxes";
    assert_eq!(named("voc"), [areas, common[0], masks, common[1], readers]);
    let crowds = "crowds: 4 become single objects";
    assert_eq!(named("yolo"), [areas, common[0], crowds, "the pixels of masks: 3 become boxes", common[1], readers]);
    assert_eq!(named("csv"), [common[0], masks, common[1]]);
    assert_eq!(
        named("label_map"),
        [
            "areas as annotated: 3 are left out",
            common[0],
            "boxes without a mask: 1 are left out",
            "crowds: 3 become single objects",
            "overlaps: 1 regions lose pixels to earlier ones",
            "regions that lie wholly under earlier ones or have no pixel: 1 are left out",
            common[1],
            readers,
        ]
    );
    assert_eq!(named("coco"), [readers]);
}

/// A set's cases with what it holds beside them.
#[derive(Debug)]
struct Set<'a>(Vec<WrittenCase<'a>>, BesideCases);

impl WrittenCases for Set<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn case(&self, place: usize) -> Option<WrittenCase<'_>> {
        self.0.get(place).copied()
    }

    fn beside(&self) -> Option<&BesideCases> {
        Some(&self.1)
    }
}

fn write_set(
    id: &str,
    cases: &[Case],
    found: Option<&[Finding]>,
    side: Side,
    beside: BesideCases,
) -> (Files, Vec<Problem>) {
    let set = Set(cases.iter().map(|case| WrittenCase { case, findings: found }).collect(), beside);
    let mut files = Files::new();
    let mut sink = Folder(&mut files, String::new());
    let problems = writer_of(id).unwrap().write(&set, side, &mut |_| Err(NotFound.into()), &mut sink).unwrap();
    (files, problems)
}

fn boxed(label: &str) -> TruthRegion {
    let region = Region::from_box(BoundingBox::new(1.0, 2.0, 3.0, 5.0));
    TruthRegion { label: label.to_owned(), region, crowd: false, area: None }
}

#[test]
fn truth_beside_one_reader_is_written_with_it() {
    let mut all = case("a.png", vec![boxed("consensus")]);
    all.readers = [("r1".to_owned(), Truth { regions: vec![boxed("own")] })].into();
    let (files, problems) = write("csv", std::slice::from_ref(&all), None, Side::Truth);
    assert_eq!(problems, []);
    let mut reading = read("truth.csv", &files["truth.csv"]).1;
    let marks = reading.images[0].marks.take().unwrap();
    let marks: Vec<_> = marks.iter().map(|mark| (mark.label.as_str(), mark.reader.as_deref())).collect();
    assert_eq!(marks, [("consensus", None), ("own", Some("r1"))]);
    // Boxes as small as these are asked for in tables of others.
    assert_eq!(reading.questions, []);
    for form in ["coco", "voc", "yolo", "label_map"] {
        let lost = write(form, std::slice::from_ref(&all), None, Side::Truth).1;
        assert!(said(&lost).iter().any(|line| line.contains("the truths of single readers: 1")), "{form}: {lost:?}");
    }
    // One that is the truth loses its name alone, and in a table nothing.
    all.truth = all.readers.get("r1").cloned();
    let lost = write("voc", std::slice::from_ref(&all), None, Side::Truth).1;
    assert_eq!(said(&lost), ["Pascal VOC (XML) cannot hold the names of readers: 1 are left out"]);
    let (files, problems) = write("csv", &[all], None, Side::Truth);
    assert_eq!((problems, String::from_utf8_lossy(&files["truth.csv"]).lines().count()), (vec![], 2));
}

#[test]
fn what_was_found_is_written_where_it_is_read_as_such() {
    let mask = Mask::from_window(SIZE, (3, 2), 4, &[1; 16]).unwrap();
    let found = [Finding { label: "a".to_owned(), score: 0.5, region: Region::from_mask(mask).unwrap() }];
    for (form, file) in [("voc", "Annotations/a.xml"), ("yolo", "labels/a.txt"), ("label_map", "labels/a.png")] {
        let files = write(form, &[case("a.png", vec![])], Some(&found), Side::Findings).0;
        assert!(files.keys().all(|path| path.starts_with("predictions/")), "{form}: {:?}", files.keys());
        assert!(files.contains_key(&format!("predictions/{file}")), "{form}: {:?}", files.keys());
    }
    let files = write("csv", &[case("a.png", vec![])], Some(&[]), Side::Findings).0;
    assert_eq!(files.keys().collect::<Vec<_>>(), ["predictions.csv"]);
}

#[test]
fn numbers_of_the_files_that_were_read_are_kept() {
    let cases = [case("a.png", vec![boxed("z")]), case("b.png", vec![boxed("new")])];
    let class = |number, name: &str| CocoCategory { id: JsonId::Number(number), name: name.to_owned() };
    let beside = || BesideCases {
        numbers: [("a.png".to_owned(), JsonId::Number(7)), ("b.png".to_owned(), JsonId::Text("x".to_owned()))].into(),
        categories: vec![class(1, "unused"), class(9, "z")],
        coco_files: 1,
        ..BesideCases::default()
    };
    let (files, problems) = write_set("coco", &cases, None, Side::Truth, beside());
    let file: serde_json::Value = serde_json::from_slice(&files["truth.json"]).unwrap();
    let list = |name: &str, field: &str| {
        file[name].as_array().unwrap().iter().map(|entry| entry[field].clone()).collect::<Vec<_>>()
    };
    assert_eq!(list("images", "id"), [serde_json::json!(7), "x".into()]);
    assert_eq!(list("categories", "id"), [1, 9, 2]);
    assert_eq!(list("categories", "name"), ["unused", "z", "new"]);
    assert_eq!(list("annotations", "image_id"), [serde_json::json!(7), "x".into()]);
    assert_eq!(list("annotations", "category_id"), [9, 2]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("supercategories, info and licences of 1 files"), "{problems:?}");
    let found = [Finding { label: "z".to_owned(), score: 0.5, region: boxed("z").region }];
    let results = write_set("coco", &cases, Some(&found), Side::Findings, beside()).0;
    let results: serde_json::Value = serde_json::from_slice(&results["results.json"]).unwrap();
    assert_eq!((&results[0]["image_id"], &results[0]["category_id"]), (&7.into(), &9.into()));
    // Two images of one number cannot both keep it.
    let shared =
        BesideCases { numbers: ["a.png", "b.png"].map(|name| (name.to_owned(), JsonId::Number(3))).into(), ..beside() };
    let (files, problems) = write_set("coco", &cases, None, Side::Truth, shared);
    let file: serde_json::Value = serde_json::from_slice(&files["truth.json"]).unwrap();
    assert_eq!((&file["images"][0]["id"], &file["images"][1]["id"]), (&1.into(), &2.into()));
    assert!(said(&problems).iter().any(|line| line.contains("all images are numbered anew")), "{problems:?}");

    // A list of classes keeps its numbers, also those of no class.
    let beside = BesideCases { listed: vec![class(0, "x"), class(2, "z")], ..BesideCases::default() };
    let files = write_set("yolo", &cases, None, Side::Truth, beside).0;
    assert_eq!(String::from_utf8_lossy(&files["classes.txt"]), "x\n\nz\nnew\n");
    assert!(files["labels/a.txt"].starts_with(b"2 ") && files["labels/b.txt"].starts_with(b"3 "));
}

#[test]
fn what_a_set_holds_beside_its_cases_is_named() {
    let beside = BesideCases { fixations: 4, sentences: 2, tables: 1, ..BesideCases::default() };
    for writer in WRITERS {
        let (id, name) = (writer.id(), writer.name());
        let lost = write_set(id, &[case("a.png", vec![])], None, Side::Truth, beside.clone()).1;
        for kind in ["fixations: 4", "sentences: 2", "tables about cases: 1"] {
            assert!(said(&lost).contains(&format!("{name} cannot hold {kind} are left out").as_str()), "{lost:?}");
        }
    }
}

#[test]
fn class_names_that_a_form_changes_are_named() {
    let labels = ["", " a ", "b\u{1}", "c\rd", "e\u{fffe}f"];
    let case = case("a.png", labels.map(boxed).to_vec());
    let lost = |id: &str| {
        let (files, lost) = write(id, std::slice::from_ref(&case), None, Side::Truth);
        (
            files,
            said(&lost).iter().map(|line| line.split_once(" cannot hold ").unwrap().1.to_owned()).collect::<Vec<_>>(),
        )
    };
    let (blanks, empty) =
        ("the blanks at the ends of class names: 1 are left out", "empty class names: 1 become \"object\"");
    let (files, named) = lost("voc");
    assert_eq!(named, ["control characters of class names: 2 become \u{fffd}", empty, blanks]);
    let text = String::from_utf8(files["Annotations/a.xml"].clone()).unwrap();
    assert!(!text.contains(['\u{1}', '\r', '\u{fffe}']) && text.contains("c&#13;d"), "{text}");
    let truth = read("a.xml", text.as_bytes()).1.take_truths("a.xml").remove(0).unwrap();
    let read_again: Vec<_> = truth.regions.iter().map(|region| region.label.as_str()).collect();
    assert_eq!(read_again, ["object", "a", "b\u{fffd}", "c\rd", "e\u{fffd}f"]);
    assert_eq!(lost("csv").1, [empty, blanks]);
    assert_eq!(lost("yolo").1, ["class names with line breaks: 1 have spaces in their place", empty, blanks]);
}

#[test]
fn areas_that_say_no_more_than_the_box_are_not_lost() {
    let of = |area| TruthRegion { area: Some(area), ..boxed("a") };
    assert_eq!(write("voc", &[case("a.png", vec![of(6.0)])], None, Side::Truth).1, []);
    let lost = write("voc", &[case("a.png", vec![of(5.5), of(6.0)])], None, Side::Truth).1;
    assert_eq!(said(&lost), ["Pascal VOC (XML) cannot hold areas as annotated: 1 are left out"]);
}

#[test]
fn results_go_by_the_numbers_of_the_truth() {
    let truth = |label: &str| TruthRegion {
        label: label.to_owned(),
        region: Region::from_box(BoundingBox::new(1.0, 1.0, 9.0, 9.0)),
        crowd: false,
        area: None,
    };
    let untrue = Case { truth: None, ..case("first.png", Vec::new()) };
    let cases = [untrue, case("a.png", vec![truth("z"), truth("b")]), case("c.png", vec![truth("b")])];
    let findings = [Finding { label: "b".to_owned(), score: 0.25, region: truth("b").region }];
    let (truths, _) = write("coco", &cases, None, Side::Truth);
    let (results, _) = write("coco", &cases, Some(&findings), Side::Findings);
    let reading = read("truth.json", &truths["truth.json"]).1;
    let list: Vec<serde_json::Value> = serde_json::from_slice(&results["results.json"]).unwrap();
    let id =
        |name: &str| reading.images.iter().find(|image| image.said_name() == name).and_then(|image| image.id.clone());
    for entry in list.iter().filter(|entry| entry["file_name"] != "first.png") {
        let number = Some(JsonId::Number(entry["image_id"].as_i64().unwrap()));
        assert_eq!(id(entry["file_name"].as_str().unwrap()), number);
        let class = reading.classes.iter().find(|class| class.name == "b").and_then(|class| class.id.clone());
        assert_eq!(class, Some(JsonId::Number(entry["category_id"].as_i64().unwrap())));
    }
    assert_eq!((list.len(), &list[0]["image_id"]), (3, &serde_json::json!(3)));
}

#[test]
fn every_form_is_written_in_steps_whose_end_is_known() {
    let one = |name: &str| {
        let mask = Mask::from_window(SIZE, (3, 2), 4, &[1; 16]).unwrap();
        let region = Region::from_mask(mask).unwrap();
        case(name, vec![TruthRegion { label: "a".to_owned(), region, crowd: false, area: None }])
    };
    let cases: Vec<_> = (0..9).map(|number| one(&format!("{number}.png"))).collect();
    let cases: Vec<_> = cases.iter().map(|case| WrittenCase { case, findings: None }).collect();
    for writer in WRITERS {
        let mut files = Files::new();
        let mut sink = Folder(&mut files, String::new());
        let mut writing = writer.begin(&cases, Side::Truth);
        let originals: &mut crate::write::Originals<'_> = &mut |_| Err(NotFound.into());
        let mut means = Means { cases: &cases, originals, sink: &mut sink };
        let (mut steps, mut before) = (1, 0);
        while writing.step(&mut means).unwrap() {
            steps += 1;
            assert!((before..=writing.total()).contains(&writing.done()), "{}", writer.id());
            before = writing.done();
        }
        assert!(steps >= cases.len(), "{} takes {steps} steps", writer.id());
        assert_eq!(writing.done(), writing.total(), "{}", writer.id());
    }
}
