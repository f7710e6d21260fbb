//! CheXlocalize's JSON (<https://stanfordaimi.azurewebsites.net/datasets/23c56a0d-15de-405b-87c8-99c30138950c>): outlines
//! by image and pathology, with `img_size` of rows and columns; or COCO's run lengths by image and pathology.
//!
//! All outlines of one pathology on one image are one region, as the benchmark scores them. A mask without a pixel says
//! that the pathology is not there.

use serde_json::{Map, Value};

use super::json::{first_entry, not_of, points};
use super::shapes::drawn;
use crate::FormatError;
use crate::coco::{json_error, not_empty, runs_of};
use crate::json_stream::members;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Drawn, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Reading};

/// CheXlocalize.
pub struct CheXlocalize;

const FORM: &str = "a CheXlocalize file (JSON)";
const SIZE: &str = "img_size";

impl AnnotationFormat for CheXlocalize {
    fn id(&self) -> &'static str {
        "chexlocalize"
    }

    fn name(&self) -> &'static str {
        "CheXlocalize annotations or segmentations (JSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        if probe.first() != Some(b'{') {
            return false;
        }
        let Some((_, Value::Object(first))) = first_entry(probe) else { return false };
        let is_mask = |value: &Value| value.get("size").is_some() && value.get("counts").is_some();
        first.contains_key(SIZE) || (!first.is_empty() && first.values().all(is_mask))
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        not_empty(file, probe.content())?;
        let mut problems = ProblemList::default();
        let mut images = Vec::new();
        let read =
            members(probe.content(), &mut |name, raw| match serde_json::from_str::<Map<String, Value>>(raw.get()) {
                Ok(entry) => images.push(image(file, name, &entry, &mut problems)),
                Err(error) => {
                    let message = format!("{file}: image \"{name}\" is left out: {error}");
                    problems.push("images at fault", file, message);
                }
            });
        read.map_err(
            |error| {
                if error.is_data() { not_of(probe, FORM, error.to_string()) } else { json_error(file, &error) }
            },
        )?;
        Ok(Reading { images, problems: problems.into_problems(), ..Reading::default() })
    }
}

fn image(file: &str, name: String, entry: &Map<String, Value>, problems: &mut ProblemList) -> AnnotatedImage {
    let length = |value: &Value| value.as_u64().filter(|side| (1..=u64::from(u32::MAX)).contains(side));
    let mut size = match entry.get(SIZE).and_then(Value::as_array).map(Vec::as_slice) {
        Some([height, width]) => {
            length(width).zip(length(height)).map(|(width, height)| (width as usize, height as usize))
        }
        _ => None,
    };
    let (mut marks, mut lost) = (Vec::new(), 0);
    for (pathology, value) in entry.iter().filter(|(key, _)| *key != SIZE) {
        let place = format!("image \"{name}\", \"{pathology}\"");
        let drawn = match value {
            Value::Object(runs) => runs_of(runs),
            other => outlines(other),
        };
        match drawn {
            Ok(Drawn::Runs { size: own, counts }) => {
                size.get_or_insert(own);
                if counts.iter().skip(1).step_by(2).any(|&run| run > 0) {
                    let drawn = Some(Drawn::Runs { size: own, counts });
                    marks.push(Mark { place, label: pathology.clone(), drawn, ..Mark::default() });
                }
            }
            Ok(Drawn::Outlines { outlines, .. }) if outlines.is_empty() => {}
            Ok(drawn) => marks.push(Mark { place, label: pathology.clone(), drawn: Some(drawn), ..Mark::default() }),
            Err(fault) => {
                lost += 1;
                problems.push(UNREADABLE, file, format!("{file}: {place} is left out: {fault}"));
            }
        }
    }
    AnnotatedImage { size, lost, ..AnnotatedImage::new(ImageName::Named(name), marks) }
}

fn outlines(value: &Value) -> Result<Drawn, String> {
    let list = value.as_array().ok_or("it is no list of outlines")?;
    let mut outlines = Vec::with_capacity(list.len());
    for outline in list {
        let outline = points(outline)?;
        if outline.len() < 6 {
            return Err(format!("an outline of it has {} points, not three or more", outline.len() / 2));
        }
        outlines.push(outline);
    }
    Ok(drawn(outlines))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::CheXlocalize;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::{Hints, Reading};

    fn read(file: &Value) -> Reading {
        let text = file.to_string();
        let probe = Probe::new("gt.json", text.as_bytes());
        assert!(CheXlocalize.recognises(&probe), "{text}");
        CheXlocalize.read(&probe, &Hints::default()).unwrap()
    }

    #[test]
    fn outlines_of_a_pathology_are_one_region() {
        let mut reading = read(&json!({
            "patient1_study1_view1_frontal": {
                "img_size": [20, 30],
                "Edema": [[[1, 1], [5, 1], [5, 5], [1, 5]], [[10, 10], [12, 10], [12, 12], [10, 12]]],
                "Pneumothorax": [[[1, 1], [5, 1]]],
            },
            "patient2": {"img_size": [20, 30]},
            "patient3": 7,
        }));
        assert_eq!(reading.images[0].size, Some((30, 20)));
        let truths = reading.take_truths("gt.json");
        assert_eq!(truths[0].as_ref().unwrap().regions[0].region.mask.as_ref().unwrap().area(), 16 + 4);
        assert_eq!(truths[1].as_ref().unwrap().regions.len(), 0);
        assert_eq!(
            reading.problems[0].message,
            "gt.json: image \"patient1_study1_view1_frontal\", \"Pneumothorax\" is left out: an outline of it has 2 \
             points, not three or more"
        );
        assert!(reading.problems[1].message.starts_with("gt.json: image \"patient3\" is left out: "));
    }

    #[test]
    fn run_lengths_without_a_pixel_say_that_nothing_is_there() {
        let mut reading = read(&json!({"a": {
            "Edema": {"size": [2, 3], "counts": [1, 2, 3]},
            "Mass": {"size": [2, 3], "counts": "6"},
            "Cyst": {"size": [2, 3], "counts": "\u{7f}"},
        }}));
        let truth = reading.take_truths("gt.json").remove(0).unwrap();
        assert_eq!((truth.regions.len(), truth.regions[0].label.as_str()), (1, "Edema"));
        assert_eq!(reading.problems.len(), 1);
    }
}
