//! Average precision under several weights at once: one pass over a ranking counts for all of them, side by side, so
//! that what a bootstrap reads from memory serves several resamples.

use std::ops::{Add, AddAssign, Mul, Sub, SubAssign};

use crate::engine::Weights;
use crate::regions::curve::{Recalls, steps_reached};
use crate::regions::ranking::Ranked;

/// A count of a lane. 32 bits do where they suffice: a processor works on twice as many of them at once.
pub(crate) trait Count:
    Copy + Default + Add<Output = Self> + AddAssign + Mul<Output = Self> + Sub<Output = Self> + SubAssign
{
    /// Up to this number of findings, each as often as its case counts.
    const MOST: u64;
    fn of(count: u32) -> Self;
    fn number(self) -> u64;
    fn float(self) -> f64;
}

impl Count for i32 {
    const MOST: u64 = i32::MAX as u64;
    fn of(count: u32) -> Self {
        count as Self
    }
    fn number(self) -> u64 {
        self as u64
    }
    fn float(self) -> f64 {
        f64::from(self)
    }
}

impl Count for i64 {
    const MOST: u64 = Self::MAX as u64;
    fn of(count: u32) -> Self {
        Self::from(count)
    }
    fn number(self) -> u64 {
        self as u64
    }
    fn float(self) -> f64 {
        self as f64
    }
}

/// How often each case counts in each lane.
pub(crate) struct WeightLanes<T, const L: usize> {
    cases: Vec<[T; L]>,
    none: [T; L],
}

impl<T: Count, const L: usize> WeightLanes<T, L> {
    /// The first `L` of the weights; in lanes beyond them no case counts.
    pub fn new(weights: &[Weights]) -> Self {
        let none = [T::default(); L];
        let cases = weights.iter().map(|weights| weights.as_slice().len()).max().unwrap_or_default();
        let mut lanes = vec![none; cases];
        for (lane, weights) in weights.iter().take(L).enumerate() {
            for (case, &weight) in lanes.iter_mut().zip(weights.as_slice()) {
                case[lane] = T::of(weight);
            }
        }
        Self { cases: lanes, none }
    }

    pub fn of(&self, case: u32) -> &[T; L] {
        self.cases.get(case as usize).unwrap_or(&self.none)
    }
}

/// Places from `start` to `end`, `end` excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    start: u32,
    end: u32,
}

/// Runs at each threshold, all in one list.
#[derive(Debug, PartialEq, Eq)]
struct Runs {
    ends: Vec<usize>,
    runs: Vec<Run>,
}

