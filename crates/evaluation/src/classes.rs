//! Classes: a table of truth against a table of predictions.
//!
//! Truth: a column for the case, one for the class (`truth`, `label`, ...; several classes are separated by `|`; yes
//! and no as 1 and 0), and attributes. Predictions: a column for the case, and one for the predicted class, or a score,
//! or a column of scores for each class, and perhaps one for the abstention.

use std::collections::BTreeMap;

use groundglass_formats::{Problem, Table};
use groundglass_metrics::{Assessment, ClassOptions, ClassPrediction, ClassRow, ClassSet, ClassTruth, MetricsError};

use crate::answers::{CHOICE, TRUTH_CHOICE};
use crate::attributes::Attributes;
use crate::loaded::Models;
use crate::rows::CaseTable;
use crate::{EvaluateRequest, EvaluationError, Sources};

const TRUTH: [&str; 8] = ["truth", "label", "class", "target", "diagnosis", "ground_truth", "y_true", "gt"];
const PREDICTED: [&str; 8] =
    [CHOICE, "prediction", "predicted", "predicted_class", "pred", "y_pred", "class", "answer"];
const SCORE: [&str; 6] = ["score", "probability", "prob", "confidence", "y_score", "p"];
const ABSTENTION: [&str; 2] = ["abstention", "abstain"];
/// What a column of scores may be called before the class.
const PREFIXES: [&str; 5] = ["score_", "score:", "prob_", "probability_", "p_"];

/// Reads the tables.
pub(crate) fn read(
    sources: &Sources<'_>,
    attributes: &Attributes,
    problems: &mut Vec<Problem>,
) -> Result<Models<ClassSet>, EvaluationError> {
    let mut truth = CaseTable::read(sources.single_truth()?)?;
    let letters = truth.table.column(&[TRUTH_CHOICE]);
    let column = match letters {
        Some(letters) => letters,
        None => truth.required(&TRUTH, "true class")?,
    };
    if letters.is_some() {
        leave_out_wordless(&mut truth, column, problems);
    }
    let cells = (0..truth.len()).map(|row| truth.table.cell(row, column));
    let kind = Kind::of(cells);
    let sets = sources.single_predictions()?.into_iter().map(|file| {
        let predictions = Predictions::read(CaseTable::read(file)?, kind)?;
        let rows = (0..truth.len()).map(|row| {
            let case = truth.case(row);
            Ok(ClassRow {
                attributes: truth.attributes(row, &[column], attributes),
                ..ClassRow::new(case, kind.truth(truth.table.cell(row, column)), predictions.of(case)?)
            })
        });
        Ok(ClassSet::new(rows.collect::<Result<_, EvaluationError>>()?)?)
    });
    let sets = sets.collect::<Result<Vec<_>, EvaluationError>>()?;
    Ok(Models { task: "classes", sets, assess, joined: ClassSet::joined })
}

/// Leaves out questions of which no letter is right: answers that choose letters are compared with letters.
fn leave_out_wordless(truth: &mut CaseTable, letters: usize, problems: &mut Vec<Problem>) {
    let Table { file, rows, .. } = &mut truth.table;
    let before = rows.len();
    rows.retain(|row| row.get(letters).is_some_and(|letter| !letter.is_empty()));
    let count = before - rows.len();
    if count > 0 {
        let message = format!("{file}: {count} questions are left out: what is right of them is no letter");
        problems.push(Problem { count, ..Problem::new("questions without a letter that is right", file, message) });
    }
}

fn assess(set: &ClassSet, request: &EvaluateRequest) -> Result<Assessment, MetricsError> {
    let options = ClassOptions { score_threshold: request.score_threshold, ..ClassOptions::default() };
    set.assess(&options, request.convention.as_deref())
}

/// What the cells of the truth are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Binary,
    Set,
    One,
}

