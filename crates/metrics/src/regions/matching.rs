//! The pairing of findings with truths, shared by every family.

use crate::regions::overlap::{Overlap, Overlaps};

/// When a pair is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    /// IoU at the threshold or above (COCO and most others).
    AtLeast(f64),
    /// IoU above the threshold (panoptic quality).
    Above(f64),
}

impl Rule {
    fn admits(self, iou: f64) -> bool {
        match self {
            // pycocotools lowers a threshold of 1 by this much, so that rounding costs no perfect pair.
            Self::AtLeast(threshold) => iou >= threshold.min(1.0 - 1e-10),
            Self::Above(threshold) => iou > threshold,
        }
    }
}

/// What became of a finding, whatever its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Outcome {
    /// Paired with a truth.
    Paired(Overlap),
    /// Paired with a crowd: counts neither for nor against.
    Ignored(Overlap),
    /// Not paired.
    Unpaired,
}

/// What the matching needs to know of one case. Lists are parallel to the case's findings or truths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidates<'a> {
    /// Findings from the highest score down; equal scores in the order of the list.
    pub order: &'a [usize],
    pub finding_classes: &'a [usize],
    pub truth_classes: &'a [usize],
    pub crowds: &'a [bool],
    pub overlaps: &'a Overlaps,
}

/// The pairing of all findings of one case under one [`Rule`].
///
/// It is greedy from the highest score down, so a finding's outcome does not depend on those below
/// it: the pairing at any score threshold is this one without the findings below the threshold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matching {
    /// One outcome a finding.
    pub outcomes: Vec<Outcome>,
    /// For each truth the finding that is paired with it.
    pub found_by: Vec<Option<usize>>,
}

impl Matching {
    /// COCO's pairing: each finding takes, among the truths of its class that are still free and that
    /// the rule admits, the one with the highest IoU (of equal ones the last); failing that, a crowd,
    /// which stays free. Source: pycocotools 2.0.11, `COCOeval.evaluateImg`.
    pub fn new(candidates: &Candidates<'_>, rule: Rule) -> Self {
        let mut outcomes = vec![Outcome::Unpaired; candidates.finding_classes.len()];
        let mut found_by = vec![None; candidates.truth_classes.len()];
        for &finding in candidates.order {
            let class = candidates.finding_classes[finding];
            let mut truth: Option<Overlap> = None;
            let mut crowd: Option<Overlap> = None;
            for &pair in candidates.overlaps.of(finding) {
                if candidates.truth_classes[pair.truth] != class || !rule.admits(pair.iou) {
                    continue;
                }
                let best = if candidates.crowds[pair.truth] {
                    &mut crowd
                } else if found_by[pair.truth].is_none() {
                    &mut truth
                } else {
                    continue;
                };
                if best.is_none_or(|best| pair.iou >= best.iou) {
                    *best = Some(pair);
                }
            }
            if let Some(pair) = truth {
                found_by[pair.truth] = Some(finding);
                outcomes[finding] = Outcome::Paired(pair);
            } else if let Some(pair) = crowd {
                outcomes[finding] = Outcome::Ignored(pair);
            }
        }
        Self { outcomes, found_by }
    }
}
