//! Several DICOM objects on the same images, and contours that name none, in every order of the files.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;

use groundglass_formats::{CaseSet, FormatError, GivenAs, Hints, OpenFile, Problem, SetCorrections};
use groundglass_imaging::Source;
use groundglass_types::{Case, Truth};
use proptest::prelude::*;
use serde_json::Value;

const IMAGES: [&str; 3] = ["ct1.dcm", "ct2.dcm", "ct3.dcm"];
const APART: [&str; 3] = ["seg_one_nodule.dcm", "seg_one_vessel.dcm", "seg_two_again.dcm"];

fn object(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/dicom/objects");
    std::fs::read(folder.join(name)).unwrap()
}

/// A file of the references under another path.
fn file(path: &str, name: &str) -> (String, Vec<u8>) {
    (path.to_owned(), object(name))
}

fn files(names: &[&str]) -> Vec<(String, Vec<u8>)> {
    names.iter().map(|name| file(name, name)).collect()
}

fn try_add(set: &mut CaseSet, path: &str, bytes: &[u8]) -> Result<Vec<Problem>, FormatError> {
    let mut open = || Ok(Box::new(Cursor::new(bytes)) as Box<dyn Source>);
    let told = set.add_object(path, &mut open)?;
    if told.is_none() {
        set.add_header(&OpenFile::new(path, open().unwrap()).unwrap());
    }
    Ok(told.unwrap_or_default())
}

fn add(set: &mut CaseSet, (path, bytes): &(String, Vec<u8>)) -> Vec<String> {
    try_add(set, path, bytes).unwrap().into_iter().map(|problem| problem.message).collect()
}

/// All files in the order in which they are given, and what was told.
fn set_of(files: &[(String, Vec<u8>)]) -> (CaseSet, Vec<String>) {
    let mut set = CaseSet::new();
    set.plan(&files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>());
    let mut told: Vec<String> = files.iter().flat_map(|file| add(&mut set, file)).collect();
    told.extend(set.finish().into_iter().map(|problem| problem.message));
    (set, told)
}

type Drawn = Vec<(String, Vec<u8>)>;

fn drawn(truth: &Truth) -> Drawn {
    let regions = truth.regions.iter();
    regions.map(|region| (region.label.clone(), region.region.mask.as_ref().unwrap().to_row_major())).collect()
}

fn truths(set: &CaseSet) -> BTreeMap<String, Option<Drawn>> {
    set.cases().map(|case: &Case| (case.name.clone(), case.truth.as_ref().map(drawn))).collect()
}

fn labels(set: &CaseSet, case: &str) -> Option<Vec<String>> {
    let regions = &set.case(case).unwrap().truth.as_ref()?.regions;
    Some(regions.iter().map(|region| region.label.clone()).collect())
}

/// Every order of the files.
fn orders<T: Clone>(files: &[T]) -> Vec<Vec<T>> {
    if files.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for first in 0..files.len() {
        let mut rest = files.to_vec();
        let one = rest.remove(first);
        for mut order in orders(&rest) {
            order.insert(0, one.clone());
            all.push(order);
        }
    }
    all
}

/// What highdicom was given for a class of a file, by the slice from 0.
fn said(name: &str) -> Vec<(String, usize, Vec<u8>)> {
    let said: Value = serde_json::from_slice(&object("objects.json")).unwrap();
    let frames = said[name]["frames"].as_array().unwrap().iter().map(|frame| {
        let pixels = frame["pixels"].as_str().unwrap().bytes().map(|byte| byte - b'0').collect();
        (frame["label"].as_str().unwrap().to_owned(), frame["slice"].as_u64().unwrap() as usize, pixels)
    });
    frames.collect()
}

