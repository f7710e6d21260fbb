//! Files of images and annotations to cases, and findings back to files. One file per format.
//!
//! [`CaseSet`] is the door for a whole set: it is told the names ([`SetPlan`]), then given the bytes of one
//! file after another in any order, and puts truth and images together. What is wrong with one file or one
//! annotation is a [`Problem`] or a [`FormatError`], and the rest is still read.
//!
//! To add a form of annotations, write a file beside these and give it a line in [`FORMATS`].

#[cfg(feature = "full")]
mod archive;
mod budget;
#[cfg(feature = "full")]
mod bundle;
mod coco;
mod coco_cases;
#[cfg(feature = "full")]
mod coco_findings;
mod coco_index;
mod coco_polygon;
mod coco_results;
mod coco_rle;
mod coco_write;
mod content;
#[cfg(feature = "full")]
pub mod dicom;
#[cfg(feature = "full")]
mod encoding;
mod error;
#[cfg(not(target_family = "wasm"))]
mod folder;
#[cfg(feature = "full")]
mod forms;
mod frame;
#[cfg(feature = "full")]
mod grounded;
mod json_stream;
mod label_map;
mod list;
#[cfg(feature = "full")]
mod lossy;
mod mark;
mod paths;
mod plan;
mod problem;
mod reading;
mod report;
mod set;
mod sha;
mod table;
mod turn;
mod unknown;
mod words;
mod write;
mod writers;

#[cfg(feature = "full")]
pub use archive::{BundleLimits, EachFile, unpack};
#[cfg(feature = "full")]
pub use bundle::{BUNDLE_SCHEMA, BundleContent, BundleWriter, CocoNumbers, GazeAndText, write_bundle};
pub use coco::{JsonId, read_coco};
pub use coco_cases::{CocoCases, coco_cases};
pub use coco_index::{CocoCategory, CocoIndex, IndexedImage};
pub use coco_polygon::rasterise_polygons;
pub use coco_results::{ResultsFile, ResultsRead, read_results, write_results};
pub use coco_rle::{RleError, decode_counts, encode_counts};
pub use coco_write::write_coco;
pub use content::{Content, ContentReader, HELD};
pub use error::FormatError;
#[cfg(not(target_family = "wasm"))]
pub use folder::{FoundFiles, list_files};
#[cfg(feature = "full")]
pub use forms::{RankedCase, RankedClass, RankedGroups, Rankings, read_rankings};
pub use frame::{Frame, Layout, NamedFrame};
#[cfg(feature = "full")]
pub use grounded::{
    Action, Grounded, NamedSyntax, Phrase, Syntax, choice_of, closest_label, parse_grounded, similarity,
};
pub use label_map::{LABEL_MAP_LABEL, label_map_truth};
pub use list::{AnnotationFormat, Beside, FORMATS, Probe, format_of};
pub use mark::{Drawn, Edges, Fill, Mark};
pub use plan::{PlannedLabelMap, SetPlan};
pub use problem::Problem;
pub use reading::{
    AnnotatedImage, Class, Fixation, Hints, ImageName, PlacedFixation, Question, Reading, Sentence, Sides,
};
pub use report::{Measured, ReportContext, build_report};
#[cfg(feature = "full")]
pub use set::Series;
#[cfg(feature = "full")]
pub use set::UnderstoodRankings;
pub use set::{AddedImage, CaseSet, CorrectionError, GivenAs, OpenFile, SetCorrections, Understood, UnderstoodClass};
pub use sha::sha256_hex;
pub use table::Table;
pub use write::{
    AnnotationWriter, BesideCases, ImageKinds, Means, Originals, Side, Sink, WRITERS, Writing, WrittenCase,
    WrittenCases, known_cases, writer_of,
};
#[cfg(feature = "full")]
pub use write::{WrittenSet, written_files};
