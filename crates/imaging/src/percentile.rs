//! Percentiles of samples.

use groundglass_types::{Image, Samples};

/// Samples in rising order, of which any percentile can be told.
#[derive(Clone, Debug, PartialEq)]
pub enum Histogram {
    /// How often every whole number occurs.
    Counted {
        /// By the number.
        counts: Vec<u64>,
        /// How many samples there are.
        total: u64,
    },
    /// Measured values in rising order.
    Sorted(Vec<f32>),
}

impl Histogram {
    /// Of one channel, or of all of them together; empty where the image has no such channel. Pixels without a value do not
    /// count.
    pub fn of(image: &Image, channel: Option<usize>) -> Self {
        let (first, step) = channel.map_or((0, 1), |channel| (channel, image.channels()));
        match &*image.samples_with_gaps() {
            Samples::U8(samples) => counted(1 << 8, samples.iter().skip(first).step_by(step).map(|&s| usize::from(s))),
            Samples::U16(samples) => {
                counted(1 << 16, samples.iter().skip(first).step_by(step).map(|&s| usize::from(s)))
            }
            Samples::F32(samples) => {
                let values = samples.iter().skip(first).step_by(step).copied();
                let mut sorted: Vec<f32> = values.filter(|value| value.is_finite()).collect();
                sorted.sort_unstable_by(f32::total_cmp);
                Self::Sorted(sorted)
            }
        }
    }

    /// The percentile `percent` (0 to 100) in the samples' own units, linear between the two nearest ranks as
    /// `numpy.percentile` has it by default; 0 where there is no sample.
    pub fn percentile(&self, percent: f64) -> f64 {
        let total = match self {
            Self::Counted { total, .. } => *total,
            Self::Sorted(sorted) => sorted.len() as u64,
        };
        let rank = percent.clamp(0.0, 100.0) / 100.0 * total.saturating_sub(1) as f64;
        let (low, high) = (self.at_rank(rank.floor() as u64), self.at_rank(rank.ceil() as u64));
        low + (high - low) * (rank - rank.floor())
    }

    /// The sample that stands at `rank` when all are in rising order.
    fn at_rank(&self, rank: u64) -> f64 {
        match self {
            Self::Counted { counts, .. } => {
                let mut seen = 0;
                let value = counts.iter().position(|&count| {
                    seen += count;
                    seen > rank
                });
                value.unwrap_or(0) as f64
            }
            Self::Sorted(sorted) => {
                usize::try_from(rank).ok().and_then(|rank| sorted.get(rank)).map_or(0.0, |&value| f64::from(value))
            }
        }
    }
}

fn counted(values: usize, samples: impl Iterator<Item = usize>) -> Histogram {
    let mut counts = vec![0_u64; values];
    let mut total = 0;
    for sample in samples {
        counts[sample] += 1;
        total += 1;
    }
    Histogram::Counted { counts, total }
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
    fn measured_values_have_percentiles_too() {
        let image = Image::new(4, 1, 1, Samples::F32(vec![40.0, -10.0, 30.0, 20.5])).unwrap();
        // numpy.percentile([-10, 20.5, 30, 40], [0, 50]) is [-10, 25.25].
        assert_eq!(percentiles(&image, 0, [0.0, 50.0]), Some([-10.0, 25.25]));
    }

    #[test]
    fn pixels_without_a_value_do_not_count() {
        let nan = f32::NAN;
        let image = Image::measured(5, 1, 1, Samples::F32(vec![nan, 10.0, nan, 30.0, f32::INFINITY])).unwrap();
        // numpy.nanpercentile([10, 30], [0, 50]) is [10, 20].
        assert_eq!(percentiles(&image, 0, [0.0, 50.0]), Some([10.0, 20.0]));
    }

    #[test]
    fn a_channel_is_taken_by_itself() {
        let image = Image::new(2, 1, 3, Samples::U16(vec![1, 500, 3, 4, 600, 6])).unwrap();
        assert_eq!(percentiles(&image, 1, [0.0, 50.0]), Some([500.0, 550.0]));
    }
}
