//! How much the model's list has in common with the readers', and theirs with each other.

use groundglass_types::{Convention, Statistic, Ties, Undefined};

use super::Family;
use crate::engine::{Better, Definition, Line, Prepared};
use crate::readers::means::{CaseMean, MeansOverCases, mean};
use crate::readers::ranked::overlap::{average_overlap, partial_average_overlap};
use crate::readers::ranked::plausibility::{Groups, inverse_rank_normalization};
use crate::readers::ranked::{RankedReading, RankedReadingOptions, RankedReadings};

pub(super) const FAMILY: Family =
    Family { convention: "average_overlap", by_default: true, definitions: DEFINITIONS, prepare };

const SOURCE: &str =
    "Stutz et al., arXiv 2307.02191; google-deepmind/uncertain_ground_truth, ranking_metrics, agreement";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "average_overlap",
        name: "Average overlap",
        definition: "The share that the first k classes of the model's and a reader's list have in common, averaged over \
                     k up to the length of the reader's list, over readers, and over cases; ties keep the order of the \
                     list.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "partial_average_overlap",
        name: "Partial average overlap",
        definition: "Average overlap in which the classes of a group share its places, scaled so that equal lists give 1.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "reader_partial_average_overlap",
        name: "Partial average overlap between readers",
        definition: "Partial average overlap of each reader's list with each other reader's, over the length of the \
                     other's; mean over pairs and over cases: what a reader reaches.",
        source: SOURCE,
        better: Better::Neither,
    },
    Definition {
        id: "partial_average_overlap_difference",
        name: "Partial average overlap, model minus readers",
        definition: "Partial average overlap of the model with the readers less that between the readers, case by case: \
                     above 0 where the model agrees with readers more than they with each other.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "reader_coverage_agreement",
        name: "Coverage agreement of readers",
        definition: "The share of readers whose list holds the class with the highest IRN of the other readers (any of \
                     them, where several have it); mean over cases.",
        source: SOURCE,
        better: Better::Neither,
    },
];

fn prepare(set: &RankedReadings, _: &RankedReadingOptions) -> Box<dyn Prepared> {
    let words = "each reader's list is compared over its own length; equal scores of the model go from the lowest index \
                 up; readers without a list are left out; mean over readers (or pairs of them), then over cases; n \
                 counts cases";
    let convention = Convention { ties: Some(Ties::LowestIndex), ..Convention::new(FAMILY.convention, words) };
    let classes = set.classes().len();
    let by_case = set.cases().iter().map(|case| of_case(case, classes)).collect::<Vec<_>>();
    let means = DEFINITIONS.iter().enumerate().map(|(place, definition)| CaseMean {
        line: Line { id: definition.id, class: None, convention: convention.clone() },
        values: by_case.iter().enumerate().map(|(case, values)| (case, values[place])).collect(),
        reason: [Undefined::NoTruth, Undefined::NoTruth, Undefined::TooFew, Undefined::TooFew, Undefined::TooFew]
            [place],
    });
    Box::new(MeansOverCases::new(means.collect()))
}

/// One statistic a definition.
fn of_case(case: &RankedReading, classes: usize) -> [Statistic; 5] {
    let lists = case.lists();
    let length = |groups: &Groups| groups.iter().map(Vec::len).sum::<usize>();
    let flat = |groups: &Groups| groups.iter().flatten().copied().collect::<Vec<_>>();
    let partial = |a: &Groups, b: &Groups| partial_average_overlap(a, b, classes, length(b), true);
    let (mut whole, mut model) =
        (Statistic::Undefined(Undefined::NoFindings), Statistic::Undefined(Undefined::NoFindings));
    if let (Some(order), Some(groups)) = (case.predicted_order(), case.predicted_groups()) {
        whole = mean(lists.iter().map(|list| average_overlap(&order, &flat(list), length(list))), Undefined::NoTruth);
        model = mean(lists.iter().map(|list| partial(&groups, list)), Undefined::NoTruth);
    }
    let pairs = lists.iter().enumerate().flat_map(|(a, one)| {
        lists.iter().enumerate().filter(move |(b, _)| a != *b).map(move |(_, other)| (*one, *other))
    });
    let readers = mean(pairs.map(|(a, b)| partial(a, b)), Undefined::TooFew);
    let difference = match (model, readers) {
        (Statistic::Value(model), Statistic::Value(readers)) => Statistic::Value(model - readers),
        (Statistic::Undefined(reason), _) | (_, Statistic::Undefined(reason)) => Statistic::Undefined(reason),
    };
    [whole, model, readers, difference, coverage_agreement(&lists, classes)]
}

fn coverage_agreement(lists: &[&Groups], classes: usize) -> Statistic {
    if lists.len() < 2 {
        return Statistic::Undefined(Undefined::TooFew);
    }
    let covered = lists.iter().enumerate().map(|(left_out, list)| {
        let others = lists.iter().enumerate().filter(|(index, _)| *index != left_out);
        let others = others.map(|(_, other)| other.as_slice()).collect::<Vec<_>>();
        let shares = inverse_rank_normalization(&others, classes).unwrap_or_default();
        let highest = shares.iter().copied().fold(0.0, f64::max);
        let likeliest = |class: &u32| shares.get(*class as usize).is_some_and(|share| *share >= highest);
        f64::from(u8::from(list.iter().flatten().any(likeliest)))
    });
    mean(covered, Undefined::TooFew)
}
