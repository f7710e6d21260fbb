//! Which way up an image was stored, and the turn that sets it upright.
//!
//! EXIF (JEITA CP-3451, tag 274, the same as in TIFF 6.0) numbers the eight ways in which rows and columns can be stored.

use groundglass_types::{Image, Samples};
use image::metadata::Orientation as Exif;

/// One of the eight ways, by its number in the file: 1 is upright.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Orientation(u8);

impl Orientation {
    /// Stored as it is to be seen.
    pub const UPRIGHT: Self = Self(1);

    /// By its number; upright where that is none of the eight, as viewers take it.
    pub const fn of_number(number: u64) -> Self {
        match number {
            1..=8 => Self(number as u8),
            _ => Self::UPRIGHT,
        }
    }

    /// That of an EXIF block, which begins with `II` or `MM`; upright where it says none.
    pub fn of_exif(block: &[u8]) -> Self {
        Exif::from_exif_chunk(block).map_or(Self::UPRIGHT, |exif| Self(exif.to_exif()))
    }

    /// Whether rows and columns change places.
    const fn is_sideways(self) -> bool {
        self.0 >= 5
    }

    /// Width and height once upright, of the stored ones.
    pub const fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        if self.is_sideways() { (height, width) } else { (width, height) }
    }

    /// Width and height of a pixel once upright, of the stored ones.
    pub fn spacing(self, spacing: Option<[f64; 2]>) -> Option<[f64; 2]> {
        spacing.map(|[width, height]| if self.is_sideways() { [height, width] } else { [width, height] })
    }

    /// What a person must know of it; nothing where the image is stored upright.
    pub fn note(self) -> Option<String> {
        (self != Self::UPRIGHT).then(|| format!("turned upright by its EXIF orientation {}", self.0))
    }

    /// The image upright, with its window.
    pub fn turn(self, image: Image) -> Image {
        if self == Self::UPRIGHT {
            return image;
        }
        let (width, height, channels, window) = (image.width(), image.height(), image.channels(), image.window());
        let turned = |samples: &Samples| match samples {
            Samples::U8(samples) => Samples::U8(self.turned(samples, width, height, channels)),
            Samples::U16(samples) => Samples::U16(self.turned(samples, width, height, channels)),
            Samples::F32(samples) => Samples::F32(self.turned(samples, width, height, channels)),
        };
        let (wide, high) = if self.is_sideways() { (height, width) } else { (width, height) };
        match Image::measured(wide, high, channels, turned(&image.samples_with_gaps())) {
            Ok(upright) => upright.with_window(window),
            // The samples are as many as before, so this is never reached.
            Err(_) => image,
        }
    }

    fn turned<T: Copy>(self, samples: &[T], width: usize, height: usize, channels: usize) -> Vec<T> {
        let (wide, high) = if self.is_sideways() { (height, width) } else { (width, height) };
        let mut turned = Vec::with_capacity(samples.len());
        for y in 0..high {
            for x in 0..wide {
                // Where the pixel that is seen at (x, y) was stored. The names say which edge of the scene the first
                // stored row and column are: "top left" is upright.
                let (column, row) = match self.0 {
                    2 => (width - 1 - x, y),
                    3 => (width - 1 - x, height - 1 - y),
                    4 => (x, height - 1 - y),
                    5 => (y, x),
                    6 => (y, height - 1 - x),
                    7 => (width - 1 - y, height - 1 - x),
                    8 => (width - 1 - y, x),
                    _ => (x, y),
                };
                let start = (row * width + column) * channels;
                turned.extend(samples.iter().skip(start).take(channels));
            }
        }
        turned
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_types::{Image, Samples};
    use image::metadata::Orientation as Exif;

    use super::Orientation;

    /// Every one of the eight against the turn of the crate `image`.
    #[test]
    fn the_eight_turns_are_those_of_the_image_crate() {
        let samples: Vec<u8> = (0..3 * 2 * 3).collect();
        for number in 1..=8 {
            let image = Image::new(3, 2, 3, Samples::U8(samples.clone())).unwrap();
            let upright = Orientation::of_number(number).turn(image);
            let mut expected =
                image::DynamicImage::ImageRgb8(image::RgbImage::from_raw(3, 2, samples.clone()).unwrap());
            expected.apply_orientation(Exif::from_exif(number as u8).unwrap());
            assert_eq!(upright.width(), expected.width() as usize, "{number}");
            assert_eq!(upright.samples(), &Samples::U8(expected.into_bytes()), "{number}");
        }
    }

    #[test]
    fn pixels_without_a_value_are_turned_too() {
        let image = Image::measured(2, 1, 1, Samples::F32(vec![5.0, f32::NAN])).unwrap();
        let upright = Orientation::of_number(6).turn(image);
        assert_eq!((upright.width(), upright.height(), upright.missing()), (1, 2, std::slice::from_ref(&(1..2))));
        assert_eq!(upright.samples(), &Samples::F32(vec![5.0, 5.0]));
    }

    #[test]
    fn what_is_none_of_the_eight_is_upright() {
        assert_eq!(Orientation::of_number(0), Orientation::UPRIGHT);
        assert_eq!(Orientation::of_number(9), Orientation::UPRIGHT);
        assert_eq!(Orientation::of_exif(b"no such block"), Orientation::UPRIGHT);
    }
}
