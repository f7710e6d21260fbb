//! One case, seen for one class or for all.

use groundglass_types::{BoundingBox, Finding, Mask, Region, TruthRegion};

use crate::readers::areas::AreaReading;

/// As many readers as have a bit each beside the model's.
pub(crate) const MOST_READERS: usize = 63;

/// The regions of one class (or of all) of each reader, and of the model.
pub(crate) struct CaseAreas<'a> {
    /// One list a reader, without crowds.
    pub readers: Vec<Vec<&'a TruthRegion>>,
    /// `None` where the model has not run.
    pub findings: Option<Vec<&'a Finding>>,
    /// Whether every reader's region has a mask.
    pub readers_have_masks: bool,
    pub pixels: u64,
}

impl<'a> CaseAreas<'a> {
    pub fn new(reading: &'a AreaReading, class: Option<&str>, score_threshold: f64) -> Self {
        let wanted = |label: &str| class.is_none_or(|class| class == label);
        let of_reader = |regions: &'a Vec<TruthRegion>| {
            regions.iter().filter(|truth| !truth.crowd && wanted(&truth.label)).collect::<Vec<_>>()
        };
        let found = |findings: &'a Vec<Finding>| {
            findings.iter().filter(|found| found.score >= score_threshold && wanted(&found.label)).collect::<Vec<_>>()
        };
        let readers = reading.readers.values().map(of_reader).collect::<Vec<_>>();
        Self {
            readers_have_masks: readers.iter().flatten().all(|truth| truth.region.mask.is_some()),
            readers,
            findings: reading.findings.as_ref().map(found),
            pixels: reading.width as u64 * reading.height as u64,
        }
    }

    /// The masks of each reader, in order.
    pub fn masks(&self) -> Vec<Vec<&'a Mask>> {
        let of_reader = |regions: &Vec<&'a TruthRegion>| masks(regions.iter().map(|truth| &truth.region));
        self.readers.iter().map(of_reader).collect()
    }

    /// The masks of the model; a finding without one covers nothing.
    pub fn model_masks(&self) -> Option<Vec<&'a Mask>> {
        self.findings.as_ref().map(|findings| masks(findings.iter().map(|found| &found.region)))
    }

    /// The boxes of each reader, in order.
    pub fn boxes(&self) -> Vec<Vec<BoundingBox>> {
        let of_reader =
            |regions: &Vec<&'a TruthRegion>| regions.iter().map(|truth| truth.region.bounding_box).collect();
        self.readers.iter().map(of_reader).collect()
    }

    /// The boxes of the model.
    pub fn model_boxes(&self) -> Option<Vec<BoundingBox>> {
        self.findings.as_ref().map(|findings| findings.iter().map(|found| found.region.bounding_box).collect())
    }
}

fn masks<'a>(regions: impl Iterator<Item = &'a Region>) -> Vec<&'a Mask> {
    regions.filter_map(|region| region.mask.as_ref()).collect()
}
