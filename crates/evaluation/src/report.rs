//! The report of one evaluation, and how it is made step by step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use groundglass_formats::{Measured, Problem, ReportContext, build_report};
use groundglass_metrics::{
    Assessment, Comparing, Comparison, EvaluationSet, Exhibit, Progress, RegionKind, Reporting, Resampling, Results,
    Weights,
};
use groundglass_types::{Counts, Report};
use serde::Serialize;

use crate::loaded::{self, Loaded, Sources};
use crate::{EvaluateRequest, EvaluationError, Marked};

/// A report with what is said of uncertainty and of a second model.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct EvaluationReport {
    /// `groundglass.report/1`
    #[serde(flatten)]
    pub report: Report,
    /// How many cases count.
    pub cases: usize,
    /// How the intervals were made.
    pub resampling: Resampling,
    /// The first model against the second, where there are two.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub comparison: Option<Comparison>,
}

/// An evaluation in the making: everything is paired and prepared, and resamples are done a few at a time.
pub struct Evaluating {
    frame: Frame,
    assessment: Arc<Assessment>,
    reporting: Reporting,
    comparing: Option<Comparing>,
}

/// What a report says besides its results.
struct Frame {
    request: EvaluateRequest,
    task: &'static str,
    counts: Option<Counts>,
    /// SHA-256 of the files by name.
    data: BTreeMap<String, String>,
    context: ReportContext,
    cases: usize,
}

impl Evaluating {
    /// Reads files and prepares their evaluation.
    ///
    /// # Errors
    /// [`EvaluationError`] says in one sentence why it cannot be made.
    pub fn of_files(sources: &Sources<'_>, request: &EvaluateRequest) -> Result<Self, EvaluationError> {
        let mut problems = Vec::new();
        let loaded = loaded::read(sources, request, &mut problems)
            .map_err(|error| sources.needs_images(request).unwrap_or(error))?;
        Self::of_loaded(&*loaded, request, problems, sources.hashes().collect::<Result<_, _>>()?)
    }

    /// Prepares the evaluation of cases that were read through the door of `groundglass-formats`.
    ///
    /// # Errors
    /// [`EvaluationError`] says in one sentence why it cannot be made.
    pub fn of_marked(marked: Marked<'_>, request: &EvaluateRequest) -> Result<Self, EvaluationError> {
        let (loaded, problems, data) = marked.load(request)?;
        Self::of_loaded(&*loaded, request, problems, data)
    }

    fn of_loaded(
        loaded: &dyn Loaded,
        request: &EvaluateRequest,
        problems: Vec<Problem>,
        data: BTreeMap<String, String>,
    ) -> Result<Self, EvaluationError> {
        let mut problems = problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>();
        problems.extend(loaded.notes(request)?);
        let assessment = Arc::new(loaded.assess(request)?);
        let joined = loaded.assess_joined(request)?.map(Arc::new);
        let frame = Frame {
            request: request.clone(),
            task: loaded.task(),
            counts: loaded.counts(request)?,
            data,
            context: ReportContext { model: None, device: None, problems },
            cases: assessment.units().len(),
        };
        let comparing = joined.map(|joined| Comparing::new(&joined, &request.comparison_options())).transpose()?;
        Self::new(frame, assessment, comparing)
    }

    /// Prepares the evaluation of boxes or masks that are open already, and its comparison with a `second` set of findings in
    /// the same cases where there is one. `data` gives the SHA-256 of their files.
    ///
    /// # Errors
    /// [`EvaluationError`] for options out of their range or an unknown convention.
    pub fn of_set(
        set: &EvaluationSet,
        second: Option<&EvaluationSet>,
        kind: RegionKind,
        request: &EvaluateRequest,
        data: BTreeMap<String, String>,
        mut context: ReportContext,
    ) -> Result<Self, EvaluationError> {
        let options = request.region_options(kind);
        context.problems.extend(set.notes(&options)?);
        let assessment = Arc::new(set.assess(&options, request.convention.as_deref())?);
        let frame = Frame {
            request: request.clone(),
            task: kind.task(),
            counts: Some(set.counts(&options)?),
            data,
            context,
            cases: assessment.units().len(),
        };
        let comparing = match second {
            Some(second) => {
                let joined =
                    EvaluationSet::joined(set, second, kind)?.assess(&options, request.convention.as_deref())?;
                Some(Comparing::new(&Arc::new(joined), &request.comparison_options())?)
            }
            None => None,
        };
        Self::new(frame, assessment, comparing)
    }

