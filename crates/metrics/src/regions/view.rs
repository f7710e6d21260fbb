//! How each finding and each truth of one case fared.

use groundglass_types::Finding;

use crate::regions::case_entry::CaseEntry;
use crate::regions::matching::Outcome;
use crate::regions::overlap::Overlap;
use crate::regions::scope::ScopedCase;
use crate::regions::{FindingStatus, FindingView, TruthStatus, TruthView};

/// `case` is `None` where the case counts in nothing.
pub(crate) fn finding_views(
    entry: &CaseEntry,
    case: Option<&ScopedCase<'_>>,
    score_threshold: f64,
) -> Vec<FindingView> {
    let status = |finding: &Finding, judged: FindingStatus| {
        if finding.score < score_threshold { FindingStatus::BelowThreshold } else { judged }
    };
    let findings = entry.findings().unwrap_or_default().iter().enumerate();
    findings
        .map(|(index, finding)| {
            let Some(case) = case else {
                let status = status(finding, FindingStatus::Unjudged);
                return FindingView { index, status, iou: None, truth: None };
            };
            let (judged, pair) = match case.matching.outcomes[index] {
                Outcome::Paired(pair) => (FindingStatus::TruePositive, Some(pair)),
                Outcome::Ignored(pair) => (FindingStatus::Ignored, Some(pair)),
                Outcome::Unpaired => (FindingStatus::FalsePositive, nearest(case, index)),
            };
            let (iou, truth) = (pair.map(|pair| pair.iou), pair.map(|pair| pair.truth));
            FindingView { index, status: status(finding, judged), iou, truth }
        })
        .collect()
}

/// `case` is `None` where the case counts in nothing.
pub(crate) fn truth_views(entry: &CaseEntry, case: Option<&ScopedCase<'_>>, score_threshold: f64) -> Vec<TruthView> {
    let crowds = entry.crowds().iter().enumerate();
    crowds
        .map(|(index, crowd)| match case {
            Some(case) if !crowd => {
                let counts = |&finding: &usize| case.findings[finding].score >= score_threshold;
                let finding = case.matching.found_by[index].filter(counts);
                let status = if finding.is_some() { TruthStatus::Found } else { TruthStatus::Missed };
                TruthView { index, status, finding }
            }
            _ => TruthView { index, status: TruthStatus::Ignored, finding: None },
        })
        .collect()
}

/// The truth of its class that a finding overlaps most; crowds are no truth to be near to.
fn nearest(case: &ScopedCase<'_>, finding: usize) -> Option<Overlap> {
    let (classes, crowds) = (case.entry.truth_labels(), case.entry.crowds());
    let same_class = |pair: &&Overlap| !crowds[pair.truth] && classes[pair.truth] == case.finding_classes[finding];
    case.overlaps.of(finding).iter().filter(same_class).copied().max_by(|a, b| a.iou.total_cmp(&b.iou))
}
