#![allow(clippy::unwrap_used)]

use groundglass_types::{BoundingBox, Mask};
use proptest::prelude::*;

use super::{ContourMask, contour_mask};
use crate::dicom::{Contour, ContourKind, Plane};

/// Pixels of 2 x 1 mm, the centre of the first at (10, 20, 5).
const PLANE: Plane =
    Plane { position: [10.0, 20.0, 5.0], orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], spacing: [2.0, 1.0] };

fn contour(kind: ContourKind, pixels: &[[f64; 2]]) -> Contour {
    let points = pixels.iter().map(|[x, y]| [10.0 + 2.0 * (x - 0.5), 20.0 + (y - 0.5), 5.0]).collect();
    Contour { kind, points, references: Vec::new() }
}

fn filled(outlines: &[&[[f64; 2]]], size: (usize, usize)) -> ContourMask {
    let contours: Vec<Contour> = outlines.iter().map(|outline| contour(ContourKind::Closed, outline)).collect();
    contour_mask(&contours, &PLANE, size).unwrap()
}

const fn rectangle(left: f64, top: f64, right: f64, bottom: f64) -> [[f64; 2]; 4] {
    [[left, top], [right, top], [right, bottom], [left, bottom]]
}

const SQUARE: [[f64; 2]; 4] = rectangle(1.0, 1.0, 6.0, 6.0);
const INNER: [[f64; 2]; 4] = rectangle(2.0, 2.0, 4.0, 4.0);

#[test]
fn pixels_whose_centres_are_within_are_inside() {
    let square = filled(&[&SQUARE], (8, 7)).mask;
    assert_eq!(square.area(), 25);
    assert_eq!(square.bounding_box().unwrap(), BoundingBox::new(1.0, 1.0, 6.0, 6.0));
    // Beyond the edges of the image.
    assert_eq!(filled(&[&rectangle(-5.0, -5.0, 50.0, 50.0)], (8, 7)).mask.area(), 56);
}

#[test]
fn pixels_whose_centres_lie_on_a_contour_are_inside_on_every_side() {
    let bounds = |outline: &[[f64; 2]]| filled(&[outline], (8, 8)).mask.bounding_box();
    assert_eq!(bounds(&rectangle(1.5, 2.5, 5.5, 6.5)), Some(BoundingBox::new(1.0, 2.0, 6.0, 7.0)));
    // Within the rounding of coordinates, and not beyond it.
    let (near, far) = (0.0009, 0.0011);
    let inset = |by: f64| rectangle(1.5 + by, 2.5 + by, 5.5 - by, 6.5 - by);
    assert_eq!(bounds(&inset(near)), bounds(&inset(0.0)));
    assert_eq!(bounds(&inset(far)), Some(BoundingBox::new(2.0, 3.0, 5.0, 6.0)));
    // A diamond through the centres of its corners, and its steep and flat edges.
    let diamond = filled(&[&[[3.5, 0.5], [6.5, 3.5], [3.5, 6.5], [0.5, 3.5]]], (8, 8)).mask;
    assert_eq!(diamond.area(), 1 + 3 + 5 + 7 + 5 + 3 + 1);
    // A line and a point have the pixels that they go through.
    assert_eq!(filled(&[&[[1.5, 2.5], [5.5, 2.5]]], (8, 8)).mask.area(), 5);
    assert_eq!(filled(&[&[[1.5, 2.5]]], (8, 8)).mask.area(), 1);
    // Those outside of the image are cut off.
    assert_eq!(filled(&[&rectangle(-2.5, -2.5, 9.5, 9.5)], (8, 8)).mask.area(), 64);
    assert_eq!(filled(&[&rectangle(-2.5, -2.5, -0.5, 9.5)], (8, 8)).mask.area(), 0);
}

#[test]
fn contours_join_and_exclude_by_their_kind() {
    let area = |kind| {
        let contours = [contour(kind, &SQUARE), contour(kind, &INNER)];
        contour_mask(&contours, &PLANE, (8, 7)).unwrap()
    };
    assert_eq!((area(ContourKind::Closed).mask.area(), area(ContourKind::Closed).holes), (21, 1));
    assert_eq!((area(ContourKind::ClosedXor).mask.area(), area(ContourKind::ClosedXor).holes), (21, 0));
    assert_eq!(area(ContourKind::Open).mask.area(), 0);
}

