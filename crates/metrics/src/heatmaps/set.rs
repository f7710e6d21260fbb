//! Maps with their truths, and their assessment.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::engine::{Assessment, Unit, grouping};
use crate::heatmaps::HeatmapRow;
use crate::heatmaps::families::{FAMILIES, Family};
use crate::heatmaps::scope::Scope;

/// What the metrics of maps may be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct HeatmapOptions {
    /// How far from the truth, in pixels, the pointing game still counts a hit (15).
    pub pointing_tolerance: f64,
    /// Thresholds over which the IoU of a map is averaged (0.1, 0.2, 0.3, 0.4, 0.5).
    pub iou_thresholds: Vec<f64>,
}

impl Default for HeatmapOptions {
    fn default() -> Self {
        Self { pointing_tolerance: 15.0, iou_thresholds: vec![0.1, 0.2, 0.3, 0.4, 0.5] }
    }
}

impl HeatmapOptions {
    fn check(&self) -> Result<(), MetricsError> {
        let input = |place: &str, fault: String| Err(MetricsError::Input { place: place.to_owned(), fault });
        if !(self.pointing_tolerance.is_finite() && self.pointing_tolerance >= 0.0) {
            let fault = format!("it is {}, but must be a number of pixels from 0 up", self.pointing_tolerance);
            return input("the tolerance of the pointing game", fault);
        }
        if self.iou_thresholds.is_empty() || !self.iou_thresholds.iter().all(|threshold| threshold.is_finite()) {
            return input("the thresholds for the IoU", "at least one is needed, and all must be finite".to_owned());
        }
        Ok(())
    }
}

/// Maps with their truths. The case is what is resampled; a case may have several maps, one for each class or phrase.
#[derive(Clone, Debug, Default)]
pub struct HeatmapSet {
    units: Vec<Unit>,
    /// Each row with the case that it belongs to.
    rows: Vec<(usize, Arc<HeatmapRow>)>,
}

impl HeatmapSet {
    /// A set of these rows.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where a mask or a truth map lies on another grid than the map, a box or a fixation is
    /// not finite, or two rows of a case give one attribute different values.
    pub fn new(rows: Vec<HeatmapRow>) -> Result<Self, MetricsError> {
        for row in &rows {
            row.check()?;
        }
        let (units, of_rows) = grouping::units(rows.iter().map(|row| (row.case.as_str(), &row.attributes)))?;
        Ok(Self { units, rows: of_rows.into_iter().zip(rows.into_iter().map(Arc::new)).collect() })
    }

    /// A set whose first cases are those of `a` and whose next are those of `b`: what a paired comparison measures
    /// under the weights `(w, 0)` and `(0, w)`.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where the two do not hold the same cases in the same order.
    pub fn joined(a: &Self, b: &Self) -> Result<Self, MetricsError> {
        let units = grouping::joined(&a.units, &b.units)?;
        let second = b.rows.iter().map(|(unit, row)| (unit + a.units.len(), Arc::clone(row)));
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
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &HeatmapRow> {
        self.rows.iter().map(|(_, row)| row.as_ref())
    }

    /// Prepares every family for values, intervals, groups and comparisons. `convention` names one convention; without
    /// it those that a report has by default are prepared.
    ///
    /// # Errors
    /// [`MetricsError`] for options out of their range, or a convention that no family knows.
    pub fn assess(&self, options: &HeatmapOptions, convention: Option<&str>) -> Result<Assessment, MetricsError> {
        options.check()?;
        let asked = |family: &&Family| convention.map_or(family.by_default, |name| family.convention == name);
        let families = FAMILIES.iter().filter(asked).collect::<Vec<_>>();
        if families.is_empty() {
            let known = FAMILIES.iter().map(|family| family.convention.to_owned()).collect();
            return Err(MetricsError::convention(convention.unwrap_or_default(), known));
        }
        let rows = self.rows.iter().map(|(unit, row)| (*unit, row.as_ref()));
        let scope = Scope::new(options, rows.collect());
        let prepared = families.into_iter().map(|family| (family.prepare)(&scope)).collect();
        Ok(Assessment::new(self.units.clone(), prepared))
    }
}
