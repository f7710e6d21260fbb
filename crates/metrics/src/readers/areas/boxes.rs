//! F1 and IoU of the model's boxes with each reader's, with their consensus, and of the readers' with each other.

use groundglass_types::{Admission, BoundingBox, Convention, Pairing, Statistic, Undefined};

use super::Family;
use crate::engine::{Better, Definition, Line, Prepared};
use crate::readers::areas::case::CaseAreas;
use crate::readers::areas::clusters::{consensus_boxes, paired};
use crate::readers::areas::masks::empty;
use crate::readers::areas::place::{PLACED, Sides, placed};
use crate::readers::areas::{AreaReading, AreaReadingOptions, AreaReadings};
use crate::readers::means::{CaseMean, MeansOverCases, mean};

pub(crate) const MAJORITY: Family =
    Family { convention: "default", by_default: true, definitions: DEFINITIONS, prepare };

const SOURCE: &str = "Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded, F1 at a localisation threshold); raters \
                      against the consensus of the others as in Menze et al., IEEE TMI 2015";

macro_rules! definitions {
    ($($measure:literal, $name:literal, $what:literal);*) => {
        &[$(
            Definition {
                id: concat!("reader_", $measure), name: concat!($name, " with the readers"), source: SOURCE,
                definition: concat!($what, " of the model's boxes with each reader's; mean over readers, then over cases."),
                better: Better::Higher,
            },
            Definition {
                id: concat!("majority_", $measure), name: concat!($name, " with the majority"), source: SOURCE,
                definition: concat!($what, " of the model's boxes with those on which more than half of the readers agree; \
                                            mean over cases."),
                better: Better::Higher,
            },
            Definition {
                id: concat!("between_readers_", $measure), name: concat!($name, " between readers"), source: SOURCE,
                definition: concat!($what, " of each reader's boxes with each other's; mean over pairs, then over cases."),
                better: Better::Neither,
            },
            Definition {
                id: concat!("left_out_reader_", $measure), name: concat!($name, " of a reader left out"), source: SOURCE,
                definition: concat!($what, " of each reader's boxes with the majority of the other readers; mean over \
                                            readers, then over cases: the ceiling that readers set."),
                better: Better::Neither,
            },
            Definition {
                id: concat!("left_out_model_", $measure), name: concat!($name, " of the model in a reader's place"),
                definition: concat!($what, " of the model's boxes with the majority of all readers but one; mean over who \
                                            is left out, then over cases: comparable with the reader left out."),
                source: SOURCE, better: Better::Higher,
            },
            Definition {
                id: concat!("left_out_difference_", $measure), name: concat!($name, ", model minus reader"),
                definition: concat!($what, " of the model less that of the left-out reader, both with the majority of the \
                                    other readers; mean over readers, then over cases: 0 is as good as a reader."),
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

const DEFINITIONS: &[Definition] = definitions!("f1", "F1", "F1"; "box_iou", "box IoU", "Mean IoU of the pairs");

/// One side's boxes, one list a class.
type Lists = Vec<Vec<BoundingBox>>;

/// What two sides come to.
type Measure = fn(&Lists, &Lists, &AreaReadingOptions) -> Statistic;

const MEASURES: [Measure; 2] = [f1, mean_iou];

/// The IoUs of all pairs, class by class.
fn pairs<'a>(a: &'a Lists, b: &'a Lists, options: &'a AreaReadingOptions) -> impl Iterator<Item = f64> + 'a {
    a.iter().zip(b).flat_map(|(a, b)| paired(a, b, options.iou_threshold))
}

fn f1(a: &Lists, b: &Lists, options: &AreaReadingOptions) -> Statistic {
    let all = a.iter().chain(b).map(Vec::len).sum::<usize>();
    if all == 0 {
        return empty(options.empty_both);
    }
    Statistic::Value(2.0 * pairs(a, b, options).count() as f64 / all as f64)
}

fn mean_iou(a: &Lists, b: &Lists, options: &AreaReadingOptions) -> Statistic {
    mean(pairs(a, b, options), Undefined::NoPairs)
}

fn prepare(set: &AreaReadings, options: &AreaReadingOptions) -> Box<dyn Prepared> {
    let labels = set.labels();
    let classes = if labels.len() > 1 { labels.as_slice() } else { &[] };
    let mut means = Vec::new();
    for class in std::iter::once(None).chain(classes.iter().copied().map(Some)) {
        let of = class.map_or_else(|| labels.clone(), |class| vec![class]);
        let by_case = set.cases().iter().map(|reading| of_case(reading, &of, options)).collect::<Vec<_>>();
        let convention = convention(options);
        for (place, definition) in DEFINITIONS.iter().enumerate() {
            let (measure, statistic) = (place / PLACED, place % PLACED);
            let reason = by_case.iter().find_map(|values| match values[measure][statistic] {
                Statistic::Undefined(reason) => Some(reason),
                Statistic::Value(_) => None,
            });
            means.push(CaseMean {
                line: Line { id: definition.id, class: class.map(str::to_owned), convention: convention.clone() },
                values: by_case.iter().enumerate().map(|(case, values)| (case, values[measure][statistic])).collect(),
                reason: reason.unwrap_or(Undefined::NoTruth),
            });
        }
    }
    Box::new(MeansOverCases::new(means))
}

fn convention(options: &AreaReadingOptions) -> Convention {
    let words = format!(
        "boxes of findings with score >= {0} against each reader's boxes of the same class; pairs with IoU >= {1} from \
         the highest IoU down; boxes of different readers are joined from the highest IoU down where all of the joined \
         then have IoU >= {1} with each other, and those joined of more than half of the readers are one consensus box \
         with the mean of their edges; crowds are left out; F1: {2}; IoU: sides without a pair are skipped; n counts \
         cases",
        options.score_threshold,
        options.iou_threshold,
        options.empty_words()
    );
    Convention {
        admission: Some(Admission::AtLeast),
        inclusive_pixels: Some(false),
        empty_both: Some(options.empty_both),
        pairing: Some(Pairing::GreedyByIou),
        ..Convention::new(MAJORITY.convention, words)
    }
}

fn of_case(reading: &AreaReading, classes: &[&str], options: &AreaReadingOptions) -> [[Statistic; PLACED]; 2] {
    let count = reading.readers.len();
    let (mut readers, mut model) = (vec![Lists::new(); count], Lists::new());
    for class in classes {
        let areas = CaseAreas::new(reading, Some(class), options.score_threshold);
        readers.iter_mut().zip(areas.boxes()).for_each(|(lists, list)| lists.push(list));
        model.push(areas.model_boxes().unwrap_or_default());
    }
    let has_model = reading.findings.is_some();
    let of_all = consensus(&readers, None, options);
    let left_out = (0..count).map(|reader| consensus(&readers, Some(reader), options)).collect::<Vec<_>>();
    MEASURES.map(|measure| {
        placed(&Boxed {
            readers: &readers,
            model: &model,
            has_model,
            of_all: &of_all,
            left_out: &left_out,
            options,
            measure,
        })
    })
}

/// The consensus of all readers, or of all but one, class by class.
fn consensus(readers: &[Lists], left_out: Option<usize>, options: &AreaReadingOptions) -> Lists {
    let asked = readers.iter().enumerate().filter(|(index, _)| Some(*index) != left_out);
    let asked = asked.map(|(_, lists)| lists).collect::<Vec<_>>();
    let classes = readers.first().map_or(0, Vec::len);
    let of_class = |class: usize| {
        let lists = asked.iter().map(|lists| lists[class].clone()).collect::<Vec<_>>();
        consensus_boxes(&lists, options.iou_threshold)
    };
    (0..classes).map(of_class).collect()
}

/// A case as boxes.
struct Boxed<'a> {
    readers: &'a [Lists],
    model: &'a Lists,
    has_model: bool,
    of_all: &'a Lists,
    left_out: &'a [Lists],
    options: &'a AreaReadingOptions,
    measure: Measure,
}

impl Sides for Boxed<'_> {
    fn readers(&self) -> usize {
        self.readers.len()
    }

    fn has_model(&self) -> bool {
        self.has_model
    }

    fn model_with(&self, reader: usize) -> Statistic {
        (self.measure)(self.model, &self.readers[reader], self.options)
    }

    fn readers_with(&self, reader: usize, other: usize) -> Statistic {
        (self.measure)(&self.readers[reader], &self.readers[other], self.options)
    }

    fn model_with_consensus(&self) -> Statistic {
        (self.measure)(self.model, self.of_all, self.options)
    }

    fn with_others(&self, reader: usize) -> (Statistic, Statistic) {
        let others = &self.left_out[reader];
        let with = |lists: &Lists| (self.measure)(lists, others, self.options);
        (with(&self.readers[reader]), with(self.model))
    }
}
