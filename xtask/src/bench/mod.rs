//! Benchmarks, never part of the tests.

pub mod evaluation;
pub mod florence2;
pub mod formats;
pub mod size;
pub mod web;
