//! LabelMe's JSON: one file an image (<https://github.com/wkentaro/labelme>).
//!
//! Polygons, rectangles, circles and masks are read; points and lines have no area and are left out with a word. Shapes
//! of one label and one `group_id` are one object, whatever they are drawn as, as in LabelMe's own exports. True `flags` become attributes. The image
//! within the file (`imageData`) is not looked at.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use groundglass_imaging::{Limits, decode};
use groundglass_types::{BoundingBox, Mask, Samples};
use serde_json::{Map, Value};

use super::json::{self, not_of, parsed};
use super::shapes::{around, drawn, ellipse};
use crate::budget::Budget;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Drawn, Edges, Mark, UNREADABLE};
use crate::paths::{base_name, normalised, stem};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Reading};
use crate::{FormatError, coco};

/// LabelMe.
pub struct LabelMe;

const FORM: &str = "a LabelMe file (JSON)";
const WITHOUT_AREA: &str = "points and lines";

impl AnnotationFormat for LabelMe {
    fn id(&self) -> &'static str {
        "labelme"
    }

    fn name(&self) -> &'static str {
        "LabelMe (JSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        probe.has_keys(&["shapes"])
            && ["imagePath", "imageHeight", "imageData", "version"].iter().any(|key| probe.has_keys(&[key]))
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let object = parsed(probe, FORM)?.as_object().ok_or_else(|| not_of(probe, FORM, "it is no object"))?;
        let shapes = object.get("shapes").and_then(Value::as_array);
        let shapes = shapes.ok_or_else(|| not_of(probe, FORM, "\"shapes\" is no list"))?;
        let mut problems = ProblemList::default();
        let length = |name| coco::fields::length(object, name);
        let size = match length("imageWidth").and_then(|width| Ok(width.zip(length("imageHeight")?))) {
            Ok(size) => size,
            Err(fault) => {
                problems.push("sizes that are none", file, format!("{file}: {fault}; the image's own size is used"));
                None
            }
        };
        let (mut budget, mut lost) = (Budget::of(probe.content().len()), 0);
        let mut marks: Vec<Mark> = Vec::new();
        let mut groups: HashMap<(String, String), usize> = HashMap::new();
        for (index, shape) in shapes.iter().enumerate() {
            let place = format!("shapes[{index}]");
            let read = shape.as_object().ok_or_else(|| "it is no object".to_owned());
            match read.and_then(|shape| Ok((mark(shape, place.clone(), size, &mut budget)?, group_of(shape)))) {
                Ok((Some(mark), group)) => {
                    let key = group.map(|group| (mark.label.clone(), group));
                    let known = key.as_ref().and_then(|key| groups.get(key)).and_then(|&at| marks.get_mut(at));
                    match known {
                        Some(known) => join(known, mark),
                        None => {
                            groups.extend(key.map(|key| (key, marks.len())));
                            marks.push(mark);
                        }
                    }
                }
                Ok((None, _)) => {
                    lost += 1;
                    let kind = shape.get("shape_type").and_then(Value::as_str).unwrap_or_default();
                    let message = format!("{file}: {place} is left out: a {kind} has no area");
                    problems.push(WITHOUT_AREA, file, message);
                }
                Err(fault) => {
                    lost += 1;
                    problems.push(UNREADABLE, file, format!("{file}: {place} is left out: {fault}"));
                }
            }
        }
        let called = Some(base_name(&normalised(json::text(object, "imagePath"))).to_owned());
        let called = called.filter(|name| !name.is_empty());
        let image = AnnotatedImage::new(image_name(file, object), marks);
        let mut image = AnnotatedImage { called, size, lost, ..image };
        let flags = object.get("flags").and_then(Value::as_object).into_iter().flatten();
        for (flag, value) in flags.filter_map(|(flag, value)| Some((flag, value.as_bool()?))) {
            image.attributes.insert(flag.clone(), value.to_string());
        }
        Ok(Reading { images: vec![image], problems: problems.into_problems(), ..Reading::default() })
    }
}

/// The image that the file names, where that is not called as the file itself is.
fn image_name(file: &str, object: &Map<String, Value>) -> ImageName {
    let said = normalised(json::text(object, "imagePath"));
    match base_name(&said) {
        "" => ImageName::LikeTheFile,
        base if stem(base) == stem(&normalised(file)) => ImageName::LikeTheFile,
        base => ImageName::Named(base.to_owned()),
    }
}

fn group_of(shape: &Map<String, Value>) -> Option<String> {
    shape.get("group_id").filter(|group| group.is_number() || group.is_string()).map(Value::to_string)
}

