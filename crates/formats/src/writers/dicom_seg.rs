//! DICOM SEG: a binary segmentation for each series of DICOM images that cases came from, which names each image that it
//! lies on, and takes patient, study and place from them.

use groundglass_imaging::Limits;
use groundglass_imaging::dicom::{Object, read_object};
use groundglass_types::Mask;

use crate::dicom::{Code, NewFrame, NewSegment, SegmentationRecord, SourceImage, write_segmentation};
use crate::write::{AnnotationWriter, ImageKinds, Originals, Side, Sink, WrittenCase, no_originals};
use crate::writers::layers::{Layers, origin};
use crate::writers::lost::Lost;
use crate::writers::paths::Names;
use crate::{FormatError, Problem};

/// Segmentations.
pub struct DicomSeg;

/// The images of one series with what is on them.
struct Series<'a> {
    first: &'a str,
    sources: Vec<SourceImage>,
    layers: Layers<'a>,
    /// Layer, source, mask.
    frames: Vec<(usize, usize, &'a Mask)>,
}

const NOT_OF_DICOM: &str = "cases whose image is no DICOM image that says what it is";

impl AnnotationWriter for DicomSeg {
    fn id(&self) -> &'static str {
        "dicom_seg"
    }

    fn name(&self) -> &'static str {
        "segmentations (DICOM SEG)"
    }

    fn needs_images(&self) -> bool {
        true
    }

    fn why_not(&self, images: ImageKinds) -> Option<&'static str> {
        (!images.dicom).then_some("It is drawn on DICOM images, and none of these images is one.")
    }

    fn write(&self, cases: &[WrittenCase<'_>], side: Side, sink: &mut Sink<'_>) -> Result<Vec<Problem>, FormatError> {
        self.write_on(cases, side, &mut no_originals, sink)
    }

    fn write_on(
        &self,
        cases: &[WrittenCase<'_>],
        side: Side,
        originals: &mut Originals<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<Vec<Problem>, FormatError> {
        let (mut lost, mut names) = (Lost::default(), Names::default());
        let mut all: Vec<Series<'_>> = Vec::new();
        let mut opened: Option<(&str, Object<'_>)> = None;
        for case in cases {
            let (file, frame) = origin(case);
            if opened.as_ref().is_none_or(|(known, _)| *known != file) {
                let read = originals(file).ok().and_then(|source| read_object(file, source, Limits::default()).ok());
                opened = read.map(|object| (file, object));
            }
            let source = opened.as_ref().and_then(|(_, object)| SourceImage::of(object, frame));
            let Some(source) = source.filter(|source| source.size == (case.case.width, case.case.height)) else {
                lost.count(NOT_OF_DICOM, true);
                continue;
            };
            let same = |series: &&mut Series<'_>| {
                series.sources.first().is_some_and(|first| {
                    (&first.series, first.size, first.study()) == (&source.series, source.size, source.study())
                })
            };
            let series = match all.iter_mut().find(same) {
                Some(series) => series,
                None => {
                    let (sources, layers, frames) = (Vec::new(), Layers::default(), Vec::new());
                    all.push(Series { first: file, sources, layers, frames });
                    let Some(series) = all.last_mut() else { continue };
                    series
                }
            };
            let place = series.sources.len();
            series.sources.push(source);
            let Some(masks) = series.layers.of(case, side, &mut lost) else { continue };
            series.frames.extend(masks.into_iter().map(|(layer, mask)| (layer, place, mask)));
        }
        for Series { first, sources, layers, frames } in all {
            let path = format!("{}.dcm", names.of("segmentations", first));
            // What is empty cannot be said by a segmentation.
            if frames.is_empty() {
                sources.iter().for_each(|_| lost.count("images on which nothing is", true));
                continue;
            }
            let segment = |label: &&str| NewSegment {
                label: (*label).to_owned(),
                category: Code::abnormal_structure(),
                property: Code::lesion(),
                algorithm: (side == Side::Findings).then(|| "unknown model".to_owned()),
            };
            for label in layers.labels() {
                lost.count("more than 64 characters of a class", label.chars().count() > 64);
            }
            let segments: Vec<NewSegment> = layers.labels().iter().map(segment).collect();
            let frames: Vec<NewFrame<'_>> =
                frames.into_iter().map(|(segment, source, mask)| NewFrame { segment, source, mask }).collect();
            let record = SegmentationRecord {
                description: if side == Side::Truth { "Truth" } else { "Predictions" }.to_owned(),
                software: ("Groundglass".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
                // Not the clock's, so that the same input gives the same bytes.
                moment: sources.first().map(SourceImage::study_moment).unwrap_or_default(),
            };
            let bytes = write_segmentation(&path, &sources, &segments, &frames, &record)
                .map_err(|error| FormatError::Object { file: path.clone(), detail: error.to_string() })?;
            sink(&path, bytes)?;
        }
        Ok(lost.into_problems(self.name()))
    }
}
