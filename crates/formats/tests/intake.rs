//! Files of many forms through one door: what goes together, on which side, and by whom.
#![allow(clippy::unwrap_used)]
#![cfg(feature = "full")]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use groundglass_formats::{CaseSet, Frame, Hints, OpenFile, Problem, Question};
use groundglass_imaging::Source;
use groundglass_types::BoundingBox;
use image::{GrayImage, ImageFormat};

fn reference(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference").join(path)).unwrap()
}

fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    GrayImage::new(width, height).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

fn messages(problems: &[Problem]) -> Vec<&str> {
    problems.iter().map(|problem| problem.message.as_str()).collect()
}

/// A set of files as a user has them, images last.
fn set_of(files: &[(&str, Vec<u8>)], hints: &Hints) -> (CaseSet, Vec<Problem>) {
    let mut set = CaseSet::new();
    let plan = set.plan(&files.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
    let by_path: BTreeMap<&str, &Vec<u8>> = files.iter().map(|(path, bytes)| (*path, bytes)).collect();
    let mut problems = plan.problems;
    for path in &plan.annotations {
        match set.add_annotations(path, by_path[path.as_str()], hints) {
            Ok(told) => problems.extend(told),
            Err(error) => problems.push(Problem::new("", path, error.to_string())),
        }
    }
    for path in &plan.images {
        let mut open = || Ok(Box::new(Cursor::new(by_path[path.as_str()])) as Box<dyn Source>);
        if let Some(told) = set.add_object(path, &mut open).unwrap() {
            problems.extend(told);
        } else {
            set.add_header(&OpenFile::new(path, open().unwrap()).unwrap());
        }
    }
    set.settle_series();
    (set, problems)
}

const VOC: &str = "<annotation><filename>stale.jpg</filename><size><width>20</width><height>10</height></size>\
    <object><name>cell</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>7</xmax><ymax>8</ymax></bndbox></object></annotation>";

fn boxes(set: &CaseSet, case: &str) -> Vec<(String, BoundingBox)> {
    let regions = &set.case(case).unwrap().truth.as_ref().unwrap().regions;
    regions.iter().map(|region| (region.label.clone(), region.region.bounding_box)).collect()
}

#[test]
fn a_file_of_voc_is_of_the_image_of_its_name() {
    let files = [
        ("set/photos/1.png", picture(20, 10)),
        ("other/1.png", picture(20, 10)),
        ("set/Annotations/1.xml", VOC.into()),
    ];
    let (set, problems) = set_of(&files, &Hints::default());
    assert_eq!(messages(&problems), Vec::<&str>::new());
    // The folders differ, so both images could be meant, and neither is.
    assert!(set.case("set/photos/1.png").unwrap().truth.is_none());
    assert_eq!(
        messages(&set.finish())[0],
        "set/Annotations/1.xml speaks of an image of its own name, which fits set/photos/1.png and other/1.png; \
         its truth is not used"
    );

    let expected = vec![("cell".to_owned(), BoundingBox::new(2.0, 3.0, 7.0, 8.0))];
    // In VOC's own tree the folder beside is meant.
    let tree = [("set/JPEGImages/1.png", picture(20, 10)), files[1].clone(), files[2].clone()];
    assert_eq!(boxes(&set_of(&tree, &Hints::default()).0, "set/JPEGImages/1.png"), expected);

    let (set, _) = set_of(&files[..1].iter().chain(&files[2..]).cloned().collect::<Vec<_>>(), &Hints::default());
    assert_eq!(boxes(&set, "set/photos/1.png"), expected);
}

#[test]
fn of_two_images_of_its_name_a_file_of_voc_is_of_the_one_that_it_names() {
    let named = |name: &str| VOC.replace("stale.jpg", name).into_bytes();
    let with = |name: &str| {
        let files = [("x.jpg", picture(20, 10)), ("x.png", picture(20, 10)), ("x.xml", named(name))];
        let set = set_of(
            &[files, [("b.png", picture(20, 10)), ("stale.jpg", picture(20, 10)), ("c.png", picture(1, 1))]].concat(),
            &Hints::default(),
        )
        .0;
        ["x.jpg", "x.png", "b.png", "stale.jpg"].map(|case| set.case(case).unwrap().truth.is_some())
    };
    assert_eq!(with("x.png"), [false, true, false, false]);
    assert_eq!(with("x.jpg"), [true, false, false, false]);
    // The name of another image is left from before.
    assert_eq!(with("stale.jpg"), [false; 4]);
}

#[test]
fn images_that_label_studio_names_are_met_though_they_come_last() {
    let coco = br#"{"images": [
        {"id": 1, "file_name": "/data/upload/1/2f3c9a1b-my%20image.png", "width": 20, "height": 10},
        {"id": 2, "file_name": "/data/local-files/?d=images/b.png", "width": 20, "height": 10}],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]},
            {"id": 2, "image_id": 2, "category_id": 1, "bbox": [1, 2, 3, 4]}]}"#;
    let files = [("t.json", coco.to_vec()), ("my image.png", picture(20, 10)), ("images/b.png", picture(20, 10))];
    let (set, problems) = set_of(&files, &Hints::default());
    assert_eq!((messages(&problems), messages(&set.finish())), (Vec::<&str>::new(), Vec::<&str>::new()));
    assert_eq!((boxes(&set, "my image.png").len(), boxes(&set, "images/b.png").len()), (1, 1));
}

