//! Dice and IoU of all that was found against all that is there, pixel by pixel.

use groundglass_types::{Convention, EmptyBoth, Pairing, Statistic, Undefined};

use super::{Family, Pace};
use crate::engine::math::weighted_mean;
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::RegionKind;
use crate::regions::case_entry::LabelIndex;
use crate::regions::foreground::Areas;
use crate::regions::scope::Scope;

pub(super) const FAMILY: Family = Family {
    convention: "default",
    by_default: true,
    definitions: DEFINITIONS,
    region: Some(RegionKind::Mask),
    pace: Pace::Live,
    prepare,
};

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "dice",
        name: "Dice (foreground)",
        definition: "Twice the pixels of both the union of findings and the union of truths, over the sum of the \
                     two unions' pixels; mean over cases.",
        source: "Dice, Ecology 1945; Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded)",
        better: Better::Higher,
    },
    Definition {
        id: "foreground_iou",
        name: "IoU (foreground)",
        definition: "Pixels of both the union of findings and the union of truths, over the pixels of either; mean \
                     over cases.",
        source: "Jaccard, New Phytologist 1912; Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded)",
        better: Better::Higher,
    },
];

/// What the areas of one case say.
type OfAreas = fn(&Areas) -> Statistic;

const LINES: [(&str, OfAreas); 2] = [("dice", dice), ("foreground_iou", iou)];

/// The areas of every case, over all classes and by class.
struct Foreground {
    lines: Vec<Line>,
    groups: Vec<Vec<(usize, Areas)>>,
    /// How many cases there are.
    cases: usize,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let (mut lines, mut groups) = (Vec::new(), Vec::new());
    for class in std::iter::once(None).chain(scope.separate_classes().iter().copied().map(Some)) {
        let convention = convention(scope, class);
        lines.extend(LINES.map(|(id, _)| Line { id, class: scope.class_name(class), convention: convention.clone() }));
        let cases = scope.cases.iter().enumerate();
        let areas =
            cases.filter_map(|(index, case)| Some((index, case.entry.sweep(class)?.at(scope.options.score_threshold))));
        groups.push(areas.collect());
    }
    Box::new(Foreground { lines, groups, cases: scope.cases.len() })
}

fn convention(scope: &Scope<'_>, class: Option<LabelIndex>) -> Convention {
    let words = format!(
        "union of the masks of findings with score >= {} against the union of truth masks{}; pixels of a crowd that \
         no other truth covers do not count; mean over cases; a case where both are empty is skipped; n counts cases",
        scope.options.score_threshold,
        if class.is_some() { "" } else { ", whatever their classes" },
    );
    Convention {
        empty_both: Some(EmptyBoth::Skipped),
        pairing: Some(Pairing::Union),
        ..Convention::new(FAMILY.convention, words)
    }
}

impl Prepared for Foreground {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let of_group = |group: &Vec<(usize, Areas)>| {
            LINES.map(|(_, of_case)| {
                let by_case = group.iter().map(|(case, areas)| (*case, of_case(areas)));
                let (statistic, n) = weighted_mean(by_case, weights, Undefined::Nothing);
                Measured { statistic, n }
            })
        };
        self.groups.iter().flat_map(of_group).collect()
    }

    fn case_values(&self) -> Option<Vec<Vec<Statistic>>> {
        let of_group = |group: &Vec<(usize, Areas)>| {
            LINES.map(|(_, of_case)| {
                let mut values = vec![Statistic::Undefined(Undefined::Nothing); self.cases];
                for (case, areas) in group {
                    if let (Some(value), Statistic::Value(number)) = (values.get_mut(*case), of_case(areas)) {
                        *value = Statistic::ratio(number, 1.0, Undefined::Nothing);
                    }
                }
                values
            })
        };
        Some(self.groups.iter().flat_map(of_group).collect())
    }
}

fn dice(areas: &Areas) -> Statistic {
    Statistic::ratio(2.0 * areas.both as f64, (areas.found + areas.truth) as f64, Undefined::Nothing)
}

fn iou(areas: &Areas) -> Statistic {
    Statistic::ratio(areas.both as f64, (areas.found + areas.truth - areas.both) as f64, Undefined::Nothing)
}
