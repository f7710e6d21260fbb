//! The samples of a frame as they are stored, one number each.

use super::fault::Fault;
use super::layout::{Kind, Layout, Photometric};

/// Samples, interleaved. Whole numbers are bit patterns of [`Stored::bits`] bits, not yet extended by their sign.
#[derive(Debug)]
pub(crate) enum Cells {
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    F32(Vec<f32>),
}

/// A frame, unpacked.
#[derive(Debug)]
pub(crate) struct Stored {
    pub cells: Cells,
    /// Bits of a sample.
    pub bits: u32,
    /// What the samples mean, which a codec may have changed.
    pub photometric: Photometric,
}

impl Stored {
    /// What a codec gave: cells whose samples have `precision` bits, which may be fewer than the header says, or more
    /// where the header's bits lie within them.
    pub fn from_codec(cells: Cells, precision: u32, photometric: Photometric, layout: &Layout) -> Self {
        let bits = precision.min(layout.stored);
        let shift =
            if precision > layout.stored && layout.high < precision { layout.high + 1 - layout.stored } else { 0 };
        Self { cells: masked(cells, shift, bits), bits, photometric }
    }
}

/// The samples of an uncompressed frame. `bytes` begins with the byte that holds the first bit, which is number
/// `first_bit` of it.
pub(crate) fn unpack(layout: &Layout, bytes: &[u8], first_bit: u64, is_big_endian: bool) -> Result<Stored, Fault> {
    let cells = match (layout.kind, layout.allocated) {
        (Kind::Float, _) => Cells::F32(words(bytes, is_big_endian, f32::from_le_bytes)),
        (Kind::Double, _) => Cells::F32(words(bytes, is_big_endian, |word| f64::from_le_bytes(word) as f32)),
        // The first pixel is the lowest bit (PS3.5, 8.1.1).
        (_, 1) => {
            let bit = |index: u64| bytes.get((index / 8) as usize).map_or(0, |byte| byte >> (index % 8) & 1);
            Cells::U8((first_bit..first_bit + layout.pixels() * layout.channels() as u64).map(bit).collect())
        }
        (_, 8) => Cells::U8(bytes.to_vec()),
        (_, 16) => Cells::U16(words(bytes, is_big_endian, u16::from_le_bytes)),
        (_, 32) => Cells::U32(words(bytes, is_big_endian, u32::from_le_bytes)),
        (_, bits) => return Err(Fault::unsupported(format!("its samples take {bits} bits"))),
    };
    let shift = (layout.high + 1).saturating_sub(layout.stored);
    let cells = if layout.kind == Kind::Whole { masked(cells, shift, layout.stored) } else { cells };
    let mut stored = Stored { cells, bits: layout.stored, photometric: layout.photometric };
    if layout.photometric == Photometric::YbrFull422 {
        stored.cells = match stored.cells {
            Cells::U8(cells) => Cells::U8(full_chrominance(&cells, layout)),
            Cells::U16(cells) => Cells::U16(full_chrominance(&cells, layout)),
            other => other,
        };
        stored.photometric = Photometric::YbrFull;
    } else if layout.planar && layout.channels() > 1 {
        stored.cells = interleaved(stored.cells, layout.channels());
    }
    Ok(stored)
}

fn words<const N: usize, T>(bytes: &[u8], is_big_endian: bool, value: impl Fn([u8; N]) -> T) -> Vec<T> {
    let words = bytes.as_chunks::<N>().0.iter();
    words
        .map(|word| {
            let mut word = *word;
            if is_big_endian {
                word.reverse();
            }
            value(word)
        })
        .collect()
}

/// The `bits` bits from number `shift` on. Higher ones may hold overlays.
fn masked(cells: Cells, shift: u32, bits: u32) -> Cells {
    let mask = u32::MAX.checked_shr(32_u32.saturating_sub(bits)).unwrap_or(0);
    match cells {
        Cells::U8(mut cells) if shift > 0 || bits < 8 => {
            cells.iter_mut().for_each(|cell| *cell = (u32::from(*cell) >> shift & mask) as u8);
            Cells::U8(cells)
        }
        Cells::U16(mut cells) if shift > 0 || bits < 16 => {
            cells.iter_mut().for_each(|cell| *cell = (u32::from(*cell) >> shift & mask) as u16);
            Cells::U16(cells)
        }
        Cells::U32(mut cells) if shift > 0 || bits < 32 => {
            cells.iter_mut().for_each(|cell| *cell = cell.checked_shr(shift).unwrap_or(0) & mask);
            Cells::U32(cells)
        }
        cells => cells,
    }
}

/// Channels that lie one after the other, put pixel after pixel.
pub(crate) fn interleaved(cells: Cells, channels: usize) -> Cells {
    fn of<T: Copy>(cells: &[T], channels: usize) -> Vec<T> {
        let pixels = cells.len() / channels.max(1);
        let mut mixed = Vec::with_capacity(pixels * channels);
        for pixel in 0..pixels {
            mixed.extend(cells.iter().skip(pixel).step_by(pixels).take(channels).copied());
        }
        mixed
    }
    match cells {
        Cells::U8(cells) => Cells::U8(of(&cells, channels)),
        Cells::U16(cells) => Cells::U16(of(&cells, channels)),
        Cells::U32(cells) => Cells::U32(of(&cells, channels)),
        Cells::F32(cells) => Cells::F32(of(&cells, channels)),
    }
}

/// Two luminances, then two chrominances for both: every pixel is given its three samples.
fn full_chrominance<T: Copy>(cells: &[T], layout: &Layout) -> Vec<T> {
    let width = layout.width as usize;
    let mut full = Vec::with_capacity(cells.len() / 2 * 3);
    for row in cells.chunks_exact(width.div_ceil(2) * 4) {
        for (pair, quad) in row.as_chunks::<4>().0.iter().enumerate() {
            let [first, second, blue, red] = *quad;
            full.extend([first, blue, red]);
            if pair * 2 + 1 < width {
                full.extend([second, blue, red]);
            }
        }
    }
    full
}
