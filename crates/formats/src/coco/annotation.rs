//! One annotation: its box and its pixels.

use groundglass_types::{BoundingBox, Region};
use serde_json::{Map, Value};

use super::{JsonId, fields};
use crate::budget::Budget;
use crate::coco_rle::decode_counts;
use crate::frame::Frame;
use crate::mark::{Drawn, Edges, Fill, Mark, UNREADABLE, lost_pixels, region};

/// The box and the pixels of an object with `bbox`, `segmentation` or both.
pub struct Shape {
    /// The box.
    pub edges: Option<BoundingBox>,
    /// The pixels.
    pub drawn: Option<Drawn>,
    /// What of the pixels could not be read: clauses that say what is used instead.
    pub lost: Vec<String>,
}

impl Shape {
    /// That of `object`. A box of some area stands without the pixels that could not be read.
    pub fn of(object: &Map<String, Value>) -> Result<Self, String> {
        let edges = box_of(object)?;
        let Pixels { drawn, faults } = drawn_of(object.get("segmentation"));
        if drawn.is_none() && !edges.as_ref().is_some_and(BoundingBox::is_proper) {
            if let Some(fault) = faults.into_iter().next() {
                return Err(fault);
            }
            let neither = "it has neither \"bbox\" nor \"segmentation\"".to_owned();
            return if edges.is_none() { Err(neither) } else { Ok(Self { edges, drawn, lost: Vec::new() }) };
        }
        let said = |fault: String| match &drawn {
            Some(_) => format!("a polygon of it is left out, and the others are used: {fault}"),
            None => lost_pixels(&fault),
        };
        let lost = faults.into_iter().map(said).collect();
        Ok(Self { edges, drawn, lost })
    }
}

/// Reads the fields of an annotation; `label` gives a class its name. With it comes what of its pixels is lost.
pub fn read(
    place: String,
    object: &Map<String, Value>,
    label: impl Fn(&JsonId) -> Option<String>,
) -> Result<(Mark, Vec<String>), (&'static str, String)> {
    let unreadable = |fault| (UNREADABLE, fault);
    let category = fields::required_id(object, "category_id").map_err(unreadable)?;
    let label = label(&category)
        .ok_or_else(|| ("annotations of unknown categories", format!("no category has the id {category}")))?;
    let Shape { edges, drawn, lost } = Shape::of(object).map_err(unreadable)?;
    let edges = edges.map(Edges::pixels);
    let crowd = crowd_of(object).map_err(unreadable)?;
    let area = fields::number(object, "area").map_err(unreadable)?.filter(|&area| area >= 0.0);
    Ok((Mark { place, label, edges, drawn, crowd, area, ..Mark::default() }, lost))
}

/// Whether it is a crowd: a number or a truth value, which some tools write as text.
fn crowd_of(object: &Map<String, Value>) -> Result<bool, String> {
    match object.get("iscrowd") {
        Some(Value::Bool(crowd)) => Ok(*crowd),
        Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" => Ok(true),
            "0" | "false" | "" => Ok(false),
            _ => Err(format!("\"iscrowd\" is {text:?}, neither 0 nor 1")),
        },
        _ => Ok(fields::number(object, "iscrowd")?.is_some_and(|crowd| crowd != 0.0)),
    }
}

/// The region of an object with `bbox`, `segmentation` or both on an image of `size`, and what of its pixels is lost.
pub fn region_of(
    object: &Map<String, Value>,
    size: (usize, usize),
    budget: &mut Budget,
) -> Result<(Region, Vec<String>), String> {
    let Shape { edges, drawn, mut lost } = Shape::of(object)?;
    let mask = match drawn.map(|drawn| drawn.into_mask(size, budget)).transpose() {
        Err(fault) if edges.as_ref().is_some_and(BoundingBox::is_proper) => {
            lost.push(lost_pixels(&fault));
            None
        }
        mask => mask?,
    };
    Ok((region(edges, mask)?, lost))
}

/// The box of an object; `None` where it has none.
fn box_of(object: &Map<String, Value>) -> Result<Option<BoundingBox>, String> {
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

/// The pixels of a segmentation, and what is wrong with it.
pub struct Pixels {
    /// `None` where there are none, or none that can be read.
    pub drawn: Option<Drawn>,
    /// What could not be read.
    pub faults: Vec<String>,
}

/// The pixels of a segmentation, as polygons or as run lengths.
pub fn drawn_of(segmentation: Option<&Value>) -> Pixels {
    let faulty = |fault| Pixels { drawn: None, faults: vec![fault] };
    match segmentation {
        None | Some(Value::Null) => Pixels { drawn: None, faults: Vec::new() },
        Some(Value::Array(polygons)) => polygons_of(polygons).unwrap_or_else(faulty),
        Some(Value::Object(runs)) => match runs_of(runs) {
            Ok(runs) => Pixels { drawn: Some(runs), faults: Vec::new() },
            Err(fault) => faulty(fault),
        },
        Some(other) => faulty(format!("\"segmentation\" is {}, not polygons or run lengths", fields::kind_of(other))),
    }
}

/// Polygons. Files of boxes often carry an empty list, or an empty polygon. One of a vertex or two encloses nothing, and costs
/// itself alone; where numbers are missing, nobody knows what the others enclose.
fn polygons_of(list: &[Value]) -> Result<Pixels, String> {
    let (mut outlines, mut faults) = (Vec::new(), Vec::new());
    for polygon in list {
        let polygon = fields::numbers(polygon, "a polygon")?;
        let fault = || format!("a polygon has {} numbers, not three or more pairs of x and y", polygon.len());
        match polygon.len() {
            0 => {}
            2 | 4 => faults.push(fault()),
            odd if odd % 2 == 1 => return Err(fault()),
            _ => outlines.push(polygon),
        }
    }
    let outlines = Some(outlines).filter(|outlines| !outlines.is_empty());
    let drawn = |outlines| Drawn::Outlines { outlines, fill: Fill::Union, frame: Frame::PIXEL_SIZE };
    Ok(Pixels { drawn: outlines.map(drawn), faults })
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
