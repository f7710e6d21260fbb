//! Where an attribute of a frame stands: the items of the frame, those that all frames share, or the object itself.
//! Source: DICOM PS3.3 2024, C.7.6.16.

use super::attribute::{Attribute, PER_FRAME_GROUPS, SHARED_GROUPS};
use super::data_set::DataSet;

/// The item of `sequence` for the frame at `index`: its own, or else the shared one.
pub fn group(data_set: &DataSet, index: usize, sequence: Attribute) -> Option<&DataSet> {
    let own = data_set.items(PER_FRAME_GROUPS).get(index).and_then(|frame| frame.item(sequence));
    own.or_else(|| data_set.item(SHARED_GROUPS).and_then(|shared| shared.item(sequence)))
}

/// The item for the frame, or else the object, where objects of a single frame have the same attributes.
pub fn group_or_object(data_set: &DataSet, index: usize, sequence: Attribute) -> &DataSet {
    group(data_set, index, sequence).unwrap_or(data_set)
}

/// Whether any frame has a `sequence` of its own.
pub(crate) fn differs(data_set: &DataSet, sequence: Attribute) -> bool {
    data_set.items(PER_FRAME_GROUPS).iter().any(|frame| frame.item(sequence).is_some())
}
