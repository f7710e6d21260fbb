//! What grounding metrics compare: all findings with all truths of one phrase, or of one image.

use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::{Scope, ScopedCase};

/// Findings and truths that are set against each other, by their indices in the case's lists. Findings are those at
/// or above the score threshold, in the order of their list; crowds are left out.
pub(crate) struct Query<'a> {
    /// The case's place in the scope.
    pub case: usize,
    /// The class; `None` where all of an image are compared whatever their class.
    pub class: Option<LabelIndex>,
    pub scoped: &'a ScopedCase<'a>,
    pub findings: Vec<usize>,
    pub truths: Vec<usize>,
}

impl Query<'_> {
    /// IoU of every finding with every truth, one row a finding.
    pub fn ious(&self) -> Vec<f64> {
        let mut ious = vec![0.0; self.findings.len() * self.truths.len()];
        for (row, &finding) in self.findings.iter().enumerate() {
            for pair in self.scoped.overlaps.of(finding) {
                // Truths are in the order of their indices.
                if let Ok(column) = self.truths.binary_search(&pair.truth) {
                    ious[row * self.truths.len() + column] = pair.iou;
                }
            }
        }
        ious
    }
}

/// One query for each class of each case that has truth there: a phrase and its boxes.
pub(crate) fn by_phrase<'a>(scope: &'a Scope<'_>) -> Vec<Query<'a>> {
    let mut queries = Vec::new();
    for (case, scoped) in scope.cases.iter().enumerate() {
        for &class in &scope.classes {
            let query = query(scope, case, scoped, Some(class));
            if !query.truths.is_empty() {
                queries.push(query);
            }
        }
    }
    queries
}

/// One query for each case, with or without truth.
pub(crate) fn by_image<'a>(scope: &'a Scope<'_>) -> Vec<Query<'a>> {
    scope.cases.iter().enumerate().map(|(case, scoped)| query(scope, case, scoped, None)).collect()
}

fn query<'a>(scope: &Scope<'_>, case: usize, scoped: &'a ScopedCase<'a>, class: Option<LabelIndex>) -> Query<'a> {
    let wanted = |of: LabelIndex| class.is_none_or(|class| class == of);
    let findings = scoped.findings.iter().zip(&scoped.finding_classes).enumerate();
    let findings = findings.filter(|(_, (finding, of))| finding.score >= scope.options.score_threshold && wanted(**of));
    let truths = scoped.entry.truth_labels().iter().zip(scoped.entry.crowds()).enumerate();
    let truths = truths.filter(|(_, (of, crowd))| !**crowd && wanted(**of));
    Query {
        case,
        class,
        scoped,
        findings: findings.map(|(index, _)| index).collect(),
        truths: truths.map(|(index, _)| index).collect(),
    }
}
