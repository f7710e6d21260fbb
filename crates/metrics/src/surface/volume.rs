//! Bit-packed masks.

use crate::MetricsError;
use crate::surface::Grid;

/// Where something begins, and past its end, along each axis.
pub(crate) type Bounds = [(usize, usize); 3];

/// A mask on a grid: one bit a voxel, every row along the first axis in whole words.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    grid: Grid,
    words_per_row: usize,
    words: Vec<u64>,
}

impl Volume {
    /// An empty mask.
    pub fn new(grid: Grid) -> Self {
        let [length, rows, slices] = grid.size();
        let words_per_row = length.div_ceil(64);
        Self { grid, words_per_row, words: vec![0; words_per_row * rows * slices] }
    }

    /// A mask from one value a voxel, the first axis fastest; anything but 0 is inside.
    ///
    /// # Errors
    /// [`MetricsError::Input`] where `values` is not one a voxel.
    pub fn from_values(grid: Grid, values: &[u8]) -> Result<Self, MetricsError> {
        let [length, rows, slices] = grid.size();
        let expected = length * rows * slices;
        if values.len() != expected {
            let fault = format!("{} values, expected {expected}", values.len());
            return Err(MetricsError::Input { place: "volume".to_owned(), fault });
        }
        let mut volume = Self::new(grid);
        if length > 0 {
            for (row, values) in volume.words.chunks_mut(volume.words_per_row).zip(values.chunks(length)) {
                for (word, values) in row.iter_mut().zip(values.chunks(64)) {
                    *word = values.iter().rev().fold(0, |word, value| word << 1 | u64::from(*value != 0));
                }
            }
        }
        Ok(volume)
    }

    /// The grid.
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Whether a voxel is inside; `false` beyond the grid.
    pub fn get(&self, [x, y, z]: [usize; 3]) -> bool {
        let [length, rows, slices] = self.grid.size();
        x < length && y < rows && z < slices && self.row(y, z)[x / 64] >> (x % 64) & 1 == 1
    }

    /// Puts the voxels `start..end` of a row inside; what lies beyond the grid is left out.
    pub fn fill(&mut self, (start, end): (usize, usize), y: usize, z: usize) {
        let [length, rows, slices] = self.grid.size();
        let end = end.min(length);
        if start >= end || y >= rows || z >= slices {
            return;
        }
        let (first, last) = (start / 64, (end - 1) / 64);
        let row = self.row_mut(y, z);
        for (index, word) in row.iter_mut().enumerate().take(last + 1).skip(first) {
            let from = if index == first { u64::MAX << (start % 64) } else { u64::MAX };
            let until = if index == last { u64::MAX >> (63 - (end - 1) % 64) } else { u64::MAX };
            *word |= from & until;
        }
    }

    /// Voxels inside.
    pub fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Voxels inside both; masks on grids of other sizes share none.
    pub fn count_both(&self, other: &Self) -> u64 {
        if self.grid.size() != other.grid.size() {
            return 0;
        }
        self.words.iter().zip(&other.words).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    /// Whether no voxel is inside.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// The voxels inside, row by row.
    pub fn voxels(&self) -> impl Iterator<Item = [usize; 3]> + '_ {
        let rows = self.grid.size()[1].max(1);
        let places = self.words.iter().enumerate().filter(|(_, word)| **word != 0);
        places.flat_map(move |(place, word)| {
            let (row, x) = (place / self.words_per_row, place % self.words_per_row * 64);
            bits(*word).map(move |bit| [x + bit, row % rows, row / rows])
        })
    }

    /// The same with a distance of 1 between neighbours.
    pub(crate) fn in_voxels(mut self) -> Self {
        self.grid = self.grid.unspaced(self.grid.dimensions());
        self
    }

    /// The same plane as a volume of one slice, with a distance of 1 between neighbours.
    pub(crate) fn as_slab(&self) -> Self {
        Self { grid: self.grid.unspaced(3), ..self.clone() }
    }

    /// Planes on top of each other, as a volume with this spacing; `None` where they differ in size or are too many.
    pub(crate) fn stacked(planes: &[&Self], spacing: [f64; 3]) -> Option<Self> {
        let [length, rows, _] = planes.first()?.grid.size();
        if planes.iter().any(|plane| plane.grid.size() != [length, rows, 1]) {
            return None;
        }
        let grid = Grid::volume([length, rows, planes.len()], spacing).ok()?;
        let words_per_row = length.div_ceil(64);
        Some(Self { grid, words_per_row, words: planes.iter().flat_map(|plane| plane.words.iter().copied()).collect() })
    }

    pub(super) const fn words_per_row(&self) -> usize {
        self.words_per_row
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.words
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// One row; `y` and `z` lie within the grid.
    pub(super) fn row(&self, y: usize, z: usize) -> &[u64] {
        let start = (y + self.grid.size()[1] * z) * self.words_per_row;
        &self.words[start..start + self.words_per_row]
    }

    pub(super) fn row_mut(&mut self, y: usize, z: usize) -> &mut [u64] {
        let start = (y + self.grid.size()[1] * z) * self.words_per_row;
        &mut self.words[start..start + self.words_per_row]
    }

    /// The smallest part of the grid that holds both masks; `None` where both are empty.
    pub(crate) fn joint_bounds(&self, other: &Self) -> Option<Bounds> {
        let mut bounds: Option<Bounds> = None;
        for volume in [self, other] {
            let [_, rows, slices] = volume.grid.size();
            for (z, y) in (0..slices).flat_map(|z| (0..rows).map(move |y| (z, y))) {
                let row = volume.row(y, z);
                let Some(first) = row.iter().position(|word| *word != 0) else { continue };
                let last = row.iter().rposition(|word| *word != 0).unwrap_or(first);
                let start = first * 64 + row[first].trailing_zeros() as usize;
                let end = last * 64 + 64 - row[last].leading_zeros() as usize;
                let found = [(start, end), (y, y + 1), (z, z + 1)];
                let join = |old: Bounds| [0, 1, 2].map(|at| (old[at].0.min(found[at].0), old[at].1.max(found[at].1)));
                bounds = Some(bounds.map_or(found, join));
            }
        }
        bounds
    }

    /// The part within `bounds`, which lie within the grid.
    pub(crate) fn cropped(&self, bounds: Bounds) -> Self {
        let mut part = Self::new(self.grid.resized(bounds.map(|(start, end)| end - start)));
        let (offset, shift) = (bounds[0].0 / 64, bounds[0].0 % 64);
        let spare = part.words_per_row * 64 - part.grid.size()[0];
        let [_, rows, slices] = part.grid.size();
        for (z, y) in (0..slices).flat_map(|z| (0..rows).map(move |y| (z, y))) {
            let from = self.row(y + bounds[1].0, z + bounds[2].0);
            let into = part.row_mut(y, z);
            for (index, word) in into.iter_mut().enumerate() {
                let low = from.get(offset + index).copied().unwrap_or_default() >> shift;
                let high = from.get(offset + index + 1).copied().unwrap_or_default();
                *word = if shift == 0 { low } else { low | high << (64 - shift) };
            }
            if let Some(last) = into.last_mut() {
                *last &= u64::MAX >> spare;
            }
        }
        part
    }
}

/// The places of the bits that are set.
pub(super) fn bits(word: u64) -> impl Iterator<Item = usize> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
        rest &= rest - 1;
        Some(bit)
    })
}
