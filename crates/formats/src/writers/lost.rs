//! What a form cannot hold, counted and named.

use std::collections::BTreeMap;

#[cfg(feature = "full")]
use groundglass_types::Case;

#[cfg(feature = "full")]
use crate::write::Side;
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

    /// Counts what only COCO and tables hold of a case.
    #[cfg(feature = "full")]
    pub fn count_case(&mut self, case: &Case, side: Side) {
        self.count("the spacing of pixels", case.spacing.is_some());
        self.count("attributes of cases", !case.attributes.is_empty());
        self.count("the truths of single readers", side == Side::Truth && case.readers.len() > 1);
    }

    /// One line a kind. `form` is what people call the form.
    pub fn problems(&self, form: &str) -> Vec<Problem> {
        let line = |(kind, &count): (&&str, &usize)| Problem {
            file: form.to_owned(),
            message: format!("{form} cannot hold {kind}: {count} are left out"),
            kind: format!("{kind} that {form} cannot hold"),
            count,
        };
        self.counts.iter().map(line).collect()
    }
}

/// The fault of JSON that cannot be written, which finite numbers never cause.
pub fn unwritten(file: &str, error: &impl std::fmt::Display) -> FormatError {
    FormatError::NotTable { file: file.to_owned(), detail: format!("it cannot be written: {error}") }
}
