//! Benchmarks, never part of the tests.

pub mod size;
pub mod web;
