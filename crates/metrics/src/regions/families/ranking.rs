//! Findings of all cases from the highest score down, each a hit or not, counted under weights.

use crate::engine::{Point, Weights};
use crate::regions::CURVE_POINTS;
use crate::regions::case_entry::LabelIndex;
use crate::regions::matching::{Matching, Outcome};
use crate::regions::scope::Scope;

/// One finding of a ranking, or a truth that stands for the finding which hit it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    pub score: f64,
    pub case: u32,
    pub found: bool,
}

/// What is found and what is wrong where findings at or above a score count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub score: f64,
    pub found: u64,
    pub wrong: u64,
}

/// Findings from the highest score down, and how many truths each case has to find.
#[derive(Clone, Debug, Default)]
pub(super) struct Ranking {
    findings: Vec<Ranked>,
    truths: Vec<(u32, u64)>,
}

impl Ranking {
    pub fn new(mut findings: Vec<Ranked>, truths: Vec<(u32, u64)>) -> Self {
        // Stable: equal scores keep the order of the cases and of their lists. Adding 0 makes -0 equal to 0.
        findings.sort_by(|a, b| (b.score + 0.0).total_cmp(&(a.score + 0.0)));
        Self { findings, truths }
    }

    /// The pairing at the IoU threshold of the options, of a class or of all.
    pub fn at_threshold(scope: &Scope<'_>, class: Option<LabelIndex>) -> Self {
        Self::of(scope, scope.cases.iter().map(|case| &case.matching), class, usize::MAX)
    }

    /// Any pairing, one a case, of a class or of all; of each class in each case the `limit` highest scores count.
    /// Findings in crowds are left out.
    pub fn of<'m>(
        scope: &Scope<'_>,
        matchings: impl IntoIterator<Item = &'m Matching>,
        class: Option<LabelIndex>,
        limit: usize,
    ) -> Self {
        let (mut findings, mut truths) = (Vec::new(), Vec::new());
        for (index, (case, matching)) in scope.cases.iter().zip(matchings).enumerate() {
            let mut ranks = std::collections::BTreeMap::new();
            for &finding in case.entry.order() {
                let of = case.finding_classes[finding];
                let rank = ranks.entry(of).or_insert(0_usize);
                *rank += 1;
                if *rank > limit || class.is_some_and(|class| class != of) {
                    continue;
                }
                let found = match matching.outcomes[finding] {
                    Outcome::Paired(_) => true,
                    Outcome::Unpaired => false,
                    Outcome::Ignored(_) => continue,
                };
                findings.push(Ranked { score: case.findings[finding].score, case: index as u32, found });
            }
            truths.push((index as u32, case.truth_count(class)));
        }
        truths.retain(|(_, count)| *count > 0);
        Self::new(findings, truths)
    }

    /// How many truths there are to find.
    pub fn truths(&self, weights: &Weights) -> u64 {
        self.truths.iter().map(|&(case, truths)| truths * u64::from(weights.of(case as usize))).sum()
    }

    /// Whether there is a truth or a finding at all.
    pub fn occurs(&self, weights: &Weights) -> bool {
        self.truths(weights) > 0 || self.findings.iter().any(|finding| weights.of(finding.case as usize) > 0)
    }

    /// One step for each distinct score that occurs, from the highest down: equal scores share a step, since no
    /// threshold tells them apart.
    pub fn steps(&self, weights: &Weights) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let (mut found, mut wrong) = (0, 0);
        for finding in &self.findings {
            let weight = u64::from(weights.of(finding.case as usize));
            if weight == 0 {
                continue;
            }
            *(if finding.found { &mut found } else { &mut wrong }) += weight;
            let step = Step { score: finding.score + 0.0, found, wrong };
            match steps.last_mut() {
                Some(last) if last.score == step.score => *last = step,
                _ => steps.push(step),
            }
        }
        steps
    }
}

/// At most as many points as a chart has pixels, evenly spaced by rank, with both ends.
pub(super) fn thinned(points: Vec<Point>) -> Vec<Point> {
    if points.len() <= CURVE_POINTS {
        return points;
    }
    let (last, steps) = (points.len() - 1, CURVE_POINTS - 1);
    (0..CURVE_POINTS).filter_map(|step| points.get(step * last / steps).copied()).collect()
}
