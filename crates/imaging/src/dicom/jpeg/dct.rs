//! Sequential JPEG of 12 bits (extended, process 4). Source: ITU-T T.81, annexes A and F.

use std::f32::consts::{FRAC_1_SQRT_2, PI};

use super::super::fault::Fault;
use super::super::stored::Cells;
use super::huffman::{Bits, Table, Tables};
use super::markers::{Component, Outline, Scan, next_segment, word};

/// The place in rows of the coefficients as they come along the zigzag (figure A.6).
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// A channel in whole blocks.
struct Plane {
    /// Samples a row.
    stride: usize,
    samples: Vec<u16>,
    /// Blocks that hold a part of the image.
    columns: usize,
    rows: usize,
}

pub(super) fn decode(bytes: &[u8], outline: &Outline) -> Result<Cells, Fault> {
    let (width, height) = (usize::from(outline.width), usize::from(outline.height));
    let most = |of: fn(&Component) -> u8| outline.components.iter().map(of).max().map_or(0, usize::from);
    let (most_across, most_down) = (most(|component| component.horizontal), most(|component| component.vertical));
    let is_broken =
        |component: &Component| !(1..=4).contains(&component.horizontal) || !(1..=4).contains(&component.vertical);
    if outline.components.iter().any(is_broken) {
        return Err(Fault::corrupt("a channel of its JPEG frame has no size"));
    }
    let (mcus_across, mcus_down) = (width.div_ceil(8 * most_across), height.div_ceil(8 * most_down));
    let plane = |component: &Component| {
        let (across, down) = (usize::from(component.horizontal), usize::from(component.vertical));
        let stride = mcus_across * across * 8;
        Plane {
            stride,
            samples: vec![0; stride * mcus_down * down * 8],
            columns: (width * across).div_ceil(most_across).div_ceil(8),
            rows: (height * down).div_ceil(most_down).div_ceil(8),
        }
    };
    let mut planes: Vec<Plane> = outline.components.iter().map(plane).collect();
    let cosines = cosines();
    let mut quantisers = [[0_u16; 64]; 4];
    let mut tables = Tables::default();
    let (mut interval, mut decoded, mut position) = (0, 0, 0);
    while let Some(segment) = next_segment(bytes, position) {
        position = segment.end;
        match segment.marker {
            0xC4 => tables.read(segment.bytes)?,
            0xDB => read_quantisers(&mut quantisers, segment.bytes)
                .ok_or_else(|| Fault::corrupt("a quantisation table of its JPEG frame is broken"))?,
            0xDD => interval = usize::from(word(segment.bytes, 0).unwrap_or(0)),
            0xDA => {
                let scan = Scan::of(segment.bytes, outline)?;
                decoded += scan.components.len();
                if decoded > planes.len() {
                    return Err(Fault::corrupt("its JPEG frame has more scans than channels"));
                }
                let mut bits = Bits::new(bytes, segment.end);
                let mut channels = channels(&scan, outline, &tables, &quantisers)?;
                let is_single = channels.len() == 1;
                let (across, down) = match (is_single, channels.first().and_then(|channel| planes.get(channel.index))) {
                    (true, Some(plane)) => (plane.columns, plane.rows),
                    _ => (mcus_across, mcus_down),
                };
                for mcu in 0..across * down {
                    if interval > 0 && mcu > 0 && mcu % interval == 0 {
                        bits.restart()?;
                        channels.iter_mut().for_each(|channel| channel.previous = 0);
                    }
                    for channel in &mut channels {
                        let (wide, high) = if is_single { (1, 1) } else { (channel.across, channel.down) };
                        for block in 0..wide * high {
                            let x = (mcu % across * wide + block % wide) * 8;
                            let y = (mcu / across * high + block / wide) * 8;
                            let samples = channel.block(&mut bits, &cosines)?;
                            if let Some(plane) = planes.get_mut(channel.index) {
                                plane.put(x, y, &samples);
                            }
                        }
                    }
                }
                position = bits.position();
            }
            _ => {}
        }
    }
    if decoded < planes.len() {
        return Err(Fault::corrupt(format!("its JPEG frame holds {decoded} of {} channels", planes.len())));
    }
    let mut samples = Vec::with_capacity(width * height * planes.len());
    for y in 0..height {
        for x in 0..width {
            for (plane, component) in planes.iter().zip(&outline.components) {
                let column = x * usize::from(component.horizontal) / most_across;
                let row = y * usize::from(component.vertical) / most_down;
                samples.push(plane.samples.get(row * plane.stride + column).copied().unwrap_or(0));
            }
        }
    }
    Ok(Cells::U16(samples))
}

