//! Round and turned shapes as outlines: `x0, y0, x1, y1, ...` in pixels, y downwards.

use std::f64::consts::TAU;

use groundglass_types::BoundingBox;

use crate::frame::Frame;
use crate::mark::{Drawn, Fill};

/// An ellipse as an outline with a corner a pixel, at least 24 and at most 2,048. `turn` is in radians, clockwise as one
/// sees it.
pub fn ellipse([x, y]: [f64; 2], [across, down]: [f64; 2], turn: f64) -> Vec<f64> {
    let corners = (TAU * across.abs().max(down.abs())).ceil().clamp(24.0, 2048.0) as usize;
    let (sine, cosine) = turn.sin_cos();
    let corner = |index: usize| {
        let (along, aside) = (TAU * index as f64 / corners as f64).sin_cos();
        let (dx, dy) = (across * aside, down * along);
        [x + dx * cosine - dy * sine, y + dx * sine + dy * cosine]
    };
    (0..corners).flat_map(corner).collect()
}

/// The box around an ellipse that is not turned.
pub const fn around([x, y]: [f64; 2], [across, down]: [f64; 2]) -> BoundingBox {
    BoundingBox::new(x - across, y - down, x + across, y + down)
}

/// A box turned about its middle by `degrees` clockwise, as an outline.
pub fn turned(edges: BoundingBox, degrees: f64) -> Vec<f64> {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    let (x, y) = edges.center();
    let corners = [
        (edges.x_min, edges.y_min),
        (edges.x_max, edges.y_min),
        (edges.x_max, edges.y_max),
        (edges.x_min, edges.y_max),
    ];
    let corner = |(left, top): (f64, f64)| {
        let (dx, dy) = (left - x, top - y);
        [x + dx * cosine - dy * sine, y + dx * sine + dy * cosine]
    };
    corners.into_iter().flat_map(corner).collect()
}

/// Outlines in pixels of which any may cover a pixel.
pub fn drawn(outlines: Vec<Vec<f64>>) -> Drawn {
    Drawn::Outlines { outlines, fill: Fill::Union, frame: Frame::PIXEL_CORNERS }
}

#[cfg(test)]
mod tests {
    use groundglass_types::BoundingBox;

    use super::{ellipse, turned};

    #[test]
    fn a_quarter_turn_swaps_the_sides() {
        let outline = turned(BoundingBox::new(0.0, 2.0, 8.0, 4.0), 90.0);
        let expected = [5.0, -1.0, 5.0, 7.0, 3.0, 7.0, 3.0, -1.0];
        assert!(outline.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-12), "{outline:?}");
    }

    #[test]
    fn an_ellipse_has_the_area_of_one() {
        for (radii, turn) in [([9.0, 4.0], 0.0), ([3.0, 30.0], 0.7), ([1e6, 2.0], 0.0)] {
            let outline = ellipse([50.0, 60.0], radii, turn);
            let corner = |at: usize| (outline[2 * at % outline.len()], outline[(2 * at + 1) % outline.len()]);
            let twice: f64 = (0..outline.len() / 2)
                .map(|at| corner(at).0 * corner(at + 1).1 - corner(at + 1).0 * corner(at).1)
                .sum();
            let area = std::f64::consts::PI * radii[0] * radii[1];
            assert!((twice / 2.0 / area - 1.0).abs() < 0.012, "{radii:?}: {}", twice / 2.0 / area);
        }
    }
}
