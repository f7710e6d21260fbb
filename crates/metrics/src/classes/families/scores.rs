//! How well scores order the rows of each class: AUROC and average precision.

use groundglass_types::{Convention, Interpolation, Statistic, Ties, Undefined};

use super::Family;
use crate::classes::ranking::Ranking;
use crate::classes::table::Table;
use crate::engine::math::{mean_of_defined, sqrt};
use crate::engine::{Axis, Better, Curve, Definition, Exhibit, Line, Measured, PairedTest, Prepared, Weights};
use crate::interval::normal_quantile;

pub(super) const DEFAULT: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| table.rows.iter().any(|row| row.scores.is_some()),
    prepare: |table| Box::new(Scores::new(table, Flavour::Default)),
};

pub(super) const SCIKIT_LEARN: Family = Family {
    convention: "scikit_learn",
    by_default: false,
    definitions: SCIKIT_LEARN_DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(Scores::new(table, Flavour::ScikitLearn)),
};

pub(super) const XPLAINER: Family = Family {
    convention: "xplainer",
    by_default: false,
    definitions: XPLAINER_DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(Scores::new(table, Flavour::Xplainer)),
};

const fn define(id: &'static str, name: &'static str, definition: &'static str, source: &'static str) -> Definition {
    Definition { id, name, definition, source, better: Better::Higher }
}

const HANLEY: &str = "Hanley and McNeil, Radiology 1982; scikit-learn 1.9, roc_auc_score";
const PRECISION: &str = "scikit-learn 1.9, average_precision_score";

const DEFINITIONS: &[Definition] = &[
    define(
        "auroc",
        "AUROC",
        "Share of the pairs of a row of the class and a row not of it that the class's scores order rightly; equal \
         scores count half.",
        HANLEY,
    ),
    define(
        "auroc_macro",
        "AUROC, macro",
        "AUROC of each class against all others, averaged over the classes that have rows of both kinds.",
        HANLEY,
    ),
    define(
        "auroc_weighted",
        "AUROC, weighted",
        "AUROC of each class against all others, averaged by how often the class is true, over the classes that have \
         rows of both kinds.",
        HANLEY,
    ),
    define(
        "class_average_precision",
        "Average precision",
        "Sum over the thresholds of the precision, each times the recall that it gains: the area under the \
         precision-recall steps, without interpolation.",
        PRECISION,
    ),
    define(
        "average_precision_macro",
        "Average precision, macro",
        "Average precision of each class against all others, averaged over the classes that are true anywhere.",
        PRECISION,
    ),
];

const SCIKIT_LEARN_DEFINITIONS: &[Definition] = &[
    define(
        "scikit_learn_auroc_macro",
        "AUROC, macro (scikit-learn)",
        "As the macro AUROC, but undefined where any class lacks rows of either kind.",
        "scikit-learn 1.9, roc_auc_score with multi_class=\"ovr\", average=\"macro\"",
    ),
    define(
        "scikit_learn_auroc_weighted",
        "AUROC, weighted (scikit-learn)",
        "As the weighted AUROC, but undefined where a class is always true; one that is never true has no weight.",
        "scikit-learn 1.9, roc_auc_score with multi_class=\"ovr\", average=\"weighted\"",
    ),
    define(
        "scikit_learn_average_precision",
        "Average precision (scikit-learn)",
        "As the average precision, but 0 where the class is never true.",
        PRECISION,
    ),
    define(
        "scikit_learn_average_precision_macro",
        "Average precision, macro (scikit-learn)",
        "As the macro average precision, but over all classes, one that is never true with 0.",
        PRECISION,
    ),
];

const XPLAINER_DEFINITIONS: &[Definition] = &[define(
    "xplainer_auroc_macro",
    "AUROC, macro (Xplainer)",
    "AUROC of each class against all others, averaged over the classes that are true anywhere; undefined where one of \
     them is always true.",
    "Pellegrini et al., MICCAI 2023 (Xplainer), inference.py",
)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flavour {
    Default,
    ScikitLearn,
    Xplainer,
}

/// What a line asks.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Auroc(usize),
    AveragePrecision(usize),
    ZeroAveragePrecision(usize),
    Macro,
    Weighted,
    StrictMacro,
    StrictWeighted,
    MacroOfTrue,
    MacroPrecision,
    ZeroMacroPrecision,
}

struct Scores {
    lines: Vec<Line>,
    asks: Vec<Ask>,
    /// One a class; `None` where no row scores it.
    rankings: Vec<Option<Ranking>>,
    /// The classes of which there are curves, with their names.
    drawn: Vec<(usize, Option<String>)>,
    needs_precision: bool,
}

