//! RLE Lossless. Source: DICOM PS3.5 2024, annex G.

use super::fault::Fault;

/// A frame unpacked: one plane for every channel, each a plane for every byte of a sample, highest byte first. What is
/// returned are cells of `bytes_per_sample` bytes, lowest byte first, plane after plane.
pub(crate) fn decode(bytes: &[u8], pixels: usize, channels: usize, bytes_per_sample: usize) -> Result<Vec<u8>, Fault> {
    let header: &[u8; 64] = bytes.first_chunk().ok_or_else(|| Fault::corrupt("an RLE frame has no header"))?;
    let mut words = header.as_chunks::<4>().0.iter().map(|&word| u32::from_le_bytes(word) as usize);
    let count = words.next().unwrap_or_default();
    let expected = channels * bytes_per_sample;
    if count != expected {
        return Err(Fault::corrupt(format!("an RLE frame has {count} segments, where {expected} are expected")));
    }
    let starts: Vec<usize> = words.take(count).collect();
    let total =
        pixels.checked_mul(expected).ok_or_else(|| Fault::corrupt("an RLE frame is larger than can be counted"))?;
    // A run of 128 takes two bytes, so that less than this cannot fill the frame: nothing is allocated for it.
    if total / 64 > bytes.len() {
        return Err(short(0, pixels, 0));
    }
    let mut cells = vec![0; total];
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(bytes.len()).min(bytes.len());
        let segment = bytes.get(start..end).ok_or_else(|| {
            Fault::corrupt(format!(
                "segment {index} of an RLE frame is said to be at {start} to {end} of its {} bytes",
                bytes.len()
            ))
        })?;
        let (channel, byte) = (index / bytes_per_sample, index % bytes_per_sample);
        let first = channel * pixels * bytes_per_sample + (bytes_per_sample - 1 - byte);
        let filled = fill(segment, cells.iter_mut().skip(first).step_by(bytes_per_sample).take(pixels));
        if filled < pixels {
            return Err(short(index, pixels, filled));
        }
    }
    Ok(cells)
}

fn short(segment: usize, pixels: usize, filled: usize) -> Fault {
    Fault::corrupt(format!("segment {segment} of an RLE frame ends after {filled} of {pixels} bytes"))
}

/// Unpacks runs into the cells, and says how many were filled.
fn fill<'c>(mut segment: &[u8], mut cells: impl Iterator<Item = &'c mut u8>) -> usize {
    let mut filled = 0;
    while let Some((&control, rest)) = segment.split_first() {
        let length = match control {
            0..=127 => usize::from(control) + 1,
            128 => {
                segment = rest;
                continue;
            }
            129..=255 => 257 - usize::from(control),
        };
        let is_run = control > 128;
        let taken = if is_run { 1 } else { length }.min(rest.len());
        let (literal, rest) = rest.split_at(taken);
        let count = if is_run && taken == 1 { length } else { taken };
        for index in 0..count {
            let (Some(cell), Some(&byte)) = (cells.next(), literal.get(if is_run { 0 } else { index })) else {
                return filled;
            };
            *cell = byte;
            filled += 1;
        }
        segment = rest;
    }
    filled
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::decode;

    fn frame(segments: &[&[u8]]) -> Vec<u8> {
        let mut bytes = (segments.len() as u32).to_le_bytes().to_vec();
        let mut start = 64_u32;
        for segment in segments {
            bytes.extend(start.to_le_bytes());
            start += segment.len() as u32;
        }
        bytes.resize(64, 0);
        segments.iter().for_each(|segment| bytes.extend(*segment));
        bytes
    }

    #[test]
    fn runs_and_literals_worked_by_hand() {
        // Three sevens, a byte that says nothing, then two literals.
        let eight = frame(&[&[254, 7, 128, 1, 8, 9]]);
        assert_eq!(decode(&eight, 5, 1, 1).unwrap(), [7, 7, 7, 8, 9]);
        // High bytes 1 and 2, low bytes 3 and 4.
        let sixteen = frame(&[&[1, 1, 2], &[1, 3, 4]]);
        assert_eq!(decode(&sixteen, 2, 1, 2).unwrap(), [3, 1, 4, 2]);
    }

    #[test]
    fn a_frame_that_is_not_filled_is_refused() {
        assert!(decode(&frame(&[&[254, 7]]), 5, 1, 1).is_err());
        assert!(decode(&frame(&[&[254, 7]]), 1 << 30, 1, 1).is_err());
        assert!(decode(&[1, 0, 0], 1, 1, 1).is_err());
    }
}
