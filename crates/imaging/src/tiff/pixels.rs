//! From what the crate `tiff` decoded to an image.

use groundglass_types::{Image, Samples};
use tiff::decoder::DecodingResult;

use crate::decode::{Format, RawPixels};
use crate::error::DecodeError;
use crate::sample::narrowed;

/// How the decoded samples lie.
pub struct Stored {
    pub width: u32,
    pub height: u32,
    /// Bits of a sample. Below 8, rows begin at whole bytes.
    pub bits: u8,
    pub channels: usize,
    /// How many of the channels are colour, the first ones.
    pub colors: usize,
    /// How many planes lie one after another; 1 where the channels of a pixel lie together.
    pub planes: usize,
    pub is_ycbcr: bool,
    /// Whether the samples are wanted as they stand in the file, unstretched.
    pub is_unchanged: bool,
}

impl Stored {
    /// Floats and whole numbers become what `sample.rs` says. Places in a palette become 8-bit RGB where it is given, and
    /// else stay what they are.
    pub fn into_image(self, file: &str, result: DecodingResult, palette: Option<&[u16]>) -> Result<Image, DecodeError> {
        let Self { width, height, bits, channels, mut colors, planes, is_ycbcr, is_unchanged } = self;
        let corrupt = |detail: &str| DecodeError::Corrupt {
            file: file.to_owned(),
            format: Format::Tiff,
            detail: detail.to_owned(),
        };
        let mut samples = match result {
            DecodingResult::U8(samples) if bits < 8 => {
                // A palette has indices, and grey is stretched to 8 bits to be shown.
                let most = (1_u8 << bits) - 1;
                let factor = if is_unchanged || palette.is_some() { 1 } else { u8::MAX / most };
                Samples::U8(unpacked(&samples, width as usize, bits, factor))
            }
            DecodingResult::U8(samples) => Samples::U8(samples),
            DecodingResult::U16(samples) => Samples::U16(samples),
            DecodingResult::U32(samples) => narrowed(&samples, |sample| sample as f32),
            DecodingResult::U64(samples) => narrowed(&samples, |sample| sample as f32),
            DecodingResult::I8(samples) => narrowed(&samples, f32::from),
            DecodingResult::I16(samples) => narrowed(&samples, f32::from),
            DecodingResult::I32(samples) => narrowed(&samples, |sample| sample as f32),
            DecodingResult::I64(samples) => narrowed(&samples, |sample| sample as f32),
            DecodingResult::F16(samples) => Samples::F32(samples.into_iter().map(|sample| sample.to_f32()).collect()),
            DecodingResult::F32(samples) => Samples::F32(samples),
            DecodingResult::F64(samples) => Samples::F32(samples.into_iter().map(|sample| sample as f32).collect()),
        };
        if planes > 1 {
            samples = match samples {
                Samples::U8(samples) => Samples::U8(interleave(&samples, planes)),
                Samples::U16(samples) => Samples::U16(interleave(&samples, planes)),
                Samples::F32(samples) => Samples::F32(interleave(&samples, planes)),
            };
        }
        if is_ycbcr && let Samples::U8(samples) = &mut samples {
            samples.chunks_exact_mut(3).for_each(to_rgb);
        }
        let mut channels = channels;
        if let Some(palette) = palette {
            let colored = coloured(&samples, channels, palette);
            samples = Samples::U8(colored.ok_or_else(|| corrupt("a pixel is beyond the end of its palette"))?);
            (channels, colors) = (3, 3);
        }
        RawPixels { width, height, channels, colors, samples }.into_image(file, Format::Tiff)
    }
}

/// Samples of 1, 2 or 4 bits, the first in the highest bits, rows beginning at whole bytes.
fn unpacked(packed: &[u8], width: usize, bits: u8, factor: u8) -> Vec<u8> {
    let bits = usize::from(bits);
    let row_bytes = (width * bits).div_ceil(8).max(1);
    let most = (1_u8 << bits) - 1;
    let row = |row: &[u8]| {
        let sample = |index: usize| {
            let byte = row.get(index * bits / 8).copied().unwrap_or(0);
            (byte >> (8 - bits - index * bits % 8) & most) * factor
        };
        (0..width).map(sample).collect::<Vec<u8>>()
    };
    packed.chunks_exact(row_bytes).flat_map(row).collect()
}

/// Samples that lie plane after plane, put pixel after pixel.
fn interleave<T: Copy>(samples: &[T], planes: usize) -> Vec<T> {
    let pixels = samples.len() / planes;
    (0..pixels * planes).map(|index| samples[(index % planes) * pixels + index / planes]).collect()
}

/// JPEG's own YCbCr (ITU-R BT.601 in full range, as JFIF has it).
fn to_rgb(pixel: &mut [u8]) {
    if let [y, blue, red] = pixel {
        let (luma, cb, cr) = (f32::from(*y), f32::from(*blue) - 128.0, f32::from(*red) - 128.0);
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        *y = byte(luma + 1.402 * cr);
        *blue = byte(luma - 0.344_136 * cb - 0.714_136 * cr);
        *red = byte(luma + 1.772 * cb);
    }
}

/// The first sample of every pixel looked up in a `ColorMap`: all reds, all greens, all blues, of 16 bits each. Maps of
/// which no entry is above 255 are of 8 bits, as libtiff takes them.
fn coloured(samples: &Samples, channels: usize, palette: &[u16]) -> Option<Vec<u8>> {
    let count = palette.len() / 3;
    let shift = if palette.iter().all(|&entry| entry < 256) { 0 } else { 8 };
    let color = |index: usize| {
        let entry = |part: usize| palette.get(part * count + index).map(|&entry| (entry >> shift) as u8);
        if index < count { Some([entry(0)?, entry(1)?, entry(2)?]) } else { None }
    };
    let mut colors = Vec::with_capacity(samples.len() / channels.max(1) * 3);
    for index in (0..samples.len()).step_by(channels.max(1)) {
        colors.extend(color(samples.get(index)? as usize)?);
    }
    Some(colors)
}
