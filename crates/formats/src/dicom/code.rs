//! Codes of terminologies.

/// A term of a terminology.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code itself, at most 16 characters.
    pub value: String,
    /// Whose code it is: `SCT` for SNOMED CT, `DCM` for DICOM's own.
    pub scheme: String,
    /// What it means, in words.
    pub meaning: String,
}

impl Code {
    /// A term.
    pub fn new(value: &str, scheme: &str, meaning: &str) -> Self {
        Self { value: value.to_owned(), scheme: scheme.to_owned(), meaning: meaning.to_owned() }
    }

    /// The category of lesions: "Morphologically Abnormal Structure" (DICOM PS3.16 2024, CID 7150).
    pub fn abnormal_structure() -> Self {
        Self::new("49755003", "SCT", "Morphologically Abnormal Structure")
    }

    /// "Lesion" (DICOM PS3.16 2024, CID 7159).
    pub fn lesion() -> Self {
        Self::new("52988006", "SCT", "Lesion")
    }
}
