//! The map above a threshold against the truth's region.

use groundglass_types::Undefined;

use crate::heatmaps::scope::Scene;

/// IoU of the region and the pixels above a threshold, averaged over the thresholds of the options. A pixel without a
/// value is above none, and belongs to the region all the same.
pub fn mean_iou(scene: &Scene<'_>) -> Result<f64, Undefined> {
    over(scene, &scene.options.iou_thresholds)
}

/// The same at the thresholds 0.1, 0.2, 0.3, 0.4 and 0.5, whatever the options say.
pub fn mean_iou_1_to_5(scene: &Scene<'_>) -> Result<f64, Undefined> {
    over(scene, &[0.1, 0.2, 0.3, 0.4, 0.5])
}

fn over(scene: &Scene<'_>, thresholds: &[f64]) -> Result<f64, Undefined> {
    let region = scene.region()?;
    let mut sum = 0.0;
    for &threshold in thresholds {
        let (mut both, mut either) = (0_u64, 0_u64);
        for (&value, &inside) in scene.values.iter().zip(region) {
            let above = value > threshold;
            both += u64::from(above && inside);
            either += u64::from(above || inside);
        }
        // A region that holds a pixel leaves no union empty.
        sum += both as f64 / either.max(1) as f64;
    }
    Ok(sum / thresholds.len().max(1) as f64)
}
