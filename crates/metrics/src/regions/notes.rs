//! What a reader of an evaluation must know besides its numbers.

use std::collections::{BTreeMap, BTreeSet};

use crate::regions::RegionKind;
use crate::regions::case_entry::CaseEntry;
use crate::regions::families::COCO_LIMIT;
use crate::regions::scope::{Scope, Standing};

/// One sentence each; empty where all counts and all labels agree.
pub(crate) fn notes(entries: &[CaseEntry], standings: &[Standing], scope: &Scope<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    let total = entries.len();
    for (standing, why) in [
        (Standing::NoTruth, "no truth"),
        (Standing::NotRun, "not been run"),
        (Standing::NoMasks, "no masks to compare on one side"),
    ] {
        let count = standings.iter().filter(|of| **of == standing).count();
        if count > 0 {
            let have = if count == 1 { "has" } else { "have" };
            notes.push(format!("{count} of {total} cases {have} {why} and {} in nothing.", counts(count)));
        }
    }
    if let Some((of_findings, of_truth)) = scope.labels.renamed {
        notes.push(format!(
            "All findings are labelled \"{}\" and all truths \"{}\"; the two labels are taken for the same class.",
            scope.labels.name(of_findings),
            scope.labels.name(of_truth)
        ));
    }
    notes.extend(unknown_labels(scope));
    notes.extend(without_mask(scope));
    notes.extend(beyond_limit(scope));
    notes
}

fn counts(count: usize) -> &'static str {
    if count == 1 { "counts" } else { "count" }
}

/// Labels of findings that no truth carries, where there is truth at all.
fn unknown_labels(scope: &Scope<'_>) -> Option<String> {
    let name = |&label: &usize| scope.labels.name(label);
    let of_truths = scope.cases.iter().flat_map(|case| case.entry.truth_labels()).map(name).collect::<BTreeSet<_>>();
    let of_findings = scope.cases.iter().flat_map(|case| &case.finding_classes).map(name).collect::<BTreeSet<_>>();
    let unknown = of_findings.difference(&of_truths).copied().collect::<Vec<_>>();
    (!of_truths.is_empty() && !unknown.is_empty()).then(|| {
        format!("No truth is labelled \"{}\": such findings can only be false positives.", unknown.join("\" or \""))
    })
}

fn without_mask(scope: &Scope<'_>) -> Option<String> {
    let masks = scope.cases.iter().flat_map(|case| case.entry.finding_masks());
    let count = masks.filter(Option::is_none).count();
    (scope.options.region == RegionKind::Mask && count > 0)
        .then(|| format!("{count} of the findings have no mask and overlap nothing."))
}

/// Where COCO's limit leaves findings out.
fn beyond_limit(scope: &Scope<'_>) -> Option<String> {
    let beyond = |classes: &[usize]| {
        let mut by_class = BTreeMap::new();
        for class in classes {
            *by_class.entry(class).or_insert(0_usize) += 1;
        }
        by_class.values().any(|count| *count > COCO_LIMIT)
    };
    let count = scope.cases.iter().filter(|case| beyond(&case.finding_classes)).count();
    (count > 0).then(|| {
        format!(
            "{count} of {} cases {} more than {COCO_LIMIT} findings of a class: ap, ap50 and ap75 leave the rest out, \
             ap_unlimited, ap50_unlimited and ap75_unlimited do not.",
            scope.cases.len(),
            if count == 1 { "has" } else { "have" },
        )
    })
}
