//! From bytes to an image: which format, how large, and then the decoder.

use std::fmt;

use groundglass_types::{Image, ImageError, Samples};

use crate::{DecodeError, jpeg, png, tiff};

/// A decoded file.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The pixels of its first image.
    pub image: Image,
    /// Which format the file's first bytes said it has.
    pub format: Format,
    /// Whether the file holds further images (pages of a TIFF), which were not read.
    pub has_more_pages: bool,
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG (JFIF or EXIF).
    Jpeg,
    /// TIFF and BigTIFF, uncompressed, LZW, deflate or PackBits.
    Tiff,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Tiff => "TIFF",
        })
    }
}

impl Format {
    /// The format whose signature `bytes` begin with.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        const SIGNATURES: [(&[u8], Format); 6] = [
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"\xff\xd8\xff", Format::Jpeg),
            (b"II\x2a\x00", Format::Tiff),
            (b"MM\x00\x2a", Format::Tiff),
            (b"II\x2b\x00", Format::Tiff),
            (b"MM\x00\x2b", Format::Tiff),
        ];
        SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)).map(|&(_, format)| format)
    }
}

/// What is refused on the word of the file's header, before memory is taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most pixels.
    pub pixels: u64,
    /// Most bytes that the decoded samples may take, alpha included.
    pub bytes: u64,
}

impl Default for Limits {
    /// 100 megapixels and 512 MiB, which fits several times into the 4 GiB that a page can have.
    fn default() -> Self {
        Self { pixels: 100_000_000, bytes: 512 << 20 }
    }
}

impl Limits {
    /// Whether `width` x `height` pixels of `bytes_per_pixel` bytes are within the limits.
    pub(crate) fn check(
        self,
        file: &str,
        (width, height): (u32, u32),
        bytes_per_pixel: u64,
    ) -> Result<(), DecodeError> {
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.pixels {
            return Err(DecodeError::TooManyPixels { file: file.to_owned(), width, height, limit: self.pixels });
        }
        let bytes = pixels * bytes_per_pixel;
        if bytes > self.bytes {
            return Err(DecodeError::TooManyBytes { file: file.to_owned(), width, height, bytes, limit: self.bytes });
        }
        Ok(())
    }
}

/// Decodes the first image of a PNG, JPEG or TIFF file within the usual [`Limits`].
///
/// Grey stays one channel, a palette becomes RGB, alpha is dropped, 1, 2 and 4 bits of grey are
/// stretched to 8, and 8 and 16 bits stay what they are.
///
/// # Errors
/// [`DecodeError`], whose message names `file` and the fault.
pub fn decode_image(file: &str, bytes: &[u8]) -> Result<Image, DecodeError> {
    decode(file, bytes, Limits::default()).map(|decoded| decoded.image)
}

/// Decodes the first image of a PNG, JPEG or TIFF file, and says whether there are more.
///
/// # Errors
/// [`DecodeError`], whose message names `file` and the fault.
pub fn decode(file: &str, bytes: &[u8], limits: Limits) -> Result<Decoded, DecodeError> {
    if bytes.is_empty() {
        return Err(DecodeError::Empty { file: file.to_owned() });
    }
    let Some(format) = Format::of(bytes) else {
        let begins = bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        return Err(DecodeError::UnknownFormat { file: file.to_owned(), begins });
    };
    let (pixels, has_more_pages) = match format {
        Format::Png => (png::read(file, bytes, limits)?, false),
        Format::Jpeg => (jpeg::read(file, bytes, limits)?, false),
        Format::Tiff => tiff::read(file, bytes, limits)?,
    };
    let image = pixels.into_image().map_err(|error| DecodeError::Corrupt {
        file: file.to_owned(),
        format,
        detail: error.to_string(),
    })?;
    Ok(Decoded { image, format, has_more_pages })
}

/// Samples as a decoder gives them: interleaved, `channels` a pixel, of which some may be no colour.
pub(crate) struct RawPixels {
    pub width: u32,
    pub height: u32,
    pub channels: usize,
    /// How many of the channels are colour: 1 or 3, the first ones.
    pub colors: usize,
    pub samples: Samples,
}

impl RawPixels {
    fn into_image(self) -> Result<Image, ImageError> {
        let samples = match self.samples {
            Samples::U8(samples) => Samples::U8(keep_first(samples, self.channels, self.colors)),
            Samples::U16(samples) => Samples::U16(keep_first(samples, self.channels, self.colors)),
        };
        Image::new(self.width as usize, self.height as usize, self.colors, samples)
    }
}

/// The first `kept` samples of every `channels`, moved up in place.
fn keep_first<T: Copy>(mut samples: Vec<T>, channels: usize, kept: usize) -> Vec<T> {
    if kept < channels {
        let pixels = samples.len() / channels;
        for pixel in 0..pixels {
            samples.copy_within(pixel * channels..pixel * channels + kept, pixel * kept);
        }
        samples.truncate(pixels * kept);
    }
    samples
}

/// The pixels of a decoder of the crate `image`, once its header is within the limits.
pub(crate) fn from_image_crate(
    file: &str,
    format: Format,
    decoder: impl image::ImageDecoder,
    limits: Limits,
) -> Result<RawPixels, DecodeError> {
    let (width, height) = decoder.dimensions();
    limits.check(file, (width, height), u64::from(decoder.color_type().bytes_per_pixel()))?;
    let decoded = image::DynamicImage::from_decoder(decoder).map_err(|error| from_image_error(file, format, &error))?;
    let channels = usize::from(decoded.color().channel_count());
    let colors = if decoded.color().has_color() { 3 } else { 1 };
    let samples = match decoded {
        image::DynamicImage::ImageLuma8(pixels) => Samples::U8(pixels.into_raw()),
        image::DynamicImage::ImageLumaA8(pixels) => Samples::U8(pixels.into_raw()),
        image::DynamicImage::ImageRgb8(pixels) => Samples::U8(pixels.into_raw()),
        image::DynamicImage::ImageRgba8(pixels) => Samples::U8(pixels.into_raw()),
        image::DynamicImage::ImageLuma16(pixels) => Samples::U16(pixels.into_raw()),
        image::DynamicImage::ImageLumaA16(pixels) => Samples::U16(pixels.into_raw()),
        image::DynamicImage::ImageRgb16(pixels) => Samples::U16(pixels.into_raw()),
        image::DynamicImage::ImageRgba16(pixels) => Samples::U16(pixels.into_raw()),
        other => {
            let detail = format!("samples of type {:?}", other.color());
            return Err(DecodeError::Unsupported { file: file.to_owned(), format, detail });
        }
    };
    Ok(RawPixels { width, height, channels, colors, samples })
}

/// What the crate `image` says, in the words of this crate.
pub(crate) fn from_image_error(file: &str, format: Format, error: &image::ImageError) -> DecodeError {
    let file = file.to_owned();
    match error {
        image::ImageError::Unsupported(error) => DecodeError::Unsupported { file, format, detail: error.to_string() },
        error => DecodeError::Corrupt { file, format, detail: error.to_string() },
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::keep_first;

    #[test]
    fn channels_beyond_the_colours_are_dropped() {
        assert_eq!(keep_first(vec![1, 2, 3, 4, 5, 6, 7, 8], 4, 3), [1, 2, 3, 5, 6, 7]);
        assert_eq!(keep_first(vec![1, 9, 2, 9], 2, 1), [1, 2]);
        assert_eq!(keep_first(vec![1, 2, 3], 3, 3), [1, 2, 3]);
    }
}
