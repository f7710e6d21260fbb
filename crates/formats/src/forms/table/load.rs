//! The rows of a table, of which a faulty one costs itself alone.

use csv::{ReaderBuilder, StringRecord, StringRecordsIntoIter, Trim};

use crate::coco::not_empty;
use crate::content::ContentReader;
use crate::list::Probe;
use crate::problem::ProblemList;
use crate::table::{Separator, with_point};
use crate::{FormatError, Table};

/// A table of which one row after another is read.
pub struct Rows<'a> {
    file: &'a str,
    /// The names of the columns; one without a name is called by its place.
    pub columns: Vec<String>,
    records: StringRecordsIntoIter<ContentReader<'a>>,
    /// The first row, where it is no header.
    first: Option<StringRecord>,
    content: &'a crate::Content<'a>,
    separator: Separator,
    /// Which columns have numbers with a decimal comma, once a row has been asked for.
    commas: Option<Vec<bool>>,
}

impl<'a> Rows<'a> {
    /// Reads the header. A first row of a path, four numbers (or nothing) and a class is no header but keras-retinanet's
    /// first box.
    pub fn open(probe: &'a Probe<'_>) -> Result<Self, FormatError> {
        let (file, content) = (probe.path(), probe.content());
        not_empty(file, content)?;
        let fault = |detail: String| FormatError::NotTable { file: file.to_owned(), detail };
        let separator = Separator::of(content);
        let mut builder = ReaderBuilder::new();
        let builder = builder.delimiter(separator.sign).has_headers(false).flexible(true).trim(Trim::All);
        let mut records = builder.from_reader(content.reader()).into_records();
        if separator.said > 0 {
            drop(records.next());
        }
        let header = records.next().ok_or_else(|| fault("it has no row".to_owned()))?;
        let header = header.map_err(|error| fault(error.to_string()))?;
        let is_box = is_box(&header);
        let columns = if is_box { box_columns() } else { named(&header) };
        Ok(Self { file, columns, records, first: is_box.then_some(header), content, separator, commas: None })
    }

    /// The next row with as many cells as there are columns; a faulty one becomes a problem.
    pub fn next(&mut self, problems: &mut ProblemList) -> Option<StringRecord> {
        let file = self.file;
        let commas = self.commas.get_or_insert_with(|| {
            let commas = self.separator.decimal_commas(self.content);
            if commas.contains(&true) {
                let message = format!("{file}: its numbers have a decimal comma: \"3,5\" is read as 3.5");
                problems.push("tables with decimal commas", file, message);
            }
            commas
        });
        loop {
            let mut record = match self.first.take().map(Ok).or_else(|| self.records.next())? {
                Ok(record) => record,
                Err(error) => {
                    problems.push("rows that cannot be read", file, format!("{file}: a row is left out: {error}"));
                    continue;
                }
            };
            let wanted = self.columns.len();
            if record.len() > wanted && record.iter().skip(wanted).all(str::is_empty) {
                record.truncate(wanted);
            }
            if record.len() == wanted {
                return Some(if commas.is_empty() { record } else { with_points(&record, commas) });
            }
            let (line, found) = (record.position().map_or(0, csv::Position::line), record.len());
            let message =
                format!("{file}: line {line} is left out: it has {found} cells, the table has {wanted} columns");
            problems.push("rows of another length", file, message);
        }
    }

    /// All rows as the evaluation takes them.
    pub fn into_table(mut self, problems: &mut ProblemList) -> Table {
        let mut rows = Vec::new();
        while let Some(record) = self.next(problems) {
            rows.push(record.iter().map(str::to_owned).collect());
        }
        Table { file: self.file.to_owned(), columns: self.columns, rows }
    }
}

/// A row with decimal points in the columns that have commas.
fn with_points(record: &StringRecord, commas: &[bool]) -> StringRecord {
    let cell = |(place, cell): (usize, &str)| match commas.get(place) {
        Some(true) => with_point(cell),
        _ => cell.to_owned(),
    };
    let mut read: StringRecord = record.iter().enumerate().map(cell).collect();
    read.set_position(record.position().cloned());
    read
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
