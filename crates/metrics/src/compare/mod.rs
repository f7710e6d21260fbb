//! Two sets of predictions for the same cases, line by line.
//!
//! Each task joins two sets into one whose first half is one model's and whose second half the other's. Prepared once,
//! it is measured under weights of either half, so that every metric is compared and none needs to know.

mod adjust;
mod by_case;
mod mcnemar;
mod pair;
mod result;
mod swaps;

pub use adjust::{benjamini_hochberg, holm};
pub use mcnemar::{McNemar, mcnemar};
pub use result::{ByCase, Comparison, ComparisonLine, ComparisonOptions, TestFamily};

use std::sync::Arc;

use groundglass_types::Statistic;

use crate::MetricsError;
use crate::compare::by_case::{CaseWork, by_case, mcnemar_of};
use crate::compare::pair::Pair;
use crate::compare::swaps::SwapWork;
use crate::engine::steps::{Row, Steps, available_threads};
use crate::engine::{Assessment, Better, Measured, PairedTest, Progress};
use crate::interval::bootstrap::{BootstrapWork, defined, enough};
use crate::interval::clusters::Clusters;

/// A comparison in the making, a few resamples at a time.
pub struct Comparing {
    pair: Arc<Pair>,
    options: ComparisonOptions,
    clusters: Clusters,
    bootstrap: Arc<BootstrapWork>,
    swaps: Arc<SwapWork>,
    cases: Arc<CaseWork>,
    steps: Steps,
}

impl Comparing {
    /// Compares the first half of a joined set (a) with its second (b).
    ///
    /// # Errors
    /// [`MetricsError::Input`] for options out of their range, and for a set whose halves are not of the same cases.
    pub fn new(joined: &Arc<Assessment>, options: &ComparisonOptions) -> Result<Self, MetricsError> {
        options.check()?;
        let pair = Arc::new(Pair::new(joined)?);
        let resampling = &options.resampling;
        let clusters = Clusters::new(pair.units(), &pair.all(), &resampling.unit);
        let bootstrap = Arc::new(BootstrapWork::new(pair.clone(), clusters.clone(), resampling.clone()));
        let swaps = Arc::new(SwapWork::new(pair.clone(), clusters.clone(), options.permutations, resampling.seed));
        let cases = Arc::new(CaseWork::new(joined.clone()));
        let steps = Steps::new(vec![bootstrap.clone(), swaps.clone(), cases.clone()]);
        Ok(Self { pair, options: options.clone(), clusters, bootstrap, swaps, cases, steps })
    }

    /// Does up to `count` resamples, swaps or cases more.
    pub fn advance(&mut self, count: usize) -> Progress {
        self.steps.advance(count)
    }

    /// Does the rest on all processors. `progress` hears of every piece and stops the work by saying `false`.
    ///
    /// # Errors
    /// [`MetricsError::Cancelled`] where it was stopped.
    pub fn run(self, progress: &mut dyn FnMut(Progress) -> bool) -> Result<Comparison, MetricsError> {
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
    ) -> Result<Comparison, MetricsError> {
        self.steps.run(threads, progress)?;
        Ok(self.finish())
    }

