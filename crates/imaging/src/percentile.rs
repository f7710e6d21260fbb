//! Percentiles of samples.

use groundglass_types::{Image, Samples};

/// How often every sample value occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    /// Of one channel, or of all of them together; empty where the image has no such channel.
    pub fn of(image: &Image, channel: Option<usize>) -> Self {
        let (first, step) = channel.map_or((0, 1), |channel| (channel, image.channels()));
        let mut counts = vec![0_u64; if matches!(image.samples(), Samples::U8(_)) { 1 << 8 } else { 1 << 16 }];
        match image.samples() {
            Samples::U8(samples) => samples.iter().skip(first).step_by(step).for_each(|&s| counts[usize::from(s)] += 1),
            Samples::U16(samples) => {
                samples.iter().skip(first).step_by(step).for_each(|&s| counts[usize::from(s)] += 1);
            }
        }
        let total = counts.iter().sum();
        Self { counts, total }
    }

    /// The percentile `percent` (0 to 100) in the samples' own units, linear between the two nearest ranks as
    /// `numpy.percentile` has it by default; 0 where there is no sample.
    pub fn percentile(&self, percent: f64) -> f64 {
        let rank = percent.clamp(0.0, 100.0) / 100.0 * self.total.saturating_sub(1) as f64;
        let (low, high) = (self.at_rank(rank.floor() as u64), self.at_rank(rank.ceil() as u64));
        low + (high - low) * (rank - rank.floor())
    }

    /// The sample that stands at `rank` when all are in rising order.
    fn at_rank(&self, rank: u64) -> f64 {
        let mut seen = 0;
        let value = self.counts.iter().position(|&count| {
            seen += count;
            seen > rank
        });
        value.unwrap_or(0) as f64
    }
}

/// The two percentiles `percents` (0 to 100) of one channel's samples, in the samples' own units, linear
/// between the two nearest ranks (`numpy.percentile`'s default). `None` where the image has no such channel.
pub fn percentiles(image: &Image, channel: usize, percents: [f64; 2]) -> Option<[f32; 2]> {
    (channel < image.channels()).then(|| {
        let histogram = Histogram::of(image, Some(channel));
        percents.map(|percent| histogram.percentile(percent) as f32)
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_types::{Image, Samples};

    use super::percentiles;

    #[test]
    fn ranks_in_between_are_interpolated() {
        // numpy.percentile([10, 20, 30, 40], [25, 90]) is [17.5, 37].
        let image = Image::new(4, 1, 1, Samples::U8(vec![40, 10, 30, 20])).unwrap();
        assert_eq!(percentiles(&image, 0, [25.0, 90.0]), Some([17.5, 37.0]));
        assert_eq!(percentiles(&image, 0, [0.0, 100.0]), Some([10.0, 40.0]));
        assert_eq!(percentiles(&image, 1, [0.0, 100.0]), None);
    }

    #[test]
    fn a_channel_is_taken_by_itself() {
        let image = Image::new(2, 1, 3, Samples::U16(vec![1, 500, 3, 4, 600, 6])).unwrap();
        assert_eq!(percentiles(&image, 1, [0.0, 50.0]), Some([500.0, 550.0]));
    }
}
