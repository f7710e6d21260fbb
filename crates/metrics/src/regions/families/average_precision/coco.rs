//! COCO's average precision and average recall, by size, with its limit of 100 findings and without.

use groundglass_types::{
    Admission, Convention, Finding, Interpolation, Pairing, Statistic, Ties, TruthRegion, Undefined, WithoutTruth,
};

use super::coco_definitions::{COCO_LIMIT, DEFINITIONS, Ious, Made, NUMBERS, RANGES, RECALLS, UNLIMITED};
use super::lines::{lines_of, push_measured, with_truth};
use crate::engine::{Line, Measured, Prepared, Weights, parallel};
use crate::regions::RegionKind;
use crate::regions::families::{Family, Pace};
use crate::regions::lanes::{Count, LaneRanking, LaneRecalls, Totals, WeightLanes};
use crate::regions::matching::{Levels, Outcomes, match_levels};
use crate::regions::ranking::{CaseCounts, Ranked, by_score, ranked_by_class};
use crate::regions::scope::{Scope, ScopedCase};

pub(super) const FAMILY: Family = Family {
    convention: "coco",
    by_default: true,
    definitions: DEFINITIONS,
    region: None,
    pace: Pace::Steady,
    prepare,
};

/// How many IoU thresholds there are.
const THRESHOLDS: usize = 10;

/// COCO's IoU thresholds: `numpy.linspace(0.5, 0.95, 10)`, rounding included.
pub(super) fn thresholds() -> [f64; THRESHOLDS] {
    let step = (0.95 - 0.5) / 9.0;
    std::array::from_fn(|index| if index == 9 { 0.95 } else { index as f64 * step + 0.5 })
}

/// Bits of the ranges that hold an area.
fn ranges_of(area: f64) -> u64 {
    RANGES.iter().enumerate().fold(0, |bits, (range, bounds)| bits | u64::from(bounds.holds(area)) << range)
}

/// COCO's `area`: as annotated, or else the region's own.
fn area_of_truth(truth: &TruthRegion) -> f64 {
    let region = &truth.region;
    let own = || region.mask.as_ref().map_or_else(|| region.bounding_box.area(), |mask| mask.area() as f64);
    truth.area.unwrap_or_else(own)
}

/// The area of what is compared.
fn area_of_finding(finding: &Finding, kind: RegionKind) -> f64 {
    match (&finding.region.mask, kind) {
        (Some(mask), RegionKind::Mask) => mask.area() as f64,
        _ => finding.region.bounding_box.area(),
    }
}

/// One class.
struct OfClass {
    /// Truths of each range.
    truths: CaseCounts<{ RANGES.len() }>,
    curves: Curves,
}

/// The findings of one class.
struct Curves {
    /// For each of [`RECALLS`] the truths found, summed over the thresholds.
    found: CaseCounts<{ RECALLS.len() }>,
    /// One a range, of the findings within the limit.
    rankings: Vec<LaneRanking>,
    /// Of all findings, where some lie beyond the limit.
    unlimited: Option<LaneRanking>,
}

/// What one class amounts to under some weights.
#[derive(Clone)]
struct Numbers {
    truths: [u64; RANGES.len()],
    found: [u64; RECALLS.len()],
    /// At each threshold, for each range and without a limit; `None` without truth.
    precisions: [Option<[f64; THRESHOLDS]>; UNLIMITED + 1],
}

impl Curves {
    fn new(ranked: &[Ranked]) -> Self {
        let mut found = CaseCounts::default();
        for finding in ranked {
            let within = |(range, limit): (usize, usize)| {
                let paired = of_range(finding.outcomes.paired, range).count_ones();
                if (finding.rank as usize) < limit { paired } else { 0 }
            };
            found.add(finding.case, RECALLS.map(within));
        }
        let order = by_score(ranked);
        let sorted = || order.iter().filter_map(|&place| ranked.get(place as usize).copied());
        let in_range = |range: usize, finding: Ranked| {
            let Outcomes { paired, ignored } = finding.outcomes;
            let outcomes = Outcomes { paired: of_range(paired, range), ignored: of_range(ignored, range) };
            Ranked { outcomes, ..finding }
        };
        let limited = |range: usize| {
            let findings = sorted().filter(|finding| (finding.rank as usize) < COCO_LIMIT);
            LaneRanking::new(THRESHOLDS, findings.map(move |finding| in_range(range, finding)))
        };
        let beyond = ranked.iter().any(|finding| finding.rank as usize >= COCO_LIMIT);
        let all = || LaneRanking::new(THRESHOLDS, sorted().map(|finding| in_range(0, finding)));
        Self { found, rankings: (0..RANGES.len()).map(limited).collect(), unlimited: beyond.then(all) }
    }
}

