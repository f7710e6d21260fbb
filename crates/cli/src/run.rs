//! `groundglass run`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, ValueEnum};
use groundglass_engine::{DeviceKind, LoadedModel, OpenDevice};
use groundglass_evaluation::EvaluateRequest;
use groundglass_formats::{
    BundleContent, CaseSet, Hints, Measured, OpenFile, Originals, Problem, ReportContext, SetPlan, WrittenCase,
    WrittenSet, build_report, list_files, write_bundle,
};
use groundglass_metrics::{EvaluateOptions, EvaluationSet, RegionKind};
use groundglass_types::{DeviceRecord, Finding, Image, ModelRecord, Report};
use serde_json::json;

use crate::convert::written_whole;
use crate::ground::{self, WordArguments};
use crate::intake::{Files, Intake, bar};
use crate::{models, table};

#[derive(Debug, Args)]
pub struct RunArguments {
    /// A built-in model (nuclei, donuts), a weights file, or a folder with a Florence-2: model.safetensors (or shards with
    /// their index), config.json and tokenizer.json.
    #[arg(long)]
    pub model: String,
    /// Images, archives and folders of them. The truth may be among them, in any form that `inspect` reads.
    #[arg(long, num_args = 1.., required = true)]
    images: Vec<PathBuf>,
    /// Where the findings go, as COCO results JSON.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Write cases, findings, report and thresholds as a bundle that opens again to the same.
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// Put the images into the bundle.
    #[arg(long, requires = "bundle")]
    with_images: bool,
    /// Truth that stands elsewhere: files of annotations, label maps named like their images, or folders of them.
    #[arg(long, num_args = 1..)]
    truth: Vec<PathBuf>,
    /// Where the model runs.
    #[arg(long, value_enum, default_value = "cpu")]
    pub device: DeviceArgument,
    #[command(flatten)]
    pub words: WordArguments,
    /// Findings below this score do not count; unless given, the model's own.
    #[arg(long)]
    score: Option<f64>,
    /// Pairs below this IoU are no pairs.
    #[arg(long, default_value_t = 0.5)]
    iou: f64,
    /// What is compared.
    #[arg(long, value_enum, default_value = "box")]
    region: RegionArgument,
    /// Print the report as JSON, as the page exports it; with a Florence-2, its answers as well.
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum DeviceArgument {
    Cpu,
    Gpu,
}

impl DeviceArgument {
    /// Opens the device.
    pub fn open(self) -> anyhow::Result<OpenDevice> {
        let kind = match self {
            Self::Cpu => DeviceKind::Cpu,
            Self::Gpu => DeviceKind::Gpu,
        };
        Ok(pollster::block_on(OpenDevice::open(kind))?)
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RegionArgument {
    Box,
    Mask,
}

/// Runs the model over every image, writes the findings, and prints how good they are.
pub fn run(arguments: &RunArguments) -> anyhow::Result<()> {
    if Path::new(&arguments.model).is_dir() {
        return ground::run(arguments);
    }
    ensure!(arguments.words.are_none(), "{} is asked nothing in words; only a Florence-2 is", arguments.model);
    let (file, bytes) = models::read(&arguments.model)?;
    let device = arguments.device.open()?;
    let model = pollster::block_on(LoadedModel::load(&file, &bytes, &device))?;
    let info = model.info();
    ensure!(
        info.agrees(),
        "the {} disagrees with the model's known answer by {:.2e}, more than {:.0e}; use another device",
        info.device.device,
        info.device.agreement,
        info.device.tolerance
    );
    let mut find = |_: &str, image: &Image| Ok(pollster::block_on(model.run(image, async |_, _| true))?);
    let judged = run_set(arguments, &mut find, info.score_threshold)?;
    let (report, cases) = judged.finish(arguments, &info.record, &info.device)?;
    if arguments.json {
        table::print(&serde_json::to_string_pretty(&report)?);
    } else {
        table::print(&table::report(&report, cases));
    }
    Ok(())
}

/// What finds things in an image; the first argument is the case's name.
pub type Find<'a> = dyn FnMut(&str, &Image) -> anyhow::Result<Vec<Finding>> + 'a;

/// A set that was run, and how good its findings are.
pub struct Judged {
    files: Files,
    set: CaseSet,
    evaluation: EvaluationSet,
    options: EvaluateOptions,
    measured: Measured,
    problems: Vec<String>,
}

impl Judged {
    /// Whether of any case the truth is known.
    pub fn has_truth(&self) -> bool {
        self.evaluation.cases().any(|(case, _)| case.truth.is_some())
    }

    /// The report and the number of cases. What was found is written as a bundle where that is asked for.
    pub fn finish(
        self,
        arguments: &RunArguments,
        model: &ModelRecord,
        device: &DeviceRecord,
    ) -> anyhow::Result<(Report, usize)> {
        let Self { files, set, evaluation, options, measured, problems } = self;
        let context = ReportContext { model: Some(model.clone()), device: Some(device.clone()), problems };
        let report = build_report(set.data(), measured, context);
        if let Some(path) = &arguments.bundle {
            let cases = evaluation.cases().map(|(case, findings)| WrittenCase { case, findings }).collect();
            let cases = WrittenSet { cases, beside: set.beside() };
            let state = json!({
                "score_threshold": options.score_threshold,
                "iou_threshold": options.iou_threshold,
                "region": options.region.task(),
                "model": model,
                "device": device,
            });
            let (numbers, said, report) = (set.coco_numbers(), set.gaze_and_text(), serde_json::to_value(&report)?);
            let content = BundleContent {
                cases: &cases,
                data: set.data(),
                numbers: numbers.as_ref(),
                gaze_and_text: Some(&said),
                state: Some(&state),
                report: Some(&report),
            };
            let mut originals = |path: &str| files.open(set.opened_path(path)).map_err(std::io::Error::other);
            let images: Option<&mut Originals<'_>> = if arguments.with_images { Some(&mut originals) } else { None };
            written_whole(path, |file| Ok(write_bundle(file, &content, images)?))?;
        }
        Ok((report, evaluation.len()))
    }
}

/// Runs `find` over every image, writes the findings where that is asked for, and evaluates them. Findings below
/// `score_threshold` do not count, unless the arguments say another.
pub fn run_set(arguments: &RunArguments, find: &mut Find<'_>, score_threshold: f64) -> anyhow::Result<Judged> {
    let mut intake = Intake::read(&arguments.images, &Hints::default())?;
    if intake.images.is_empty() {
        bail!("there is no image among the {} files given", intake.files.names().len());
    }
    add_truth(&arguments.truth, &mut intake)?;
    let mut evaluation = EvaluationSet::new();
    let count = intake.images.len();
    run_images(find, &mut intake, &mut evaluation)?;
    let Intake { files, set, problems, .. } = intake;
    let mut problems: Vec<String> = problems.into_iter().chain(set.finish()).map(|problem| problem.message).collect();
    for problem in &problems {
        eprintln!("{problem}");
    }

    if let Some(out) = &arguments.out {
        let found = evaluation.cases().filter_map(|(case, findings)| Some((case.name.as_str(), findings?)));
        let predictions = set.results_json(found)?;
        std::fs::write(out, predictions).with_context(|| format!("{} cannot be written", out.display()))?;
    }
    ensure!(!evaluation.is_empty(), "none of the {count} images could be run");

    let options = EvaluateOptions {
        score_threshold: arguments.score.unwrap_or(score_threshold),
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
    Ok(Judged { files, set, evaluation, options, measured, problems })
}

/// Adds what stands under `--truth`, which is truth whatever it is called: a picture is the label map of the image of its
/// stem, and a volume without one is of the images that lie in it. What is wrong with single files goes to the problems.
fn add_truth(truth: &[PathBuf], intake: &mut Intake) -> anyhow::Result<()> {
    let by_stem: HashMap<String, String> =
        intake.images.iter().map(|image| (stem(image).to_owned(), image.clone())).collect();
    let found = list_files(truth)?;
    intake.problems.extend(found.problems);
    for path in found.files {
        if intake.files.holds(Path::new(&path)) {
            continue;
        }
        let bytes = std::fs::read(&path).with_context(|| format!("{path} cannot be read"))?;
        let is_annotations = SetPlan::of(std::slice::from_ref(&path)).annotations.len() == 1;
        let read = match by_stem.get(stem(&path)) {
            _ if is_annotations => intake.set.add_annotations(&path, &bytes, &Hints::default()),
            Some(image) => intake.set.add_label_map(image, &path, &bytes),
            None if [".nii", ".nii.gz", ".nrrd"].iter().any(|ending| path.ends_with(ending)) => {
                intake.set.add_label_volume(&path, &bytes)
            }
            None => {
                let message = format!("{path} stands under --truth, and no image has its name; it is left out");
                intake.problems.push(Problem::new("label maps without an image of their own", &path, message));
                continue;
            }
        };
        match read {
            Ok(found) => intake.problems.extend(found),
            Err(error) => intake.problems.push(Problem::new(UNREADABLE, &path, error.to_string())),
        }
    }
    Ok(())
}

const UNREADABLE: &str = "files that cannot be read";

fn stem(path: &str) -> &str {
    Path::new(path).file_stem().and_then(|stem| stem.to_str()).unwrap_or(path)
}

/// Runs the model over every frame of every image.
fn run_images(find: &mut Find<'_>, intake: &mut Intake, evaluation: &mut EvaluationSet) -> anyhow::Result<()> {
    let Intake { files, set, images, problems } = intake;
    let progress = bar(images.len(), "images")?;
    for name in images.iter() {
        let opened = files.open(name).and_then(|source| Ok(OpenFile::new(name, source)?));
        match opened {
            Ok(mut file) => {
                progress.inc_length(file.count() as u64 - 1);
                for index in 0..file.count() {
                    if let Err(error) = run_frame(find, &mut file, index, set, evaluation) {
                        problems.push(Problem::new(UNREADABLE, name, format!("{error:#}")));
                    }
                    progress.inc(1);
                }
            }
            Err(error) => {
                problems.push(Problem::new(UNREADABLE, name, format!("{error:#}")));
                progress.inc(1);
            }
        }
    }
    progress.finish_and_clear();
    set.settle_series();
    Ok(())
}

fn run_frame(
    find: &mut Find<'_>,
    file: &mut OpenFile<'_>,
    index: usize,
    set: &mut CaseSet,
    evaluation: &mut EvaluationSet,
) -> anyhow::Result<()> {
    let added = set.add_frame(file, index)?;
    let findings = find(&added.name, &added.image).with_context(|| added.name.clone())?;
    for case in set.take_changed() {
        let name = case.name.clone();
        let known = evaluation.findings(&name).map(<[_]>::to_vec);
        evaluation.add_case(case)?;
        if let Some(known) = known {
            evaluation.set_findings(&name, known)?;
        }
    }
    evaluation.set_findings(&added.name, findings)?;
    Ok(())
}
