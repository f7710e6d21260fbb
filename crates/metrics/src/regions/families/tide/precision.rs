//! TIDE's average precision of one class, as it is and with one type of error repaired.

use super::errors::ErrorType;
use crate::engine::Weights;

/// Which errors are repaired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repair {
    Nothing,
    Type(ErrorType),
    /// All false positives are put behind all true positives.
    FalsePositives,
    /// All truths that are not found are taken away.
    FalseNegatives,
}

/// A finding in the ranking of one class.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub score: f64,
    pub case: u32,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Right,
    /// An error of this class; whether its repair makes it right under this class.
    Wrong {
        error: ErrorType,
        repaired: bool,
    },
    /// An error of another class or in a crowd, that counts here only where it is repaired.
    Elsewhere(ErrorType),
}

impl Kind {
    /// Whether it is right, where it counts at all.
    fn under(self, repair: Repair) -> Option<bool> {
        match self {
            Self::Right => Some(true),
            Self::Wrong { error, repaired } if repair == Repair::Type(error) => repaired.then_some(true),
            Self::Wrong { .. } => Some(false),
            Self::Elsewhere(error) => (repair == Repair::Type(error)).then_some(true),
        }
    }
}

/// The truths of one class in one case.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Truths {
    pub all: u64,
    pub unfound: u64,
    /// Those of the unfound that no repair could find.
    pub missed: u64,
}

/// One class.
#[derive(Debug, Default)]
pub(super) struct ClassRanking {
    /// Equal scores in the order of cases and lists.
    plain: Vec<Entry>,
    /// Equal scores with errors first: the package adds the true positives last wherever it repairs something, and
    /// sorts stably.
    errors_first: Vec<Entry>,
    truths: Vec<(u32, Truths)>,
}

impl ClassRanking {
    /// `entries` in the order of cases, and within a case from the highest score down.
    pub fn new(entries: Vec<Entry>, truths: Vec<(u32, Truths)>) -> Self {
        let mut plain = entries;
        plain.sort_by(|a, b| (b.score + 0.0).total_cmp(&(a.score + 0.0)));
        let mut errors_first = plain.clone();
        errors_first.sort_by(|a, b| {
            let by_score = (b.score + 0.0).total_cmp(&(a.score + 0.0));
            by_score.then((a.kind == Kind::Right).cmp(&(b.kind == Kind::Right)))
        });
        Self { plain, errors_first, truths }
    }

    /// `None` where the class has neither truths nor findings; 0 where it has findings alone, as in the package.
    pub fn average_precision(&self, repair: Repair, weights: &Weights) -> Option<f64> {
        let truths = self.truths.iter().map(|(case, truths)| {
            let left = match repair {
                Repair::Type(ErrorType::Missed) => truths.all - truths.missed,
                Repair::FalseNegatives => truths.all - truths.unfound,
                _ => truths.all,
            };
            left * u64::from(weights.of(*case as usize))
        });
        let truths = truths.sum::<u64>();
        let entries = if repair == Repair::Nothing { &self.plain } else { &self.errors_first };
        let mut outcomes = self.outcomes(entries, repair, weights);
        if repair == Repair::FalsePositives {
            outcomes.sort_by(|a, b| b.cmp(a));
        }
        match (truths, outcomes.is_empty()) {
            (0, true) => None,
            (0, false) => Some(0.0),
            _ => Some(interpolated(&outcomes, truths)),
        }
    }

    /// Right or wrong from the highest score down; a case that stands several times is followed by its copies.
    fn outcomes(&self, entries: &[Entry], repair: Repair, weights: &Weights) -> Vec<bool> {
        let tied = |a: &Entry, b: &Entry| {
            let same_place = repair == Repair::Nothing || (a.kind == Kind::Right) == (b.kind == Kind::Right);
            a.score == b.score && a.case == b.case && same_place
        };
        let mut outcomes = Vec::new();
        for ties in entries.chunk_by(tied) {
            let copies = ties.first().map_or(0, |first| weights.of(first.case as usize));
            for _ in 0..copies {
                outcomes.extend(ties.iter().filter_map(|entry| entry.kind.under(repair)));
            }
        }
        outcomes
    }
}

/// The mean, over the recalls 0/100, 1/100, ... 1, of the highest precision at that recall or beyond.
fn interpolated(outcomes: &[bool], truths: u64) -> f64 {
    // Precision only peaks at true positives, and only there does recall rise.
    let hits = outcomes.iter().enumerate().filter(|(_, right)| **right).enumerate();
    let mut envelope = hits.map(|(hits, (before, _))| (hits + 1) as f64 / (before + 1) as f64).collect::<Vec<_>>();
    for index in (1..envelope.len()).rev() {
        envelope[index - 1] = envelope[index - 1].max(envelope[index]);
    }
    let (mut sum, mut rank) = (0.0, 0);
    for step in 0..=100_u32 {
        while rank < envelope.len() && ((rank + 1) as f64 / truths as f64) < f64::from(step) / 100.0 {
            rank += 1;
        }
        sum += envelope.get(rank).copied().unwrap_or(0.0);
    }
    sum / 101.0
}
