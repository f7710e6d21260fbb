//! The distances between two surfaces, and what is said of them.

use crate::surface::{Volume, elements, for_each_squared_distance};

/// What the surface of a mask is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// Its border voxels, each counting once; distances between their centres.
    BorderVoxels,
    /// The elements between voxels, weighted by length or area; distances between corners of voxels.
    Elements,
}

/// The distances from one surface to the other, with the weight of each place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Directed {
    distances: Vec<f64>,
    /// Empty where every place counts once.
    sizes: Vec<f64>,
}

/// The distances between two surfaces, both ways.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SurfaceDistances {
    /// From the surface of the first mask.
    pub forth: Directed,
    /// From the surface of the second mask.
    pub back: Directed,
}

/// The distances from the surface of each mask to that of the other, within the smallest part of the grid that holds
/// both. `None` where either is empty, or their grids differ.
pub fn surface_distances(first: &Volume, second: &Volume, surface: Surface) -> Option<SurfaceDistances> {
    if first.grid() != second.grid() || first.is_empty() || second.is_empty() {
        return None;
    }
    let bounds = first.joint_bounds(second)?;
    let (first, second) = (first.cropped(bounds), second.cropped(bounds));
    Some(match surface {
        Surface::BorderVoxels => {
            let (first, second) = (first.border(), second.border());
            let directed = |from: &Volume, to: &Volume| {
                let mut distances = Vec::with_capacity(from.count() as usize);
                for_each_squared_distance(to, from, |_, squared| distances.push(squared.sqrt()));
                Directed { distances, sizes: Vec::new() }
            };
            SurfaceDistances { forth: directed(&first, &second), back: directed(&second, &first) }
        }
        Surface::Elements => {
            let (first, second) = (elements(first), elements(second));
            let directed = |from: &super::Elements, to: &super::Elements| {
                let mut directed = Directed::default();
                for_each_squared_distance(&to.corners, &from.corners, |place, squared| {
                    directed.distances.push(squared.sqrt());
                    directed.sizes.push(from.size_at(place));
                });
                directed
            };
            SurfaceDistances { forth: directed(&first, &second), back: directed(&second, &first) }
        }
    })
}

impl Directed {
    /// The distances, in no particular order.
    pub fn distances(&self) -> &[f64] {
        &self.distances
    }

    /// The largest distance.
    pub fn largest(&self) -> f64 {
        self.distances.iter().copied().fold(0.0, f64::max)
    }

    /// The length or area of the whole surface, or its count of voxels.
    pub fn size(&self) -> f64 {
        if self.sizes.is_empty() { self.distances.len() as f64 } else { self.sizes.iter().sum() }
    }

    /// The distances times their weights, summed.
    pub fn sum(&self) -> f64 {
        match self.sizes[..] {
            [] => self.distances.iter().sum(),
            _ => self.distances.iter().zip(&self.sizes).map(|(distance, size)| distance * size).sum(),
        }
    }

    /// The mean distance, weighted.
    pub fn mean(&self) -> f64 {
        let size = self.size();
        if size > 0.0 { self.sum() / size } else { 0.0 }
    }

    /// The size of that part of the surface that lies at most `tolerance` from the other.
    pub fn within(&self, tolerance: f64) -> f64 {
        match self.sizes[..] {
            [] => self.distances.iter().filter(|distance| **distance <= tolerance).count() as f64,
            _ => {
                let places = self.distances.iter().zip(&self.sizes);
                places.filter(|(distance, _)| **distance <= tolerance).map(|(_, size)| size).sum()
            }
        }
    }

    /// The smallest distance at which `share` (0 to 1) of the surface is reached, as surface-distance 0.1 has it.
    pub fn weighted_percentile(&self, share: f64) -> f64 {
        if self.sizes.is_empty() {
            return percentile(&mut self.distances.clone(), share);
        }
        let mut places = self.distances.iter().copied().zip(self.sizes.iter().copied()).collect::<Vec<_>>();
        places.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        // Whether exactly 95 % are reached hangs on the last bit of the sums, so they are made in numpy's order.
        let total = pairwise_sum(&places);
        let mut reached = 0.0;
        for (distance, size) in &places {
            reached += size;
            if reached / total >= share {
                return *distance;
            }
        }
        places.last().map_or(0.0, |place| place.0)
    }
}

impl SurfaceDistances {
    /// The Hausdorff distance: the largest distance either way.
    pub fn hausdorff(&self) -> f64 {
        self.forth.largest().max(self.back.largest())
    }

    /// The larger of the two directions' percentiles, linear between ranks (MONAI, Metrics Reloaded).
    pub fn hausdorff_percentile(&self, share: f64) -> f64 {
        let of = |directed: &Directed| percentile(&mut directed.distances.clone(), share);
        of(&self.forth).max(of(&self.back))
    }

    /// The percentile of the distances of both directions together, linear between ranks (medpy).
    pub fn pooled_percentile(&self, share: f64) -> f64 {
        let mut pooled = self.forth.distances.clone();
        pooled.extend_from_slice(&self.back.distances);
        percentile(&mut pooled, share)
    }

    /// The average symmetric surface distance: the mean over both surfaces together.
    pub fn average_symmetric(&self) -> f64 {
        let size = self.forth.size() + self.back.size();
        if size > 0.0 { (self.forth.sum() + self.back.sum()) / size } else { 0.0 }
    }

    /// The mean of the two directions' means.
    pub fn mean_average(&self) -> f64 {
        0.5 * (self.forth.mean() + self.back.mean())
    }

    /// The normalised surface distance (surface Dice): the share of both surfaces within `tolerance` of the other.
    pub fn surface_dice(&self, tolerance: f64) -> f64 {
        let size = self.forth.size() + self.back.size();
        if size > 0.0 { (self.forth.within(tolerance) + self.back.within(tolerance)) / size } else { 0.0 }
    }
}

/// The sum of the sizes as numpy forms it: in blocks of 128, each in 8 partial sums.
fn pairwise_sum(places: &[(f64, f64)]) -> f64 {
    if places.len() < 8 {
        return places.iter().map(|place| place.1).sum();
    }
    if places.len() > 128 {
        let half = places.len() / 2;
        let (left, right) = places.split_at(half - half % 8);
        return pairwise_sum(left) + pairwise_sum(right);
    }
    let blocks = places.chunks_exact(8);
    let rest = blocks.remainder().iter().map(|place| place.1);
    let mut parts = [0.0; 8];
    for block in blocks {
        parts.iter_mut().zip(block).for_each(|(part, place)| *part += place.1);
    }
    let [a, b, c, d, e, f, g, h] = parts;
    rest.fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, size| sum + size)
}

/// The percentile with linear interpolation between ranks (numpy's and torch's default); 0 of no values.
fn percentile(values: &mut [f64], share: f64) -> f64 {
    let Some(last) = values.len().checked_sub(1) else { return 0.0 };
    let rank = share.clamp(0.0, 1.0) * last as f64;
    let (below, part) = (rank.floor() as usize, rank - rank.floor());
    let (_, low, above) = values.select_nth_unstable_by(below.min(last), f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().fold(f64::INFINITY, f64::min);
    if part == 0.0 || high == f64::INFINITY {
        low
    } else if part < 0.5 {
        low + (high - low) * part
    } else {
        high - (high - low) * (1.0 - part)
    }
}
