//! Trains a Retina U-Net from a recipe: `groundglass-train --recipe FILE --data DIR --out FILE`.

mod dataset;
mod example;
mod loss;
mod recipe;
mod sample;
mod targets;
mod trainer;

use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;
use groundglass_phantom::PhantomOptions;

use crate::recipe::Recipe;
use crate::trainer::Checkpoints;

/// Trains a Retina U-Net on a folder of images with truth, or on phantoms.
#[derive(Debug, Parser)]
struct Arguments {
    /// The recipe: network and optimisation, as JSON.
    #[arg(long)]
    recipe: PathBuf,
    /// Folder of images with label maps or COCO files; without it the model trains on phantoms.
    #[arg(long)]
    data: Option<PathBuf>,
    /// A CSV with the columns `id` (an image's file stem) and `split`; images whose split is `train` are used.
    #[arg(long, requires = "data")]
    split: Option<PathBuf>,
    /// Which phantoms, as JSON (their defaults otherwise).
    #[arg(long, conflicts_with = "data")]
    phantoms: Option<String>,
    /// How many phantoms.
    #[arg(long, default_value_t = 400, conflicts_with = "data")]
    images: u32,
    /// The weights file to write.
    #[arg(long)]
    out: PathBuf,
    /// Where checkpoints go.
    #[arg(long, default_value = "target/training")]
    checkpoints: PathBuf,
    /// Steps between two checkpoints.
    #[arg(long, default_value_t = 250)]
    checkpoint_every: usize,
    /// Go on from the last checkpoint.
    #[arg(long)]
    resume: bool,
}

/// Phantoms with lower seeds are left for validation.
const FIRST_PHANTOM_SEED: u32 = 1_000;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let text = std::fs::read_to_string(&arguments.recipe)
        .with_context(|| format!("{} cannot be read", arguments.recipe.display()))?;
    let recipe = Recipe::parse(&text)?;
    let examples = match &arguments.data {
        Some(folder) => {
            let split = arguments.split.as_deref().map(|file| dataset::read_split(file, "train")).transpose()?;
            dataset::read_folder(folder, split.as_ref(), &recipe.model)?
        }
        None => {
            let options: PhantomOptions = arguments
                .phantoms
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .context("--phantoms")?
                .unwrap_or_default();
            dataset::phantoms(&options, FIRST_PHANTOM_SEED, arguments.images, &recipe.model)?
        }
    };
    eprintln!(
        "{} images with {} objects",
        examples.len(),
        examples.iter().map(|example| example.classes.len()).sum::<usize>()
    );
    let checkpoints = Checkpoints {
        folder: arguments.checkpoints.join(&recipe.name),
        every: arguments.checkpoint_every,
        resume: arguments.resume,
    };
    let bytes = trainer::train(&recipe, examples, &checkpoints)?;
    std::fs::write(&arguments.out, &bytes).with_context(|| format!("{} cannot be written", arguments.out.display()))?;
    eprintln!("wrote {} ({} bytes)", arguments.out.display(), bytes.len());
    Ok(())
}
