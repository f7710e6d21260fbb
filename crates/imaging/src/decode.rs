//! From bytes to an image: which format, how large, and then the decoder.

use std::fmt;
use std::io::Cursor;

use groundglass_types::{Image, Samples};

use crate::open::{Facts, Opening, Source, open};
use crate::{DecodeError, jpeg, png, tiff};
#[cfg(feature = "full")]
use crate::{bmp, dicom, nifti, nrrd, numpy, webp};

/// A decoded file.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The pixels of its first frame.
    pub image: Image,
    /// Which format the file's first bytes said it has.
    pub format: Format,
    /// How many frames the file holds, of which only the first was read.
    pub frames: usize,
    /// What the header says besides the pixels.
    pub facts: Facts,
}

/// A format that is read: how it is told, and how it is opened. To add one, write a file beside these and give it a line
/// in [`DECODERS`].
pub(crate) struct Decoder {
    pub format: Format,
    /// Whether the file is of this format, by its name and its first 512 bytes. The bytes decide; the name only where a
    /// format has no signature.
    pub recognises: fn(file: &str, head: &[u8]) -> bool,
    /// Reads the header, and refuses what is beyond the limits before memory is taken for it.
    pub open: Open,
}

type Open = for<'a> fn(&str, Box<dyn Source + 'a>, Limits) -> Result<Opening<'a>, DecodeError>;

/// All formats, in the order in which they are tried.
pub(crate) const DECODERS: &[Decoder] = &[
    // Before TIFF: a slide may be both, with the header of a TIFF in its preamble, and DICOM says more.
    #[cfg(feature = "full")]
    Decoder { format: Format::Dicom, recognises: |_, head| dicom::recognises(head), open: dicom::open },
    Decoder { format: Format::Png, recognises: png::recognises, open: png::open },
    Decoder { format: Format::Jpeg, recognises: jpeg::recognises, open: jpeg::open },
    Decoder { format: Format::Tiff, recognises: tiff::recognises, open: tiff::open },
    #[cfg(feature = "full")]
    Decoder { format: Format::WebP, recognises: webp::recognises, open: webp::open },
    #[cfg(feature = "full")]
    Decoder { format: Format::Bmp, recognises: bmp::recognises, open: bmp::open },
    #[cfg(feature = "full")]
    Decoder { format: Format::Nifti, recognises: nifti::recognises, open: nifti::open },
    #[cfg(feature = "full")]
    Decoder { format: Format::Nrrd, recognises: nrrd::recognises, open: nrrd::open },
    #[cfg(feature = "full")]
    Decoder { format: Format::Numpy, recognises: numpy::recognises, open: numpy::open },
];

/// The names of all formats, as a sentence lists them: `PNG, JPEG or TIFF`.
pub(crate) fn formats() -> String {
    let mut names: Vec<String> = DECODERS.iter().map(|decoder| decoder.format.to_string()).collect();
    let last = names.pop().unwrap_or_default();
    format!("{} or {last}", names.join(", "))
}

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG (JFIF or EXIF).
    Jpeg,
    /// TIFF and BigTIFF, uncompressed, LZW, deflate, PackBits or JPEG. Every page is a frame.
    Tiff,
    /// WebP, lossy and lossless.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// NIfTI-1 and NIfTI-2, also compressed by gzip. Every axial slice at every time is a frame.
    Nifti,
    /// Nearly Raw Raster Data with its data attached. Every axial slice at every time is a frame.
    Nrrd,
    /// Arrays of NumPy: `.npy` and `.npz`.
    Numpy,
    /// DICOM, with the feature `full`.
    Dicom,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Nifti => "NIfTI",
            Self::Nrrd => "NRRD",
            Self::Numpy => "NumPy",
            Self::Dicom => "DICOM",
        })
    }
}

impl Format {
    /// The format of a file by its name and its first 512 bytes.
    pub fn of(file: &str, head: &[u8]) -> Option<Self> {
        DECODERS.iter().find(|decoder| (decoder.recognises)(file, head)).map(|decoder| decoder.format)
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

/// Decodes the first frame of an image file within the usual [`Limits`].
///
/// Grey stays one channel, a palette becomes RGB, alpha is dropped, 1, 2 and 4 bits of grey are stretched to 8, and 8 and
/// 16 bits stay what they are. Whole numbers of other widths become 16 bits where all samples of the frame fit, and else
/// 32-bit floats, as all floats do. Photographs are turned upright by their EXIF orientation.
///
/// # Errors
/// [`DecodeError`], whose message names `file` and the fault.
pub fn decode_image(file: &str, bytes: &[u8]) -> Result<Image, DecodeError> {
    decode(file, bytes, Limits::default()).map(|decoded| decoded.image)
}

/// Decodes the first frame of an image file, and says how many there are.
///
/// # Errors
/// [`DecodeError`], whose message names `file` and the fault.
pub fn decode(file: &str, bytes: &[u8], limits: Limits) -> Result<Decoded, DecodeError> {
    let mut opened = open(file, Box::new(Cursor::new(bytes)), limits)?;
    let image = opened.frame(0)?;
    Ok(Decoded { image, format: opened.format(), frames: opened.count(), facts: opened.facts().clone() })
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
    pub fn into_image(self, file: &str, format: Format) -> Result<Image, DecodeError> {
        let samples = match self.samples {
            Samples::U8(samples) => Samples::U8(keep_first(samples, self.channels, self.colors)),
            Samples::U16(samples) => Samples::U16(keep_first(samples, self.channels, self.colors)),
            Samples::F32(samples) => Samples::F32(keep_first(samples, self.channels, self.colors)),
        };
        let image = Image::measured(self.width as usize, self.height as usize, self.colors, samples);
        image.map_err(|error| DecodeError::Corrupt { file: file.to_owned(), format, detail: error.to_string() })
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
) -> Result<Image, DecodeError> {
    let decoded = pixels(file, decoder, limits)?.map_err(|error| from_image_error(file, format, &error))?;
    from_pixels(file, format, decoded)
}

/// What a decoder of the crate `image` gives, once its header is within the limits.
pub(crate) fn pixels(
    file: &str,
    decoder: impl image::ImageDecoder,
    limits: Limits,
) -> Result<image::ImageResult<image::DynamicImage>, DecodeError> {
    limits.check(file, decoder.dimensions(), u64::from(decoder.color_type().bytes_per_pixel()))?;
    Ok(image::DynamicImage::from_decoder(decoder))
}

/// The pixels of the crate `image` as those of this one, without alpha.
pub(crate) fn from_pixels(file: &str, format: Format, decoded: image::DynamicImage) -> Result<Image, DecodeError> {
    let (width, height) = (decoded.width(), decoded.height());
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
    RawPixels { width, height, channels, colors, samples }.into_image(file, format)
}

/// What the crate `image` says, in the words of this crate.
pub(crate) fn from_image_error(file: &str, format: Format, error: &image::ImageError) -> DecodeError {
    let file = file.to_owned();
    match error {
        image::ImageError::Unsupported(error) => DecodeError::Unsupported { file, format, detail: error.to_string() },
        error => DecodeError::Corrupt { file, format, detail: error.to_string() },
    }
}

/// The same of a file of `length` bytes, where an end that came too early is told as such.
#[cfg(feature = "full")]
pub(crate) fn from_image_error_of(file: &str, format: Format, length: u64, error: &image::ImageError) -> DecodeError {
    match error {
        image::ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            DecodeError::Truncated { file: file.to_owned(), format, place: length }
        }
        error => from_image_error(file, format, error),
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
