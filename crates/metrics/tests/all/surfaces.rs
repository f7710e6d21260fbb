//! Distances between surfaces against MONAI, surface-distance, medpy and SimpleITK (see `tests/reference/masks`),
//! against brute force, and against geometry.

use crate::common::drawn_masks::{Draw, Drawn};
use groundglass_metrics::surface::{
    Connectivity, Grid, Surface, Volume, for_each_squared_distance, squared_distance_transform, surface_distances,
};

/// Values of the order of 10, stored to 12 digits.
const TOLERANCE: f64 = 1e-9;
/// MONAI computes in single precision.
const SINGLE: f64 = 2e-6;

fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}

/// The largest distance of any voxel of either mask to the other mask.
fn hausdorff_of_sets(first: &Volume, second: &Volume) -> f64 {
    let mut largest = 0.0_f64;
    for_each_squared_distance(first, second, |_, squared| largest = largest.max(squared));
    for_each_squared_distance(second, first, |_, squared| largest = largest.max(squared));
    largest.sqrt()
}

#[test]
fn distances_agree_with_the_references() {
    let rows: Vec<[Option<f64>; 12]> =
        serde_json::from_str(include_str!("../../../../tests/reference/masks/surfaces.json")).unwrap();
    assert!(rows.len() >= 2000);
    let (mut compared, mut empty) = (0, 0);
    for (seed, row) in rows.iter().enumerate() {
        let case = Draw(seed as u64).surface_case();
        let Some(borders) = surface_distances(&case.first, &case.second, Surface::BorderVoxels) else {
            assert!(case.first.is_empty() || case.second.is_empty());
            assert!(row[..5].iter().all(Option::is_none), "{seed}");
            empty += 1;
            continue;
        };
        let elements = surface_distances(&case.first, &case.second, Surface::Elements).unwrap();
        let found = [
            borders.hausdorff(),
            borders.pooled_percentile(0.95),
            borders.average_symmetric(),
            borders.forth.mean(),
            borders.hausdorff_percentile(0.95),
            borders.surface_dice(case.tolerance),
            elements.forth.weighted_percentile(1.0).max(elements.back.weighted_percentile(1.0)),
            elements.forth.weighted_percentile(0.95).max(elements.back.weighted_percentile(0.95)),
            elements.forth.mean(),
            elements.back.mean(),
            elements.surface_dice(case.tolerance),
            hausdorff_of_sets(&case.first, &case.second),
        ];
        for (column, (found, expected)) in found.iter().zip(row).enumerate() {
            let expected = expected.unwrap();
            let tolerance = if column == 4 || column == 5 { SINGLE } else { TOLERANCE };
            assert!(close(*found, expected, tolerance), "case {seed}, column {column}: {found} and {expected}");
            compared += 1;
        }
    }
    assert!(compared > 15_000 && empty > 300, "{compared} compared, {empty} empty");
}

#[test]
fn the_transform_is_that_of_brute_force() {
    for seed in 0..400 {
        let case = Draw(seed).surface_case();
        let (length, rows) = (case.first.grid().size()[0], case.first.grid().size()[1]);
        let spacing = case.first.grid().spacing();
        let Some(found) = squared_distance_transform(&case.first) else {
            assert!(case.first.is_empty());
            continue;
        };
        let inside = case.first.voxels().collect::<Vec<_>>();
        assert_eq!(inside.len() as u64, case.first.count());
        for (place, found) in found.iter().enumerate() {
            let at = [place % length, place / length % rows, place / (length * rows)];
            let squared = |to: &[usize; 3]| -> f64 {
                (0..3).map(|axis| (at[axis].abs_diff(to[axis]) as f64 * spacing[axis]).powi(2)).sum()
            };
            let nearest = inside.iter().map(squared).fold(f64::INFINITY, f64::min);
            assert!(close(*found, nearest, 1e-12), "{seed} {at:?}: {found} and {nearest}");
        }
    }
}

