//! Images of every form, written by the programs of their own world and compared sample for sample
//! (`tests/reference/images`).
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use groundglass_imaging::{Limits, Opened, decode_image, display_rgba, open, read_array, write_nifti_labels};
use groundglass_types::{Image, Samples};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/images")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join("files").join(name)).unwrap()
}

fn opened<'a>(name: &str, bytes: &'a [u8]) -> Opened<'a> {
    open(name, Box::new(Cursor::new(bytes)), Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn goldens() -> serde_json::Map<String, Value> {
    serde_json::from_slice(&std::fs::read(folder().join("goldens.json")).unwrap()).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

fn samples(image: &Image) -> (&'static str, Vec<f32>) {
    match image.samples() {
        Samples::U8(samples) => ("u8", samples.iter().map(|&sample| f32::from(sample)).collect()),
        Samples::U16(samples) => ("u16", samples.iter().map(|&sample| f32::from(sample)).collect()),
        Samples::F32(samples) => ("f32", samples.clone()),
    }
}

#[test]
fn every_frame_has_the_samples_of_its_writer() {
    let expected = std::fs::read(folder().join("samples.bin")).unwrap();
    let goldens = goldens();
    assert!(goldens.len() > 100);
    for (name, golden) in goldens {
        let bytes = bytes(&name);
        let mut opened = opened(&name, &bytes);
        let sizes = golden["frames"].as_array().unwrap();
        assert_eq!(opened.count(), sizes.len(), "{name}");
        let tolerance = golden["tolerance"].as_f64().unwrap_or(0.0) as f32;
        let mut place = golden["start"].as_u64().unwrap() as usize;
        for (frame, size) in sizes.iter().enumerate() {
            let size: Vec<usize> = numbers(size).iter().map(|&number| number as usize).collect();
            let image = opened.frame(frame).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(vec![image.width(), image.height(), image.channels()], size, "{name}, frame {frame}");
            assert_eq!(opened.size_of(frame), (size[0] as u32, size[1] as u32), "{name}, frame {frame}");
            if frame == 0 {
                assert_eq!(opened.size(), opened.size_of(0), "{name}");
            }
            let (kind, found) = samples(&image);
            assert_eq!(kind, golden["kinds"][frame].as_str().unwrap(), "{name}, frame {frame}");
            let length = 4 * size.iter().product::<usize>();
            let expected =
                expected[place..place + length].as_chunks::<4>().0.iter().map(|&word| f32::from_le_bytes(word));
            let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst <= tolerance, "{name}, frame {frame} is off by {worst}: {found:?}");
            place += length;
        }
    }
}

#[test]
fn frames_are_read_in_any_order() {
    for name in
        ["affine_oblique_sagittal.nii.gz", "times.nrrd", "pages.tif", "members_compressed.npz", "affine_ras.nii"]
    {
        let bytes = bytes(name);
        let mut opened = opened(name, &bytes);
        let forward: Vec<Image> = (0..opened.count()).map(|frame| opened.frame(frame).unwrap()).collect();
        for frame in (0..opened.count()).rev() {
            assert_eq!(opened.frame(frame).unwrap(), forward[frame], "{name}, frame {frame}");
        }
        let error = opened.frame(opened.count()).unwrap_err();
        assert_eq!(error.kind(), "no_frame");
    }
}

#[test]
fn headers_say_what_their_writer_said() {
    for (name, golden) in goldens() {
        let bytes = bytes(&name);
        let opened = opened(&name, &bytes);
        let facts = opened.facts();
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-6, "{name}: {found} {expected}");
        match golden.get("spacing") {
            Some(expected) => facts.spacing.unwrap().into_iter().zip(numbers(expected)).for_each(|(a, b)| near(a, b)),
            None => assert_eq!(facts.spacing, None, "{name}"),
        }
        match golden.get("slice_spacing") {
            Some(expected) => near(facts.slice_spacing.unwrap(), expected.as_f64().unwrap()),
            None => assert_eq!(facts.slice_spacing, None, "{name}"),
        }
        if let Some(notes) = golden.get("notes") {
            let notes: Vec<&str> = notes.as_array().unwrap().iter().map(|note| note.as_str().unwrap()).collect();
            assert_eq!(facts.notes, notes, "{name}");
        }
        if let Some(affine) = golden.get("affine") {
            let grid = facts.grid.as_ref().unwrap();
            let expected = affine.as_array().unwrap().iter().map(numbers);
            for (found, expected) in grid.affine.iter().zip(expected) {
                found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 2e-6, "{name}: {a} {b}"));
            }
        }
        if let Some(window) = golden.get("window") {
            let mut opened = opened;
            let found = opened.frame(0).unwrap().window().unwrap();
            assert_eq!(vec![f64::from(found.low), f64::from(found.high)], numbers(window), "{name}");
        }
    }
}

