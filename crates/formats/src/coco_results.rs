//! COCO results: a list of findings (<https://cocodataset.org/#format-results>).
//!
//! `file_name` and `category_name` are written beside the numbers, so that a file explains itself; COCO's
//! own tool passes over them.

use std::collections::{BTreeMap, HashMap};

use groundglass_types::{CaseFindings, Finding};
use serde::Serialize;
use serde::ser::Error;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::budget::Budget;
use crate::coco::{JsonId, json_error, not_empty, region_of};
use crate::coco_index::CocoIndex;
use crate::coco_rle::Runs;
use crate::content::Content;
use crate::json_stream::{bare_numbers, check, elements};
use crate::mark::LOST_PIXELS;
use crate::problem::{Problem, ProblemList};
use crate::{FormatError, coco};

/// The findings of a results file, by case.
#[derive(Clone, Debug, PartialEq)]
pub struct ResultsRead {
    /// One entry for each case that the file names, in alphabetical order.
    pub cases: Vec<CaseFindings>,
    /// One line for each entry that could not be read.
    pub problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Entry<'a> {
    image_id: &'a JsonId,
    file_name: &'a str,
    category_id: &'a JsonId,
    category_name: &'a str,
    bbox: [f64; 4],
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    segmentation: Option<Runs>,
}

/// The findings of all cases as COCO results, one a line. A case or a label that `index` does not know is
/// passed over; [`CocoIndex::with_labels`] makes all labels known.
pub fn write_results<'a>(
    index: &CocoIndex,
    cases: impl IntoIterator<Item = (&'a str, &'a [Finding])>,
) -> Result<String, serde_json::Error> {
    let (mut file, mut text) = (ResultsFile::default(), Vec::new());
    for (name, findings) in cases {
        file.add(index, name, findings, &mut text)?;
    }
    file.end(&mut text);
    String::from_utf8(text).map_err(serde_json::Error::custom)
}

/// COCO results in the making: the findings of every case, then the end. Each adds to the text.
#[derive(Debug, Default)]
pub struct ResultsFile {
    lines: usize,
}

impl ResultsFile {
    /// Adds the findings of a case. A case or a label that `index` does not know is passed over.
    ///
    /// # Errors
    /// Where the JSON cannot be written, which finite numbers never cause.
    pub fn add(
        &mut self,
        index: &CocoIndex,
        name: &str,
        findings: &[Finding],
        text: &mut Vec<u8>,
    ) -> Result<(), serde_json::Error> {
        let Some(image) = index.image(name) else { return Ok(()) };
        for finding in findings {
            let Some(category_id) = index.category(&finding.label) else { continue };
            text.extend_from_slice(if self.lines == 0 { b"[\n" } else { b",\n" });
            self.lines += 1;
            let entry = Entry {
                image_id: &image.id,
                file_name: &image.name,
                category_id,
                category_name: &finding.label,
                bbox: finding.region.bounding_box.to_xywh(),
                score: finding.score,
                segmentation: finding.region.mask.as_ref().map(Runs::of),
            };
            serde_json::to_writer(&mut *text, &entry)?;
        }
        Ok(())
    }

    /// Ends the list.
    pub fn end(&self, text: &mut Vec<u8>) {
        text.extend_from_slice(if self.lines == 0 { b"[]\n" } else { b"\n]\n" });
    }
}

/// Reads COCO results of the images and classes of `index`.
///
/// # Errors
/// [`FormatError`] where the bytes are not a JSON list. What is wrong with a single entry is in
/// [`ResultsRead::problems`].
pub fn read_results<'c>(
    file: &str,
    content: impl Into<Content<'c>>,
    index: &CocoIndex,
) -> Result<ResultsRead, FormatError> {
    let content = content.into();
    let images: HashMap<&JsonId, _> = index.images().iter().map(|image| (&image.id, image)).collect();
    let (mut problems, mut budget) = (ProblemList::default(), Budget::of(content.len()));
    let mut cases: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    each_result(file, &content, &mut |place, raw| {
        let mut read = || -> Result<(&str, Finding, Vec<String>), String> {
            let object: Map<String, Value> = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
            let image_id = coco::fields::required_id(&object, "image_id")?;
            let image = images.get(&image_id).ok_or_else(|| format!("no image has the id {image_id}"))?;
            let category = coco::fields::required_id(&object, "category_id")?;
            let label = index.category_name(&category).ok_or_else(|| format!("no category has the id {category}"))?;
            let score = coco::fields::number(&object, "score")?.ok_or("it has no \"score\"")?;
            let (region, lost) = region_of(&object, (image.width, image.height), &mut budget)?;
            Ok((&image.name, Finding { label: label.to_owned(), score, region }, lost))
        };
        match read() {
            Ok((name, finding, lost)) => {
                cases.entry(name).or_default().push(finding);
                for fault in lost {
                    problems.push(LOST_PIXELS, file, format!("{file}: entry {place}: {fault}"));
                }
            }
            Err(fault) => {
                problems.push("results at fault", file, format!("{file}: entry {place} is left out: {fault}"));
            }
        }
    })?;
    let cases = cases.into_iter().map(|(case, findings)| CaseFindings { case: case.to_owned(), findings });
    let problems = bare_numbers(file, &content).into_iter().chain(problems.into_problems()).collect();
    Ok(ResultsRead { cases: cases.collect(), problems })
}

/// Gives each entry of a results file to `visit`.
pub(crate) fn each_result(
    file: &str,
    content: &Content<'_>,
    visit: &mut dyn FnMut(usize, &RawValue),
) -> Result<(), FormatError> {
    not_empty(file, content)?;
    elements(content, visit).map_err(|error| {
        if error.is_data() && check(content).is_ok() {
            FormatError::NotResults { file: file.to_owned(), detail: "it is not a list".to_owned() }
        } else {
            json_error(file, &error)
        }
    })
}
