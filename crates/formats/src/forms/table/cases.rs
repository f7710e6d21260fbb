//! Tables about cases as a whole: classes, scores, measurements, attributes.

use super::asked;
use super::load::Rows;
use super::roles::{Roles, plain};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, ImageName, Reading};

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
pub fn read(file: &str, rows: Rows<'_>, roles: &Roles, problems: &mut ProblemList) -> Reading {
    let Some(image) = roles.get("image") else {
        let question = asked(file, &rows.columns, roles, &["image"]);
        return Reading { table: Some(rows.into_table(problems)), ..question };
    };
    let table = rows.into_table(problems);
    let is_attribute = |column: usize| {
        let name = table.columns.get(column).map(|name| plain(name)).unwrap_or_default();
        let is_result =
            RESULTS.iter().any(|result| name.starts_with(result)) || name == "value" || name == "measurement";
        column != image && !is_result && !roles.is_taken(column)
    };
    let attributes = (0..table.columns.len()).filter(|&column| is_attribute(column)).collect::<Vec<_>>();
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
