//! The families of metrics on classes: one file each, and one line in [`FAMILIES`].

mod alignment;
mod calibration;
mod differential;
mod flair;
mod hierarchy;
mod isight;
mod labels;
mod long_tail;
mod risk;
mod scores;
mod selective;
mod top_k;

pub use alignment::visalign_abstentions;

use crate::classes::table::Table;
use crate::engine::{Definition, Prepared};

/// Metrics that share their preparation.
pub(crate) struct Family {
    /// The convention's name, as `--convention` takes it.
    pub convention: &'static str,
    /// Whether an assessment without a named convention has it, where it applies.
    pub by_default: bool,
    pub definitions: &'static [Definition],
    /// Whether the table and its options say what the family needs.
    pub applies: fn(&Table) -> bool,
    pub prepare: fn(&Table) -> Box<dyn Prepared>,
}

/// Every family, in the order in which a report lists them.
pub(crate) const FAMILIES: &[Family] = &[
    labels::DEFAULT,
    labels::SCIKIT_LEARN,
    scores::DEFAULT,
    scores::SCIKIT_LEARN,
    scores::XPLAINER,
    top_k::DEFAULT,
    top_k::SCIKIT_LEARN,
    calibration::DEFAULT,
    calibration::TORCHMETRICS,
    calibration::NETCAL,
    selective::DEFAULT,
    selective::TORCH_UNCERTAINTY,
    alignment::FAMILY,
    hierarchy::FAMILY,
    risk::FAMILY,
    long_tail::FAMILY,
    differential::FAMILY,
    flair::FAMILY,
    isight::FAMILY,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::FAMILIES;
    use crate::classes::{ClassOptions, ClassPrediction, ClassRow, MOST_K};
    use crate::classes::{ClassTruth, table::Table};

    #[test]
    fn every_definition_has_a_line_and_every_line_a_definition() {
        let name = str::to_owned;
        let scores = ["a", "b", "c"].map(|class| (name(class), 0.25)).into();
        let prediction = ClassPrediction { scores, ..ClassPrediction::default() };
        let options = ClassOptions { k: (1..=MOST_K).collect(), ..ClassOptions::default() };
        let mut lines = BTreeSet::new();
        for truth in [ClassTruth::One(name("a")), ClassTruth::Set(vec![name("a"), name("b")])] {
            let row = ClassRow::new("", truth, prediction.clone());
            let table = Table::new(&[row], &options).unwrap();
            for family in FAMILIES {
                for line in (family.prepare)(&table).lines() {
                    assert!(line.convention.words.contains("n counts"), "{}", line.id);
                    assert_eq!(line.convention.name, family.convention);
                    assert!(family.definitions.iter().any(|definition| definition.id == line.id), "{}", line.id);
                    lines.insert(line.id);
                }
            }
        }
        let defined = FAMILIES.iter().flat_map(|family| family.definitions).map(|definition| definition.id);
        assert_eq!(lines, defined.collect());
    }
}
