//! Products with a matrix that lies in panels of columns, so that a tile of the result stays in registers.

use super::gelu::gelu;

/// Columns of a panel: two vectors of WebAssembly.
const WIDTH: usize = 8;
/// Rows of a tile. With two vectors each, and two of the panel, they fit into sixteen registers.
const HEIGHT: usize = 4;
/// Rows that are computed before the next panel is read again, and the inputs that are added up at once: both
/// together stay in a cache of 256 KiB.
const ROWS: usize = 64;
const DEPTH: usize = 512;

/// What becomes of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::florence2) enum Finish {
    /// It is as it is.
    Plain,
    /// Its GELU is taken.
    Gelu,
}

/// A matrix `[inputs, outputs]`.
#[derive(Clone, Debug)]
pub(in crate::florence2) struct Panels {
    /// Panel by panel, input by input; the last panel is filled with zeros.
    numbers: Vec<[f32; WIDTH]>,
    pub(in crate::florence2) inputs: usize,
    pub(in crate::florence2) outputs: usize,
}

impl Panels {
    /// Of the transpose `[outputs, inputs]`, as PyTorch stores it.
    pub(in crate::florence2) fn of_rows(rows: &[f32], [outputs, inputs]: [usize; 2]) -> Self {
        let mut panels = Self::zeros(inputs, outputs);
        panels.set_rows(0, rows);
        panels
    }

    /// Without numbers yet.
    pub(in crate::florence2) fn zeros(inputs: usize, outputs: usize) -> Self {
        Self { numbers: vec![[0.0; WIDTH]; outputs.div_ceil(WIDTH) * inputs], inputs, outputs }
    }

    /// Sets columns from `first` on, given one after the other.
    pub(in crate::florence2) fn set_rows(&mut self, first: usize, rows: &[f32]) {
        for (output, row) in (first..).zip(rows.chunks_exact(self.inputs.max(1))) {
            let panel = self.numbers.iter_mut().skip(output / WIDTH * self.inputs);
            for (place, &number) in panel.zip(row) {
                place[output % WIDTH] = number;
            }
        }
    }

    /// Sets everything, given `[inputs, outputs]`.
    pub(super) fn set_columns(&mut self, numbers: impl Fn(usize) -> f32) {
        for (place, slots) in self.numbers.iter_mut().enumerate() {
            let (panel, input) = (place / self.inputs, place % self.inputs);
            for (lane, slot) in slots.iter_mut().enumerate().filter(|(lane, _)| panel * WIDTH + lane < self.outputs) {
                *slot = numbers(input * self.outputs + panel * WIDTH + lane);
            }
        }
    }

    /// Column `output`, behind what is there.
    pub(in crate::florence2) fn column(&self, output: usize, to: &mut Vec<f32>) {
        let panel = self.numbers.iter().skip(output / WIDTH * self.inputs).take(self.inputs);
        to.extend(panel.map(|slots| slots[output % WIDTH]));
    }

    /// `[rows, inputs]` -> `[rows, outputs]`: times the matrix, plus `bias`, and finished.
    pub(in crate::florence2) fn product(&self, left: &[f32], bias: Option<&[f32]>, finish: Finish) -> Vec<f32> {
        let rows = left.len() / self.inputs.max(1);
        let mut result = vec![0.0; rows * self.outputs];
        let mut pack = Vec::new();
        let (left, into) = (left.chunks(ROWS * self.inputs.max(1)), result.chunks_mut(ROWS * self.outputs.max(1)));
        for (left, into) in left.zip(into) {
            match left.len() / self.inputs.max(1) {
                1 => self.block::<1>(left, bias, finish, &mut pack, into),
                2 => self.block::<2>(left, bias, finish, &mut pack, into),
                3 => self.block::<3>(left, bias, finish, &mut pack, into),
                _ => self.block::<HEIGHT>(left, bias, finish, &mut pack, into),
            }
        }
        result
    }

