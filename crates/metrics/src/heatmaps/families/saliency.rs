//! Whether a map is like the map that is meant, and high where a reader looked.

use groundglass_types::Convention;

use super::Family;
use crate::engine::{Better, Definition, Prepared};
use crate::heatmaps::means::{self, Averaging, Metric};
use crate::heatmaps::scope::Scope;
use crate::heatmaps::statistics::{fixations, similarity, structure};

pub(super) const FAMILY: Family = Family { convention: "default", by_default: true, definitions: DEFINITIONS, prepare };

const BENCHMARK: &str = "Bylinskii et al., IEEE TPAMI 2019 (MIT saliency benchmark)";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "kl_divergence",
        name: "Kullback-Leibler divergence",
        definition: "sum q ln(eps + q / (p + eps)) of the truth's map q and the map p, each scaled to sum to 1, eps 2.2e-16.",
        source: BENCHMARK,
        better: Better::Lower,
    },
    Definition {
        id: "map_correlation",
        name: "Correlation coefficient (CC)",
        definition: "Pearson's correlation of the map and the truth's map, pixel by pixel.",
        source: BENCHMARK,
        better: Better::Higher,
    },
    Definition {
        id: "map_similarity",
        name: "Similarity (SIM)",
        definition: "Sum of the lower of the two values at each pixel, each map stretched to begin at 0 and scaled to \
                     sum to 1 (histogram intersection).",
        source: BENCHMARK,
        better: Better::Higher,
    },
    Definition {
        id: "map_mse",
        name: "Mean squared error",
        definition: "Mean over pixels of the squared difference of the map and the truth's map as they are.",
        source: "scikit-image 0.26, mean_squared_error",
        better: Better::Lower,
    },
    Definition {
        id: "map_ssim",
        name: "Structural similarity (SSIM)",
        definition: "Mean over windows of 7 x 7 pixels of the structural similarity of the map and the truth's map, with \
                     K1 0.01, K2 0.03, unbiased variances and a data range of 1.",
        source: "Wang et al., IEEE TIP 2004; scikit-image 0.26, structural_similarity(data_range=1)",
        better: Better::Higher,
    },
    Definition {
        id: "nss",
        name: "Normalized scanpath saliency (NSS)",
        definition: "Mean over fixations of the map, shifted and scaled to mean 0 and population deviation 1.",
        source: "Peters et al., Vision Research 2005; pysaliency divides by the population deviation, the MIT benchmark \
                 by that of n - 1",
        better: Better::Higher,
    },
    Definition {
        id: "auc_judd",
        name: "AUC-Judd",
        definition: "Area under the share of fixated pixels at or above a threshold against the share of other pixels, \
                     at the values of the fixated pixels; equal values share a threshold instead of being jittered.",
        source: "Judd et al., ICCV 2009; Bylinskii et al., IEEE TPAMI 2019 (MIT saliency benchmark)",
        better: Better::Higher,
    },
];

const METRICS: [Metric; 7] = [
    Metric {
        id: "kl_divergence",
        of_map: similarity::kl_divergence,
        words: |_| both("negative values counted as 0; each map scaled to sum to 1; natural logarithm; eps 2.2e-16"),
        proportion: false,
    },
    Metric { id: "map_correlation", of_map: similarity::correlation, words: |_| both("Pearson"), proportion: false },
    Metric {
        id: "map_similarity",
        of_map: similarity::histogram_intersection,
        words: |_| both("each map less its lowest value, scaled to sum to 1"),
        proportion: false,
    },
    Metric {
        id: "map_mse",
        of_map: similarity::mean_squared_error,
        words: |_| both("values as they are"),
        proportion: false,
    },
    Metric {
        id: "map_ssim",
        of_map: structure::uniform_ssim,
        words: |_| {
            "windows of 7 x 7 pixels of equal weight inside the image, without those that miss a value; unbiased \
             variances; data range 1; K1 0.01, K2 0.03"
                .to_owned()
        },
        proportion: false,
    },
    Metric {
        id: "nss",
        of_map: fixations::normalized_scanpath_saliency,
        words: |_| looked_at("every fixation counts; population deviation"),
        proportion: false,
    },
    Metric {
        id: "auc_judd",
        of_map: fixations::auc_judd,
        words: |_| looked_at("every fixated pixel counts once; no jitter"),
        proportion: false,
    },
];

fn both(how: &str) -> String {
    format!("pixels where both maps have a value; {how}")
}

fn looked_at(how: &str) -> String {
    format!("fixations inside the image on pixels with a value; {how}")
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    means::prepare(scope, &Convention::new(FAMILY.convention, ""), Averaging::Maps, &METRICS)
}
