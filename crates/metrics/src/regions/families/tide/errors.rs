//! Which error each finding and each truth of a case is.

use crate::regions::case_entry::LabelIndex;
use crate::regions::overlap::Overlap;
use crate::regions::scope::ScopedCase;

/// IoU at which a finding finds a truth.
pub(super) const FOUND: f64 = 0.5;
/// IoU up to which a finding is background.
pub(super) const BACKGROUND: f64 = 0.1;
/// The findings of a case, of all classes, that count.
pub(super) const LIMIT: usize = 100;

/// The types of errors, in the order of their lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ErrorType {
    Classification,
    Localization,
    Both,
    Duplicate,
    Background,
    Missed,
}

impl ErrorType {
    pub const ALL: [Self; 6] =
        [Self::Classification, Self::Localization, Self::Both, Self::Duplicate, Self::Background, Self::Missed];
}

/// A finding that is no true positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct WrongFinding {
    pub error: ErrorType,
    /// In a crowd: it counts in no precision, and is called an error nevertheless, as in the package.
    pub ignored: bool,
    /// The class under which it would find a truth that nothing with a higher score could, were its error repaired.
    pub repaired: Option<LabelIndex>,
}

/// A case's findings and truths.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// The findings that count, from the highest score down, `None` for a true positive.
    pub findings: Vec<(usize, Option<WrongFinding>)>,
    /// Truths that nothing finds, and whether an error could be repaired to find them.
    pub unfound: Vec<(usize, bool)>,
}

/// What the package's `TIDEExample` and `_eval_image` say of a case.
pub(super) fn judge(case: &ScopedCase<'_>) -> Judgement {
    let (labels, crowds) = (case.entry.truth_labels(), case.entry.crowds());
    let order = case.entry.order().get(..LIMIT).unwrap_or(case.entry.order());
    let mut used = vec![false; labels.len()];
    let mut found = vec![false; case.findings.len()];
    for &finding in order {
        let class = case.finding_classes[finding];
        let free = |pair: &&Overlap| !crowds[pair.truth] && labels[pair.truth] == class && !used[pair.truth];
        if let Some(pair) = highest(case.overlaps.of(finding).iter().filter(free)).filter(|pair| pair.iou >= FOUND) {
            used[pair.truth] = true;
            found[finding] = true;
        }
    }
    let mut judgement = Judgement::default();
    let mut repairable = vec![false; labels.len()];
    for &finding in order {
        if found[finding] {
            judgement.findings.push((finding, None));
            continue;
        }
        let class = case.finding_classes[finding];
        let pairs = case.overlaps.of(finding);
        let in_crowd = |pair: &Overlap| crowds[pair.truth] && labels[pair.truth] == class && pair.iou > FOUND;
        let (error, truth) = error_of(case, finding, &used);
        let candidate = truth.filter(|truth| !used[*truth] && !repairable[*truth]);
        if let Some(truth) = candidate {
            repairable[truth] = true;
        }
        let ignored = pairs.iter().any(in_crowd);
        let wrong = WrongFinding { error, ignored, repaired: candidate.map(|truth| labels[truth]) };
        judgement.findings.push((finding, Some(wrong)));
    }
    let unfound = (0..labels.len()).filter(|&truth| !crowds[truth] && !used[truth]);
    judgement.unfound = unfound.map(|truth| (truth, repairable[truth])).collect();
    judgement
}

/// The error of a finding that found nothing, with the truth that it would find without.
fn error_of(case: &ScopedCase<'_>, finding: usize, used: &[bool]) -> (ErrorType, Option<usize>) {
    let (labels, crowds) = (case.entry.truth_labels(), case.entry.crowds());
    let class = case.finding_classes[finding];
    let regular = || case.overlaps.of(finding).iter().filter(|pair| !crowds[pair.truth]);
    let near = highest(regular().filter(|pair| labels[pair.truth] == class));
    if let Some(pair) = near.filter(|pair| (BACKGROUND..=FOUND).contains(&pair.iou)) {
        return (ErrorType::Localization, Some(pair.truth));
    }
    let other = highest(regular().filter(|pair| labels[pair.truth] != class));
    if let Some(pair) = other.filter(|pair| pair.iou >= FOUND) {
        return (ErrorType::Classification, Some(pair.truth));
    }
    let taken = highest(regular().filter(|pair| labels[pair.truth] == class && used[pair.truth]));
    if taken.is_some_and(|pair| pair.iou >= FOUND) {
        return (ErrorType::Duplicate, None);
    }
    if highest(regular()).is_none_or(|pair| pair.iou <= BACKGROUND) {
        return (ErrorType::Background, None);
    }
    (ErrorType::Both, None)
}

/// The first pair with the highest IoU.
fn highest<'a>(pairs: impl Iterator<Item = &'a Overlap>) -> Option<Overlap> {
    pairs.fold(None, |best: Option<Overlap>, pair| match best {
        Some(best) if best.iou >= pair.iou => Some(best),
        _ => Some(*pair),
    })
}
