//! A table of classes, and its assessment.

use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::classes::families::{FAMILIES, Family};
use crate::classes::table::Table;
use crate::classes::{ClassOptions, ClassRow};
use crate::engine::alone::Alone;
use crate::engine::{Assessment, Unit, Weights};

/// Rows of one kind: each has one true class, or each a set of them, or each a yes or no.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(try_from = "Vec<ClassRow>", into = "Vec<ClassRow>")]
#[cfg_attr(feature = "tsify", tsify(type = "ClassRow[]"))]
pub struct ClassSet {
    rows: Vec<ClassRow>,
    /// Whether it holds two models' rows, to be compared case by case.
    joined: bool,
}

impl TryFrom<Vec<ClassRow>> for ClassSet {
    type Error = MetricsError;

    fn try_from(rows: Vec<ClassRow>) -> Result<Self, MetricsError> {
        Self::new(rows)
    }
}

impl From<ClassSet> for Vec<ClassRow> {
    fn from(set: ClassSet) -> Self {
        set.rows
    }
}

impl ClassSet {
    /// A set of rows.
    ///
    /// # Errors
    /// [`MetricsError::Input`] for a score that is not finite, a share or an abstention out of its range, several
    /// predicted classes where the truth is one, or truths of different kinds.
    pub fn new(rows: Vec<ClassRow>) -> Result<Self, MetricsError> {
        for (index, row) in rows.iter().enumerate() {
            row.check(index)?;
            if std::mem::discriminant(&row.truth) != std::mem::discriminant(&rows[0].truth) {
                return Err(MetricsError::Input {
                    place: row.place(index),
                    fault: "its truth is of another kind than that of row 0".to_owned(),
                });
            }
        }
        Ok(Self { rows, joined: false })
    }

    /// The rows, in the order in which they were given.
    pub fn rows(&self) -> &[ClassRow] {
        &self.rows
    }

    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One set whose first rows are `a`'s and whose next are `b`'s, over the same cases in the same order: under
    /// weights (w, 0) it says what `a` says, under (0, w) what `b` says.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where the cases or the kinds of truth differ.
    pub fn joined(a: &Self, b: &Self) -> Result<Self, MetricsError> {
        if a.len() != b.len() {
            let fault = format!("there are {} rows in one set and {} in the other", a.len(), b.len());
            return Err(MetricsError::Input { place: "comparison".to_owned(), fault });
        }
        for (index, (of_a, of_b)) in a.rows.iter().zip(&b.rows).enumerate() {
            if of_a.case != of_b.case {
                let fault = format!("the other set has \"{}\" in its place", of_b.case);
                return Err(MetricsError::Input { place: of_a.place(index), fault });
            }
        }
        Ok(Self { joined: true, ..Self::new(a.rows.iter().chain(&b.rows).cloned().collect())? })
    }

    /// Prepares every family for values, intervals, groups and comparisons. `convention` names one convention; without
    /// it those are prepared that a report has by default and for which the rows and the options say enough.
    ///
    /// # Errors
    /// [`MetricsError`] for options out of their range, classes that the options leave out, scores below 0 that leave
    /// out classes, or an unknown convention.
    pub fn assess(&self, options: &ClassOptions, convention: Option<&str>) -> Result<Assessment, MetricsError> {
        options.check()?;
        let table = Table::new(&self.rows, options)?;
        let asked = |family: &&Family| match convention {
            Some(name) => family.convention == name,
            None => family.by_default && (family.applies)(&table),
        };
        let families = FAMILIES.iter().filter(asked).collect::<Vec<_>>();
        if let Some(name) = convention.filter(|_| families.is_empty()) {
            let known = FAMILIES.iter().map(|family| family.convention.to_owned()).collect();
            return Err(MetricsError::convention(name, known));
        }
        let unit = |row: &ClassRow| Unit { case: row.case.clone(), attributes: row.attributes.clone() };
        let mut prepared = families.iter().map(|family| (family.prepare)(&table)).collect();
        if self.joined {
            let mut alone = Alone::new(prepared);
            let asked = alone.asked();
            let once = Weights::all(1);
            table.each_alone(|table| {
                let asked = asked.iter().filter_map(|&place| families.get(place));
                alone.add(asked.map(|family| (family.prepare)(table).measure(&once)).collect());
            });
            prepared = alone.finish();
        }
        Ok(Assessment::new(self.rows.iter().map(unit).collect(), prepared))
    }
}