#[test]
fn objects_of_different_classes_stand_together_in_any_order() {
    let mut expected: Vec<Drawn> = vec![Vec::new(); 3];
    for name in APART {
        for (label, slice, pixels) in said(name) {
            // The second slice has a vessel from the second file already; the first has none.
            if name != APART[2] || label != "vessel" || slice == 0 {
                expected[slice].push((label, pixels));
            }
        }
    }
    let expected: BTreeMap<String, Option<Drawn>> =
        IMAGES.iter().map(|name| (*name).to_owned()).zip(expected.into_iter().map(Some)).collect();
    assert_eq!(expected["ct2.dcm"].as_ref().unwrap().len(), 3);
    let second =
        "seg_two_again.dcm draws \"vessel\" on ct2.dcm, which has it from seg_one_vessel.dcm already; that is kept";
    let all = orders(&files(&[&IMAGES[..], &APART].concat()));
    assert_eq!(all.len(), 720);
    for order in all {
        let names: Vec<&String> = order.iter().map(|(path, _)| path).collect();
        let (set, told) = set_of(&order);
        assert_eq!(truths(&set), expected, "{names:?}");
        assert_eq!(told, [second], "{names:?}");
    }
    // The first by its name is kept, whatever it is.
    let swapped =
        [file("a.dcm", APART[2]), file("b.dcm", APART[1]), file("1.dcm", IMAGES[1]), file("2.dcm", IMAGES[2])];
    for order in orders(&swapped) {
        let (set, told) = set_of(&order);
        let of_again: Vec<Vec<u8>> = said(APART[2]).into_iter().filter(|one| one.1 == 1).map(|one| one.2).collect();
        assert_eq!(
            drawn(set.case("1.dcm").unwrap().truth.as_ref().unwrap()).into_iter().map(|one| one.1).collect::<Vec<_>>(),
            of_again
        );
        // The slice that is not among the files is told of, too.
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("a.dcm draws on 1 images that are not among the files"), "{told:?}");
        assert_eq!(told[1], "b.dcm draws \"vessel\" on 1.dcm, which has it from a.dcm already; that is kept");
    }
}

#[test]
fn segmentations_and_structure_sets_stand_together() {
    for order in orders(&files(&["ct1.dcm", "seg_sparse.dcm", "rtstruct.dcm", "seg_one_nodule.dcm"])) {
        let (set, told) = set_of(&order);
        // One of the four lists the slice as empty.
        assert_eq!(labels(&set, "ct1.dcm").unwrap(), ["tumour", "nodule"]);
        assert!(told.iter().all(|told| told.contains("not among the files") || told.contains("no area")), "{told:?}");
    }
    // Listed by two, and drawn on by neither.
    let (set, _) = set_of(&files(&["ct1.dcm", "seg_sparse.dcm", "seg_one_vessel.dcm"]));
    assert_eq!(labels(&set, "ct1.dcm").unwrap(), Vec::<String>::new());
}

#[test]
fn one_class_on_many_slices_is_told_once() {
    let (set, told) = set_of(&[&files(&IMAGES)[..], &[file("1.dcm", APART[0]), file("2.dcm", APART[0])]].concat());
    assert_eq!(
        told,
        [
            "2.dcm draws \"nodule\" on 3 images, the first of them ct1.dcm, which have it from 1.dcm already; that is kept"
        ]
    );
    assert_eq!(labels(&set, "ct3.dcm").unwrap(), ["nodule"]);
}

#[test]
fn readers_and_predictions_stay_apart() {
    let objects =
        [file("reader_1/a.dcm", APART[0]), file("reader_2/a.dcm", APART[0]), file("reader_2/b.dcm", APART[1])];
    for order in orders(&[&objects[..], &files(&["ct2.dcm"])].concat()) {
        let (set, told) = set_of(&order);
        assert!(told.iter().all(|told| told.contains("not among the files")), "{told:?}");
        let readers = &set.case("ct2.dcm").unwrap().readers;
        let drawn: Vec<_> = readers.iter().map(|(reader, truth)| (reader.as_str(), truth.regions.len())).collect();
        assert_eq!(drawn, [("reader_1", 1), ("reader_2", 2)]);
        // The truth is the first reader's.
        assert_eq!(labels(&set, "ct2.dcm").unwrap(), ["nodule"]);
    }

    // As readers by what they were given as, and as two models, one after the other.
    let mut set = CaseSet::new();
    add(&mut set, &file("ct2.dcm", "ct2.dcm"));
    for (reader, name) in [("ann", APART[0]), ("bob", APART[0]), ("bob", APART[1]), ("bob", APART[2])] {
        set.give_as(GivenAs::Reader(reader.to_owned()));
        assert_eq!(add(&mut set, &file(name, name)), Vec::<String>::new());
    }
    let readers = &set.case("ct2.dcm").unwrap().readers;
    assert_eq!((readers["ann"].regions.len(), readers["bob"].regions.len()), (1, 3));
    set.give_as(GivenAs::Findings);
    let mut found = Vec::new();
    for names in [&APART[..2], &APART[1..]] {
        for name in names {
            assert_eq!(add(&mut set, &file(&format!("{}/{name}", found.len()), name)), Vec::<String>::new());
        }
        let taken = set.take_findings().remove("ct2.dcm").unwrap();
        assert!(taken.iter().all(|finding| finding.score == 1.0));
        found.push(taken.into_iter().map(|finding| finding.label).collect::<Vec<_>>());
    }
    assert_eq!(found, [["nodule", "vessel"], ["vessel", "cyst"]]);
    let told: Vec<_> = set.finish().into_iter().map(|problem| (problem.kind, problem.message)).collect();
    let told: Vec<_> = told.iter().map(|(kind, message)| (kind.as_str(), message.as_str())).collect();
    let of = |file: &str, label: &str, first: &str| {
        format!("{file} draws {label} on ct2.dcm, which has it from {first} already; that is kept")
    };
    let (findings, truth) = (
        of("1/seg_two_again.dcm", "\"vessel\"", "1/seg_one_vessel.dcm"),
        of("seg_two_again.dcm", "bob's \"vessel\"", "seg_one_vessel.dcm"),
    );
    let told: Vec<_> = told.into_iter().filter(|(_, message)| !message.contains("not among the files")).collect();
    assert_eq!(
        told,
        [("second predictions of one image", findings.as_str()), ("second truths of one image", truth.as_str())]
    );
}

