//! Where the voxels of a volume lie: in its file, in its frames, and in the patient.

use std::fmt;

use thiserror::Error;

/// The grid of a volume.
///
/// **Frames.** A volume is shown in axial slices, as radiologists see them: the patient's right at the left of the image,
/// the front (anterior) at the top, the feet (inferior) first. Every stored axis is taken for the anatomical axis that it
/// is nearest to: of the six ways to pair the three stored axes with left-right, front-back and foot-head, the one whose
/// direction cosines add up to the most; an axis that points the other way is flipped. Nothing is resampled, so slices of
/// an oblique scan are as oblique as they were stored. Times come one after another: frame `f` is slice
/// `f % slices` of time `f / slices`.
///
/// **World.** Millimetres; x grows to the patient's right, y to the front, z to the head (RAS+), as NIfTI has it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VolumeGrid {
    /// Voxels along the stored axes i, j and k, the fastest first.
    pub extent: [usize; 3],
    /// How many times there are; 1 for a plain volume.
    pub times: usize,
    /// The first three rows of the matrix that takes (i, j, k, 1) to millimetres in RAS+.
    pub affine: [[f64; 4]; 3],
    /// Which stored axis runs along the columns (x), the rows (y) and the slices of the frames.
    pub axes: [usize; 3],
    /// Which of x, y and slices run against their stored axis.
    pub flipped: [bool; 3],
    /// What a NIfTI header says of it, so that masks get the very same one.
    pub placement: NiftiPlacement,
    /// Whether the file says where the volume lies. Where it does not, the affine is only how it is shown.
    pub placed: bool,
}

/// The fields of a NIfTI header that place a volume, as they stand in the file (nifti1.h).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NiftiPlacement {
    /// `pixdim`: the sign of the quaternion's handedness, then the size of a voxel along i, j and k.
    pub voxel_sizes: [f64; 4],
    /// `qform_code`: what the quaternion speaks of; 0 for nothing.
    pub qform_code: i32,
    /// `quatern_b`, `quatern_c` and `quatern_d`.
    pub quaternion: [f64; 3],
    /// `qoffset_x`, `qoffset_y` and `qoffset_z`.
    pub offset: [f64; 3],
    /// `sform_code`: what the matrix speaks of; 0 for nothing.
    pub sform_code: i32,
    /// `srow_x`, `srow_y` and `srow_z`.
    pub matrix: [[f64; 4]; 3],
    /// `xyzt_units`: 1 for metres, 2 for millimetres, 3 for micrometres, and the unit of time in higher bits.
    pub units: u8,
}

/// Why frames are not those of a grid.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum GridError {
    /// Too many or too few.
    #[error("the volume has {expected} frames, and {found} were given")]
    FrameCount {
        /// Slices times times.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// One of them has another size.
    #[error("frame {frame} has {found} labels, and {width} x {height} were expected")]
    FrameSize {
        /// Which one, from 0.
        frame: usize,
        /// Labels that were given.
        found: usize,
        /// Columns of the grid's frames.
        width: usize,
        /// Rows of the grid's frames.
        height: usize,
    },
    /// More voxels along an axis than the header of a NIfTI-1 file can say.
    #[error("a NIfTI-1 file has at most 32767 voxels along an axis, and there are {0}")]
    TooLong(usize),
    /// Bytes that could not be written.
    #[error("the labels could not be compressed: {0}")]
    Unwritable(String),
}

/// What the axes of an image are called in RAS+, and whether x, y and slices run along them or against: an image's x runs
/// to the patient's left, its y to the back, and its slices to the head.
const RUNS_ALONG: [bool; 3] = [false, false, true];

impl VolumeGrid {
    /// The grid of a volume of `extent` voxels along i, j and k at `times` times, by its `affine` from voxels to
    /// millimetres in RAS+. Axes without a direction are paired with what is left.
    pub fn new(extent: [usize; 3], times: usize, affine: [[f64; 4]; 3], placement: NiftiPlacement) -> Self {
        let cosine = |world: usize, axis: usize| {
            let length = column_length(&affine, axis);
            affine.get(world).and_then(|row| row.get(axis)).filter(|_| length > 0.0).map_or(0.0, |value| value / length)
        };
        // In this order the stored one wins where two are equally near.
        const PAIRINGS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let (mut axes, mut nearest) = (PAIRINGS[0], f64::NEG_INFINITY);
        for pairing in PAIRINGS {
            let sum: f64 = (0..3).map(|world| cosine(world, pairing[world]).abs()).sum();
            // Rounding of the file's numbers decides nothing.
            if sum > nearest + 1e-6 {
                (axes, nearest) = (pairing, sum);
            }
        }
        let flipped = [0, 1, 2].map(|world| (cosine(world, axes[world]) >= 0.0) != RUNS_ALONG[world]);
        Self { extent, times, affine, axes, flipped, placement, placed: true }
    }

