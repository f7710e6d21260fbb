//! From a ranking of findings to precision and recall, and to the area under them by the field's several rules.

use crate::regions::CurvePoint;

/// The most points that an [`crate::Evaluation`] carries in its curve: more than a chart has pixels.
pub const CURVE_POINTS: usize = 1000;

/// Precision and recall at each distinct score of a ranking. `ranking` holds a score and whether the
/// finding is paired, from the highest score down, without ignored findings; equal scores share a
/// point, since no threshold tells them apart. Empty where there is no truth.
pub(crate) fn precision_recall(ranking: &[(f64, bool)], truths: u64) -> Vec<CurvePoint> {
    if truths == 0 {
        return Vec::new();
    }
    let mut points = Vec::new();
    let (mut paired, mut counted) = (0_u64, 0_u64);
    for ties in ranking.chunk_by(|a, b| a.0 == b.0) {
        counted += ties.len() as u64;
        paired += ties.iter().filter(|(_, paired)| *paired).count() as u64;
        if let Some((score, _)) = ties.first() {
            points.push(CurvePoint {
                score: *score,
                recall: paired as f64 / truths as f64,
                precision: paired as f64 / counted as f64,
            });
        }
    }
    points
}

/// At most `most` (2 or more) of the points, evenly spaced by rank, with the first and the last.
pub(crate) fn thinned(points: Vec<CurvePoint>, most: usize) -> Vec<CurvePoint> {
    if points.len() <= most {
        return points;
    }
    let (last, steps) = (points.len() - 1, most - 1);
    (0..most).filter_map(|step| points.get(step * last / steps).copied()).collect()
}

/// How far a ranking has come just after one of its paired findings. Precision peaks only there, and only there does
/// recall rise, so that these points alone make every rule below.
///
/// A finding that counts several times is one point: the precision of the copies before the last is lower, and so is
/// their recall.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached {
    /// Truths found so far.
    pub found: u64,
    /// Findings that count so far, the paired ones among them.
    pub counted: u64,
}

/// The sum over recalls of the highest precision at or beyond each, and the highest of all. `points` come from the last
/// to the first; `place` says how many recalls a number of found truths covers, and `end` how many there are: those
/// that are never reached have precision 0.
///
/// Recalls of one precision are added up at once, so that a finding counted twice and one that stands there twice give
/// the same bits.
#[inline]
fn envelope_sum(points: impl Iterator<Item = Reached>, end: u64, place: impl Fn(u64) -> u64) -> (f64, f64) {
    // No sum of counts reaches 2^63, and a signed number is converted in one instruction.
    let float = |count: u64| count as i64 as f64;
    let (mut sum, mut best, mut alike, mut upper) = (0.0, 0.0, 0, end);
    for point in points {
        let lower = place(point.found).min(upper);
        alike += upper - lower;
        upper = lower;
        // Not a number before anything counts, and then not above the best. Nothing here is a branch, since no
        // processor foresees the peaks of a resample.
        let precision = float(point.found) / float(point.counted);
        let done = alike & u64::from(precision > best).wrapping_neg();
        sum += best * float(done);
        alike -= done;
        best = best.max(precision);
    }
    (sum + best * float(alike + upper), best)
}

/// How many of the recalls `0, 1 / steps, ... 1` a recall of `found / truths` reaches: at or below it, or only below
/// it where `strictly`. The recalls are `index * (1 / steps)`, rounding included, as numpy and MATLAB make them.
pub(crate) fn steps_reached(found: u64, truths: u64, steps: u32, strictly: bool) -> u64 {
    let (recall, unit) = (found as f64 / truths as f64, 1.0 / f64::from(steps));
    let reaches = |step: u32| {
        let at = f64::from(step) * unit;
        if strictly { at < recall } else { at <= recall }
    };
    // Rounding may cost a step and never gives one: a step further down lies a whole step below the recall.
    let mut step = (recall * f64::from(steps)) as u32;
    while step <= steps && reaches(step) {
        step += 1;
    }
    u64::from(step)
}

/// [`steps_reached`] of every number of found truths, so that the curves of several thresholds ask once.
#[derive(Debug, Default)]
pub(crate) struct Recalls {
    truths: u64,
    steps: u32,
    reached: Vec<u8>,
}

impl Recalls {
    /// More truths than this (they may count several times) are worth no table.
    pub const MOST: u64 = 1 << 16;

    /// `steps` is at most 100. The memory of the last table is used again.
    pub fn set(&mut self, truths: u64, steps: u32) {
        (self.truths, self.steps) = (truths, steps);
        self.reached.clear();
        if truths > Self::MOST {
            return;
        }
        self.reached.resize(truths as usize + 1, 0);
        Self::fill(self.reached.iter_mut(), truths, steps);
    }

