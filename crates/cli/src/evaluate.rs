//! `groundglass evaluate`.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use groundglass_evaluation::{EvaluateRequest, Evaluating, File, ResampleUnit, Sources, csv, html, table};
use groundglass_formats::Content;
use groundglass_metrics::{BootstrapMethod, Progress, Task, TestFamily};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use crate::intake::HintArguments;
use crate::occurrences::{Occurrences, Predictions, Truth};
use crate::sides::SidedFiles;
use crate::table::print;

#[derive(Debug, Args)]
pub struct EvaluateArguments {
    #[command(flatten)]
    truth: Occurrences<Truth>,
    #[command(flatten)]
    predictions: Occurrences<Predictions>,
    /// The images, or folders and archives of them, where a form does not say how large they are (YOLO, relative
    /// coordinates) or draws on them by their numbers (DICOM).
    #[arg(long, num_args = 1.., value_name = "PATH")]
    images: Vec<PathBuf>,
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
    /// Over which lines of a comparison the p-values are adjusted together (Holm, Benjamini and Hochberg): those over all
    /// classes, or every line, those of single classes among them.
    #[arg(long, value_enum, default_value = "overall")]
    adjust: AdjustArgument,
    #[command(flatten)]
    hints: HintArguments,
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

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AdjustArgument {
    Overall,
    All,
}

/// Evaluates predictions made elsewhere, and prints the report.
pub fn run(arguments: &EvaluateArguments) -> anyhow::Result<()> {
    let (truth, predictions) = (arguments.truth.groups(), arguments.predictions.groups());
    if predictions.len() > 2 {
        bail!("predictions were given {} times; at most 2 models can be compared", predictions.len());
    }
    let attributes = arguments.attributes.as_deref().map(Opened::open).transpose()?;
    let hints = arguments.hints.hints()?;
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
        adjust: match arguments.adjust {
            AdjustArgument::Overall => TestFamily::Overall,
            AdjustArgument::All => TestFamily::All,
        },
        columns: hints.columns.clone(),
    };
    let bar =
        ProgressBar::new(0).with_style(ProgressStyle::with_template("{bar:30} {pos}/{len} resamples, {eta} left")?);
    // Columns are said of tables of any kind; a frame and classes only of what is drawn.
    let is_drawn = hints.frame.is_some() || !hints.classes.is_empty();
    let evaluating = if arguments.images.is_empty() && !is_drawn {
        plain(truth, predictions, attributes.as_ref(), &request)?
    } else {
        None
    };
    let evaluating = match evaluating {
        Some(evaluating) => evaluating,
        None => {
            let mut files = SidedFiles::list(&arguments.images, truth, predictions)?;
            Evaluating::of_marked(files.read(&hints, request.task, attributes.as_ref().map(Opened::file))?, &request)?
        }
    };
    let report = evaluating.run(&mut |Progress { done, total }| {
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

/// The evaluation of files that need neither images nor any other file to be read, or `None` where these are others.
fn plain(
    truth: &[Vec<PathBuf>],
    predictions: &[Vec<PathBuf>],
    attributes: Option<&Opened>,
    request: &EvaluateRequest,
) -> anyhow::Result<Option<Evaluating>> {
    let mut truth_files = Vec::new();
    for group in truth {
        // Two files may be rankings and the names of their classes.
        if group.len() > 2 || (group.len() == 2 && truth.len() > 1) || group.iter().any(|path| path.is_dir()) {
            return Ok(None);
        }
        for path in group {
            truth_files.push(Opened::open(path)?);
        }
    }
    let is_group_of_two = truth.iter().any(|group| group.len() > 1);
    let mut sources =
        Sources { truth: files(&truth_files), predictions: Vec::new(), attributes: attributes.map(Opened::file) };
    if !sources.are_plain(request) || (is_group_of_two && !sources.are_named_rankings()) {
        return Ok(None);
    }
    let mut models = Vec::new();
    for group in predictions {
        let [path] = &group[..] else { return Ok(None) };
        models.push(files_of(path)?.iter().map(|path| Opened::open(path)).collect::<Result<Vec<_>, _>>()?);
    }
    sources.predictions = models.iter().map(|model| files(model)).collect();
    if !sources.are_plain(request) {
        return Ok(None);
    }
    Ok(Some(Evaluating::of_files(&sources, request)?))
}

fn files(files: &[Opened]) -> Vec<File<'_>> {
    files.iter().map(Opened::file).collect()
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

/// A file that was opened.
struct Opened {
    name: String,
    content: Content<'static>,
}

impl Opened {
    /// Opens a file with a bar for its bytes, under its name without folders: what stands above it is no one's matter.
    fn open(path: &Path) -> anyhow::Result<Self> {
        let said = || format!("{} cannot be read", path.display());
        let file = std::fs::File::open(path).with_context(said)?;
        let length = file.metadata().with_context(said)?.len();
        let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} of {msg}")?;
        let bar = ProgressBar::new(length).with_style(style).with_message(path.display().to_string());
        let bar = bar.with_finish(ProgressFinish::AndClear);
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        let content = Content::open(&name, Box::new(bar.wrap_read(BufReader::new(file))))?;
        Ok(Self { name, content })
    }

    fn file(&self) -> File<'_> {
        File { name: &self.name, content: &self.content }
    }
}
