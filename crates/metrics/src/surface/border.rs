//! The outermost voxels of a mask.

use crate::surface::Volume;

impl Volume {
    /// The voxels inside that share a face with a voxel outside (4 neighbours in a plane, 6 in a volume). What lies
    /// beyond the grid is outside. It is the mask without its erosion, as in scipy, MONAI and medpy.
    pub fn border(&self) -> Self {
        let [_, rows, slices] = self.grid().size();
        let mut border = Self::new(*self.grid());
        let nothing = vec![0; self.words_per_row()];
        let row = |y: Option<usize>, z: Option<usize>| match (y, z) {
            (Some(y), Some(z)) if y < rows && z < slices => self.row(y, z),
            _ => &nothing,
        };
        for (z, y) in (0..slices).flat_map(|z| (0..rows).map(move |y| (z, y))) {
            let here = self.row(y, z);
            if here.iter().all(|word| *word == 0) {
                continue;
            }
            let (above, below) = (row(y.checked_sub(1), Some(z)), row(Some(y + 1), Some(z)));
            let (before, behind) = match self.grid().dimensions() {
                2 => (here, here),
                _ => (row(Some(y), z.checked_sub(1)), row(Some(y), Some(z + 1))),
            };
            let mut carried = 0;
            for (index, out) in border.row_mut(y, z).iter_mut().enumerate() {
                let word = here[index];
                let next = here.get(index + 1).copied().unwrap_or_default();
                let (left, right) = (word << 1 | carried >> 63, word >> 1 | next << 63);
                carried = word;
                *out = word & !(left & right & above[index] & below[index] & before[index] & behind[index]);
            }
        }
        border
    }

    /// The voxels of a plane whose square of `2 distance + 1` pixels a side lies wholly inside. What lies beyond the
    /// grid is outside. Slices of a volume are treated one by one.
    pub fn eroded_by_squares(&self, distance: usize) -> Self {
        let [_, rows, slices] = self.grid().size();
        let mut eroded = self.clone();
        for _ in 0..distance {
            // Along the rows,
            for row in eroded.words_mut().chunks_mut(self.words_per_row().max(1)) {
                let mut carried = 0;
                for index in 0..row.len() {
                    let word = row[index];
                    let next = row.get(index + 1).copied().unwrap_or_default();
                    row[index] = word & (word << 1 | carried >> 63) & (word >> 1 | next << 63);
                    carried = word;
                }
            }
            // and across them.
            let along = eroded.clone();
            for (z, y) in (0..slices).flat_map(|z| (0..rows).map(move |y| (z, y))) {
                let out = eroded.row_mut(y, z);
                if y == 0 || y + 1 == rows {
                    out.fill(0);
                    continue;
                }
                for ((out, above), below) in out.iter_mut().zip(along.row(y - 1, z)).zip(along.row(y + 1, z)) {
                    *out &= above & below;
                }
            }
        }
        eroded
    }
}
