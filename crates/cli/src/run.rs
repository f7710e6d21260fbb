//! `groundglass run`.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use groundglass_engine::{DeviceKind, LoadedModel, OpenDevice};
use groundglass_evaluation::EvaluateRequest;
use groundglass_formats::{CaseSet, Measured, Problem, ReportContext, build_report, list_files};
use groundglass_metrics::{EvaluateOptions, EvaluationSet, RegionKind};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{models, table};

#[derive(Debug, Args)]
pub struct RunArguments {
    /// A built-in model (nuclei, donuts) or a weights file.
    #[arg(long)]
    model: String,
    /// Images, and folders of images. A folder may hold the truth too (COCO JSON, or label maps in `labels/`).
    #[arg(long, num_args = 1.., required = true)]
    images: Vec<PathBuf>,
    /// Where the findings go, as COCO results JSON.
    #[arg(long)]
    out: PathBuf,
    /// Truth: COCO JSON files, label maps named like their images, or folders of them.
    #[arg(long, num_args = 1..)]
    truth: Vec<PathBuf>,
    /// Where the model runs.
    #[arg(long, value_enum, default_value = "cpu")]
    device: DeviceArgument,
    /// Findings below this score do not count; unless given, the model's own.
    #[arg(long)]
    score: Option<f64>,
    /// Pairs below this IoU are no pairs.
    #[arg(long, default_value_t = 0.5)]
    iou: f64,
    /// What is compared.
    #[arg(long, value_enum, default_value = "box")]
    region: RegionArgument,
    /// Print the report as JSON, as the page exports it.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DeviceArgument {
    Cpu,
    Gpu,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RegionArgument {
    Box,
    Mask,
}

/// Runs the model over every image, writes the findings, and prints how good they are.
pub fn run(arguments: &RunArguments) -> anyhow::Result<()> {
    let (file, bytes) = models::read(&arguments.model)?;
    let kind = match arguments.device {
        DeviceArgument::Cpu => DeviceKind::Cpu,
        DeviceArgument::Gpu => DeviceKind::Gpu,
    };
    let device = pollster::block_on(OpenDevice::open(kind))?;
    let model = pollster::block_on(LoadedModel::load(&file, &bytes, &device))?;
    let info = model.info();
    ensure!(
        info.agrees(),
        "the {} disagrees with the model's known answer by {:.2e}, more than {:.0e}; use another device",
        info.device.device,
        info.device.agreement,
        info.device.tolerance
    );

    let mut set = CaseSet::new();
    let mut problems = Vec::new();
    let named = NamedFiles::of(list_files(&arguments.images)?);
    let images = read_truth(&arguments.truth, &named, &mut set, &mut problems)?;
    let mut evaluation = EvaluationSet::new();
    run_images(&images, &named, &model, &mut set, &mut evaluation, &mut problems)?;
    problems.extend(set.finish().into_iter().map(|problem| problem.message));
    for problem in &problems {
        eprintln!("{problem}");
    }

    let found = evaluation.cases().filter_map(|(case, findings)| Some((case.name.as_str(), findings?)));
    let predictions = set.results_json(found)?;
    std::fs::write(&arguments.out, predictions)
        .with_context(|| format!("{} cannot be written", arguments.out.display()))?;
    ensure!(!evaluation.is_empty(), "none of the {} images could be run", images.len());

    let options = EvaluateOptions {
        score_threshold: arguments.score.unwrap_or(info.score_threshold),
        iou_threshold: arguments.iou,
        region: match arguments.region {
            RegionArgument::Box => RegionKind::Box,
            RegionArgument::Mask => RegionKind::Mask,
        },
        surface_tolerance: EvaluateRequest::default().surface_tolerance,
    };
    let evaluated = evaluation.evaluate(&options)?;
    problems.extend(evaluated.notes);
    let measured = Measured {
        score_threshold: options.score_threshold,
        iou_threshold: options.iou_threshold,
        task: options.region.task().to_owned(),
        counts: Some(evaluated.counts),
        values: evaluated.values,
        groups: Vec::new(),
    };
    let context = ReportContext { model: Some(info.record.clone()), device: Some(info.device.clone()), problems };
    let report = build_report(set.data(), measured, context);
    if arguments.json {
        table::print(&serde_json::to_string_pretty(&report)?);
    } else {
        table::print(&table::report(&report, evaluation.len()));
    }
    Ok(())
}

/// Adds all truth to the set and says which files are images. What is wrong with single files goes to `problems`.
fn read_truth(
    truth: &[PathBuf],
    named: &NamedFiles,
    set: &mut CaseSet,
    problems: &mut Vec<String>,
) -> anyhow::Result<Vec<String>> {
    let truths: Vec<String> =
        list_files(truth)?.into_iter().filter(|truth| !named.files.iter().any(|(_, path)| path == truth)).collect();
    let plan = set.plan(&named.names());
    problems.extend(plan.problems.iter().map(|problem| problem.message.clone()));
    if plan.images.is_empty() {
        bail!("there is no image among the {} files given", named.files.len());
    }
    let mut label_maps: Vec<(String, String)> =
        plan.label_maps.iter().map(|map| (map.image.clone(), map.path.clone())).collect();
    let mut coco = plan.coco.clone();
    // What stands under --truth is truth whatever it is called: a label map belongs to the image of its stem.
    let by_stem: HashMap<&str, &String> = plan.images.iter().map(|image| (stem(image), image)).collect();
    for truth in truths {
        if Path::new(&truth).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            coco.push(truth);
        } else if let Some(image) = by_stem.get(stem(&truth)) {
            label_maps.push(((*image).clone(), truth));
        }
    }
    let mut read = HashSet::new();
    for name in coco.iter().filter(|name| read.insert((*name).clone())) {
        note(named.read(name).and_then(|bytes| Ok(set.add_coco(name, &bytes)?)), problems);
    }
    for (image, name) in &label_maps {
        note(named.read(name).and_then(|bytes| Ok(set.add_label_map(image, name, &bytes)?)), problems);
    }
    Ok(plan.images)
}

