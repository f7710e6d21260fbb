//! COCO results as one form among others: images and classes by their numbers, which the truth's file resolves, or by the
//! names that stand beside them. With the truth's index at hand, [`read_results`](crate::read_results) reads them at once.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::FormatError;
use crate::coco::{JsonId, Shape, fields};
use crate::coco_results::each_result;
use crate::content::Content;
use crate::frame::Frame;
use crate::json_stream::first_elements;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Edges, LOST_PIXELS, Mark};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Class, Hints, ImageName, Reading, Sides};

/// COCO results.
pub struct CocoFindings;

impl AnnotationFormat for CocoFindings {
    fn id(&self) -> &'static str {
        "coco_results"
    }

    fn name(&self) -> &'static str {
        "COCO results (JSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        let Some(rest) = probe.content().head().trim_ascii_start().strip_prefix(b"[") else { return false };
        // No entry at all: nothing was found anywhere.
        if rest.trim_ascii() == b"]" {
            return true;
        }
        let first = first_elements::<Map<String, Value>>(probe.content(), 1);
        let Some(first) = first.first() else { return false };
        let has = |key: &str| first.contains_key(key);
        has("image_id")
            && has("score")
            && (has("category_id") || has("category_name"))
            && (has("bbox") || has("segmentation"))
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        read(probe.path(), probe.content(), hints)
    }
}

fn read(file: &str, content: &Content<'_>, hints: &Hints) -> Result<Reading, FormatError> {
    let mut problems = ProblemList::default();
    let mut images: Vec<AnnotatedImage> = Vec::new();
    let mut places: HashMap<JsonId, usize> = HashMap::new();
    let mut classes: HashMap<JsonId, usize> = HashMap::new();
    let mut reading = Reading { sides: Sides::Findings, ..Reading::default() };
    each_result(file, content, &mut |index, raw| match entry(index, raw.get(), hints) {
        Ok(Entry { image_id, file_name, mark, class, lost }) => {
            for fault in lost {
                problems.push(LOST_PIXELS, file, format!("{file}: entry {index}: {fault}"));
            }
            let place = *places.entry(image_id.clone()).or_insert_with(|| {
                let name = ImageName::Numbered(image_id.clone());
                images.push(AnnotatedImage { id: Some(image_id), ..AnnotatedImage::new(name, Vec::new()) });
                images.len() - 1
            });
            if let Some(class) = class {
                let id = class.id.clone().unwrap_or_else(|| JsonId::Text(class.name.clone()));
                classes.entry(id).or_insert_with(|| {
                    reading.classes.push(class);
                    reading.classes.len() - 1
                });
            }
            let Some(image) = images.get_mut(place) else { return };
            if let (ImageName::Numbered(_), Some(name)) = (&image.name, file_name) {
                image.name = ImageName::Named(name);
            }
            image.marks.get_or_insert_with(Vec::new).push(mark);
        }
        Err(fault) => {
            problems.push("results at fault", file, format!("{file}: entry {index} is left out: {fault}"));
        }
    })?;
    Ok(Reading { images, problems: problems.into_problems(), ..reading })
}

struct Entry {
    image_id: JsonId,
    file_name: Option<String>,
    mark: Mark,
    class: Option<Class>,
    /// What of its pixels is lost.
    lost: Vec<String>,
}

fn entry(index: usize, raw: &str, hints: &Hints) -> Result<Entry, String> {
    let object = match serde_json::from_str(raw) {
        Ok(Value::Object(object)) => object,
        Ok(other) => return Err(format!("it is {}, not an object", fields::kind_of(&other))),
        Err(error) => return Err(error.to_string()),
    };
    let word = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    let image_id = fields::required_id(&object, "image_id")?;
    let category = fields::id(&object, "category_id")?;
    let name = word("category_name");
    if category.is_none() && name.is_none() {
        return Err("it has neither \"category_id\" nor \"category_name\"".to_owned());
    }
    let score = fields::number(&object, "score")?.ok_or("it has no \"score\"")?;
    let frame = hints.frame.unwrap_or(Frame::PIXEL_SIZE);
    let Shape { edges, drawn, lost } = Shape::of(&object)?;
    let edges = edges.map(|edges| Edges { numbers: edges.to_xywh(), frame: Some(frame) });
    let name = name.map(|name| hints.classes.get(&name).cloned().unwrap_or(name));
    let class = name.clone().map(|name| Class { id: category.clone(), name });
    let label = name.unwrap_or_default();
    let mark =
        Mark { place: format!("entry {index}"), label, category, edges, drawn, score: Some(score), ..Mark::default() };
    Ok(Entry { image_id, file_name: word("file_name"), mark, class, lost })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::CocoFindings;
    use crate::list::{AnnotationFormat, Probe};
    use crate::{Frame, Hints, ImageName, JsonId, Sides, format_of};

    const NUMBERED: &[u8] = br#"[{"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "score": 0.5},
        {"image_id": 9, "category_id": 3, "score": 0.25, "segmentation": {"size": [4, 5], "counts": [6, 2, 12]}},
        {"image_id": 7, "category_id": 1, "bbox": [1, 2, 3], "score": 0.5}, 4]"#;

    #[test]
    fn numbers_wait_for_the_truth_to_name_them() {
        let probe = Probe::new("r.json", NUMBERED);
        assert_eq!(format_of(&probe).unwrap().id(), "coco_results");
        let reading = CocoFindings.read(&probe, &Hints::default()).unwrap();
        assert_eq!((reading.sides, reading.images.len(), reading.problems.len()), (Sides::Findings, 2, 2));
        let first = &reading.images[0];
        assert_eq!(first.name, ImageName::Numbered(JsonId::Number(7)));
        let mark = &first.marks.as_ref().unwrap()[0];
        assert_eq!((mark.label.as_str(), &mark.category, mark.score), ("", &Some(JsonId::Number(3)), Some(0.5)));
        let edges = mark.edges.unwrap();
        assert_eq!((edges.numbers, edges.frame), ([1.0, 2.0, 3.0, 4.0], Some(Frame::PIXEL_SIZE)));
        assert!(reading.images[1].marks.as_ref().unwrap()[0].drawn.is_some());
        assert_eq!(
            reading.problems[0].message,
            "r.json: entry 2 is left out: \"bbox\" has 3 numbers, not 4 (x, y, width, height)"
        );
    }

    #[test]
    fn names_beside_the_numbers_are_used() {
        let text = br#"[{"image_id": 7, "file_name": "a.png", "category_id": 3, "category_name": "cell", "bbox": [1, 2, 3, 4], "score": 1}]"#;
        let reading = CocoFindings.read(&Probe::new("r.json", text), &Hints::default()).unwrap();
        assert_eq!(reading.images[0].name, ImageName::Named("a.png".to_owned()));
        assert_eq!(reading.images[0].marks.as_ref().unwrap()[0].label, "cell");
        assert_eq!((reading.classes[0].name.as_str(), &reading.classes[0].id), ("cell", &Some(JsonId::Number(3))));
    }

    #[test]
    fn what_is_no_list_of_results_is_another_form() {
        for text in ["{}", "[1]", "[{\"image_id\": 1}]", "", "[", "[]x"] {
            assert!(!CocoFindings.recognises(&Probe::new("r.json", text.as_bytes())), "{text}");
        }
        assert!(CocoFindings.recognises(&Probe::new("r.json", b" [ ]\n")));
        assert!(CocoFindings.read(&Probe::new("r.json", b"{}"), &Hints::default()).is_err());
    }
}
