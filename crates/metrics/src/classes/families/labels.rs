//! Accuracy and its like, of what is predicted: no ranking, no confidence.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use crate::classes::confusion::ConfusionTable;
use crate::classes::table::Table;
use crate::classes::tally::{Answers, Spacing, Tally, share};
use crate::engine::math::mean_of_defined;
use crate::engine::{Better, Definition, Exhibit, Line, Measured, Prepared, Weights};
use crate::interval::wilson;

pub(super) const DEFAULT: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| table.rows.iter().any(|row| row.answer.is_some()),
    prepare: |table| Box::new(Labels::new(table, false)),
};

pub(super) const SCIKIT_LEARN: Family = Family {
    convention: "scikit_learn",
    by_default: false,
    definitions: SCIKIT_LEARN_DEFINITIONS,
    applies: |_| true,
    prepare: |table| Box::new(Labels::new(table, true)),
};

const fn define(id: &'static str, name: &'static str, definition: &'static str, source: &'static str) -> Definition {
    Definition { id, name, definition, source, better: Better::Higher }
}

const RETRIEVAL: &str = "van Rijsbergen, Information Retrieval, 2nd ed. 1979, ch. 7; scikit-learn 1.9, f1_score";
const YERUSHALMY: &str = "Yerushalmy, Public Health Reports 1947";
const VECCHIO: &str = "Vecchio, New England Journal of Medicine 1966";
const KAPPA: &str = "Cohen, Psychological Bulletin 1968; scikit-learn 1.9, cohen_kappa_score";

const DEFINITIONS: &[Definition] = &[
    define(
        "accuracy",
        "Accuracy",
        "Share of the rows whose prediction is the truth; where the truth is a set of classes, the whole set.",
        "scikit-learn 1.9, accuracy_score",
    ),
    define(
        "balanced_accuracy",
        "Balanced accuracy",
        "Sensitivity by class, averaged over the classes that are true anywhere.",
        "Brodersen et al., ICPR 2010; scikit-learn 1.9, balanced_accuracy_score",
    ),
    define(
        "f1_micro",
        "F1, micro",
        "2 TP / (2 TP + FP + FN) with the rows of all classes pooled; the accuracy, where every row has one truth and \
         one prediction.",
        RETRIEVAL,
    ),
    define(
        "f1_macro",
        "F1, macro",
        "F1 by class, averaged over the classes that are true or predicted anywhere.",
        RETRIEVAL,
    ),
    define("f1_weighted", "F1, weighted", "F1 by class, averaged by how often the class is true.", RETRIEVAL),
    define(
        "precision_macro",
        "Precision, macro",
        "Precision by class, averaged over the classes that are predicted anywhere.",
        RETRIEVAL,
    ),
    define(
        "matthews_correlation",
        "Matthews correlation",
        "Correlation of truth and prediction over all classes; nothing predicted counts as a class of its own.",
        "Matthews, Biochimica et Biophysica Acta 1975; Gorodkin, Computational Biology and Chemistry 2004; \
         scikit-learn 1.9, matthews_corrcoef",
    ),
    define(
        "cohen_kappa",
        "Cohen's kappa",
        "Agreement of prediction and truth beyond chance, over the rows with a prediction.",
        KAPPA,
    ),
    define(
        "cohen_kappa_linear",
        "Cohen's kappa, linear",
        "As Cohen's kappa, where a disagreement weighs as much as its classes lie apart in the list of classes, those \
         that never occur included.",
        KAPPA,
    ),
    define(
        "cohen_kappa_quadratic",
        "Cohen's kappa, quadratic",
        "As Cohen's kappa, where a disagreement weighs as much as the square of how far its classes lie apart in the \
         list of classes, those that never occur included.",
        KAPPA,
    ),
    Definition {
        better: Better::Lower,
        ..define(
            "hamming_loss",
            "Hamming loss",
            "Share of the pairs of a row and a class that are wrong: predicted but not true, or true but not \
             predicted.",
            "scikit-learn 1.9, hamming_loss",
        )
    },
    Definition {
        better: Better::Neither,
        ..define("coverage", "Coverage", "Share of the rows that have a prediction.", "El-Yaniv and Wiener, JMLR 2010")
    },
    define(
        "selective_accuracy",
        "Accuracy where predicted",
        "Share of the rows with a prediction whose prediction is the truth.",
        "El-Yaniv and Wiener, JMLR 2010",
    ),
    define("sensitivity", "Sensitivity", "Share of the rows of the class in which it is predicted.", YERUSHALMY),
    define(
        "specificity",
        "Specificity",
        "Share of the rows not of the class in which it is not predicted.",
        YERUSHALMY,
    ),
    define(
        "positive_predictive_value",
        "Positive predictive value (precision)",
        "Share of the rows in which the class is predicted that are of the class.",
        VECCHIO,
    ),
    define(
        "negative_predictive_value",
        "Negative predictive value",
        "Share of the rows in which the class is not predicted that are not of the class.",
        VECCHIO,
    ),
    define("class_f1", "F1 of the class", "2 TP / (2 TP + FP + FN) of the class against all others.", RETRIEVAL),
];

