//! The union of findings' masks against the union of truth masks, for every score threshold at once.

use groundglass_types::Mask;

/// Areas in pixels at one score threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Areas {
    /// Pixels of the union of findings.
    pub found: u64,
    /// Pixels of the union of truths.
    pub truth: u64,
    /// Pixels of both.
    pub both: u64,
}

/// The union of findings grown one finding at a time from the highest score down, so that the areas
/// at any threshold are a look-up. Pixels of a crowd that no other truth covers count nowhere.
#[derive(Clone, Debug)]
pub(crate) struct ForegroundSweep {
    truth_area: u64,
    /// Score of each finding, falling, with the areas of the union up to it.
    steps: Vec<(f64, u64, u64)>,
}

impl ForegroundSweep {
    /// All masks are on a grid of `pixels` pixels. `findings` come from the highest score down.
    pub fn new<'a>(
        pixels: u64,
        truths: impl Iterator<Item = &'a Mask>,
        crowds: impl Iterator<Item = &'a Mask>,
        findings: impl Iterator<Item = (f64, &'a Mask)>,
    ) -> Self {
        let mut truth = Bitmap::new(pixels);
        let truth_area = truths.map(|mask| truth.add(mask, None).0).sum();
        let mut covered = Bitmap::new(pixels);
        for mask in crowds {
            covered.add(mask, None);
        }
        covered.remove(&truth);
        let (mut found, mut both) = (0, 0);
        let steps = findings
            .map(|(score, mask)| {
                let (new, new_in_truth) = covered.add(mask, Some(&truth));
                found += new;
                both += new_in_truth;
                (score, found, both)
            })
            .collect();
        Self { truth_area, steps }
    }

    /// The areas where findings at or above `score_threshold` count.
    pub fn at(&self, score_threshold: f64) -> Areas {
        let counted = self.steps.partition_point(|(score, ..)| *score >= score_threshold);
        let (found, both) =
            counted.checked_sub(1).and_then(|last| self.steps.get(last)).map_or((0, 0), |step| (step.1, step.2));
        Areas { found, truth: self.truth_area, both }
    }
}

/// One bit a pixel, in the masks' own column-major order.
struct Bitmap {
    words: Vec<u64>,
}

impl Bitmap {
    fn new(pixels: u64) -> Self {
        Self { words: vec![0; pixels.div_ceil(64) as usize] }
    }

    /// Sets the mask's pixels. Returns how many were new, and how many of those lie in `other`.
    fn add(&mut self, mask: &Mask, other: Option<&Self>) -> (u64, u64) {
        let (mut new, mut new_in_other) = (0, 0);
        for (start, end) in mask.runs() {
            let (first, last) = ((start / 64) as usize, ((end - 1) / 64) as usize);
            for index in first..=last {
                let mut bits = u64::MAX;
                if index == first {
                    bits &= u64::MAX << (start % 64);
                }
                if index == last {
                    bits &= u64::MAX >> (63 - (end - 1) % 64);
                }
                let Some(word) = self.words.get_mut(index) else { continue };
                bits &= !*word;
                *word |= bits;
                new += u64::from(bits.count_ones());
                let inside = other.and_then(|other| other.words.get(index)).copied().unwrap_or_default();
                new_in_other += u64::from((bits & inside).count_ones());
            }
        }
        (new, new_in_other)
    }

    /// Clears the pixels of `other`.
    fn remove(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= !other;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use groundglass_types::Mask;
    use proptest::prelude::*;

    use super::{Areas, ForegroundSweep};

    type Layers = Vec<Vec<u8>>;

    fn layers() -> impl Strategy<Value = (usize, usize, Layers, Layers, Layers)> {
        // Wide enough that runs cross several 64-bit words.
        (1..14_usize, 1..30_usize).prop_flat_map(|(width, height)| {
            let layers = move |most| {
                let layer = proptest::collection::vec(prop_oneof![3 => Just(0_u8), 1 => Just(1)], width * height);
                proptest::collection::vec(layer, 0..most)
            };
            (Just(width), Just(height), layers(4), layers(2), layers(5))
        })
    }

    proptest! {
        #[test]
        fn the_sweep_agrees_with_counting_pixels((width, height, truths, crowds, findings) in layers(), threshold in 0..6_usize) {
            let mask = |layer: &Vec<u8>| Mask::from_row_major(width, height, layer).unwrap();
            let masks = |layers: &Layers| layers.iter().map(mask).collect::<Vec<_>>();
            let (truth_masks, crowd_masks, finding_masks) = (masks(&truths), masks(&crowds), masks(&findings));
            // Scores fall by 1 from the first finding on.
            let score = |index: usize| 10.0 - index as f64;
            let sweep = ForegroundSweep::new(
                (width * height) as u64,
                truth_masks.iter(),
                crowd_masks.iter(),
                finding_masks.iter().enumerate().map(|(index, mask)| (score(index), mask)),
            );
            let inside = |layers: &[Vec<u8>], pixel: usize| layers.iter().any(|layer| layer[pixel] == 1);
            let counted = &findings[..threshold.min(findings.len())];
            let mut expected = Areas { found: 0, truth: 0, both: 0 };
            for pixel in 0..width * height {
                let truth = inside(&truths, pixel);
                let found = inside(counted, pixel) && (truth || !inside(&crowds, pixel));
                expected.found += u64::from(found);
                expected.truth += u64::from(truth);
                expected.both += u64::from(truth && found);
            }
            prop_assert_eq!(sweep.at(score(threshold) + 0.5), expected);
        }
    }
}
