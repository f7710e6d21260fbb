//! Krippendorff's alpha.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::readers::labels::{LabelReadingOptions, LabelReadings};
use crate::readers::means::each_alone;

pub(super) const FAMILY: Family =
    Family { convention: "krippendorff", by_default: true, definitions: DEFINITIONS, prepare };

const SOURCE: &str = "Krippendorff, Content Analysis, 4th ed. 2018, section 12.3; krippendorff 0.9 alpha";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "krippendorff_alpha",
        name: "Krippendorff's alpha (nominal)",
        definition: "1 less the observed over the expected disagreement of readers, where any two different classes \
                     differ by 1.",
        source: SOURCE,
        better: Better::Neither,
    },
    Definition {
        id: "krippendorff_alpha_ordinal",
        name: "Krippendorff's alpha (ordinal)",
        definition: "As alpha, where two levels differ by the square of the number of readings between them, those of \
                     the two levels themselves counted half.",
        source: SOURCE,
        better: Better::Neither,
    },
    Definition {
        id: "krippendorff_alpha_interval",
        name: "Krippendorff's alpha (interval)",
        definition: "As alpha, where two levels, which are numbers, differ by the square of their difference.",
        source: SOURCE,
        better: Better::Neither,
    },
];

/// One case with two readers or more.
struct Rated {
    case: usize,
    readers: f64,
    /// The classes given, with how many gave them.
    counts: Vec<(usize, f64)>,
}

struct Alpha {
    lines: Vec<Line>,
    rated: Vec<Rated>,
    classes: usize,
    /// How many cases there are.
    cases: usize,
    ordered: bool,
    /// The levels as numbers, where all are.
    numbers: Option<Vec<f64>>,
}

fn prepare(set: &LabelReadings, _: &LabelReadingOptions) -> Box<dyn Prepared> {
    let words = "readers are exchangeable; cases with fewer than two readers are left out; a case's pairs of readings \
                 count 1 / (readers - 1) each; n counts readings";
    let convention = Convention::new(FAMILY.convention, words);
    let line = |definition: &Definition| Line { id: definition.id, class: None, convention: convention.clone() };
    let rated = |(case, counts): (usize, Vec<u32>)| {
        let readers = counts.iter().copied().map(f64::from).sum::<f64>();
        let given = counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
        let counts = given.map(|(class, count)| (class, f64::from(count))).collect();
        (readers >= 2.0).then_some(Rated { case, readers, counts })
    };
    let number = |level: &String| level.trim().parse::<f64>().ok().filter(|number| number.is_finite());
    Box::new(Alpha {
        lines: DEFINITIONS.iter().map(line).collect(),
        rated: set.counts().into_iter().enumerate().filter_map(rated).collect(),
        classes: set.classes().len(),
        cases: set.cases().len(),
        ordered: set.is_ordered(),
        numbers: set.classes().iter().map(number).collect(),
    })
}

impl Alpha {
    /// How often each two classes meet in a case, row by row.
    fn coincidences<'a>(&self, rated: impl Iterator<Item = (&'a Rated, u32)>) -> Vec<f64> {
        let mut coincidences = vec![0.0; self.classes * self.classes];
        for (rated, count) in rated {
            let weight = f64::from(count) / (rated.readers - 1.0);
            for &(a, of_a) in &rated.counts {
                for &(b, of_b) in &rated.counts {
                    let pairs = if a == b { of_a * (of_a - 1.0) } else { of_a * of_b };
                    coincidences[a * self.classes + b] += weight * pairs;
                }
            }
        }
        coincidences
    }

    /// The statistics of cases that count so often.
    fn of<'a>(&self, rated: impl Iterator<Item = (&'a Rated, u32)> + Clone) -> [Measured; 3] {
        let coincidences = self.coincidences(rated.clone());
        let totals = coincidences.chunks(self.classes.max(1)).map(|row| row.iter().sum::<f64>()).collect::<Vec<_>>();
        // Readings up to and with each level.
        let below = totals.iter().scan(0.0, |sum, total| {
            *sum += total;
            Some(*sum)
        });
        let below = below.collect::<Vec<_>>();
        let alpha = |distance: &dyn Fn(usize, usize) -> f64| {
            let (mut observed, mut expected) = (0.0, 0.0);
            for a in 0..self.classes {
                for b in (0..self.classes).filter(|b| *b != a) {
                    let apart = distance(a, b);
                    observed += coincidences[a * self.classes + b] * apart;
                    expected += totals[a] * totals[b] * apart;
                }
            }
            let readings = totals.iter().sum::<f64>();
            match readings {
                _ if readings < 2.0 - 1e-9 => Statistic::Undefined(Undefined::TooFew),
                _ if expected > 0.0 => Statistic::Value(1.0 - (readings - 1.0) * observed / expected),
                _ => Statistic::Undefined(Undefined::OneClass),
            }
        };
        let nominal = alpha(&|_, _| 1.0);
        let not_given = Statistic::Undefined(Undefined::NotGiven);
        let ordinal = if self.ordered {
            alpha(&|a, b| {
                let (low, high) = (a.min(b), a.max(b));
                let between = below[high] - below[low] + totals[low] - 0.5 * (totals[low] + totals[high]);
                between * between
            })
        } else {
            not_given
        };
        let interval = self
            .numbers
            .as_ref()
            .map_or(not_given, |numbers| alpha(&|a, b| (numbers[a] - numbers[b]) * (numbers[a] - numbers[b])));
        let n = rated.map(|(rated, count)| u64::from(count) * rated.readers as u64).sum();
        [nominal, ordinal, interval].map(|statistic| Measured { statistic, n })
    }
}

impl Prepared for Alpha {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        self.of(self.rated.iter().map(|rated| (rated, weights.of(rated.case)))).to_vec()
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        Some(each_alone(self.cases, self.rated.iter().map(|rated| (rated.case, rated)), |rated| {
            self.of(rated.into_iter().map(|rated| (rated, 1))).map(|measured| measured.statistic)
        }))
    }
}
