//! The bootstrap over cases or clusters of cases.

use std::sync::Arc;

use groundglass_types::Value;
use serde::Serialize;

use crate::MetricsError;
use crate::engine::steps::{Row, Steps, Work, available_threads};
use crate::engine::{Assessment, Measured, Progress, Weights};
use crate::interval::clusters::Clusters;
use crate::interval::{BootstrapMethod, NoInterval, Resampling, bca_interval, percentile_interval};

/// Of ten replicates, those that must be defined for an interval.
const DEFINED_OF_TEN: usize = 9;

/// Numbers of a set of cases under weights.
pub(crate) trait Resampled: Send + Sync {
    /// One number a line.
    fn numbers(&self, weights: &Weights) -> Row;

    /// The same under each of several weights.
    fn numbers_of_several(&self, weights: &[Weights]) -> Vec<Row> {
        weights.iter().map(|weights| self.numbers(weights)).collect()
    }
}

fn row(measured: Vec<Measured>) -> Row {
    measured.into_iter().map(|measured| measured.statistic.value()).collect()
}

impl Resampled for Assessment {
    fn numbers(&self, weights: &Weights) -> Row {
        row(self.measure(weights))
    }

    fn numbers_of_several(&self, weights: &[Weights]) -> Vec<Row> {
        self.measure_several(weights).into_iter().map(row).collect()
    }
}

/// What the resamples say of one line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct LineInterval {
    /// Lower and upper end.
    pub interval: Option<[f64; 2]>,
    /// Why there is none.
    pub reason: Option<NoInterval>,
    /// Resamples in which the line is defined.
    pub defined: usize,
}

impl LineInterval {
    const fn none(reason: NoInterval, defined: usize) -> Self {
        Self { interval: None, reason: Some(reason), defined }
    }
}

/// Resamples of one source, then, for BCa, the source without each cluster.
pub(crate) struct BootstrapWork {
    source: Arc<dyn Resampled>,
    clusters: Clusters,
    options: Resampling,
}

impl BootstrapWork {
    pub const fn new(source: Arc<dyn Resampled>, clusters: Clusters, options: Resampling) -> Self {
        Self { source, clusters, options }
    }

    const fn resamples(&self) -> usize {
        if self.clusters.len() > 1 { self.options.resamples as usize } else { 0 }
    }

    fn weights(&self, index: usize) -> Weights {
        match index.checked_sub(self.resamples()) {
            None => self.clusters.resample(self.options.seed, index as u64),
            Some(left_out) => self.clusters.without(left_out),
        }
    }

    /// One interval for each of `values`, the numbers under the weights as they are.
    pub fn intervals(&self, values: &[Option<f64>], rows: &[Row]) -> Vec<LineInterval> {
        let (replicates, jackknife) = rows.split_at(self.resamples().min(rows.len()));
        let of_line = |(line, value): (usize, &Option<f64>)| {
            let defined = defined(replicates, line);
            let count = defined.len();
            match value {
                None => LineInterval::none(NoInterval::NoValue, count),
                Some(value) => match self.interval(*value, defined, jackknife, line) {
                    Ok(interval) => LineInterval { interval: Some(interval), reason: None, defined: count },
                    Err(reason) => LineInterval::none(reason, count),
                },
            }
        };
        values.iter().enumerate().map(of_line).collect()
    }

    fn interval(
        &self,
        value: f64,
        mut replicates: Vec<f64>,
        jackknife: &[Row],
        line: usize,
    ) -> Result<[f64; 2], NoInterval> {
        if self.options.resamples == 0 {
            return Err(NoInterval::NotResampled);
        }
        if self.clusters.len() < 2 {
            return Err(NoInterval::OneCluster);
        }
        if !enough(replicates.len(), self.resamples()) {
            return Err(NoInterval::UndefinedResamples);
        }
        replicates.sort_unstable_by(f64::total_cmp);
        match self.options.method {
            BootstrapMethod::Percentile => {
                percentile_interval(&replicates, self.options.level).ok_or(NoInterval::UndefinedResamples)
            }
            BootstrapMethod::Bca => {
                let left_out = defined(jackknife, line);
                if left_out.len() < jackknife.len() {
                    return Err(NoInterval::UndefinedJackknife);
                }
                bca_interval(&replicates, value, &left_out, self.options.level).ok_or(NoInterval::OutsideReplicates)
            }
        }
    }
}

impl Work for BootstrapWork {
    fn pieces(&self) -> usize {
        let jackknife = self.options.method == BootstrapMethod::Bca && self.resamples() > 0;
        self.resamples() + if jackknife { self.clusters.len() } else { 0 }
    }

    fn piece(&self, index: usize) -> Row {
        self.source.numbers(&self.weights(index))
    }

    fn several(&self, first: usize, count: usize) -> Vec<Row> {
        let weights = (first..first + count).map(|index| self.weights(index)).collect::<Vec<_>>();
        self.source.numbers_of_several(&weights)
    }
}

/// The numbers of one line where there are any.
pub(crate) fn defined(rows: &[Row], line: usize) -> Vec<f64> {
    rows.iter().filter_map(|row| row.get(line).copied().flatten()).collect()
}

/// Whether of `total` replicates enough are defined to speak for all.
pub(crate) const fn enough(defined: usize, total: usize) -> bool {
    defined > 0 && defined * 10 >= total * DEFINED_OF_TEN
}

/// Intervals of every line of an assessment, a few resamples at a time.
///
/// Resample r draws from its own stream of random numbers, so that the intervals depend on the options and the data
/// alone.
pub struct Bootstrap {
    assessment: Arc<Assessment>,
    work: Arc<BootstrapWork>,
    steps: Steps,
}

impl Bootstrap {
    /// # Errors
    /// [`MetricsError::Input`] for options out of their range.
    pub fn new(assessment: &Arc<Assessment>, options: &Resampling) -> Result<Self, MetricsError> {
        options.check()?;
        let all = Weights::all(assessment.units().len());
        let clusters = Clusters::new(assessment.units(), &all, &options.unit);
        let work = Arc::new(BootstrapWork::new(assessment.clone(), clusters, options.clone()));
        let steps = Steps::new(vec![work.clone()]);
        Ok(Self { assessment: assessment.clone(), work, steps })
    }

    /// Does up to `count` resamples more.
    pub fn advance(&mut self, count: usize) -> Progress {
        self.steps.advance(count)
    }

    /// Does the rest on all processors. `progress` hears of every resample and stops the work by saying `false`.
    ///
    /// # Errors
    /// [`MetricsError::Cancelled`] where it was stopped.
    pub fn run(self, progress: &mut dyn FnMut(Progress) -> bool) -> Result<Vec<LineInterval>, MetricsError> {
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
    ) -> Result<Vec<LineInterval>, MetricsError> {
        self.steps.run(threads, progress)?;
        Ok(self.finish())
    }

    /// One interval for each of the assessment's lines; does what was left to do.
    pub fn finish(self) -> Vec<LineInterval> {
        let values = self.assessment.numbers(self.work.clusters.base());
        let rows = self.steps.finish();
        self.work.intervals(&values, rows.first().map(Vec::as_slice).unwrap_or_default())
    }
}

/// Writes an interval into the line that it is of.
pub(crate) fn set_interval(value: &mut Value, interval: Option<[f64; 2]>, method: &str) {
    value.interval = interval;
    value.interval_method = interval.map(|_| method.to_owned());
}
