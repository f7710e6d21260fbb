//! Points in the patient to pixels of an image.

use std::ops::Range;

use groundglass_imaging::Facts;
use groundglass_types::{Mask, MaskError};

use super::structures::{Contour, ContourKind};

/// Where the pixels of an image lie in the patient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    /// The centre of the top-left pixel in millimetres (LPS).
    pub position: [f64; 3],
    /// Unit vectors along a row, to the right, and along a column, downwards.
    pub orientation: [f64; 6],
    /// Width and height of a pixel in millimetres.
    pub spacing: [f64; 2],
}

impl Plane {
    /// The plane of a frame of an opened image; `None` where its header does not say it.
    pub fn of(facts: &Facts, frame: usize) -> Option<Self> {
        let place = facts.place.as_ref()?;
        let position = place.frame_positions.get(frame).copied().or(place.position)?;
        Some(Self { position, orientation: place.orientation?, spacing: facts.spacing? })
    }

    /// Whether both have their pixels at the same places: within a twentieth of a pixel, and of a degree.
    pub fn is_same(&self, other: &Self) -> bool {
        const TOLERATED: f64 = 0.05;
        let near = |a: f64, b: f64, within: f64| (a - b).abs() <= within;
        let pixel = self.spacing[0].min(self.spacing[1]);
        let positions = self.position.iter().zip(other.position);
        // The difference of two unit vectors is their angle in radians, where it is small.
        let directions = self.orientation.iter().zip(other.orientation);
        let spacings = self.spacing.iter().zip(other.spacing);
        positions.into_iter().all(|(&a, b)| near(a, b, pixel * TOLERATED))
            && directions.into_iter().all(|(&a, b)| near(a, b, TOLERATED.to_radians()))
            && spacings.into_iter().all(|(&a, b)| near(a, b, a * 1e-3))
    }

    /// Whether a contour lies in this plane: every point within a fifth of a pixel's shorter side, and of 0.1 mm, of it,
    /// and the contour facing it. Coordinates are written as decimal texts, at worst to a tenth of a millimetre, which
    /// puts them off by 0.05 mm; slices lie further apart than two fifths of a pixel, so that no contour lies in two.
    pub fn holds(&self, points: &[[f64; 3]]) -> bool {
        const SHARE: f64 = 0.2;
        const MILLIMETRES: f64 = 0.1;
        /// The cosine of 25 degrees: a contour of a few pixels seems tilted by the rounding of its points.
        const FACING: f64 = 0.9;
        let tolerated = (self.spacing[0].min(self.spacing[1]) * SHARE).min(MILLIMETRES);
        if points.is_empty() || !points.iter().all(|&point| self.project(point).1 <= tolerated) {
            return false;
        }
        // Twice the contour's area as a vector along its normal; from its first point, so that places far from the origin
        // of the patient cost no digits.
        let [ox, oy, oz] = points[0];
        let mut area = [0.0_f64; 3];
        for (one, other) in points.iter().zip(points.iter().cycle().skip(1)) {
            let [ax, ay, az] = [one[0] - ox, one[1] - oy, one[2] - oz];
            let [bx, by, bz] = [other[0] - ox, other[1] - oy, other[2] - oz];
            area = [area[0] + ay * bz - az * by, area[1] + az * bx - ax * bz, area[2] + ax * by - ay * bx];
        }
        let [nx, ny, nz] = self.normal();
        let length = |[x, y, z]: [f64; 3]| (x * x + y * y + z * z).sqrt();
        let along = (area[0] * nx + area[1] * ny + area[2] * nz).abs();
        along > 0.0 && along >= FACING * length(area) * length([nx, ny, nz])
    }

    /// The cross product of both directions: a unit vector, where they are such at right angles.
    fn normal(&self) -> [f64; 3] {
        let [ax, ay, az, bx, by, bz] = self.orientation;
        [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]
    }