#[test]
fn classes_that_a_person_makes_one_stay_two_regions() {
    let mut set = CaseSet::new();
    let classes = ["nodule", "vessel"].map(|from| (from.to_owned(), "lesion".to_owned())).into();
    set.correct(SetCorrections { classes, ..SetCorrections::default() }).unwrap();
    for file in files(&[&IMAGES[..], &APART].concat()) {
        assert_eq!(add(&mut set, &file), Vec::<String>::new());
    }
    assert_eq!(labels(&set, "ct2.dcm").unwrap(), ["lesion", "lesion", "cyst"]);
    assert_eq!(set.finish().len(), 1);
}

#[test]
fn other_forms_stand_against_objects_that_draw_nothing_there() {
    let truth = br#"{"images":[{"id":1,"file_name":"ct1.dcm","width":16,"height":12},{"id":2,"file_name":"ct2.dcm","width":16,"height":12}],
        "categories":[{"id":1,"name":"cell"}],
        "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,2,2]},{"id":2,"image_id":2,"category_id":1,"bbox":[1,1,2,2]}]}"#;
    for is_first in [true, false] {
        let (mut set, mut told) = (CaseSet::new(), Vec::new());
        set.plan(&IMAGES.map(str::to_owned));
        files(&IMAGES).iter().for_each(|file| drop(add(&mut set, file)));
        if is_first {
            set.add_annotations("t.json", truth, &Hints::default()).unwrap();
        }
        told.extend(add(&mut set, &file("seg.dcm", "seg_sparse.dcm")));
        if !is_first {
            let problems = set.add_annotations("t.json", truth, &Hints::default()).unwrap();
            told.extend(problems.into_iter().map(|problem| problem.message));
        }
        // Where both draw, the first that was read is kept.
        let second = if is_first { ("seg.dcm", "t.json") } else { ("t.json", "seg.dcm") };
        let (file, first) = second;
        assert_eq!(told, [format!("{file} has truth for ct2.dcm, which has it from {first} already; that is kept")]);
        let cells = vec!["cell".to_owned()];
        let of_second = if is_first { cells.clone() } else { vec!["nodule \u{c4}".to_owned(), "vessel".to_owned()] };
        let found: Vec<_> = IMAGES.iter().map(|name| labels(&set, name)).collect();
        assert_eq!(found, [Some(cells), Some(of_second), Some(Vec::new())]);
        // What the annotations say no more is forgotten.
        let bare = br#"{"images":[],"categories":[],"annotations":[]}"#;
        drop(set.read_again("t.json", bare, &Hints::default()));
        assert_eq!(labels(&set, "ct1.dcm"), None);
    }
}

#[test]
fn an_object_is_read_once() {
    let mut set = CaseSet::new();
    for name in ["ct2.dcm", APART[0]] {
        add(&mut set, &file(name, name));
    }
    let twice = try_add(&mut set, APART[0], &object(APART[0])).unwrap_err();
    assert!(matches!(twice, FormatError::Twice { .. }), "{twice}");
    assert_eq!(labels(&set, "ct2.dcm").unwrap(), ["nodule"]);
}

