//! The hit rate of CheXlocalize.

use groundglass_types::{Convention, Ties};

use super::{Family, REGION};
use crate::engine::{Better, Definition, Prepared};
use crate::heatmaps::means::{self, Averaging, Metric};
use crate::heatmaps::scope::Scope;
use crate::heatmaps::statistics::pointing;

pub(super) const FAMILY: Family =
    Family { convention: "chexlocalize", by_default: false, definitions: DEFINITIONS, prepare };

const DEFINITIONS: &[Definition] = &[Definition {
    id: "chexlocalize_hit_rate",
    name: "Hit rate (CheXlocalize)",
    definition: "Share of the maps whose numpy.argmax lies inside the truth, by pathology; a map with missing values \
                 points at the first of them, as numpy has it.",
    source: "Saporta et al., Nature Machine Intelligence 2022; rajpurkarlab/cheXlocalize, eval.py",
    better: Better::Higher,
}];

const METRICS: [Metric; 1] = [Metric {
    id: "chexlocalize_hit_rate",
    of_map: pointing::first_argmax_inside,
    words: |_| {
        "the first pixel, row by row, of the highest value lies inside the truth, a missing value being the highest; \
         an empty truth is left out"
            .to_owned()
    },
    proportion: true,
}];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let base = Convention { ties: Some(Ties::LowestIndex), ..Convention::new(FAMILY.convention, REGION) };
    means::prepare(scope, &base, Averaging::Classes, &METRICS)
}
