//! The report of one evaluation.

use groundglass_formats::{Measured, Problem, ReportContext, build_report};
use groundglass_metrics::{Progress, Resampling};
use groundglass_types::Report;
use serde::Serialize;

use crate::loaded::{Loaded, Sources};
use crate::{EvaluateRequest, EvaluationError};

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
}

/// Evaluates files. `progress` hears of every step of the resampling and stops it by saying `false`.
///
/// # Errors
/// [`EvaluationError`] says in one sentence why it could not be made.
pub fn evaluate(
    sources: &Sources<'_>,
    request: &EvaluateRequest,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<EvaluationReport, EvaluationError> {
    let mut problems = Vec::new();
    let loaded = Loaded::read(sources, request, &mut problems)?;
    let mut problems: Vec<String> = problems.into_iter().map(|Problem { message, .. }| message).collect();
    let assessment = loaded.assess(request)?;
    let results = assessment.report(&request.report_options(), progress)?;
    problems.extend(loaded.notes(request)?);
    problems.extend(results.notes);
    let measured = Measured {
        score_threshold: request.score_threshold,
        iou_threshold: request.iou_threshold,
        task: loaded.task().to_owned(),
        counts: loaded.counts(request)?,
        values: results.values,
        groups: results.groups,
    };
    let context = ReportContext { model: None, device: None, problems };
    Ok(EvaluationReport {
        report: build_report(&sources.hashes().collect(), measured, context),
        cases: assessment.units().len(),
        resampling: request.resampling(),
    })
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
