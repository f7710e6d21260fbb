//! Accuracy against plausibilities instead of one true class.

use groundglass_types::{Convention, Statistic, Ties, Undefined};

use super::Family;
use crate::engine::{Axis, Better, Curve, Definition, Exhibit, Line, Measured, Point, Prepared, Weights};
use crate::readers::ranked::draws::Draws;
use crate::readers::ranked::plackett_luce::Sampler;
use crate::readers::ranked::plausibility::{argmax, inverse_rank_normalization, probabilistic_irn};
use crate::readers::ranked::{RankedReading, RankedReadingOptions, RankedReadings, Unranked};

pub(super) const IRN: Family = Family {
    convention: "irn",
    by_default: true,
    definitions: IRN_DEFINITIONS,
    prepare: |set, options| prepare(set, options, Model::Irn),
};

pub(super) const PROBABILISTIC_IRN: Family = Family {
    convention: "prirn",
    by_default: true,
    definitions: PROBABILISTIC_IRN_DEFINITIONS,
    prepare: |set, options| prepare(set, options, Model::ProbabilisticIrn),
};

pub(super) const PLACKETT_LUCE: Family = Family {
    convention: "plackett_luce",
    by_default: false,
    definitions: PLACKETT_LUCE_DEFINITIONS,
    prepare: |set, options| prepare(set, options, Model::PlackettLuce),
};

const SOURCE: &str = "Stutz et al., Evaluating AI systems under uncertain ground truth (arXiv 2307.02191); \
                      google-deepmind/uncertain_ground_truth, eval_utils, classification_metrics";

macro_rules! definition {
    ($prefix:literal, $id:literal, $better:ident, $name:expr, $definition:expr) => {
        Definition {
            id: concat!($prefix, "_", $id),
            name: $name,
            definition: $definition,
            source: SOURCE,
            better: Better::$better,
        }
    };
}

/// What every model of plausibility has: accuracy, coverage and risk.
macro_rules! definitions {
    ($prefix:literal, $name:literal, $label:literal, $share:literal $(, $more:expr)* $(,)?) => {
        &[
            definition!($prefix, "top1_accuracy", Higher, concat!("Top-1 accuracy (", $name, ")"),
                concat!("How often the model's first class is ", $label, "; mean over cases.")),
            definition!($prefix, "top3_accuracy", Higher, concat!("Top-3 accuracy (", $name, ")"),
                concat!("How often the model's first three classes hold ", $label, "; mean over cases.")),
            definition!($prefix, "top5_accuracy", Higher, concat!("Top-5 accuracy (", $name, ")"),
                concat!("How often the model's first five classes hold ", $label, "; mean over cases.")),
            definition!($prefix, "top1_coverage", Higher, concat!("Aggregated coverage of the first class (", $name, ")"),
                concat!("The ", $share, " of the model's first class; mean over cases.")),
            definition!($prefix, "top3_coverage", Higher, concat!("Aggregated coverage of three classes (", $name, ")"),
                concat!("The ", $share, " of the model's first three classes together; mean over cases.")),
            definition!($prefix, "top5_coverage", Higher, concat!("Aggregated coverage of five classes (", $name, ")"),
                concat!("The ", $share, " of the model's first five classes together; mean over cases.")),
            definition!($prefix, "risk_accuracy", Higher, concat!("Accuracy of the risk level (", $name, ")"),
                concat!("How often the model's first class is of the same risk level as ", $label, "; mean over cases.")),
            $($more),*
        ]
    };
}

/// What only drawn plausibilities have: spread and certainty.
macro_rules! drawn_definitions {
    ($prefix:literal, $name:literal) => {
        definitions!(
            $prefix, $name,
            "the likeliest class of a drawn plausibility, over all draws",
            "drawn plausibility, averaged over all draws,",
            definition!($prefix, "top1_accuracy_sd", Neither, concat!("Spread of top-1 accuracy (", $name, ")"),
                "The standard deviation over draws of the top-1 accuracy of the whole set: how uncertain it is because \
                 the readers differ."),
            definition!($prefix, "top3_accuracy_sd", Neither, concat!("Spread of top-3 accuracy (", $name, ")"),
                "The standard deviation over draws of the top-3 accuracy of the whole set."),
            definition!($prefix, "top5_accuracy_sd", Neither, concat!("Spread of top-5 accuracy (", $name, ")"),
                "The standard deviation over draws of the top-5 accuracy of the whole set."),
            definition!($prefix, "certainty", Neither, concat!("Rank-1 certainty (", $name, ")"),
                "The share of draws in which the most frequent likeliest class is the likeliest; mean over cases. 1 where \
                 the readers leave no doubt."),
            definition!($prefix, "risk_certainty", Neither, concat!("Certainty of the risk level (", $name, ")"),
                "The share of draws whose likeliest class is of the most frequent risk level; mean over cases."),
        )
    };
}

