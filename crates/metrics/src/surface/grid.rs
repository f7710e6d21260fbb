//! Where the pixels or voxels of a mask are.

use crate::MetricsError;

/// The most voxels of a grid: 256 MiB of bits, which memory of 32-bit addresses holds as well.
const MOST_VOXELS: usize = 1 << 31;

/// A grid of pixels or voxels. The first axis is the one that runs fastest through memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    size: [usize; 3],
    spacing: [f64; 3],
    dimensions: usize,
}

impl Grid {
    /// A plane without pixels.
    pub const EMPTY: Self = Self { size: [0, 0, 1], spacing: [1.0; 3], dimensions: 2 };

    /// A plane of `size` pixels, `spacing` apart (mm, or 1 for pixels).
    ///
    /// # Errors
    /// [`MetricsError::Input`] where a spacing is no positive finite number, or the grid is too large.
    pub fn plane(size: [usize; 2], spacing: [f64; 2]) -> Result<Self, MetricsError> {
        Self::checked([size[0], size[1], 1], [spacing[0], spacing[1], 1.0], 2)
    }

    /// A volume of `size` voxels, `spacing` apart (mm, or 1 for voxels).
    ///
    /// # Errors
    /// As [`Self::plane`].
    pub fn volume(size: [usize; 3], spacing: [f64; 3]) -> Result<Self, MetricsError> {
        Self::checked(size, spacing, 3)
    }

    fn checked(size: [usize; 3], spacing: [f64; 3], dimensions: usize) -> Result<Self, MetricsError> {
        let fault = |fault: String| MetricsError::Input { place: "grid".to_owned(), fault };
        if !spacing.iter().copied().all(is_usable_spacing) {
            return Err(fault(format!("a spacing of {spacing:?}, expected positive finite numbers")));
        }
        let padded = size.map(|length| length.checked_add(65));
        let voxels = padded.into_iter().try_fold(1_usize, |product, length| product.checked_mul(length?));
        match voxels {
            Some(voxels) if voxels <= MOST_VOXELS => Ok(Self { size, spacing, dimensions }),
            _ => Err(fault(format!("{size:?} voxels are too many"))),
        }
    }

    /// Voxels along each axis; 1 along the third of a plane.
    pub const fn size(&self) -> [usize; 3] {
        self.size
    }

    /// The distance between neighbours along each axis; 1 along the third of a plane.
    pub const fn spacing(&self) -> [f64; 3] {
        self.spacing
    }

    /// 2 or 3.
    pub const fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Area or volume of one voxel.
    pub fn voxel_size(&self) -> f64 {
        self.spacing.iter().product()
    }

    /// The same grid with a distance of 1 between neighbours, as a plane (2) or as a volume (3).
    pub(super) const fn unspaced(&self, dimensions: usize) -> Self {
        Self { size: self.size, spacing: [1.0; 3], dimensions }
    }

    /// The same grid with other counts of voxels, none of them larger or by more than one larger.
    pub(super) const fn resized(&self, size: [usize; 3]) -> Self {
        Self { size, ..*self }
    }
}

/// Whether squares and products of it stay finite.
pub(crate) fn is_usable_spacing(spacing: f64) -> bool {
    (1e-9..=1e9).contains(&spacing)
}
