//! The metrics with which BioViL was evaluated on MS-CXR.

use groundglass_types::Convention;

use super::{Family, REGION};
use crate::engine::{Better, Definition, Prepared};
use crate::heatmaps::means::{self, Averaging, Metric};
use crate::heatmaps::scope::Scope;
use crate::heatmaps::statistics::{contrast, overlap};

pub(super) const FAMILY: Family = Family { convention: "biovil", by_default: false, definitions: DEFINITIONS, prepare };

const SOURCE: &str = "Boecking et al., ECCV 2022, section 4.2";

const DEFINITIONS: &[Definition] = &[
    Definition {
        id: "biovil_cnr",
        name: "Contrast-to-noise ratio (BioViL)",
        definition: "|mean inside - mean outside| / sqrt(variance inside + variance outside) of the union of boxes, \
                     averaged over classes.",
        source: SOURCE,
        better: Better::Higher,
    },
    Definition {
        id: "biovil_miou",
        name: "Mean IoU over thresholds (BioViL)",
        definition: "IoU of the union of boxes and the pixels above 0.1, 0.2, 0.3, 0.4 and 0.5, averaged, then over \
                     classes.",
        source: SOURCE,
        better: Better::Higher,
    },
];

const METRICS: [Metric; 2] = [
    Metric {
        id: "biovil_cnr",
        of_map: contrast::absolute,
        words: |_| "inside against outside the truth, without sign; population variances".to_owned(),
        proportion: false,
    },
    Metric {
        id: "biovil_miou",
        of_map: overlap::mean_iou_1_to_5,
        words: |_| "truth against the pixels above 0.1, 0.2, 0.3, 0.4 and 0.5, averaged".to_owned(),
        proportion: false,
    },
];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    means::prepare(scope, &Convention::new(FAMILY.convention, REGION), Averaging::Classes, &METRICS)
}
