//! DICOM SEG: a binary segmentation for each series of DICOM images that cases came from, which names each image that it
//! lies on, and takes patient, study and place from them.

use std::collections::{HashMap, VecDeque};

use groundglass_imaging::Limits;
use groundglass_imaging::dicom::read_object;

use crate::dicom::{Code, NewFrame, NewSegment, SegmentationRecord, SourceImage, write_segmentation};
use crate::write::{AnnotationWriter, ImageKinds, Means, Side, Writing, WrittenCase, WrittenCases, put};
use crate::writers::layers::{Layers, origin};
use crate::writers::lost::Lost;
use crate::writers::paths::Names;
use crate::writers::regions::regions;
use crate::{FormatError, Problem};

/// Segmentations.
pub struct DicomSeg;

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

    fn begin(&self, cases: &dyn WrittenCases, side: Side) -> Box<dyn Writing> {
        // Each case is met twice: when its image is read, and when its series is written.
        let total = 2 * cases.count();
        let (names, lost) = (Names::default(), Lost::default());
        let (found, places) = (VecDeque::new(), HashMap::new());
        Box::new(Segmentations { side, next: 0, written: 0, total, found, places, names, lost })
    }
}

/// A series: its UID, the size of its images, and its study.
type SeriesKey = (String, (usize, usize), Option<String>);

/// The images of one series with what is on them.
struct Series {
    first: String,
    sources: Vec<SourceImage>,
    layers: Layers,
    frames: Vec<Frame>,
}

/// A mask of a series.
struct Frame {
    layer: usize,
    /// Its image's place in the series.
    source: usize,
    /// The place of its case, and its own among the case's regions.
    mask: (usize, usize),
}

/// The cases of a file a step, and then a series a step.
struct Segmentations {
    side: Side,
    next: usize,
    /// How many cases' series are done.
    written: usize,
    total: usize,
    found: VecDeque<Series>,
    /// Where each of them stands.
    places: HashMap<SeriesKey, usize>,
    names: Names,
    lost: Lost,
}

impl Writing for Segmentations {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        let cases = means.cases;
        if let Some(case) = cases.case(self.next) {
            self.read(origin(&case).0, means);
            return Ok(true);
        }
        match self.found.pop_front() {
            None => Ok(false),
            Some(series) => {
                self.written += series.sources.len();
                self.write(&series, means)?;
                Ok(true)
            }
        }
    }

    fn done(&self) -> usize {
        self.next + self.written
    }

    fn total(&self) -> usize {
        self.total
    }

    fn problems(&self) -> Vec<Problem> {
        self.lost.problems(DicomSeg.name())
    }
}

impl Segmentations {
    /// Reads a file, and takes the cases that follow each other in it.
    fn read(&mut self, file: &str, means: &mut Means<'_, '_>) {
        let cases = means.cases;
        let source = (means.originals)(file).ok();
        let object = source.and_then(|source| read_object(file, source, Limits::default()).ok());
        while let Some(case) = cases.case(self.next) {
            let (same, frame) = origin(&case);
            if same != file {
                break;
            }
            let source = object.as_ref().and_then(|object| SourceImage::of(object, frame));
            match source.filter(|source| source.size == (case.case.width, case.case.height)) {
                Some(source) => self.take(file, &case, source),
                None => {
                    self.lost.count(NOT_OF_DICOM, true);
                    self.written += 1;
                }
            }
            self.next += 1;
        }
    }

    /// Puts a case into the series of its image.
    fn take(&mut self, file: &str, case: &WrittenCase<'_>, image: SourceImage) {
        let key = (image.series.clone(), image.size, image.study().map(str::to_owned));
        let place = *self.places.entry(key).or_insert(self.found.len());
        if place == self.found.len() {
            let (sources, layers, frames) = (Vec::new(), Layers::default(), Vec::new());
            self.found.push_back(Series { first: file.to_owned(), sources, layers, frames });
        }
        let Some(series) = self.found.get_mut(place) else { return };
        let source = series.sources.len();
        series.sources.push(image);
        let masks = series.layers.of(case, self.side, &mut self.lost).unwrap_or_default();
        let frames = masks.into_iter().map(|masked| {
            let mask = (self.next, masked.place);
            Frame { layer: masked.layer, source, mask }
        });
        series.frames.extend(frames);
    }

    /// Writes a series, unless nothing is on it.
    fn write(&mut self, series: &Series, means: &mut Means<'_, '_>) -> Result<(), FormatError> {
        let Series { first, sources, layers, frames } = series;
        let path = format!("{}.dcm", self.names.of("segmentations", first));
        // What is empty cannot be said by a segmentation.
        if frames.is_empty() {
            sources.iter().for_each(|_| self.lost.count("images on which nothing is", true));
            return Ok(());
        }
        let segment = |label: &String| NewSegment {
            label: label.clone(),
            category: Code::abnormal_structure(),
            property: Code::lesion(),
            algorithm: (self.side == Side::Findings).then(|| "unknown model".to_owned()),
        };
        let segments: Vec<NewSegment> = layers.labels().iter().map(segment).collect();
        for label in layers.labels() {
            self.lost.count("more than 64 characters of a class", label.chars().count() > 64);
        }
        let frame = |&Frame { layer, source, mask: (case, place) }: &Frame| {
            let regions = regions(&means.cases.case(case)?, self.side)?;
            let mask = regions.get(place)?.region.mask.as_ref()?;
            Some(NewFrame { segment: layer, source, mask })
        };
        let drawn: Vec<NewFrame<'_>> = frames.iter().filter_map(frame).collect();
        let record = SegmentationRecord {
            description: if self.side == Side::Truth { "Truth" } else { "Predictions" }.to_owned(),
            software: ("Groundglass".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
            // Not the clock's, so that the same input gives the same bytes.
            moment: sources.first().map(SourceImage::study_moment).unwrap_or_default(),
        };
        let bytes = write_segmentation(&path, sources, &segments, &drawn, &record)
            .map_err(|error| FormatError::Object { file: path.clone(), detail: error.to_string() })?;
        put(means.sink, &path, &bytes)
    }
}
