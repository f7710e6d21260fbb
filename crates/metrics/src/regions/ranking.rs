//! All findings of one class in one list, ready to be counted under any weights.

use groundglass_types::Ties;

use crate::engine::Weights;
use crate::engine::parallel;
use crate::regions::curve::Reached;
use crate::regions::lanes::{Count, WeightLanes};
use crate::regions::matching::Outcomes;
use crate::regions::scope::{Scope, ScopedCase};

/// A finding with its outcomes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ranked {
    pub score: f64,
    /// Its case's place among those that count.
    pub case: u32,
    /// Its place among the findings of its class in its case, from the highest score down.
    pub rank: u32,
    pub outcomes: Outcomes,
}

/// The findings of each of the scope's classes: case by case, within a case from the highest score down. `matched`
/// gives one outcome a finding.
pub(crate) fn ranked_by_class(
    scope: &Scope<'_>,
    matched: impl Fn(&ScopedCase<'_>, &mut Vec<Outcomes>) + Sync,
) -> Vec<Vec<Ranked>> {
    let places = scope.class_places();
    let of_chunk = |first: usize, cases: &[ScopedCase<'_>]| {
        let mut ranked = Vec::with_capacity(cases.iter().map(|case| case.findings.len()).sum());
        let (mut outcomes, mut ranks) = (Vec::new(), vec![0_u32; scope.classes.len()]);
        for (case, index) in cases.iter().zip(first as u32..) {
            outcomes.clear();
            matched(case, &mut outcomes);
            let of_finding = |finding: usize| places.get(*case.finding_classes.get(finding)?).copied().flatten();
            for &finding in case.entry.order() {
                let (Some(place), Some(&outcomes)) = (of_finding(finding), outcomes.get(finding)) else { continue };
                let score = case.findings.get(finding).map_or(0.0, |finding| finding.score);
                ranked.push((place as u32, Ranked { score, case: index, rank: ranks[place], outcomes }));
                ranks[place] += 1;
            }
            for &finding in case.entry.order() {
                if let Some(place) = of_finding(finding) {
                    ranks[place] = 0;
                }
            }
        }
        ranked
    };
    let chunks = parallel::map_chunks(&scope.cases, parallel::CASES, of_chunk);
    let mut lengths = vec![0; scope.classes.len()];
    for (place, _) in chunks.iter().flatten() {
        lengths[*place as usize] += 1;
    }
    let mut by_class = lengths.into_iter().map(Vec::with_capacity).collect::<Vec<_>>();
    for (place, ranked) in chunks.into_iter().flatten() {
        by_class[place as usize].push(ranked);
    }
    by_class
}

/// The order from the highest score down; equal scores keep the order of the list.
pub(crate) fn by_score(ranked: &[Ranked]) -> Vec<u32> {
    // Turned so that a higher score is a smaller number. Adding 0 makes -0 equal to 0.
    let key = |score: f64| {
        let bits = (score + 0.0).to_bits();
        if bits >> 63 == 1 { bits } else { !bits & !(1 << 63) }
    };
    let mut keys = ranked.iter().zip(0_u32..).map(|(ranked, place)| (key(ranked.score), place)).collect::<Vec<_>>();
    keys.sort_unstable();
    keys.into_iter().map(|(_, place)| place).collect()
}

/// A list for each threshold, all in one.
#[derive(Debug)]
struct Lists {
    ends: Vec<usize>,
    entries: Vec<u32>,
}

impl Lists {
    /// `bits` says for each entry, in order, in which of the lists it stands.
    fn new(lists: usize, bits: impl Iterator<Item = (u32, u64)> + Clone) -> Self {
        let mut ends = vec![0_usize; lists];
        let each = |bits: u64, visit: &mut dyn FnMut(usize)| {
            let mut rest = bits;
            while rest != 0 {
                visit(rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        };
        for (_, bits) in bits.clone() {
            each(bits, &mut |list| ends[list] += 1);
        }
        let mut total = 0;
        for end in &mut ends {
            // For now where the list begins; filling moves it to its end.
            total += std::mem::replace(end, total);
        }
        let mut entries = vec![0; total];
        for (entry, bits) in bits {
            each(bits, &mut |list| {
                entries[ends[list]] = entry;
                ends[list] += 1;
            });
        }
        Self { ends, entries }
    }

    fn of(&self, list: usize) -> &[u32] {
        let start = list.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.ends.get(list).and_then(|&end| self.entries.get(start..end)).unwrap_or_default()
    }
}

/// The findings of one class from the highest score down, with their outcomes at some thresholds.
///
/// Four bytes a finding, and four for each threshold at which it is paired.
#[derive(Debug)]
pub(crate) struct Ranking {
    /// The case of each finding that counts at any threshold.
    cases: Vec<u32>,
    /// At each threshold the places of the paired findings.
    paired: Lists,
    /// At each threshold the places of the findings that do not count there: few.
    ignored: Lists,
    /// Where the findings of equal score begin and end, for each finding; empty where the order of the list holds.
    ties: Vec<(u32, u32)>,
}

impl Ranking {
    /// `ranked` comes from the highest score down, with outcomes at `thresholds` thresholds (bits above are 0).
    pub fn new(thresholds: usize, with_ties: bool, ranked: impl Iterator<Item = Ranked>) -> Self {
        let all = if thresholds >= 64 { u64::MAX } else { (1 << thresholds) - 1 };
        let counted = ranked.filter(|ranked| ranked.outcomes.ignored & all != all).collect::<Vec<_>>();
        let places = || counted.iter().zip(0_u32..);
        let mut ties = Vec::new();
        if with_ties {
            for tied in counted.chunk_by(|a, b| a.score == b.score) {
                let start = ties.len() as u32;
                ties.extend(std::iter::repeat_n((start, start + tied.len() as u32), tied.len()));
            }
        }
        Self {
            cases: counted.iter().map(|ranked| ranked.case).collect(),
            paired: Lists::new(thresholds, places().map(|(ranked, place)| (place, ranked.outcomes.paired & all))),
            ignored: Lists::new(thresholds, places().map(|(ranked, place)| (place, ranked.outcomes.ignored & all))),
            ties,
        }
    }
}

/// A finding under weights.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    weight: u64,
    /// Findings up to and with it, those that some threshold ignores among them.
    total: u64,
}

/// A ranking under weights. Its memory serves one ranking after the other.
#[derive(Debug, Default)]
pub(crate) struct Weighed {
    counted: Vec<Counted>,
    points: Vec<Reached>,
}

impl Weighed {
    /// Counts a ranking's findings under other weights.
    pub fn weigh(&mut self, ranking: &Ranking, weights: &Weights) {
        let weights = weights.as_slice();
        self.counted.clear();
        self.counted.resize(ranking.cases.len(), Counted::default());
        let mut total = 0;
        for (counted, &case) in self.counted.iter_mut().zip(&ranking.cases) {
            let weight = weights.get(case as usize).copied().map_or(0, u64::from);
            total += weight;
            *counted = Counted { weight, total };
        }
    }

    fn weight(&self, place: u32) -> u64 {
        self.counted.get(place as usize).map_or(0, |counted| counted.weight)
    }

    fn sum(&self, places: &[u32]) -> u64 {
        places.iter().map(|&place| self.weight(place)).sum()
    }

    /// The points of the ranking that was weighed last, at one threshold, from the last to the first. Nothing is kept.
    pub fn backwards<'a>(&'a self, ranking: &'a Ranking, threshold: usize) -> Backwards<'a> {
        let (paired, ignored) = (ranking.paired.of(threshold), ranking.ignored.of(threshold));
        let (found, skipped) = (self.sum(paired), self.sum(ignored));
        Backwards { counted: &self.counted, paired, ignored, found, skipped }
    }

    /// The same in a list, from the first to the last.
    pub fn points(&mut self, ranking: &Ranking, threshold: usize, ties: Ties) -> &[Reached] {
        let mut points = std::mem::take(&mut self.points);
        points.clear();
        if ranking.ties.is_empty() || ties == Ties::ListOrder {
            points.extend(self.backwards(ranking, threshold));
            points.reverse();
        } else {
            self.tied_points(ranking, threshold, ties, &mut points);
        }
        self.points = points;
        &self.points
    }

    /// The same where among equal scores the paired findings come first ([`Ties::Best`]) or last.
    fn tied_points(&self, ranking: &Ranking, threshold: usize, ties: Ties, points: &mut Vec<Reached>) {
        let (paired, ignored) = (ranking.paired.of(threshold), ranking.ignored.of(threshold));
        let mut found = 0;
        let same = |a: &u32, b: &u32| ranking.ties.get(*a as usize) == ranking.ties.get(*b as usize);
        let skipped = |before: u32| {
            let end = ignored.partition_point(|&place| place < before);
            self.sum(ignored.get(..end).unwrap_or_default())
        };
        for group in paired.chunk_by(same) {
            let Some(&(start, end)) = group.first().and_then(|&place| ranking.ties.get(place as usize)) else {
                continue;
            };
            let up_to = |end: u32| match end.checked_sub(1) {
                Some(last) => self.counted.get(last as usize).map_or(0, |counted| counted.total) - skipped(end),
                None => 0,
            };
            let in_group = self.sum(group);
            let mut counted = if ties == Ties::Best { up_to(start) } else { up_to(end) - in_group };
            for &place in group {
                found += self.weight(place);
                counted += self.weight(place);
                points.push(Reached { found, counted });
            }
        }
    }

    /// The points that were made last.
    pub fn made(&self) -> &[Reached] {
        &self.points
    }

    /// How far the whole ranking that was weighed last comes, at the threshold whose points were made last.
    pub fn last(&self, ranking: &Ranking, threshold: usize) -> Reached {
        let ignored = self.sum(ranking.ignored.of(threshold));
        Reached {
            found: self.points.last().map_or(0, |point| point.found),
            counted: self.counted.last().map_or(0, |counted| counted.total - ignored),
        }
    }
}

/// The points of a ranking from the last to the first: a bootstrap spends its time here.
#[derive(Debug)]
pub(crate) struct Backwards<'a> {
    counted: &'a [Counted],
    paired: &'a [u32],
    ignored: &'a [u32],
    /// Of the paired ones that are left.
    found: u64,
    /// Of the ignored ones that are left.
    skipped: u64,
}

impl Backwards<'_> {
    /// Leaves behind what is ignored after a place.
    #[cold]
    fn skip_after(&mut self, place: u32) {
        while let Some((&last, before)) = self.ignored.split_last() {
            if last <= place {
                break;
            }
            self.skipped -= self.counted.get(last as usize).map_or(0, |counted| counted.weight);
            self.ignored = before;
        }
    }
}

