//! The header of a safetensors file: names, precisions, shapes and places of its tensors.
//!
//! Eight bytes give the header's length, then comes JSON, then the tensors' bytes. The crate `safetensors`
//! wants the whole file at hand to read this; here only the header is.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::source::ByteSource;
use crate::weights::WeightsError;

/// The format's own bound on the JSON's length.
const LONGEST: u64 = 100_000_000;

/// How a tensor's numbers are stored. All become f32 when they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// IEEE 754, 32 bits.
    F32,
    /// IEEE 754, 16 bits.
    F16,
    /// The upper half of an f32.
    Bf16,
}

impl Precision {
    /// Bytes of one number.
    pub const fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }
}

/// One tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its precision; `None` for whole numbers and other kinds that no network here reads.
    pub precision: Option<Precision>,
    /// The file's own word for the precision.
    pub kind: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Byte of the file at which it begins.
    pub start: u64,
    /// Its bytes.
    pub length: u64,
}

#[derive(Deserialize)]
struct RawEntry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

/// Reads a header and checks that each tensor's bytes are where and as many as its shape says.
///
/// # Errors
/// [`WeightsError::NotSafetensors`] with the tensor at fault.
pub async fn read<S: ByteSource>(file: &str, source: &mut S) -> Result<BTreeMap<String, Entry>, WeightsError> {
    let fault = |reason: String| WeightsError::NotSafetensors { file: file.to_owned(), reason };
    let size = source.length();
    let first = source.read(0, 8).await.map_err(fault)?;
    let length = <[u8; 8]>::try_from(first.as_slice()).map(u64::from_le_bytes).unwrap_or(u64::MAX);
    if length > LONGEST || length > size.saturating_sub(8) {
        return Err(fault(format!("the header is said to have {length} bytes, the file has {size}")));
    }
    let json = source.read(8, length as usize).await.map_err(fault)?;
    let fields: HashMap<String, serde_json::Value> =
        serde_json::from_slice(&json).map_err(|error| fault(format!("the header: {error}")))?;
    let begin = 8 + length;
    let mut entries = BTreeMap::new();
    for (name, field) in fields.into_iter().filter(|(name, _)| name != "__metadata__") {
        let raw: RawEntry =
            serde_json::from_value(field).map_err(|error| fault(format!("the header's entry `{name}`: {error}")))?;
        let [start, end] = raw.data_offsets;
        let count = raw.shape.iter().try_fold(1_u64, |product, &side| product.checked_mul(side as u64));
        let precision = match raw.dtype.as_str() {
            "F32" => Some(Precision::F32),
            "F16" => Some(Precision::F16),
            "BF16" => Some(Precision::Bf16),
            _ => None,
        };
        let wanted = count.zip(precision).and_then(|(count, precision)| count.checked_mul(precision.bytes() as u64));
        let inside = start <= end && begin.checked_add(end).is_some_and(|end| end <= size);
        if !inside || (precision.is_some() && wanted != Some(end - start)) {
            return Err(fault(format!(
                "tensor `{name}` of shape {:?} and kind {} cannot be bytes {start} to {end} of {}",
                raw.shape,
                raw.dtype,
                size - begin
            )));
        }
        let entry = Entry { precision, kind: raw.dtype, shape: raw.shape, start: begin + start, length: end - start };
        entries.insert(name, entry);
    }
    Ok(entries)
}
