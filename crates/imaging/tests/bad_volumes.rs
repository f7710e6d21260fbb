//! Volumes, stacks and arrays that are cut, damaged or boast: one clear sentence each, never a panic, and no memory beyond
//! the limits.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use groundglass_imaging::{DecodeError, Facts, Limits, open, read_array};
use groundglass_types::Image;
use proptest::prelude::*;

const SMALL: Limits = Limits { pixels: 1 << 20, bytes: 1 << 22 };

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/images/files")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn names() -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn frames(name: &str, bytes: &[u8], limits: Limits) -> Result<(Vec<Result<Image, DecodeError>>, Facts), DecodeError> {
    let mut opened = open(name, Box::new(Cursor::new(bytes)), limits)?;
    // A damaged header may boast of many frames.
    let frames = (0..opened.count().min(40)).map(|frame| opened.frame(frame)).collect();
    Ok((frames, opened.facts().clone()))
}

fn fault(name: &str, bytes: &[u8]) -> DecodeError {
    match frames(name, bytes, Limits::default()) {
        Err(error) => error,
        Ok((frames, _)) => frames.into_iter().find_map(Result::err).unwrap(),
    }
}

/// `bytes` with those from `at` on replaced.
fn patched(mut bytes: Vec<u8>, at: usize, new: &[u8]) -> Vec<u8> {
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_file_that_is_cut_anywhere_gives_a_message_or_right_frames() {
    let expected = ["truncated", "unknown_format", "corrupt", "unsupported"];
    let mut cuts = 0;
    for name in names() {
        let whole = bytes(&name);
        let Ok((images, _)) = frames(&name, &whole, Limits::default()) else { continue };
        // The end of text may be cut within a number, which leaves another number.
        let end = if name.starts_with("text") { whole.len() - 8 } else { whole.len() };
        for length in 1..end {
            match frames(&name, &whole[..length], Limits::default()) {
                Err(error) => assert!(expected.contains(&error.kind()), "{name} cut at {length}: {error}"),
                Ok((cut, _)) => {
                    for (frame, cut) in cut.iter().enumerate() {
                        match cut {
                            Ok(cut) => {
                                let is_right = images[frame].as_ref().is_ok_and(|image| image == cut);
                                assert!(is_right, "{name} cut at {length}: frame {frame} is another");
                            }
                            Err(error) => {
                                assert!(expected.contains(&error.kind()), "{name} cut at {length}: {error}");
                            }
                        }
                    }
                }
            }
            cuts += 1;
        }
    }
    assert!(cuts > 50_000, "{cuts}");
}

#[test]
fn a_cut_volume_says_where() {
    let whole = bytes("affine_ras.nii");
    let error = fault("cut.nii", &whole[..whole.len() - 1]);
    let place = whole.len() - 1;
    let expected = format!("cut.nii is cut short: the NIfTI data end at byte {place}, before the image is complete");
    assert_eq!(error.to_string(), expected);
    let whole = bytes("stack.npy");
    let error = fault("cut.npy", &whole[..whole.len() - 1]);
    assert!(error.to_string().starts_with("cut.npy is cut short: the NumPy data end at byte "), "{error}");
}

/// NIfTI-1: `dim` at byte 40, `pixdim` at 76, `vox_offset` at 108; NIfTI-2: `dim` at 16, `vox_offset` at 168.
#[test]
fn boasting_headers_are_refused() {
    let small = bytes("affine_ras.nii");
    let wide = patched(small.clone(), 42, &[i16::MAX.to_le_bytes(), i16::MAX.to_le_bytes()].concat());
    assert_eq!(fault("wide.nii", &wide).kind(), "too_large");
    let deep = patched(small.clone(), 46, &i16::MAX.to_le_bytes());
    assert_eq!(fault("deep.nii", &deep).kind(), "truncated");
    assert_eq!(fault("deep.nii.gz", &gzip(&deep)).kind(), "truncated");
    let version2 = bytes("version2.nii");
    for count in [1_i64 << 31, 1 << 40, i64::MAX] {
        for axis in 1..=3 {
            let huge = patched(version2.clone(), 16 + 8 * axis, &count.to_le_bytes());
            let kind = fault("huge.nii", &huge).kind();
            assert!(["too_large", "truncated"].contains(&kind), "{count} along {axis}: {kind}");
            assert!(["too_large", "truncated"].contains(&fault("huge.nii.gz", &gzip(&huge)).kind()));
        }
    }
    let all = patched(version2, 24, &[i64::MAX.to_le_bytes(); 7].concat());
    assert_eq!(fault("all.nii", &all).kind(), "too_large");
}

#[test]
fn impossible_headers_are_named() {
    let small = bytes("affine_ras.nii");
    let negative = patched(small.clone(), 44, &(-5_i16).to_le_bytes());
    assert_eq!(
        fault("negative.nii", &negative).to_string(),
        "negative.nii cannot be read as NIfTI: it has -5 places along axis 2, and at least 1 is expected"
    );
    let axes = patched(small.clone(), 40, &9_i16.to_le_bytes());
    assert_eq!(fault("axes.nii", &axes).to_string(), "axes.nii cannot be read as NIfTI: it has 9 axes, not 1 to 7");
    let beyond = patched(small.clone(), 108, &1e9_f32.to_le_bytes());
    assert_eq!(fault("beyond.nii", &beyond).kind(), "truncated");
    for offset in [f32::NAN, -1.0, f32::INFINITY] {
        let nowhere = patched(small.clone(), 108, &offset.to_le_bytes());
        assert_eq!(
            fault("nowhere.nii", &nowhere).to_string(),
            "nowhere.nii cannot be read as NIfTI: its vox_offset is no place in a file"
        );
    }
    let bits = patched(small.clone(), 70, &1_i16.to_le_bytes());
    assert_eq!(
        fault("bits.nii", &bits).to_string(),
        "bits.nii is a NIfTI image of a kind that is not read here: its samples are single bits"
    );
    let matrix = patched(bytes("version2.nii"), 504, &3001_i32.to_le_bytes());
    assert_eq!(
        fault("matrix.dconn.nii", &matrix).to_string(),
        "matrix.dconn.nii is a NIfTI image of a kind that is not read here: it holds values of points of the brain (CIFTI, \
         intent 3001), and no image"
    );
    let unknown = patched(small, 70, &77_i16.to_le_bytes());
    assert!(
        fault("unknown.nii", &unknown).to_string().ends_with("its data type is 77, which the format does not have")
    );
}

/// The frames are shown all the same, and what was not used is said.
#[test]
fn a_broken_affine_costs_the_affine_alone() {
    let note = |name: &str, bytes: &[u8]| {
        let (frames, facts) = frames(name, bytes, Limits::default()).unwrap();
        assert!(frames.iter().all(Result::is_ok));
        (facts.notes, facts.spacing)
    };
    let broken = patched(bytes("affine_ras.nii"), 280, &f32::NAN.to_le_bytes());
    let (notes, spacing) = note("nan.nii", &broken);
    assert_eq!(notes[0], "its sform matrix does not span a volume and is not used");
    assert_eq!(spacing, Some([0.5, 0.75]), "those of pixdim");
    let flat = patched(bytes("affine_ras.nii"), 280, &[0; 48]);
    assert_eq!(note("flat.nii", &flat).0[0], "its sform matrix does not span a volume and is not used");
    let turned = patched(bytes("qform.nii"), 256, &3_f32.to_le_bytes());
    assert_eq!(note("turned.nii", &turned).0[0], "its qform is no rotation of voxels and is not used");
    let without = patched(bytes("neither.nii"), 80, &0_f32.to_le_bytes());
    let (notes, spacing) = note("without.nii", &without);
    assert_eq!((notes[1].as_str(), spacing), ("it does not say how large its pixels are", None));
}

#[test]
fn sizes_too_small_for_numbers_are_none() {
    let sizes = [1e-200_f64.to_le_bytes(), 1e-320_f64.to_le_bytes(), 2_f64.to_le_bytes()].concat();
    let unplaced = patched(bytes("version2.nii"), 344, &[0; 8]);
    let (_, facts) = frames("tiny.nii", &patched(unplaced, 112, &sizes), SMALL).unwrap();
    assert_eq!((facts.spacing, facts.slice_spacing), (None, Some(2.0)));
    assert!(facts.notes.iter().any(|note| note == "it does not say how large its pixels are"), "{:?}", facts.notes);
}

#[test]
fn a_bomb_is_inflated_as_far_as_its_frames_go() {
    let small = bytes("affine_ras.nii");
    // 64 MiB of zeros after the volume.
    let bomb = gzip(&[small.as_slice(), &vec![0; 64 << 20]].concat());
    assert!(bomb.len() < 100_000);
    let (frames, _) = frames("bomb.nii.gz", &bomb, Limits::default()).unwrap();
    assert!(frames.iter().all(Result::is_ok));
    // A header that asks for a frame of 64 MiB is held to the limits.
    let large = patched(small, 42, &[5000_i16.to_le_bytes(), 7000_i16.to_le_bytes()].concat());
    let error = open("large.nii.gz", Box::new(Cursor::new(gzip(&large))), SMALL).err().unwrap();
    assert_eq!(error.kind(), "too_large");
}

/// A chunk of a WebP file that says it has 4 GiB.
#[test]
fn a_boasting_chunk_takes_no_memory() {
    let whole = bytes("orientation_5.webp");
    let chunk = whole.windows(4).position(|window| window == b"EXIF").unwrap();
    let boasting = patched(whole, chunk + 4, &u32::MAX.to_le_bytes());
    assert_eq!(fault("boasting.webp", &boasting).kind(), "truncated");
}

#[test]
fn damaged_gzip_is_told() {
    let whole = bytes("affine_oblique_sagittal.nii.gz");
    let checksum = whole.len() - 6;
    let damaged = patched(whole.clone(), checksum, &[whole[checksum] ^ 0xff]);
    let error = fault("damaged.nii.gz", &damaged);
    assert!(error.to_string().starts_with("damaged.nii.gz cannot be read as NIfTI: "), "{error}");
}

/// What stands before the damage is shown all the same.
#[test]
fn compressed_frames_before_a_cut_are_read() {
    // Random bytes, so that half of the compressed ones are about half of the frames.
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let header = bytes("affine_ras.nii");
    let sizes = [100_i16, 100, 10].map(i16::to_le_bytes).concat();
    let voxels: Vec<u8> = (0..200_000).map(|_| noise()).collect();
    let volume = [&patched(header, 42, &sizes)[..352], &voxels].concat();
    let whole = gzip(&volume);
    let (expected, _) = frames("a.nii.gz", &whole, SMALL).unwrap();
    let (found, _) = frames("a.nii.gz", &whole[..whole.len() / 2], SMALL).unwrap();
    let right = found.iter().zip(&expected).take_while(|(found, expected)| found == expected).count();
    assert!((3..6).contains(&right), "{right}");
    assert!(found[right..].iter().all(|frame| frame.as_ref().is_err_and(|error| error.kind() == "truncated")));
}

#[test]
fn an_array_that_disagrees_with_its_archive_is_refused() {
    let whole = bytes("heat.npz");
    // The checksum in the central directory, whose entries begin with PK 01 02.
    let entry = whole.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let damaged = patched(whole.clone(), entry + 16, &[whole[entry + 16] ^ 1]);
    let error = read_array("heat.npz", &damaged, SMALL).unwrap_err();
    assert_eq!(error.to_string(), "heat.npz cannot be read as NumPy: its array heat does not agree with its checksum");
}

fn nrrd(fields: &str) -> Vec<u8> {
    [format!("NRRD0005\n{fields}\n").as_bytes(), &[7; 24]].concat()
}

#[test]
fn an_order_of_bytes_that_nrrd_does_not_say_is_told() {
    let notes = |kind: &str, more: &str| {
        let file = nrrd(&format!("type: {kind}\ndimension: 2\nsizes: 4 3\nencoding: raw\n{more}"));
        open("a.nrrd", Box::new(Cursor::new(file)), SMALL).unwrap().facts().notes.join(" ")
    };
    assert!(notes("uint16", "").contains("(endian); the lowest is taken to be first (little)"));
    assert!(!notes("uint16", "endian: little\n").contains("endian"));
    assert!(!notes("uint8", "").contains("endian"));
}

#[test]
fn headers_of_nrrd_are_named_where_they_fail() {
    let right = "type: uint8\ndimension: 3\nsizes: 4 3 2\nencoding: raw\n";
    assert!(frames("right.nrrd", &nrrd(right), SMALL).is_ok());
    for (old, new, message) in [
        ("type: uint8\n", "", "cannot be read as NRRD: its header has no field \"type\""),
        ("uint8", "block", "is a NRRD image of a kind that is not read here: its samples are of the type \"block\""),
        (
            "raw",
            "bzip2",
            "is a NRRD image of a kind that is not read here: its encoding is \"bzip2\", not raw, gzip or text",
        ),
        ("4 3 2", "4 3", "cannot be read as NRRD: its sizes are not 3 whole numbers above 0"),
        ("4 3 2", "4 -3 2", "cannot be read as NRRD: its sizes are not 3 whole numbers above 0"),
        ("4 3 2", "4 0 2", "cannot be read as NRRD: its sizes are not 3 whole numbers above 0"),
        ("dimension: 3", "dimension: 99", "cannot be read as NRRD: its dimension is \"99\", not 1 to 16"),
        ("4 3 2", "4 3 3", "is cut short: the NRRD data end at byte 86, before the image is complete"),
        ("encoding: raw", "encoding raw", "cannot be read as NRRD: line 5 of its header is no field: \"encoding raw\""),
        ("raw\n", "raw\nbyte skip: -7\n", "cannot be read as NRRD: its byte skip is -7"),
        (
            "raw\n",
            "raw\nspace: LPS\nspace directions: (1,0,0) (0,1,0)\n",
            "cannot be read as NRRD: it has 3 axes and not as many space directions",
        ),
        (
            "raw\n",
            "raw\nspace directions: (1,0,x) (0,1,0) (0,0,1)\n",
            "cannot be read as NRRD: \"(1,0,x)\" in its header is no vector such as (1,0,0)",
        ),
    ] {
        assert!(right.contains(old));
        let error = fault("bad.nrrd", &nrrd(&right.replace(old, new)));
        assert_eq!(error.to_string(), format!("bad.nrrd {message}"));
    }
    for sizes in ["4000000000 4000000000 4000000000", "1 1 18446744073709551615", "18446744073709551615 1 1"] {
        let kind = fault("huge.nrrd", &nrrd(&right.replace("4 3 2", sizes))).kind();
        assert!(["too_large", "truncated"].contains(&kind), "{sizes}: {kind}");
    }
}

/// A `.npy` file with that header and no number.
fn npy(header: &str) -> Vec<u8> {
    [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat()
}

#[test]
fn headers_of_arrays_are_named_where_they_fail() {
    for (header, message) in [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", "is cut short: the NumPy data end at byte 69"),
        (
            "{'fortran_order': False, 'shape': (3, 4)}",
            "cannot be read as NumPy: its header does not say what its type is",
        ),
        ("{'descr': '<f4', 'shape': (3, 4)}", "its header does not say whether it is in Fortran order"),
        ("{'descr': '<f4', 'fortran_order': False}", "its header does not say what its shape is"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 4)}", "its header does not say what its shape is"),
        ("{'descr': '|V8', 'fortran_order': False, 'shape': (3, 4)}", "its type is \"|V8\", which is no number"),
        ("{'descr': '<U3', 'fortran_order': False, 'shape': (3, 4)}", "it holds text, not numbers"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (4,)}", "its shape (4) is no image and no stack of images"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': ()}", "its shape () is no image and no stack of images"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4)}", "and every count is at least 1"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (9, 9, 3)}", "may be colours, classes or columns"),
    ] {
        let error = fault("bad.npy", &npy(header)).to_string();
        assert!(error.contains(message), "{error}");
    }
    for shape in ["(4294967296, 4294967296)", "(18446744073709551615, 2, 2)", "(2, 2, 2, 18446744073709551615)"] {
        let header = format!("{{'descr': '<f4', 'fortran_order': True, 'shape': {shape}}}");
        let kind = fault("huge.npy", &npy(&header)).kind();
        assert!(["too_large", "truncated", "unsupported"].contains(&kind), "{shape}: {kind}");
        assert!(read_array("huge.npy", &npy(&header), Limits::default()).is_err());
    }
}