/// Keeps what is wrong with one file, and what is wrong within it.
fn note(read: anyhow::Result<Vec<Problem>>, problems: &mut Vec<String>) {
    match read {
        Ok(found) => problems.extend(found.into_iter().map(|problem| problem.message)),
        Err(error) => problems.push(format!("{error:#}")),
    }
}

/// Files under the names by which the set knows them: their paths below the folder that holds them all. What
/// stands above it (a hidden folder, one called `labels`) says nothing about them, and stays out of reports.
struct NamedFiles {
    /// Name and path.
    files: Vec<(String, String)>,
}

impl NamedFiles {
    fn of(paths: Vec<String>) -> Self {
        let folder = |path: &String| Path::new(path).parent().map(Path::to_path_buf).unwrap_or_default();
        let mut common = paths.first().map(folder).unwrap_or_default();
        while !paths.iter().all(|path| Path::new(path).starts_with(&common)) {
            if !common.pop() {
                break;
            }
        }
        let name = |path: &String| {
            let below = Path::new(path).strip_prefix(&common).unwrap_or(Path::new(path));
            below.to_string_lossy().into_owned()
        };
        Self { files: paths.into_iter().map(|path| (name(&path), path)).collect() }
    }

    fn names(&self) -> Vec<String> {
        self.files.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The bytes of the file of that name; a name that is none of the set's is a path.
    fn read(&self, name: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.files.iter().find(|(known, _)| known == name).map_or(name, |(_, path)| path.as_str());
        std::fs::read(path).with_context(|| format!("{path} cannot be read"))
    }
}

fn stem(path: &str) -> &str {
    Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or(path)
}

fn run_images(
    images: &[String],
    named: &NamedFiles,
    model: &LoadedModel,
    set: &mut CaseSet,
    evaluation: &mut EvaluationSet,
    problems: &mut Vec<String>,
) -> anyhow::Result<()> {
    let progress = ProgressBar::new(images.len() as u64);
    progress.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} images, {eta} left  {msg}")?);
    for name in images {
        progress.set_message(name.clone());
        if let Err(error) = run_image(name, named, model, set, evaluation) {
            problems.push(format!("{error:#}"));
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(())
}

fn run_image(
    name: &str,
    named: &NamedFiles,
    model: &LoadedModel,
    set: &mut CaseSet,
    evaluation: &mut EvaluationSet,
) -> anyhow::Result<()> {
    let added = set.add_image(name, &named.read(name)?)?;
    let findings = pollster::block_on(model.run(&added.image, async |_, _| true)).with_context(|| name.to_owned())?;
    for case in set.take_changed() {
        evaluation.add_case(case)?;
    }
    evaluation.set_findings(name, findings)?;
    Ok(())
}
