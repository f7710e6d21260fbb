//! VGG Image Annotator 1 and 2, its JSON (<https://www.robots.ox.ac.uk/~vgg/software/via/>); the CSV is
//! [`super::ViaTable`].
//!
//! Rectangles, circles, ellipses and polygons are read; points and lines are left out with a word. Which of a region's
//! attributes is its class a person says; by itself the one called `label`, `class`, `type`, `name` or `category` is
//! taken, or the only one there is. Of several checked boxes the names are joined by `|`.

use std::collections::{BTreeMap, BTreeSet};

use groundglass_types::BoundingBox;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::json::{self, first_entry, not_of};
use super::shapes::{around, drawn, ellipse};
use crate::FormatError;
use crate::coco::{json_error, not_empty};
use crate::json_stream::{members, members_within};
use crate::label_map::LABEL_MAP_LABEL;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Edges, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Question, Reading};

/// VGG Image Annotator's JSON.
pub struct Via;

const FORM: &str = "a VGG Image Annotator file (JSON)";
const PROJECT: &str = "_via_img_metadata";
const CLASS_NAMES: [&str; 6] = ["label", "class", "class_name", "type", "name", "category"];

impl AnnotationFormat for Via {
    fn id(&self) -> &'static str {
        "via"
    }

    fn name(&self) -> &'static str {
        "VGG Image Annotator (JSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        if probe.has_keys(&[PROJECT]) {
            return true;
        }
        let is_image = |value: &Value| value.get("filename").is_some() && value.get("regions").is_some();
        probe.first() == Some(b'{') && first_entry(probe).is_some_and(|(_, value)| is_image(&value))
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        not_empty(file, probe.content())?;
        let mut gathered = Gathered::default();
        let mut take = |key: String, raw: &RawValue| {
            // What is nested too deep has no name either.
            let image = serde_json::from_str(raw.get()).unwrap_or(Value::Null);
            take_image(file, &key, &image, &mut gathered);
        };
        let read = if probe.has_keys(&[PROJECT]) {
            members_within(probe.content(), PROJECT, &mut take)
        } else {
            members(probe.content(), &mut take)
        };
        read.map_err(
            |error| {
                if error.is_data() { not_of(probe, FORM, error.to_string()) } else { json_error(file, &error) }
            },
        )?;
        Ok(gathered.into_reading(file, hints))
    }
}

fn take_image(file: &str, key: &str, image: &Value, gathered: &mut Gathered) {
    let Some(name) = image.get("filename").and_then(Value::as_str) else {
        let message = format!("{file}: \"{key}\" is left out: it has no \"filename\"");
        gathered.problems.push("images at fault", file, message);
        return;
    };
    let place = gathered.image(name);
    if let Some(attributes) = image.get("file_attributes").and_then(Value::as_object) {
        gathered.attributes(place, attributes);
    }
    // Version 1 numbers the regions by keys.
    let regions: Vec<&Value> = match image.get("regions") {
        Some(Value::Array(regions)) => regions.iter().collect(),
        Some(Value::Object(regions)) => regions.values().collect(),
        _ => Vec::new(),
    };
    for (index, region) in regions.into_iter().enumerate() {
        let part = |name| region.get(name).and_then(Value::as_object);
        let said = format!("\"{name}\", regions[{index}]");
        gathered.region(file, place, said, part("shape_attributes"), part("region_attributes"));
    }
}

/// A region before it is known which of its attributes is its class.
type Unlabelled = (Mark, BTreeMap<String, String>);

/// What was met, until all attributes are known.
#[derive(Default)]
pub struct Gathered {
    pub problems: ProblemList,
    images: Vec<(AnnotatedImage, Vec<Unlabelled>)>,
    places: BTreeMap<String, usize>,
    keys: BTreeSet<String>,
}

impl Gathered {
    /// The place of the image of a name.
    pub fn image(&mut self, name: &str) -> usize {
        let (images, name) = (&mut self.images, name.to_owned());
        *self.places.entry(name.clone()).or_insert_with(|| {
            images.push((AnnotatedImage::new(ImageName::Named(name), Vec::new()), Vec::new()));
            images.len() - 1
        })
    }

    /// Attributes of an image.
    pub fn attributes(&mut self, place: usize, attributes: &Map<String, Value>) {
        let Some((image, _)) = self.images.get_mut(place) else { return };
        let said = attributes.iter().map(|(name, value)| (name.clone(), words(value)));
        image.attributes.extend(said.filter(|(_, value)| !value.is_empty()));
    }

