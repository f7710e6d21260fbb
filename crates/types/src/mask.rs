//! Binary masks as run lengths.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::BoundingBox;

/// A binary mask over an image of `width` x `height` pixels as COCO's uncompressed run lengths:
/// `counts` alternates runs of 0 and of 1, beginning with 0, **down the columns** (pixel (x, y) is
/// number `x * height + y`). Source: `pycocotools` 2.0, `maskApi.h`.
///
/// Kept in its one normal form: runs sum to `width * height`, and only the first may be 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(try_from = "RawMask")]
pub struct Mask {
    width: usize,
    height: usize,
    counts: Vec<u32>,
}

#[derive(Deserialize)]
struct RawMask {
    width: usize,
    height: usize,
    counts: Vec<u32>,
}

impl TryFrom<RawMask> for Mask {
    type Error = MaskError;
    fn try_from(raw: RawMask) -> Result<Self, MaskError> {
        Self::from_counts(raw.width, raw.height, &raw.counts)
    }
}

/// Run lengths or pixels that do not fill the mask they are said to be.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MaskError {
    /// The runs do not sum to the count of pixels.
    #[error("a {width} x {height} mask has {expected} pixels, the run lengths sum to {found}")]
    RunLengths {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// `width * height`.
        expected: u64,
        /// The sum of the runs.
        found: u64,
    },
    /// The bitmap has another count of pixels.
    #[error("a {width} x {height} mask has {expected} pixels, found {found}")]
    Pixels {
        /// Columns.
        width: usize,
        /// Rows.
        height: usize,
        /// `width * height`.
        expected: u64,
        /// The length of the bitmap.
        found: u64,
    },
    /// More pixels than a run length can count.
    #[error("a {0} x {1} mask is too large: at most 4,294,967,295 pixels")]
    TooLarge(usize, usize),
}

impl Mask {
    /// A mask from COCO's uncompressed run lengths, brought to normal form.
    ///
    /// # Errors
    /// [`MaskError`] where the runs do not sum to `width * height`.
    pub fn from_counts(width: usize, height: usize, counts: &[u32]) -> Result<Self, MaskError> {
        let expected = pixel_count(width, height)?;
        let found = counts.iter().map(|&run| u64::from(run)).sum::<u64>();
        if found != u64::from(expected) {
            return Err(MaskError::RunLengths { width, height, expected: u64::from(expected), found });
        }
        let mut runs = RunWriter::default();
        for (index, &run) in counts.iter().enumerate() {
            runs.push(index % 2 == 1, run);
        }
        Ok(Self { width, height, counts: runs.counts })
    }

    /// A mask from one value a pixel in row-major order; anything but 0 is inside.
    ///
    /// # Errors
    /// [`MaskError`] where `pixels` is not `width * height` long.
    pub fn from_row_major(width: usize, height: usize, pixels: &[u8]) -> Result<Self, MaskError> {
        let expected = pixel_count(width, height)?;
        if pixels.len() as u64 != u64::from(expected) {
            let found = pixels.len() as u64;
            return Err(MaskError::Pixels { width, height, expected: u64::from(expected), found });
        }
        Self::from_fn(width, height, |x, y| pixels[y * width + x] != 0)
    }

    /// A mask from a rule, asked column by column.
    ///
    /// # Errors
    /// [`MaskError::TooLarge`] beyond 2^32 - 1 pixels.
    pub fn from_fn(
        width: usize,
        height: usize,
        mut inside: impl FnMut(usize, usize) -> bool,
    ) -> Result<Self, MaskError> {
        pixel_count(width, height)?;
        let mut runs = RunWriter::default();
        for x in 0..width {
            for y in 0..height {
                runs.push(inside(x, y), 1);
            }
        }
        Ok(Self { width, height, counts: runs.counts })
    }

