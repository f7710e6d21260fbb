//! Tables about cases as a whole: classes, scores, measurements, attributes.

use super::asked;
use super::roles::{Roles, plain};
use crate::Table;
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, ImageName, Reading};

/// As many numbers in a cell are a box or more.
const BOX: usize = 4;

/// How the names of columns begin that are no attributes: what is true, what was found, and who says so.
const RESULTS: [&str; 13] = [
    "score",
    "prob",
    "pred",
    "truth",
    "label",
    "class",
    "target",
    "diagnosis",
    "groundtruth",
    "reader",
    "rater",
    "annotator",
    "confidence",
];

/// The table itself, and its attributes for the images that it names.
pub fn read(table: Table, roles: &Roles, problems: &mut ProblemList) -> Reading {
    let Some(image) = roles.get("image") else {
        let question = asked(&table.file, &table.columns, roles, &["image"]);
        return Reading { table: Some(table), ..question };
    };
    let is_attribute = |column: usize| {
        let name = table.columns.get(column).map(|name| plain(name)).unwrap_or_default();
        let is_result =
            RESULTS.iter().any(|result| name.starts_with(result)) || name == "value" || name == "measurement";
        column != image && !is_result && !roles.is_taken(column)
    };
    let attributes = (0..table.columns.len()).filter(|&column| is_attribute(column)).collect::<Vec<_>>();
    for &column in attributes.iter().filter(|&&column| holds_lists(&table, column)) {
        let (file, name) = (&table.file, table.columns.get(column).map_or("", String::as_str));
        let message = format!(
            "{file}: its column \"{name}\" holds lists of numbers, as boxes, outlines or run lengths are written; they are \
             kept as an attribute and not drawn"
        );
        problems.push("columns that are not read", file, message);
    }
    let mut images = Vec::new();
    for row in (0..table.rows.len()).filter(|_| !attributes.is_empty()) {
        let name = table.cell(row, image);
        if name.is_empty() {
            continue;
        }
        let mut spoken_of = AnnotatedImage::new(ImageName::Named(name.to_owned()), Vec::new());
        spoken_of.marks = None;
        for &column in &attributes {
            let value = table.cell(row, column);
            if let (Some(name), false) = (table.columns.get(column), value.is_empty()) {
                spoken_of.attributes.insert(name.clone(), value.to_owned());
            }
        }
        images.push(spoken_of);
    }
    Reading { images, table: Some(table), ..Reading::default() }
}

/// Whether most cells of a column that hold something hold as many numbers as a box or more.
fn holds_lists(table: &Table, column: usize) -> bool {
    let (mut cells, mut lists) = (0_usize, 0_usize);
    for row in 0..table.rows.len() {
        let cell = table.cell(row, column);
        cells += usize::from(!cell.is_empty());
        lists += usize::from(is_list(cell));
    }
    2 * lists > cells
}

fn is_list(cell: &str) -> bool {
    let words = cell.split(|sign: char| sign.is_whitespace() || ",;()[]{}|".contains(sign));
    let mut words = words.filter(|word| !word.is_empty());
    words.by_ref().take(BOX).filter(|word| word.parse::<f64>().is_ok()).count() == BOX
}
