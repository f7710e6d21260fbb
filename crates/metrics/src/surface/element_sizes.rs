//! How long or large the surface within one dual cell is, for every choice of its corners.
//!
//! A cell has the centres of 2 x 2 (x 2) voxels for corners; corner `c` is number `c & 1` along the first axis,
//! `c >> 1 & 1` along the second and `c >> 2` along the third. The surface cuts each edge between an inside and an
//! outside corner in its middle. Everything here follows from that but two choices, made as in surface-distance 0.1:
//! on a face whose diagonals differ, the cut goes around the corners of the kind that is rarer in the cell; a loop of
//! cuts that is not flat is filled by the triangles with the largest area in a cell with equal edges. Where the two
//! kinds are equally frequent, or several fillings are equally large, the mean is taken, so that no axis is preferred
//! (by symmetry all of them are equally large, whatever the spacing).

/// Contour lengths of the 16 kinds of cells in a plane.
pub(super) fn contour_lengths([x, y, _]: [f64; 3]) -> [f64; 16] {
    let diagonal = 0.5 * (x * x + y * y).sqrt();
    let mut lengths = [0.0; 16];
    for (code, length) in lengths.iter_mut().enumerate() {
        *length = match code {
            0b0000 | 0b1111 => 0.0,
            // One row inside, then one column.
            0b0011 | 0b1100 => x,
            0b0101 | 0b1010 => y,
            0b0110 | 0b1001 => 2.0 * diagonal,
            _ => diagonal,
        };
    }
    lengths
}

/// Surface areas of the 256 kinds of cells in a volume.
pub(super) fn surface_areas(spacing: [f64; 3]) -> Vec<f64> {
    let area = |code: usize| match code.count_ones() {
        0 | 8 => 0.0,
        1..=3 => area_of_loops(&loops(code, true), spacing),
        5..=7 => area_of_loops(&loops(code, false), spacing),
        _ => 0.5 * (area_of_loops(&loops(code, true), spacing) + area_of_loops(&loops(code, false), spacing)),
    };
    (0..256).map(area).collect()
}

/// A point of the cell, in half edges: 0, 1 or 2 along each axis.
type Point = [i32; 3];

/// The closed loops in which the surface meets the faces of the cell. `around_inside` says around which corners of an
/// ambiguous face the cuts go.
fn loops(code: usize, around_inside: bool) -> Vec<Vec<Point>> {
    let inside = |corner: usize| code >> corner & 1 == 1;
    let mut segments = Vec::new();
    for axis in 0..3 {
        let (u, v) = (1 << ((axis + 1) % 3), 1 << ((axis + 2) % 3));
        for face in [0, 1 << axis] {
            let ring = [face, face | u, face | u | v, face | v];
            let middle = |at: usize| midpoint(ring[at % 4], ring[(at + 1) % 4]);
            let cut = (0..4).filter(|&at| inside(ring[at]) != inside(ring[(at + 1) % 4])).collect::<Vec<_>>();
            match cut[..] {
                [a, b] => segments.push((middle(a), middle(b))),
                [_, _, _, _] => {
                    let rounded = (0..4).filter(|&at| inside(ring[at]) == around_inside);
                    segments.extend(rounded.map(|at| (middle(at + 3), middle(at))));
                }
                _ => {}
            }
        }
    }
    let mut loops = Vec::new();
    while let Some((first, mut end)) = segments.pop() {
        let mut points = vec![first];
        while end != first {
            points.push(end);
            let Some(next) = segments.iter().position(|(a, b)| *a == end || *b == end) else { break };
            let (a, b) = segments.swap_remove(next);
            end = if a == end { b } else { a };
        }
        loops.push(points);
    }
    loops
}

fn midpoint(a: usize, b: usize) -> Point {
    [0, 1, 2].map(|axis| (a >> axis & 1) as i32 + (b >> axis & 1) as i32)
}

fn area_of_loops(loops: &[Vec<Point>], spacing: [f64; 3]) -> f64 {
    let filled = |points: &Vec<Point>| {
        let fillings = triangulations(0, points.len() - 1);
        let areas = |spacing: [f64; 3]| {
            let area = |filling: &Vec<[usize; 3]>| {
                filling.iter().map(|triangle| triangle_area(triangle.map(|at| points[at]), spacing)).sum::<f64>()
            };
            fillings.iter().map(area).collect::<Vec<_>>()
        };
        let (regular, stretched) = (areas([1.0; 3]), areas(spacing));
        let largest = regular.iter().copied().fold(0.0, f64::max);
        let chosen = regular.iter().zip(stretched).filter(|(area, _)| **area > largest - 1e-9);
        let (sum, count) = chosen.fold((0.0, 0.0), |(sum, count), (_, area)| (sum + area, count + 1.0));
        sum / count
    };
    loops.iter().filter(|points| points.len() > 2).map(filled).sum()
}

/// Every way to cut the polygon of the points `first..=last` into triangles.
fn triangulations(first: usize, last: usize) -> Vec<Vec<[usize; 3]>> {
    if last - first < 2 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for middle in first + 1..last {
        for left in triangulations(first, middle) {
            for right in triangulations(middle, last) {
                let mut triangles = left.clone();
                triangles.extend_from_slice(&right);
                triangles.push([first, middle, last]);
                all.push(triangles);
            }
        }
    }
    all
}

fn triangle_area([a, b, c]: [Point; 3], spacing: [f64; 3]) -> f64 {
    let edge = |to: Point| [0, 1, 2].map(|axis: usize| 0.5 * f64::from(to[axis] - a[axis]) * spacing[axis]);
    let (u, v) = (edge(b), edge(c));
    let normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    0.5 * normal.iter().map(|part| part * part).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::{contour_lengths, surface_areas};

    #[test]
    fn areas_worked_by_hand() {
        let areas = surface_areas([1.0, 2.0, 3.0]);
        // One corner: the triangle through the middles of its three edges.
        let triangle = 0.5 * 0.25 * (4.0_f64 * 9.0 + 9.0 + 4.0).sqrt();
        for corner in 0..8 {
            assert!((areas[1 << corner] - triangle).abs() < 1e-15);
            assert!((areas[255 - (1 << corner)] - triangle).abs() < 1e-15);
        }
        // Half the cell: a rectangle across each axis.
        assert_eq!([areas[0b0101_0101], areas[0b0011_0011], areas[0b0000_1111]], [6.0, 3.0, 2.0]);
        // Opposite corners: two triangles.
        assert!((areas[0b1000_0001] - 2.0 * triangle).abs() < 1e-15);
        // The same from outside.
        for code in 0..256 {
            assert!((areas[code] - areas[255 - code]).abs() < 1e-12, "{code}");
        }
        assert_eq!(contour_lengths([3.0, 4.0, 1.0])[0b0110], 5.0);
    }
}
