//! The number of one map: one file a question.

pub(super) mod contrast;
pub(super) mod energy;
pub(super) mod fixations;
pub(super) mod overlap;
pub(super) mod pointing;
pub(super) mod ranking;
pub(super) mod similarity;
pub(super) mod structure;
