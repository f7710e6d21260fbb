//! Segmentations (SEG) to masks. Source: DICOM PS3.3 2024, C.8.20.

use std::collections::BTreeSet;
use std::sync::Arc;

use groundglass_imaging::dicom::attribute::*;
use groundglass_imaging::dicom::{DataSet, Stop, group, open_frames, read_object};
use groundglass_imaging::{Limits, Source};
use groundglass_types::{Image, Mask, Samples};

use super::error::DicomError;
use super::kind::ObjectKind;
use super::reference::ImageReference;
use crate::problem::{Problem, ProblemList};

/// What a segment stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number, from 1.
    pub number: u32,
    /// Its name.
    pub label: String,
    /// `MANUAL`, `SEMIAUTOMATIC` or `AUTOMATIC`.
    pub algorithm_type: Option<String>,
    /// What made it, where that was no person alone.
    pub algorithm_name: Option<String>,
    /// The meaning of the code for its category, `Morphologically Abnormal Structure` and the like.
    pub category: Option<String>,
    /// The meaning of the code for what it is, `Nodule` and the like.
    pub property: Option<String>,
}

/// The mask of one segment on one image.
#[derive(Clone, Debug, PartialEq)]
pub struct SegFrame {
    /// The number of its segment.
    pub segment: u32,
    /// The images that it was drawn on, where the file says so; of several it need lie on one only. Many frames may have
    /// the same.
    pub references: Arc<[ImageReference]>,
    /// Which frame of the segmentation, from 1.
    pub frame_number: u32,
    /// The centre of its top-left pixel in the patient, in millimetres (LPS).
    pub position: Option<[f64; 3]>,
    /// Unit vectors along a row, to the right, and along a column, downwards.
    pub orientation: Option<[f64; 6]>,
    /// Width and height of a pixel in millimetres.
    pub spacing: Option<[f64; 2]>,
    /// Its pixels.
    pub mask: Mask,
}

/// A segmentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    /// What the segments stand for, in the order of the file.
    pub segments: Vec<Segment>,
    /// The masks that are not empty, in the order of the file.
    pub frames: Vec<SegFrame>,
    /// Columns and rows of the masks.
    pub size: (usize, usize),
    /// The series that it was drawn on, by its UID.
    pub referenced_series: Option<String>,
    /// The SOP instance UIDs of all images that it was drawn on, also of those on which nothing is: frames without a pixel
    /// need not be written, while the images that were used are all listed (PS3.3, C.12.2).
    pub referenced_instances: BTreeSet<String>,
    /// The frame of reference of the positions, by its UID.
    pub frame_of_reference: Option<String>,
    /// What is wrong with single frames.
    pub problems: Vec<Problem>,
}

/// How samples say what is inside.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Coding {
    /// 1 is inside.
    Binary,
    /// From half of this value on it is inside: a probability, or a share of the pixel.
    Fractional(f32),
    /// The sample is the number of the segment.
    LabelMap,
}

/// What a frame says of itself.
struct FrameHeader {
    segment: Option<u32>,
    references: Arc<[ImageReference]>,
    position: Option<[f64; 3]>,
    orientation: Option<[f64; 6]>,
    spacing: Option<[f64; 2]>,
}

