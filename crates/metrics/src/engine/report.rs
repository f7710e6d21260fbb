//! All values of a set with their intervals, overall and by group.

use std::sync::Arc;

use groundglass_types::{GroupSummary, Value};
use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::engine::gaps::Gaps;
use crate::engine::groups::{Group, groups_of, summaries};
use crate::engine::steps::{Row, Steps, Work, available_threads};
use crate::engine::{Assessment, Progress, Weights};
use crate::interval::bootstrap::{BootstrapWork, set_interval};
use crate::interval::clusters::Clusters;
use crate::interval::missing::{Missing, line_name, without_interval};
use crate::interval::{NoInterval, Resampling};

/// What a report has besides the values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
#[serde(default)]
pub struct ReportOptions {
    /// How intervals are made; without it there are none.
    pub resampling: Option<Resampling>,
    /// The attribute by which the cases are grouped, such as `site`.
    pub group: Option<String>,
}

/// Values with intervals, and what is said of groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Results {
    /// Every line over all cases, then every line of each group.
    pub values: Vec<Value>,
    /// How far the groups lie apart, line by line; empty without groups.
    pub groups: Vec<GroupSummary>,
    /// What a reader must know besides, one sentence each.
    pub notes: Vec<String>,
}

/// All cases, or those of a group.
struct Part {
    group: Option<Group>,
    weights: Weights,
    shared: bool,
    bootstrap: Option<Arc<BootstrapWork>>,
}

/// A report in the making, a few resamples at a time.
pub struct Reporting {
    assessment: Arc<Assessment>,
    options: ReportOptions,
    parts: Vec<Part>,
    /// The distances between groups, where there are several.
    gaps: Option<Arc<BootstrapWork>>,
    steps: Steps,
}

impl Assessment {
    /// Every value with its interval, overall and by group, computed on all processors. `progress` hears of every
    /// resample and stops the work by saying `false`. In a page [`Reporting`] does the same step by step.
    ///
    /// # Errors
    /// [`MetricsError::Input`] for options out of their range, [`MetricsError::Cancelled`] where it was stopped.
    pub fn report(
        self: &Arc<Self>,
        options: &ReportOptions,
        progress: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Results, MetricsError> {
        Reporting::new(self, options)?.run(progress)
    }
}

impl Reporting {
    /// # Errors
    /// [`MetricsError::Input`] for options out of their range.
    pub fn new(assessment: &Arc<Assessment>, options: &ReportOptions) -> Result<Self, MetricsError> {
        if let Some(resampling) = &options.resampling {
            resampling.check()?;
        }
        let units = assessment.units();
        let groups = options.group.as_deref().map(|attribute| groups_of(units, attribute)).unwrap_or_default();
        let overall = std::iter::once((None, Weights::all(units.len())));
        let of_groups = groups.into_iter().map(|group| {
            let weights = group.weights(units.len());
            (Some(group), weights)
        });
        let part = |(group, weights): (Option<Group>, Weights)| {
            let clusters = options.resampling.as_ref().map(|it| (it, Clusters::new(units, &weights, &it.unit)));
            let shared = clusters.as_ref().is_some_and(|(_, clusters)| clusters.some_are_shared());
            let bootstrap = clusters
                .filter(|(resampling, _)| resampling.resamples > 0)
                .map(|(it, clusters)| Arc::new(BootstrapWork::new(assessment.clone(), clusters, it.clone())));
            Part { group, weights, shared, bootstrap }
        };
        let parts = overall.chain(of_groups).map(part).collect::<Vec<_>>();
        let gaps = options.resampling.as_ref().and_then(|resampling| gaps(assessment, &parts, resampling));
        let works = parts.iter().filter_map(|part| part.bootstrap.clone()).chain(gaps.clone());
        let steps = Steps::new(works.map(|work| work as Arc<dyn Work>).collect());
        Ok(Self { assessment: assessment.clone(), options: options.clone(), parts, gaps, steps })
    }

    /// Does up to `count` resamples more.
    pub fn advance(&mut self, count: usize) -> Progress {
        self.steps.advance(count)
    }

    /// Does the rest on all processors; see [`Assessment::report`].
    ///
    /// # Errors
    /// [`MetricsError::Cancelled`] where it was stopped.
    pub fn run(self, progress: &mut dyn FnMut(Progress) -> bool) -> Result<Results, MetricsError> {
        self.run_on(available_threads(), progress)
    }

