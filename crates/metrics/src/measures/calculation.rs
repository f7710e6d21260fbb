//! How a number is made of many rows under weights.

use std::sync::Arc;

use groundglass_types::{Convention, Statistic, Undefined};

use crate::engine::{Line, Measured, Prepared, Weights};
use crate::interval::wilson;
use crate::measures::agreement::{OfPairs, Pairs};
use crate::measures::scope::Group;

/// What is made of the rows of a group. Each row comes with its case.
#[derive(Clone, Debug)]
pub(super) enum Calculation {
    Mean(Vec<(usize, f64)>),
    RootOfMean(Vec<(usize, f64)>),
    /// From the lowest value up.
    Median(Vec<(usize, f64)>),
    /// The share of the rows for which something holds.
    Share(Vec<(usize, bool)>),
    OfPairs(Arc<Pairs>, OfPairs),
}

impl Calculation {
    pub fn median(mut values: Vec<(usize, f64)>) -> Self {
        values.sort_by(|a, b| a.1.total_cmp(&b.1));
        Self::Median(values)
    }

    fn measure(&self, weights: &Weights, reason: Undefined) -> Measured {
        let of = |number: Option<f64>, n: u64| {
            let statistic = number.filter(|number| number.is_finite());
            Measured { statistic: statistic.map_or(Statistic::Undefined(reason), Statistic::Value), n }
        };
        match self {
            Self::Mean(values) => {
                let (mean, n) = mean(values, weights);
                of(mean, n)
            }
            Self::RootOfMean(values) => {
                let (mean, n) = mean(values, weights);
                of(mean.map(f64::sqrt), n)
            }
            Self::Median(values) => {
                let n = values.iter().map(|(case, _)| u64::from(weights.of(*case))).sum();
                of(median(values, weights, n), n)
            }
            Self::Share(rows) => {
                let (hits, n) = share(rows, weights);
                of((n > 0).then(|| hits as f64 / n as f64), n)
            }
            Self::OfPairs(pairs, of_pairs) => {
                let n = pairs.count(weights);
                match of_pairs(pairs, weights) {
                    Ok(number) => of(Some(number), n),
                    Err(_) if n == 0 => of(None, 0),
                    Err(reason) => Measured { statistic: Statistic::Undefined(reason), n },
                }
            }
        }
    }
}

impl Calculation {
    /// The same of the rows of each of some cases, as of the only case.
    fn each_alone(&self, cases: usize) -> Vec<Self> {
        fn apart<T: Copy>(rows: &[(usize, T)], cases: usize) -> impl Iterator<Item = Vec<(usize, T)>> {
            let mut apart = vec![Vec::new(); cases];
            for &(case, row) in rows {
                if let Some(rows) = apart.get_mut(case) {
                    rows.push((0, row));
                }
            }
            apart.into_iter()
        }
        match self {
            Self::Mean(values) => apart(values, cases).map(Self::Mean).collect(),
            Self::RootOfMean(values) => apart(values, cases).map(Self::RootOfMean).collect(),
            Self::Median(values) => apart(values, cases).map(Self::Median).collect(),
            Self::Share(rows) => apart(rows, cases).map(Self::Share).collect(),
            Self::OfPairs(pairs, of_pairs) => {
                let pairs = pairs.iter().map(|(case, predicted, truth)| (case, (predicted, truth)));
                let pairs = pairs.collect::<Vec<_>>();
                let alone = |pairs: Vec<(usize, (f64, f64))>| {
                    Pairs::new(pairs.into_iter().map(|(case, (predicted, truth))| (case, predicted, truth)))
                };
                let apart = apart(&pairs, cases);
                apart.map(|pairs| Self::OfPairs(Arc::new(alone(pairs)), *of_pairs)).collect()
            }
        }
    }
}

fn mean(values: &[(usize, f64)], weights: &Weights) -> (Option<f64>, u64) {
    let (mut sum, mut n) = (0.0, 0_u64);
    for (case, value) in values {
        let weight = weights.of(*case);
        sum += f64::from(weight) * value;
        n += u64::from(weight);
    }
    ((n > 0).then(|| sum / n as f64), n)
}

fn median(values: &[(usize, f64)], weights: &Weights, n: u64) -> Option<f64> {
    // The values at two ranks, counted from 0, which are one where n is odd.
    let (lower, upper) = (n.checked_sub(1)? / 2, n / 2);
    let (mut seen, mut first) = (0, None);
    for (case, value) in values {
        seen += u64::from(weights.of(*case));
        if first.is_none() && seen > lower {
            first = Some(*value);
        }
        if seen > upper {
            return first.map(|first| 0.5 * (first + value));
        }
    }
    None
}

fn share(rows: &[(usize, bool)], weights: &Weights) -> (u64, u64) {
    rows.iter().fold((0, 0), |(hits, n), (case, holds)| {
        let weight = u64::from(weights.of(*case));
        (hits + if *holds { weight } else { 0 }, n + weight)
    })
}

/// A family's lines with what each is made of.
#[derive(Default)]
pub(super) struct Calculations {
    lines: Vec<Line>,
    calculations: Vec<Calculation>,
    /// Why a line whose group has rows has no number.
    reasons: Vec<Undefined>,
    /// The cases of the group of each line.
    cases: Vec<Arc<Vec<usize>>>,
}

impl Calculations {
    pub fn push(
        &mut self,
        group: &Group,
        cases: &Arc<Vec<usize>>,
        (id, convention): (&'static str, Convention),
        calculation: Calculation,
        reason: Undefined,
    ) {
        self.lines.push(Line { id, class: group.class.clone(), convention });
        self.calculations.push(calculation);
        self.reasons.push(reason);
        self.cases.push(Arc::clone(cases));
    }
}

impl Prepared for Calculations {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let parts = self.calculations.iter().zip(&self.reasons).zip(&self.cases);
        let one = |((calculation, reason), cases): ((&Calculation, &Undefined), &Arc<Vec<usize>>)| {
            let measured = calculation.measure(weights, *reason);
            let nothing = measured.n == 0 && cases.iter().all(|case| weights.of(*case) == 0);
            let reason = Statistic::Undefined(Undefined::NoTruth);
            if nothing { Measured { statistic: reason, n: 0 } } else { measured }
        };
        parts.map(one).collect()
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let count = self.cases.iter().flat_map(|cases| cases.iter()).map(|case| case + 1).max().unwrap_or_default();
        let once = Weights::all(1);
        let of_line = |((calculation, reason), cases): ((&Calculation, &Undefined), &Arc<Vec<usize>>)| {
            let mut values = vec![Statistic::Undefined(Undefined::NoTruth); count];
            let alone = calculation.each_alone(count);
            for &case in cases.iter() {
                *values.get_mut(case)? = alone.get(case)?.measure(&once, *reason).statistic;
            }
            Some(values)
        };
        self.calculations.iter().zip(&self.reasons).zip(&self.cases).map(of_line).collect()
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let interval = |calculation: &Calculation| match calculation {
            Calculation::Share(rows) => {
                let (hits, n) = share(rows, weights);
                Some(("wilson", wilson(hits, n, level)?))
            }
            _ => None,
        };
        self.calculations.iter().map(interval).collect()
    }
}
