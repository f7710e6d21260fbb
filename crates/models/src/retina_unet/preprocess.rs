//! Pixels to numbers: percentile normalisation of the whole image, then one padded tile at a time.

use groundglass_types::{Image, Samples};

use super::config::{Normalization, RetinaUNetConfig};
use crate::tiles::Tile;

/// The sample values that become 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntensityRange {
    /// Becomes 0.
    pub low: f32,
    /// Becomes 1.
    pub high: f32,
}

impl IntensityRange {
    /// Percentiles over all samples of the image, all channels together, interpolated linearly
    /// between ranks as `numpy.percentile` does. A flat image maps to 0.
    pub fn of(image: &Image, normalization: &Normalization) -> Self {
        let counts = histogram(image.samples());
        Self {
            low: percentile(&counts, normalization.low_percentile),
            high: percentile(&counts, normalization.high_percentile),
        }
    }

    /// The number that the network sees for a sample.
    pub fn apply(&self, sample: f32, ceiling: f32) -> f32 {
        let span = self.high - self.low;
        if span > 0.0 { ((sample - self.low) / span).clamp(0.0, ceiling) } else { 0.0 }
    }
}

fn histogram(samples: &Samples) -> Vec<u64> {
    match samples {
        Samples::U8(samples) => samples.iter().fold(vec![0; 1 << 8], |mut counts, &sample| {
            counts[usize::from(sample)] += 1;
            counts
        }),
        Samples::U16(samples) => samples.iter().fold(vec![0; 1 << 16], |mut counts, &sample| {
            counts[usize::from(sample)] += 1;
            counts
        }),
    }
}

fn percentile(counts: &[u64], percent: f32) -> f32 {
    let total: u64 = counts.iter().sum();
    let rank = f64::from(percent) / 100.0 * total.saturating_sub(1) as f64;
    let below = rank.floor();
    let (low, high) = (value_at(counts, below as u64), value_at(counts, rank.ceil() as u64));
    (low + (high - low) * (rank - below)) as f32
}

/// The value of the sample of that rank, counting from 0 in ascending order.
fn value_at(counts: &[u64], rank: u64) -> f64 {
    let mut seen = 0;
    for (value, count) in counts.iter().enumerate() {
        seen += count;
        if seen > rank {
            return value as f64;
        }
    }
    counts.len().saturating_sub(1) as f64
}

/// One tile as the network's input: channels, then rows, then columns.
#[derive(Clone, Debug, PartialEq)]
pub struct TileInput {
    /// `channels * height * width` numbers.
    pub values: Vec<f32>,
    /// Rows, a multiple of [`RetinaUNetConfig::size_multiple`].
    pub height: usize,
    /// Columns, a multiple of [`RetinaUNetConfig::size_multiple`].
    pub width: usize,
}

/// The tile's pixels, normalised. Rows and columns that are missing to the next multiple repeat the
/// last ones. Grey images fill all input channels; RGB images become their mean where one is wanted.
pub fn tile_input(image: &Image, range: &IntensityRange, tile: &Tile, config: &RetinaUNetConfig) -> TileInput {
    let multiple = config.size_multiple();
    let (width, height) = (tile.width.next_multiple_of(multiple), tile.height.next_multiple_of(multiple));
    let ceiling = config.normalization.ceiling;
    let mut values = Vec::with_capacity(config.in_channels * height * width);
    for channel in 0..config.in_channels {
        for row in 0..height {
            let y = tile.top + row.min(tile.height - 1);
            for column in 0..width {
                let x = tile.left + column.min(tile.width - 1);
                let pixel = (y * image.width() + x) * image.channels();
                let sample = if image.channels() == config.in_channels {
                    sample_at(image, pixel + channel)
                } else if image.channels() == 1 {
                    sample_at(image, pixel)
                } else {
                    (0..image.channels()).map(|c| sample_at(image, pixel + c)).sum::<f32>() / image.channels() as f32
                };
                values.push(range.apply(sample, ceiling));
            }
        }
    }
    TileInput { values, height, width }
}

fn sample_at(image: &Image, index: usize) -> f32 {
    // In range by Image's own rule that samples fill it; 0 would only ever hide a fault here.
    image.samples().get(index).unwrap_or(0.0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_types::{Image, Samples};

    use super::{IntensityRange, histogram, percentile};
    use crate::retina_unet::config::Normalization;

    #[test]
    fn percentiles_are_numpys() {
        // numpy.percentile([0, 10, 20, 30], [0, 1, 50, 99.8, 100]) = 0, 0.3, 15, 29.94, 30
        let counts = histogram(&Samples::U16(vec![30, 10, 0, 20]));
        for (percent, expected) in [(0.0, 0.0), (1.0, 0.3), (50.0, 15.0), (99.8, 29.94), (100.0, 30.0)] {
            assert!((percentile(&counts, percent) - expected).abs() < 1e-4, "percentile {percent}");
        }
    }

    #[test]
    fn a_flat_image_becomes_zero() {
        let image = Image::new(2, 1, 1, Samples::U8(vec![7, 7])).unwrap();
        let normalization = Normalization { low_percentile: 1.0, high_percentile: 99.8, ceiling: 2.0 };
        assert_eq!(IntensityRange::of(&image, &normalization).apply(7.0, 2.0), 0.0);
    }
}