const ZERO: &str = "scikit-learn 1.9, precision_recall_fscore_support with zero_division=0";

const SCIKIT_LEARN_DEFINITIONS: &[Definition] = &[
    define(
        "scikit_learn_precision_macro",
        "Precision, macro (scikit-learn)",
        "Precision by class, averaged over the classes that are true or predicted anywhere; a class that is never \
         predicted has 0.",
        ZERO,
    ),
    define(
        "scikit_learn_recall_macro",
        "Recall, macro (scikit-learn)",
        "Recall by class, averaged over the classes that are true or predicted anywhere; a class that is never true \
         has 0.",
        ZERO,
    ),
    define(
        "scikit_learn_f1_macro",
        "F1, macro (scikit-learn)",
        "F1 by class, averaged over the classes that are true or predicted anywhere; over all labels where the truth \
         is a set, one that never occurs with 0.",
        ZERO,
    ),
    define(
        "scikit_learn_f1_weighted",
        "F1, weighted (scikit-learn)",
        "F1 by class, averaged by how often the class is true; 0 without truth.",
        ZERO,
    ),
    define(
        "scikit_learn_matthews_correlation",
        "Matthews correlation (scikit-learn)",
        "As the Matthews correlation, but 0 where only one class is true or only one is predicted.",
        "scikit-learn 1.9, matthews_corrcoef",
    ),
    define(
        "scikit_learn_cohen_kappa_linear",
        "Cohen's kappa, linear (scikit-learn)",
        "As the linear kappa, but with the classes that never occur taken out of the list, which brings those around \
         them together.",
        KAPPA,
    ),
    define(
        "scikit_learn_cohen_kappa_quadratic",
        "Cohen's kappa, quadratic (scikit-learn)",
        "As the quadratic kappa, but with the classes that never occur taken out of the list, which brings those \
         around them together.",
        KAPPA,
    ),
    define(
        "scikit_learn_precision",
        "Precision (scikit-learn)",
        "As the positive predictive value, but 0 where the class is never predicted.",
        ZERO,
    ),
    define(
        "scikit_learn_recall",
        "Recall (scikit-learn)",
        "As the sensitivity, but 0 where the class is never true.",
        ZERO,
    ),
    define(
        "scikit_learn_f1",
        "F1 of the class (scikit-learn)",
        "As the F1 of the class, but 0 where it is neither true nor predicted.",
        ZERO,
    ),
];

/// What a line asks.
#[derive(Clone, Copy, Debug)]
enum Ask {
    /// Of the tally.
    Tally(fn(&Tally) -> Measured),
    /// Of one class of the tally.
    Class(fn(&Tally, usize) -> Measured, usize),
    /// A kappa, on the scale as it is or squeezed.
    Kappa(Spacing, bool),
}

struct Labels {
    lines: Vec<Line>,
    asks: Vec<Ask>,
    answers: Answers,
    /// Only of the default convention.
    confusion: Option<ConfusionTable>,
}

type Row = (&'static str, Ask, &'static str);

