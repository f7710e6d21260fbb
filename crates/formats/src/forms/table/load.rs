//! The rows of a table, of which a faulty one costs itself alone.

use csv::{ReaderBuilder, StringRecord, Trim};

use crate::list::Probe;
use crate::problem::ProblemList;
use crate::{FormatError, Table};

/// A table with the lines that its rows stood on.
pub struct Rows {
    /// The names of the columns; one without a name is called by its place.
    pub columns: Vec<String>,
    /// The rows with as many cells as there are columns.
    pub records: Vec<StringRecord>,
}

impl Rows {
    /// The same as the evaluation takes it.
    pub fn into_table(self, file: &str) -> Table {
        let rows = self.records.iter().map(|record| record.iter().map(str::to_owned).collect()).collect();
        Table { file: file.to_owned(), columns: self.columns, rows }
    }
}

/// Reads the rows. A first row of a path, four numbers (or nothing) and a class is no header but keras-retinanet's first
/// box.
pub fn load(probe: &Probe<'_>, problems: &mut ProblemList) -> Result<Rows, FormatError> {
    let (file, bytes) = (probe.path(), probe.bytes());
    if bytes.is_empty() {
        return Err(FormatError::Empty { file: file.to_owned() });
    }
    let first = bytes.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let count = |separator: u8| first.iter().filter(|&&byte| byte == separator).count();
    let separator = [b'\t', b';', b','].into_iter().max_by_key(|&separator| count(separator)).unwrap_or(b',');
    let mut builder = ReaderBuilder::new();
    let builder = builder.delimiter(separator).has_headers(false).flexible(true).trim(Trim::All);
    let (mut columns, mut records): (Option<Vec<String>>, Vec<StringRecord>) = (None, Vec::new());
    for record in builder.from_reader(bytes).records() {
        let mut record = match record {
            Ok(record) => record,
            Err(error) => {
                problems.push("rows that cannot be read", file, format!("{file}: a row is left out: {error}"));
                continue;
            }
        };
        let Some(columns) = &columns else {
            let is_box = is_box(&record);
            columns = Some(if is_box { box_columns() } else { named(&record) });
            records.extend(is_box.then_some(record));
            continue;
        };
        if record.len() > columns.len() && record.iter().skip(columns.len()).all(str::is_empty) {
            record.truncate(columns.len());
        }
        if record.len() == columns.len() {
            records.push(record);
        } else {
            let line = record.position().map_or(0, csv::Position::line);
            let (found, wanted) = (record.len(), columns.len());
            let message =
                format!("{file}: line {line} is left out: it has {found} cells, the table has {wanted} columns");
            problems.push("rows of another length", file, message);
        }
    }
    let columns =
        columns.ok_or_else(|| FormatError::NotTable { file: file.to_owned(), detail: "it has no row".to_owned() })?;
    Ok(Rows { columns, records })
}

fn is_box(record: &StringRecord) -> bool {
    let cells = record.iter().collect::<Vec<_>>();
    let [path, box_cells @ .., class] = &cells[..] else { return false };
    let is_number = |cell: &str| cell.parse::<f64>().is_ok();
    let numbers = box_cells.iter().all(|cell| is_number(cell));
    let empty = box_cells.iter().all(|cell| cell.is_empty()) && class.is_empty();
    box_cells.len() == 4
        && !path.is_empty()
        && !is_number(path)
        && (numbers || (empty && path.contains(['.', '/', '\\'])))
}

fn box_columns() -> Vec<String> {
    ["image", "x_min", "y_min", "x_max", "y_max", "label"].map(str::to_owned).to_vec()
}

/// The header's names, each once.
fn named(record: &StringRecord) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let name = |(place, name): (usize, &str)| {
        let mut unique = if name.is_empty() { format!("column {}", place + 1) } else { name.to_owned() };
        if !seen.insert(unique.clone()) {
            unique = format!("{unique} (column {})", place + 1);
            seen.insert(unique.clone());
        }
        unique
    };
    record.iter().enumerate().map(name).collect()
}
