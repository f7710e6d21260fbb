//! How much the masks of one file may take, so that a few bytes do not become gigabytes.

#[cfg(feature = "full")]
use groundglass_imaging::Limits;

/// What is left for the masks of a file.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    #[cfg(feature = "full")]
    pixels: usize,
    #[cfg(feature = "full")]
    runs: usize,
    crossings: usize,
}

/// Pixels that any file may have in its masks, and those for each of its bytes: time.
#[cfg(feature = "full")]
const PIXELS: (usize, usize) = (1 << 28, 1 << 10);

/// Run lengths of 4 bytes that any file may have in its masks, and those for each of its bytes: memory.
#[cfg(feature = "full")]
const RUNS: (usize, usize) = (1 << 24, 16);

/// Crossings of outlines with columns of pixels that any file may have, and those for each of its bytes. Each takes time, and
/// at most one run length of 4 bytes. An outline in JSON takes 100 bytes at least, so that in a file of any length every mark may
/// be a rectangle of 3,200 columns; and the first 33 million are enough for 800 rectangles as wide as a slide of 20,000.
const CROSSINGS: (usize, usize) = (1 << 25, 64);

impl Budget {
    /// That of a file of `bytes`.
    pub fn of(bytes: u64) -> Self {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        Self {
            #[cfg(feature = "full")]
            pixels: PIXELS.0.saturating_add(PIXELS.1.saturating_mul(bytes)),
            #[cfg(feature = "full")]
            runs: RUNS.0.saturating_add(RUNS.1.saturating_mul(bytes)),
            crossings: CROSSINGS.0.saturating_add(CROSSINGS.1.saturating_mul(bytes)),
        }
    }

    /// Takes the crossings of a mark's outlines with columns of pixels.
    pub fn take_crossings(&mut self, crossings: usize) -> Result<(), String> {
        take(&mut self.crossings, crossings)
    }

    /// Takes the pixels of a mask's window, which are no more than an image may have.
    #[cfg(feature = "full")]
    pub fn take_pixels(&mut self, pixels: usize) -> Result<(), String> {
        let most = Limits::default().pixels;
        if pixels as u64 > most {
            return Err(format!("its mask has {pixels} pixels, at most {most} are read"));
        }
        take(&mut self.pixels, pixels)
    }

    /// Takes the run lengths of a mask.
    #[cfg(feature = "full")]
    pub fn take_runs(&mut self, runs: usize) -> Result<(), String> {
        take(&mut self.runs, runs)
    }
}

fn take(left: &mut usize, wanted: usize) -> Result<(), String> {
    let rest = left.checked_sub(wanted);
    *left = rest.ok_or("the masks of the file are larger than a file of its length may have them")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Budget, CROSSINGS};

    #[test]
    fn what_is_too_large_leaves_the_rest_to_the_others() {
        let mut budget = Budget::of(10);
        let most = CROSSINGS.0 + 10 * CROSSINGS.1;
        assert!(budget.take_crossings(most + 1).is_err());
        assert!(budget.take_crossings(most).is_ok());
        assert!(budget.take_crossings(1).is_err());
    }
}
