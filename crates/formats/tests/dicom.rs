//! Segmentations of highdicom and structure sets of pydicom (`tests/reference/dicom`), and segmentations of our own.
#![cfg(feature = "full")]
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::{Path, PathBuf};

use groundglass_formats::dicom::{
    Code, ContourKind, DicomError, ImageReference, NewFrame, NewSegment, ObjectKind, Plane, SegmentationRecord,
    SourceImage, contour_mask, object_kind, read_segmentation, read_structures, write_segmentation,
};
use groundglass_imaging::dicom::attribute::{DIMENSION_INDEX_VALUES, FRAME_CONTENT_SEQUENCE, PER_FRAME_GROUPS};
use groundglass_imaging::dicom::read_object;
use groundglass_imaging::{Facts, Limits, open};
use groundglass_types::Mask;
use proptest::prelude::*;
use serde_json::Value;

const WIDTH: usize = 16;
const HEIGHT: usize = 12;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/dicom/objects")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn source(bytes: &[u8]) -> Box<Cursor<&[u8]>> {
    Box::new(Cursor::new(bytes))
}

fn said(name: &str) -> Value {
    serde_json::from_slice::<Value>(&bytes("objects.json")).unwrap()[name].clone()
}

fn pixels(mask: &Mask) -> String {
    mask.to_row_major().iter().map(|pixel| if *pixel == 1 { '1' } else { '0' }).collect()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[test]
fn segmentations_of_highdicom_are_read_frame_by_frame() {
    for name in ["seg_binary.dcm", "seg_fractional.dcm", "seg_labelmap.dcm"] {
        let file = bytes(name);
        let read = read_segmentation(name, source(&file), Limits::default()).unwrap();
        assert_eq!(read.problems, [], "{name}");
        assert_eq!(read.size, (WIDTH, HEIGHT));
        assert_eq!(read.referenced_series.as_deref(), Some("1.2.826.0.1.3680043.8.498.7.3"), "{name}");
        assert_eq!(read.frame_of_reference.as_deref(), Some("1.2.826.0.1.3680043.8.498.7.4"), "{name}");
        // A label map may tell of its background, too.
        let segments: Vec<_> = read.segments.iter().filter(|segment| segment.number > 0).collect();
        let [nodule, vessel] = segments[..] else { panic!("{name} has {} segments", segments.len()) };
        assert_eq!((nodule.number, nodule.label.as_str()), (1, "nodule \u{c4}"));
        assert_eq!(nodule.property.as_deref(), Some("Nodule"));
        assert_eq!(nodule.category.as_deref(), Some("Morphologically Abnormal Structure"));
        assert_eq!(
            (nodule.algorithm_type.as_deref(), nodule.algorithm_name.as_deref()),
            (Some("AUTOMATIC"), Some("detector"))
        );
        assert_eq!((vessel.label.as_str(), vessel.algorithm_name.as_deref()), ("vessel", None));

        let mut found: Vec<_> = read.frames.iter().collect();
        found.sort_by_key(|frame| (frame.segment, frame.references.clone()));
        let said = said(name);
        let said = said["frames"].as_array().unwrap();
        assert_eq!(found.len(), said.len(), "{name}");
        for (frame, said) in found.iter().zip(said) {
            assert_eq!(u64::from(frame.segment), said["segment"].as_u64().unwrap(), "{name}");
            assert_eq!(named(&frame.references), said["instance"].as_str(), "{name}");
            assert_eq!(frame.position.unwrap().to_vec(), floats(&said["position"]), "{name}");
            assert_eq!(pixels(&frame.mask), said["pixels"].as_str().unwrap(), "{name}, frame {}", frame.frame_number);
        }
    }
}

/// The one image that is named.
fn named(references: &[ImageReference]) -> Option<&str> {
    assert!(references.len() < 2);
    references.first().map(|image| image.instance.as_str())
}

fn facts(name: &str) -> Facts {
    let file = bytes(name);
    open(name, source(&file), Limits::default()).unwrap().facts().clone()
}

#[test]
fn contours_come_to_the_pixels_they_were_drawn_at() {
    let file = bytes("rtstruct.dcm");
    let read = read_structures("rtstruct.dcm", source(&file), Limits::default()).unwrap();
    assert_eq!((read.label.as_deref(), read.problems.as_slice()), (Some("plan"), &[][..]));
    let said = said("rtstruct.dcm");
    let said = said["rois"].as_array().unwrap();
    assert_eq!(read.rois.len(), said.len());
    for (roi, said) in read.rois.iter().zip(said) {
        assert_eq!((Some(roi.number), Some(roi.name.as_str())), (said["number"].as_i64(), said["name"].as_str()));
        assert_eq!(roi.frame_of_reference.as_deref(), Some("1.2.826.0.1.3680043.8.498.7.4"));
        let contours = said["contours"].as_array().unwrap();
        assert_eq!(roi.contours.len(), contours.len());
        for (contour, said) in roi.contours.iter().zip(contours) {
            assert_eq!(named(&contour.references), said["instance"].as_str());
            let kind = if said["kind"] == "POINT" { ContourKind::Points } else { ContourKind::Closed };
            assert_eq!(contour.kind, kind);
            let plane = Plane::of(&facts(&format!("ct{}.dcm", said["slice"].as_u64().unwrap() + 1)), 0).unwrap();
            for (&point, pixel) in contour.points.iter().zip(said["pixels"].as_array().unwrap()) {
                let ([x, y], off) = plane.project(point);
                let pixel = floats(pixel);
                assert!((x - pixel[0]).abs() < 1e-6 && (y - pixel[1]).abs() < 1e-6 && off < 1e-6, "{x} {y} {off}");
            }
        }
    }
    // A rectangle of 7 x 5 whole pixels, save for the rounding of its corners, and a hole in none.
    let plane = Plane::of(&facts("ct1.dcm"), 0).unwrap();
    let mask = contour_mask(&read.rois[0].contours[..1], &plane, (WIDTH, HEIGHT)).unwrap().mask;
    assert_eq!(mask, Mask::from_fn(WIDTH, HEIGHT, |x, y| (2..9).contains(&x) && (3..8).contains(&y)).unwrap());
}

#[test]
fn kinds_are_told_apart() {
    let kind = |name: &str| object_kind(name, source(&bytes(name)), Limits::default()).unwrap();
    assert_eq!(kind("ct1.dcm"), ObjectKind::Image);
    assert_eq!(kind("seg_binary.dcm"), ObjectKind::Segmentation);
    assert_eq!(kind("seg_labelmap.dcm"), ObjectKind::Segmentation);
    assert_eq!(kind("rtstruct.dcm"), ObjectKind::StructureSet);
    let error = read_segmentation("ct1.dcm", source(&bytes("ct1.dcm")), Limits::default()).unwrap_err();
    assert_eq!(error.to_string(), "ct1.dcm is not a DICOM segmentation: its SOP class is 1.2.840.10008.5.1.4.1.1.2");
    assert_eq!((error.kind(), error.file()), ("other_object", "ct1.dcm"));
}

fn sources() -> Vec<SourceImage> {
    (1..=3)
        .map(|number| {
            let name = format!("ct{number}.dcm");
            let file = bytes(&name);
            SourceImage::of(&read_object(&name, source(&file), Limits::default()).unwrap(), 0).unwrap()
        })
        .collect()
}

fn segments() -> Vec<NewSegment> {
    let segment = |label: &str, algorithm: Option<&str>| NewSegment {
        label: label.to_owned(),
        category: Code::abnormal_structure(),
        property: Code::lesion(),
        algorithm: algorithm.map(str::to_owned),
    };
    vec![segment("nodule \u{c4}", Some("phantom detector")), segment("vessel", None)]
}

fn record() -> SegmentationRecord {
    SegmentationRecord {
        description: "Findings".to_owned(),
        software: ("Groundglass".to_owned(), "0.1.0".to_owned()),
        moment: ("20260203".to_owned(), "040506".to_owned()),
    }
}

/// The masks of highdicom's binary segmentation as (segment, slice, mask), counted from 0.
fn masks() -> Vec<(usize, usize, Mask)> {
    let said = said("seg_binary.dcm");
    let masks = said["frames"].as_array().unwrap().iter().map(|frame| {
        let inside: Vec<u8> = frame["pixels"].as_str().unwrap().bytes().map(|byte| byte - b'0').collect();
        let slice: usize = frame["instance"].as_str().unwrap().rsplit('.').next().unwrap().parse().unwrap();
        let mask = Mask::from_row_major(WIDTH, HEIGHT, &inside).unwrap();
        (frame["segment"].as_u64().unwrap() as usize - 1, slice - 1, mask)
    });
    masks.collect()
}

fn written(masks: &[(usize, usize, Mask)]) -> Result<Vec<u8>, DicomError> {
    let frames: Vec<NewFrame<'_>> =
        masks.iter().map(|(segment, source, mask)| NewFrame { segment: *segment, source: *source, mask }).collect();
    write_segmentation("written.dcm", &sources(), &segments(), &frames, &record())
}

/// The committed file is what `tests/reference/dicom/check_written.py` has highdicom read. With
/// `GROUNDGLASS_WRITE_GOLDENS` set it is written anew.
#[test]
fn what_is_written_is_the_file_that_highdicom_was_given() {
    let file = written(&masks()).unwrap();
    if std::env::var_os("GROUNDGLASS_WRITE_GOLDENS").is_some() {
        std::fs::write(folder().join("written.dcm"), &file).unwrap();
    }
    assert!(file == bytes("written.dcm"), "the writer has changed: write written.dcm anew and run check_written.py");
}

#[test]
fn what_is_written_is_read_back() {
    let masks = masks();
    let file = written(&masks).unwrap();
    let read = read_segmentation("written.dcm", source(&file), Limits::default()).unwrap();
    assert_eq!(read.problems, []);
    let labels: Vec<&str> = read.segments.iter().map(|segment| segment.label.as_str()).collect();
    assert_eq!(labels, ["nodule \u{c4}", "vessel"]);
    assert_eq!(read.segments[0].algorithm_name.as_deref(), Some("phantom detector"));
    let sources = sources();
    assert_eq!(read.frames.len(), masks.len());
    for (frame, (segment, slice, mask)) in read.frames.iter().zip(&masks) {
        assert_eq!(frame.segment as usize, segment + 1);
        assert_eq!(named(&frame.references), Some(sources[*slice].instance.as_str()));
        assert_eq!(frame.position, sources[*slice].position);
        assert_eq!(&frame.mask, mask);
    }
    // It opens as a stack of images, too.
    let opened = open("written.dcm", source(&file), Limits::default()).unwrap();
    assert_eq!(opened.count(), masks.len());
    assert_eq!(opened.facts().spacing, Some([0.75, 0.5]));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let detail = |masks: &[(usize, usize, Mask)]| written(masks).unwrap_err().to_string();
    let empty = Mask::from_fn(WIDTH, HEIGHT, |_, _| false).unwrap();
    assert_eq!(detail(&[(0, 0, empty)]), "written.dcm cannot be written: none of its masks has a pixel");
    let full = Mask::from_fn(WIDTH, HEIGHT, |_, _| true).unwrap();
    assert!(detail(&[(0, 7, full.clone())]).contains("segment 1 of image 8, which is not given"));
    assert!(detail(&[(2, 0, full)]).contains("segment 3 of image 1, which is not given"));
    let small = Mask::from_fn(4, 4, |_, _| true).unwrap();
    assert!(detail(&[(0, 0, small)]).contains("found 4 x 4 on an image of 16 x 12"));
}

#[test]
fn a_broken_contour_costs_no_other() {
    // The first number of the first contour becomes no number.
    let mut file = bytes("rtstruct.dcm");
    let at = file.windows(4).position(|window| window == b"\x06\x30\x50\x00").unwrap();
    file[at + 9] = b'?';
    let read = read_structures("rs.dcm", source(&file), Limits::default()).unwrap();
    assert_eq!(read.rois[0].contours.len(), 1);
    assert_eq!(read.rois[1].contours.len(), 1);
    assert_eq!(read.problems[0].message, "rs.dcm: contour 1 of tumour: its coordinate 1 is no number");
}

fn exhaust(bytes: &[u8]) {
    let limits = Limits { pixels: 1 << 20, bytes: 1 << 23 };
    let _ = object_kind("x.dcm", source(bytes), limits);
    let _ = read_segmentation("x.dcm", source(bytes), limits);
    if let Ok(read) = read_structures("x.dcm", source(bytes), limits) {
        let plane = Plane { position: [0.0; 3], orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], spacing: [1.0, 1.0] };
        for roi in &read.rois {
            contour_mask(&roi.contours, &plane, (40, 30)).unwrap();
            let _ = roi.contours.iter().filter(|contour| plane.holds(&contour.points)).count();
        }
    }
}

