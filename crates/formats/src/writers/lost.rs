//! What a form cannot hold, counted and named.

use std::collections::BTreeMap;

use groundglass_types::{Region, TruthRegion};

use crate::write::{Side, WrittenCase};
use crate::{FormatError, Problem};

/// Counts of what was lost, by kind.
#[derive(Default)]
pub struct Lost {
    counts: BTreeMap<&'static str, usize>,
}

impl Lost {
    /// Counts one of a kind: `masks`, `scores`.
    pub fn count(&mut self, kind: &'static str, lost: bool) {
        if lost {
            *self.counts.entry(kind).or_default() += 1;
        }
    }

    /// One line a kind. `form` is what people call the form.
    pub fn into_problems(self, form: &str) -> Vec<Problem> {
        let line = |(kind, count): (&str, usize)| Problem {
            file: form.to_owned(),
            message: format!("{form} cannot hold {kind}: {count} are left out"),
            kind: format!("{kind} that {form} cannot hold"),
            count,
        };
        self.counts.into_iter().map(line).collect()
    }
}

/// A region of either side.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    pub label: &'a str,
    pub region: &'a Region,
    pub score: Option<f64>,
    pub crowd: bool,
    pub area: Option<f64>,
}

impl<'a> From<&'a TruthRegion> for Written<'a> {
    fn from(truth: &'a TruthRegion) -> Self {
        Self { label: &truth.label, region: &truth.region, score: None, crowd: truth.crowd, area: truth.area }
    }
}

/// The regions of one side of a case; `None` where it is unknown.
pub fn regions<'a>(case: &WrittenCase<'a>, side: Side) -> Option<Vec<Written<'a>>> {
    match side {
        Side::Truth => case.case.truth.as_ref().map(|truth| truth.regions.iter().map(Written::from).collect()),
        Side::Findings => case.findings.map(|findings| {
            let written = findings.iter().map(|finding| Written {
                label: &finding.label,
                region: &finding.region,
                score: Some(finding.score),
                crowd: false,
                area: None,
            });
            written.collect()
        }),
    }
}

/// The fault of JSON that cannot be written, which finite numbers never cause.
pub fn unwritten(file: &str, error: &impl std::fmt::Display) -> FormatError {
    FormatError::NotTable { file: file.to_owned(), detail: format!("it cannot be written: {error}") }
}
