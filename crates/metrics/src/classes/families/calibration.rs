//! Whether a confidence of 0.8 is right in 8 of 10 rows.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::classes::calibration::{Bin, Edges, Samples};
use crate::classes::table::Table;
use crate::engine::math::ln;
use crate::engine::{Better, Definition, Exhibit, Line, Measured, Prepared, Weights};

pub(super) const DEFAULT: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| table.rows.iter().any(|row| row.scores.is_some()) && table.probabilities,
    prepare: |table| Box::new(Calibration::new(table, Flavour::Default)),
};

pub(super) const TORCHMETRICS: Family = Family {
    convention: "torchmetrics",
    by_default: false,
    definitions: TORCHMETRICS_DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(Calibration::new(table, Flavour::Torchmetrics)),
};

pub(super) const NETCAL: Family = Family {
    convention: "netcal",
    by_default: false,
    definitions: NETCAL_DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(Calibration::new(table, Flavour::Netcal)),
};

const fn define(id: &'static str, name: &'static str, definition: &'static str, source: &'static str) -> Definition {
    Definition { id, name, definition, source, better: Better::Lower }
}

const NAEINI: &str = "Naeini et al., AAAI 2015";
const MURPHY: &str = "Murphy, Journal of Applied Meteorology 1973; Stephenson et al., Weather and Forecasting 2008";

const DEFINITIONS: &[Definition] = &[
    define(
        "expected_calibration_error",
        "ECE, equal width",
        "Mean distance of confidence and accuracy over equally wide bins of confidence, each by how many rows it \
         holds.",
        NAEINI,
    ),
    define(
        "expected_calibration_error_equal_mass",
        "ECE, equal mass",
        "Mean distance of confidence and accuracy over bins between quantiles of confidence, each by how many rows it \
         holds; equal confidences share a bin.",
        "Nguyen and O'Connor, EMNLP 2015; netcal 1.4, ECE with equal_intervals=False",
    ),
    define(
        "maximum_calibration_error",
        "MCE",
        "The largest distance of confidence and accuracy in any of the equally wide bins that hold a row.",
        NAEINI,
    ),
    define(
        "average_calibration_error",
        "ACE",
        "Mean distance of confidence and accuracy over the equally wide bins that hold a row, each alike.",
        "Neumann et al., NIPS workshop 2018; netcal 1.4, ACE",
    ),
    define(
        "brier_score",
        "Brier score",
        "Mean squared distance of scores and truth: of the positive class alone where there is one, otherwise summed \
         over classes.",
        "Brier, Monthly Weather Review 1950; scikit-learn 1.9, brier_score_loss",
    ),
    define(
        "brier_reliability",
        "Brier: reliability",
        "The part of the Brier score due to bins whose mean score is not their share of truths.",
        MURPHY,
    ),
    Definition {
        better: Better::Higher,
        ..define(
            "brier_resolution",
            "Brier: resolution",
            "The part by which bins that differ in their share of truths lower the Brier score.",
            MURPHY,
        )
    },
    Definition {
        better: Better::Neither,
        ..define(
            "brier_uncertainty",
            "Brier: uncertainty",
            "The Brier score of a constant forecast of the share of truths.",
            MURPHY,
        )
    },
    Definition {
        better: Better::Neither,
        ..define(
            "brier_within_bins",
            "Brier: within bins",
            "What is left of the Brier score because scores differ within bins: reliability - resolution + \
             uncertainty + this is the Brier score.",
            MURPHY,
        )
    },
    define(
        "negative_log_likelihood",
        "Negative log-likelihood",
        "Mean of -ln of the score of the truth, which is kept between 2.2e-16 and 1 less that.",
        "scikit-learn 1.9, log_loss",
    ),
];

const TORCHMETRICS_DEFINITIONS: &[Definition] = &[
    define(
        "torchmetrics_expected_calibration_error",
        "ECE (torchmetrics)",
        "As the ECE of equally wide bins, but a confidence of exactly 1 has a bin of its own.",
        "torchmetrics 1.9, calibration_error with norm=\"l1\"",
    ),
    define(
        "torchmetrics_maximum_calibration_error",
        "MCE (torchmetrics)",
        "As the MCE, but a confidence of exactly 1 has a bin of its own.",
        "torchmetrics 1.9, calibration_error with norm=\"max\"",
    ),
];

const NETCAL_DEFINITIONS: &[Definition] = &[
    define("netcal_expected_calibration_error", "ECE (netcal)", "The ECE of equally wide bins.", "netcal 1.4, ECE"),
    define(
        "netcal_expected_calibration_error_equal_mass",
        "ECE, equal mass (netcal)",
        "The ECE of bins between quantiles; netcal refuses equal quantiles, which here bound an empty bin.",
        "netcal 1.4, ECE with equal_intervals=False",
    ),
    define("netcal_maximum_calibration_error", "MCE (netcal)", "The MCE of equally wide bins.", "netcal 1.4, MCE"),
    define("netcal_average_calibration_error", "ACE (netcal)", "The ACE of equally wide bins.", "netcal 1.4, ACE"),
];

