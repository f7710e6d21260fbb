//! How much of a map lies inside the truth.

use groundglass_types::Undefined;

use crate::heatmaps::scope::Scene;

/// The share of the map's sum that lies inside the region; negative values count as 0.
pub fn inside(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let (mut inside, mut all) = (0.0, 0.0);
    for (&value, &is_inside) in scene.values.iter().zip(scene.region()?) {
        if value > 0.0 {
            all += value;
            inside += if is_inside { value } else { 0.0 };
        }
    }
    if all > 0.0 { Ok(inside / all) } else { Err(Undefined::EmptyPrediction) }
}
