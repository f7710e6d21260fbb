//! What can be wrong within a frame, before the file's name is put to it.

use crate::decode::Format;
use crate::error::DecodeError;

/// A [`DecodeError`] without the name of the file.
#[derive(Debug)]
pub(crate) enum Fault {
    Corrupt(String),
    Unsupported(String),
    /// The bytes end there.
    Truncated(u64),
    Disk(String),
}

impl Fault {
    pub fn corrupt(detail: impl Into<String>) -> Self {
        Self::Corrupt(detail.into())
    }

    pub fn unsupported(detail: impl Into<String>) -> Self {
        Self::Unsupported(detail.into())
    }

    pub fn of(self, file: &str) -> DecodeError {
        let (file, format) = (file.to_owned(), Format::Dicom);
        match self {
            Self::Corrupt(detail) => DecodeError::Corrupt { file, format, detail },
            Self::Unsupported(detail) => DecodeError::Unsupported { file, format, detail },
            Self::Truncated(place) => DecodeError::Truncated { file, format, place },
            Self::Disk(detail) => DecodeError::Unreadable { file, detail },
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error.to_string())
    }
}
