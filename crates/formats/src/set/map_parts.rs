//! A mask of an image and further parts of it, with a number behind their names: one truth (BUSI's `a_mask.png` and
//! `a_mask_1.png`).

use groundglass_types::{Mask, Region};

use super::placing::Said;
use super::{CaseSet, Entry, GivenAs};

/// Which map of an image came first, of those that are of one truth.
#[derive(Debug)]
pub struct FirstMap {
    /// From what the truth is, as the case knows it.
    source: String,
    is_part: bool,
}

impl CaseSet {
    /// From what the truth of a map is: from the map or the parts that came first, where one of both is a part. Last come the
    /// map's file, what its truth would be from by itself, and whether it is a part. With it comes whether the map adds to what
    /// is known, and whether one of both is the mask of the whole.
    pub(super) fn beside_first(
        &mut self,
        image: &str,
        family: String,
        given_as: &GivenAs,
        (file, source, is_part): (&str, String, bool),
    ) -> (String, bool, bool) {
        let key = (image.to_owned(), family, given_as.clone());
        let first = self.first_maps.entry(key).or_insert_with(|| FirstMap { source, is_part });
        let adds = is_part || first.is_part;
        let source = if adds { first.source.clone() } else { file.to_owned() };
        (source, adds, is_part != first.is_part)
    }
}

impl Entry {
    /// Whether at least half of the pixels of what is said are in regions of the same side that are known.
    pub(super) fn has_most_of(&self, said: &Said) -> bool {
        let truth = said.truth.as_ref().zip(self.case.truth.as_ref().filter(|_| self.truth_file.is_some()));
        let readers = said.readers.iter().filter_map(|(name, truth)| Some((truth, self.case.readers.get(name)?)));
        let found = said.findings.as_ref().zip(self.given.as_ref());
        let are_found = found.is_some_and(|(own, known)| {
            lie_in(own.iter().map(|found| &found.region), known.iter().map(|found| &found.region))
        });
        are_found
            || truth.into_iter().chain(readers).any(|(own, known)| {
                lie_in(own.regions.iter().map(|own| &own.region), known.regions.iter().map(|known| &known.region))
            })
    }
}

/// Whether at least half of the pixels of regions are in other ones.
fn lie_in<'a>(own: impl IntoIterator<Item = &'a Region>, known: impl IntoIterator<Item = &'a Region>) -> bool {
    let masks: Vec<&Mask> = own.into_iter().filter_map(|region| region.mask.as_ref()).collect();
    let known: Vec<&Mask> = known.into_iter().filter_map(|region| region.mask.as_ref()).collect();
    let area: u64 = masks.iter().map(|mask| mask.area()).sum();
    let inside: u64 = masks.iter().flat_map(|mask| known.iter().map(|known| known.intersection_area(mask))).sum();
    area > 0 && inside * 2 >= area
}
