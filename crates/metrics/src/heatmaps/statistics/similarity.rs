//! A map against the map that is meant, as distributions or as values.

use groundglass_types::Undefined;

use crate::engine::math::ln;
use crate::heatmaps::scope::Scene;

/// MATLAB's and numpy's `eps`, which the reference adds under the logarithm.
const EPSILON: f64 = f64::EPSILON;

/// `sum q ln(eps + q / (p + eps))` of truth `q` and map `p`, both without their negative values and scaled to sum to 1.
pub fn kl_divergence(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let pairs = scene.pairs()?;
    let map = pairs.iter().map(|(map, _)| map.max(0.0)).sum::<f64>();
    let truth = pairs.iter().map(|(_, truth)| truth.max(0.0)).sum::<f64>();
    if truth <= 0.0 {
        return Err(Undefined::EmptyTruth);
    }
    if map <= 0.0 {
        return Err(Undefined::EmptyPrediction);
    }
    let term = |&(of_map, of_truth): &(f64, f64)| {
        let (p, q) = (of_map.max(0.0) / map, of_truth.max(0.0) / truth);
        q * ln(EPSILON + q / (p + EPSILON))
    };
    Ok(pairs.iter().map(term).sum())
}

/// Pearson's correlation of the two maps, pixel by pixel.
pub fn correlation(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let pairs = scene.pairs()?;
    let count = pairs.len() as f64;
    let varies = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).any(|value| value != of(&pairs[0]));
    if !varies(|pair| pair.0) || !varies(|pair| pair.1) {
        return Err(Undefined::NoVariation);
    }
    let map_mean = pairs.iter().map(|(map, _)| map).sum::<f64>() / count;
    let truth_mean = pairs.iter().map(|(_, truth)| truth).sum::<f64>() / count;
    let (mut both, mut of_map, mut of_truth) = (0.0, 0.0, 0.0);
    for (map, truth) in &pairs {
        let (map, truth) = (map - map_mean, truth - truth_mean);
        both += map * truth;
        of_map += map * map;
        of_truth += truth * truth;
    }
    let scale = of_map.sqrt() * of_truth.sqrt();
    if scale > 0.0 { Ok((both / scale).clamp(-1.0, 1.0)) } else { Err(Undefined::NoVariation) }
}

/// The sum of the lower of the two values, each map stretched to begin at 0 and scaled to sum to 1.
pub fn histogram_intersection(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let pairs = scene.pairs()?;
    let lowest = pairs.iter().fold((f64::INFINITY, f64::INFINITY), |low, pair| (low.0.min(pair.0), low.1.min(pair.1)));
    let map = pairs.iter().map(|pair| pair.0 - lowest.0).sum::<f64>();
    let truth = pairs.iter().map(|pair| pair.1 - lowest.1).sum::<f64>();
    if map > 0.0 && truth > 0.0 {
        let lower = |pair: &(f64, f64)| ((pair.0 - lowest.0) / map).min((pair.1 - lowest.1) / truth);
        Ok(pairs.iter().map(lower).sum())
    } else {
        Err(Undefined::NoVariation)
    }
}

/// Mean squared difference of the two maps as they are.
pub fn mean_squared_error(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let pairs = scene.pairs()?;
    let squared = pairs.iter().map(|(map, truth)| (map - truth) * (map - truth));
    Ok(squared.sum::<f64>() / pairs.len() as f64)
}
