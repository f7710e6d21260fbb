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

/// What became of a finding at up to 64 levels at once: bit `n` is level `n`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcomes {
    /// Where it is paired with a truth that counts.
    pub paired: u64,
    /// Where it counts neither for nor against.
    pub ignored: u64,
}

/// Thresholds times ranges: level `range * thresholds + threshold`. A range says which truths count.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    /// Rising, as they are compared.
    thresholds: Vec<f64>,
    /// The first threshold of every range.
    first_of_each: u64,
}

impl Levels {
    /// At most 64 levels. `thresholds` rise.
    pub fn new(thresholds: &[f64], ranges: usize) -> Self {
        // As in `Rule`.
        let lowered = thresholds.iter().map(|threshold| threshold.min(1.0 - 1e-10)).collect::<Vec<_>>();
        let first_of_each = (0..ranges).map(|range| 1 << (range * thresholds.len())).sum();
        Self { thresholds: lowered, first_of_each }
    }

    /// The levels of the ranges whose bits are set.
    pub fn of_ranges(&self, ranges: u64) -> u64 {
        let thresholds = self.thresholds.len();
        let one = (1_u64 << thresholds) - 1;
        let mut levels = 0;
        let mut rest = ranges;
        while rest != 0 {
            levels |= one << (rest.trailing_zeros() as usize * thresholds);
            rest &= rest - 1;
        }
        levels
    }

    /// The levels whose threshold an IoU reaches.
    fn admitting(&self, iou: f64) -> u64 {
        let reached = self.thresholds.iter().take_while(|&&threshold| iou >= threshold).count();
        ((1_u64 << reached) - 1) * self.first_of_each
    }
}

/// COCO's pairing ([`Matching::new`]) at many levels at once, where a truth may count at some levels and not at
/// others: a finding takes a truth that does not count only where it finds none that does, and is then ignored.
///
/// `counting` has the levels at which each truth counts; crowds have none. One outcome a finding is added to
/// `outcomes`. Source: pycocotools 2.0.11, `COCOeval.evaluateImg`.
pub(crate) fn match_levels(
    candidates: &Candidates<'_>,
    levels: &Levels,
    counting: &[u64],
    outcomes: &mut Vec<Outcomes>,
) {
    outcomes.clear();
    outcomes.resize(candidates.finding_classes.len(), Outcomes::default());
    let mut taken = vec![0_u64; candidates.truth_classes.len()];
    let mut near = Vec::new();
    for &finding in candidates.order {
        let class = candidates.finding_classes[finding];
        near.clear();
        let admitted = |pair: &Overlap| (levels.admitting(pair.iou), *pair);
        let of_class =
            candidates.overlaps.of(finding).iter().filter(|pair| candidates.truth_classes[pair.truth] == class);
        near.extend(of_class.map(admitted).filter(|(admitting, _)| *admitting != 0));
        if near.len() > 1 {
            // The highest IoU first, of equal ones the last truth.
            near.sort_unstable_by(|(_, a), (_, b)| b.iou.total_cmp(&a.iou).then(b.truth.cmp(&a.truth)));
        }
        let mut outcome = Outcomes::default();
        for &(admitting, pair) in &near {
            let takes = admitting & counting[pair.truth] & !taken[pair.truth] & !outcome.paired;
            taken[pair.truth] |= takes;
            outcome.paired |= takes;
        }
        for &(admitting, pair) in &near {
            let free = if candidates.crowds[pair.truth] { u64::MAX } else { !taken[pair.truth] };
            let takes = admitting & !counting[pair.truth] & free & !outcome.paired & !outcome.ignored;
            taken[pair.truth] |= takes;
            outcome.ignored |= takes;
        }
        outcomes[finding] = outcome;
    }
}

/// The pairing of those who let each finding go to the truth of its class with the highest IoU, taken or not: the
/// first finding of `order` that comes takes it, later ones go without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EqualOverlaps {
    /// Of truths with the same IoU the first.
    First,
    /// The last.
    Last,
}

/// See [`EqualOverlaps`]. A finding whose truth is in `ignored` is ignored. One outcome a finding is added to
/// `outcomes`, with one bit a rule.
pub(crate) fn match_nearest(
    candidates: &Candidates<'_>,
    rules: &[Rule],
    equal: EqualOverlaps,
    ignored: &[bool],
    outcomes: &mut Vec<Outcomes>,
) {
    outcomes.clear();
    outcomes.resize(candidates.finding_classes.len(), Outcomes::default());
    let mut taken = vec![0_u64; candidates.truth_classes.len()];
    for &finding in candidates.order {
        let class = candidates.finding_classes[finding];
        let mut nearest: Option<Overlap> = None;
        for &pair in candidates.overlaps.of(finding) {
            let nearer = |best: Overlap| pair.iou > best.iou || (equal == EqualOverlaps::Last && pair.iou == best.iou);
            if candidates.truth_classes[pair.truth] == class && nearest.is_none_or(nearer) {
                nearest = Some(pair);
            }
        }
        let Some(pair) = nearest else { continue };
        let admitting = rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.admits(pair.iou))
            .fold(0, |bits, (rule, _)| bits | 1 << rule);
        let outcome = &mut outcomes[finding];
        if ignored[pair.truth] {
            outcome.ignored = admitting;
        } else {
            outcome.paired = admitting & !taken[pair.truth];
            taken[pair.truth] |= admitting;
        }
    }
}
