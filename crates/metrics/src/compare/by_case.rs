//! Both predictions case by case.

use std::sync::Arc;

use crate::compare::{ByCase, McNemar, mcnemar};
use crate::engine::steps::{Row, Work};
use crate::engine::{Assessment, Better, Weights};

/// Every line on one case of a joined set, with the families that know it without measuring.
pub(crate) struct CaseWork {
    assessment: Arc<Assessment>,
    /// One a family: one list a line, one number a case.
    known: Vec<Option<Vec<Row>>>,
}

impl CaseWork {
    pub fn new(assessment: Arc<Assessment>) -> Self {
        let numbers = |values: Vec<_>| values.into_iter().map(groundglass_types::Statistic::value).collect();
        let known = |values: Vec<_>| values.into_iter().map(numbers).collect();
        let known = assessment.prepared().iter().map(|prepared| prepared.case_values().map(known)).collect();
        Self { assessment, known }
    }

    /// For each line the pairs of a's and b's number, case by case. `rows` has one entry a piece.
    pub fn values(&self, rows: &[Row]) -> Vec<Vec<[Option<f64>; 2]>> {
        let cases = self.assessment.units().len() / 2;
        let mut lines = Vec::new();
        for (prepared, known) in self.assessment.prepared().iter().zip(&self.known) {
            let first = lines.len();
            for place in 0..prepared.lines().len() {
                let number = |case: usize| match known {
                    Some(known) => known.get(place).and_then(|row| row.get(case).copied()).flatten(),
                    None => rows.get(case).and_then(|row| row.get(first + place).copied()).flatten(),
                };
                lines.push((0..cases).map(|case| [number(case), number(cases + case)]).collect());
            }
        }
        lines
    }
}

impl Work for CaseWork {
    fn pieces(&self) -> usize {
        if self.known.iter().all(Option::is_some) { 0 } else { self.assessment.units().len() }
    }

    fn piece(&self, index: usize) -> Row {
        let mut weights = Weights::new(vec![0; self.assessment.units().len()]);
        if let Some(weight) = weights.as_mut_slice().get_mut(index) {
            *weight = 1;
        }
        let of_family = self.assessment.prepared().iter().zip(&self.known).flat_map(|(prepared, known)| match known {
            Some(_) => vec![None; prepared.lines().len()],
            None => prepared.measure(&weights).into_iter().map(|measured| measured.statistic.value()).collect(),
        });
        of_family.collect()
    }
}

/// Wins, ties and losses of a; `None` where neither more nor less is better.
pub(crate) fn by_case(values: &[[Option<f64>; 2]], better: Better) -> Option<ByCase> {
    let sign = match better {
        Better::Higher => 1.0,
        Better::Lower => -1.0,
        Better::Neither => return None,
    };
    let mut counts = ByCase::default();
    for pair in values {
        let [Some(a), Some(b)] = *pair else {
            counts.undefined += 1;
            continue;
        };
        if (a - b).abs() <= 1e-12 * a.abs().max(b.abs()) {
            counts.tie += 1;
        } else if sign * (a - b) > 0.0 {
            counts.win += 1;
        } else {
            counts.loss += 1;
        }
    }
    Some(counts)
}

/// McNemar's test of the cases in which both are defined, where all numbers are 0 or 1 and one of them is better.
pub(crate) fn mcnemar_of(values: &[[Option<f64>; 2]], better: Better) -> Option<McNemar> {
    let both = values.iter().filter_map(|pair| Some([pair[0]?, pair[1]?])).collect::<Vec<_>>();
    let binary = both.iter().flatten().all(|&value| value == 0.0 || value == 1.0);
    let only = |side: usize| both.iter().filter(|pair| pair[side] > pair[1 - side]).count() as u64;
    (binary && !both.is_empty() && better != Better::Neither).then(|| mcnemar(only(0), only(1)))
}

#[cfg(test)]
mod tests {
    use super::{by_case, mcnemar_of};
    use crate::compare::ByCase;
    use crate::engine::Better;

    #[test]
    fn wins_follow_the_metrics_direction() {
        let values = [[Some(0.5), Some(0.25)], [Some(0.1), Some(0.3)], [Some(0.9), Some(0.3)], [None, Some(1.0)]];
        let ties = [[Some(0.1 + 0.2), Some(0.3)], [Some(0.0), Some(0.0)]];
        let values = [values.as_slice(), &ties].concat();
        let expected = ByCase { win: 2, tie: 2, loss: 1, undefined: 1 };
        assert_eq!(by_case(&values, Better::Higher), Some(expected));
        assert_eq!(by_case(&values, Better::Lower), Some(ByCase { win: 1, loss: 2, ..expected }));
        assert_eq!(by_case(&values, Better::Neither), None);
    }

    #[test]
    fn mcnemar_is_for_yes_and_no() {
        let (yes, no) = (Some(1.0), Some(0.0));
        let values = [[yes, no], [yes, no], [no, yes], [yes, yes], [None, yes]];
        let test = mcnemar_of(&values, Better::Higher).unwrap();
        assert_eq!((test.only_a, test.only_b, test.p_exact), (2, 1, 1.0));
        assert_eq!(mcnemar_of(&values, Better::Neither), None);
        assert_eq!(mcnemar_of(&[[Some(0.5), yes]], Better::Higher), None);
        assert_eq!(mcnemar_of(&[[None, yes]], Better::Higher), None);
    }
}
