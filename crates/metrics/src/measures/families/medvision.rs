//! The metrics of MedVision: failures count as the benchmark counts them.

use std::sync::Arc;

use groundglass_types::{Admission, Convention, Undefined};

use super::Family;
use crate::engine::{Better, Definition, Prepared};
use crate::measures::calculation::{Calculation, Calculations};
use crate::measures::row::Kind;
use crate::measures::scope::{Group, Scope};
use crate::measures::{MeasureRow, Quantity};

pub(super) const FAMILY: Family =
    Family { convention: "medvision", by_default: false, definitions: DEFINITIONS, prepare };

const SOURCE: &str = "Yao et al. 2025 (MedVision), src/medvision_bm/utils/parse_utils.py";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "medvision_mae",
        name: "Mean absolute error (MedVision)",
        definition: "Mean of |predicted - truth| over the predictions that could be read, the numbers of a row averaged; angles are not wrapped.",
        source: SOURCE,
        better: Better::Lower,
    },
    Definition {
        id: "medvision_mre",
        name: "Mean relative error (MedVision)",
        definition: "Mean of |predicted - truth| / (truth + 1e-15) over the predictions that could be read, the numbers of a row averaged.",
        source: SOURCE,
        better: Better::Lower,
    },
    Definition {
        id: "medvision_mre_below_10",
        name: "MRE < 0.1 (MedVision)",
        definition: "Share of all rows with a relative error below 0.1; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_20",
        name: "MRE < 0.2 (MedVision)",
        definition: "Share of all rows with a relative error below 0.2; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_30",
        name: "MRE < 0.3 (MedVision)",
        definition: "Share of all rows with a relative error below 0.3; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_40",
        name: "MRE < 0.4 (MedVision)",
        definition: "Share of all rows with a relative error below 0.4; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_50",
        name: "MRE < 0.5 (MedVision)",
        definition: "Share of all rows with a relative error below 0.5; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_60",
        name: "MRE < 0.6 (MedVision)",
        definition: "Share of all rows with a relative error below 0.6; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_70",
        name: "MRE < 0.7 (MedVision)",
        definition: "Share of all rows with a relative error below 0.7; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_80",
        name: "MRE < 0.8 (MedVision)",
        definition: "Share of all rows with a relative error below 0.8; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_90",
        name: "MRE < 0.9 (MedVision)",
        definition: "Share of all rows with a relative error below 0.9; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_mre_below_100",
        name: "MRE < 1 (MedVision)",
        definition: "Share of all rows with a relative error below 1; an unread prediction has none.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_iou",
        name: "IoU (MedVision)",
        definition: "Mean IoU of predicted and true box over all rows, 0 for an unread prediction.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_f1",
        name: "F1 (MedVision)",
        definition: "Mean of twice the common area over the sum of both areas over all rows, 0 for an unread prediction.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_precision",
        name: "Precision (MedVision)",
        definition: "Mean share of the predicted box that lies in the true one over all rows, 0 for an unread prediction.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_recall",
        name: "Recall (MedVision)",
        definition: "Mean share of the true box that lies in the predicted one over all rows, 0 for an unread prediction.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_iou_50",
        name: "IoU >= 0.5 (MedVision)",
        definition: "Share of all rows whose boxes have an IoU of 0.5 or more.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_iou_60",
        name: "IoU >= 0.6 (MedVision)",
        definition: "Share of all rows whose boxes have an IoU of 0.6 or more.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_iou_70",
        name: "IoU >= 0.7 (MedVision)",
        definition: "Share of all rows whose boxes have an IoU of 0.7 or more.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_iou_80",
        name: "IoU >= 0.8 (MedVision)",
        definition: "Share of all rows whose boxes have an IoU of 0.8 or more.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_iou_90",
        name: "IoU >= 0.9 (MedVision)",
        definition: "Share of all rows whose boxes have an IoU of 0.9 or more.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "medvision_success_rate",
        name: "Success rate (MedVision)",
        definition: "Share of the rows with a prediction that could be read; a negative length, distance or angle counts as not read.",
        source: SOURCE,
        better: Better::Higher,
    },
];

const LIMITS: [(&str, f64); 10] = [
    ("medvision_mre_below_10", 0.1),
    ("medvision_mre_below_20", 0.2),
    ("medvision_mre_below_30", 0.3),
    ("medvision_mre_below_40", 0.4),
    ("medvision_mre_below_50", 0.5),
    ("medvision_mre_below_60", 0.6),
    ("medvision_mre_below_70", 0.7),
    ("medvision_mre_below_80", 0.8),
    ("medvision_mre_below_90", 0.9),
    ("medvision_mre_below_100", 1.0),
];

const IOUS: [(&str, f64); 5] = [
    ("medvision_iou_50", 0.5),
    ("medvision_iou_60", 0.6),
    ("medvision_iou_70", 0.7),
    ("medvision_iou_80", 0.8),
    ("medvision_iou_90", 0.9),
];

/// A number of two boxes.
type OfBoxes = fn(&BoxPair) -> f64;

const BOXES: [(&str, OfBoxes, &str); 4] = [
    ("medvision_iou", BoxPair::iou, "common area over the area of both"),
    ("medvision_f1", BoxPair::f1, "twice the common area over the sum of areas"),
    ("medvision_precision", BoxPair::precision, "common area over the predicted area"),
    ("medvision_recall", BoxPair::recall, "common area over the true area"),
];

const FAILED: &str = "an unread prediction fails; n counts rows";

