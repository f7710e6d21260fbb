//! Which readers marked each pixel.

use std::collections::BTreeMap;

use groundglass_types::Mask;

/// A bit for each voter that marked a pixel.
pub(crate) type Pattern = u64;

/// How many pixels each combination of voters marked, the pixels that nobody marked among them.
pub(crate) type Votes = BTreeMap<Pattern, u64>;

/// An image as runs of pixels, down the columns, that the same voters marked.
pub(crate) struct Segments {
    pixels: u64,
    /// First pixel of each run, and its voters; before the first nobody marked anything.
    starts: Vec<(u64, Pattern)>,
}

impl Segments {
    /// Of the unions of each voter's masks; at most 64 voters.
    pub fn new(pixels: u64, voters: &[Vec<&Mask>]) -> Self {
        let mut changes = Vec::new();
        for (voter, masks) in voters.iter().enumerate().take(64) {
            for (start, end) in masks.iter().flat_map(|mask| mask.runs()) {
                changes.push((start, voter, 1_i32));
                changes.push((end, voter, -1));
            }
        }
        changes.sort_unstable();
        let (mut depths, mut pattern, mut starts) = (vec![0_i32; voters.len()], 0, Vec::new());
        for (position, voter, step) in changes {
            depths[voter] += step;
            pattern = if depths[voter] > 0 { pattern | 1 << voter } else { pattern & !(1 << voter) };
            match starts.last_mut() {
                Some((start, last)) if *start == position => *last = pattern,
                _ => starts.push((position, pattern)),
            }
        }
        Self { pixels, starts }
    }

    /// Length and voters of each run, in order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Pattern)> + '_ {
        let first = self.starts.first().map_or(self.pixels, |(start, _)| *start);
        let ends = self.starts.iter().skip(1).map(|(start, _)| *start).chain(std::iter::once(self.pixels));
        let marked = self.starts.iter().zip(ends).map(|((start, pattern), end)| (end.saturating_sub(*start), *pattern));
        std::iter::once((first, 0)).chain(marked)
    }

    pub fn votes(&self) -> Votes {
        let mut votes = Votes::new();
        for (length, pattern) in self.iter().filter(|(length, _)| *length > 0) {
            *votes.entry(pattern).or_default() += length;
        }
        votes
    }
}
