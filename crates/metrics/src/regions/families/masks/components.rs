//! Lesions as connected components of the union masks.

use groundglass_types::{Admission, Convention, EmptyBoth, Pairing, Statistic, Undefined, WithoutTruth};

use super::{Family, classes, family, union_words};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::mask_unions::Unions;
use crate::regions::scope::Scope;
use crate::surface::{Connectivity, Volume};

pub(in crate::regions::families) const BY_CORNERS: Family =
    family("components", true, CORNER_DEFINITIONS, |scope| prepare(scope, &CORNERS));
pub(in crate::regions::families) const BY_FACES: Family =
    family("face_components", false, FACE_DEFINITIONS, |scope| prepare(scope, &FACES));

/// One flavour: which pixels are neighbours, and the ids of its lines.
struct Flavour {
    convention: &'static str,
    connectivity: Connectivity,
    neighbours: &'static str,
    definitions: &'static [Definition],
}

const CORNERS: Flavour = Flavour {
    convention: BY_CORNERS.convention,
    connectivity: Connectivity::Corners,
    neighbours: "8",
    definitions: CORNER_DEFINITIONS,
};
const FACES: Flavour = Flavour {
    convention: BY_FACES.convention,
    connectivity: Connectivity::Faces,
    neighbours: "4",
    definitions: FACE_DEFINITIONS,
};

const SOURCE: &str = "Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded, per-component detection)";

const fn definition(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: SOURCE, better: Better::Higher }
}

const SENSITIVITY: &str = "Share of the truth's connected components that share a pixel with what was found.";
const PRECISION: &str = "Share of the found connected components that share a pixel with the truth.";
const F1: &str = "Harmonic mean of the shares of true and of found components that share a pixel with the other side.";
const DICE: &str = "Dice of each true component with all found components that touch it together, summed, over the \
                    count of true components and of found ones that touch none (BraTS 2023, lesion-wise).";
const IOU_SENSITIVITY: &str = "Share of the true components that are paired with a found one at the IoU threshold.";
const IOU_PRECISION: &str = "Share of the found components that are paired with a true one at the IoU threshold.";
const IOU_F1: &str = "2 TP / (2 TP + FP + FN) of components paired at the IoU threshold.";

const CORNER_DEFINITIONS: &[Definition] = &[
    definition("component_sensitivity", "Lesion sensitivity (any overlap)", SENSITIVITY),
    definition("component_precision", "Lesion precision (any overlap)", PRECISION),
    definition("component_f1", "Lesion F1 (any overlap)", F1),
    definition("component_dice", "Lesion Dice", DICE),
    definition("component_sensitivity_iou", "Lesion sensitivity (IoU)", IOU_SENSITIVITY),
    definition("component_precision_iou", "Lesion precision (IoU)", IOU_PRECISION),
    definition("component_f1_iou", "Lesion F1 (IoU)", IOU_F1),
];

const FACE_DEFINITIONS: &[Definition] = &[
    definition("face_component_sensitivity", "Lesion sensitivity (any overlap, 4 neighbours)", SENSITIVITY),
    definition("face_component_precision", "Lesion precision (any overlap, 4 neighbours)", PRECISION),
    definition("face_component_f1", "Lesion F1 (any overlap, 4 neighbours)", F1),
    definition("face_component_dice", "Lesion Dice (4 neighbours)", DICE),
    definition("face_component_sensitivity_iou", "Lesion sensitivity (IoU, 4 neighbours)", IOU_SENSITIVITY),
    definition("face_component_precision_iou", "Lesion precision (IoU, 4 neighbours)", IOU_PRECISION),
    definition("face_component_f1_iou", "Lesion F1 (IoU, 4 neighbours)", IOU_F1),
];

/// Components of one case or patient.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ComponentTally {
    truths: u64,
    found: u64,
    truths_touched: u64,
    found_touching: u64,
    /// One-to-one pairs at the IoU threshold.
    paired: u64,
    dice_sum: f64,
}

