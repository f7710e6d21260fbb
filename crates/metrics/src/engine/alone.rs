//! What each case says alone, of families that would have to look at all cases to measure one.

use groundglass_types::Statistic;

use crate::engine::{Exhibit, Line, Measured, PairedTest, Prepared, Weights};

/// Families of which each case alone is measured by preparing it alone: as long as preparation grows with the cases,
/// so does the whole.
pub(crate) struct Alone {
    families: Vec<OfFamily>,
}

struct OfFamily {
    prepared: Box<dyn Prepared>,
    /// One list a line with one statistic a case.
    values: Vec<Vec<Statistic>>,
    /// Whether the family does not know its cases by itself.
    asked: bool,
}

impl Alone {
    /// Families that were all prepared from the same cases.
    pub fn new(prepared: Vec<Box<dyn Prepared>>) -> Self {
        let of_family = |prepared: Box<dyn Prepared>| {
            let known = prepared.case_values();
            let asked = known.is_none();
            let values = known.unwrap_or_else(|| vec![Vec::new(); prepared.lines().len()]);
            OfFamily { prepared, values, asked }
        };
        Self { families: prepared.into_iter().map(of_family).collect() }
    }

    /// The places of the families that do not know their cases.
    pub fn asked(&self) -> Vec<usize> {
        let asked = self.families.iter().enumerate().filter(|(_, family)| family.asked);
        asked.map(|(place, _)| place).collect()
    }

    /// The next case: for each of the [`Self::asked`] what it says, prepared from this case and the set's classes.
    pub fn add(&mut self, case: Vec<Vec<Measured>>) {
        let asked = self.families.iter_mut().filter(|family| family.asked);
        for (family, measured) in asked.zip(case) {
            for (values, measured) in family.values.iter_mut().zip(measured) {
                values.push(measured.statistic);
            }
        }
    }

    /// The families, which now know their cases.
    pub fn finish(self) -> Vec<Box<dyn Prepared>> {
        self.families.into_iter().map(|family| Box::new(family) as Box<dyn Prepared>).collect()
    }
}

impl Prepared for OfFamily {
    fn lines(&self) -> &[Line] {
        self.prepared.lines()
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        self.prepared.measure(weights)
    }

    fn measure_several(&self, weights: &[Weights]) -> Vec<Vec<Measured>> {
        self.prepared.measure_several(weights)
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        self.prepared.analytic_intervals(weights, level)
    }

    fn paired_test(&self, weights_a: &Weights, weights_b: &Weights) -> Vec<Option<PairedTest>> {
        self.prepared.paired_test(weights_a, weights_b)
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        Some(self.values.clone())
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        self.prepared.exhibits(weights)
    }
}
