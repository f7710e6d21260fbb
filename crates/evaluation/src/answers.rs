//! Answers of a model to questions, with what is right beside them: tables about cases like any other.
//!
//! Where all questions are about different images, a case is called as its image, so that the truth may stand in a table of its own;
//! else as its image and its question.

use std::collections::HashMap;

use groundglass_formats::{FormatError, Hints, Probe, Table, format_of};
use groundglass_metrics::Task;

/// The letters that answers choose, and those that are right.
pub(crate) const CHOICE: &str = "choice";
pub(crate) const TRUTH_CHOICE: &str = "truth_choice";

/// Whether a file holds answers in words, and classes are asked for: by the task, or because the answers choose letters.
pub(crate) fn are_meant(probe: &Probe<'_>, task: Option<Task>) -> bool {
    if !matches!(task, None | Some(Task::Classes)) {
        return false;
    }
    let Some(Ok((table, is_drawn))) = answers(probe) else { return false };
    let has_letters = table.columns.iter().any(|column| column == CHOICE || column == TRUTH_CHOICE);
    !is_drawn && (task.is_some() || has_letters)
}

/// The answers of a file with a column `case`; `None` where it holds none.
pub(crate) fn table(probe: &Probe<'_>) -> Option<Result<Table, FormatError>> {
    Some(answers(probe)?.map(|(table, _)| named(table)))
}

/// The answers of a file, and whether there are marks among them.
fn answers(probe: &Probe<'_>) -> Option<Result<(Table, bool), FormatError>> {
    let form = format_of(probe).filter(|form| form.id() == "grounded_text")?;
    match form.read(probe, &Hints::default()) {
        Ok(reading) => {
            let is_drawn = reading.images.iter().any(|image| image.marks.iter().any(|marks| !marks.is_empty()));
            Some(Ok((reading.table?, is_drawn)))
        }
        Err(error) => Some(Err(error)),
    }
}

/// The same table with a column that names the case.
fn named(table: Table) -> Table {
    let (image, question) = (table.column(&["image"]), table.column(&["question"]));
    let cell = |row: usize, column: Option<usize>| column.map_or("", |column| table.cell(row, column));
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for row in 0..table.rows.len() {
        *seen.entry(cell(row, image)).or_default() += 1;
    }
    let is_shared = seen.values().any(|&count| count > 1);
    let case = |row: usize| match is_shared {
        true => format!("{}: {}", cell(row, image), cell(row, question)),
        false => cell(row, image).to_owned(),
    };
    let rows = table.rows.iter().enumerate().map(|(row, cells)| [vec![case(row)], cells.clone()].concat()).collect();
    let columns = ["case".to_owned()].into_iter().chain(table.columns.iter().cloned()).collect();
    Table { file: table.file.clone(), columns, rows }
}
