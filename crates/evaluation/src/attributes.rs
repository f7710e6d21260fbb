//! What is known of the cases besides: a table with a column that names the case.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use groundglass_formats::Table;
use groundglass_types::Case;

use crate::columns::{Columns, Side};
use crate::{EvaluationError, File};

/// The names under which tables speak of a case, before those by which tables of boxes speak of images.
const CASE_COLUMNS: [&str; 8] = ["case", "image", "file_name", "filename", "image_id", "file", "name", "id"];

/// The column that names the case.
///
/// # Errors
/// [`EvaluationError::Unfit`] where there is none.
pub fn case_column(table: &Table) -> Result<usize, EvaluationError> {
    table.column(&CASE_COLUMNS).or_else(|| table.image_column()).ok_or_else(|| EvaluationError::Unfit {
        file: table.file.clone(),
        detail: format!(
            "no column names the case: one of {} is expected, or the one that is said to hold the image (in the command by \
             --column image=COLUMN)",
            CASE_COLUMNS.join(", ")
        ),
    })
}

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
    pub(crate) fn read(file: &File<'_>, columns: &mut Columns<'_>) -> Result<Self, EvaluationError> {
        let mut table = Table::read(file.name, file.content)?;
        columns.call(&mut table, Side::Attributes);
        Self::of(&table)
    }

    /// The attributes of a table that was read.
    ///
    /// # Errors
    /// [`EvaluationError`] where no column names the case.
    pub fn of(table: &Table) -> Result<Self, EvaluationError> {
        let case = case_column(table)?;
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

    /// Adds what is known of cases that were read from files: by a case's name, else by its base name, else by its stem,
    /// where no two cases share it.
    pub fn give_cases(&self, cases: &mut [Case]) {
        let base = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned();
        let stem = |name: &str| base(name).rsplit_once('.').map_or_else(|| base(name), |(stem, _)| stem.to_owned());
        let mut shared: HashMap<String, usize> = HashMap::new();
        for case in &*cases {
            let names = BTreeSet::from([case.name.clone(), base(&case.name), stem(&case.name)]);
            names.into_iter().for_each(|name| *shared.entry(name).or_default() += 1);
        }
        for case in cases {
            let names = [case.name.clone(), base(&case.name), stem(&case.name)];
            let known = names.iter().find(|name| self.by_case.contains_key(*name) && shared.get(*name) == Some(&1));
            if let Some(name) = known {
                self.give(name, &mut case.attributes);
            }
        }
    }

    /// Adds what is known of a case to its attributes.
    pub fn give(&self, case: &str, attributes: &mut BTreeMap<String, String>) {
        if let Some(known) = self.by_case.get(case) {
            attributes.extend(known.clone());
        }
    }
}
