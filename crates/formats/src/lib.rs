//! Files of images and annotations to cases, and findings back to files. One file per format.
//!
//! [`CaseSet`] is the door for a whole set: it is told the names ([`SetPlan`]), then given the bytes of one
//! file after another in any order, and puts truth and images together. What is wrong with one file or one
//! annotation is a [`Problem`] or a [`FormatError`], and the rest is still read.
//!
//! To add a format, write a file beside these, give it a line in [`SetPlan`]'s rules and a method on
//! [`CaseSet`].

mod coco;
mod coco_cases;
mod coco_index;
mod coco_polygon;
mod coco_results;
mod coco_rle;
mod coco_write;
#[cfg(feature = "full")]
pub mod dicom;
mod error;
#[cfg(not(target_family = "wasm"))]
mod folder;
mod label_map;
mod paths;
mod plan;
mod problem;
mod report;
mod set;
mod sha;
mod table;

pub use coco::{CocoCategory, CocoImage, CocoTruth, JsonId, read_coco};
pub use coco_cases::{CocoCases, coco_cases};
pub use coco_index::{CocoIndex, IndexedImage};
pub use coco_polygon::rasterise_polygons;
pub use coco_results::{ResultsRead, read_results, write_results};
pub use coco_rle::{RleError, decode_counts, encode_counts};
pub use coco_write::write_coco;
pub use error::FormatError;
#[cfg(not(target_family = "wasm"))]
pub use folder::list_files;
pub use label_map::{LABEL_MAP_LABEL, label_map_truth};
pub use plan::{PlannedLabelMap, SetPlan};
pub use problem::Problem;
pub use report::{Measured, ReportContext, build_report};
pub use set::{AddedImage, CaseSet};
pub use sha::sha256_hex;
pub use table::Table;
