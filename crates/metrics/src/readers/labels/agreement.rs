//! The model's class beside the readers'.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::engine::{Better, Definition, Line, Prepared};
use crate::readers::labels::{LabelReadingOptions, LabelReadings};
use crate::readers::means::{CaseMean, MeansOverCases, mean};

pub(super) const FAMILY: Family = Family { convention: "default", by_default: true, definitions: DEFINITIONS, prepare };

const SOURCE: &str = "Raters against the consensus of the others, as in Menze et al., IEEE TMI 2015, with classes";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "reader_class_agreement",
        name: "Agreement with the readers",
        definition: "The share of readers who give the model's class; mean over cases.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "majority_class_accuracy",
        name: "Accuracy against the majority",
        definition: "The share of cases in which the model gives the class that most readers give; cases in which several \
                     classes have the most readers are left out.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "left_out_reader_class_accuracy",
        name: "Accuracy of a reader left out",
        definition: "How often a reader gives the class that most of the other readers give, where there is one such \
                     class; mean over readers, then over cases: the ceiling that readers set.",
        source: SOURCE,
        better: Better::Neither,
    },
    Definition {
        id: "left_out_model_class_accuracy",
        name: "Accuracy of the model in a reader's place",
        definition: "How often the model gives the class that most readers but one give, where there is one such class; \
                     mean over who is left out, then over cases.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "left_out_difference_class_accuracy",
        name: "Accuracy, model minus reader",
        definition: "The model's accuracy less the left-out reader's, both with what most of the other readers give; mean \
                     over readers, then over cases: 0 is as good as a reader.",
        source: SOURCE,
        better: Better::Higher,
    },
];

fn prepare(set: &LabelReadings, _: &LabelReadingOptions) -> Box<dyn Prepared> {
    let words = "classes are the same or not, whatever their order; where several classes have the most readers there is \
                 no majority and nothing to compare with; mean over cases; n counts cases";
    let convention = Convention::new(FAMILY.convention, words);
    let index = set.index();
    let of_class = |class: &String| index.get(class.as_str()).copied();
    let by_case = set.cases().iter().zip(set.counts()).map(|(case, counts)| {
        let readers = case.readers.values().filter_map(of_class).collect::<Vec<_>>();
        of_case(&readers, case.prediction.as_ref().and_then(of_class), counts)
    });
    let by_case = by_case.collect::<Vec<_>>();
    let means = DEFINITIONS.iter().enumerate().map(|(place, definition)| {
        let reason = by_case.iter().find_map(|values| match values[place] {
            Statistic::Undefined(reason) => Some(reason),
            Statistic::Value(_) => None,
        });
        CaseMean {
            line: Line { id: definition.id, class: None, convention: convention.clone() },
            values: by_case.iter().enumerate().map(|(case, values)| (case, values[place])).collect(),
            reason: reason.unwrap_or(Undefined::NoTruth),
        }
    });
    Box::new(MeansOverCases::new(means.collect()))
}

/// One statistic a definition.
fn of_case(readers: &[usize], model: Option<usize>, mut counts: Vec<u32>) -> [Statistic; 5] {
    let right = |class: usize, truth: usize| f64::from(u8::from(class == truth));
    let no_model = Statistic::Undefined(Undefined::NoFindings);
    let of_model = |statistic: &dyn Fn(usize) -> Statistic| model.map_or(no_model, statistic);
    let agreement = of_model(&|model| mean(readers.iter().map(|&class| right(class, model)), Undefined::NoTruth));
    let majority = most(&counts);
    let accuracy = of_model(&|model| mean(majority.map(|truth| right(model, truth)), Undefined::NoTruth));
    let mut left_out = Vec::new();
    for &class in readers {
        counts[class] -= 1;
        left_out.extend(most(&counts).map(|truth| (right(class, truth), model.map(|model| right(model, truth)))));
        counts[class] += 1;
    }
    [
        agreement,
        accuracy,
        mean(left_out.iter().map(|(reader, _)| *reader), Undefined::TooFew),
        of_model(&|_| mean(left_out.iter().filter_map(|(_, model)| *model), Undefined::TooFew)),
        of_model(&|_| {
            mean(left_out.iter().filter_map(|(reader, model)| model.map(|model| model - reader)), Undefined::TooFew)
        }),
    ]
}

/// The class with the most readers, where there is one.
fn most(counts: &[u32]) -> Option<usize> {
    let highest = counts.iter().copied().max().filter(|count| *count > 0)?;
    let mut with_it = counts.iter().enumerate().filter(|(_, count)| **count == highest);
    let (class, _) = with_it.next()?;
    with_it.next().is_none().then_some(class)
}