impl Scores {
    fn new(table: &Table, flavour: Flavour) -> Self {
        let ranking = |class: usize| {
            let rows = table.rows.iter().enumerate();
            let rows = rows.filter_map(|(row, resolved)| {
                Some((row, *resolved.scores.as_ref()?.get(class)?, resolved.truths.contains(&class)))
            });
            table.scored[class].then(|| Ranking::new(rows))
        };
        let rankings = (0..table.classes.len()).map(ranking).collect();
        let asks = asks(table, flavour);
        let lines = asks.iter().map(|(id, ask, class)| line(table, flavour, id, *ask, class.clone())).collect();
        let drawn = if flavour == Flavour::Default { table.separate_classes() } else { Vec::new() };
        let needs_precision = flavour != Flavour::Xplainer;
        Self { lines, asks: asks.into_iter().map(|(_, ask, _)| ask).collect(), rankings, drawn, needs_precision }
    }

    fn ranking(&self, class: usize) -> Option<&Ranking> {
        self.rankings.get(class).and_then(Option::as_ref)
    }
}

fn asks(table: &Table, flavour: Flavour) -> Vec<(&'static str, Ask, Option<String>)> {
    let several = table.positive.is_none();
    let classes = table.separate_classes();
    let mut asks = Vec::new();
    match flavour {
        Flavour::Default => {
            if several {
                asks.push(("auroc_macro", Ask::Macro, None));
                asks.push(("auroc_weighted", Ask::Weighted, None));
                asks.push(("average_precision_macro", Ask::MacroPrecision, None));
            }
            for (class, name) in classes {
                asks.push(("auroc", Ask::Auroc(class), name.clone()));
                asks.push(("class_average_precision", Ask::AveragePrecision(class), name));
            }
        }
        Flavour::ScikitLearn => {
            if several {
                asks.push(("scikit_learn_auroc_macro", Ask::StrictMacro, None));
                asks.push(("scikit_learn_auroc_weighted", Ask::StrictWeighted, None));
                asks.push(("scikit_learn_average_precision_macro", Ask::ZeroMacroPrecision, None));
            }
            for (class, name) in classes {
                asks.push(("scikit_learn_average_precision", Ask::ZeroAveragePrecision(class), name));
            }
        }
        Flavour::Xplainer => asks.push(("xplainer_auroc_macro", Ask::MacroOfTrue, None)),
    }
    asks
}

fn line(table: &Table, flavour: Flavour, id: &'static str, ask: Ask, class: Option<String>) -> Line {
    let name = match flavour {
        Flavour::Default => DEFAULT.convention,
        Flavour::ScikitLearn => SCIKIT_LEARN.convention,
        Flavour::Xplainer => XPLAINER.convention,
    };
    let counted = match ask {
        Ask::Auroc(_) => "rows with scores",
        Ask::AveragePrecision(_) | Ask::ZeroAveragePrecision(_) => "rows with scores that are of the class",
        Ask::Weighted | Ask::StrictWeighted => "truths of the classes that count",
        _ => "classes that count",
    };
    let precision = matches!(
        ask,
        Ask::AveragePrecision(_) | Ask::ZeroAveragePrecision(_) | Ask::MacroPrecision | Ask::ZeroMacroPrecision
    );
    let words = format!(
        "each class against all others; {}rows without scores are left out; a class that a row's scores do not name \
         has 0, a class that none names does not count; n counts {counted}",
        table.positive_words()
    );
    let convention = Convention {
        ties: Some(Ties::Grouped),
        interpolation: precision.then_some(Interpolation::Steps),
        ..Convention::new(name, words)
    };
    Line { id, class, convention }
}

/// AUROC, average precision and how often it is true, of a class.
struct OfClass {
    auroc: Statistic,
    precision: Statistic,
    truths: u64,
}