impl ComponentTally {
    /// Components of two masks on one grid. A pair has at least the IoU `threshold` and a voxel in common; pairs are
    /// made one to one from the highest IoU down.
    pub fn of(found: &Volume, truth: &Volume, connectivity: Connectivity, threshold: f64) -> Self {
        let (found, truth) = (found.components(connectivity), truth.components(connectivity));
        let shared = truth.shared_with(&found);
        let (mut truth_joined, mut touching) = (vec![(0, 0); truth.sizes().len()], vec![false; found.sizes().len()]);
        let mut pairs = Vec::new();
        for (&(of_truth, of_found), &both) in &shared {
            let (area, other) = (truth.sizes()[of_truth], found.sizes()[of_found]);
            touching[of_found] = true;
            truth_joined[of_truth].0 += both;
            truth_joined[of_truth].1 += other;
            let iou = both as f64 / (area + other - both) as f64;
            if iou >= threshold {
                pairs.push((iou, of_truth, of_found));
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut free_truth, mut free_found) = (vec![true; truth.sizes().len()], vec![true; found.sizes().len()]);
        let mut paired = 0;
        for (_, of_truth, of_found) in pairs {
            if free_truth[of_truth] && free_found[of_found] {
                (free_truth[of_truth], free_found[of_found]) = (false, false);
                paired += 1;
            }
        }
        let dice = truth_joined.iter().zip(truth.sizes());
        let count = |touched: usize| touched as u64;
        Self {
            truths: count(truth.sizes().len()),
            found: count(found.sizes().len()),
            truths_touched: count(truth_joined.iter().filter(|(both, _)| *both > 0).count()),
            found_touching: count(touching.iter().filter(|touching| **touching).count()),
            paired,
            dice_sum: dice.map(|((both, found), area)| 2.0 * *both as f64 / (found + area) as f64).sum(),
        }
    }

    /// The same added `times` times over.
    pub fn add(&mut self, other: &Self, times: u32) {
        let weight = u64::from(times);
        self.truths += weight * other.truths;
        self.found += weight * other.found;
        self.truths_touched += weight * other.truths_touched;
        self.found_touching += weight * other.found_touching;
        self.paired += weight * other.paired;
        self.dice_sum += f64::from(times) * other.dice_sum;
    }

    /// Sensitivity, precision, F1 and Dice at any overlap.
    pub fn touching(&self) -> [Measured; 4] {
        let (none, no_truth, no_found) = (Undefined::Nothing, Undefined::NoTruth, Undefined::NoFindings);
        let sensitivity = ratio(self.truths_touched as f64, self.truths, no_truth);
        let precision = ratio(self.found_touching as f64, self.found, no_found);
        let f1 = match (sensitivity.statistic, precision.statistic) {
            (Statistic::Value(a), Statistic::Value(b)) => {
                Statistic::Value(if a + b > 0.0 { 2.0 * a * b / (a + b) } else { 0.0 })
            }
            (Statistic::Undefined(_), Statistic::Undefined(_)) => Statistic::Undefined(none),
            _ => Statistic::Value(0.0),
        };
        let all = self.truths + self.found - self.found_touching;
        let f1 = Measured { statistic: f1, n: self.truths + self.found };
        [sensitivity, precision, f1, ratio(self.dice_sum, all, none)]
    }

    /// Sensitivity, precision and F1 at the IoU threshold.
    fn paired(&self) -> [Measured; 3] {
        let paired = self.paired as f64;
        [
            ratio(paired, self.truths, Undefined::NoTruth),
            ratio(paired, self.found, Undefined::NoFindings),
            ratio(2.0 * paired, self.truths + self.found, Undefined::Nothing),
        ]
    }
}

fn ratio(numerator: f64, denominator: u64, reason: Undefined) -> Measured {
    Measured { statistic: Statistic::ratio(numerator, denominator as f64, reason), n: denominator }
}

struct ByComponents {
    lines: Vec<Line>,
    groups: Vec<Vec<ComponentTally>>,
}

fn prepare(scope: &Scope<'_>, flavour: &Flavour) -> Box<dyn Prepared> {
    let (mut lines, mut groups) = (Vec::new(), Vec::new());
    let threshold = scope.options.iou_threshold;
    for class in classes(scope) {
        let words = format!(
            "{}; lesions are connected components of each side, pixels with {} neighbours; any overlap is a pixel in \
             common; at IoU >= {threshold} components are paired one to one from the highest IoU down; pooled over \
             cases; n counts the components of the denominator",
            union_words(scope, class),
            flavour.neighbours,
        );
        let convention = Convention {
            admission: Some(Admission::AtLeast),
            empty_both: Some(EmptyBoth::Skipped),
            without_truth: Some(WithoutTruth::Counted),
            pairing: Some(Pairing::GreedyByIou),
            ..Convention::new(flavour.convention, words)
        };
        let class_name = scope.class_name(class);
        lines.extend(flavour.definitions.iter().map(|definition| Line {
            id: definition.id,
            class: class_name.clone(),
            convention: convention.clone(),
        }));
        groups.push(
            scope
                .cases
                .iter()
                .map(|case| {
                    let unions = Unions::of(scope, case, class);
                    let cropped = unions.cropped();
                    cropped.map_or_else(ComponentTally::default, |(found, truth)| {
                        ComponentTally::of(&found, &truth, flavour.connectivity, threshold)
                    })
                })
                .collect(),
        );
    }
    Box::new(ByComponents { lines, groups })
}

impl Prepared for ByComponents {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let mut measured = Vec::with_capacity(self.lines.len());
        for group in &self.groups {
            let mut total = ComponentTally::default();
            group.iter().enumerate().for_each(|(case, tally)| total.add(tally, weights.of(case)));
            measured.extend(total.touching());
            measured.extend(total.paired());
        }
        measured
    }
}
