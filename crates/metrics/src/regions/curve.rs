//! From a ranking of findings to precision and recall.

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

/// COCO's average precision of a ranking: the mean, over the recalls 0, 0.01, ... 1, of the highest
/// precision at that recall or beyond (0 where it is never reached). `paired` says of each finding,
/// from the highest score down and without ignored ones, whether it is paired. `truths` is above 0.
///
/// Source: pycocotools 2.0.11, `COCOeval.accumulate`, less the 2.2e-16 that it adds to each
/// denominator (a perfect ranking scores 1 here, and 0.9999999999999998 there).
pub(crate) fn interpolated_average_precision(paired: impl Iterator<Item = bool>, truths: u64) -> f64 {
    // Precision only peaks at paired findings, and only there does recall rise.
    let mut envelope = Vec::new();
    for (before, _) in paired.enumerate().filter(|(_, paired)| *paired) {
        envelope.push((envelope.len() + 1) as f64 / (before + 1) as f64);
    }
    for index in (1..envelope.len()).rev() {
        if envelope[index] > envelope[index - 1] {
            envelope[index - 1] = envelope[index];
        }
    }
    let (mut sum, mut rank) = (0.0, 0);
    for step in 0..=100_u32 {
        let recall = f64::from(step) * 0.01;
        while rank < envelope.len() && ((rank + 1) as f64 / truths as f64) < recall {
            rank += 1;
        }
        sum += envelope.get(rank).copied().unwrap_or(0.0);
    }
    sum / 101.0
}

#[cfg(test)]
mod tests {
    use super::{interpolated_average_precision, precision_recall, thinned};
    use crate::regions::CurvePoint;

    fn point(score: f64, recall: f64, precision: f64) -> CurvePoint {
        CurvePoint { score, recall, precision }
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
    fn average_precision_worked_by_hand() {
        // Recall 0 to 0.5 is reached at precision 1 (51 of the 101 recalls), the rest at 2/3.
        let half = interpolated_average_precision([true, false, true].into_iter(), 2);
        assert!((half - (51.0 + 50.0 * 2.0 / 3.0) / 101.0).abs() < 1e-15);
        // A truth that is never found takes the recalls above 0.5 with it.
        let missed = interpolated_average_precision([true, false].into_iter(), 2);
        assert!((missed - 51.0 / 101.0).abs() < 1e-15);
        // A first false positive lowers the precision at recall 0 too.
        assert!((interpolated_average_precision([false, true].into_iter(), 1) - 0.5).abs() < 1e-15);
        assert_eq!(interpolated_average_precision([true; 7].into_iter(), 7), 1.0);
        assert_eq!(interpolated_average_precision([].into_iter(), 3), 0.0);
    }
}
