//! What the files of a set say of each other: YOLO's texts without a line, the `data.yaml` beside them, and images that are
//! named by their folders.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use groundglass_formats::{CaseSet, GivenAs, Hints};
use image::{GrayImage, ImageFormat};

fn png() -> Vec<u8> {
    let mut bytes = Vec::new();
    GrayImage::new(100, 80).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

/// A set of files in their order; pictures are images of 100 x 80 pixels. What was told comes with it.
fn set(files: &[(&str, &str)]) -> (CaseSet, Vec<String>) {
    let mut set = CaseSet::new();
    set.plan(&files.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
    let mut messages = Vec::new();
    for (path, text) in files {
        if path.ends_with(".png") {
            set.add_image(path, &png()).unwrap();
            continue;
        }
        match set.add_annotations(path, text.as_bytes(), &Hints::default()) {
            Ok(problems) => messages.extend(problems.into_iter().map(|problem| problem.message)),
            Err(error) => messages.push(error.to_string()),
        }
    }
    messages.extend(set.finish().into_iter().map(|problem| problem.message));
    (set, messages)
}

fn truths(set: &CaseSet, name: &str) -> Option<usize> {
    set.case(name).unwrap().truth.as_ref().map(|truth| truth.regions.len())
}

const LINE: &str = "0 0.5 0.5 0.2 0.2\n";

#[test]
fn an_empty_text_of_a_yolo_set_says_that_nothing_is_there() {
    for empty in ["", "\n", " \r\n"] {
        for files in [
            [("a.png", ""), ("b.png", ""), ("labels/a.txt", LINE), ("labels/b.txt", empty)],
            [("labels/b.txt", empty), ("labels/a.txt", LINE), ("a.png", ""), ("b.png", "")],
            [("data.yaml", "names: [x]"), ("labels/b.txt", empty), ("a.png", ""), ("b.png", "")],
        ] {
            let (set, messages) = set(&files);
            assert_eq!(truths(&set, "b.png"), Some(0), "{files:?} {messages:?}");
            assert!(set.data().contains_key("labels/b.txt") && !messages.iter().any(|told| told.contains("b.txt")));
        }
    }
}

#[test]
fn an_empty_text_is_of_the_side_that_it_was_given_as() {
    let mut set = CaseSet::new();
    set.plan(&["a.png", "b.png"].map(str::to_owned));
    set.add_image("a.png", &png()).unwrap();
    set.add_image("b.png", &png()).unwrap();
    set.give_as(GivenAs::Truth);
    assert_eq!(set.add_annotations("labels/b.txt", b"", &Hints::default()).unwrap(), []);
    set.give_as(GivenAs::Findings);
    set.add_annotations("found/b.txt", b"0 0.5 0.5 0.2 0.2 0.9", &Hints::default()).unwrap();
    assert_eq!(truths(&set, "b.png"), Some(0));
    assert_eq!(set.given_findings("b.png").unwrap().len(), 1);
    // One that comes later is one in which nothing was found.
    set.add_annotations("found/a.txt", b"", &Hints::default()).unwrap();
    assert_eq!((truths(&set, "a.png"), set.given_findings("a.png").unwrap().len()), (None, 0));
}

#[test]
fn an_empty_text_that_nothing_explains_is_no_truth() {
    let voc = "<annotation><object><name>c</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>11</xmax><ymax>22</ymax></bndbox>\
               </object></annotation>";
    let (set_of_voc, messages) = set(&[("a.png", ""), ("a.txt", ""), ("README.txt", "\n"), ("a.xml", voc)]);
    assert_eq!(truths(&set_of_voc, "a.png"), Some(1));
    assert_eq!(
        messages,
        [
            "a.txt is empty (0 bytes), and no other file says of which form; it is not used",
            "README.txt is empty (1 bytes), and no other file says of which form; it is not used",
        ]
    );
    let (set_of_yolo, messages) = set(&[("a.png", ""), ("README.txt", ""), ("labels/a.txt", LINE)]);
    assert_eq!(truths(&set_of_yolo, "a.png"), Some(1));
    assert_eq!(
        messages,
        ["README.txt speaks of an image of its own name, which is not among the images; its truth is not used"]
    );
    let (_, messages) = set(&[("a.png", ""), ("labels/a.txt", LINE), ("classes.txt", ""), ("b.csv", "")]);
    assert_eq!(messages, ["classes.txt is empty (0 bytes)", "b.csv is empty (0 bytes)"]);
}

#[test]
fn keypoints_are_by_the_nearest_data_yaml() {
    let line = "0 0.5 0.5 0.4 0.6 0.45 0.3 0.55 0.3\n";
    let (set, messages) = set(&[
        ("pose/data.yaml", "kpt_shape: [2, 2]\nnames: [hand]\n"),
        ("pose/images/a.png", ""),
        ("pose/labels/a.txt", line),
        ("other/images/b.png", ""),
        ("other/labels/b.txt", line),
    ]);
    let region = |name: &str| set.case(name).unwrap().truth.as_ref().unwrap().regions[0].clone();
    let hand = region("pose/images/a.png");
    assert_eq!((hand.label.as_str(), hand.region.mask.is_some()), ("hand", false));
    assert!(region("other/images/b.png").region.mask.is_some());
    assert_eq!(messages, ["pose/labels/a.txt: the keypoints of 1 lines are not read, only their boxes"]);
}

#[test]
fn an_image_may_be_named_by_its_folders_and_its_own_name() {
    let key = "patient64622_study1_view1_frontal";
    let truth = format!("{{\"{key}\": {{\"img_size\": [80, 100], \"Edema\": [[[1, 1], [5, 1], [5, 5]]]}}}}");
    let (near, far) = ("valid/patient64622/study1/view1_frontal.png", "valid/patient64622/study2/view1_frontal.png");
    for files in
        [[("gt.json", truth.as_str()), (near, ""), (far, "")], [(near, ""), (far, ""), ("gt.json", truth.as_str())]]
    {
        let (set, messages) = set(&files);
        assert_eq!((truths(&set, near), truths(&set, far)), (Some(1), None), "{messages:?}");
        assert_eq!(messages, [format!("{far} has no truth; it counts in no metric")]);
    }
    let lesion = "File_name,Key_slice_index,Bounding_boxes\n000001_01_01_109.png,109,\"1, 2, 30, 40\"\n";
    let (set, _) = set(&[("DL_info.csv", lesion), ("Images_png/000001_01_01/109.png", "")]);
    assert_eq!(truths(&set, "Images_png/000001_01_01/109.png"), Some(1));
}

#[test]
fn utf16_is_read_whatever_the_form() {
    let utf16 = |text: &str| {
        let units = format!("\u{feff}{text}");
        units.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()
    };
    let coco = "{\"images\": [{\"id\": 1, \"file_name\": \"a.png\", \"width\": 100, \"height\": 80}], \
                \"categories\": [{\"id\": 1, \"name\": \"L\u{e4}sion\"}], \
                \"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [1, 2, 3, 4]}]}";
    let table = "image\tlabel\txmin\tymin\txmax\tymax\na.png\tL\u{e4}sion\t1\t2\t90\t20\n";
    for (path, text) in [("a.json", coco), ("a.csv", table)] {
        let mut set = CaseSet::new();
        set.add_annotations(path, utf16(text), &Hints::default()).unwrap();
        set.add_image("a.png", &png()).unwrap();
        assert_eq!(set.case("a.png").unwrap().truth.as_ref().unwrap().regions[0].label, "L\u{e4}sion");
        // The hash is that of the file as it is.
        assert_eq!(set.data()[path], groundglass_formats::sha256_hex(&utf16(text)));
    }
}
