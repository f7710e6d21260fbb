//! Masks of one grid of pixels whose rows and columns run another way.

use groundglass_types::{Mask, MaskError};

/// One of the eight ways in which rows and columns of a grid of pixels can run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Whether rows and columns change places, which comes first.
    pub is_sideways: bool,
    /// Whether the columns are then in reverse order, so that right is left.
    pub mirrors_columns: bool,
    /// Whether the rows are then in reverse order, so that bottom is top.
    pub mirrors_rows: bool,
}

impl Turn {
    /// The eight ways, that which changes nothing first.
    #[cfg(feature = "full")]
    pub fn all() -> impl Iterator<Item = Self> {
        (0..8).map(|bits: u8| Self {
            is_sideways: bits & 4 != 0,
            mirrors_columns: bits & 2 != 0,
            mirrors_rows: bits & 1 != 0,
        })
    }

    /// Where the pixel at column `x` and row `y` once turned was before, in a grid that was `width` x `height`; `None`
    /// where there is none.
    pub fn before(self, (x, y): (usize, usize), (width, height): (usize, usize)) -> Option<(usize, usize)> {
        let (wide, high) = if self.is_sideways { (height, width) } else { (width, height) };
        let mirrored = |is: bool, place: usize, count: usize| match is {
            true => count.checked_sub(1)?.checked_sub(place),
            false => Some(place),
        };
        let (x, y) = (mirrored(self.mirrors_columns, x, wide)?, mirrored(self.mirrors_rows, y, high)?);
        Some(if self.is_sideways { (y, x) } else { (x, y) })
    }

    /// The mask once turned.
    ///
    /// # Errors
    /// [`MaskError`], which a mask that stands already does not cause.
    pub fn mask(self, mask: &Mask) -> Result<Mask, MaskError> {
        if self == Self::default() {
            return Ok(mask.clone());
        }
        let (width, height) = (mask.width(), mask.height());
        let pixels = mask.to_row_major();
        let (wide, high) = if self.is_sideways { (height, width) } else { (width, height) };
        Mask::from_fn(wide, high, |x, y| {
            let before = self.before((x, y), (width, height));
            before.and_then(|(x, y)| pixels.get(y * width + x)).is_some_and(|&pixel| pixel != 0)
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_types::Mask;

    use super::Turn;

    #[test]
    fn rows_and_columns_change_places_before_they_are_mirrored() {
        // 1 1 0
        // 0 1 0
        let mask = Mask::from_row_major(3, 2, &[1, 1, 0, 0, 1, 0]).unwrap();
        let turned = |is_sideways, mirrors_columns, mirrors_rows| {
            Turn { is_sideways, mirrors_columns, mirrors_rows }.mask(&mask).unwrap().to_row_major()
        };
        assert_eq!(turned(false, false, false), [1, 1, 0, 0, 1, 0]);
        assert_eq!(turned(false, true, false), [0, 1, 1, 0, 1, 0]);
        assert_eq!(turned(false, false, true), [0, 1, 0, 1, 1, 0]);
        assert_eq!(turned(true, false, false), [1, 0, 1, 1, 0, 0]);
        // By 90 degrees clockwise: what was the left edge, from below, is the first row.
        assert_eq!(turned(true, true, false), [0, 1, 1, 1, 0, 0]);
    }
}