    /// The comparison; does what was left to do.
    pub fn finish(self) -> Comparison {
        let Self { pair, options, clusters, bootstrap, swaps, cases, steps } = self;
        let mut rows = steps.finish().into_iter();
        let mut next = || rows.next().unwrap_or_default();
        let (replicates, swapped, alone) = (next(), next(), next());
        let (of_a, of_b) = pair.measure(clusters.base());
        let differences = of_a.iter().zip(&of_b).map(|(a, b)| difference(a.statistic, b.statistic)).collect::<Vec<_>>();
        let intervals = bootstrap.intervals(&differences, &replicates);
        let replicates = replicates.get(..options.resampling.resamples as usize).unwrap_or_default();
        let tests = pair.paired_tests(clusters.base());
        let values = cases.values(&alone);
        let lines = pair.assessment().lines().enumerate().map(|(place, line)| {
            let (a, b) = (measured(&of_a, place), measured(&of_b, place));
            let difference = differences.get(place).copied().flatten();
            let rounding = rounding(a, b);
            let better = crate::definition(line.id).map_or(Better::Neither, |definition| definition.better);
            let values = values.get(place).map(Vec::as_slice).unwrap_or_default();
            let interval = intervals.get(place).and_then(|interval| interval.interval);
            let mcnemar = mcnemar_of(values, better);
            ComparisonLine {
                id: line.id.to_owned(),
                class: line.class.clone(),
                convention: line.convention.clone(),
                a,
                b,
                difference,
                interval,
                interval_method: interval.map(|_| options.resampling.method.word().to_owned()),
                p_bootstrap: difference.and_then(|_| bootstrap_p(replicates, place, rounding)),
                p_permutation: difference.and_then(|observed| swaps.p(&swapped, place, observed, rounding)),
                p_mcnemar: mcnemar.map(|test| test.p_exact),
                p_mcnemar_chi_squared: mcnemar.map(|test| test.p_chi_squared),
                p_delong: tests.get(place).copied().flatten().and_then(delong_p),
                p_holm: None,
                p_benjamini_hochberg: None,
                by_case: by_case(values, better),
            }
        });
        let mut lines = lines.collect::<Vec<_>>();
        let adjusted = set_adjusted(&mut lines, options.permutations > 0, options.family);
        let notes = result::notes(&lines, &intervals, &clusters);
        Comparison {
            cases: pair.units().len(),
            clusters: clusters.len(),
            resamples: options.resampling.resamples,
            permutations: swaps.count(),
            exact: swaps.is_exact(),
            family: options.family,
            adjusted,
            lines,
            notes,
        }
    }
}

/// Compares both halves of a joined set on all processors; see [`Comparing`].
///
/// # Errors
/// As [`Comparing::new`] and [`Comparing::run`].
pub fn compare(
    joined: &Arc<Assessment>,
    options: &ComparisonOptions,
    progress: &mut dyn FnMut(Progress) -> bool,
) -> Result<Comparison, MetricsError> {
    Comparing::new(joined, options)?.run(progress)
}

fn measured(all: &[Measured], place: usize) -> Statistic {
    all.get(place).map_or(Statistic::Undefined(groundglass_types::Undefined::Nothing), |measured| measured.statistic)
}

fn difference(a: Statistic, b: Statistic) -> Option<f64> {
    Some(a.value()? - b.value()?).filter(|difference| difference.is_finite())
}

fn delong_p(test: PairedTest) -> Option<f64> {
    (test.method == "delong").then_some(test.p)
}

/// What the order of a sum may change of a difference of two values.
fn rounding(a: Statistic, b: Statistic) -> f64 {
    let size = |statistic: Statistic| statistic.value().unwrap_or_default().abs();
    1e-12 * size(a).max(size(b))
}

/// Twice the share of resamples on the rarer side of 0, the observed set among them: `2 (1 + k) / (1 + B)`, at most 1.
fn bootstrap_p(replicates: &[Row], line: usize, rounding: f64) -> Option<f64> {
    let differences = defined(replicates, line);
    let not_above = differences.iter().filter(|difference| **difference <= rounding).count();
    let not_below = differences.iter().filter(|difference| **difference >= -rounding).count();
    let rarer = (1 + not_above.min(not_below)) as f64;
    enough(differences.len(), replicates.len()).then(|| (2.0 * rarer / (1 + differences.len()) as f64).min(1.0))
}

/// Adjusts the p-values of the family; says how many there are.
fn set_adjusted(lines: &mut [ComparisonLine], permuted: bool, family: TestFamily) -> usize {
    let p = |line: &ComparisonLine| {
        let p = if permuted { line.p_permutation } else { line.p_bootstrap };
        p.filter(|_| family.holds(line.class.as_deref()))
    };
    let all = lines.iter().map(p).collect::<Vec<_>>();
    for ((line, holm), hochberg) in lines.iter_mut().zip(holm(&all)).zip(benjamini_hochberg(&all)) {
        (line.p_holm, line.p_benjamini_hochberg) = (holm, hochberg);
    }
    all.iter().flatten().count()
}
