//! Series of single DICOM images: what is missing in them, what is there twice, and images with one UID.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::Path;

use groundglass_formats::dicom::Plane;
use groundglass_formats::{CaseSet, OpenFile};
use groundglass_imaging::Source;

fn object(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/dicom/objects");
    std::fs::read(folder.join(name)).unwrap()
}

/// The first slice of the CT, at another height in millimetres and with another number of two signs as its UID.
fn slice(height: &str, number: &str) -> Vec<u8> {
    let mut file = object("ct1.dcm");
    let change = |file: &mut Vec<u8>, from: &[u8], to: &[u8]| {
        let mut places = (0..file.len() - from.len()).filter(|&at| file[at..].starts_with(from)).collect::<Vec<_>>();
        assert!(!places.is_empty() && from.len() == to.len());
        places.drain(..).for_each(|at| file[at..at + to.len()].copy_from_slice(to));
    };
    // Zeros before the text fill it to its even length.
    let (said, height) = (b"-10.0\\20.0\\30.0 ", format!("-10.0\\20.0\\{height:>5}"));
    change(&mut file, said, height.as_bytes());
    change(&mut file, b".498.7.1.1", format!(".498.7.{number:0>3}").as_bytes());
    file
}

fn set_of(files: &[(&str, Vec<u8>)]) -> (CaseSet, Vec<String>) {
    let mut set = CaseSet::new();
    set.plan(&files.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
    for (path, bytes) in files {
        let mut open = || Ok(Box::new(Cursor::new(bytes)) as Box<dyn Source>);
        if set.add_object(path, &mut open).unwrap().is_none() {
            set.add_header(&OpenFile::new(path, open().unwrap()).unwrap());
        }
    }
    set.settle_series();
    let told = set.finish().into_iter().map(|problem| problem.message).collect();
    (set, told)
}

fn series(heights: &[&str]) -> (CaseSet, Vec<String>) {
    let names: Vec<String> = (1..=heights.len()).map(|number| format!("{number}.dcm")).collect();
    let files = heights.iter().zip(&names).map(|(height, name)| (name.as_str(), slice(height, &name[..1])));
    set_of(&files.collect::<Vec<_>>())
}

#[test]
fn slices_that_are_missing_are_told_once_a_series() {
    let (set, told) = series(&["15.0", "0.0", "2.5", "12.5", "5.0"]);
    assert_eq!(
        told,
        [
            "the series of 2.dcm (5 images) seems to miss 2 slices of 2.5 mm between 5.dcm at 5 mm and 4.dcm at 12.5 mm; \
          no distance between its slices is given, and distances between its surfaces in millimetres are undefined"
        ]
    );
    assert!(set.cases().all(|case| !case.attributes.contains_key("slice_spacing")));
    let (set, told) = series(&["15.0", "10.0", "12.5", "7.5"]);
    assert_eq!(told, Vec::<String>::new());
    assert!(set.cases().all(|case| case.attributes["slice_spacing"] == "2.5"));
    let (_, told) = series(&["1.0", "2.0", "4.0", "7.0"]);
    assert!(told[0].starts_with("the series of 1.dcm (4 images) has its slices 1 to 3 mm apart;"), "{told:?}");
}

#[test]
fn images_at_one_place_are_told_once_a_series() {
    let (set, told) = series(&["0.0", "2.5", "2.5", "5.0"]);
    assert_eq!(
        told,
        [
            "the series of 1.dcm (4 images) has 3 different places (2.dcm and 3.dcm at 2.5 mm): copies, or several times or \
          contrasts; they stand one behind the other in one stack, and distances between its surfaces in millimetres are undefined"
        ]
    );
    assert!(set.cases().all(|case| !case.attributes.contains_key("slice_spacing")));
    let (_, told) = series(&["0.0", "0.0", "2.5", "2.5", "5.0", "5.0", "7.5", "7.5"]);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("5.dcm and 6.dcm at 5 mm and 1 more"), "{told:?}");
}

#[test]
fn images_with_one_uid_are_told_and_one_of_them_is_drawn_on() {
    let images = || [("a.dcm", object("ct2.dcm")), ("b.dcm", object("ct2.dcm")), ("c.dcm", object("ct2.dcm"))];
    for at in [0, 3] {
        let mut files = images().to_vec();
        files.insert(at, ("m.dcm", object("seg_binary.dcm")));
        let (set, told) = set_of(&files);
        assert!(set.case("a.dcm").unwrap().truth.is_some());
        assert!(["b.dcm", "c.dcm"].iter().all(|name| set.case(name).unwrap().truth.is_none()));
        let doubles = "b.dcm, c.dcm have the SOP Instance UID 1.2.826.0.1.3680043.8.498.7.1.2 of a.dcm; \
                       what DICOM objects draw is on a.dcm alone";
        assert!(told.contains(&doubles.to_owned()), "{told:?}");
    }
    // A file that is met again is no other.
    let mut set = CaseSet::new();
    let bytes = object("ct2.dcm");
    let open = || OpenFile::new("a.dcm", Box::new(Cursor::new(&bytes))).unwrap();
    set.add_header(&open());
    set.meet_header(&open());
    set.add_header(&open());
    assert_eq!(set.finish(), []);
}

