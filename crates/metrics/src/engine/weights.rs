//! How often each case counts.

/// How often each case of a set counts: 1 everywhere for the set itself, 0 or 1 for a group, other multiplicities for
/// a bootstrap resample.
///
/// A statistic under weights is exactly what it would be on a set in which each case stood that many times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights(Vec<u32>);

impl Weights {
    /// Every case once.
    pub fn all(cases: usize) -> Self {
        Self(vec![1; cases])
    }

    /// Case `i` counts `counts[i]` times.
    pub const fn new(counts: Vec<u32>) -> Self {
        Self(counts)
    }

    /// How often a case counts; 0 beyond the last.
    pub fn of(&self, case: usize) -> u32 {
        self.0.get(case).copied().unwrap_or_default()
    }

    /// The same with nothing but the cases that count in `group`, as often as in both together.
    pub(crate) fn within(&self, group: &Self) -> Self {
        Self(self.0.iter().zip(&group.0).map(|(count, of_group)| count.saturating_mul(*of_group)).collect())
    }

    /// One count a case.
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// The counts, to be filled anew.
    pub fn as_mut_slice(&mut self) -> &mut [u32] {
        &mut self.0
    }

    /// The cases that count at all, with how often.
    pub fn counted(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.0.iter().copied().enumerate().filter(|(_, count)| *count > 0)
    }

    /// All counts together.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|&count| u64::from(count)).sum()
    }
}
