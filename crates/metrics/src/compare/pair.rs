//! A joined set, measured by halves.

use std::sync::Arc;

use crate::MetricsError;
use crate::engine::steps::Row;
use crate::engine::{Assessment, Measured, PairedTest, Unit, Weights};
use crate::interval::bootstrap::Resampled;

/// A set whose first half is a's and whose second half b's, over the same cases.
pub(crate) struct Pair {
    assessment: Arc<Assessment>,
    cases: usize,
}

impl Pair {
    /// # Errors
    /// [`MetricsError::Input`] where the halves do not have the same attributes, case by case.
    pub fn new(assessment: &Arc<Assessment>) -> Result<Self, MetricsError> {
        let units = assessment.units();
        let (a, b) = units.split_at(units.len() / 2);
        let fault = |place: &str, fault: &str| MetricsError::Input { place: place.to_owned(), fault: fault.to_owned() };
        if a.len() != b.len() {
            return Err(fault("comparison", "the joined set has an odd number of cases"));
        }
        if let Some((a, b)) = a.iter().zip(b).find(|(a, b)| a.attributes != b.attributes) {
            let place = format!("cases \"{}\" and \"{}\"", a.case, b.case);
            return Err(fault(&place, "the attributes differ between the two sets"));
        }
        Ok(Self { cases: a.len(), assessment: assessment.clone() })
    }

    pub fn assessment(&self) -> &Assessment {
        &self.assessment
    }

    /// The cases as a has them.
    pub fn units(&self) -> &[Unit] {
        self.assessment.units().get(..self.cases).unwrap_or_default()
    }

    /// Every case once.
    pub fn all(&self) -> Weights {
        Weights::all(self.cases)
    }

    /// Weights of the joined set: `of_a` on the first half, `of_b` on the second.
    fn halves(&self, of_a: impl Fn(usize) -> u32, of_b: impl Fn(usize) -> u32) -> Weights {
        Weights::new((0..self.cases).map(of_a).chain((0..self.cases).map(of_b)).collect())
    }

    /// a and b alone.
    fn sides(&self, weights: &Weights) -> [Weights; 2] {
        [self.halves(|case| weights.of(case), |_| 0), self.halves(|_| 0, |case| weights.of(case))]
    }

    /// Every line under a and under b.
    pub fn measure(&self, weights: &Weights) -> (Vec<Measured>, Vec<Measured>) {
        let [a, b] = self.sides(weights);
        (self.assessment.measure(&a), self.assessment.measure(&b))
    }

    /// What the families' formulas say; one entry a line.
    pub fn paired_tests(&self, weights: &Weights) -> Vec<Option<PairedTest>> {
        let [a, b] = self.sides(weights);
        let of_family = self.assessment.prepared().iter().flat_map(|prepared| {
            let mut tests = prepared.paired_test(&a, &b);
            tests.resize(prepared.lines().len(), None);
            tests
        });
        of_family.collect()
    }

    /// Every line's difference where the cases that count under `swapped` change sides.
    pub fn swapped(&self, weights: &Weights, swapped: &Weights) -> Row {
        let stays = |case| weights.of(case) - swapped.of(case).min(weights.of(case));
        let goes = |case| swapped.of(case).min(weights.of(case));
        self.difference(&self.halves(stays, goes), &self.halves(goes, stays))
    }

    fn difference(&self, a: &Weights, b: &Weights) -> Row {
        let (a, b) = (self.assessment.measure(a), self.assessment.measure(b));
        a.into_iter().zip(b).map(|(a, b)| super::difference(a.statistic, b.statistic)).collect()
    }
}

impl Resampled for Pair {
    fn numbers(&self, weights: &Weights) -> Row {
        let [a, b] = self.sides(weights);
        self.difference(&a, &b)
    }
}
