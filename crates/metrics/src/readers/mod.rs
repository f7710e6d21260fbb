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

/// The convention of every family of this task, whether a report has it by default, and its metrics.
pub(crate) fn families() -> impl Iterator<Item = (&'static str, bool, &'static [Definition])> {
    let ranked = ranked::FAMILIES.iter().map(|family| (family.convention, family.by_default, family.definitions));
    let areas = areas::FAMILIES.iter().map(|(_, family)| (family.convention, family.by_default, family.definitions));
    let labels = labels::FAMILIES.iter().map(|family| (family.convention, family.by_default, family.definitions));
    ranked.chain(areas).chain(labels)
}
