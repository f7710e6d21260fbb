//! How far the values inside the truth stand out from those outside: contrast-to-noise ratio.

use groundglass_types::Undefined;

use crate::heatmaps::scope::Scene;

/// Mean, spread and count of some values.
#[derive(Clone, Copy, Debug)]
struct Spread {
    count: u64,
    mean: f64,
    /// Sum of the squared deviations from the mean; exactly 0 where all values are equal.
    deviations: f64,
}

impl Spread {
    /// `None` where no value is given; NaN values are none.
    fn of(values: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let values = values.filter(|value| !value.is_nan());
        let first = values.clone().next()?;
        let (mut count, mut sum, mut equal) = (0_u64, 0.0, true);
        for value in values.clone() {
            count += 1;
            sum += value;
            equal &= value == first;
        }
        // Rounding would give equal values a spread.
        let mean = if equal { first } else { sum / count as f64 };
        let deviations = if equal { 0.0 } else { values.map(|value| (value - mean) * (value - mean)).sum() };
        Some(Self { count, mean, deviations })
    }

    fn population_variance(&self) -> f64 {
        self.deviations / self.count as f64
    }

    fn unbiased_variance(&self) -> Result<f64, Undefined> {
        if self.count < 2 { Err(Undefined::TooFew) } else { Ok(self.deviations / (self.count - 1) as f64) }
    }
}

/// Inside and outside of the truth's region, pixels without a value left out.
fn sides(scene: &Scene<'_>) -> Result<(Spread, Spread), Undefined> {
    let region = scene.region()?;
    let side = |wanted: bool| {
        let pixels = scene.values.iter().zip(region).filter(move |(_, inside)| **inside == wanted);
        Spread::of(pixels.map(|(value, _)| *value))
    };
    match (side(true), side(false)) {
        (Some(inside), Some(outside)) => Ok((inside, outside)),
        (None, None) => Err(Undefined::EmptyPrediction),
        (None, Some(_)) => Err(Undefined::EmptyPrediction),
        (Some(_), None) => Err(Undefined::OneClass),
    }
}

fn ratio(difference: f64, variance: f64) -> Result<f64, Undefined> {
    if variance > 0.0 { Ok(difference / variance.sqrt()) } else { Err(Undefined::NoVariation) }
}

/// Signed, with population variances.
pub fn signed(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let (inside, outside) = sides(scene)?;
    ratio(inside.mean - outside.mean, inside.population_variance() + outside.population_variance())
}

/// Signed, with unbiased variances.
pub fn signed_unbiased(scene: &Scene<'_>) -> Result<f64, Undefined> {
    let (inside, outside) = sides(scene)?;
    ratio(inside.mean - outside.mean, inside.unbiased_variance()? + outside.unbiased_variance()?)
}

/// Without sign, with population variances.
pub fn absolute(scene: &Scene<'_>) -> Result<f64, Undefined> {
    signed(scene).map(f64::abs)
}

/// Without sign, with unbiased variances.
pub fn absolute_unbiased(scene: &Scene<'_>) -> Result<f64, Undefined> {
    signed_unbiased(scene).map(f64::abs)
}

/// Signed, as the LDM phrase grounding computes it.
pub fn ldm_signed(scene: &Scene<'_>) -> Result<f64, Undefined> {
    ldm(scene, |difference| difference)
}

/// Without sign, as the LDM phrase grounding computes it.
pub fn ldm_absolute(scene: &Scene<'_>) -> Result<f64, Undefined> {
    ldm(scene, f64::abs)
}

/// Box by box, mean over boxes. The pixels of a box lose their value once it has been looked at, so that they are
/// missing outside (and, where boxes overlap, inside) every later box. 0 / 0 is 0, and x / 0 the largest number of
/// single precision.
fn ldm(scene: &Scene<'_>, of_difference: fn(f64) -> f64) -> Result<f64, Undefined> {
    let (mut values, parts) = (scene.values.clone(), scene.parts());
    if parts.is_empty() {
        return Err(if scene.region.is_some() { Undefined::EmptyTruth } else { Undefined::NoTruth });
    }
    let mut sum = 0.0;
    for part in &parts {
        let inside = Spread::of(part.iter().map(|&pixel| values[pixel]));
        for &pixel in part {
            values[pixel] = f64::NAN;
        }
        if let (Some(inside), Some(outside)) = (inside, Spread::of(values.iter().copied())) {
            let difference = of_difference(inside.mean - outside.mean);
            let variance = inside.population_variance() + outside.population_variance();
            sum += match ratio(difference, variance) {
                Ok(number) => number,
                Err(_) if difference == 0.0 => 0.0,
                Err(_) => f64::from(f32::MAX).copysign(difference),
            };
        }
    }
    Ok(sum / parts.len() as f64)
}
