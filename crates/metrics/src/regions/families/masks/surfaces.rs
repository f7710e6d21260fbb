//! How far the outlines of what was found and of what is there lie apart.

use groundglass_types::{Convention, EmptyBoth, Pairing, Undefined};

use super::case_means::{CaseMeans, Cell, Fold, Row};
use super::{Family, classes, family, spacing_words, union_words};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::mask_unions::Unions;
use crate::regions::scope::Scope;
use crate::surface::{Surface, surface_distances};

pub(in crate::regions::families) const FAMILY: Family = family("default", true, DEFINITIONS, prepare);

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "hd",
        name: "Hausdorff distance",
        definition: "Largest distance from a border pixel of either mask to the border of the other; mean over the \
                     cases where neither is empty.",
        source: "Huttenlocher et al., IEEE Trans. Pattern Anal. Mach. Intell. 1993",
        better: Better::Lower,
    },
    Definition {
        id: "hd95",
        name: "Hausdorff distance, 95th percentile (HD95)",
        definition: "The larger of the two directions' 95th percentile of the distances from border pixels to the \
                     other's border; mean over the cases where neither is empty. hd95_undefined_cases belongs to it.",
        source: "Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded)",
        better: Better::Lower,
    },
    Definition {
        id: "assd",
        name: "Average symmetric surface distance (ASSD)",
        definition: "Mean distance of all border pixels of both masks to the other's border; mean over the cases \
                     where neither is empty.",
        source: "Heimann et al., IEEE Trans. Med. Imaging 2009",
        better: Better::Lower,
    },
    Definition {
        id: "masd",
        name: "Mean average surface distance (MASD)",
        definition: "Mean of the two directions' mean distances from border pixels to the other's border; mean over \
                     the cases where neither is empty.",
        source: "Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded)",
        better: Better::Lower,
    },
    Definition {
        id: "nsd",
        name: "Normalised surface distance (NSD)",
        definition: "Share of the border pixels of both masks that lie within the tolerance of the other's border; 0 \
                     where one is empty; mean over cases.",
        source: "Nikolov et al., J. Med. Internet Res. 2021; Seidlitz et al., Med. Image Anal. 2022",
        better: Better::Higher,
    },
    Definition {
        id: "hd95_undefined_cases",
        name: "Cases without a distance",
        definition: "Cases where exactly one of both masks is empty, which no mean of distances (hd, hd95, assd, \
                     masd) can hold: missed or invented altogether.",
        source: "Reinke et al., Nature Methods 2024 (pitfalls: empty masks)",
        better: Better::Lower,
    },
];

const IDS: [(&str, Fold); 6] = [
    ("hd", Fold::Mean),
    ("hd95", Fold::Mean),
    ("assd", Fold::Mean),
    ("masd", Fold::Mean),
    ("nsd", Fold::Mean),
    ("hd95_undefined_cases", Fold::CountMissing),
];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let tolerance = scope.options.surface_tolerance;
    let rows = classes(scope).map(|class| {
        let cases = scope.cases.iter().enumerate();
        let cells = cases.map(|(index, case)| (index, cells(&Unions::of(scope, case, class), tolerance)));
        let words = format!(
            "{}; border pixels have one of their 4 neighbours outside; {}; tolerance {tolerance}; mean over cases; a \
             case where both are empty is skipped; where one is, nsd is 0 and the distances are left out of their \
             means and counted in hd95_undefined_cases; n counts cases",
            union_words(scope, class),
            spacing_words(scope),
        );
        let convention = Convention {
            empty_both: Some(EmptyBoth::Skipped),
            pairing: Some(Pairing::Union),
            ..Convention::new(FAMILY.convention, words)
        };
        Row { class, convention, cells: cells.collect() }
    });
    CaseMeans::prepared(scope, IDS, rows)
}

fn cells(unions: &Unions, tolerance: f64) -> [Cell; 6] {
    match surface_distances(&unions.found, &unions.truth, Surface::BorderVoxels) {
        Some(distances) => {
            let hd95 = Cell::Value(distances.hausdorff_percentile(0.95));
            [
                Cell::Value(distances.hausdorff()),
                hd95,
                Cell::Value(distances.average_symmetric()),
                Cell::Value(distances.mean_average()),
                Cell::Value(distances.surface_dice(tolerance)),
                hd95,
            ]
        }
        None => match unions.pixels.empty().unwrap_or(Undefined::Nothing) {
            Undefined::Nothing => [Cell::Skipped; 6],
            reason => {
                let missing = Cell::Missing(reason);
                [missing, missing, missing, missing, Cell::Value(0.0), missing]
            }
        },
    }
}