/// The double-precision epsilon by which scikit-learn keeps scores from 0 and 1.
const EPSILON: f64 = f64::EPSILON;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    Default,
    Torchmetrics,
    Netcal,
}

/// What a line asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Expected(Edges),
    Maximum(Edges),
    Average,
    Brier,
    Reliability,
    Resolution,
    Uncertainty,
    Within,
    Likelihood,
}

const DEFAULT_LINES: [(&str, Ask); 10] = [
    ("expected_calibration_error", Ask::Expected(Edges::Width)),
    ("expected_calibration_error_equal_mass", Ask::Expected(Edges::Mass)),
    ("maximum_calibration_error", Ask::Maximum(Edges::Width)),
    ("average_calibration_error", Ask::Average),
    ("brier_score", Ask::Brier),
    ("brier_reliability", Ask::Reliability),
    ("brier_resolution", Ask::Resolution),
    ("brier_uncertainty", Ask::Uncertainty),
    ("brier_within_bins", Ask::Within),
    ("negative_log_likelihood", Ask::Likelihood),
];

const TORCHMETRICS_LINES: [(&str, Ask); 2] = [
    ("torchmetrics_expected_calibration_error", Ask::Expected(Edges::WidthOneApart)),
    ("torchmetrics_maximum_calibration_error", Ask::Maximum(Edges::WidthOneApart)),
];

const NETCAL_LINES: [(&str, Ask); 4] = [
    ("netcal_expected_calibration_error", Ask::Expected(Edges::Width)),
    ("netcal_expected_calibration_error_equal_mass", Ask::Expected(Edges::Mass)),
    ("netcal_maximum_calibration_error", Ask::Maximum(Edges::Width)),
    ("netcal_average_calibration_error", Ask::Average),
];

/// One thing that is forecast: the positive class, the truth of several classes, or one label.
struct Forecast {
    class: Option<String>,
    /// The confidence that is binned.
    confidence: Samples,
    /// The scores whose squares add up to the Brier score; one a class.
    scores: Vec<Samples>,
    /// -ln of the score of what came true, by row.
    likelihood: Vec<Option<f64>>,
}

struct Calibration {
    lines: Vec<Line>,
    asks: &'static [(&'static str, Ask)],
    /// Empty where the scores are no probabilities.
    forecasts: Vec<Forecast>,
    bins: u32,
    /// Of the reliability diagram; `None` for other flavours.
    draws: bool,
}

impl Calibration {
    fn new(table: &Table, flavour: Flavour) -> Self {
        let (name, asks): (_, &'static [(&'static str, Ask)]) = match flavour {
            Flavour::Default => (DEFAULT.convention, &DEFAULT_LINES),
            Flavour::Torchmetrics => (TORCHMETRICS.convention, &TORCHMETRICS_LINES),
            Flavour::Netcal => (NETCAL.convention, &NETCAL_LINES),
        };
        let forecasts = forecasts(table);
        let binned = match (table.multi_label, table.positive) {
            (true, _) => "the score of the class is its confidence".to_owned(),
            (false, Some(class)) => format!("the score of \"{}\" is its confidence", table.classes[class]),
            (false, None) => "the highest score of a row is the confidence that its class is the truth".to_owned(),
        };
        let bins = table.options.bins;
        let line = |forecast: &Forecast, &(id, ask): &(&'static str, Ask)| {
            let edges = match ask {
                Ask::Expected(Edges::Mass) => format!("{bins} bins between quantiles of confidence; "),
                Ask::Expected(Edges::WidthOneApart) | Ask::Maximum(Edges::WidthOneApart) => {
                    format!("{bins} equally wide bins, closed below, and one for a confidence of 1; ")
                }
                Ask::Brier | Ask::Likelihood => String::new(),
                _ => format!("{bins} equally wide bins, closed below, the last above as well; "),
            };
            let what = match ask {
                Ask::Reliability | Ask::Resolution | Ask::Uncertainty | Ask::Within if forecast.scores.len() > 1 => {
                    "each class's scores binned for themselves and summed over classes"
                }
                Ask::Brier if forecast.scores.len() > 1 => "summed over classes",
                _ => &binned,
            };
            let words = format!("{what}; {edges}rows without scores are left out; n counts rows with scores");
            Line { id, class: forecast.class.clone(), convention: Convention::new(name, words) }
        };
        let lines = forecasts.iter().flat_map(|forecast| asks.iter().map(move |ask| (forecast, ask)));
        let lines = lines.map(|(forecast, ask)| line(forecast, ask)).collect();
        let forecasts =
            if table.probabilities { forecasts } else { forecasts.into_iter().map(Forecast::emptied).collect() };
        Self { lines, asks, forecasts, bins, draws: flavour == Flavour::Default && table.probabilities }
    }
}