    fn new(frame: Frame, assessment: Arc<Assessment>, comparing: Option<Comparing>) -> Result<Self, EvaluationError> {
        let reporting = Reporting::new(&assessment, &frame.request.report_options())?;
        let evaluating = Self { frame, assessment, reporting, comparing };
        // A misspelt name would otherwise come out as one group of all cases.
        if let Some(name) = &evaluating.frame.request.group {
            let known = evaluating.attributes();
            if !known.contains(name) {
                return Err(EvaluationError::NoAttribute { name: name.clone(), known });
            }
        }
        Ok(evaluating)
    }

    /// The names of the cases that count, by the index that [`Exhibit`]s use.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &str> {
        self.assessment.units().iter().map(|unit| unit.case.as_str())
    }

    /// The attributes by which the cases can be grouped, in alphabetical order.
    pub fn attributes(&self) -> Vec<String> {
        let names = self.assessment.units().iter().flat_map(|unit| unit.attributes.keys());
        names.collect::<BTreeSet<_>>().into_iter().cloned().collect()
    }

    /// Curves and tables, drawn of all cases.
    pub fn exhibits(&self) -> Vec<Exhibit> {
        self.assessment.exhibits(&Weights::all(self.frame.cases))
    }

    /// Does up to `count` resamples more.
    pub fn advance(&mut self, count: usize) -> Progress {
        let first = self.reporting.advance(count);
        let Some(comparing) = &mut self.comparing else { return first };
        let second = comparing.advance(if first.done < first.total { 0 } else { count });
        Progress { done: first.done + second.done, total: first.total + second.total }
    }

    /// Does the rest on all processors. `progress` hears of every step and stops the work by saying `false`.
    ///
    /// # Errors
    /// [`EvaluationError`] where it was stopped.
    pub fn run(self, progress: &mut dyn FnMut(Progress) -> bool) -> Result<EvaluationReport, EvaluationError> {
        let results = self.reporting.run(progress)?;
        let comparison = self.comparing.map(|comparing| comparing.run(progress)).transpose()?;
        Ok(self.frame.report(results, comparison))
    }

    /// The report; does what was left to do.
    pub fn finish(self) -> EvaluationReport {
        self.frame.report(self.reporting.finish(), self.comparing.map(Comparing::finish))
    }
}

impl Frame {
    fn report(mut self, results: Results, comparison: Option<Comparison>) -> EvaluationReport {
        self.context.problems.extend(results.notes);
        let measured = Measured {
            score_threshold: self.request.score_threshold,
            iou_threshold: self.request.iou_threshold,
            task: self.task.to_owned(),
            counts: self.counts,
            values: results.values,
            groups: results.groups,
        };
        EvaluationReport {
            report: build_report(&self.data, measured, self.context),
            cases: self.cases,
            resampling: self.request.resampling(),
            comparison,
        }
    }
}

impl EvaluationReport {
    /// One line: what was evaluated, and how.
    pub(crate) fn headline(&self) -> String {
        let report = &self.report;
        let cases = if self.cases == 1 { "case" } else { "cases" };
        let mut line = format!("{} {cases}, task {}", self.cases, report.task);
        if let Some(counts) = &report.counts {
            line += &format!(
                "; at score {} and IoU {}: {} true positives, {} false positives, {} missed",
                report.score_threshold,
                report.iou_threshold,
                counts.true_positives,
                counts.false_positives,
                counts.false_negatives
            );
        }
        if self.resampling.resamples > 0 {
            line += &format!(
                "; {:.0} % intervals from {} resamples, seed {}",
                self.resampling.level * 100.0,
                self.resampling.resamples,
                self.resampling.seed
            );
        }
        line
    }

    /// The report as JSON. The same input gives the same bytes.
    ///
    /// # Errors
    /// [`EvaluationError::Output`], which finite numbers never cause.
    pub fn json(&self) -> Result<String, EvaluationError> {
        serde_json::to_string_pretty(self).map_err(|error| EvaluationError::Output(error.to_string()))
    }
}
