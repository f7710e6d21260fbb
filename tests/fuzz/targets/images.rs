//! Any bytes as an image file: every decoder of the list, every frame.
#![no_main]

use std::io::Cursor;

use groundglass_imaging::{DecodeError, Limits, display_rgba, open};
use libfuzzer_sys::fuzz_target;

/// Formats without a signature are told by their names, which are tried where the bytes alone say nothing.
const NAMES: [&str; 9] =
    ["file", "file.dcm", "file.nii", "file.nii.gz", "file.hdr", "file.img", "file.npy", "file.npz", "file.raw"];
/// Small, so that what is allocated within them shows against the memory limit of a run.
const LIMITS: Limits = Limits { pixels: 1 << 20, bytes: 16 << 20 };
const FRAMES: usize = 16;

fuzz_target!(|bytes: &[u8]| {
    for name in NAMES {
        match open(name, Box::new(Cursor::new(bytes)), LIMITS) {
            Ok(mut opened) => {
                for index in 0..opened.count().min(FRAMES) {
                    if let Ok(image) = opened.frame(index) {
                        let _ = display_rgba(&image);
                    }
                    let _ = opened.labels(index);
                }
                // The last one lies where a header's counts lead.
                let _ = opened.frame(opened.count() - 1);
                return;
            }
            Err(DecodeError::UnknownFormat { .. }) => {}
            Err(_) => return,
        }
    }
});
