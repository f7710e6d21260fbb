//! Points in the patient to pixels of an image.

use std::fmt;

use groundglass_imaging::Facts;

use crate::turn::Turn;

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
        // An object without positions of its frames says only where the first one lies.
        let first = || place.position.filter(|_| frame == 0);
        let position = place.frame_positions.get(frame).copied().or_else(first)?;
        let orientation = place.frame_orientations.get(frame).copied().or(place.orientation)?;
        Some(Self { position, orientation, spacing: facts.spacing? })
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

    /// The turn that takes a grid of `width` x `height` pixels that lies here to one that lies at `other`: the same pixels,
    /// whose rows and columns may run another way. `None` where they are other pixels.
    pub(crate) fn turn_to(&self, other: &Self, size: (usize, usize)) -> Option<Turn> {
        Turn::all().find(|&turn| self.turned(turn, size).is_some_and(|turned| turned.is_same(other)))
    }

    /// Where the same pixels lie once turned; `None` where there are none.
    pub(crate) fn turned(&self, turn: Turn, size: (usize, usize)) -> Option<Self> {
        let (x, y) = turn.before((0, 0), size)?;
        let [ax, ay, az, bx, by, bz] = self.orientation;
        let ([width, height], along_row, along_column) = (self.spacing, [ax, ay, az], [bx, by, bz]);
        let (right, down) = (x as f64 * width, y as f64 * height);
        let position = [0, 1, 2].map(|at| self.position[at] + along_row[at] * right + along_column[at] * down);
        let (rows, columns, spacing) = match turn.is_sideways {
            true => (along_column, along_row, [height, width]),
            false => (along_row, along_column, [width, height]),
        };
        let signed = |is_mirrored: bool, [x, y, z]: [f64; 3]| if is_mirrored { [-x, -y, -z] } else { [x, y, z] };
        let ([ax, ay, az], [bx, by, bz]) = (signed(turn.mirrors_columns, rows), signed(turn.mirrors_rows, columns));
        Some(Self { position, orientation: [ax, ay, az, bx, by, bz], spacing })
    }

    /// How far the farthest of the points lies off the plane, in millimetres.
    pub fn off(&self, points: &[[f64; 3]]) -> f64 {
        points.iter().map(|&point| self.project(point).1).fold(0.0, |most, off| if off <= most { most } else { off })
    }

    /// How far a point that lies in the plane may be off it by its rounding, in millimetres.
    fn tolerated(&self) -> f64 {
        const SHARE: f64 = 0.2;
        const MILLIMETRES: f64 = 0.1;
        (self.spacing[0].min(self.spacing[1]) * SHARE).min(MILLIMETRES)
    }

    /// Whether all points lie in this plane, whichever way they face: what [`Plane::holds`] asks of a contour that is said
    /// to be here, and may be a point or a line.
    pub fn is_near(&self, points: &[[f64; 3]]) -> bool {
        !points.is_empty() && points.iter().all(|&point| self.project(point).1 <= self.tolerated())
    }

    /// Whether a contour lies in this plane: every point within a fifth of a pixel's shorter side, and of 0.1 mm, of it,
    /// and the contour facing it. Coordinates are written as decimal texts, at worst to a tenth of a millimetre, which
    /// puts them off by 0.05 mm; slices lie further apart than two fifths of a pixel, so that no contour lies in two.
    pub fn holds(&self, points: &[[f64; 3]]) -> bool {
        /// The cosine of 25 degrees: a contour of a few pixels seems tilted by the rounding of its points.
        const FACING: f64 = 0.9;
        if !self.is_near(points) {
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
    pub(crate) fn normal(&self) -> [f64; 3] {
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

/// As people say it: `first pixel at (-10, -20, 30) mm, rows along (1, 0, 0), columns along (0, 1, 0), pixels of 0.7 x 0.7 mm`.
impl fmt::Display for Plane {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Thousandths, without zeros at the end, and no minus before nothing.
        let short = |number: f64| (number * 1e3).round() / 1e3 + 0.0;
        let [x, y, z] = self.position.map(short);
        let [ax, ay, az, bx, by, bz] = self.orientation.map(short);
        let [width, height] = self.spacing.map(short);
        write!(
            text,
            "first pixel at ({x}, {y}, {z}) mm, rows along ({ax}, {ay}, {az}), columns along ({bx}, {by}, {bz}), pixels of {width} x {height} mm"
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Plane;
    use crate::turn::Turn;

    /// Pixels of 2 x 1 mm, the centre of the first at (10, 20, 5).
    const PLANE: Plane =
        Plane { position: [10.0, 20.0, 5.0], orientation: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], spacing: [2.0, 1.0] };

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
    fn a_grid_whose_rows_run_another_way_is_turned() {
        let (width, height) = (4, 3);
        // Every way in which a file can hold the pixels of the plane, by where its own pixels lie.
        let point = |[x, y]: [f64; 2]| [10.0 + 2.0 * x, 20.0 + y, 5.0];
        let stored = |origin: [f64; 2], rows: [f64; 2], columns: [f64; 2], spacing| Plane {
            position: point(origin),
            orientation: [rows[0], rows[1], 0.0, columns[0], columns[1], 0.0],
            spacing,
        };
        let turn =
            |is_sideways, mirrors_columns, mirrors_rows| Some(Turn { is_sideways, mirrors_columns, mirrors_rows });
        let mirrored = stored([3.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [2.0, 1.0]);
        assert_eq!(mirrored.turn_to(&PLANE, (width, height)), turn(false, true, false));
        let half_turn = stored([3.0, 2.0], [-1.0, 0.0], [0.0, -1.0], [2.0, 1.0]);
        assert_eq!(half_turn.turn_to(&PLANE, (width, height)), turn(false, true, true));
        let sideways = stored([0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 2.0]);
        assert_eq!(sideways.turn_to(&PLANE, (height, width)), turn(true, false, false));
        assert_eq!(PLANE.turn_to(&PLANE, (width, height)), turn(false, false, false));
        // Its pixels end elsewhere.
        assert_eq!(mirrored.turn_to(&PLANE, (width + 1, height)), None);
        assert_eq!(Plane { position: [10.0, 20.0, 7.5], ..PLANE }.turn_to(&PLANE, (width, height)), None);
    }

    #[test]
    fn points_and_lines_lie_in_a_plane_too() {
        let line = [[12.0, 22.0, 5.0], [16.0, 22.0, 5.1]];
        assert!(PLANE.is_near(&line) && PLANE.is_near(&line[..1]) && !PLANE.holds(&line));
        assert!((PLANE.off(&[line[0], [0.0, 0.0, 2.5]]) - 2.5).abs() < 1e-9);
        assert!(PLANE.off(&[[f64::NAN; 3]]).is_nan());
    }
}
