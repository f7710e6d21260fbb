//! Which classes are true, by a table: one column of classes, or a column for each.

use groundglass_formats::Problem;
use groundglass_metrics::ClassTruth;

use crate::EvaluationError;
use crate::answers::TRUTH_CHOICE;
use crate::rows::CaseTable;

/// What a column of true classes is called.
const TRUTH: [&str; 14] = [
    "truth",
    "label",
    "class",
    "target",
    "diagnosis",
    "ground_truth",
    "y_true",
    "gt",
    "labels",
    "finding labels",
    "finding_labels",
    "class_name",
    "category",
    "dx",
];

/// What the truth of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Yes and no.
    Binary,
    /// Any number of classes.
    Set,
    /// One class.
    One,
}

/// Where a table says which classes are true.
pub(crate) struct TrueClasses {
    pub kind: Kind,
    columns: Columns,
}

enum Columns {
    /// One column with the class, or the classes.
    Named(usize),
    /// A column for each class, 1 where it is true.
    Each(Vec<(usize, String)>),
}

impl TrueClasses {
    /// Finds the columns. `scored` are the classes that every model has scores for. Rows without a letter or of which
    /// not every class is known are left out, and that is told.
    ///
    /// # Errors
    /// [`EvaluationError::Unfit`] where there are none.
    pub fn find(
        truth: &mut CaseTable,
        scored: &[String],
        problems: &mut Vec<Problem>,
    ) -> Result<Self, EvaluationError> {
        if let Some(letters) = truth.table.column(&[TRUTH_CHOICE]) {
            let is_letter = |truth: &CaseTable, row: usize| !truth.table.cell(row, letters).is_empty();
            if let Some((count, file)) = leave_out(truth, is_letter) {
                let message = format!("{file}: {count} questions are left out: what is right of them is no letter");
                problems.push(Problem {
                    count,
                    ..Problem::new("questions without a letter that is right", &file, message)
                });
            }
            return Ok(Self { kind: kind_of(truth, letters), columns: Columns::Named(letters) });
        }
        if let Some(column) = truth.table.column(&TRUTH) {
            return Ok(Self { kind: kind_of(truth, column), columns: Columns::Named(column) });
        }
        let mut each: Vec<(usize, String)> = truth
            .others(&[])
            .into_iter()
            .filter(|&column| is_of_marks(truth, column))
            .map(|column| (column, class_of(&truth.table.columns[column])))
            .collect();
        if each.iter().any(|(_, class)| scored.contains(class)) {
            each.retain(|(_, class)| scored.contains(class));
        } else if !(each.len() > 1 && (0..truth.len()).all(|row| marks(truth, row, &each) == Some(1))) {
            // Yes and no about something else, such as a sex, are no classes.
            return Err(EvaluationError::Unfit {
                file: truth.table.file.clone(),
                detail: format!(
                    "no column holds the true class: one of {} is expected, or a column of 1 and 0 for each class, called \
                     as the columns of scores are",
                    TRUTH.join(", ")
                ),
            });
        }
        if let Some((count, file)) = leave_out(truth, |truth, row| marks(truth, row, &each).is_some()) {
            let message = format!(
                "{file}: {count} rows are left out: of some class they say neither yes (1) nor no (0), but nothing or -1"
            );
            problems.push(Problem { count, ..Problem::new("rows with classes that are not known", &file, message) });
        }
        let is_one = each.len() > 1 && (0..truth.len()).all(|row| marks(truth, row, &each) == Some(1));
        Ok(Self { kind: if is_one { Kind::One } else { Kind::Set }, columns: Columns::Each(each) })
    }

    /// The columns, which are no attributes.
    pub fn columns(&self) -> Vec<usize> {
        match &self.columns {
            Columns::Named(column) => vec![*column],
            Columns::Each(each) => each.iter().map(|(column, _)| *column).collect(),
        }
    }

    /// What is true of a row.
    pub fn of(&self, truth: &CaseTable, row: usize) -> ClassTruth {
        let named = match &self.columns {
            Columns::Named(column) => {
                let cell = truth.table.cell(row, *column);
                match self.kind {
                    Kind::Binary => return ClassTruth::Binary(yes_or_no(cell).unwrap_or_default()),
                    Kind::Set => classes(cell),
                    Kind::One => vec![cell.to_owned()],
                }
            }
            Columns::Each(each) => {
                let is_true = |(column, _): &&(usize, String)| mark(truth.table.cell(row, *column)) == Some(Some(true));
                each.iter().filter(is_true).map(|(_, class)| class.clone()).collect()
            }
        };
        match (self.kind, named.into_iter()) {
            (Kind::One, mut one) => ClassTruth::One(one.next().unwrap_or_default()),
            (_, all) => ClassTruth::Set(all.collect()),
        }
    }
}

/// Leaves out the rows that are not to be kept; how many, and of which file.
fn leave_out(truth: &mut CaseTable, keep: impl Fn(&CaseTable, usize) -> bool) -> Option<(usize, String)> {
    let mut kept = (0..truth.len()).map(|row| keep(truth, row)).collect::<Vec<_>>().into_iter();
    let before = truth.len();
    truth.table.rows.retain(|_| kept.next().unwrap_or(true));
    let count = before - truth.len();
    (count > 0).then(|| (count, truth.table.file.clone()))
}

fn kind_of(truth: &CaseTable, column: usize) -> Kind {
    let mut cells = (0..truth.len()).map(|row| truth.table.cell(row, column));
    if cells.clone().any(|cell| cell.contains('|')) {
        Kind::Set
    } else if cells.clone().next().is_some() && cells.all(|cell| yes_or_no(cell).is_some()) {
        Kind::Binary
    } else {
        Kind::One
    }
}

/// Whether a column says of every row 1, 0, -1 or nothing, and of some row 1 or 0.
fn is_of_marks(truth: &CaseTable, column: usize) -> bool {
    let mut cells = (0..truth.len()).map(|row| mark(truth.table.cell(row, column)));
    cells.clone().all(|cell| cell.is_some()) && cells.any(|cell| cell.flatten().is_some())
}

/// How many classes of a row are true; `None` where one of them is not known.
fn marks(truth: &CaseTable, row: usize, each: &[(usize, String)]) -> Option<usize> {
    let cells = each.iter().map(|(column, _)| mark(truth.table.cell(row, *column)).flatten());
    cells.map(|cell| cell.map(usize::from)).sum()
}

/// 1 and 0, and what says that it is not known: nothing, or CheXpert's -1. `None` for all else.
fn mark(cell: &str) -> Option<Option<bool>> {
    match cell.parse::<f64>() {
        Ok(1.0) => Some(Some(true)),
        Ok(0.0) => Some(Some(false)),
        Ok(-1.0) => Some(None),
        _ if cell.is_empty() => Some(None),
        _ => None,
    }
}

pub(crate) fn yes_or_no(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "positive" => Some(true),
        "0" | "false" | "no" | "negative" => Some(false),
        _ => None,
    }
}

/// Classes between bars.
pub(crate) fn classes(cell: &str) -> Vec<String> {
    cell.split('|').map(str::trim).filter(|class| !class.is_empty()).map(str::to_owned).collect()
}

/// What a column of scores may be called before the class.
const PREFIXES: [&str; 5] = ["score_", "score:", "prob_", "probability_", "p_"];

/// The class of a column of its own.
pub(crate) fn class_of(column: &str) -> String {
    let prefixed = PREFIXES.iter().find_map(|prefix| column.strip_prefix(prefix));
    prefixed.unwrap_or(column).to_owned()
}
