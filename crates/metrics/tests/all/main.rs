//! All tests of the metrics from outside, in one program: a program each took longer to link than to run.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod average_precision;
mod class_edges;
mod classes;
mod classes_goldens;
mod common;
mod comparison;
mod conventions;
mod goldens;
mod grounding;
mod grounding_goldens;
mod heatmaps;
mod lesions;
mod masks;
mod measures;
mod properties;
mod readers;
mod surfaces;
mod uncertainty;
mod weights;
mod worked;
