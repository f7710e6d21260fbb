//! What is gained by leaving the least confident predictions to somebody else.

use groundglass_types::{Convention, Statistic, Ties, Undefined};

use super::Family;
use crate::classes::ranking::thinned;
use crate::classes::table::Table;
use crate::engine::{Axis, Better, Curve, Definition, Exhibit, Line, Measured, Point, Prepared, Weights};

pub(super) const DEFAULT: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| !table.multi_label && table.rows.iter().any(|row| row.scores.is_some()),
    prepare: |table| Box::new(Selective::new(table, false)),
};

pub(super) const TORCH_UNCERTAINTY: Family = Family {
    convention: "torch_uncertainty",
    by_default: false,
    definitions: TORCH_UNCERTAINTY_DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(Selective::new(table, true)),
};

const fn define(id: &'static str, name: &'static str, definition: &'static str, source: &'static str) -> Definition {
    Definition { id, name, definition, source, better: Better::Lower }
}

const DEFINITIONS: &[Definition] = &[
    define(
        "aurc",
        "AURC",
        "Share of errors among the k most confident rows, averaged over all k; equally confident rows in the mean \
         over their orders.",
        "Geifman and El-Yaniv, NeurIPS 2017",
    ),
    define(
        "excess_aurc",
        "Excess AURC",
        "AURC less that of confidences which put all errors last.",
        "Geifman et al., ICLR 2019, with the oracle on the rows themselves",
    ),
    define(
        "augrc",
        "AUGRC",
        "Errors among the k most confident rows as a share of all rows, averaged over all k; equally confident rows \
         in the mean over their orders.",
        "Traub et al., NeurIPS 2024",
    ),
];

const TORCH_UNCERTAINTY_DEFINITIONS: &[Definition] = &[
    define(
        "torch_uncertainty_aurc",
        "AURC (torch-uncertainty)",
        "The trapezoid under error share against coverage from 1/N to 1, over 1 - 1/N; equally confident rows in the \
         order of the rows.",
        "torch-uncertainty 0.13, AURC",
    ),
    define(
        "torch_uncertainty_augrc",
        "AUGRC (torch-uncertainty)",
        "The trapezoid under error share times coverage against coverage from 1/N to 1, over 1 - 1/N; equally \
         confident rows in the order of the rows.",
        "torch-uncertainty 0.13, AUGRC",
    ),
];

#[derive(Clone, Copy, Debug)]
struct Confident {
    row: u32,
    confidence: f64,
    error: bool,
}

struct Selective {
    lines: Vec<Line>,
    /// From the most confident down.
    rows: Vec<Confident>,
    torch: bool,
}

/// Sums over k of the errors among the first k, as a share of k and as a count.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    n: u64,
    errors: u64,
    /// Of errors / k.
    shares: f64,
    /// Of errors.
    counts: f64,
    /// Errors / k at the first k.
    first: f64,
}

impl Sums {
    /// Adds rows of equal confidence: their errors come evenly.
    fn add(&mut self, rows: u64, errors: u64) {
        for step in 1..=rows {
            let so_far = self.errors as f64 + errors as f64 * (step as f64 / rows as f64);
            let k = self.n + step;
            self.shares += so_far / k as f64;
            self.counts += so_far;
            if k == 1 {
                self.first = so_far;
            }
        }
        self.n += rows;
        self.errors += errors;
    }
}

impl Selective {
    fn new(table: &Table, torch: bool) -> Self {
        let confident = |(index, row): (usize, &crate::classes::table::Resolved)| {
            let (scores, truth) = (row.scores.as_ref()?, row.truth().filter(|_| !table.multi_label)?);
            let highest = table.highest(scores)?;
            let predicted = if torch { Some(highest) } else { row.predicted() };
            let error = predicted? != truth;
            Some(Confident { row: u32::try_from(index).ok()?, confidence: scores[highest], error })
        };
        let mut rows = table.rows.iter().enumerate().filter_map(confident).collect::<Vec<_>>();
        rows.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        let (definitions, name, ties, predicted) = if torch {
            let predicted = "predicted is the class with the highest score, of equal ones the first".to_owned();
            (TORCH_UNCERTAINTY_DEFINITIONS, TORCH_UNCERTAINTY.convention, Ties::ListOrder, predicted)
        } else {
            (DEFINITIONS, DEFAULT.convention, Ties::Grouped, table.answer_words().replace(", which is wrong", ""))
        };
        let words = format!(
            "{predicted}; the highest score of a row is its confidence; rows without scores or without a prediction \
             are left out; n counts the rows that are left"
        );
        let convention = Convention { ties: Some(ties), ..Convention::new(name, words) };
        let line = |definition: &Definition| Line { id: definition.id, class: None, convention: convention.clone() };
        Self { lines: definitions.iter().map(line).collect(), rows, torch }
    }

    /// Rows and errors of each run of equal confidence; row by row for torch-uncertainty.
    fn runs(&self, weights: &Weights) -> Vec<(f64, u64, u64)> {
        let mut runs = Vec::<(f64, u64, u64)>::new();
        for row in &self.rows {
            let weight = u64::from(weights.of(row.row as usize));
            if weight == 0 {
                continue;
            }
            let errors = if row.error { weight } else { 0 };
            match runs.last_mut() {
                Some(run) if run.0 == row.confidence && !self.torch => *run = (run.0, run.1 + weight, run.2 + errors),
                _ => runs.push((row.confidence, weight, errors)),
            }
        }
        runs
    }
}

impl Prepared for Selective {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (mut sums, runs) = (Sums::default(), self.runs(weights));
        for &(_, rows, errors) in &runs {
            sums.add(rows, errors);
        }
        let n = sums.n;
        let (least, reason) = if self.torch { (2, Undefined::TooFew) } else { (1, Undefined::Nothing) };
        if n < least {
            return self.lines.iter().map(|_| Measured { statistic: Statistic::Undefined(reason), n }).collect();
        }
        let count = n as f64;
        let values = if self.torch {
            let last = sums.errors as f64 / count;
            let aurc = (sums.shares - 0.5 * (sums.first + last)) / (count - 1.0);
            let augrc = (sums.counts / count - 0.5 * (sums.first / count + last)) / (count - 1.0);
            vec![aurc, augrc]
        } else {
            let mut oracle = Sums::default();
            oracle.add(n - sums.errors, 0);
            for _ in 0..sums.errors {
                oracle.add(1, 1);
            }
            vec![sums.shares / count, ((sums.shares - oracle.shares) / count).max(0.0), sums.counts / count / count]
        };
        values.into_iter().map(|value| Measured { statistic: Statistic::Value(value), n }).collect()
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        let runs = if self.torch { Vec::new() } else { self.runs(weights) };
        let all = runs.iter().map(|(_, rows, _)| rows).sum::<u64>();
        let (mut n, mut wrong) = (0, 0);
        let points = runs.into_iter().map(|(confidence, rows, errors)| {
            n += rows;
            wrong += errors;
            Point { x: n as f64 / all as f64, y: wrong as f64 / n as f64, threshold: Some(confidence) }
        });
        let points = thinned(points.collect());
        if points.is_empty() {
            return Vec::new();
        }
        let axis = |name| Axis { name, logarithmic: false };
        vec![Exhibit::Curve(Curve {
            id: "risk_coverage",
            name: "Risk-coverage curve",
            convention: DEFAULT.convention.to_owned(),
            class: None,
            x: axis("Coverage"),
            y: axis("Share of errors"),
            points,
        })]
    }
}
