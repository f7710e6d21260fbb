//! The confusion table, with the cases behind each cell.

use crate::classes::table::Table;
use crate::engine::{Confusion, Weights};

/// Truth and prediction of each row by their place in the table.
pub(crate) struct ConfusionTable {
    rows: Vec<String>,
    columns: Vec<String>,
    cells: Vec<(usize, usize)>,
}

impl ConfusionTable {
    /// `None` where the truth is a set of classes. Rows without a prediction have a column of their own.
    pub fn new(table: &Table) -> Option<Self> {
        let none = table.classes.len();
        let cell = |row: &crate::classes::table::Resolved| Some((row.truth()?, row.predicted().unwrap_or(none)));
        let cells = table.rows.iter().map(cell).collect::<Option<Vec<_>>>().filter(|_| !table.multi_label)?;
        let mut columns = table.classes.clone();
        if cells.iter().any(|(_, answer)| *answer == none) {
            columns.push("(no prediction)".to_owned());
        }
        Some(Self { rows: table.classes.clone(), columns, cells })
    }

    pub fn exhibit(&self, weights: &Weights) -> Confusion {
        let mut counts = vec![vec![0_u64; self.columns.len()]; self.rows.len()];
        let mut cases = vec![vec![Vec::new(); self.columns.len()]; self.rows.len()];
        for (index, weight) in weights.counted() {
            if let Some(&(truth, answer)) = self.cells.get(index) {
                counts[truth][answer] += u64::from(weight);
                cases[truth][answer].push(index as u32);
            }
        }
        let (rows, columns) = (self.rows.clone(), self.columns.clone());
        Confusion { id: "confusion", name: "Confusion table", rows, columns, counts, cases }
    }
}
