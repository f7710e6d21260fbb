//! Distances between the surfaces of masks, in two and in three dimensions.
//!
//! A [`Volume`] is a bit-packed mask on a [`Grid`]. Its surface is either its border voxels
//! ([`Volume::border`], distances between centres) or its surface elements between voxels
//! ([`elements`], weighted by length or area). [`surface_distances`] gives the distances from each surface to the
//! other; [`components`](Volume::components) its connected parts.
//!
//! All is exact: distances are Euclidean, in the unit of the grid's spacing.

mod border;
mod components;
mod distance;
mod element_sizes;
mod elements;
mod grid;
mod pair;
mod volume;

pub use components::{Components, Connectivity};
pub use distance::{for_each_squared_distance, squared_distance_transform};
pub use elements::{Elements, elements};
pub use grid::Grid;
pub(crate) use grid::is_usable_spacing;
pub use pair::{Directed, Surface, SurfaceDistances, surface_distances};
pub use volume::Volume;
