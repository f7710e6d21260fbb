//! `groundglass evaluate`.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use groundglass_evaluation::{EvaluateRequest, Evaluating, File, ResampleUnit, Sources, csv, html, table};
use groundglass_metrics::{BootstrapMethod, Progress, Task};
use indicatif::{ProgressBar, ProgressStyle};

use crate::table::print;

#[derive(Debug, Args)]
pub struct EvaluateArguments {
    /// The truth: COCO JSON, a table (CSV), or readers' lists (JSON). Given several times, each file is one reader's.
    #[arg(long, required = true)]
    truth: Vec<PathBuf>,
    /// The predictions: COCO results, a table, or a folder of heatmaps. Given twice, the first is compared with the
    /// second, case by case.
    #[arg(long, required = true)]
    predictions: Vec<PathBuf>,
    /// A table of attributes of the cases (patient, site, ...) with a column that names the case.
    #[arg(long)]
    attributes: Option<PathBuf>,
    /// What is predicted; unless given, what the files look like.
    #[arg(long, value_enum)]
    task: Option<TaskArgument>,
    /// One convention alone, as `groundglass metrics` names it; unless given, those that a report has by default.
    #[arg(long)]
    convention: Option<String>,
    /// Pairs below this IoU are no pairs.
    #[arg(long, default_value_t = 0.5)]
    iou: f64,
    /// Predictions below this score do not count at the threshold.
    #[arg(long, default_value_t = 0.5)]
    score: f64,
    /// How far apart two surfaces may be to count as the same, in mm (pixels where the spacing is unknown).
    #[arg(long, default_value_t = 2.0)]
    tolerance: f64,
    /// The attribute by which cases are grouped.
    #[arg(long)]
    group: Option<String>,
    /// What is drawn together in a resample.
    #[arg(long, value_enum, default_value = "patient")]
    resample: ResampleArgument,
    /// How many resamples; 0 for intervals by formula where there is one.
    #[arg(long, default_value_t = 0)]
    bootstrap: u32,
    /// Where the random draws begin: the same seed gives the same intervals.
    #[arg(long, default_value_t = 0)]
    seed: u32,
    /// How an interval is read off the resamples: their quantiles, or quantiles moved for bias and skewness.
    #[arg(long, value_enum, default_value = "percentile")]
    interval: IntervalArgument,
    #[command(flatten)]
    form: Form,
}

/// The form of the report; a readable table unless one is asked for.
#[derive(Debug, Args)]
#[group(multiple = false)]
struct Form {
    /// The report as JSON, as the page exports it
    #[arg(long)]
    json: bool,
    /// One line a value, for a spreadsheet
    #[arg(long)]
    csv: bool,
    /// A page that needs nothing else
    #[arg(long)]
    html: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TaskArgument {
    Boxes,
    Masks,
    Heatmaps,
    Classes,
    Readers,
    Measures,
}

impl From<TaskArgument> for Task {
    fn from(task: TaskArgument) -> Self {
        match task {
            TaskArgument::Boxes => Self::Boxes,
            TaskArgument::Masks => Self::Masks,
            TaskArgument::Heatmaps => Self::Heatmaps,
            TaskArgument::Classes => Self::Classes,
            TaskArgument::Readers => Self::Readers,
            TaskArgument::Measures => Self::Measures,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ResampleArgument {
    Case,
    Patient,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum IntervalArgument {
    Percentile,
    Bca,
}

/// Evaluates predictions made elsewhere, and prints the report.
pub fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    if arguments.predictions.len() > 2 {
        bail!("{} files of predictions were given; at most 2 can be compared", arguments.predictions.len());
    }
    let read_all = |paths: &[PathBuf]| paths.iter().map(|path| Bytes::read(path)).collect::<Result<Vec<_>, _>>();
    let truth = read_all(&arguments.truth)?;
    let mut predictions = Vec::new();
    for path in &arguments.predictions {
        predictions.push(read_all(&files_of(path)?)?);
    }
    let attributes = arguments.attributes.as_deref().map(Bytes::read).transpose()?;
    let sources = Sources {
        truth: files(&truth),
        predictions: predictions.iter().map(|model| files(model)).collect(),
        attributes: attributes.as_ref().map(Bytes::file),
    };
    let request = EvaluateRequest {
        task: arguments.task.map(Task::from),
        convention: arguments.convention.clone(),
        iou_threshold: arguments.iou,
        score_threshold: arguments.score,
        surface_tolerance: arguments.tolerance,
        group: arguments.group.clone(),
        resample: match arguments.resample {
            ResampleArgument::Case => ResampleUnit::Case,
            ResampleArgument::Patient => ResampleUnit::Patient,
        },
        bootstrap: arguments.bootstrap,
        seed: arguments.seed,
        interval: match arguments.interval {
            IntervalArgument::Percentile => BootstrapMethod::Percentile,
            IntervalArgument::Bca => BootstrapMethod::Bca,
        },
    };
    let bar =
        ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} resamples, {eta} left")?);
    let report = Evaluating::of_files(&sources, &request)?.run(&mut |Progress { done, total }| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        true
    })?;
    bar.finish_and_clear();
    let Form { json, csv: as_csv, html: as_html } = arguments.form;
    print(&match (json, as_csv, as_html) {
        (true, ..) => report.json()?,
        (_, true, _) => csv(&report.report).trim_end().to_owned(),
        (.., true) => html(&report).trim_end().to_owned(),
        _ => table(&report),
    });
    Ok(())
}

fn files(files: &[Bytes]) -> Vec<File<'_>> {
    files.iter().map(Bytes::file).collect()
}

/// The files of a folder, in alphabetical order, or the file itself.
fn files_of(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let said = || format!("{} cannot be listed", path.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(said)? {
        let file = entry.with_context(said)?.path();
        if file.is_file() {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// A file that was read.
struct Bytes {
    name: String,
    bytes: Vec<u8>,
}

impl Bytes {
    /// Reads a file with a bar for its bytes, under its name without folders: what stands above it is no one's matter.
    fn read(path: &Path) -> anyhow::Result<Self> {
        let said = || format!("{} cannot be read", path.display());
        let file = std::fs::File::open(path).with_context(said)?;
        let length = file.metadata().with_context(said)?.len();
        let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} of {msg}")?;
        let bar = ProgressBar::new(length).with_style(style).with_message(path.display().to_string());
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        bar.wrap_read(file).read_to_end(&mut bytes).with_context(said)?;
        bar.finish_and_clear();
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        Ok(Self { name, bytes })
    }

    fn file(&self) -> File<'_> {
        File { name: &self.name, bytes: &self.bytes }
    }
}