#[test]
fn masks_of_another_size_make_no_image_empty() {
    let mut image = object("ct1.dcm");
    let rows = image.windows(8).position(|window| window == b"\x28\x00\x10\x00US\x02\x00").unwrap();
    image[rows + 8] = 6;
    for order in orders(&[("ct1.dcm".to_owned(), image), file("s.dcm", APART[0])]) {
        let (set, told) = set_of(&order);
        assert_eq!(set.case("ct1.dcm").unwrap().truth, None);
        assert!(
            told.iter().any(|told| told.contains("\"nodule\" has 16 x 12 pixels, but its image ct1.dcm has 16 x 6")),
            "{told:?}"
        );
    }
}

#[test]
fn a_case_of_a_bundle_takes_what_is_drawn_on_its_image() {
    let (set, _) = set_of(&files(&["ct1.dcm", "ct2.dcm", APART[0]]));
    let mut bundle = Cursor::new(Vec::new());
    set.write_bundle(&mut bundle, None, None, None).unwrap();
    let mut manifest = Vec::new();
    groundglass_formats::unpack(
        "x.zip",
        Box::new(Cursor::new(bundle.into_inner())),
        groundglass_formats::BundleLimits::default(),
        &mut |path, reader| {
            if path == "groundglass-bundle.json" {
                reader.read_to_end(&mut manifest)?;
            }
            Ok(true)
        },
    )
    .unwrap();
    for object_first in [true, false] {
        let mut again = CaseSet::new();
        again.add_annotations("groundglass-bundle.json", &manifest, &Hints::default()).unwrap();
        again.give_as(GivenAs::Findings);
        let (image, found) = (file("ct2.dcm", "ct2.dcm"), file("found.dcm", APART[1]));
        for one in if object_first { [&found, &image] } else { [&image, &found] } {
            add(&mut again, one);
        }
        assert!(!again.is_unseen("ct2.dcm"));
        let labels: Vec<_> =
            again.given_findings("ct2.dcm").unwrap().iter().map(|finding| finding.label.as_str()).collect();
        assert_eq!(labels, ["vessel"]);
        assert_eq!(again.case("ct2.dcm").unwrap().truth, set.case("ct2.dcm").unwrap().truth);
    }
}

#[test]
fn contours_without_images_come_to_the_same_masks() {
    let (with, _) = set_of(&files(&["ct1.dcm", "ct2.dcm", "ct3.dcm", "rtstruct.dcm"]));
    let expected = truths(&with);
    let areas: Vec<usize> = expected.values().map(|drawn| drawn.as_ref().unwrap().len()).collect();
    assert_eq!(areas, [1, 1, 1]);
    for order in orders(&files(&["ct1.dcm", "ct2.dcm", "ct3.dcm", "rtstruct_loose.dcm"])) {
        let (set, told) = set_of(&order);
        assert_eq!(truths(&set), expected);
        let points =
            "rtstruct_loose.dcm: left out of \"marker\": 1 contour of points or open lines, which have no area";
        assert_eq!(told, [points]);
    }
    // Of both together every class is told to be there twice, and counts once.
    let (both, told) = set_of(&files(&["rtstruct_loose.dcm", "ct1.dcm", "ct2.dcm", "ct3.dcm", "rtstruct.dcm"]));
    assert_eq!(truths(&both), expected);
    assert_eq!(told.iter().filter(|told| told.contains("from rtstruct.dcm already")).count(), 2, "{told:?}");
}

#[test]
fn contours_in_no_plane_of_an_image_are_told_with_their_count() {
    for order in orders(&files(&["ct1.dcm", "ct2.dcm", "ct3.dcm", "rtstruct_astray.dcm"])) {
        let (set, mut told) = set_of(&order);
        told.retain(|told| !told.ends_with("it counts in no metric"));
        told.sort();
        let lost = |label: &str, count: &str, reference: &str| {
            format!(
                "rtstruct_astray.dcm: left out of \"{label}\": {count} without the name of an image, and in the plane of none with the frame of reference 1.2.826.0.1.3680043.8.498.7.{reference}"
            )
        };
        let expected = [
            lost("across", "1 contour", "4"),
            lost("elsewhere", "1 contour", "99"),
            "rtstruct_astray.dcm: left out of \"nowhere\": 1 contour without the image or the frame of reference of the points".to_owned(),
            lost("off", "3 contours", "4"),
        ];
        assert_eq!(told, expected);
        // A twentieth of a millimetre is how far a coordinate with one decimal may be off.
        assert_eq!(labels(&set, "ct2.dcm").unwrap(), ["rounded"]);
        let mask = set.case("ct2.dcm").unwrap().truth.as_ref().unwrap().regions[0].region.mask.clone().unwrap();
        assert_eq!(mask.area(), 35);
        assert_eq!((labels(&set, "ct1.dcm"), labels(&set, "ct3.dcm")), (None, None));
    }
}

