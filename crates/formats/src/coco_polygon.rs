//! Polygons to pixels, as COCO's own tool does it, bit for bit.
//!
//! The rule (source: `pycocotools` 2.0, `rleFrPoly` in `maskApi.c`): vertices are put on a grid five times
//! finer than the pixels, edges are walked on it one step of the longer axis at a time, and wherever the
//! walk changes its fine column in the middle of a pixel's column, the row there is a crossing: pixels below
//! it change sides. It differs from filling by pixel centres along the edges, and metrics published for
//! COCO data rest on it.

use groundglass_types::{Mask, MaskError};

/// How much finer than the pixels the grid is.
const SCALE: f64 = 5.0;

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
    let mut previous: Option<(i64, i64)> = None;
    for (index, &start) in vertices.iter().enumerate() {
        let end = vertices[(index + 1) % vertices.len()];
        walk(start, end, |point| {
            if let Some(before) = previous.replace(point) {
                positions.extend(crossing(before, point, width, height));
            }
        });
    }
    positions.sort_unstable();
    positions
}

/// Rounded half away from zero for positive numbers and towards zero below, as a C cast does.
fn on_fine_grid(coordinate: f64) -> i64 {
    (SCALE * coordinate + 0.5) as i64
}

/// Every fine point of an edge from `start` to `end`, one for each step of its longer axis.
fn walk(start: (i64, i64), end: (i64, i64), mut visit: impl FnMut((i64, i64))) {
    let (dx, dy) = ((end.0 - start.0).abs(), (end.1 - start.1).abs());
    let along_x = dx >= dy;
    // The line is always computed from its lower end, so that both directions give the same points.
    let is_flipped = if along_x { start.0 > end.0 } else { start.1 > end.1 };
    let (low, high) = if is_flipped { (end, start) } else { (start, end) };
    let length = dx.max(dy);
    let slope = if along_x { (high.1 - low.1) as f64 / dx as f64 } else { (high.0 - low.0) as f64 / dy as f64 };
    for step in 0..=length {
        let step = if is_flipped { length - step } else { step };
        visit(if length == 0 {
            low
        } else if along_x {
            (low.0 + step, (low.1 as f64 + slope * step as f64 + 0.5) as i64)
        } else {
            ((low.0 as f64 + slope * step as f64 + 0.5) as i64, low.1 + step)
        });
    }
}

/// The pixel at which the outline crosses a pixel column's middle between two neighbouring fine points.
fn crossing(before: (i64, i64), after: (i64, i64), width: usize, height: usize) -> Option<u64> {
    if before.0 == after.0 {
        return None;
    }
    let fine_column = if after.0 < before.0 { after.0 } else { after.0 - 1 };
    let column = (fine_column as f64 + 0.5) / SCALE - 0.5;
    if column.floor() != column || column < 0.0 || column > width as f64 - 1.0 {
        return None;
    }
    let row = (before.1.min(after.1) as f64 + 0.5) / SCALE - 0.5;
    let row = row.clamp(0.0, height as f64).ceil();
    Some(column as u64 * height as u64 + row as u64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::rasterise_polygons;

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

    proptest! {
        #[test]
        fn any_polygon_gives_a_mask(
            width in 1..20_usize, height in 1..20_usize,
            polygons in proptest::collection::vec(proptest::collection::vec(-50.0..50.0_f64, 0..13), 0..4),
        ) {
            prop_assert!(rasterise_polygons(width, height, &polygons).is_ok());
        }
    }
}
