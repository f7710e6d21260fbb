//! Resizing of 8-bit images, byte for byte as the Python ecosystem does it.
//!
//! Networks are trained on what Pillow makes of an image; another filter, or another rounding, is another input.

/// A filter of [`resize`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Pillow's `Image.BICUBIC`: Catmull-Rom, widened where the image becomes smaller, so that every sample counts
    /// (Keys 1981 with a = -0.5; Pillow's `Resample.c`).
    Bicubic,
    /// OpenCV's `INTER_LINEAR`: between the two nearest samples, whatever the scale.
    Linear,
}

/// An 8-bit image, row by row, `channels` samples a pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Samples a pixel.
    pub channels: usize,
    /// All samples.
    pub samples: Vec<u8>,
}

/// The weights of one output position: those of the input positions from `first`.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// Pillow's weights are fixed-point numbers with so many bits after the point.
const BITS: u32 = 22;

impl Raster {
    /// The image with `width` x `height` pixels. `None` where a side is 0 or the samples do not fill the image.
    pub fn resized(&self, [width, height]: [usize; 2], filter: Filter) -> Option<Self> {
        let count = self.width.checked_mul(self.height)?.checked_mul(self.channels)?;
        let sides = [self.width, self.height, self.channels, width, height];
        if sides.contains(&0) || count != self.samples.len() {
            return None;
        }
        width.checked_mul(height)?.checked_mul(self.channels)?;
        match filter {
            Filter::Bicubic => Some(self.bicubic(width, height)),
            Filter::Linear => Some(self.linear(width, height)),
        }
    }

    /// Rows first, rounded to 8 bits, then columns. A side that keeps its length is not touched.
    fn bicubic(&self, width: usize, height: usize) -> Self {
        let across = if width == self.width { self.clone() } else { self.across(&taps(self.width, width)) };
        if height == self.height { across } else { across.down(&taps(self.height, height)) }
    }

    fn across(&self, taps: &[Taps]) -> Self {
        let channels = self.channels;
        let mut samples = Vec::with_capacity(taps.len() * self.height * channels);
        for row in self.samples.chunks_exact(self.width * channels) {
            for tap in taps {
                let window = row.get(tap.first * channels..).unwrap_or_default();
                for channel in 0..channels {
                    let picked = window.iter().skip(channel).step_by(channels);
                    let sum: i32 = picked.zip(&tap.weights).map(|(&sample, weight)| i32::from(sample) * weight).sum();
                    samples.push(rounded(sum));
                }
            }
        }
        Self { width: taps.len(), height: self.height, channels, samples }
    }

    fn down(&self, taps: &[Taps]) -> Self {
        let line = self.width * self.channels;
        let mut samples = Vec::with_capacity(taps.len() * line);
        let mut sums = vec![0_i32; line];
        for tap in taps {
            sums.fill(0);
            let rows = self.samples.chunks_exact(line).skip(tap.first);
            for (row, &weight) in rows.zip(&tap.weights) {
                for (sum, &sample) in sums.iter_mut().zip(row) {
                    *sum += i32::from(sample) * weight;
                }
            }
            samples.extend(sums.iter().map(|&sum| rounded(sum)));
        }
        Self { width: self.width, height: taps.len(), channels: self.channels, samples }
    }

    /// OpenCV's fixed-point arithmetic: weights of 11 bits, and four bits given up between rows and columns.
    fn linear(&self, width: usize, height: usize) -> Self {
        let (columns, rows) = (neighbours(self.width, width, true), neighbours(self.height, height, false));
        let channels = self.channels;
        let sample = |row: usize, column: usize, channel: usize| {
            let index = (row * self.width + column) * channels + channel;
            i32::from(self.samples.get(index).copied().unwrap_or_default())
        };
        let line = |row: usize| -> Vec<i32> {
            let mut line = Vec::with_capacity(width * channels);
            for &([left, right], [near, far]) in &columns {
                line.extend((0..channels).map(|c| sample(row, left, c) * near + sample(row, right, c) * far));
            }
            line
        };
        let mut samples = Vec::with_capacity(width * height * channels);
        for &([upper, lower], [near, far]) in &rows {
            let (above, below) = (line(upper), line(lower));
            samples.extend(above.iter().zip(&below).map(|(above, below)| {
                let sum = ((near * (above >> 4)) >> 16) + ((far * (below >> 4)) >> 16);
                ((sum + 2) >> 2).clamp(0, 255) as u8
            }));
        }
        Self { width, height, channels, samples }
    }
}

fn rounded(sum: i32) -> u8 {
    (sum.saturating_add(1 << (BITS - 1)) >> BITS).clamp(0, 255) as u8
}

/// Keys' cubic with a = -0.5.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// The bicubic filter's weights for every output position of a side.
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let widening = scale.max(1.0);
    let support = 2.0 * widening;
    let inverse = 1.0 / widening;
    (0..to)
        .map(|position| {
            let center = (position as f64 + 0.5) * scale;
            // Truncation to whole numbers, as a cast in C does.
            let first = (center - support + 0.5).max(0.0) as usize;
            let end = ((center + support + 0.5) as usize).min(from);
            let weights: Vec<f64> = (first..end).map(|x| cubic((x as f64 - center + 0.5) * inverse)).collect();
            let sum: f64 = weights.iter().sum();
            let fixed = |weight: &f64| {
                let normed = if sum == 0.0 { *weight } else { weight / sum };
                let scaled = normed * f64::from(1 << BITS);
                (if normed < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
            };
            Taps { first, weights: weights.iter().map(fixed).collect() }
        })
        .collect()
}

/// For every output position of a side: the two input positions about it, and their weights in 2048ths. Beyond the
/// first and the last position both are the same; OpenCV then gives one all the weight in a row (`whole`), and leaves
/// the weights as they are in a column, which rounds otherwise.
fn neighbours(from: usize, to: usize, whole: bool) -> Vec<([usize; 2], [i32; 2])> {
    let scale = from as f64 / to as f64;
    let last = from as i64 - 1;
    (0..to)
        .map(|position| {
            let place = ((position as f64 + 0.5) * scale - 0.5) as f32;
            let index = place.floor() as i64;
            let outside = index < 0 || index >= last;
            let share = if whole && outside { 0.0 } else { place - place.floor() };
            let inside = |index: i64| index.clamp(0, last) as usize;
            let weight = |share: f32| (share * 2048.0).round_ties_even() as i32;
            ([inside(index), inside(index + 1)], [weight(1.0 - share), weight(share)])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Filter, Raster};

    #[test]
    fn a_flat_image_stays_flat() {
        let image = Raster { width: 7, height: 5, channels: 3, samples: [10, 200, 255].repeat(35) };
        for filter in [Filter::Bicubic, Filter::Linear] {
            for (width, height) in [(7, 5), (3, 9), (64, 1)] {
                let resized = image.resized([width, height], filter);
                let samples = resized.map(|image| image.samples);
                assert_eq!(samples, Some([10, 200, 255].repeat(width * height)));
            }
        }
    }

    #[test]
    fn what_is_no_image_is_refused() {
        let image = Raster { width: 2, height: 2, channels: 1, samples: vec![0; 3] };
        assert_eq!(image.resized([2, 2], Filter::Bicubic), None);
        let image = Raster { width: 2, height: 2, channels: 1, samples: vec![0; 4] };
        assert_eq!(image.resized([0, 2], Filter::Linear), None);
        assert_eq!(image.resized([usize::MAX, usize::MAX], Filter::Bicubic), None);
    }
}
