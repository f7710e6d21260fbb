//! Boxes and masks: COCO annotations against COCO results, or cases that were read elsewhere.

use std::collections::HashMap;

use groundglass_formats::{CocoCases, Problem, coco_cases, read_results};
use groundglass_metrics::{Assessment, EvaluationSet, RegionKind, Task};
use groundglass_types::{Case, Counts, Finding};

use crate::attributes::Attributes;
use crate::loaded::Loaded;
use crate::{EvaluateRequest, EvaluationError, File, Sources};

/// One set a model.
pub(crate) struct Regions {
    models: Vec<EvaluationSet>,
    kind: RegionKind,
}

/// Reads COCO annotations and COCO results. Without a task masks are compared where every truth and every finding has
/// one.
pub(crate) fn read(
    sources: &Sources<'_>,
    request: &EvaluateRequest,
    attributes: &Attributes,
    problems: &mut Vec<Problem>,
) -> Result<Regions, EvaluationError> {
    let truth = truth(sources.single_truth()?, attributes, problems)?;
    let mut models = Vec::new();
    let mut all_have_masks = true;
    for file in sources.single_predictions()? {
        let findings = findings(file, &truth, problems)?;
        all_have_masks &= have_masks(&truth.cases, &findings);
        models.push(set(&truth.cases, findings)?);
    }
    Ok(Regions { models, kind: kind(request, all_have_masks) })
}

/// Cases with what each model found in them, by the cases' names. Without a task masks are compared where every truth and
/// every finding has one.
pub(crate) fn of_cases(
    cases: &[Case],
    found: Vec<HashMap<String, Vec<Finding>>>,
    request: &EvaluateRequest,
) -> Result<Regions, EvaluationError> {
    let all_have_masks = found.iter().all(|findings| have_masks(cases, findings));
    let models = found.into_iter().map(|findings| set(cases, findings)).collect::<Result<_, _>>()?;
    Ok(Regions { models, kind: kind(request, all_have_masks) })
}

fn kind(request: &EvaluateRequest, all_have_masks: bool) -> RegionKind {
    match request.task {
        Some(Task::Masks) => RegionKind::Mask,
        None if all_have_masks => RegionKind::Mask,
        _ => RegionKind::Box,
    }
}

/// The cases of a COCO file with their attributes.
pub(crate) fn truth(
    file: &File<'_>,
    attributes: &Attributes,
    problems: &mut Vec<Problem>,
) -> Result<CocoCases, EvaluationError> {
    let mut coco = coco_cases(file.name, file.content)?;
    problems.append(&mut coco.problems);
    for case in &mut coco.cases {
        attributes.give(&case.name, &mut case.attributes);
    }
    Ok(coco)
}

/// The findings of a results file, by case.
pub(crate) fn findings(
    file: &File<'_>,
    truth: &CocoCases,
    problems: &mut Vec<Problem>,
) -> Result<HashMap<String, Vec<Finding>>, EvaluationError> {
    let read = read_results(file.name, file.content, &truth.index)?;
    problems.extend(read.problems);
    Ok(read.cases.into_iter().map(|case| (case.case, case.findings)).collect())
}

fn have_masks(cases: &[Case], findings: &HashMap<String, Vec<Finding>>) -> bool {
    let truths = cases.iter().flat_map(|case| &case.truth).flat_map(|truth| &truth.regions);
    let mut findings = findings.values().flatten().peekable();
    findings.peek().is_some()
        && findings.all(|finding| finding.region.mask.is_some())
        && truths.into_iter().all(|truth| truth.region.mask.is_some())
}

/// An image that the results do not speak of has no findings.
fn set(cases: &[Case], mut findings: HashMap<String, Vec<Finding>>) -> Result<EvaluationSet, EvaluationError> {
    let mut set = EvaluationSet::new();
    for case in cases {
        set.add_case(case.clone())?;
        set.set_findings(&case.name, findings.remove(&case.name).unwrap_or_default())?;
    }
    Ok(set)
}

impl Regions {
    fn first(&self) -> Result<&EvaluationSet, EvaluationError> {
        self.models.first().ok_or(EvaluationError::NoPredictions)
    }
}

impl Loaded for Regions {
    fn task(&self) -> &'static str {
        self.kind.task()
    }

    fn assess(&self, request: &EvaluateRequest) -> Result<Assessment, EvaluationError> {
        Ok(self.first()?.assess(&request.region_options(self.kind), request.convention.as_deref())?)
    }

    fn assess_joined(&self, request: &EvaluateRequest) -> Result<Option<Assessment>, EvaluationError> {
        let [a, b, ..] = &self.models[..] else { return Ok(None) };
        let joined = EvaluationSet::joined(a, b, self.kind)?;
        Ok(Some(joined.assess(&request.region_options(self.kind), request.convention.as_deref())?))
    }

    fn counts(&self, request: &EvaluateRequest) -> Result<Option<Counts>, EvaluationError> {
        Ok(Some(self.first()?.counts(&request.region_options(self.kind))?))
    }

    fn notes(&self, request: &EvaluateRequest) -> Result<Vec<String>, EvaluationError> {
        Ok(self.first()?.notes(&request.region_options(self.kind))?)
    }
}
