//! TIFF, by the crate `tiff`.

use std::io::{ErrorKind, SeekFrom};

use groundglass_types::{Image, Samples};
use tiff::decoder::{Decoder, DecodingResult};
use tiff::{ColorType, TiffError, TiffUnsupportedError};

use crate::decode::{Format, Limits, RawPixels};
use crate::error::DecodeError;
use crate::open::{Facts, Frames, Opening, Source};

/// A file of more pages is a chain that runs in a circle, or a film that no one looks through here.
const MOST_PAGES: usize = 100_000;

pub fn recognises(head: &[u8]) -> bool {
    const SIGNATURES: [&[u8; 4]; 4] = [b"II\x2a\x00", b"MM\x00\x2a", b"II\x2b\x00", b"MM\x00\x2b"];
    SIGNATURES.iter().any(|signature| head.starts_with(*signature))
}

/// Every page is a frame.
struct Pages<'a> {
    file: String,
    decoder: Decoder<Box<dyn Source + 'a>>,
    limits: Limits,
    length: u64,
}

pub fn open<'a>(file: &str, mut source: Box<dyn Source + 'a>, limits: Limits) -> Result<Opening<'a>, DecodeError> {
    let length = length_of(file, &mut *source)?;
    let failed = |error: TiffError| from_tiff_error(file, length, &error);
    let mut decoder_limits = tiff::decoder::Limits::default();
    decoder_limits.decoding_buffer_size = usize::try_from(limits.bytes).unwrap_or(usize::MAX);
    decoder_limits.intermediate_buffer_size = decoder_limits.decoding_buffer_size;
    let mut decoder = Decoder::new(source).map_err(failed)?.with_limits(decoder_limits);
    let (width, height) = decoder.dimensions().map_err(failed)?;
    limits.check(file, (width, height), 1)?;
    let mut count = 1;
    while decoder.more_images() && count < MOST_PAGES {
        decoder.next_image().map_err(failed)?;
        count += 1;
    }
    let frames = Box::new(Pages { file: file.to_owned(), decoder, limits, length });
    Ok(Opening { count, facts: Facts::default(), frames })
}

impl Frames for Pages<'_> {
    fn read(&mut self, index: usize) -> Result<Image, DecodeError> {
        let (file, limits, length) = (&self.file, self.limits, self.length);
        let failed = |error: TiffError| from_tiff_error(file, length, &error);
        let unsupported =
            |detail: String| DecodeError::Unsupported { file: file.clone(), format: Format::Tiff, detail };
        self.decoder.seek_to_image(index).map_err(failed)?;
        let decoder = &mut self.decoder;
        let (width, height) = decoder.dimensions().map_err(failed)?;
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
                Samples::F32(samples) => Samples::F32(interleave(&samples, layout.planes)),
            };
        }
        RawPixels { width, height, channels, colors, samples }.into_image(file, Format::Tiff)
    }
}

fn length_of(file: &str, source: &mut dyn Source) -> Result<u64, DecodeError> {
    let length = source.seek(SeekFrom::End(0)).and_then(|length| source.seek(SeekFrom::Start(0)).map(|_| length));
    length.map_err(|error| DecodeError::Unreadable { file: file.to_owned(), detail: error.to_string() })
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
