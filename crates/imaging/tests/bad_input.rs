//! What is no image, no whole image, or too large an image: one clear sentence each, and never a panic.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use groundglass_imaging::{DecodeError, Limits, decode, decode_image};
use proptest::prelude::*;

/// One file of every format and inner form.
const FILES: [&str; 9] = [
    "grey8.png",
    "palette.png",
    "grey16.png",
    "rgb8.jpg",
    "progressive.jpg",
    "grey16_strips.tif",
    "rgb8_lzw.tif",
    "grey16_deflate.tif",
    "rgb8_tiles.tif",
];

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/formats/images").join(name))
        .unwrap()
}

fn fault(name: &str, bytes: &[u8]) -> DecodeError {
    decode_image(name, bytes).unwrap_err()
}

/// `bytes` with the first occurrence of `old` replaced.
fn replaced(mut bytes: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = bytes.windows(old.len()).position(|window| window == old).unwrap();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

#[test]
fn an_empty_file() {
    let error = fault("cells.png", &[]);
    assert_eq!(error.to_string(), "cells.png is empty (0 bytes)");
    assert_eq!((error.kind(), error.file(), error.place()), ("empty_file", "cells.png", None));
}

#[test]
fn a_file_of_another_format() {
    let error = fault("cells.png", b"GIF89a\x01\x00\x01\x00");
    let formats = if cfg!(feature = "full") {
        "DICOM, PNG, JPEG, TIFF, WebP, BMP, NIfTI, NRRD or NumPy"
    } else {
        "PNG, JPEG or TIFF"
    };
    let expected = format!("cells.png is not a {formats} image: it begins with the bytes 47 49 46 38 39 61 01 00");
    assert_eq!(error.to_string(), expected);
    assert_eq!((error.kind(), error.place().as_deref()), ("unknown_format", Some("byte 0")));
}

#[test]
fn the_content_decides_and_not_the_name() {
    assert!(decode_image("really-a-tiff.png", &bytes("grey8.tif")).is_ok());
}

#[test]
fn a_file_that_is_cut_anywhere_is_never_taken_for_whole() {
    for name in FILES {
        let whole = bytes(name);
        let image = decode_image(name, &whole).unwrap();
        for length in 1..whole.len() {
            match decode_image(name, &whole[..length]) {
                // Checksums and padding at the end may be missing, but no pixel.
                Ok(cut) => assert_eq!(cut, image, "{name} cut at {length}"),
                Err(error) => {
                    let expected = ["truncated", "unknown_format", "corrupt", "unsupported"];
                    assert!(expected.contains(&error.kind()), "{name} cut at {length}: {error}");
                }
            }
        }
        let half = whole.len() / 2;
        let error = fault(name, &whole[..half]);
        if !name.ends_with(".tif") {
            let format = if name.ends_with(".png") { "PNG" } else { "JPEG" };
            let expected =
                format!("{name} is cut short: the {format} data end at byte {half}, before the image is complete");
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn a_cut_tiff_says_so() {
    let whole = bytes("grey16_strips.tif");
    let length = whole.len() - 100;
    let error = fault("cut.tif", &whole[..length]);
    let expected = format!("cut.tif is cut short: the TIFF data end at byte {length}, before the image is complete");
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.place(), Some(format!("byte {length}")));
}

/// The decoder would take 32 bytes for each of the values before it looks for them.
#[test]
fn a_tiff_whose_field_boasts_of_values_is_refused() {
    let mut boasting = tiff_header(1, 1);
    // The entry of the strips' offsets: tag 273, 32 bits.
    let entry = boasting.windows(4).position(|window| window == [17, 1, 4, 0]).unwrap();
    boasting[entry + 4..entry + 8].copy_from_slice(&8_000_000_u32.to_le_bytes());
    let error = fault("boast.tif", &boasting);
    let length = boasting.len();
    let expected = format!(
        "boast.tif cannot be read as TIFF: its field 273 has 8000000 values, more than the {length} bytes of the file"
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_damaged_file() {
    let mut damaged = bytes("rgb8.png");
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let error = fault("rgb8.png", &damaged);
    assert_eq!(error.kind(), "corrupt");
    assert!(error.to_string().starts_with("rgb8.png cannot be read as PNG: "), "{error}");
}

/// A little-endian TIFF of one 8-bit grey strip that holds one byte.
fn tiff_header(width: u32, height: u32) -> Vec<u8> {
    // Tag, type (3 is 16 bits, 4 is 32 bits) and value: width, height, bits, compression, black is 0, strip offset,
    // samples, rows a strip, bytes of the strip.
    let fields: [(u16, u16, u32); 9] = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (278, 4, height),
        (279, 4, 1),
    ];
    let mut bytes = b"II\x2a\x00\x08\0\0\0".to_vec();
    bytes.extend((fields.len() as u16).to_le_bytes());
    for (tag, kind, value) in fields {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([1_u32.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend([0; 4]);
    bytes
}

/// 20,000 x 20,000 as the header says, in each format: the message comes at once and without memory.
#[test]
fn an_image_beyond_the_limit_is_refused_by_its_header() {
    let png = replaced(bytes("grey8.png"), &[0, 0, 0, 23, 0, 0, 0, 17], &[0, 0, 78, 32, 0, 0, 78, 32]);
    let jpeg = replaced(bytes("rgb8.jpg"), &[0, 17, 0, 23, 3], &[78, 32, 78, 32, 3]);
    let tiff = tiff_header(20_000, 20_000);
    for (name, bytes) in [("huge.png", png), ("huge.jpg", jpeg), ("huge.tif", tiff)] {
        let error = fault(name, &bytes);
        assert_eq!(
            error.to_string(),
            format!("{name} has 20000 x 20000 pixels (400 megapixels), more than the limit of 100 megapixels")
        );
        assert_eq!(error.kind(), "too_large");
    }
}

#[test]
fn the_limit_on_bytes_counts_samples() {
    let limits = Limits { pixels: 1_000_000, bytes: 23 * 17 * 2 };
    assert!(decode("grey16.png", &bytes("grey16.png"), limits).is_ok());
    for name in ["rgb8.png", "rgb8_tiles.tif", "rgb16.tif"] {
        let error = decode(name, &bytes(name), limits).unwrap_err();
        assert_eq!(error.kind(), "too_large");
        assert!(error.to_string().ends_with("more than the limit of 782 bytes"), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_an_image_or_a_message(bytes in proptest::collection::vec(any::<u8>(), 0..200), signature in 0..5_usize) {
        let signatures: [&[u8]; 5] = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II\x2a\x00\x08\0\0\0", b"MM\x00\x2a"];
        let bytes = [signatures[signature], &bytes].concat();
        let _ = decode("any", &bytes, Limits { pixels: 1_000_000, bytes: 8_000_000 });
    }

    #[test]
    fn a_damaged_file_gives_an_image_or_a_message(
        file in 0..FILES.len(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = bytes(FILES[file]);
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = decode("damaged", &bytes, Limits { pixels: 1_000_000, bytes: 8_000_000 });
    }
}
