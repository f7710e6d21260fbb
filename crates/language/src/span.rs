//! A stretch of bytes or of tokens.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A half-open stretch, `start <= place < end`: bytes of a text or places in a list of tokens, as its holder says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Span {
    /// The first place.
    pub start: usize,
    /// The place after the last.
    pub end: usize,
}

impl Span {
    /// Whether it holds nothing.
    pub const fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// As a range, to cut a slice with.
    pub const fn range(&self) -> Range<usize> {
        self.start..self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}
