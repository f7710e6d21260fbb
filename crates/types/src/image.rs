//! Decoded pixels.

use std::borrow::Cow;
use std::ops::Range;

use thiserror::Error;

/// Pixel samples as they stood in the file, row-major, channels interleaved.
#[derive(Clone, Debug, PartialEq)]
pub enum Samples {
    /// 8 bits a sample.
    U8(Vec<u8>),
    /// 16 bits a sample.
    U16(Vec<u16>),
    /// Measured values: Hounsfield units of a CT, 32-bit float TIFF and the like. All finite.
    F32(Vec<f32>),
}

impl Samples {
    /// How many samples there are.
    pub const fn len(&self) -> usize {
        match self {
            Self::U8(samples) => samples.len(),
            Self::U16(samples) => samples.len(),
            Self::F32(samples) => samples.len(),
        }
    }

    /// Whether there is no sample.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sample at `index` as a number, or `None` past the end.
    pub fn get(&self, index: usize) -> Option<f32> {
        match self {
            Self::U8(samples) => samples.get(index).map(|&sample| f32::from(sample)),
            Self::U16(samples) => samples.get(index).map(|&sample| f32::from(sample)),
            Self::F32(samples) => samples.get(index).copied(),
        }
    }
}

/// Which values a screen shows from black to white, in the samples' own units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Shown black, as is everything below.
    pub low: f32,
    /// Shown white, as is everything above.
    pub high: f32,
}

/// A decoded image: `height` rows of `width` pixels of `channels` interleaved samples.
///
/// Channels are 1 (grey) or 3 (RGB); alpha is dropped by the decoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    width: usize,
    height: usize,
    channels: usize,
    samples: Samples,
    window: Option<Window>,
    /// Pixels without a value, row-major, as runs in rising order.
    missing: Vec<Range<usize>>,
}

/// Samples that do not fill the image they are said to be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// The count of samples is not `width * height * channels`.
    #[error("{width} x {height} pixels of {channels} channels need {expected} samples, found {found}")]
    SampleCount {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// Samples a pixel.
        channels: usize,
        /// `width * height * channels`.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// Neither grey nor RGB.
    #[error("an image has 1 (grey) or 3 (RGB) channels, found {0}")]
    Channels(usize),
    /// No pixel at all.
    #[error("an image has at least one pixel, found {0} x {1}")]
    Empty(usize, usize),
    /// A measured value that is no number.
    #[error("sample {0} is not a finite number")]
    NotFinite(usize),
}

impl Image {
    /// An image of `width` x `height` pixels.
    ///
    /// # Errors
    /// [`ImageError`] where the samples do not fill it exactly, one of them is not finite, it is empty, or it is neither
    /// grey nor RGB.
    pub fn new(width: usize, height: usize, channels: usize, samples: Samples) -> Result<Self, ImageError> {
        if channels != 1 && channels != 3 {
            return Err(ImageError::Channels(channels));
        }
        if width == 0 || height == 0 {
            return Err(ImageError::Empty(width, height));
        }
        let expected = width.saturating_mul(height).saturating_mul(channels);
        if samples.len() != expected {
            let found = samples.len();
            return Err(ImageError::SampleCount { width, height, channels, expected, found });
        }
        if let Samples::F32(samples) = &samples
            && let Some(place) = samples.iter().position(|sample| !sample.is_finite())
        {
            return Err(ImageError::NotFinite(place));
        }
        Ok(Self { width, height, channels, samples, window: None, missing: Vec::new() })
    }

