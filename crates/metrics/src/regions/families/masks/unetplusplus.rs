//! Dice and IoU as UNet++ computes them.

use groundglass_types::{Admission, Convention, EmptyBoth, Pairing, Undefined};

use super::case_means::{CaseMeans, Cell, Fold, Row};
use super::empties::dice_or_one;
use super::{Family, classes, family, union_words};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::mask_unions::{Pixels, Unions};
use crate::regions::scope::Scope;

pub(in crate::regions::families) const FAMILY: Family = family("unetplusplus", false, DEFINITIONS, prepare);

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "unetplusplus_dice",
        name: "Dice (UNet++)",
        definition: "Dice of the foreground, 1 where both masks are empty; mean over cases.",
        source: "UNet++, keras/helper_functions.py (compute_dice)",
        better: Better::Higher,
    },
    Definition {
        id: "unetplusplus_iou",
        name: "IoU (UNet++)",
        definition: "IoU of the foreground; 0 / 0, and so undefined over all, where both masks of a case are empty.",
        source: "UNet++, keras/helper_functions.py (compute_iou)",
        better: Better::Higher,
    },
    Definition {
        id: "unetplusplus_mean_iou",
        name: "Mean IoU (UNet++)",
        definition: "Mean IoU of foreground and background (of those that occur) at the score thresholds 0.5, 0.55, \
                     ... 0.95, a pixel's score being the highest of the findings that cover it; mean over thresholds, \
                     then over cases.",
        source: "UNet++, keras/helper_functions.py (mean_iou)",
        better: Better::Higher,
    },
];

const IDS: [(&str, Fold); 3] =
    [("unetplusplus_dice", Fold::Mean), ("unetplusplus_iou", Fold::StrictMean), ("unetplusplus_mean_iou", Fold::Mean)];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let rows = classes(scope).map(|class| {
        let cells = scope.cases.iter().enumerate().map(|(index, case)| {
            let pixels = Unions::of(scope, case, class).pixels;
            let union = (pixels.found + pixels.truth - pixels.both) as f64;
            let iou =
                if union > 0.0 { Cell::Value(pixels.both as f64 / union) } else { Cell::Missing(Undefined::Nothing) };
            // numpy's arange(0.5, 1, 0.05).
            let thresholds = (0..10).map(|step| 0.5 + f64::from(step) * 0.05);
            let ious = thresholds
                .filter_map(|threshold| two_class_iou(&Unions::at(case, class, &|score| score > threshold).pixels));
            let (sum, count) = ious.fold((0.0, 0.0), |(sum, count), iou| (sum + iou, count + 1.0));
            (index, [dice_or_one(&pixels), iou, Cell::ratio(sum, count)])
        });
        let cells = cells.collect();
        let words = format!(
            "{}; Dice 1 and IoU undefined where both are empty; the mean IoU uses scores > t, whatever the score \
             threshold; mean over all cases; n counts cases",
            union_words(scope, class)
        );
        let convention = Convention {
            admission: Some(Admission::Above),
            empty_both: Some(EmptyBoth::Perfect),
            pairing: Some(Pairing::Union),
            ..Convention::new(FAMILY.convention, words)
        };
        Row { class, convention, cells }
    });
    CaseMeans::prepared(scope, IDS, rows)
}

/// The mean IoU of foreground and background, of those that occur on either side.
fn two_class_iou(pixels: &Pixels) -> Option<f64> {
    let Pixels { found, truth, both, all } = *pixels;
    let union = found + truth - both;
    let foreground = (union > 0).then(|| both as f64 / union as f64);
    let neither = all.saturating_sub(both);
    let background = (neither > 0).then(|| all.saturating_sub(union) as f64 / neither as f64);
    match (foreground, background) {
        (Some(foreground), Some(background)) => Some(0.5 * (foreground + background)),
        (one, other) => one.or(other),
    }
}
