//! Tables with one row a case.

use std::collections::{BTreeMap, HashMap};

use groundglass_formats::{Probe, Table};

use crate::answers;
use crate::attributes::{Attributes, case_column};
use crate::columns::{Columns, Side};
use crate::{EvaluationError, File};

/// A table with the column that names the case.
pub(crate) struct CaseTable {
    pub table: Table,
    case: usize,
}

impl CaseTable {
    /// Reads a table of a side, with its columns called as `columns` says.
    ///
    /// # Errors
    /// [`EvaluationError`] where it is no table, or no column names the case.
    pub fn read(file: &File<'_>, side: Side, columns: &mut Columns<'_>) -> Result<Self, EvaluationError> {
        let answers = answers::table(&Probe::new(file.name, file.content));
        let mut table = answers.unwrap_or_else(|| Table::read(file.name, file.content))?;
        columns.call(&mut table, side);
        let case = case_column(&table)?;
        Ok(Self { table, case })
    }

    /// The name of the row's case.
    pub fn case(&self, row: usize) -> &str {
        self.table.cell(row, self.case)
    }

    /// The names of all rows' cases.
    pub fn cases(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.len()).map(|row| self.case(row))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.table.rows.len()
    }

    /// The place of a column that must be there, by any of its names.
    pub fn required(&self, names: &[&str], what: &str) -> Result<usize, EvaluationError> {
        self.table.column(names).ok_or_else(|| EvaluationError::Unfit {
            file: self.table.file.clone(),
            detail: format!("no column holds the {what}: one of {} is expected", names.join(", ")),
        })
    }

    /// The other columns' cells, as attributes, with what is known of the case besides.
    pub fn attributes(&self, row: usize, taken: &[usize], known: &Attributes) -> BTreeMap<String, String> {
        let cells = self.table.columns.iter().enumerate();
        let free = cells.filter(|(place, _)| *place != self.case && !taken.contains(place));
        let mut attributes = free
            .map(|(place, column)| (column.clone(), self.table.cell(row, place).to_owned()))
            .filter(|(_, cell)| !cell.is_empty())
            .collect();
        known.give(self.case(row), &mut attributes);
        attributes
    }

    /// The first row of each key; `key` makes it of a row's place.
    pub fn places<K: std::hash::Hash + Eq>(&self, key: impl Fn(usize) -> K) -> HashMap<K, usize> {
        let mut places = HashMap::new();
        for row in 0..self.len() {
            places.entry(key(row)).or_insert(row);
        }
        places
    }

    /// The columns besides the case and those that are `taken`.
    pub fn others(&self, taken: &[usize]) -> Vec<usize> {
        (0..self.table.columns.len()).filter(|place| *place != self.case && !taken.contains(place)).collect()
    }
}
