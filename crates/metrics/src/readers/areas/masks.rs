//! Dice and IoU of the model with each reader, with their consensus, and of the readers with each other.

use std::collections::BTreeSet;

use groundglass_types::{Convention, EmptyBoth, Pairing, Statistic, Undefined};

use super::Family;
use crate::engine::{Better, Definition, Line, Prepared};
use crate::readers::areas::case::CaseAreas;
use crate::readers::areas::place::{PLACED, Sides, placed};
use crate::readers::areas::staple::staple;
use crate::readers::areas::votes::{Pattern, Segments, Votes};
use crate::readers::areas::{AreaReading, AreaReadingOptions, AreaReadings, Consensus};
use crate::readers::means::{CaseMean, MeansOverCases};

pub(crate) const MAJORITY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: MAJORITY_DEFINITIONS,
    prepare: |set, options| prepare(set, options, Consensus::Majority),
};

pub(crate) const STAPLE: Family = Family {
    convention: "staple",
    by_default: true,
    definitions: STAPLE_DEFINITIONS,
    prepare: |set, options| prepare(set, options, Consensus::Staple),
};

const SOURCE: &str = "Dice, Ecology 1945; Kohl et al., NeurIPS 2018 and Menze et al., IEEE TMI 2015 (raters against the \
                      consensus of the others)";
const STAPLE_SOURCE: &str = "Warfield, Zou and Wells, IEEE TMI 2004; SimpleITK 2.5 STAPLEImageFilter";

macro_rules! definitions {
    ($($measure:literal, $name:literal);*) => {
        &[$(
            Definition {
                id: concat!("reader_", $measure), name: concat!($name, " with the readers"), source: SOURCE,
                definition: concat!($name, " of the model's pixels with each reader's; mean over readers, then over cases."),
                better: Better::Higher,
            },
            Definition {
                id: concat!("majority_", $measure), name: concat!($name, " with the majority"), source: SOURCE,
                definition: concat!($name, " of the model's pixels with those that more than half of the readers marked; \
                                            mean over cases."),
                better: Better::Higher,
            },
            Definition {
                id: concat!("between_readers_", $measure), name: concat!($name, " between readers"), source: SOURCE,
                definition: concat!($name, " of each reader's pixels with each other's; mean over pairs, then over cases."),
                better: Better::Neither,
            },
            Definition {
                id: concat!("left_out_reader_", $measure), name: concat!($name, " of a reader left out"), source: SOURCE,
                definition: concat!($name, " of each reader's pixels with the majority of the other readers; mean over \
                                            readers, then over cases: the ceiling that readers set."),
                better: Better::Neither,
            },
            Definition {
                id: concat!("left_out_model_", $measure), name: concat!($name, " of the model in a reader's place"),
                definition: concat!($name, " of the model's pixels with the majority of all readers but one; mean over who \
                                            is left out, then over cases: comparable with the reader left out."),
                source: SOURCE, better: Better::Higher,
            },
            Definition {
                id: concat!("left_out_difference_", $measure), name: concat!($name, ", model minus reader"),
                definition: concat!("The model's ", $name, " less the left-out reader's, both with the majority of the other \
                                    readers; mean over readers, then over cases: 0 is as good as a reader."),
                source: SOURCE, better: Better::Higher,
            },
            Definition {
                id: concat!("readers_reached_", $measure), name: concat!("Readers reached in ", $name),
                definition: concat!("The share of readers with whose ", $name, " with the majority of the others the model \
                                    keeps up, where equals count half; mean over cases: 0.5 is as good as a reader."),
                source: SOURCE, better: Better::Higher,
            },
        )*]
    };
}

const MAJORITY_DEFINITIONS: &[Definition] = definitions!("dice", "Dice"; "iou", "IoU");

