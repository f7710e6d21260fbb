//! Tables about cases as a whole: classes, scores, measurements, attributes.

use super::load::Rows;
use super::roles::{Roles, plain};
use super::{asked, cell};
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
pub fn read(file: &str, rows: Rows, roles: &Roles) -> Reading {
    let Some(image) = roles.get("image") else {
        let question = asked(file, &rows, roles, &["image"]);
        return Reading { table: Some(rows.into_table(file)), ..question };
    };
    let is_attribute = |column: usize| {
        let name = rows.columns.get(column).map(|name| plain(name)).unwrap_or_default();
        let is_result =
            RESULTS.iter().any(|result| name.starts_with(result)) || name == "value" || name == "measurement";
        column != image && !is_result && !roles.is_taken(column)
    };
    let attributes = (0..rows.columns.len()).filter(|&column| is_attribute(column)).collect::<Vec<_>>();
    let mut images = Vec::new();
    for record in rows.records.iter().filter(|_| !attributes.is_empty()) {
        let name = cell(record, Some(image));
        if name.is_empty() {
            continue;
        }
        let mut spoken_of = AnnotatedImage::new(ImageName::Named(name.to_owned()), Vec::new());
        spoken_of.marks = None;
        for &column in &attributes {
            let value = cell(record, Some(column));
            if let (Some(name), false) = (rows.columns.get(column), value.is_empty()) {
                spoken_of.attributes.insert(name.clone(), value.to_owned());
            }
        }
        images.push(spoken_of);
    }
    Reading { images, table: Some(rows.into_table(file)), ..Reading::default() }
}
