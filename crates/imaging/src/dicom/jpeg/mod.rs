//! The processes of ITU-T T.81 that DICOM uses: sequential and progressive of 8 bits by the crate `zune-jpeg`, which the
//! page has anyway; lossless, and sequential of 12 bits, by decoders of our own: the one crate that reads lossless
//! (`jpeg-decoder`) is no longer developed, fails at point transforms, and has no 12 bits.

mod dct;
mod huffman;
mod lossless;
mod markers;

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::fault::Fault;
use super::layout::{Layout, Photometric};
use super::stored::{Cells, Stored};
use markers::Outline;

/// A frame, decoded.
pub(crate) fn decode(bytes: &[u8], layout: &Layout) -> Result<Stored, Fault> {
    let outline = Outline::of(bytes)?;
    let channels = layout.channels();
    let (width, height) = (u32::from(outline.width), u32::from(outline.height));
    if (width, height, outline.components.len()) != (layout.width, layout.height, channels) {
        return Err(Fault::corrupt(format!(
            "its header says {} x {} pixels of {channels} samples, the JPEG frame has {width} x {height} of {}",
            layout.width,
            layout.height,
            outline.components.len()
        )));
    }
    let cells = match (outline.process, outline.precision) {
        (0xC0..=0xC2, 8) => sequential(bytes, &outline)?,
        (0xC0 | 0xC1, 12) => dct::decode(bytes, &outline)?,
        (0xC3, 2..=16) => lossless::decode(bytes, &outline)?,
        (process, precision) => {
            return Err(Fault::unsupported(format!(
                "its JPEG frame is of {precision} bits and the process of the marker FF{process:02X}, which is not read"
            )));
        }
    };
    let photometric = photometric(&outline, layout.photometric);
    Ok(Stored::from_codec(cells, u32::from(outline.precision), photometric, layout))
}

/// The colours of the frame by its own word, where it has one: Adobe's marker, the letters R, G and B as the names of
/// the components, the marker of JFIF. Lossless frames are what the header says.
fn photometric(outline: &Outline, declared: Photometric) -> Photometric {
    if declared.samples() == 1 {
        return declared;
    }
    let declared = if declared == Photometric::YbrFull422 { Photometric::YbrFull } else { declared };
    let ids: Vec<u8> = outline.components.iter().map(|component| component.id.to_ascii_uppercase()).collect();
    if outline.process == 0xC3 {
        return declared;
    }
    match outline.adobe {
        Some(0) => Photometric::Rgb,
        Some(1) => Photometric::YbrFull,
        _ if ids == *b"RGB" => Photometric::Rgb,
        _ if outline.has_jfif => Photometric::YbrFull,
        _ => declared,
    }
}

fn sequential(bytes: &[u8], outline: &Outline) -> Result<Cells, Fault> {
    let failed = |error: zune_jpeg::errors::DecodeErrors| Fault::corrupt(format!("its JPEG frame: {error:?}"));
    // Without the markers of applications nothing but the components speaks of colours, and none that is broken is met.
    let bytes = markers::without_applications(bytes);
    let options = DecoderOptions::default()
        .set_max_width(usize::from(outline.width))
        .set_max_height(usize::from(outline.height))
        .jpeg_set_max_scans(64);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes.as_slice()), options);
    decoder.decode_headers().map_err(failed)?;
    // What goes in comes out: the colours are turned in one place for all codecs.
    let colors = decoder.input_colorspace().unwrap_or(ColorSpace::Luma);
    decoder.set_options(options.jpeg_set_out_colorspace(colors));
    let samples = decoder.decode().map_err(failed)?;
    let expected = usize::from(outline.width) * usize::from(outline.height) * outline.components.len();
    if samples.len() != expected {
        return Err(Fault::corrupt(format!("its JPEG frame gives {} samples, not {expected}", samples.len())));
    }
    Ok(Cells::U8(samples))
}
