//! Findings that are points: one hits a truth that its centre lies in.

use groundglass_types::{Mask, Region};

use crate::regions::RegionKind;
use crate::regions::case_entry::LabelIndex;
use crate::regions::families::ranking::Ranked;
use crate::regions::scope::{Scope, ScopedCase};

/// Which truths a point that lies in several of them hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Several {
    /// All of them.
    All,
    /// The last of the list, which a label map shows where later truths are painted over earlier ones.
    Last,
}

/// What the points of a class amount to.
#[derive(Debug, Default)]
pub(super) struct Hits {
    /// One a truth that was hit, with the highest score that hit it, and one a finding that hit nothing.
    pub findings: Vec<Ranked>,
    /// The case of each truth that nothing hit.
    pub missed: Vec<u32>,
    /// The case of each crowd.
    pub crowds: Vec<u32>,
    /// How many truths each case has.
    pub truths: Vec<(u32, u64)>,
}

/// The hits among the findings and truths of the same class, of one class or of all. A finding that hits nothing but a
/// crowd counts in nothing.
pub(super) fn hits(scope: &Scope<'_>, class: Option<LabelIndex>, several: Several) -> Hits {
    let mut hits = Hits::default();
    let wanted = |of: LabelIndex| class.is_none_or(|class| class == of);
    for (index, case) in scope.cases.iter().enumerate() {
        let (index, crowds) = (index as u32, case.entry.crowds());
        let mut best: Vec<Option<f64>> = vec![None; crowds.len()];
        for (finding, &of) in case.findings.iter().zip(&case.finding_classes).filter(|(_, of)| wanted(**of)) {
            let mut under = truths_under(case, finding.region.bounding_box.center(), of, scope.options.region);
            if several == Several::Last {
                under.drain(..under.len().saturating_sub(1));
            }
            if under.is_empty() {
                hits.findings.push(Ranked { score: finding.score, case: index, found: false });
            }
            for truth in under {
                best[truth] = Some(best[truth].map_or(finding.score, |best| best.max(finding.score)));
            }
        }
        let truths = best.into_iter().zip(case.entry.truth_labels()).zip(crowds);
        for ((best, _), crowd) in truths.filter(|((_, of), _)| wanted(**of)) {
            match best {
                _ if *crowd => hits.crowds.push(index),
                Some(score) => hits.findings.push(Ranked { score, case: index, found: true }),
                None => hits.missed.push(index),
            }
        }
        hits.truths.extend(Some((index, case.truth_count(class))).filter(|(_, count)| *count > 0));
    }
    hits
}

/// The truths of a class that a point lies in, crowds among them, in the order of the list.
fn truths_under(case: &ScopedCase<'_>, point: (f64, f64), class: LabelIndex, kind: RegionKind) -> Vec<usize> {
    let truths = case.entry.truths().iter().zip(case.entry.truth_labels()).enumerate();
    let under = truths.filter(|(_, (truth, of))| **of == class && holds(&truth.region, point, kind));
    under.map(|(index, _)| index).collect()
}

fn holds(region: &Region, (x, y): (f64, f64), kind: RegionKind) -> bool {
    let edges = region.bounding_box;
    match (kind, &region.mask) {
        (RegionKind::Box, _) => edges.x_min <= x && x < edges.x_max && edges.y_min <= y && y < edges.y_max,
        (RegionKind::Mask, Some(mask)) => in_mask(mask, x, y),
        (RegionKind::Mask, None) => false,
    }
}

/// Whether the pixel that a point lies in belongs to the mask, whose runs go down the columns.
fn in_mask(mask: &Mask, x: f64, y: f64) -> bool {
    if !(x >= 0.0 && y >= 0.0 && x < mask.width() as f64 && y < mask.height() as f64) {
        return false;
    }
    let place = x as u64 * mask.height() as u64 + y as u64;
    mask.runs().any(|(start, end)| start <= place && place < end)
}
