//! From an image's display pixels to the network's input.

use groundglass_imaging::{Filter, Raster, display_rgba};
use groundglass_types::Image;
use serde_json::Value;

use super::config::ConfigError;
use super::config_file::{Fields, json_value};

/// How an image of any shape becomes the network's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Each side is resized on its own. Boxes are in parts of the image's own sides.
    Squash,
    /// The longest side is resized to so many pixels and black is added about the centre to a square, which is
    /// resized to the network's input: AG-KD's demonstration. Boxes are in parts of that square.
    Pad(usize),
}

/// From display pixels to numbers: a resize, then `(value / 255 - mean) / deviation` by channel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preprocessing {
    /// How the image is fitted.
    pub fit: Fit,
    /// Rows of the network's input.
    pub height: usize,
    /// Columns of the network's input.
    pub width: usize,
    /// By channel.
    pub mean: [f32; 3],
    /// By channel.
    pub deviation: [f32; 3],
}

impl Default for Preprocessing {
    /// Florence-2's: 768 x 768, and ImageNet's mean and deviation.
    fn default() -> Self {
        Self {
            fit: Fit::Squash,
            height: 768,
            width: 768,
            mean: [0.485, 0.456, 0.406],
            deviation: [0.229, 0.224, 0.225],
        }
    }
}

/// The network's input: all of red, then green, then blue, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct PixelValues {
    /// `3 * height * width` numbers.
    pub values: Vec<f32>,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// Sides beyond this are no network's input.
const LONGEST: usize = 8192;

impl Preprocessing {
    /// Florence-2's with a square input of another side.
    pub fn square(side: usize) -> Self {
        Self { height: side, width: side, ..Self::default() }
    }

    /// Reads `preprocessor_config.json`: size, mean and deviation. What it does not say is Florence-2's.
    ///
    /// # Errors
    /// [`ConfigError`] names the field that cannot be used.
    pub fn parse(file: &str, json: &[u8]) -> Result<Self, ConfigError> {
        let value = json_value(file, json)?;
        let root = Fields::root(file, &value)?;
        if let Some(other) = root.value("resample").filter(|value| value.as_u64() != Some(3)) {
            return Err(root.expected("resample", other, "3 (bicubic), the only choice that is supported"));
        }
        let mut read = Self::default();
        if root.value("size").is_some_and(Value::is_number) {
            let side = root.number("size", 768)?;
            (read.height, read.width) = (side, side);
        } else {
            let size = root.object("size")?;
            let shortest = size.number("shortest_edge", 768)?;
            read.height = size.number("height", shortest)?;
            read.width = size.number("width", shortest)?;
        }
        if ![read.height, read.width].iter().all(|side| (1..=LONGEST).contains(side)) {
            return Err(root.fault("size", format!("is not from 1 to {LONGEST} pixels")));
        }
        for (name, numbers) in [("image_mean", &mut read.mean), ("image_std", &mut read.deviation)] {
            let Some(value) = root.value(name) else { continue };
            let found: Vec<f32> = value
                .as_array()
                .map(|values| values.iter().filter_map(Value::as_f64).map(|number| number as f32).collect())
                .unwrap_or_default();
            *numbers = <[f32; 3]>::try_from(found)
                .ok()
                .filter(|numbers| numbers.iter().all(|number| number.is_finite()))
                .ok_or_else(|| root.expected(name, value, "a list of three numbers"))?;
        }
        if read.deviation.iter().any(|&deviation| deviation <= 0.0) {
            return Err(root.fault("image_std", "has a number that is not above 0"));
        }
        Ok(read)
    }

    /// An image as it is displayed, fitted and normalised.
    pub fn apply(&self, image: &Image) -> Option<PixelValues> {
        let rgba = display_rgba(image);
        let samples = rgba.as_chunks::<4>().0.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect();
        self.apply_raster(&Raster { width: image.width(), height: image.height(), channels: 3, samples })
    }

    /// The same from RGB samples. `None` where they do not fill the image, or a side is 0.
    pub fn apply_raster(&self, image: &Raster) -> Option<PixelValues> {
        if image.channels != 3 {
            return None;
        }
        let fitted = match self.fit {
            Fit::Squash => image.resized([self.width, self.height], Filter::Bicubic)?,
            Fit::Pad(side) => padded(image, side)?.resized([self.width, self.height], Filter::Bicubic)?,
        };
        let mut values = Vec::with_capacity(fitted.samples.len());
        for (channel, (mean, deviation)) in self.mean.iter().zip(self.deviation).enumerate() {
            // The reference multiplies in f64, rounds to f32, and goes on in f32.
            let level = |sample: u8| ((f64::from(sample) * (1.0 / 255.0)) as f32 - mean) / deviation;
            let levels: Vec<f32> = (0..=u8::MAX).map(level).collect();
            let samples = fitted.samples.iter().skip(channel).step_by(3);
            values.extend(samples.filter_map(|&sample| levels.get(usize::from(sample))));
        }
        Some(PixelValues { values, height: self.height, width: self.width })
    }

    /// Where the image lies in what the network sees, in parts of its sides: left, top, width, height. All of
    /// it where the image is squashed.
    pub fn placement(&self, width: usize, height: usize) -> [f64; 4] {
        match self.fit {
            Fit::Squash => [0.0, 0.0, 1.0, 1.0],
            Fit::Pad(side) => {
                let [columns, rows] = scaled([width, height], side);
                let [left, top] = [columns, rows].map(|length| ((side - length) / 2) as f64 / side as f64);
                [left, top, columns as f64 / side as f64, rows as f64 / side as f64]
            }
        }
    }
}

/// Sides with the longest of them at `side`, rounded as Python rounds: halves to the even number.
fn scaled(sides: [usize; 2], side: usize) -> [usize; 2] {
    let longest = sides.into_iter().max().unwrap_or(1).max(1);
    let scale = side as f64 / longest as f64;
    sides.map(|length| ((length as f64 * scale).round_ties_even() as usize).clamp(1, side.max(1)))
}

/// As albumentations' `LongestMaxSize` and `PadIfNeeded` do: OpenCV's linear filter, black about the centre.
fn padded(image: &Raster, side: usize) -> Option<Raster> {
    if !(1..=LONGEST).contains(&side) {
        return None;
    }
    let [width, height] = scaled([image.width, image.height], side);
    let small = if [width, height] == [image.width, image.height] {
        image.clone()
    } else {
        image.resized([width, height], Filter::Linear)?
    };
    let (left, top) = ((side - width) / 2, (side - height) / 2);
    let mut samples = vec![0; side * side * 3];
    for (row, line) in small.samples.chunks_exact(width * 3).enumerate() {
        let start = ((top + row) * side + left) * 3;
        samples.get_mut(start..start + line.len())?.copy_from_slice(line);
    }
    Some(Raster { width: side, height: side, channels: 3, samples })
}
