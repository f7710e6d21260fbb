//! A set of files in any order: what goes together, and what is said of the rest.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;

use groundglass_formats::{CaseSet, FormatError, Hints, Problem, read_results, sha256_hex};
use groundglass_types::{BoundingBox, Finding, Mask, Region, Truth};
use image::{GrayImage, ImageFormat};
use serde_json::{Value, json};

fn png(width: u32, height: u32, pixels: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let image = GrayImage::from_raw(width, height, pixels).unwrap();
    image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    png(width, height, vec![9; (width * height) as usize])
}

/// A COCO file that puts one box of 2 x 2 pixels into each of `names`, all of 8 x 6 pixels.
fn coco(names: &[&str]) -> Vec<u8> {
    let images: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(id, name)| json!({"id": id + 10, "file_name": name, "width": 8, "height": 6}))
        .collect();
    let annotations: Vec<_> = (0..names.len())
        .map(|id| json!({"id": id, "image_id": id + 10, "category_id": 5, "bbox": [id, 1, 2, 2]}))
        .collect();
    let categories = json!([{"id": 5, "name": "cell"}]);
    json!({"images": images, "annotations": annotations, "categories": categories}).to_string().into_bytes()
}

fn paths(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|&path| path.to_owned()).collect()
}

fn messages(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.message.as_str()).collect()
}

fn truths(set: &CaseSet, name: &str) -> Option<usize> {
    set.case(name).unwrap().truth.as_ref().map(|truth| truth.regions.len())
}

#[test]
fn truth_and_images_find_each_other_in_any_order() {
    let names = ["a.png", "b.png"];
    let mut first = CaseSet::new();
    first.plan(&paths(&names));
    assert_eq!(first.add_annotations("t.json", coco(&names), &Hints::default()).unwrap(), []);
    first.add_image("a.png", &picture(8, 6)).unwrap();
    first.add_image("b.png", &picture(8, 6)).unwrap();

    let mut second = CaseSet::new();
    second.add_image("a.png", &picture(8, 6)).unwrap();
    assert_eq!(truths(&second, "a.png"), None);
    assert_eq!(second.add_annotations("t.json", coco(&names), &Hints::default()).unwrap(), []);
    second.add_image("b.png", &picture(8, 6)).unwrap();

    for mut set in [first, second] {
        assert_eq!((truths(&set, "a.png"), truths(&set, "b.png")), (Some(1), Some(1)));
        assert_eq!(set.finish(), []);
        assert_eq!(set.data()["a.png"], sha256_hex(&picture(8, 6)));
        assert_eq!(set.data().len(), 3);
        let changed: Vec<_> = set.take_changed().into_iter().map(|case| case.name).collect();
        assert!(changed.contains(&"a.png".to_owned()) && changed.contains(&"b.png".to_owned()));
        assert!(set.take_changed().is_empty());
    }
}

/// Full path before ending of a path before base name before stem.
#[test]
fn a_name_in_a_coco_file_means_the_image_that_it_fits_best() {
    let images = ["1.png", "val/1.png", "train/1.png", "deep/folder/2.png", "3.png"];
    let mut set = CaseSet::new();
    set.plan(&paths(&images));
    set.add_annotations(
        "t.json",
        coco(&["train/1.png", "1.png", "folder/2.png", "elsewhere/3.tif"]),
        &Hints::default(),
    )
    .unwrap();
    for image in images {
        set.add_image(image, &picture(8, 6)).unwrap();
    }
    let left =
        |name: &str| set.case(name).unwrap().truth.as_ref().map(|truth| truth.regions[0].region.bounding_box.x_min);
    assert_eq!(images.map(left), [Some(1.0), None, Some(0.0), Some(2.0), Some(3.0)]);
    assert_eq!(messages(&set.finish()), ["val/1.png has no truth; it counts in no metric"]);
}

#[test]
fn a_name_that_fits_two_images_is_used_for_neither() {
    let mut set = CaseSet::new();
    set.plan(&paths(&["x/1.png", "y/1.png"]));
    set.add_annotations("t.json", coco(&["1.png"]), &Hints::default()).unwrap();
    set.add_image("x/1.png", &picture(8, 6)).unwrap();
    set.add_image("y/1.png", &picture(8, 6)).unwrap();
    assert_eq!(
        messages(&set.finish()),
        [
            "t.json speaks of \"1.png\", which fits x/1.png and y/1.png; its truth is not used",
            "x/1.png has no truth; it counts in no metric",
            "y/1.png has no truth; it counts in no metric",
        ]
    );
}