    /// A region of the image at `place`.
    pub fn region(
        &mut self,
        file: &str,
        place: usize,
        said: String,
        shape: Option<&Map<String, Value>>,
        attributes: Option<&Map<String, Value>>,
    ) {
        let attributes = attributes.into_iter().flatten().map(|(name, value)| (name.clone(), words(value)));
        let attributes = attributes.filter(|(_, value)| !value.is_empty()).collect::<BTreeMap<_, _>>();
        match shape
            .ok_or_else(|| "it has no \"shape_attributes\"".to_owned())
            .and_then(|shape| mark(shape, said.clone()))
        {
            Ok(mark) => {
                self.keys.extend(attributes.keys().cloned());
                if let Some((_, marks)) = self.images.get_mut(place) {
                    marks.push((mark, attributes));
                }
            }
            Err(fault) => {
                if let Some((image, _)) = self.images.get_mut(place) {
                    image.lost += 1;
                }
                self.problems.push(UNREADABLE, file, format!("{file}: {said} is left out: {fault}"));
            }
        }
    }

    /// The reading, with the attribute that is the class.
    pub fn into_reading(mut self, file: &str, hints: &Hints) -> Reading {
        let by_name = |name: &&str| self.keys.iter().find(|key| key.eq_ignore_ascii_case(name));
        let class = match hints.columns.get("label") {
            Some(wanted) => Some(wanted.clone()),
            None => CLASS_NAMES.iter().find_map(by_name).or_else(|| self.keys.first()).cloned(),
        };
        let is_open = !hints.columns.contains_key("label")
            && self.keys.len() > 1
            && CLASS_NAMES.iter().find_map(by_name).is_none();
        if is_open {
            let question = Question::Columns {
                file: file.to_owned(),
                columns: self.keys.into_iter().collect(),
                guessed: BTreeMap::new(),
                missing: vec!["label".to_owned()],
            };
            let problems = self.problems.into_problems();
            return Reading { questions: vec![question], problems, ..Reading::default() };
        }
        let mut images = Vec::new();
        for (mut image, marks) in self.images {
            let mut labelled = Vec::with_capacity(marks.len());
            for (mut mark, mut attributes) in marks {
                let label = class.as_ref().and_then(|class| attributes.remove(class));
                if label.is_none() && class.is_some() {
                    let message = format!("{file}: {} has no class; it is called \"{LABEL_MAP_LABEL}\"", mark.place);
                    self.problems.push("regions without a class", file, message);
                }
                mark.label = label.unwrap_or_else(|| LABEL_MAP_LABEL.to_owned());
                labelled.push(mark);
            }
            image.marks = Some(labelled);
            images.push(image);
        }
        Reading { images, problems: self.problems.into_problems(), ..Reading::default() }
    }
}

/// An attribute as text: of boxes to be checked the names of the checked ones.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Object(checked) => {
            let is_checked = |value: &Value| value.as_bool() == Some(true) || value.as_str() == Some("true");
            let names = checked.iter().filter(|(_, value)| is_checked(value)).map(|(name, _)| name.as_str());
            names.collect::<Vec<_>>().join("|")
        }
        _ => String::new(),
    }
}

fn mark(shape: &Map<String, Value>, place: String) -> Result<Mark, String> {
    let number = |name| json::number(shape, name);
    let mut mark = Mark { place, ..Mark::default() };
    match json::text(shape, "name") {
        "rect" => {
            let edges = BoundingBox::from_xywh([number("x")?, number("y")?, number("width")?, number("height")?]);
            mark.edges = Some(Edges::pixels(edges));
        }
        "circle" => {
            let (centre, radius) = ([number("cx")?, number("cy")?], number("r")?);
            mark.edges = Some(Edges::pixels(around(centre, [radius, radius])));
            mark.drawn = Some(drawn(vec![ellipse(centre, [radius, radius], 0.0)]));
        }
        "ellipse" => {
            let (centre, radii) = ([number("cx")?, number("cy")?], [number("rx")?, number("ry")?]);
            // In radians, since version 2.0.9.
            let turn = shape.get("theta").map_or(Ok(0.0), |_| number("theta"))?;
            mark.drawn = Some(drawn(vec![ellipse(centre, radii, turn)]));
        }
        "polygon" => {
            let axis = |name: &str| coco_numbers(shape, name);
            let (across, down) = (axis("all_points_x")?, axis("all_points_y")?);
            if across.len() != down.len() || across.len() < 3 {
                return Err(format!("it has {} x and {} y, not three or more pairs", across.len(), down.len()));
            }
            mark.drawn = Some(drawn(vec![across.into_iter().zip(down).flat_map(|(x, y)| [x, y]).collect()]));
        }
        kind @ ("point" | "polyline") => return Err(format!("a {kind} has no area")),
        "" => return Err("its shape has no name".to_owned()),
        other => return Err(format!("\"{other}\" is no shape that is read")),
    }
    Ok(mark)
}

