//! The pointing game, with its tolerance.

use groundglass_types::{Convention, Ties};

use super::{Family, REGION};
use crate::engine::{Better, Definition, Prepared};
use crate::heatmaps::means::{self, Averaging, Metric};
use crate::heatmaps::scope::Scope;
use crate::heatmaps::statistics::pointing;

pub(super) const FAMILY: Family =
    Family { convention: "pointing_game", by_default: true, definitions: DEFINITIONS, prepare };

const DEFINITIONS: &[Definition] = &[Definition {
    id: "pointing_game",
    name: "Pointing game",
    definition: "Share of the maps whose highest value lies inside the truth or less than a tolerance (15 pixels) away \
                 from it, averaged over classes.",
    source: "Zhang et al., ECCV 2016 (excitation backprop); TorchRay, PointingGame",
    better: Better::Higher,
}];

const METRICS: [Metric; 1] = [Metric {
    id: "pointing_game",
    of_map: pointing::peak_near,
    words: |scope| {
        format!(
            "the first pixel, row by row, of the highest value lies inside the truth or less than {} pixels from the \
             centre of one of its pixels",
            scope.options.pointing_tolerance
        )
    },
    proportion: true,
}];

fn prepare(scope: &Scope<'_>) -> Box<dyn Prepared> {
    let base = Convention { ties: Some(Ties::LowestIndex), ..Convention::new(FAMILY.convention, REGION) };
    means::prepare(scope, &base, Averaging::Classes, &METRICS)
}
