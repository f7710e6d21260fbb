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
        "Hausdorff distance in the stacked volume, the mean of a patient's volumes that have one; mean over patients that have one.",
        Better::Lower,
    ),
    definition(
        "patient_hd95",
        "HD95 by patient",
        "HD95 in the stacked volume, the mean of a patient's volumes that have one; mean over patients that have one.",
        Better::Lower,
    ),
    definition(
        "patient_assd",
        "ASSD by patient",
        "ASSD in the stacked volume, the mean of a patient's volumes that have one; mean over patients that have one.",
        Better::Lower,
    ),
    definition(
        "patient_masd",
        "MASD by patient",
        "MASD in the stacked volume, the mean of a patient's volumes that have one; mean over patients that have one.",
        Better::Lower,
    ),
    definition(
        "patient_nsd",
        "NSD by patient",
        "Normalised surface distance in the stacked volume, 0 where one mask is empty; mean of a patient's volumes, then \
         over patients.",
        Better::Higher,
    ),
    definition(
        "hd95_undefined_patients",
        "Patients without a distance",
        "Patients of whom no volume has a distance: exactly one of both masks is empty, or the images make no volume.",
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
    /// Which of the patient's volumes it is of.
    volume: usize,
    found: Volume,
    truth: Volume,
    pixels: Pixels,
}

/// A patient's images of one class, volume by volume, and in each in their order in space, or else of the cases.
struct Patient {
    slices: Vec<Slice>,
    /// Of each volume.
    spacings: Vec<Spacing>,
    tolerance: f64,
    threshold: f64,
    /// All images together.
    whole: Option<PatientScore>,
}

/// Voxel spacing of a volume.
#[derive(Clone, Copy)]
enum Spacing {
    Known([f64; 3]),
    /// Pixels have a size, slices have no distance, or either differs within the volume.
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
            "{}; images of one patient (attribute patient) pooled; those of one stack and time (attribute time), or of \
             no stack, make one volume where all have one size, in the order of the stack, or else of the cases, with the distance between slices from the attribute slice_spacing (1 where no pixel spacing is known \
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
            let volumes = volumes(scope, cases);
            let slices = volumes.iter().enumerate().flat_map(|(volume, cases)| {
                cases.iter().map(move |&case| {
                    let Unions { found, truth, pixels } = Unions::of(scope, &scope.cases[case], class);
                    Slice { case, volume, found, truth, pixels }
                })
            });
            let spacings = volumes.iter().map(|cases| spacing(cases.iter().map(|&case| &scope.cases[case])));
            let mut patient = Patient {
                slices: slices.collect(),
                spacings: spacings.collect(),
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

/// A patient's cases by the volume that they are slices of: one for every stack and time, in the order of their first
/// cases, and one of what is in no stack.
fn volumes(scope: &Scope<'_>, cases: &[usize]) -> Vec<Vec<usize>> {
    let slice = |case: usize| scope.cases[case].entry.case().slice.as_ref();
    let mut volumes = BTreeMap::<_, Vec<usize>>::new();
    for &case in cases {
        let stack = slice(case).map(|slice| slice.stack.as_str());
        let time = stack.and_then(|_| scope.cases[case].entry.case().attributes.get("time"));
        volumes.entry((stack, time)).or_default().push(case);
    }
    let mut volumes = volumes.into_values().collect::<Vec<_>>();
    volumes.sort_by_key(|cases| cases.first().copied());
    for cases in &mut volumes {
        cases.sort_by_key(|&case| (slice(case).map(|slice| slice.index), case));
    }
    volumes
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
        let volumes = self.spacings.iter().enumerate().filter_map(|(volume, &spacing)| {
            let slices = slices.iter().copied().filter(|slice| slice.volume == volume).collect::<Vec<_>>();
            (!slices.is_empty()).then(|| self.score_volume(&slices, spacing))
        });
        let (mut distances, mut components) = (Vec::new(), None);
        for (cells, tally) in volumes {
            distances.push(cells);
            if let Some(tally) = tally {
                components.get_or_insert_with(ComponentTally::default).add(&tally, 1);
            }
        }
        let [hd, hd95, assd, masd, nsd] = std::array::from_fn(|place| mean(distances.iter().map(|cells| cells[place])));
        PatientScore { cells: [dice, iou, sensitivity, precision, error, hd, hd95, assd, masd, nsd, hd95], components }
    }

    /// Distances in one volume, and its components where the slices make one.
    fn score_volume(&self, slices: &[&Slice], spacing: Spacing) -> ([Cell; 5], Option<ComponentTally>) {
        let pixels = slices.iter().fold(Pixels::default(), |sum, slice| sum.join(slice.pixels));
        let volumes = |spacing: [f64; 3]| {
            let stack = |of: fn(&Slice) -> &Volume| {
                Volume::stacked(&slices.iter().map(|slice| of(slice)).collect::<Vec<_>>(), spacing)
            };
            stack(|slice| &slice.found).zip(stack(|slice| &slice.truth))
        };
        let stacked = match spacing {
            Spacing::Known(spacing) => volumes(spacing),
            Spacing::Unknown => None,
        };
        let distances =
            stacked.as_ref().and_then(|(found, truth)| surface_distances(found, truth, Surface::BorderVoxels));
        let cells = match (distances, pixels.empty()) {
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
        (cells, components)
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

/// The mean of the values there are; without any, why a number is missing, or else that nothing is asked for.
fn mean(cells: impl Iterator<Item = Cell>) -> Cell {
    let (mut sum, mut count, mut missing) = (0.0, 0_u32, None);
    for cell in cells {
        match cell {
            Cell::Value(value) => (sum, count) = (sum + value, count + 1),
            Cell::Missing(reason) => missing = missing.or(Some(reason)),
            Cell::Skipped => {}
        }
    }
    if count > 0 { Cell::Value(sum / f64::from(count)) } else { missing.map_or(Cell::Skipped, Cell::Missing) }
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
