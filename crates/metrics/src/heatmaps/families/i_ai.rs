//! The metrics with which I-AI compares gaze maps.

use groundglass_types::Convention;

use super::Family;
use crate::engine::{Better, Definition, Prepared};
use crate::heatmaps::means::{self, Averaging, Metric};
use crate::heatmaps::scope::Scope;
use crate::heatmaps::statistics::structure;

pub(super) const FAMILY: Family = Family { convention: "i_ai", by_default: false, definitions: DEFINITIONS, prepare };

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "i_ai_mse",
        name: "Mean squared error (I-AI)",
        definition: "Mean squared difference of the two maps, each divided by its highest value; a constant truth is 0.",
        source: "UARK-AICV/IAI, tiai_evaluator_l2_e2e_v2.py (l2_loss)",
        better: Better::Lower,
    },
    Definition {
        id: "i_ai_ssim",
        name: "Structural similarity (I-AI)",
        definition: "Mean over Gaussian windows of 11 x 11 pixels (deviation 1.5) around every pixel of the structural similarity of the \
                     two maps, each divided by its highest value, at a data range of 1; a constant truth is 0.",
        source: "UARK-AICV/IAI, tiai_evaluator_l2_e2e_v2.py; torchmetrics 1.9, StructuralSimilarityIndexMeasure",
        better: Better::Higher,
    },
];

const METRICS: [Metric; 2] = [
    Metric {
        id: "i_ai_mse",
        of_map: structure::i_ai_mean_squared_error,
        words: |_| "all pixels".to_owned(),
        proportion: false,
    },
    Metric {
        id: "i_ai_ssim",
        of_map: structure::i_ai_ssim,
        words: |_| {
            "Gaussian windows of 11 x 11 pixels around every pixel, deviation 1.5; the image mirrored at its edges; data range 1; K1 0.01, K2 0.03"
                .to_owned()
        },
        proportion: false,
    },
];

const BASE: &str = "each map divided by its highest value; a missing value is 0; a constant truth is 0; maps as they \
                    are, not resized to 224 x 224";

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    means::prepare(scope, &Convention::new(FAMILY.convention, BASE), Averaging::Maps, &METRICS)
}
