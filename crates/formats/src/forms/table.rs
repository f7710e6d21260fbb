//! Tables of boxes, one row a box, and tables about cases as a whole: CSV and TSV.
//!
//! Columns are told by their names ([`roles`]) or by a person ([`Hints::columns`]); what is missing is asked for. A row
//! whose box is empty says that its image (and its reader) was looked at. What boxes mean is told by the columns and, for
//! pixels against shares of the image, by [`frames`]. A table without columns of a box has them in the cells of one
//! ([`packed`]), or is one about cases ([`cases`]).

use std::collections::HashMap;

use csv::StringRecord;

use crate::label_map::LABEL_MAP_LABEL;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Edges, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Class, Hints, ImageName, Question, Reading};
use crate::table::says_no_finding;
use crate::{FormatError, JsonId};

mod cases;
mod frames;
pub(super) mod load;
mod packed;
pub(super) mod roles;

use load::Rows;
pub(crate) use roles::image_column;
use roles::{BoxColumns, Roles};

/// Tables of boxes or about cases.
pub struct BoxTable;

/// What stands for nothing in the cells of a class beside an empty box.
const NOTHING: [&str; 5] = ["0", "normal", "negative", "healthy", "background"];

/// Attributes of an image in a table of boxes; its other columns are about the boxes.
const GROUPS: [&str; 17] = [
    "patient",
    "patientid",
    "site",
    "sex",
    "gender",
    "age",
    "ageband",
    "modality",
    "view",
    "viewposition",
    "skintype",
    "fitzpatrick",
    "race",
    "ethnicity",
    "hospital",
    "manufacturer",
    "video",
];

impl AnnotationFormat for BoxTable {
    fn id(&self) -> &'static str {
        "csv"
    }

    fn name(&self) -> &'static str {
        "table of boxes or of cases (CSV, TSV)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        ["csv", "tsv"].contains(&probe.extension().as_str())
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        let mut problems = ProblemList::default();
        let rows = Rows::open(probe)?;
        let roles = Roles::of(&rows.columns, hints);
        let mut reading = match roles.boxes() {
            Ok(None) => {
                let table = rows.into_table(&mut problems);
                let packed = packed::read(&table, &roles, hints, &mut problems);
                packed.unwrap_or_else(|| cases::read(table, &roles, &mut problems))
            }
            Ok(Some(_)) if roles.get("image").is_none() => asked(probe.path(), &rows.columns, &roles, &["image"]),
            Ok(Some(columns)) => boxes(probe.path(), rows, &roles, columns, hints, &mut problems),
            Err(missing) => asked(probe.path(), &rows.columns, &roles, &missing),
        };
        reading.problems = problems.into_problems();
        Ok(reading)
    }
}

fn asked(file: &str, columns: &[String], roles: &Roles, missing: &[&str]) -> Reading {
    let question = Question::Columns {
        file: file.to_owned(),
        columns: columns.to_vec(),
        guessed: roles.said(columns),
        missing: missing.iter().map(|&role| role.to_owned()).collect(),
    };
    Reading { questions: vec![question], ..Reading::default() }
}

