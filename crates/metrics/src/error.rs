//! What cannot be evaluated.

use thiserror::Error;

/// Data or thresholds that cannot be evaluated. Each message names the case and the fault.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum MetricsError {
    /// No case of this name was added.
    #[error("there is no case named \"{case}\"")]
    UnknownCase {
        /// The name asked for.
        case: String,
    },
    /// A finding whose score is not a finite number.
    #[error("finding {index} of \"{case}\" has the score {score}, which is not a finite number")]
    Score {
        /// The case's name.
        case: String,
        /// The finding's place in the list.
        index: usize,
        /// Its score.
        score: f64,
    },
    /// A box with an edge that is not a finite number.
    #[error("{region} of \"{case}\" has a box with an edge that is not a finite number")]
    Edge {
        /// The case's name.
        case: String,
        /// Which region: `finding 3` or `truth 3`.
        region: String,
    },
    /// A mask on another grid than the case's image.
    #[error(
        "{region} of \"{case}\" has a mask of {found_width} x {found_height} pixels, the image has {width} x {height}"
    )]
    MaskSize {
        /// The case's name.
        case: String,
        /// Which region: `finding 3` or `truth 3`.
        region: String,
        /// Columns of the image.
        width: usize,
        /// Rows of the image.
        height: usize,
        /// Columns of the mask.
        found_width: usize,
        /// Rows of the mask.
        found_height: usize,
    },
    /// A score threshold that is not finite.
    #[error("the score threshold is {0}, but must be a finite number")]
    ScoreThreshold(f64),
    /// An IoU threshold outside 0 to 1.
    #[error("the IoU threshold is {0}, but must lie between 0 and 1")]
    IouThreshold(f64),
    /// A surface tolerance that is no distance.
    #[error("the surface tolerance is {0}, but must be a finite number of at least 0")]
    SurfaceTolerance(f64),
    /// A convention that no family of the task knows.
    #[error("there is no convention named \"{name}\" here; there are {}", known.join(", "))]
    UnknownConvention {
        /// The name asked for.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Lists that must be of one length, or scores that must be numbers, and are not.
    #[error("{place}: {fault}")]
    Input {
        /// Where: `case "a.png"`, `row 12`.
        place: String,
        /// What was found, and what was expected.
        fault: String,
    },
    /// A calculation that its caller stopped.
    #[error("the calculation was stopped")]
    Cancelled,
}

impl MetricsError {
    /// [`Self::UnknownConvention`] with the names sorted and each once.
    pub(crate) fn convention(name: &str, mut known: Vec<String>) -> Self {
        known.sort();
        known.dedup();
        Self::UnknownConvention { name: name.to_owned(), known }
    }
}