const OBJECTS: [&str; 6] = [
    "seg_binary.dcm",
    "seg_fractional.dcm",
    "seg_labelmap.dcm",
    "rtstruct.dcm",
    "rtstruct_loose.dcm",
    "rtstruct_astray.dcm",
];

#[test]
fn objects_cut_short_anywhere_end_in_what_can_be_read() {
    for name in OBJECTS {
        let whole = bytes(name);
        (0..whole.len()).step_by(3).for_each(|length| exhaust(&whole[..length]));
    }
}

proptest! {
    #[test]
    fn mutated_objects_never_panic(
        choice in 0..OBJECTS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut file = bytes(OBJECTS[choice]);
        for (place, value) in changes {
            let place = place.index(file.len());
            file[place] = value;
        }
        exhaust(&file);
    }

    #[test]
    fn any_masks_are_read_back(
        drawn in proptest::collection::vec((0..2_usize, 0..3_usize, proptest::collection::vec(0..2_u8, WIDTH * HEIGHT)), 1..5),
    ) {
        let mut masks: Vec<(usize, usize, Mask)> = drawn
            .iter()
            .map(|(segment, slice, pixels)| (*segment, *slice, Mask::from_row_major(WIDTH, HEIGHT, pixels).unwrap()))
            .filter(|(_, _, mask)| mask.area() > 0)
            .collect();
        prop_assume!(!masks.is_empty());
        let file = written(&masks).unwrap();
        let read = read_segmentation("x.dcm", source(&file), Limits::default()).unwrap();
        masks.sort_by_key(|(segment, slice, _)| (*segment, *slice));
        let found: Vec<Mask> = read.frames.into_iter().map(|frame| frame.mask).collect();
        prop_assert_eq!(found, masks.into_iter().map(|(_, _, mask)| mask).collect::<Vec<_>>());
    }
}

