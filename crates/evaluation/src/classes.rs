//! Classes: a table of truth against a table of predictions.
//!
//! Truth: a column for the case, one for the class (`truth`, `label`, ...; several classes are separated by `|`; yes
//! and no as 1 and 0) or a column for each class, and attributes. Predictions: a column for the case, and one for the
//! predicted class, or a score, or a column of scores for each class, and perhaps one for the abstention.

use std::collections::{BTreeMap, HashSet};

use groundglass_formats::Problem;
use groundglass_metrics::{Assessment, ClassOptions, ClassPrediction, ClassRow, ClassSet, MetricsError};

use crate::answers::CHOICE;
use crate::attributes::Attributes;
use crate::columns::{Columns, Side};
use crate::loaded::Models;
use crate::rows::CaseTable;
use crate::same_cases::rows_of_cases;
use crate::true_classes::{Kind, TrueClasses, class_of, classes, yes_or_no};
use crate::{EvaluateRequest, EvaluationError, Sources};

const PREDICTED: [&str; 8] =
    [CHOICE, "prediction", "predicted", "predicted_class", "pred", "y_pred", "class", "answer"];
const SCORE: [&str; 6] = ["score", "probability", "prob", "confidence", "y_score", "p"];
const ABSTENTION: [&str; 2] = ["abstention", "abstain"];
/// Reads the tables.
pub(crate) fn read(
    sources: &Sources<'_>,
    attributes: &Attributes,
    columns: &mut Columns<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Models<ClassSet>, EvaluationError> {
    let mut truth = CaseTable::read(sources.single_truth()?, Side::Truth, columns)?;
    let models = sources.single_predictions()?.into_iter();
    let models = models.map(|file| CaseTable::read(file, Side::Predictions, columns)).collect::<Result<Vec<_>, _>>()?;
    let mut scored = models.iter().map(classes_with_scores);
    let first = scored.next().unwrap_or_default();
    let scored = scored.fold(first, |all, model| all.into_iter().filter(|class| model.contains(class)).collect());
    let mut left_out: Vec<String> = truth.cases().map(str::to_owned).collect();
    let classes = TrueClasses::find(&mut truth, &scored, problems)?;
    let kept: HashSet<&str> = truth.cases().collect();
    left_out.retain(|case| !kept.contains(case.as_str()));
    let taken = classes.columns();
    let sets = models.into_iter().map(|table| {
        let rows_of_cases = rows_of_cases(&truth.table.file, truth.cases(), &left_out, &table, problems)?;
        let predictions = Predictions::read(table, classes.kind)?;
        let rows = rows_of_cases.into_iter().enumerate().map(|(row, predicted)| {
            let prediction = predicted.map(|row| predictions.of(row)).transpose()?.unwrap_or_default();
            Ok(ClassRow {
                attributes: truth.attributes(row, &taken, attributes),
                ..ClassRow::new(truth.case(row), classes.of(&truth, row), prediction)
            })
        });
        Ok(ClassSet::new(rows.collect::<Result<_, EvaluationError>>()?)?)
    });
    let sets = sets.collect::<Result<Vec<_>, EvaluationError>>()?;
    Ok(Models { task: "classes", sets, assess, joined: ClassSet::joined })
}

fn assess(set: &ClassSet, request: &EvaluateRequest) -> Result<Assessment, MetricsError> {
    let options = ClassOptions { score_threshold: request.score_threshold, ..ClassOptions::default() };
    set.assess(&options, request.convention.as_deref())
}

struct Predictions {
    table: CaseTable,
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
            None => scores(&table, &taken),
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
        Ok(Self { table, kind, predicted, abstention, scores })
    }

    /// The prediction of a row.
    fn of(&self, row: usize) -> Result<ClassPrediction, EvaluationError> {
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

/// Each column of scores without gaps, with its class.
fn scores(table: &CaseTable, taken: &[usize]) -> Vec<(usize, String)> {
    let numeric = |column: &usize| (0..table.len()).all(|row| matches!(table.table.number(row, *column), Ok(Some(_))));
    let columns = table.others(taken).into_iter().filter(numeric);
    columns.map(|column| (column, class_of(&table.table.columns[column]))).collect()
}

/// The classes that a table of predictions has scores for.
fn classes_with_scores(table: &CaseTable) -> Vec<String> {
    scores(table, &[]).into_iter().map(|(_, class)| class).collect()
}