/// Adds a shape to the first of its group. What is more than a shape has no box of its own but that around its pixels.
fn join(known: &mut Mark, mark: Mark) {
    let mut parts = match pixels(std::mem::take(known)) {
        (rest, Some(Drawn::Parts(parts))) => {
            *known = rest;
            parts
        }
        (rest, part) => {
            *known = rest;
            part.into_iter().collect()
        }
    };
    parts.extend(pixels(mark).1);
    known.drawn = Some(Drawn::Parts(parts));
}

/// What a shape covers, and the rest of it: a rectangle as its outline.
fn pixels(mut mark: Mark) -> (Mark, Option<Drawn>) {
    let outline = mark.edges.take().map(|edges| {
        let [left, top, right, bottom] = edges.numbers;
        drawn(vec![vec![left, top, right, top, right, bottom, left, bottom]])
    });
    let pixels = mark.drawn.take().or(outline);
    (mark, pixels)
}

fn mark(
    shape: &Map<String, Value>,
    place: String,
    size: Option<(usize, usize)>,
    budget: &mut Budget,
) -> Result<Option<Mark>, String> {
    let label = coco::fields::required_text(shape, "label")?;
    let points = json::points(shape.get("points").unwrap_or(&Value::Null))?;
    let kind = shape.get("shape_type").and_then(Value::as_str).unwrap_or("polygon");
    let mut mark = Mark { place, label, ..Mark::default() };
    let wanted = |fits: bool, wanted: &str| {
        if fits { Ok(()) } else { Err(format!("a {kind} has {wanted} points, this one has {}", points.len() / 2)) }
    };
    match (kind, &points[..]) {
        ("polygon" | "oriented_rectangle" | "rotation", _) => {
            wanted(points.len() >= 6, "three or more")?;
            mark.drawn = Some(drawn(vec![points]));
        }
        ("rectangle", _) => {
            wanted([4, 8].contains(&points.len()), "two or four")?;
            let axis = |start: usize| points.iter().skip(start).step_by(2).copied();
            let low = |start| axis(start).fold(f64::INFINITY, f64::min);
            let high = |start| axis(start).fold(f64::NEG_INFINITY, f64::max);
            mark.edges = Some(Edges::pixels(BoundingBox::new(low(0), low(1), high(0), high(1))));
        }
        ("circle", &[x, y, edge_x, edge_y]) => {
            let radius = (edge_x - x).hypot(edge_y - y);
            mark.edges = Some(Edges::pixels(around([x, y], [radius, radius])));
            mark.drawn = Some(drawn(vec![ellipse([x, y], [radius, radius], 0.0)]));
        }
        ("mask", &[x, y, ..]) => mark.drawn = Some(Drawn::Mask(mask(shape, [x, y], size, budget)?)),
        ("circle", _) => wanted(false, "two")?,
        ("mask", _) => wanted(false, "two")?,
        ("point" | "points" | "line" | "linestrip", _) => return Ok(None),
        _ => return Err(format!("\"{kind}\" is no shape that is read")),
    }
    Ok(Some(mark))
}

