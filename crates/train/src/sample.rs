//! Random crops: where, how large, mirrored, turned, brighter, noisier.

use rand::Rng;

use crate::example::Example;
use crate::recipe::Training;

/// A square crop, augmented.
#[derive(Clone, Debug)]
pub struct Sample {
    /// `channels * side * side` numbers.
    pub pixels: Vec<f32>,
    /// `side * side` object numbers.
    pub objects: Vec<u16>,
}

/// Draws one crop of `training.crop` pixels from `example`.
pub fn draw(example: &Example, channels: usize, training: &Training, rng: &mut impl Rng) -> Sample {
    let side = training.crop;
    let zoom = log_uniform(rng, training.zoom[0], training.zoom[1]);
    let extent = side as f64 / zoom;
    let (center_x, center_y) = center(example, extent, training.centred, rng);
    let (mirrored, turned, upside_down) = (rng.random_bool(0.5), rng.random_bool(0.5), rng.random_bool(0.5));
    // Crop pixel to image point.
    let locate = |column: usize, row: usize| {
        let mut u = (column as f64 + 0.5) / side as f64 - 0.5;
        let mut v = (row as f64 + 0.5) / side as f64 - 0.5;
        if mirrored {
            u = -u;
        }
        if upside_down {
            v = -v;
        }
        if turned {
            (u, v) = (v, u);
        }
        (center_x + u * extent - 0.5, center_y + v * extent - 0.5)
    };
    let mut objects = vec![0; side * side];
    let mut pixels = vec![0.0; channels * side * side];
    let plane = example.width * example.height;
    for row in 0..side {
        for column in 0..side {
            let (x, y) = locate(column, row);
            let (nearest_x, nearest_y) = (x.round(), y.round());
            let inside = nearest_x >= 0.0
                && nearest_y >= 0.0
                && nearest_x < example.width as f64
                && nearest_y < example.height as f64;
            if inside {
                objects[row * side + column] = example.objects[nearest_y as usize * example.width + nearest_x as usize];
            }
            for channel in 0..channels {
                let values = &example.pixels[channel * plane..(channel + 1) * plane];
                pixels[(channel * side + row) * side + column] = bilinear(values, example.width, example.height, x, y);
            }
        }
    }
    recolour(&mut pixels, channels, training, rng);
    Sample { pixels, objects }
}

/// The centre of the crop: near a random object, or anywhere.
fn center(example: &Example, extent: f64, centred: f64, rng: &mut impl Rng) -> (f64, f64) {
    let mut along = |length: usize| {
        let free = length as f64 - extent;
        if free > 0.0 { extent / 2.0 + rng.random::<f64>() * free } else { length as f64 / 2.0 }
    };
    let anywhere = (along(example.width), along(example.height));
    if !rng.random_bool(centred) {
        return anywhere;
    }
    // A few random pixels usually hit an object; where objects are rare the place stays random.
    for _ in 0..200 {
        let position = rng.random_range(0..example.objects.len());
        if example.objects[position] != 0 {
            let jitter = |rng: &mut _| Rng::random_range(rng, -0.4..0.4) * extent;
            let (x, y) = (position % example.width, position / example.width);
            return (x as f64 + jitter(rng), y as f64 + jitter(rng));
        }
    }
    anywhere
}

/// Beyond the edge the edge repeats.
fn bilinear(values: &[f32], width: usize, height: usize, x: f64, y: f64) -> f32 {
    let (x, y) = (x.clamp(0.0, (width - 1) as f64), y.clamp(0.0, (height - 1) as f64));
    let (x0, y0) = (x as usize, y as usize);
    let (x1, y1) = ((x0 + 1).min(width - 1), (y0 + 1).min(height - 1));
    let (fx, fy) = ((x - x0 as f64) as f32, (y - y0 as f64) as f32);
    let top = values[y0 * width + x0] * (1.0 - fx) + values[y0 * width + x1] * fx;
    let bottom = values[y1 * width + x0] * (1.0 - fx) + values[y1 * width + x1] * fx;
    top * (1.0 - fy) + bottom * fy
}

fn recolour(pixels: &mut [f32], channels: usize, training: &Training, rng: &mut impl Rng) {
    let gamma = log_uniform(rng, 1.0 / training.gamma, training.gamma) as f32;
    let gain = rng.random_range(0.8..1.2_f32);
    let offset = rng.random_range(-0.05..0.05_f32);
    let noise = (rng.random::<f64>() * training.noise) as f32;
    let plane = pixels.len() / channels;
    // Grey images, repeated over the channels, stay grey: noise is drawn once a pixel.
    for position in 0..plane {
        let disturbance = offset + noise * normal(rng);
        for channel in 0..channels {
            let value = &mut pixels[channel * plane + position];
            *value = value.max(0.0).powf(gamma) * gain + disturbance;
        }
    }
}

/// Nearly normal: the sum of four uniforms, scaled to variance 1.
fn normal(rng: &mut impl Rng) -> f32 {
    let sum: f32 = (0..4).map(|_| rng.random::<f32>()).sum();
    (sum - 2.0) * 3.0_f32.sqrt()
}

fn log_uniform(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    (low.ln() + rng.random::<f64>() * (high.ln() - low.ln())).exp()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::draw;
    use crate::dataset::phantoms;
    use crate::recipe::Recipe;

    #[test]
    fn a_seed_draws_the_same_crop_and_pixels_stay_with_their_objects() {
        let mut recipe = Recipe::parse(include_str!("../recipes/donuts.json")).unwrap();
        recipe.training.noise = 0.0;
        recipe.training.gamma = 1.0;
        let options = groundglass_phantom::PhantomOptions { noise: 0.0, contrast: 1.0, ..Default::default() };
        let example = &phantoms(&options, 3, 1, &recipe.model).unwrap()[0];
        let mut seen = 0;
        for seed in 0..20 {
            let crop = || draw(example, 1, &recipe.training, &mut ChaCha8Rng::seed_from_u64(seed));
            let sample = crop();
            assert_eq!((&sample.pixels, &sample.objects), (&crop().pixels, &crop().objects));
            // Without noise objects are bright and all else is dark, so the two must move together.
            let mean = |inside: bool| {
                let values: Vec<f32> = sample
                    .pixels
                    .iter()
                    .zip(&sample.objects)
                    .filter(|(_, object)| (**object != 0) == inside)
                    .map(|(pixel, _)| *pixel)
                    .collect();
                (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
            };
            if let (Some(inside), Some(outside)) = (mean(true), mean(false)) {
                assert!(inside > outside + 0.5, "inside {inside}, outside {outside}");
                seen += 1;
            }
        }
        assert!(seen > 5, "only {seen} crops showed an object");
    }
}
