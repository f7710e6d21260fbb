//! Training data: a folder of images with truth, or phantoms made from seeds.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use anyhow::{Context, ensure};
use groundglass_formats::{CaseSet, Hints, list_files};
use groundglass_models::retina_unet::RetinaUNetConfig;
use groundglass_phantom::{PhantomOptions, generate};
use indicatif::ProgressIterator;

use crate::example::Example;

/// Reads the images of a folder that have a truth beside them, in any form that is read: COCO, VOC, YOLO, label maps
/// in a folder `labels`. With `split`, only those whose file stem it lists.
pub fn read_folder(
    folder: &Path,
    split: Option<&HashSet<String>>,
    config: &RetinaUNetConfig,
) -> anyhow::Result<Vec<Example>> {
    let mut set = CaseSet::new();
    let found = list_files(&[folder.to_owned()])?;
    let plan = set.plan(&found.files);
    for problem in &found.problems {
        eprintln!("{}", problem.message);
    }
    let read = |path: &str| std::fs::read(path).with_context(|| format!("{path} cannot be read"));
    for path in &plan.annotations {
        for problem in set.add_annotations(path, &read(path)?, &Hints::default())? {
            eprintln!("{}", problem.message);
        }
    }
    let label_maps: BTreeMap<&str, &str> =
        plan.label_maps.iter().map(|map| (map.image.as_str(), map.path.as_str())).collect();
    let mut examples = Vec::new();
    for path in plan.images.iter().progress() {
        let stem = Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        if split.is_some_and(|split| !split.contains(stem)) {
            continue;
        }
        if let Some(label_map) = label_maps.get(path.as_str()) {
            set.add_label_map(path, label_map, &read(label_map)?)?;
        }
        let added = set.add_image(path, &read(path)?)?;
        if let Some(truth) = set.case(path).and_then(|case| case.truth.as_ref()) {
            examples.push(Example::new(truth, &added.image, config));
        }
    }
    ensure!(!examples.is_empty(), "no image with truth was found in {}", folder.display());
    Ok(examples)
}

/// The values of the column `id` of a CSV where its column `split` says `part`.
pub fn read_split(file: &Path, part: &str) -> anyhow::Result<HashSet<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let mut lines = text.lines().map(|line| line.split(',').map(str::trim).collect::<Vec<_>>());
    let header = lines.next().unwrap_or_default();
    let column = |name: &str| {
        header
            .iter()
            .position(|field| *field == name)
            .with_context(|| format!("{} has no column `{name}`", file.display()))
    };
    let (id, split) = (column("id")?, column("split")?);
    Ok(lines.filter(|row| row.get(split) == Some(&part)).filter_map(|row| Some((*row.get(id)?).to_owned())).collect())
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
            Ok(Example::new(&phantom.truth, &phantom.image, config))
        })
        .collect()
}
