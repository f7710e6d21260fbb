//! JPEG 2000, by the crate `hayro-jpeg2000`. High-Throughput JPEG 2000 is not read by it.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::fault::Fault;
use super::layout::{Layout, Photometric};
use super::stored::{Cells, Stored};

/// More tiles than the standard can number would only cost memory.
const MOST_TILES: u64 = 65_535;

/// More code blocks or precincts than any encoder makes, each of which costs memory before it is read.
const MOST_PIECES: u64 = 1 << 20;

/// What the segment `SIZ` says. Source: ITU-T T.800, A.5.1.
struct Size {
    width: u32,
    height: u32,
    precision: u32,
    signed: bool,
}

/// A frame, decoded.
pub(crate) fn decode(bytes: &[u8], layout: &Layout) -> Result<Stored, Fault> {
    // Some writers put the boxes of a JP2 file around the codestream; the header of the object outweighs theirs.
    let start = bytes.array_windows().position(|marker| marker == &[0xFF, 0x4F, 0xFF, 0x51]);
    let codestream = start.and_then(|start| bytes.get(start..));
    let codestream = codestream.ok_or_else(|| Fault::corrupt("its JPEG 2000 frame has no codestream"))?;
    let channels = layout.channels();
    let size = size_of(codestream, channels)?;
    if (size.width, size.height) != (layout.width, layout.height) {
        return Err(Fault::corrupt(format!(
            "its header says {} x {} pixels, the JPEG 2000 frame has {} x {}",
            layout.width, layout.height, size.width, size.height
        )));
    }
    let failed = |error: hayro_jpeg2000::DecodeError| Fault::corrupt(format!("its JPEG 2000 frame: {error}"));
    let image =
        Image::new(codestream, &DecodeSettings { strict: true, ..DecodeSettings::default() }).map_err(failed)?;
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(failed)?;
    let pixels = layout.pixels() as usize;
    let components = decoded.components();
    if components.len() != channels || components.iter().any(|component| component.samples().len() != pixels) {
        return Err(Fault::corrupt("its JPEG 2000 frame does not fill its pixels"));
    }
    // The decoder moves all samples up by half their range, also those that have a sign.
    let half = if size.signed { 2_f32.powi(size.precision as i32 - 1) } else { 0.0 };
    let (least, most) = (-half, 2_f32.powi(size.precision as i32) - 1.0 - half);
    let samples = (0..pixels).flat_map(|pixel| components.iter().map(move |component| component.samples().get(pixel)));
    let samples = samples.map(|sample| (sample.copied().unwrap_or(0.0) - half).round().clamp(least, most) as i32);
    let cells = if size.precision <= 8 {
        Cells::U8(samples.map(|sample| sample as u8).collect())
    } else {
        Cells::U16(samples.map(|sample| sample as u16).collect())
    };
    let photometric = match layout.photometric {
        Photometric::YbrJpeg2000 => Photometric::Rgb,
        Photometric::YbrFull422 => Photometric::YbrFull,
        other => other,
    };
    Ok(Stored::from_codec(cells, size.precision, photometric, layout))
}

fn size_of(codestream: &[u8], channels: usize) -> Result<Size, Fault> {
    let broken = || Fault::corrupt("the size of its JPEG 2000 frame is broken");
    let word = |place: usize| {
        let bytes = codestream.get(place..place + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    // Marker, length and capabilities take six bytes after the start of the codestream.
    let words: Vec<u32> = (0..8).filter_map(|index| word(8 + 4 * index)).collect();
    let [right, bottom, left, top, tile_width, tile_height, tile_left, tile_top] =
        <[u32; 8]>::try_from(words).map_err(|_| broken())?;
    let count = codestream.get(40..42).map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])));
    let components = codestream.get(42..42 + 3 * channels).ok_or_else(broken)?.as_chunks::<3>().0;
    let depth = components.first().map_or(0, |&[depth, ..]| depth);
    let is_even = components.iter().all(|&[other, across, down]| (other, across, down) == (depth, 1, 1));
    if count != Some(channels) || !is_even {
        return Err(Fault::unsupported(format!(
            "its JPEG 2000 frame has {} channels of different sizes, where {channels} alike are expected",
            count.unwrap_or(0)
        )));
    }
    let precision = u32::from(depth & 0x7F) + 1;
    if precision > 16 {
        return Err(Fault::unsupported(format!("its JPEG 2000 frame has samples of {precision} bits, not 1 to 16")));
    }
    if tile_width == 0 || tile_height == 0 || tile_left > left || tile_top > top || right <= left || bottom <= top {
        return Err(broken());
    }
    let tiles = |end: u32, start: u32, size: u32| u64::from(end - start).div_ceil(u64::from(size));
    if tiles(right, tile_left, tile_width) * tiles(bottom, tile_top, tile_height) > MOST_TILES {
        return Err(broken());
    }
    let pixels = u64::from(right - left) * u64::from(bottom - top) * channels as u64;
    if pieces(codestream, pixels) > MOST_PIECES {
        return Err(Fault::unsupported("its JPEG 2000 frame is cut into more than a million pieces"));
    }
    Ok(Size { width: right - left, height: bottom - top, precision, signed: depth & 0x80 != 0 })
}

/// How many code blocks or precincts the main header cuts the pixels into, whichever are more. Source: ITU-T T.800, A.6.
fn pieces(codestream: &[u8], pixels: u64) -> u64 {
    let mut most = 0;
    let mut rest = codestream.get(2..).unwrap_or_default();
    while let Some((&[0xFF, marker, high, low], _)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let segment = rest.get(4..2 + length).unwrap_or_default();
        // COD has the style and four bytes before the levels; COC, of a single channel, its number and the style.
        let style = match marker {
            0x52 => segment.get(5..),
            0x53 => segment.get(2..),
            0x90 => break,
            _ => None,
        };
        if let Some([levels, across, down, _, _, precincts @ ..]) = style {
            let exponent = u32::from(across & 15) + u32::from(down & 15) + 4;
            most = most.max(pixels >> exponent.min(63));
            for (level, size) in precincts.iter().enumerate() {
                // The pixels of a resolution are a quarter of those of the next.
                let halvings = 2 * u32::from(*levels).saturating_sub(level as u32);
                let exponent = u32::from(size & 15) + u32::from(size >> 4) + halvings;
                most = most.max(pixels >> exponent.min(63));
            }
        }
        rest = rest.get(2 + length.max(2)..).unwrap_or_default();
    }
    most
}

#[cfg(test)]
mod tests {
    use super::pieces;

    #[test]
    fn pieces_are_counted_before_they_are_made() {
        // Blocks of 4 x 4 at one level; precincts of 2 x 2 at the full size.
        let blocks = b"\xff\x4f\xff\x52\x00\x0c\x00\x00\x00\x01\x00\x01\x00\x00\x00\x01\xff\x90\x00\x02";
        assert_eq!(pieces(blocks, 1600), 100);
        let precincts = b"\xff\x4f\xff\x52\x00\x0e\x01\x00\x00\x01\x00\x01\x04\x04\x00\x01\xff\x11\xff\x90\x00\x02";
        assert_eq!(pieces(precincts, 1600), 400);
        assert_eq!(pieces(b"\xff\x4f\xff\x52\x00", 1600), 0);
    }
}