#[test]
fn a_table_of_a_whole_dataset_speaks_of_one_patient_and_no_other() {
    let table = "Path,x_min,y_min,x_max,y_max,class\n\
        Set/train/p1/s1/view.png,0,0,10,5,wire\n\
        Set/train/p2/s1/view.png,1,1,12,6,tube\n\
        Set/train/p2/s1/view.png,2,2,12,6,tube\n\
        Set/train/p3/s1/view.png,3,3,12,6,wire\n";
    let hints = Hints { frame: Some(Frame::PIXEL_CORNERS), ..Hints::default() };
    let labels = |set: &CaseSet, case: &str| boxes(set, case).into_iter().map(|(label, _)| label).collect::<Vec<_>>();
    // All of it lies there: each row finds its own, though the names begin with a folder that was not dropped.
    let files: Vec<(String, Vec<u8>)> =
        [1, 2, 3].map(|patient| (format!("train/p{patient}/s1/view.png"), picture(20, 10))).into();
    let mut all: Vec<(&str, Vec<u8>)> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
    all.push(("train.csv", table.into()));
    let (set, problems) = set_of(&all, &hints);
    assert_eq!(messages(&problems), Vec::<&str>::new());
    assert_eq!(labels(&set, "train/p1/s1/view.png"), ["wire"]);
    assert_eq!(labels(&set, "train/p2/s1/view.png"), ["tube", "tube"]);
    // One patient's folder: what shares the patient with it is meant, and what is of others is not.
    let (set, problems) = set_of(&[("p2/s1/view.png", picture(20, 10)), ("train.csv", table.into())], &hints);
    assert_eq!(labels(&set, "p2/s1/view.png"), ["tube", "tube"]);
    let told = messages(&problems);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(
        told[0],
        "train.csv speaks of \"Set/train/p1/s1/view.png\" and of \"Set/train/p2/s1/view.png\", which is rather \
         p2/s1/view.png; what it says of the first is not used"
    );
    // Without the patient's folder nothing says whose it is.
    let (set, problems) = set_of(&[("s1/view.png", picture(20, 10)), ("train.csv", table.into())], &hints);
    assert!(set.case("s1/view.png").unwrap().truth.is_none());
    let told = messages(&problems);
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(
        told[2],
        "train.csv speaks of \"Set/train/p3/s1/view.png\" and of others of this name in other folders, any of which \
         could be s1/view.png; none is used"
    );
}

#[test]
fn numbers_of_yolo_get_the_names_of_the_nearest_class_file() {
    let files = [
        ("a/images/1.png", picture(100, 50)),
        ("a/labels/1.txt", b"1 0.5 0.5 0.2 0.4\n".to_vec()),
        ("a/classes.txt", b"dust\ncell\n".to_vec()),
        ("b/images/2.png", picture(100, 50)),
        ("b/labels/2.txt", b"1 0.5 0.5 0.2 0.4\n".to_vec()),
    ];
    let (set, problems) = set_of(&files, &Hints::default());
    assert_eq!(messages(&problems), Vec::<&str>::new());
    let edges = BoundingBox::new(40.0, 15.0, 60.0, 35.0);
    let found = &boxes(&set, "a/images/1.png")[0];
    assert_eq!(found.0, "cell");
    for (one, other) in [(found.1.x_min, edges.x_min), (found.1.y_max, edges.y_max)] {
        assert!((one - other).abs() < 1e-9);
    }
    assert_eq!(boxes(&set, "b/images/2.png")[0].0, "category 1");
}

