//! Random numbers that are the same on every platform and with every version of the generator's crate.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// ChaCha8 from a seed; see the crate's notes.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The numbers that make one image.
    pub fn new(seed: u32) -> Self {
        Self::with_purpose(seed, 0)
    }

    /// The numbers that seed the images of a data set.
    pub fn for_dataset(seed: u32) -> Self {
        Self::with_purpose(seed, 1)
    }

    fn with_purpose(seed: u32, purpose: u8) -> Self {
        let mut key = [0_u8; 32];
        key[..4].copy_from_slice(&seed.to_le_bytes());
        key[4] = purpose;
        Self(ChaCha8Rng::from_seed(key))
    }

    /// 32 random bits.
    pub fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A whole number from 0 to `most`, both included. Some are likelier than others by one part in
    /// 2^32, which is the price of drawing exactly one word.
    pub fn up_to(&mut self, most: u32) -> u32 {
        ((u64::from(self.word()) * (u64::from(most) + 1)) >> 32) as u32
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.up_to(high.saturating_sub(low))
    }
}
