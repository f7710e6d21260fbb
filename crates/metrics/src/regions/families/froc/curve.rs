//! Sensitivity against false positives per image.

use crate::engine::{Axis, Curve, Exhibit, Point};
use crate::regions::families::ranking::{Step, thinned};

/// The curve from (0, 0), which no threshold reaches, through every step. `truths` and `images` are above 0.
pub(super) fn points(steps: &[Step], truths: u64, images: u64) -> Vec<Point> {
    let point = |step: &Step| Point {
        x: step.wrong as f64 / images as f64,
        y: step.found as f64 / truths as f64,
        threshold: Some(step.score),
    };
    std::iter::once(Point { x: 0.0, y: 0.0, threshold: None }).chain(steps.iter().map(point)).collect()
}

/// The sensitivity at `x` false positives per image: linear between the points, the highest where several share their
/// `x`, and that of the last point beyond it (`numpy.interp`).
pub(super) fn sensitivity_at(points: &[Point], x: f64) -> f64 {
    let after = points.partition_point(|point| point.x <= x);
    let before = after.checked_sub(1).and_then(|before| points.get(before));
    match (before, points.get(after)) {
        (Some(before), Some(after)) => before.y + (after.y - before.y) / (after.x - before.x) * (x - before.x),
        (Some(last), None) => last.y,
        (None, first) => first.map_or(0.0, |first| first.y),
    }
}

/// The curve for the page.
pub(super) fn exhibit(name: &'static str, convention: &str, class: Option<String>, points: Vec<Point>) -> Exhibit {
    Exhibit::Curve(Curve {
        id: "froc",
        name,
        convention: convention.to_owned(),
        class,
        x: Axis { name: "False positives per image", logarithmic: true },
        y: Axis { name: "Sensitivity", logarithmic: false },
        points: thinned(points),
    })
}

#[cfg(test)]
mod tests {
    use super::{points, sensitivity_at};
    use crate::regions::families::ranking::Step;

    #[test]
    fn a_curve_worked_by_hand() {
        // 2 images, 4 truths: one found before any mistake, another with the first, a third with the third.
        let steps = [(0.9, 1, 0), (0.8, 2, 1), (0.5, 3, 3)].map(|(score, found, wrong)| Step { score, found, wrong });
        let points = points(&steps, 4, 2);
        let at = |x| sensitivity_at(&points, x);
        // The higher of the two sensitivities without a mistake; half way; at a point; beyond the last.
        assert_eq!([at(0.0), at(0.25), at(0.5), at(1.0), at(8.0)], [0.25, 0.375, 0.5, 0.625, 0.75]);
        assert_eq!(sensitivity_at(&points[..1], 0.125), 0.0);
        assert_eq!(sensitivity_at(&[], 0.125), 0.0);
    }
}
