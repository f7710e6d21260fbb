//! How a person corrects what the files of a set say, all of them alike.

use std::collections::{BTreeMap, HashSet};

use groundglass_types::{Finding, TruthRegion};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::placing::Said;
use super::{CaseSet, CocoCategory};

/// Corrections of a whole set. What one file alone says is corrected by its [`Hints`](crate::Hints).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct SetCorrections {
    /// Class as files and models name it, to the name under which it counts. Two classes of one name are one class.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub classes: BTreeMap<String, String>,
    /// Width and height of a pixel in millimetres, for images of which the files do not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional, type = "[number, number]"))]
    pub spacing: Option<[f64; 2]>,
    /// Whether `spacing` holds for the others as well.
    pub spacing_everywhere: bool,
}

/// Why corrections cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum CorrectionError {
    /// The size of a pixel is no size.
    #[error("a pixel of {width} x {height} mm has no size; both numbers are above 0")]
    NoSize {
        /// Millimetres.
        width: f64,
        /// Millimetres.
        height: f64,
    },
    /// A class shall have no name.
    #[error("the class \"{class}\" shall have no name; a name has at least one letter")]
    NoName {
        /// Its name as it was.
        class: String,
    },
}

impl SetCorrections {
    pub(super) fn name(&self, label: &mut String) {
        if let Some(wanted) = self.classes.get(label) {
            label.clone_from(wanted);
        }
    }

    /// Names the classes of what was found as they shall count.
    pub fn name_findings(&self, findings: &mut [Finding]) {
        findings.iter_mut().for_each(|finding| self.name(&mut finding.label));
    }

    fn name_truth(&self, regions: &mut [TruthRegion]) {
        regions.iter_mut().for_each(|region| self.name(&mut region.label));
    }

    pub(super) fn name_said(&self, said: &mut Said) {
        said.truth.iter_mut().chain(said.readers.values_mut()).for_each(|truth| self.name_truth(&mut truth.regions));
        self.name_findings(said.findings.as_deref_mut().unwrap_or_default());
    }

    /// Classes with the names under which they count; of two that are one now, the first number stays.
    pub(super) fn categories(&self, categories: &[CocoCategory]) -> Vec<CocoCategory> {
        let mut named = categories.to_vec();
        named.iter_mut().for_each(|category| self.name(&mut category.name));
        let mut known = HashSet::new();
        named.retain(|category| known.insert(category.name.clone()));
        named
    }

    /// The size of a pixel in millimetres, of an image of which a file says `said`.
    pub(super) fn spacing(&self, said: Option<[f64; 2]>) -> Option<[f64; 2]> {
        if self.spacing_everywhere { self.spacing.or(said) } else { said.or(self.spacing) }
    }
}

impl CaseSet {
    /// Says how the files of the set shall be understood. To be called before any of them is added.
    ///
    /// # Errors
    /// [`CorrectionError`] where the size of a pixel is no size, or a class shall have no name.
    pub fn correct(&mut self, corrections: SetCorrections) -> Result<(), CorrectionError> {
        if let Some([width, height]) = corrections.spacing
            && ![width, height].iter().all(|side| side.is_finite() && *side > 0.0)
        {
            return Err(CorrectionError::NoSize { width, height });
        }
        if let Some((class, _)) = corrections.classes.iter().find(|(_, name)| name.trim().is_empty()) {
            return Err(CorrectionError::NoName { class: class.clone() });
        }
        self.corrections = corrections;
        Ok(())
    }

    /// How the files of the set are understood.
    pub const fn corrections(&self) -> &SetCorrections {
        &self.corrections
    }
}
