//! What a form cannot hold, counted and named.

use std::collections::BTreeMap;

#[cfg(feature = "full")]
use groundglass_types::Case;
use groundglass_types::Truth;

#[cfg(feature = "full")]
use crate::write::Side;
use crate::write::WrittenCases;
#[cfg(feature = "full")]
use crate::writers::regions::Written;
use crate::{FormatError, Problem};

/// Counts of what was lost, by kind.
#[derive(Default)]
pub struct Lost {
    /// By what it is and what becomes of it.
    counts: BTreeMap<(&'static str, &'static str), usize>,
}

const LEFT_OUT: &str = "are left out";

impl Lost {
    /// What every form but a bundle loses of a set: where readers looked, what was said, and tables about cases.
    pub fn beside(cases: &dyn WrittenCases) -> Self {
        let mut lost = Self::default();
        if let Some(beside) = cases.beside() {
            let kinds = [
                ("fixations", beside.fixations),
                ("sentences", beside.sentences),
                ("tables about cases", beside.tables),
            ];
            kinds.into_iter().for_each(|(kind, count)| lost.add(kind, LEFT_OUT, count));
        }
        lost
    }

    /// Counts one of a kind that is left out: `scores`.
    pub fn count(&mut self, kind: &'static str, lost: bool) {
        self.add(kind, LEFT_OUT, usize::from(lost));
    }

    /// Counts one of a kind of which something else is written: `masks`, which `become boxes`.
    #[cfg(feature = "full")]
    pub fn turned(&mut self, kind: &'static str, fate: &'static str, is: bool) {
        self.add(kind, fate, usize::from(is));
    }

    fn add(&mut self, kind: &'static str, fate: &'static str, count: usize) {
        if count > 0 {
            *self.counts.entry((kind, fate)).or_default() += count;
        }
    }

    /// Counts what of the readers of a case is lost where only its truth is written.
    pub fn count_readers(&mut self, readers: &BTreeMap<String, Truth>, truth: &Truth) {
        let differs = readers.values().any(|reader| reader != truth);
        self.count("the truths of single readers", differs);
        self.count("the names of readers", !differs && !readers.is_empty());
    }

    /// Counts what only COCO and tables hold of a case.
    #[cfg(feature = "full")]
    pub fn count_case(&mut self, case: &Case, side: Side) {
        self.count("the spacing of pixels", case.spacing.is_some());
        self.count("attributes of cases", !case.attributes.is_empty());
        if let (Side::Truth, Some(truth)) = (side, &case.truth) {
            self.count_readers(&case.readers, truth);
        }
    }

    /// Counts an area that the form does not hold: one that says no more than the region itself is not lost.
    #[cfg(feature = "full")]
    pub fn count_area(&mut self, region: &Written<'_>, with_mask: bool) {
        let mask = region.region.mask.as_ref().filter(|_| with_mask);
        let own = mask.map_or_else(|| region.region.bounding_box.area(), |mask| mask.area() as f64);
        self.count("areas as annotated", region.area.is_some_and(|area| area != own));
    }

    /// Counts a class's name that would be read as another where it stands as text.
    #[cfg(feature = "full")]
    pub fn count_label(&mut self, label: &str) {
        self.count("the blanks at the ends of class names", label.trim() != label);
        self.turned("empty class names", "become \"object\"", label.is_empty());
    }

    /// One line a kind. `form` is what people call the form.
    pub fn problems(&self, form: &str) -> Vec<Problem> {
        let line = |(&(kind, fate), &count): (&(&str, &str), &usize)| Problem {
            file: form.to_owned(),
            message: format!("{form} cannot hold {kind}: {count} {fate}"),
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
