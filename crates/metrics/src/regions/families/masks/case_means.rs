//! Lines that are a mean over cases of a number that each case has or has not.

use groundglass_types::{Convention, Statistic, Undefined};

use crate::engine::{Line, Measured, Prepared, Weights};
use crate::regions::case_entry::LabelIndex;
use crate::regions::scope::Scope;

/// What one case says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Cell {
    /// A finite number.
    Value(f64),
    /// Left out by rule.
    Skipped,
    /// There should be a number, and there is none: a reference gives infinity or stops.
    Missing(Undefined),
}

impl Cell {
    /// `numerator / denominator`, or left out where the denominator is 0.
    pub fn ratio(numerator: f64, denominator: f64) -> Self {
        if denominator > 0.0 { Self::Value(numerator / denominator) } else { Self::Skipped }
    }
}

/// How the cases become one number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fold {
    /// The mean of the numbers there are.
    Mean,
    /// The mean, but none where a number is missing anywhere.
    StrictMean,
    /// The sum over the count plus this much.
    MeanPlus(f64),
    /// How many numbers are missing.
    CountMissing,
}

/// One line of a family.
pub(super) struct Row<const N: usize> {
    pub class: Option<LabelIndex>,
    pub convention: Convention,
    /// By case: its index and one cell an id.
    pub cells: Vec<(usize, [Cell; N])>,
}

/// The cells of every case, class by class.
pub(super) struct CaseMeans<const N: usize> {
    lines: Vec<Line>,
    folds: [Fold; N],
    cells: Vec<Vec<(usize, [Cell; N])>>,
}

impl<const N: usize> CaseMeans<N> {
    /// One line an id and a row.
    pub fn prepared(
        scope: &Scope<'_>,
        ids: [(&'static str, Fold); N],
        rows: impl Iterator<Item = Row<N>>,
    ) -> Box<dyn Prepared> {
        let (mut lines, mut cells) = (Vec::new(), Vec::new());
        for row in rows {
            let class = scope.class_name(row.class);
            lines.extend(ids.map(|(id, _)| Line { id, class: class.clone(), convention: row.convention.clone() }));
            cells.push(row.cells);
        }
        Box::new(Self { lines, folds: ids.map(|(_, fold)| fold), cells })
    }
}

impl<const N: usize> Prepared for CaseMeans<N> {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let mut measured = Vec::with_capacity(self.lines.len());
        for cells in &self.cells {
            for (place, fold) in self.folds.iter().enumerate() {
                measured.push(folded(*fold, cells.iter().map(|(case, cells)| (weights.of(*case), cells[place]))));
            }
        }
        measured
    }
}

/// Cells with how often each counts.
pub(super) fn folded(fold: Fold, cells: impl Iterator<Item = (u32, Cell)>) -> Measured {
    let (mut sum, mut count, mut missing, mut reason) = (0.0, 0_u64, 0_u64, None);
    for (weight, cell) in cells.filter(|(weight, _)| *weight > 0) {
        match cell {
            Cell::Value(value) => {
                sum += f64::from(weight) * value;
                count += u64::from(weight);
            }
            Cell::Skipped => {}
            Cell::Missing(why) => {
                missing += u64::from(weight);
                reason = reason.or(Some(why));
            }
        }
    }
    let none = Undefined::Nothing;
    let (statistic, n) = match (fold, reason) {
        (Fold::CountMissing, _) => (Statistic::Value(missing as f64), count + missing),
        (Fold::StrictMean, Some(reason)) => (Statistic::Undefined(reason), count + missing),
        (Fold::MeanPlus(more), _) if count > 0 => (Statistic::Value(sum / (count as f64 + more)), count),
        (_, reason) => (Statistic::ratio(sum, count as f64, reason.unwrap_or(none)), count),
    };
    Measured { statistic, n }
}
