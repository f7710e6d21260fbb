//! Label maps: images whose pixel values say which object a pixel belongs to.

use std::collections::HashMap;

use groundglass_types::{Image, Mask, Region, Samples, Truth, TruthRegion};

use crate::FormatError;

/// The label of all regions of a label map, which itself names no class.
pub const LABEL_MAP_LABEL: &str = "object";

/// A picture in colours has more of them than any label map has objects.
const MOST_LABELS: usize = 65_535;

/// The largest label among measured values.
const MOST_VALUE: f32 = 1_048_575.0;

/// The label of pixels of which nothing is known in the palette maps of Pascal VOC.
pub(crate) const VOID: u64 = 255;

/// Maps with fewer values are never taken for pictures.
const FEWEST_SHADES: usize = 9;

/// What the pixels of a label map say.
pub(crate) struct Valued {
    /// One region for each value but 0, in rising order of the values.
    pub regions: Vec<(u64, TruthRegion)>,
    /// Whether the values look like the shades of a picture, or of a mask with soft edges: of more than half of them most
    /// pixels have another value on both sides, or on all but one, in a row or in a column.
    pub are_shades: bool,
}

/// One region for each value but 0, in rising order of the values. Of an RGB image (labels coded as
/// colours) each colour but black is a value. A pixel without a value (NaN) is background.
///
/// # Errors
/// [`FormatError::NotLabelMap`] for more than 65,535 values.
pub fn label_map_truth(file: &str, image: &Image) -> Result<Truth, FormatError> {
    let regions = valued_regions(file, image)?.regions.into_iter().map(|(_, region)| region).collect();
    Ok(Truth { regions })
}

/// As [`label_map_truth`], each region with its value; a colour is the number that its samples make together.
pub(crate) fn valued_regions(file: &str, image: &Image) -> Result<Valued, FormatError> {
    let (width, channels) = (image.width(), image.channels());
    let regions = match image.samples() {
        Samples::U8(samples) => read(image, |x, y| packed(samples, (y * width + x) * channels, channels)),
        Samples::U16(samples) => read(image, |x, y| packed(samples, (y * width + x) * channels, channels)),
        Samples::F32(samples) => {
            if let Some(value) =
                samples.iter().find(|value| value.fract() != 0.0 || **value < 0.0 || **value > MOST_VALUE)
            {
                let detail = format!("it holds {value}, where labels are whole numbers from 0 to {MOST_VALUE}");
                return Err(FormatError::NotLabelMap { file: file.to_owned(), detail });
            }
            let mut samples = std::borrow::Cow::Borrowed(samples.as_slice());
            for run in image.missing() {
                // Background is often left without a value, and the lowest label stands there in its place.
                let places = run.start * channels..run.end * channels;
                samples.to_mut().get_mut(places).unwrap_or_default().fill(0.0);
            }
            read(image, |x, y| {
                samples
                    .iter()
                    .skip((y * width + x) * channels)
                    .take(channels)
                    .fold(0, |value, &s| value << 20 | s as u64)
            })
        }
    };
    regions.map_err(|detail| FormatError::NotLabelMap { file: file.to_owned(), detail })
}

/// The samples of one pixel as one number.
fn packed<T: Copy + Into<u64>>(samples: &[T], at: usize, channels: usize) -> u64 {
    samples.iter().skip(at).take(channels).fold(0, |value, &sample| value << 16 | sample.into())
}

fn read(image: &Image, value_at: impl Fn(usize, usize) -> u64) -> Result<Valued, String> {
    // Runs of one value down the columns, as `(start, end)` in column-major numbering.
    let (width, height) = (image.width(), image.height());
    let mut runs: HashMap<u64, Vec<(u64, u64)>> = HashMap::new();
    let mut current = (0_u64, 0_u64);
    let mut close = |value: u64, start: u64, end: u64| {
        if value != 0 && end > start {
            runs.entry(value).or_default().push((start, end));
        }
        if runs.len() > MOST_LABELS {
            return Err(format!("it has more than {MOST_LABELS} different values"));
        }
        Ok(())
    };
    let mut position = 0_u64;
    for x in 0..width {
        for y in 0..height {
            let value = value_at(x, y);
            if value != current.0 {
                close(current.0, current.1, position)?;
                current = (value, position);
            }
            position += 1;
        }
    }
    close(current.0, current.1, position)?;

    let mut by_value: Vec<_> = runs.into_iter().collect();
    by_value.sort_unstable_by_key(|(value, _)| *value);
    let are_shades = by_value.len() >= FEWEST_SHADES && are_shades(&by_value, (width, height), value_at);
    let regions: Result<Vec<_>, String> = by_value
        .into_iter()
        .filter_map(|(value, runs)| {
            let region = mask_of_runs((width, height), &runs).map(Region::from_mask).transpose()?;
            Some(region.map(|region| (value, region)))
        })
        .map(|region| {
            let (value, region) = region.map_err(|error| error.to_string())?;
            Ok((value, TruthRegion { label: LABEL_MAP_LABEL.to_owned(), region, crowd: false, area: None }))
        })
        .collect();
    Ok(Valued { regions: regions?, are_shades })
}

