//! The families of metrics on maps: one file each, and one line in [`FAMILIES`].

mod biovil;
mod chexlocalize;
mod i_ai;
mod ldm;
mod localization;
mod pointing_game;
mod saliency;

use crate::engine::{Definition, Prepared};
use crate::heatmaps::scope::Scope;

/// What the truth's region is, for the words of a convention.
const REGION: &str = "truth is the union of the mask and of all pixels whose centre lies in a box";

/// Metrics that share a convention.
pub(crate) struct Family {
    /// The convention's name, as `--convention` takes it.
    pub convention: &'static str,
    /// Whether an assessment without a named convention has it.
    pub by_default: bool,
    pub definitions: &'static [Definition],
    pub prepare: fn(&Scope<'_>) -> Box<dyn Prepared>,
}

/// Every family, in the order in which a report lists them.
pub(crate) const FAMILIES: &[Family] = &[
    localization::FAMILY,
    saliency::FAMILY,
    pointing_game::FAMILY,
    chexlocalize::FAMILY,
    ldm::FAMILY,
    biovil::FAMILY,
    i_ai::FAMILY,
];

#[cfg(test)]
mod tests {
    use super::FAMILIES;
    use crate::heatmaps::HeatmapOptions;
    use crate::heatmaps::scope::Scope;

    #[test]
    fn every_definition_has_a_line() {
        let options = HeatmapOptions::default();
        for family in FAMILIES {
            let prepared = (family.prepare)(&Scope::new(&options, Vec::new()));
            let lines = prepared.lines().iter().map(|line| line.id).collect::<Vec<_>>();
            let defined = family.definitions.iter().map(|definition| definition.id).collect::<Vec<_>>();
            assert_eq!(lines, defined);
        }
    }
}