impl Kind {
    fn of<'a>(mut cells: impl Iterator<Item = &'a str> + Clone) -> Self {
        if cells.clone().any(|cell| cell.contains('|')) {
            Self::Set
        } else if cells.clone().next().is_some() && cells.all(|cell| yes_or_no(cell).is_some()) {
            Self::Binary
        } else {
            Self::One
        }
    }

    fn truth(self, cell: &str) -> ClassTruth {
        match self {
            Self::Binary => ClassTruth::Binary(yes_or_no(cell).unwrap_or_default()),
            Self::Set => ClassTruth::Set(classes(cell)),
            Self::One => ClassTruth::One(cell.to_owned()),
        }
    }
}

fn yes_or_no(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "positive" => Some(true),
        "0" | "false" | "no" | "negative" => Some(false),
        _ => None,
    }
}

fn classes(cell: &str) -> Vec<String> {
    cell.split('|').map(str::trim).filter(|class| !class.is_empty()).map(str::to_owned).collect()
}

struct Predictions {
    table: CaseTable,
    places: std::collections::HashMap<String, usize>,
    kind: Kind,
    predicted: Option<usize>,
    abstention: Option<usize>,
    /// Each column of scores with its class.
    scores: Vec<(usize, String)>,
}

impl Predictions {
    fn read(table: CaseTable, kind: Kind) -> Result<Self, EvaluationError> {
        let predicted = table.table.column(&PREDICTED);
        let abstention = table.table.column(&ABSTENTION);
        let taken = predicted.iter().chain(&abstention).copied().collect::<Vec<_>>();
        let single = table.table.column(&SCORE).filter(|_| kind == Kind::Binary);
        let scores = match single {
            Some(column) => vec![(column, "positive".to_owned())],
            None => {
                let columns = table.others(&taken).into_iter();
                let numeric = |column: &usize| {
                    (0..table.len()).all(|row| matches!(table.table.number(row, *column), Ok(Some(_))))
                };
                columns.filter(numeric).map(|column| (column, class_of(&table.table.columns[column]))).collect()
            }
        };
        if predicted.is_none() && scores.is_empty() {
            return Err(EvaluationError::Unfit {
                file: table.table.file.clone(),
                detail: format!(
                    "there is neither a predicted class ({}) nor a column of scores without gaps",
                    PREDICTED.join(", ")
                ),
            });
        }
        let places = table.places(|row| table.case(row).to_owned());
        Ok(Self { table, places, kind, predicted, abstention, scores })
    }

    /// The prediction of a case; nothing where the file does not speak of it.
    fn of(&self, case: &str) -> Result<ClassPrediction, EvaluationError> {
        let Some(&row) = self.places.get(case) else { return Ok(ClassPrediction::default()) };
        let mut scores = BTreeMap::new();
        for (column, class) in &self.scores {
            if let Some(score) = self.table.table.number(row, *column)? {
                scores.insert(class.clone(), score);
                if self.kind == Kind::Binary && self.scores.len() == 1 {
                    scores.insert("negative".to_owned(), 1.0 - score);
                }
            }
        }
        let abstention = match self.abstention {
            Some(column) => self.table.table.number(row, column)?,
            None => None,
        };
        Ok(ClassPrediction {
            scores,
            classes: self.predicted.map(|column| self.predicted_classes(row, column)),
            abstention,
        })
    }

    fn predicted_classes(&self, row: usize, column: usize) -> Vec<String> {
        let cell = self.table.table.cell(row, column);
        match (self.kind, yes_or_no(cell)) {
            (Kind::Binary, Some(true)) => vec!["positive".to_owned()],
            (Kind::Binary, Some(false)) => vec!["negative".to_owned()],
            (Kind::Set, _) => classes(cell),
            _ if cell.is_empty() => Vec::new(),
            _ => vec![cell.to_owned()],
        }
    }
}

fn class_of(column: &str) -> String {
    let prefixed = PREFIXES.iter().find_map(|prefix| column.strip_prefix(prefix));
    prefixed.unwrap_or(column).to_owned()
}
