//! One annotation: its box and its pixels.

use groundglass_types::{BoundingBox, Region};
use serde_json::{Map, Value};

use super::{JsonId, fields};
use crate::coco_rle::decode_counts;
use crate::frame::Frame;
use crate::mark::{Drawn, Edges, Fill, Mark, UNREADABLE, region};

/// Reads the fields of an annotation; `label` gives a class its name.
pub fn read(
    place: String,
    object: &Map<String, Value>,
    label: impl Fn(&JsonId) -> Option<String>,
) -> Result<Mark, (&'static str, String)> {
    let unreadable = |fault| (UNREADABLE, fault);
    let category = fields::required_id(object, "category_id").map_err(unreadable)?;
    let label = label(&category)
        .ok_or_else(|| ("annotations of unknown categories", format!("no category has the id {category}")))?;
    let edges = box_of(object).map_err(unreadable)?.map(Edges::pixels);
    let drawn = drawn_of(object.get("segmentation")).map_err(unreadable)?;
    if edges.is_none() && drawn.is_none() {
        return Err((UNREADABLE, "it has neither \"bbox\" nor \"segmentation\"".to_owned()));
    }
    let crowd = match object.get("iscrowd") {
        Some(Value::Bool(crowd)) => *crowd,
        _ => fields::number(object, "iscrowd").map_err(unreadable)?.is_some_and(|crowd| crowd != 0.0),
    };
    let area = fields::number(object, "area").map_err(unreadable)?.filter(|&area| area >= 0.0);
    Ok(Mark { place, label, edges, drawn, crowd, area, ..Mark::default() })
}

/// The box and the pixels of an object with `bbox`, `segmentation` or both, on an image of `size`.
pub fn region_of(object: &Map<String, Value>, size: (usize, usize)) -> Result<Region, String> {
    let mask = drawn_of(object.get("segmentation"))?.map(|segmentation| segmentation.into_mask(size)).transpose()?;
    region(box_of(object)?, mask)
}

/// The box of an object; `None` where it has none.
pub fn box_of(object: &Map<String, Value>) -> Result<Option<BoundingBox>, String> {
    let Some(value) = object.get("bbox").filter(|value| !value.is_null()) else { return Ok(None) };
    let numbers = fields::numbers(value, "\"bbox\"")?;
    // COCO's own keypoint files have an empty list where there is no box.
    if numbers.is_empty() {
        return Ok(None);
    }
    let xywh: [f64; 4] = numbers
        .try_into()
        .map_err(|numbers: Vec<f64>| format!("\"bbox\" has {} numbers, not 4 (x, y, width, height)", numbers.len()))?;
    Ok(Some(BoundingBox::from_xywh(xywh)))
}

/// The pixels of a segmentation, as polygons or as run lengths; `None` where there is none.
pub fn drawn_of(segmentation: Option<&Value>) -> Result<Option<Drawn>, String> {
    match segmentation {
        None | Some(Value::Null) => Ok(None),
        // Files of boxes often carry an empty list here.
        Some(Value::Array(polygons)) if polygons.is_empty() => Ok(None),
        Some(Value::Array(polygons)) => polygons_of(polygons).map(Some),
        Some(Value::Object(runs)) => runs_of(runs).map(Some),
        Some(other) => Err(format!("\"segmentation\" is {}, not polygons or run lengths", fields::kind_of(other))),
    }
}

fn polygons_of(list: &[Value]) -> Result<Drawn, String> {
    let polygons: Vec<Vec<f64>> =
        list.iter().map(|polygon| fields::numbers(polygon, "a polygon")).collect::<Result<_, _>>()?;
    for polygon in &polygons {
        if polygon.len() < 6 || polygon.len() % 2 == 1 {
            return Err(format!("a polygon has {} numbers, not three or more pairs of x and y", polygon.len()));
        }
    }
    Ok(Drawn::Outlines { outlines: polygons, fill: Fill::Union, frame: Frame::PIXEL_SIZE })
}

/// The run lengths of an object with `size` and `counts`.
pub fn runs_of(object: &Map<String, Value>) -> Result<Drawn, String> {
    let size = object.get("size").and_then(Value::as_array).map(Vec::as_slice);
    let length = |value: &Value| fields::whole(value).and_then(|length| u32::try_from(length).ok());
    let size = match size {
        Some([height, width]) => length(width).zip(length(height)),
        _ => None,
    };
    let (width, height) = size.ok_or("the run lengths have no \"size\" of height and width")?;
    let counts = match object.get("counts") {
        Some(Value::String(text)) => decode_counts(text).map_err(|error| error.to_string())?,
        Some(Value::Array(list)) => list
            .iter()
            .map(|value| length(value).ok_or_else(|| format!("{value} is no run length")))
            .collect::<Result<_, _>>()?,
        _ => return Err("the run lengths have no \"counts\" as a list or as text".to_owned()),
    };
    Ok(Drawn::Runs { size: (width as usize, height as usize), counts })
}
