//! COCO: `truth.json`, or `results.json` with the numbers that the truth has. Where the truth came in COCO, the numbers of
//! images and classes are those of its file.

use std::collections::{BTreeSet, HashSet};

use groundglass_types::Case;

use crate::coco::fields::is_attribute;
use crate::coco_index::{CocoCategory, CocoIndex, free_number};
use crate::coco_results::ResultsFile;
use crate::coco_write::{CocoImage, TruthFile};
use crate::write::{AnnotationWriter, BesideCases, Means, Side, Writing, WrittenCase, WrittenCases, each};
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
        let (count, lost) = (cases.count(), Lost::beside(cases));
        let Numbered { index, is_anew } = Numbered::of(cases);
        match side {
            Side::Truth => {
                let file = TruthFile::new(index.categories().to_vec());
                let sources = cases.beside().map_or(0, |beside| beside.coco_files);
                Box::new(TruthWriting { stage: Stage::Head, count, index, file, lost, sources, is_anew })
            }
            Side::Findings => {
                let labels = each(cases).filter_map(|case| case.findings).flatten();
                let index = index.with_labels(labels.map(|finding| finding.label.as_str()));
                let file = ResultsFile::default();
                Box::new(ResultsWriting { done: 0, count, index, file, lost, is_anew })
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
    index: CocoIndex,
    file: TruthFile,
    lost: Lost,
    /// How many COCO files the truth came in.
    sources: usize,
    is_anew: bool,
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
                    let image = self.index.image(&written.case.name);
                    if let (Some(image), Some(truth)) = (image, &written.case.truth) {
                        self.file.annotations(&image.id, truth, &mut text).map_err(fault)?;
                    }
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
        let mut problems = self.lost.problems(Coco.name());
        problems.extend(self.is_anew.then(renumbered));
        if self.sources > 0 {
            let message = format!(
                "{} is written anew: polygons become run lengths, and the numbers of annotations, supercategories, info and \
                 licences of {} files are not kept",
                Coco.name(),
                self.sources
            );
            problems
                .push(Problem { count: self.sources, ..Problem::new("details of COCO files", Coco.name(), message) });
        }
        problems
    }
}

/// That images have other numbers than their files give them.
fn renumbered() -> Problem {
    let message = "the files that were read give two images one number; all images are numbered anew".to_owned();
    Problem::new("numbers of images that are not kept", Coco.name(), message)
}

impl TruthWriting {
    /// The image of a case, where its truth is known.
    fn image(&mut self, case: &Case, text: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        let (Some(image), Some(truth)) = (self.index.image(&case.name), &case.truth) else { return Ok(()) };
        self.lost.count_readers(&case.readers, truth);
        for name in case.attributes.keys() {
            self.lost.count("attributes that are called as its own fields are", !is_attribute(name));
        }
        let (id, name, size) = (&image.id, case.name.as_str(), (case.width, case.height));
        self.file.image(&CocoImage { id, name, size, spacing: case.spacing, attributes: &case.attributes }, text)
    }
}

/// The findings of a case a step.
struct ResultsWriting {
    done: usize,
    count: usize,
    index: CocoIndex,
    file: ResultsFile,
    lost: Lost,
    is_anew: bool,
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
        let mut problems = self.lost.problems(Coco.name());
        problems.extend(self.is_anew.then(renumbered));
        problems
    }
}

/// The numbers of images and of the truth's classes: those of the files that were read, and others for the rest.
struct Numbered {
    index: CocoIndex,
    /// Whether the files' numbers could not be kept, because two images share one.
    is_anew: bool,
}

impl Numbered {
    fn of(cases: &dyn WrittenCases) -> Self {
        let none = BesideCases::default();
        let beside = cases.beside().unwrap_or(&none);
        let mut known = HashSet::new();
        let is_anew = beside.numbers.values().any(|id| !known.insert(id));
        let mut number = 0;
        // Where no file gives numbers, the images of the truth have the first.
        let mut counted = |case: &Case| {
            (beside.numbers.is_empty() && case.truth.is_some()).then(|| {
                number += 1;
                JsonId::Number(number)
            })
        };
        let image = |WrittenCase { case, .. }: WrittenCase<'_>| {
            let id = beside.numbers.get(&case.name).cloned().or_else(|| counted(case));
            (id, case.name.clone(), (case.width, case.height))
        };
        let images: Vec<_> = each(cases).map(image).collect();
        Self { index: CocoIndex::new(images, categories(cases, beside)), is_anew }
    }
}

/// The classes of the files that were read, and those of the truth that none of them names.
fn categories(cases: &dyn WrittenCases, beside: &BesideCases) -> Vec<CocoCategory> {
    let mut categories = beside.categories.clone();
    if categories.is_empty() {
        // A list counts from 0, and COCO from 1.
        let listed = beside.listed.iter().zip(1..);
        categories.extend(listed.map(|(class, id)| CocoCategory { id: JsonId::Number(id), name: class.name.clone() }));
    }
    let taken: BTreeSet<JsonId> = categories.iter().map(|category| category.id.clone()).collect();
    let mut known: HashSet<String> = categories.iter().map(|category| category.name.clone()).collect();
    let mut next = 0;
    let regions = each(cases).filter_map(|written| written.case.truth.as_ref()).flat_map(|truth| &truth.regions);
    for region in regions {
        if known.insert(region.label.clone()) {
            categories.push(CocoCategory { id: free_number(&mut next, &taken), name: region.label.clone() });
        }
    }
    categories
}