impl Iterator for Backwards<'_> {
    type Item = Reached;

    #[inline]
    fn next(&mut self) -> Option<Reached> {
        let (&place, before) = self.paired.split_last()?;
        self.paired = before;
        if self.ignored.last().is_some_and(|&last| last > place) {
            self.skip_after(place);
        }
        let counted = self.counted.get(place as usize)?;
        let point = Reached { found: self.found, counted: counted.total - self.skipped };
        self.found -= counted.weight;
        Some(point)
    }
}

/// Several counts of each case in which any is above 0, by the case's place.
#[derive(Debug)]
pub(crate) struct CaseCounts<const N: usize>(Vec<(u32, [u32; N])>);

impl<const N: usize> Default for CaseCounts<N> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<const N: usize> CaseCounts<N> {
    /// More in the case that was added to last, or in a later one.
    pub fn add(&mut self, case: u32, more: [u32; N]) {
        match self.0.last_mut() {
            Some((last, counts)) if *last == case => {
                for (count, more) in counts.iter_mut().zip(more) {
                    *count += more;
                }
            }
            _ if more == [0; N] => {}
            _ => self.0.push((case, more)),
        }
    }

    /// All cases together, each as often as it counts.
    pub fn total(&self, weights: &Weights) -> [u64; N] {
        let mut total = [0; N];
        for (case, counts) in &self.0 {
            let weight = u64::from(weights.of(*case as usize));
            for (total, count) in total.iter_mut().zip(counts) {
                *total += weight * u64::from(*count);
            }
        }
        total
    }

