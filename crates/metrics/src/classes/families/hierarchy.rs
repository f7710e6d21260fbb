//! Near misses and dangerous misses: classes in a hierarchy, and classes that must not be missed.

use std::collections::BTreeSet;

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::classes::table::{Resolved, Table};
use crate::classes::tally::share;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| {
        let options = &table.options;
        !table.multi_label && (!options.parents.is_empty() || !options.severe.is_empty())
    },
    prepare: |table| Box::new(Hierarchy::new(table)),
};

const SKINFLOW: &str = "Ours, after the abstract of Liu et al., arXiv 2601.09136 (SkinFlow): safety and hierarchical \
                        relevance over rigid label matching; the abstract gives no formula";
const KIRITCHENKO: &str =
    "Kiritchenko et al., Canadian AI 2006; Silla and Freitas, Data Mining and Knowledge Discovery 2011";

macro_rules! definitions {
    ($($k:literal)*) => {
        &[
            Definition {
                id: "hierarchical_precision",
                name: "Hierarchical precision",
                definition: "Predicted classes and all above them: the share that are true or above a true class, \
                             pooled over rows.",
                source: KIRITCHENKO,
                better: Better::Higher,
            },
            Definition {
                id: "hierarchical_recall",
                name: "Hierarchical recall",
                definition: "True classes and all above them: the share that are predicted or above a predicted class, \
                             pooled over rows.",
                source: KIRITCHENKO,
                better: Better::Higher,
            },
            Definition {
                id: "hierarchical_f1",
                name: "Hierarchical F1",
                definition: "Harmonic mean of hierarchical precision and recall.",
                source: KIRITCHENKO,
                better: Better::Higher,
            },
            Definition {
                id: "tree_distance",
                name: "Distance in the hierarchy",
                definition: "Steps from the truth up to the lowest class above both and down to the prediction; mean \
                             over rows.",
                source: "Deng et al., ECCV 2010",
                better: Better::Lower,
            },
            Definition {
                id: "hierarchical_score",
                name: "Hierarchical score",
                definition: "1 for the truth, 0.5 for another class below the same parent, 0 otherwise; mean over \
                             rows.",
                source: SKINFLOW,
                better: Better::Higher,
            },
            $(Definition {
                id: concat!("same_parent_top_", $k),
                name: concat!("Same parent, top ", $k),
                definition: concat!("Share of the rows in which the truth, or a class below the same parent, is among \
                                     the ", $k, " classes with the highest scores."),
                source: SKINFLOW,
                better: Better::Higher,
            },)*
            $(Definition {
                id: concat!("dangerous_miss_top_", $k),
                name: concat!("Dangerous misses, top ", $k),
                definition: concat!(
                    "Of the rows whose truth must not be missed, the share in which none of the ",
                    $k,
                    " classes with the highest scores is one that must not be missed."
                ),
                source: SKINFLOW,
                better: Better::Lower,
            },)*
        ]
    };
}

/// Five, then ten for each k from 1, twice.
const DEFINITIONS: &[Definition] = definitions!(1 2 3 4 5 6 7 8 9 10);
const BEFORE_K: usize = 5;
const KS: usize = crate::classes::MOST_K as usize;

/// What is known of a row once and for all.
struct Fact {
    /// How many classes at and above the truth, the prediction, and both.
    above: [u64; 3],
    score: f64,
    /// The place in the ranking of the first class below the truth's parent, and of the first that must not be missed.
    ranks: [usize; 2],
    severe: bool,
}

struct Hierarchy {
    lines: Vec<Line>,
    ks: Vec<u32>,
    facts: Vec<Option<Fact>>,
    has_parents: bool,
    has_severe: bool,
}

/// A class and all above it, without what is above every class.
fn ancestries(table: &Table) -> Vec<BTreeSet<&str>> {
    let of_class = |class: &String| {
        let (mut set, mut node) = (BTreeSet::new(), table.classes.iter().find(|name| *name == class));
        while let Some(name) = node {
            set.insert(name.as_str());
            node = table.options.parents.get(name);
        }
        set
    };
    let mut all = table.classes.iter().map(of_class).collect::<Vec<_>>();
    let mut common = all.first().cloned().unwrap_or_default();
    for set in &all {
        common.retain(|name| set.contains(name));
    }
    for set in &mut all {
        set.retain(|name| !common.contains(name));
    }
    // With one class only, the class itself is above every class.
    if all.len() == 1 {
        all[0].insert(table.classes[0].as_str());
    }
    all
}