    /// A point as pixel coordinates (x, y), where (0, 0) is the top-left corner of the top-left pixel, and how far it
    /// lies off the plane in millimetres.
    pub fn project(&self, point: [f64; 3]) -> ([f64; 2], f64) {
        let [ax, ay, az, bx, by, bz] = self.orientation;
        let [px, py, pz] = self.position;
        let [x, y, z] = [point[0] - px, point[1] - py, point[2] - pz];
        let [width, height] = self.spacing;
        let across = (ax * x + ay * y + az * z) / width + 0.5;
        let down = (bx * x + by * y + bz * z) / height + 0.5;
        let [nx, ny, nz] = self.normal();
        let off = nx * x + ny * y + nz * z;
        ([across, down], off.abs())
    }
}

/// The pixels whose centres lie within the closed contours of a region on an image of `width` x `height` pixels.
///
/// Within a contour a point is inside if a line from it crosses the outline an odd number of times, so that keyholes cut
/// holes. Contours are joined; those of [`ContourKind::ClosedXor`] are inside where an odd number of them overlap. Open
/// contours and points have no inside. Which contours lie on the image is for the caller to choose.
///
/// # Errors
/// [`MaskError`] where the image is too large for a mask.
pub fn contour_mask<'c>(
    contours: impl IntoIterator<Item = &'c Contour>,
    plane: &Plane,
    (width, height): (usize, usize),
) -> Result<Mask, MaskError> {
    Mask::from_fn(width, height, |_, _| false)?;
    let mut joined = vec![0_u8; width * height];
    let mut parity = vec![0_u8; width * height];
    for contour in contours {
        let outline: Vec<[f64; 2]> = contour.points.iter().map(|&point| plane.project(point).0).collect();
        match contour.kind {
            ContourKind::Closed => fill(&outline, (width, height), |place| {
                joined.get_mut(place).into_iter().for_each(|pixel| *pixel = 1);
            }),
            ContourKind::ClosedXor => fill(&outline, (width, height), |place| {
                parity.get_mut(place).into_iter().for_each(|pixel| *pixel ^= 1);
            }),
            ContourKind::Open | ContourKind::Points => {}
        }
    }
    joined.iter_mut().zip(parity).for_each(|(pixel, parity)| *pixel |= parity);
    Mask::from_row_major(width, height, &joined)
}

/// Gives every pixel whose centre is within the outline, row by row. Every edge turns what lies to the right of it. Only
/// the pixels around the outline are looked at: a structure set has thousands of small contours.
fn fill(outline: &[[f64; 2]], (width, height): (usize, usize), mut inside: impl FnMut(usize)) {
    let (columns, rows) = (around(outline, 0, width), around(outline, 1, height));
    if columns.is_empty() || rows.is_empty() {
        return;
    }
    let mut marks = vec![0_u8; columns.len() * rows.len()];
    let nexts = outline.iter().cycle().skip(1);
    for (&[x0, y0], &[x1, y1]) in outline.iter().zip(nexts) {
        let ([left, top], [right, bottom]) = if y0 <= y1 { ([x0, y0], [x1, y1]) } else { ([x1, y1], [x0, y0]) };
        let is_finite = [left, top, right, bottom].iter().all(|number| number.is_finite());
        if !is_finite || top == bottom {
            continue;
        }
        // Rows whose centre lies at or below the upper end and above the lower one.
        let first = (top - 0.5).ceil().clamp(0.0, height as f64) as usize;
        let last = (bottom - 0.5).ceil().clamp(0.0, height as f64) as usize;
        for row in first..last {
            let share = (row as f64 + 0.5 - top) / (bottom - top);
            let crossing = left + share * (right - left);
            let column = (crossing - 0.5).ceil().max(0.0);
            if column < columns.end as f64
                && let Some(row) = row.checked_sub(rows.start)
                && let Some(mark) = marks.get_mut(row * columns.len() + (column as usize).saturating_sub(columns.start))
            {
                *mark ^= 1;
            }
        }
    }
    for (marks, row) in marks.chunks(columns.len()).zip(rows) {
        let mut is_inside = 0;
        for (mark, column) in marks.iter().zip(columns.clone()) {
            is_inside ^= mark;
            if is_inside == 1 {
                inside(row * width + column);
            }
        }
    }
}