const IRN_DEFINITIONS: &[Definition] = definitions!("irn", "IRN", "the class with the highest IRN share", "IRN share");
const PROBABILISTIC_IRN_DEFINITIONS: &[Definition] = drawn_definitions!("prirn", "PrIRN");
const PLACKETT_LUCE_DEFINITIONS: &[Definition] = drawn_definitions!("plackett_luce", "Plackett-Luce");

/// Sizes of the sets of predicted classes.
const SIZES: [usize; 3] = [1, 3, 5];
/// Rows of what is kept of each draw: accuracies, coverages, accuracy of the risk level.
const ROWS: usize = 7;
const RISK: usize = 6;

#[derive(Clone, Copy, PartialEq)]
enum Model {
    Irn,
    ProbabilisticIrn,
    PlackettLuce,
}

impl Model {
    fn definitions(self) -> &'static [Definition] {
        match self {
            Self::Irn => IRN_DEFINITIONS,
            Self::ProbabilisticIrn => PROBABILISTIC_IRN_DEFINITIONS,
            Self::PlackettLuce => PLACKETT_LUCE_DEFINITIONS,
        }
    }

    fn convention(self, options: &RankedReadingOptions) -> Convention {
        let drawn = |how: String| {
            format!(
                "{how}; {} draws a case, begun with seed {} and the case's name; the true class of a draw is its \
                 likeliest class",
                options.samples, options.seed
            )
        };
        let (name, truth) = match self {
            Self::Irn => (
                IRN.convention,
                "the true class is the one with the highest inverse rank normalisation: each reader gives a class of \
                 group g 1 / g, sums are scaled to 1"
                    .to_owned(),
            ),
            Self::ProbabilisticIrn => (
                PROBABILISTIC_IRN.convention,
                drawn(format!(
                    "plausibilities are drawn from Dirichlet({} IRN + {})",
                    options.temperature, options.bias
                )),
            ),
            Self::PlackettLuce => {
                let settings = options.plackett_luce;
                let unranked = match settings.unranked {
                    Unranked::Together => "classes that no reader lists weigh as one together",
                    Unranked::Each => "classes that no reader lists weigh as much as any other",
                };
                let how = format!(
                    "plausibilities are drawn from the Plackett-Luce posterior of the lists by Gibbs sampling, each \
                     reader repeated {} times, prior Gamma({}, 1), {} rounds of warm-up, every {}th round kept; \
                     {unranked}",
                    settings.repetitions, settings.shape, settings.warm_up, settings.thinning
                );
                (PLACKETT_LUCE.convention, drawn(how))
            }
        };
        let words = format!(
            "{truth}; equal values go to the class with the lowest index; cases without any list, or without a \
             prediction, are left out; n counts cases"
        );
        Convention { ties: Some(Ties::LowestIndex), ..Convention::new(name, words) }
    }
}

/// What the model's prediction comes to under one plausibility.
struct Judge<'a> {
    order: Vec<u32>,
    risks: Option<&'a [u8]>,
}

impl Judge<'_> {
    fn rows(&self, plausibility: &[f64]) -> [f64; ROWS] {
        let label = argmax(plausibility) as u32;
        let place = self.order.iter().position(|&class| class == label).unwrap_or(usize::MAX);
        let mut rows = [0.0; ROWS];
        for (index, size) in SIZES.into_iter().enumerate() {
            rows[index] = if place < size { 1.0 } else { 0.0 };
            rows[SIZES.len() + index] = coverage(&self.order, size, plausibility);
        }
        if let (Some(risks), Some(&first)) = (self.risks, self.order.first()) {
            rows[RISK] = if risks.get(first as usize) == risks.get(label as usize) { 1.0 } else { 0.0 };
        }
        rows
    }
}

/// What the first `size` predicted classes hold of a plausibility.
fn coverage(order: &[u32], size: usize, plausibility: &[f64]) -> f64 {
    let covered = order.iter().take(size).filter_map(|&class| plausibility.get(class as usize));
    covered.sum::<f64>().clamp(0.0, 1.0)
}

/// One case that has lists and a prediction: the rows of each draw, one row after the other.
struct Judged {
    case: usize,
    rows: [Vec<f64>; ROWS],
}

struct Adjusted {
    lines: Vec<Line>,
    judged: Vec<Judged>,
    /// Certainty of the class and of the risk level of every case that has lists.
    certainties: Vec<(usize, [f64; 2])>,
    samples: usize,
    /// How many cases there are.
    cases: usize,
    has_risks: bool,
    has_predictions: bool,
}