impl OfClass {
    /// No count of any number is above this, were every case counted once.
    fn largest(&self) -> u64 {
        let Curves { found, rankings, unlimited } = &self.curves;
        let longest = rankings.iter().chain(unlimited).map(LaneRanking::len).max().unwrap_or_default();
        self.truths.sum().max(found.sum()).max(longest as u64)
    }

    fn numbers<T: Count, const L: usize>(
        &self,
        weights: &WeightLanes<T, L>,
        (counted, recalls): &mut (Totals<T, L>, LaneRecalls<L>),
    ) -> [Numbers; L] {
        let truths = self.truths.totals(weights);
        let mut precisions = [[None; UNLIMITED + 1]; L];
        let mut of_ranking = |ranking: &LaneRanking, range: usize, place: usize| {
            let truths = &truths[range];
            counted.count(ranking, weights);
            recalls.set(*truths, 100);
            let by_threshold: [[f64; L]; THRESHOLDS] =
                std::array::from_fn(|threshold| counted.average_precisions(ranking, threshold, recalls));
            for (lane, precisions) in precisions.iter_mut().enumerate() {
                precisions[place] = (truths[lane] > 0).then(|| by_threshold.map(|lanes| lanes[lane]));
            }
        };
        for (range, ranking) in self.curves.rankings.iter().enumerate() {
            of_ranking(ranking, range, range);
        }
        match &self.curves.unlimited {
            Some(ranking) => of_ranking(ranking, 0, UNLIMITED),
            None => precisions.iter_mut().for_each(|precisions| precisions[UNLIMITED] = precisions[0]),
        }
        let found = self.curves.found.totals(weights);
        std::array::from_fn(|lane| Numbers {
            truths: truths.map(|lanes| lanes[lane]),
            found: found.map(|lanes| lanes[lane]),
            precisions: precisions[lane],
        })
    }
}

impl OfClass {
    /// The numbers of each case that has a truth, alone, by the case's place.
    fn numbers_by_case(&self) -> Vec<(u32, Numbers)> {
        let all = WeightLanes::<i32, 1>::new(&[Weights::all(1)]);
        let (mut counted, mut recalls) = (Totals::default(), LaneRecalls::default());
        let with_truth = self.truths.by_case().iter();
        let number = |&(case, truths): &(u32, [u32; RANGES.len()])| {
            (case, Numbers { truths: truths.map(u64::from), found: Default::default(), precisions: Default::default() })
        };
        let mut by_case = with_truth.map(number).collect::<Vec<_>>();
        let place = |by_case: &[(u32, Numbers)], case: u32| by_case.binary_search_by_key(&case, |(of, _)| *of).ok();
        for (case, found) in self.curves.found.by_case() {
            if let Some(place) = place(&by_case, *case) {
                by_case[place].1.found = found.map(u64::from);
            }
        }
        let rankings = self.curves.rankings.iter().enumerate().map(|(range, ranking)| (range, range, ranking));
        for (range, made, ranking) in rankings.chain(self.curves.unlimited.iter().map(|all| (0, UNLIMITED, all))) {
            for (_, numbers) in &mut by_case {
                numbers.precisions[made] = (numbers.truths[range] > 0).then_some([0.0; THRESHOLDS]);
            }
            for (case, ranking) in ranking.by_case(THRESHOLDS) {
                let Some(place) = place(&by_case, case) else { continue };
                let numbers = &mut by_case[place].1;
                if let Some(precisions) = &mut numbers.precisions[made] {
                    counted.count(&ranking, &all);
                    recalls.set([numbers.truths[range]], 100);
                    *precisions =
                        std::array::from_fn(|threshold| counted.average_precisions(&ranking, threshold, &recalls)[0]);
                }
            }
        }
        if self.curves.unlimited.is_none() {
            by_case.iter_mut().for_each(|(_, numbers)| numbers.precisions[UNLIMITED] = numbers.precisions[0]);
        }
        by_case
    }
}

