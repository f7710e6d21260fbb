//! Truth as COCO annotations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use groundglass_types::Truth;
use serde::Serialize;
use serde::ser::Error;

use crate::coco::JsonId;
use crate::coco::fields::is_attribute;
use crate::coco_index::{CocoCategory, free_number};
use crate::coco_rle::Runs;

#[derive(Serialize)]
struct ImageEntry<'a> {
    id: &'a JsonId,
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
struct Annotation<'a> {
    id: usize,
    image_id: &'a JsonId,
    category_id: JsonId,
    bbox: [f64; 4],
    area: f64,
    iscrowd: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    segmentation: Option<Runs>,
}

#[derive(Serialize)]
struct Category<'a> {
    id: &'a JsonId,
    name: &'a str,
}

/// An image with what is known of it.
pub(crate) struct CocoImage<'a> {
    pub id: &'a JsonId,
    pub name: &'a str,
    /// Columns and rows.
    pub size: (usize, usize),
    /// Width and height of a pixel in millimetres.
    pub spacing: Option<[f64; 2]>,
    pub attributes: &'a BTreeMap<String, String>,
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
    let (mut file, mut text, mut truths) = (TruthFile::new(Vec::new()), Vec::new(), Vec::new());
    TruthFile::head(&mut text);
    for ((name, size, truth), number) in cases.into_iter().zip(1..) {
        let id = JsonId::Number(number);
        file.image(&CocoImage { id: &id, name, size, spacing: None, attributes: &none }, &mut text)?;
        truths.push((id, truth));
    }
    TruthFile::between(&mut text);
    for (id, truth) in truths {
        file.annotations(&id, truth, &mut text)?;
    }
    file.end(&mut text)?;
    String::from_utf8(text).map_err(serde_json::Error::custom)
}

/// A COCO file in the making: the head, then every image, then [`TruthFile::between`], then the annotations of every image
/// again, then the end. Each adds to the text.
#[derive(Debug, Default)]
pub(crate) struct TruthFile {
    images: usize,
    annotations: usize,
    categories: Vec<CocoCategory>,
    /// The numbers of the classes by their names.
    numbers: HashMap<String, JsonId>,
    taken: BTreeSet<JsonId>,
    next: i64,
}

impl TruthFile {
    /// A file with classes whose numbers are known. Others are numbered as they come, with numbers that are free from 1 on.
    pub fn new(categories: Vec<CocoCategory>) -> Self {
        let taken = categories.iter().map(|category| category.id.clone()).collect();
        let numbers = categories.iter().map(|category| (category.name.clone(), category.id.clone())).collect();
        Self { categories, numbers, taken, ..Self::default() }
    }

    pub fn head(text: &mut Vec<u8>) {
        text.extend_from_slice(br#"{"images":["#);
    }

    pub fn image(&mut self, image: &CocoImage<'_>, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        if self.images > 0 {
            text.push(b',');
        }
        self.images += 1;
        let &CocoImage { id, name: file_name, size: (width, height), spacing, attributes } = image;
        let attributes = attributes.iter().filter(|(name, _)| is_attribute(name));
        let attributes = attributes.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        serde_json::to_writer(text, &ImageEntry { id, file_name, width, height, spacing, attributes })
    }

    pub fn between(text: &mut Vec<u8>) {
        text.extend_from_slice(br#"],"annotations":["#);
    }

    /// Adds what is in the image of that number.
    pub fn annotations(
        &mut self,
        image_id: &JsonId,
        truth: &Truth,
        text: &mut Vec<u8>,
    ) -> Result<(), serde_json::Error> {
        for region in &truth.regions {
            if self.annotations > 0 {
                text.push(b',');
            }
            self.annotations += 1;
            let id = self.annotations;
            let mask = region.region.mask.as_ref();
            let own_area = mask.map_or_else(|| region.region.bounding_box.area(), |mask| mask.area() as f64);
            let annotation = Annotation {
                id,
                image_id,
                category_id: self.category(&region.label),
                bbox: region.region.bounding_box.to_xywh(),
                area: region.area.unwrap_or(own_area),
                iscrowd: u8::from(region.crowd),
                segmentation: mask.map(Runs::of),
            };
            serde_json::to_writer(&mut *text, &annotation)?;
        }
        Ok(())
    }

    pub fn end(&self, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        text.extend_from_slice(br#"],"categories":"#);
        let categories = self.categories.iter().map(|CocoCategory { id, name }| Category { id, name });
        serde_json::to_writer(&mut *text, &categories.collect::<Vec<_>>())?;
        text.push(b'}');
        Ok(())
    }

    /// The number of a class.
    fn category(&mut self, name: &str) -> JsonId {
        if let Some(known) = self.numbers.get(name) {
            return known.clone();
        }
        let id = free_number(&mut self.next, &self.taken);
        self.categories.push(CocoCategory { id: id.clone(), name: name.to_owned() });
        self.numbers.insert(name.to_owned(), id.clone());
        id
    }
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