#[test]
fn classes_are_renamed_by_hint() {
    let hints = Hints { classes: [("cell".to_owned(), "white cell".to_owned())].into(), ..Hints::default() };
    let (set, _) = set_of(&[("1.png", picture(20, 10)), ("1.xml", VOC.into())], &hints);
    assert_eq!(boxes(&set, "1.png")[0].0, "white cell");
}

#[test]
fn what_is_said_of_no_file_is_told() {
    let table = |label: &str| format!("image,x1,y1,x2,y2,{label}\n1.png,1,2,300,4,cell\n").into_bytes();
    let frame = Frame::of_name("pixel_corners");
    let unmet = |files: &[(&str, Vec<u8>)], hints: &Hints| {
        let (set, _) = set_of(files, hints);
        let told = set.unmet_hints(hints);
        let options = messages(&told).into_iter().map(|told| told.split(" changes").next().unwrap().to_owned());
        options.collect::<Vec<String>>()
    };
    let pair = |key: &str, value: &str| [(key.to_owned(), value.to_owned())].into();
    let said = Hints { frame, columns: pair("label", "what"), classes: pair("cell", "white cell") };
    // A column that only one of two tables has is said of that one.
    let two = [("a.csv", table("what")), ("b.csv", table("label"))];
    let columns: Hints = Hints { frame: None, ..said.clone() };
    assert_eq!(unmet(&two, &columns), Vec::<String>::new());
    assert!(unmet(&[("a.csv", table("what")), ("1.xml", VOC.into())], &columns).is_empty());
    let all = ["--frame pixel_corners", "--column \"label=what\"", "--class \"cell=white cell\""];
    let voc = VOC.replace("cell", "white cell").into_bytes();
    assert_eq!(unmet(&[("1.xml", voc)], &said), all);
    // The numbers could be thousandths.
    assert_eq!(unmet(&[("a.csv", table("label"))], &said), [all[1]]);
    let (set, _) = set_of(&[("1.png", picture(400, 10)), ("b.csv", table("label"))], &columns);
    assert_eq!(boxes(&set, "1.png")[0].0, "white cell");
}

#[test]
fn folders_of_readers_and_of_predictions_are_kept_apart() {
    let files = [
        ("images/1.png", picture(20, 10)),
        ("reader_1/1.xml", VOC.into()),
        ("reader_2/1.xml", VOC.replace("<xmax>7", "<xmax>9").into()),
        ("predictions/1.xml", VOC.into()),
    ];
    let (set, problems) = set_of(&files, &Hints::default());
    assert_eq!(messages(&problems), Vec::<&str>::new());
    let case = set.case("images/1.png").unwrap();
    assert_eq!(case.readers.keys().collect::<Vec<_>>(), ["reader_1", "reader_2"]);
    assert_eq!(case.truth, case.readers.get("reader_1").cloned());
    let found = set.given_findings("images/1.png").unwrap();
    assert_eq!((found.len(), found[0].score), (1, 1.0));
    let understood = set.understood(problems);
    assert_eq!(understood.sentence, "1 image, 3 Pascal VOC files, 1 class, 2 readers, 1 prediction");
}

#[test]
fn results_without_names_find_their_images_and_classes_by_the_truths_numbers() {
    let truth = br#"{"images": [{"id": 7, "file_name": "1.png", "width": 20, "height": 10}], "annotations": [],
        "categories": [{"id": 3, "name": "cell"}]}"#;
    let results = br#"[{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5}]"#;
    // The results come first, as their name does.
    let files = [("1.png", picture(20, 10)), ("found.json", results.to_vec()), ("truth.json", truth.to_vec())];
    let (set, problems) = set_of(&files, &Hints::default());
    assert_eq!(messages(&problems), Vec::<&str>::new());
    let found = set.given_findings("1.png").unwrap();
    assert_eq!((found[0].label.as_str(), found[0].score), ("cell", 0.5));
    assert_eq!(found[0].region.bounding_box, BoundingBox::new(1.0, 2.0, 4.0, 6.0));
    assert_eq!(set.case("1.png").unwrap().truth.as_ref().unwrap().regions.len(), 0);
}