impl Prepared for Scores {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of_class = |ranking: &Ranking| {
            let [auroc, precision] = ranking.areas(weights, self.needs_precision);
            (auroc.n > 0).then_some((auroc, precision))
        };
        let by_class = self.rankings.iter().map(|ranking| ranking.as_ref().and_then(of_class)).collect::<Vec<_>>();
        let summaries = by_class.iter().flatten().map(|(auroc, precision)| OfClass {
            auroc: auroc.statistic,
            precision: precision.statistic,
            truths: precision.n,
        });
        let summaries = summaries.collect::<Vec<_>>();
        let missing = |ranking: Option<&Ranking>| {
            let reason = if ranking.is_some() { Undefined::Nothing } else { Undefined::NotGiven };
            Measured { statistic: Statistic::Undefined(reason), n: 0 }
        };
        let measured = |ask: &Ask| match *ask {
            Ask::Auroc(class) => by_class[class].map_or_else(|| missing(self.ranking(class)), |(auroc, _)| auroc),
            Ask::AveragePrecision(class) => {
                by_class[class].map_or_else(|| missing(self.ranking(class)), |(_, precision)| precision)
            }
            Ask::ZeroAveragePrecision(class) => by_class[class].map_or_else(
                || missing(self.ranking(class)),
                |(_, precision)| Measured {
                    statistic: Statistic::Value(precision.statistic.value().unwrap_or_default()),
                    n: precision.n,
                },
            ),
            Ask::Macro => mean(summaries.iter().map(|of_class| of_class.auroc), Undefined::OneClass),
            Ask::Weighted => weighted(summaries.iter().filter(|of_class| of_class.auroc.value().is_some())),
            Ask::StrictMacro => strict(summaries.iter()),
            Ask::StrictWeighted
                if summaries.iter().any(|of_class| of_class.truths > 0 && of_class.auroc.value().is_none()) =>
            {
                Measured { statistic: Statistic::Undefined(Undefined::OneClass), n: 0 }
            }
            Ask::StrictWeighted => weighted(summaries.iter()),
            Ask::MacroOfTrue => strict(summaries.iter().filter(|of_class| of_class.truths > 0)),
            Ask::MacroPrecision => mean(summaries.iter().map(|of_class| of_class.precision), Undefined::NoTruth),
            Ask::ZeroMacroPrecision => {
                let zero = |of_class: &OfClass| Statistic::Value(of_class.precision.value().unwrap_or_default());
                mean(summaries.iter().map(zero), Undefined::Nothing)
            }
        };
        self.asks.iter().map(measured).collect()
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let interval = |ask: &Ask| {
            let Ask::Auroc(class) = *ask else { return None };
            let ranking = self.ranking(class)?;
            let area = ranking.auroc(weights).statistic.value()?;
            // Without variance the formula knows nothing: perfect order in ten rows is no certainty.
            let variance = ranking.auroc_variance(weights).filter(|variance| *variance > 0.0)?;
            let half = normal_quantile(0.5 + 0.5 * level)? * sqrt(variance);
            Some(("delong", [(area - half).max(0.0), (area + half).min(1.0)]))
        };
        self.asks.iter().map(interval).collect()
    }

    fn paired_test(&self, weights_a: &Weights, weights_b: &Weights) -> Vec<Option<PairedTest>> {
        let test = |ask: &Ask| {
            let Ask::Auroc(class) = *ask else { return None };
            let paired = self.ranking(class)?.paired_auroc(weights_a, weights_b)?;
            // z is second less first, a comparison first less second.
            Some(PairedTest { method: "delong", statistic: -paired.z.value()?, p: paired.p.value()? })
        };
        self.asks.iter().map(test).collect()
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        let axis = |name| Axis { name, logarithmic: false };
        let of_class = |(class, name): &(usize, Option<String>)| {
            let ranking = self.ranking(*class);
            let curve = |id, heading, x, y, points| {
                let convention = DEFAULT.convention.to_owned();
                Curve { id, name: heading, convention, class: name.clone(), x: axis(x), y: axis(y), points }
            };
            let roc = ranking.map(|ranking| ranking.roc(weights)).unwrap_or_default();
            let precision = ranking.map(|ranking| ranking.precision_recall(weights)).unwrap_or_default();
            [
                curve("roc", "ROC curve", "1 - specificity", "Sensitivity", roc),
                curve("class_precision_recall", "Precision-recall curve", "Recall", "Precision", precision),
            ]
        };
        let curves = self.drawn.iter().flat_map(of_class);
        curves.filter(|curve| !curve.points.is_empty()).map(Exhibit::Curve).collect()
    }
}

fn mean(statistics: impl Iterator<Item = Statistic>, reason: Undefined) -> Measured {
    let (statistic, n) = mean_of_defined(statistics, reason);
    Measured { statistic, n }
}

/// A mean that one undefined class makes undefined.
fn strict<'a>(classes: impl Iterator<Item = &'a OfClass>) -> Measured {
    let areas = classes.map(|of_class| of_class.auroc).collect::<Vec<_>>();
    if areas.iter().any(|area| area.value().is_none()) {
        return Measured { statistic: Statistic::Undefined(Undefined::OneClass), n: 0 };
    }
    mean(areas.into_iter(), Undefined::Nothing)
}

/// AUROC averaged by how often each class is true; an undefined one has no truth and so no weight.
fn weighted<'a>(classes: impl Iterator<Item = &'a OfClass>) -> Measured {
    let (sum, n) = classes.fold((0.0, 0), |(sum, n), of_class| {
        (sum + of_class.truths as f64 * of_class.auroc.value().unwrap_or_default(), n + of_class.truths)
    });
    Measured { statistic: Statistic::ratio(sum, n as f64, Undefined::OneClass), n }
}