    /// As [`Self::run`], on up to `threads` threads.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_on(
        mut self,
        threads: usize,
        progress: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Results, MetricsError> {
        self.steps.run(threads, progress)?;
        Ok(self.finish())
    }

    /// The report; does what was left to do.
    pub fn finish(self) -> Results {
        let mut rows = self.steps.finish().into_iter();
        let mut results = Results::default();
        let mut missing = Missing::new();
        let (mut by_formula, mut by_group) = (false, Vec::new());
        for part in self.parts {
            let mut values = self.assessment.values(&part.weights);
            if let (Some(work), Some(resampling)) = (&part.bootstrap, &self.options.resampling) {
                let numbers = values.iter().map(|value| value.statistic.value()).collect::<Vec<_>>();
                let intervals = work.intervals(&numbers, &rows.next().unwrap_or_default());
                for (value, interval) in values.iter_mut().zip(intervals) {
                    set_interval(value, interval.interval, resampling.method.word());
                    if let Some(reason) = interval.reason.filter(|reason| *reason != NoInterval::NoValue) {
                        let group = part.group.as_ref().map(|group| group.name.as_str());
                        let name = line_name(&value.id, value.class.as_deref(), group);
                        missing.entry(reason).or_default().push(name);
                    }
                }
            } else if let Some(resampling) = &self.options.resampling {
                let some = set_formulas(&self.assessment, &part.weights, resampling.level, &mut values);
                by_formula |= some && part.shared;
            }
            match part.group {
                None => results.values = values,
                Some(group) => {
                    for value in &mut values {
                        value.group = Some(group.name.clone());
                    }
                    by_group.push((group.name, values));
                }
            }
        }
        let mut groups = summaries(&by_group);
        if let (Some(work), Some(resampling)) = (&self.gaps, &self.options.resampling) {
            set_gaps(&mut groups, work, &rows.next().unwrap_or_default(), resampling.method.word(), &mut missing);
        }
        results.groups = groups.into_iter().flatten().collect();
        results.values.extend(by_group.into_iter().flat_map(|(_, values)| values));
        results.notes = without_interval(&missing);
        if by_formula {
            results.notes.push(
                "Intervals come from formulas that take cases for independent, but some cases belong together; \
                 resampling would respect that."
                    .to_owned(),
            );
        }
        results
    }
}

/// Resamples of the distances between groups; `None` where there are no two groups, or nothing is resampled.
fn gaps(assessment: &Arc<Assessment>, parts: &[Part], resampling: &Resampling) -> Option<Arc<BootstrapWork>> {
    let groups = parts.iter().filter(|part| part.group.is_some()).map(|part| part.weights.clone()).collect::<Vec<_>>();
    if groups.len() < 2 || resampling.resamples == 0 {
        return None;
    }
    let values = groups.iter().map(|weights| assessment.values(weights)).collect::<Vec<_>>();
    let units = assessment.units();
    let clusters = Clusters::new(units, &Weights::all(units.len()), &resampling.unit);
    let gaps = Arc::new(Gaps::new(assessment, groups, &values));
    Some(Arc::new(BootstrapWork::new(gaps, clusters, resampling.clone())))
}

/// Writes the intervals into the summaries, one a line; notes those that there are not.
fn set_gaps(
    groups: &mut [Option<GroupSummary>],
    work: &BootstrapWork,
    rows: &[Row],
    method: &str,
    missing: &mut Missing,
) {
    let gaps = groups.iter().map(|summary| summary.as_ref().map(|summary| summary.gap)).collect::<Vec<_>>();
    for (summary, found) in groups.iter_mut().zip(work.intervals(&gaps, rows)) {
        let Some(summary) = summary else { continue };
        summary.interval = found.interval;
        summary.interval_method = found.interval.map(|_| method.to_owned());
        if let Some(reason) = found.reason {
            let name = line_name(&format!("gap of {}", summary.id), summary.class.as_deref(), None);
            missing.entry(reason).or_default().push(name);
        }
    }
}

/// Whether any formula gave an interval.
fn set_formulas(assessment: &Assessment, weights: &Weights, level: f64, values: &mut [Value]) -> bool {
    let (mut some, mut values) = (false, values.iter_mut());
    for prepared in assessment.prepared() {
        let mut intervals = prepared.analytic_intervals(weights, level).into_iter();
        for value in values.by_ref().take(prepared.lines().len()) {
            let found = intervals.next().flatten().filter(|_| value.statistic.value().is_some());
            if let Some((method, interval)) = found {
                set_interval(value, Some(interval), method);
                some = true;
            }
        }
    }
    some
}
