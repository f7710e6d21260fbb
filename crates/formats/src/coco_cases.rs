//! A COCO annotation file as cases by itself, without the images: what an evaluation needs.

use std::collections::BTreeMap;

use groundglass_types::Case;

use crate::coco::read_coco;
use crate::content::Content;
use crate::problem::ProblemList;
use crate::{CocoCategory, CocoIndex, FormatError, Problem};

/// The cases of a COCO file.
#[derive(Clone, Debug, PartialEq)]
pub struct CocoCases {
    /// One case for each image whose size the file gives, in the file's order. Every one has truth, be it empty.
    pub cases: Vec<Case>,
    /// By which numbers images and classes go in results files.
    pub index: CocoIndex,
    /// One line for what could not be read.
    pub problems: Vec<Problem>,
}

/// Reads a COCO annotation file as cases. Fields of an image that COCO does not know (`patient`, `site`) become
/// attributes, and `spacing: [x, y]` the size of a pixel in millimetres. Two images of one name are told apart by
/// their numbers.
///
/// # Errors
/// [`FormatError`] where the bytes are not COCO annotations.
pub fn coco_cases<'c>(file: &str, content: impl Into<Content<'c>>) -> Result<CocoCases, FormatError> {
    let mut coco = read_coco(file, content)?;
    let truths = coco.take_truths(file);
    let mut problems = ProblemList::default();
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for image in &coco.images {
        *names.entry(image.said_name()).or_default() += 1;
    }
    let (mut cases, mut indexed) = (Vec::new(), Vec::new());
    for (image, truth) in coco.images.into_iter().zip(truths) {
        let said = image.said_name();
        let Some((width, height)) = image.size else {
            let message = format!("{file}: image \"{said}\" is left out: it has no width and height");
            problems.push("images without a size", file, message);
            continue;
        };
        // Why it has none is told by the reading.
        let Some(truth) = truth else { continue };
        let name = match &image.id {
            Some(id) if names.get(&said).is_some_and(|&count| count > 1) => format!("{said} (id {id})"),
            _ => said,
        };
        let (spacing, attributes) = (image.spacing, image.attributes);
        let truth = Some(truth);
        cases.push(Case { name: name.clone(), width, height, spacing, truth, attributes, ..Case::default() });
        indexed.push((image.id, name, (width, height)));
    }
    let categories = coco.classes.into_iter().filter_map(CocoCategory::of).collect();
    let index = CocoIndex::new(indexed, categories);
    Ok(CocoCases { cases, index, problems: coco.problems.into_iter().chain(problems.into_problems()).collect() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::coco_cases;

    #[test]
    fn images_become_cases_with_attributes_and_spacing() {
        let file = br#"{"images": [
            {"id": 1, "file_name": "a.png", "width": 4, "height": 3, "patient": "p1", "age": 41, "spacing": [0.5, 0.7]},
            {"id": 2, "file_name": "b.png", "width": 4, "height": 3, "license": 1},
            {"id": 3, "file_name": "b.png", "width": 4, "height": 3},
            {"id": 4, "file_name": "c.png"}],
            "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 2, 2], "area": 4, "iscrowd": 0}],
            "categories": [{"id": 1, "name": "cell"}]}"#;
        let read = coco_cases("t.json", file).unwrap();
        let names = read.cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>();
        assert_eq!(names, ["a.png", "b.png (id 2)", "b.png (id 3)"]);
        let first = &read.cases[0];
        assert_eq!(first.attributes.get("patient").map(String::as_str), Some("p1"));
        assert_eq!(first.attributes.get("age").map(String::as_str), Some("41"));
        assert_eq!((first.spacing, first.truth.as_ref().unwrap().regions.len()), (Some([0.5, 0.7]), 1));
        assert!(read.cases[1].attributes.is_empty() && read.cases[1].truth.as_ref().unwrap().regions.is_empty());
        assert_eq!(read.problems.len(), 1);
        assert!(read.problems[0].message.contains("c.png"), "{}", read.problems[0].message);
    }
}