    /// The same in each lane.
    pub fn totals<T: Count, const L: usize>(&self, weights: &WeightLanes<T, L>) -> [[u64; L]; N] {
        let mut totals = [[T::default(); L]; N];
        for (case, counts) in &self.0 {
            let weights = weights.of(*case);
            for (total, &count) in totals.iter_mut().zip(counts) {
                for (total, &weight) in total.iter_mut().zip(weights) {
                    *total += weight * T::of(count);
                }
            }
        }
        totals.map(|total| total.map(Count::number))
    }

    /// The counts of each case that has any, in the order of the cases.
    pub fn by_case(&self) -> &[(u32, [u32; N])] {
        &self.0
    }

    /// Everything once.
    pub fn sum(&self) -> u64 {
        self.0.iter().flat_map(|(_, counts)| counts).map(|&count| u64::from(count)).sum()
    }

    /// The truths of each of the scope's classes; `counts` says in which of the counts a truth of a case, by its
    /// index, is one.
    pub fn of_truths(scope: &Scope<'_>, counts: impl Fn(&ScopedCase<'_>, usize) -> [u32; N]) -> Vec<Self> {
        let places = scope.class_places();
        let mut by_class = scope.classes.iter().map(|_| Self::default()).collect::<Vec<_>>();
        for (case, index) in scope.cases.iter().zip(0_u32..) {
            for (truth, &class) in case.entry.truth_labels().iter().enumerate() {
                let place = places.get(class).copied().flatten();
                if let Some(list) = place.and_then(|place| by_class.get_mut(place)) {
                    list.add(index, counts(case, truth));
                }
            }
        }
        by_class
    }
}