/// Reads a segmentation: binary, fractional (inside from half of the greatest value on), or a label map. A frame that
/// cannot be read is a problem, and the others are still read.
///
/// # Errors
/// [`DicomError`] where the file is no segmentation, or has no frame that can be read.
pub fn read_segmentation<'a>(
    file: &str,
    source: Box<dyn Source + 'a>,
    limits: Limits,
) -> Result<Segmentation, DicomError> {
    let object = read_object(file, source, limits)?;
    let data_set = &object.data_set;
    let other = |found: &str| DicomError::OtherKind {
        file: file.to_owned(),
        expected: "a DICOM segmentation",
        found: found.to_owned(),
    };
    if ObjectKind::of(data_set, true) != ObjectKind::Segmentation {
        return Err(other(&format!("its SOP class is {}", data_set.text(SOP_CLASS).unwrap_or_default())));
    }
    let coding = match data_set.first_text(SEGMENTATION_TYPE).as_deref() {
        Some("BINARY") | None => Coding::Binary,
        Some("FRACTIONAL") => Coding::Fractional(data_set.number(MAXIMUM_FRACTIONAL_VALUE).unwrap_or(255.0) as f32),
        Some("LABELMAP") => Coding::LabelMap,
        Some(kind) => return Err(other(&format!("its segmentation type is {kind}"))),
    };
    let segments: Vec<Segment> = data_set.items(SEGMENT_SEQUENCE).iter().filter_map(segment).collect();
    let referenced_series = data_set.item(REFERENCED_SERIES_SEQUENCE).and_then(|item| item.text(SERIES_INSTANCE));
    let frame_of_reference = data_set.text(FRAME_OF_REFERENCE);
    let listed = data_set.items(REFERENCED_SERIES_SEQUENCE).iter();
    let listed = listed.flat_map(|series| series.items(REFERENCED_INSTANCE_SEQUENCE));
    let listed = listed.filter_map(|instance| instance.text(REFERENCED_SOP_INSTANCE));
    let mut referenced_instances: BTreeSet<String> = listed.collect();
    let said = data_set.items(PER_FRAME_GROUPS).len().max(1);
    let shared: Arc<[ImageReference]> = shared_sources(data_set).into();
    let headers: Vec<FrameHeader> = (0..said).map(|index| frame_header(data_set, index, &shared)).collect();
    let own = headers.iter().filter(|header| !Arc::ptr_eq(&header.references, &shared));
    let named = own.flat_map(|header| header.references.iter()).chain(shared.iter());
    referenced_instances.extend(named.map(|image| image.instance.clone()));
    let mut problems = ProblemList::default();
    if let Some(Stop::Truncated(place)) = object.stop {
        problems.push("truncated files", file, format!("{file} is cut short: it ends at byte {place}"));
    }

    let mut opening = open_frames(file, object, limits)?;
    let mut frames = Vec::new();
    let mut size = None;
    for index in 0..opening.count {
        let number = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        let image = match opening.frames.read(index) {
            Ok(image) => image,
            Err(error) => {
                problems.push("frames that cannot be read", file, error.to_string());
                continue;
            }
        };
        size = Some((image.width(), image.height()));
        let Some(header) = headers.get(index) else {
            problems.push("frames of no segment", file, format!("{file}: frame {number} says nothing of itself"));
            continue;
        };
        let numbers = match (coding, header.segment) {
            (Coding::LabelMap, _) => labels(&image),
            (_, Some(segment)) => vec![segment],
            // A file of one segment need not repeat it.
            (_, None) => segments.iter().map(|segment| segment.number).take(1).collect(),
        };
        if numbers.is_empty() && coding != Coding::LabelMap {
            problems.push("frames of no segment", file, format!("{file}: frame {number} belongs to no segment"));
        }
        for segment in numbers {
            match mask(&image, coding, segment) {
                Some(mask) if mask.area() > 0 => frames.push(SegFrame {
                    segment,
                    references: Arc::clone(&header.references),
                    frame_number: number,
                    position: header.position,
                    orientation: header.orientation,
                    spacing: header.spacing,
                    mask,
                }),
                Some(_) => {}
                None => {
                    let message = format!("{file}: frame {number} is too large for a mask");
                    problems.push("frames that cannot be read", file, message);
                }
            }
        }
    }
    let problems = problems.into_problems();
    let Some(size) = size else {
        let why = problems.into_iter().next().map_or_else(|| "it has no frame".to_owned(), |problem| problem.message);
        return Err(other(&format!("none of its frames can be read ({why})")));
    };
    Ok(Segmentation { segments, frames, size, referenced_series, referenced_instances, frame_of_reference, problems })
}

