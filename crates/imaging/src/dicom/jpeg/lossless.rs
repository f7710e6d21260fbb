//! Lossless JPEG, process 14. Source: ITU-T T.81, annex H.

use super::super::fault::Fault;
use super::super::stored::Cells;
use super::huffman::{Bits, Table, Tables};
use super::markers::{Outline, Scan, next_segment, word};

pub(super) fn decode(bytes: &[u8], outline: &Outline) -> Result<Cells, Fault> {
    if outline.components.iter().any(|component| (component.horizontal, component.vertical) != (1, 1)) {
        return Err(Fault::unsupported("its lossless JPEG frame has channels of different sizes"));
    }
    let channels = outline.components.len();
    let mut samples = vec![0_u16; usize::from(outline.width) * usize::from(outline.height) * channels];
    let mut tables = Tables::default();
    let mut interval = 0;
    let mut decoded = 0;
    let mut position = 0;
    while let Some(segment) = next_segment(bytes, position) {
        position = segment.end;
        match segment.marker {
            0xC4 => tables.read(segment.bytes)?,
            0xDD => interval = usize::from(word(segment.bytes, 0).unwrap_or(0)),
            0xDA => {
                let scan = Scan::of(segment.bytes, outline)?;
                decoded += scan.components.len();
                if decoded > channels {
                    return Err(Fault::corrupt("its lossless JPEG frame has more scans than channels"));
                }
                let mut bits = Bits::new(bytes, segment.end);
                read_scan(&mut samples, outline, &scan, &tables, interval, &mut bits)?;
                position = bits.position();
            }
            _ => {}
        }
    }
    if decoded < channels {
        return Err(Fault::corrupt(format!("its lossless JPEG frame holds {decoded} of {channels} channels")));
    }
    if outline.precision <= 8 {
        return Ok(Cells::U8(samples.into_iter().map(|sample| sample as u8).collect()));
    }
    Ok(Cells::U16(samples))
}

fn read_scan(
    samples: &mut [u16],
    outline: &Outline,
    scan: &Scan,
    tables: &Tables,
    interval: usize,
    bits: &mut Bits<'_>,
) -> Result<(), Fault> {
    let (width, channels) = (usize::from(outline.width), outline.components.len());
    let shift = u32::from(scan.shift);
    if shift >= u32::from(outline.precision) || !matches!(scan.predictor, 1..=7) {
        return Err(Fault::unsupported(format!(
            "its lossless JPEG frame has the predictor {} and the point transform {shift}",
            scan.predictor
        )));
    }
    let used: Vec<(usize, &Table)> = scan
        .components
        .iter()
        .map(|&(index, table, _)| Some((index, tables.first.get(table)?.as_ref()?)))
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::corrupt("a Huffman table of its JPEG frame is missing"))?;
    // An interval is a whole number of rows (H.1.1).
    let rows = interval.checked_div(width).unwrap_or(0);
    let first = 1 << (u32::from(outline.precision) - shift - 1);
    let stride = width * channels;
    let mut above: Vec<u16> = vec![0; stride];
    for (number, row) in samples.chunks_exact_mut(stride).enumerate() {
        let is_first = number == 0 || (rows > 0 && number % rows == 0);
        if is_first && number > 0 {
            bits.restart()?;
        }
        for column in 0..width {
            for &(channel, table) in &used {
                let place = column * channels + channel;
                let at = |samples: &[u16], place: usize| samples.get(place).map_or(0, |&sample| i32::from(sample));
                let (left, up, corner) = match column {
                    0 => (0, at(&above, place), 0),
                    _ => (at(row, place - channels), at(&above, place), at(&above, place - channels)),
                };
                let predicted = match (is_first, column) {
                    (true, 0) => first,
                    (true, _) => left,
                    (false, 0) => up,
                    (false, _) => match scan.predictor {
                        1 => left,
                        2 => up,
                        3 => corner,
                        4 => left + up - corner,
                        5 => left + ((up - corner) >> 1),
                        6 => up + ((left - corner) >> 1),
                        _ => (left + up) >> 1,
                    },
                };
                let difference = match bits.symbol(table)? {
                    16 => 32768,
                    category @ 0..=15 => bits.signed(category)?,
                    _ => return Err(Fault::corrupt("a difference of its lossless JPEG frame has more than 16 bits")),
                };
                if let Some(sample) = row.get_mut(place) {
                    *sample = (predicted + difference) as u16;
                }
            }
        }
        above.copy_from_slice(row);
        if shift > 0 {
            for &(channel, _) in &used {
                row.iter_mut().skip(channel).step_by(channels).for_each(|sample| *sample <<= shift);
            }
        }
    }
    Ok(())
}