macro_rules! staple_definitions {
    ($($measure:literal, $name:literal);*) => {
        &[$(
            Definition {
                id: concat!("staple_", $measure), name: concat!($name, " with STAPLE"), source: STAPLE_SOURCE,
                definition: concat!($name, " of the model's pixels with those that STAPLE holds for inside with a \
                                            probability of at least one half, given all readers; mean over cases."),
                better: Better::Higher,
            },
            Definition {
                id: concat!("staple_left_out_reader_", $measure), name: concat!($name, " of a reader left out (STAPLE)"),
                definition: concat!($name, " of each reader's pixels with STAPLE of the other readers; mean over readers, \
                                            then over cases: the ceiling that readers set."),
                source: STAPLE_SOURCE, better: Better::Neither,
            },
            Definition {
                id: concat!("staple_left_out_model_", $measure),
                name: concat!($name, " of the model in a reader's place (STAPLE)"),
                definition: concat!($name, " of the model's pixels with STAPLE of all readers but one; mean over who is left \
                                            out, then over cases."),
                source: STAPLE_SOURCE, better: Better::Higher,
            },
            Definition {
                id: concat!("staple_left_out_difference_", $measure), name: concat!($name, ", model minus reader (STAPLE)"),
                definition: concat!("The model's ", $name, " less the left-out reader's, both with STAPLE of the other \
                                    readers; mean over readers, then over cases."),
                source: STAPLE_SOURCE, better: Better::Higher,
            },
            Definition {
                id: concat!("staple_readers_reached_", $measure), name: concat!("Readers reached in ", $name, " (STAPLE)"),
                definition: concat!("The share of readers with whose ", $name, " with STAPLE of the others the model keeps up, \
                                    where equals count half; mean over cases."),
                source: STAPLE_SOURCE, better: Better::Higher,
            },
        )*]
    };
}

const STAPLE_DEFINITIONS: &[Definition] = staple_definitions!("dice", "Dice"; "iou", "IoU");

/// Which of [`placed`]'s statistics a family has; those that need no consensus stand in the first only.
const fn kept(consensus: Consensus) -> &'static [usize] {
    match consensus {
        Consensus::Majority => &[0, 1, 2, 3, 4, 5, 6],
        Consensus::Staple => &[1, 3, 4, 5, 6],
    }
}

/// Pixels of both sides, of one, and of the other.
type Measure = fn(f64, f64, f64) -> f64;

const MEASURES: [Measure; 2] = [|both, a, b| 2.0 * both / (a + b), |both, a, b| both / (a + b - both)];

fn prepare(set: &AreaReadings, options: &AreaReadingOptions, consensus: Consensus) -> Box<dyn Prepared> {
    let (definitions, name, how) = match consensus {
        Consensus::Majority => (MAJORITY_DEFINITIONS, MAJORITY.convention, "more than half of its readers marked them"),
        Consensus::Staple => (
            STAPLE_DEFINITIONS,
            STAPLE.convention,
            "STAPLE gives them a probability of at least 0.5 (prior: the mean share of the image that readers mark, \
             ended where no sensitivity or specificity moves by more than 1e-7)",
        ),
    };
    let labels = set.labels();
    let classes = if labels.len() > 1 { labels.as_slice() } else { &[] };
    let mut by_class = Vec::new();
    for class in std::iter::once(None).chain(classes.iter().copied().map(Some)) {
        let words = format!(
            "union of the masks of findings with score >= {} against the union of each reader's masks{}; pixels are a \
             consensus's where {how}; crowds are left out; {}; a case in which a reader's region has no mask is left \
             out; n counts cases",
            options.score_threshold,
            if class.is_some() { "" } else { ", whatever their classes" },
            options.empty_words(),
        );
        let convention = Convention {
            empty_both: Some(options.empty_both),
            pairing: Some(Pairing::Union),
            ..Convention::new(name, words)
        };
        let by_case = set.cases().iter().map(|reading| of_case(reading, class, options, consensus)).collect::<Vec<_>>();
        for (place, definition) in definitions.iter().enumerate() {
            let (measure, statistic) = (place / kept(consensus).len(), kept(consensus)[place % kept(consensus).len()]);
            let reason = by_case.iter().find_map(|values| match values[measure][statistic] {
                Statistic::Undefined(reason) => Some(reason),
                Statistic::Value(_) => None,
            });
            by_class.push(CaseMean {
                line: Line { id: definition.id, class: class.map(str::to_owned), convention: convention.clone() },
                values: by_case.iter().enumerate().map(|(case, values)| (case, values[measure][statistic])).collect(),
                reason: reason.unwrap_or(Undefined::NoTruth),
            });
        }
    }
    Box::new(MeansOverCases::new(by_class))
}

fn of_case(
    reading: &AreaReading,
    class: Option<&str>,
    options: &AreaReadingOptions,
    consensus: Consensus,
) -> [[Statistic; PLACED]; 2] {
    let areas = CaseAreas::new(reading, class, options.score_threshold);
    if !areas.readers_have_masks {
        return [[Statistic::Undefined(Undefined::NoMasks); PLACED]; 2];
    }
    let mut voters = areas.masks();
    let readers = voters.len();
    let model = areas.model_masks();
    let has_model = model.is_some();
    voters.extend(model);
    let votes = Segments::new(areas.pixels, &voters).votes();
    MEASURES.map(|measure| {
        placed(&Voted { votes: &votes, readers, has_model, consensus, measure, empty_both: options.empty_both })
    })
}

