//! What the header of a DICOM image says of the order of its frames, the size of its pixels, and its own end.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::Path;

use groundglass_imaging::{DecodeError, Facts, Limits, open};

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/dicom/images").join(name)).unwrap()
}

fn facts(file: &[u8]) -> Facts {
    open("a.dcm", Box::new(Cursor::new(file)), Limits::default()).unwrap().facts().clone()
}

fn position(of: &[u8], wanted: &[u8]) -> usize {
    of.windows(wanted.len()).position(|window| window == wanted).unwrap()
}

/// An image with further elements of text, without regard to the order of tags.
fn with(elements: &[(u16, u16, &str)]) -> Vec<u8> {
    let mut file = bytes("ct_explicit.dcm");
    for (group, element, text) in elements {
        let text = format!("{text}{}", " ".repeat(text.len() % 2));
        let mut made = [group.to_le_bytes(), element.to_le_bytes()].concat();
        made.extend(b"DS");
        made.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
        made.extend(text.as_bytes());
        let at = position(&file, b"\xe0\x7f\x10\x00OW");
        file.splice(at..at, made);
    }
    file
}

fn notes(file: &[u8]) -> String {
    facts(file).notes.join(" ")
}

/// Three frames of an enhanced CT at other places along their normal, which is y.
fn enhanced(places: [&str; 3]) -> Vec<u8> {
    let mut file = bytes("enhanced.dcm");
    let stored = ["1.0\\2.0\\3.0", "1.0\\3.5\\3.0", "1.0\\5.0\\3.0"];
    let stored = stored.map(|said| position(&file, said.as_bytes()) + 4);
    for (at, place) in stored.into_iter().zip(places) {
        file[at..at + 3].copy_from_slice(place.as_bytes());
    }
    file
}

#[test]
fn frames_keep_the_order_of_the_file_and_say_where_that_is_not_the_one_in_space() {
    let as_stored = facts(&bytes("enhanced.dcm"));
    assert_eq!((as_stored.slice_spacing, as_stored.notes), (Some(1.5), Vec::<String>::new()));
    let frames = |file: &[u8]| {
        let mut opened = open("a.dcm", Box::new(Cursor::new(file)), Limits::default()).unwrap();
        (0..opened.count()).map(|frame| opened.frame(frame).unwrap()).collect::<Vec<_>>()
    };
    let stored = frames(&bytes("enhanced.dcm"));
    for (places, spacing, note) in [
        (["7.0", "5.5", "4.0"], Some(1.5), "#1 is not the lowest"),
        (["2.0", "5.0", "3.5"], None, "Its frames are not stored in their order in space"),
        (["2.0", "2.0", "2.0"], None, "Its 3 frames lie at one place"),
        (["2.0", "2.0", "3.5"], None, "at 2 places, at some of them up to 2"),
        (["2.0", "3.0", "6.0"], None, "Its places lie 1 to 3 mm apart"),
    ] {
        let file = enhanced(places);
        let found = facts(&file);
        assert_eq!(found.slice_spacing, spacing, "{places:?}");
        assert!(found.notes.join(" ").contains(note), "{places:?}: {:?}", found.notes);
        // A number of a frame means the same frame as in every other program, and its position goes with it.
        assert_eq!(frames(&file), stored, "{places:?}");
        let along: Vec<String> =
            found.place.unwrap().frame_positions.iter().map(|[_, y, _]| format!("{y:.1}")).collect();
        assert_eq!(along, places);
    }
}

#[test]
fn frames_of_which_one_does_not_say_where_it_is_are_nowhere() {
    let found = facts(&enhanced(["2.0", "3,5", "5.0"]));
    let place = found.place.unwrap();
    assert_eq!((place.position, place.frame_positions, found.slice_spacing), (None, Vec::new(), None));
    assert!(found.notes.join(" ").contains("Not all of its frames have a position"), "{:?}", found.notes);
}

#[test]
fn a_pixel_size_that_is_none_is_told_and_not_used() {
    for said in ["0,5\\0,5", "0.5", "0\\0.5", "0.5\\x", "0.5\\0.5\\0.5"] {
        let found = facts(&with(&[(0x0028, 0x0030, said)]));
        assert_eq!(found.spacing, None, "{said}");
        let note = format!("Its Pixel Spacing is \"{said}\", not two numbers above 0");
        assert!(found.notes.join(" ").contains(&note), "{:?}", found.notes);
    }
    let found = facts(&with(&[(0x0028, 0x0030, "0.4\\0.5"), (0x0020, 0x0032, "1,5\\2\\3")]));
    assert_eq!(found.spacing, Some([0.5, 0.4]));
    assert!(found.notes.join(" ").contains("Its Image Position (Patient) is \"1,5\\2\\3\", not 3 numbers"));
}

#[test]
fn pixels_that_are_not_square_are_told_where_no_size_says_it() {
    let ratio = (0x0028, 0x0034, "4\\3");
    assert!(
        notes(&with(&[ratio])).contains("not square, 4 high to 3 wide (Pixel Aspect Ratio); it is shown with square")
    );
    assert!(!notes(&with(&[(0x0028, 0x0034, "1\\1")])).contains("square"));
    // Rows first: 0.4 mm high, 0.3 mm wide.
    assert!(!notes(&with(&[ratio, (0x0028, 0x0030, "0.4\\0.3")])).contains("square"));
    assert!(notes(&with(&[ratio, (0x0028, 0x0030, "0.3\\0.4")])).contains("its pixel size says otherwise"));
}

#[test]
fn the_pixels_of_a_treatment_image_are_those_of_its_plane() {
    let spacing = (0x3002, 0x0011, "0.78\\0.8");
    let found = facts(&with(&[spacing, (0x3002, 0x0026, "1600"), (0x3002, 0x0022, "1000")]));
    assert_eq!(found.spacing, Some([0.8, 0.78]));
    let note =
        "that in the image plane, 1600 mm from the source, not in the patient; the machine's axis is 1000 mm from it.";
    assert!(found.notes.join(" ").contains(note), "{:?}", found.notes);
    assert!(notes(&with(&[spacing])).contains("that in the image plane, not in the patient."));
}

#[test]
fn a_file_that_ends_within_its_frames_says_so_before_one_is_decoded() {
    // Three frames of 384 bytes.
    let whole = bytes("ct_explicit.dcm");
    let length = whole.len();
    assert!(!notes(&whole).contains("cut short"));
    for (cut, frames) in [(1, 2), (384, 2), (385, 1), (1152, 0)] {
        let note = format!(
            "It is cut short: its pixels go to byte {length}, and it has {} bytes; of its 3 frames {frames} are whole.",
            length - cut
        );
        assert!(notes(&whole[..length - cut]).contains(&note), "{}", notes(&whole[..length - cut]));
    }
    let mut opened = open("a.dcm", Box::new(Cursor::new(&whole[..length - 385])), Limits::default()).unwrap();
    assert_eq!(opened.count(), 3);
    assert!(opened.frame(0).is_ok());
    assert!(matches!(opened.frame(1), Err(DecodeError::Truncated { .. })));
    // Encapsulated: with an offset table and without one.
    for name in ["rle_grey8.dcm", "jpeg_fragments.dcm", "jpeg_ls_grey8.dcm"] {
        let whole = bytes(name);
        assert!(!notes(&whole).contains("cut short"), "{name}");
        // The delimiter of the sequence has 8 bytes.
        let cut = &whole[..whole.len() - 9];
        let note = format!("It is cut short: it ends at byte {}, within the last of its frames.", cut.len());
        assert!(notes(cut).contains(&note), "{name}: {}", notes(cut));
    }
}
