//! The same of patients: their images stacked to a volume, where they can be.

use std::collections::BTreeMap;

use groundglass_types::{Convention, EmptyBoth, Pairing, Statistic, Undefined};

use super::case_means::{Cell, Fold, folded};
use super::components::ComponentTally;
use super::{Family, classes, family, spacing_words, union_words};
use crate::engine::{Better, Definition, Line, Measured, Prepared, Weights};
use crate::regions::mask_unions::{Pixels, Unions, spacing_of};
use crate::regions::scope::{Scope, ScopedCase};
use crate::surface::{Connectivity, Surface, Volume, is_usable_spacing, surface_distances};

pub(in crate::regions::families) const FAMILY: Family = family("patients", true, DEFINITIONS, prepare);

const SOURCE: &str = "Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded), images of one patient as one volume";

const fn definition(id: &'static str, name: &'static str, definition: &'static str, better: Better) -> Definition {
    Definition { id, name, definition, source: SOURCE, better }
}

const DEFINITIONS: &[Definition] = &[
    definition(
        "patient_dice",
        "Dice by patient",
        "Dice of all of a patient's images; mean over patients.",
        Better::Higher,
    ),
    definition(
        "patient_foreground_iou",
        "IoU by patient",
        "IoU of all of a patient's images together; mean over patients.",
        Better::Higher,
    ),
    definition(
        "patient_pixel_sensitivity",
        "Sensitivity by patient (voxels)",
        "Share of the truth's voxels in a patient that are found; mean over patients.",
        Better::Higher,
    ),
    definition(
        "patient_pixel_precision",
        "Precision by patient (voxels)",
        "Share of the found voxels in a patient that lie in the truth; mean over patients.",
        Better::Higher,
    ),
    definition(
        "patient_relative_volume_error",
        "Relative volume error by patient",
        "Absolute difference of found and true volume over true volume; mean over patients.",
        Better::Lower,
    ),
    definition(
        "patient_hd",
        "Hausdorff distance by patient",
        "Hausdorff distance in the stacked volume; mean over patients that have one.",
        Better::Lower,
    ),
    definition(
        "patient_hd95",
        "HD95 by patient",
        "HD95 in the stacked volume; mean over patients that have one.",
        Better::Lower,
    ),
    definition(
        "patient_assd",
        "ASSD by patient",
        "ASSD in the stacked volume; mean over patients that have one.",
        Better::Lower,
    ),
    definition(
        "patient_masd",
        "MASD by patient",
        "MASD in the stacked volume; mean over patients that have one.",
        Better::Lower,
    ),
    definition(
        "patient_nsd",
        "NSD by patient",
        "Normalised surface distance in the stacked volume, 0 where one mask is empty; mean over patients.",
        Better::Higher,
    ),
    definition(
        "hd95_undefined_patients",
        "Patients without a distance",
        "Patients where exactly one of both masks is empty, or whose images make no volume.",
        Better::Lower,
    ),
    definition(
        "patient_component_sensitivity",
        "Lesion sensitivity in volumes",
        "Share of the truth's connected components in the stacked volumes that share a voxel with what was found.",
        Better::Higher,
    ),
    definition(
        "patient_component_precision",
        "Lesion precision in volumes",
        "Share of the found connected components in the stacked volumes that share a voxel with the truth.",
        Better::Higher,
    ),
    definition(
        "patient_component_f1",
        "Lesion F1 in volumes",
        "Harmonic mean of lesion sensitivity and precision in the stacked volumes.",
        Better::Higher,
    ),
    definition(
        "patient_component_dice",
        "Lesion Dice in volumes",
        "Dice of each true component with all found components that touch it together, summed, over the count of \
         true components and of found ones that touch none.",
        Better::Higher,
    ),
];

const MEANS: [Fold; 11] = [
    Fold::Mean,
    Fold::Mean,
    Fold::Mean,
    Fold::Mean,
    Fold::Mean,
    Fold::Mean,
    Fold::Mean,
    Fold::Mean,
    Fold::Mean,
    Fold::Mean,
    Fold::CountMissing,
];

