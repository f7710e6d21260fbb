//! QuPath's GeoJSON: a collection, a list or a single feature (<https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html>).
//!
//! Polygons and multipolygons are read, inner rings as holes, the parts of a multipolygon together, in pixels of the full
//! resolution. The class is the
//! classification's name, of several names joined by `: `; an object without one is called `object`. Points, lines,
//! objects on another plane than the first, measurements and the nuclei of cells are left out, each with a word. The image
//! is the one of the file's own name.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::json::{self, first_entry};
use crate::FormatError;
use crate::coco::{json_error, not_empty};
use crate::frame::Frame;
use crate::json_stream::{elements, lists, whole};
use crate::label_map::LABEL_MAP_LABEL;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Drawn, Fill, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Reading};

/// QuPath's GeoJSON.
pub struct QuPath;

impl AnnotationFormat for QuPath {
    fn id(&self) -> &'static str {
        "qupath"
    }

    fn name(&self) -> &'static str {
        "QuPath (GeoJSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        match probe.first() {
            Some(b'{') => probe.has_keys(&["type", "features"]) || probe.has_keys(&["type", "geometry"]),
            Some(b'[') => {
                first_entry(probe).is_some_and(|(_, value)| value.get("type").is_some_and(|t| t == "Feature"))
            }
            _ => false,
        }
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let content = probe.content();
        not_empty(file, content)?;
        let mut problems = ProblemList::default();
        let (mut marks, mut lost, mut nuclei, mut measured) = (Vec::new(), 0, 0_usize, 0_usize);
        let mut take = |index: usize, raw: &RawValue| {
            let place = format!("features[{index}]");
            let feature = serde_json::from_str::<Map<String, Value>>(raw.get()).map_err(|error| error.to_string());
            match feature.and_then(|feature| Ok((mark(&feature, place.clone())?, feature))) {
                Ok((mark, feature)) => {
                    nuclei += usize::from(feature.contains_key("nucleusGeometry"));
                    measured += usize::from(has_measurements(&feature));
                    marks.push(mark);
                }
                Err(fault) => {
                    lost += 1;
                    problems.push(UNREADABLE, file, format!("{file}: {place} is left out: {fault}"));
                }
            }
        };
        let read = if probe.first() == Some(b'[') {
            elements(content, &mut take)
        } else if probe.has_keys(&["features"]) {
            lists(content, &["features"], &mut |_, _, index, raw| take(index, raw)).map(drop)
        } else {
            whole(content).map(|feature| take(0, &feature))
        };
        read.map_err(|error| {
            if error.is_data() {
                let (form, detail) = ("QuPath's GeoJSON", error.to_string());
                FormatError::NotOfForm { file: file.to_owned(), form, detail }
            } else {
                json_error(file, &error)
            }
        })?;
        if nuclei > 0 {
            let message = format!("{file}: the nuclei of {nuclei} cells are not read, only the cells");
            problems.push("nuclei of cells", file, message);
        }
        if measured > 0 {
            let message = format!("{file}: the measurements of {measured} objects are not read, only their outlines");
            problems.push("measurements", file, message);
        }
        let images = vec![AnnotatedImage { lost, ..AnnotatedImage::new(ImageName::LikeTheFile, marks) }];
        Ok(Reading { images, problems: problems.into_problems(), ..Reading::default() })
    }
}

fn mark(feature: &Map<String, Value>, place: String) -> Result<Mark, String> {
    let geometry = feature.get("geometry").and_then(Value::as_object).ok_or("it has no \"geometry\"")?;
    let plane = geometry.get("plane").and_then(Value::as_object);
    let beyond = |name: &str| plane.and_then(|plane| plane.get(name)).and_then(Value::as_i64).is_some_and(|at| at > 0);
    if beyond("z") || beyond("t") {
        return Err("it lies on another plane than the first".to_owned());
    }
    let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
    let mut parts = match json::text(geometry, "type") {
        "Polygon" => vec![part(coordinates)?],
        "MultiPolygon" => coordinates.as_array().into_iter().flatten().map(part).collect::<Result<_, _>>()?,
        "" => return Err("its geometry has no type".to_owned()),
        other => return Err(format!("a {other} is not read, only polygons are")),
    };
    let drawn = match (parts.pop(), parts.is_empty()) {
        (None, _) => return Err("it has no ring".to_owned()),
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            Drawn::Parts(parts)
        }
    };
    Ok(Mark { place, label: class_of(feature), drawn: Some(drawn), ..Mark::default() })
}

/// A polygon: an outer ring, and holes in it.
fn part(coordinates: &Value) -> Result<Drawn, String> {
    let mut outlines = Vec::new();
    for ring in coordinates.as_array().into_iter().flatten() {
        let mut outline = json::points(ring)?;
        // GeoJSON says the first point once more at the end.
        if outline.len() >= 8 && outline.get(..2) == outline.get(outline.len() - 2..) {
            outline.truncate(outline.len() - 2);
        }
        if outline.len() < 6 {
            return Err(format!("a ring of it has {} points, not three or more", outline.len() / 2));
        }
        outlines.push(outline);
    }
    if outlines.is_empty() {
        return Err("it has no ring".to_owned());
    }
    Ok(Drawn::Outlines { outlines, fill: Fill::EvenOdd, frame: Frame::PIXEL_CORNERS })
}