/// Lines over all classes, with what n counts; single truths and sets of truths.
fn overall(multi_label: bool, scikit_learn: bool) -> Vec<Row> {
    let mut rows: Vec<Row> = if scikit_learn {
        // Labels that never occur have a place among a set's labels, but none among single classes.
        let f1_macro: fn(&Tally) -> Measured = if multi_label { zero_f1_of_all } else { zero_f1_macro };
        let precision: fn(&Tally) -> Measured = if multi_label { zero_precision_of_all } else { zero_precision_macro };
        let recall: fn(&Tally) -> Measured = if multi_label { zero_recall_of_all } else { zero_recall_macro };
        vec![
            ("scikit_learn_precision_macro", Ask::Tally(precision), "classes"),
            ("scikit_learn_recall_macro", Ask::Tally(recall), "classes"),
            ("scikit_learn_f1_macro", Ask::Tally(f1_macro), "classes"),
            ("scikit_learn_f1_weighted", Ask::Tally(|tally| zero(tally, tally.f1_weighted())), "truths"),
        ]
    } else {
        vec![
            ("accuracy", Ask::Tally(Tally::accuracy), "rows"),
            ("f1_micro", Ask::Tally(Tally::f1_micro), "TP + FP + FN"),
            ("f1_macro", Ask::Tally(f1_macro), "classes"),
            ("f1_weighted", Ask::Tally(Tally::f1_weighted), "truths"),
            ("precision_macro", Ask::Tally(precision_macro), "classes"),
        ]
    };
    match (multi_label, scikit_learn) {
        (true, true) => {}
        (true, false) => rows.push(("hamming_loss", Ask::Tally(hamming_loss), "pairs of a row and a class")),
        (false, true) => rows.extend([
            (
                "scikit_learn_matthews_correlation",
                Ask::Tally(|tally| zero(tally, tally.matthews_correlation())),
                "rows",
            ),
            ("scikit_learn_cohen_kappa_linear", Ask::Kappa(Spacing::Linear, true), "rows with a prediction"),
            ("scikit_learn_cohen_kappa_quadratic", Ask::Kappa(Spacing::Quadratic, true), "rows with a prediction"),
        ]),
        (false, false) => rows.extend([
            ("balanced_accuracy", Ask::Tally(balanced_accuracy), "classes"),
            ("matthews_correlation", Ask::Tally(Tally::matthews_correlation), "rows"),
            ("cohen_kappa", Ask::Kappa(Spacing::Plain, false), "rows with a prediction"),
            ("cohen_kappa_linear", Ask::Kappa(Spacing::Linear, false), "rows with a prediction"),
            ("cohen_kappa_quadratic", Ask::Kappa(Spacing::Quadratic, false), "rows with a prediction"),
        ]),
    }
    if !scikit_learn {
        rows.push(("coverage", Ask::Tally(|tally| share(tally.answered, tally.rows, Undefined::Nothing)), "rows"));
        let selective = |tally: &Tally| share(tally.exact, tally.answered, Undefined::NoFindings);
        rows.push(("selective_accuracy", Ask::Tally(selective), "rows with a prediction"));
    }
    rows
}

fn of_class(class: usize, scikit_learn: bool) -> Vec<Row> {
    if scikit_learn {
        return vec![
            ("scikit_learn_precision", Ask::Class(zero_precision, class), "rows in which the class is predicted"),
            ("scikit_learn_recall", Ask::Class(zero_recall, class), "rows of the class"),
            ("scikit_learn_f1", Ask::Class(zero_f1, class), "TP + FP + FN"),
        ];
    }
    vec![
        ("sensitivity", Ask::Class(Tally::sensitivity, class), "rows of the class"),
        ("specificity", Ask::Class(Tally::specificity, class), "rows not of the class"),
        (
            "positive_predictive_value",
            Ask::Class(Tally::positive_predictive_value, class),
            "rows in which the class is predicted",
        ),
        (
            "negative_predictive_value",
            Ask::Class(Tally::negative_predictive_value, class),
            "rows in which the class is not predicted",
        ),
        ("class_f1", Ask::Class(Tally::f1, class), "TP + FP + FN"),
    ]
}

impl Labels {
    fn new(table: &Table, scikit_learn: bool) -> Self {
        let name = if scikit_learn { SCIKIT_LEARN.convention } else { DEFAULT.convention };
        let (mut lines, mut asks) = (Vec::new(), Vec::new());
        let mut push = |(id, ask, counted): Row, class: Option<String>| {
            let scale = match ask {
                Ask::Kappa(Spacing::Linear | Spacing::Quadratic, false) => {
                    format!("classes in the order {}; ", table.classes.join(", "))
                }
                _ => String::new(),
            };
            let words = format!("{}; {}{scale}n counts {counted}", table.answer_words(), table.positive_words());
            lines.push(Line { id, class, convention: Convention::new(name, words) });
            asks.push(ask);
        };
        for row in overall(table.multi_label, scikit_learn) {
            push(row, None);
        }
        for (class, name) in table.separate_classes() {
            for row in of_class(class, scikit_learn) {
                push(row, name.clone());
            }
        }
        let confusion = if scikit_learn { None } else { ConfusionTable::new(table) };
        Self { lines, asks, answers: Answers::new(table), confusion }
    }
}

