//! Weights files: safetensors that say in their own metadata what they are.
//!
//! | metadata key | meaning |
//! | --- | --- |
//! | `groundglass.name` | the model's name |
//! | `groundglass.architecture` | which folder of this crate reads it |
//! | `groundglass.config` | its configuration, as JSON |
//! | `groundglass.known_answer` | what it must answer, as JSON, see [`crate::known_answer`] |

use burn::store::{HalfPrecisionAdapter, ModuleSnapshot, SafetensorsStore};
use safetensors::SafeTensors;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::known_answer::KnownAnswer;

const NAME: &str = "groundglass.name";
const ARCHITECTURE: &str = "groundglass.architecture";
const CONFIG: &str = "groundglass.config";
const KNOWN_ANSWER: &str = "groundglass.known_answer";

/// A weights file that cannot be used. Every variant names the file.
#[derive(Debug, Error)]
pub enum WeightsError {
    /// Not safetensors at all, or cut off.
    #[error("{file} is not a safetensors file, or it is cut off: {reason}")]
    NotSafetensors {
        /// The file.
        file: String,
        /// What the reader said.
        reason: String,
    },
    /// Safetensors, but not written for Groundglass.
    #[error("{file} does not say which model it holds: the metadata has no `{key}`")]
    NoMetadata {
        /// The file.
        file: String,
        /// The missing key.
        key: &'static str,
    },
    /// An architecture that no folder of this crate reads.
    #[error("{file} holds a model of architecture `{found}`; this version knows {known}")]
    UnknownArchitecture {
        /// The file.
        file: String,
        /// The architecture it names.
        found: String,
        /// The ones that are known.
        known: String,
    },
    /// Metadata that is there and cannot be read.
    #[error("{file}: the metadata `{key}` cannot be used: {reason}")]
    Metadata {
        /// The file.
        file: String,
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Shards that do not go together.
    #[error("{file} does not go together with the other weights: {reason}")]
    Shards {
        /// The file: a shard, or the index.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// A tensor whose numbers cannot be had.
    #[error("{file}: tensor `{tensor}` cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// The tensor.
        tensor: String,
        /// What is wrong with it, or what the medium said.
        reason: String,
    },
    /// Tensors that are missing, not expected, or of another shape, by name.
    #[error("{file} does not fit its configuration: {misfits}")]
    Misfits {
        /// The file, or the first of them.
        file: String,
        /// Which tensors.
        misfits: Misfits,
    },
    /// Tensors that are missing, too many, or of another shape.
    #[error("{file} does not fit its configuration: {reason}")]
    Tensors {
        /// The file.
        file: String,
        /// Which tensors, and how.
        reason: String,
    },
}

/// Names that a message shows of a list; the rest is counted.
const SHOWN: usize = 4;

/// Tensors that do not fit a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Misfits {
    /// Names of tensors that are not there.
    pub missing: Vec<String>,
    /// Names of tensors that should not be there.
    pub unexpected: Vec<String>,
    /// Tensors of another shape: "x is [2, 3], not [3, 2]".
    pub misshapen: Vec<String>,
}

impl Misfits {
    /// Whether all fit.
    pub const fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty() && self.misshapen.is_empty()
    }
}

impl std::fmt::Display for Misfits {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds =
            [("missing", &self.missing), ("not expected", &self.unexpected), ("of another shape", &self.misshapen)];
        let mut before = "";
        for (kind, names) in kinds.iter().filter(|(_, names)| !names.is_empty()) {
            let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if names.len() > SHOWN { ", ..." } else { "" };
            let (number, plural) = (names.len(), if names.len() == 1 { " is" } else { "s are" });
            write!(formatter, "{before}{number} tensor{plural} {kind} ({shown}{more})")?;
            before = "; ";
        }
        Ok(())
    }
}

/// What a weights file says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The model's name.
    pub name: String,
    /// Its architecture.
    pub architecture: String,
    /// Its configuration, as JSON.
    pub config: String,
    /// What it must answer.
    pub known_answer: KnownAnswer,
    /// Parameters, counted over all floating-point tensors.
    pub parameters: usize,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Reads what the file says of itself, without building anything.
