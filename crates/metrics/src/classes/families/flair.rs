//! FLAIR's metrics of classification, rounded as it rounds them.

use groundglass_types::{Convention, Statistic, Ties, Undefined};

use super::Family;
use crate::classes::ranking::Ranking;
use crate::classes::table::{Resolved, Table};
use crate::classes::tally::{Answers, Spacing, Tally};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};

pub(super) const FAMILY: Family = Family {
    convention: "flair",
    by_default: false,
    definitions: DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(Flair::new(table)),
};

const SOURCE: &str = "Silva-Rodriguez et al., Medical Image Analysis 2025 (FLAIR), flair/utils/metrics.py";

const fn define(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SOURCE, better: Better::Higher }
}

const DEFINITIONS: &[Definition] = &[
    define(
        "flair_aca",
        "ACA (FLAIR)",
        "Mean of the diagonal of the confusion table whose rows add up to 1, to 3 decimals; undefined where a class \
         is predicted that is never true.",
    ),
    define(
        "flair_kappa",
        "Quadratic kappa (FLAIR)",
        "Cohen's quadratic kappa without the classes that never occur, to 3 decimals.",
    ),
    define(
        "flair_f1",
        "Macro F1 (FLAIR)",
        "F1 by class, each to 3 decimals, averaged over the classes that are true anywhere.",
    ),
    define(
        "flair_auc",
        "AUC (FLAIR)",
        "AUROC of each class against all others, each to 3 decimals, averaged over the classes that are true \
         anywhere; undefined where only one is.",
    ),
    define(
        "flair_sensitivity",
        "Sensitivity (FLAIR)",
        "Sensitivity by class, each to 3 decimals, averaged over the classes that are true anywhere.",
    ),
    define(
        "flair_specificity",
        "Specificity (FLAIR)",
        "Specificity by class, each to 3 decimals, averaged over the classes that are true anywhere; undefined where \
         only one is.",
    ),
];

struct Flair {
    lines: Vec<Line>,
    answers: Answers,
    rankings: Vec<Ranking>,
}

impl Flair {
    fn new(table: &Table) -> Self {
        // The reference knows nothing but scores.
        let row = |row: &Resolved| {
            let scores = row.scores.as_ref().filter(|_| !table.multi_label);
            let answer = scores.and_then(|scores| table.highest(scores)).map(|class| vec![class]);
            let truths = if answer.is_some() { row.truths.clone() } else { Vec::new() };
            (truths, answer)
        };
        let rows = table.rows.iter().enumerate();
        let ranking = |class: usize| {
            let scored = rows.clone().filter_map(|(index, row)| {
                Some((index, *row.scores.as_ref()?.get(class)?, row.truths.contains(&class)))
            });
            Ranking::new(scored)
        };
        let words = "predicted is the class with the highest score, of equal ones the first of the list of classes; \
                     rows without scores are left out; n counts rows";
        let convention = Convention { ties: Some(Ties::LowestIndex), ..Convention::new(FAMILY.convention, words) };
        let line = |definition: &Definition| Line { id: definition.id, class: None, convention: convention.clone() };
        Self {
            lines: DEFINITIONS.iter().map(line).collect(),
            answers: Answers::of(table.rows.iter().map(row), table.classes.len()),
            rankings: (0..table.classes.len()).map(ranking).collect(),
        }
    }
}

/// numpy's `round(value, 3)`.
fn rounded(statistic: Statistic) -> Statistic {
    match statistic {
        Statistic::Value(value) => Statistic::Value((value * 1000.0).round_ties_even() / 1000.0),
        undefined => undefined,
    }
}

/// The mean, undefined where one is undefined.
fn strict_mean(values: impl Iterator<Item = Statistic>) -> Statistic {
    let (mut sum, mut n) = (0.0, 0_u64);
    for value in values {
        match value {
            Statistic::Value(value) => (sum, n) = (sum + value, n + 1),
            undefined => return undefined,
        }
    }
    Statistic::ratio(sum, n as f64, Undefined::NoTruth)
}

impl Prepared for Flair {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let tally = self.answers.tally(weights);
        let n = tally.answered;
        let truths = || (0..tally.truths.len()).filter(|&class| tally.truths[class] > 0);
        let mean = |of_class: fn(&Tally, usize) -> Measured| {
            strict_mean(truths().map(|class| rounded(of_class(&tally, class).statistic)))
        };
        // Rows that are left out count among those not of the class, which the tally would take for true negatives.
        let specificity = truths().map(|class| {
            let negatives = n - tally.truths[class];
            let right = negatives - (tally.predicted[class] - tally.hits[class]);
            rounded(Statistic::ratio(right as f64, negatives as f64, Undefined::OneClass))
        });
        let kappa = self.answers.kappa(weights, Spacing::Quadratic, true).statistic;
        let auc = truths().map(|class| rounded(self.rankings[class].auroc(weights).statistic));
        let values = [
            rounded(strict_mean(tally.present().map(|class| tally.sensitivity(class).statistic))),
            rounded(kappa),
            mean(Tally::f1),
            strict_mean(auc),
            mean(Tally::sensitivity),
            strict_mean(specificity),
        ];
        values.into_iter().map(|statistic| Measured { statistic, n }).collect()
    }
}