/// A value of an element, filled to an even length; of a text with blanks.
fn element(group: u16, number: u16, kind: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if kind == b"UI" { 0 } else { b' ' });
    }
    let mut made = [group.to_le_bytes(), number.to_le_bytes(), *kind].concat();
    match kind {
        b"SQ" | b"OW" => made.extend([&[0; 2][..], &u32::try_from(value.len()).unwrap().to_le_bytes()].concat()),
        _ => made.extend(u16::try_from(value.len()).unwrap().to_le_bytes()),
    }
    [made, value].concat()
}

/// A sequence with one item for each of these lists of elements.
fn sequence(group: u16, number: u16, items: &[Vec<u8>]) -> Vec<u8> {
    let item = |elements: &Vec<u8>| {
        [&[0xFE, 0xFF, 0x00, 0xE0][..], &u32::try_from(elements.len()).unwrap().to_le_bytes(), elements].concat()
    };
    element(group, number, b"SQ", &items.iter().flat_map(item).collect::<Vec<u8>>())
}

const AXIAL: &str = "1\\0\\0\\0\\1\\0";
const SAGITTAL: &str = "0\\1\\0\\0\\0\\-1";

/// An enhanced CT of 2 x 1 pixels a frame, each with its position and its orientation.
fn enhanced(frames: &[(&str, &str)]) -> Vec<u8> {
    let text = |group, number, kind, value: &str| element(group, number, kind, value.as_bytes());
    let short = |number, value: u16| element(0x0028, number, b"US", &value.to_le_bytes());
    let groups: Vec<Vec<u8>> = frames
        .iter()
        .map(|(position, orientation)| {
            let position = sequence(0x0020, 0x9113, &[text(0x0020, 0x0032, b"DS", position)]);
            let orientation = sequence(0x0020, 0x9116, &[text(0x0020, 0x0037, b"DS", orientation)]);
            [position, orientation].concat()
        })
        .collect();
    let elements = [
        text(0x0008, 0x0018, b"UI", "1.2.3.1"),
        text(0x0020, 0x000E, b"UI", "1.2.3"),
        short(0x0002, 1),
        text(0x0028, 0x0004, b"CS", "MONOCHROME2"),
        text(0x0028, 0x0008, b"IS", &frames.len().to_string()),
        short(0x0010, 1),
        short(0x0011, 2),
        text(0x0028, 0x0030, b"DS", "0.5\\0.5"),
        short(0x0100, 8),
        sequence(0x5200, 0x9230, &groups),
        element(0x7FE0, 0x0010, b"OW", &vec![7; frames.len() * 2]),
    ];
    [vec![0; 128], b"DICM".to_vec(), elements.concat()].concat()
}

#[test]
fn frames_at_the_same_places_are_volumes_of_their_own() {
    let frames = ["0\\0\\0", "0\\0\\2", "0\\0\\4"].map(|position| (position, AXIAL));
    let twice = [frames, frames].concat();
    let (set, told) = set_of(&[("a.dcm", enhanced(&twice))]);
    let told_once = "a.dcm: Its 6 frames lie at 3 places, 2 at each (several times or contrasts); they keep the order in \
                     which they are stored.";
    assert_eq!(told, [told_once]);
    let times: Vec<&str> = set.cases().map(|case| case.attributes["time"].as_str()).collect();
    assert_eq!(times, ["1", "1", "1", "2", "2", "2"]);
    assert!(set.cases().all(|case| case.attributes["slice_spacing"] == "2"));
    let (set, told) = set_of(&[("a.dcm", enhanced(&frames))]);
    assert_eq!(told, Vec::<String>::new());
    assert!(set.cases().all(|case| !case.attributes.contains_key("time")));
}

#[test]
fn frames_that_face_different_ways_have_planes_of_their_own() {
    let frames = [("0\\0\\0", AXIAL), ("0\\0\\2", AXIAL), ("5\\0\\0", SAGITTAL)];
    let bytes = enhanced(&frames);
    let file = OpenFile::new("a.dcm", Box::new(Cursor::new(&bytes))).unwrap();
    let plane = Plane::of(file.facts(), 2).unwrap();
    assert_eq!((plane.position, plane.orientation), ([5.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]));
    let (set, told) = set_of(&[("a.dcm", bytes.clone())]);
    assert!(told[0].contains("lie in planes that face different ways (several stacks)"), "{told:?}");
    assert!(set.cases().all(|case| !case.attributes.contains_key("slice_spacing")));
}
