//! Polygons to pixels, as COCO's own tool does it, bit for bit.
//!
//! The rule (source: `pycocotools` 2.0, `rleFrPoly` in `maskApi.c`): vertices are put on a grid five times
//! finer than the pixels, edges are walked on it one step of the longer axis at a time, and wherever the
//! walk changes its fine column in the middle of a pixel's column, the row there is a crossing: pixels below
//! it change sides. It differs from filling by pixel centres along the edges, and metrics published for
//! COCO data rest on it.

use groundglass_types::{Mask, MaskError};

/// How much finer than the pixels the grid is.
const SCALE: i64 = 5;

/// The fine column in a pixel's column after which its middle lies.
const MIDDLE: i64 = 2;

/// The union of polygons, each given as `x0, y0, x1, y1, ...`, on an image of `width` x `height`. Vertices
/// may lie outside; an odd last number is not read.
///
/// # Errors
/// [`MaskError::TooLarge`] beyond 2^32 - 1 pixels.
pub fn rasterise_polygons(width: usize, height: usize, polygons: &[Vec<f64>]) -> Result<Mask, MaskError> {
    let pixels = (width as u64).saturating_mul(height as u64);
    let mut crossings: Vec<(u64, i32)> = Vec::new();
    for polygon in polygons {
        // Alternating signs turn crossings into entries and exits, so that a pixel is inside the union
        // where more polygons were entered than left.
        let positions = crossings_of(width, height, polygon);
        crossings
            .extend(positions.into_iter().enumerate().map(|(index, at)| (at, if index % 2 == 0 { 1 } else { -1 })));
    }
    crossings.sort_unstable();
    let mut counts = Vec::new();
    let (mut depth, mut run_start, mut inside) = (0_i32, 0_u64, false);
    for group in crossings.chunk_by(|one, next| one.0 == next.0) {
        depth += group.iter().map(|(_, step)| step).sum::<i32>();
        let at = group.first().map_or(pixels, |(at, _)| (*at).min(pixels));
        if (depth > 0) != inside {
            counts.push(run_length(run_start, at, (width, height))?);
            (run_start, inside) = (at, depth > 0);
        }
    }
    counts.push(run_length(run_start, pixels, (width, height))?);
    Mask::from_counts(width, height, &counts)
}

fn run_length(start: u64, end: u64, (width, height): (usize, usize)) -> Result<u32, MaskError> {
    u32::try_from(end - start).map_err(|_| MaskError::TooLarge(width, height))
}

/// Where, in column-major numbering, one polygon's outline changes the side, in rising order.
fn crossings_of(width: usize, height: usize, polygon: &[f64]) -> Vec<u64> {
    let vertices: Vec<(i64, i64)> =
        polygon.chunks_exact(2).map(|vertex| (on_fine_grid(vertex[0]), on_fine_grid(vertex[1]))).collect();
    let mut positions = Vec::new();
    for (index, &start) in vertices.iter().enumerate() {
        let edge = Edge::between(start, vertices[(index + 1) % vertices.len()]);
        for column in edge.columns(width) {
            let row = (edge.lower_row(column) as f64 + 0.5) / SCALE as f64 - 0.5;
            let row = row.clamp(0.0, height as f64).ceil();
            positions.push(column as u64 * height as u64 + row as u64);
        }
    }
    positions.sort_unstable();
    positions
}

/// Rounded half away from zero for positive numbers and towards zero below, as a C cast does.
fn on_fine_grid(coordinate: f64) -> i64 {
    (SCALE as f64 * coordinate + 0.5) as i64
}

/// One edge on the fine grid. The tool walks it one step of its longer axis at a time; only the steps over the middle of
/// a pixel's column count, and those are found without walking, in time by the columns that the edge crosses.
struct Edge {
    /// The end at which the longer axis is lower: both directions of an edge give the same points.
    low: (i64, i64),
    /// Steps of the longer axis.
    length: i64,
    /// The shorter axis a step of the longer one.
    slope: f64,
    along_x: bool,
}

impl Edge {
    fn between(start: (i64, i64), end: (i64, i64)) -> Self {
        let (dx, dy) = ((end.0 - start.0).abs(), (end.1 - start.1).abs());
        let along_x = dx >= dy;
        let is_flipped = if along_x { start.0 > end.0 } else { start.1 > end.1 };
        let (low, high) = if is_flipped { (end, start) } else { (start, end) };
        let slope = if along_x { (high.1 - low.1) as f64 / dx as f64 } else { (high.0 - low.0) as f64 / dy as f64 };
        Self { low, length: dx.max(dy), slope, along_x }
    }

    /// The shorter axis at a step.
    fn across(&self, step: i64) -> i64 {
        let from = if self.along_x { self.low.1 } else { self.low.0 };
        if self.length == 0 { from } else { (from as f64 + self.slope * step as f64 + 0.5) as i64 }
    }

