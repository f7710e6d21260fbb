//! Structural similarity of two maps.

use groundglass_types::Undefined;

use crate::engine::math::exp;
use crate::heatmaps::scope::Scene;

/// How a window weighs its pixels.
struct Window {
    /// Weights along one axis; they sum to 1.
    weights: Vec<f64>,
    /// What variances and covariances are multiplied by.
    correction: f64,
    /// Whether rounding may not leave a variance below 0.
    clamped: bool,
}

/// The mean of SSIM over all windows of 7 x 7 equal weights that lie inside and miss no value, with unbiased variances
/// and a data range of 1: scikit-image's defaults.
pub fn uniform_ssim(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let truth = scene.row.truth_map.as_ref().ok_or(Undefined::NoTruth)?.to_values();
    let window = Window { weights: vec![1.0 / 7.0; 7], correction: 49.0 / 48.0, clamped: false };
    ssim([&scene.values, &truth], (scene.width, scene.height), &window)
}

/// Both maps of I-AI: missing values are 0, each is divided by its highest value, and a constant truth is 0 all over.
fn i_ai_maps(scene: &Scene<'_>) -> Result<(Vec<f64>, Vec<f64>), Undefined> {
    let truth = scene.row.truth_map.as_ref().ok_or(Undefined::NoTruth)?.to_values();
    let filled = |values: &[f64]| values.iter().map(|&value| if value.is_nan() { 0.0 } else { value }).collect();
    let (map, truth): (Vec<f64>, Vec<f64>) = (filled(&scene.values), filled(&truth));
    let highest = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let scaled = |values: &[f64]| {
        let highest = highest(values);
        let over = |value: &f64| value / highest;
        if highest == 0.0 { Err(Undefined::ZeroDenominator) } else { Ok(values.iter().map(over).collect::<Vec<_>>()) }
    };
    if map.is_empty() {
        return Err(Undefined::Nothing);
    }
    let constant = truth.iter().all(|&value| value == truth[0]);
    let truth = if constant { vec![0.0; truth.len()] } else { scaled(&truth)? };
    Ok((scaled(&map)?, truth))
}

/// SSIM of I-AI: torchmetrics' defaults, Gaussian windows of 11 x 11 with a deviation of 1.5 around every pixel, the
/// image mirrored at its edges, at a data range of 1.
pub fn i_ai_ssim(scene: &Scene<'_>) -> Result<f64, Undefined> {
    const MARGIN: usize = 5;
    let (map, truth) = i_ai_maps(scene)?;
    let (width, height) = (scene.width, scene.height);
    if width <= MARGIN || height <= MARGIN {
        return Err(Undefined::TooFew);
    }
    let weights = (-5..=5_i32).map(|offset| exp(-0.5 * f64::from(offset * offset) / (1.5 * 1.5))).collect::<Vec<_>>();
    let sum = weights.iter().sum::<f64>();
    let weights = weights.into_iter().map(|weight| weight / sum).collect();
    let mirrored = |values: &[f64]| {
        // The edge itself is not repeated.
        let inner = |place: usize, size: usize| {
            let place = place.abs_diff(MARGIN);
            if place < size { place } else { 2 * (size - 1) - place }
        };
        let rows = (0..height + 2 * MARGIN).map(|y| inner(y, height) * width);
        let row = |start: usize| (0..width + 2 * MARGIN).map(move |x| values[start + inner(x, width)]);
        rows.flat_map(row).collect::<Vec<_>>()
    };
    let window = Window { weights, correction: 1.0, clamped: true };
    ssim([&mirrored(&map), &mirrored(&truth)], (width + 2 * MARGIN, height + 2 * MARGIN), &window)
}

/// Mean squared error of I-AI.
pub fn i_ai_mean_squared_error(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let (map, truth) = i_ai_maps(scene)?;
    let squared = map.iter().zip(&truth).map(|(map, truth)| (map - truth) * (map - truth));
    Ok(squared.sum::<f64>() / map.len() as f64)
}

/// The mean over all windows that lie inside; a window that misses a value is left out.
fn ssim([map, truth]: [&[f64]; 2], (width, height): (usize, usize), window: &Window) -> Result<f64, Undefined> {
    if width < window.weights.len() || height < window.weights.len() {
        return Err(Undefined::TooFew);
    }
    let filtered = |of: &dyn Fn(f64, f64) -> f64| {
        let values = map.iter().zip(truth).map(|(&map, &truth)| of(map, truth)).collect::<Vec<_>>();
        windows(&values, width, height, &window.weights)
    };
    let (map_mean, truth_mean) = (filtered(&|map, _| map), filtered(&|_, truth| truth));
    let (map_square, truth_square) = (filtered(&|map, _| map * map), filtered(&|_, truth| truth * truth));
    let product = filtered(&|map, truth| map * truth);
    let (first, second) = (0.01 * 0.01, 0.03 * 0.03);
    let (mut sum, mut count) = (0.0, 0_u64);
    for index in 0..map_mean.len() {
        let (x, y) = (map_mean[index], truth_mean[index]);
        let variance = |square: f64, mean: f64| {
            let variance = window.correction * (square - mean * mean);
            if window.clamped { variance.max(0.0) } else { variance }
        };
        let (of_x, of_y) = (variance(map_square[index], x), variance(truth_square[index], y));
        let of_both = window.correction * (product[index] - x * y);
        let similarity =
            ((2.0 * x * y + first) * (2.0 * of_both + second)) / ((x * x + y * y + first) * (of_x + of_y + second));
        // `max` above would turn a missing value into 0.
        if !(similarity.is_nan() || x.is_nan() || y.is_nan()) {
            sum += similarity;
            count += 1;
        }
    }
    if count > 0 { Ok(sum / count as f64) } else { Err(Undefined::TooFew) }
}

/// Weighted means over all windows inside, row by row.
fn windows(values: &[f64], width: usize, height: usize, weights: &[f64]) -> Vec<f64> {
    let (columns, rows) = (width + 1 - weights.len(), height + 1 - weights.len());
    let mut along = Vec::with_capacity(columns * height);
    for row in values.chunks(width) {
        along.extend(row.windows(weights.len()).map(|part| part.iter().zip(weights).map(|(a, b)| a * b).sum::<f64>()));
    }
    let mut means = Vec::with_capacity(columns * rows);
    for y in 0..rows {
        for x in 0..columns {
            means.push(weights.iter().enumerate().map(|(step, weight)| weight * along[(y + step) * columns + x]).sum());
        }
    }
    means
}