#[test]
fn borders_and_erosions_are_those_of_brute_force() {
    for seed in 0..400 {
        let case = Draw(seed).surface_case();
        let mask = &case.first;
        let axes = mask.grid().dimensions();
        let outside = |at: [usize; 3], axis: usize| {
            let (mut before, mut behind) = (at, at);
            before[axis] = at[axis].wrapping_sub(1);
            behind[axis] += 1;
            !mask.get(before) || !mask.get(behind)
        };
        let border = mask.voxels().filter(|at| (0..axes).any(|axis| outside(*at, axis))).collect::<Vec<_>>();
        assert_eq!(mask.border().voxels().collect::<Vec<_>>(), border, "{seed}");
        for distance in 0..3 {
            let square = |[x, y, z]: [usize; 3]| {
                (0..=2 * distance).all(|dx| {
                    (0..=2 * distance)
                        .all(|dy| mask.get([(x + dx).wrapping_sub(distance), (y + dy).wrapping_sub(distance), z]))
                })
            };
            let eroded = mask.voxels().filter(|at| square(*at)).collect::<Vec<_>>();
            assert_eq!(mask.eroded_by_squares(distance).voxels().collect::<Vec<_>>(), eroded, "{seed} {distance}");
        }
    }
}

#[test]
fn components_are_those_of_flooding() {
    for seed in 0..400 {
        let case = Draw(seed).surface_case();
        for connectivity in [Connectivity::Faces, Connectivity::Corners] {
            let mut rest = case.first.voxels().collect::<Vec<_>>();
            let mut sizes = Vec::new();
            while let Some(first) = (!rest.is_empty()).then(|| rest.remove(0)) {
                let (mut size, mut open) = (0, vec![first]);
                while let Some(at) = open.pop() {
                    size += 1;
                    rest.retain(|other| {
                        let steps = [0, 1, 2].map(|axis: usize| at[axis].abs_diff(other[axis]));
                        let near = steps.iter().all(|step| *step <= 1)
                            && (connectivity == Connectivity::Corners || steps.iter().sum::<usize>() == 1);
                        if near {
                            open.push(*other);
                        }
                        !near
                    });
                }
                sizes.push(size);
            }
            let components = case.first.components(connectivity);
            assert_eq!(components.sizes(), sizes, "{seed} {connectivity:?}");
            let shared = components.shared_with(&case.second.components(connectivity));
            assert_eq!(shared.values().sum::<u64>(), case.first.count_both(&case.second), "{seed}");
        }
    }
}

fn disc(size: usize, centre: f64, radius: f64) -> Volume {
    let grid = Grid::plane([size, size], [1.0, 1.0]).unwrap();
    let inside = |at: usize| (at as f64 % size as f64 - centre).powi(2) + ((at / size) as f64 - centre).powi(2);
    let values = (0..size * size).map(|at| u8::from(inside(at) <= radius * radius)).collect::<Vec<_>>();
    Volume::from_values(grid, &values).unwrap()
}

#[test]
fn concentric_discs_are_their_radii_apart() {
    let (small, large) = (disc(301, 150.0, 60.0), disc(301, 150.0, 100.0));
    for surface in [Surface::BorderVoxels, Surface::Elements] {
        let distances = surface_distances(&small, &large, surface).unwrap();
        assert!((distances.hausdorff() - 40.0).abs() < 1.5, "{surface:?} {}", distances.hausdorff());
        assert!((distances.average_symmetric() - 40.0).abs() < 0.5, "{surface:?} {}", distances.average_symmetric());
        assert!((distances.mean_average() - 40.0).abs() < 0.5, "{surface:?}");
        assert_eq!(distances.surface_dice(38.0), 0.0);
        assert_eq!(distances.surface_dice(42.0), 1.0);
    }
    // The contour of midpoints has unit and diagonal steps only: 16 (sqrt 2 - 1) r around a circle.
    let length = surface_distances(&large, &small, Surface::Elements).unwrap().forth.size();
    assert!((length / (16.0 * (2.0_f64.sqrt() - 1.0) * 100.0) - 1.0).abs() < 0.005, "{length}");
}

