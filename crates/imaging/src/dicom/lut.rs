//! Tables from one number to another. Source: DICOM PS3.3 2024, C.11.1.1 and C.7.9.2.

use super::attribute::Attribute;
use super::data_set::DataSet;

/// A table from stored numbers to others.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lut {
    /// The number that the first entry stands for.
    pub first: i64,
    pub entries: Vec<u16>,
    /// Bits of an entry, 8 to 16.
    pub bits: u32,
}

impl Lut {
    /// By its descriptor (how many entries, the first number, bits) and its data.
    pub fn of(data_set: &DataSet, descriptor: Attribute, data: Attribute, signed: bool) -> Option<Self> {
        let (count, first, bits) = described(data_set, descriptor, signed)?;
        let bytes = data_set.bytes(data)?;
        // Entries of 8 bits may be packed.
        let entries: Vec<u16> = if bits <= 8 && bytes.len() < 2 * count {
            bytes.iter().take(count).map(|&byte| u16::from(byte)).collect()
        } else {
            data_set.shorts(data).into_iter().take(count).collect()
        };
        (!entries.is_empty()).then_some(Self { first, entries, bits })
    }

    /// By its descriptor and segments, of which each is a list, a line, or a repetition of others.
    pub fn segmented(data_set: &DataSet, descriptor: Attribute, data: Attribute, signed: bool) -> Option<Self> {
        let (count, first, bits) = described(data_set, descriptor, signed)?;
        // Segments of entries of 8 bits have their kinds and lengths in bytes too; what repeats them is not read there.
        let is_wide = bits > 8;
        let words = match is_wide {
            true => data_set.shorts(data),
            false => data_set.bytes(data)?.iter().map(|&byte| u16::from(byte)).collect(),
        };
        let mut entries = Vec::new();
        expand(&words, count, &mut entries, is_wide)?;
        (entries.len() == count).then_some(Self { first, entries, bits })
    }

    /// What `number` becomes; beyond the ends it is what the end becomes.
    pub fn look_up(&self, number: i64) -> u16 {
        let last = self.entries.len().saturating_sub(1);
        let index = usize::try_from(number.saturating_sub(self.first)).unwrap_or(0).min(last);
        self.entries.get(index).copied().unwrap_or(0)
    }
}

/// Whether the number that the first entry stands for is written with a sign, as far as the file says so.
pub(crate) fn is_signed(data_set: &DataSet, descriptor: Attribute) -> bool {
    data_set.element(descriptor).is_some_and(|element| element.vr == Some(*b"SS"))
}

fn described(data_set: &DataSet, descriptor: Attribute, signed: bool) -> Option<(usize, i64, u32)> {
    let [count, first, bits] = data_set.shorts(descriptor).try_into().ok()?;
    let count = if count == 0 { 1 << 16 } else { usize::from(count) };
    let first = if signed { i64::from(first as i16) } else { i64::from(first) };
    (1..=16).contains(&bits).then_some((count, first, u32::from(bits)))
}

/// Source: PS3.3 2024, C.7.9.2.2. Repetitions may not repeat repetitions.
fn expand(mut words: &[u16], count: usize, entries: &mut Vec<u16>, may_repeat: bool) -> Option<()> {
    let all = words;
    while let Some((&[kind, length], rest)) = words.split_first_chunk::<2>() {
        let length = usize::from(length);
        let taken = match kind {
            0 => {
                entries.extend(rest.get(..length)?);
                length
            }
            1 => {
                let (from, to) = (f64::from(*entries.last()?), f64::from(*rest.first()?));
                entries
                    .extend((1..=length).map(|step| (from + (to - from) * step as f64 / length as f64).round() as u16));
                1
            }
            2 if may_repeat => {
                let start = (usize::from(*rest.get(1)?) << 16 | usize::from(*rest.first()?)) / 2;
                let mut end = start;
                for _ in 0..length {
                    let size = match *all.get(end)? {
                        0 => usize::from(*all.get(end + 1)?),
                        _ => 1,
                    };
                    end += 2 + size;
                }
                expand(all.get(start..end)?, count, entries, false)?;
                2
            }
            _ => return None,
        };
        if entries.len() > count {
            return None;
        }
        words = rest.get(taken..)?;
    }
    Some(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Lut, expand};

    #[test]
    fn numbers_beyond_the_ends_become_what_the_ends_become() {
        let lut = Lut { first: -2, entries: vec![7, 8, 9], bits: 16 };
        assert_eq!([-5, -2, -1, 0, 4].map(|number| lut.look_up(number)), [7, 7, 8, 9, 9]);
    }

    #[test]
    fn segments_are_lists_lines_and_repetitions() {
        let mut entries = Vec::new();
        // Two entries, a line of four up to 50, and both once more.
        expand(&[0, 2, 5, 10, 1, 4, 50, 2, 2, 0, 0], 12, &mut entries, true).unwrap();
        assert_eq!(entries, [5, 10, 20, 30, 40, 50, 5, 10, 20, 30, 40, 50]);
        // Without repetitions, as in bytes.
        assert!(expand(&[0, 1, 5, 2, 1, 0, 0], 12, &mut Vec::new(), false).is_none());
        assert!(expand(&[2, 1, 0, 0], 12, &mut Vec::new(), true).is_none());
    }
}