/// A little-endian TIFF of one 8-bit grey pixel, whose only page is followed by the page at `next`.
fn one_pixel(next: u32) -> Vec<u8> {
    let fields: [(u16, u16, u32); 9] = [
        (256, 4, 1),
        (257, 4, 1),
        (258, 3, 8),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 4),
        (277, 3, 1),
        (278, 4, 1),
        (279, 4, 1),
    ];
    let mut bytes = b"II\x2a\x00\x08\0\0\0".to_vec();
    bytes.extend((fields.len() as u16).to_le_bytes());
    for (tag, kind, value) in fields {
        bytes.extend([tag.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes.extend([1_u32.to_le_bytes(), value.to_le_bytes()].concat());
    }
    bytes.extend(next.to_le_bytes());
    bytes
}

#[test]
fn pages_that_run_in_a_circle_are_counted_once() {
    let (frames, facts) = frames("circle.tif", &one_pixel(8), SMALL).unwrap();
    assert!(frames.len() == 1 && frames[0].is_ok());
    assert_eq!(facts.notes, ["its chain of pages runs in a circle after 1 of them"]);
}

/// The page that is not there is a frame that cannot be read, and the one before it can.
#[test]
fn a_page_that_is_cut_off_costs_itself_alone() {
    let (frames, _) = frames("cut.tif", &one_pixel(5000), SMALL).unwrap();
    assert_eq!(frames.len(), 2);
    assert!(frames[0].is_ok());
    assert_eq!(frames[1].as_ref().unwrap_err().kind(), "truncated");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_gives_frames_or_a_message(
        file in any::<prop::sample::Index>(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        at_the_start in any::<bool>(),
    ) {
        let names = names();
        let name = &names[file.index(names.len())];
        let mut bytes = bytes(name);
        for (at, value) in damage {
            let at = at.index(if at_the_start { bytes.len().min(400) } else { bytes.len() });
            bytes[at] = value;
        }
        let _ = frames(name, &bytes, SMALL);
        let _ = read_array(name, &bytes, SMALL);
    }

    /// Damage below the compression: the headers themselves.
    #[test]
    fn a_damaged_header_within_gzip_gives_frames_or_a_message(
        damage in proptest::collection::vec((0..352_usize, any::<u8>()), 1..6),
    ) {
        let mut bytes = bytes("affine_ras.nii");
        for (at, value) in damage {
            bytes[at] = value;
        }
        let _ = frames("damaged.nii.gz", &gzip(&bytes), SMALL);
    }

    #[test]
    fn any_bytes_give_frames_or_a_message(bytes in proptest::collection::vec(any::<u8>(), 0..400), start in 0..10_usize) {
        let starts: [&[u8]; 10] = [
            b"", b"RIFF\x40\0\0\0WEBPVP8 ", b"BM\x40\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", b"\x5c\x01\0\0", b"NRRD0004\n",
            b"\x93NUMPY\x01\0", b"PK\x03\x04", b"\x1f\x8b\x08\0\0\0\0\0\0\0", b"\x1c\x02\0\0n+2\0\r\n\x1a\n", b"II\x2b\0",
        ];
        let bytes = [starts[start], &bytes].concat();
        let _ = frames("any.npz", &bytes, SMALL);
        let _ = frames("any.nii.gz", &bytes, SMALL);
        let _ = read_array("any", &bytes, SMALL);
    }
}
