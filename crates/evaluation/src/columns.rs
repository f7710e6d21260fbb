//! What a person says of the columns of tables about cases: which holds what.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_formats::{Problem, Table};

/// What a table is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Truth,
    Predictions,
    Attributes,
}

/// The columns by what they are said to hold, and which of them were found.
pub(crate) struct Columns<'r> {
    said: &'r BTreeMap<String, String>,
    found: BTreeSet<&'r str>,
}

impl<'r> Columns<'r> {
    pub fn new(said: &'r BTreeMap<String, String>) -> Self {
        Self { said, found: BTreeSet::new() }
    }

    /// Calls the columns of a table what they are said to hold, so that they are found by that. A column that is called so
    /// already takes the other's name and stays an attribute.
    pub fn call(&mut self, table: &mut Table, side: Side) {
        for (role, column) in self.said {
            let Some(place) = place(&table.columns, column) else { continue };
            self.found.insert(role);
            let name = called(role, side);
            let other = table.columns.iter().position(|other| other.eq_ignore_ascii_case(name));
            if let Some(other) = other.filter(|other| *other != place) {
                table.columns[other] = std::mem::take(&mut table.columns[place]);
            }
            name.clone_into(&mut table.columns[place]);
        }
    }

    /// What was said of columns that no table has: one line each.
    pub fn unmet(&self) -> impl Iterator<Item = Problem> {
        let unmet = self.said.iter().filter(|(role, _)| !self.found.contains(role.as_str()));
        unmet.map(|(role, column)| {
            let message = format!("the column \"{column}\", said to hold the {role}, is in no table that was read");
            Problem::new("options that change nothing", column, message)
        })
    }
}

/// The place of a column of this name, or else of one that differs in its case only.
fn place(columns: &[String], name: &str) -> Option<usize> {
    let same = columns.iter().position(|column| column == name);
    same.or_else(|| columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
}

/// The name by which a column is found first.
fn called(role: &str, side: Side) -> &str {
    match (role, side) {
        ("image" | "case", _) => "case",
        ("class" | "label" | "truth", Side::Truth) => "truth",
        ("class" | "label" | "prediction", Side::Predictions) => "prediction",
        (other, _) => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use groundglass_formats::Table;

    use super::{Columns, Side};

    fn table(columns: &[&str]) -> Table {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Table { file: "t.csv".to_owned(), columns, rows: Vec::new() }
    }

    #[test]
    fn columns_are_called_what_they_hold_and_others_give_way() {
        let said = BTreeMap::from(["image", "class"].map(|role| (role.to_owned(), format!("My {role}"))));
        let mut columns = Columns::new(&said);
        let mut truth = table(&["case", "my image", "My class", "Truth"]);
        columns.call(&mut truth, Side::Truth);
        assert_eq!(truth.columns, ["my image", "case", "truth", "My class"]);
        let mut predictions = table(&["My class", "p"]);
        columns.call(&mut predictions, Side::Predictions);
        assert_eq!(predictions.columns, ["prediction", "p"]);
        assert_eq!(columns.unmet().count(), 0);
    }

    #[test]
    fn columns_that_no_table_has_are_told() {
        let said = BTreeMap::from([("image".to_owned(), "scan".to_owned())]);
        let mut columns = Columns::new(&said);
        columns.call(&mut table(&["case", "truth"]), Side::Truth);
        let told: Vec<_> = columns.unmet().map(|problem| problem.message).collect();
        assert_eq!(told, ["the column \"scan\", said to hold the image, is in no table that was read"]);
    }
}
