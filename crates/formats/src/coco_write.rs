//! Truth as COCO annotations.

use std::collections::BTreeMap;

use groundglass_types::Truth;
use serde::Serialize;

use crate::coco::fields::is_attribute;
use crate::coco_rle::Runs;

#[derive(Serialize)]
struct File<'a> {
    images: Vec<ImageEntry<'a>>,
    annotations: Vec<Annotation>,
    categories: Vec<Category<'a>>,
}

#[derive(Serialize)]
struct ImageEntry<'a> {
    id: usize,
    file_name: &'a str,
    width: usize,
    height: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    spacing: Option<[f64; 2]>,
    /// What else is known of the image, as [`crate::read_coco`] reads it.
    #[serde(flatten)]
    attributes: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
struct Annotation {
    id: usize,
    image_id: usize,
    category_id: usize,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    segmentation: Option<Runs>,
}

#[derive(Serialize)]
struct Category<'a> {
    id: usize,
    name: &'a str,
}

/// An image with what is known of it.
pub(crate) struct CocoImage<'a> {
    pub name: &'a str,
    /// Columns and rows.
    pub size: (usize, usize),
    /// Width and height of a pixel in millimetres.
    pub spacing: Option<[f64; 2]>,
    pub attributes: &'a BTreeMap<String, String>,
    pub truth: &'a Truth,
}

/// The truth of all cases (name, columns and rows, truth) as one COCO file. Images, annotations and
/// categories are numbered from 1 in the order in which they come, because `pycocotools` takes an
/// annotation with the number 0 for none.
///
/// # Errors
/// Where the JSON cannot be written, which finite numbers never cause.
pub fn write_coco<'a>(
    cases: impl IntoIterator<Item = (&'a str, (usize, usize), &'a Truth)>,
) -> Result<String, serde_json::Error> {
    let none = BTreeMap::new();
    let image = |(name, size, truth)| CocoImage { name, size, spacing: None, attributes: &none, truth };
    write_coco_images(cases.into_iter().map(image))
}

/// The same with the spacing and the attributes of the images.
pub(crate) fn write_coco_images<'a>(
    cases: impl IntoIterator<Item = CocoImage<'a>>,
) -> Result<String, serde_json::Error> {
    let mut file = File { images: Vec::new(), annotations: Vec::new(), categories: Vec::new() };
    for CocoImage { name: file_name, size: (width, height), spacing, attributes, truth } in cases {
        let image_id = file.images.len() + 1;
        let attributes = attributes.iter().filter(|(name, _)| is_attribute(name));
        let attributes = attributes.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        file.images.push(ImageEntry { id: image_id, file_name, width, height, spacing, attributes });
        for region in &truth.regions {
            let category_id = match file.categories.iter().find(|category| category.name == region.label) {
                Some(category) => category.id,
                None => {
                    let id = file.categories.len() + 1;
                    file.categories.push(Category { id, name: &region.label });
                    id
                }
            };
            let mask = region.region.mask.as_ref();
            let own_area = mask.map_or_else(|| region.region.bounding_box.area(), |mask| mask.area() as f64);
            file.annotations.push(Annotation {
                id: file.annotations.len() + 1,
                image_id,
                category_id,
                bbox: region.region.bounding_box.to_xywh(),
                area: region.area.unwrap_or(own_area),
                iscrowd: u8::from(region.crowd),
                segmentation: mask.map(Runs::of),
            });
        }
    }
    serde_json::to_string(&file)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_types::{BoundingBox, Mask, Region, Truth, TruthRegion};

    use super::write_coco;
    use crate::coco::read_coco;

    #[test]
    fn what_is_written_is_read_again() {
        let mask = Mask::from_row_major(3, 2, &[0, 1, 1, 0, 1, 0]).unwrap();
        let region =
            |label: &str, region: Region, crowd: bool| TruthRegion { label: label.into(), region, crowd, area: None };
        let truth = Truth {
            regions: vec![
                region("disc", Region::from_mask(mask).unwrap(), false),
                region("donut", Region::from_box(BoundingBox::new(0.5, 0.0, 2.0, 1.5)), false),
            ],
        };
        let text = write_coco([("a.png", (3, 2), &truth)]).unwrap();
        let mut read = read_coco("truth.json", text.as_bytes()).unwrap();
        let truths = read.take_truths("truth.json");
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        assert_eq!(read.images.len(), 1);
        assert_eq!(read.images[0].said_name(), "a.png");
        let again = truths[0].as_ref().unwrap();
        assert_eq!(again.regions.len(), 2);
        for (written, read) in truth.regions.iter().zip(&again.regions) {
            assert_eq!((&written.label, &written.region), (&read.label, &read.region));
        }
    }
}