#[test]
fn contours_of_images_that_are_not_there_are_told_once_for_both_sides() {
    let mut set = CaseSet::new();
    add(&mut set, &file("ct2.dcm", "ct2.dcm"));
    for given_as in [GivenAs::Truth, GivenAs::Findings] {
        set.give_as(given_as);
        add(&mut set, &file("s.dcm", "rtstruct_loose.dcm"));
    }
    let told: Vec<String> = set.finish().into_iter().map(|problem| problem.message).collect();
    let lost = |label: &str| {
        format!(
            "s.dcm: left out of \"{label}\": 1 contour without the name of an image, and in the plane of none with the frame of reference 1.2.826.0.1.3680043.8.498.7.4 in the series that the file names"
        )
    };
    assert_eq!(told, [lost("Blase \u{fc}"), lost("tumour")]);
    assert_eq!(set.given_findings("ct2.dcm").map(<[_]>::len), Some(1));
}

/// What the object draws where its frames are as the images, by image.
fn expected_of(name: &str) -> BTreeMap<String, Option<Drawn>> {
    let mut expected: BTreeMap<String, Option<Drawn>> = IMAGES.map(|name| (name.to_owned(), Some(Vec::new()))).into();
    for (label, slice, pixels) in said(name) {
        expected.get_mut(IMAGES[slice]).unwrap().as_mut().unwrap().push((label, pixels));
    }
    expected
}

#[test]
fn a_frame_whose_pixels_are_stored_another_way_is_turned_to_its_image() {
    for order in orders(&files(&["ct1.dcm", "ct2.dcm", "ct3.dcm", "seg_turned.dcm"])) {
        let (set, told) = set_of(&order);
        assert_eq!(truths(&set), expected_of("seg_one_nodule.dcm"));
        assert_eq!(told, Vec::<String>::new());
    }
}

#[test]
fn of_several_images_that_a_frame_names_it_is_on_the_one_that_lies_where_it_does() {
    for order in orders(&files(&["ct1.dcm", "ct2.dcm", "ct3.dcm", "seg_several_sources.dcm"])) {
        let (set, told) = set_of(&order);
        assert_eq!(truths(&set), expected_of("seg_one_nodule.dcm"));
        assert_eq!(told, Vec::<String>::new());
    }
    // Where the right one is not there, the others are neither drawn on nor empty.
    let (set, told) = set_of(&files(&["ct1.dcm", "seg_several_sources.dcm", "ct2.dcm"]));
    let mut expected = expected_of("seg_one_nodule.dcm");
    expected.remove("ct3.dcm");
    assert_eq!(truths(&set), expected);
    assert_eq!(told, ["seg_several_sources.dcm draws on 1 images that are not among the files; that is not used"]);
}

#[test]
fn a_frame_that_lies_elsewhere_than_its_image_is_not_used() {
    for order in orders(&files(&["ct1.dcm", "ct2.dcm", "ct3.dcm", "seg_between.dcm"])) {
        let (set, told) = set_of(&order);
        let mut expected = expected_of("seg_one_nodule.dcm");
        expected.insert("ct3.dcm".to_owned(), None);
        assert_eq!(truths(&set), expected);
        let place = |z: &str| {
            format!(
                "first pixel at (-10, 20, {z}) mm, rows along (0.94, 0.342, 0), columns along (-0.342, 0.94, 0), pixels of 0.75 x 0.5 mm"
            )
        };
        let message = format!(
            "seg_between.dcm: left out of \"nodule\": 1 mask that does not lie on the images that the file names for it: the first of them has its {}, and ct3.dcm has its {}",
            place("36.25"),
            place("35")
        );
        assert_eq!(told, [message.as_str(), "ct3.dcm has no truth; it counts in no metric"]);
    }
}

