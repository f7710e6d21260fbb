//! What a comparison is asked, and what it answers.

use groundglass_types::{Convention, Statistic};
use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::interval::clusters::Clusters;
use crate::interval::missing::{Missing, line_name, without_interval};
use crate::interval::{LineInterval, NoInterval, Resampling};

/// More swaps than anyone needs; each keeps one number a line.
const MOST_PERMUTATIONS: u32 = 100_000;

/// How two sets of predictions are compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct ComparisonOptions {
    /// What is resampled and swapped, how often resampled, the seed and the level.
    pub resampling: Resampling,
    /// How often predictions are swapped at random. Where there are no more ways than this to swap, each is tried once.
    /// With 0 there is no permutation test.
    pub permutations: u32,
    /// Which lines are tested together.
    pub family: TestFamily,
}

/// The lines whose p-values are adjusted together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum TestFamily {
    /// The lines over all classes; those of single classes are not adjusted.
    #[default]
    Overall,
    /// Every line, those of single classes among them.
    All,
}

impl TestFamily {
    /// Whether a line of this class, or over all, belongs to it.
    pub(super) const fn holds(self, class: Option<&str>) -> bool {
        match self {
            Self::Overall => class.is_none(),
            Self::All => true,
        }
    }
}

impl Default for ComparisonOptions {
    fn default() -> Self {
        Self { resampling: Resampling::default(), permutations: 2000, family: TestFamily::default() }
    }
}

impl ComparisonOptions {
    pub(super) fn check(&self) -> Result<(), MetricsError> {
        self.resampling.check()?;
        if self.permutations > MOST_PERMUTATIONS {
            let fault = format!("{} swaps were asked for, {MOST_PERMUTATIONS} are the most", self.permutations);
            return Err(MetricsError::Input { place: "comparison".to_owned(), fault });
        }
        Ok(())
    }
}

/// In how many cases, each measured alone, a is better than b.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct ByCase {
    /// a is better.
    pub win: u64,
    /// Both are equal.
    pub tie: u64,
    /// b is better.
    pub loss: u64,
    /// a or b is undefined.
    pub undefined: u64,
}

/// One metric under both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify), tsify(missing_as_null))]
pub struct ComparisonLine {
    /// Which metric.
    pub id: String,
    /// The class, where the line is of one class.
    pub class: Option<String>,
    /// The convention under which both were computed.
    pub convention: Convention,
    /// The value under a.
    pub a: Statistic,
    /// The value under b.
    pub b: Statistic,
    /// a - b.
    pub difference: Option<f64>,
    /// Interval of the difference, cases or clusters drawn with both their predictions.
    pub interval: Option<[f64; 2]>,
    /// `percentile` or `bca`.
    pub interval_method: Option<String>,
    /// Two-sided, of no difference: `2 (1 + k) / (1 + B)` with k of B resamples on the rarer side of 0.
    pub p_bootstrap: Option<f64>,
    /// Two-sided, of predictions that could be swapped: the share of swaps with as great a difference.
    pub p_permutation: Option<f64>,
    /// McNemar's exact test, where each case alone is 0 or 1.
    pub p_mcnemar: Option<f64>,
    /// McNemar's chi-squared test with continuity correction.
    pub p_mcnemar_chi_squared: Option<f64>,
    /// DeLong's test of two areas under the ROC curve.
    pub p_delong: Option<f64>,
    /// `p_permutation` (`p_bootstrap` without swaps) adjusted by Holm's method over the family of lines, where this is
    /// one of them.
    pub p_holm: Option<f64>,
    /// The same by Benjamini and Hochberg's.
    pub p_benjamini_hochberg: Option<f64>,
    /// Case by case; none for a metric of which neither more nor less is better.
    pub by_case: Option<ByCase>,
}

/// Two sets of predictions for the same cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Comparison {
    /// Cases that both have.
    pub cases: usize,
    /// What is drawn and swapped as one: cases, or patients with theirs.
    pub clusters: usize,
    /// How often was resampled.
    pub resamples: u32,
    /// How often was swapped.
    pub permutations: u32,
    /// Whether these are all the ways to swap, so that the permutation test is exact.
    pub exact: bool,
    /// Which lines are tested together.
    #[serde(default)]
    pub family: TestFamily,
    /// How many of them have a p-value, for which theirs are adjusted.
    #[serde(default)]
    pub adjusted: usize,
    /// Every metric.
    pub lines: Vec<ComparisonLine>,
    /// What a reader must know besides, one sentence each.
    pub notes: Vec<String>,
}

pub(super) fn notes(lines: &[ComparisonLine], intervals: &[LineInterval], clusters: &Clusters) -> Vec<String> {
    let mut missing = Missing::new();
    for (line, interval) in lines.iter().zip(intervals) {
        let told = |reason: &NoInterval| !matches!(reason, NoInterval::NoValue | NoInterval::NotResampled);
        if let Some(reason) = interval.reason.filter(told) {
            missing.entry(reason).or_default().push(line_name(&line.id, line.class.as_deref(), None));
        }
    }
    let mut notes = without_interval(&missing);
    if lines.iter().any(|line| line.p_permutation.or(line.p_bootstrap).is_some() && line.p_holm.is_none()) {
        let adjusted = lines.iter().filter(|line| line.p_holm.is_some()).count();
        notes.push(format!(
            "Holm's and Benjamini and Hochberg's methods adjust the p-values of the {adjusted} lines over all classes; \
             lines of single classes are left as they are."
        ));
    }
    if clusters.some_are_shared() && lines.iter().any(|line| line.p_mcnemar.or(line.p_delong).is_some()) {
        notes.push(
            "McNemar's and DeLong's tests take cases for independent, but some cases belong together; the bootstrap \
             and the permutation test respect that."
                .to_owned(),
        );
    }
    notes
}
