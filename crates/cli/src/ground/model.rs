//! A folder with a Florence-2, opened.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use groundglass_engine::{Grounder, GrounderSettings, OpenDevice};
use groundglass_language::Tokenizer;
use groundglass_models::florence2::{Florence2Config, Generation, Preprocessing};
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
    let needed =
        |name: &str| read(name)?.with_context(|| format!("{} has no {name}; a Florence-2 needs one", folder.display()));
    let config_bytes = needed("config.json")?;
    let config = Florence2Config::parse("config.json", &config_bytes)?;
    let preprocessing = match read("preprocessor_config.json")? {
        Some(bytes) => Preprocessing::parse("preprocessor_config.json", &bytes)?,
        None => Preprocessing::default(),
    };
    let generation = read("generation_config.json")?;
    let generation = generation.as_deref().map(|bytes| ("generation_config.json", bytes));
    let generation = Generation::parse(generation, ("config.json", &config_bytes))?;
    // Native checkpoints alone have a token for the image; the network never sees it here.
    let image =
        serde_json::from_slice::<serde_json::Value>(&config_bytes)?.get("image_token_id").and_then(|id| id.as_u64());
    let image = image.and_then(|id| u32::try_from(id).ok());
    let tokenizer = Tokenizer::from_json("tokenizer.json", &needed("tokenizer.json")?, image)?;

    let index = read("model.safetensors.index.json")?;
    let index = index.as_deref().map(|bytes| ("model.safetensors.index.json", bytes));
    let files = weights(folder)?.into_iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let source = File::open(&path).and_then(FileSource::new);
        Ok((name, source.with_context(|| format!("{} cannot be read", path.display()))?))
    });
    let files = block_on(TensorFiles::open(files.collect::<anyhow::Result<_>>()?, index))?;
    let settings = GrounderSettings {
        config,
        preprocessing: words.preprocessing(preprocessing),
        generation: words.generation(generation)?,
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
