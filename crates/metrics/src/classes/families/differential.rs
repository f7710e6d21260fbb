//! Differential diagnoses: lists of classes with shares, against such lists.

use groundglass_types::{Convention, Statistic, Undefined};

use super::Family;
use super::top_k::rank;
use crate::classes::table::{Resolved, Table};
use crate::engine::math::weighted_mean;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};

pub(super) const FAMILY: Family = Family {
    convention: "ddxplus",
    by_default: true,
    definitions: DEFINITIONS,
    applies: |table| !table.multi_label && table.rows.iter().any(|row| row.scores.is_some() && row.shares.is_some()),
    prepare: |table| Box::new(Differential::new(table)),
};

const SOURCE: &str = "Fansi Tchango et al., NeurIPS 2022 (DDXPlus), code/basd/metrics.py";

const fn define(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SOURCE, better: Better::Higher }
}

const DEFINITIONS: &[Definition] = &[
    define("gtpa", "GTPA", "Share of the rows in which the truth belongs to the predicted differential."),
    define(
        "gtpa_at_1",
        "GTPA@1",
        "Share of the rows in which the truth belongs to the predicted differential and is its first class.",
    ),
    define(
        "gtpa_at_3",
        "GTPA@3",
        "Share of the rows in which the truth belongs to the predicted differential and is among its first 3 classes.",
    ),
    define(
        "gtpa_at_5",
        "GTPA@5",
        "Share of the rows in which the truth belongs to the predicted differential and is among its first 5 classes.",
    ),
    define(
        "ddr",
        "DDR",
        "Share of the true differential's classes that belong to the predicted one (0 where the true one is empty); \
         mean over rows.",
    ),
    define(
        "ddp",
        "DDP",
        "Share of the predicted differential's classes that belong to the true one (0 where the predicted one is \
         empty); mean over rows.",
    ),
    define("ddf1", "DDF1", "2 DDP DDR / (DDP + DDR + 1e-10) of each row; mean over rows."),
    define(
        "dsp",
        "DSP",
        "Of the severe classes that are not in the true differential, the share that are not in the predicted one (0 \
         where there are none); mean over rows.",
    ),
    define(
        "dsr",
        "DSR",
        "Of the severe classes in the true differential, the share that are in the predicted one (0 where there are \
         none); mean over rows.",
    ),
    define("dsf1", "DSF1", "2 DSP DSR / (DSP + DSR + 1e-10) of each row; mean over rows."),
];

const COUNT: usize = 10;

struct Differential {
    lines: Vec<Line>,
    /// By row, in the order of the definitions.
    values: Vec<[Option<f64>; COUNT]>,
}

impl Differential {
    fn new(table: &Table) -> Self {
        let words = format!(
            "a class belongs to a differential where its share or score is > {}; of equal scores the last of the list \
             of classes comes first; severe classes: {}; rows without scores, or without what the metric compares them \
             with, are left out; mean over rows; n counts rows",
            table.options.differential_threshold,
            if table.options.severe.is_empty() { "none".to_owned() } else { table.options.severe.join(", ") },
        );
        let convention = Convention::new(FAMILY.convention, words);
        let line = |definition: &Definition| Line { id: definition.id, class: None, convention: convention.clone() };
        let severe = table.classes.iter().map(|name| table.options.severe.contains(name)).collect::<Vec<_>>();
        let values = table.rows.iter().map(|row| of_row(table, row, &severe)).collect();
        Self { lines: DEFINITIONS.iter().map(line).collect(), values }
    }
}

fn of_row(table: &Table, row: &Resolved, severe: &[bool]) -> [Option<f64>; COUNT] {
    let mut values = [None; COUNT];
    let Some(scores) = row.scores.as_ref().filter(|_| !table.multi_label) else { return values };
    let threshold = table.options.differential_threshold;
    if let Some(truth) = row.truth() {
        let belongs = scores[truth] > threshold;
        let rank = rank(table, scores, truth, true);
        for (value, k) in values.iter_mut().zip([usize::MAX, 1, 3, 5]) {
            *value = Some(f64::from(u8::from(belongs && rank < k)));
        }
    }
    let Some(shares) = &row.shares else { return values };
    let lists = scores.iter().zip(shares).map(|(score, share)| (*score > threshold, *share > threshold));
    let lists = lists.zip(severe).map(|((predicted, given), severe)| (predicted, given, *severe)).collect::<Vec<_>>();
    let count = |wanted: &dyn Fn(bool, bool, bool) -> bool| {
        lists.iter().filter(|(predicted, given, severe)| wanted(*predicted, *given, *severe)).count() as f64
    };
    let both = count(&|predicted, given, _| predicted && given);
    let recall = both / count(&|_, given, _| given).max(1.0);
    let precision = both / count(&|predicted, _, _| predicted).max(1.0);
    [values[4], values[5], values[6]] = [Some(recall), Some(precision), Some(f1(precision, recall))];
    if severe.contains(&true) {
        let precision = count(&|predicted, given, severe| severe && !given && !predicted)
            / count(&|_, given, severe| severe && !given).max(1.0);
        let recall = count(&|predicted, given, severe| severe && given && predicted)
            / count(&|_, given, severe| severe && given).max(1.0);
        [values[7], values[8], values[9]] = [Some(precision), Some(recall), Some(f1(precision, recall))];
    }
    values
}

/// With the reference's summand, which costs a perfect row 5e-11.
fn f1(precision: f64, recall: f64) -> f64 {
    2.0 * precision * recall / (precision + recall + 1e-10)
}

impl Prepared for Differential {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let metric = |index: usize| {
            let given = self.values.iter().any(|values| values[index].is_some());
            let reason = if given { Undefined::Nothing } else { Undefined::NotGiven };
            let by_row = self.values.iter().enumerate();
            let by_row = by_row.filter_map(|(row, values)| Some((row, Statistic::Value(values[index]?))));
            let (statistic, n) = weighted_mean(by_row, weights, reason);
            Measured { statistic, n }
        };
        (0..COUNT).map(metric).collect()
    }
}
