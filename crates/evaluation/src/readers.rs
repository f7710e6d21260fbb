//! Several readers of one case: ordered lists of diagnoses, regions, or classes.
//!
//! * Lists: the rankings of `groundglass-formats`, the likeliest group first; classes by number or by name, and beside them a
//!   file with the names by number where there is one, a line each. Predictions: a table with a score for each class.
//! * Regions: one COCO file a reader, and COCO results.
//! * Classes: a table with one column a reader (`reader_1`, `rater b`), and a table with the predicted class.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::BufRead;

use crate::attributes::Attributes;
use crate::columns::{Columns, Side};
use crate::loaded::{Loaded, Models};
use crate::rows::CaseTable;
use crate::same_cases::rows_of_cases;
use crate::{EvaluateRequest, EvaluationError, File, Sources, regions};
use groundglass_formats::{
    FormatError, Probe, Problem, RankedCase, RankedClass, Rankings, Table, format_of, read_rankings,
};
use groundglass_metrics::{
    AreaReading, AreaReadingOptions, AreaReadings, LabelReading, LabelReadingOptions, LabelReadings, Prediction,
    RankedReading, RankedReadingOptions, RankedReadings, RegionKind, Task,
};
use groundglass_types::{Case, Finding};

/// How a column of a reader's classes begins.
const READER: [&str; 4] = ["reader", "rater", "annotator", "grader"];

fn is_reader(column: &str) -> bool {
    READER.iter().any(|prefix| column.to_lowercase().starts_with(prefix))
}

/// Whether a table of truth has one column a reader.
pub(crate) fn is_table(table: &Table) -> bool {
    table.columns.iter().filter(|column| is_reader(column)).count() > 1
}

/// Whether a file of truth holds ordered lists.
pub(crate) fn is_ranked(file: &File<'_>) -> bool {
    format_of(&Probe::new(file.name, file.content)).is_some_and(|form| form.id() == "rankings")
}

