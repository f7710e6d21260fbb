//! The permutation test: what the difference would be had predictions been swapped.

use std::sync::Arc;

use rand_chacha::rand_core::RngCore;

use crate::compare::pair::Pair;
use crate::engine::steps::{Row, Work};
use crate::interval::bootstrap::{defined, enough};
use crate::interval::clusters::{Clusters, Purpose, random};

/// Swaps of both predictions in whole clusters.
pub(crate) struct SwapWork {
    pair: Arc<Pair>,
    clusters: Clusters,
    count: u32,
    exact: bool,
    seed: u32,
}

impl SwapWork {
    /// All ways to swap, where they are no more than `most`; otherwise `most` at random.
    pub fn new(pair: Arc<Pair>, clusters: Clusters, most: u32, seed: u32) -> Self {
        let ways = u32::try_from(clusters.len()).ok().and_then(|clusters| 1_u32.checked_shl(clusters));
        let ways = ways.filter(|ways| clusters.len() > 0 && *ways <= most);
        Self {
            pair,
            count: if clusters.len() > 0 { ways.unwrap_or(most) } else { 0 },
            exact: ways.is_some(),
            clusters,
            seed,
        }
    }

    /// How many swaps there are.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Whether these are all.
    pub const fn is_exact(&self) -> bool {
        self.exact
    }

    /// The share of swaps with a difference as great as the `observed` one, but for what rounding may change. Random
    /// swaps have the observed one among them: `(1 + k) / (1 + B)`.
    ///
    /// Source: Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 2010.
    pub fn p(&self, rows: &[Row], line: usize, observed: f64, rounding: f64) -> Option<f64> {
        let differences = defined(rows, line);
        let as_great = differences.iter().filter(|difference| difference.abs() >= observed.abs() - rounding).count();
        let observed = usize::from(!self.exact);
        enough(differences.len(), rows.len())
            .then(|| (as_great + observed) as f64 / (differences.len() + observed) as f64)
    }
}

impl Work for SwapWork {
    fn pieces(&self) -> usize {
        self.count as usize
    }

    fn piece(&self, index: usize) -> Row {
        let swapped = if self.exact {
            self.clusters.weights((0..self.clusters.len()).map(|cluster| (index >> cluster) as u32 & 1))
        } else {
            let mut random = random(self.seed, Purpose::Swaps, index as u64);
            let mut bits = 0;
            self.clusters.weights((0..self.clusters.len()).map(|cluster| {
                // 32 clusters a draw, from the lowest bit up.
                bits = if cluster % 32 == 0 { random.next_u32() } else { bits >> 1 };
                bits & 1
            }))
        };
        self.pair.swapped(self.clusters.base(), &swapped)
    }
}
