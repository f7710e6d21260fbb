//! Any bytes as a file of annotations: every form of the list is asked, and every one reads, whether it knows the file or not.
#![no_main]

use groundglass_formats::{FORMATS, Frame, Hints, Probe};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 6] = ["file.json", "file.jsonl", "file.xml", "file.csv", "file.txt", "file.dcm"];
/// The size of an image that a file says nothing of.
const SIZE: (usize, usize) = (64, 48);
/// Beyond it a mask is not drawn here: its memory is that of the pixels, as the user's own image would take.
const LARGEST: usize = 1 << 12;

fuzz_target!(|bytes: &[u8]| {
    let hints = [Hints::default(), Hints { frame: Some(Frame::THOUSAND), ..Hints::default() }];
    for name in NAMES {
        let probe = Probe::new(name, bytes);
        for format in FORMATS {
            let _ = format.recognises(&probe);
        }
    }
    // A form that reads a file must not depend on having recognised it.
    let probe = Probe::new("file.json", bytes);
    for format in FORMATS {
        for hints in &hints {
            if let Ok(mut reading) = format.read(&probe, hints) {
                for image in &mut reading.images {
                    let size = image.size.unwrap_or(SIZE);
                    image.size = Some((size.0.min(LARGEST), size.1.min(LARGEST)));
                    image.fixations.iter().for_each(|fixation| _ = fixation.at(size));
                }
                let _ = reading.take_truths("file.json");
            }
        }
    }
});