#[test]
fn results_of_ultralytics_have_stems_for_numbers_and_count_classes_from_one() {
    let result = |image: &str, class: u32| {
        format!("{{\"image_id\": \"{image}\", \"category_id\": {class}, \"bbox\": [1, 2, 3, 4], \"score\": 0.5}}")
    };
    let labels = |set: &CaseSet, image: &str| {
        let found = set.given_findings(image).into_iter().flatten();
        found.map(|finding| finding.label.clone()).collect::<Vec<_>>()
    };
    let set_with = |results: String| {
        set_of(
            &[
                ("s/data.yaml", b"names: [cat, dog]\n".to_vec()),
                ("s/images/a.png", picture(20, 10)),
                ("s/images/b.png", picture(20, 10)),
                ("s/predictions.json", format!("[{results}]").into_bytes()),
            ],
            &Hints::default(),
        )
    };
    let (set, problems) = set_with([result("a", 1), result("b", 2)].join(","));
    assert_eq!(
        (labels(&set, "s/images/a.png"), labels(&set, "s/images/b.png")),
        (vec!["cat".into()], vec!["dog".into()])
    );
    assert_eq!(
        messages(&problems),
        ["s/predictions.json counts its classes from 1, for it has 2 and not 0, and there are 2 names: 1 is \"cat\""]
    );
    let (set, problems) = set_with(result("a", 1));
    assert_eq!(labels(&set, "s/images/a.png"), ["dog"]);
    assert_eq!(
        messages(&problems),
        [
            "s/predictions.json has no class 0; its numbers are taken as those of the names, which count from 0, so that 1 is \
          \"dog\"; if it counts from 1, 1 is \"cat\""
        ]
    );
    let (set, problems) = set_with([result("a", 0), result("b", 1)].join(","));
    assert_eq!(
        (labels(&set, "s/images/a.png"), labels(&set, "s/images/b.png")),
        (vec!["cat".into()], vec!["dog".into()])
    );
    assert_eq!(messages(&problems), Vec::<&str>::new());
}

#[test]
fn a_table_in_an_unknown_frame_asks_and_is_read_again() {
    let table = b"image,label,x_min,y_min,x_max,y_max\n1.png,cell,0.1,0.2,0.5,0.6\n".to_vec();
    let (mut set, problems) = set_of(&[("1.png", picture(20, 10)), ("t.csv", table.clone())], &Hints::default());
    let [Question::Frame { file, candidates, .. }] = set.questions() else { panic!("{:?}", set.questions()) };
    assert_eq!(file, "t.csv");
    assert!(candidates.contains(&"unit_corners".to_owned()));
    assert_eq!(messages(&problems), Vec::<&str>::new());
    let told = set.finish();
    assert!(told[0].message.contains("name the coordinate frame"), "{told:?}");
    // Nothing is known of the image, and that is not the same as nothing in it.
    assert_eq!(set.case("1.png").unwrap().truth, None);
    let hints = Hints { frame: Some(Frame::UNIT_CORNERS), ..Hints::default() };
    assert_eq!(set.read_again("t.csv", &table, &hints).unwrap(), []);
    assert!(set.questions().is_empty());
    assert_eq!(boxes(&set, "1.png"), [("cell".to_owned(), BoundingBox::new(2.0, 2.0, 10.0, 6.0))]);
    assert_eq!(set.finish(), []);
}

