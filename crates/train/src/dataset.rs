//! Training data: a folder of images with truth, or phantoms made from seeds.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, bail};
use groundglass_models::retina_unet::RetinaUNetConfig;
use groundglass_phantom::{PhantomOptions, generate};
use groundglass_types::{Case, Mask, Region, Truth, TruthRegion};

use crate::example::Example;

/// Reads the cases of a folder that `split` (a CSV with the columns `id` and `split`) puts into `part`.
pub fn read_folder(folder: &Path, part: &str, config: &RetinaUNetConfig) -> anyhow::Result<Vec<Example>> {
    let index = std::fs::read_to_string(folder.join("index.csv")).context("no index.csv")?;
    let mut examples = Vec::new();
    for line in index.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        if fields[1] != part {
            continue;
        }
        let read = |kind: &str| -> anyhow::Result<groundglass_types::Image> {
            let path = folder.join(kind).join(format!("{}.png", fields[0]));
            Ok(groundglass_imaging::decode_image(&path.display().to_string(), &std::fs::read(&path)?)?)
        };
        let (image, labels) = (read("images")?, read("labels")?);
        let mut pixels: HashMap<u32, Vec<u8>> = HashMap::new();
        let count = image.width() * image.height();
        for position in 0..count {
            let value = labels.samples().get(position).unwrap_or(0.0) as u32;
            if value != 0 {
                pixels.entry(value).or_insert_with(|| vec![0; count])[position] = 1;
            }
        }
        let mut values: Vec<_> = pixels.into_iter().collect();
        values.sort_by_key(|(value, _)| *value);
        let regions = values
            .into_iter()
            .filter_map(|(_, pixels)| Mask::from_row_major(image.width(), image.height(), &pixels).ok())
            .filter_map(Region::from_mask)
            .map(|region| TruthRegion { label: "nucleus".into(), region, crowd: false, area: None })
            .collect();
        let truth = Truth { regions };
        let case = Case {
            name: fields[0].into(),
            width: image.width(),
            height: image.height(),
            truth: None,
            attributes: Default::default(),
        };
        examples.push(Example::new(&case, &truth, &image, config));
    }
    if examples.is_empty() {
        bail!("no case of part {part} in {}", folder.display());
    }
    Ok(examples)
}

/// Phantoms with the seeds `first_seed..first_seed + count`.
pub fn phantoms(
    options: &PhantomOptions,
    first_seed: u32,
    count: u32,
    config: &RetinaUNetConfig,
) -> anyhow::Result<Vec<Example>> {
    (first_seed..first_seed + count)
        .map(|seed| {
            let phantom = generate(&PhantomOptions { seed, ..options.clone() })?;
            let case = Case {
                name: format!("phantom {seed}"),
                width: phantom.image.width(),
                height: phantom.image.height(),
                truth: None,
                attributes: Default::default(),
            };
            Ok(Example::new(&case, &phantom.truth, &phantom.image, config))
        })
        .collect()
}