fn segment(item: &DataSet) -> Option<Segment> {
    let number = u32::try_from(item.whole(SEGMENT_NUMBER)?).ok()?;
    let meaning = |sequence| item.item(sequence).and_then(|code: &DataSet| code.text(CODE_MEANING));
    Some(Segment {
        number,
        label: item.text(SEGMENT_LABEL).unwrap_or_else(|| format!("segment {number}")),
        algorithm_type: item.text(SEGMENT_ALGORITHM_TYPE),
        algorithm_name: item.text(SEGMENT_ALGORITHM_NAME),
        category: meaning(SEGMENTED_CATEGORY_SEQUENCE),
        property: meaning(SEGMENTED_PROPERTY_SEQUENCE),
    })
}

/// The images that a functional group says the frame was derived from.
fn sources(group: &DataSet) -> Vec<ImageReference> {
    let derived = group.items(DERIVATION_IMAGE_SEQUENCE).iter();
    ImageReference::all(derived.flat_map(|item| item.items(SOURCE_IMAGE_SEQUENCE)))
}

/// The images of all frames that name none themselves. Where no frame does, but the file refers to a single image, it is
/// that.
fn shared_sources(data_set: &DataSet) -> Vec<ImageReference> {
    let shared = data_set.item(SHARED_GROUPS).map(sources).unwrap_or_default();
    match data_set.items(REFERENCED_SERIES_SEQUENCE) {
        [series] if shared.is_empty() => match series.items(REFERENCED_INSTANCE_SEQUENCE) {
            only @ [_] => ImageReference::all(only),
            _ => shared,
        },
        _ => shared,
    }
}

fn frame_header(data_set: &DataSet, index: usize, shared: &Arc<[ImageReference]>) -> FrameHeader {
    let own = data_set.items(PER_FRAME_GROUPS).get(index).map(sources).unwrap_or_default();
    let whole = |number: i64| u32::try_from(number).ok();
    FrameHeader {
        segment: group(data_set, index, SEGMENT_IDENTIFICATION_SEQUENCE)
            .and_then(|item| item.whole(REFERENCED_SEGMENT_NUMBER))
            .and_then(whole),
        references: if own.is_empty() { Arc::clone(shared) } else { own.into() },
        position: group(data_set, index, PLANE_POSITION_SEQUENCE).and_then(|item| item.finite::<3>(POSITION)),
        orientation: group(data_set, index, PLANE_ORIENTATION_SEQUENCE).and_then(|item| item.finite::<6>(ORIENTATION)),
        // Between rows stands first, which is the height of a pixel.
        spacing: group(data_set, index, PIXEL_MEASURES_SEQUENCE)
            .and_then(|item| item.finite::<2>(PIXEL_SPACING))
            .map(|[height, width]| [width, height]),
    }
}

/// The numbers in a label map but 0, in order.
fn labels(image: &Image) -> Vec<u32> {
    let numbers: BTreeSet<u32> = match image.samples() {
        Samples::U8(samples) => samples.iter().map(|&sample| u32::from(sample)).collect(),
        Samples::U16(samples) => samples.iter().map(|&sample| u32::from(sample)).collect(),
        Samples::F32(_) => BTreeSet::new(),
    };
    numbers.into_iter().filter(|&number| number != 0).collect()
}

fn mask(image: &Image, coding: Coding, segment: u32) -> Option<Mask> {
    let (samples, width) = (image.samples(), image.width());
    let inside = |x: usize, y: usize| {
        let sample = samples.get(y * width + x).unwrap_or(0.0);
        match coding {
            Coding::Binary => sample != 0.0,
            Coding::Fractional(most) => sample > 0.0 && sample * 2.0 >= most,
            Coding::LabelMap => sample == segment as f32,
        }
    };
    Mask::from_fn(width, image.height(), inside).ok()
}
