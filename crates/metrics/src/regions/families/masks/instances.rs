//! Scores of instances: aggregated Jaccard index, and the Data Science Bowl's score.

use groundglass_types::{Admission, Convention, EmptyBoth, Mask, Pairing};

use super::case_means::{CaseMeans, Cell, Fold, Row};
use super::{Family, classes, family};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::assignment::minimum_cost_assignment;
use crate::regions::case_entry::LabelIndex;
use crate::regions::matching::Rule;
use crate::regions::scope::{Scope, ScopedCase};

pub(in crate::regions::families) const FAMILY: Family = family("instances", true, DEFINITIONS, prepare);

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "aji",
        name: "Aggregated Jaccard index (AJI)",
        definition: "Each truth is set against the finding with the highest IoU, which may serve several truths: the \
                     sum of their intersections over the sum of their unions and of the areas of findings that serve \
                     none; mean over cases.",
        source: "Kumar et al., IEEE Trans. Med. Imaging 2017, algorithm 1",
        better: Better::Higher,
    },
    Definition {
        id: "aji_plus",
        name: "AJI+",
        definition: "As AJI, with truths and findings paired one to one so that the sum of their IoU is highest.",
        source: "Graham et al., HoVer-Net, Med. Image Anal. 2019",
        better: Better::Higher,
    },
    Definition {
        id: "dsb2018_score",
        name: "Data Science Bowl 2018 score",
        definition: "TP / (TP + FP + FN) of the pairs with IoU above t, mean over t = 0.5, 0.55, ... 0.95, then over \
                     cases.",
        source: "Caicedo et al., Nature Methods 2019 (Data Science Bowl 2018)",
        better: Better::Higher,
    },
];

const IDS: [(&str, Fold); 3] = [("aji", Fold::Mean), ("aji_plus", Fold::Mean), ("dsb2018_score", Fold::Mean)];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let thresholds = (0..10).map(|step| 0.5 + f64::from(step) * 0.05);
    let rules = thresholds.map(Rule::Above).collect::<Vec<_>>();
    let matchings = scope
        .cases
        .iter()
        .map(|case| rules.iter().map(|rule| case.matched(*rule)).collect::<Vec<_>>())
        .collect::<Vec<_>>();
    let rows = classes(scope).map(|class| {
        let cells = scope.cases.iter().zip(&matchings).enumerate().map(|(index, (case, matchings))| {
            let [aji, aji_plus] = aggregated_jaccard(scope, case, class);
            let tallies = matchings.iter().map(|matching| case.tally(matching, scope.options.score_threshold, class));
            let scores = tallies.map(|tally| Cell::ratio(tally.counts.true_positives as f64, tally.all() as f64));
            let values = scores.map(|score| if let Cell::Value(value) = score { (value, 1.0) } else { (0.0, 0.0) });
            let (sum, count) = values.fold((0.0, 0.0), |(sum, count), (value, one)| (sum + value, count + one));
            (index, [aji, aji_plus, Cell::ratio(sum, count)])
        });
        let cells = cells.collect();
        let words = format!(
            "masks of findings with score >= {}{}; masks that overlap are left as they are; for dsb2018_score each \
             finding, from the highest score down, takes the free truth of its class with the highest IoU; crowds and \
             findings in them are ignored by dsb2018_score, and crowds by aji and aji_plus; mean over cases; a case \
             with neither truth nor findings is skipped; n counts cases",
            scope.options.score_threshold,
            if class.is_some() { "" } else { ", for aji and aji_plus whatever their classes" },
        );
        let convention = Convention {
            admission: Some(Admission::Above),
            empty_both: Some(EmptyBoth::Skipped),
            pairing: Some(Pairing::GreedyByScore),
            ..Convention::new(FAMILY.convention, words)
        };
        Row { class, convention, cells }
    });
    CaseMeans::prepared(scope, IDS, rows)
}

