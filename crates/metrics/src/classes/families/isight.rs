//! The three numbers of iSight's inference script.

use groundglass_types::Convention;

use super::Family;
use super::labels::balanced_accuracy;
use crate::classes::table::Table;
use crate::classes::tally::{Answers, Tally};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};

pub(super) const FAMILY: Family = Family {
    convention: "isight",
    by_default: false,
    definitions: DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(Isight::new(table)),
};

const fn define(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: "iSight, inference.py; scikit-learn 1.9", better: Better::Higher }
}

const DEFINITIONS: &[Definition] = &[
    define("isight_accuracy", "Accuracy (iSight)", "Share of the rows whose predicted class is the truth."),
    define(
        "isight_balanced_accuracy",
        "Balanced accuracy (iSight)",
        "Sensitivity by class, averaged over the classes that are true anywhere.",
    ),
    define(
        "isight_weighted_f1",
        "Weighted F1 (iSight)",
        "F1 by class, averaged by how often the class is true; zero_division=0.",
    ),
];

type OfTally = fn(&Tally) -> Measured;

/// With what n counts.
const OF_TALLY: [(OfTally, &str); 3] =
    [(Tally::accuracy, "rows"), (balanced_accuracy, "classes"), (Tally::f1_weighted, "truths")];

struct Isight {
    lines: Vec<Line>,
    answers: Answers,
}

impl Isight {
    fn new(table: &Table) -> Self {
        let line = |(definition, (_, counted)): (&Definition, &(OfTally, &str))| {
            let words = format!("{}; n counts {counted}", table.answer_words());
            Line { id: definition.id, class: None, convention: Convention::new(FAMILY.convention, words) }
        };
        Self { lines: DEFINITIONS.iter().zip(&OF_TALLY).map(line).collect(), answers: Answers::new(table) }
    }
}

impl Prepared for Isight {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let tally = self.answers.tally(weights);
        OF_TALLY.iter().map(|(of_tally, _)| of_tally(&tally)).collect()
    }
}
