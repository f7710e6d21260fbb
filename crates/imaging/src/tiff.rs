//! TIFF, by the crate `tiff`.

use std::io::{Cursor, ErrorKind};

use groundglass_types::Samples;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::{ColorType, TiffError, TiffUnsupportedError};

use crate::decode::{Format, Limits, RawPixels};
use crate::error::DecodeError;

/// The first page, and whether there are more.
pub fn read(file: &str, bytes: &[u8], limits: Limits) -> Result<(RawPixels, bool), DecodeError> {
    let failed = |error: TiffError| from_tiff_error(file, bytes.len() as u64, &error);
    let unsupported = |detail: String| DecodeError::Unsupported { file: file.to_owned(), format: Format::Tiff, detail };

    let mut decoder_limits = tiff::decoder::Limits::default();
    decoder_limits.decoding_buffer_size = usize::try_from(limits.bytes).unwrap_or(usize::MAX);
    decoder_limits.intermediate_buffer_size = decoder_limits.decoding_buffer_size;
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(failed)?.with_limits(decoder_limits);

    let (width, height) = decoder.dimensions().map_err(failed)?;
    limits.check(file, (width, height), 1)?;
    let color = decoder.colortype().map_err(failed)?;
    let (bits, channels, colors) = match color {
        ColorType::Gray(bits) => (bits, 1, 1),
        ColorType::GrayA(bits) => (bits, 2, 1),
        ColorType::RGB(bits) => (bits, 3, 3),
        ColorType::RGBA(bits) => (bits, 4, 3),
        // Grey with one further sample, which the crate does not call alpha.
        ColorType::Multiband { bit_depth, num_samples: 2 } => (bit_depth, 2, 1),
        other => return Err(unsupported(format!("its colours are {other:?}, not grey or RGB"))),
    };
    if bits != 8 && bits != 16 {
        return Err(unsupported(format!("its samples have {bits} bits, not 8 or 16")));
    }
    limits.check(file, (width, height), channels as u64 * u64::from(bits / 8))?;

    let mut result = DecodingResult::U8(Vec::new());
    let layout = decoder.read_image_to_buffer(&mut result).map_err(failed)?;
    let mut samples = match result {
        DecodingResult::U8(samples) => Samples::U8(samples),
        DecodingResult::U16(samples) => Samples::U16(samples),
        _ => return Err(unsupported("its samples are not unsigned whole numbers".to_owned())),
    };
    if layout.planes > 1 {
        samples = match samples {
            Samples::U8(samples) => Samples::U8(interleave(&samples, layout.planes)),
            Samples::U16(samples) => Samples::U16(interleave(&samples, layout.planes)),
        };
    }
    Ok((RawPixels { width, height, channels, colors, samples }, decoder.more_images()))
}

/// Samples that lie plane after plane, put pixel after pixel.
fn interleave<T: Copy>(samples: &[T], planes: usize) -> Vec<T> {
    let pixels = samples.len() / planes;
    (0..pixels * planes).map(|index| samples[(index % planes) * pixels + index / planes]).collect()
}

fn from_tiff_error(file: &str, length: u64, error: &TiffError) -> DecodeError {
    let (file, format) = (file.to_owned(), Format::Tiff);
    match error {
        TiffError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            DecodeError::Truncated { file, format, place: length }
        }
        TiffError::UnsupportedError(TiffUnsupportedError::UnsupportedCompressionMethod(method)) => {
            let detail = format!("it is compressed by {method:?}, not by LZW, deflate or PackBits");
            DecodeError::Unsupported { file, format, detail }
        }
        TiffError::UnsupportedError(error) => DecodeError::Unsupported { file, format, detail: error.to_string() },
        error => DecodeError::Corrupt { file, format, detail: error.to_string() },
    }
}
