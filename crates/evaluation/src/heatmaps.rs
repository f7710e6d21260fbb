//! Heatmaps: grey images against the boxes and masks of a COCO file.
//!
//! A map belongs to the image whose name it has, up to the ending; after the name may stand `_` and a class, then it is
//! of that class alone. Values are the grey values over the largest that the file can hold.

use std::collections::BTreeMap;

use groundglass_formats::Problem;
use groundglass_imaging::{Limits, open};
use groundglass_metrics::{Assessment, Heatmap, HeatmapOptions, HeatmapRow, HeatmapSet, MetricsError};
use groundglass_types::{Case, Image, Mask, Samples, TruthRegion};

use crate::attributes::Attributes;
use crate::loaded::Models;
use crate::{EvaluateRequest, EvaluationError, File, Sources, regions};

/// Whether a file of predictions is an image.
pub(crate) fn is_map(file: &File<'_>) -> bool {
    groundglass_imaging::Format::of(file.name, file.content.head()).is_some()
}

/// Reads the truth and the maps.
pub(crate) fn read(
    sources: &Sources<'_>,
    attributes: &Attributes,
    problems: &mut Vec<Problem>,
) -> Result<Models<HeatmapSet>, EvaluationError> {
    let truth = regions::truth(sources.single_truth()?, attributes, problems)?;
    of_cases(&truth.cases, &BTreeMap::new(), &sources.predictions, problems)
}

/// Cases with the maps of each model, and where readers looked by the names of the cases.
pub(crate) fn of_cases(
    cases: &[Case],
    fixations: &BTreeMap<String, Vec<[f64; 2]>>,
    models: &[Vec<File<'_>>],
    problems: &mut Vec<Problem>,
) -> Result<Models<HeatmapSet>, EvaluationError> {
    let mut sets = Vec::new();
    for model in models {
        let mut rows = Vec::new();
        for file in model {
            match row(file, cases) {
                Ok(mut row) => {
                    // A gaze is about the whole image, and says nothing of one class.
                    if row.label.is_empty() {
                        row.fixations = fixations.get(&row.case).cloned().unwrap_or_default();
                    }
                    rows.push(row);
                }
                Err(message) => problems.push(Problem::new("heatmaps that cannot be read", file.name, message)),
            }
        }
        // In the order of the truth, whatever the order of the files.
        let place = |row: &HeatmapRow| cases.iter().position(|case| case.name == row.case);
        rows.sort_by(|a, b| (place(a), &a.label).cmp(&(place(b), &b.label)));
        sets.push(HeatmapSet::new(rows)?);
    }
    Ok(Models { task: "heatmaps", sets, assess, joined: HeatmapSet::joined })
}

fn assess(set: &HeatmapSet, request: &EvaluateRequest) -> Result<Assessment, MetricsError> {
    set.assess(&HeatmapOptions::default(), request.convention.as_deref())
}

fn stem(name: &str) -> &str {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    base.rsplit_once('.').map_or(base, |(stem, _)| stem)
}

fn row(file: &File<'_>, cases: &[Case]) -> Result<HeatmapRow, String> {
    let name = stem(file.name);
    let whole = cases.iter().find(|case| stem(&case.name) == name);
    let of_class = || {
        cases.iter().find_map(|case| {
            let label = name.strip_prefix(stem(&case.name))?.strip_prefix('_')?;
            let known = case.truth.iter().flat_map(|truth| &truth.regions).map(|truth| truth.label.as_str());
            let same = |known: &str| known.replace(' ', "_") == label || known == label;
            Some((case, known.into_iter().find(|known| same(known))?.to_owned()))
        })
    };
    let (case, label) = match whole {
        Some(case) => (case, String::new()),
        None => of_class().ok_or_else(|| format!("{}: no image of the truth has this name", file.name))?,
    };
    let opened = open(file.name, file.content.source(), Limits::default());
    let image = opened.and_then(|mut opened| opened.frame(0)).map_err(|error| error.to_string())?;
    if (image.width(), image.height()) != (case.width, case.height) {
        return Err(format!(
            "{} has {} x {} pixels, its image {} x {}",
            file.name,
            image.width(),
            image.height(),
            case.width,
            case.height
        ));
    }
    let map = heatmap(&image).map_err(|error| format!("{}: {error}", file.name))?;
    let truths = case.truth.iter().flat_map(|truth| &truth.regions);
    let truths = truths.filter(|truth| !truth.crowd && (label.is_empty() || truth.label == label)).collect::<Vec<_>>();
    let mut row = HeatmapRow::new(case.name.clone(), label, map);
    row.attributes = case.attributes.clone();
    row.mask = case.truth.as_ref().and_then(|_| mask(case, &truths));
    row.boxes =
        truths.iter().filter(|truth| truth.region.mask.is_none()).map(|truth| truth.region.bounding_box).collect();
    Ok(row)
}

/// The union of the truths' masks; empty where nothing is there, so that this is said and not left open.
fn mask(case: &Case, truths: &[&TruthRegion]) -> Option<Mask> {
    let masks = truths.iter().filter_map(|truth| truth.region.mask.as_ref()).collect::<Vec<_>>();
    if masks.is_empty() && !truths.is_empty() {
        return None;
    }
    let mut pixels = vec![0_u8; case.width * case.height];
    for mask in masks {
        for (start, end) in mask.runs() {
            for place in start..end {
                // Runs go down the columns.
                let (column, row) = (place as usize / case.height, place as usize % case.height);
                if let Some(pixel) = pixels.get_mut(row * case.width + column) {
                    *pixel = 1;
                }
            }
        }
    }
    Mask::from_row_major(case.width, case.height, &pixels).ok()
}

/// Grey values over the largest that the file can hold, measured values as they are and NaN where there is none; of
/// colours the mean.
fn heatmap(image: &Image) -> Result<Heatmap, MetricsError> {
    let values: Vec<f64> = match &*image.samples_with_gaps() {
        Samples::U8(samples) => samples.iter().map(|&sample| f64::from(sample) / 255.0).collect(),
        Samples::U16(samples) => samples.iter().map(|&sample| f64::from(sample) / 65535.0).collect(),
        Samples::F32(samples) => samples.iter().map(|&sample| f64::from(sample)).collect(),
    };
    let channels = image.channels().max(1);
    let grey = values.chunks(channels).map(|pixel| pixel.iter().sum::<f64>() / channels as f64).collect();
    Heatmap::new(image.width(), image.height(), grey)
}
