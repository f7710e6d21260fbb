//! Measurements, and their assessment.

use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::engine::{Assessment, Unit, grouping};
use crate::measures::MeasureRow;
use crate::measures::families::{FAMILIES, Family};
use crate::measures::scope::Scope;

/// What the metrics of measurements may be told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct MeasureOptions {
    /// After how many degrees an angle is the same again: 360, or 180 for directions without a sense.
    pub angle_period: f64,
}

impl Default for MeasureOptions {
    fn default() -> Self {
        Self { angle_period: 360.0 }
    }
}

impl MeasureOptions {
    fn check(&self) -> Result<(), MetricsError> {
        if self.angle_period.is_finite() && self.angle_period > 0.0 {
            return Ok(());
        }
        let fault = format!("it is {}, but must be a number above 0 (360 or 180)", self.angle_period);
        Err(MetricsError::Input { place: "the period of angles".to_owned(), fault })
    }
}

/// Measurements beside their truth. The case is what is resampled; a case may have several measurements.
#[derive(Clone, Debug, Default)]
pub struct MeasureSet {
    units: Vec<Unit>,
    /// Each row with the case that it belongs to.
    rows: Vec<(usize, MeasureRow)>,
}

impl MeasureSet {
    /// A set of these rows.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where a number is not finite, a spacing is not above 0, or two rows of a case give one
    /// attribute different values.
    pub fn new(rows: Vec<MeasureRow>) -> Result<Self, MetricsError> {
        for (index, row) in rows.iter().enumerate() {
            row.check(index)?;
        }
        let (units, of_rows) = grouping::units(rows.iter().map(|row| (row.case.as_str(), &row.attributes)))?;
        Ok(Self { units, rows: of_rows.into_iter().zip(rows).collect() })
    }

    /// A set whose first cases are those of `a` and whose next are those of `b`: what a paired comparison measures
    /// under the weights `(w, 0)` and `(0, w)`.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where the two do not hold the same cases in the same order.
    pub fn joined(a: &Self, b: &Self) -> Result<Self, MetricsError> {
        let units = grouping::joined(&a.units, &b.units)?;
        let second = b.rows.iter().map(|(unit, row)| (unit + a.units.len(), row.clone()));
        Ok(Self { units, rows: a.rows.iter().cloned().chain(second).collect() })
    }

    /// How many cases there are.
    pub const fn len(&self) -> usize {
        self.units.len()
    }

    /// Whether there is no case.
    pub const fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// The rows in the order in which they came.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &MeasureRow> {
        self.rows.iter().map(|(_, row)| row)
    }

    /// Prepares every family for values, intervals, groups and comparisons. `convention` names one convention; without
    /// it those that a report has by default are prepared.
    ///
    /// # Errors
    /// [`MetricsError`] for options out of their range, or a convention that no family knows.
    pub fn assess(&self, options: &MeasureOptions, convention: Option<&str>) -> Result<Assessment, MetricsError> {
        options.check()?;
        let asked = |family: &&Family| convention.map_or(family.by_default, |name| family.convention == name);
        let families = FAMILIES.iter().filter(asked).collect::<Vec<_>>();
        if families.is_empty() {
            let known = FAMILIES.iter().map(|family| family.convention.to_owned()).collect();
            return Err(MetricsError::convention(convention.unwrap_or_default(), known));
        }
        let scope = Scope::new(options, &self.rows);
        let prepared = families.into_iter().map(|family| (family.prepare)(&scope)).collect();
        Ok(Assessment::new(self.units.clone(), prepared))
    }
}
