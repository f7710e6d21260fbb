//! What was true, what was predicted, and what of it was right, class by class.

use groundglass_types::{Statistic, Undefined};

use crate::classes::table::{Resolved, Table};
use crate::engine::{Measured, Weights};

/// A row's classes, for counting.
#[derive(Clone, Debug)]
struct Entry {
    truths: Vec<usize>,
    answer: Option<Vec<usize>>,
}

/// The rows' classes without all else.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    entries: Vec<Entry>,
    classes: usize,
}

/// Counts under some weights, by class.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// All rows.
    pub rows: u64,
    /// Rows with a prediction.
    pub answered: u64,
    /// Rows whose prediction is the truth, wholly.
    pub exact: u64,
    pub truths: Vec<u64>,
    pub predicted: Vec<u64>,
    pub hits: Vec<u64>,
}

/// How far two classes are apart in a kappa.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Different is different.
    Plain,
    /// By their places in the list.
    Linear,
    /// By the square of that.
    Quadratic,
}

impl Answers {
    pub fn new(table: &Table) -> Self {
        let row = |row: &Resolved| (row.truths.clone(), row.answer.clone());
        Self::of(table.rows.iter().map(row), table.classes.len())
    }

    /// `rows` gives a row's truths and its answer.
    pub fn of(rows: impl Iterator<Item = (Vec<usize>, Option<Vec<usize>>)>, classes: usize) -> Self {
        Self { entries: rows.map(|(truths, answer)| Entry { truths, answer }).collect(), classes }
    }

    fn counted<'a>(&'a self, weights: &'a Weights) -> impl Iterator<Item = (&'a Entry, u64)> {
        weights.counted().filter_map(|(row, weight)| Some((self.entries.get(row)?, u64::from(weight))))
    }

    pub fn tally(&self, weights: &Weights) -> Tally {
        let none = || vec![0; self.classes];
        let mut tally = Tally { truths: none(), predicted: none(), hits: none(), ..Tally::default() };
        for (entry, weight) in self.counted(weights) {
            tally.rows += weight;
            for &class in &entry.truths {
                tally.truths[class] += weight;
            }
            let Some(answer) = &entry.answer else { continue };
            tally.answered += weight;
            tally.exact += if *answer == entry.truths { weight } else { 0 };
            for &class in answer {
                tally.predicted[class] += weight;
                tally.hits[class] += if entry.truths.contains(&class) { weight } else { 0 };
            }
        }
        tally
    }

    /// Cohen's kappa of truth and prediction over the rows that have one. `squeezed` takes the classes of which nothing
    /// is true or predicted in these rows out of the scale.
    ///
    /// Source: Cohen, Psychological Bulletin 1968; scikit-learn 1.9, `cohen_kappa_score`.
    pub fn kappa(&self, weights: &Weights, spacing: Spacing, squeezed: bool) -> Measured {
        let pairs = self.counted(weights).filter_map(|(entry, weight)| {
            let answer = entry.answer.as_ref().and_then(|answer| answer.first());
            Some((*entry.truths.first()?, *answer?, weight))
        });
        let pairs = pairs.collect::<Vec<_>>();
        let place = self.places(&pairs, squeezed);
        let (mut truths, mut predicted) = (vec![0_u64; self.classes], vec![0_u64; self.classes]);
        let (mut n, mut observed) = (0_u64, 0_u64);
        for (truth, answer, weight) in pairs {
            let (truth, answer) = (place[truth], place[answer]);
            n += weight;
            truths[truth] += weight;
            predicted[answer] += weight;
            observed += weight * spacing.apart(truth, answer);
        }
        let expected = spacing.expected(&truths, &predicted);
        let statistic = if n == 0 {
            Statistic::Undefined(Undefined::Nothing)
        } else if expected == 0 {
            Statistic::Undefined(Undefined::OneClass)
        } else {
            Statistic::Value(1.0 - observed as f64 * n as f64 / expected as f64)
        };
        Measured { statistic, n }
    }

    /// Each class's place on the scale.
    fn places(&self, pairs: &[(usize, usize, u64)], squeezed: bool) -> Vec<usize> {
        let mut occurs = vec![!squeezed; self.classes];
        for &(truth, answer, _) in pairs {
            (occurs[truth], occurs[answer]) = (true, true);
        }
        let mut next = 0;
        let place = |occurs: bool| {
            let place = next;
            next += usize::from(occurs);
            place
        };
        occurs.into_iter().map(place).collect()
    }
}

impl Spacing {
    const fn apart(self, a: usize, b: usize) -> u64 {
        let apart = a.abs_diff(b) as u64;
        match self {
            Self::Plain => (apart > 0) as u64,
            Self::Linear => apart,
            Self::Quadratic => apart * apart,
        }
    }

