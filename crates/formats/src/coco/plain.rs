//! Annotations as most files have them, read without a tree of values: several times as fast.
//!
//! What is not of this shape gives `None` and is read field by field, so that its fault is named.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::JsonId;
use crate::frame::Frame;
use crate::mark::{Drawn, Edges, Fill, Mark};
use groundglass_types::BoundingBox;

#[derive(Deserialize)]
struct Fields<'a> {
    id: Option<i64>,
    image_id: i64,
    category_id: i64,
    bbox: Option<[f64; 4]>,
    segmentation: Option<Vec<Vec<f64>>>,
    iscrowd: Option<u8>,
    area: Option<f64>,
    #[serde(borrow)]
    keypoints: Option<&'a RawValue>,
}

/// An annotation whose class is known by its number alone.
pub struct PlainAnnotation {
    pub id: Option<JsonId>,
    pub image: JsonId,
    pub category: JsonId,
    pub has_keypoints: bool,
    /// Without label and place.
    pub mark: Mark,
}

/// Reads an annotation with whole numbers for identifiers and polygons or nothing for its pixels.
pub fn read(raw: &RawValue) -> Option<PlainAnnotation> {
    let fields: Fields<'_> = serde_json::from_str(raw.get()).ok()?;
    let polygons = fields.segmentation.filter(|polygons| !polygons.is_empty());
    if polygons.iter().flatten().any(|polygon| polygon.len() < 6 || polygon.len() % 2 == 1) {
        return None;
    }
    if fields.bbox.is_none() && polygons.is_none() {
        return None;
    }
    let drawn = polygons.map(|outlines| Drawn::Outlines { outlines, fill: Fill::Union, frame: Frame::PIXEL_SIZE });
    Some(PlainAnnotation {
        id: fields.id.map(JsonId::Number),
        image: JsonId::Number(fields.image_id),
        category: JsonId::Number(fields.category_id),
        has_keypoints: fields.keypoints.is_some(),
        mark: Mark {
            edges: fields.bbox.map(BoundingBox::from_xywh).map(Edges::pixels),
            drawn,
            crowd: fields.iscrowd.is_some_and(|crowd| crowd != 0),
            area: fields.area.filter(|&area| area >= 0.0),
            ..Mark::default()
        },
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use crate::coco::read_coco;
    use crate::reading::Reading;

    /// A file of one annotation. Truth values for `iscrowd` are of no plain shape.
    fn file(annotation: &Value, is_plain: bool) -> Vec<u8> {
        let mut annotation = annotation.clone();
        let crowd = annotation["iscrowd"].as_bool().unwrap();
        if is_plain {
            annotation["iscrowd"] = json!(u8::from(crowd));
        }
        assert_eq!(super::read(&serde_json::value::to_raw_value(&annotation).unwrap()).is_some(), is_plain);
        let images = json!([{"id": 1, "file_name": "a.png", "width": 9, "height": 9}]);
        let categories = json!([{"id": 1, "name": "cell"}]);
        json!({"images": images, "categories": categories, "annotations": [annotation]}).to_string().into_bytes()
    }

    proptest! {
        #[test]
        fn both_ways_read_the_same(
            ids in (0..3_i64, 0..3_i64, 0..3_i64),
            bbox in proptest::array::uniform4(-3.0..12.0_f64),
            polygons in proptest::collection::vec(proptest::collection::vec(-3.0..12.0_f64, 3..6), 0..3),
            has in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
            area in -2.0..9.0_f64,
        ) {
            let mut annotation = json!({"id": ids.0, "image_id": ids.1, "category_id": ids.2, "iscrowd": has.0});
            let polygons: Vec<Vec<f64>> = polygons.into_iter().map(|half| [half.clone(), half].concat()).collect();
            if has.1 || polygons.is_empty() {
                annotation["bbox"] = json!(bbox);
            }
            annotation["segmentation"] = json!(polygons);
            if has.2 {
                annotation["area"] = json!(area);
            }
            if has.3 {
                annotation["keypoints"] = json!([1, 2, 2]);
            }
            let read = |is_plain| Reading { bytes: 0, ..read_coco("t.json", file(&annotation, is_plain)).unwrap() };
            prop_assert_eq!(read(true), read(false));
        }
    }
}