fn boxes(
    file: &str,
    mut rows: Rows<'_>,
    roles: &Roles,
    columns: BoxColumns,
    hints: &Hints,
    problems: &mut ProblemList,
) -> Reading {
    let Some(image_column) = roles.get("image") else { return Reading::default() };
    let groups = (0..rows.columns.len()).filter(|&column| {
        let name = rows.columns.get(column).map(|name| roles::plain(name)).unwrap_or_default();
        GROUPS.contains(&name.as_str()) && !roles.is_taken(column)
    });
    let groups = groups.collect::<Vec<_>>();
    let row_reader = RowReader { roles, columns, target: roles.target(&rows.columns) };
    let mut images: Vec<AnnotatedImage> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut classes: HashMap<i64, String> = HashMap::new();
    let (mut findings_of_none, mut of_several) = (0_usize, 0_usize);
    while let Some(record) = rows.next(problems) {
        let record = &record;
        let name = cell(record, Some(image_column));
        if name.is_empty() {
            let message = format!("{file}: {} is left out: it names no image", place(record));
            problems.push("rows without an image", file, message);
            continue;
        }
        let at = match places.get(name) {
            Some(&at) => at,
            None => {
                places.insert(name.to_owned(), images.len());
                images.push(row_reader.image(name, record));
                images.len() - 1
            }
        };
        let Some(image) = images.get_mut(at) else { continue };
        for &column in &groups {
            let value = cell(record, Some(column));
            if let (Some(name), false) = (rows.columns.get(column), value.is_empty()) {
                image.attributes.entry(name.clone()).or_insert_with(|| value.to_owned());
            }
        }
        let reader = cell(record, roles.get("reader"));
        if !reader.is_empty() {
            image.readers.insert(reader.to_owned());
        }
        match row_reader.marks(record) {
            Ok(Row::NoFinding) => findings_of_none += 1,
            Ok(Row::Marks(found)) => {
                let several = |pair: &[Mark]| matches!(pair, [one, other] if one.label != other.label);
                of_several += usize::from(found.windows(2).any(several));
                if let Some((Some(JsonId::Number(id)), label)) = found
                    .first()
                    .map(|mark| (mark.category.clone(), &mark.label))
                    .filter(|(_, label)| !label.is_empty())
                {
                    classes.entry(id).or_insert_with(|| label.clone());
                }
                image.marks.get_or_insert_default().extend(found);
            }
            Err(fault) => {
                image.lost += 1;
                problems.push(UNREADABLE, file, format!("{file}: {} is left out: {fault}", place(record)));
            }
        }
    }
    if frames::is_open_images(&rows.columns) {
        without_dummy_scores(&mut images);
    }
    let has_marks = images.iter().any(|image| image.marks.as_ref().is_some_and(|marks| !marks.is_empty()));
    if has_marks && roles.get("label").is_none() && roles.get("class_id").is_none() {
        let message = format!("{file}: no column of it says the class of a box; all are \"{LABEL_MAP_LABEL}\"");
        problems.push("tables without classes", file, message);
    }
    if findings_of_none > 0 {
        let message = format!("{file}: {findings_of_none} boxes are said to be no finding; they are not read as boxes");
        problems.push("boxes of no finding", file, message);
    }
    if of_several > 0 {
        let message = format!("{file}: {of_several} boxes have several classes; each counts once for every class");
        problems.push("boxes of several classes", file, message);
    }
    let questions = frames::settle(file, &rows.columns, columns, hints, &mut images, problems);
    let mut classes = classes.into_iter().map(|(id, name)| (Some(JsonId::Number(id)), name)).collect::<Vec<_>>();
    classes.sort();
    let classes = classes.into_iter().map(|(id, name)| Class { id, name }).collect();
    Reading { images, classes, questions, ..Reading::default() }
}

/// Open Images' truth has a `Confidence` that is always 1, which is none.
fn without_dummy_scores(images: &mut [AnnotatedImage]) {
    let mut marks: Vec<&mut Mark> = images.iter_mut().filter_map(|image| image.marks.as_mut()).flatten().collect();
    if marks.iter().all(|mark| mark.score.is_none_or(|score| score == 1.0)) {
        marks.iter_mut().for_each(|mark| mark.score = None);
    }
}

/// What a row says.
enum Row {
    /// A box whose class says that nothing is there.
    NoFinding,
    /// Boxes; none where it says that nothing is there.
    Marks(Vec<Mark>),
}

/// What the columns of a row are.
struct RowReader<'a> {
    roles: &'a Roles,
    columns: BoxColumns,
    /// The name of the class where the column of classes says only whether it is there (1) or not (0).
    target: Option<String>,
}

