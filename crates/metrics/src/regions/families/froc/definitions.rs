//! What the lines of the free-response families are called, and where they come from.

use crate::engine::{Better, Definition};

const CHAKRABORTY: &str = "Chakraborty, Medical Physics 1989; Bunch et al., SPIE 1977 (FROC)";
const SETIO: &str = "Setio et al., Medical Image Analysis 2017 (LUNA16); noduleCADEvaluationLUNA16.py";
const MONAI: &str = "MONAI 1.6.1, compute_fp_tp_probs, compute_froc_curve_data, compute_froc_score (CAMELYON16)";
const NNDETECTION: &str = "Baumgartner et al., MICCAI 2021; nnDetection, FROCMetric";

/// The rates of LUNA16 and most others: 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives per image.
pub(super) const SEVEN: [f64; 7] = [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// The rates of CAMELYON16.
pub(super) const SIX: [f64; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];

const fn sensitivity(id: &'static str, name: &'static str, source: &'static str) -> Definition {
    Definition {
        id,
        name,
        definition: "Share of the truths found at the score threshold at which so many false positives per image \
                     are made, read linearly between thresholds.",
        source,
        better: Better::Higher,
    }
}

/// The mean first, then one a rate of [`SEVEN`].
pub(super) const DEFAULT: [Definition; 8] = [
    Definition {
        id: "froc_score",
        name: "FROC score",
        definition: "Mean sensitivity at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives per image.",
        source: CHAKRABORTY,
        better: Better::Higher,
    },
    sensitivity("sensitivity_at_1_8_fp_per_image", "Sensitivity at 1/8 FP per image", CHAKRABORTY),
    sensitivity("sensitivity_at_1_4_fp_per_image", "Sensitivity at 1/4 FP per image", CHAKRABORTY),
    sensitivity("sensitivity_at_1_2_fp_per_image", "Sensitivity at 1/2 FP per image", CHAKRABORTY),
    sensitivity("sensitivity_at_1_fp_per_image", "Sensitivity at 1 FP per image", CHAKRABORTY),
    sensitivity("sensitivity_at_2_fp_per_image", "Sensitivity at 2 FP per image", CHAKRABORTY),
    sensitivity("sensitivity_at_4_fp_per_image", "Sensitivity at 4 FP per image", CHAKRABORTY),
    sensitivity("sensitivity_at_8_fp_per_image", "Sensitivity at 8 FP per image", CHAKRABORTY),
];

/// The mean first, then one a rate of [`SEVEN`].
pub(super) const LUNA16: [Definition; 8] = [
    Definition {
        id: "luna16_cpm",
        name: "CPM (LUNA16)",
        definition: "Competition performance metric: mean sensitivity at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives \
                     per scan, where a finding hits a nodule with its centre.",
        source: SETIO,
        better: Better::Higher,
    },
    sensitivity("luna16_sensitivity_at_1_8_fp_per_scan", "Sensitivity at 1/8 FP per scan (LUNA16)", SETIO),
    sensitivity("luna16_sensitivity_at_1_4_fp_per_scan", "Sensitivity at 1/4 FP per scan (LUNA16)", SETIO),
    sensitivity("luna16_sensitivity_at_1_2_fp_per_scan", "Sensitivity at 1/2 FP per scan (LUNA16)", SETIO),
    sensitivity("luna16_sensitivity_at_1_fp_per_scan", "Sensitivity at 1 FP per scan (LUNA16)", SETIO),
    sensitivity("luna16_sensitivity_at_2_fp_per_scan", "Sensitivity at 2 FP per scan (LUNA16)", SETIO),
    sensitivity("luna16_sensitivity_at_4_fp_per_scan", "Sensitivity at 4 FP per scan (LUNA16)", SETIO),
    sensitivity("luna16_sensitivity_at_8_fp_per_scan", "Sensitivity at 8 FP per scan (LUNA16)", SETIO),
];

pub(super) const MONAI_SCORE: [Definition; 1] = [Definition {
    id: "monai_froc_score",
    name: "FROC score (MONAI)",
    definition: "Mean sensitivity at 1/4, 1/2, 1, 2, 4 and 8 false positives per image, where a finding hits a truth \
                 with its centre; as MONAI's curve it leaves the lowest threshold out.",
    source: MONAI,
    better: Better::Higher,
}];

const fn nndetection(id: &'static str, name: &'static str, definition: &'static str) -> Definition {
    Definition { id, name, definition, source: NNDETECTION, better: Better::Higher }
}

const POOLED: &str = "Mean sensitivity at 1/8, 1/4, 1/2, 1, 2, 4 and 8 false positives per image of the 100 \
                      highest-scored findings of each class in each image, classes pooled; 0 without truth.";
const MACRO: &str = "Mean over all classes of the FROC score of each class, in which a class without truth counts 0.";

/// Pooled at both thresholds, then the mean of classes at both.
pub(super) const NNDETECTION_SCORES: [Definition; 4] = [
    nndetection("nndetection_froc_iou10", "FROC score at IoU 0.10 (nnDetection)", POOLED),
    nndetection("nndetection_froc_iou50", "FROC score at IoU 0.50 (nnDetection)", POOLED),
    nndetection("nndetection_macro_froc_iou10", "FROC score at IoU 0.10, mean of classes (nnDetection)", MACRO),
    nndetection("nndetection_macro_froc_iou50", "FROC score at IoU 0.50, mean of classes (nnDetection)", MACRO),
];
