//! Surface distances as MONAI, surface-distance and medpy give them, with what each says of empty masks.

use groundglass_types::{Convention, EmptyBoth, Pairing, Undefined};

use super::case_means::{CaseMeans, Cell, Fold, Row};
use super::{Family, classes, family, spacing_words, union_words};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::mask_unions::Unions;
use crate::regions::scope::Scope;
use crate::surface::{Surface, SurfaceDistances, surface_distances};

pub(in crate::regions::families) const MONAI: Family = family("monai", false, MONAI_DEFINITIONS, prepare_monai);
pub(in crate::regions::families) const SURFACE_DISTANCE: Family =
    family("surface_distance", false, SURFACE_DISTANCE_DEFINITIONS, prepare_surface_distance);
pub(in crate::regions::families) const MEDPY: Family = family("medpy", false, MEDPY_DEFINITIONS, prepare_medpy);

const fn definition(
    id: &'static str,
    name: &'static str,
    definition: &'static str,
    source: &'static str,
    better: Better,
) -> Definition {
    Definition { id, name, definition, source, better }
}

const MONAI_HD: &str = "monai 1.6.1, HausdorffDistanceMetric";
const MONAI_ASD: &str = "monai 1.6.1, SurfaceDistanceMetric";

const MONAI_DEFINITIONS: &[Definition] = &[
    definition(
        "monai_hd",
        "Hausdorff distance (MONAI)",
        "Largest distance between borders; infinite, and so undefined over all, where one mask of a case is empty.",
        MONAI_HD,
        Better::Lower,
    ),
    definition(
        "monai_hd95",
        "HD95 (MONAI)",
        "The larger of the two directions' 95th percentile. Fault kept: where one mask is empty it is NaN and drops \
         out of the mean, so that a miss improves it.",
        "monai 1.6.1, HausdorffDistanceMetric with percentile 95; Project-MONAI/MONAI#9095",
        Better::Lower,
    ),
    definition(
        "monai_asd",
        "Average surface distance (MONAI)",
        "Mean distance from the border of what was found to that of the truth; infinite, and so undefined over all, \
         where one mask of a case is empty.",
        MONAI_ASD,
        Better::Lower,
    ),
    definition(
        "monai_assd",
        "Average symmetric surface distance (MONAI)",
        "Mean distance of both borders to each other; infinite, and so undefined over all, where one mask of a case \
         is empty.",
        MONAI_ASD,
        Better::Lower,
    ),
    definition(
        "monai_nsd",
        "Surface Dice (MONAI)",
        "Share of both borders' pixels within the tolerance; 0 where one mask is empty.",
        "monai 1.6.1, SurfaceDiceMetric, use_subvoxels False",
        Better::Higher,
    ),
];

const PACKAGE: &str = "surface-distance 0.1 (google-deepmind)";

const SURFACE_DISTANCE_DEFINITIONS: &[Definition] = &[
    definition(
        "surface_distance_hd",
        "Hausdorff distance (surface-distance)",
        "Largest distance between surface elements; infinite, and so undefined over all, where either mask of a case \
         is empty, also where both are.",
        PACKAGE,
        Better::Lower,
    ),
    definition(
        "surface_distance_hd95",
        "Robust Hausdorff distance, 95 % (surface-distance)",
        "The larger of the two directions' distance within which 95 % of the contour's length lies; infinite, and so \
         undefined over all, where either mask of a case is empty, also where both are.",
        PACKAGE,
        Better::Lower,
    ),
    definition(
        "surface_distance_truth_to_found",
        "Average surface distance from truth (surface-distance)",
        "Mean distance from the truth's contour, weighted by length; infinite where nothing was found, NaN and left \
         out where there is no truth.",
        PACKAGE,
        Better::Lower,
    ),
    definition(
        "surface_distance_found_to_truth",
        "Average surface distance from findings (surface-distance)",
        "Mean distance from the found contour, weighted by length; infinite where there is no truth, NaN and left out \
         where nothing was found.",
        PACKAGE,
        Better::Lower,
    ),
    definition(
        "surface_distance_nsd",
        "Surface Dice (surface-distance)",
        "Share of both contours' length within the tolerance; 0 where one mask is empty.",
        PACKAGE,
        Better::Higher,
    ),
];

const RAISES: &str = "medpy 0.5.2, metric.binary";

const MEDPY_DEFINITIONS: &[Definition] = &[
    definition(
        "medpy_hd",
        "Hausdorff distance (medpy)",
        "Largest distance between borders; medpy stops where either mask of a case is empty.",
        RAISES,
        Better::Lower,
    ),
    definition(
        "medpy_hd95",
        "HD95 (medpy)",
        "95th percentile of the distances of both directions together; medpy stops where either mask is empty.",
        RAISES,
        Better::Lower,
    ),
    definition(
        "medpy_asd",
        "Average surface distance (medpy)",
        "Mean distance from the border of what was found to that of the truth; medpy stops where either mask of a \
         case is empty.",
        RAISES,
        Better::Lower,
    ),
    definition(
        "medpy_assd",
        "Average symmetric surface distance (medpy)",
        "Mean distance of both borders to each other; medpy stops where either mask of a case is empty.",
        RAISES,
        Better::Lower,
    ),
];