    /// Writes how many recalls are reached by 0, 1, 2, ... found truths.
    pub fn fill<'a>(reached: impl Iterator<Item = &'a mut u8>, truths: u64, steps: u32) {
        let (of_all, unit) = (truths as f64, 1.0 / f64::from(steps));
        let (mut step, mut next) = (0_u32, 0.0);
        for (found, reached) in (0_i64..).zip(reached) {
            let recall = found as f64 / of_all;
            while step <= steps && next <= recall {
                step += 1;
                next = f64::from(step) * unit;
            }
            *reached = step as u8;
        }
    }

    #[inline]
    fn reached(&self, found: u64) -> u64 {
        match self.reached.get(found as usize) {
            Some(&reached) => u64::from(reached),
            None => self.reached_beyond(found),
        }
    }

    #[cold]
    #[inline(never)]
    fn reached_beyond(&self, found: u64) -> u64 {
        steps_reached(found, self.truths, self.steps, false)
    }
}

/// The mean over the recalls `0, 1 / steps, ... 1` of the highest precision at that recall or beyond; 0 where it is
/// never reached. There is a truth; `points` come from the last to the first.
///
/// Source: pycocotools 2.0.11, `COCOeval.accumulate` (100 steps), less the 2.2e-16 that it adds to each denominator (a
/// perfect ranking scores 1 here, and 0.9999999999999998 there); VOC devkit 2007, `VOCevaldet.m` (10 steps).
pub(crate) fn stepped_average_precision(points: impl Iterator<Item = Reached>, recalls: &Recalls) -> f64 {
    let end = recalls.steps + 1;
    envelope_sum(points, u64::from(end), |found| recalls.reached(found)).0 / f64::from(end)
}

/// The area under the envelope, every recall used. `truths` is above 0. Source: VOC devkit 2010 and later, `VOCap.m`.
pub(crate) fn envelope_average_precision(points: &[Reached], truths: u64) -> f64 {
    let end = points.last().map_or(0, |point| point.found);
    envelope_sum(points.iter().rev().copied(), end, |found| found).0 / truths as f64
}

/// The trapezoid rule over 101 recalls, between which precision is linear, on a curve that begins at (0, 1) and ends
/// at (1, 0): a perfect ranking scores 0.995. `last` is how far the whole ranking comes; `truths` is above 0.
///
/// Source: supervision 0.25.1, `MeanAveragePrecision.compute_average_precision`. Between two paired findings its curve
/// is as high as the envelope at the second; past the last one it falls in a line to 0.
pub(crate) fn trapezoid_average_precision(points: &[Reached], last: Reached, truths: u64) -> f64 {
    let reached = steps_reached(last.found, truths, 100, true);
    let place = |found| steps_reached(found, truths, 100, true);
    let (mut sum, mut first) = envelope_sum(points.iter().rev().copied(), reached, place);
    let recall = last.found as f64 / truths as f64;
    let precision = if last.counted > 0 { last.found as f64 / last.counted as f64 } else { 0.0 };
    if reached == 0 {
        first = precision;
    }
    if recall < 1.0 {
        for step in reached..100 {
            sum += -precision / (1.0 - recall) * (step as f64 * 0.01 - recall) + precision;
        }
    }
    (sum - 0.5 * first) * 0.01
}

#[cfg(test)]
mod tests {
    use super::{
        Reached, Recalls, envelope_average_precision, precision_recall, stepped_average_precision, steps_reached,
        thinned, trapezoid_average_precision,
    };
    use crate::regions::CurvePoint;

    fn point(score: f64, recall: f64, precision: f64) -> CurvePoint {
        CurvePoint { score, recall, precision }
    }

    /// The points of a ranking, and how far it comes.
    fn points(paired: &[bool]) -> (Vec<Reached>, Reached) {
        let (mut points, mut last) = (Vec::new(), Reached::default());
        for &paired in paired {
            last.counted += 1;
            if paired {
                last.found += 1;
                points.push(last);
            }
        }
        (points, last)
    }

    fn stepped(points: &[Reached], truths: u64, steps: u32) -> f64 {
        let mut recalls = Recalls::default();
        recalls.set(truths, steps);
        stepped_average_precision(points.iter().rev().copied(), &recalls)
    }

    fn coco(paired: &[bool], truths: u64) -> f64 {
        stepped(&points(paired).0, truths, 100)
    }

    fn eleven(paired: &[bool], truths: u64) -> f64 {
        stepped(&points(paired).0, truths, 10)
    }

