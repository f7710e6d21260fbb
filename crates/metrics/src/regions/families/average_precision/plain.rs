//! What the conventions without sizes and without a limit have in common.

use groundglass_types::Ties;

use crate::engine::{Measured, Weights};
use crate::regions::curve::{Reached, Recalls, stepped_average_precision};
use crate::regions::matching::Outcomes;
use crate::regions::ranking::{CaseCounts, Ranking, Weighed, by_score, ranked_by_class};
use crate::regions::scope::{Scope, ScopedCase};

use super::lines::with_truth;

/// One class: its ranking and how many truths each case has.
pub(super) struct PlainClass {
    truths: CaseCounts<1>,
    ranking: Ranking,
}

/// One for each of the scope's classes. `matched` gives one outcome a finding, `counts` says which truths of a case
/// count, by their index.
pub(super) fn plain_classes(
    scope: &Scope<'_>,
    thresholds: usize,
    with_ties: bool,
    matched: impl Fn(&ScopedCase<'_>, &mut Vec<Outcomes>) + Sync,
    counts: impl Fn(&ScopedCase<'_>, usize) -> bool,
) -> Vec<PlainClass> {
    let ranked = ranked_by_class(scope, matched);
    let truths = CaseCounts::of_truths(scope, |case, truth| [u32::from(counts(case, truth))]);
    let class = |(ranked, truths): (Vec<_>, CaseCounts<1>)| {
        let order = by_score(&ranked);
        let sorted = order.iter().filter_map(|&place| ranked.get(place as usize).copied());
        PlainClass { truths, ranking: Ranking::new(thresholds, with_ties, sorted) }
    };
    ranked.into_iter().zip(truths).map(class).collect()
}

/// The mean over the recalls `0, 1 / steps, ... 1`.
pub(super) fn stepped(points: &[Reached], truths: u64, steps: u32) -> f64 {
    let mut recalls = Recalls::default();
    recalls.set(truths, steps);
    stepped_average_precision(points.iter().rev().copied(), &recalls)
}

impl PlainClass {
    /// `rule` of the points, of how far the ranking comes, and of the number of truths, at each threshold; `None`
    /// without truth.
    pub fn precisions(
        &self,
        weights: &Weights,
        weighed: &mut Weighed,
        (thresholds, ties): (usize, Ties),
        rule: impl Fn(&[Reached], Reached, u64) -> f64,
    ) -> (Option<Vec<f64>>, u64) {
        let [truths] = self.truths.total(weights);
        if truths == 0 {
            return (None, 0);
        }
        weighed.weigh(&self.ranking, weights);
        let of_threshold = |threshold: usize| {
            weighed.points(&self.ranking, threshold, ties);
            let last = weighed.last(&self.ranking, threshold);
            rule(weighed.made(), last, truths)
        };
        (Some((0..thresholds).map(of_threshold).collect()), truths)
    }

    /// The same at the only threshold.
    pub fn precision(
        &self,
        weights: &Weights,
        weighed: &mut Weighed,
        rule: impl Fn(&[Reached], u64) -> f64,
    ) -> Measured {
        let rule = |points: &[Reached], _: Reached, truths: u64| rule(points, truths);
        let (precisions, truths) = self.precisions(weights, weighed, (1, Ties::ListOrder), rule);
        with_truth(precisions.and_then(|precisions| precisions.first().copied()), truths)
    }
}