#[test]
fn segments_and_contours_go_to_the_images_that_they_name_in_any_order() {
    let object = |name: &str| reference(&format!("dicom/objects/{name}"));
    let images = ["ct1.dcm", "ct2.dcm", "ct3.dcm"];
    for drawing in ["seg_binary.dcm", "rtstruct.dcm"] {
        for order in [["0", "z"], ["z", "0"]] {
            let [first, last] = order;
            let mut files = vec![(format!("{first}.dcm"), object(drawing))];
            files.extend(images.iter().map(|name| (format!("{last}-{name}"), object(name))));
            let mut files: Vec<(&str, Vec<u8>)> =
                files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
            files.sort_by(|a, b| a.0.cmp(b.0));
            let (set, problems) = set_of(&files, &Hints::default());
            assert_eq!(set.cases().len(), 3, "{drawing}");
            let regions: usize =
                set.cases().filter_map(|case| case.truth.as_ref()).map(|truth| truth.regions.len()).sum();
            assert!(regions >= 3, "{drawing} {order:?}: {regions} {problems:?}");
            let series = set.series();
            let expected: Vec<String> = images.iter().map(|name| format!("{last}-{name}")).collect();
            assert_eq!(series[0].names, expected);
            let slice = set.case(&expected[1]).unwrap().slice.clone().unwrap();
            assert_eq!((slice.index, slice.count), (1, 3));
        }
    }
}

