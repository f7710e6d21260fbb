//! Tables: CSV with a header, separated by commas, semicolons, tabs, or what a line `sep=;` in front says. Numbers may have
//! a decimal comma where commas do not part cells.

use std::collections::HashSet;
use std::io::Read;

use crate::FormatError;
use crate::content::Content;

mod cells;

pub(crate) use cells::{Separator, with_point};

/// A table of text, with the names of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The file.
    pub file: String,
    /// The names of the columns, in their order.
    pub columns: Vec<String>,
    /// Rows with one cell a column, without the spaces around them.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Reads a table. The separator is that of comma, semicolon and tab which the header holds most of, or what a line
    /// `sep=;` in front says.
    ///
    /// # Errors
    /// [`FormatError`] for an empty file, text that is not UTF-8, columns of one name, and rows with more or fewer cells
    /// than the header, with their line.
    pub fn read<'c>(file: &str, content: impl Into<Content<'c>>) -> Result<Self, FormatError> {
        let mut rows = Vec::new();
        let columns = each_row(file, &content.into(), &mut |_, row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(Self { file: file.to_owned(), columns, rows })
    }

    /// The place of the first column with one of these names, whatever their case.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        column(&self.columns, names)
    }

    /// The place of the column that names images, by the names that tables have for it (`Path`, `Image Index`, ...).
    #[cfg(feature = "full")]
    pub fn image_column(&self) -> Option<usize> {
        crate::forms::image_column(&self.columns)
    }

    /// The cell as a finite number; `None` where it is empty.
    ///
    /// # Errors
    /// [`FormatError::NotTable`] with the row and the column where it is something else.
    pub fn number(&self, row: usize, column: usize) -> Result<Option<f64>, FormatError> {
        let cell = self.cell(row, column);
        if cell.is_empty() {
            return Ok(None);
        }
        cell.parse::<f64>().ok().filter(|number| number.is_finite()).map(Some).ok_or_else(|| FormatError::NotTable {
            file: self.file.clone(),
            detail: format!(
                "row {}, column \"{}\" holds \"{cell}\", where a number should be",
                row + 2,
                self.columns.get(column).map_or("", String::as_str)
            ),
        })
    }

    /// The cell's text; empty beyond the table.
    pub fn cell(&self, row: usize, column: usize) -> &str {
        self.rows.get(row).and_then(|row| row.get(column)).map_or("", String::as_str)
    }
}

/// Whether a class says that nothing is there, also beside a box, as VinBigData's rows of `No finding,0,0,1,1`.
#[cfg(feature = "full")]
pub(crate) fn says_no_finding(class: &str) -> bool {
    const NO_FINDING: [&str; 4] = ["no finding", "no findings", "no_finding", "nofinding"];
    NO_FINDING.iter().any(|known| class.eq_ignore_ascii_case(known))
}

/// The place of the first column with one of these names, whatever their case.
pub(crate) fn column(columns: &[String], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
}

/// Takes a row with the names of the columns.
type EachRow<'v> = dyn FnMut(&[String], Vec<String>) -> Result<(), FormatError> + 'v;

/// Gives every row to `visit` with the names of the columns, which come back.
pub(crate) fn each_row(file: &str, content: &Content<'_>, visit: &mut EachRow<'_>) -> Result<Vec<String>, FormatError> {
    if content.is_empty() {
        return Err(FormatError::Empty { file: file.to_owned() });
    }
    let fault = |detail: String| FormatError::NotTable { file: file.to_owned(), detail };
    let wrong = |error: csv::Error| match error.kind() {
        csv::ErrorKind::Io(error) => FormatError::Unreadable { file: file.to_owned(), detail: error.to_string() },
        _ => fault(error.to_string()),
    };
    let separator = Separator::of(content);
    let mut text = content.reader();
    std::io::copy(&mut text.by_ref().take(separator.said as u64), &mut std::io::sink())
        .map_err(|error| FormatError::Unreadable { file: file.to_owned(), detail: error.to_string() })?;
    let commas = separator.decimal_commas(content);
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder.delimiter(separator.sign).trim(csv::Trim::All).from_reader(text);
    let columns: Vec<String> = reader.headers().map_err(wrong)?.iter().map(str::to_owned).collect();
    let mut seen = HashSet::new();
    if let Some(column) = columns.iter().find(|column| !seen.insert(column.as_str())) {
        return Err(fault(format!("two columns are called \"{column}\"")));
    }
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let cell = |(place, cell): (usize, &str)| match commas.get(place) {
            Some(true) => with_point(cell),
            _ => cell.to_owned(),
        };
        visit(&columns, record.iter().enumerate().map(cell).collect())?;
    }
    Ok(columns)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Table;

    #[test]
    fn separators_are_guessed_and_cells_read() {
        for text in ["case,score\na, 0.5\nb,\n", "case;score\r\na;0.5\r\nb;\r\n", "\u{feff}case\tscore\na\t0.5\nb\t\n"]
        {
            let table = Table::read("t.csv", text.as_bytes()).unwrap();
            assert_eq!(table.columns, ["case", "score"], "{text:?}");
            assert_eq!(table.column(&["image", "CASE"]), Some(0));
            assert_eq!((table.number(0, 1).unwrap(), table.number(1, 1).unwrap()), (Some(0.5), None));
        }
    }

    #[test]
    fn decimal_commas_and_said_separators_are_read() {
        let table = Table::read("t.csv", b"sep=;\r\ncase;score;n\r\na;0,5;1\r\nb;;2\r\n").unwrap();
        assert_eq!(table.columns, ["case", "score", "n"]);
        assert_eq!((table.number(0, 1).unwrap(), table.number(1, 1).unwrap()), (Some(0.5), None));
        assert!(Table::read("t.csv", b"case;score\na;1,100\n").unwrap().number(0, 1).is_err());
    }

    #[test]
    fn faults_name_their_place() {
        let fault = |text: &str| Table::read("t.csv", text.as_bytes()).unwrap_err().to_string();
        assert!(fault("a,a\n1,2\n").contains("two columns are called \"a\""));
        assert!(fault("a,b\n1,2\n1\n").contains("line: 3"), "{}", fault("a,b\n1,2\n1\n"));
        assert!(fault("").contains("0 bytes"));
        let table = Table::read("t.csv", b"a,b\n1,x\n").unwrap();
        assert!(table.number(0, 1).unwrap_err().to_string().contains("row 2, column \"b\" holds \"x\""));
        assert!(table.number(5, 5).unwrap().is_none());
    }
}