fn prepare(set: &RankedReadings, options: &RankedReadingOptions, model: Model) -> Box<dyn Prepared> {
    let convention = model.convention(options);
    let line = |definition: &Definition| Line { id: definition.id, class: None, convention: convention.clone() };
    let mut adjusted = Adjusted {
        lines: model.definitions().iter().map(line).collect(),
        judged: Vec::new(),
        certainties: Vec::new(),
        samples: if model == Model::Irn { 1 } else { options.samples as usize },
        cases: set.cases().len(),
        has_risks: set.risks().is_some(),
        has_predictions: set.cases().iter().any(|case| case.prediction.is_some()),
    };
    for (index, case) in set.cases().iter().enumerate() {
        adjusted.add(index, case, set, options, model);
    }
    Box::new(adjusted)
}

impl Adjusted {
    fn add(
        &mut self,
        index: usize,
        case: &RankedReading,
        set: &RankedReadings,
        options: &RankedReadingOptions,
        model: Model,
    ) {
        let (lists, classes) = (case.lists(), set.classes().len());
        let slices = lists.iter().map(|groups| groups.as_slice()).collect::<Vec<_>>();
        let Some(irn) = inverse_rank_normalization(&slices, classes) else { return };
        let judge = case.predicted_order().map(|order| Judge { order, risks: set.risks() });
        let mut rows: [Vec<f64>; ROWS] = std::array::from_fn(|_| Vec::with_capacity(self.samples));
        let mut of_classes = vec![0_u32; classes];
        let each = |plausibility: &[f64]| {
            of_classes[argmax(plausibility)] += 1;
            if let Some(judge) = &judge {
                for (row, value) in rows.iter_mut().zip(judge.rows(plausibility)) {
                    row.push(value);
                }
            }
        };
        match model {
            Model::Irn => std::iter::once(irn.as_slice()).for_each(each),
            Model::ProbabilisticIrn => {
                let mut draws = Draws::new(options.seed, &case.case, 1);
                probabilistic_irn(&mut draws, &irn, (options.temperature, options.bias), options.samples, each);
            }
            Model::PlackettLuce => {
                let mut draws = Draws::new(options.seed, &case.case, 2);
                let sampler = Sampler::new(&lists, classes, &options.plackett_luce);
                sampler.run(&mut draws, &options.plackett_luce, options.samples, each);
            }
        }
        let of_risks = set.risks().map_or(0, |risks| {
            let mut counts = [0_u32; 256];
            risks.iter().zip(&of_classes).for_each(|(&risk, count)| counts[usize::from(risk)] += count);
            counts.into_iter().max().unwrap_or_default()
        });
        let of_class = of_classes.iter().copied().max().unwrap_or_default();
        let share = |count: u32| f64::from(count) / self.samples as f64;
        self.certainties.push((index, [share(of_class), share(of_risks)]));
        if judge.is_some() {
            self.judged.push(Judged { case: index, rows });
        }
    }

    /// The mean over cases for each draw; `None` where no case counts.
    fn by_draw(&self, row: usize, weights: &Weights) -> Option<Vec<f64>> {
        let count = self.counted(weights) as f64;
        let mut sums = vec![0.0; self.samples];
        for judged in &self.judged {
            let weight = f64::from(weights.of(judged.case));
            if weight > 0.0 {
                for (sum, value) in sums.iter_mut().zip(&judged.rows[row]) {
                    *sum += weight * value;
                }
            }
        }
        (count > 0.0).then(|| sums.into_iter().map(|sum| sum / count).collect())
    }

    fn counted(&self, weights: &Weights) -> u64 {
        self.judged.iter().map(|judged| u64::from(weights.of(judged.case))).sum()
    }

    /// One value a line: `by_draw` has the values of a row over draws, where `n` cases count, and `certainties` those of
    /// the class and of the risk level.
    fn of(&self, n: u64, by_draw: impl Fn(usize) -> Option<Vec<f64>>, certainties: [Measured; 2]) -> Vec<Measured> {
        let reason = if self.has_predictions { Undefined::NoTruth } else { Undefined::NoFindings };
        let (mut means, mut deviations) = (Vec::new(), Vec::new());
        for row in 0..ROWS {
            let (mean, deviation) = match by_draw(row) {
                _ if row == RISK && !self.has_risks => undefined(Undefined::NotGiven),
                None => undefined(reason),
                Some(values) => mean_and_deviation(&values),
            };
            means.push(Measured { statistic: mean, n });
            deviations.push(Measured { statistic: deviation, n });
        }
        deviations.truncate(SIZES.len());
        let [of_class, of_risk] = certainties;
        let not_given = Measured { statistic: Statistic::Undefined(Undefined::NotGiven), n: 0 };
        deviations.extend([of_class, if self.has_risks { of_risk } else { not_given }]);
        means.extend(deviations);
        // Without draws there is neither spread nor certainty.
        means.truncate(self.lines.len());
        means
    }