    /// The grid of a volume whose file does not say where it lies.
    pub fn unplaced(self) -> Self {
        Self { placed: false, ..self }
    }

    /// Columns of a frame.
    pub const fn width(&self) -> usize {
        self.extent[self.axes[0]]
    }

    /// Rows of a frame.
    pub const fn height(&self) -> usize {
        self.extent[self.axes[1]]
    }

    /// Frames of one time.
    pub const fn slices(&self) -> usize {
        self.extent[self.axes[2]]
    }

    /// All frames.
    pub const fn frames(&self) -> usize {
        self.slices().saturating_mul(self.times)
    }

    /// The stored voxel (i, j, k, time) that stands at column `x` and row `y` of a frame, or `None` where there is none.
    pub fn voxel(&self, frame: usize, x: usize, y: usize) -> Option<[usize; 4]> {
        let slices = self.slices();
        let time = frame.checked_div(slices).filter(|&time| time < self.times)?;
        let mut voxel = [0, 0, 0, time];
        for (along, place) in [x, y, frame % slices].into_iter().enumerate() {
            voxel[self.axes[along]] = self.turned(along, place)?;
        }
        Some(voxel)
    }

    /// Frame, column and row of the stored voxel (i, j, k, time), or `None` where there is none.
    pub fn place(&self, [i, j, k, time]: [usize; 4]) -> Option<(usize, usize, usize)> {
        let voxel = [i, j, k];
        let along = |along: usize| self.turned(along, voxel[self.axes[along]]);
        let (x, y, slice) = (along(0)?, along(1)?, along(2)?);
        (time < self.times).then(|| (time * self.slices() + slice, x, y))
    }

    /// The place along x, y or the slices by that along its stored axis, and the other way round.
    pub(crate) fn turned(&self, along: usize, place: usize) -> Option<usize> {
        let count = self.extent[self.axes[along]];
        let turned = if self.flipped[along] { count.checked_sub(1)?.checked_sub(place)? } else { place };
        (turned < count).then_some(turned)
    }

    /// Width and height of a pixel in millimetres.
    pub fn spacing(&self) -> [f64; 2] {
        [column_length(&self.affine, self.axes[0]), column_length(&self.affine, self.axes[1])]
    }

    /// From one slice to the next in millimetres, along the stored axis.
    pub fn slice_spacing(&self) -> f64 {
        column_length(&self.affine, self.axes[2])
    }

    /// Where the centre of a pixel lies, in millimetres in RAS+.
    pub fn world(&self, frame: usize, x: usize, y: usize) -> Option<[f64; 3]> {
        let [i, j, k, _] = self.voxel(frame, x, y)?;
        Some(self.affine.map(|[a, b, c, d]| a * i as f64 + b * j as f64 + c * k as f64 + d))
    }

    /// How far the frames lie from those of `image`, which are as many and as large: the farthest that the centre of a
    /// corner's voxel lies from that of the same corner there, in voxels of `image` along one of its axes. Nearest
    /// neighbours are the same voxels as long as it is below a half.
    pub fn voxels_from(&self, image: &Self) -> f64 {
        let (right, bottom) = (image.width().saturating_sub(1), image.height().saturating_sub(1));
        let last = image.slices().saturating_sub(1);
        let mut farthest = 0.0_f64;
        for corner in 0..8 {
            let at = |bit: usize, end: usize| if corner & bit == 0 { 0 } else { end };
            let (frame, x, y) = (at(4, last), at(1, right), at(2, bottom));
            let (Some(here), Some(there)) = (self.world(frame, x, y), image.world(frame, x, y)) else {
                return f64::INFINITY;
            };
            for axis in 0..3 {
                let length = column_length(&image.affine, axis);
                let along: f64 = (0..3).map(|row| (here[row] - there[row]) * image.affine[row][axis]).sum();
                let voxels = (along / (length * length)).abs();
                // What is no number is nowhere near.
                farthest = if voxels.is_nan() { f64::INFINITY } else { farthest.max(voxels) };
            }
        }
        farthest
    }

    /// Whether its affine is the identity, which programs also write for want of one.
    pub fn is_identity(&self) -> bool {
        self.affine == [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]
    }
}

/// As people say it: `axes L P S, voxels of 1 x 2 x 3 mm, the first at (-10, -20, -30) mm`, where an axis is called by the
/// side of the patient (right, left, anterior, posterior, superior, inferior) that it mostly runs to. Places are in RAS+.
impl fmt::Display for VolumeGrid {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SIDES: [[char; 2]; 3] = [['R', 'L'], ['A', 'P'], ['S', 'I']];
        // Thousandths, without zeros at the end, and no minus before nothing.
        let short = |number: f64| (number * 1e3).round() / 1e3 + 0.0;
        let side = |axis: usize| {
            let world = self.axes.iter().position(|&own| own == axis).unwrap_or(axis);
            SIDES[world][usize::from(self.affine[world][axis] < 0.0)]
        };
        let [a, b, c] = [0, 1, 2].map(|axis| short(column_length(&self.affine, axis)));
        let [x, y, z] = [0, 1, 2].map(|row| short(self.affine[row][3]));
        let [i, j, k] = [0, 1, 2].map(side);
        write!(text, "axes {i} {j} {k}, voxels of {a} x {b} x {c} mm, the first at ({x}, {y}, {z}) mm")
    }
}

