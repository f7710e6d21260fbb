//! The exact squared Euclidean distance transform, and the same for a few voxels only.
//!
//! Source: Felzenszwalb and Huttenlocher, Theory of Computing 2012, axis by axis: along the rows by counting bits,
//! across the rows by the lower envelope of parabolas, across the slices by trying the nearest slices first. The
//! first two axes are done in strips of 64 columns, and only for the columns that anyone asks for.

use crate::surface::Volume;
use crate::surface::volume::bits;

/// Says of every voxel of `at` its squared distance to the nearest voxel of `surface`, in an order that depends on
/// nothing but the masks. Says nothing where `surface` is empty or on a grid of another size.
pub fn for_each_squared_distance(surface: &Volume, at: &Volume, mut say: impl FnMut([usize; 3], f64)) {
    if surface.grid().size() != at.grid().size() || surface.is_empty() {
        return;
    }
    let [_, rows, slices] = at.grid().size();
    let mut strip = Strip::new(surface);
    for word in 0..at.words_per_row() {
        let asked = (0..rows * slices).fold(0, |asked, row| asked | at.row(row % rows, row / rows)[word]);
        if asked == 0 {
            continue;
        }
        strip.fill(word, asked);
        for (z, y) in (0..slices).flat_map(|z| (0..rows).map(move |y| (z, y))) {
            for bit in bits(at.row(y, z)[word]) {
                say([word * 64 + bit, y, z], strip.nearest(bit, y, z));
            }
        }
    }
}

/// The squared distance of every voxel to the nearest voxel of `surface`, the first axis fastest; `None` where
/// `surface` is empty.
pub fn squared_distance_transform(surface: &Volume) -> Option<Vec<f64>> {
    if surface.is_empty() {
        return None;
    }
    let [length, rows, slices] = surface.grid().size();
    let mut everywhere = Volume::new(*surface.grid());
    for (z, y) in (0..slices).flat_map(|z| (0..rows).map(move |y| (z, y))) {
        everywhere.fill((0, length), y, z);
    }
    let mut distances = vec![0.0; length * rows * slices];
    for_each_squared_distance(surface, &everywhere, |[x, y, z], squared| {
        if let Some(distance) = distances.get_mut(x + length * (y + rows * z)) {
            *distance = squared;
        }
    });
    Some(distances)
}

/// Squared distances within each slice, for 64 columns.
struct Strip<'a> {
    surface: &'a Volume,
    /// Squares of 0, 1, 2, ... voxels along each axis.
    squares: [Vec<f64>; 3],
    /// 1 over twice the square of the spacing across the rows, times 1, 2, ...
    slopes: Vec<f64>,
    /// Which slices hold any of the surface.
    occupied: Vec<bool>,
    /// By column, slice and row.
    planes: Vec<f64>,
    envelope: Vec<Parabola>,
}

#[derive(Clone, Copy)]
struct Parabola {
    /// Where it takes over from the one before.
    from: f64,
    /// Its lowest point, and how high that is.
    row: usize,
    height: f64,
}

impl<'a> Strip<'a> {
    fn new(surface: &'a Volume) -> Self {
        let ([_, rows, slices], spacing) = (surface.grid().size(), surface.grid().spacing());
        let squares = [0, 1, 2].map(|axis: usize| {
            let count = surface.grid().size()[axis];
            (0..count).map(|steps| (steps as f64 * spacing[axis]) * (steps as f64 * spacing[axis])).collect()
        });
        let slope = |steps: usize| 0.5 / (spacing[1] * spacing[1] * steps as f64);
        let occupied = |z| (0..rows).any(|y| surface.row(y, z).iter().any(|word| *word != 0));
        Self {
            surface,
            squares,
            slopes: (0..rows.max(1)).map(slope).collect(),
            occupied: (0..slices).map(occupied).collect(),
            planes: vec![f64::INFINITY; 64 * rows * slices],
            envelope: Vec::with_capacity(rows),
        }
    }

    /// Computes the columns `asked` of the strip at `word`.
    fn fill(&mut self, word: usize, asked: u64) {
        let [_, rows, slices] = self.surface.grid().size();
        for z in (0..slices).filter(|z| self.occupied[*z]) {
            for y in 0..rows {
                let row = self.surface.row(y, z);
                along_row(row, word, asked, |bit, steps| {
                    self.planes[(bit * slices + z) * rows + y] = steps.map_or(f64::INFINITY, |x| self.squares[0][x]);
                });
            }
            for bit in bits(asked) {
                let start = (bit * slices + z) * rows;
                let column = &mut self.planes[start..start + rows];
                lower_envelope(column, &self.squares[1], &self.slopes, &mut self.envelope);
            }
        }
    }

    fn nearest(&self, bit: usize, y: usize, z: usize) -> f64 {
        let [_, rows, slices] = self.surface.grid().size();
        let start = bit * slices * rows + y;
        let mut best = if self.occupied[z] { self.planes[start + z * rows] } else { f64::INFINITY };
        for (steps, square) in self.squares[2].iter().enumerate().skip(1) {
            if *square >= best {
                break;
            }
            let (before, behind) = (z.checked_sub(steps), z + steps);
            for other in before.into_iter().chain((behind < slices).then_some(behind)) {
                if self.occupied[other] {
                    best = best.min(self.planes[start + other * rows] + square);
                }
            }
        }
        best
    }
}

/// Says of each column in `asked` of the strip at `word` how many voxels away the nearest one of the row is.
fn along_row(row: &[u64], word: usize, asked: u64, mut say: impl FnMut(usize, Option<usize>)) {
    let here = row[word];
    let before = row[..word].iter().rposition(|word| *word != 0);
    // How many voxels before this strip's first, and how many behind it.
    let before = before.map(|at| (word - at) * 64 - (63 - row[at].leading_zeros() as usize));
    let behind = row[word + 1..].iter().position(|word| *word != 0);
    let behind = behind.map(|at| (at + 1) * 64 + row[word + 1 + at].trailing_zeros() as usize);
    if here == 0 && before.is_none() && behind.is_none() {
        bits(asked).for_each(|bit| say(bit, None));
        return;
    }
    for bit in bits(asked) {
        let (left, right) = (here << (63 - bit), here >> bit);
        let left = if left == 0 { before.map_or(usize::MAX, |far| far + bit) } else { left.leading_zeros() as usize };
        let right =
            if right == 0 { behind.map_or(usize::MAX, |far| far - bit) } else { right.trailing_zeros() as usize };
        say(bit, Some(left.min(right)));
    }
}

/// Replaces the heights by the lowest parabola above each place.
fn lower_envelope(heights: &mut [f64], squares: &[f64], slopes: &[f64], envelope: &mut Vec<Parabola>) {
    envelope.clear();
    for (row, &height) in heights.iter().enumerate() {
        if height == f64::INFINITY {
            continue;
        }
        let mut from = f64::NEG_INFINITY;
        while let Some(last) = envelope.last() {
            from = (height - last.height) * slopes[row - last.row] + 0.5 * (row + last.row) as f64;
            if from > last.from {
                break;
            }
            envelope.pop();
            from = f64::NEG_INFINITY;
        }
        envelope.push(Parabola { from, row, height });
    }
    let mut rest = envelope.iter().copied().peekable();
    let Some(mut lowest) = rest.next() else { return };
    for (row, height) in heights.iter_mut().enumerate() {
        while let Some(next) = rest.next_if(|next| next.from < row as f64) {
            lowest = next;
        }
        *height = squares[row.abs_diff(lowest.row)] + lowest.height;
    }
}
