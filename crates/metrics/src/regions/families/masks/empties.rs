//! Dice as published systems compute it, which differ in what they say of two empty masks.

use groundglass_types::{Convention, EmptyBoth, Pairing, Undefined};

use super::case_means::{CaseMeans, Cell, Fold, Row};
use super::{Family, classes, family, union_words};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::mask_unions::{Pixels, Unions};
use crate::regions::scope::Scope;
use crate::surface::{Surface, surface_distances};

pub(in crate::regions::families) const FLAIR: Family = family("flair", false, FLAIR_DEFINITIONS, prepare_flair);
pub(in crate::regions::families) const MGCA: Family = family("mgca", false, MGCA_DEFINITIONS, prepare_mgca);
pub(in crate::regions::families) const UPL_SFDA: Family = family("upl_sfda", false, UPL_DEFINITIONS, prepare_upl_sfda);

const FLAIR_DEFINITIONS: &[Definition] = &[Definition {
    id: "flair_dice",
    name: "Dice (FLAIR)",
    definition: "Dice of the foreground, 1 where both masks are empty; mean over cases.",
    source: "FLAIR, flair/utils/metrics.py (dice, non_seg_score 1)",
    better: Better::Higher,
}];

const MGCA_DEFINITIONS: &[Definition] = &[Definition {
    id: "mgca_dice",
    name: "Dice (MGCA)",
    definition: "Dice of the foreground; of a case without truth 1 where nothing was found and 0 otherwise; mean over \
                 cases.",
    source: "MGCA, segmentation evaluation with negatives",
    better: Better::Higher,
}];

const UPL_DEFINITIONS: &[Definition] = &[
    Definition {
        id: "upl_sfda_dice",
        name: "Dice (UPL-SFDA)",
        definition: "Dice of the foreground with 1e-7 added above and below, hence 1 where both masks are empty; mean \
                     over cases.",
        source: "UPL-SFDA, metrics.py (dice_eval)",
        better: Better::Higher,
    },
    Definition {
        id: "upl_sfda_assd",
        name: "ASSD (UPL-SFDA)",
        definition: "medpy's assd in pixels, whatever their spacing; none where any case has an empty mask, since \
                     medpy stops there.",
        source: "UPL-SFDA, metrics.py (assd_eval)",
        better: Better::Lower,
    },
    Definition {
        id: "upl_sfda_hd95",
        name: "HD95 (UPL-SFDA)",
        definition: "medpy's hd95 (both directions together) in pixels, whatever their spacing; none where any case \
                     has an empty mask, since medpy stops there.",
        source: "UPL-SFDA, metrics.py (hd95_eval)",
        better: Better::Lower,
    },
];

/// Dice, 1 where both are empty.
pub(super) fn dice_or_one(pixels: &Pixels) -> Cell {
    match Cell::ratio(2.0 * pixels.both as f64, (pixels.found + pixels.truth) as f64) {
        Cell::Skipped => Cell::Value(1.0),
        dice => dice,
    }
}

fn prepare<const N: usize>(
    scope: &Scope<'_>,
    name: &str,
    ids: [(&'static str, Fold); N],
    words: &str,
    cells: fn(Unions) -> [Cell; N],
) -> Box<dyn Prepared> {
    let rows = classes(scope).map(|class| {
        let cases = scope.cases.iter().enumerate();
        let cells = cases.map(|(index, case)| (index, cells(Unions::of(scope, case, class)))).collect();
        let words = format!("{}; {words}; mean over all cases; n counts cases", union_words(scope, class));
        let convention = Convention {
            empty_both: Some(EmptyBoth::Perfect),
            pairing: Some(Pairing::Union),
            ..Convention::new(name, words)
        };
        Row { class, convention, cells }
    });
    CaseMeans::prepared(scope, ids, rows)
}

fn prepare_flair(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let words = "Dice 1 where both are empty";
    prepare(scope, FLAIR.convention, [("flair_dice", Fold::Mean)], words, |unions| [dice_or_one(&unions.pixels)])
}

fn prepare_mgca(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let words = "without truth Dice is 1 where nothing was found and 0 otherwise";
    prepare(scope, MGCA.convention, [("mgca_dice", Fold::Mean)], words, |unions| [dice_or_one(&unions.pixels)])
}

fn prepare_upl_sfda(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let ids = [("upl_sfda_dice", Fold::Mean), ("upl_sfda_assd", Fold::StrictMean), ("upl_sfda_hd95", Fold::StrictMean)];
    let words = "Dice with 1e-7 above and below; distances in pixels, undefined where any case has an empty mask";
    prepare(scope, UPL_SFDA.convention, ids, words, |unions| {
        let Pixels { found, truth, both, .. } = unions.pixels;
        let dice = Cell::Value((2.0 * both as f64 + 1e-7) / ((found + truth) as f64 + 1e-7));
        let missing = Cell::Missing(unions.pixels.empty().unwrap_or(Undefined::Nothing));
        let (found, truth) = (unions.found.in_voxels(), unions.truth.in_voxels());
        match surface_distances(&found, &truth, Surface::BorderVoxels) {
            Some(distances) => {
                [dice, Cell::Value(distances.average_symmetric()), Cell::Value(distances.pooled_percentile(0.95))]
            }
            None => [dice, missing, missing],
        }
    })
}
