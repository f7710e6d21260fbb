//! What can go wrong between a file and its findings.

use groundglass_models::florence2::ConfigError;
use groundglass_models::weights::WeightsError;
use thiserror::Error;

/// Why there are no findings.
#[derive(Debug, Error)]
pub enum EngineError {
    /// There is no GPU to speak to.
    #[error("no GPU can be used: {reason}")]
    NoAdapter {
        /// What the runtime said.
        reason: String,
    },
    /// The weights cannot be used.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// What stands beside the weights cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The device cannot hold the model.
    #[error("the model is too large: {reason}")]
    TooLarge {
        /// What is needed, and what there is.
        reason: String,
    },
    /// The image or the question does not fit the model.
    #[error("{reason}")]
    Input {
        /// What does not fit.
        reason: String,
    },
    /// The device failed while running.
    #[error("the {device} failed: {reason}")]
    Device {
        /// Its kind.
        device: &'static str,
        /// What the runtime said.
        reason: String,
    },
    /// Whoever asked for the run wants it no more.
    #[error("the run was cancelled")]
    Cancelled,
}

impl EngineError {
    /// One word for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NoAdapter { .. } => "no_adapter",
            Self::Weights(_) => "weights",
            Self::Config(_) => "config",
            Self::TooLarge { .. } => "too_large",
            Self::Input { .. } => "input",
            Self::Device { .. } => "device",
            Self::Cancelled => "cancelled",
        }
    }
}
