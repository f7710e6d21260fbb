//! Annotations in DICOM: segmentations (SEG) and structure sets (RTSTRUCT) to masks and contours, and masks to SEG.
//!
//! Both refer to the images that they were drawn on by the images' SOP instance UIDs, which an opened image says in its
//! [`groundglass_imaging::Place`].

mod code;
mod elements;
mod error;
mod fill;
mod kind;
mod plane;
mod reference;
mod segmentation;
mod source;
mod structures;
mod write;

pub use code::Code;
pub use error::DicomError;
pub use fill::{ContourMask, contour_mask};
pub use kind::{ObjectKind, object_kind};
pub use plane::Plane;
pub use reference::ImageReference;
pub use segmentation::{SegFrame, Segment, Segmentation, read_segmentation};
pub use source::SourceImage;
pub use structures::{Contour, ContourKind, Roi, StructureSet, read_structures};
pub use write::{NewFrame, NewSegment, SegmentationRecord, write_segmentation};