/// A PNG in base64 at its place in the image.
fn mask(
    shape: &Map<String, Value>,
    at: [f64; 2],
    size: Option<(usize, usize)>,
    budget: &mut Budget,
) -> Result<Mask, String> {
    let size = size.ok_or("the file does not say how large the image is, within which its mask lies")?;
    let text = shape.get("mask").and_then(Value::as_str).ok_or("it has no \"mask\" as text")?;
    let png = STANDARD.decode(text.trim()).map_err(|error| format!("its mask is no base64: {error}"))?;
    let decoded = decode("the mask", &png, Limits::default());
    let image = decoded.map_err(|error| format!("its mask is no image: {error}"))?.image;
    budget.take_pixels(image.width().saturating_mul(image.height()))?;
    let inside =
        |index: usize| u8::from(image.samples().get(index * image.channels()).is_some_and(|value| value > 0.0));
    let pixels = match image.samples() {
        Samples::U8(_) | Samples::U16(_) => (0..image.width() * image.height()).map(inside).collect::<Vec<_>>(),
        Samples::F32(_) => return Err("its mask is no grey image".to_owned()),
    };
    let [Some(left), Some(top)] = at.map(|start| {
        let whole = start.trunc();
        (0.0..f64::from(u32::MAX)).contains(&whole).then_some(whole as usize)
    }) else {
        return Err(format!("its mask begins at {}, {}, outside the image", at[0], at[1]));
    };
    let mask = Mask::from_window(size, (left, top), image.width(), &pixels).map_err(|error| error.to_string())?;
    budget.take_runs(mask.counts().len())?;
    Ok(mask)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::LabelMe;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::{Hints, ImageName};

    #[test]
    fn shapes_with_an_area_are_read_and_the_others_named() {
        let text = json!({
            "version": "5.5.0", "flags": {"blurred": true, "left": false}, "imagePath": "..\\images\\a.png",
            "imageData": "AAAA", "imageWidth": 40, "imageHeight": 30,
            "shapes": [
                {"label": "cell", "points": [[1, 1], [5, 1], [5, 5], [1, 5]], "shape_type": "polygon", "group_id": 3},
                {"label": "cell", "points": [[11, 1], [15, 1], [15, 5], [11, 5]], "group_id": 3},
                {"label": "cell", "points": [[20, 9], [10, 5]], "shape_type": "rectangle", "group_id": null},
                {"label": "cell", "points": [[20, 20], [20, 24]], "shape_type": "circle"},
                {"label": "tip", "points": [[20, 20]], "shape_type": "point"},
                {"label": "cell", "points": [[20, 20]], "shape_type": "polygon"},
                {"label": "cell", "points": [[20, 20], [21, 21]], "shape_type": "mask", "mask": "!"},
                {"points": []}, 7,
            ],
        });
        let text = text.to_string();
        let probe = Probe::new("labels/b.json", text.as_bytes());
        assert!(LabelMe.recognises(&probe));
        let mut reading = LabelMe.read(&probe, &Hints::default()).unwrap();
        assert_eq!(reading.images[0].name, ImageName::Named("a.png".to_owned()));
        assert_eq!(reading.images[0].attributes["blurred"], "true");
        let regions = reading.take_truths("b.json").remove(0).unwrap().regions;
        assert_eq!(regions.len(), 3);
        assert_eq!(regions[0].region.mask.as_ref().unwrap().area(), 32);
        assert_eq!(regions[1].region.bounding_box.to_xywh(), [10.0, 5.0, 10.0, 4.0]);
        let disc = regions[2].region.mask.as_ref().unwrap().area() as f64;
        assert!((disc / (std::f64::consts::PI * 16.0) - 1.0).abs() < 0.1, "{disc}");
        let messages = reading.problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>();
        assert_eq!(messages[0], "labels/b.json: shapes[4] is left out: a point has no area");
        assert_eq!(
            messages[1],
            "labels/b.json: shapes[5] is left out: a polygon has three or more points, this one has 1"
        );
        assert!(messages[2].contains("its mask is no base64"), "{}", messages[2]);
        assert_eq!(messages[3], "labels/b.json: shapes[7] is left out: it has no \"label\"");
        assert_eq!(messages[4], "labels/b.json: shapes[8] is left out: it is no object");
    }

    #[test]
    fn shapes_of_a_group_are_one_object_whatever_they_are_drawn_as() {
        use base64::Engine;
        let mut png = std::io::Cursor::new(Vec::new());
        image::GrayImage::from_pixel(4, 3, image::Luma([255])).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let png = base64::engine::general_purpose::STANDARD.encode(png.into_inner());
        let text = json!({
            "version": "5.5.0", "imagePath": "a.png", "imageWidth": 40, "imageHeight": 30,
            "shapes": [
                {"label": "c", "points": [[1, 1], [5, 5]], "shape_type": "rectangle", "group_id": 1},
                {"label": "c", "points": [[3, 3], [7, 7]], "shape_type": "rectangle", "group_id": 1},
                {"label": "c", "points": [[20, 10], [23, 12]], "shape_type": "mask", "mask": png, "group_id": 1},
                {"label": "c", "points": [[20, 20], [24, 20], [24, 24], [20, 24]], "group_id": 1},
                {"label": "d", "points": [[1, 1], [5, 5]], "shape_type": "rectangle", "group_id": 1},
                {"label": "c", "points": [[1, 1], [5, 5]], "shape_type": "rectangle", "group_id": 2},
            ],
        });
        let text = text.to_string();
        let mut reading = LabelMe.read(&Probe::new("a.json", text.as_bytes()), &Hints::default()).unwrap();
        let regions = reading.take_truths("a.json").remove(0).unwrap().regions;
        let read = regions.iter().map(|region| {
            (
                region.label.as_str(),
                region.region.bounding_box.to_xywh(),
                region.region.mask.as_ref().map(|mask| mask.area()),
            )
        });
        assert_eq!(
            read.collect::<Vec<_>>(),
            [
                ("c", [1.0, 1.0, 23.0, 23.0], Some(16 + 16 - 4 + 12 + 16)),
                ("d", [1.0, 1.0, 4.0, 4.0], None),
                ("c", [1.0, 1.0, 4.0, 4.0], None),
            ]
        );
    }
}
