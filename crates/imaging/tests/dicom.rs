//! DICOM images written by pydicom, value for value (`tests/reference/dicom`), and damaged ones.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use groundglass_imaging::{DecodeError, Format, Limits, Opened, decode, open};
use groundglass_types::{Image, Samples};
use proptest::prelude::*;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/dicom/images")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn listing() -> serde_json::Map<String, Value> {
    serde_json::from_slice(&bytes("images.json")).unwrap()
}

fn opened<'a>(name: &str, bytes: &'a [u8]) -> Result<Opened<'a>, DecodeError> {
    open(name, Box::new(Cursor::new(bytes)), Limits::default())
}

/// Every sample as a number, and what kind they are.
fn numbers(image: &Image) -> (&'static str, Vec<f64>) {
    match image.samples() {
        Samples::U8(samples) => ("u8", samples.iter().map(|&sample| f64::from(sample)).collect()),
        Samples::U16(samples) => ("u16", samples.iter().map(|&sample| f64::from(sample)).collect()),
        Samples::F32(samples) => ("f32", samples.iter().map(|&sample| f64::from(sample)).collect()),
    }
}

fn expected(name: &str, kind: &str) -> Vec<f64> {
    let raw = bytes(&format!("{name}.raw"));
    match kind {
        "u8" => raw.iter().map(|&byte| f64::from(byte)).collect(),
        "u16" => raw.as_chunks::<2>().0.iter().map(|&pair| f64::from(u16::from_le_bytes(pair))).collect(),
        _ => raw.as_chunks::<4>().0.iter().map(|&word| f64::from(f32::from_le_bytes(word))).collect(),
    }
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn every_image_has_the_values_of_pydicom() {
    let listing = listing();
    assert!(listing.len() > 60);
    let mut faults = Vec::new();
    for (name, said) in &listing {
        let file = bytes(name);
        let mut image = match opened(name, &file) {
            Ok(image) => image,
            Err(error) => {
                faults.push(error.to_string());
                continue;
            }
        };
        assert_eq!(image.format(), Format::Dicom);
        assert_eq!(image.count() as u64, said["frames"].as_u64().unwrap(), "{name}");
        let kind = said["kind"].as_str().unwrap();
        let expected = expected(name, kind);
        let tolerance = said["tolerance"].as_f64().unwrap();
        let size = |key: &str, usual: u64| said.get(key).map_or(usual, |size| size.as_u64().unwrap()) as usize;
        let mut found = Vec::new();
        // Backwards, so that every frame is looked for by itself.
        for index in (0..image.count()).rev() {
            match image.frame(index) {
                Ok(frame) => {
                    assert_eq!((frame.width(), frame.height()), (size("width", 16), size("height", 12)), "{name}");
                    assert_eq!(frame.channels() as u64, said["channels"].as_u64().unwrap(), "{name}");
                    let (found_kind, numbers) = numbers(&frame);
                    if index == 0 && said.get("first_is_whole").is_some() {
                        assert_eq!(found_kind, "u16", "{name}");
                    } else {
                        assert_eq!(found_kind, kind, "{name}");
                    }
                    found.splice(0..0, numbers);
                    let window = frame.window().map(|window| vec![f64::from(window.low), f64::from(window.high)]);
                    let said = said.get("windows").map_or(&said["window"], |windows| &windows[index]);
                    assert_eq!(window, (!said.is_null()).then(|| floats(said)), "{name}, frame {index}");
                }
                Err(error) => faults.push(error.to_string()),
            }
        }
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if found.len() != expected.len() || worst > tolerance {
            faults.push(format!("{name}: {} of {} values, off by {worst}", found.len(), expected.len()));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_the_header_says_besides() {
    let mut checked = 0;
    for (name, said) in listing() {
        let file = bytes(&name);
        let image = opened(&name, &file).unwrap();
        let facts = image.facts();
        let spacing = said.get("spacing").map(floats);
        assert_eq!(facts.spacing.map(Vec::from), spacing, "{name}");
        assert_eq!(facts.slice_spacing, said.get("slice_spacing").map(|spacing| spacing.as_f64().unwrap()), "{name}");
        let notes = facts.notes.join(" ");
        assert!(notes.contains(said.get("notes").map_or("", |word| word.as_str().unwrap())), "{name}: {notes}");
        let place = facts.place.as_ref().unwrap();
        assert_eq!(place.position.map(Vec::from), said.get("position").map(floats), "{name}");
        assert_eq!(place.along_normal(), said.get("along_normal").map(|along| along.as_f64().unwrap()), "{name}");
        let positions: Vec<Vec<f64>> = place.frame_positions.iter().map(|position| position.to_vec()).collect();
        let said_positions =
            said.get("frame_positions").map(|all| all.as_array().unwrap().iter().map(floats).collect());
        assert_eq!(positions, said_positions.unwrap_or_else(Vec::<Vec<f64>>::new), "{name}");
        if let Some(attributes) = said.get("attributes") {
            assert_eq!(&serde_json::to_value(&facts.attributes).unwrap(), attributes, "{name}");
            checked += 1;
        }
        let all = format!("{facts:?}");
        assert!(!all.contains("Doe") && !all.contains("1970"), "a name or a date of birth: {all}");
    }
    assert_eq!(checked, 2);
}

/// Reads all that can be read, which is to end, and not in a panic.
fn exhaust(name: &str, bytes: &[u8]) -> usize {
    let limits = Limits { pixels: 1 << 20, bytes: 1 << 23 };
    let Ok(mut image) = open(name, Box::new(Cursor::new(bytes)), limits) else { return 0 };
    (0..image.count().min(4)).filter(|&index| image.frame(index).is_ok()).count()
}

#[test]
fn a_file_cut_short_anywhere_gives_an_error_or_whole_frames() {
    for name in listing().keys() {
        let whole = bytes(name);
        let frames = opened(name, &whole).unwrap().count();
        for length in 0..whole.len() {
            assert!(exhaust(name, &whole[..length]) <= frames);
        }
    }
}

/// `bytes` with the value of the first element that begins with `header` replaced.
fn with_value(mut bytes: Vec<u8>, header: &[u8], value: &[u8]) -> Vec<u8> {
    let at = bytes.windows(header.len()).position(|window| window == header).unwrap() + header.len();
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

#[test]
fn a_header_that_lies_costs_nothing() {
    // Rows and columns take 16 bits: 65,535 x 65,535 is more than 2^31 pixels.
    let huge = with_value(bytes("ct_explicit.dcm"), b"\x28\x00\x10\x00US\x02\x00", &[0xFF, 0xFF]);
    let huge = with_value(huge, b"\x28\x00\x11\x00US\x02\x00", &[0xFF, 0xFF]);
    assert!(matches!(opened("huge.dcm", &huge), Err(DecodeError::TooManyPixels { .. })));
    let many = with_value(bytes("ct_explicit.dcm"), b"\x28\x00\x08\x00IS\x02\x00", b"99");
    let many = opened("many.dcm", &many).unwrap();
    assert_eq!(many.count(), 3);
    assert!(many.facts().notes.iter().any(|note| note.contains("99 frames; there are 3")));
    for name in ["rle_grey8.dcm", "jpeg_fragments.dcm", "jpeg_extended_table.dcm", "jpeg_ls_rgb.dcm"] {
        let many = with_value(bytes(name), b"\x28\x00\x08\x00IS\x02\x00", b"99");
        assert_eq!(opened(name, &many).unwrap().count(), 3, "{name}");
    }
    let empty = with_value(bytes("ct_explicit.dcm"), b"\xe0\x7f\x10\x00OW\x00\x00", &[0, 0, 0, 0]);
    let error = opened("empty.dcm", &empty).err().unwrap();
    assert_eq!(error.to_string(), "empty.dcm cannot be read as DICOM: its pixels are 0 bytes, where a frame takes 384");
}

#[test]
fn a_compressed_frame_that_is_smaller_than_it_says_is_refused() {
    let grown = with_value(bytes("jpeg_grey8.dcm"), b"\x28\x00\x10\x00US\x02\x00", &[120]);
    let error = opened("grown.dcm", &grown).unwrap().frame(0).unwrap_err();
    assert!(error.to_string().contains("16 x 120 pixels of 1 samples, the JPEG frame has 16 x 12 of 1"), "{error}");
    let grown = with_value(bytes("jpeg_lossless1_grey12.dcm"), b"\x28\x00\x10\x00US\x02\x00", &[120]);
    let grown = with_value(grown, b"\xff\xc3\x00\x0b\x0c\x00", &[120]);
    assert_eq!(opened("grown.dcm", &grown).unwrap().frame(0).unwrap_err().kind(), "corrupt");
    let grown = with_value(bytes("jpeg_ls_grey8.dcm"), b"\x28\x00\x10\x00US\x02\x00", &[120]);
    let grown = with_value(grown, b"\xff\xf7\x00\x0b\x08\x00", &[120]);
    assert_eq!(opened("grown.dcm", &grown).unwrap().frame(0).unwrap_err().kind(), "corrupt");
}

#[test]
fn a_syntax_that_is_not_read_is_named() {
    let file = bytes("jpeg_2000_grey8.dcm");
    let film = with_value(file, b"\x02\x00\x10\x00UI\x16\x00", b"1.2.840.10008.1.2.4.92");
    let error = opened("film.dcm", &film[..]).err().unwrap();
    assert!(
        error.to_string().contains("JPEG 2000 Part 2 Multi-component (Lossless Only) (1.2.840.10008.1.2.4.92)"),
        "{error}"
    );
}

#[test]
fn sequences_within_sequences_without_end_are_refused() {
    let mut file = vec![0; 128];
    file.extend(b"DICM");
    for _ in 0..200_000 {
        file.extend(b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff");
    }
    let error = opened("deep.dcm", &file).err().unwrap();
    assert!(error.to_string().contains("nested more than 24 deep"), "{error}");
}

#[test]
fn an_object_without_pixels_is_named() {
    let mut file = vec![0; 128];
    file.extend(b"DICM\x08\x00\x16\x00UI\x1e\x001.2.840.10008.5.1.4.1.1.481.3\x00");
    let error = opened("rs.dcm", &file).err().unwrap();
    assert!(error.to_string().contains("it holds no pixels, it is an RT structure set"), "{error}");
    assert_eq!(error.kind(), "unsupported");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_bytes_after_the_signature_give_an_image_or_an_error(tail in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut file = vec![0; 128];
        file.extend(b"DICM");
        file.extend(tail);
        let _ = exhaust("noise.dcm", &file);
    }

    #[test]
    fn mutated_files_give_an_image_or_an_error(
        choice in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        at_the_end in any::<bool>(),
    ) {
        let listing = listing();
        let names: Vec<&String> = listing.keys().collect();
        let name = names[choice.index(names.len())];
        let mut file = bytes(name);
        // Half of the changes go to the pixels, most of which are packed.
        let from = if at_the_end { file.len() / 2 } else { 0 };
        for (place, value) in changes {
            let place = from + place.index(file.len() - from);
            file[place] = value;
        }
        let _ = exhaust(name, &file);
    }
}

/// pydicom's own test files, where `GROUNDGLASS_PYDICOM_FILES` names their folder (`pydicom/data/test_files` of the
/// package). Files that pydicom itself cannot read, or that hold no pixels, are listed here with the reason.
#[test]
fn the_test_files_of_pydicom() {
    const NOT_READ: &[(&str, &str)] = &[
        ("ExplVR_BigEndNoMeta.dcm", "holds no pixels"),
        ("ExplVR_LitEndNoMeta.dcm", "holds no pixels"),
        // Its JPEG 2000 was overwritten on purpose; pydicom's decoders refuse it too.
        ("JPEG2000-embedded-sequence-delimiter.dcm", "the size of its JPEG 2000 frame is broken"),
        ("MR_truncated.dcm", "is cut short: the DICOM data end at byte 9630"),
        ("UN_sequence.dcm", "holds no pixels"),
        ("empty_charset_LEI.dcm", "holds no pixels"),
        // Pixels without rows and columns.
        ("meta_missing_tsyntax.dcm", "does not say Columns"),
        ("nested_priv_SQ.dcm", "does not say Columns"),
        // It begins with a byte that belongs to no element; pydicom finds no image in it either.
        ("no_meta.dcm", "it begins with the bytes 20 08 00 05"),
        ("no_meta_group_length.dcm", "holds no pixels"),
        ("priv_SQ.dcm", "holds no pixels"),
        ("reportsi.dcm", "it is a structured report"),
        ("reportsi_with_empty_number_tags.dcm", "it is a structured report"),
        ("rtplan.dcm", "it is an RT plan"),
        ("rtplan_truncated.dcm", "is cut short"),
        ("rtstruct.dcm", "it is an RT structure set"),
        ("test-SR.dcm", "it is a structured report"),
        ("waveform_ecg.dcm", "it is a waveform"),
    ];
    let Ok(folder) = std::env::var("GROUNDGLASS_PYDICOM_FILES") else {
        eprintln!("skipped: GROUNDGLASS_PYDICOM_FILES does not name pydicom's test files");
        return;
    };
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let (mut read, mut faults) = (0, Vec::new());
    for path in names.iter().filter(|path| path.extension().is_some_and(|ending| ending == "dcm")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = std::fs::read(path).unwrap();
        let found = decode(&name, &file, Limits::default());
        let known = NOT_READ.iter().find(|(known, _)| *known == name);
        match (found, known) {
            (Ok(_), None) => read += 1,
            (Err(error), Some((_, reason))) if error.to_string().contains(reason) => {}
            (Ok(_), Some(_)) => faults.push(format!("{name} is read now")),
            (Err(error), _) => faults.push(error.to_string()),
        }
    }
    assert!(faults.is_empty(), "{read} are read, but\n{}", faults.join("\n"));
    assert!(read >= 60, "{read} are read");
}