/// One image of a patient.
struct Slice {
    case: usize,
    found: Volume,
    truth: Volume,
    pixels: Pixels,
}

/// A patient's images of one class, in the order of the cases.
struct Patient {
    slices: Vec<Slice>,
    spacing: Spacing,
    tolerance: f64,
    threshold: f64,
    /// All images together.
    whole: Option<PatientScore>,
}

/// Voxel spacing of a patient's volume.
#[derive(Clone, Copy)]
enum Spacing {
    Known([f64; 3]),
    /// Pixels have a size, slices have no distance, or either differs within the patient.
    Unknown,
}

#[derive(Clone)]
struct PatientScore {
    cells: [Cell; 11],
    /// `None` where the images make no volume.
    components: Option<ComponentTally>,
}

struct Patients {
    lines: Vec<Line>,
    groups: Vec<Vec<Patient>>,
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let mut by_patient = BTreeMap::<&str, Vec<usize>>::new();
    for (index, case) in scope.cases.iter().enumerate() {
        if let Some(name) = case.entry.case().attributes.get("patient") {
            by_patient.entry(name).or_default().push(index);
        }
    }
    // In the order of each patient's first case.
    let mut patients = by_patient.into_values().collect::<Vec<_>>();
    patients.sort_by_key(|cases| cases.first().copied());
    let (mut lines, mut groups) = (Vec::new(), Vec::new());
    for class in classes(scope).filter(|_| !patients.is_empty()) {
        let words = format!(
            "{}; images of one patient (attribute patient) stacked in the order of the cases where all have one size, \
             with the distance between slices from the attribute slice_spacing (1 where no pixel spacing is known \
             either); where the sizes or spacings differ or are unknown, counts of pixels are pooled and distances \
             undefined; border voxels have one of their 6 neighbours outside; {}; tolerance {}; lesions are connected \
             components with 26 neighbours, pooled over patients; mean over patients; a patient where both are empty \
             is skipped; n counts patients, or components",
            union_words(scope, class),
            spacing_words(scope),
            scope.options.surface_tolerance,
        );
        let convention = Convention {
            empty_both: Some(EmptyBoth::Skipped),
            pairing: Some(Pairing::Union),
            ..Convention::new(FAMILY.convention, words)
        };
        let class_name = scope.class_name(class);
        lines.extend(DEFINITIONS.iter().map(|definition| Line {
            id: definition.id,
            class: class_name.clone(),
            convention: convention.clone(),
        }));
        let patient = |cases: &Vec<usize>| {
            let slices = cases.iter().map(|&case| {
                let Unions { found, truth, pixels } = Unions::of(scope, &scope.cases[case], class);
                Slice { case, found, truth, pixels }
            });
            let mut patient = Patient {
                slices: slices.collect(),
                spacing: spacing(cases.iter().map(|&case| &scope.cases[case])),
                tolerance: scope.options.surface_tolerance,
                threshold: scope.options.iou_threshold,
                whole: None,
            };
            patient.whole = Some(patient.score(&patient.slices.iter().collect::<Vec<_>>()));
            patient
        };
        groups.push(patients.iter().map(patient).collect());
    }
    Box::new(Patients { lines, groups })
}

/// Along the columns, along the rows, between slices.
fn spacing<'a>(cases: impl Iterator<Item = &'a ScopedCase<'a>>) -> Spacing {
    let of_case = |case: &ScopedCase<'_>| {
        let between = case.entry.case().attributes.get("slice_spacing").and_then(|text| text.trim().parse().ok());
        (spacing_of(case), between.filter(|between: &f64| is_usable_spacing(*between)))
    };
    let mut all = cases.map(of_case);
    let Some(first) = all.next() else { return Spacing::Unknown };
    if all.any(|other| other != first) {
        return Spacing::Unknown;
    }
    match first {
        (None, None) => Spacing::Known([1.0; 3]),
        (Some([width, height]), Some(between)) => Spacing::Known([height, width, between]),
        _ => Spacing::Unknown,
    }
}