    /// A mask that is 0 everywhere but inside a window at (`left`, `top`), whose pixels come in
    /// row-major order, `window_width` a row. What of the window lies outside the image is cut off.
    ///
    /// # Errors
    /// [`MaskError`] where `pixels` does not fill whole rows, or the mask is too large.
    pub fn from_window(
        (width, height): (usize, usize),
        (left, top): (usize, usize),
        window_width: usize,
        pixels: &[u8],
    ) -> Result<Self, MaskError> {
        let total = pixel_count(width, height)?;
        let window_height = pixels.len().checked_div(window_width).unwrap_or(0);
        if window_height * window_width != pixels.len() {
            let found = pixels.len() as u64;
            let expected = (window_width * window_height) as u64;
            return Err(MaskError::Pixels { width: window_width, height: window_height, expected, found });
        }
        let mut runs = RunWriter::default();
        let mut written = 0_u64;
        let bottom = (top + window_height).min(height);
        for x in left..(left + window_width).min(width) {
            if top < bottom {
                let start = x as u64 * height as u64 + top as u64;
                runs.push(false, (start - written) as u32);
                for y in top..bottom {
                    runs.push(pixels[(y - top) * window_width + (x - left)] != 0, 1);
                }
                written = start + (bottom - top) as u64;
            }
        }
        runs.push(false, (u64::from(total) - written) as u32);
        Ok(Self { width, height, counts: runs.counts })
    }

    /// Columns of the image.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows of the image.
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The run lengths, in normal form.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Pixels inside.
    pub fn area(&self) -> u64 {
        self.counts.iter().skip(1).step_by(2).map(|&run| u64::from(run)).sum()
    }

    /// The runs of pixels inside, as `(first, past_the_last)` in column-major numbering.
    pub fn runs(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let mut position = 0_u64;
        self.counts.chunks(2).filter_map(move |pair| {
            let start = position + u64::from(pair[0]);
            let end = start + pair.get(1).map_or(0, |&run| u64::from(run));
            position = end;
            (end > start).then_some((start, end))
        })
    }

    /// The tightest box around the pixels inside; `None` for an empty mask.
    pub fn bounding_box(&self) -> Option<BoundingBox> {
        let height = self.height as u64;
        let mut bounds: Option<(u64, u64, u64, u64)> = None;
        for (start, end) in self.runs() {
            let (first_column, last_column) = (start / height, (end - 1) / height);
            let (top, bottom) =
                if first_column == last_column { (start % height, (end - 1) % height) } else { (0, height - 1) };
            bounds = Some(match bounds {
                None => (first_column, top, last_column, bottom),
                Some((x0, y0, x1, y1)) => (x0.min(first_column), y0.min(top), x1.max(last_column), y1.max(bottom)),
            });
        }
        bounds.map(|(x0, y0, x1, y1)| BoundingBox::new(x0 as f64, y0 as f64, (x1 + 1) as f64, (y1 + 1) as f64))
    }

    /// Pixels inside both masks. Masks of different sizes share none.
    pub fn intersection_area(&self, other: &Self) -> u64 {
        if (self.width, self.height) != (other.width, other.height) {
            return 0;
        }
        let (mut left, mut right) = (self.runs(), other.runs());
        let (mut a, mut b) = (left.next(), right.next());
        let mut area = 0;
        while let (Some((a_start, a_end)), Some((b_start, b_end))) = (a, b) {
            area += a_end.min(b_end).saturating_sub(a_start.max(b_start));
            if a_end <= b_end {
                a = left.next();
            } else {
                b = right.next();
            }
        }
        area
    }

    /// Intersection over union; 0 where both are empty or the sizes differ.
    pub fn iou(&self, other: &Self) -> f64 {
        let intersection = self.intersection_area(other);
        let union = self.area() + other.area() - intersection;
        if union == 0 { 0.0 } else { intersection as f64 / union as f64 }
    }

    /// One byte a pixel, row-major, 1 inside and 0 outside.
    pub fn to_row_major(&self) -> Vec<u8> {
        let mut pixels = vec![0; self.width * self.height];
        for (start, end) in self.runs() {
            for position in start..end {
                let (x, y) = ((position / self.height as u64) as usize, (position % self.height as u64) as usize);
                pixels[y * self.width + x] = 1;
            }
        }
        pixels
    }
}