    /// An image whose measured values may be no numbers (NaN, infinite), as programs write what lies outside the measured
    /// part. Such pixels get the lowest value that is there, or 0 where there is none, in every channel, and are told by
    /// [`Image::missing`]: they are shown black, and count in no statistic.
    ///
    /// # Errors
    /// As [`Image::new`], but for samples that are not finite.
    pub fn measured(width: usize, height: usize, channels: usize, samples: Samples) -> Result<Self, ImageError> {
        let mut samples = samples;
        let mut missing: Vec<Range<usize>> = Vec::new();
        if let Samples::F32(samples) = &mut samples
            && samples.iter().any(|sample| !sample.is_finite())
        {
            let lowest = samples.iter().copied().filter(|sample| sample.is_finite()).reduce(f32::min).unwrap_or(0.0);
            for (place, pixel) in samples.chunks_mut(channels.max(1)).enumerate() {
                if pixel.iter().all(|sample| sample.is_finite()) {
                    continue;
                }
                pixel.fill(lowest);
                match missing.last_mut().filter(|run| run.end == place) {
                    Some(run) => run.end += 1,
                    None => missing.push(place..place + 1),
                }
            }
        }
        Ok(Self { missing, ..Self::new(width, height, channels, samples)? })
    }

    /// The image with the window that its file asks for.
    #[must_use]
    pub const fn with_window(mut self, window: Option<Window>) -> Self {
        self.window = window;
        self
    }

    /// Which values a screen is to show, where the file says so.
    pub const fn window(&self) -> Option<Window> {
        self.window
    }

    /// Pixels to which the file gives no value, counted row by row from 0, as runs in rising order; empty for most images.
    pub fn missing(&self) -> &[Range<usize>] {
        &self.missing
    }

    /// Columns.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// Samples a pixel: 1 (grey) or 3 (RGB).
    pub const fn channels(&self) -> usize {
        self.channels
    }

    /// The samples, row-major, channels interleaved.
    pub const fn samples(&self) -> &Samples {
        &self.samples
    }

    /// The samples with NaN for every pixel that has no value.
    pub fn samples_with_gaps(&self) -> Cow<'_, Samples> {
        match &self.samples {
            Samples::F32(samples) if !self.missing.is_empty() => {
                let mut samples = samples.clone();
                for run in &self.missing {
                    let places = run.start * self.channels..run.end * self.channels;
                    samples.get_mut(places).unwrap_or_default().fill(f32::NAN);
                }
                Cow::Owned(Samples::F32(samples))
            }
            samples => Cow::Borrowed(samples),
        }
    }

    /// The samples, given away.
    pub fn into_samples(self) -> Samples {
        self.samples
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Image, Samples};

    #[test]
    fn what_is_no_number_is_filled_and_told() {
        let (nan, inf) = (f32::NAN, f32::INFINITY);
        let image = Image::measured(3, 2, 1, Samples::F32(vec![nan, nan, -2.0, 7.0, -inf, 1.0])).unwrap();
        assert_eq!(image.samples(), &Samples::F32(vec![-2.0, -2.0, -2.0, 7.0, -2.0, 1.0]));
        assert_eq!(image.missing(), [0..2, 4..5]);
        let Samples::F32(gaps) = image.samples_with_gaps().into_owned() else { unreachable!() };
        assert_eq!(
            gaps.iter().map(|value| value.is_nan()).collect::<Vec<_>>(),
            [true, true, false, false, true, false]
        );
        let colour = Image::measured(1, 2, 3, Samples::F32(vec![1.0, nan, 3.0, 4.0, 5.0, 6.0])).unwrap();
        assert_eq!(colour.samples(), &Samples::F32(vec![1.0, 1.0, 1.0, 4.0, 5.0, 6.0]));
        assert_eq!(colour.missing(), std::slice::from_ref(&(0..1)));
        let nothing = Image::measured(2, 1, 1, Samples::F32(vec![nan, inf])).unwrap();
        assert_eq!(nothing.samples(), &Samples::F32(vec![0.0, 0.0]));
        assert!(Image::new(2, 1, 1, Samples::F32(vec![nan, 0.0])).is_err());
        assert!(Image::measured(2, 1, 1, Samples::U8(vec![0, 255])).unwrap().missing().is_empty());
    }
}