fn forecasts(table: &Table) -> Vec<Forecast> {
    let kept = |score: f64| -ln(score.clamp(EPSILON, 1.0 - EPSILON));
    if table.multi_label {
        let label = |(class, name): (usize, &String)| {
            let samples = Samples::of_class(table, class);
            let of_row = |row: &crate::classes::table::Resolved| {
                let score = *row.scores.as_ref()?.get(class)?;
                Some(kept(if row.truths.contains(&class) { score } else { 1.0 - score }))
            };
            let likelihood = table.rows.iter().map(of_row).collect();
            Forecast { class: Some(name.clone()), confidence: samples.clone(), scores: vec![samples], likelihood }
        };
        let scored = table.classes.iter().enumerate().filter(|(class, _)| table.scored[*class]);
        return scored.map(label).collect();
    }
    let (confidence, scores) = match table.positive {
        Some(class) => (Samples::of_class(table, class), vec![Samples::of_class(table, class)]),
        None => {
            let by_class = (0..table.classes.len()).map(|class| Samples::of_class(table, class));
            (Samples::of_highest(table), by_class.collect())
        }
    };
    let of_row = |row: &crate::classes::table::Resolved| {
        let scores = row.scores.as_ref()?;
        Some(kept(match table.positive {
            Some(class) if row.truths.contains(&class) => scores[class],
            Some(class) => 1.0 - scores[class],
            None => scores[row.truth()?],
        }))
    };
    let likelihood = table.rows.iter().map(of_row).collect();
    vec![Forecast { class: None, confidence, scores, likelihood }]
}

/// The Brier score and its parts, summed over classes; each times n.
#[derive(Default)]
struct Parts {
    brier: f64,
    reliability: f64,
    resolution: f64,
    uncertainty: f64,
    within: f64,
}

impl Forecast {
    /// The same without rows, where scores are no probabilities.
    fn emptied(self) -> Self {
        Self { class: self.class, confidence: Samples::default(), scores: Vec::new(), likelihood: Vec::new() }
    }

    fn parts(&self, weights: &Weights, bins: u32) -> Parts {
        let mut parts = Parts::default();
        for samples in &self.scores {
            let (n, hits) = samples.totals(weights);
            let rate = hits as f64 / n as f64;
            parts.brier += samples.squares(weights);
            parts.uncertainty += if n > 0 { hits as f64 * (1.0 - rate) } else { 0.0 };
            for bin in samples.bins(weights, Edges::Width, bins) {
                let (gap, gain) = (bin.gap(), bin.accuracy() - rate);
                parts.reliability += bin.n as f64 * gap * gap;
                parts.resolution += bin.n as f64 * gain * gain;
                parts.within += bin.within;
            }
        }
        parts
    }

    fn measure(&self, asks: &[(&str, Ask)], weights: &Weights, bins: u32) -> Vec<Measured> {
        let (n, _) = self.confidence.totals(weights);
        if n == 0 {
            let reason = if self.scores.is_empty() { Undefined::NotGiven } else { Undefined::Nothing };
            return vec![Measured { statistic: Statistic::Undefined(reason), n }; asks.len()];
        }
        let expected = |bins: &[Bin]| bins.iter().map(|bin| bin.n as f64 * bin.gap()).sum::<f64>() / n as f64;
        let of_edges = |edges| self.confidence.bins(weights, edges, bins);
        let has_brier = asks.iter().any(|(_, ask)| *ask == Ask::Brier);
        let parts = if has_brier { self.parts(weights, bins) } else { Parts::default() };
        let likelihood = || {
            let counted =
                weights.counted().filter_map(|(row, weight)| Some((*self.likelihood.get(row)?.as_ref()?, weight)));
            counted.map(|(value, weight)| f64::from(weight) * value).sum::<f64>()
        };
        let value = |ask: Ask| match ask {
            Ask::Expected(edges) => expected(&of_edges(edges)),
            Ask::Maximum(edges) => of_edges(edges).iter().map(Bin::gap).fold(0.0, f64::max),
            Ask::Average => {
                let held = of_edges(Edges::Width);
                held.iter().map(Bin::gap).sum::<f64>() / held.len() as f64
            }
            Ask::Brier => parts.brier / n as f64,
            Ask::Reliability => parts.reliability / n as f64,
            Ask::Resolution => parts.resolution / n as f64,
            Ask::Uncertainty => parts.uncertainty / n as f64,
            Ask::Within => parts.within / n as f64,
            Ask::Likelihood => likelihood() / n as f64,
        };
        asks.iter().map(|(_, ask)| Measured { statistic: Statistic::Value(value(*ask)), n }).collect()
    }
}

impl Prepared for Calibration {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        self.forecasts.iter().flat_map(|forecast| forecast.measure(self.asks, weights, self.bins)).collect()
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        // Only of what is over all classes: an exhibit has no place for the class.
        let drawn = self.forecasts.iter().filter(|forecast| self.draws && forecast.class.is_none());
        let exhibit = |forecast: &Forecast| Exhibit::Reliability {
            name: "Reliability diagram",
            convention: DEFAULT.convention.to_owned(),
            bars: forecast.confidence.bins(weights, Edges::Width, self.bins).iter().map(Bin::bar).collect(),
        };
        drawn.map(exhibit).collect()
    }
}
