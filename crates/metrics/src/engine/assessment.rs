//! All lines of a set: their values, by group, with their exhibits.

use groundglass_types::Value;

use crate::engine::{Exhibit, Line, Measured, Prepared, Weights};

/// What is resampled and grouped: one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// The case's name.
    pub case: String,
    /// Its attributes, such as `patient` and `site`.
    pub attributes: std::collections::BTreeMap<String, String>,
}

/// Families prepared from the same cases.
pub struct Assessment {
    units: Vec<Unit>,
    prepared: Vec<Box<dyn Prepared>>,
}

impl Assessment {
    /// Families that were all prepared from these cases, in this order.
    pub fn new(units: Vec<Unit>, prepared: Vec<Box<dyn Prepared>>) -> Self {
        Self { units, prepared }
    }

    /// The cases.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Every line of every family.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.prepared.iter().flat_map(|prepared| prepared.lines())
    }

    /// The families, for what asks them one by one.
    pub fn prepared(&self) -> &[Box<dyn Prepared>] {
        &self.prepared
    }

    /// One value for each of [`Self::lines`].
    pub fn measure(&self, weights: &Weights) -> Vec<Measured> {
        self.prepared.iter().flat_map(|prepared| prepared.measure(weights)).collect()
    }

    /// [`Self::measure`] under each of several weights, bit for bit and in less time.
    pub fn measure_several(&self, weights: &[Weights]) -> Vec<Vec<Measured>> {
        let mut several = vec![Vec::new(); weights.len()];
        for prepared in &self.prepared {
            for (all, measured) in several.iter_mut().zip(prepared.measure_several(weights)) {
                all.extend(measured);
            }
        }
        several
    }

    /// One report line for each of [`Self::lines`], without intervals.
    pub fn values(&self, weights: &Weights) -> Vec<Value> {
        self.lines().zip(self.measure(weights)).map(|(line, measured)| line.value(measured)).collect()
    }

    /// Curves and tables of all families.
    pub fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        self.prepared.iter().flat_map(|prepared| prepared.exhibits(weights)).collect()
    }
}

impl Line {
    /// The line with its value.
    pub fn value(&self, measured: Measured) -> Value {
        Value {
            id: self.id.to_owned(),
            statistic: measured.statistic,
            interval: None,
            interval_method: None,
            n: measured.n,
            convention: self.convention.clone(),
            class: self.class.clone(),
            group: None,
        }
    }
}
