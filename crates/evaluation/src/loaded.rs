//! What the files are, by task.

use groundglass_formats::{Content, FormatError, Hints, Probe, Problem, Question, Table, format_of};
use groundglass_metrics::{Assessment, MetricsError, Task};
use groundglass_types::Counts;

use crate::attributes::Attributes;
use crate::columns::{Columns, Side};
use crate::{EvaluateRequest, EvaluationError, answers, classes, heatmaps, measures, readers, regions};

/// A file under the name by which messages speak of it.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its bytes.
    pub content: &'a Content<'a>,
}

/// The files of an evaluation.
#[derive(Clone, Debug)]
pub struct Sources<'a> {
    /// The truth; several files are several readers of the same images.
    pub truth: Vec<File<'a>>,
    /// The predictions of a model, and those of a second one to compare it with. A model is one file, or for heatmaps
    /// one image file a map.
    pub predictions: Vec<Vec<File<'a>>>,
    /// A table of attributes of the cases, where there is one.
    pub attributes: Option<File<'a>>,
}

impl Sources<'_> {
    /// SHA-256 of every file, by name.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = Result<(String, String), FormatError>> {
        let files = self.truth.iter().chain(self.predictions.iter().flatten()).chain(&self.attributes);
        files.map(|file| Ok((file.name.to_owned(), file.content.sha256(file.name)?)))
    }

    /// Whether all files are of the forms that an evaluation reads by itself and without images: COCO, tables about
    /// cases, readers' lists, and maps. All others go through the door of `groundglass-formats`, and are then [`Marked`](crate::Marked).
    pub fn are_plain(&self, request: &EvaluateRequest) -> bool {
        self.other_form(request).is_none()
    }

    /// The first file that is of another form.
    fn other_form(&self, request: &EvaluateRequest) -> Option<&File<'_>> {
        let maps_are_meant = matches!(request.task, None | Some(Task::Heatmaps));
        // Names of classes stand beside rankings, and are for others a matter of the door.
        let truth = match &self.truth[..] {
            [rankings, _] if self.are_named_rankings() => std::slice::from_ref(rankings),
            truth => truth,
        };
        let mut truth = truth.iter();
        let mut predictions = self.predictions.iter().flatten();
        truth.find(|file| heatmaps::is_map(file) || !is_plain(file, true, request)).or_else(|| {
            predictions.find(|file| match heatmaps::is_map(file) {
                true => !maps_are_meant,
                false => !is_plain(file, false, request),
            })
        })
    }

    /// Whether the truth is readers' rankings, and beside them the names of their classes.
    pub fn are_named_rankings(&self) -> bool {
        matches!(&self.truth[..], [rankings, _] if readers::is_ranked(rankings))
    }

    /// That a file is of a form that needs the images it is about, where one is.
    pub(crate) fn needs_images(&self, request: &EvaluateRequest) -> Option<EvaluationError> {
        let file = self.other_form(request)?;
        let form = format_of(&Probe::new(file.name, file.content)).filter(|form| form.id() != "csv")?;
        let detail = format!(
            "this is {}, which is read with the images it is about: open them all together in the page, or name them to \
             the command with --truth, --predictions and --images",
            form.name()
        );
        Some(EvaluationError::Unfit { file: file.name.to_owned(), detail })
    }

    /// The one file of truth.
    pub(crate) fn single_truth(&self) -> Result<&File<'_>, EvaluationError> {
        match &self.truth[..] {
            [only] => Ok(only),
            [] => Err(EvaluationError::NoTruth),
            [_, second, ..] => Err(EvaluationError::Unfit {
                file: second.name.to_owned(),
                detail: "only the readers of images come in several files of truth".to_owned(),
            }),
        }
    }

    /// The file of each model.
    pub(crate) fn single_predictions(&self) -> Result<Vec<&File<'_>>, EvaluationError> {
        let single = |model: &'_ Vec<File<'_>>| match &model[..] {
            [_] => Ok(()),
            [] => Err(EvaluationError::NoPredictions),
            [_, second, ..] => Err(EvaluationError::Unfit {
                file: second.name.to_owned(),
                detail: "only heatmaps come in several files a model".to_owned(),
            }),
        };
        self.predictions.iter().try_for_each(single)?;
        Ok(self.predictions.iter().flatten().collect())
    }
}

/// Truth with the predictions of one model, or of two.
pub(crate) trait Loaded {
    /// The task in the word of reports.
    fn task(&self) -> &'static str;

    /// The families of the first model, prepared.
    fn assess(&self, request: &EvaluateRequest) -> Result<Assessment, EvaluationError>;

    /// The families of both models on the same cases; `None` where there is but one model.
    fn assess_joined(&self, request: &EvaluateRequest) -> Result<Option<Assessment>, EvaluationError>;

    /// The pairings of regions at the thresholds, of the first model.
    fn counts(&self, request: &EvaluateRequest) -> Result<Option<Counts>, EvaluationError> {
        let _ = request;
        Ok(None)
    }

