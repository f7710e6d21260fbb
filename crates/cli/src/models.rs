//! The models that the command carries, and those on disk.

use std::path::Path;

use anyhow::{Context, bail};

/// Name and weights of every model that is built in.
const BUILT_IN: &[(&str, &[u8])] = &[
    ("nuclei", include_bytes!("../../../models/nuclei.safetensors")),
    ("donuts", include_bytes!("../../../models/donuts.safetensors")),
];

/// The file name and weights of a built-in model, or of a file.
pub fn read(model: &str) -> anyhow::Result<(String, Vec<u8>)> {
    if let Some((name, bytes)) = BUILT_IN.iter().find(|(name, _)| *name == model) {
        return Ok((format!("{name}.safetensors"), bytes.to_vec()));
    }
    if !Path::new(model).exists() {
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        bail!("{model} is neither a built-in model ({}) nor a file", names.join(", "));
    }
    let bytes = std::fs::read(model).with_context(|| format!("{model} cannot be read"))?;
    Ok((model.to_owned(), bytes))
}