/// One line an id, by the cells of a case.
fn prepare<const N: usize>(
    scope: &Scope<'_>,
    name: &str,
    ids: [(&'static str, Fold); N],
    surface: Surface,
    words: &str,
    cells: impl Fn(Result<SurfaceDistances, Undefined>, f64) -> [Cell; N],
) -> Box<dyn Prepared> {
    let tolerance = scope.options.surface_tolerance;
    let rows = classes(scope).map(|class| {
        let cases = scope.cases.iter().enumerate().map(|(index, case)| {
            let unions = Unions::of(scope, case, class);
            let distances = surface_distances(&unions.found, &unions.truth, surface)
                .ok_or(unions.pixels.empty().unwrap_or(Undefined::Nothing));
            (index, cells(distances, tolerance))
        });
        let cells = cases.collect();
        let union = union_words(scope, class);
        let words = format!("{union}; {}; tolerance {tolerance}; {words}; n counts cases", spacing_words(scope));
        let convention = Convention {
            empty_both: (name != "medpy").then_some(EmptyBoth::Skipped),
            pairing: Some(Pairing::Union),
            ..Convention::new(name, words)
        };
        Row { class, convention, cells }
    });
    CaseMeans::prepared(scope, ids, rows)
}

fn prepare_monai(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let ids = [
        ("monai_hd", Fold::StrictMean),
        ("monai_hd95", Fold::Mean),
        ("monai_asd", Fold::StrictMean),
        ("monai_assd", Fold::StrictMean),
        ("monai_nsd", Fold::Mean),
    ];
    let words = "reduction mean: NaN is left out (both masks empty, and for HD95 one of them), infinity is kept and \
                 makes the mean undefined; MONAI computes in single precision, here it is double";
    prepare(scope, MONAI.convention, ids, Surface::BorderVoxels, words, |distances, tolerance| match distances {
        Ok(distances) => [
            Cell::Value(distances.hausdorff()),
            Cell::Value(distances.hausdorff_percentile(0.95)),
            Cell::Value(distances.forth.mean()),
            Cell::Value(distances.average_symmetric()),
            Cell::Value(distances.surface_dice(tolerance)),
        ],
        Err(Undefined::Nothing) => [Cell::Skipped; 5],
        Err(reason) => {
            let infinite = Cell::Missing(reason);
            [infinite, Cell::Skipped, infinite, infinite, Cell::Value(0.0)]
        }
    })
}

fn prepare_surface_distance(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let ids = [
        ("surface_distance_hd", Fold::StrictMean),
        ("surface_distance_hd95", Fold::StrictMean),
        ("surface_distance_truth_to_found", Fold::StrictMean),
        ("surface_distance_found_to_truth", Fold::StrictMean),
        ("surface_distance_nsd", Fold::Mean),
    ];
    let words = "surface elements between pixels, weighted by their length; mean over cases (the package itself \
                 measures one pair): NaN is left out, infinity makes the mean undefined";
    prepare(scope, SURFACE_DISTANCE.convention, ids, Surface::Elements, words, |distances, tolerance| match distances {
        Ok(distances) => [
            Cell::Value(distances.hausdorff()),
            Cell::Value(distances.forth.weighted_percentile(0.95).max(distances.back.weighted_percentile(0.95))),
            Cell::Value(distances.back.mean()),
            Cell::Value(distances.forth.mean()),
            Cell::Value(distances.surface_dice(tolerance)),
        ],
        Err(reason) => {
            let infinite = Cell::Missing(reason);
            let (from_truth, from_found, overlap) = match reason {
                Undefined::EmptyPrediction => (infinite, Cell::Skipped, Cell::Value(0.0)),
                Undefined::EmptyTruth => (Cell::Skipped, infinite, Cell::Value(0.0)),
                _ => (Cell::Skipped, Cell::Skipped, Cell::Skipped),
            };
            [infinite, infinite, from_truth, from_found, overlap]
        }
    })
}

fn prepare_medpy(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let ids = [
        ("medpy_hd", Fold::StrictMean),
        ("medpy_hd95", Fold::StrictMean),
        ("medpy_asd", Fold::StrictMean),
        ("medpy_assd", Fold::StrictMean),
    ];
    let words = "connectivity 1; mean over cases; undefined where any case has an empty mask, since medpy raises there";
    prepare(scope, MEDPY.convention, ids, Surface::BorderVoxels, words, |distances, _| match distances {
        Ok(distances) => [
            Cell::Value(distances.hausdorff()),
            Cell::Value(distances.pooled_percentile(0.95)),
            Cell::Value(distances.forth.mean()),
            Cell::Value(distances.average_symmetric()),
        ],
        Err(reason) => [Cell::Missing(reason); 4],
    })
}