#[test]
fn truth_without_image_and_images_that_were_not_read_are_told() {
    let mut set = CaseSet::new();
    set.plan(&paths(&["a.png", "b.png", "labels/b.png"]));
    set.add_annotations("t.json", coco(&["a.png", "gone.png"]), &Hints::default()).unwrap();
    set.add_label_map("b.png", "labels/b.png", picture(8, 6)).unwrap();
    assert!(set.add_image("a.png", b"broken").is_err());
    assert_eq!(
        messages(&set.finish()),
        [
            "t.json speaks of \"a.png\", but a.png was not read; its truth is not used",
            "t.json speaks of \"gone.png\", which is not among the images; its truth is not used",
            "labels/b.png is the label map of b.png, which was not read; it is not used",
        ]
    );
}

#[test]
fn truth_of_another_size_is_not_used() {
    let mut set = CaseSet::new();
    set.add_annotations("t.json", coco(&["a.png"]), &Hints::default()).unwrap();
    set.add_image("a.png", &picture(9, 6)).unwrap();
    set.add_image("b.png", &picture(9, 6)).unwrap();
    let problems = set.add_label_map("b.png", "b_mask.png", picture(6, 9)).unwrap();
    assert_eq!(messages(&problems), ["b_mask.png has 6 x 9 pixels, but its image b.png has 9 x 6; it is not used"]);
    assert_eq!(
        messages(&set.finish())[0],
        "t.json says that a.png has 8 x 6 pixels, but it has 9 x 6; its truth is not used"
    );
    assert_eq!((truths(&set, "a.png"), truths(&set, "b.png")), (None, None));
}

#[test]
fn a_second_truth_of_one_image_is_told_and_the_first_kept() {
    let mut set = CaseSet::new();
    set.add_image("a.png", &picture(8, 6)).unwrap();
    set.add_annotations("t.json", coco(&["a.png"]), &Hints::default()).unwrap();
    let problems = set.add_annotations("u.json", coco(&["a.png"]), &Hints::default()).unwrap();
    assert_eq!(messages(&problems), ["u.json has truth for a.png, which has it from t.json already; that is kept"]);
    let problems = set.add_label_map("a.png", "a_mask.png", picture(8, 6)).unwrap();
    assert_eq!(messages(&problems), ["a_mask.png has truth for a.png, which has it from t.json already; that is kept"]);
}

#[test]
fn a_path_that_comes_twice_is_refused() {
    let mut set = CaseSet::new();
    set.add_image("a.png", &picture(8, 6)).unwrap();
    let error = set.add_image("a.png", &picture(8, 6)).unwrap_err();
    assert_eq!(error, FormatError::Twice { file: "a.png".to_owned() });
    assert_eq!(error.to_string(), "a.png was given twice; the first one is kept");
    assert_eq!(set.cases().len(), 1);
}

/// Files of boxes often leave out how large the images are.
#[test]
fn a_file_without_sizes_takes_those_of_the_images() {
    let file = json!({
        "images": [{"id": 1, "file_name": "a.png"}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 4, 1, 4, 3, 1, 3]]},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 50, 5, 5]},
        ],
    });
    let mut set = CaseSet::new();
    assert_eq!(set.add_annotations("t.json", file.to_string().as_bytes(), &Hints::default()).unwrap(), []);
    set.add_image("a.png", &picture(8, 6)).unwrap();
    let truth = set.case("a.png").unwrap().truth.clone().unwrap();
    assert_eq!(truth.regions.len(), 1);
    assert_eq!(truth.regions[0].region.mask.as_ref().unwrap().area(), 6);
    assert_eq!(
        messages(&set.finish()),
        ["t.json: annotations[1] (id 2) is left out: its box [50, 50, 5, 5] lies outside \"a.png\" of 8 x 6 pixels"]
    );
}

#[test]
fn an_image_without_any_annotation_has_an_empty_truth() {
    let file = json!({
        "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 6}], "annotations": [], "categories": [],
    });
    let mut set = CaseSet::new();
    set.add_annotations("t.json", file.to_string().as_bytes(), &Hints::default()).unwrap();
    set.add_image("a.png", &picture(8, 6)).unwrap();
    assert_eq!(set.case("a.png").unwrap().truth, Some(Truth::default()));
}