/// See [`Valued::are_shades`]; `by_value` are the runs down the columns.
fn are_shades(
    by_value: &[(u64, Vec<(u64, u64)>)],
    (width, height): (usize, usize),
    value_at: impl Fn(usize, usize) -> u64,
) -> bool {
    /// Longer runs are parts of an object.
    const SHORT: u64 = 2;
    let mut down: HashMap<u64, [u64; 2]> = HashMap::new();
    let mut along = down.clone();
    let count = |counts: &mut HashMap<u64, [u64; 2]>, value: u64, length: u64| {
        let [short, all] = counts.entry(value).or_default();
        *all += length;
        *short += if length <= SHORT { length } else { 0 };
    };
    for (value, runs) in by_value {
        runs.iter().for_each(|(start, end)| count(&mut down, *value, end - start));
    }
    for y in 0..height {
        let mut run = (0, 0);
        for value in (0..width).map(|x| value_at(x, y)) {
            if value == run.0 {
                run.1 += 1;
            } else {
                count(&mut along, run.0, run.1);
                run = (value, 1);
            }
        }
        count(&mut along, run.0, run.1);
    }
    let is_shade = |value: &u64| {
        [&down, &along].into_iter().any(|counts| counts.get(value).is_some_and(|[short, all]| short * 2 > *all))
    };
    by_value.iter().filter(|(value, _)| is_shade(value)).count() * 2 > by_value.len()
}

fn mask_of_runs((width, height): (usize, usize), runs: &[(u64, u64)]) -> Result<Mask, groundglass_types::MaskError> {
    let mut counts = Vec::with_capacity(2 * runs.len() + 1);
    let mut end_before = 0;
    // An image's pixels fit 32 bits, for the decoder refuses larger ones; `from_counts` checks the sum.
    let length = |start: u64, end: u64| u32::try_from(end - start).unwrap_or(u32::MAX);
    for &(start, end) in runs {
        counts.extend([length(end_before, start), length(start, end)]);
        end_before = end;
    }
    counts.push(length(end_before, width as u64 * height as u64));
    Mask::from_counts(width, height, &counts)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use groundglass_types::{Image, Samples};
    use proptest::prelude::*;

    use super::label_map_truth;

    fn pixels(image: &Image) -> Vec<Vec<u8>> {
        let regions = label_map_truth("map.png", image).unwrap().regions;
        regions.iter().map(|region| region.region.mask.as_ref().unwrap().to_row_major()).collect()
    }

    #[test]
    fn every_value_but_0_is_a_region() {
        let image = Image::new(3, 2, 1, Samples::U16(vec![0, 500, 7, 7, 500, 7])).unwrap();
        assert_eq!(pixels(&image), [[0, 0, 1, 1, 0, 1], [0, 1, 0, 0, 1, 0]]);
    }

    #[test]
    fn every_colour_but_black_is_a_region() {
        let image = Image::new(2, 2, 3, Samples::U8(vec![0, 0, 0, 9, 0, 0, 0, 9, 0, 9, 0, 0])).unwrap();
        assert_eq!(pixels(&image), [[0, 0, 1, 0], [0, 1, 0, 1]]);
    }

    #[test]
    fn what_has_no_value_is_background() {
        let image = Image::measured(3, 1, 1, Samples::F32(vec![f32::NAN, 1.0, 2.0])).unwrap();
        assert_eq!(pixels(&image), [[0, 1, 0], [0, 0, 1]]);
    }

    #[test]
    fn shades_are_told_from_labels() {
        let are_shades = |width: usize, pixels: Vec<u8>| {
            let height = pixels.len() / width;
            let image = Image::new(width, height, 1, Samples::U8(pixels)).unwrap();
            super::valued_regions("map.png", &image).unwrap().are_shades
        };
        // A ramp, lying and standing.
        assert!(are_shades(20, (0..400_u32).map(|place| (place % 20) as u8).collect()));
        assert!(are_shades(20, (0..400_u32).map(|place| (place / 20) as u8).collect()));
        // Sixteen squares of 4 x 4 pixels, and two values that are mixed.
        let squares = |x: u32, y: u32| (x / 4 + y / 4 * 4 + 1) as u8;
        assert!(!are_shades(16, (0..256_u32).map(|place| squares(place % 16, place / 16)).collect()));
        assert!(!are_shades(20, (0..400_u32).map(|place| (place % 2) as u8).collect()));
        // A disc with soft edges, most of whose pixels are inside.
        let soft = |x: f64, y: f64| ((9.0 - (x - 12.3).hypot(y - 11.8)) * 255.0).clamp(0.0, 255.0) as u8;
        assert!(are_shades(25, (0..625_u32).map(|place| soft(f64::from(place % 25), f64::from(place / 25))).collect()));
    }

    #[test]
    fn an_empty_map_says_that_nothing_is_there() {
        assert!(pixels(&Image::new(3, 3, 1, Samples::U8(vec![0; 9])).unwrap()).is_empty());
    }

    #[test]
    fn a_picture_in_colours_is_no_label_map() {
        let samples = (0..300_u32 * 300).flat_map(|pixel| [(pixel >> 16) as u8, (pixel >> 8) as u8, pixel as u8]);
        let image = Image::new(300, 300, 3, Samples::U8(samples.collect())).unwrap();
        let error = label_map_truth("photo.png", &image).unwrap_err();
        assert_eq!(error.to_string(), "photo.png is not a label map: it has more than 65535 different values");
    }

    proptest! {
        #[test]
        fn regions_put_together_are_the_map(width in 1..12_usize, height in 1..12_usize, seed in proptest::collection::vec(0..4_u8, 144)) {
            let labels = seed[..width * height].to_vec();
            let regions = pixels(&Image::new(width, height, 1, Samples::U8(labels.clone())).unwrap());
            let values = (1..4_u8).filter(|value| labels.contains(value));
            let mut together = vec![0; labels.len()];
            for (value, region) in values.zip(&regions) {
                together.iter_mut().zip(region).for_each(|(pixel, inside)| *pixel += value * inside);
            }
            prop_assert_eq!(together, labels);
        }
    }
}
