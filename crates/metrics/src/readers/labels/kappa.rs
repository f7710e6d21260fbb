//! Fleiss' kappa and its free-marginal kin.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::readers::labels::{LabelReadingOptions, LabelReadings};
use crate::readers::means::each_alone;

pub(super) const FAMILY: Family = Family { convention: "fleiss", by_default: true, definitions: DEFINITIONS, prepare };

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "reader_agreement",
        name: "Agreement of readers",
        definition: "The share of pairs of readers who give a case the same class; mean over cases.",
        source: "Fleiss, Psychological Bulletin 1971",
        better: Better::Neither,
    },
    Definition {
        id: "fleiss_kappa",
        name: "Fleiss' kappa",
        definition: "The agreement of readers beyond what readers who draw from all given classes reach by chance; with \
                     readers that differ in number from case to case, each case's own number counts.",
        source: "Fleiss, Psychological Bulletin 1971; statsmodels 0.15 fleiss_kappa",
        better: Better::Neither,
    },
    Definition {
        id: "randolph_kappa",
        name: "Free-marginal kappa",
        definition: "The agreement of readers beyond what readers who draw from all classes alike reach by chance.",
        source: "Randolph, Joensuu 2005; statsmodels 0.15 fleiss_kappa, method randolph",
        better: Better::Neither,
    },
];

/// One case with two readers or more.
struct Rated {
    case: usize,
    counts: Vec<u32>,
    readers: u32,
    /// The share of pairs of readers that agree.
    agreement: f64,
}

struct Kappa {
    lines: Vec<Line>,
    rated: Vec<Rated>,
    classes: usize,
    /// How many cases there are.
    cases: usize,
}

fn prepare(set: &LabelReadings, _: &LabelReadingOptions) -> Box<dyn Prepared> {
    let words = "readers are exchangeable; cases with fewer than two readers are left out; every case counts alike in the \
                 observed agreement, every reading in the shares of the classes; n counts cases";
    let convention = Convention::new(FAMILY.convention, words);
    let line = |definition: &Definition| Line { id: definition.id, class: None, convention: convention.clone() };
    let rated = |(case, counts): (usize, Vec<u32>)| {
        let readers = counts.iter().sum::<u32>();
        let pairs = |count: u32| f64::from(count) * (f64::from(count) - 1.0);
        let agreeing = counts.iter().copied().map(pairs).sum::<f64>();
        (readers >= 2).then(|| Rated { case, counts, readers, agreement: agreeing / pairs(readers) })
    };
    Box::new(Kappa {
        lines: DEFINITIONS.iter().map(line).collect(),
        rated: set.counts().into_iter().enumerate().filter_map(rated).collect(),
        classes: set.classes().len(),
        cases: set.cases().len(),
    })
}

impl Kappa {
    /// The statistics of cases that count so often.
    fn of<'a>(&self, rated: impl Iterator<Item = (&'a Rated, u64)>) -> [Measured; 3] {
        let (mut cases, mut readings, mut agreement) = (0_u64, 0_u64, 0.0);
        let mut of_classes = vec![0_u64; self.classes];
        for (rated, weight) in rated {
            cases += weight;
            readings += weight * u64::from(rated.readers);
            agreement += weight as f64 * rated.agreement;
            for (sum, count) in of_classes.iter_mut().zip(&rated.counts) {
                *sum += weight * u64::from(*count);
            }
        }
        let share = |count: u64| count as f64 / readings as f64;
        let by_chance = of_classes.iter().map(|&count| share(count) * share(count)).sum::<f64>();
        let observed = agreement / cases as f64;
        let beyond = |chance: f64| match 1.0 - chance {
            _ if cases == 0 => Statistic::Undefined(Undefined::TooFew),
            room if room > 1e-12 => Statistic::Value((observed - chance) / room),
            _ => Statistic::Undefined(Undefined::OneClass),
        };
        let alike = if self.classes == 0 { 1.0 } else { 1.0 / self.classes as f64 };
        let agreement = Statistic::ratio(agreement, cases as f64, Undefined::TooFew);
        [agreement, beyond(by_chance), beyond(alike)].map(|statistic| Measured { statistic, n: cases })
    }
}

impl Prepared for Kappa {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        self.of(self.rated.iter().map(|rated| (rated, u64::from(weights.of(rated.case))))).to_vec()
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        Some(each_alone(self.cases, self.rated.iter().map(|rated| (rated.case, rated)), |rated| {
            self.of(rated.into_iter().map(|rated| (rated, 1))).map(|measured| measured.statistic)
        }))
    }
}