impl Runs {
    /// `bits` says for each place at which of the thresholds it belongs to a run.
    fn new(thresholds: usize, bits: impl Iterator<Item = u64> + Clone) -> Self {
        let mut lengths = vec![0_usize; thresholds];
        let each = |bits: u64, visit: &mut dyn FnMut(usize)| {
            let mut rest = bits;
            while rest != 0 {
                visit(rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        };
        let mut before = 0;
        for bits in bits.clone() {
            each(bits & !before, &mut |threshold| lengths[threshold] += 1);
            before = bits;
        }
        let (mut total, mut ends) = (0, lengths);
        for end in &mut ends {
            // For now where each threshold's runs begin; filling moves it to their end.
            total += std::mem::replace(end, total);
        }
        let mut runs = vec![Run { start: 0, end: 0 }; total];
        let (mut before, mut place) = (0, 0_u32);
        for bits in bits {
            each(bits & !before, &mut |threshold| runs[ends[threshold]].start = place);
            each(before & !bits, &mut |threshold| {
                runs[ends[threshold]].end = place;
                ends[threshold] += 1;
            });
            (before, place) = (bits, place + 1);
        }
        each(before, &mut |threshold| {
            runs[ends[threshold]].end = place;
            ends[threshold] += 1;
        });
        Self { ends, runs }
    }

    fn of(&self, threshold: usize) -> &[Run] {
        let start = threshold.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.ends.get(threshold).and_then(|&end| self.runs.get(start..end)).unwrap_or_default()
    }
}

/// The findings of one class from the highest score down, where equal scores keep the order of the list.
///
/// Four bytes a finding, and eight for each run of findings that are paired, or that do not count, at a threshold.
#[derive(Debug)]
pub(crate) struct LaneRanking {
    /// The case of each finding that counts at any threshold.
    cases: Vec<u32>,
    /// Of a run of paired findings the last has the highest precision and the highest recall, so that it speaks for
    /// all in any envelope.
    paired: Runs,
    /// The findings that do not count: few.
    ignored: Runs,
}

impl LaneRanking {
    /// `ranked` comes from the highest score down, with outcomes at `thresholds` thresholds (bits above are 0).
    pub fn new(thresholds: usize, ranked: impl Iterator<Item = Ranked>) -> Self {
        let all = if thresholds >= 64 { u64::MAX } else { (1 << thresholds) - 1 };
        let counted = ranked.filter(|ranked| ranked.outcomes.ignored & all != all).collect::<Vec<_>>();
        Self {
            cases: counted.iter().map(|ranked| ranked.case).collect(),
            paired: Runs::new(thresholds, counted.iter().map(|ranked| ranked.outcomes.paired & all)),
            ignored: Runs::new(thresholds, counted.iter().map(|ranked| ranked.outcomes.ignored & all)),
        }
    }

    /// The findings of each case that has any as a ranking of their own, in which the case is case 0.
    pub fn by_case(&self, thresholds: usize) -> Vec<(u32, Self)> {
        let bits = |runs: &Runs| {
            let mut bits = vec![0_u64; self.cases.len()];
            for threshold in 0..thresholds {
                for run in runs.of(threshold) {
                    bits[run.start as usize..run.end as usize].iter_mut().for_each(|bits| *bits |= 1 << threshold);
                }
            }
            bits
        };
        let (paired, ignored) = (bits(&self.paired), bits(&self.ignored));
        let mut places = (0..self.cases.len()).collect::<Vec<_>>();
        places.sort_by_key(|&place| self.cases[place]);
        let of_case = |places: &[usize]| Self {
            cases: vec![0; places.len()],
            paired: Runs::new(thresholds, places.iter().map(|&place| paired[place])),
            ignored: Runs::new(thresholds, places.iter().map(|&place| ignored[place])),
        };
        let by_case = places.chunk_by(|&a, &b| self.cases[a] == self.cases[b]);
        by_case.map(|places| (self.cases[places[0]], of_case(places))).collect()
    }

    /// The findings that count at any threshold.
    pub const fn len(&self) -> usize {
        self.cases.len()
    }
}

/// Findings before each place, those that some threshold ignores among them. Its memory serves one ranking after the
/// other.
#[derive(Debug)]
pub(crate) struct Totals<T, const L: usize>(Vec<[T; L]>);

impl<T, const L: usize> Default for Totals<T, L> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

fn plus<T: Count, const L: usize>(mut a: [T; L], b: &[T; L]) -> [T; L] {
    for (a, b) in a.iter_mut().zip(b) {
        *a += *b;
    }
    a
}

fn minus<T: Count, const L: usize>(mut a: [T; L], b: &[T; L]) -> [T; L] {
    for (a, b) in a.iter_mut().zip(b) {
        *a -= *b;
    }
    a
}

impl<T: Count, const L: usize> Totals<T, L> {
    /// Counts a ranking's findings.
    pub fn count(&mut self, ranking: &LaneRanking, weights: &WeightLanes<T, L>) {
        self.0.clear();
        self.0.reserve(ranking.cases.len() + 1);
        let mut total = [T::default(); L];
        self.0.push(total);
        self.0.extend(ranking.cases.iter().map(|&case| {
            total = plus(total, weights.of(case));
            total
        }));
    }

    /// The findings of a run.
    fn of(&self, run: Run) -> [T; L] {
        minus(self.before(run.end), &self.before(run.start))
    }

    fn before(&self, place: u32) -> [T; L] {
        self.0.get(place as usize).copied().unwrap_or([T::default(); L])
    }

    fn sum(&self, runs: &[Run]) -> [T; L] {
        runs.iter().fold([T::default(); L], |sum, &run| plus(sum, &self.of(run)))
    }

    /// The average precision at one threshold of the ranking that was counted last, in every lane: the mean over the
    /// recalls of the highest precision at that recall or beyond. Bit for bit what
    /// [`stepped_average_precision`](crate::regions::curve::stepped_average_precision) says of each lane alone.
    pub fn average_precisions(&self, ranking: &LaneRanking, threshold: usize, recalls: &LaneRecalls<L>) -> [f64; L] {
        let (paired, mut ignored) = (ranking.paired.of(threshold), ranking.ignored.of(threshold));
        let (mut found, mut skipped) = (self.sum(paired), self.sum(ignored));
        let mut envelope = Envelope { sum: [0.0; L], best: [0.0; L], upper: [recalls.count(); L] };
        for &run in paired.iter().rev() {
            while let Some((&last, before)) = ignored.split_last() {
                if last.start < run.end {
                    break;
                }
                skipped = minus(skipped, &self.of(last));
                ignored = before;
            }
            let total = self.before(run.end);
            let places = recalls.reached(&found);
            envelope.reach(&found, &minus(total, &skipped), &places);
            found = minus(found, &minus(total, &self.before(run.start)));
        }
        std::array::from_fn(|lane| (envelope.sum[lane] + envelope.best[lane] * envelope.upper[lane]) / recalls.count())
    }
}

/// How many of the recalls `0, 1 / steps, ... 1` a number of found truths reaches in each lane.
#[derive(Debug)]
pub(crate) struct LaneRecalls<const L: usize> {
    truths: [u64; L],
    steps: u32,
    /// By the number of found truths.
    reached: Vec<[u8; L]>,
}

impl<const L: usize> Default for LaneRecalls<L> {
    fn default() -> Self {
        Self { truths: [0; L], steps: 0, reached: Vec::new() }
    }
}

impl<const L: usize> LaneRecalls<L> {
    /// `steps` is at most 100. The memory of the last table is used again.
    pub fn set(&mut self, truths: [u64; L], steps: u32) {
        (self.truths, self.steps) = (truths, steps);
        let most = truths.into_iter().max().unwrap_or_default().min(Recalls::MOST);
        self.reached.clear();
        self.reached.resize(most as usize + 1, [0; L]);
        for (lane, truths) in truths.into_iter().enumerate() {
            let of_lane = self.reached.iter_mut().take(truths as usize + 1).map(|lanes| &mut lanes[lane]);
            Recalls::fill(of_lane, truths, steps);
        }
    }

    fn count(&self) -> f64 {
        f64::from(self.steps + 1)
    }

    #[inline]
    fn reached<T: Count>(&self, found: &[T; L]) -> [i32; L] {
        let mut reached = [0; L];
        for lane in 0..L {
            let found = found[lane].number();
            reached[lane] = match self.reached.get(found as usize) {
                Some(lanes) => i32::from(lanes[lane]),
                None => self.reached_beyond(lane, found),
            };
        }
        reached
    }

    #[cold]
    #[inline(never)]
    fn reached_beyond(&self, lane: usize, found: u64) -> i32 {
        steps_reached(found, self.truths[lane], self.steps, false) as i32
    }
}

/// The envelope of each lane's precision, from the last recall to the first.
struct Envelope<const L: usize> {
    sum: [f64; L],
    /// The highest precision so far.
    best: [f64; L],
    /// How many recalls lie before those that are summed.
    upper: [f64; L],
}

impl<const L: usize> Envelope<L> {
    /// Nothing here is a branch, so that all lanes take each step together.
    #[inline]
    fn reach<T: Count>(&mut self, found: &[T; L], counted: &[T; L], places: &[i32; L]) {
        for lane in 0..L {
            // Not a number before anything counts, and then not above the best.
            let precision = found[lane].float() / counted[lane].float();
            let (best, upper, place) = (self.best[lane], self.upper[lane], f64::from(places[lane]));
            let higher = precision > best;
            self.sum[lane] += best * if higher { upper - place } else { 0.0 };
            self.upper[lane] = if higher { place } else { upper };
            self.best[lane] = if higher { precision } else { best };
        }
    }
}

#[cfg(test)]
mod tests {
    use groundglass_types::Ties;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::{Count, LaneRanking, LaneRecalls, Run, Runs, Totals, WeightLanes};
    use crate::engine::Weights;
    use crate::regions::curve::{Recalls, stepped_average_precision, steps_reached};
    use crate::regions::matching::Outcomes;
    use crate::regions::ranking::{Ranked, Ranking, Weighed};

    #[test]
    fn runs_begin_and_end_where_bits_change() {
        let runs = Runs::new(3, [0b001, 0b011, 0b010, 0b001, 0b001].into_iter());
        let of = |threshold| runs.of(threshold).iter().map(|run| (run.start, run.end)).collect::<Vec<_>>();
        assert_eq!(of(0), [(0, 2), (3, 5)]);
        assert_eq!(of(1), [(1, 3)]);
        assert_eq!(of(2), []);
        assert_eq!(Runs::new(1, [].into_iter()).of(0), []);
        assert_eq!(Runs::new(1, [1].into_iter()).of(0), [Run { start: 0, end: 1 }]);
    }

    #[test]
    fn each_lane_reaches_its_own_recalls() {
        let mut recalls = LaneRecalls::<3>::default();
        let truths = [4, Recalls::MOST + 9, 0];
        recalls.set(truths, 100);
        assert_eq!(recalls.reached(&[0, 0, 0]), [1, 1, 0]);
        // Of four truths, two are a recall of 0.5: 0, 0.01, ... 0.5.
        assert_eq!(recalls.reached(&[2, 655, 0]), [51, 1, 0]);
        assert_eq!(recalls.reached(&[4, (Recalls::MOST + 9) as i32, 0]), [101, 101, 0]);
        let beyond = Recalls::MOST + 1;
        assert_eq!(recalls.reached(&[1, beyond as i32, 0])[1], steps_reached(beyond, truths[1], 100, false) as i32);
    }

    /// What two counts of lanes say of one ranking.
    fn both<const L: usize>(ranking: &LaneRanking, weights: &[Weights], truths: [u64; L]) -> Vec<[f64; L]> {
        fn with<T: Count, const L: usize>(
            ranking: &LaneRanking,
            weights: &[Weights],
            truths: [u64; L],
        ) -> Vec<[f64; L]> {
            let (mut totals, mut recalls) = (Totals::<T, L>::default(), LaneRecalls::default());
            totals.count(ranking, &WeightLanes::new(weights));
            recalls.set(truths, 100);
            (0..3).map(|threshold| totals.average_precisions(ranking, threshold, &recalls)).collect()
        }
        let narrow = with::<i32, L>(ranking, weights, truths);
        assert_eq!(narrow, with::<i64, L>(ranking, weights, truths));
        narrow
    }

    #[test]
    fn every_lane_has_the_bits_of_its_weights_alone() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let mut below = |end: u32| random.next_u32() % end;
        for round in 0..300 {
            let length = below(40);
            let mut ranked = Vec::new();
            for place in 0..length {
                // A finding that is ignored at a threshold is not paired there.
                let paired = u64::from(below(8));
                let ignored = if below(3) == 0 { u64::from(below(8)) & !paired } else { 0 };
                let outcomes = Outcomes { paired, ignored };
                ranked.push(Ranked { score: -f64::from(place), case: below(6), rank: 0, outcomes });
            }
            let weights = (0..8).map(|_| Weights::new((0..6).map(|_| below(4)).collect())).collect::<Vec<_>>();
            let found = |weights: &Weights| {
                let paired = |ranked: &&Ranked| ranked.outcomes.paired > 0;
                ranked.iter().filter(paired).map(|ranked| u64::from(weights.of(ranked.case as usize))).sum::<u64>()
            };
            let truths: [u64; 8] = std::array::from_fn(|lane| found(&weights[lane]) + u64::from(below(5)) + 1);
            let lanes = LaneRanking::new(3, ranked.iter().copied());
            let together = both::<8>(&lanes, &weights, truths);
            let (alone, mut weighed) = (Ranking::new(3, false, ranked.iter().copied()), Weighed::default());
            for (lane, weights) in weights.iter().enumerate() {
                weighed.weigh(&alone, weights);
                let mut recalls = Recalls::default();
                recalls.set(truths[lane], 100);
                let single = both::<1>(&lanes, std::slice::from_ref(weights), [truths[lane]]);
                for threshold in 0..3 {
                    let points = weighed.points(&alone, threshold, Ties::ListOrder);
                    let expected = stepped_average_precision(points.iter().rev().copied(), &recalls);
                    assert_eq!(together[threshold][lane].to_bits(), expected.to_bits(), "{round} {lane} {threshold}");
                    assert_eq!(single[threshold][0].to_bits(), expected.to_bits(), "{round} {lane} {threshold}");
                }
            }
        }
    }

    #[test]
    fn lanes_worked_by_hand() {
        // Paired, not, paired, ignored, paired; cases 0, 0, 1, 1, 2.
        let outcomes = [(1, 0), (0, 0), (1, 0), (0, 1), (1, 0)];
        let ranked = outcomes.iter().zip([0, 0, 1, 1, 2]).map(|(&(paired, ignored), case)| Ranked {
            score: 1.0,
            case,
            rank: 0,
            outcomes: Outcomes { paired, ignored },
        });
        // With a second threshold at which it counts, the ignored one is kept.
        let ranking = LaneRanking::new(2, ranked);
        assert_eq!(ranking.len(), 5);
        let weights = [Weights::all(3), Weights::new(vec![0, 1, 1]), Weights::new(vec![2, 0, 0])];
        let (mut totals, mut recalls) = (Totals::<i32, 4>::default(), LaneRecalls::default());
        totals.count(&ranking, &WeightLanes::new(&weights));
        recalls.set([4, 2, 4, 0], 100);
        let [all, two, first, none] = totals.average_precisions(&ranking, 0, &recalls);
        // Recalls to 0.25 at precision 1, to 0.75 at 3/4: the third paired lifts the second.
        assert!((all - (26.0 + 50.0 * 0.75) / 101.0).abs() < 1e-15, "{all}");
        assert_eq!(two, 1.0);
        // Two of four findings are paired, and come first: recalls to 0.5 at precision 1.
        assert!((first - 51.0 / 101.0).abs() < 1e-15, "{first}");
        assert_eq!(none, 0.0);
    }
}