    /// The columns of pixels of whose middle the edge is on both sides.
    fn columns(&self, width: usize) -> std::ops::Range<i64> {
        let (one, other) = if self.along_x {
            (self.low.0, self.low.0 + self.length)
        } else {
            (self.across(0), self.across(self.length))
        };
        // The middle of column c lies between the fine columns 5 c + 2 and 5 c + 3.
        let middle_after = |fine: i64| (fine - MIDDLE).div_euclid(SCALE) + 1;
        let first = middle_after(one.min(other) - 1).max(0);
        first..middle_after(one.max(other) - 1).min(width as i64)
    }

    /// The lower fine row of the two between which the edge crosses the middle of a column.
    fn lower_row(&self, column: i64) -> i64 {
        let before = SCALE * column + MIDDLE;
        if self.along_x {
            let step = before - self.low.0;
            return self.across(step).min(self.across(step + 1));
        }
        // The first step on the far side. The line is straight, so the guess is off by no more than rounding.
        let is_beyond =
            |step: i64| if self.slope > 0.0 { self.across(step) > before } else { self.across(step) <= before };
        let guess = (before as f64 + 0.5 - self.low.0 as f64) / self.slope;
        let mut step = (guess as i64).clamp(1, self.length);
        while step > 1 && is_beyond(step - 1) {
            step -= 1;
        }
        while step < self.length && !is_beyond(step) {
            step += 1;
        }
        self.low.1 + step - 1
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::{crossings_of, rasterise_polygons};

    #[test]
    fn a_rectangle_on_pixel_edges_fills_its_pixels() {
        let mask = rasterise_polygons(6, 5, &[vec![1.0, 1.0, 4.0, 1.0, 4.0, 3.0, 1.0, 3.0]]).unwrap();
        #[rustfmt::skip]
        let expected = [
            0, 0, 0, 0, 0, 0,
            0, 1, 1, 1, 0, 0,
            0, 1, 1, 1, 0, 0,
            0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0,
        ];
        assert_eq!(mask.to_row_major(), expected);
    }

    #[test]
    fn polygons_of_one_object_are_joined_and_do_not_cancel() {
        let one = vec![0.0, 0.0, 4.0, 0.0, 4.0, 4.0, 0.0, 4.0];
        let other = vec![2.0, 2.0, 6.0, 2.0, 6.0, 6.0, 2.0, 6.0];
        assert_eq!(rasterise_polygons(8, 8, &[one, other]).unwrap().area(), 16 + 16 - 4);
    }

    /// Every fine point of an outline one after the other, as the tool itself goes.
    fn walked(width: usize, height: usize, polygon: &[f64]) -> Vec<u64> {
        let fine = |coordinate: f64| (5.0 * coordinate + 0.5) as i64;
        let vertices: Vec<_> = polygon.chunks_exact(2).map(|pair| (fine(pair[0]), fine(pair[1]))).collect();
        let mut points = Vec::new();
        for (index, &start) in vertices.iter().enumerate() {
            let end = vertices[(index + 1) % vertices.len()];
            let (dx, dy) = ((end.0 - start.0).abs(), (end.1 - start.1).abs());
            let is_flipped = if dx >= dy { start.0 > end.0 } else { start.1 > end.1 };
            let (low, high) = if is_flipped { (end, start) } else { (start, end) };
            let on = |from: i64, to: i64, step: i64| {
                let slope = (to - from) as f64 / dx.max(dy) as f64;
                (from as f64 + slope * step as f64 + 0.5) as i64
            };
            for step in 0..=dx.max(dy) {
                let step = if is_flipped { dx.max(dy) - step } else { step };
                points.push(match dx.max(dy) {
                    0 => low,
                    _ if dx >= dy => (low.0 + step, on(low.1, high.1, step)),
                    _ => (on(low.0, high.0, step), low.1 + step),
                });
            }
        }
        let mut positions = Vec::new();
        for pair in points.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            let column = (before.0.min(after.0) as f64 + 0.5) / 5.0 - 0.5;
            if before.0 != after.0 && column.fract() == 0.0 && column >= 0.0 && column < width as f64 {
                let row = (before.1.min(after.1) as f64 + 0.5) / 5.0 - 0.5;
                positions.push(column as u64 * height as u64 + row.clamp(0.0, height as f64).ceil() as u64);
            }
        }
        positions.sort_unstable();
        positions
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn crossings_are_those_of_the_walk(
            width in 1..30_usize, height in 1..30_usize,
            whole in proptest::bool::ANY,
            mut polygon in proptest::collection::vec(-40.0..70.0_f64, 0..17),
        ) {
            if whole {
                polygon.iter_mut().for_each(|number| *number = number.round());
            }
            prop_assert_eq!(crossings_of(width, height, &polygon), walked(width, height, &polygon));
        }

        #[test]
        fn any_polygon_gives_a_mask(
            width in 1..20_usize, height in 1..20_usize,
            polygons in proptest::collection::vec(proptest::collection::vec(-50.0..50.0_f64, 0..13), 0..4),
        ) {
            prop_assert!(rasterise_polygons(width, height, &polygons).is_ok());
        }
    }
}
