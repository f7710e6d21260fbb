//! Distorted labels back to a list of classes, as AG-KD's evaluation does it.
//!
//! A decoder that may not repeat three tokens cannot write the same long label twice, so later boxes carry distorted ones.
//! The evaluation drops labels that begin with "mark", takes for each other one the class most similar to it
//! (`difflib.get_close_matches(name, classes, n=1, cutoff=0.5)`), and drops those that are similar to none. Source:
//! <https://github.com/LijunRio/AG-KD>, `src/tools.py`.

use groundglass_formats::closest_label;
use serde::{Deserialize, Serialize};

/// The least similarity that makes a label a class.
pub const CUTOFF: f64 = 0.5;

/// What became of labels, by their places in the list that was given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct RepairedLabels {
    /// For each label the place of its class; `None` where it was dropped.
    pub classes: Vec<Option<usize>>,
    /// How many were no class by themselves and became one.
    pub repaired: usize,
    /// How many were dropped because they are similar to no class.
    pub outside: usize,
    /// How many were dropped because they begin with "mark".
    pub marks: usize,
}

/// Finds the class of every label. Classes should be as the network was taught them, see
/// [`class_name`](crate::task::class_name); letters count with their case.
pub fn repair_labels<L: AsRef<str>, C: AsRef<str>>(labels: &[L], classes: &[C]) -> RepairedLabels {
    let mut repaired = RepairedLabels::default();
    for label in labels.iter().map(AsRef::as_ref) {
        let class = if label.starts_with("mark") {
            repaired.marks += 1;
            None
        } else {
            let closest = closest_label(label, classes, CUTOFF);
            repaired.outside += usize::from(closest.is_none());
            repaired.repaired += usize::from(closest.is_some_and(|class| class != label));
            closest.and_then(|name| classes.iter().position(|class| class.as_ref() == name))
        };
        repaired.classes.push(class);
    }
    repaired
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distorted_names_become_classes_and_others_go() {
        let classes = ["pulmonary fibrosis", "pleural effusion", "cardiomegaly"];
        let labels = ["pulmonary fibrosis", "pulmonary fibros fibros", "marks of a pen", "pleurale fusion", "zzz", ""];
        let found = repair_labels(&labels, &classes);
        assert_eq!(found.classes, [Some(0), Some(0), None, Some(1), None, None]);
        assert_eq!((found.repaired, found.outside, found.marks), (2, 2, 1));
        assert_eq!(repair_labels(&labels[..1], &[""; 0]).outside, 1);
    }
}
