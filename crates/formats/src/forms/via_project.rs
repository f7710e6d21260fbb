//! VGG Image Annotator 3: a project (JSON, <https://www.robots.ox.ac.uk/~vgg/software/via/>).
//!
//! Files and views stand apart from the regions, which name a view (`vid`); a region's shape is a list that begins with the
//! number of its kind. Values of an attribute with options are the options' keys. Regions with a time (`z`) belong to a film
//! and are left out with a word.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::json::{not_of, parsed, text};
use super::via::Gathered;
use crate::FormatError;
use crate::list::{AnnotationFormat, Probe};
use crate::reading::{Hints, Reading};

/// A project of VGG Image Annotator 3.
pub struct ViaProject;

const FORM: &str = "a project of VGG Image Annotator 3 (JSON)";
const KEYS: [&str; 5] = ["project", "attribute", "file", "metadata", "view"];

impl AnnotationFormat for ViaProject {
    fn id(&self) -> &'static str {
        "via_project"
    }

    fn name(&self) -> &'static str {
        "VGG Image Annotator 3 (JSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        probe.has_keys(&KEYS)
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let root = parsed(probe, FORM)?;
        let part = |key: &str| {
            let part = root.get(key).and_then(Value::as_object);
            part.ok_or_else(|| not_of(probe, FORM, format!("\"{key}\" is no object")))
        };
        let (attributes, files, views, regions) = (part("attribute")?, part("file")?, part("view")?, part("metadata")?);
        let mut gathered = Gathered::default();
        // A view of one file is that image; every view was looked at.
        let mut places = BTreeMap::new();
        for (view, said) in views {
            let named = said.get("fid_list").and_then(Value::as_array).and_then(|list| match &list[..] {
                [only] => Some(text(files.get(&word(only))?.as_object()?, "fname")),
                _ => None,
            });
            match named.filter(|name| !name.is_empty()) {
                Some(name) => drop(places.insert(view.clone(), gathered.image(name))),
                None => {
                    let message = format!("{file}: view \"{view}\" is left out: it does not show one file");
                    gathered.problems.push("images at fault", file, message);
                }
            }
        }
        for (key, region) in regions {
            let said = format!("metadata \"{key}\"");
            let Some(&place) = region.get("vid").map(word).and_then(|view| places.get(&view)) else {
                let message = format!("{file}: {said} is left out: it is on no view of one file");
                gathered.problems.push("annotations of unknown images", file, message);
                continue;
            };
            let has_time = region.get("z").and_then(Value::as_array).is_some_and(|times| !times.is_empty());
            let values = named_values(region.get("av").and_then(Value::as_object), attributes);
            match region.get("xy").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default() {
                [] if !has_time => gathered.attributes(place, &values),
                shape if !has_time => gathered.region(file, place, said, shape_of(shape).as_object(), Some(&values)),
                _ => {
                    let message = format!("{file}: {said} is left out: it has a time, as in a film");
                    gathered.problems.push("regions of films", file, message);
                }
            }
        }
        Ok(gathered.into_reading(file, hints))
    }
}

/// A number or a word as the key that it is elsewhere.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Attributes by their names, and their values by those of their options.
fn named_values(values: Option<&Map<String, Value>>, attributes: &Map<String, Value>) -> Map<String, Value> {
    let named = |(id, value): (&String, &Value)| {
        let attribute = attributes.get(id)?.as_object()?;
        let options = attribute.get("options").and_then(Value::as_object).filter(|options| !options.is_empty());
        let value = match options {
            Some(options) => {
                let keys = word(value);
                let name = |key: &str| options.get(key).map_or_else(|| key.to_owned(), word);
                keys.split(',').filter(|key| !key.is_empty()).map(name).collect::<Vec<_>>().join("|")
            }
            None => word(value),
        };
        Some((text(attribute, "aname").to_owned(), Value::String(value)))
    };
    values.into_iter().flatten().filter_map(named).collect()
}

/// A shape in the words of version 2.
fn shape_of(shape: &[Value]) -> Value {
    let [kind, numbers @ ..] = shape else { return Value::Null };
    let every = |from: usize| numbers.iter().skip(from).step_by(2).collect::<Vec<_>>();
    match (kind.as_u64(), numbers) {
        (Some(1), _) => json!({"name": "point"}),
        (Some(2), [x, y, width, height]) => json!({"name": "rect", "x": x, "y": y, "width": width, "height": height}),
        (Some(3), [x, y, radius]) => json!({"name": "circle", "cx": x, "cy": y, "r": radius}),
        (Some(4), [x, y, across, down]) => json!({"name": "ellipse", "cx": x, "cy": y, "rx": across, "ry": down}),
        (Some(5 | 6), _) => json!({"name": "polyline"}),
        (Some(7), _) => json!({"name": "polygon", "all_points_x": every(0), "all_points_y": every(1)}),
        _ => json!({"name": format!("shape {kind} with {} numbers", numbers.len())}),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use crate::format_of;
    use crate::list::Probe;
    use crate::reading::{Hints, ImageName};

    fn region(view: &str, shape: Value, class: &str) -> Value {
        json!({"vid": view, "flg": 0, "z": [], "xy": shape, "av": {"1": class}})
    }

    #[test]
    fn regions_find_their_files_through_views_and_their_classes_through_options() {
        let file = json!({
            "project": {"pid": "__VIA_PROJECT_ID__", "vid_list": ["1", "2"]}, "config": {},
            "attribute": {"1": {"aname": "kind", "anchor_id": "FILE1_Z0_XY1", "type": 4, "options": {"0": "cell", "7": "gap"}},
                          "2": {"aname": "site", "type": 1, "options": {}}},
            "file": {"1": {"fid": "1", "fname": "a.png", "type": 2}, "2": {"fid": "2", "fname": "b.png", "type": 2}},
            "view": {"1": {"fid_list": ["1"]}, "2": {"fid_list": [2]}, "3": {"fid_list": ["1", "2"]}},
            "metadata": {
                "1_a": region("1", json!([2, 1, 2, 3, 4]), "7"),
                "1_b": region("1", json!([7, 0, 0, 6, 0, 6, 6]), "0"),
                "1_c": region("1", json!([1, 5, 5]), "0"),
                "1_d": region("9", json!([2, 1, 2, 3, 4]), "0"),
                "1_e": {"vid": "1", "z": [1.5, 2], "xy": [2, 1, 2, 3, 4], "av": {}},
                "1_f": {"vid": "2", "z": [], "xy": [], "av": {"2": "north"}},
                "1_g": region("1", json!([2, 1, 2]), "0")
            }
        });
        let text = file.to_string();
        let probe = Probe::new("via.json", text.as_bytes());
        let form = format_of(&probe).unwrap();
        assert_eq!(form.id(), "via_project");
        let mut reading = form.read(&probe, &Hints::default()).unwrap();
        assert_eq!(reading.problems.len(), 5, "{:?}", reading.problems);
        assert_eq!(reading.images[1].name, ImageName::Named("b.png".to_owned()));
        assert_eq!(reading.images[1].attributes["site"], "north");
        reading.images.iter_mut().for_each(|image| image.size = Some((20, 20)));
        let regions = reading.take_truths("via.json").remove(0).unwrap().regions;
        let said: Vec<_> = regions.iter().map(|one| (one.label.as_str(), one.region.bounding_box.to_xywh())).collect();
        assert_eq!(said[0], ("gap", [1.0, 2.0, 3.0, 4.0]));
        assert_eq!((said.len(), said[1].0), (2, "cell"));
    }
}
