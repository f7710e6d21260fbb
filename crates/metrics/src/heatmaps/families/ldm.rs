//! The metrics of zero-shot phrase grounding with a latent diffusion model, faults included.

use groundglass_types::Convention;

use super::{Family, REGION};
use crate::engine::{Better, Definition, Prepared};
use crate::heatmaps::means::{self, Averaging, Metric};
use crate::heatmaps::scope::Scope;
use crate::heatmaps::statistics::{contrast, overlap, ranking};

pub(super) const FAMILY: Family = Family { convention: "ldm", by_default: false, definitions: DEFINITIONS, prepare };

const SOURCE: &str = "Vilouras et al., zero-shot medical phrase grounding with off-the-shelf diffusion models, \
                      metrics/eval_metrics.py";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "ldm_absolute_cnr",
        name: "Absolute contrast-to-noise ratio (LDM)",
        definition: "|mean inside - mean outside| / sqrt(variance inside + variance outside) box by box, mean over \
                     boxes; the pixels of a box are missing for every later box; 0 / 0 is 0 and x / 0 is 3.4e38.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "ldm_cnr",
        name: "Contrast-to-noise ratio (LDM)",
        definition: "(mean inside - mean outside) / sqrt(variance inside + variance outside) box by box, mean over \
                     boxes; the pixels of a box are missing for every later box; 0 / 0 is 0 and x / 0 is 3.4e38.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "ldm_miou",
        name: "Mean IoU over thresholds (LDM)",
        definition: "IoU of the union of boxes and the pixels above 0.1, 0.2, 0.3, 0.4 and 0.5, averaged.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "ldm_auroc",
        name: "Pixel AUROC in 5 bins (LDM)",
        definition: "Area under the ROC curve through the thresholds 0, 0.25, 0.5, 0.75 and 1 alone; values below 0 and \
                     missing ones are in no bin; 0.5 where nothing can be ranked.",
        source: "torcheval 0.0.7, binary_binned_auroc(threshold=5)",
        better: Better::Higher,
    },
];

const CONTRAST: &str = "box by box (the mask where there is no box), mean over boxes; population variances; the pixels \
                        of a box are missing for every later box; 0 / 0 is 0 and x / 0 is 3.4e38";

const METRICS: [Metric; 4] = [
    Metric {
        id: "ldm_absolute_cnr",
        of_map: contrast::ldm_absolute,
        words: |_| format!("without sign; {CONTRAST}"),
        proportion: false,
    },
    Metric { id: "ldm_cnr", of_map: contrast::ldm_signed, words: |_| format!("signed; {CONTRAST}"), proportion: false },
    Metric {
        id: "ldm_miou",
        of_map: overlap::mean_iou_1_to_5,
        words: |_| {
            "truth against the pixels above 0.1, 0.2, 0.3, 0.4 and 0.5, averaged; a pixel without a value is above none"
                .to_owned()
        },
        proportion: false,
    },
    Metric {
        id: "ldm_auroc",
        of_map: ranking::binned_auroc,
        words: |_| {
            "thresholds 0, 0.25, 0.5, 0.75 and 1; pixels below 0 or without a value are in no bin; 0.5 where nothing \
             can be ranked"
                .to_owned()
        },
        proportion: false,
    },
];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    means::prepare(scope, &Convention::new(FAMILY.convention, REGION), Averaging::Classes, &METRICS)
}
