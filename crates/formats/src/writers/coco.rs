//! COCO: `truth.json`, or `results.json` with the numbers that the truth has.

use crate::coco_index::{CocoCategory, CocoIndex};
use crate::coco_write::{CocoImage, write_coco_images};
use crate::write::{AnnotationWriter, Side, Sink, WrittenCase};
use crate::writers::lost::{Lost, unwritten};
use crate::{FormatError, JsonId, Problem, write_results};

/// COCO.
pub struct Coco;

impl AnnotationWriter for Coco {
    fn id(&self) -> &'static str {
        "coco"
    }

    fn name(&self) -> &'static str {
        "COCO (JSON)"
    }

    fn write(&self, cases: &[WrittenCase<'_>], side: Side, sink: &mut Sink<'_>) -> Result<Vec<Problem>, FormatError> {
        let mut lost = Lost::default();
        match side {
            Side::Truth => {
                let with_truth = cases.iter().filter_map(|case| Some((case.case, case.case.truth.as_ref()?)));
                let images = with_truth.map(|(case, truth)| {
                    lost.count("the truths of single readers (write one file a reader)", case.readers.len() > 1);
                    let size = (case.width, case.height);
                    CocoImage { name: &case.name, size, spacing: case.spacing, attributes: &case.attributes, truth }
                });
                let images = images.collect::<Vec<_>>();
                let text = write_coco_images(images).map_err(|error| unwritten("truth.json", &error))?;
                sink("truth.json", text.into_bytes())?;
            }
            Side::Findings => {
                let index = index(cases);
                let findings = cases.iter().filter_map(|case| Some((case.case.name.as_str(), case.findings?)));
                let text = write_results(&index, findings).map_err(|error| unwritten("results.json", &error))?;
                sink("results.json", text.into_bytes())?;
            }
        }
        Ok(lost.into_problems(self.name()))
    }
}

/// The numbers that the truth's file gives to images and classes, and others for the rest.
fn index(cases: &[WrittenCase<'_>]) -> CocoIndex {
    let (mut number, mut categories) = (0, Vec::<CocoCategory>::new());
    let mut images = Vec::with_capacity(cases.len());
    for WrittenCase { case, .. } in cases {
        let id = case.truth.is_some().then(|| {
            number += 1;
            JsonId::Number(number)
        });
        images.push((id, case.name.clone(), (case.width, case.height)));
        for region in case.truth.iter().flat_map(|truth| &truth.regions) {
            if !categories.iter().any(|known| known.name == region.label) {
                let id = JsonId::Number(categories.len() as i64 + 1);
                categories.push(CocoCategory { id, name: region.label.clone() });
            }
        }
    }
    let labels = cases.iter().filter_map(|case| case.findings).flatten().map(|finding| finding.label.as_str());
    CocoIndex::new(images, categories).with_labels(labels)
}
