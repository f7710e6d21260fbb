//! Whether pixels of the truth have higher values than others: areas under ROC curves.

use groundglass_types::Undefined;

use crate::heatmaps::scope::Scene;

/// The probability that a pixel inside has a higher value than one outside, ties counted half.
pub fn auroc(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let pixels = scene.values.iter().copied().zip(scene.region()?.iter().copied());
    let mut ranked = pixels.filter(|(value, _)| !value.is_nan()).collect::<Vec<_>>();
    // Adding 0 makes -0 equal to 0 in the total order.
    ranked.sort_unstable_by(|a, b| (a.0 + 0.0).total_cmp(&(b.0 + 0.0)));
    // Twice the pairs in the right order, in whole numbers.
    let (mut inside_below, mut outside_below, mut twice) = (0_u128, 0_u128, 0_u128);
    for ties in ranked.chunk_by(|a, b| a.0 == b.0) {
        let inside = ties.iter().filter(|(_, inside)| *inside).count() as u128;
        let outside = ties.len() as u128 - inside;
        twice += inside * (2 * outside_below + outside);
        inside_below += inside;
        outside_below += outside;
    }
    match (inside_below, outside_below) {
        (0, 0) => Err(Undefined::EmptyPrediction),
        (0, _) | (_, 0) => Err(Undefined::OneClass),
        (inside, outside) => Ok(twice as f64 / (2 * inside * outside) as f64),
    }
}

/// The area under the ROC curve through the thresholds 1, 0.75, 0.5, 0.25 and 0 by the trapezoid rule, scaled by the
/// counts at the threshold 0. Pixels without a value are above no threshold; 0.5 where the scale is 0.
pub fn binned_auroc(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let region = scene.region()?;
    let (mut area, mut last) = (0.0, (0.0, 0.0));
    for threshold in [1.0, 0.75, 0.5, 0.25, 0.0] {
        let (mut inside, mut outside) = (0_u64, 0_u64);
        for (&value, &is_inside) in scene.values.iter().zip(region) {
            let above = value >= threshold;
            inside += u64::from(above && is_inside);
            outside += u64::from(above && !is_inside);
        }
        let point = (outside as f64, inside as f64);
        area += 0.5 * (point.0 - last.0) * (point.1 + last.1);
        last = point;
    }
    let scale = last.0 * last.1;
    Ok(if scale > 0.0 { area / scale } else { 0.5 })
}