impl Numbers {
    fn measured(&self, made: Made) -> Measured {
        match made {
            Made::Precision { ranking, ious } => {
                let pick = |precisions: [f64; THRESHOLDS]| match ious {
                    Ious::Mean => precisions.iter().sum::<f64>() / THRESHOLDS as f64,
                    Ious::One(threshold) => precisions[threshold],
                };
                let truths = self.truths[if ranking == UNLIMITED { 0 } else { ranking }];
                with_truth(self.precisions[ranking].map(pick), truths)
            }
            Made::Recall(place) => {
                let truths = self.truths[RECALLS[place].0];
                let recall = self.found[place] as f64 / (THRESHOLDS as u64 * truths) as f64;
                with_truth((truths > 0).then_some(recall), truths)
            }
        }
    }
}

/// The bits of one range.
const fn of_range(levels: u64, range: usize) -> u64 {
    levels >> (range * THRESHOLDS) & ((1 << THRESHOLDS) - 1)
}

/// One outcome a finding, at the levels `range * 10 + threshold`.
fn match_case(case: &ScopedCase<'_>, kind: RegionKind, levels: &Levels, outcomes: &mut Vec<Outcomes>) {
    let counting = case
        .entry
        .truths()
        .iter()
        .map(|truth| if truth.crowd { 0 } else { levels.of_ranges(ranges_of(area_of_truth(truth))) });
    match_levels(&case.candidates(), levels, &counting.collect::<Vec<_>>(), outcomes);
    for (outcome, finding) in outcomes.iter_mut().zip(case.findings) {
        // A finding that is paired with nothing is ignored where its area is outside the range.
        let all = levels.of_ranges(u64::MAX >> (64 - RANGES.len()));
        let outside = all & !levels.of_ranges(ranges_of(area_of_finding(finding, kind)));
        outcome.ignored |= outside & !outcome.paired;
    }
}

/// One a class.
struct Coco {
    lines: Vec<Line>,
    classes: Vec<OfClass>,
    /// [`OfClass::largest`] of all.
    largest: u64,
    /// How many cases there are.
    cases: usize,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let lines =
        NUMBERS.iter().flat_map(|&(id, made)| lines_of(scope, id, |averaged| convention(scope, made, averaged)));
    let (levels, kind) = (Levels::new(&thresholds(), RANGES.len()), scope.options.region);
    let ranked = ranked_by_class(scope, |case, outcomes| match_case(case, kind, &levels, outcomes));
    let truths = CaseCounts::of_truths(scope, |case, truth| {
        let regular = case.entry.truths().get(truth).filter(|truth| !truth.crowd);
        let ranges = regular.map_or(0, |truth| ranges_of(area_of_truth(truth)));
        std::array::from_fn(|range| (ranges >> range & 1) as u32)
    });
    // A class is worth a thread where it has some thousand findings.
    let findings = ranked.iter().map(Vec::len).sum::<usize>();
    let worth = (ranked.len() * 4096).div_ceil(findings.max(1));
    let curves = parallel::map(&ranked, worth, |ranked| Curves::new(ranked));
    let classes = curves.into_iter().zip(truths).map(|(curves, truths)| OfClass { truths, curves });
    let classes = classes.collect::<Vec<_>>();
    let largest = classes.iter().map(OfClass::largest).max().unwrap_or_default();
    Box::new(Coco { lines: lines.collect(), classes, largest, cases: scope.cases.len() })
}

fn convention(scope: &Scope<'_>, made: Made, averaged: &str) -> Convention {
    let of_ten = "IoU >= 0.50, 0.55, ... 0.95 (mean)";
    let (admits, limit, range) = match made {
        Made::Precision { ranking, ious } => {
            let admits = match ious {
                Ious::Mean => of_ten.to_owned(),
                Ious::One(threshold) => format!("IoU >= {:.2}", thresholds()[threshold]),
            };
            (admits, (ranking != UNLIMITED).then_some(COCO_LIMIT), if ranking == UNLIMITED { 0 } else { ranking })
        }
        Made::Recall(place) => (of_ten.to_owned(), Some(RECALLS[place].1), RECALLS[place].0),
    };
    let limit = match limit {
        None => "all findings count (no maxDets)".to_owned(),
        Some(1) => "the highest-scored finding of a class in a case counts (maxDets 1)".to_owned(),
        Some(limit) => format!("the {limit} highest-scored findings of a class in a case count (maxDets {limit})"),
    };
    let sizes = if range == 0 {
        ""
    } else {
        ", other truths, and findings of other sizes that are paired with none, are ignored"
    };
    let precision = matches!(made, Made::Precision { .. });
    let interpolated = if precision { "precision interpolated at 101 recalls" } else { "recall of all that count" };
    Convention {
        interpolation: precision.then_some(Interpolation::Step101),
        admission: Some(Admission::AtLeast),
        ties: Some(Ties::ListOrder),
        without_truth: Some(WithoutTruth::Counted),
        pairing: Some(Pairing::GreedyByScore),
        ..Convention::new(
            FAMILY.convention,
            format!(
                "COCO: {}; {limit}, whatever the score threshold; {interpolated}; {}{sizes}; equal scores keep the \
                 order of cases and findings; {averaged}n counts truths",
                scope.matching_words(&admits),
                RANGES[range].words,
            ),
        )
    }
}

