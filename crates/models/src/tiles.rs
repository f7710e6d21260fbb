//! Overlapping tiles of a large image.

/// One tile: a window of the image, and the part of it that no other tile decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Left edge in the image.
    pub left: usize,
    /// Top edge in the image.
    pub top: usize,
    /// Columns of the image that it covers.
    pub width: usize,
    /// Rows of the image that it covers.
    pub height: usize,
    /// Columns `[from, to)` of the image for whose pixels this tile speaks.
    pub owned_columns: (usize, usize),
    /// Rows `[from, to)` of the image for whose pixels this tile speaks.
    pub owned_rows: (usize, usize),
}

impl Tile {
    /// Whether a point lies in the part that this tile owns, or within `margin` pixels of it. Things
    /// whose centre it does not claim may be cut by its edge; another tile sees them whole.
    pub fn claims(&self, (x, y): (f64, f64), margin: usize) -> bool {
        let within = |position: f64, (from, to): (usize, usize)| {
            position >= from as f64 - margin as f64 && position <= (to + margin) as f64
        };
        within(x, self.owned_columns) && within(y, self.owned_rows)
    }

    /// How central a point lies: 1 at the centre, falling like a normal curve whose standard
    /// deviation is a third of the tile's side in each direction.
    pub fn centrality(&self, (x, y): (f64, f64)) -> f32 {
        let along = |position: f64, start: usize, length: usize| {
            let length = length.max(1) as f64;
            (position - (start as f64 + length / 2.0)) / (length / 3.0)
        };
        let (dx, dy) = (along(x, self.left, self.width), along(y, self.top, self.height));
        (-0.5 * (dx * dx + dy * dy)).exp() as f32
    }
}

/// Tiles of side `tile` that cover `width` x `height` pixels, row by row, each overlapping the next
/// by at least `overlap`; evenly spread, so that none is a sliver. Pixels in an overlap belong to the
/// tile whose edge is farther away.
pub fn tiles(width: usize, height: usize, tile: usize, overlap: usize) -> Vec<Tile> {
    let columns = spans(width, tile, overlap);
    let rows = spans(height, tile, overlap);
    rows.iter()
        .flat_map(|row| {
            columns.iter().map(|column| Tile {
                left: column.start,
                top: row.start,
                width: column.length,
                height: row.length,
                owned_columns: column.owned,
                owned_rows: row.owned,
            })
        })
        .collect()
}

struct Span {
    start: usize,
    length: usize,
    owned: (usize, usize),
}

fn spans(extent: usize, tile: usize, overlap: usize) -> Vec<Span> {
    if extent <= tile {
        return vec![Span { start: 0, length: extent, owned: (0, extent) }];
    }
    let step = tile.saturating_sub(overlap).max(1);
    let count = (extent - tile).div_ceil(step) + 1;
    let starts: Vec<usize> = (0..count).map(|i| i * (extent - tile) / (count - 1)).collect();
    let border = |i: usize| (starts[i] + starts[i - 1] + tile) / 2;
    (0..count)
        .map(|i| Span {
            start: starts[i],
            length: tile,
            owned: (if i == 0 { 0 } else { border(i) }, if i + 1 == count { extent } else { border(i + 1) }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::tiles;

    proptest! {
        #[test]
        fn every_pixel_is_owned_once_and_seen_by_its_owner(
            width in 1..700_usize, height in 1..700_usize, tile in 64..256_usize, overlap in 0..32_usize,
        ) {
            let tiles = tiles(width, height, tile, overlap);
            let mut owned = 0;
            for tile in &tiles {
                let ((x0, x1), (y0, y1)) = (tile.owned_columns, tile.owned_rows);
                prop_assert!(x0 >= tile.left && x1 <= tile.left + tile.width && x1 <= width);
                prop_assert!(y0 >= tile.top && y1 <= tile.top + tile.height && y1 <= height);
                owned += (x1 - x0) * (y1 - y0);
            }
            prop_assert_eq!(owned, width * height);
            for pair in tiles.windows(2).filter(|pair| pair[0].top == pair[1].top) {
                prop_assert_eq!(pair[0].owned_columns.1, pair[1].owned_columns.0);
                prop_assert!(pair[0].left + pair[0].width >= pair[1].left + overlap);
            }
        }
    }
}
