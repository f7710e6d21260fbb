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
}

/// The mean of numbers, or `reason` where there is none.
pub(crate) fn mean(values: impl IntoIterator<Item = f64>, reason: Undefined) -> Statistic {
    let (sum, count) = values.into_iter().fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    Statistic::ratio(sum, count, reason)
}
