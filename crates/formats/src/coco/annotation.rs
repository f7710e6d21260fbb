//! One annotation: its box, its pixels, and what may be wrong with them.

use groundglass_types::{BoundingBox, Mask, Region, TruthRegion};
use serde_json::{Map, Value};

use super::{JsonId, fields};
use crate::coco_polygon::rasterise_polygons;
use crate::coco_rle::decode_counts;
use crate::problem::ProblemList;

pub const UNREADABLE: &str = "annotations that cannot be read";
const OUTSIDE: &str = "boxes outside their image";
const REACHING: &str = "boxes that reach over their image's edge";
const WITHOUT_AREA: &str = "annotations without an area";

/// How far, in pixels, a box may reach over the edge before it is told: tools that count from 1 or round
/// outwards do so everywhere.
const TOLERATED: f64 = 1.0;

/// An annotation as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    place: String,
    label: String,
    bounding_box: Option<BoundingBox>,
    segmentation: Option<Segmentation>,
    crowd: bool,
    area: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
enum Segmentation {
    Polygons(Vec<Vec<f64>>),
    Runs { size: (usize, usize), counts: Vec<u32> },
}

impl Annotation {
    /// Reads the fields; `label` gives a class its name.
    pub fn read(
        place: String,
        object: &Map<String, Value>,
        label: impl Fn(&JsonId) -> Option<String>,
    ) -> Result<Self, (&'static str, String)> {
        let unreadable = |fault| (UNREADABLE, fault);
        let category = fields::required_id(object, "category_id").map_err(unreadable)?;
        let label = label(&category)
            .ok_or_else(|| ("annotations of unknown categories", format!("no category has the id {category}")))?;
        let bounding_box = box_of(object).map_err(unreadable)?;
        let segmentation = segmentation_of(object).map_err(unreadable)?;
        if bounding_box.is_none() && segmentation.is_none() {
            return Err((UNREADABLE, "it has neither \"bbox\" nor \"segmentation\"".to_owned()));
        }
        let crowd = match object.get("iscrowd") {
            Some(Value::Bool(crowd)) => *crowd,
            _ => fields::number(object, "iscrowd").map_err(unreadable)?.is_some_and(|crowd| crowd != 0.0),
        };
        let area = fields::number(object, "area").map_err(unreadable)?.filter(|&area| area >= 0.0);
        Ok(Self { place, label, bounding_box, segmentation, crowd, area })
    }

    /// The region on an image of `size`, or a problem and `None`.
    pub fn into_region(
        self,
        file: &str,
        image: &str,
        size: (usize, usize),
        problems: &mut ProblemList,
    ) -> Option<TruthRegion> {
        let place = &self.place;
        let (width, height) = size;
        let mut left_out = |kind, fault: &str| {
            problems.push(kind, file, format!("{file}: {place} is left out: {fault}"));
            None
        };
        let mask = match self.segmentation.map(|segmentation| segmentation.into_mask(size)).transpose() {
            Ok(mask) => mask,
            Err(fault) => return left_out(UNREADABLE, &fault),
        };
        let region = match (self.bounding_box.filter(BoundingBox::is_proper), mask) {
            (Some(bounding_box), mask) => Region { bounding_box, mask },
            (None, mask) => match mask.and_then(Region::from_mask) {
                Some(region) => region,
                None => return left_out(WITHOUT_AREA, &without_area(self.bounding_box)),
            },
        };
        let edges = region.bounding_box;
        let [x, y, box_width, box_height] = edges.to_xywh();
        let said = format!("its box [{x}, {y}, {box_width}, {box_height}]");
        if edges.intersection_area(&BoundingBox::new(0.0, 0.0, width as f64, height as f64)) <= 0.0 {
            return left_out(OUTSIDE, &format!("{said} lies outside \"{image}\" of {width} x {height} pixels"));
        }
        let clipped = edges.clipped(width as f64 + TOLERATED, height as f64 + TOLERATED);
        if clipped != edges
            && (edges.x_min < -TOLERATED
                || edges.y_min < -TOLERATED
                || clipped.x_max < edges.x_max
                || clipped.y_max < edges.y_max)
        {
            let fault = format!("{said} reaches over the edge of \"{image}\" of {width} x {height} pixels");
            problems.push(REACHING, file, format!("{file}: {place}: {fault}; it is used as annotated"));
        }
        Some(TruthRegion { label: self.label, region, crowd: self.crowd, area: self.area })
    }
}

/// The box and the pixels of an object with `bbox`, `segmentation` or both, on an image of `size`.
pub fn region_of(object: &Map<String, Value>, size: (usize, usize)) -> Result<Region, String> {
    let bounding_box = box_of(object)?;
    let mask = segmentation_of(object)?.map(|segmentation| segmentation.into_mask(size)).transpose()?;
    match (bounding_box.filter(BoundingBox::is_proper), mask) {
        (Some(bounding_box), mask) => Ok(Region { bounding_box, mask }),
        (None, mask) => mask.and_then(Region::from_mask).ok_or_else(|| without_area(bounding_box)),
    }
}

fn without_area(bounding_box: Option<BoundingBox>) -> String {
    match bounding_box.map(BoundingBox::to_xywh) {
        Some([x, y, width, height]) => format!("its box [{x}, {y}, {width}, {height}] has no area"),
        None => "its segmentation covers no pixel".to_owned(),
    }
}

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

fn segmentation_of(object: &Map<String, Value>) -> Result<Option<Segmentation>, String> {
    match object.get("segmentation") {
        None | Some(Value::Null) => Ok(None),
        // Files of boxes often carry an empty list here.
        Some(Value::Array(polygons)) if polygons.is_empty() => Ok(None),
        Some(Value::Array(polygons)) => polygons_of(polygons).map(Some),
        Some(Value::Object(runs)) => runs_of(runs).map(Some),
        Some(other) => Err(format!("\"segmentation\" is {}, not polygons or run lengths", fields::kind_of(other))),
    }
}

fn polygons_of(list: &[Value]) -> Result<Segmentation, String> {
    let polygons: Vec<Vec<f64>> =
        list.iter().map(|polygon| fields::numbers(polygon, "a polygon")).collect::<Result<_, _>>()?;
    for polygon in &polygons {
        if polygon.len() < 6 || polygon.len() % 2 == 1 {
            return Err(format!("a polygon has {} numbers, not three or more pairs of x and y", polygon.len()));
        }
    }
    Ok(Segmentation::Polygons(polygons))
}

fn runs_of(object: &Map<String, Value>) -> Result<Segmentation, String> {
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
    Ok(Segmentation::Runs { size: (width as usize, height as usize), counts })
}

impl Segmentation {
    fn into_mask(self, (width, height): (usize, usize)) -> Result<Mask, String> {
        match self {
            Self::Polygons(polygons) => {
                // Walking an outline takes time by its length, so what is nowhere near the image is refused.
                let far = 10.0 * (width.max(height) as f64 + 100.0);
                if let Some(vertex) = polygons.iter().flatten().find(|number| number.abs() > far) {
                    return Err(format!("a polygon has a vertex at {vertex}, far outside the image"));
                }
                rasterise_polygons(width, height, &polygons).map_err(|error| error.to_string())
            }
            Self::Runs { size, counts } if size == (width, height) => {
                Mask::from_counts(width, height, &counts).map_err(|error| error.to_string())
            }
            Self::Runs { size, .. } => {
                Err(format!("its run lengths are of {} x {} pixels, the image has {width} x {height}", size.0, size.1))
            }
        }
    }
}
