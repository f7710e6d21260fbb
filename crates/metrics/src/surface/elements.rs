//! Surface elements: the pieces of contour or surface that run between voxels.

use crate::surface::Volume;
use crate::surface::element_sizes::{contour_lengths, surface_areas};

/// Where the surface of a mask runs, and how much of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Elements {
    /// The corners of voxels through whose neighbourhood the surface runs, on a grid with one more along each axis:
    /// corner (i, j, k) is the first corner of voxel (i, j, k).
    pub corners: Volume,
    sizes: Vec<f64>,
    voxels: Volume,
}

/// The surface elements of a mask: at each corner of voxels that has some inside and some outside around it, the
/// contour (in a plane) or the surface (in a volume) through the midpoints of the edges of the dual cell. What lies
/// beyond the grid is outside.
///
/// Source of the method: surface-distance 0.1 after Nikolov et al., J. Med. Internet Res. 2021; the sizes are computed
/// from the geometry of marching squares and cubes.
pub fn elements(voxels: Volume) -> Elements {
    let grid = *voxels.grid();
    let [length, rows, slices] = grid.size();
    let flat = grid.dimensions() == 2;
    let mut corners = Volume::new(grid.resized([length + 1, rows + 1, if flat { 1 } else { slices + 1 }]));
    let words = corners.words_per_row();
    let [_, corner_rows, corner_slices] = corners.grid().size();
    for (z, y) in (0..corner_slices).flat_map(|z| (0..corner_rows).map(move |y| (z, y))) {
        let (mut any, mut all) = (vec![0_u64; words], vec![u64::MAX; words]);
        for dz in 0..if flat { 1 } else { 2 } {
            for dy in 0..2 {
                let place = (y + dy).checked_sub(1).zip(if flat { Some(0) } else { (z + dz).checked_sub(1) });
                let row = place.filter(|(y, z)| *y < rows && *z < slices).map(|(y, z)| voxels.row(y, z));
                for index in 0..words {
                    let at = |index: usize| row.and_then(|row| row.get(index)).copied().unwrap_or_default();
                    let (word, before) = (at(index), index.checked_sub(1).map_or(0, at));
                    let left = word << 1 | before >> 63;
                    any[index] |= word | left;
                    all[index] &= word & left;
                }
            }
        }
        for ((out, any), all) in corners.row_mut(y, z).iter_mut().zip(any).zip(all) {
            *out = any & !all;
        }
    }
    let sizes = if flat { contour_lengths(grid.spacing()).to_vec() } else { surface_areas(grid.spacing()) };
    Elements { corners, sizes, voxels }
}

impl Elements {
    /// Length or area of the surface at a corner.
    pub fn size_at(&self, [x, y, z]: [usize; 3]) -> f64 {
        let flat = self.voxels.grid().dimensions() == 2;
        let mut code = 0;
        for corner in 0..if flat { 4 } else { 8_usize } {
            let [dx, dy, dz] = [corner & 1, corner >> 1 & 1, corner >> 2];
            let place = (x + dx).checked_sub(1).zip((y + dy).checked_sub(1));
            let place = place.zip(if flat { Some(0) } else { (z + dz).checked_sub(1) });
            if place.is_some_and(|((x, y), z)| self.voxels.get([x, y, z])) {
                code |= 1 << corner;
            }
        }
        self.sizes.get(code).copied().unwrap_or_default()
    }
}
