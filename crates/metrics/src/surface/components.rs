//! Connected parts of a mask.

use std::collections::BTreeMap;

use crate::surface::Volume;

/// Which voxels are neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connectivity {
    /// Those that share a face: 4 in a plane, 6 in a volume.
    Faces,
    /// Those that share a face, an edge or a corner: 8 in a plane, 26 in a volume.
    Corners,
}

/// The connected components of a mask, as runs along the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// Row, start, past the end, component; in the order of the rows.
    runs: Vec<(usize, usize, usize, usize)>,
    /// Voxels of each.
    sizes: Vec<u64>,
}

impl Volume {
    /// The connected components, numbered in the order of their first voxels.
    pub fn components(&self, connectivity: Connectivity) -> Components {
        let [_, rows, slices] = self.grid().size();
        let mut runs = Vec::new();
        let mut first_of_row = Vec::with_capacity(rows * slices + 1);
        for row in 0..rows * slices {
            first_of_row.push(runs.len());
            runs.extend(row_runs(self.row(row % rows, row / rows)).map(|(start, end)| (row, start, end)));
        }
        first_of_row.push(runs.len());
        let reach = usize::from(connectivity == Connectivity::Corners);
        let mut parents = (0..runs.len()).collect::<Vec<_>>();
        let mut join_rows = |here: usize, other: usize| {
            let mut candidate = first_of_row[other];
            for run in first_of_row[here]..first_of_row[here + 1] {
                let (_, start, end) = runs[run];
                while candidate < first_of_row[other + 1] && runs[candidate].2 + reach <= start {
                    candidate += 1;
                }
                let mut touching = candidate;
                while touching < first_of_row[other + 1] && runs[touching].1 < end + reach {
                    join(&mut parents, run, touching);
                    touching += 1;
                }
            }
        };
        for (z, y) in (0..slices).flat_map(|z| (0..rows).map(move |y| (z, y))) {
            let here = y + rows * z;
            if y > 0 {
                join_rows(here, here - 1);
            }
            if z > 0 {
                join_rows(here, here - rows);
                if connectivity == Connectivity::Corners {
                    if y > 0 {
                        join_rows(here, here - rows - 1);
                    }
                    if y + 1 < rows {
                        join_rows(here, here - rows + 1);
                    }
                }
            }
        }
        let (mut numbers, mut sizes) = (BTreeMap::new(), Vec::new());
        let numbered = runs.iter().enumerate().map(|(run, &(row, start, end))| {
            let number = *numbers.entry(root(&mut parents, run)).or_insert(sizes.len());
            if number == sizes.len() {
                sizes.push(0);
            }
            sizes[number] += (end - start) as u64;
            (row, start, end, number)
        });
        Components { runs: numbered.collect(), sizes }
    }
}

impl Components {
    /// Voxels of each component.
    pub fn sizes(&self) -> &[u64] {
        &self.sizes
    }

    /// How many voxels each component shares with each of another mask's on the same grid, where any.
    pub fn shared_with(&self, other: &Self) -> BTreeMap<(usize, usize), u64> {
        let mut shared = BTreeMap::new();
        let mut first = 0;
        for &(row, start, end, component) in &self.runs {
            let before = |at: usize| other.runs.get(at).is_some_and(|run| (run.0, run.2) <= (row, start));
            while before(first) {
                first += 1;
            }
            for &(_, from, until, theirs) in other.runs[first..].iter().take_while(|run| run.0 == row && run.1 < end) {
                *shared.entry((component, theirs)).or_insert(0) += (until.min(end) - from.max(start)) as u64;
            }
        }
        shared
    }
}

fn root(parents: &mut [usize], mut run: usize) -> usize {
    while parents[run] != run {
        parents[run] = parents[parents[run]];
        run = parents[run];
    }
    run
}

fn join(parents: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b)] = a.min(b);
}

/// Runs of bits that are set, as start and past the end.
fn row_runs(row: &[u64]) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut position = 0;
    std::iter::from_fn(move || {
        let start = next_bit(row, position, 0)?;
        let end = next_bit(row, start, u64::MAX).unwrap_or(row.len() * 64);
        position = end;
        Some((start, end))
    })
}

/// The first set bit at or after `from`; the first that is not set where `flip` is all ones.
fn next_bit(row: &[u64], from: usize, flip: u64) -> Option<usize> {
    let mut index = from / 64;
    let mut word = (row.get(index)? ^ flip) & (u64::MAX << (from % 64));
    while word == 0 {
        index += 1;
        word = row.get(index)? ^ flip;
    }
    Some(index * 64 + word.trailing_zeros() as usize)
}