/// The voxel that the grid names is the one whose number stands there: voxels are numbered in the order of the file.
#[test]
fn a_grid_says_where_every_pixel_is_stored() {
    for name in ["affine_oblique_sagittal.nii.gz", "affine_ira.nii", "affine_ras.nii", "times.nii.gz", "space_las.nrrd"]
    {
        let bytes = bytes(name);
        let mut opened = opened(name, &bytes);
        let grid = opened.facts().grid.clone().unwrap();
        let [columns, rows, slices] = grid.extent;
        for frame in 0..opened.count() {
            let image = opened.frame(frame).unwrap();
            for (x, y) in (0..image.height()).flat_map(|y| (0..image.width()).map(move |x| (x, y))) {
                let [i, j, k, time] = grid.voxel(frame, x, y).unwrap();
                let number = i + columns * (j + rows * (k + slices * time));
                assert_eq!(image.samples().get(y * image.width() + x), Some(number as f32), "{name}");
                assert_eq!(grid.place([i, j, k, time]), Some((frame, x, y)), "{name}");
            }
        }
    }
}

fn labels_of(opened: &mut Opened<'_>) -> Vec<Vec<u16>> {
    let labels = |image: Image| samples(&image).1.iter().map(|&sample| sample as u16).collect();
    (0..opened.count()).map(|frame| labels(opened.frame(frame).unwrap())).collect()
}

/// What is written is, but for the description, the file that nibabel wrote.
#[test]
fn labels_are_written_where_nibabel_writes_them() {
    for name in ["labels.nii", "labels16.nii"] {
        let expected = bytes(name);
        let mut opened = opened(name, &expected);
        let labels = labels_of(&mut opened);
        let grid = opened.facts().grid.clone().unwrap();
        let written = write_nifti_labels(&grid, &labels, false).unwrap();
        // Shape, type, voxel sizes, place of the data, units, both affines, magic, and all labels.
        for field in [0..4, 40..56, 70..74, 80..92, 108..112, 123..124, 252..328, 344..expected.len()] {
            assert_eq!(written[field.clone()], expected[field.clone()], "{name}, bytes {field:?}");
        }
        assert_eq!(written.len(), expected.len());
        let compressed = write_nifti_labels(&grid, &labels, true).unwrap();
        let mut again = open("again.nii.gz", Box::new(Cursor::new(compressed)), Limits::default()).unwrap();
        assert_eq!(labels_of(&mut again), labels);
        // The handedness stands in the file as 1 or -1 and means the same.
        assert_eq!(again.facts().grid.clone().unwrap().affine, grid.affine);
    }
}

#[test]
fn labels_on_a_scan_come_back_on_the_same_grid() {
    for name in
        ["itk.nrrd", "times.nii.gz", "qform.nii", "neither.nii", "unit_micron.nii", "version2_big_endian.nii.gz"]
    {
        let bytes = bytes(name);
        let opened = opened(name, &bytes);
        let grid = opened.facts().grid.clone().unwrap();
        let size = grid.width() * grid.height();
        let labels: Vec<Vec<u16>> =
            (0..opened.count()).map(|frame| (0..size).map(|pixel| (pixel * 7 + frame) as u16 % 9).collect()).collect();
        let written = write_nifti_labels(&grid, &labels, false).unwrap();
        let mut again = open("mask.nii", Box::new(Cursor::new(written)), Limits::default()).unwrap();
        assert_eq!(labels_of(&mut again), labels, "{name}");
        let mask = again.facts().grid.clone().unwrap();
        assert_eq!(
            (mask.axes, mask.flipped, mask.extent, mask.times),
            (grid.axes, grid.flipped, grid.extent, grid.times)
        );
        for (found, expected) in mask.affine.iter().flatten().zip(grid.affine.iter().flatten()) {
            assert!((found - expected).abs() <= 1e-5 * expected.abs().max(1.0), "{name}: {found} {expected}");
        }
    }
}

#[test]
fn labels_that_are_not_those_of_the_grid_are_refused() {
    let bytes = bytes("labels.nii");
    let grid = opened("labels.nii", &bytes).facts().grid.clone().unwrap();
    let message = |frames: &[Vec<u16>]| write_nifti_labels(&grid, frames, false).unwrap_err().to_string();
    let count = grid.frames();
    assert_eq!(message(&[]), format!("the volume has {count} frames, and 0 were given"));
    let (width, height) = (grid.width(), grid.height());
    let expected = format!("frame 0 has 2 labels, and {width} x {height} were expected");
    assert_eq!(message(&vec![vec![0; 2]; count]), expected);
}