fn pixel_count(width: usize, height: usize) -> Result<u32, MaskError> {
    (width as u64)
        .checked_mul(height as u64)
        .and_then(|pixels| u32::try_from(pixels).ok())
        .ok_or(MaskError::TooLarge(width, height))
}

/// Joins neighbouring runs of one value, so that the result is in normal form.
#[derive(Default)]
struct RunWriter {
    counts: Vec<u32>,
}

impl RunWriter {
    fn push(&mut self, inside: bool, length: u32) {
        if length == 0 && (inside || !self.counts.is_empty()) {
            return;
        }
        let last_is_inside = self.counts.len().is_multiple_of(2);
        if self.counts.is_empty() {
            if inside {
                self.counts.push(0);
            }
            self.counts.push(length);
        } else if last_is_inside == inside {
            if let Some(last) = self.counts.last_mut() {
                *last += length;
            }
        } else {
            self.counts.push(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Mask, MaskError};
    use crate::BoundingBox;

    #[test]
    fn runs_go_down_the_columns() {
        // . #
        // . #
        // # .
        let mask = Mask::from_row_major(2, 3, &[0, 1, 0, 1, 1, 0]).expect("six pixels");
        assert_eq!(mask.counts(), [2, 3, 1]);
        assert_eq!(mask.area(), 3);
        assert_eq!(mask.bounding_box(), Some(BoundingBox::new(0.0, 0.0, 2.0, 3.0)));
    }

    #[test]
    fn a_full_and_an_empty_mask() {
        let full = Mask::from_row_major(2, 2, &[1; 4]).expect("four pixels");
        assert_eq!(full.counts(), [0, 4]);
        let empty = Mask::from_row_major(2, 2, &[0; 4]).expect("four pixels");
        assert_eq!(empty.counts(), [4]);
        assert_eq!(empty.bounding_box(), None);
        assert_eq!(empty.iou(&empty), 0.0);
        assert_eq!(full.iou(&empty), 0.0);
    }

    #[test]
    fn run_lengths_that_do_not_fill_the_mask_are_refused() {
        let error = Mask::from_counts(2, 2, &[1, 2]).expect_err("three of four pixels");
        assert_eq!(error, MaskError::RunLengths { width: 2, height: 2, expected: 4, found: 3 });
        assert!(serde_json::from_str::<Mask>(r#"{"width":2,"height":2,"counts":[9]}"#).is_err());
    }

    fn pixels() -> impl Strategy<Value = (usize, usize, Vec<u8>, Vec<u8>)> {
        (1..9_usize, 1..9_usize).prop_flat_map(|(width, height)| {
            let grid = || proptest::collection::vec(0..2_u8, width * height);
            (Just(width), Just(height), grid(), grid())
        })
    }

    proptest! {
        #[test]
        fn bitmaps_round_trip_and_intersect((width, height, a, b) in pixels()) {
            let mask_a = Mask::from_row_major(width, height, &a).expect("sizes agree");
            let mask_b = Mask::from_row_major(width, height, &b).expect("sizes agree");
            prop_assert_eq!(mask_a.to_row_major(), a.clone());
            let both = a.iter().zip(&b).filter(|(a, b)| **a == 1 && **b == 1).count() as u64;
            prop_assert_eq!(mask_a.intersection_area(&mask_b), both);
            prop_assert_eq!(Mask::from_counts(width, height, mask_a.counts()).expect("normal form"), mask_a);
        }

        #[test]
        fn a_window_is_the_same_as_the_whole((width, height, a, _) in pixels(), left in 0..4_usize, top in 0..4_usize) {
            let (image_width, image_height) = (width + 2, height + 2);
            let window = Mask::from_window((image_width, image_height), (left, top), width, &a).expect("whole rows");
            let whole = Mask::from_fn(image_width, image_height, |x, y| {
                x >= left && y >= top && x < left + width && y < top + height && a[(y - top) * width + (x - left)] != 0
            }).expect("small");
            prop_assert_eq!(window, whole);
        }
    }
}
