//! The vocabulary of Groundglass: what an image, a truth, a finding and a report *are*.
//!
//! Every other crate speaks in these words and this crate knows no other. Data moves one way:
//! bytes -> [`Image`] and [`Truth`] (a [`Case`]) -> tensor -> [`Finding`] -> statistic -> [`Report`].
//!
//! **Coordinate frame.** All geometry is in pixels of the original image, origin at the top-left
//! corner of the top-left pixel, x to the right, y down. Pixel (column i, row j) covers
//! `[i, i + 1) x [j, j + 1)`, so a box around exactly that pixel is `(i, j, i + 1, j + 1)`.

mod case;
mod convention;
mod geometry;
mod image;
mod mask;
mod report;

pub use case::{Case, Finding, Region, Slice, Truth, TruthRegion};
pub use convention::{Admission, Convention, EmptyBoth, Interpolation, Pairing, Ties, WithoutTruth};
pub use geometry::BoundingBox;
pub use image::{Image, ImageError, Samples, Window};
pub use mask::{Mask, MaskError};
pub use report::{
    CaseFindings, Counts, DeviceRecord, GroupSize, GroupSummary, GroupValue, ModelRecord, REPORT_SCHEMA, Report,
    Statistic, Undefined, Value,
};
