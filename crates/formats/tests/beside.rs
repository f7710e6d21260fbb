//! What lies in a file beside: masks of `[SEG]`, masks in parts, sentences and gaze.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "full")]

use std::collections::BTreeMap;
use std::io::Cursor;

use groundglass_formats::{CaseSet, Frame, GivenAs, Hints, OpenFile, Problem};
use groundglass_imaging::Source;
use image::{GrayImage, ImageFormat, Luma};

/// A picture of 6 x 4 pixels whose first columns have these values.
fn picture(columns: &[u8]) -> Vec<u8> {
    let image = GrayImage::from_fn(6, 4, |x, _| Luma([columns.get(x as usize).copied().unwrap_or_default()]));
    let mut bytes = Vec::new();
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

/// Files in the order in which the product gives them to a set.
fn set_of(files: &[(&str, Vec<u8>)]) -> (CaseSet, Vec<String>) {
    let mut set = CaseSet::new();
    let plan = set.plan(&files.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
    let by_path: BTreeMap<&str, &Vec<u8>> = files.iter().map(|(path, bytes)| (*path, bytes)).collect();
    let mut problems = plan.problems;
    for path in &plan.annotations {
        problems.extend(set.add_annotations(path, by_path[path.as_str()], &Hints::default()).unwrap());
    }
    for map in &plan.label_maps {
        problems.extend(set.add_label_map(&map.image, &map.path, by_path[map.path.as_str()]).unwrap());
    }
    for path in &plan.images {
        let mut open = || Ok(Box::new(Cursor::new(by_path[path.as_str()])) as Box<dyn Source>);
        match set.add_object(path, &mut open).unwrap() {
            Some(told) => problems.extend(told),
            None => set.add_header(&OpenFile::new(path, open().unwrap()).unwrap()),
        }
    }
    problems.extend(set.finish().into_iter().filter(|problem| problem.kind != "images without truth"));
    (set, problems.into_iter().map(|problem: Problem| problem.message).collect())
}

/// What was found in a case: labels with the first column and the count of columns of their masks.
fn found(set: &CaseSet, case: &str) -> Option<Vec<(String, f64, u64)>> {
    let findings = set.given_findings(case)?.iter();
    let columns = |mask: &groundglass_types::Mask| mask.area() / 4;
    Some(
        findings
            .map(|found| {
                (found.label.clone(), found.region.bounding_box.x_min, columns(found.region.mask.as_ref().unwrap()))
            })
            .collect(),
    )
}

fn said(label: &str, first: f64, columns: u64) -> (String, f64, u64) {
    (label.to_owned(), first, columns)
}

const ANSWER: &[u8] = br#"[{"image": "a.png", "text": "<p>liver</p>[SEG], <p>cyst</p>[SEG] and [SEG]"}]"#;

#[test]
fn the_nth_segment_takes_the_nth_file() {
    let (one, two, three) = (picture(&[255]), picture(&[0, 9, 9]), picture(&[0, 0, 0, 1]));
    let expected = [said("liver", 0.0, 1), said("cyst", 1.0, 2), said("object", 3.0, 1)];
    for names in [
        ["a_1.png", "a_2.png", "a_3.png"],
        ["a_0.png", "a_1.png", "a_2.png"],
        ["a_seg1.png", "a_seg2.png", "a_seg3.png"],
        ["a-mask-01.png", "a-mask-02.png", "a-mask-03.png"],
        ["masks/a_1.png", "masks/a_2.png", "masks/a_3.png"],
        ["preds/a_1_mask.png", "preds/a_2_mask.png", "preds/a_3_mask.png"],
    ] {
        let mut files = vec![("answers.json", ANSWER.to_vec()), ("a.png", picture(&[])), ("b.png", picture(&[]))];
        files.extend(names.into_iter().zip([one.clone(), two.clone(), three.clone()]));
        let (set, problems) = set_of(&files);
        assert_eq!(problems, Vec::<String>::new(), "{names:?}");
        let mut regions = found(&set, "a.png").unwrap();
        regions.sort_by(|a, b| a.1.total_cmp(&b.1));
        assert_eq!(regions, expected, "{names:?}");
        assert_eq!(set.cases().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["a.png", "b.png"], "{names:?}");
    }
}

#[test]
fn a_label_map_of_predictions_holds_the_masks_by_its_values() {
    let map = |columns: &[u8]| {
        vec![("answers.json", ANSWER.to_vec()), ("a.png", picture(&[])), ("predictions/masks/a.png", picture(columns))]
    };
    // As many values as [SEG]: in rising order.
    let (set, problems) = set_of(&map(&[10, 20, 20, 40]));
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(found(&set, "a.png").unwrap(), [said("liver", 0.0, 1), said("cyst", 1.0, 2), said("object", 3.0, 1)]);
    // Fewer: by the value itself.
    let (set, problems) = set_of(&map(&[1, 3]));
    assert_eq!(problems, ["answers.json: [SEG] 2 of \"a.png\" is left out: no file gives its mask (such as a_2)"]);
    assert_eq!(found(&set, "a.png").unwrap(), [said("liver", 0.0, 1), said("object", 1.0, 1)]);
}

#[test]
fn what_has_no_counterpart_is_named() {
    let files = [
        ("answers.json", ANSWER.to_vec()),
        ("a.png", picture(&[])),
        ("a_2.png", picture(&[7])),
        ("a_5.png", picture(&[7])),
    ];
    let (set, problems) = set_of(&files);
    assert_eq!(
        problems,
        [
            "a_5.png is mask 5 of a, of which the text has 3 [SEG]; it is left out",
            "answers.json: [SEG] 1, 3 of \"a.png\" is left out: no file gives its mask (such as a_1)",
        ]
    );
    assert_eq!(found(&set, "a.png").unwrap(), [said("cyst", 0.0, 1)]);
    // Until a mask comes nothing is known of the image, least of all that it is empty.
    let (set, problems) = set_of(&[("answers.json", ANSWER.to_vec()), ("a.png", picture(&[]))]);
    assert_eq!((found(&set, "a.png"), problems.len()), (None, 1));
    // An image of which the text speaks is one.
    let text = br#"[{"image": "a.png", "text": "[SEG]"}, {"image": "a_1.png", "text": "[SEG]"}]"#;
    let (set, _) = set_of(&[
        ("r.json", text.to_vec()),
        ("a.png", picture(&[])),
        ("a_1.png", picture(&[7])),
        ("a_1_1.png", picture(&[7])),
    ]);
    assert_eq!((set.cases().len(), found(&set, "a_1.png").unwrap().len()), (2, 1));
    // Without such a text a number says nothing: both are images.
    let (set, _) = set_of(&[("a.png", picture(&[])), ("a_2.png", picture(&[7]))]);
    assert_eq!(set.cases().len(), 2);
}

#[test]
fn a_record_names_its_files() {
    let text = br#"{"image": "a.png", "text": "It is [SEG] and [SEG].", "masks": ["x/one.png", "x/two.png"], "gt": "[SEG]", "gt_mask": "t.png"}"#;
    let files = [
        ("r.jsonl", text.to_vec()),
        ("a.png", picture(&[])),
        ("d/x/one.png", picture(&[7])),
        ("d/x/two.png", picture(&[0, 7])),
        ("t.png", picture(&[0, 0, 7])),
    ];
    let (set, problems) = set_of(&files);
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(found(&set, "a.png").unwrap(), [said("object", 0.0, 1), said("object", 1.0, 1)]);
    let truth = set.case("a.png").unwrap().truth.clone().unwrap();
    assert_eq!(truth.regions[0].region.bounding_box.x_min, 2.0);
}

#[test]
fn a_text_that_is_read_again_keeps_its_masks() {
    let files =
        [("r.json", ANSWER.to_vec()), ("a.png", picture(&[])), ("a_1.png", picture(&[7])), ("a_3.png", picture(&[7]))];
    let (mut set, _) = set_of(&files);
    let classes = [("liver".to_owned(), "Liver".to_owned())].into();
    set.read_again("r.json", ANSWER, &Hints { classes, ..Hints::default() }).unwrap();
    assert_eq!(found(&set, "a.png").unwrap(), [said("Liver", 0.0, 1), said("object", 0.0, 1)]);
}

#[test]
fn masks_in_parts_are_one_truth_and_sentences_are_linked_to_them() {
    let table = b"Volumename,Anatomy,Sentence\nv_1_a_1.png,left lung,A nodule.\nv_1_a_1.png,,No effusion.\nv_1_a_1.png,heart,Normal.\nv_9.png,lung,Lost.\n";
    let files = [
        ("report.csv", table.to_vec()),
        ("scans/v_1_a_1.png", picture(&[])),
        ("mask/seg_v_1_a_1/left lung.png", picture(&[1])),
        ("mask/seg_v_1_a_1/right lung.png", picture(&[0, 1])),
        ("b.png", picture(&[])),
        ("b_mask_1.png", picture(&[1])),
        ("b_mask_2.png", picture(&[0, 1])),
    ];
    let (set, problems) = set_of(&files);
    assert_eq!(
        problems,
        [
            "report.csv has a sentence about \"heart\" of v_1_a_1, which no mask shows",
            "report.csv has a sentence about v_9, which is not among the images",
        ]
    );
    let labels = |case: &str| {
        let regions = &set.case(case).unwrap().truth.as_ref().unwrap().regions;
        regions.iter().map(|region| region.label.clone()).collect::<Vec<_>>()
    };
    assert_eq!(labels("scans/v_1_a_1.png"), ["left lung", "right lung"]);
    assert_eq!(labels("b.png"), ["object", "object"]);
    let sentences: Vec<_> =
        set.sentences("scans/v_1_a_1.png").map(|of| (of.region.as_deref(), of.text.as_str())).collect();
    assert_eq!(sentences, [(Some("left lung"), "A nodule."), (None, "No effusion."), (Some("heart"), "Normal.")]);
    assert_eq!((set.sentences("b.png").count(), set.understood(Vec::new()).sentences), (0, 4));
}

#[test]
fn a_gaze_comes_to_its_image_in_pixels() {
    let shares = b"image,x,y,duration\na.png,0.5,0.25,1\nc.png,0.5,0.25,1\n";
    let mut set = CaseSet::new();
    set.plan(&["a.png".to_owned(), "gaze.csv".to_owned()]);
    set.give_as(GivenAs::Truth);
    set.add_annotations("gaze.csv", shares, &Hints::default()).unwrap();
    set.add_image("a.png", &picture(&[])).unwrap();
    // Nothing is known until the frame is said.
    assert_eq!((set.fixations("a.png"), set.questions().len()), (vec![], 1));
    let hints = Hints { frame: Some(Frame::LOWER_LEFT), ..Hints::default() };
    set.read_again("gaze.csv", shares, &hints).unwrap();
    assert_eq!((set.fixations("a.png"), set.questions().len()), (vec![[3.0, 3.0]], 0));
    set.add_annotations("a_fixations.csv", b"x_position,y_position,duration\n1,2,3\n5,200,1\n", &hints).unwrap();
    assert_eq!(set.fixations("a.png").len(), 1);
    assert!(set.case("a.png").unwrap().truth.is_none());
}
