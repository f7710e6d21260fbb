//! Whether the highest value lies on the truth.

use groundglass_types::Undefined;

use crate::heatmaps::scope::Scene;

const fn hit(is_hit: bool) -> f64 {
    if is_hit { 1.0 } else { 0.0 }
}

/// The first pixel of the highest value lies inside; pixels without a value are passed over.
pub fn peak_inside(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let region = scene.region()?;
    let peak = scene.peak().ok_or(Undefined::EmptyPrediction)?;
    Ok(hit(region.get(peak) == Some(&true)))
}

/// The same with numpy's `argmax`, for which the first pixel without a value is the highest.
pub fn first_argmax_inside(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let region = scene.region()?;
    let missing = scene.values.iter().position(|value| value.is_nan());
    let peak = missing.or_else(|| scene.peak()).ok_or(Undefined::EmptyPrediction)?;
    Ok(hit(region.get(peak) == Some(&true)))
}

/// The highest value lies inside, or nearer to the inside than the tolerance.
pub fn peak_near(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let region = scene.region()?;
    let peak = scene.peak().ok_or(Undefined::EmptyPrediction)?;
    let width = scene.width.max(1);
    let place = |pixel: usize| ((pixel % width) as f64, (pixel / width) as f64);
    let (peak_x, peak_y) = place(peak);
    let limit = scene.options.pointing_tolerance * scene.options.pointing_tolerance;
    let near = |(pixel, &inside): (usize, &bool)| {
        let (x, y) = place(pixel);
        let squared = (x - peak_x) * (x - peak_x) + (y - peak_y) * (y - peak_y);
        inside && (squared < limit || pixel == peak)
    };
    Ok(hit(region.iter().enumerate().any(near)))
}