#[test]
fn an_image_without_a_mask_is_listed() {
    let masks: Vec<_> = masks().into_iter().filter(|(_, source, _)| *source == 0).collect();
    let file = written(&masks).unwrap();
    let read = read_segmentation("written.dcm", source(&file), Limits::default()).unwrap();
    let listed: Vec<_> = read.referenced_instances.into_iter().collect();
    assert_eq!(listed, sources().into_iter().map(|source| source.instance).collect::<Vec<_>>());
}

#[test]
fn positions_are_numbered_by_their_place() {
    let full = Mask::from_fn(WIDTH, HEIGHT, |_, _| true).unwrap();
    // The images in an order that is not that of their places.
    let mut sources = sources();
    sources.rotate_left(1);
    let mut depths: Vec<_> = sources.iter().map(|source| source.position.unwrap()[2]).collect();
    let frames: Vec<_> = (0..3).map(|source| NewFrame { segment: 0, source, mask: &full }).collect();
    let file = write_segmentation("written.dcm", &sources, &segments(), &frames, &record()).unwrap();
    let object = read_object("written.dcm", source(&file), Limits::default()).unwrap();
    let groups = object.data_set.items(PER_FRAME_GROUPS);
    let numbers: Vec<_> = groups
        .iter()
        .map(|group| group.item(FRAME_CONTENT_SEQUENCE).unwrap().numbers(DIMENSION_INDEX_VALUES)[1] as usize)
        .collect();
    let given = depths.clone();
    depths.sort_by(f64::total_cmp);
    let expected: Vec<_> =
        given.iter().map(|depth| depths.iter().position(|other| other == depth).unwrap() + 1).collect();
    assert_eq!(numbers, expected);
    assert_ne!(numbers, [1, 2, 3]);
}

#[test]
fn images_that_lie_differently_are_of_different_segmentations() {
    let full = Mask::from_fn(WIDTH, HEIGHT, |_, _| true).unwrap();
    let turns: [fn(&mut SourceImage); 4] = [
        |source| source.orientation = Some([0.0, 1.0, 0.0, 0.0, 0.0, -1.0]),
        |source| source.spacing = Some([0.8, 0.9]),
        |source| source.thickness = Some(7.0),
        |source| source.position = None,
    ];
    for turn in turns {
        let mut sources = sources();
        turn(&mut sources[1]);
        assert_ne!(sources[0].geometry(), sources[1].geometry());
        let frames = [0, 1].map(|source| NewFrame { segment: 0, source, mask: &full });
        let error = write_segmentation("written.dcm", &sources, &segments(), &frames, &record()).unwrap_err();
        assert!(error.to_string().contains("do not lie alike in space"), "{error}");
    }
}
