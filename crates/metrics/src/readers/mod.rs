//! Several readers of one case, who need not agree.
//!
//! * [`ranked`]: ordered lists of diagnoses, and a model's scores or list;
//! * [`areas`]: the boxes or masks of each reader, and a model's findings;
//! * [`labels`]: one class a reader, and a model's class.
//!
//! Each asks the same: how well the model agrees with the readers, how well they agree with each other, and what is
//! said of the model once the truth is taken for as uncertain as they make it.

mod areas;
mod family;
mod labels;
mod means;
mod ranked;

pub use areas::{AreaReading, AreaReadingOptions, AreaReadings, Consensus, Staple, staple};
pub use labels::{LabelReading, LabelReadingOptions, LabelReadings};
pub use ranked::{
    PlackettLuceOptions, Prediction, RankedReading, RankedReadingOptions, RankedReadings, Unranked, average_overlap,
    inverse_rank_normalization, partial_average_overlap,
};

use crate::engine::Definition;

/// Every metric of this task, in the order in which a report lists them.
pub(crate) fn definitions() -> impl Iterator<Item = &'static Definition> {
    let ranked = ranked::FAMILIES.iter().flat_map(|family| family.definitions);
    let areas = areas::FAMILIES.iter().flat_map(|(_, family)| family.definitions);
    let labels = labels::FAMILIES.iter().flat_map(|family| family.definitions);
    ranked.chain(areas).chain(labels)
}
