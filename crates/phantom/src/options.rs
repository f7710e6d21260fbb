//! The knobs and their ranges.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What tells the two classes apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(rename_all = "snake_case")]
pub enum PhantomKind {
    /// `disc` or `donut`; the donut's hole is no part of its mask, so the mask alone tells them apart.
    #[default]
    Shape,
    /// `disc` or `donut`; the hole is part of the mask, so only the pixels inside tell them apart.
    Pattern,
    /// `small_disc` or `large_disc`, whose radii differ by one pixel.
    Size,
}

impl PhantomKind {
    /// The name as it stands in options and file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shape => "shape",
            Self::Pattern => "pattern",
            Self::Size => "size",
        }
    }

    /// The two class names; the second has the hole, or the larger radius.
    pub const fn labels(self) -> [&'static str; 2] {
        match self {
            Self::Shape | Self::Pattern => ["disc", "donut"],
            Self::Size => ["small_disc", "large_disc"],
        }
    }
}

/// All that decides a phantom. Whatever is left out of a serialised form has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default, deny_unknown_fields)]
pub struct PhantomOptions {
    /// What tells the classes apart.
    pub kind: PhantomKind,
    /// Same seed, same pixels.
    pub seed: u32,
    /// Columns, 1 to 4096.
    pub width: u32,
    /// Rows, 1 to 4096.
    pub height: u32,
    /// Fewest and most objects, each count between them equally likely; at most 1000.
    pub count: [u32; 2],
    /// What an object adds to its pixels, as a fraction of full scale, 0 to 1.
    pub contrast: f64,
    /// The width of the uniform noise from black upwards, as a fraction of full scale, 0 to 1.
    pub noise: f64,
    /// How far two objects may lie in each other: 0, not at all; 1, wholly.
    pub overlap: f64,
    /// Radius of an object in pixels, 1 to 1000. A pixel is inside where its distance from the centre
    /// pixel is *less* than this.
    pub radius: u32,
    /// Radius of a donut's hole in pixels, at least 1 and less than `radius`.
    pub hole_radius: u32,
    /// Radius of a `small_disc` in pixels, at least 1 and less than `radius`.
    pub small_radius: u32,
}

impl Default for PhantomOptions {
    /// The paper's image with several objects: noise to 0.8 and a contrast of a fifth of it, so that
    /// the paper's 0 to 1.2 fits into 8 bits.
    fn default() -> Self {
        Self {
            kind: PhantomKind::Shape,
            seed: 0,
            width: 320,
            height: 320,
            count: [4, 8],
            contrast: 0.16,
            noise: 0.8,
            overlap: 0.0,
            radius: 20,
            hole_radius: 4,
            small_radius: 19,
        }
    }
}

/// A number outside its range.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("phantom option {option}: {found} is not {expected}")]
pub struct PhantomOptionsError {
    /// Which option.
    pub option: &'static str,
    /// What it was.
    pub found: String,
    /// What it may be.
    pub expected: &'static str,
}

impl PhantomOptions {
    /// A name for the image: `phantom-shape-7.png`.
    pub fn name(&self) -> String {
        format!("phantom-{}-{}.png", self.kind.name(), self.seed)
    }

    /// Whether every number is in its range.
    ///
    /// # Errors
    /// [`PhantomOptionsError`] names the first that is not.
    pub fn check(&self) -> Result<(), PhantomOptionsError> {
        let whole = |option, value: u32, good: bool, expected| {
            if good { Ok(()) } else { Err(PhantomOptionsError { option, found: value.to_string(), expected }) }
        };
        let fraction = |option, value: f64| {
            if (0.0..=1.0).contains(&value) {
                Ok(())
            } else {
                Err(PhantomOptionsError { option, found: value.to_string(), expected: "between 0 and 1" })
            }
        };
        whole("width", self.width, (1..=4096).contains(&self.width), "between 1 and 4096")?;
        whole("height", self.height, (1..=4096).contains(&self.height), "between 1 and 4096")?;
        let [fewest, most] = self.count;
        if fewest > most || most > 1000 {
            let found = format!("[{fewest}, {most}]");
            return Err(PhantomOptionsError { option: "count", found, expected: "two rising counts up to 1000" });
        }
        fraction("contrast", self.contrast)?;
        fraction("noise", self.noise)?;
        fraction("overlap", self.overlap)?;
        whole("radius", self.radius, (1..=1000).contains(&self.radius), "between 1 and 1000")?;
        let smaller = |radius: u32| radius >= 1 && radius < self.radius;
        match self.kind {
            PhantomKind::Shape | PhantomKind::Pattern => {
                let expected = "at least 1 and less than radius";
                whole("hole_radius", self.hole_radius, smaller(self.hole_radius), expected)
            }
            PhantomKind::Size => {
                let expected = "at least 1 and less than radius";
                whole("small_radius", self.small_radius, smaller(self.small_radius), expected)
            }
        }
    }
}
