//! COCO's compressed run lengths: a mask as one line of text.
//!
//! Every run, from the fourth on as its difference from the run two before, is written in groups of five
//! bits, lowest first, each as the character of code 48 + bits, with 32 added while more follow; the
//! highest bit of the last group is the sign. Source: the description in `pycocotools` 2.0, `maskApi.h`.

use groundglass_types::Mask;
use serde::Serialize;
use thiserror::Error;

/// A mask as COCO's JSON holds it.
#[derive(Serialize)]
pub(crate) struct Runs {
    /// Rows and columns.
    size: [usize; 2],
    counts: String,
}

impl Runs {
    pub fn of(mask: &Mask) -> Self {
        Self { size: [mask.height(), mask.width()], counts: encode_counts(mask.counts()) }
    }
}

/// Text that is no list of run lengths.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RleError {
    /// A character outside the 64 that are used.
    #[error("character {place} of the run lengths is {found:?}, which is none of those used")]
    Character {
        /// Which one, from 0.
        place: usize,
        /// What it is.
        found: char,
    },
    /// The text ends inside a number.
    #[error("the run lengths end inside a number")]
    Truncated,
    /// A run below 0 or beyond 32 bits.
    #[error("run {index} has the length {length}, which is not between 0 and 4294967295")]
    Length {
        /// Which run, from 0.
        index: usize,
        /// Its length.
        length: i64,
    },
}

/// The run lengths that `text` stands for.
///
/// # Errors
/// [`RleError`] names the character or the run at fault.
pub fn decode_counts(text: &str) -> Result<Vec<u32>, RleError> {
    /// A run and its sign take 33 bits, which is seven groups of five; more would leave an `i64`.
    const GROUPS: u32 = 12;
    let mut counts: Vec<u32> = Vec::new();
    let (mut value, mut group) = (0_i64, 0_u32);
    for (place, found) in text.chars().enumerate() {
        let code = u32::from(found).wrapping_sub(48);
        if code >= 64 || group >= GROUPS {
            return Err(RleError::Character { place, found });
        }
        value |= i64::from(code & 0x1f) << (5 * group);
        group += 1;
        if code & 0x20 != 0 {
            continue;
        }
        if code & 0x10 != 0 {
            value |= -1 << (5 * group);
        }
        let index = counts.len();
        if index > 2 {
            value = value.wrapping_add(i64::from(counts[index - 2]));
        }
        counts.push(u32::try_from(value).map_err(|_| RleError::Length { index, length: value })?);
        (value, group) = (0, 0);
    }
    if group == 0 { Ok(counts) } else { Err(RleError::Truncated) }
}

/// `counts` as text.
pub fn encode_counts(counts: &[u32]) -> String {
    let mut text = String::new();
    for (index, &count) in counts.iter().enumerate() {
        let mut value = i64::from(count);
        if index > 2 {
            value -= i64::from(counts[index - 2]);
        }
        loop {
            let bits = (value & 0x1f) as u8;
            value >>= 5;
            let is_last = value == if bits & 0x10 == 0 { 0 } else { -1 };
            text.push(char::from(48 + bits + if is_last { 0 } else { 0x20 }));
            if is_last {
                break;
            }
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::{RleError, decode_counts, encode_counts};

    #[test]
    fn small_numbers_worked_by_hand() {
        // 6 is one group: 48 + 6. 40 is 8 with more to follow, then 1. The fourth run, 1, is stored as
        // 1 - 40 = -39: low bits 25 with more to follow, then 30, whose highest bit is the sign.
        let counts = [6, 1, 40, 1];
        assert_eq!(encode_counts(&counts[..3]), "61X1");
        assert_eq!(decode_counts("61X1").unwrap(), counts[..3]);
        assert_eq!(decode_counts(&encode_counts(&counts)).unwrap(), counts);
    }

    #[test]
    fn faults_are_named() {
        assert_eq!(decode_counts("1\u{e9}"), Err(RleError::Character { place: 1, found: '\u{e9}' }));
        assert_eq!(decode_counts("1X"), Err(RleError::Truncated));
        assert_eq!(decode_counts("O"), Err(RleError::Length { index: 0, length: -1 }));
        assert!(decode_counts(&"o".repeat(40)).is_err());
    }

    proptest! {
        #[test]
        fn runs_round_trip(counts in proptest::collection::vec(any::<u32>(), 0..40)) {
            prop_assert_eq!(decode_counts(&encode_counts(&counts)).unwrap(), counts);
        }

        #[test]
        fn any_text_gives_runs_or_an_error(text in "\\PC*") {
            let _ = decode_counts(&text);
        }
    }
}
