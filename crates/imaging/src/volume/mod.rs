//! Raw samples in rows, slices and times, read frame by frame: what NIfTI, NRRD and NumPy have in common.

mod bytes;
mod frames;

pub(crate) use bytes::{Coding, Stored};
pub(crate) use frames::{Layout, Stack, check, size};