    /// Up to [`ROWS`] rows, `TALL` at a time. `pack` is room that is used again.
    fn block<const TALL: usize>(
        &self,
        left: &[f32],
        bias: Option<&[f32]>,
        finish: Finish,
        pack: &mut Vec<f32>,
        into: &mut [f32],
    ) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        // Few rows read each panel once, and memory is fastest from end to end.
        let most = if TALL < HEIGHT { inputs.max(1) } else { DEPTH };
        for first in (0..inputs).step_by(most) {
            let depth = most.min(inputs - first);
            let is_last = first + depth == inputs;
            pack_rows::<TALL>(left, inputs, first, depth, pack);
            let (pack, _) = pack.as_chunks::<TALL>();
            for (panel, numbers) in self.numbers.chunks_exact(inputs).enumerate() {
                let Some(numbers) = numbers.get(first..first + depth) else { continue };
                let left_column = panel * WIDTH;
                let wide = WIDTH.min(outputs - left_column);
                for (rows, into) in pack.chunks_exact(depth).zip(into.chunks_mut(TALL * outputs)) {
                    let mut tile = [[0.0; WIDTH]; TALL];
                    if first > 0 {
                        for (sums, row) in tile.iter_mut().zip(into.chunks_exact(outputs)) {
                            let so_far = row.iter().skip(left_column).take(wide);
                            sums.iter_mut().zip(so_far).for_each(|(sum, value)| *sum = *value);
                        }
                    } else if let Some(bias) = bias.and_then(|bias| bias.get(left_column..left_column + wide)) {
                        for sums in &mut tile {
                            sums.iter_mut().zip(bias).for_each(|(sum, value)| *sum = *value);
                        }
                    }
                    multiply(rows, numbers, &mut tile);
                    for (sums, row) in tile.iter_mut().zip(into.chunks_exact_mut(outputs)) {
                        if is_last && finish == Finish::Gelu {
                            sums.iter_mut().for_each(|sum| *sum = gelu(*sum));
                        }
                        if let Some(row) = row.get_mut(left_column..left_column + wide) {
                            row.iter_mut().zip(sums).for_each(|(place, sum)| *place = *sum);
                        }
                    }
                }
            }
        }
    }
}

/// Adds the product of columns of `TALL` numbers and rows of [`WIDTH`] to a tile.
#[inline(always)]
fn multiply<const TALL: usize>(columns: &[[f32; TALL]], rows: &[[f32; WIDTH]], tile: &mut [[f32; WIDTH]; TALL]) {
    // A copy, which the compiler keeps in registers.
    let mut sums = *tile;
    for (column, row) in columns.iter().zip(rows) {
        for (sums, left) in sums.iter_mut().zip(column) {
            for (sum, right) in sums.iter_mut().zip(row) {
                *sum += left * right;
            }
        }
    }
    *tile = sums;
}

/// Rows `[rows, inputs]`, from input `first` on, in groups of `TALL`: input by input, the rows of a group together;
/// the last group is filled with zeros.
fn pack_rows<const TALL: usize>(left: &[f32], inputs: usize, first: usize, depth: usize, pack: &mut Vec<f32>) {
    let rows = left.len() / inputs;
    pack.clear();
    pack.resize(rows.div_ceil(TALL) * TALL * depth, 0.0);
    let (groups, _) = pack.as_chunks_mut::<TALL>();
    for (group, rows) in groups.chunks_exact_mut(depth).zip(left.chunks(TALL * inputs)) {
        for (lane, row) in rows.chunks_exact(inputs).enumerate() {
            let numbers = row.iter().skip(first).take(depth);
            for (slots, &number) in group.iter_mut().zip(numbers) {
                if let Some(slot) = slots.get_mut(lane) {
                    *slot = number;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Finish, Panels, gelu};

    fn numbers(count: usize, step: usize) -> Vec<f32> {
        (0..count).map(|index| (index * step % 23) as f32 / 11.0 - 1.0).collect()
    }

    #[test]
    fn products_are_sums_of_products() {
        for (rows, inputs, outputs) in [(1, 5, 3), (2, 400, 17), (3, 1, 8), (5, 9, 16), (131, 1100, 9), (4, 512, 8)] {
            let (left, right, bias) = (numbers(rows * inputs, 7), numbers(outputs * inputs, 5), numbers(outputs, 3));
            let panels = Panels::of_rows(&right, [outputs, inputs]);
            for finish in [Finish::Plain, Finish::Gelu] {
                for bias in [None, Some(bias.as_slice())] {
                    let product = panels.product(&left, bias, finish);
                    assert_eq!(product.len(), rows * outputs);
                    for (place, ours) in product.iter().enumerate() {
                        let (row, output) = (place / outputs, place % outputs);
                        let (left, right) = (&left[row * inputs..][..inputs], &right[output * inputs..][..inputs]);
                        let terms = || left.iter().zip(right).map(|(a, b)| f64::from(*a) * f64::from(*b));
                        let (sum, size): (f64, f64) = (terms().sum(), terms().map(f64::abs).sum());
                        let sum = (sum + bias.map_or(0.0, |bias| f64::from(bias[output]))) as f32;
                        let expected = if finish == Finish::Gelu { gelu(sum) } else { sum };
                        // f32 rounds each of the sums on the way.
                        let allowed = 1e-6 * (1.0 + size) as f32;
                        assert!((ours - expected).abs() < allowed, "{rows} {inputs} {outputs}: {ours} {expected}");
                    }
                }
            }
        }
    }

    #[test]
    fn columns_come_back() {
        let rows = numbers(11 * 6, 7);
        let panels = Panels::of_rows(&rows, [11, 6]);
        let mut columns = Vec::new();
        (0..11).for_each(|output| panels.column(output, &mut columns));
        assert_eq!(columns, rows);
    }
}