impl RowReader<'_> {
    /// The image of a row, with its size where the row says so.
    fn image(&self, name: &str, record: &StringRecord) -> AnnotatedImage {
        let length = |role| cell(record, self.roles.get(role)).parse::<f64>().ok().filter(|side| *side >= 1.0);
        let side = |role| length(role).filter(|side| *side <= f64::from(u32::MAX)).map(|side| side as usize);
        let size = side("image_width").zip(side("image_height"));
        AnnotatedImage { size, ..AnnotatedImage::new(ImageName::Named(name.to_owned()), Vec::new()) }
    }

    /// The boxes of a row, one for each class.
    fn marks(&self, record: &StringRecord) -> Result<Row, String> {
        let label = cell(record, self.roles.get("label"));
        let labels = listed_labels(label);
        let is_no_finding = !labels.is_empty() && labels.iter().all(|label| says_no_finding(label));
        let class = cell(record, self.roles.get("class_id"));
        let numbers = match self.columns {
            BoxColumns::Four(columns, _) => four(record, columns)?.into_iter().collect(),
            BoxColumns::One(column) => listed(cell(record, Some(column)))?,
        };
        if numbers.is_empty() {
            let is_nothing = |label: &&str| is_empty(label) || NOTHING.contains(&label.to_lowercase().as_str());
            return if is_no_finding || labels.iter().all(is_nothing) {
                Ok(Row::Marks(Vec::new()))
            } else {
                Err(format!("\"{label}\" has no box"))
            };
        }
        if is_no_finding {
            return Ok(Row::NoFinding);
        }
        let category = class.parse::<f64>().ok().filter(|id| id.fract() == 0.0 && id.abs() < 1e15);
        let category = category.map(|id| JsonId::Number(id as i64));
        let labels = match (&labels[..], &self.target) {
            (_, Some(target)) => vec![target.as_str()],
            ([], _) if category.is_some() && self.roles.get("label").is_none() => vec![""],
            ([], _) if class.is_empty() => vec![LABEL_MAP_LABEL],
            ([], _) => vec![class],
            (labels, _) => labels.to_vec(),
        };
        let score = match cell(record, self.roles.get("score")) {
            text if is_empty(text) => None,
            text => Some(number(text, "its score")?),
        };
        let area =
            cell(record, self.roles.get("area")).parse::<f64>().ok().filter(|area| area.is_finite() && *area >= 0.0);
        let crowd =
            matches!(cell(record, self.roles.get("crowd")).to_lowercase().as_str(), "1" | "1.0" | "true" | "yes");
        let reader = Some(cell(record, self.roles.get("reader"))).filter(|reader| !reader.is_empty());
        let mark = |(label, numbers): (&str, [f64; 4])| Mark {
            category: category.clone(),
            score,
            crowd,
            area,
            reader: reader.map(str::to_owned),
            ..Mark::of_box(place(record), label.to_owned(), Edges { numbers, frame: None })
        };
        let marked = numbers.into_iter().flat_map(|numbers| labels.iter().map(move |label| (*label, numbers)));
        Ok(Row::Marks(marked.map(mark).collect()))
    }
}

/// The classes of a cell: one, or those of a list such as `['Mass', 'Nodule']` (VinDr-Mammo); none where it is empty.
fn listed_labels(text: &str) -> Vec<&str> {
    let list = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let Some(list) = list.filter(|list| list.starts_with(['\'', '"'])) else {
        return Some(text).filter(|text| !text.is_empty()).into_iter().collect();
    };
    let mut labels = Vec::new();
    let mut rest = list.trim_start_matches([',', ' ']);
    while let Some(quote) = rest.chars().next() {
        let (label, after) = match quote {
            '\'' | '"' => {
                let inside = rest.get(1..).unwrap_or_default();
                inside.split_once(quote).unwrap_or((inside, ""))
            }
            _ => rest.split_once(',').unwrap_or((rest, "")),
        };
        labels.extend(Some(label.trim()).filter(|label| !label.is_empty()));
        rest = after.trim_start_matches([',', ' ']);
    }
    labels
}

/// The four numbers of a row; `None` where all cells are empty.
fn four(record: &StringRecord, columns: [usize; 4]) -> Result<Option<[f64; 4]>, String> {
    let cells = columns.map(|column| cell(record, Some(column)));
    if cells.iter().all(|cell| is_empty(cell)) {
        return Ok(None);
    }
    let mut numbers = [0.0; 4];
    for (place, text) in numbers.iter_mut().zip(cells) {
        *place = number(text, "its box")?;
    }
    Ok(Some(numbers))
}

/// The numbers of a cell such as `[1, 2, 3, 4]`, four a box.
fn listed(text: &str) -> Result<Vec<[f64; 4]>, String> {
    let words =
        text.split(|sign: char| sign.is_whitespace() || ",;()[]{}|".contains(sign)).filter(|word| !word.is_empty());
    let words = words.filter(|word| !is_empty(word)).collect::<Vec<_>>();
    if words.len() % 4 != 0 {
        return Err(format!("its box \"{text}\" has {} numbers, not 4", words.len()));
    }
    let mut boxes = Vec::with_capacity(words.len() / 4);
    for words in words.chunks_exact(4) {
        let mut numbers = [0.0; 4];
        for (place, word) in numbers.iter_mut().zip(words) {
            *place = number(word, "its box")?;
        }
        boxes.push(numbers);
    }
    Ok(boxes)
}

/// Whether a cell holds nothing, also as pandas and R write it.
fn is_empty(text: &str) -> bool {
    ["", "nan", "na", "n/a", "null", "none"].iter().any(|nothing| text.eq_ignore_ascii_case(nothing))
}

fn number(text: &str, what: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    number.ok_or_else(|| format!("{what} holds \"{text}\", where a number should be"))
}

fn cell(record: &StringRecord, column: Option<usize>) -> &str {
    column.and_then(|column| record.get(column)).unwrap_or_default()
}

fn place(record: &StringRecord) -> String {
    format!("line {}", record.position().map_or(0, csv::Position::line))
}

#[cfg(test)]
mod tests;
