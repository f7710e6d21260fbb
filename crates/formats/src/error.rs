//! Why a whole file is of no use.

use groundglass_imaging::DecodeError;
use thiserror::Error;

/// Why a whole file is of no use. Every message is a sentence that names the file and the fault.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum FormatError {
    /// No byte at all.
    #[error("{file} is empty (0 bytes)")]
    Empty {
        /// The file.
        file: String,
    },
    /// Not JSON, or JSON that stops in the middle.
    #[error("{file} is not valid JSON: {detail} at line {line}, column {column}")]
    Json {
        /// The file.
        file: String,
        /// What the parser says.
        detail: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1; 0 at the very beginning of a line.
        column: usize,
    },
    /// JSON, but not in COCO's form.
    #[error("{file} is not a COCO annotation file: {detail}")]
    NotCoco {
        /// The file.
        file: String,
        /// What is missing or of the wrong kind.
        detail: String,
    },
    /// JSON, but not a list of COCO results.
    #[error("{file} is not a COCO results file: {detail}")]
    NotResults {
        /// The file.
        file: String,
        /// What is missing or of the wrong kind.
        detail: String,
    },
    /// An image file that gives no image.
    #[error(transparent)]
    Image(#[from] DecodeError),
    /// More frames than a file of its length is allowed; no case was made of any.
    #[error("{file} has {frames} frames, more than the {limit} that are read of a file of its length")]
    TooManyFrames {
        /// The file.
        file: String,
        /// Frames, as its header says.
        frames: usize,
        /// The limit.
        limit: usize,
    },
    /// An image that is no label map.
    #[error("{file} is not a label map: {detail}")]
    NotLabelMap {
        /// The file.
        file: String,
        /// Why not.
        detail: String,
    },
    /// Text that is no table with a header, or a cell that is not what its column holds.
    #[error("{file}: {detail}")]
    NotTable {
        /// The file.
        file: String,
        /// Where, and what is wrong.
        detail: String,
    },
    /// Of no form of annotations that is read here.
    #[error("{file} is in no form of annotations that is read here: it begins with {begins}")]
    Unknown {
        /// The file.
        file: String,
        /// Its first bytes.
        begins: String,
    },
    /// JSON of no form of annotations that is read here.
    #[error("{file} is JSON of no form that is read here: it is {looks}; these are read: {read}")]
    UnknownJson {
        /// The file.
        file: String,
        /// What it looks like.
        looks: String,
        /// The forms of JSON that are read.
        read: String,
    },
    /// A zip or a tar that is none, or breaks off.
    #[error("{file} cannot be read as an archive: {detail}")]
    NotArchive {
        /// The file.
        file: String,
        /// What is wrong.
        detail: String,
    },
    /// An object of DICOM that draws on images, and cannot be read.
    #[error("{detail}")]
    Object {
        /// The file.
        file: String,
        /// A whole sentence.
        detail: String,
    },
    /// The file itself cannot be read or written.
    #[error("{file} cannot be read: {detail}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        detail: String,
    },
    /// A file that cannot be written.
    #[error("{file} cannot be written: {detail}")]
    Unwritable {
        /// The file.
        file: String,
        /// Why not.
        detail: String,
    },
    /// A file of a known form with a fault that leaves nothing of it.
    #[error("{file} is not {form}: {detail}")]
    NotOfForm {
        /// The file.
        file: String,
        /// The form: `a LabelMe file (JSON)`.
        form: &'static str,
        /// What is missing or of the wrong kind.
        detail: String,
    },
    /// Not XML, or XML that stops in the middle.
    #[error("{file} is not valid XML: {detail} at line {line}, column {column}")]
    Xml {
        /// The file.
        file: String,
        /// What the parser says.
        detail: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// A path that was given before.
    #[error("{file} was given twice; the first one is kept")]
    Twice {
        /// The file.
        file: String,
    },
}

impl FormatError {
    /// The fault as one word for programs: `empty_file`, `invalid_json`, `not_coco`, `not_results`,
    /// `too_many_frames`, `not_label_map`, `not_table`, `not_of_form`, `invalid_xml`, `unknown_format`, `not_archive`, `object`, `unreadable`,
    /// `unwritable`, `duplicate`, or that of a [`DecodeError`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty_file",
            Self::Json { .. } => "invalid_json",
            Self::NotCoco { .. } => "not_coco",
            Self::NotResults { .. } => "not_results",
            Self::Image(error) => error.kind(),
            Self::TooManyFrames { .. } => "too_many_frames",
            Self::NotLabelMap { .. } => "not_label_map",
            Self::NotTable { .. } => "not_table",
            Self::Unknown { .. } | Self::UnknownJson { .. } => "unknown_format",
            Self::NotArchive { .. } => "not_archive",
            Self::Object { .. } => "object",
            Self::Unreadable { .. } => "unreadable",
            Self::Unwritable { .. } => "unwritable",
            Self::NotOfForm { .. } => "not_of_form",
            Self::Xml { .. } => "invalid_xml",
            Self::Twice { .. } => "duplicate",
        }
    }

    /// The file.
    pub fn file(&self) -> &str {
        match self {
            Self::Image(error) => error.file(),
            Self::Empty { file }
            | Self::Json { file, .. }
            | Self::NotCoco { file, .. }
            | Self::NotResults { file, .. }
            | Self::TooManyFrames { file, .. }
            | Self::NotLabelMap { file, .. }
            | Self::NotTable { file, .. }
            | Self::Unknown { file, .. }
            | Self::UnknownJson { file, .. }
            | Self::NotArchive { file, .. }
            | Self::Object { file, .. }
            | Self::Unreadable { file, .. }
            | Self::Unwritable { file, .. }
            | Self::NotOfForm { file, .. }
            | Self::Xml { file, .. }
            | Self::Twice { file } => file,
        }
    }

    /// Where in the file, if that is known: `line 3, column 14`.
    pub fn place(&self) -> Option<String> {
        match self {
            Self::Json { line, column, .. } | Self::Xml { line, column, .. } => {
                Some(format!("line {line}, column {column}"))
            }
            Self::Image(error) => error.place(),
            _ => None,
        }
    }
}