#[test]
fn without_any_truth_nothing_is_said_of_its_absence() {
    let mut set = CaseSet::new();
    set.add_image("a.png", &picture(8, 6)).unwrap();
    assert_eq!(set.finish(), []);
}

#[test]
fn findings_are_written_by_the_truths_numbers_and_read_again() {
    let mut set = CaseSet::new();
    set.add_annotations("t.json", coco(&["a.png", "b.png"]), &Hints::default()).unwrap();
    for name in ["b.png", "a.png"] {
        set.add_image(name, &picture(8, 6)).unwrap();
    }
    let mask = Mask::from_fn(8, 6, |x, y| x > 1 && x < 5 && y > 2).unwrap();
    let finding = |region, score| Finding { label: "nucleus".to_owned(), score, region };
    let of_a = vec![
        finding(Region::from_mask(mask).unwrap(), 0.75),
        finding(Region::from_box(BoundingBox::new(0.5, 0.25, 3.0, 4.0)), 0.1),
    ];
    let text = set.results_json([("a.png", &of_a[..]), ("b.png", &[][..])]).unwrap();
    let written: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(written.len(), 2);
    assert_eq!(
        written[0],
        json!({
            "image_id": 10, "file_name": "a.png", "category_id": 5, "category_name": "nucleus",
            "bbox": [2.0, 3.0, 3.0, 3.0], "score": 0.75, "segmentation": {"size": [6, 8], "counts": "?33000?"},
        })
    );
    assert_eq!(written[1]["bbox"], json!([0.5, 0.25, 2.5, 3.75]));
    let read = read_results("found.json", text.as_bytes(), &set.coco_index().with_labels(["nucleus"])).unwrap();
    assert_eq!(read.problems, []);
    assert_eq!((read.cases.len(), &read.cases[0].case[..], &read.cases[0].findings), (1, "a.png", &of_a));
    assert_eq!(set.results_json([]).unwrap(), "[]\n");
}

/// What is told of a label map of 8 bits, and how many regions it has.
fn told_of(width: u32, pixels: Vec<u8>) -> (Vec<String>, usize) {
    let mut set = CaseSet::new();
    let height = pixels.len() as u32 / width;
    set.add_image("a.png", &picture(width, height)).unwrap();
    let told = set.add_label_map("a.png", "a_mask.png", png(width, height, pixels)).unwrap();
    (messages(&told).into_iter().map(str::to_owned).collect(), truths(&set, "a.png").unwrap())
}

#[test]
fn a_label_map_that_looks_like_a_picture_is_told() {
    let shades = "a_mask.png: its 39 values look like the shades of a picture or of soft edges, for most of their pixels stand in runs of one or two; each is read as a region of its own";
    assert_eq!(told_of(40, (0..1200_u32).map(|place| (place % 40 * 6) as u8).collect()), (vec![shades.to_owned()], 39));
    let squares = |place: u32| (place % 40 / 4 + place / 40 / 4 * 10) as u8;
    assert_eq!(told_of(40, (0..480).map(squares).collect()), (Vec::new(), 29));
}

#[test]
fn the_value_255_beside_other_labels_is_told() {
    let map = |values: [u8; 3]| (0..120_usize).map(|place| values[place / 40]).collect::<Vec<u8>>();
    let told = "a_mask.png has the value 255 beside others: it is read as a region like the others, though it often stands for pixels of which nothing is known (void); a classes.json can name it";
    assert_eq!(told_of(10, map([1, 2, 255])), (vec![told.to_owned()], 3));
    // A mask of one object, and labels that run on to the last.
    assert_eq!(told_of(10, map([0, 255, 0])), (Vec::new(), 1));
    assert_eq!(told_of(10, map([253, 254, 255])), (Vec::new(), 3));
}

