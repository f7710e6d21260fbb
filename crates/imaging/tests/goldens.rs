//! Images written by Pillow and tifffile, compared sample for sample (`tests/reference/formats`).
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use groundglass_imaging::{Limits, decode, decode_image, percentiles};
use groundglass_types::Samples;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/formats/images")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn listing() -> serde_json::Map<String, Value> {
    serde_json::from_slice(&bytes("images.json")).unwrap()
}

/// The samples as the golden file has them.
fn expected(name: &str, bits: u64) -> Vec<u16> {
    let raw = bytes(&format!("{name}.raw"));
    match bits {
        8 => raw.into_iter().map(u16::from).collect(),
        _ => raw.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect(),
    }
}

#[test]
fn every_image_has_the_samples_of_its_writer() {
    let listing = listing();
    assert!(listing.len() > 20);
    for (name, facts) in listing {
        let image = decode_image(&name, &bytes(&name)).unwrap();
        let number = |field: &str| facts[field].as_u64().unwrap();
        let size = (image.width() as u64, image.height() as u64, image.channels() as u64);
        assert_eq!(size, (number("width"), number("height"), number("channels")), "{name}");
        let (bits, samples) = match image.samples() {
            Samples::U8(samples) => (8, samples.iter().map(|&sample| u16::from(sample)).collect()),
            Samples::U16(samples) => (16, samples.clone()),
            Samples::F32(_) => unreachable!("none of these files is measured"),
        };
        assert_eq!(bits, number("bits"), "{name}");
        let expected = expected(&name, bits);
        // Decoders of JPEG may round differently (ITU-T T.83); all others must be exact.
        let tolerance = if name.ends_with(".jpg") { 2 } else { 0 };
        let worst = samples.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(samples.len() == expected.len() && worst <= tolerance, "{name} is off by {worst}");
    }
}

#[test]
fn percentiles_are_those_of_numpy() {
    for (name, facts) in listing().into_iter().filter(|(name, _)| !name.ends_with(".jpg")) {
        let image = decode_image(&name, &bytes(&name)).unwrap();
        for (channel, expected) in facts["percentiles"].as_array().unwrap().iter().enumerate() {
            let found = percentiles(&image, channel, [1.0, 99.8]).unwrap();
            for (found, expected) in found.iter().zip(expected.as_array().unwrap()) {
                let expected = expected.as_f64().unwrap();
                assert!((f64::from(*found) - expected).abs() <= 1e-6 * expected.max(1.0), "{name}: {found} {expected}");
            }
        }
    }
}

#[test]
fn every_page_of_a_tiff_is_a_frame() {
    let frames = |name: &str| decode(name, &bytes(name), Limits::default()).unwrap().frames;
    assert_eq!((frames("two_pages.tif"), frames("grey8.tif")), (2, 1));
}

/// These two hold the numbers of two others, as 32-bit floats and as 32-bit whole numbers.
#[test]
fn wider_samples_hold_the_same_numbers() {
    let image = |name: &str| decode_image(name, &bytes(name)).unwrap();
    let numbers = |name: &str| {
        let image = image(name);
        (0..).map_while(|index| image.samples().get(index)).collect::<Vec<f32>>()
    };
    assert!(matches!(image("float32.tif").samples(), Samples::F32(_)));
    assert_eq!(numbers("float32.tif"), numbers("grey8.tif"));
    assert!(matches!(image("grey32.tif").samples(), Samples::U16(_)));
    assert_eq!(numbers("grey32.tif"), numbers("grey16_strips.tif"));
}
