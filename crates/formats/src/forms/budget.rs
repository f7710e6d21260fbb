//! How much the masks of one file may take, so that a few bytes do not become gigabytes.

use groundglass_imaging::Limits;

/// What is left for the masks of a file.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pixels: usize,
    runs: usize,
}

/// Pixels that any file may have in its masks, and those for each of its bytes: time.
const PIXELS: (usize, usize) = (1 << 28, 1 << 10);

/// Run lengths of 4 bytes that any file may have in its masks, and those for each of its bytes: memory.
const RUNS: (usize, usize) = (1 << 24, 16);

impl Budget {
    /// That of a file of `bytes`.
    pub fn of(bytes: u64) -> Self {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        Self {
            pixels: PIXELS.0.saturating_add(PIXELS.1.saturating_mul(bytes)),
            runs: RUNS.0.saturating_add(RUNS.1.saturating_mul(bytes)),
        }
    }

    /// Takes the pixels of a mask's window, which are no more than an image may have.
    pub fn take_pixels(&mut self, pixels: usize) -> Result<(), String> {
        let most = Limits::default().pixels;
        if pixels as u64 > most {
            return Err(format!("its mask has {pixels} pixels, at most {most} are read"));
        }
        take(&mut self.pixels, pixels)
    }

    /// Takes the run lengths of a mask.
    pub fn take_runs(&mut self, runs: usize) -> Result<(), String> {
        take(&mut self.runs, runs)
    }
}

fn take(left: &mut usize, wanted: usize) -> Result<(), String> {
    let rest = left.checked_sub(wanted);
    *left = rest.ok_or("the masks of the file are larger than a file of its length may have them")?;
    Ok(())
}
