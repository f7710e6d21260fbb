//! Which truth each finding is held against, whatever their classes.

use crate::regions::overlap::Overlap;
use crate::regions::scope::ScopedCase;

/// How findings and truths are brought together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// From the highest score down, each finding takes the free truth with the highest IoU.
    GreedyByScore,
    /// Each finding names the truth with the highest IoU, and each truth keeps the finding with the highest IoU of those
    /// that name it; a finding that is turned away takes no other truth. Scores and IoU must lie above the thresholds.
    BestOfEach,
}

/// The outcome of one case.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// Truth and finding.
    pub pairs: Vec<(usize, usize)>,
    /// Findings without a truth.
    pub unpaired: Vec<usize>,
    /// Truths without a finding.
    pub missed: Vec<usize>,
}

pub(super) fn pairs(case: &ScopedCase<'_>, rule: Rule, score_threshold: f64, iou_threshold: f64) -> Pairs {
    let crowds = case.entry.crowds();
    let admitted = |pair: &&Overlap| match rule {
        // As the pairing within classes, so that rounding costs no perfect pair.
        Rule::GreedyByScore => pair.iou >= iou_threshold.min(1.0 - 1e-10),
        Rule::BestOfEach => pair.iou > iou_threshold,
    };
    let counts = |&&finding: &&usize| match rule {
        Rule::GreedyByScore => case.findings[finding].score >= score_threshold,
        Rule::BestOfEach => case.findings[finding].score > score_threshold,
    };
    let findings = case.entry.order().iter().filter(counts).copied().collect::<Vec<_>>();
    let admitted_of = |finding: usize| case.overlaps.of(finding).iter().filter(admitted);
    let truths_of = |finding: usize| admitted_of(finding).filter(|pair| !crowds[pair.truth]);
    let mut taken: Vec<Option<(usize, f64)>> = vec![None; crowds.len()];
    match rule {
        Rule::GreedyByScore => {
            for &finding in &findings {
                if let Some(pair) = highest(truths_of(finding).filter(|pair| taken[pair.truth].is_none())) {
                    taken[pair.truth] = Some((finding, pair.iou));
                }
            }
        }
        Rule::BestOfEach => {
            let mut listed = findings.clone();
            listed.sort_unstable();
            for finding in listed {
                if let Some(pair) = highest(truths_of(finding)) {
                    let keeper = &mut taken[pair.truth];
                    if keeper.is_none_or(|(_, iou)| pair.iou >= iou) {
                        *keeper = Some((finding, pair.iou));
                    }
                }
            }
        }
    }
    let mut paired = vec![false; case.findings.len()];
    let mut pairs = Pairs::default();
    for (truth, keeper) in taken.into_iter().enumerate().filter(|(truth, _)| !crowds[*truth]) {
        match keeper {
            Some((finding, _)) => {
                paired[finding] = true;
                pairs.pairs.push((truth, finding));
            }
            None => pairs.missed.push(truth),
        }
    }
    let in_crowd = |finding: usize| admitted_of(finding).any(|pair| crowds[pair.truth]);
    pairs.unpaired = findings.into_iter().filter(|&finding| !paired[finding] && !in_crowd(finding)).collect();
    pairs
}

/// The last pair with the highest IoU.
fn highest<'a>(pairs: impl Iterator<Item = &'a Overlap>) -> Option<Overlap> {
    pairs.fold(None, |best: Option<Overlap>, pair| match best {
        Some(best) if best.iou > pair.iou => Some(best),
        _ => Some(*pair),
    })
}