#[test]
fn contours_are_on_the_images_in_whose_plane_they_lie() {
    for order in orders(&files(&["ct1.dcm", "ct2.dcm", "ct3.dcm", "rtstruct_misnamed.dcm"])) {
        let (set, mut told) = set_of(&order);
        told.retain(|told| !told.ends_with("it counts in no metric"));
        assert_eq!(labels(&set, "ct2.dcm").unwrap(), ["both", "wrong"]);
        assert_eq!((labels(&set, "ct1.dcm"), labels(&set, "ct3.dcm")), (None, None));
        let region = |at: usize| {
            let regions = &set.case("ct2.dcm").unwrap().truth.as_ref().unwrap().regions;
            regions[at].region.mask.clone().unwrap()
        };
        assert_eq!(region(0), region(1));
        assert_eq!(
            told,
            [
                "rtstruct_misnamed.dcm: left out of \"between\": 1 contour in the plane of no image, neither of those that the file names nor of another; the first is up to 1.25 mm off ct1.dcm"
            ]
        );
    }
    // The image that is named has not come, and could be the right one.
    let (set, told) = set_of(&files(&["ct2.dcm", "rtstruct_misnamed.dcm"]));
    assert_eq!(labels(&set, "ct2.dcm").unwrap(), ["both"]);
    assert_eq!(told, ["rtstruct_misnamed.dcm draws on 1 images that are not among the files; that is not used"]);
}

#[test]
fn a_contour_within_another_is_a_hole_and_told() {
    let (set, told) = set_of(&files(&["ct1.dcm", "rtstruct_nested.dcm"]));
    // Through the centres of the outermost pixels of a ring of 8 x 8 around 2 x 2.
    let mask = set.case("ct1.dcm").unwrap().truth.as_ref().unwrap().regions[0].region.mask.clone().unwrap();
    let expected = groundglass_types::Mask::from_fn(16, 12, |x, y| {
        (2..10).contains(&x) && (1..9).contains(&y) && !((5..7).contains(&x) && (4..6).contains(&y))
    });
    assert_eq!(mask, expected.unwrap());
    assert_eq!(
        told,
        ["rtstruct_nested.dcm: contours of \"ring\" on ct1.dcm lie within others, and are read as holes in them"]
    );
}

#[test]
fn what_names_no_image_is_on_every_image_there_of_the_series_that_is_said() {
    // Another series at the same place.
    let change = |bytes: &mut Vec<u8>, from: &[u8], to: &[u8]| {
        let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
        bytes[at..at + to.len()].copy_from_slice(to);
    };
    let mut other = object("ct2.dcm");
    let uids: [(&[u8], &[u8]); 2] = [(b".498.7.1.2", b".498.7.1.9"), (b".498.7.3", b".498.7.8")];
    for (from, to) in uids {
        while other.windows(from.len()).any(|window| window == from) {
            change(&mut other, from, to);
        }
    }
    for drawing in ["rtstruct_astray.dcm", "seg_placed.dcm", "rtstruct_loose.dcm"] {
        let all = [&files(&["ct2.dcm", drawing])[..], &[("other.dcm".to_owned(), other.clone())]].concat();
        for order in orders(&all) {
            let (set, told) = set_of(&order);
            let (here, there) = (set.case("ct2.dcm").unwrap(), set.case("other.dcm").unwrap());
            assert!(here.truth.is_some(), "{drawing}: {told:?}");
            let expected = if drawing == "rtstruct_loose.dcm" { &None } else { &here.truth };
            assert_eq!(&there.truth, expected, "{drawing}");
        }
    }
}

proptest! {
    #[test]
    fn mutated_objects_never_panic_on_their_images(
        choice in 0..4_usize,
        is_last in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut drawing = object(["seg_placed.dcm", "rtstruct_loose.dcm", "rtstruct_astray.dcm", APART[2]][choice]);
        for (place, value) in changes {
            let place = place.index(drawing.len());
            drawing[place] = value;
        }
        let mut all = [&files(&IMAGES)[..], &[("m.dcm".to_owned(), drawing), file("n.dcm", APART[1])]].concat();
        if !is_last {
            all.reverse();
        }
        let mut set = CaseSet::new();
        for (path, bytes) in all {
            let mut open = || Ok(Box::new(Cursor::new(&bytes)) as Box<dyn Source>);
            if matches!(set.add_object(&path, &mut open), Ok(None))
                && let Ok(file) = OpenFile::new(&path, Box::new(Cursor::new(&bytes)))
            {
                set.add_header(&file);
            }
        }
        set.finish();
    }
}
