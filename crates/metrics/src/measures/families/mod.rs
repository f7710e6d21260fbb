//! The families of metrics on measurements: one file each, and one line in [`FAMILIES`].

mod errors;
mod medvision;

use crate::engine::{Definition, Prepared};
use crate::measures::scope::Scope;

/// Metrics that share a convention.
pub(crate) struct Family {
    /// The convention's name, as `--convention` takes it.
    pub convention: &'static str,
    /// Whether an assessment without a named convention has it.
    pub by_default: bool,
    pub definitions: &'static [Definition],
    pub prepare: fn(&Scope<'_>) -> Box<dyn Prepared>,
}

/// Every family, in the order in which a report lists them.
pub(crate) const FAMILIES: &[Family] = &[errors::FAMILY, medvision::FAMILY];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::FAMILIES;
    use crate::measures::scope::Scope;
    use crate::measures::{MeasureOptions, MeasureRow, Quantity};

    #[test]
    fn every_definition_has_a_line() {
        let quantities = [
            Quantity::Number { truth: 1.0, predicted: None },
            Quantity::Point { truth: [0.0; 2], predicted: None, spacing: [1.0; 2] },
            Quantity::Box { truth: [0.0; 4], predicted: None },
        ];
        let options = MeasureOptions::default();
        for family in FAMILIES {
            let mut lines = BTreeSet::new();
            for quantity in quantities {
                let rows = [(0, MeasureRow::new("a", "", "", quantity))];
                lines.extend((family.prepare)(&Scope::new(&options, &rows)).lines().iter().map(|line| line.id));
            }
            assert_eq!(lines, family.definitions.iter().map(|definition| definition.id).collect());
        }
    }
}