fn has_measurements(feature: &Map<String, Value>) -> bool {
    let measurements = feature.get("properties").and_then(|properties| properties.get("measurements"));
    measurements.is_some_and(|value| match value {
        Value::Object(named) => !named.is_empty(),
        Value::Array(listed) => !listed.is_empty(),
        _ => false,
    })
}

fn class_of(feature: &Map<String, Value>) -> String {
    let class = feature.get("properties").and_then(|properties| properties.get("classification"));
    let name = match class {
        Some(Value::String(name)) => name.clone(),
        Some(Value::Object(class)) => match class.get("names").and_then(Value::as_array) {
            Some(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(": "),
            None => json::text(class, "name").to_owned(),
        },
        _ => String::new(),
    };
    if name.is_empty() { LABEL_MAP_LABEL.to_owned() } else { name }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::QuPath;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::{Hints, Reading};

    fn read(file: &Value) -> Reading {
        let text = file.to_string();
        let probe = Probe::new("slide.geojson", text.as_bytes());
        assert!(QuPath.recognises(&probe), "{text}");
        let mut reading = QuPath.read(&probe, &Hints::default()).unwrap();
        reading.images[0].size = Some((20, 20));
        reading
    }

    fn feature(geometry: Value, class: Value) -> Value {
        json!({"type": "Feature", "id": "x", "geometry": geometry, "properties": {"classification": class}})
    }

    #[test]
    fn holes_classes_and_what_is_left_out() {
        let ring = |low: i32, high: i32| json!([[low, low], [high, low], [high, high], [low, high], [low, low]]);
        let features = [
            feature(json!({"type": "Polygon", "coordinates": [ring(1, 9), ring(3, 5)]}), json!({"name": "Tumor"})),
            feature(
                json!({"type": "MultiPolygon", "coordinates": [[ring(1, 3)], [ring(10, 14)]]}),
                json!({"names": ["Tumor", "Positive"]}),
            ),
            feature(json!({"type": "Point", "coordinates": [1, 2]}), Value::Null),
            feature(
                json!({"type": "Polygon", "coordinates": [ring(1, 9)], "plane": {"c": -1, "z": 2, "t": 0}}),
                Value::Null,
            ),
            feature(json!({"type": "Polygon", "coordinates": [[[1, 2], ["x", 3], [4, 5]]]}), Value::Null),
            feature(json!({"type": "Polygon", "coordinates": [ring(1, 2)]}), Value::Null),
        ];
        for file in [json!({"type": "FeatureCollection", "features": features}), json!(features)] {
            let mut reading = read(&file);
            let messages = reading.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>();
            assert_eq!(
                messages,
                [
                    "slide.geojson: features[2] is left out: a Point is not read, only polygons are",
                    "slide.geojson: features[3] is left out: it lies on another plane than the first",
                    "slide.geojson: features[4] is left out: a point of it is no pair of numbers",
                ]
            );
            let regions = reading.take_truths("s").remove(0).unwrap().regions;
            let areas = regions.iter().map(|region| region.region.mask.as_ref().unwrap().area()).collect::<Vec<_>>();
            assert_eq!(areas, [64 - 4, 4 + 16, 1]);
            let labels = regions.iter().map(|region| region.label.as_str()).collect::<Vec<_>>();
            assert_eq!(labels, ["Tumor", "Tumor: Positive", "object"]);
        }
        assert_eq!(read(&features[0]).images[0].marks.as_ref().unwrap().len(), 1);
    }

    #[test]
    fn parts_that_overlap_are_one_object_and_measurements_are_told() {
        let ring = |low: i32, high: i32| json!([[low, low], [high, low], [high, high], [low, high], [low, low]]);
        let mut object = feature(
            json!({"type": "MultiPolygon", "coordinates": [[ring(1, 9)], [ring(5, 15), ring(10, 12)]]}),
            Value::Null,
        );
        object["properties"]["measurements"] = json!({"Area": 64});
        let mut bare = feature(json!({"type": "Polygon", "coordinates": [ring(1, 2)]}), Value::Null);
        bare["properties"]["measurements"] = json!([]);
        let mut reading = read(&json!([object, bare]));
        assert_eq!(reading.problems.len(), 1);
        assert_eq!(
            reading.problems[0].message,
            "slide.geojson: the measurements of 1 objects are not read, only their outlines"
        );
        let regions = reading.take_truths("s").remove(0).unwrap().regions;
        assert_eq!(regions[0].region.mask.as_ref().unwrap().area(), 64 + 100 - 16 - 4);
    }
}