impl Prepared for Labels {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let tally = self.answers.tally(weights);
        let measured = |ask: &Ask| match *ask {
            Ask::Tally(of_tally) => of_tally(&tally),
            Ask::Class(of_class, class) => of_class(&tally, class),
            Ask::Kappa(spacing, squeezed) => self.answers.kappa(weights, spacing, squeezed),
        };
        self.asks.iter().map(measured).collect()
    }

    fn analytic_intervals(&self, weights: &Weights, level: f64) -> Vec<Option<(&'static str, [f64; 2])>> {
        let proportions = [
            "accuracy",
            "coverage",
            "selective_accuracy",
            "sensitivity",
            "specificity",
            "positive_predictive_value",
            "negative_predictive_value",
        ];
        let interval = |(line, measured): (&Line, Measured)| {
            let value = measured.statistic.value().filter(|_| proportions.contains(&line.id))?;
            // The value is a whole number over n.
            let successes = (value * measured.n as f64).round() as u64;
            Some(("wilson", wilson(successes, measured.n, level)?))
        };
        self.lines.iter().zip(self.measure(weights)).map(interval).collect()
    }

    fn exhibits(&self, weights: &Weights) -> Vec<Exhibit> {
        self.confusion.iter().map(|confusion| Exhibit::Confusion(confusion.exhibit(weights))).collect()
    }
}

/// The mean over all classes of what is defined.
fn mean(tally: &Tally, of_class: fn(&Tally, usize) -> Measured, reason: Undefined) -> Measured {
    let by_class = (0..tally.truths.len()).map(|class| of_class(tally, class).statistic);
    let (statistic, n) = mean_of_defined(by_class, reason);
    Measured { statistic, n }
}

pub(super) fn balanced_accuracy(tally: &Tally) -> Measured {
    mean(tally, Tally::sensitivity, Undefined::NoTruth)
}

fn f1_macro(tally: &Tally) -> Measured {
    mean(tally, Tally::f1, Undefined::Nothing)
}

fn precision_macro(tally: &Tally) -> Measured {
    mean(tally, Tally::positive_predictive_value, Undefined::NoFindings)
}

fn hamming_loss(tally: &Tally) -> Measured {
    let sum = |counts: &[u64]| counts.iter().sum::<u64>();
    let wrong = sum(&tally.truths) + sum(&tally.predicted) - 2 * sum(&tally.hits);
    share(wrong, tally.rows * tally.truths.len() as u64, Undefined::Nothing)
}

/// 0 for what is undefined, unless there is no row at all.
fn zero(tally: &Tally, measured: Measured) -> Measured {
    match measured.statistic {
        Statistic::Undefined(_) if tally.rows > 0 => Measured { statistic: Statistic::Value(0.0), n: measured.n },
        _ => measured,
    }
}

fn zero_precision(tally: &Tally, class: usize) -> Measured {
    zero(tally, tally.positive_predictive_value(class))
}

fn zero_recall(tally: &Tally, class: usize) -> Measured {
    zero(tally, tally.sensitivity(class))
}

fn zero_f1(tally: &Tally, class: usize) -> Measured {
    zero(tally, tally.f1(class))
}

/// The mean over the classes that are true or predicted anywhere.
fn mean_of_present(tally: &Tally, of_class: fn(&Tally, usize) -> Measured) -> Measured {
    let by_class = tally.present().map(|class| of_class(tally, class).statistic);
    let (statistic, n) = mean_of_defined(by_class, Undefined::Nothing);
    Measured { statistic, n }
}

fn zero_precision_macro(tally: &Tally) -> Measured {
    mean_of_present(tally, zero_precision)
}

fn zero_recall_macro(tally: &Tally) -> Measured {
    mean_of_present(tally, zero_recall)
}

fn zero_f1_macro(tally: &Tally) -> Measured {
    mean_of_present(tally, zero_f1)
}

fn zero_precision_of_all(tally: &Tally) -> Measured {
    mean(tally, zero_precision, Undefined::Nothing)
}

fn zero_recall_of_all(tally: &Tally) -> Measured {
    mean(tally, zero_recall, Undefined::Nothing)
}

fn zero_f1_of_all(tally: &Tally) -> Measured {
    mean(tally, zero_f1, Undefined::Nothing)
}
