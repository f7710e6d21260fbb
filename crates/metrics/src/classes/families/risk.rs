//! Wrong classes at what they cost.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::classes::table::{Resolved, Table};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| !table.options.costs.is_empty() && !table.multi_label,
    prepare: |table| Box::new(Risk::new(table)),
};

const SOURCE: &str = "Elkan, IJCAI 2001; after the safety-weighted protocol that the abstract of Liu et al., arXiv \
                      2601.09136 (SkinFlow), describes without a formula";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "expected_cost",
        name: "Expected cost",
        definition: "Mean cost of the predicted class where another, or the same, is true; nothing predicted costs as \
                     much as the worst prediction.",
        source: SOURCE,
        better: Better::Lower,
    },
    Definition {
        id: "risk_weighted_accuracy",
        name: "Risk-weighted accuracy",
        definition: "1 less the cost of all predictions over the cost of the worst predictions.",
        source: SOURCE,
        better: Better::Higher,
    },
];

struct Risk {
    lines: Vec<Line>,
    /// Cost, and the most that it could be, by row.
    costs: Vec<Option<(f64, f64)>>,
}

impl Risk {
    fn new(table: &Table) -> Self {
        let given = !table.options.costs.is_empty() && !table.multi_label;
        let cost = |truth: usize, predicted: usize| {
            let named =
                table.options.costs.get(&table.classes[truth]).and_then(|row| row.get(&table.classes[predicted]));
            named.copied().unwrap_or(if truth == predicted { 0.0 } else { 1.0 })
        };
        // The worst prediction once a class, not once a row.
        let worst = |truth| (0..table.classes.len()).map(|class| cost(truth, class)).fold(0.0, f64::max);
        let worst = (0..table.classes.len()).map(|truth| if given { worst(truth) } else { 0.0 }).collect::<Vec<_>>();
        let of_row = |row: &Resolved| {
            let truth = row.truth().filter(|_| given)?;
            Some((row.predicted().map_or(worst[truth], |predicted| cost(truth, predicted)), worst[truth]))
        };
        let words = format!(
            "{}; costs as given, otherwise 0 for the truth and 1 for any other class; n counts rows",
            table.answer_words().replace("which is wrong", "which costs as much as the worst prediction")
        );
        let convention = Convention::new(FAMILY.convention, words);
        let line = |definition: &Definition| Line { id: definition.id, class: None, convention: convention.clone() };
        Self { lines: DEFINITIONS.iter().map(line).collect(), costs: table.rows.iter().map(of_row).collect() }
    }
}

impl Prepared for Risk {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (mut n, mut sum, mut worst) = (0_u64, 0.0, 0.0);
        for (row, weight) in weights.counted() {
            if let Some((cost, most)) = self.costs.get(row).copied().flatten() {
                n += u64::from(weight);
                sum += f64::from(weight) * cost;
                worst += f64::from(weight) * most;
            }
        }
        let reason = if self.costs.iter().any(Option::is_some) { Undefined::Nothing } else { Undefined::NotGiven };
        let expected = Statistic::ratio(sum, n as f64, reason);
        let accuracy = match Statistic::ratio(sum, worst, if n > 0 { Undefined::ZeroDenominator } else { reason }) {
            Statistic::Value(share) => Statistic::Value(1.0 - share),
            undefined => undefined,
        };
        vec![Measured { statistic: expected, n }, Measured { statistic: accuracy, n }]
    }
}
