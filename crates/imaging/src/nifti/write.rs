//! Label volumes as NIfTI-1, on the grid of the volume that they belong to.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::grid::{GridError, VolumeGrid};

const HEADER: usize = 348;
/// The header, and four zeros that say that no extension follows.
const START: usize = HEADER + 4;
/// `NIFTI_INTENT_LABEL`.
const LABEL: i16 = 1002;

/// A NIfTI-1 file of labels, little-endian: 8 bits a voxel where every label is below 256, and else 16.
///
/// `frames` are the frames of `grid` in their order, each `grid.height()` rows of `grid.width()` labels; they are put back
/// to where the grid's voxels are stored, under the affines of the grid's own file. `is_compressed` makes it a `.nii.gz`.
///
/// # Errors
/// [`GridError`] where the frames are not those of the grid, or an axis is longer than NIfTI-1 can say.
pub fn write_nifti_labels(grid: &VolumeGrid, frames: &[Vec<u16>], is_compressed: bool) -> Result<Vec<u8>, GridError> {
    if frames.len() != grid.frames() {
        return Err(GridError::FrameCount { expected: grid.frames(), found: frames.len() });
    }
    let (width, height) = (grid.width(), grid.height());
    for (frame, labels) in frames.iter().enumerate() {
        if labels.len() != width.saturating_mul(height) {
            return Err(GridError::FrameSize { frame, found: labels.len(), width, height });
        }
    }
    let is_wide = frames.iter().flatten().any(|&label| label > u16::from(u8::MAX));
    let mut file = header(grid, is_wide)?;
    let [columns, rows, slices] = grid.extent;
    for time in 0..grid.times {
        for k in 0..slices {
            for j in 0..rows {
                for i in 0..columns {
                    let place = grid.place([i, j, k, time]);
                    let label = place.and_then(|(frame, x, y)| frames.get(frame)?.get(y * width + x));
                    let label = label.copied().unwrap_or(0);
                    if is_wide {
                        file.extend(label.to_le_bytes());
                    } else {
                        file.push(label as u8);
                    }
                }
            }
        }
    }
    if !is_compressed {
        return Ok(file);
    }
    let unwritable = |error: std::io::Error| GridError::Unwritable(error.to_string());
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&file).map_err(unwritable)?;
    encoder.finish().map_err(unwritable)
}

fn header(grid: &VolumeGrid, is_wide: bool) -> Result<Vec<u8>, GridError> {
    let short = |count: usize| i16::try_from(count).map_err(|_| GridError::TooLong(count));
    let mut head = vec![0; START];
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(place) = head.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    };
    let [i, j, k] = grid.extent;
    let axes = if grid.times > 1 { 4 } else { 3 };
    put(0, &(HEADER as i32).to_le_bytes());
    for (index, count) in [axes, i, j, k, grid.times, 1, 1, 1].into_iter().enumerate() {
        put(40 + 2 * index, &short(count)?.to_le_bytes());
    }
    put(68, &LABEL.to_le_bytes());
    let (data_type, bits) = if is_wide { (512_i16, 16_i16) } else { (2, 8) };
    put(70, &data_type.to_le_bytes());
    put(72, &bits.to_le_bytes());
    let placement = &grid.placement;
    let mut floats = |at: usize, values: &[f64]| {
        for (index, &value) in values.iter().enumerate() {
            put(at + 4 * index, &(value as f32).to_le_bytes());
        }
    };
    floats(76, &placement.voxel_sizes);
    floats(108, &[START as f64, 1.0, 0.0]);
    floats(256, &placement.quaternion);
    floats(268, &placement.offset);
    for (row, values) in placement.matrix.iter().enumerate() {
        floats(280 + 16 * row, values);
    }
    put(123, &[placement.units]);
    put(252, &(placement.qform_code.clamp(0, 5) as i16).to_le_bytes());
    put(254, &(placement.sform_code.clamp(0, 5) as i16).to_le_bytes());
    put(344, b"n+1\0");
    Ok(head)
}