/// Reads whichever of the three it is.
pub(crate) fn read(
    sources: &Sources<'_>,
    request: &EvaluateRequest,
    attributes: &Attributes,
    columns: &mut Columns<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Box<dyn Loaded>, EvaluationError> {
    let [first, others @ ..] = &sources.truth[..] else { return Err(EvaluationError::NoTruth) };
    Ok(match others {
        [] | [_] if is_ranked(first) => {
            let names = others.first().map(class_names).transpose()?.unwrap_or_default();
            Box::new(ranked(first, names, sources, attributes, columns, problems)?)
        }
        [] => Box::new(labels(first, sources, attributes, columns, problems)?),
        _ => Box::new(areas(sources, request, attributes, problems)?),
    })
}

// --- regions

fn areas(
    sources: &Sources<'_>,
    request: &EvaluateRequest,
    attributes: &Attributes,
    problems: &mut Vec<Problem>,
) -> Result<Models<AreaReadings>, EvaluationError> {
    let mut of_readers = Vec::new();
    for file in &sources.truth {
        of_readers.push((file.name, regions::truth(file, attributes, problems)?));
    }
    let Some((_, first)) = of_readers.first() else { return Err(EvaluationError::NoTruth) };
    let mut sets = Vec::new();
    for file in sources.single_predictions()? {
        let mut findings = regions::findings(file, first, problems)?;
        let cases = first.cases.iter().map(|case| {
            let read = |(reader, coco): &(&str, groundglass_formats::CocoCases)| {
                let same = coco.cases.iter().find(|other| other.name == case.name)?;
                Some(((*reader).to_owned(), same.truth.clone()?.regions))
            };
            AreaReading {
                case: case.name.clone(),
                attributes: case.attributes.clone(),
                width: case.width,
                height: case.height,
                readers: of_readers.iter().filter_map(read).collect(),
                findings: Some(findings.remove(&case.name).unwrap_or_default()),
            }
        });
        sets.push(AreaReadings::new(cases.collect())?);
    }
    let _ = request;
    Ok(area_models(sets))
}

/// Cases with the regions of their readers, and what each model found in them, by the cases' names.
pub(crate) fn of_cases(
    cases: &[Case],
    found: Vec<HashMap<String, Vec<Finding>>>,
) -> Result<Models<AreaReadings>, EvaluationError> {
    let set = |mut findings: HashMap<String, Vec<Finding>>| {
        let readings = cases.iter().map(|case| AreaReading {
            case: case.name.clone(),
            attributes: case.attributes.clone(),
            width: case.width,
            height: case.height,
            readers: case.readers.iter().map(|(reader, truth)| (reader.clone(), truth.regions.clone())).collect(),
            findings: Some(findings.remove(&case.name).unwrap_or_default()),
        });
        Ok(AreaReadings::new(readings.collect())?)
    };
    Ok(area_models(found.into_iter().map(set).collect::<Result<_, EvaluationError>>()?))
}

fn area_models(sets: Vec<AreaReadings>) -> Models<AreaReadings> {
    Models {
        task: "readers",
        sets,
        assess: |set, request| {
            let region =
                if request.task == Some(Task::Boxes) || !have_masks(set) { RegionKind::Box } else { RegionKind::Mask };
            let options = AreaReadingOptions {
                score_threshold: request.score_threshold,
                iou_threshold: request.iou_threshold,
                region,
                ..AreaReadingOptions::default()
            };
            set.assess(&options, request.convention.as_deref())
        },
        joined: AreaReadings::joined,
    }
}

fn have_masks(set: &AreaReadings) -> bool {
    let truths = set.cases().iter().flat_map(|case| case.readers.values().flatten());
    let findings = set.cases().iter().flat_map(|case| case.findings.iter().flatten());
    truths.into_iter().all(|truth| truth.region.mask.is_some())
        && findings.into_iter().all(|found| found.region.mask.is_some())
}

// --- classes

fn labels(
    file: &File<'_>,
    sources: &Sources<'_>,
    attributes: &Attributes,
    said: &mut Columns<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Models<LabelReadings>, EvaluationError> {
    let truth = CaseTable::read(file, Side::Truth, said)?;
    let columns =
        truth.others(&[]).into_iter().filter(|place| is_reader(&truth.table.columns[*place])).collect::<Vec<_>>();
    if columns.is_empty() {
        return Err(EvaluationError::Unfit {
            file: file.name.to_owned(),
            detail: format!("no column is a reader's: their names begin with {}", READER.join(", ")),
        });
    }
    let mut sets = Vec::new();
    for file in sources.single_predictions()? {
        let predictions = CaseTable::read(file, Side::Predictions, said)?;
        let predicted = predictions.required(&["prediction", "predicted", "class", "label"], "predicted class")?;
        let rows_of_cases = rows_of_cases(&truth.table.file, truth.cases(), &[], &predictions, problems)?;
        let rows = rows_of_cases.into_iter().enumerate().map(|(row, predicted_row)| {
            let cell = |place: &usize| (truth.table.columns[*place].clone(), truth.table.cell(row, *place).to_owned());
            let prediction = predicted_row.map(|row| predictions.table.cell(row, predicted).to_owned());
            LabelReading {
                case: truth.case(row).to_owned(),
                attributes: truth.attributes(row, &columns, attributes),
                readers: columns.iter().map(cell).filter(|(_, class)| !class.is_empty()).collect(),
                prediction: prediction.filter(|class| !class.is_empty()),
            }
        });
        sets.push(LabelReadings::new(None, rows.collect())?);
    }
    Ok(Models {
        task: "readers",
        sets,
        assess: |set, request| set.assess(&LabelReadingOptions::default(), request.convention.as_deref()),
        joined: LabelReadings::joined,
    })
}

// --- ordered lists

/// Classes by number beyond which a number is taken for a fault of the file.
const MOST_CLASSES: u32 = 100_000;

/// The names of classes, a line each, in the order of their numbers.
fn class_names(file: &File<'_>) -> Result<Vec<String>, EvaluationError> {
    let read =
        |error: std::io::Error| FormatError::Unreadable { file: file.name.to_owned(), detail: error.to_string() };
    let lines = file.content.reader().lines().collect::<Result<Vec<_>, _>>().map_err(read)?;
    let mut names: Vec<String> = lines.iter().map(|line| line.trim().to_owned()).collect();
    // The end of the last line begins no other.
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    Ok(names)
}

/// The classes by number: by the names that the file or one beside has, else by every number that is ranked or scored, else,
/// where the ranking has names, by these in their order.
fn classes_of(rankings: &Rankings, names: Vec<String>, scored: &[&Table]) -> Vec<String> {
    if let Some(names) = [names, rankings.classes.clone()].into_iter().find(|names| !names.is_empty()) {
        return names;
    }
    let mut by_name = BTreeSet::new();
    let mut most: Option<u32> = None;
    for class in rankings.ranked() {
        match class {
            RankedClass::Number(number) => most = most.max(Some(*number)),
            RankedClass::Name(name) => drop(by_name.insert(name.clone())),
        }
    }
    let columns = scored.iter().flat_map(|table| &table.columns);
    let scored = columns.filter_map(|column| column.parse().ok()).filter(|number| *number < MOST_CLASSES).max();
    match most {
        Some(most) if by_name.is_empty() && most < MOST_CLASSES => {
            (0..=most.max(scored.unwrap_or_default())).map(|class| class.to_string()).collect()
        }
        _ => by_name.into_iter().collect(),
    }
}

fn ranked(
    file: &File<'_>,
    names: Vec<String>,
    sources: &Sources<'_>,
    attributes: &Attributes,
    said: &mut Columns<'_>,
    problems: &mut Vec<Problem>,
) -> Result<Models<RankedReadings>, EvaluationError> {
    let unfit = |detail: String| EvaluationError::Unfit { file: file.name.to_owned(), detail };
    let (read, faults) = read_rankings(file.name, file.content)?;
    problems.extend(faults);
    let tables = sources.single_predictions()?.into_iter();
    let tables = tables.map(|file| CaseTable::read(file, Side::Predictions, said)).collect::<Result<Vec<_>, _>>()?;
    let classes = classes_of(&read, names, &tables.iter().map(|table| &table.table).collect::<Vec<_>>());
    let index = |class: &RankedClass| -> Result<u32, EvaluationError> {
        let (place, said) = match class {
            RankedClass::Number(number) => (Some(*number), number.to_string()),
            RankedClass::Name(name) => {
                (classes.iter().position(|known| known == name).map(|at| at as u32), format!("\"{name}\""))
            }
        };
        let known = place.filter(|place| (*place as usize) < classes.len());
        known.ok_or_else(|| unfit(format!("{said} is none of its {} classes", classes.len())))
    };
    let mut readings = Vec::new();
    for RankedCase { name, readers } in &read.cases {
        let mut of_readers = BTreeMap::new();
        for (reader, groups) in readers {
            let groups = groups.iter().map(|group| group.iter().map(index).collect::<Result<Vec<_>, _>>());
            of_readers.insert(reader.clone(), groups.collect::<Result<Vec<_>, _>>()?);
        }
        readings.push((name.clone(), of_readers));
    }
    let mut sets = Vec::new();
    for predictions in tables {
        let columns =
            classes.iter().map(|class| predictions.required(&[class.as_str()], &format!("score of class {class}")));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let names = readings.iter().map(|(case, _)| case.as_str());
        let rows_of_cases = rows_of_cases(file.name, names, &[], &predictions, problems)?;
        let mut cases = Vec::new();
        for ((case, readers), row) in readings.iter().zip(rows_of_cases) {
            let prediction = match row {
                None => None,
                Some(row) => {
                    let score = |column: &usize| Ok(predictions.table.number(row, *column)?.unwrap_or_default());
                    Some(Prediction::Scores(columns.iter().map(score).collect::<Result<_, EvaluationError>>()?))
                }
            };
            let mut of_case = BTreeMap::new();
            attributes.give(case, &mut of_case);
            cases.push(RankedReading { case: case.clone(), attributes: of_case, readers: readers.clone(), prediction });
        }
        sets.push(RankedReadings::new(classes.clone(), read.risks.clone(), cases)?);
    }
    Ok(Models {
        task: "readers",
        sets,
        assess: |set, request| {
            let options = RankedReadingOptions { seed: u64::from(request.seed), ..RankedReadingOptions::default() };
            set.assess(&options, request.convention.as_deref())
        },
        joined: RankedReadings::joined,
    })
}
