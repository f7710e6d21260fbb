//! Forms in which a set is written, one file each.

mod coco;
#[cfg(feature = "full")]
mod dicom_seg;
#[cfg(feature = "full")]
mod draw;
#[cfg(feature = "full")]
mod label_map;
#[cfg(feature = "full")]
mod layers;
mod lost;
#[cfg(feature = "full")]
mod nifti;
#[cfg(feature = "full")]
mod paths;
#[cfg(feature = "full")]
mod regions;
#[cfg(feature = "full")]
mod rows;
#[cfg(feature = "full")]
mod voc;
#[cfg(feature = "full")]
mod yolo;

pub use coco::Coco;
#[cfg(feature = "full")]
pub use dicom_seg::DicomSeg;
#[cfg(feature = "full")]
pub use label_map::LabelMap;
#[cfg(feature = "full")]
pub use layers::origin;
#[cfg(feature = "full")]
pub use nifti::Nifti;
#[cfg(feature = "full")]
pub use rows::{COLUMNS as TABLE_COLUMNS, Rows};
#[cfg(feature = "full")]
pub use voc::Voc;
#[cfg(feature = "full")]
pub use yolo::Yolo;

#[cfg(all(test, feature = "full"))]
mod tests;