    /// The sum over all pairs of a truth and a prediction, each taken with each, of how far they are apart.
    fn expected(self, truths: &[u64], predicted: &[u64]) -> u128 {
        let wide = |count: &u64| u128::from(*count);
        let total = |counts: &[u64]| counts.iter().map(wide).sum::<u128>();
        let both = truths.iter().map(wide).zip(predicted.iter().map(wide));
        match self {
            Self::Plain => total(truths) * total(predicted) - both.map(|(truth, answer)| truth * answer).sum::<u128>(),
            Self::Linear => {
                // Each step of the scale lies between those below it on one side and those above it on the other.
                let (all_truths, all_predicted) = (total(truths), total(predicted));
                let (mut below, mut sum) = ((0, 0), 0);
                for (truth, answer) in both {
                    below = (below.0 + truth, below.1 + answer);
                    sum += below.0 * (all_predicted - below.1) + below.1 * (all_truths - below.0);
                }
                sum
            }
            Self::Quadratic => {
                let moment = |counts: &[u64], power: u32| {
                    let by_place = counts.iter().map(wide).enumerate();
                    by_place.map(|(place, count)| count * (place as u128).pow(power)).sum::<u128>()
                };
                let square = |one: &[u64], other: &[u64]| moment(one, 2) * total(other);
                square(truths, predicted) + square(predicted, truths) - 2 * moment(truths, 1) * moment(predicted, 1)
            }
        }
    }
}

/// `part` of `whole`, with the whole as n.
pub(crate) fn share(part: u64, whole: u64, reason: Undefined) -> Measured {
    Measured { statistic: Statistic::ratio(part as f64, whole as f64, reason), n: whole }
}

impl Tally {
    /// Classes of which anything is true or predicted.
    pub fn present(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.truths.len()).filter(|&class| self.truths[class] + self.predicted[class] > 0)
    }

    pub fn accuracy(&self) -> Measured {
        share(self.exact, self.rows, Undefined::Nothing)
    }

    pub fn sensitivity(&self, class: usize) -> Measured {
        share(self.hits[class], self.truths[class], Undefined::NoTruth)
    }

    pub fn specificity(&self, class: usize) -> Measured {
        let negatives = self.rows - self.truths[class];
        share(negatives - (self.predicted[class] - self.hits[class]), negatives, Undefined::OneClass)
    }

    pub fn positive_predictive_value(&self, class: usize) -> Measured {
        share(self.hits[class], self.predicted[class], Undefined::NoFindings)
    }

    pub fn negative_predictive_value(&self, class: usize) -> Measured {
        let negatives = self.rows - self.predicted[class];
        share(negatives - (self.truths[class] - self.hits[class]), negatives, Undefined::ZeroDenominator)
    }

    pub fn f1(&self, class: usize) -> Measured {
        let (twice, all) = (2 * self.hits[class], self.truths[class] + self.predicted[class]);
        let statistic = Statistic::ratio(twice as f64, all as f64, Undefined::Nothing);
        Measured { statistic, n: all - self.hits[class] }
    }

    /// F1 with all classes pooled.
    pub fn f1_micro(&self) -> Measured {
        let sum = |counts: &[u64]| counts.iter().sum::<u64>();
        let (hits, all) = (sum(&self.hits), sum(&self.truths) + sum(&self.predicted));
        Measured { statistic: Statistic::ratio(2.0 * hits as f64, all as f64, Undefined::Nothing), n: all - hits }
    }

    /// F1 by class, averaged by how often the class is true.
    pub fn f1_weighted(&self) -> Measured {
        let truths = self.truths.iter().sum::<u64>();
        let of_class = |class: usize| self.f1(class).statistic.value().unwrap_or_default() * self.truths[class] as f64;
        let sum = (0..self.truths.len()).map(of_class).sum::<f64>();
        Measured { statistic: Statistic::ratio(sum, truths as f64, Undefined::NoTruth), n: truths }
    }

    /// The correlation of truth and prediction over all classes; nothing predicted is a class of its own.
    ///
    /// Source: Gorodkin, Computational Biology and Chemistry 2004; scikit-learn 1.9, `matthews_corrcoef`.
    pub fn matthews_correlation(&self) -> Measured {
        let wide = |count: &u64| i128::from(*count);
        let dot = |a: &[u64], b: &[u64]| a.iter().map(wide).zip(b.iter().map(wide)).map(|(a, b)| a * b).sum::<i128>();
        let (n, absent) = (i128::from(self.rows), i128::from(self.rows - self.answered));
        let both = i128::from(self.exact) * n - dot(&self.truths, &self.predicted);
        let of_truths = n * n - dot(&self.truths, &self.truths);
        let of_predicted = n * n - dot(&self.predicted, &self.predicted) - absent * absent;
        let statistic = if n == 0 {
            Statistic::Undefined(Undefined::Nothing)
        } else {
            let spread = crate::engine::math::sqrt(of_truths as f64 * of_predicted as f64);
            Statistic::ratio(both as f64, spread, Undefined::OneClass)
        };
        Measured { statistic, n: self.rows }
    }
}