/// The length of a column of an affine in millimetres: the distance from one voxel to the next.
pub(crate) fn column_length(affine: &[[f64; 4]; 3], axis: usize) -> f64 {
    affine.iter().filter_map(|row| row.get(axis)).map(|value| value * value).sum::<f64>().sqrt()
}

impl NiftiPlacement {
    /// That of a volume whose file is no NIfTI: its affine as the matrix, in scanner coordinates.
    pub fn of_affine(affine: [[f64; 4]; 3]) -> Self {
        let sizes = [0, 1, 2].map(|axis| column_length(&affine, axis));
        Self {
            voxel_sizes: [1.0, sizes[0], sizes[1], sizes[2]],
            qform_code: 0,
            quaternion: [0.0; 3],
            offset: [0.0; 3],
            sform_code: 1,
            matrix: affine,
            units: 2,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{NiftiPlacement, VolumeGrid};

    fn grid(affine: [[f64; 4]; 3]) -> VolumeGrid {
        VolumeGrid::new([2, 3, 4], 2, affine, NiftiPlacement::of_affine(affine))
    }

    #[test]
    fn the_right_of_the_patient_is_at_the_left_and_the_front_is_at_the_top() {
        let grid = grid([[1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0], [0.0, 0.0, 5.0, 0.0]]);
        assert_eq!((grid.axes, grid.flipped), ([0, 1, 2], [true, true, false]));
        assert_eq!((grid.spacing(), grid.slice_spacing()), ([1.0, 2.0], 5.0));
        // The first pixel is the most right (i = 1) and the most anterior (j = 2) voxel of the lowest slice.
        assert_eq!(grid.voxel(0, 0, 0), Some([1, 2, 0, 0]));
        assert_eq!(grid.world(0, 0, 0), Some([1.0, 4.0, 0.0]));
    }

    #[test]
    fn grids_are_compared_where_their_frames_are_seen() {
        let plain = [[1.0, 0.0, 0.0, -10.0], [0.0, 2.0, 0.0, -20.0], [0.0, 0.0, 3.0, -30.0]];
        let apart = |affine| grid(affine).voxels_from(&grid(plain));
        assert_eq!(apart(plain), 0.0);
        // The first axis the other way round, and so its first voxel at the other end.
        assert_eq!(apart([[-1.0, 0.0, 0.0, -9.0], plain[1], plain[2]]), 0.0);
        assert_eq!(apart([[1.0, 0.0, 0.0, -9.0], plain[1], plain[2]]), 1.0);
        assert_eq!(apart([plain[0], [0.0, 2.0, 0.0, -19.0], plain[2]]), 0.5);
        // Twice as far from slice to slice: the fourth is three slices off.
        assert_eq!(apart([plain[0], plain[1], [0.0, 0.0, 6.0, -30.0]]), 3.0);
        assert_eq!(apart([[f64::NAN, 0.0, 0.0, 0.0], plain[1], plain[2]]), f64::INFINITY);
    }

    #[test]
    fn a_grid_is_said_by_its_axes_voxels_and_first_place() {
        let said = grid([[0.0, -1.0, 0.1, -4.0], [0.0, 0.0, -3.0, -0.0001], [2.5, 0.0, 0.2, 1e3]]).to_string();
        assert_eq!(said, "axes S L P, voxels of 2.5 x 1 x 3.008 mm, the first at (-4, 0, 1000) mm");
    }

    #[test]
    fn the_map_goes_both_ways() {
        // i to the head, j to the left, k to the back.
        let grid = grid([[0.0, -1.0, 0.1, 0.0], [0.0, 0.0, -3.0, 0.0], [2.0, 0.0, 0.2, 0.0]]);
        assert_eq!((grid.axes, grid.flipped), ([1, 2, 0], [false, false, false]));
        assert_eq!((grid.width(), grid.height(), grid.slices(), grid.frames()), (3, 4, 2, 4));
        for frame in 0..4 {
            for (x, y) in [(0, 0), (2, 3), (1, 2)] {
                assert_eq!(grid.place(grid.voxel(frame, x, y).unwrap()), Some((frame, x, y)));
            }
        }
        assert_eq!((grid.voxel(4, 0, 0), grid.voxel(0, 3, 0), grid.place([2, 0, 0, 0])), (None, None, None));
    }
}
