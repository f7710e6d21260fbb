//! COCO: `truth.json`, or `results.json` with the numbers that the truth has.

use std::collections::HashSet;

use groundglass_types::Case;

use crate::coco_index::{CocoCategory, CocoIndex};
use crate::coco_results::ResultsFile;
use crate::coco_write::{CocoImage, TruthFile};
use crate::write::{AnnotationWriter, Means, Side, Writing, WrittenCase, WrittenCases, each};
use crate::writers::lost::{Lost, unwritten};
use crate::{FormatError, JsonId, Problem};

/// COCO.
pub struct Coco;

impl AnnotationWriter for Coco {
    fn id(&self) -> &'static str {
        "coco"
    }

    fn name(&self) -> &'static str {
        "COCO (JSON)"
    }

    fn begin(&self, cases: &dyn WrittenCases, side: Side) -> Box<dyn Writing> {
        let count = cases.count();
        match side {
            Side::Truth => {
                let (file, lost) = (TruthFile::default(), Lost::default());
                Box::new(TruthWriting { stage: Stage::Head, count, file, lost })
            }
            Side::Findings => {
                let (index, file) = (index(cases), ResultsFile::default());
                Box::new(ResultsWriting { done: 0, count, index, file })
            }
        }
    }
}

/// What is written next.
#[derive(Clone, Copy)]
enum Stage {
    Head,
    /// The image of a case, by its place.
    Image(usize),
    /// What is in it.
    Annotations(usize),
}

/// All images, a case a step, then all annotations.
struct TruthWriting {
    stage: Stage,
    count: usize,
    file: TruthFile,
    lost: Lost,
}

const TRUTH: &str = "truth.json";

impl Writing for TruthWriting {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        let mut text = Vec::new();
        let fault = |error| unwritten(TRUTH, &error);
        let next = match self.stage {
            Stage::Head => {
                means.sink.begin(TRUTH)?;
                TruthFile::head(&mut text);
                Some(Stage::Image(0))
            }
            Stage::Image(place) => match means.cases.case(place) {
                Some(written) => {
                    self.image(written.case, &mut text).map_err(fault)?;
                    Some(Stage::Image(place + 1))
                }
                None => {
                    TruthFile::between(&mut text);
                    Some(Stage::Annotations(0))
                }
            },
            Stage::Annotations(place) => match means.cases.case(place) {
                Some(written) => {
                    let truth = written.case.truth.as_ref();
                    truth.map_or(Ok(()), |truth| self.file.annotations(truth, &mut text)).map_err(fault)?;
                    Some(Stage::Annotations(place + 1))
                }
                None => {
                    self.file.end(&mut text).map_err(fault)?;
                    None
                }
            },
        };
        means.sink.add(&text)?;
        self.stage = next.unwrap_or(self.stage);
        Ok(next.is_some())
    }

    fn done(&self) -> usize {
        match self.stage {
            Stage::Head => 0,
            Stage::Image(place) => place,
            Stage::Annotations(place) => self.count + place,
        }
    }

    fn total(&self) -> usize {
        2 * self.count
    }

    fn problems(&self) -> Vec<Problem> {
        self.lost.problems(Coco.name())
    }
}

impl TruthWriting {
    /// The image of a case, where its truth is known.
    fn image(&mut self, case: &Case, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        if case.truth.is_none() {
            return Ok(());
        }
        self.lost.count("the truths of single readers (write one file a reader)", case.readers.len() > 1);
        let (name, size) = (case.name.as_str(), (case.width, case.height));
        self.file.image(&CocoImage { name, size, spacing: case.spacing, attributes: &case.attributes }, text)
    }
}

/// The findings of a case a step.
struct ResultsWriting {
    done: usize,
    count: usize,
    index: CocoIndex,
    file: ResultsFile,
}

const RESULTS: &str = "results.json";

impl Writing for ResultsWriting {
    fn step(&mut self, means: &mut Means<'_, '_>) -> Result<bool, FormatError> {
        let mut text = Vec::new();
        if self.done == 0 {
            means.sink.begin(RESULTS)?;
        }
        let written = means.cases.case(self.done);
        match written {
            Some(WrittenCase { case, findings: Some(findings) }) => {
                let added = self.file.add(&self.index, &case.name, findings, &mut text);
                added.map_err(|error| unwritten(RESULTS, &error))?;
            }
            Some(_) => {}
            None => self.file.end(&mut text),
        }
        self.done += 1;
        means.sink.add(&text)?;
        Ok(written.is_some())
    }

    fn done(&self) -> usize {
        self.done
    }

    fn total(&self) -> usize {
        self.count + 1
    }

    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }
}

/// The numbers that the truth's file gives to images and classes, and others for the rest.
fn index(cases: &dyn WrittenCases) -> CocoIndex {
    let (mut number, mut categories) = (0, Vec::<CocoCategory>::new());
    let mut known = HashSet::new();
    let mut images = Vec::with_capacity(cases.count());
    for WrittenCase { case, .. } in each(cases) {
        let id = case.truth.is_some().then(|| {
            number += 1;
            JsonId::Number(number)
        });
        images.push((id, case.name.clone(), (case.width, case.height)));
        for region in case.truth.iter().flat_map(|truth| &truth.regions) {
            if known.insert(region.label.as_str()) {
                let id = JsonId::Number(categories.len() as i64 + 1);
                categories.push(CocoCategory { id, name: region.label.clone() });
            }
        }
    }
    let labels = each(cases).filter_map(|case| case.findings).flatten().map(|finding| finding.label.as_str());
    CocoIndex::new(images, categories).with_labels(labels)
}