/// The numbers of a prediction that the benchmark takes for a success.
fn accepted(row: &MeasureRow) -> Option<&[f64]> {
    let predicted = row.quantity.predicted()?;
    let single = matches!(row.quantity.kind(), Kind::Number | Kind::Angle);
    if single && predicted.iter().any(|number| *number < 0.0) { None } else { Some(predicted) }
}

/// Mean over the numbers of a row that was read.
fn mean_of(row: &MeasureRow, of: fn(f64, f64) -> f64) -> Option<f64> {
    let (truth, predicted) = (row.quantity.truth(), accepted(row)?);
    let sum = predicted.iter().zip(truth).map(|(predicted, truth)| of(*predicted, *truth)).sum::<f64>();
    Some(sum / truth.len() as f64)
}

fn relative_error(row: &MeasureRow) -> Option<f64> {
    mean_of(row, |predicted, truth| (predicted - truth).abs() / (truth + 1e-15)).filter(|error| error.is_finite())
}

/// A predicted and a true box.
struct BoxPair {
    common: f64,
    predicted: f64,
    truth: f64,
}

impl BoxPair {
    /// Corners come in any order. `None` where the prediction was not read.
    fn of(row: &MeasureRow) -> Option<Self> {
        let Quantity::Box { truth, predicted: Some(predicted) } = row.quantity else { return None };
        let span = |a: f64, b: f64| (a.min(b), a.max(b));
        let axis = |low: usize, high: usize| {
            let (of_truth, of_predicted) = (span(truth[low], truth[high]), span(predicted[low], predicted[high]));
            let common = of_truth.1.min(of_predicted.1) - of_truth.0.max(of_predicted.0);
            (common.max(0.0), of_predicted.1 - of_predicted.0, of_truth.1 - of_truth.0)
        };
        let (x, y) = (axis(0, 2), axis(1, 3));
        Some(Self { common: x.0 * y.0, predicted: x.1 * y.1, truth: x.2 * y.2 })
    }

    /// What is common as a share; 0 where both boxes lack area.
    fn share(&self, denominator: f64) -> f64 {
        if denominator > 0.0 { (self.common / denominator).min(1.0) } else { 0.0 }
    }

    fn iou(&self) -> f64 {
        self.share(self.predicted + self.truth - self.common)
    }

    fn f1(&self) -> f64 {
        self.share(0.5 * (self.predicted + self.truth))
    }

    fn precision(&self) -> f64 {
        self.share(self.predicted)
    }

    fn recall(&self) -> f64 {
        self.share(self.truth)
    }
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut made = Calculations::default();
    for group in &scope.groups {
        if group.only(&[Kind::Number, Kind::Angle, Kind::Size, Kind::Box]) {
            push(scope, group, &mut made);
        }
    }
    Box::new(made)
}

fn push(scope: &Scope<'_>, group: &Group, made: &mut Calculations) {
    let rows = group.rows.iter().map(|&row| (scope.rows[row].0, &scope.rows[row].1)).collect::<Vec<_>>();
    let cases = Arc::new(rows.iter().map(|(case, _)| *case).collect());
    let mut push = |id: &'static str, admission: Option<Admission>, words: String, calculation: Calculation| {
        let convention = Convention { admission, ..Convention::new(FAMILY.convention, words) };
        made.push(group, &cases, (id, convention), calculation, Undefined::Unparsable);
    };
    let read = |of: &dyn Fn(&MeasureRow) -> Option<f64>| {
        rows.iter().filter_map(|(case, row)| Some((*case, of(row)?))).collect::<Vec<_>>()
    };
    let share = |holds: &dyn Fn(&MeasureRow) -> bool| {
        Calculation::Share(rows.iter().map(|(case, row)| (*case, holds(row))).collect())
    };
    if group.one_unit {
        let absolute = read(&|row| mean_of(row, |predicted, truth| (predicted - truth).abs()));
        let words = "|predicted - truth|, mean over the numbers of a row, then over rows; angles are not wrapped; an unread \
                     prediction is left out; n counts rows";
        push("medvision_mae", None, words.to_owned(), Calculation::Mean(absolute));
    }
    if group.only(&[Kind::Box]) {
        for (id, of, how) in BOXES {
            let values = rows.iter().map(|(case, row)| (*case, BoxPair::of(row).map_or(0.0, |pair| of(&pair))));
            let words = format!("{how}, mean over rows; an unread prediction counts as 0; n counts rows");
            push(id, None, words, Calculation::Mean(values.collect()));
        }
        for (id, limit) in IOUS {
            let calculation = share(&|row| BoxPair::of(row).is_some_and(|pair| pair.iou() >= limit));
            push(id, Some(Admission::AtLeast), format!("IoU >= {limit}; {FAILED}"), calculation);
        }
    } else if !group.kinds.contains(&Kind::Box) {
        let words = "|predicted - truth| / (truth + 1e-15), mean over the numbers of a row, then over rows";
        let left_out = "an unread prediction is left out; n counts rows";
        push("medvision_mre", None, format!("{words}; {left_out}"), Calculation::Mean(read(&relative_error)));
        for (id, limit) in LIMITS {
            let calculation = share(&|row| relative_error(row).is_some_and(|error| error < limit));
            push(id, None, format!("|predicted - truth| / (truth + 1e-15) < {limit}; {FAILED}"), calculation);
        }
    }
    let words = "predictions that were read, a negative single number being none; n counts rows";
    push("medvision_success_rate", None, words.to_owned(), share(&|row| accepted(row).is_some()));
}