/// The columns (`axis` 0) or rows (1) around an outline, with one to spare on either side, for crossings are rounded; all
/// of them where a point is no number.
fn around(outline: &[[f64; 2]], axis: usize, count: usize) -> Range<usize> {
    if outline.iter().any(|point| !point[axis].is_finite()) {
        return 0..count;
    }
    let numbers = || outline.iter().map(|point| point[axis]);
    let (least, most) = (numbers().fold(f64::INFINITY, f64::min), numbers().fold(f64::NEG_INFINITY, f64::max));
    // From a number to a whole one the conversion saturates.
    let (first, last) = ((least.floor() as usize).saturating_sub(1), (most.ceil() as usize).saturating_add(1));
    first.min(count)..last.min(count)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_types::{BoundingBox, Mask};
    use proptest::prelude::*;

    use super::{Plane, contour_mask};
    use crate::dicom::{Contour, ContourKind};

    /// Pixels of 2 x 1 mm, the centre of the first at (10, 20, 5).
    const PLANE: Plane =
        Plane { position: [10.0, 20.0, 5.0], orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], spacing: [2.0, 1.0] };

    fn contour(kind: ContourKind, pixels: &[[f64; 2]]) -> Contour {
        let points = pixels.iter().map(|[x, y]| [10.0 + 2.0 * (x - 0.5), 20.0 + (y - 0.5), 5.0]).collect();
        Contour { kind, points, referenced_instance: None, referenced_frame: None }
    }

    const SQUARE: [[f64; 2]; 4] = [[1.0, 1.0], [6.0, 1.0], [6.0, 6.0], [1.0, 6.0]];
    const INNER: [[f64; 2]; 4] = [[2.0, 2.0], [4.0, 2.0], [4.0, 4.0], [2.0, 4.0]];

    #[test]
    fn the_centre_of_the_first_pixel_is_at_a_half() {
        assert_eq!(PLANE.project([10.0, 20.0, 5.0]), ([0.5, 0.5], 0.0));
        assert_eq!(PLANE.project([13.0, 22.0, 6.5]), ([2.0, 2.5], 1.5));
    }

    /// A square of 2 mm, off the plane along its normal, and tilted by so many millimetres from edge to edge.
    fn square(plane: &Plane, off: f64, tilt: f64) -> Vec<[f64; 3]> {
        let [ax, ay, az, bx, by, bz] = plane.orientation;
        let normal = plane.normal();
        let point = |(across, down): (f64, f64)| {
            let up = off + tilt * (across - 1.0) / 2.0;
            let along = [ax * across + bx * down, ay * across + by * down, az * across + bz * down];
            std::array::from_fn(|at| plane.position[at] + along[at] + normal[at] * up)
        };
        [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)].map(point).to_vec()
    }

    #[test]
    fn a_contour_lies_in_a_plane_within_a_tenth_of_a_millimetre_and_a_fifth_of_a_pixel() {
        let (sine, cosine) = 0.6_f64.sin_cos();
        // Neither along the axes nor near the origin.
        let orientation = [cosine, 0.0, sine, -sine * sine, cosine, sine * cosine];
        let oblique = Plane { position: [-812.3, 441.7, 1203.9], orientation, spacing: [0.7, 0.9] };
        let fine = Plane { spacing: [0.1, 0.3], ..oblique };
        for plane in [PLANE, oblique] {
            assert!(plane.holds(&square(&plane, 0.0, 0.0)));
            assert!(plane.holds(&square(&plane, -0.099, 0.0)) && plane.holds(&square(&plane, 0.099, 0.0)));
            assert!(!plane.holds(&square(&plane, 0.101, 0.0)) && !plane.holds(&square(&plane, -0.101, 0.0)));
            assert!(plane.holds(&square(&plane, 0.0, 0.19)) && !plane.holds(&square(&plane, 0.0, 0.21)));
        }
        assert!(fine.holds(&square(&fine, 0.019, 0.0)) && !fine.holds(&square(&fine, 0.021, 0.0)));
    }

    #[test]
    fn a_contour_lies_in_no_plane_that_it_crosses_however_small_it_is() {
        let small = 0.05;
        let upright = [[0.0, 0.0, 0.0], [small, 0.0, 0.0], [small, 0.0, small], [0.0, 0.0, small]];
        let flat = upright.map(|[x, y, z]| [x, z, y]);
        let at = |points: [[f64; 3]; 4]| points.map(|[x, y, z]| [x + 12.0, y + 22.0, z + 5.0]);
        assert!(PLANE.holds(&at(flat)) && !PLANE.holds(&at(upright)));
        // What has no area lies in none.
        assert!(!PLANE.holds(&[]) && !PLANE.holds(&[[12.0, 22.0, 5.0]; 3]));
        assert!(!PLANE.holds(&[[f64::NAN, 22.0, 5.0]; 3]));
        let broken = Plane { orientation: [f64::NAN; 6], ..PLANE };
        assert!(!broken.holds(&at(flat)));
    }

    #[test]
    fn pixels_whose_centres_are_within_are_inside() {
        let square = contour(ContourKind::Closed, &SQUARE);
        let mask = contour_mask([&square], &PLANE, (8, 7)).unwrap();
        assert_eq!(mask.area(), 25);
        let bounds = mask.bounding_box().unwrap();
        assert_eq!(bounds, BoundingBox::new(1.0, 1.0, 6.0, 6.0));
        // Beyond the edges of the image.
        let wide = contour(ContourKind::Closed, &[[-5.0, -5.0], [50.0, -5.0], [50.0, 50.0], [-5.0, 50.0]]);
        assert_eq!(contour_mask([&wide], &PLANE, (8, 7)).unwrap().area(), 56);
    }

    #[test]
    fn contours_join_and_exclude_by_their_kind() {
        let area = |kind| {
            let contours = [contour(kind, &SQUARE), contour(kind, &INNER)];
            contour_mask(&contours, &PLANE, (8, 7)).unwrap().area()
        };
        assert_eq!(area(ContourKind::Closed), 25);
        assert_eq!(area(ContourKind::ClosedXor), 21);
        assert_eq!(area(ContourKind::Open), 0);
    }

    #[test]
    fn a_keyhole_cuts_a_hole() {
        let mut outline = SQUARE.to_vec();
        outline.extend([SQUARE[0], INNER[0], INNER[3], INNER[2], INNER[1], INNER[0], SQUARE[0]]);
        let mask = contour_mask([&contour(ContourKind::Closed, &outline)], &PLANE, (8, 7)).unwrap();
        assert_eq!(mask.area(), 21);
        assert_eq!(mask.to_row_major()[2 * 8 + 2], 0);
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

    proptest! {
        #[test]
        fn any_outline_holds_the_pixels_with_an_odd_number_of_edges_before_them(
            outlines in proptest::collection::vec(
                proptest::collection::vec((-40..120_i32, -40..120_i32), 1..9), 1..4),
            kinds in proptest::collection::vec(any::<bool>(), 4),
        ) {
            // Eighths of a pixel, so that points lie on the centres as well.
            let plane = Plane { spacing: [1.0, 1.0], ..PLANE };
            let outlines: Vec<Vec<[f64; 2]>> = outlines
                .iter()
                .map(|points| points.iter().map(|&(x, y)| [f64::from(x) / 8.0, f64::from(y) / 8.0]).collect())
                .collect();
            let kind = |at: usize| if kinds[at] { ContourKind::Closed } else { ContourKind::ClosedXor };
            let contours: Vec<Contour> = outlines
                .iter()
                .enumerate()
                .map(|(at, outline)| Contour {
                    kind: kind(at),
                    points: outline.iter().map(|[x, y]| [10.0 + x - 0.5, 20.0 + y - 0.5, 5.0]).collect(),
                    referenced_instance: None,
                    referenced_frame: None,
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
            });
            prop_assert_eq!(contour_mask(&contours, &plane, (9, 7)).unwrap(), expected.unwrap());
        }
    }
}