    fn certainty(&self, of: usize, weights: &Weights) -> Measured {
        let values = self.certainties.iter().map(|(case, values)| (*case, Statistic::Value(values[of])));
        let (statistic, n) = crate::engine::math::weighted_mean(values, weights, Undefined::NoTruth);
        Measured { statistic, n }
    }
}

impl Prepared for Adjusted {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let certainties = [0, 1].map(|of| self.certainty(of, weights));
        self.of(self.counted(weights), |row| self.by_draw(row, weights), certainties)
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let unknown = Measured { statistic: Statistic::Undefined(Undefined::NoTruth), n: 0 };
        let nothing = self.of(0, |_| None, [unknown; 2]);
        let mut lines = nothing.iter().map(|nothing| vec![nothing.statistic; self.cases]).collect::<Vec<_>>();
        let mut judged = self.judged.iter().peekable();
        for (case, certainties) in &self.certainties {
            let judged = judged.next_if(|judged| judged.case == *case);
            let certainties = certainties.map(|value| Measured { statistic: Statistic::Value(value), n: 1 });
            let by_draw = |row: usize| judged.and_then(|judged| judged.rows.get(row).cloned());
            for (line, measured) in lines.iter_mut().zip(self.of(u64::from(judged.is_some()), by_draw, certainties)) {
                *line.get_mut(*case)? = measured.statistic;
            }
        }
        Some(lines)
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        if self.samples < 2 {
            return Vec::new();
        }
        let curve = |(row, (id, name)): (usize, (&'static str, &'static str))| {
            let mut values = self.by_draw(row, weights)?;
            values.sort_unstable_by(f64::total_cmp);
            let count = values.len() as f64;
            let point = |(index, x): (usize, f64)| Point { x, y: (index as f64 + 1.0) / count, threshold: None };
            Some(Exhibit::Curve(Curve {
                id,
                name,
                convention: self.lines.first().map(|line| line.convention.name.clone()).unwrap_or_default(),
                class: None,
                x: Axis { name: "Accuracy", logarithmic: false },
                y: Axis { name: "Share of draws at or below", logarithmic: false },
                points: values.into_iter().enumerate().map(point).collect(),
            }))
        };
        let curves = [
            ("top1_accuracy_distribution", "Top-1 accuracy over draws"),
            ("top3_accuracy_distribution", "Top-3 accuracy over draws"),
            ("top5_accuracy_distribution", "Top-5 accuracy over draws"),
        ];
        curves.into_iter().enumerate().filter_map(curve).collect()
    }
}

const fn undefined(reason: Undefined) -> (Statistic, Statistic) {
    (Statistic::Undefined(reason), Statistic::Undefined(reason))
}

/// The mean, and the standard deviation with n in the denominator.
fn mean_and_deviation(values: &[f64]) -> (Statistic, Statistic) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (Statistic::Value(mean), Statistic::Value(variance.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::coverage;
    use crate::readers::ranked::plausibility::argmax;
    use crate::readers::ranked::{Prediction, RankedReading};

    fn order(scores: &[f64]) -> Vec<u32> {
        let prediction = Some(Prediction::Scores(scores.to_vec()));
        RankedReading { prediction, ..Default::default() }.predicted_order().unwrap()
    }

    #[test]
    fn coverage_is_that_of_the_reference() {
        // classification_metrics_test.py, test_aggregated_coverage and test_aggregated_topk_accuracy.
        let plausibility = [0.1, 0.2, 0.05, 0.4, 0.3];
        let sets: [(&[u32], f64); 4] = [(&[0, 1, 2], 0.35), (&[1, 3], 0.6), (&[0, 2], 0.15), (&[3], 0.4)];
        for (set, expected) in sets {
            assert!((coverage(set, 5, &plausibility) - expected).abs() < 1e-12);
        }
        for (scores, expected) in [
            ([5.0, 4.0, 3.0, 2.0, 1.0], 0.75),
            ([0.0, 0.5, 0.1, 0.3, 0.2], 0.95),
            ([1.0, -2.0, -0.1, -1.0, -3.0], 0.75),
            ([0.5, 0.9, -0.1, -1.0, 0.0], 0.65),
        ] {
            assert!((coverage(&order(&scores), 4, &plausibility) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn equal_scores_go_to_the_lowest_index() {
        // classification_metrics_test.py, test_topk_sets.
        assert_eq!(order(&[5.0, 3.0, 4.0, 4.0, 2.0]), [0, 2, 3, 1, 4]);
        assert_eq!(order(&[-4.0, -0.5, 3.0, -1.0, -0.5]), [2, 1, 4, 3, 0]);
        assert_eq!(order(&[0.0, -0.0]), [0, 1]);
        assert_eq!(argmax(&[0.25, 0.375, 0.375]), 1);
    }
}
