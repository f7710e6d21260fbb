//! Weights in safetensors files: one, or shards with an index. Tensors are read one at a time.

mod header;
mod source;

use std::collections::BTreeMap;

use half::{bf16, f16};
use serde::Deserialize;
use sha2::{Digest, Sha256};

pub use header::{Entry, Precision};
pub use source::{ByteSource, FileSource, MemorySource};

use crate::weights::WeightsError;

/// Bytes that are asked of a source at once.
const CHUNK: usize = 8 << 20;

/// Open safetensors files and the tensors in them.
#[derive(Debug)]
pub struct TensorFiles<S> {
    files: Vec<(String, S)>,
    /// By name: the number of the file, and the tensor's place there.
    tensors: BTreeMap<String, (usize, Entry)>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl<S: ByteSource> TensorFiles<S> {
    /// Reads the headers of `files` (name and bytes). With `index` (the name and bytes of
    /// `model.safetensors.index.json`) every shard that it names must be among them.
    ///
    /// # Errors
    /// [`WeightsError`] where a header cannot be read, two files hold a tensor of one name, or a shard or a
    /// tensor that the index names is missing.
    pub async fn open(files: Vec<(String, S)>, index: Option<(&str, &[u8])>) -> Result<Self, WeightsError> {
        let mut opened = Self { files, tensors: BTreeMap::new() };
        for number in 0..opened.files.len() {
            let Some((name, source)) = opened.files.get_mut(number) else { break };
            let name = name.clone();
            for (tensor, entry) in header::read(&name, source).await? {
                if let Some((other, _)) = opened.tensors.get(&tensor) {
                    let other = opened.files.get(*other).map_or_else(String::new, |(name, _)| name.clone());
                    return Err(WeightsError::Shards {
                        file: name,
                        reason: format!("tensor `{tensor}` is in {other} too"),
                    });
                }
                opened.tensors.insert(tensor, (number, entry));
            }
        }
        if let Some((name, bytes)) = index {
            opened.check_index(name, bytes)?;
        }
        Ok(opened)
    }

    fn check_index(&self, file: &str, bytes: &[u8]) -> Result<(), WeightsError> {
        let fault = |reason: String| WeightsError::Shards { file: file.to_owned(), reason };
        let index: Index = serde_json::from_slice(bytes).map_err(|error| fault(format!("not an index: {error}")))?;
        for (tensor, shard) in &index.weight_map {
            // Only the last part counts: an index may name a path, a picked file has none.
            let last = |path: &str| path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            if !self.files.iter().any(|(name, _)| last(name) == last(shard)) {
                return Err(fault(format!("the shard {shard} is not among the files")));
            }
            if !self.tensors.contains_key(tensor) {
                return Err(fault(format!("{shard} should hold tensor `{tensor}` and does not")));
            }
        }
        Ok(())
    }

    /// The names of the files, for messages.
    pub fn label(&self) -> String {
        match self.files.as_slice() {
            [] => "no file".to_owned(),
            [(name, _)] => name.clone(),
            [(name, _), rest @ ..] => format!("{name} and {} more", rest.len()),
        }
    }

    /// Every tensor by name, in order of names.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.tensors.iter().map(|(name, (_, entry))| (name.as_str(), entry))
    }

    /// One tensor's place and shape.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.tensors.get(name).map(|(_, entry)| entry)
    }

    /// `count` numbers of a tensor from number `first`, as f32. The stored bytes stand in memory in
    /// pieces of 8 MiB only.
    ///
    /// # Errors
    /// [`WeightsError::Unreadable`] where there is no such tensor, its numbers are of another kind, or the
    /// source fails.
    pub async fn read(&mut self, name: &str, first: usize, count: usize) -> Result<Vec<f32>, WeightsError> {
        let label = self.label();
        let fault = |file: &str, reason: String| WeightsError::Unreadable {
            file: file.to_owned(),
            tensor: name.to_owned(),
            reason,
        };
        let Some((number, entry)) = self.tensors.get(name) else {
            return Err(fault(&label, "it is not there".to_owned()));
        };
        let Some((file, source)) = self.files.get_mut(*number) else {
            return Err(fault(&label, "its file is not open".to_owned()));
        };
        let Some(precision) = entry.precision else {
            return Err(fault(file, format!("its numbers are of kind {}, not F32, F16 or BF16", entry.kind)));
        };
        let width = precision.bytes();
        let in_all = usize::try_from(entry.length).unwrap_or(usize::MAX) / width;
        if first.checked_add(count).is_none_or(|end| end > in_all) {
            return Err(fault(file, format!("{count} numbers from number {first} are wanted of {in_all}")));
        }
        let mut values = Vec::with_capacity(count);
        while values.len() < count {
            let piece = (count - values.len()).min(CHUNK / width);
            let offset = entry.start + ((first + values.len()) * width) as u64;
            let bytes = source.read(offset, piece * width).await.map_err(|reason| fault(file, reason))?;
            if bytes.len() != piece * width {
                return Err(fault(file, format!("{} bytes were read, {} asked for", bytes.len(), piece * width)));
            }
            extend(&mut values, &bytes, precision);
        }
        Ok(values)
    }

    /// SHA-256 of each file, in hexadecimal, with its name.
    ///
    /// # Errors
    /// [`WeightsError::NotSafetensors`] where a source fails.
    pub async fn sha256(&mut self) -> Result<Vec<(String, String)>, WeightsError> {
        let mut sums = Vec::with_capacity(self.files.len());
        for (name, source) in &mut self.files {
            let mut hash = Sha256::new();
            let mut offset = 0;
            while offset < source.length() {
                let count = (source.length() - offset).min(CHUNK as u64);
                let bytes = source
                    .read(offset, count as usize)
                    .await
                    .map_err(|reason| WeightsError::NotSafetensors { file: name.clone(), reason })?;
                hash.update(&bytes);
                offset += count;
            }
            sums.push((name.clone(), hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()));
        }
        Ok(sums)
    }
}

fn extend(values: &mut Vec<f32>, bytes: &[u8], precision: Precision) {
    match precision {
        Precision::F32 => values.extend(bytes.as_chunks().0.iter().map(|&chunk| f32::from_le_bytes(chunk))),
        Precision::F16 => values.extend(bytes.as_chunks().0.iter().map(|&chunk| f16::from_le_bytes(chunk).to_f32())),
        Precision::Bf16 => values.extend(bytes.as_chunks().0.iter().map(|&chunk| bf16::from_le_bytes(chunk).to_f32())),
    }
}
