//! What the files are, by task.

use std::sync::Arc;

use groundglass_formats::{Problem, sha256_hex};
use groundglass_metrics::{Assessment, EvaluationSet, RegionKind, Task};
use groundglass_types::Counts;

use crate::attributes::Attributes;
use crate::regions::{RegionTruth, Regions};
use crate::{EvaluateRequest, EvaluationError};

/// A file under the name by which messages speak of it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// The files of an evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The truth.
    pub truth: File<'a>,
    /// The predictions, and those of a second model to compare them with.
    pub predictions: &'a [File<'a>],
    /// A table of attributes of the cases, where there is one.
    pub attributes: Option<File<'a>>,
}

impl Sources<'_> {
    /// SHA-256 of every file, by name.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = (String, String)> {
        let files = std::iter::once(&self.truth).chain(self.predictions).chain(&self.attributes);
        files.map(|file| (file.name.to_owned(), sha256_hex(file.bytes)))
    }
}

/// Truth with the predictions of one model, or of two.
pub enum Loaded {
    /// Boxes or masks; the kind is that asked for, or what the files hold.
    Regions {
        /// One set a model.
        models: Vec<EvaluationSet>,
        /// What is compared.
        kind: RegionKind,
    },
}

impl Loaded {
    /// Reads the files. What is wrong with a part of them goes to `problems`.
    ///
    /// # Errors
    /// [`EvaluationError`] where a file cannot be read at all, or is not of the task asked for.
    pub fn read(
        sources: &Sources<'_>,
        request: &EvaluateRequest,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, EvaluationError> {
        let attributes = sources.attributes.as_ref().map(Attributes::read).transpose()?.unwrap_or_default();
        let truth = RegionTruth::read(&sources.truth, &attributes, problems)?;
        let read = |file| truth.with_results(file, problems);
        let regions = sources.predictions.iter().map(read).collect::<Result<Vec<Regions>, _>>()?;
        let kind = match request.task {
            Some(Task::Boxes) => RegionKind::Box,
            Some(Task::Masks) => RegionKind::Mask,
            _ if regions.iter().all(Regions::has_masks) => RegionKind::Mask,
            _ => RegionKind::Box,
        };
        Ok(Self::Regions { models: regions.into_iter().map(Regions::into_set).collect(), kind })
    }

    /// The task in the word of reports.
    pub const fn task(&self) -> &'static str {
        match self {
            Self::Regions { kind, .. } => kind.task(),
        }
    }

    /// The pairings at the thresholds, of the first model.
    ///
    /// # Errors
    /// [`EvaluationError`] for thresholds out of their range.
    pub fn counts(&self, request: &EvaluateRequest) -> Result<Option<Counts>, EvaluationError> {
        match self {
            Self::Regions { models, kind } => {
                let evaluate = |set: &EvaluationSet| set.counts(&request.region_options(*kind));
                Ok(models.first().map(evaluate).transpose()?)
            }
        }
    }

    /// What a reader must know besides the numbers, one sentence each.
    ///
    /// # Errors
    /// [`EvaluationError`] for thresholds out of their range.
    pub fn notes(&self, request: &EvaluateRequest) -> Result<Vec<String>, EvaluationError> {
        match self {
            Self::Regions { models, kind } => {
                let notes = |set: &EvaluationSet| set.notes(&request.region_options(*kind));
                Ok(models.first().map(notes).transpose()?.unwrap_or_default())
            }
        }
    }

    /// The families of the first model, prepared.
    ///
    /// # Errors
    /// [`EvaluationError`] for options out of their range or an unknown convention.
    pub fn assess(&self, request: &EvaluateRequest) -> Result<Arc<Assessment>, EvaluationError> {
        let convention = request.convention.as_deref();
        Ok(Arc::new(match self {
            Self::Regions { models, kind } => {
                let set = models.first().ok_or(EvaluationError::NoPredictions)?;
                set.assess(&request.region_options(*kind), convention)?
            }
        }))
    }

    /// The families of both models on the same cases, prepared for a comparison; `None` where there is but one model.
    ///
    /// # Errors
    /// As [`Self::assess`].
    pub fn assess_joined(&self, request: &EvaluateRequest) -> Result<Option<Arc<Assessment>>, EvaluationError> {
        let convention = request.convention.as_deref();
        Ok(match self {
            Self::Regions { models, kind } => match &models[..] {
                [a, b, ..] => {
                    let options = request.region_options(*kind);
                    Some(EvaluationSet::joined(a, b, *kind)?.assess(&options, convention)?)
                }
                _ => None,
            },
        }
        .map(Arc::new))
    }
}
