//! What a screen shows of an image.

use groundglass_types::{Image, Samples, Window};

use crate::percentile::Histogram;

/// The share of samples, in percent, that may be clipped to black and to white where no window is given.
const CLIPPED: f64 = 0.1;

/// 8-bit RGBA, row-major, opaque, four bytes a pixel.
///
/// Samples are stretched linearly over the image's window. Without one, 8-bit samples are shown as they are, and others
/// are stretched so that the percentile 0.1 of all of them is black and 99.9 is white: one range for all channels, so
/// that hues stay.
pub fn display_rgba(image: &Image) -> Vec<u8> {
    match image.samples() {
        Samples::U8(samples) => match image.window() {
            None => to_rgba(samples, image.channels(), |sample| sample),
            Some(window) => to_rgba(samples, image.channels(), |sample| shade(window, f32::from(sample))),
        },
        Samples::U16(samples) => {
            let window = window_of(image);
            let shades: Vec<u8> = (0..=u16::MAX).map(|sample| shade(window, f32::from(sample))).collect();
            to_rgba(samples, image.channels(), |sample| shades[usize::from(sample)])
        }
        Samples::F32(samples) => {
            let window = window_of(image);
            to_rgba(samples, image.channels(), |sample| shade(window, sample))
        }
    }
}

/// The window that the file asks for, or else that of the percentiles.
fn window_of(image: &Image) -> Window {
    image.window().unwrap_or_else(|| {
        let histogram = Histogram::of(image, None);
        Window { low: histogram.percentile(CLIPPED) as f32, high: histogram.percentile(100.0 - CLIPPED) as f32 }
    })
}

fn shade(window: Window, sample: f32) -> u8 {
    let (low, high) = (f64::from(window.low), f64::from(window.high));
    // A flat image has no range; it is shown black up to its one value.
    let range = if high > low { high - low } else { 1.0 };
    ((f64::from(sample) - low) / range * 255.0).round().clamp(0.0, 255.0) as u8
}

fn to_rgba<T: Copy>(samples: &[T], channels: usize, shade: impl Fn(T) -> u8) -> Vec<u8> {
    let mut rgba = Vec::with_capacity(samples.len() / channels * 4);
    for pixel in samples.chunks_exact(channels) {
        match *pixel {
            [red, green, blue] => rgba.extend([shade(red), shade(green), shade(blue), u8::MAX]),
            [grey, ..] => rgba.extend([shade(grey), shade(grey), shade(grey), u8::MAX]),
            [] => {}
        }
    }
    rgba
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_types::{Image, Samples};

    use super::display_rgba;

    #[test]
    fn eight_bits_are_shown_as_they_are() {
        let grey = Image::new(2, 1, 1, Samples::U8(vec![3, 200])).unwrap();
        assert_eq!(display_rgba(&grey), [3, 3, 3, 255, 200, 200, 200, 255]);
        let color = Image::new(1, 1, 3, Samples::U8(vec![1, 2, 3])).unwrap();
        assert_eq!(display_rgba(&color), [1, 2, 3, 255]);
    }

    #[test]
    fn sixteen_bits_are_stretched_between_their_percentiles() {
        // 0..=2000: the percentile 0.1 is 2 and 99.9 is 1998.
        let image = Image::new(2001, 1, 1, Samples::U16((0..=2000).collect())).unwrap();
        let shade = |sample: usize| display_rgba(&image)[4 * sample];
        assert_eq!([shade(0), shade(2), shade(1001), shade(1998), shade(2000)], [0, 0, 128, 255, 255]);
    }

    #[test]
    fn a_window_is_shown_from_black_to_white() {
        let image = Image::new(4, 1, 1, Samples::F32(vec![-1000.0, -160.0, 40.0, 240.0])).unwrap();
        let image = image.with_window(Some(groundglass_types::Window { low: -160.0, high: 240.0 }));
        let shades: Vec<u8> = display_rgba(&image).chunks(4).map(|pixel| pixel[0]).collect();
        assert_eq!(shades, [0, 0, 128, 255]);
    }

    #[test]
    fn a_flat_image_is_shown_black() {
        let image = Image::new(2, 2, 1, Samples::U16(vec![700; 4])).unwrap();
        assert_eq!(display_rgba(&image), [0, 0, 0, 255].repeat(4));
    }
}
