//! Cases with the regions of their readers.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_types::{BoundingBox, Finding, Mask, Region, TruthRegion};
use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::engine::{Assessment, Unit};
use crate::readers::areas::case::{CaseAreas, MOST_READERS};
use crate::readers::areas::clusters::consensus_boxes;
use crate::readers::areas::votes::Segments;
use crate::readers::areas::{AreaReadingOptions, FAMILIES, masks};
use crate::readers::family::{assessed, check_same_cases};

/// One case with the regions of its readers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct AreaReading {
    /// The case's name.
    pub case: String,
    /// Its attributes, such as `patient` and `site`.
    #[serde(default)]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub attributes: BTreeMap<String, String>,
    /// Columns of the image.
    pub width: usize,
    /// Rows of the image.
    pub height: usize,
    /// By reader: what he marked. An empty list says "looked, and nothing is there".
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, TruthRegion[]>"))]
    pub readers: BTreeMap<String, Vec<TruthRegion>>,
    /// What the model found; nothing where it has not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub findings: Option<Vec<Finding>>,
}

/// One truth out of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum Consensus {
    /// What more than half of the readers marked.
    Majority,
    /// What is there with a probability of one half or more, given how reliable the readers are (STAPLE).
    Staple,
}

/// Cases with the regions of their readers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AreaReadings {
    cases: Vec<AreaReading>,
}

impl AreaReadings {
    /// A set.
    ///
    /// # Errors
    /// [`MetricsError`] that names the case and the fault: a box or a score that is not finite, a mask on another grid
    /// than the case's image, more readers than can be compared.
    pub fn new(cases: Vec<AreaReading>) -> Result<Self, MetricsError> {
        cases.iter().try_for_each(check)?;
        Ok(Self { cases })
    }

    /// The cases.
    pub fn cases(&self) -> &[AreaReading] {
        &self.cases
    }

    /// The labels of all regions and findings, sorted.
    pub(crate) fn labels(&self) -> Vec<&str> {
        let of_truths = self.cases.iter().flat_map(|case| case.readers.values().flatten()).map(|truth| &truth.label);
        let of_findings = self.cases.iter().flat_map(|case| case.findings.iter().flatten()).map(|found| &found.label);
        of_truths.chain(of_findings).map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// A set whose first cases are a's and whose next are b's, over the same cases in the same order: under weights
    /// (w, 0) it is a, under (0, w) it is b.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where the cases differ.
    pub fn joined(a: &Self, b: &Self) -> Result<Self, MetricsError> {
        check_same_cases(names(a), names(b))?;
        Ok(Self { cases: a.cases.iter().chain(&b.cases).cloned().collect() })
    }

    /// Prepares every family for values, intervals, groups and comparisons. `convention` names one (`default`,
    /// `staple`); without it those that a report has by default are prepared.
    ///
    /// # Errors
    /// [`MetricsError`] for a threshold out of its range, or a convention that is not known for this kind of region.
    pub fn assess(&self, options: &AreaReadingOptions, convention: Option<&str>) -> Result<Assessment, MetricsError> {
        options.check()?;
        let of_kind = FAMILIES.iter().filter(|(region, _)| *region == options.region);
        let families = of_kind.map(|(_, family)| *family).collect::<Vec<_>>();
        let unit = |case: &AreaReading| Unit { case: case.case.clone(), attributes: case.attributes.clone() };
        assessed(&families, self, options, self.cases.iter().map(unit).collect(), convention)
    }

    /// The consensus of a case's readers for one class (or for all, whatever their classes) as a mask; `None` for a case
    /// that there is not, has no reader, or a region without a mask.
    pub fn consensus_mask(&self, case: usize, class: Option<&str>, consensus: Consensus) -> Option<Mask> {
        let reading = self.cases.get(case)?;
        let areas = CaseAreas::new(reading, class, f64::INFINITY);
        if areas.readers.is_empty() || !areas.readers_have_masks {
            return None;
        }
        let segments = Segments::new(areas.pixels, &areas.masks());
        let inside = masks::admitted(&segments.votes(), areas.readers.len(), consensus);
        let mut counts = vec![0_u32];
        for (length, pattern) in segments.iter() {
            let here = inside.contains(&pattern);
            if here == (counts.len() % 2 == 1) {
                counts.push(0);
            }
            if let Some(last) = counts.last_mut() {
                *last = last.saturating_add(u32::try_from(length).unwrap_or(u32::MAX));
            }
        }
        Mask::from_counts(reading.width, reading.height, &counts).ok()
    }

    /// The consensus boxes of a case's readers for one class; `None` for a case that there is not, or has no reader.
    pub fn consensus_boxes(&self, case: usize, class: &str, iou_threshold: f64) -> Option<Vec<BoundingBox>> {
        let areas = CaseAreas::new(self.cases.get(case)?, Some(class), f64::INFINITY);
        (!areas.readers.is_empty()).then(|| consensus_boxes(&areas.boxes(), iou_threshold))
    }
}

fn names(set: &AreaReadings) -> impl ExactSizeIterator<Item = &str> {
    set.cases.iter().map(|case| case.case.as_str())
}

fn check(case: &AreaReading) -> Result<(), MetricsError> {
    if case.readers.len() > MOST_READERS {
        let fault = format!("it has {} readers, {MOST_READERS} can be compared", case.readers.len());
        return Err(MetricsError::Input { place: format!("case \"{}\"", case.case), fault });
    }
    let pixels = (case.width as u64).checked_mul(case.height as u64);
    if pixels.is_none_or(|pixels| pixels > u64::from(u32::MAX)) {
        let fault = format!("an image of {} x {} pixels is too large", case.width, case.height);
        return Err(MetricsError::Input { place: format!("case \"{}\"", case.case), fault });
    }
    for (reader, regions) in &case.readers {
        for (index, truth) in regions.iter().enumerate() {
            check_region(case, &truth.region, || format!("region {index} of reader \"{reader}\""))?;
        }
    }
    for (index, finding) in case.findings.iter().flatten().enumerate() {
        if !finding.score.is_finite() {
            return Err(MetricsError::Score { case: case.case.clone(), index, score: finding.score });
        }
        check_region(case, &finding.region, || format!("finding {index}"))?;
    }
    Ok(())
}

fn check_region(case: &AreaReading, region: &Region, name: impl Fn() -> String) -> Result<(), MetricsError> {
    let edges = region.bounding_box;
    if ![edges.x_min, edges.y_min, edges.x_max, edges.y_max].iter().all(|edge| edge.is_finite()) {
        return Err(MetricsError::Edge { case: case.case.clone(), region: name() });
    }
    match &region.mask {
        Some(mask) if (mask.width(), mask.height()) != (case.width, case.height) => Err(MetricsError::MaskSize {
            case: case.case.clone(),
            region: name(),
            width: case.width,
            height: case.height,
            found_width: mask.width(),
            found_height: mask.height(),
        }),
        _ => Ok(()),
    }
}
