//! Times surface distances of two masks in a file: `bench_surface FILE RUNS`. The file holds three little-endian u32
//! sizes (the first axis fastest), three f64 spacings, and one byte a voxel of each mask. Prints one JSON line.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use groundglass_metrics::surface::{Grid, Surface, Volume, surface_distances};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("a file of two masks")?;
    let runs = arguments.next().map_or(Ok(1), |text| text.parse::<usize>())?;
    let bytes = std::fs::read(file)?;
    let (head, masks) = bytes.split_at_checked(36).ok_or("a head of 36 bytes")?;
    let number = |at: usize| head[at..at + 4].try_into().map(u32::from_le_bytes);
    let real = |at: usize| head[at..at + 8].try_into().map(f64::from_le_bytes);
    let size = [number(0)? as usize, number(4)? as usize, number(8)? as usize];
    let grid = Grid::volume(size, [real(12)?, real(20)?, real(28)?])?;
    let (first, second) = masks.split_at_checked(size.iter().product()).ok_or("two masks")?;
    let mut times = Vec::new();
    let mut answers = [0.0; 6];
    for _ in 0..runs {
        let start = Instant::now();
        let (first, second) = (Volume::from_values(grid, first)?, Volume::from_values(grid, second)?);
        let borders = surface_distances(&first, &second, Surface::BorderVoxels).ok_or("an empty mask")?;
        let voxels = [borders.hausdorff_percentile(0.95), borders.average_symmetric(), borders.surface_dice(2.0)];
        let of_voxels = start.elapsed().as_secs_f64();
        let start = Instant::now();
        let elements = surface_distances(&first, &second, Surface::Elements).ok_or("an empty mask")?;
        let robust = elements.forth.weighted_percentile(0.95).max(elements.back.weighted_percentile(0.95));
        let elements = [robust, elements.forth.mean(), elements.surface_dice(2.0)];
        times.push([of_voxels, start.elapsed().as_secs_f64()]);
        answers = [voxels[0], voxels[1], voxels[2], elements[0], elements[1], elements[2]];
    }
    println!("{{\"seconds\":{times:?},\"answers\":{answers:?}}}");
    Ok(())
}
