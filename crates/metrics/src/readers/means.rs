//! Statistics that are one number a case and its mean over cases.

use groundglass_types::{Statistic, Undefined};

use crate::engine::math::weighted_mean;
use crate::engine::{Line, Measured, Prepared, Weights};

/// One line with its number for each case, by the case's index in the set.
pub(crate) struct CaseMean {
    pub line: Line,
    pub values: Vec<(usize, Statistic)>,
    /// Said where no case has a number and all for different reasons, or there is no case.
    pub reason: Undefined,
}

/// Lines that are means over cases.
pub(crate) struct MeansOverCases {
    lines: Vec<Line>,
    values: Vec<Vec<(usize, Statistic)>>,
    reasons: Vec<Undefined>,
}

impl MeansOverCases {
    pub fn new(means: Vec<CaseMean>) -> Self {
        let mut prepared = Self { lines: Vec::new(), values: Vec::new(), reasons: Vec::new() };
        for CaseMean { line, values, reason } in means {
            prepared.lines.push(line);
            prepared.values.push(values);
            prepared.reasons.push(reason);
        }
        prepared
    }
}

impl Prepared for MeansOverCases {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of_line = |(values, reason): (&Vec<(usize, Statistic)>, &Undefined)| {
            let (statistic, n) = weighted_mean(values.iter().copied(), weights, *reason);
            Measured { statistic, n }
        };
        self.values.iter().zip(&self.reasons).map(of_line).collect()
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let cases = self.values.iter().flatten().map(|(case, _)| case + 1).max().unwrap_or_default();
        let of_line = |(values, reason): (&Vec<(usize, Statistic)>, &Undefined)| {
            let mut alone = vec![Statistic::Undefined(*reason); cases];
            for &(case, value) in values {
                if let (Some(place), Some(number)) = (alone.get_mut(case), value.value()) {
                    *place = Statistic::ratio(number, 1.0, *reason);
                }
            }
            alone
        };
        Some(self.values.iter().zip(&self.reasons).map(of_line).collect())
    }
}

/// One list a line with one statistic a case: `of` makes them of what a case has, or of nothing.
pub(crate) fn each_alone<T, const N: usize>(
    cases: usize,
    items: impl Iterator<Item = (usize, T)>,
    of: impl Fn(Option<T>) -> [Statistic; N],
) -> Vec<Vec<Statistic>> {
    let nothing = of(None);
    let mut lines = nothing.map(|nothing| vec![nothing; cases]).to_vec();
    for (case, item) in items {
        for (line, statistic) in lines.iter_mut().zip(of(Some(item))) {
            if let Some(place) = line.get_mut(case) {
                *place = statistic;
            }
        }
    }
    lines
}

/// The mean of numbers, or `reason` where there is none.
pub(crate) fn mean(values: impl IntoIterator<Item = f64>, reason: Undefined) -> Statistic {
    let (sum, count) = values.into_iter().fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    Statistic::ratio(sum, count, reason)
}
