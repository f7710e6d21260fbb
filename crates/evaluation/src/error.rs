//! Why an evaluation could not be made.

use groundglass_formats::FormatError;
use groundglass_metrics::MetricsError;
use thiserror::Error;

/// Why an evaluation could not be made. Every message is one sentence.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum EvaluationError {
    /// A file that cannot be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Data or options that cannot be evaluated.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// A file that fits none of the tasks.
    #[error("{file}: {detail}")]
    Unfit {
        /// The file.
        file: String,
        /// What was found, and what was expected.
        detail: String,
    },
    /// Files that do not go together, or not with the task.
    #[error("this cannot be evaluated: {detail}")]
    Unsuited {
        /// Why not.
        detail: &'static str,
    },
    /// No file of truth.
    #[error("there is no truth to compare with")]
    NoTruth,
    /// No file of predictions.
    #[error("there are no predictions to evaluate")]
    NoPredictions,
    /// No case has the attribute by which cases are to be grouped.
    #[error("no case has the attribute \"{name}\" by which to group; {}", listed(.known))]
    NoAttribute {
        /// What was asked for.
        name: String,
        /// The attributes that some case has.
        known: Vec<String>,
    },
    /// The report cannot be written.
    #[error("the report cannot be written: {0}")]
    Output(String),
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "no case has any".to_owned() } else { format!("there are: {}", names.join(", ")) }
}