/// AJI and AJI+ of one case.
fn aggregated_jaccard(scope: &Scope<'_>, case: &ScopedCase<'_>, class: Option<LabelIndex>) -> [Cell; 2] {
    let wanted = |of: LabelIndex| class.is_none_or(|class| class == of);
    let findings = case.findings.iter().zip(&case.finding_classes);
    let findings = findings.filter(|(finding, of)| wanted(**of) && finding.score >= scope.options.score_threshold);
    let findings = masks(findings.map(|(finding, _)| finding.region.mask.as_ref()));
    let truths = case.entry.truths().iter().zip(case.entry.truth_labels());
    let truths = truths.filter(|(truth, of)| wanted(**of) && !truth.crowd);
    let truths = masks(truths.map(|(truth, _)| truth.region.mask.as_ref()));
    let mut pairs = Vec::new();
    for (truth, (mask, area)) in truths.iter().enumerate() {
        for (finding, (other, other_area)) in findings.iter().enumerate() {
            let both = mask.intersection_area(other);
            if both > 0 {
                pairs.push(Pair { truth, finding, both, union: area + other_area - both });
            }
        }
    }
    let ratio = |chosen: &[Pair]| {
        let (mut found, mut used) = (vec![false; truths.len()], vec![false; findings.len()]);
        let (mut both, mut union) = (0, 0);
        for pair in chosen {
            (found[pair.truth], used[pair.finding]) = (true, true);
            both += pair.both;
            union += pair.union;
        }
        let left = |all: &[(&Mask, u64)], taken: &[bool]| -> u64 {
            all.iter().zip(taken).filter(|(_, taken)| !**taken).map(|((_, area), _)| area).sum()
        };
        union += left(&truths, &found) + left(&findings, &used);
        Cell::ratio(both as f64, union as f64)
    };
    // Of equal IoU the first finding of the list.
    let mut best: Vec<Pair> = Vec::new();
    for pair in &pairs {
        match best.last_mut() {
            Some(last) if last.truth == pair.truth => {
                if pair.iou() > last.iou() {
                    *last = *pair;
                }
            }
            _ => best.push(*pair),
        }
    }
    [ratio(&best), ratio(&assigned(&pairs, truths.len(), findings.len()))]
}

#[derive(Clone, Copy)]
struct Pair {
    truth: usize,
    finding: usize,
    both: u64,
    union: u64,
}

impl Pair {
    fn iou(&self) -> f64 {
        self.both as f64 / self.union as f64
    }
}

/// Masks that are not empty, with their areas.
fn masks<'a>(masks: impl Iterator<Item = Option<&'a Mask>>) -> Vec<(&'a Mask, u64)> {
    masks.flatten().map(|mask| (mask, mask.area())).filter(|(_, area)| *area > 0).collect()
}

/// The pairs of the one-to-one assignment with the highest sum of IoU, by shortest augmenting paths (Jonker and
/// Volgenant, Computing 1987), each connected group of pairs on its own.
fn assigned(pairs: &[Pair], truths: usize, findings: usize) -> Vec<Pair> {
    let mut group_of = (0..truths + findings).collect::<Vec<_>>();
    // Pairs come truth by truth, so that the groups of a case of nuclei stay small.
    let root = |group_of: &[usize], mut at: usize| {
        while group_of[at] != at {
            at = group_of[at];
        }
        at
    };
    for pair in pairs {
        let (a, b) = (root(&group_of, pair.truth), root(&group_of, truths + pair.finding));
        group_of[a.max(b)] = a.min(b);
    }
    let mut groups = std::collections::BTreeMap::<usize, Vec<Pair>>::new();
    for pair in pairs {
        groups.entry(root(&group_of, pair.truth)).or_default().push(*pair);
    }
    groups.values().flat_map(|group| assign_group(group)).collect()
}

fn assign_group(pairs: &[Pair]) -> Vec<Pair> {
    let index = |of: fn(&Pair) -> usize| {
        let mut all = pairs.iter().map(of).collect::<Vec<_>>();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (rows, columns) = (index(|pair| pair.truth), index(|pair| pair.finding));
    let (height, width) = (rows.len(), columns.len());
    let mut costs = vec![0.0; height * width];
    let mut place = std::collections::BTreeMap::new();
    for pair in pairs {
        if let (Ok(row), Ok(column)) = (rows.binary_search(&pair.truth), columns.binary_search(&pair.finding)) {
            costs[row * width + column] = -pair.iou();
            place.insert((row, column), *pair);
        }
    }
    let taken = minimum_cost_assignment(&costs, height, width).into_iter().enumerate();
    taken.filter_map(|(row, column)| place.get(&(row, column?)).copied()).collect()
}