impl Plane {
    fn put(&mut self, x: usize, y: usize, block: &[u16; 64]) {
        for (row, line) in block.as_chunks::<8>().0.iter().enumerate() {
            let start = (y + row) * self.stride + x;
            if let Some(place) = self.samples.get_mut(start..start + 8) {
                place.copy_from_slice(line);
            }
        }
    }
}

/// A channel within a scan.
struct Channel<'t> {
    index: usize,
    across: usize,
    down: usize,
    dc: &'t Table,
    ac: &'t Table,
    quantiser: [u16; 64],
    /// The DC coefficient before.
    previous: i32,
}

fn channels<'t>(
    scan: &Scan,
    outline: &Outline,
    tables: &'t Tables,
    quantisers: &[[u16; 64]; 4],
) -> Result<Vec<Channel<'t>>, Fault> {
    let found = scan.components.iter().map(|&(index, dc, ac)| {
        let component = outline.components.get(index)?;
        Some(Channel {
            index,
            across: usize::from(component.horizontal),
            down: usize::from(component.vertical),
            dc: tables.first.get(dc)?.as_ref()?,
            ac: tables.second.get(ac)?.as_ref()?,
            quantiser: *quantisers.get(usize::from(component.table))?,
            previous: 0,
        })
    });
    found.collect::<Option<_>>().ok_or_else(|| Fault::corrupt("a table of its JPEG frame is missing"))
}

impl Channel<'_> {
    /// The next block: coefficients, and from them samples of 12 bits.
    fn block(&mut self, bits: &mut Bits<'_>, cosines: &[[f32; 8]; 8]) -> Result<[u16; 64], Fault> {
        let mut coefficients = [0_f32; 64];
        let mut put = |along: usize, value: i32| {
            let place = ZIGZAG.get(along).and_then(|&place| coefficients.get_mut(place));
            if let (Some(place), Some(&step)) = (place, self.quantiser.get(along)) {
                *place = value as f32 * f32::from(step);
            }
        };
        let category = bits.symbol(self.dc)?;
        if category > 16 {
            return Err(Fault::corrupt("a coefficient of its JPEG frame has more than 16 bits"));
        }
        self.previous = self.previous.wrapping_add(bits.signed(category)?);
        put(0, self.previous);
        let mut along = 1;
        while along < 64 {
            let symbol = bits.symbol(self.ac)?;
            let (run, size) = (usize::from(symbol >> 4), symbol & 15);
            if size == 0 {
                if run < 15 {
                    break;
                }
                along += 16;
                continue;
            }
            along += run;
            put(along, bits.signed(size)?);
            along += 1;
        }
        Ok(inverse(&coefficients, cosines))
    }
}

/// `cosines[x][u]`: what coefficient u adds at place x (A.3.3).
fn cosines() -> [[f32; 8]; 8] {
    std::array::from_fn(|x| {
        std::array::from_fn(|u| {
            let scale = if u == 0 { FRAC_1_SQRT_2 } else { 1.0 };
            scale / 2.0 * ((2 * x + 1) as f32 * u as f32 * PI / 16.0).cos()
        })
    })
}

fn inverse(coefficients: &[f32; 64], cosines: &[[f32; 8]; 8]) -> [u16; 64] {
    let mut rows = [[0_f32; 8]; 8];
    for (line, row) in coefficients.as_chunks::<8>().0.iter().zip(&mut rows) {
        for (value, weights) in row.iter_mut().zip(cosines) {
            *value = line.iter().zip(weights).map(|(coefficient, weight)| coefficient * weight).sum();
        }
    }
    let mut samples = [0; 64];
    for (line, weights) in samples.as_chunks_mut::<8>().0.iter_mut().zip(cosines) {
        for (x, sample) in line.iter_mut().enumerate() {
            let value: f32 = rows.iter().zip(weights).map(|(row, weight)| row.get(x).unwrap_or(&0.0) * weight).sum();
            *sample = (value + 2048.0).round().clamp(0.0, 4095.0) as u16;
        }
    }
    samples
}

fn read_quantisers(quantisers: &mut [[u16; 64]; 4], mut bytes: &[u8]) -> Option<()> {
    while let Some((&kind, rest)) = bytes.split_first() {
        let table = quantisers.get_mut(usize::from(kind & 15))?;
        let size = if kind >> 4 == 0 { 1 } else { 2 };
        let (values, rest) = rest.split_at_checked(64 * size)?;
        for (step, value) in table.iter_mut().zip(values.chunks_exact(size)) {
            *step = value.iter().fold(0, |sum, &byte| sum << 8 | u16::from(byte));
        }
        bytes = rest;
    }
    Some(())
}