impl Patient {
    /// Of some of the patient's images.
    fn score(&self, slices: &[&Slice]) -> PatientScore {
        let pixels = slices.iter().fold(Pixels::default(), |sum, slice| sum.join(slice.pixels));
        let Pixels { found, truth, both, .. } = pixels;
        let (found, truth, both) = (found as f64, truth as f64, both as f64);
        let [dice, iou] = [Cell::ratio(2.0 * both, found + truth), Cell::ratio(both, found + truth - both)];
        let [sensitivity, precision] = [Cell::ratio(both, truth), Cell::ratio(both, found)];
        let error = Cell::ratio((found - truth).abs(), truth);
        let volumes = |spacing: [f64; 3]| {
            let stack = |of: fn(&Slice) -> &Volume| {
                Volume::stacked(&slices.iter().map(|slice| of(slice)).collect::<Vec<_>>(), spacing)
            };
            stack(|slice| &slice.found).zip(stack(|slice| &slice.truth))
        };
        let stacked = match self.spacing {
            Spacing::Known(spacing) => volumes(spacing),
            Spacing::Unknown => None,
        };
        let distances =
            stacked.as_ref().and_then(|(found, truth)| surface_distances(found, truth, Surface::BorderVoxels));
        let [hd, hd95, assd, masd, nsd] = match (distances, pixels.empty()) {
            (_, Some(Undefined::Nothing)) => [Cell::Skipped; 5],
            (_, Some(reason)) => {
                let missing = Cell::Missing(reason);
                [missing, missing, missing, missing, Cell::Value(0.0)]
            }
            (Some(distances), None) => [
                Cell::Value(distances.hausdorff()),
                Cell::Value(distances.hausdorff_percentile(0.95)),
                Cell::Value(distances.average_symmetric()),
                Cell::Value(distances.mean_average()),
                Cell::Value(distances.surface_dice(self.tolerance)),
            ],
            (None, None) => [Cell::Missing(Undefined::NotGiven); 5],
        };
        // Components do not depend on the spacing.
        let components = stacked.or_else(|| volumes([1.0; 3])).map(|(found, truth)| {
            let bounds = found.joint_bounds(&truth);
            bounds.map_or_else(ComponentTally::default, |bounds| {
                let (found, truth) = (found.cropped(bounds), truth.cropped(bounds));
                ComponentTally::of(&found, &truth, Connectivity::Corners, self.threshold)
            })
        });
        PatientScore { cells: [dice, iou, sensitivity, precision, error, hd, hd95, assd, masd, nsd, hd95], components }
    }

    /// How often the patient counts, and what they say then. A patient is drawn as a whole; where only some of the
    /// images count, these make the volume.
    fn weighted(&self, weights: &Weights) -> Option<(u32, PatientScore)> {
        let counted = self.slices.iter().filter(|slice| weights.of(slice.case) > 0).collect::<Vec<_>>();
        let times = counted.iter().map(|slice| weights.of(slice.case)).min()?;
        let whole = self.whole.as_ref().filter(|_| counted.len() == self.slices.len());
        Some((times, whole.cloned().unwrap_or_else(|| self.score(&counted))))
    }
}

impl Prepared for Patients {
    fn lines(&self) -> &[Line] {
        &self.lines
    }

    fn measure(&self, weights: &Weights) -> Vec<Measured> {
        let mut measured = Vec::with_capacity(self.lines.len());
        for group in &self.groups {
            let scores = group.iter().filter_map(|patient| patient.weighted(weights)).collect::<Vec<_>>();
            for (place, fold) in MEANS.iter().enumerate() {
                measured.push(folded(*fold, scores.iter().map(|(times, score)| (*times, score.cells[place]))));
            }
            let mut total = ComponentTally::default();
            let mut flat = false;
            for (times, score) in &scores {
                match &score.components {
                    Some(components) => total.add(components, *times),
                    None => flat = true,
                }
            }
            // Without any volume there is nothing to be missed either.
            let only_flat = total == ComponentTally::default() && flat;
            measured.extend(total.touching().map(|value| match value.statistic {
                Statistic::Undefined(_) if only_flat => {
                    Measured { statistic: Statistic::Undefined(Undefined::NotGiven), ..value }
                }
                _ => value,
            }));
        }
        measured
    }
}
