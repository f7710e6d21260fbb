//! A map against the places where a reader looked.

use groundglass_types::Undefined;

use crate::heatmaps::scope::Scene;

/// Mean over fixations of the map, which is shifted and scaled to mean 0 and (population) deviation 1.
pub fn normalized_scanpath_saliency(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let fixated = scene.fixated()?;
    let values = || scene.values.iter().copied().filter(|value| !value.is_nan());
    let first = scene.values[fixated[0]];
    if values().all(|value| value == first) {
        return Err(Undefined::NoVariation);
    }
    let count = values().count() as f64;
    let mean = values().sum::<f64>() / count;
    let deviation = (values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count).sqrt();
    if deviation <= 0.0 {
        return Err(Undefined::NoVariation);
    }
    let standing = fixated.iter().map(|&pixel| (scene.values[pixel] - mean) / deviation);
    Ok(standing.sum::<f64>() / fixated.len() as f64)
}

/// Area by the trapezoid rule under the curve of the share of fixated pixels at or above a threshold against the share
/// of all other pixels, with the values of the fixated pixels as thresholds.
pub fn auc_judd(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let mut fixated = scene.fixated()?;
    fixated.sort_unstable();
    fixated.dedup();
    // Adding 0 makes -0 equal to 0 in the total order.
    let descending = |values: &mut Vec<f64>| values.sort_unstable_by(|a, b| (b + 0.0).total_cmp(&(a + 0.0)));
    let mut all = scene.values.iter().copied().filter(|value| !value.is_nan()).collect::<Vec<_>>();
    let mut looked_at = fixated.iter().map(|&pixel| scene.values[pixel]).collect::<Vec<_>>();
    descending(&mut all);
    descending(&mut looked_at);
    let (hits, others) = (looked_at.len() as f64, (all.len() - looked_at.len()) as f64);
    if others == 0.0 {
        return Err(Undefined::OneClass);
    }
    let (mut area, mut last, mut seen) = (0.0, (0.0, 0.0), 0);
    for ties in looked_at.chunk_by(|a, b| a == b) {
        seen += ties.len();
        let above = all.partition_point(|&value| value >= ties[0]);
        let point = ((above - seen) as f64 / others, seen as f64 / hits);
        area += 0.5 * (point.0 - last.0) * (point.1 + last.1);
        last = point;
    }
    Ok(area + 0.5 * (1.0 - last.0) * (1.0 + last.1))
}