#[test]
fn a_contour_within_another_is_a_hole_and_one_within_that_is_inside() {
    let size = (20, 20);
    let outer = rectangle(1.0, 1.0, 19.0, 19.0);
    let hole = rectangle(3.0, 3.0, 15.0, 15.0);
    let island = rectangle(5.0, 5.0, 9.0, 9.0);
    let other = rectangle(16.0, 16.0, 18.0, 18.0);
    let area = 18 * 18 - 12 * 12 + 4 * 4;
    for order in [[&outer, &hole, &island], [&island, &outer, &hole], [&hole, &island, &outer]] {
        let found = filled(&order.map(<[_; 4]>::as_slice), size);
        assert_eq!((found.mask.area(), found.holes), (area, 1));
    }
    let found = filled(&[&outer, &hole, &island, &other], size);
    assert_eq!((found.mask.area(), found.holes), (area - 4, 2));
    // Beside one another, and the same twice.
    assert_eq!(filled(&[&island, &other], size).mask.area(), 20);
    let twice = filled(&[&outer, &hole, &hole, &outer], size);
    assert_eq!((twice.mask.area(), twice.holes), (18 * 18 - 12 * 12, 1));
    // Overlapping in part: joined, and neither is a hole of the other.
    let beside = rectangle(13.0, 3.0, 19.2, 5.0);
    let found = filled(&[&hole, &beside], size);
    assert_eq!((found.mask.area(), found.holes), (12 * 12 + 4 * 2, 0));
}

#[test]
fn the_outline_of_a_hole_belongs_to_the_region() {
    // As OpenCV draws both outlines of a ring: through the centres of its own pixels.
    let found = filled(&[&rectangle(1.5, 1.5, 9.5, 9.5), &rectangle(3.5, 3.5, 7.5, 7.5)], (12, 12));
    assert_eq!((found.mask.area(), found.holes), (9 * 9 - 3 * 3, 1));
    // So small a hole has no pixel.
    let found = filled(&[&rectangle(1.5, 1.5, 9.5, 9.5), &rectangle(3.5, 3.5, 4.5, 4.5)], (12, 12));
    assert_eq!((found.mask.area(), found.holes), (81, 0));
}

#[test]
fn a_keyhole_cuts_a_hole() {
    let mut outline = SQUARE.to_vec();
    outline.extend([SQUARE[0], INNER[0], INNER[3], INNER[2], INNER[1], INNER[0], SQUARE[0]]);
    let mask = filled(&[&outline], (8, 7)).mask;
    // The line to the hole goes through the centre of the second pixel of the diagonal, which it does not take out.
    assert_eq!(mask.area(), 21);
    assert_eq!((mask.to_row_major()[2 * 8 + 2], mask.to_row_major()[8 + 1]), (0, 1));
}

/// Whether the pixel's centre is within an outline, by counting all edges to the left of it.
fn is_within(outline: &[[f64; 2]], x: usize, y: usize) -> bool {
    let nexts = outline.iter().cycle().skip(1);
    let crossed = outline.iter().zip(nexts).filter(|(one, other)| {
        let (upper, lower) = if one[1] <= other[1] { (one, other) } else { (other, one) };
        let centre = y as f64 + 0.5;
        let is_beside = upper[1] <= centre && centre < lower[1];
        is_beside && {
            let share = (centre - upper[1]) / (lower[1] - upper[1]);
            upper[0] + share * (lower[0] - upper[0]) <= x as f64 + 0.5
        }
    });
    crossed.count() % 2 == 1
}

/// Whether the pixel's centre lies on an outline, by its distance from every edge.
fn is_on(outline: &[[f64; 2]], x: usize, y: usize) -> bool {
    let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
    let nexts = outline.iter().cycle().skip(1);
    outline.iter().zip(nexts).any(|(one, other)| {
        let [along, across] = [other[0] - one[0], other[1] - one[1]];
        let square = along * along + across * across;
        let share = if square == 0.0 { 0.0 } else { ((x - one[0]) * along + (y - one[1]) * across) / square };
        let share = share.clamp(0.0, 1.0);
        (x - one[0] - share * along).hypot(y - one[1] - share * across) <= 1e-3
    })
}

