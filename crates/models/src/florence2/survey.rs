//! Which tensor of which file is which: found out from the headers, before a single number is read.

use std::collections::{BTreeMap, BTreeSet};

use super::config::Florence2Config;
use super::names::{EMBEDDING, ExpectedTensor, LOGITS_BIAS, Layout, PROJECTION, TEMPORAL, TIED, expected, microsoft};
use crate::tensor_files::{ByteSource, TensorFiles};
use crate::weights::{Misfits, WeightsError};

/// Where each tensor of the network is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Survey {
    pub(super) layout: Layout,
    /// From the native name to the name in the files.
    names: BTreeMap<String, String>,
    /// Other tensors in the files that must equal the embedding.
    pub(super) copies: Vec<String>,
    /// The bias on the logits, where the files have one.
    pub(super) logits_bias: Option<String>,
}

impl Survey {
    /// Finds every tensor of `config` in the files' headers.
    ///
    /// # Errors
    /// [`WeightsError::Misfits`] names what is missing, not expected, or of another shape.
    pub(super) fn new<S: ByteSource>(files: &TensorFiles<S>, config: &Florence2Config) -> Result<Self, WeightsError> {
        let (layout, prefix) = layout(files);
        let mut rest: BTreeSet<&str> = files.entries().map(|(name, _)| name).collect();
        let mut survey = Self { layout, names: BTreeMap::new(), copies: Vec::new(), logits_bias: None };
        let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
        let vocabulary = config.text.vocabulary;
        let embedding_shape = [vocabulary, config.text.width];
        let wanted = expected(config);
        let mut copies: Vec<&str> = Vec::new();
        for &name in &rest {
            if TIED.iter().any(|end| ends_with_part(name, end)) {
                copies.push(name);
            }
        }
        for ExpectedTensor { name, mut shape } in wanted {
            let mut stored = match layout {
                Layout::Native => format!("{prefix}{name}"),
                Layout::Microsoft => format!("{prefix}{}", microsoft(&name)),
            };
            if name == PROJECTION && layout == Layout::Microsoft {
                shape.reverse();
            }
            // Of tied tensors a writer may keep any one.
            if name == EMBEDDING
                && files.entry(&stored).is_none()
                && let Some(copy) = copies.first()
            {
                stored = (*copy).to_owned();
            }
            match files.entry(&stored) {
                None => missing.push(stored),
                Some(entry) => {
                    rest.remove(stored.as_str());
                    if entry.shape != shape {
                        misshapen.push(format!("{stored} is {:?}, not {shape:?}", entry.shape));
                    }
                    survey.names.insert(name, stored);
                }
            }
        }
        let embedding = survey.names.get(EMBEDDING).cloned();
        let mut check = |name: &str, shape: &[usize]| {
            if let Some(entry) = files.entry(name).filter(|entry| entry.shape != shape) {
                misshapen.push(format!("{name} is {:?}, not {shape:?}", entry.shape));
            }
        };
        for name in rest.clone() {
            if copies.contains(&name) {
                check(name, &embedding_shape);
                if embedding.as_deref() != Some(name) {
                    survey.copies.push(name.to_owned());
                }
            } else if ends_with_part(name, LOGITS_BIAS) {
                check(name, &[1, vocabulary]);
                survey.logits_bias = Some(name.to_owned());
            } else if !ends_with_part(name, TEMPORAL) {
                continue;
            }
            rest.remove(name);
        }
        let misfits = Misfits { missing, unexpected: rest.into_iter().map(str::to_owned).collect(), misshapen };
        if misfits.is_empty() { Ok(survey) } else { Err(WeightsError::Misfits { file: files.label(), misfits }) }
    }

    /// The name in the files of a native name.
    pub(super) fn stored(&self, native: &str) -> &str {
        self.names.get(native).map_or("", String::as_str)
    }
}

fn ends_with_part(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// The layout, and what stands before every name: the first convolution is called otherwise in each layout.
/// Trainers put names of their own before a model's.
fn layout<S: ByteSource>(files: &TensorFiles<S>) -> (Layout, String) {
    for (layout, mark) in
        [(Layout::Native, "vision_tower.convs.0.conv.weight"), (Layout::Microsoft, "vision_tower.convs.0.proj.weight")]
    {
        let found = files.entries().find_map(|(name, _)| name.strip_suffix(mark));
        if let Some(prefix) = found {
            return (layout, prefix.to_owned());
        }
    }
    (Layout::Native, "model.".to_owned())
}
