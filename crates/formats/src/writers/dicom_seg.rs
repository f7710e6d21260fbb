//! DICOM SEG: a binary segmentation for each series of DICOM images that cases came from (and for each way in which its
//! images lie in space), which names each image that it lies on, lists all that somebody looked at, and takes patient, study
//! and place from them.

use std::collections::{HashMap, HashSet, VecDeque};

use groundglass_imaging::Limits;
use groundglass_imaging::dicom::read_object;

use crate::dicom::{Code, Geometry, NewFrame, NewSegment, SegmentationRecord, SourceImage, write_segmentation};
use crate::label_map::LABEL_MAP_LABEL;
use crate::write::{AnnotationWriter, ImageKinds, Means, Side, Writing, WrittenCase, WrittenCases, put};
use crate::writers::layers::{Layers, origin};
use crate::writers::lost::Lost;
use crate::writers::paths::{Names, below};
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
        let (names, lost) = (Names::default(), Lost::beside(cases));
        let (found, places) = (VecDeque::new(), HashMap::new());
        Box::new(Segmentations { side, next: 0, written: 0, total, found, places, names, lost })
    }
}

/// The images of one series that lie alike, with what is on them.
struct Series {
    first: String,
    /// How many cases they are.
    cases: usize,
    /// The images of which it is known what is on them.
    sources: Vec<SourceImage>,
    /// The UIDs of images of which it is not known of a frame.
    unknown: Vec<String>,
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
    places: HashMap<Geometry, usize>,
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
                self.written += series.cases;
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
        let place = *self.places.entry(image.geometry()).or_insert(self.found.len());
        if place == self.found.len() {
            let (first, layers) = (file.to_owned(), Layers::default());
            let (sources, unknown, frames) = (Vec::new(), Vec::new(), Vec::new());
            self.found.push_back(Series { first, cases: 0, sources, unknown, layers, frames });
        }
        let Some(series) = self.found.get_mut(place) else { return };
        series.cases += 1;
        let is_empty = regions(case, self.side).is_some_and(|regions| regions.is_empty());
        let masks = series.layers.of(case, self.side, &mut self.lost).unwrap_or_default();
        // An image on which something is that cannot be drawn must not be listed: it would be read as empty.
        if masks.is_empty() && !is_empty {
            series.unknown.push(image.instance);
            return;
        }
        let source = series.sources.len();
        series.sources.push(image);
        let frames = masks.into_iter().map(|masked| {
            let mask = (self.next, masked.place);
            Frame { layer: masked.layer, source, mask }
        });
        series.frames.extend(frames);
    }

    /// Writes a series, unless nothing is on it.
    fn write(&mut self, series: &Series, means: &mut Means<'_, '_>) -> Result<(), FormatError> {
        let Series { first, sources, unknown, layers, frames, .. } = series;
        let path = format!("{}.dcm", self.names.of_file("segmentations", first));
        let path = below(self.side, &path);
        // What is empty cannot be said by a segmentation.
        if frames.is_empty() {
            sources.iter().for_each(|_| self.lost.count("images on which nothing is", true));
            return Ok(());
        }
        let listed: HashSet<&str> = sources.iter().map(|source| source.instance.as_str()).collect();
        for instance in unknown {
            let is_listed = listed.contains(instance.as_str());
            self.lost.turned("frames of which nothing is known", "become empty", is_listed);
        }
        let segment = |label: &String| NewSegment {
            label: if label.is_empty() { LABEL_MAP_LABEL.to_owned() } else { label.clone() },
            category: Code::abnormal_structure(),
            property: Code::lesion(),
            algorithm: (self.side == Side::Findings).then(|| "unknown model".to_owned()),
        };
        let segments: Vec<NewSegment> = layers.labels().iter().map(segment).collect();
        for label in layers.labels() {
            self.lost.count("more than 64 characters of a class", label.chars().count() > 64);
            self.lost.count_label(label);
            self.lost.count("control characters of class names", label.contains(char::is_control));
            self.lost.turned("backslashes of class names", "become slashes", label.contains('\\'));
            let is_mixed = !label.is_ascii() && sources.first().is_some_and(SourceImage::has_foreign_texts);
            let kind = "class names beside a patient's in a character set that is not read";
            self.lost.turned(kind, "leave unknown signs in the patient's", is_mixed);
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
