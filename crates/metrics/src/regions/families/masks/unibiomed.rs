//! Dice and IoU as UniBiomed's evaluation computes them.

use groundglass_types::{Convention, Finding, Mask, Pairing, Undefined};

use super::case_means::{Cell, Fold, folded};
use super::{Family, classes, family, union_words};
use crate::engine::math::mean_of_defined;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::case_entry::LabelIndex;
use crate::regions::mask_unions::Unions;
use crate::regions::scope::{Scope, ScopedCase};

pub(in crate::regions::families) const FAMILY: Family = family("unibiomed", false, DEFINITIONS, prepare);

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "unibiomed_dice",
        name: "Dice (UniBiomed)",
        definition: "Dice of the foreground over the cases whose truth is not empty: their sum over n + 1e-6; over \
                     all classes the mean of the classes.",
        source: "UniBiomed, 2D segmentation evaluation",
        better: Better::Higher,
    },
    Definition {
        id: "unibiomed_iou",
        name: "IoU (UniBiomed)",
        definition: "IoU of the foreground over the cases whose truth is not empty: their sum over n + 1e-6; over all \
                     classes the mean of the classes.",
        source: "UniBiomed, 2D segmentation evaluation",
        better: Better::Higher,
    },
    Definition {
        id: "unibiomed_mdice",
        name: "mDice of grounded masks (UniBiomed)",
        definition: "Mean Dice of the pairs that are made one to one from the highest Dice down; 0 without a pair; \
                     mean over cases. Fault kept: what is left unpaired costs nothing.",
        source: "UniBiomed, grounded report evaluation (compute_mdice)",
        better: Better::Higher,
    },
    Definition {
        id: "unibiomed_miou",
        name: "mIoU of grounded masks (UniBiomed)",
        definition: "Mean IoU of the pairs that are made one to one from the highest IoU down; 0 without a pair; mean \
                     over cases. Fault kept: what is left unpaired costs nothing.",
        source: "UniBiomed, grounded report evaluation (compute_miou)",
        better: Better::Higher,
    },
];

const IDS: [&str; 4] = ["unibiomed_dice", "unibiomed_iou", "unibiomed_mdice", "unibiomed_miou"];
const FOLDS: [Fold; 4] = [Fold::MeanPlus(1e-6), Fold::MeanPlus(1e-6), Fold::Mean, Fold::Mean];

struct UniBiomed {
    lines: Vec<Line>,
    /// One cell an id and a case: of all classes, and of each.
    whole: Vec<[Cell; 4]>,
    by_class: Vec<Vec<[Cell; 4]>>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut lines = Vec::new();
    for class in classes(scope) {
        let words = format!(
            "{}; cases without truth are left out, and for mdice and miou those with neither truth nor findings; \
             {}n counts cases",
            union_words(scope, class),
            if class.is_some() { "" } else { "class by class, then the mean over classes; " },
        );
        let convention =
            Convention { pairing: Some(Pairing::GreedyByIou), ..Convention::new(FAMILY.convention, words) };
        let name = scope.class_name(class);
        lines.extend(IDS.map(|id| Line { id, class: name.clone(), convention: convention.clone() }));
    }
    let cells =
        |class: Option<LabelIndex>| scope.cases.iter().map(|case| cells(scope, case, class)).collect::<Vec<_>>();
    let by_class = scope.classes.iter().map(|&class| cells(Some(class))).collect();
    Box::new(UniBiomed { lines, whole: cells(None), by_class })
}

fn cells(scope: &Scope<'_>, case: &ScopedCase<'_>, class: Option<LabelIndex>) -> [Cell; 4] {
    let pixels = Unions::of(scope, case, class).pixels;
    let (both, sum) = (pixels.both as f64, (pixels.found + pixels.truth) as f64);
    let [dice, iou] = if pixels.truth == 0 {
        [Cell::Skipped; 2]
    } else {
        [Cell::ratio(2.0 * both, sum), Cell::ratio(both, sum - both)]
    };
    let wanted = |of: LabelIndex| class.is_none_or(|class| class == of);
    let counts = |finding: &Finding| finding.score >= scope.options.score_threshold;
    let findings = case.findings.iter().zip(&case.finding_classes);
    let findings = findings.filter(|(finding, of)| wanted(**of) && counts(finding));
    let findings = findings.filter_map(|(finding, _)| finding.region.mask.as_ref()).collect::<Vec<_>>();
    let truths = case.entry.truths().iter().zip(case.entry.truth_labels());
    let truths = truths.filter(|(truth, of)| wanted(**of) && !truth.crowd);
    let truths = truths.filter_map(|(truth, _)| truth.region.mask.as_ref()).collect::<Vec<_>>();
    if findings.is_empty() && truths.is_empty() {
        return [dice, iou, Cell::Skipped, Cell::Skipped];
    }
    let overlap = |dice: bool| move |a: &Mask, b: &Mask| overlap(a, b, dice);
    [dice, iou, greedy(&findings, &truths, overlap(true)), greedy(&findings, &truths, overlap(false))]
}

/// Dice or IoU; Dice of two empty masks is 1.
fn overlap(a: &Mask, b: &Mask, dice: bool) -> f64 {
    let (sum, both) = ((a.area() + b.area()) as f64, a.intersection_area(b) as f64);
    match (dice, sum > 0.0) {
        (true, false) => 1.0,
        (true, true) => 2.0 * both / sum,
        (false, true) => both / (sum - both),
        (false, false) => 0.0,
    }
}

/// The mean over pairs from the highest overlap down; of equal ones the first in the lists' order.
fn greedy(findings: &[&Mask], truths: &[&Mask], overlap: impl Fn(&Mask, &Mask) -> f64) -> Cell {
    let mut pairs = Vec::new();
    for (finding, mask) in findings.iter().enumerate() {
        for (truth, other) in truths.iter().enumerate() {
            pairs.push((overlap(mask, other), finding, truth));
        }
    }
    pairs.retain(|pair| pair.0 > 0.0);
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut used, mut found) = (vec![false; findings.len()], vec![false; truths.len()]);
    let (mut sum, mut count) = (0.0, 0.0);
    for (overlap, finding, truth) in pairs {
        if !used[finding] && !found[truth] {
            (used[finding], found[truth]) = (true, true);
            sum += overlap;
            count += 1.0;
        }
    }
    Cell::Value(if count > 0.0 { sum / count } else { 0.0 })
}

impl Prepared for UniBiomed {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of = |cells: &[[Cell; 4]], place: usize| {
            let weighted = cells.iter().enumerate().map(|(case, cells)| (weights.of(case), cells[place]));
            folded(FOLDS[place], weighted)
        };
        let by_class = self.by_class.iter().map(|cells| [0, 1, 2, 3].map(|place| of(cells, place))).collect::<Vec<_>>();
        let mut measured = Vec::new();
        for place in 0..4 {
            measured.push(if place < 2 {
                let values = by_class.iter().map(|class| class[place].statistic);
                let (statistic, _) = mean_of_defined(values, Undefined::Nothing);
                Measured { statistic, n: by_class.iter().map(|class| class[place].n).sum() }
            } else {
                of(&self.whole, place)
            });
        }
        if self.lines.len() > 4 {
            measured.extend(by_class.into_iter().flatten());
        }
        measured
    }
}
