//! `groundglass phantom`.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, ValueEnum};
use groundglass_phantom::{Phantom, PhantomKind, PhantomOptions, generate};
use groundglass_types::Samples;

#[derive(Debug, Args)]
pub struct PhantomArguments {
    /// What tells the two classes apart.
    #[arg(long, value_enum, default_value = "shape")]
    kind: KindArgument,
    /// The seed of the first image; the others count up.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// How many images.
    #[arg(long, default_value_t = 1)]
    images: u32,
    /// Fewest and most objects of an image.
    #[arg(long, num_args = 2, value_names = ["FEWEST", "MOST"])]
    count: Option<Vec<u32>>,
    /// What an object adds to its pixels, as a fraction of full scale.
    #[arg(long)]
    contrast: Option<f64>,
    /// The width of the noise, as a fraction of full scale.
    #[arg(long)]
    noise: Option<f64>,
    /// How far two objects may lie in each other, 0 to 1.
    #[arg(long)]
    overlap: Option<f64>,
    /// The folder for the images and their `truth.json` (COCO).
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindArgument {
    Shape,
    Pattern,
    Size,
}

/// Writes the images as PNG and their truth as COCO JSON.
pub fn write(arguments: &PhantomArguments) -> anyhow::Result<()> {
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("{} cannot be made", arguments.out.display()))?;
    let defaults = PhantomOptions::default();
    let options = PhantomOptions {
        kind: match arguments.kind {
            KindArgument::Shape => PhantomKind::Shape,
            KindArgument::Pattern => PhantomKind::Pattern,
            KindArgument::Size => PhantomKind::Size,
        },
        count: match arguments.count.as_deref() {
            Some([fewest, most]) => [*fewest, *most],
            _ => defaults.count,
        },
        contrast: arguments.contrast.unwrap_or(defaults.contrast),
        noise: arguments.noise.unwrap_or(defaults.noise),
        overlap: arguments.overlap.unwrap_or(defaults.overlap),
        ..defaults
    };
    let mut cases = Vec::new();
    for seed in (0..arguments.images).map(|index| arguments.seed.wrapping_add(index)) {
        let options = PhantomOptions { seed, ..options.clone() };
        let phantom = generate(&options)?;
        let path = arguments.out.join(options.name());
        save(&phantom, &path).with_context(|| format!("{} cannot be written", path.display()))?;
        cases.push((options.name(), phantom));
    }
    let cases = cases
        .iter()
        .map(|(name, phantom)| (name.as_str(), (phantom.image.width(), phantom.image.height()), &phantom.truth));
    let truth = groundglass_formats::write_coco(cases)?;
    let path = arguments.out.join("truth.json");
    std::fs::write(&path, truth).with_context(|| format!("{} cannot be written", path.display()))
}

fn save(phantom: &Phantom, path: &std::path::Path) -> anyhow::Result<()> {
    let (width, height) = (phantom.image.width() as u32, phantom.image.height() as u32);
    match phantom.image.samples() {
        Samples::F32(_) => anyhow::bail!("{} cannot be written: a PNG holds whole numbers", path.display()),
        Samples::U8(samples) => image::save_buffer(path, samples, width, height, image::ExtendedColorType::L8)?,
        Samples::U16(samples) => {
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
            image::save_buffer(path, &bytes, width, height, image::ExtendedColorType::L16)?;
        }
    }
    Ok(())
}
