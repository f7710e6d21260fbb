//! One case of a set with its findings, and what is worth computing once.

use std::sync::{Arc, OnceLock};

use groundglass_types::{Case, Finding, Mask, Region, TruthRegion};

use crate::MetricsError;
use crate::regions::RegionKind;
use crate::regions::foreground::ForegroundSweep;
use crate::regions::overlap::Overlaps;

/// A label's place in the set's list of labels.
pub(crate) type LabelIndex = usize;

/// A case, and what was found in it where the model has run.
pub type SharedCase = (Arc<Case>, Option<Arc<[Finding]>>);

#[derive(Debug)]
pub(crate) struct CaseEntry {
    case: Arc<Case>,
    truth_labels: Vec<LabelIndex>,
    crowds: Vec<bool>,
    findings: Option<Arc<[Finding]>>,
    finding_labels: Vec<LabelIndex>,
    order: Vec<usize>,
    box_overlaps: OnceLock<Overlaps>,
    mask_overlaps: OnceLock<Overlaps>,
    sweeps: OnceLock<Vec<(Option<LabelIndex>, ForegroundSweep)>>,
}

impl CaseEntry {
    pub fn new(case: Case, intern: impl FnMut(&str) -> LabelIndex) -> Result<Self, MetricsError> {
        let mut entry = Self {
            case: Arc::new(case),
            truth_labels: Vec::new(),
            crowds: Vec::new(),
            findings: None,
            finding_labels: Vec::new(),
            order: Vec::new(),
            box_overlaps: OnceLock::new(),
            mask_overlaps: OnceLock::new(),
            sweeps: OnceLock::new(),
        };
        for (index, truth) in entry.truths().iter().enumerate() {
            entry.check(&truth.region, || format!("truth {index}"))?;
        }
        entry.truth_labels = entry.truths().iter().map(|truth| truth.label.as_str()).map(intern).collect();
        entry.crowds = entry.truths().iter().map(|truth| truth.crowd).collect();
        Ok(entry)
    }

    pub fn set_findings(
        &mut self,
        findings: Vec<Finding>,
        intern: impl FnMut(&str) -> LabelIndex,
    ) -> Result<(), MetricsError> {
        for (index, finding) in findings.iter().enumerate() {
            if !finding.score.is_finite() {
                let case = self.case.name.clone();
                return Err(MetricsError::Score { case, index, score: finding.score });
            }
            self.check(&finding.region, || format!("finding {index}"))?;
        }
        self.clear_findings();
        self.finding_labels = findings.iter().map(|finding| finding.label.as_str()).map(intern).collect();
        self.order = (0..findings.len()).collect();
        // Stable, so that equal scores keep the order of the list, as pycocotools' merge sort does. Adding
        // 0 makes -0 equal to 0 in the total order.
        self.order.sort_by(|&a, &b| (findings[b].score + 0.0).total_cmp(&(findings[a].score + 0.0)));
        self.findings = Some(findings.into());
        Ok(())
    }

    pub fn clear_findings(&mut self) {
        self.findings = None;
        self.finding_labels.clear();
        self.order.clear();
        self.box_overlaps = OnceLock::new();
        self.mask_overlaps = OnceLock::new();
        self.sweeps = OnceLock::new();
    }

    fn check(&self, region: &Region, name: impl Fn() -> String) -> Result<(), MetricsError> {
        let edges = region.bounding_box;
        if ![edges.x_min, edges.y_min, edges.x_max, edges.y_max].iter().all(|edge| edge.is_finite()) {
            return Err(MetricsError::Edge { case: self.case.name.clone(), region: name() });
        }
        let Case { width, height, .. } = *self.case;
        match &region.mask {
            Some(mask) if (mask.width(), mask.height()) != (width, height) => Err(MetricsError::MaskSize {
                case: self.case.name.clone(),
                region: name(),
                width,
                height,
                found_width: mask.width(),
                found_height: mask.height(),
            }),
            _ => Ok(()),
        }
    }

    pub fn case(&self) -> &Case {
        &self.case
    }

    /// The case and what was found in it as they are now, for whoever keeps them.
    pub fn shared(&self) -> SharedCase {
        (Arc::clone(&self.case), self.findings.clone())
    }

    pub fn truths(&self) -> &[TruthRegion] {
        self.case.truth.as_ref().map(|truth| truth.regions.as_slice()).unwrap_or_default()
    }

    /// `None` where no model has run.
    pub fn findings(&self) -> Option<&[Finding]> {
        self.findings.as_deref()
    }

    pub fn truth_labels(&self) -> &[LabelIndex] {
        &self.truth_labels
    }

    pub fn crowds(&self) -> &[bool] {
        &self.crowds
    }

    pub fn finding_labels(&self) -> &[LabelIndex] {
        &self.finding_labels
    }

    /// The findings from the highest score down.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    pub fn overlaps(&self, kind: RegionKind) -> &Overlaps {
        let cell = match kind {
            RegionKind::Box => &self.box_overlaps,
            RegionKind::Mask => &self.mask_overlaps,
        };
        cell.get_or_init(|| Overlaps::between(self.findings.as_deref().unwrap_or_default(), self.truths(), kind))
    }

    /// The foreground of one label, or of all. `None` for a label that does not occur in this case.
    pub fn sweep(&self, label: Option<LabelIndex>) -> Option<&ForegroundSweep> {
        let sweeps = self.sweeps.get_or_init(|| {
            let mut labels = self.truth_labels.iter().chain(&self.finding_labels).copied().collect::<Vec<_>>();
            labels.sort_unstable();
            labels.dedup();
            let labels = labels.into_iter().map(Some);
            std::iter::once(None).chain(labels).map(|label| (label, self.new_sweep(label))).collect()
        });
        sweeps.iter().find(|(of, _)| *of == label).map(|(_, sweep)| sweep)
    }

    fn new_sweep(&self, label: Option<LabelIndex>) -> ForegroundSweep {
        let wanted = |of: LabelIndex| label.is_none_or(|label| label == of);
        let truths = |crowd: bool| {
            self.truths()
                .iter()
                .zip(&self.truth_labels)
                .filter(move |(truth, of)| truth.crowd == crowd && wanted(**of))
                .filter_map(|(truth, _)| truth.region.mask.as_ref())
        };
        let findings = self.findings.as_deref().unwrap_or_default();
        let ranked = self.order.iter().filter(|&&index| wanted(self.finding_labels[index])).filter_map(|&index| {
            let finding = findings.get(index)?;
            Some((finding.score, finding.region.mask.as_ref()?))
        });
        let pixels = self.case.width as u64 * self.case.height as u64;
        ForegroundSweep::new(pixels, truths(false), truths(true), ranked)
    }

    pub fn has_masks_for_all_truths(&self) -> bool {
        self.truths().iter().all(|truth| truth.region.mask.is_some())
    }

    pub fn finding_masks(&self) -> impl Iterator<Item = Option<&Mask>> {
        self.findings.iter().flat_map(|findings| findings.iter()).map(|finding| finding.region.mask.as_ref())
    }
}
