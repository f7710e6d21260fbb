//! Cases with their truth, and what models found in them, as the door of `groundglass-formats` reads them from files of any
//! form.

use std::collections::{BTreeMap, HashMap};

use groundglass_formats::{Problem, Table};
use groundglass_metrics::Task;
use groundglass_types::{Case, Finding};

use crate::attributes::Attributes;
use crate::loaded::Loaded;
use crate::{EvaluateRequest, EvaluationError, File, heatmaps, readers, regions};

/// Cases with their truth, and what each model found in them.
#[derive(Clone, Debug, Default)]
pub struct Marked<'a> {
    /// The cases. Those without truth count in no metric and are left out.
    pub cases: Vec<Case>,
    /// What one model predicted, and a second one to compare it with.
    pub models: Vec<Predicted<'a>>,
    /// Where readers looked, `[x, y]` in pixels, by the names of the cases: the truth of heatmaps beside that of the cases.
    pub fixations: BTreeMap<String, Vec<[f64; 2]>>,
    /// Tables of attributes of the cases, with a column that names the case.
    pub attributes: Vec<Table>,
    /// SHA-256 of every file, by name.
    pub data: BTreeMap<String, String>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// What a model predicted.
#[derive(Clone, Debug)]
pub enum Predicted<'a> {
    /// Boxes and masks, by the names of the cases. A case that is not among them has no findings.
    Findings(BTreeMap<String, Vec<Finding>>),
    /// Heatmaps, one image file a map.
    Maps(Vec<File<'a>>),
}

type Read = (Box<dyn Loaded>, Vec<Problem>, BTreeMap<String, String>);

impl Marked<'_> {
    /// The sets of the task: that which is asked for, else readers where a case has several, else boxes or masks.
    pub(crate) fn load(self, request: &EvaluateRequest) -> Result<Read, EvaluationError> {
        let Self { mut cases, models, fixations, attributes, data, mut problems } = self;
        let are_maps = models.iter().any(|model| matches!(model, Predicted::Maps(_)));
        let is_looked_at = |case: &Case| are_maps && fixations.contains_key(&case.name);
        cases.retain(|case| case.truth.is_some() || !case.readers.is_empty() || is_looked_at(case));
        if cases.is_empty() {
            return Err(EvaluationError::NoTruth);
        }
        if models.is_empty() {
            return Err(EvaluationError::NoPredictions);
        }
        for table in &attributes {
            match Attributes::of(table) {
                Ok(attributes) => attributes.give_cases(&mut cases),
                Err(error) => problems.push(Problem::new("tables that are not used", &table.file, error.to_string())),
            }
        }
        let (mut found, mut maps) = (Vec::new(), Vec::new());
        for model in models {
            match model {
                Predicted::Findings(findings) => found.push(findings.into_iter().collect::<HashMap<_, _>>()),
                Predicted::Maps(files) => maps.push(files),
            }
        }
        let unsuited = |detail: &'static str| Err(EvaluationError::Unsuited { detail });
        let have_readers = cases.iter().any(|case| case.readers.len() > 1);
        let loaded: Box<dyn Loaded> = match (request.task, found.is_empty(), maps.is_empty()) {
            (_, false, false) => return unsuited("one model predicts heatmaps and the other boxes or masks"),
            (None | Some(Task::Heatmaps), true, _) => {
                Box::new(heatmaps::of_cases(&cases, &fixations, &maps, &mut problems)?)
            }
            (Some(Task::Classes | Task::Measures), ..) => {
                return unsuited("classes and measurements are evaluated from tables, which name a case in each row");
            }
            (Some(Task::Heatmaps), ..) => return unsuited("the predictions are boxes or masks, not heatmaps"),
            (_, true, _) => return unsuited("the predictions are heatmaps, not boxes or masks"),
            (Some(Task::Readers), ..) => Box::new(readers::of_cases(&cases, found)?),
            (None, ..) if have_readers => Box::new(readers::of_cases(&cases, found)?),
            (None | Some(Task::Boxes | Task::Masks), ..) => Box::new(regions::of_cases(&cases, found, request)?),
        };
        Ok((loaded, problems, data))
    }
}
