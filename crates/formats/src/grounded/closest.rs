//! The label that a distorted name comes closest to.
//!
//! Ratcliff and Obershelp's similarity as Python's `difflib` computes it, with its rule for texts of 200 characters and
//! more, in which frequent characters do not begin a match. AG-KD's evaluation repairs labels with
//! `get_close_matches(name, labels, cutoff=0.5)`, for a decoder that may not repeat three tokens distorts every label
//! after the first. Source: <https://docs.python.org/3/library/difflib.html>.

use std::collections::HashMap;

/// From how many characters on frequent ones do not begin a match.
const LONG: usize = 200;

/// The label most similar to `name`, where that is at least `cutoff`; among equals the one that is last in the order of
/// code points, as in Python. Similarity is not symmetric: labels are the first side.
pub fn closest_label<'a, L: AsRef<str>>(name: &str, labels: &'a [L], cutoff: f64) -> Option<&'a str> {
    let target = Target::new(name);
    let mut best: Option<(f64, &str)> = None;
    for label in labels.iter().map(AsRef::as_ref) {
        let symbols: Vec<char> = label.chars().collect();
        let together = symbols.len() + target.symbols.len();
        if ratio(symbols.len().min(target.symbols.len()), together) < cutoff {
            continue;
        }
        let similarity = target.similarity(&symbols);
        if similarity >= cutoff && best.is_none_or(|best| (similarity, label) > best) {
            best = Some((similarity, label));
        }
    }
    best.map(|(_, label)| label)
}

/// `SequenceMatcher(None, one, other).ratio()`: twice the matching characters over all, from 0 to 1.
pub fn similarity(one: &str, other: &str) -> f64 {
    Target::new(other).similarity(&one.chars().collect::<Vec<_>>())
}

fn ratio(matches: usize, together: usize) -> f64 {
    if together == 0 { 1.0 } else { 2.0 * matches as f64 / together as f64 }
}

/// The second side, prepared once.
struct Target {
    symbols: Vec<char>,
    places: HashMap<char, Vec<usize>>,
}

impl Target {
    fn new(text: &str) -> Self {
        let symbols: Vec<char> = text.chars().collect();
        let mut places: HashMap<char, Vec<usize>> = HashMap::new();
        for (place, &symbol) in symbols.iter().enumerate() {
            places.entry(symbol).or_default().push(place);
        }
        if symbols.len() >= LONG {
            let most = symbols.len() / 100 + 1;
            places.retain(|_, places| places.len() <= most);
        }
        Self { symbols, places }
    }

    fn similarity(&self, one: &[char]) -> f64 {
        let mut matches = 0;
        let mut lengths = Lengths::new(self.symbols.len());
        let mut open = vec![(0..one.len(), 0..self.symbols.len())];
        while let Some((left, right)) = open.pop() {
            let (at, place, size) = self.longest(one, &left, &right, &mut lengths);
            if size > 0 {
                matches += size;
                open.push((left.start..at, right.start..place));
                open.push((at + size..left.end, place + size..right.end));
            }
        }
        ratio(matches, one.len() + self.symbols.len())
    }

    /// The longest common run, the first of several: where it begins on both sides, and its length.
    fn longest(
        &self,
        one: &[char],
        left: &std::ops::Range<usize>,
        right: &std::ops::Range<usize>,
        lengths: &mut Lengths,
    ) -> (usize, usize, usize) {
        let (mut best_at, mut best_place, mut size) = (left.start, right.start, 0);
        lengths.clear();
        for at in left.clone() {
            let places = one.get(at).and_then(|symbol| self.places.get(symbol)).map_or(&[][..], Vec::as_slice);
            let from = places.partition_point(|&place| place < right.start);
            for &place in places.iter().skip(from).take_while(|&&place| place < right.end) {
                let run = lengths.extend(place);
                if run > size {
                    (best_at, best_place, size) = (at + 1 - run, place + 1 - run, run);
                }
            }
            lengths.turn();
        }
        // Frequent characters begin no match, but they lengthen one.
        let same = |at: usize, place: usize| one.get(at).is_some_and(|symbol| self.symbols.get(place) == Some(symbol));
        while best_at > left.start && best_place > right.start && same(best_at - 1, best_place - 1) {
            (best_at, best_place, size) = (best_at - 1, best_place - 1, size + 1);
        }
        while best_at + size < left.end && best_place + size < right.end && same(best_at + size, best_place + size) {
            size += 1;
        }
        (best_at, best_place, size)
    }
}

/// For each place the length of the run that ends there, for one symbol of the first side and the one before.
struct Lengths {
    before: Vec<usize>,
    now: Vec<usize>,
    touched_before: Vec<usize>,
    touched: Vec<usize>,
}

impl Lengths {
    fn new(places: usize) -> Self {
        Self { before: vec![0; places + 1], now: vec![0; places + 1], touched_before: Vec::new(), touched: Vec::new() }
    }

    /// The length of the run that ends at `place` now.
    fn extend(&mut self, place: usize) -> usize {
        // Slot 0 stands for what is before the first place.
        let run = self.before.get(place).map_or(1, |run| run + 1);
        if let Some(slot) = self.now.get_mut(place + 1) {
            *slot = run;
            self.touched.push(place + 1);
        }
        run
    }

    fn turn(&mut self) {
        for slot in self.touched_before.drain(..) {
            if let Some(run) = self.before.get_mut(slot) {
                *run = 0;
            }
        }
        std::mem::swap(&mut self.before, &mut self.now);
        std::mem::swap(&mut self.touched_before, &mut self.touched);
    }

    fn clear(&mut self) {
        self.turn();
        self.turn();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{closest_label, similarity};

    #[test]
    fn worked_by_hand() {
        // "abcd" and "bcde" share "bcd": 2 * 3 / 8.
        assert_eq!(similarity("abcd", "bcde"), 0.75);
        assert_eq!((similarity("", ""), similarity("a", ""), similarity("ab", "ab")), (1.0, 0.0, 1.0));
        let labels = ["pulmonary fibrosis", "pleural effusion", "aortic enlargement"];
        assert_eq!(closest_label("pulmonary fibros fibros", &labels, 0.5), Some("pulmonary fibrosis"));
        assert_eq!(closest_label("xyz", &labels, 0.5), None);
        assert_eq!(closest_label("ab", &["ax", "ay"], 0.5), Some("ay"));
    }

    proptest! {
        #[test]
        fn similarity_is_a_share(one in "[a-c]{0,40}", other in "[a-c]{0,40}") {
            let found = similarity(&one, &other);
            prop_assert!((0.0..=1.0).contains(&found));
            prop_assert_eq!(found == 1.0, one == other);
        }
    }
}