#[test]
fn pixels_of_a_segmentation_are_those_of_its_writer() {
    let facts: serde_json::Value = serde_json::from_slice(&reference("dicom/objects/objects.json")).unwrap();
    let names = ["ct1.dcm", "ct2.dcm", "ct3.dcm", "seg_binary.dcm"];
    let files: Vec<(&str, Vec<u8>)> =
        names.iter().map(|name| (*name, reference(&format!("dicom/objects/{name}")))).collect();
    let (set, _) = set_of(&files, &Hints::default());
    let mut seen = 0;
    for frame in facts["seg_binary.dcm"]["frames"].as_array().unwrap() {
        let case = format!("ct{}.dcm", frame["instance"].as_str().unwrap().rsplit('.').next().unwrap());
        let pixels: Vec<u8> = frame["pixels"].as_str().unwrap().bytes().map(|byte| byte - b'0').collect();
        let regions = &set.case(&case).unwrap().truth.as_ref().unwrap().regions;
        let masks: Vec<Vec<u8>> =
            regions.iter().map(|region| region.region.mask.as_ref().unwrap().to_row_major()).collect();
        assert!(masks.contains(&pixels), "{case}");
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[test]
fn images_that_a_segmentation_lists_and_leaves_bare_are_empty() {
    let object = |name: &str| reference(&format!("dicom/objects/{name}"));
    let areas = |set: &CaseSet, at: &str| -> Vec<Option<Vec<u64>>> {
        let area = |region: &groundglass_types::TruthRegion| region.region.mask.as_ref().unwrap().area();
        let cases = (1..=3).map(|number| set.case(&format!("{at}ct{number}.dcm")).unwrap());
        cases.map(|case| case.truth.as_ref().map(|truth| truth.regions.iter().map(area).collect())).collect()
    };
    let drawn = Some(vec![23, 18]);
    for drawing in ["seg_sparse.dcm", "seg_placed.dcm"] {
        // Whether the object comes before the images or after them.
        for at in ["a-", "z-"] {
            let mut files: Vec<(String, Vec<u8>)> =
                (1..=3).map(|number| (format!("{at}ct{number}.dcm"), object(&format!("ct{number}.dcm")))).collect();
            files.push(("m.dcm".to_owned(), object(drawing)));
            files.sort();
            let files: Vec<(&str, Vec<u8>)> =
                files.iter().map(|(path, bytes)| (path.as_str(), bytes.clone())).collect();
            let (set, problems) = set_of(&files, &Hints::default());
            assert_eq!(messages(&problems), Vec::<&str>::new(), "{drawing} {at}");
            // One without a list of images says nothing of those that it does not draw on.
            let bare = (drawing == "seg_sparse.dcm").then(Vec::new);
            assert_eq!(areas(&set, at), [bare.clone(), drawn.clone(), bare], "{drawing} {at}");
        }
    }
    // What another object draws on an image that the first leaves bare stands, in either order.
    for (first, second) in [("1.dcm", "2.dcm"), ("2.dcm", "1.dcm")] {
        let mut files = vec![(first, object("seg_sparse.dcm")), (second, object("rtstruct.dcm"))];
        files.extend([
            ("a-ct1.dcm", object("ct1.dcm")),
            ("a-ct2.dcm", object("ct2.dcm")),
            ("a-ct3.dcm", object("ct3.dcm")),
        ]);
        files.sort();
        let (set, _) = set_of(&files, &Hints::default());
        let labels = |case: &str| boxes(&set, case).into_iter().map(|(label, _)| label).collect::<Vec<_>>();
        assert_eq!((labels("a-ct1.dcm"), labels("a-ct3.dcm")), (vec!["tumour".to_owned()], vec!["Blase ü".to_owned()]));
    }
}

#[test]
fn a_volume_of_labels_is_the_truth_of_its_volume_slice_by_slice() {
    let volume = reference("images/files/affine_ras.nii");
    let mut set = CaseSet::new();
    let plan = set.plan(&["scan.nii".to_owned(), "scan_mask.nii".to_owned(), "other.nii".to_owned()]);
    assert_eq!(plan.label_maps.len(), 1);
    let file = || OpenFile::new("scan.nii", Box::new(Cursor::new(&volume))).unwrap();
    let slices = file().count();
    assert!(slices > 1);
    // Whether the labels come before the slices or after them.
    let told = set.add_label_map("scan.nii", "scan_mask.nii", &volume);
    assert!(told.is_ok(), "{told:?}");
    set.add_header(&file());
    assert_eq!(set.cases().len(), slices);
    assert!(set.cases().all(|case| case.truth.is_some() && case.spacing.is_some()));
    assert!(set.cases().all(|case| case.attributes["patient"] == "scan.nii"));
}

#[test]
fn pages_of_other_sizes_are_cases_of_their_own_size() {
    let pages = |value: u8| {
        let mut file = Cursor::new(Vec::new());
        let mut encoder = tiff::encoder::TiffEncoder::new(&mut file).unwrap();
        for (width, height) in [(10, 8), (5, 4)] {
            let pixels = vec![value; (width * height) as usize];
            encoder.write_image::<tiff::encoder::colortype::Gray8>(width, height, &pixels).unwrap();
        }
        file.into_inner()
    };
    let table = b"image,label,x1,y1,x2,y2\na.tif#1,cell,0,0,0.5,0.5\na.tif#2,cell,0,0,0.5,0.5\n".to_vec();
    let hints = Hints { frame: Some(Frame::UNIT_CORNERS), ..Hints::default() };
    let (set, problems) = set_of(&[("a.tif", pages(9)), ("t.csv", table)], &hints);
    assert_eq!(messages(&problems), Vec::<&str>::new());
    let sizes: Vec<_> = set.cases().map(|case| (case.width, case.height)).collect();
    assert_eq!(sizes, [(10, 8), (5, 4)]);
    assert_eq!(boxes(&set, "a.tif#1"), [("cell".to_owned(), BoundingBox::new(0.0, 0.0, 5.0, 4.0))]);
    assert_eq!(boxes(&set, "a.tif#2"), [("cell".to_owned(), BoundingBox::new(0.0, 0.0, 2.5, 2.0))]);
    // A label map has the same pages.
    let mut set = CaseSet::new();
    set.plan(&["images/a.tif".to_owned(), "masks/a.tif".to_owned()]);
    assert_eq!(set.add_label_map("images/a.tif", "masks/a.tif", pages(1)).unwrap(), []);
    set.add_header(&OpenFile::new("images/a.tif", Box::new(Cursor::new(pages(9)))).unwrap());
    let areas = set.cases().map(|case| case.truth.as_ref().unwrap().regions[0].region.mask.as_ref().unwrap().area());
    assert_eq!(areas.collect::<Vec<_>>(), [80, 20]);
    assert_eq!(set.finish(), []);
}

/// The real files of blood cells, where they are beside the project.
#[test]
fn real_voc_files_are_read_and_their_two_faults_told() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/bccd");
    if !folder.exists() {
        eprintln!("skipped: the data of blood cells are not on this machine");
        return;
    }
    let mut files = Vec::new();
    for part in ["Annotations", "JPEGImages"] {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder.join(part)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let name = format!("{part}/{}", path.file_name().unwrap().to_str().unwrap());
            files.push((name, std::fs::read(path).unwrap()));
        }
    }
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let (set, problems) = set_of(&files, &Hints::default());
    let understood = set.understood(problems);
    assert_eq!(understood.with_truth, understood.cases);
    let classes: Vec<_> = understood.classes.iter().map(|class| class.name.as_str()).collect();
    assert_eq!(classes, ["Platelets", "RBC", "WBC"]);
    assert!(understood.sentence.contains("annotations without an area: 2 ("), "{}", understood.sentence);
}