impl Prepared for Coco {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        self.measure_several(std::slice::from_ref(weights)).pop().unwrap_or_default()
    }

    fn measure_several(&self, weights: &[Weights]) -> Vec<Vec<Measured>> {
        // Two alone cost as much as a full set of lanes.
        weights
            .chunks(LANES)
            .flat_map(|chunk| if chunk.len() > 2 { self.lanes::<LANES>(chunk) } else { self.lanes::<1>(chunk) })
            .collect()
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let mut by_case = vec![Vec::new(); self.cases];
        for (class, of_class) in self.classes.iter().enumerate() {
            for (case, numbers) in of_class.numbers_by_case() {
                by_case.get_mut(case as usize)?.push((class, numbers));
            }
        }
        let mut values = vec![vec![Statistic::Undefined(Undefined::NoTruth); self.cases]; self.lines.len()];
        let of_number = if self.classes.len() > 1 { 1 + self.classes.len() } else { 1 };
        let mut measured = Vec::new();
        for (case, by_class) in by_case.iter().enumerate() {
            for (number, (_, made)) in NUMBERS.into_iter().enumerate() {
                let statistics = by_class.iter().map(|(_, numbers)| numbers.measured(made));
                measured.clear();
                push_measured(&mut measured, &statistics.clone().collect::<Vec<_>>());
                let lines = values.get_mut(number * of_number..)?;
                lines.first_mut()?[case] = measured.first()?.statistic;
                if of_number > 1 {
                    for ((class, _), measured) in by_class.iter().zip(statistics) {
                        lines.get_mut(1 + class)?[case] = measured.statistic;
                    }
                }
            }
        }
        Some(values)
    }
}

/// The lanes of a pass: a line of memory holds the counts of two places.
const LANES: usize = 8;

impl Coco {
    fn lanes<const L: usize>(&self, weights: &[Weights]) -> Vec<Vec<Measured>> {
        let most = |chunk: &[Weights]| chunk.iter().flat_map(Weights::as_slice).max().copied().map_or(0, u64::from);
        let of_chunk = |chunk: &[Weights]| {
            if self.largest.checked_mul(most(chunk)).is_some_and(|most| most <= i32::MOST) {
                self.measured::<i32, L>(chunk)
            } else {
                self.measured::<i64, L>(chunk)
            }
        };
        weights.chunks(L).flat_map(of_chunk).collect()
    }

    /// One list of values for each of up to `L` weights.
    fn measured<T: Count, const L: usize>(&self, weights: &[Weights]) -> Vec<Vec<Measured>> {
        let (lanes, mut scratch) = (WeightLanes::<T, L>::new(weights), (Totals::default(), LaneRecalls::default()));
        let numbers = self.classes.iter().map(|class| class.numbers(&lanes, &mut scratch)).collect::<Vec<_>>();
        let mut by_class = Vec::new();
        let of_lane = |lane: usize| {
            let mut measured = Vec::with_capacity(self.lines.len());
            for (_, made) in NUMBERS {
                by_class.clear();
                by_class.extend(numbers.iter().map(|numbers| numbers[lane].measured(made)));
                push_measured(&mut measured, &by_class);
            }
            measured
        };
        (0..weights.len()).map(of_lane).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{ranges_of, thresholds};

    #[test]
    fn thresholds_are_those_of_numpy() {
        // print([repr(t) for t in numpy.linspace(.5, 0.95, 10)])
        let expected = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.8999999999999999, 0.95];
        assert_eq!(thresholds(), expected);
    }

    #[test]
    fn both_bounds_lie_inside() {
        assert_eq!([0.0, 1023.9, 1024.0, 9216.0, 1e10, 1.1e10, -1.0].map(ranges_of), [3, 3, 7, 13, 9, 0, 0]);
    }
}