proptest! {
    #[test]
    fn any_outline_holds_the_pixels_on_it_and_those_with_an_odd_number_of_edges_before_them(
        outlines in proptest::collection::vec(
            proptest::collection::vec((-40..120_i32, -40..120_i32), 1..9), 1..4),
        is_xor in any::<bool>(),
    ) {
        // Eighths of a pixel, so that points lie on the centres as well.
        let plane = Plane { spacing: [1.0, 1.0], ..PLANE };
        let outlines: Vec<Vec<[f64; 2]>> = outlines
            .iter()
            .map(|points| points.iter().map(|&(x, y)| [f64::from(x) / 8.0, f64::from(y) / 8.0]).collect())
            .collect();
        // One of the plain kind, and those of the other.
        let kind = |at: usize| if at == 0 && !is_xor { ContourKind::Closed } else { ContourKind::ClosedXor };
        let contours: Vec<Contour> = outlines
            .iter()
            .enumerate()
            .map(|(at, outline)| Contour {
                kind: kind(at),
                points: outline.iter().map(|[x, y]| [10.0 + x - 0.5, 20.0 + y - 0.5, 5.0]).collect(),
                references: Vec::new(),
            })
            .collect();
        let of = |wanted: ContourKind| {
            let chosen = outlines.iter().enumerate().filter(|(at, _)| kind(*at) == wanted);
            chosen.map(|(_, outline)| outline).collect::<Vec<_>>()
        };
        let (closed, xor) = (of(ContourKind::Closed), of(ContourKind::ClosedXor));
        let expected = Mask::from_fn(9, 7, |x, y| {
            closed.iter().any(|outline| is_within(outline, x, y))
                || xor.iter().filter(|outline| is_within(outline, x, y)).count() % 2 == 1
                || outlines.iter().any(|outline| is_on(outline, x, y))
        });
        prop_assert_eq!(contour_mask(&contours, &plane, (9, 7)).unwrap().mask, expected.unwrap());
    }

    #[test]
    fn of_boxes_in_one_another_every_other_is_a_hole(
        insets in proptest::collection::vec(1..5_u32, 1..8),
        turn in 0..8_usize,
    ) {
        // Halves of a pixel, so that outlines go through centres as well.
        let mut inset = 0.0;
        let mut boxes: Vec<[[f64; 2]; 4]> = insets
            .iter()
            .map(|&more| {
                inset += f64::from(more) / 2.0;
                rectangle(inset, inset, 30.0 - inset, 30.0 - inset)
            })
            .collect();
        let expected = Mask::from_fn(30, 30, |x, y| {
            boxes.iter().filter(|outline| is_within(*outline, x, y)).count() % 2 == 1
                || boxes.iter().any(|outline| is_on(outline, x, y))
        }).unwrap();
        let count = boxes.len();
        boxes.rotate_left(turn % count);
        let outlines: Vec<&[[f64; 2]]> = boxes.iter().map(<[_; 4]>::as_slice).collect();
        prop_assert_eq!(filled(&outlines, (30, 30)).mask, expected);
    }

    #[test]
    fn any_contours_on_one_another_come_to_an_end(
        outlines in proptest::collection::vec(
            proptest::collection::vec((-40..120_i32, -40..120_i32), 1..9), 1..12),
    ) {
        let outlines: Vec<Vec<[f64; 2]>> = outlines
            .iter()
            .map(|points| points.iter().map(|&(x, y)| [f64::from(x) / 8.0, f64::from(y) / 8.0]).collect())
            .collect();
        let all: Vec<&[[f64; 2]]> = outlines.iter().map(Vec::as_slice).collect();
        let found = filled(&all, (9, 7));
        // Nothing is inside that no contour has, and what lies on one is.
        let pixels = found.mask.to_row_major();
        for (x, y) in (0..63).map(|place| (place % 9, place / 9)) {
            let (on, within) = (outlines.iter().any(|o| is_on(o, x, y)), outlines.iter().any(|o| is_within(o, x, y)));
            prop_assert!(!on || pixels[y * 9 + x] == 1);
            prop_assert!(on || within || pixels[y * 9 + x] == 0);
        }
    }
}
