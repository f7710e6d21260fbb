//! Tables of sentences about parts of a case, one row each: RadGenome-ChestCT's `Volumename`, `Anatomy`, `Sentence`.
//!
//! A sentence is linked by its case and the name of its part to the region of that label, which masks beside give
//! (`seg_VOLUME/PART.nii.gz`). A sentence without a part is about the whole case.

use super::table::load::Rows;
use super::table::roles::plain;
use crate::FormatError;
use crate::list::{AnnotationFormat, Probe};
use crate::problem::ProblemList;
use crate::reading::{Hints, ImageName, Reading, Sentence};

/// Tables of sentences.
pub struct Sentences;

const IMAGES: [&str; 6] = ["volumename", "image", "imageid", "filename", "case", "volume"];
const PARTS: [&str; 3] = ["anatomy", "region", "structure"];

fn columns(names: &[String], hints: &Hints) -> Option<[usize; 3]> {
    let find = |role: &str, known: &[&str]| {
        let said = hints.columns.get(role).and_then(|wanted| names.iter().position(|name| name == wanted));
        said.or_else(|| known.iter().find_map(|known| names.iter().position(|name| plain(name) == *known)))
    };
    Some([find("image", &IMAGES)?, find("region", &PARTS)?, find("sentence", &["sentence"])?])
}

impl AnnotationFormat for Sentences {
    fn id(&self) -> &'static str {
        "sentences"
    }

    fn name(&self) -> &'static str {
        "table of sentences about regions (CSV, TSV)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        ["csv", "tsv"].contains(&probe.extension().as_str())
            && Rows::open(probe).is_ok_and(|rows| columns(&rows.columns, &Hints::default()).is_some())
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        let file = probe.path();
        let mut problems = ProblemList::default();
        let mut rows = Rows::open(probe)?;
        let Some([image, part, sentence]) = columns(&rows.columns, hints) else {
            let detail = "it has no columns of an image, a region and a sentence".to_owned();
            return Err(FormatError::NotTable { file: file.to_owned(), detail });
        };
        let mut sentences = Vec::new();
        while let Some(record) = rows.next(&mut problems) {
            let cell = |at: usize| record.get(at).unwrap_or_default();
            if cell(image).is_empty() || cell(sentence).is_empty() {
                let line = record.position().map_or(0, csv::Position::line);
                let message = format!("{file}: line {line} is left out: it has no case or no sentence");
                problems.push("sentences that cannot be read", file, message);
                continue;
            }
            let region = Some(cell(part)).filter(|part| !part.is_empty()).map(str::to_owned);
            let image = ImageName::Named(cell(image).to_owned());
            sentences.push(Sentence { image, region, text: cell(sentence).to_owned() });
        }
        Ok(Reading { sentences, problems: problems.into_problems(), ..Reading::default() })
    }
}
