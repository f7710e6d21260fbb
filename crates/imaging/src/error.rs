//! Why a file gives no image.

use thiserror::Error;

use crate::Format;
use crate::decode::formats;

/// Why a file gives no image. Every message is a sentence that names the file and the fault.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum DecodeError {
    /// No byte at all.
    #[error("{file} is empty (0 bytes)")]
    Empty {
        /// The file.
        file: String,
    },
    /// The first bytes are those of no format that is read here.
    #[error("{file} is not a {} image: it begins with the bytes {begins}", formats())]
    UnknownFormat {
        /// The file.
        file: String,
        /// Its first bytes in hexadecimal.
        begins: String,
    },
    /// The file ends before the image does.
    #[error("{file} is cut short: the {format} data end at byte {place}, before the image is complete")]
    Truncated {
        /// The file.
        file: String,
        /// What its first bytes say it is.
        format: Format,
        /// Where the bytes end.
        place: u64,
    },
    /// The file breaks the rules of its format.
    #[error("{file} cannot be read as {format}: {detail}")]
    Corrupt {
        /// The file.
        file: String,
        /// What its first bytes say it is.
        format: Format,
        /// What the decoder says.
        detail: String,
    },
    /// More pixels than are read here; nothing was allocated.
    #[error("{file} has {width} x {height} pixels ({} megapixels), more than the limit of {} megapixels", megapixels(u64::from(*width) * u64::from(*height)), megapixels(*limit))]
    TooManyPixels {
        /// The file.
        file: String,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// The limit in pixels.
        limit: u64,
    },
    /// More bytes of samples than are read here; nothing was allocated.
    #[error("{file} has {width} x {height} pixels of {bytes} bytes in all, more than the limit of {limit} bytes")]
    TooManyBytes {
        /// The file.
        file: String,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes that the samples would take.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file itself cannot be read: a disk or a browser refuses.
    #[error("{file} cannot be read: {detail}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        detail: String,
    },
    /// A frame beyond the last one.
    #[error("{file} has {count} frames, so there is none at {index}")]
    NoFrame {
        /// The file.
        file: String,
        /// Which frame, from 0.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A file of a known format with samples that are not read here.
    #[error("{file} is a {format} image of a kind that is not read here: {detail}")]
    Unsupported {
        /// The file.
        file: String,
        /// The format.
        format: Format,
        /// What is not read.
        detail: String,
    },
}

impl DecodeError {
    /// The fault as one word for programs: `empty_file`, `unknown_format`, `truncated`, `corrupt`,
    /// `too_large`, `unsupported`, `unreadable` or `no_frame`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty_file",
            Self::UnknownFormat { .. } => "unknown_format",
            Self::Truncated { .. } => "truncated",
            Self::Corrupt { .. } => "corrupt",
            Self::TooManyPixels { .. } | Self::TooManyBytes { .. } => "too_large",
            Self::Unsupported { .. } => "unsupported",
            Self::Unreadable { .. } => "unreadable",
            Self::NoFrame { .. } => "no_frame",
        }
    }

    /// The file.
    pub fn file(&self) -> &str {
        match self {
            Self::Empty { file }
            | Self::UnknownFormat { file, .. }
            | Self::Truncated { file, .. }
            | Self::Corrupt { file, .. }
            | Self::TooManyPixels { file, .. }
            | Self::TooManyBytes { file, .. }
            | Self::Unsupported { file, .. }
            | Self::Unreadable { file, .. }
            | Self::NoFrame { file, .. } => file,
        }
    }

    /// Where in the file, if that is known: `byte 1234`.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::UnknownFormat { .. } => Some("byte 0".to_owned()),
            Self::Truncated { place, .. } => Some(format!("byte {place}")),
            _ => None,
        }
    }
}

fn megapixels(pixels: u64) -> u64 {
    pixels / 1_000_000
}