#[test]
fn what_is_not_read_is_named() {
    let message = |name: &str| decode_image(name, &bytes(name)).unwrap_err().to_string();
    let nifti = "is a NIfTI image of a kind that is not read here";
    for name in ["pair.hdr", "analyze.hdr"] {
        let expected = format!(
            "{name} {nifti}: it is the header of a pair, and its pixels are in a second file (.img); save both as one .nii"
        );
        assert_eq!(message(name), expected);
    }
    assert_eq!(
        message("pair.img"),
        format!("pair.img {nifti}: it holds the pixels of a pair without their header (.hdr); save both as one .nii")
    );
    assert_eq!(
        message("detached.nhdr"),
        "detached.nhdr is a NRRD image of a kind that is not read here: its header stands alone and its data are in another \
         file; save both as one .nrrd"
    );
    let numpy = "is a NumPy image of a kind that is not read here";
    assert_eq!(message("objects.npy"), format!("objects.npy {numpy}: it holds objects of Python, not numbers"));
    assert_eq!(message("complex.npy"), format!("complex.npy {numpy}: its numbers are complex"));
    assert_eq!(message("records.npy"), format!("records.npy {numpy}: its numbers are records of several fields"));
}

#[test]
fn pixels_that_are_no_number_have_no_value() {
    let (bytes, limits) = (bytes("heat.npy"), Limits::default());
    let image = open("heat.npy", Box::new(Cursor::new(&bytes)), limits).unwrap().frame(0).unwrap();
    // The script puts an infinity in the first place and NaN in the seventh; the lowest number is that of the second.
    assert_eq!(image.missing(), [0..1, 6..7]);
    let lowest = (2.0 / 11.0 - 1.0) as f32;
    assert_eq!([0, 1, 6].map(|place| image.samples().get(place)), [Some(lowest); 3]);
    assert_eq!(display_rgba(&image).chunks(4).map(|pixel| pixel[0]).filter(|&shade| shade == 0).count(), 3);
}

#[test]
fn arrays_keep_what_is_no_number() {
    let read = |name: &str| read_array(name, &bytes(name), Limits::default()).unwrap();
    let plain = read("heat.npy");
    let zipped = read("heat.npz");
    assert_eq!((plain.len(), plain[0].name.as_str(), plain[0].shape.as_slice()), (1, "", [3, 4].as_slice()));
    assert_eq!((zipped.len(), zipped[0].name.as_str(), zipped[1].name.as_str()), (2, "heat", "point"));
    assert_eq!((zipped[1].shape.len(), zipped[1].values.as_slice()), (0, [2.5].as_slice()));
    for array in [&plain[0], &zipped[0]] {
        for (index, &value) in array.values.iter().enumerate() {
            match index {
                0 => assert_eq!(value, f64::INFINITY),
                6 => assert!(value.is_nan()),
                _ => assert!((value - (index as f64 * 2.0 / 11.0 - 1.0)).abs() < 1e-12, "{index}: {value}"),
            }
        }
    }
}

#[test]
fn arrays_beyond_the_limit_are_refused() {
    let limits = Limits { pixels: 100, bytes: 8 * 11 };
    for name in ["heat.npy", "heat.npz"] {
        let error = read_array(name, &bytes(name), limits).unwrap_err();
        assert!(error.to_string().ends_with("more than the 11 that are left to be read"), "{error}");
    }
}

/// What label maps need: the numbers themselves, whatever a screen shows of them.
#[test]
fn labels_are_neither_coloured_nor_stretched_nor_inverted() {
    let read = |name: &str| {
        let bytes = bytes(name);
        let mut opened = opened(name, &bytes);
        let (shown, labels) = (opened.frame(0).unwrap(), opened.labels(0).unwrap());
        (samples(&shown).1, samples(&labels.image).1, labels.are_indices, labels.is_inverted)
    };
    let (shown, grey, are_indices, is_inverted) = read("grey4.tif");
    assert_eq!(shown, grey.iter().map(|value| value * 17.0).collect::<Vec<f32>>());
    assert!(!are_indices && !is_inverted && grey.contains(&1.0));
    for name in ["palette8.tif", "palette_lzw.tif"] {
        let (shown, indices, are_indices, _) = read(name);
        assert_eq!((shown.len(), indices, are_indices), (3 * grey.len(), grey.clone(), true), "{name}");
    }
    let (shown, bits, _, is_inverted) = read("bilevel_white_is_zero.tif");
    assert_eq!(shown, bits.iter().map(|bit| 255.0 - 255.0 * bit).collect::<Vec<f32>>());
    assert!(is_inverted && bits == read("bilevel.tif").1);
    let (shown, values, _, is_inverted) = read("tiles_white_is_zero.tif");
    assert_eq!(shown, values.iter().map(|value| 255.0 - value).collect::<Vec<f32>>());
    assert!(is_inverted);
    // A bitmap of one bit stays what it shows, which is no reason to end.
    assert_eq!(read("bilevel.bmp").0, read("bilevel.bmp").1);
}