///
/// # Errors
/// [`WeightsError`] where it is not safetensors or lacks the metadata.
pub fn read_header(file: &str, bytes: &[u8]) -> Result<Header, WeightsError> {
    let not_safetensors = |reason: safetensors::SafeTensorError| WeightsError::NotSafetensors {
        file: file.into(),
        reason: reason.to_string(),
    };
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(not_safetensors)?;
    let tensors = SafeTensors::deserialize(bytes).map_err(not_safetensors)?;
    let parameters = tensors
        .iter()
        .filter(|(_, view)| view.dtype() != safetensors::Dtype::BOOL)
        .map(|(_, view)| view.shape().iter().product::<usize>())
        .sum();
    let entries = metadata.metadata().as_ref();
    let entry = |key: &'static str| {
        entries
            .and_then(|entries| entries.get(key).cloned())
            .ok_or_else(|| WeightsError::NoMetadata { file: file.into(), key })
    };
    let architecture = entry(ARCHITECTURE)?;
    let known_answer = serde_json::from_str(&entry(KNOWN_ANSWER)?).map_err(|error| WeightsError::Metadata {
        file: file.into(),
        key: KNOWN_ANSWER,
        reason: error.to_string(),
    })?;
    Ok(Header {
        name: entry(NAME)?,
        architecture,
        config: entry(CONFIG)?,
        known_answer,
        parameters,
        sha256: sha256(bytes),
    })
}

/// Reads an architecture's configuration out of a header.
///
/// # Errors
/// [`WeightsError::Metadata`] where it is not that architecture's configuration.
pub fn parse_config<C: serde::de::DeserializeOwned>(file: &str, header: &Header) -> Result<C, WeightsError> {
    serde_json::from_str(&header.config).map_err(|error| WeightsError::Metadata {
        file: file.into(),
        key: CONFIG,
        reason: error.to_string(),
    })
}

/// Fills `module` with the file's tensors: every one of the module's must be there with its shape, and
/// none may be left over. f16 tensors become f32.
///
/// # Errors
/// [`WeightsError::Tensors`] names the first few that do not fit.
pub fn load_into<M: ModuleSnapshot>(module: &mut M, file: &str, bytes: &[u8]) -> Result<(), WeightsError> {
    let misfit = |reason: String| WeightsError::Tensors { file: file.into(), reason };
    let mut store = SafetensorsStore::from_bytes(Some(bytes.to_vec()))
        .with_from_adapter(HalfPrecisionAdapter::new())
        .allow_partial(true)
        .validate(false);
    let result = module.load_from(&mut store).map_err(|error| misfit(error.to_string()))?;
    if let Some(error) = result.errors.first() {
        return Err(misfit(error.to_string()));
    }
    let missing: Vec<&str> = result.missing.iter().map(|(path, _)| path.as_str()).collect();
    for (count, names, what) in [
        (missing.len(), missing, "missing"),
        (result.unused.len(), result.unused.iter().map(String::as_str).collect(), "not expected"),
    ] {
        if count > 0 {
            let first = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
            return Err(misfit(format!("{count} tensors are {what}, the first: {first}")));
        }
    }
    Ok(())
}

/// Writes `module` as a weights file in f16 (batch norms stay f32).
///
/// # Errors
/// The store's own message where a tensor cannot be read.
pub fn to_bytes<M: ModuleSnapshot>(
    module: &M,
    name: &str,
    architecture: &str,
    config: &str,
    known_answer: &KnownAnswer,
) -> Result<Vec<u8>, String> {
    let known_answer = serde_json::to_string(known_answer).map_err(|error| error.to_string())?;
    let mut store = SafetensorsStore::from_bytes(None)
        .with_to_adapter(HalfPrecisionAdapter::new())
        .metadata(NAME, name)
        .metadata(ARCHITECTURE, architecture)
        .metadata(CONFIG, config)
        .metadata(KNOWN_ANSWER, known_answer);
    module.save_into(&mut store).map_err(|error| error.to_string())?;
    store.get_bytes().map_err(|error| error.to_string())
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
