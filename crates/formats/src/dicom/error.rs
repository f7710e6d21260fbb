//! Why an object of DICOM gives no annotation, or none can be written.

use groundglass_imaging::DecodeError;
use thiserror::Error;

/// Why an object gives no annotation, or none can be written. Every message is a sentence that names the file.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum DicomError {
    /// The file itself cannot be read.
    #[error(transparent)]
    Object(#[from] DecodeError),
    /// Another kind of object.
    #[error("{file} is not {expected}: {found}")]
    OtherKind {
        /// The file.
        file: String,
        /// What was expected.
        expected: &'static str,
        /// What it is, or what it lacks.
        found: String,
    },
    /// Masks that no segmentation can hold.
    #[error("{file} cannot be written: {detail}")]
    NotWritten {
        /// The file that was to be written.
        file: String,
        /// Why not.
        detail: String,
    },
}

impl DicomError {
    /// The fault as one word for programs: `other_object`, `not_written`, or that of a [`DecodeError`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Object(error) => error.kind(),
            Self::OtherKind { .. } => "other_object",
            Self::NotWritten { .. } => "not_written",
        }
    }

    /// The file.
    pub fn file(&self) -> &str {
        match self {
            Self::Object(error) => error.file(),
            Self::OtherKind { file, .. } | Self::NotWritten { file, .. } => file,
        }
    }
}
