//! Whether a map is high where the truth's region is.

use groundglass_types::{Convention, Ties};

use super::{Family, REGION};
use crate::engine::{Better, Definition, Prepared};
use crate::heatmaps::means::{self, Averaging, Metric};
use crate::heatmaps::scope::Scope;
use crate::heatmaps::statistics::{contrast, energy, overlap, pointing, ranking};

pub(super) const FAMILY: Family = Family { convention: "default", by_default: true, definitions: DEFINITIONS, prepare };

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "hit_rate",
        name: "Hit rate",
        definition: "Share of the maps whose highest value lies inside the truth; maps without a truth are left out.",
        source: "Saporta et al., Nature Machine Intelligence 2022 (CheXlocalize)",
        better: Better::Higher,
    },
    Definition {
        id: "cnr",
        name: "Contrast-to-noise ratio",
        definition: "(mean inside - mean outside) / sqrt(variance inside + variance outside), with population variances.",
        source: "Boecking et al., ECCV 2022 (BioViL), with the sign kept",
        better: Better::Higher,
    },
    Definition {
        id: "absolute_cnr",
        name: "Absolute contrast-to-noise ratio",
        definition: "|mean inside - mean outside| / sqrt(variance inside + variance outside), with population \
                     variances; a map that is low where the truth is scores as well as one that is high.",
        source: "Boecking et al., ECCV 2022 (BioViL)",
        better: Better::Higher,
    },
    Definition {
        id: "cnr_unbiased",
        name: "Contrast-to-noise ratio (unbiased variances)",
        definition: "(mean inside - mean outside) / sqrt(variance inside + variance outside), with the variances \
                     divided by n - 1.",
        source: "Boecking et al., ECCV 2022 (BioViL), with the sign kept and numpy.var(ddof=1)",
        better: Better::Higher,
    },
    Definition {
        id: "absolute_cnr_unbiased",
        name: "Absolute contrast-to-noise ratio (unbiased variances)",
        definition: "|mean inside - mean outside| / sqrt(variance inside + variance outside), with the variances \
                     divided by n - 1.",
        source: "Boecking et al., ECCV 2022 (BioViL), with numpy.var(ddof=1)",
        better: Better::Higher,
    },
    Definition {
        id: "heatmap_miou",
        name: "Mean IoU over thresholds",
        definition: "IoU of the truth and the pixels above a threshold, averaged over thresholds.",
        source: "Boecking et al., ECCV 2022 (BioViL)",
        better: Better::Higher,
    },
    Definition {
        id: "heatmap_auroc",
        name: "Pixel AUROC",
        definition: "Probability that a pixel inside the truth has a higher value than one outside, ties counted half.",
        source: "scikit-learn 1.9, roc_auc_score",
        better: Better::Higher,
    },
    Definition {
        id: "energy_inside",
        name: "Energy inside the truth",
        definition: "Share of the sum of a map that lies inside the truth, negative values counted as 0 (energy-based \
                     pointing game).",
        source: "Wang et al., CVPR Workshops 2020 (Score-CAM)",
        better: Better::Higher,
    },
];

const METRICS: [Metric; 8] = [
    Metric {
        id: "hit_rate",
        of_map: pointing::peak_inside,
        words: |_| "the first pixel, row by row, of the highest value lies inside the truth".to_owned(),
        proportion: true,
    },
    Metric { id: "cnr", of_map: contrast::signed, words: |_| contrast_words("signed", "n"), proportion: false },
    Metric {
        id: "absolute_cnr",
        of_map: contrast::absolute,
        words: |_| contrast_words("without sign", "n"),
        proportion: false,
    },
    Metric {
        id: "cnr_unbiased",
        of_map: contrast::signed_unbiased,
        words: |_| contrast_words("signed", "n - 1"),
        proportion: false,
    },
    Metric {
        id: "absolute_cnr_unbiased",
        of_map: contrast::absolute_unbiased,
        words: |_| contrast_words("without sign", "n - 1"),
        proportion: false,
    },
    Metric { id: "heatmap_miou", of_map: overlap::mean_iou, words: iou_words, proportion: false },
    Metric {
        id: "heatmap_auroc",
        of_map: ranking::auroc,
        words: |_| "pixels inside the truth against pixels outside, ties counted half".to_owned(),
        proportion: false,
    },
    Metric {
        id: "energy_inside",
        of_map: energy::inside,
        words: |_| "sum of the values inside the truth over the sum of all, negative values counted as 0".to_owned(),
        proportion: false,
    },
];

fn contrast_words(sign: &str, divisor: &str) -> String {
    format!("inside against outside the truth, {sign}; variances divided by {divisor}")
}

fn iou_words(scope: &Scope<'_>) -> String {
    let thresholds = scope.options.iou_thresholds.iter().map(f64::to_string).collect::<Vec<_>>().join(", ");
    format!(
        "truth against the pixels of the map, as it is, above {thresholds}, averaged; a pixel without a value is above none"
    )
}

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let base = Convention { ties: Some(Ties::LowestIndex), ..Convention::new(FAMILY.convention, REGION) };
    means::prepare(scope, &base, Averaging::Maps, &METRICS)
}