#[cfg(test)]
mod tests {
    use groundglass_types::Ties;

    use super::{Outcomes, Ranked, Ranking, Weighed, by_score};
    use crate::engine::Weights;
    use crate::regions::curve::Reached;

    fn ranked(score: f64, case: u32, paired: u64, ignored: u64) -> Ranked {
        Ranked { score, case, rank: 0, outcomes: Outcomes { paired, ignored } }
    }

    fn points(list: &[(u64, u64)]) -> Vec<Reached> {
        list.iter().map(|&(found, counted)| Reached { found, counted }).collect()
    }

    #[test]
    fn scores_fall_and_equal_ones_keep_their_order() {
        let scores = [0.5, -1.0, 0.0, 2.0, -0.0, 0.5, -3.5];
        let order = by_score(&scores.map(|score| ranked(score, 0, 0, 0)));
        assert_eq!(order, [3, 0, 5, 2, 4, 1, 6]);
    }

    #[test]
    fn points_worked_by_hand() {
        // At threshold 0 the second is paired and the third ignored; at threshold 1 the third is paired; the fourth
        // counts nowhere.
        let list = [
            ranked(0.9, 0, 0, 0),
            ranked(0.8, 1, 1, 0),
            ranked(0.8, 2, 2, 1),
            ranked(0.7, 0, 0, 3),
            ranked(0.6, 1, 1, 0),
        ];
        let ranking = Ranking::new(2, true, list.into_iter());
        assert_eq!(ranking.cases, [0, 1, 2, 1]);
        let mut weighed = Weighed::default();
        weighed.weigh(&ranking, &Weights::new(vec![1, 3, 2]));
        assert_eq!(weighed.points(&ranking, 0, Ties::ListOrder), points(&[(3, 4), (6, 7)]));
        assert_eq!(weighed.last(&ranking, 0), Reached { found: 6, counted: 7 });
        assert_eq!(weighed.points(&ranking, 1, Ties::ListOrder), points(&[(2, 6)]));
        assert_eq!(weighed.points(&ranking, 1, Ties::Best), points(&[(2, 3)]));
        assert_eq!(weighed.points(&ranking, 1, Ties::Worst), points(&[(2, 6)]));
        assert_eq!(weighed.last(&ranking, 1), Reached { found: 2, counted: 9 });
        assert_eq!(weighed.points(&ranking, 0, Ties::Best), points(&[(3, 4), (6, 7)]));
    }
}