fn coco_numbers(shape: &Map<String, Value>, name: &str) -> Result<Vec<f64>, String> {
    crate::coco::fields::numbers(shape.get(name).unwrap_or(&Value::Null), &format!("\"{name}\""))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::Via;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::{Hints, Question, Reading};

    fn read(file: &Value, hints: &Hints) -> Reading {
        let text = file.to_string();
        let probe = Probe::new("via.json", text.as_bytes());
        assert!(Via.recognises(&probe), "{text}");
        let mut reading = Via.read(&probe, hints).unwrap();
        reading.images.iter_mut().for_each(|image| image.size = Some((40, 30)));
        reading
    }

    fn rect(attributes: Value) -> Value {
        json!({"shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4},
            "region_attributes": attributes})
    }

    #[test]
    fn both_versions_and_every_shape() {
        let shape = |shape: Value| json!({"shape_attributes": shape, "region_attributes": {"kind": "a"}});
        let regions = json!([
            rect(json!({"kind": {"a": true, "b": false, "c": true}})),
            shape(json!({"name": "circle", "cx": 10, "cy": 10, "r": 5})),
            shape(json!({"name": "ellipse", "cx": 20, "cy": 15, "rx": 3, "ry": 9, "theta": 0.5})),
            shape(json!({"name": "polygon", "all_points_x": [1, 5, 5], "all_points_y": [1, 1, 5]})),
            shape(json!({"name": "point", "cx": 1, "cy": 2})),
            shape(json!({"name": "polygon", "all_points_x": [1, 5, 5], "all_points_y": [1, 1]})),
            json!({}),
        ]);
        let image = json!({"filename": "a.png", "size": 5, "regions": regions, "file_attributes": {"site": "x"}});
        let project = json!({"_via_settings": {}, "_via_img_metadata": {"a.png5": image}, "_via_attributes": {}});
        for file in [json!({"a.png5": image}), project] {
            let mut reading = read(&file, &Hints::default());
            assert_eq!(reading.images[0].attributes["site"], "x");
            assert_eq!(reading.problems.len(), 3);
            assert_eq!(reading.problems[0].message, "via.json: \"a.png\", regions[4] is left out: a point has no area");
            let regions = reading.take_truths("via.json").remove(0).unwrap().regions;
            assert_eq!((regions.len(), regions[0].label.as_str()), (4, "a|c"));
            assert_eq!(regions[0].region.bounding_box.to_xywh(), [1.0, 2.0, 3.0, 4.0]);
        }
        let first = json!({"a": {"filename": "a.png", "regions": {"0": rect(json!({})), "1": rect(json!({}))}}});
        let mut reading = read(&first, &Hints::default());
        assert_eq!(reading.take_truths("via.json").remove(0).unwrap().regions[1].label, "object");
    }

    #[test]
    fn of_several_attributes_the_class_is_asked_for() {
        let file = json!({"a": {"filename": "a.png", "regions": [rect(json!({"grade": "2", "organ": "lung"}))]}});
        let reading = read(&file, &Hints::default());
        let [Question::Columns { columns, missing, .. }] = &reading.questions[..] else { panic!() };
        assert_eq!(
            (&columns[..], &missing[..]),
            (&["grade".to_owned(), "organ".to_owned()][..], &["label".to_owned()][..])
        );
        assert!(reading.images.is_empty());
        let mut hints = Hints::default();
        hints.columns.insert("label".to_owned(), "organ".to_owned());
        assert_eq!(read(&file, &hints).take_truths("v")[0].as_ref().unwrap().regions[0].label, "lung");
    }
}
