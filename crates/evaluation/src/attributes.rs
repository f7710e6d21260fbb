//! What is known of the cases besides: a table with a column that names the case.

use std::collections::{BTreeMap, HashMap};

use groundglass_formats::Table;

use crate::{EvaluationError, File};

/// The names under which tables speak of a case.
pub const CASE_COLUMNS: [&str; 8] = ["case", "image", "file_name", "filename", "image_id", "file", "name", "id"];

/// Attributes of cases, by the case's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    by_case: HashMap<String, BTreeMap<String, String>>,
}

impl Attributes {
    /// Reads a table of attributes: every column but that of the case is one.
    ///
    /// # Errors
    /// [`EvaluationError`] where it is no table, or no column names the case.
    pub fn read(file: &File<'_>) -> Result<Self, EvaluationError> {
        let table = Table::read(file.name, file.bytes)?;
        let case = table.column(&CASE_COLUMNS).ok_or_else(|| EvaluationError::Unfit {
            file: file.name.to_owned(),
            detail: format!("no column names the case: one of {} is expected", CASE_COLUMNS.join(", ")),
        })?;
        let mut by_case = HashMap::new();
        for row in &table.rows {
            let cells = table
                .columns
                .iter()
                .zip(row)
                .enumerate()
                .filter(|(place, (_, cell))| *place != case && !cell.is_empty());
            let attributes = cells.map(|(_, (column, cell))| (column.clone(), cell.clone())).collect();
            by_case.insert(row.get(case).cloned().unwrap_or_default(), attributes);
        }
        Ok(Self { by_case })
    }

    /// Adds what is known of a case to its attributes.
    pub fn give(&self, case: &str, attributes: &mut BTreeMap<String, String>) {
        if let Some(known) = self.by_case.get(case) {
            attributes.extend(known.clone());
        }
    }
}
