//! Cases that are drawn, swapped or left out together.

use std::collections::HashMap;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use crate::engine::{Unit, Weights};
use crate::interval::ResamplingUnit;

/// The cases that count, cluster by cluster in the order of the first case of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clusters {
    base: Weights,
    members: Vec<Vec<usize>>,
}

impl Clusters {
    /// Clusters of the cases that count under `base`.
    pub fn new(units: &[Unit], base: &Weights, unit: &ResamplingUnit) -> Self {
        let mut members: Vec<Vec<usize>> = Vec::new();
        let mut places = HashMap::new();
        for (index, case) in units.iter().enumerate().filter(|(index, _)| base.of(*index) > 0) {
            let name = match unit {
                ResamplingUnit::Case => None,
                ResamplingUnit::Attribute(attribute) => case.attributes.get(attribute),
            };
            let place = name.map_or(members.len(), |name| *places.entry(name).or_insert(members.len()));
            match members.get_mut(place) {
                Some(cluster) => cluster.push(index),
                None => members.push(vec![index]),
            }
        }
        let counts = (0..units.len()).map(|index| base.of(index)).collect();
        Self { base: Weights::new(counts), members }
    }

    pub const fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether some cases go together at all.
    pub fn some_are_shared(&self) -> bool {
        self.members.iter().any(|cluster| cluster.len() > 1)
    }

    /// The weights of the cases as they are.
    pub const fn base(&self) -> &Weights {
        &self.base
    }

    /// Each cluster as often as `counts` says.
    pub fn weights(&self, counts: impl IntoIterator<Item = u32>) -> Weights {
        let mut weights = vec![0; self.base.as_slice().len()];
        for (cluster, count) in self.members.iter().zip(counts) {
            for &case in cluster {
                weights[case] = self.base.of(case).saturating_mul(count);
            }
        }
        Weights::new(weights)
    }

    /// As many draws with replacement as there are clusters: resample `index` of those that `seed` begins.
    pub fn resample(&self, seed: u32, index: u64) -> Weights {
        let mut random = random(seed, Purpose::Resamples, index);
        let mut counts = vec![0_u32; self.len()];
        for _ in 0..self.len() {
            counts[below(&mut random, self.len() as u32) as usize] += 1;
        }
        self.weights(counts)
    }

    /// All clusters but one.
    pub fn without(&self, left_out: usize) -> Weights {
        self.weights((0..self.len()).map(|cluster| u32::from(cluster != left_out)))
    }
}

/// What random numbers are for, so that one seed serves all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Resamples = 0,
    Swaps = 1,
}

/// The random numbers of one stream: ChaCha8, whose key is the seed's four bytes, least significant first, the purpose
/// in one byte, and zeros. Spelled out, because a helper of a crate may change.
pub(crate) fn random(seed: u32, purpose: Purpose, stream: u64) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..4].copy_from_slice(&seed.to_le_bytes());
    key[4] = purpose as u8;
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(stream);
    random
}

/// A number below `bound`, all equally likely; 0 where the bound is 0.
///
/// The upper half of the product of a 32-bit draw and the bound; draws that would favour some numbers are drawn anew
/// (Lemire, ACM TOMACS 2019).
pub(crate) fn below(random: &mut ChaCha8Rng, bound: u32) -> u32 {
    let excess = bound.wrapping_neg().checked_rem(bound).unwrap_or_default();
    loop {
        let product = u64::from(random.next_u32()) * u64::from(bound);
        if product as u32 >= excess {
            return (product >> 32) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Clusters, Purpose, below, random};
    use crate::engine::{Unit, Weights};
    use crate::interval::ResamplingUnit;

    fn unit(case: &str, patient: Option<&str>) -> Unit {
        let attributes = patient.map(|name| ("patient".to_owned(), name.to_owned())).into_iter().collect();
        Unit { case: case.to_owned(), attributes }
    }

    #[test]
    fn cases_of_a_patient_go_together_and_others_alone() {
        let patients = [Some("x"), None, Some("y"), Some("x"), None];
        let units = patients.map(|patient| unit("", patient));
        let by_patient = ResamplingUnit::Attribute("patient".to_owned());
        let clusters = Clusters::new(&units, &Weights::all(5), &by_patient);
        assert_eq!(clusters.members, [vec![0, 3], vec![1], vec![2], vec![4]]);
        assert_eq!(clusters.weights([2, 0, 1, 3]).as_slice(), [2, 0, 1, 2, 3]);
        assert_eq!(clusters.without(0).as_slice(), [0, 1, 1, 0, 1]);
        // Of a group only its own cases.
        let clusters = Clusters::new(&units, &Weights::new(vec![1, 1, 0, 0, 0]), &by_patient);
        assert_eq!(clusters.members, [vec![0], vec![1]]);
        assert_eq!(Clusters::new(&units, &Weights::all(5), &ResamplingUnit::Case).len(), 5);
    }

    #[test]
    fn draws_are_even() {
        let mut random = random(1, Purpose::Resamples, 2);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[below(&mut random, 7) as usize] += 1;
        }
        // Five standard deviations of a binomial count.
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 463), "{counts:?}");
        assert_eq!(below(&mut random, 0), 0);
        // Where nearly half of all draws must be rejected, what is left is still even between both halves.
        let bound = (1 << 31) + 1;
        let high = (0..10_000).filter(|_| below(&mut random, bound) > bound / 2).count();
        assert!(high.abs_diff(5000) < 250, "{high}");
    }
}
