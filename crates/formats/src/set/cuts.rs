//! The planes of a label volume, cut along any of its axes, and the images that lie in them.

use std::collections::BTreeMap;

use groundglass_imaging::VolumeGrid;
use groundglass_types::{Mask, Region, TruthRegion};

use super::label_maps::LabelMap;
use super::map_places::TOLERATED;
use crate::dicom::Plane;
use crate::turn::Turn;

/// What lies in one plane of a volume.
pub type Cut = Vec<TruthRegion>;

/// Which plane of a volume an image lies in.
#[derive(Clone, Copy, Debug)]
pub struct Met {
    pub along: Along,
    pub index: usize,
    pub turn: Turn,
}

/// Across what a volume is cut: the columns, the rows or the frames in which it is shown.
pub type Along = usize;

/// The plane of one of a volume's cuts, and its columns and rows: those of a frame, or else the frames and what of them is
/// left. World coordinates are turned from RAS+ to LPS. `None` where there is no such cut, or a single row or column.
pub fn plane_of(grid: &VolumeGrid, along: Along, index: usize) -> Option<(Plane, (usize, usize))> {
    let at = |column: usize, row: usize| {
        let (frame, x, y) = match along {
            0 => (column, index, row),
            1 => (column, row, index),
            _ => (index, column, row),
        };
        grid.world(frame, x, y).map(|[x, y, z]| [-x, -y, z])
    };
    let size = match along {
        0 => (grid.slices(), grid.height()),
        1 => (grid.slices(), grid.width()),
        _ => (grid.width(), grid.height()),
    };
    let position = at(0, 0)?;
    let step = |to: [f64; 3]| [0, 1, 2].map(|part| to[part] - position[part]);
    let (right, down) = (step(at(1, 0)?), step(at(0, 1)?));
    let (width, height) = (dot(right, right).sqrt(), dot(down, down).sqrt());
    let ([ax, ay, az], [bx, by, bz]) = (right.map(|part| part / width), down.map(|part| part / height));
    let is_plane = [width, height].iter().all(|length| length.is_finite() && *length > 0.0);
    let plane = Plane { position, orientation: [ax, ay, az, bx, by, bz], spacing: [width, height] };
    is_plane.then_some((plane, size))
}

fn dot([ax, ay, az]: [f64; 3], [bx, by, bz]: [f64; 3]) -> f64 {
    ax * bx + ay * by + az * bz
}

/// Whether a grid of `size` has its pixels where an image's lie: within a tenth of a pixel, and of the distance between
/// slices, at every corner, as for volumes.
fn lies_on(own: &Plane, image: &Plane, (width, height): (usize, usize), distance: f64) -> bool {
    let corner = |plane: &Plane, x: usize, y: usize| {
        let [ax, ay, az, bx, by, bz] = plane.orientation;
        let (right, down) = (x as f64 * plane.spacing[0], y as f64 * plane.spacing[1]);
        let [px, py, pz] = plane.position;
        [px + ax * right + bx * down, py + ay * right + by * down, pz + az * right + bz * down]
    };
    let [ax, ay, az, bx, by, bz] = image.orientation;
    let units = [([ax, ay, az], image.spacing[0]), ([bx, by, bz], image.spacing[1]), (image.normal(), distance)];
    let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
    [(0, 0), (right, 0), (0, bottom), (right, bottom)].into_iter().all(|(x, y)| {
        let (here, there) = (corner(own, x, y), corner(image, x, y));
        let apart = [0, 1, 2].map(|part| here[part] - there[part]);
        units.iter().all(|(direction, unit)| dot(apart, *direction).abs() <= TOLERATED * unit)
    })
}

/// The cut of a grid in which an image lies; `None` where there is none with the same pixels.
pub fn met_in(grid: &VolumeGrid, image: &Plane, image_size: (usize, usize)) -> Option<Met> {
    let counts = [grid.width(), grid.height(), grid.slices()];
    (0..3).rev().find_map(|along| {
        let (first, size) = plane_of(grid, along, 0)?;
        let normal = image.normal();
        let off = |plane: &Plane| dot([0, 1, 2].map(|part| plane.position[part] - image.position[part]), normal);
        // The first pixels of neighbours may lie aslant, so that only the distance along the normal tells which one it is.
        let step = plane_of(grid, along, 1).map(|(second, _)| off(&second) - off(&first));
        let place = step.map_or(0.0, |step| (-off(&first) / step).round());
        let count = counts.get(along).copied().unwrap_or_default();
        let index = (place >= 0.0 && place < count as f64).then_some(place as usize)?;
        let (plane, _) = plane_of(grid, along, index)?;
        let distance = step.map_or_else(|| image.spacing[0].min(image.spacing[1]), f64::abs);
        let turn = Turn::all().find(|turn| {
            let turned = if turn.is_sideways { (size.1, size.0) } else { size };
            let lies = |own: Plane| lies_on(&own, image, turned, distance);
            turned == image_size && plane.turned(*turn, size).is_some_and(lies)
        })?;
        Some(Met { along, index, turn })
    })
}

/// The regions of every frame, put together again in planes across the columns (`along` 0) or the rows (1) of the frames.
pub fn cut_across(map: &LabelMap, grid: &VolumeGrid, along: Along) -> Vec<Cut> {
    let (count, rows) = if along == 0 { (grid.width(), grid.height()) } else { (grid.height(), grid.width()) };
    let (columns, height) = (grid.slices(), grid.height().max(1) as u64);
    // Of every plane the runs of pixels by their value; they come in their order, for a frame is a column.
    let mut planes: Vec<BTreeMap<u64, (&str, Vec<u32>)>> = vec![BTreeMap::new(); count];
    for (frame, ((_, truth), values)) in map.frames.iter().zip(&map.values).enumerate() {
        for (region, &value) in truth.regions.iter().zip(values) {
            let mut put = |plane: u64, first: u64, length: u64| {
                let Some(plane) = usize::try_from(plane).ok().and_then(|plane| planes.get_mut(plane)) else { return };
                let (_, ends) = plane.entry(value).or_insert_with(|| (&region.label, Vec::new()));
                let first = (frame * rows) as u64 + first;
                // A mask has fewer pixels than 2^32.
                let (first, behind) = (first as u32, (first + length) as u32);
                match ends.last_mut() {
                    Some(last) if *last == first => *last = behind,
                    _ => ends.extend([first, behind]),
                }
            };
            for (first, behind) in region.region.mask.iter().flat_map(Mask::runs) {
                let mut at = first;
                while at < behind {
                    let (x, y) = (at / height, at % height);
                    let length = (height - y).min(behind - at);
                    match along {
                        0 => put(x, y, length),
                        _ => (y..y + length).for_each(|y| put(y, x, 1)),
                    }
                    at += length;
                }
            }
        }
    }
    let cut = |values: BTreeMap<u64, (&str, Vec<u32>)>| {
        let region = |(label, ends): (&str, Vec<u32>)| {
            let all = u32::try_from(columns * rows).ok()?;
            let bounds = || ends.iter().copied();
            let counts: Vec<u32> =
                bounds().chain([all]).zip([0].into_iter().chain(bounds())).map(|(end, before)| end - before).collect();
            let region = Mask::from_counts(columns, rows, &counts).ok().and_then(Region::from_mask)?;
            Some(TruthRegion { label: label.to_owned(), region, crowd: false, area: None })
        };
        values.into_values().filter_map(region).collect()
    };
    planes.into_iter().map(cut).collect()
}
