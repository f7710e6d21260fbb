//! What an array shows, by its shape; the rule is in `mod.rs`.

use super::header::Header;
use crate::grid::{NiftiPlacement, VolumeGrid};
use crate::sample::SampleType;
use crate::volume::Layout;

/// Arrays lie in no patient: columns, rows and slices stay as they are stored.
const AS_STORED: [[f64; 4]; 3] = [[-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]];

/// The frames of an array, or why it is no image.
pub fn volume(header: &Header) -> Result<(VolumeGrid, Layout), String> {
    let strides = header.strides();
    let mut axes: Vec<(usize, u64)> = header.shape.iter().copied().zip(strides).collect();
    let shape = || {
        let axes: Vec<String> = header.shape.iter().map(usize::to_string).collect();
        format!("({})", axes.join(", "))
    };
    let (mut channels, mut channel_stride) = (1, header.sample.size() as u64);
    if axes.len() == 3 || axes.len() == 4 {
        match axes.last() {
            Some((1, _)) => drop(axes.pop()),
            Some(&(size @ (3 | 4), stride)) => {
                if !matches!(header.sample, SampleType::U8 | SampleType::U16) {
                    return Err(format!(
                        "its last axis of {size} in the shape {} may be colours, classes or columns; colours are read \
                         as whole numbers of 8 or 16 bits without sign",
                        shape()
                    ));
                }
                (channels, channel_stride) = (size, stride);
                axes.pop();
            }
            _ => {}
        }
    }
    let ((times, slices), (rows, columns)) = match *axes.as_slice() {
        [rows, columns] => (((1, 0), (1, 0)), (rows, columns)),
        [slices, rows, columns] => (((1, 0), slices), (rows, columns)),
        [times, slices, rows, columns] => ((times, slices), (rows, columns)),
        _ => return Err(format!("its shape {} is no image and no stack of images", shape())),
    };
    let extent = [columns.0, rows.0, slices.0];
    let layout = Layout {
        start: header.start,
        // One slice lies nowhere in particular, and counts as the slowest axis.
        strides: [columns.1, rows.1, if slices.0 == 1 { u64::MAX } else { slices.1 }],
        time_stride: times.1,
        sample: header.sample,
        big_endian: header.big_endian,
        channels,
        channel_stride,
        scale: None,
        window: None,
    };
    Ok((VolumeGrid::new(extent, times.0, AS_STORED, NiftiPlacement::of_affine(AS_STORED)), layout))
}