    /// What a reader must know besides the numbers, one sentence each.
    fn notes(&self, request: &EvaluateRequest) -> Result<Vec<String>, EvaluationError> {
        let _ = request;
        Ok(Vec::new())
    }
}

/// One set a model, of a task whose sets know how they are assessed and joined.
pub(crate) struct Models<Set> {
    pub task: &'static str,
    pub sets: Vec<Set>,
    pub assess: fn(&Set, &EvaluateRequest) -> Result<Assessment, MetricsError>,
    pub joined: fn(&Set, &Set) -> Result<Set, MetricsError>,
}

impl<Set> Loaded for Models<Set> {
    fn task(&self) -> &'static str {
        self.task
    }

    fn assess(&self, request: &EvaluateRequest) -> Result<Assessment, EvaluationError> {
        Ok((self.assess)(self.sets.first().ok_or(EvaluationError::NoPredictions)?, request)?)
    }

    fn assess_joined(&self, request: &EvaluateRequest) -> Result<Option<Assessment>, EvaluationError> {
        match &self.sets[..] {
            [a, b, ..] => Ok(Some((self.assess)(&(self.joined)(a, b)?, request)?)),
            _ => Ok(None),
        }
    }
}

/// Reads the files. What is wrong with a part of them goes to `problems`.
pub(crate) fn read(
    sources: &Sources<'_>,
    request: &EvaluateRequest,
    problems: &mut Vec<Problem>,
) -> Result<Box<dyn Loaded>, EvaluationError> {
    let mut columns = Columns::new(&request.columns);
    let attributes = sources.attributes.as_ref().map(|file| Attributes::read(file, &mut columns)).transpose()?;
    let attributes = attributes.unwrap_or_default();
    let task = match request.task {
        Some(task) => task,
        None => guessed(sources, &mut columns)?,
    };
    let loaded: Box<dyn Loaded> = match task {
        Task::Boxes | Task::Masks => Box::new(regions::read(sources, request, &attributes, problems)?),
        Task::Classes => Box::new(classes::read(sources, &attributes, &mut columns, problems)?),
        Task::Measures => Box::new(measures::read(sources, &attributes, &mut columns, problems)?),
        Task::Heatmaps => Box::new(heatmaps::read(sources, &attributes, problems)?),
        Task::Readers => readers::read(sources, request, &attributes, &mut columns, problems)?,
    };
    problems.extend(columns.unmet());
    Ok(loaded)
}

/// Whether a file is of a form that is read here.
fn is_plain(file: &File<'_>, is_truth: bool, request: &EvaluateRequest) -> bool {
    let probe = Probe::new(file.name, file.content);
    if probe.has_keys(&["images", "annotations"]) {
        return is_truth;
    }
    if ["zip", "tar", "tar.gz", "tgz"].contains(&probe.extension().as_str()) {
        return false;
    }
    match format_of(&probe) {
        None => true,
        Some(form) if form.id() == "coco_results" => true,
        Some(form) if form.id() == "rankings" => is_truth,
        Some(form) if form.id() == "grounded_text" => answers::are_meant(&probe, request.task),
        // A table of boxes goes through the door, and so does one that leaves open what it is.
        Some(form) if form.id() == "csv" => {
            let hints = Hints { columns: request.columns.clone(), ..Hints::default() };
            let read = form.read(&probe, &hints);
            read.map_or(true, |reading| {
                let has_marks = reading.images.iter().any(|image| image.marks.is_some());
                !has_marks && reading.questions.iter().all(asks_for_the_case)
            })
        }
        Some(_) => false,
    }
}

fn asks_for_the_case(question: &Question) -> bool {
    matches!(question, Question::Columns { missing, .. } if missing.iter().all(|role| role == "image"))
}

/// What the files look like.
fn guessed(sources: &Sources<'_>, columns: &mut Columns<'_>) -> Result<Task, EvaluationError> {
    let [truth, others @ ..] = &sources.truth[..] else { return Err(EvaluationError::NoTruth) };
    if !others.is_empty() {
        return Ok(Task::Readers);
    }
    if answers::are_meant(&Probe::new(truth.name, truth.content), None) {
        return Ok(Task::Classes);
    }
    if !matches!(truth.content.head().trim_ascii_start().first(), Some(b'{' | b'[')) {
        let mut table = Table::read(truth.name, truth.content)?;
        columns.call(&mut table, Side::Truth);
        return Ok(if readers::is_table(&table) {
            Task::Readers
        } else if measures::is_table(&table) {
            Task::Measures
        } else {
            Task::Classes
        });
    }
    let of_maps = sources.predictions.iter().flatten().any(|file| heatmaps::is_map(file));
    Ok(if of_maps {
        Task::Heatmaps
    } else if readers::is_ranked(truth) {
        Task::Readers
    } else {
        // COCO; whether boxes or masks is settled where they are read.
        Task::Boxes
    })
}
