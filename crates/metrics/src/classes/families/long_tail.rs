//! Common, less common and rare classes apart.

use groundglass_types::{Convention, Undefined};

use super::Family;
use crate::classes::FrequencyGroup;
use crate::classes::table::Table;
use crate::classes::tally::Answers;
use crate::engine::math::mean_of_defined;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| !table.options.frequency_groups.is_empty(),
    prepare: |table| Box::new(LongTail::new(table)),
};

const SOURCE: &str = "Liu et al., CVPR 2019 (OLTR); Pan et al., Computers in Biology and Medicine 2025 (LMD)";

const fn define(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SOURCE, better: Better::Higher }
}

const DEFINITIONS: &[Definition] = &[
    define(
        "head_accuracy",
        "Accuracy, head classes",
        "Sensitivity by class, averaged over the classes that are common in training and true anywhere.",
    ),
    define(
        "medium_accuracy",
        "Accuracy, medium classes",
        "Sensitivity by class, averaged over the classes that are neither common nor rare in training and true \
         anywhere.",
    ),
    define(
        "tail_accuracy",
        "Accuracy, tail classes",
        "Sensitivity by class, averaged over the classes that are rare in training and true anywhere.",
    ),
];

struct LongTail {
    lines: Vec<Line>,
    answers: Answers,
    groups: [Vec<usize>; 3],
}

impl LongTail {
    fn new(table: &Table) -> Self {
        let group = |group| {
            let belongs = |class: &usize| table.options.frequency_groups.get(&table.classes[*class]) == Some(&group);
            (0..table.classes.len()).filter(belongs).collect::<Vec<_>>()
        };
        let groups = [FrequencyGroup::Head, FrequencyGroup::Medium, FrequencyGroup::Tail].map(group);
        let line = |(definition, classes): (&Definition, &Vec<usize>)| {
            let words = format!(
                "{}; classes of the group: {}; n counts classes that are true anywhere",
                table.answer_words(),
                classes.iter().map(|class| table.classes[*class].as_str()).collect::<Vec<_>>().join(", ")
            );
            Line { id: definition.id, class: None, convention: Convention::new(FAMILY.convention, words) }
        };
        Self { lines: DEFINITIONS.iter().zip(&groups).map(line).collect(), answers: Answers::new(table), groups }
    }
}

impl Prepared for LongTail {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let tally = self.answers.tally(weights);
        let of_group = |classes: &Vec<usize>| {
            let reason = if classes.is_empty() { Undefined::NotGiven } else { Undefined::NoTruth };
            let (statistic, n) =
                mean_of_defined(classes.iter().map(|&class| tally.sensitivity(class).statistic), reason);
            Measured { statistic, n }
        };
        self.groups.iter().map(of_group).collect()
    }
}
