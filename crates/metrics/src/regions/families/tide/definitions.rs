//! What TIDE's lines are called.

use crate::engine::{Better, Definition};

const SOURCE: &str = "Bolya et al., ECCV 2020 (TIDE); tidecv 1.0.1, TIDE.evaluate";

const fn delta(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SOURCE, better: Better::Lower }
}

const fn count(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SOURCE, better: Better::Lower }
}

const CLASSIFICATION: &str = "Findings of another class than the truth that they overlap at IoU 0.50 or more.";
const LOCALIZATION: &str = "Findings that overlap a truth of their class at IoU 0.10 to 0.50.";
const BOTH: &str = "Findings that are neither of the right class nor well placed, but overlap something.";
const DUPLICATE: &str = "Findings that overlap a truth of their class at IoU 0.50 or more that is already found.";
const BACKGROUND: &str = "Findings that overlap every truth at IoU 0.10 or less.";
const MISSED: &str =
    "Truths that are not found, and that no finding with a wrong class or a bad place could still find.";

/// The precision, the gains of repairing each type, those of repairing all false positives or all misses, and the
/// counts of each type.
pub(super) const DEFINITIONS: [Definition; 15] = [
    Definition {
        id: "tide_ap50",
        name: "AP50 (TIDE)",
        definition: "Average precision over 101 recalls at IoU 0.50, of the 100 highest-scored findings of each case; \
                     a class without truth counts as 0 in the mean, as in the package.",
        source: SOURCE,
        better: Better::Higher,
    },
    delta(
        "tide_delta_classification",
        "Classification error (dAP)",
        "Gain in AP50 if findings with a wrong class had the right one.",
    ),
    delta(
        "tide_delta_localization",
        "Localization error (dAP)",
        "Gain in AP50 if findings in a bad place were in the right one.",
    ),
    delta(
        "tide_delta_both",
        "Classification and localization error (dAP)",
        "Gain in AP50 without the findings with a wrong class in a bad place.",
    ),
    delta("tide_delta_duplicate", "Duplicate error (dAP)", "Gain in AP50 without second findings of one truth."),
    delta("tide_delta_background", "Background error (dAP)", "Gain in AP50 without findings where nothing is."),
    delta("tide_delta_missed", "Missed error (dAP)", "Gain in AP50 without the truths that nothing could find."),
    delta(
        "tide_delta_false_positive",
        "All false positives (dAP)",
        "Gain in AP50 if all false positives scored below all true positives.",
    ),
    delta(
        "tide_delta_false_negative",
        "All false negatives (dAP)",
        "Gain in AP50 without the truths that are not found.",
    ),
    count("tide_classification_errors", "Classification errors", CLASSIFICATION),
    count("tide_localization_errors", "Localization errors", LOCALIZATION),
    count("tide_both_errors", "Classification and localization errors", BOTH),
    count("tide_duplicate_errors", "Duplicate errors", DUPLICATE),
    count("tide_background_errors", "Background errors", BACKGROUND),
    count("tide_missed_errors", "Missed truths", MISSED),
];