/// A case as the votes of its readers and its model, whose bit is that after the readers'.
struct Voted<'a> {
    votes: &'a Votes,
    readers: usize,
    has_model: bool,
    consensus: Consensus,
    measure: Measure,
    empty_both: EmptyBoth,
}

impl Voted<'_> {
    fn compare(&self, a: impl Fn(Pattern) -> bool, b: impl Fn(Pattern) -> bool) -> Statistic {
        let (mut both, mut of_a, mut of_b) = (0, 0, 0);
        for (&pattern, pixels) in self.votes {
            let (in_a, in_b) = (a(pattern), b(pattern));
            of_a += if in_a { *pixels } else { 0 };
            of_b += if in_b { *pixels } else { 0 };
            both += if in_a && in_b { *pixels } else { 0 };
        }
        if of_a + of_b > 0 {
            return Statistic::Value((self.measure)(both as f64, of_a as f64, of_b as f64));
        }
        empty(self.empty_both)
    }

    fn marked(voter: usize) -> impl Fn(Pattern) -> bool {
        move |pattern| pattern >> voter & 1 == 1
    }

    /// The consensus of the readers of `among`.
    fn inside(&self, among: Pattern) -> BTreeSet<Pattern> {
        let mut votes = Votes::new();
        for (pattern, pixels) in self.votes {
            *votes.entry(pattern & among).or_default() += pixels;
        }
        admitted_among(&votes, among, self.consensus)
    }
}

impl Sides for Voted<'_> {
    fn readers(&self) -> usize {
        self.readers
    }

    fn has_model(&self) -> bool {
        self.has_model
    }

    fn model_with(&self, reader: usize) -> Statistic {
        self.compare(Self::marked(self.readers), Self::marked(reader))
    }

    fn readers_with(&self, reader: usize, other: usize) -> Statistic {
        self.compare(Self::marked(reader), Self::marked(other))
    }

    fn model_with_consensus(&self) -> Statistic {
        let all = all_of(self.readers);
        let inside = self.inside(all);
        self.compare(Self::marked(self.readers), |pattern| inside.contains(&(pattern & all)))
    }

    fn with_others(&self, reader: usize) -> (Statistic, Statistic) {
        let others = all_of(self.readers) & !(1 << reader);
        let inside = self.inside(others);
        let consensus = |pattern: Pattern| inside.contains(&(pattern & others));
        (self.compare(Self::marked(reader), consensus), self.compare(Self::marked(self.readers), consensus))
    }
}

/// What is said where both sides are empty.
pub(super) const fn empty(choice: EmptyBoth) -> Statistic {
    match choice {
        EmptyBoth::Perfect => Statistic::Value(1.0),
        EmptyBoth::Zero => Statistic::Value(0.0),
        EmptyBoth::Skipped => Statistic::Undefined(Undefined::Nothing),
    }
}

/// A bit for each reader.
const fn all_of(readers: usize) -> Pattern {
    (1 << readers) - 1
}

/// The combinations of all readers whose pixels are the consensus's.
pub(super) fn admitted(votes: &Votes, readers: usize, consensus: Consensus) -> BTreeSet<Pattern> {
    admitted_among(votes, all_of(readers), consensus)
}

fn admitted_among(votes: &Votes, among: Pattern, consensus: Consensus) -> BTreeSet<Pattern> {
    match consensus {
        Consensus::Majority => {
            let agreed = |pattern: &&Pattern| 2 * pattern.count_ones() > among.count_ones();
            votes.keys().filter(agreed).copied().collect()
        }
        Consensus::Staple => {
            // Without the bits of those left out, so that readers are numbered from 0 on.
            let closed = |pattern: Pattern| {
                let bits = (0..64).filter(|bit| among >> bit & 1 == 1).enumerate();
                bits.fold(0, |closed, (place, bit)| closed | (pattern >> bit & 1) << place)
            };
            let list = votes.iter().map(|(pattern, pixels)| (closed(*pattern), *pixels)).collect::<Vec<_>>();
            let estimate = staple(&list, among.count_ones() as usize);
            let likely = votes.keys().zip(estimate.probabilities).filter(|(_, probability)| *probability >= 0.5);
            likely.map(|(pattern, _)| *pattern).collect()
        }
    }
}
