//! Sensitivity, specificity, precision and volume error of all that was found, pixel by pixel.

use groundglass_types::{Convention, EmptyBoth, Pairing};

use super::case_means::{CaseMeans, Cell, Fold, Row};
use super::{Family, classes, family, spacing_words, union_words};
use crate::engine::{Better, Definition, Prepared};
use crate::regions::mask_unions::{Pixels, Unions};
use crate::regions::scope::Scope;
use crate::surface::Volume;

pub(in crate::regions::families) const FAMILY: Family = family("default", true, DEFINITIONS, prepare);

const METRICS_RELOADED: &str = "Maier-Hein et al., Nature Methods 2024 (Metrics Reloaded)";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "pixel_sensitivity",
        name: "Sensitivity (pixels)",
        definition: "Share of the truth's pixels that are found; mean over cases.",
        source: METRICS_RELOADED,
        better: Better::Higher,
    },
    Definition {
        id: "pixel_specificity",
        name: "Specificity (pixels)",
        definition: "Share of the pixels outside the truth that are not found; mean over cases.",
        source: METRICS_RELOADED,
        better: Better::Higher,
    },
    Definition {
        id: "pixel_precision",
        name: "Precision (pixels)",
        definition: "Share of the found pixels that lie in the truth; mean over cases.",
        source: METRICS_RELOADED,
        better: Better::Higher,
    },
    Definition {
        id: "relative_volume_difference",
        name: "Relative volume difference",
        definition: "Found size less true size, over true size; mean over cases, so that errors both ways cancel.",
        source: "Heimann et al., IEEE Trans. Med. Imaging 2009",
        better: Better::Neither,
    },
    Definition {
        id: "relative_volume_error",
        name: "Relative volume error",
        definition: "Absolute difference of found and true size, over true size; mean over cases.",
        source: "Heimann et al., IEEE Trans. Med. Imaging 2009",
        better: Better::Lower,
    },
    Definition {
        id: "volume_error",
        name: "Volume error",
        definition: "Absolute difference of found and true size in square mm (or pixels); mean over cases.",
        source: METRICS_RELOADED,
        better: Better::Lower,
    },
    Definition {
        id: "boundary_iou",
        name: "Boundary IoU",
        definition: "IoU of the pixels of each mask that lie within d of its outside, where d is 0.02 of the image's \
                     diagonal in pixels, rounded, and at least 1; mean over cases.",
        source: "Cheng et al., Boundary IoU, CVPR 2021, with its dilation ratio",
        better: Better::Higher,
    },
];

const IDS: [(&str, Fold); 7] = [
    ("pixel_sensitivity", Fold::Mean),
    ("pixel_specificity", Fold::Mean),
    ("pixel_precision", Fold::Mean),
    ("relative_volume_difference", Fold::Mean),
    ("relative_volume_error", Fold::Mean),
    ("volume_error", Fold::Mean),
    ("boundary_iou", Fold::Mean),
];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let rows = classes(scope).map(|class| {
        let cases = scope.cases.iter().enumerate();
        let cells = cases.map(|(index, case)| (index, cells(&Unions::of(scope, case, class))));
        let words = format!(
            "{}; {}; mean over cases; a case is left out where the denominator is 0, and of volume_error where both \
             sides are empty; n counts cases",
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

fn cells(unions: &Unions) -> [Cell; 7] {
    let Pixels { found, truth, both, all } = unions.pixels;
    let outside = all.saturating_sub(truth);
    let difference = found as f64 - truth as f64;
    let error = difference.abs() * unions.found.grid().voxel_size();
    [
        Cell::ratio(both as f64, truth as f64),
        Cell::ratio(outside.saturating_sub(found - both) as f64, outside as f64),
        Cell::ratio(both as f64, found as f64),
        Cell::ratio(difference, truth as f64),
        Cell::ratio(difference.abs(), truth as f64),
        if found + truth > 0 { Cell::Value(error) } else { Cell::Skipped },
        boundary_iou(unions),
    ]
}

fn boundary_iou(unions: &Unions) -> Cell {
    let [rows, columns, _] = unions.found.grid().size();
    let (height, width) = (rows as f64, columns as f64);
    let distance = (0.02 * (height * height + width * width).sqrt()).round_ties_even().max(1.0) as usize;
    let Some((found, truth)) = unions.cropped() else { return Cell::Skipped };
    // A mask is eroded to nothing long before the largest image is crossed.
    let distance = distance.min(found.grid().size().into_iter().max().unwrap_or_default());
    let boundary = |mask: &Volume| {
        let mut boundary = mask.clone();
        let inner = mask.eroded_by_squares(distance);
        boundary.words_mut().iter_mut().zip(inner.words()).for_each(|(word, inner)| *word &= !inner);
        boundary
    };
    let (found, truth) = (boundary(&found), boundary(&truth));
    let both = found.count_both(&truth);
    Cell::ratio(both as f64, (found.count() + truth.count() - both) as f64)
}
