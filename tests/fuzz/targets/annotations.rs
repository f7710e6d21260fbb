//! Any bytes as a file of annotations: every form of the list is asked, and every one reads, whether it knows the file or not.
//! A file that comes in pieces must be read to the same as one that is held.
#![no_main]

use std::io::Cursor;

use groundglass_formats::{Content, FORMATS, Frame, Hints, Probe};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = ["file.json", "file.jsonl", "file.xml", "file.csv", "file.txt", "file.dcm"];
/// The size of an image that a file says nothing of.
const SIZE: (usize, usize) = (64, 48);
/// Beyond it a mask is not drawn here: its memory is that of the pixels, as the user's own image would take.
const LARGEST: usize = 1 << 12;

/// Forms whose files are held as a whole, or not read.
const HELD_ALONE: [&str; 6] = ["label_map_classes", "labelme", "via_project", "yolo_classes", "prostatd", "yolo"];

fn in_pieces<'a>(name: &'a str, bytes: &'a [u8]) -> Probe<'a> {
    Probe::new(name, Content::open_held(Box::new(Cursor::new(bytes)), 0).expect("memory can be read"))
}

fuzz_target!(|bytes: &[u8]| {
    let hints = [Hints::default(), Hints { frame: Some(Frame::THOUSAND), ..Hints::default() }];
    for name in NAMES {
        let (probe, pieces) = (Probe::new(name, bytes), in_pieces(name, bytes));
        for format in FORMATS {
            let is_known = format.recognises(&probe);
            let is_compared = !HELD_ALONE.contains(&format.id());
            assert!(format.recognises(&pieces) == is_known || !is_compared, "{}", format.id());
        }
    }
    // A form that reads a file must not depend on having recognised it.
    let (probe, pieces) = (Probe::new("file.json", bytes), in_pieces("file.json", bytes));
    for format in FORMATS {
        for hints in &hints {
            let (held, parts) = (format.read(&probe, hints), format.read(&pieces, hints));
            if !HELD_ALONE.contains(&format.id()) {
                assert!(held.as_ref().ok() == parts.as_ref().ok(), "{}: {held:?} {parts:?}", format.id());
            }
            if let Ok(mut reading) = held {
                for image in &mut reading.images {
                    let size = image.size.unwrap_or(SIZE);
                    image.size = Some((size.0.min(LARGEST), size.1.min(LARGEST)));
                    image.fixations.iter().for_each(|fixation| _ = fixation.placed(size));
                }
                let _ = reading.take_truths("file.json");
            }
        }
    }
});
