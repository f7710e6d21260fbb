//! Boxes and masks: COCO annotations against COCO results.

use std::collections::HashMap;

use groundglass_formats::{CocoCases, Problem, coco_cases, read_results};
use groundglass_metrics::EvaluationSet;
use groundglass_types::Finding;

use crate::attributes::Attributes;
use crate::{EvaluationError, File};

/// A set with the findings of one results file.
#[derive(Debug)]
pub struct Regions {
    set: EvaluationSet,
    has_masks: bool,
}

impl Regions {
    /// Whether every truth and every finding has a mask.
    pub const fn has_masks(&self) -> bool {
        self.has_masks
    }

    /// Truth and findings.
    pub fn into_set(self) -> EvaluationSet {
        self.set
    }
}

/// The truth of a file, read once for any number of results files.
pub struct RegionTruth {
    coco: CocoCases,
}

impl RegionTruth {
    /// Reads COCO annotations.
    ///
    /// # Errors
    /// [`EvaluationError`] where the file is not COCO.
    pub fn read(
        truth: &File<'_>,
        attributes: &Attributes,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, EvaluationError> {
        let mut coco = coco_cases(truth.name, truth.bytes)?;
        problems.append(&mut coco.problems);
        for case in &mut coco.cases {
            attributes.give(&case.name, &mut case.attributes);
        }
        Ok(Self { coco })
    }

    /// Reads COCO results. An image that the file does not speak of has no findings.
    ///
    /// # Errors
    /// [`EvaluationError`] where the file is no list of results.
    pub fn with_results(&self, results: &File<'_>, problems: &mut Vec<Problem>) -> Result<Regions, EvaluationError> {
        let read = read_results(results.name, results.bytes, &self.coco.index)?;
        problems.extend(read.problems);
        let mut findings: HashMap<String, Vec<Finding>> =
            read.cases.into_iter().map(|case| (case.case, case.findings)).collect();
        let has_masks = findings.values().flatten().all(|finding| finding.region.mask.is_some())
            && !findings.is_empty()
            && self.coco.cases.iter().all(|case| {
                case.truth.iter().flat_map(|truth| &truth.regions).all(|truth| truth.region.mask.is_some())
            });
        let mut set = EvaluationSet::new();
        for case in &self.coco.cases {
            set.add_case(case.clone())?;
            set.set_findings(&case.name, findings.remove(&case.name).unwrap_or_default())?;
        }
        Ok(Regions { set, has_masks })
    }
}
