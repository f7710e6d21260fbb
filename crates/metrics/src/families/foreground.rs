//! Dice and IoU of all that was found against all that is there, pixel by pixel.

use groundglass_types::{Statistic, Undefined, Value};

use super::{Definition, Family};
use crate::RegionKind;
use crate::case_entry::LabelIndex;
use crate::foreground::Areas;
use crate::scope::{Scope, mean};

pub(super) const FAMILY: Family =
    Family { definitions: DEFINITIONS, region: Some(RegionKind::Mask), follows_thresholds: true, values };

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "dice",
        name: "Dice (foreground)",
        definition: "Twice the pixels of both the union of findings and the union of truths, over the sum of the \
                     two unions' pixels; mean over cases.",
        source: "Dice, Ecology 1945; Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded)",
    },
    Definition {
        id: "foreground_iou",
        name: "IoU (foreground)",
        definition: "Pixels of both the union of findings and the union of truths, over the pixels of either; mean \
                     over cases.",
        source: "Jaccard, New Phytologist 1912; Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded)",
    },
];

fn values(scope: &Scope<'_>) -> Vec<Value> {
    let mut values = of_class(scope, None);
    for &class in scope.separate_classes() {
        values.extend(of_class(scope, Some(class)));
    }
    values
}

fn of_class(scope: &Scope<'_>, class: Option<LabelIndex>) -> Vec<Value> {
    let areas = scope
        .cases
        .iter()
        .filter_map(|case| Some(case.entry.sweep(class)?.at(scope.options.score_threshold)))
        .collect::<Vec<_>>();
    let n = areas.iter().filter(|areas| areas.found + areas.truth > 0).count() as u64;
    let convention = format!(
        "union of the masks of findings with score >= {} against the union of truth masks{}; pixels of a crowd that \
         no other truth covers do not count; mean over cases; a case where both are empty is skipped; n counts cases",
        scope.options.score_threshold,
        if class.is_some() { "" } else { ", whatever their classes" },
    );
    [("dice", dice as fn(&Areas) -> Statistic), ("foreground_iou", iou)]
        .into_iter()
        .map(|(id, of_case)| {
            scope.value(id, mean(areas.iter().map(of_case), Undefined::Nothing), n, &convention, class)
        })
        .collect()
}

fn dice(areas: &Areas) -> Statistic {
    Statistic::ratio(2.0 * areas.both as f64, (areas.found + areas.truth) as f64, Undefined::Nothing)
}

fn iou(areas: &Areas) -> Statistic {
    Statistic::ratio(areas.both as f64, (areas.found + areas.truth - areas.both) as f64, Undefined::Nothing)
}
