//! A folder with a Florence-2, opened.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use groundglass_engine::{Grounder, GrounderSettings, OpenDevice};
use groundglass_language::{Tokenizer, image_token};
use groundglass_models::tensor_files::{FileSource, TensorFiles};
use pollster::block_on;

use super::WordArguments;

/// Reads everything in `folder` that makes the model. What lacks is named.
pub fn load(folder: &Path, device: &OpenDevice, words: &WordArguments) -> anyhow::Result<(Grounder, Tokenizer)> {
    let read = |name: &str| -> anyhow::Result<Option<Vec<u8>>> {
        let path = folder.join(name);
        if !path.is_file() {
            return Ok(None);
        }
        std::fs::read(&path).map(Some).with_context(|| format!("{} cannot be read", path.display()))
    };
    let mut beside = BTreeMap::new();
    for name in GrounderSettings::FILES {
        beside.extend(read(name)?.map(|bytes| (name, bytes)));
    }
    let published = GrounderSettings::read(|name| beside.get(name).map(Vec::as_slice))
        .with_context(|| format!("{} is no model of this kind", folder.display()))?;
    let tokens = "tokenizer.json";
    let json =
        read(tokens)?.with_context(|| format!("{} has no {tokens}; a Florence-2 needs one", folder.display()))?;
    let image = beside.get(GrounderSettings::FILES[0]).and_then(|config| image_token(config));
    let tokenizer = Tokenizer::from_json(tokens, &json, image)?;

    let index = read("model.safetensors.index.json")?;
    let index = index.as_deref().map(|bytes| ("model.safetensors.index.json", bytes));
    let files = weights(folder)?.into_iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let source = File::open(&path).and_then(FileSource::new);
        Ok((name, source.with_context(|| format!("{} cannot be read", path.display()))?))
    });
    let files = block_on(TensorFiles::open(files.collect::<anyhow::Result<_>>()?, index))?;
    let settings = GrounderSettings {
        config: published.config,
        preprocessing: words.preprocessing(published.preprocessing),
        generation: words.generation(published.generation)?,
    };
    let grounder = block_on(Grounder::load(files, settings, device))?;
    ensure!(
        grounder.agrees(),
        "the {} disagrees with the CPU by {:.2e}, more than {:.0e}; use another device",
        grounder.device().device,
        grounder.device().agreement,
        grounder.device().tolerance
    );
    Ok((grounder, tokenizer))
}

/// The weights files of a folder: every `.safetensors` in it.
fn weights(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("{} cannot be read", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "safetensors") {
            found.push(path);
        }
    }
    found.sort();
    ensure!(!found.is_empty(), "{} has no .safetensors file; a Florence-2 needs its weights", folder.display());
    Ok(found)
}