/// A PNG file with a palette of four colours.
fn indexed(width: u32, pixels: &[u8]) -> Vec<u8> {
    let height = pixels.len() as u32 / width;
    // Of a palette the colour is all that differs from grey, so the grey file is made one.
    let mut bytes = png(width, height, pixels.to_vec());
    bytes[25] = 3;
    let sum = |bytes: &[u8]| {
        !bytes.iter().fold(u32::MAX, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
        })
    };
    let header = sum(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&header);
    let colors: Vec<u8> = (0..=255_u8).flat_map(|index| [index / 64, 9, 9]).collect();
    let mut palette = [&b"PLTE"[..], &colors].concat();
    let end = sum(&palette).to_be_bytes();
    palette.extend(end);
    let chunk = [&(colors.len() as u32).to_be_bytes()[..], &palette].concat();
    bytes.splice(33..33, chunk);
    bytes
}

#[test]
fn void_of_a_map_with_a_palette_is_left_out_unless_a_class_is_named_for_it() {
    let map = indexed(10, &(0..120_usize).map(|place| [1, 2, 255][place / 40]).collect::<Vec<u8>>());
    let mut set = CaseSet::new();
    set.add_image("a.png", &picture(10, 12)).unwrap();
    let told = set.add_label_map("a.png", "a_mask.png", &map).unwrap();
    assert_eq!(
        messages(&told),
        [
            "a_mask.png has the value 255 beside others: it is left out, for it stands for pixels of which nothing is known (void) in maps with a palette; a classes.json can name it"
        ]
    );
    assert_eq!(truths(&set, "a.png"), Some(2));
    let mut set = CaseSet::new();
    set.add_image("a.png", &picture(10, 12)).unwrap();
    let classes = json!({"a_mask.png": {"1": "x", "255": "edge"}}).to_string();
    set.add_annotations("classes.json", classes.as_bytes(), &Hints::default()).unwrap();
    assert_eq!(set.add_label_map("a.png", "a_mask.png", &map).unwrap(), []);
    assert_eq!(truths(&set, "a.png"), Some(3));
}

#[test]
fn an_empty_row_of_a_table_of_scores_is_no_truth() {
    let mut set = CaseSet::new();
    set.plan(&paths(&["a.png", "b.png"]));
    let scores = b"image,x_min,y_min,x_max,y_max,label,score\na.png,1,1,5,5,cell,0.5\nb.png,,,,,,\n";
    set.add_annotations("found.csv", &scores[..], &Hints::default()).unwrap();
    set.add_annotations("t.json", &coco(&["a.png", "b.png"])[..], &Hints::default()).unwrap();
    set.add_image("a.png", &picture(8, 6)).unwrap();
    set.add_image("b.png", &picture(8, 6)).unwrap();
    assert_eq!((truths(&set, "a.png"), truths(&set, "b.png")), (Some(1), Some(1)));
    assert_eq!(set.given_findings("b.png"), Some(&[][..]));
    // A table without scores says that nothing is there.
    let mut set = CaseSet::new();
    set.plan(&paths(&["b.png"]));
    let truth = b"image,x_min,y_min,x_max,y_max,label\na.png,1,1,5,5,cell\nb.png,,,,,\n";
    set.add_annotations("t.csv", &truth[..], &Hints::default()).unwrap();
    set.add_image("b.png", &picture(8, 6)).unwrap();
    assert_eq!((truths(&set, "b.png"), set.given_findings("b.png")), (Some(0), None));
}

#[test]
fn predictions_without_an_image_are_called_so() {
    let mut set = CaseSet::new();
    let scores = b"image,x_min,y_min,x_max,y_max,label,score\na.png,1,1,5,5,cell,0.5\n";
    set.add_annotations("found.csv", &scores[..], &Hints::default()).unwrap();
    let told = set.finish();
    let expected = "found.csv speaks of \"a.png\", which is not among the images; its predictions are not used";
    assert_eq!(messages(&told), [expected]);
}

#[test]
fn every_reader_counts_in_what_was_understood() {
    let mut set = CaseSet::new();
    set.plan(&paths(&["a.png"]));
    let rows = b"image,x_min,y_min,x_max,y_max,label,reader\na.png,1,1,5,5,cell,r1\na.png,1,1,5,5,cyst,r2\na.png,2,2,5,5,cell,r2\n";
    set.add_annotations("t.csv", &rows[..], &Hints::default()).unwrap();
    set.add_image("a.png", &picture(8, 6)).unwrap();
    let understood = set.understood(Vec::new());
    let classes: Vec<_> = understood.classes.iter().map(|class| (class.name.as_str(), class.truths)).collect();
    assert_eq!((understood.boxes, classes), (3, vec![("cell", 2), ("cyst", 1)]));
}
