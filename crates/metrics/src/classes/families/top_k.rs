//! Whether the truth is among the k classes with the highest scores.

use groundglass_types::{Convention, Ties, Undefined};

use super::Family;
use crate::classes::table::Table;
use crate::classes::tally::share;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::interval::wilson;

pub(super) const DEFAULT: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| !table.multi_label && table.classes.len() > 2 && table.rows.iter().any(|row| row.scores.is_some()),
    prepare: |table| Box::new(TopK::new(table, false)),
};

pub(super) const SCIKIT_LEARN: Family = Family {
    convention: "scikit_learn",
    by_default: false,
    definitions: SCIKIT_LEARN_DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(TopK::new(table, true)),
};

macro_rules! definitions {
    ($prefix:literal, $name:literal, $definition:literal; $($k:literal)*) => {
        &[$(Definition {
            id: concat!($prefix, "top_", $k, "_accuracy"),
            name: concat!("Top-", $k, " accuracy", $name),
            definition: concat!("Share of the rows whose truth is among the ", $k, " classes with the highest \
                 scores", $definition),
            source: "scikit-learn 1.9, top_k_accuracy_score",
            better: Better::Higher,
        }),*]
    };
}

/// One for each k from 1.
const DEFINITIONS: &[Definition] =
    definitions!("", "", "; of equal scores the first of the list of classes."; 1 2 3 4 5 6 7 8 9 10);
const SCIKIT_LEARN_DEFINITIONS: &[Definition] = definitions!("scikit_learn_", " (scikit-learn)", "; of equal scores \
     the last of the list of classes."; 1 2 3 4 5 6 7 8 9 10);

struct TopK {
    lines: Vec<Line>,
    ks: Vec<u32>,
    /// By row: how many classes come before the truth; `None` without scores.
    ranks: Vec<Option<usize>>,
}

/// How many classes come before `truth`; of equal scores the first, or else the last, of the list comes first.
pub(super) fn rank(table: &Table, scores: &[f64], truth: usize, last_first: bool) -> usize {
    let before = |&class: &usize| {
        let first = if last_first { class > truth } else { class < truth };
        class != truth && (scores[class] > scores[truth] || (scores[class] == scores[truth] && first))
    };
    (0..scores.len()).filter(|&class| table.scored[class]).filter(before).count()
}

impl TopK {
    fn new(table: &Table, scikit_learn: bool) -> Self {
        let (definitions, name, ties) = if scikit_learn {
            (SCIKIT_LEARN_DEFINITIONS, SCIKIT_LEARN.convention, None)
        } else {
            (DEFINITIONS, DEFAULT.convention, Some(Ties::LowestIndex))
        };
        let ks = table.options.ks();
        let which = if scikit_learn { "last" } else { "first" };
        let words = format!(
            "classes by score, of equal scores the {which} of the list of classes before the others; a truth that no \
             row scores is never among them; rows without scores are left out; n counts rows with scores"
        );
        let convention = Convention { ties, ..Convention::new(name, words) };
        let line = |k: &u32| {
            let definition = definitions.get(*k as usize - 1)?;
            Some(Line { id: definition.id, class: None, convention: convention.clone() })
        };
        let of_row = |row: &crate::classes::table::Resolved| {
            let (scores, truth) = (row.scores.as_ref()?, row.truth().filter(|_| !table.multi_label)?);
            Some(if table.scored[truth] { rank(table, scores, truth, scikit_learn) } else { usize::MAX })
        };
        Self { lines: ks.iter().filter_map(line).collect(), ranks: table.rows.iter().map(of_row).collect(), ks }
    }
}

impl Prepared for TopK {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (mut n, mut hits) = (0, vec![0; self.ks.len()]);
        for (row, weight) in weights.counted() {
            let Some(rank) = self.ranks.get(row).copied().flatten() else { continue };
            n += u64::from(weight);
            for (hits, k) in hits.iter_mut().zip(&self.ks) {
                *hits += if rank < *k as usize { u64::from(weight) } else { 0 };
            }
        }
        hits.into_iter().map(|hits| share(hits, n, Undefined::Nothing)).collect()
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let interval = |measured: Measured| {
            let successes = (measured.statistic.value()? * measured.n as f64).round() as u64;
            Some(("wilson", wilson(successes, measured.n, level)?))
        };
        self.measure(weights).into_iter().map(interval).collect()
    }
}