#[test]
fn a_shifted_square_worked_by_hand() {
    // Squares of 4 x 4 pixels, 3 pixels apart along x, where a pixel is 2 mm wide and 5 mm high.
    let grid = Grid::plane([12, 6], [2.0, 5.0]).unwrap();
    let square = |left: usize| {
        let mut mask = Volume::new(grid);
        (1..5).for_each(|y| mask.fill((left, left + 4), y, 0));
        mask
    };
    let distances = surface_distances(&square(1), &square(4), Surface::BorderVoxels).unwrap();
    // Each border has 12 pixels: the far column (4 pixels) lies 3 pixels = 6 mm from the other's near column; the next
    // (2 pixels, top and bottom row) 4 mm, the next 2 mm. The near column's ends touch the other's, its two middle
    // pixels lie inside, 5 mm below or above the other's top or bottom row.
    assert_eq!(distances.hausdorff(), 6.0);
    let mut forth = distances.forth.distances().to_vec();
    forth.sort_by(f64::total_cmp);
    assert_eq!(forth, [0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 4.0, 4.0, 6.0, 6.0, 6.0, 6.0]);
    assert_eq!(distances.average_symmetric(), 3.0);
    assert_eq!(distances.surface_dice(2.0), 0.5);
}

#[test]
fn a_crop_at_another_place_changes_nothing() {
    for seed in 0..100 {
        let mut draw = Draw(seed);
        let (a, b) = draw.pair([9, 7, 1]);
        let placed = |drawn: &Drawn, (left, top): (usize, usize), turned: bool| {
            let mut mask = Volume::new(Grid::plane([200, 150], [1.0, 1.0]).unwrap());
            for (at, _) in drawn.values.iter().enumerate().filter(|(_, value)| **value != 0) {
                let (x, y) = (at % 9, at / 9);
                let (x, y) = if turned { (8 - x, 6 - y) } else { (x, y) };
                mask.fill((left + x, left + x + 1), top + y, 0);
            }
            mask
        };
        for surface in [Surface::BorderVoxels, Surface::Elements] {
            let at = |place, turned| surface_distances(&placed(&a, place, turned), &placed(&b, place, turned), surface);
            let (here, there, turned) = (at((0, 0), false), at((130, 143), false), at((57, 20), true));
            assert_eq!(here.is_some(), there.is_some());
            if let (Some(here), Some(there), Some(turned)) = (here, there, turned) {
                assert_eq!(here.hausdorff(), there.hausdorff());
                assert_eq!(here.hausdorff(), turned.hausdorff());
                assert!(close(here.average_symmetric(), there.average_symmetric(), 1e-12));
                assert!(close(here.average_symmetric(), turned.average_symmetric(), 1e-12));
            }
        }
    }
}

#[test]
fn a_grid_that_cannot_be_is_refused() {
    assert!(Grid::plane([3, 3], [0.0, 1.0]).is_err());
    assert!(Grid::plane([3, 3], [f64::NAN, 1.0]).is_err());
    assert!(Grid::volume([usize::MAX, 3, 3], [1.0; 3]).is_err());
    let grid = Grid::plane([3, 3], [1.0, 1.0]).unwrap();
    assert!(Volume::from_values(grid, &[1; 8]).is_err());
    let empty = Volume::new(Grid::plane([0, 3], [1.0, 1.0]).unwrap());
    assert!(surface_distances(&empty, &empty, Surface::Elements).is_none());
    assert!(squared_distance_transform(&empty).is_none());
    assert_eq!(empty.components(Connectivity::Corners).sizes(), [0_u64; 0]);
}