impl Hierarchy {
    fn new(table: &Table) -> Self {
        let ancestries = ancestries(table);
        let parent = |class: usize| table.options.parents.get(&table.classes[class]);
        let same = |a: usize, b: usize| a == b || (parent(a).is_some() && parent(a) == parent(b));
        let severe = table.classes.iter().map(|name| table.options.severe.contains(name)).collect::<Vec<_>>();
        let fact = |row: &Resolved| {
            let truth = row.truth().filter(|_| !table.multi_label)?;
            let order = order(table, row);
            let first =
                |wanted: &dyn Fn(usize) -> bool| order.iter().position(|&class| wanted(class)).unwrap_or(usize::MAX);
            let nothing = BTreeSet::new();
            let predicted = row.predicted().map_or(&nothing, |class| &ancestries[class]);
            let both = ancestries[truth].intersection(predicted).count();
            Some(Fact {
                above: [ancestries[truth].len() as u64, predicted.len() as u64, both as u64],
                score: match row.predicted() {
                    Some(class) if class == truth => 1.0,
                    Some(class) if same(class, truth) => 0.5,
                    _ => 0.0,
                },
                ranks: [first(&|class| same(class, truth)), first(&|class| severe[class])],
                severe: severe[truth],
            })
        };
        let ks = table.options.ks();
        Self {
            lines: lines(table, &ks),
            facts: table.rows.iter().map(fact).collect(),
            ks,
            has_parents: !table.options.parents.is_empty(),
            has_severe: severe.contains(&true),
        }
    }
}

/// The classes that a row predicts, the likeliest first.
fn order(table: &Table, row: &Resolved) -> Vec<usize> {
    let Some(predicted) = row.predicted() else { return Vec::new() };
    let Some(scores) = &row.scores else { return vec![predicted] };
    let mut order = (0..scores.len()).filter(|&class| table.scored[class]).collect::<Vec<_>>();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order
}

fn lines(table: &Table, ks: &[u32]) -> Vec<Line> {
    let line = |index: usize, counted: &str| {
        let definition = DEFINITIONS.get(index)?;
        let above = "a class that is above all others does not count";
        let words = format!(
            "{}; {above}; of equal scores the first of the list of classes comes first; n counts {counted}",
            table.answer_words()
        );
        Some(Line { id: definition.id, class: None, convention: Convention::new(FAMILY.convention, words) })
    };
    let counted = ["predicted classes and those above", "true classes and those above", "both", "rows", "rows"];
    let before = counted.into_iter().enumerate().filter_map(|(index, counted)| line(index, counted));
    let at = |start: usize, counted: &'static str| {
        ks.iter().filter_map(move |k| line(start + *k as usize - 1, counted)).collect::<Vec<_>>()
    };
    let near = at(BEFORE_K, "rows");
    let missed = at(BEFORE_K + KS, "rows whose truth must not be missed");
    before.chain(near).chain(missed).collect()
}

impl Prepared for Hierarchy {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let (mut n, mut severe, mut score, mut above) = (0_u64, 0_u64, 0.0, [0_u64; 3]);
        let mut near = vec![0_u64; self.ks.len()];
        let mut missed = vec![0_u64; self.ks.len()];
        for (row, weight) in weights.counted() {
            let Some(fact) = self.facts.get(row).and_then(Option::as_ref) else { continue };
            let weight = u64::from(weight);
            n += weight;
            score += weight as f64 * fact.score;
            for (sum, count) in above.iter_mut().zip(fact.above) {
                *sum += weight * count;
            }
            severe += if fact.severe { weight } else { 0 };
            for (place, k) in self.ks.iter().enumerate() {
                near[place] += if fact.ranks[0] < *k as usize { weight } else { 0 };
                missed[place] += if fact.severe && fact.ranks[1] >= *k as usize { weight } else { 0 };
            }
        }
        let [of_truths, of_predicted, both] = above;
        let apart = (of_truths - both) + (of_predicted - both);
        let steps = Statistic::ratio(apart as f64, n as f64, Undefined::Nothing);
        let f1 = Statistic::ratio(2.0 * both as f64, (of_truths + of_predicted) as f64, Undefined::Nothing);
        let mut all = vec![
            share(both, of_predicted, Undefined::NoFindings),
            share(both, of_truths, Undefined::NoTruth),
            Measured { statistic: f1, n: of_truths + of_predicted - both },
            Measured { statistic: steps, n },
            Measured { statistic: Statistic::ratio(score, n as f64, Undefined::Nothing), n },
        ];
        all.extend(near.into_iter().map(|near| share(near, n, Undefined::Nothing)));
        if !self.has_parents {
            all = all.iter().map(|_| not_given()).collect();
        }
        all.extend(
            missed
                .into_iter()
                .map(|missed| if self.has_severe { share(missed, severe, Undefined::NoTruth) } else { not_given() }),
        );
        all
    }
}

fn not_given() -> Measured {
    Measured { statistic: Statistic::Undefined(Undefined::NotGiven), n: 0 }
}