    #[test]
    fn a_table_of_recalls_is_what_is_computed_anew() {
        let mut recalls = Recalls::default();
        for (truths, steps) in [(1, 100), (7, 10), (10, 10), (100, 100), (333, 100), (Recalls::MOST + 1, 100)] {
            recalls.set(truths, steps);
            for found in (0..=truths).step_by(1 + truths as usize / 400) {
                assert_eq!(recalls.reached(found), steps_reached(found, truths, steps, false));
            }
        }
    }

    fn area(paired: &[bool], truths: u64) -> f64 {
        envelope_average_precision(&points(paired).0, truths)
    }

    fn trapezoid(paired: &[bool], truths: u64) -> f64 {
        let (points, last) = points(paired);
        trapezoid_average_precision(&points, last, truths)
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-15
    }

    #[test]
    fn a_curve_worked_by_hand() {
        let ranking = [(0.9, true), (0.8, false), (0.8, true), (0.5, false)];
        let expected = [point(0.9, 0.25, 1.0), point(0.8, 0.5, 2.0 / 3.0), point(0.5, 0.5, 0.5)];
        assert_eq!(precision_recall(&ranking, 4), expected);
        assert_eq!(precision_recall(&ranking, 0), []);
    }

    #[test]
    fn thinning_keeps_both_ends() {
        let points = (0..25).map(|index| point(1.0 - f64::from(index) / 25.0, 0.0, 0.0)).collect::<Vec<_>>();
        let thin = thinned(points.clone(), 4);
        assert_eq!(thin, [points[0], points[8], points[16], points[24]]);
        assert_eq!(thinned(points.clone(), 25), points);
    }

    #[test]
    fn stepped_average_precision_worked_by_hand() {
        // Recall 0 to 0.5 is reached at precision 1 (51 of the 101 recalls), the rest at 2/3.
        assert!(close(coco(&[true, false, true], 2), (51.0 + 50.0 * 2.0 / 3.0) / 101.0));
        // A truth that is never found takes the recalls above 0.5 with it.
        assert!(close(coco(&[true, false], 2), 51.0 / 101.0));
        // A first false positive lowers the precision at recall 0 too.
        assert!(close(coco(&[false, true], 1), 0.5));
        assert_eq!(coco(&[true; 7], 7), 1.0);
        assert_eq!(coco(&[], 3), 0.0);
        // Recalls 0 to 0.5 of eleven.
        assert!(close(eleven(&[true, false], 2), 6.0 / 11.0));
        // 3 / 10 is below 3 * 0.1 = 0.30000000000000004, so only 0, 0.1 and 0.2 are reached: the devkit's rounding.
        assert!(close(eleven(&[true; 3], 10), 3.0 / 11.0));
    }

    #[test]
    fn envelope_average_precision_worked_by_hand() {
        assert!(close(area(&[true, false, true], 2), 0.5 + 0.5 * 2.0 / 3.0));
        assert!(close(area(&[true, false], 2), 0.5));
        // The envelope lifts the first precision of 1/2 to 2/3.
        assert!(close(area(&[false, true, true], 4), 0.5 * 2.0 / 3.0));
        assert_eq!(area(&[true; 7], 7), 1.0);
        assert_eq!(area(&[], 3), 0.0);
    }

    #[test]
    fn trapezoids_worked_by_hand() {
        // Precision 1 at the recalls 0 to 0.99 and 0 at 1: the last trapezoid is a triangle.
        assert!(close(trapezoid(&[true], 1), 0.995));
        // Precision 1 up to recall 0.5, from there a line to 0 at recall 1.
        assert!(close(trapezoid(&[true], 2), 0.75));
        // The same, but the line begins at the precision of the whole ranking: there is a step at recall 0.5, of which
        // the trapezoid between 0.49 and 0.50 takes half.
        let line = (50..100).map(|step| 0.5 * (1.0 - (f64::from(step) * 0.01 - 0.5) / 0.5)).sum::<f64>();
        assert!(close(trapezoid(&[true, false], 2), (50.0 - 0.5 + line) * 0.01));
        assert_eq!(trapezoid(&[], 3), 0.0);
        assert_eq!(trapezoid(&[false], 3), 0.0);
    }

    #[test]
    fn a_finding_that_counts_twice_is_one_that_stands_there_twice() {
        let twice = [true, true, false, false, true, true];
        let weighted = [Reached { found: 2, counted: 2 }, Reached { found: 4, counted: 6 }];
        assert_eq!(stepped(&weighted, 6, 100), coco(&twice, 6));
        assert_eq!(envelope_average_precision(&weighted, 6), area(&twice, 6));
        assert_eq!(trapezoid_average_precision(&weighted, weighted[1], 6), trapezoid(&twice, 6));
    }
}
