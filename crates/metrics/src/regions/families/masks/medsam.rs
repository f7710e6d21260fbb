//! Dice and surface Dice as LiteMedSAM's evaluation computes them.

use groundglass_types::{Convention, Pairing};

use super::case_means::{CaseMeans, Cell, Fold, Row};
use super::{Family, classes, family, union_words};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::case_entry::LabelIndex;
use crate::regions::mask_unions::Unions;
use crate::regions::scope::{Scope, ScopedCase};
use crate::surface::{Surface, surface_distances};

pub(in crate::regions::families) const FAMILY: Family = family("medsam", false, DEFINITIONS, prepare);

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "medsam_dsc",
        name: "DSC (LiteMedSAM)",
        definition: "Dice of each class that the case's truth has, mean over these classes, then over cases.",
        source: "LiteMedSAM, evaluation/compute_metrics.py",
        better: Better::Higher,
    },
    Definition {
        id: "medsam_nsd",
        name: "NSD (LiteMedSAM)",
        definition: "Surface Dice of each class that the case's truth has, at a tolerance of 2 pixels, mean over \
                     these classes, then over cases; 0 without being computed where the case's mean Dice is at most \
                     0.2. Fault kept: an image is measured as a slab one voxel thick, whose faces count as surface.",
        source: "LiteMedSAM, evaluation/compute_metrics.py and SurfaceDice.py",
        better: Better::Higher,
    },
];

const IDS: [(&str, Fold); 2] = [("medsam_dsc", Fold::Mean), ("medsam_nsd", Fold::Mean)];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let by_case = scope.cases.iter().map(|case| of_classes(scope, case)).collect::<Vec<_>>();
    let rows = classes(scope).map(|class| {
        let cells = by_case.iter().enumerate().map(|(index, scores)| {
            let scores = scores.iter().filter(|score| class.is_none_or(|class| class == score.class));
            let (dice, nsd, count) =
                scores.fold((0.0, 0.0, 0.0), |sum, score| (sum.0 + score.dice, sum.1 + score.nsd, sum.2 + 1.0));
            (index, [Cell::ratio(dice, count), Cell::ratio(nsd, count)])
        });
        let cells = cells.collect();
        let words = format!(
            "{}; class by class within each case, over the classes that its truth has; tolerance 2 pixels, whatever \
             the spacing and the tolerance chosen; mean over cases; cases without truth are left out; n counts cases",
            union_words(scope, class)
        );
        let convention = Convention { pairing: Some(Pairing::Union), ..Convention::new(FAMILY.convention, words) };
        Row { class, convention, cells }
    });
    CaseMeans::prepared(scope, IDS, rows)
}

struct ClassScore {
    class: LabelIndex,
    dice: f64,
    nsd: f64,
}

/// The scores of the classes that the case's truth has.
fn of_classes(scope: &Scope<'_>, case: &ScopedCase<'_>) -> Vec<ClassScore> {
    let classes = scope.classes.iter().map(|&class| (class, Unions::of(scope, case, Some(class))));
    let present = classes.filter(|(_, unions)| unions.pixels.truth > 0).collect::<Vec<_>>();
    let dice = |unions: &Unions| {
        let pixels = unions.pixels;
        2.0 * pixels.both as f64 / (pixels.found + pixels.truth) as f64
    };
    let mean = present.iter().map(|(_, unions)| dice(unions)).sum::<f64>() / present.len().max(1) as f64;
    let score = |(class, unions): (LabelIndex, Unions)| {
        let dice = dice(&unions);
        let (found, truth) = (unions.found.as_slab(), unions.truth.as_slab());
        let distances = if mean > 0.2 { surface_distances(&found, &truth, Surface::Elements) } else { None };
        ClassScore { class, dice, nsd: distances.map_or(0.0, |distances| distances.surface_dice(2.0)) }
    };
    present.into_iter().map(score).collect()
}
