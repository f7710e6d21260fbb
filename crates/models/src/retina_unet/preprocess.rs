//! Pixels to numbers: percentile normalisation of the whole image, then one padded tile at a time.

use groundglass_imaging::Histogram;
use groundglass_types::Image;

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
        let histogram = Histogram::of(image, None);
        Self {
            low: histogram.percentile(f64::from(normalization.low_percentile)) as f32,
            high: histogram.percentile(f64::from(normalization.high_percentile)) as f32,
        }
    }

    /// The number that the network sees for a sample.
    pub fn apply(&self, sample: f32, ceiling: f32) -> f32 {
        let span = self.high - self.low;
        if span > 0.0 { ((sample - self.low) / span).clamp(0.0, ceiling) } else { 0.0 }
    }
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

    use super::IntensityRange;
    use crate::retina_unet::config::Normalization;

    #[test]
    fn a_flat_image_becomes_zero() {
        let image = Image::new(2, 1, 1, Samples::U8(vec![7, 7])).unwrap();
        let normalization = Normalization { low_percentile: 1.0, high_percentile: 99.8, ceiling: 2.0 };
        assert_eq!(IntensityRange::of(&image, &normalization).apply(7.0, 2.0), 0.0);
    }
}
