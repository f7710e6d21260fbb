//! Measurements: a table of truth against a table of predictions.
//!
//! Truth: columns for the case, the value, and perhaps the name and the unit of what is measured; degrees make an
//! angle. Predictions: the case, the name, and the value; an empty value could not be read.

use groundglass_formats::{Problem, Table};
use groundglass_metrics::{Assessment, MeasureOptions, MeasureRow, MeasureSet, MetricsError, Quantity};

use crate::attributes::Attributes;
use crate::columns::{Columns, Side};
use crate::loaded::Models;
use crate::rows::CaseTable;
use crate::same_cases::rows_of_cases;
use crate::{EvaluateRequest, EvaluationError, Sources};

const VALUE: [&str; 5] = ["value", "measurement", "length", "truth", "prediction"];
const NAME: [&str; 4] = ["name", "measure", "quantity", "what"];
const UNIT: [&str; 2] = ["unit", "units"];

/// Whether a table of truth is one of measurements: its values have a unit or are called so.
pub(crate) fn is_table(table: &Table) -> bool {
    table.column(&UNIT).is_some() || table.column(&["value", "measurement"]).is_some()
}

/// Reads the tables.
pub(crate) fn read(
    sources: &Sources<'_>,
    attributes: &Attributes,
    columns: &mut Columns<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Models<MeasureSet>, EvaluationError> {
    let truth = CaseTable::read(sources.single_truth()?, Side::Truth, columns)?;
    let value = truth.required(&VALUE, "value")?;
    let (name, unit) = (truth.table.column(&NAME), truth.table.column(&UNIT));
    let cell = |row: usize, column: Option<usize>| column.map_or("", |column| truth.table.cell(row, column)).to_owned();
    let taken = [Some(value), name, unit].into_iter().flatten().collect::<Vec<_>>();
    let sets = sources.single_predictions()?.into_iter().map(|file| {
        let predictions = CaseTable::read(file, Side::Predictions, columns)?;
        let predicted_value = predictions.required(&["prediction", "predicted", "value", "measurement"], "value")?;
        let predicted_name = predictions.table.column(&NAME);
        let of_name = |row: usize| predicted_name.map_or("", |column| predictions.table.cell(row, column)).to_owned();
        let places = predictions.places(|row| (predictions.case(row).to_owned(), of_name(row)));
        let rows_of_cases = rows_of_cases(&truth.table.file, truth.cases(), &[], &predictions, problems)?;
        let mut rows = Vec::with_capacity(truth.len());
        for row in 0..truth.len() {
            let (case, name, unit) = (truth.case(row), cell(row, name), cell(row, unit));
            let Some(true_value) = truth.table.number(row, value)? else {
                return Err(EvaluationError::Unfit {
                    file: truth.table.file.clone(),
                    detail: format!("row {} has no value", row + 2),
                });
            };
            let called = rows_of_cases.get(row).copied().flatten().map(|row| predictions.case(row).to_owned());
            let place = called.and_then(|called| places.get(&(called, name.clone())));
            let predicted = match place {
                Some(&place) => predictions.table.number(place, predicted_value)?,
                None => None,
            };
            let is_angle = ["degree", "degrees", "deg", "°"].contains(&unit.to_lowercase().as_str());
            let quantity = if is_angle {
                Quantity::Angle { truth: true_value, predicted }
            } else {
                Quantity::Number { truth: true_value, predicted }
            };
            let attributes = truth.attributes(row, &taken, attributes);
            rows.push(MeasureRow { case: case.to_owned(), attributes, name, unit, quantity });
        }
        Ok(MeasureSet::new(rows)?)
    });
    let sets = sets.collect::<Result<Vec<_>, EvaluationError>>()?;
    Ok(Models { task: "measures", sets, assess, joined: MeasureSet::joined })
}

fn assess(set: &MeasureSet, request: &EvaluateRequest) -> Result<Assessment, MetricsError> {
    set.assess(&MeasureOptions::default(), request.convention.as_deref())
}
