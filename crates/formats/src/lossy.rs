//! Masks in forms that change the values of pixels: JPEG, and WebP with losses.
//!
//! What was 0 and 255 becomes values near them, and values between them along the edges. Two levels can still be told, and
//! half of the upper one parts them. More than two cannot: the edge of one passes through all that are below it.

use groundglass_imaging::{Format, Labels, Opened};
use groundglass_types::{Image, Samples};

use crate::FormatError;

/// How many of 1000 pixels may be near neither level: edges that were drawn soft, and those of colours, of which JPEG keeps
/// a quarter.
const MOST_BETWEEN: usize = 20;
/// How many of them may lie in a plain of their own, as a third level does and an edge does not.
const MOST_PLAIN: usize = 24;
/// Lower levels are lost in the changes.
const LOWEST_LEVEL: u8 = 16;
/// From here on the upper level was 255.
const HIGHEST_LEVEL: u8 = 248;

/// A frame as a label map ([`Opened::labels`]); where its form changes values, as the mask of two levels that it was before,
/// in one channel, with the largest value outside. `head` is the beginning of the file.
///
/// # Errors
/// [`FormatError::Image`] where it cannot be decoded, and [`FormatError::NotLabelMap`] where it has more than two levels.
pub fn labels(
    file: &str,
    opened: &mut Opened<'_>,
    head: &[u8],
    index: usize,
) -> Result<(Labels, Option<u8>), FormatError> {
    let labels = opened.labels(index)?;
    let form = match opened.format() {
        Format::Jpeg => "JPEG",
        Format::WebP if is_lossless(head) => return Ok((Labels { image: grey(labels.image), ..labels }, None)),
        Format::WebP => "WebP with losses",
        _ => return Ok((labels, None)),
    };
    let refused = |fault: String| {
        let detail =
            format!("it is {form}, which changes values, and {fault}; of such only masks of two levels are read");
        FormatError::NotLabelMap { file: file.to_owned(), detail }
    };
    let (image, above) = two_levels(&labels.image).map_err(refused)?;
    Ok((Labels { image, ..labels }, Some(above)))
}

/// Whether a WebP file holds its pixels as they were: its first chunk of pixels is `VP8L` (RFC 9649).
fn is_lossless(head: &[u8]) -> bool {
    let mut rest = head.get(12..).unwrap_or_default();
    while let Some((kind, after)) = rest.split_first_chunk::<4>() {
        match kind {
            b"VP8L" => return true,
            b"VP8 " | b"ANMF" => return false,
            _ => {}
        }
        let Some((length, after)) = after.split_first_chunk::<4>() else { return false };
        // Chunks begin at even places.
        let length = u32::from_le_bytes(*length) as usize;
        rest = after.get(length.saturating_add(length % 2)..).unwrap_or_default();
    }
    false
}

/// A picture in colours of which none is any as one of greys: WebP has no other.
fn grey(image: Image) -> Image {
    let (width, height, channels) = (image.width(), image.height(), image.channels());
    let Samples::U8(samples) = image.samples() else { return image };
    if channels < 2
        || !samples.chunks_exact(channels).all(|pixel| pixel.iter().all(|sample| Some(sample) == pixel.first()))
    {
        return image;
    }
    let first = samples.iter().step_by(channels).copied().collect();
    Image::new(width, height, 1, Samples::U8(first)).unwrap_or(image)
}

/// The mask that an image was before its values were changed, and the largest value outside.
///
/// # Errors
/// Why it has not two levels.
fn two_levels(image: &Image) -> Result<(Image, u8), String> {
    let (width, height, channels) = (image.width(), image.height(), image.channels().max(1));
    let Samples::U8(samples) = image.samples() else { return Err("it has more than 8 bits".to_owned()) };
    let values: Vec<u8> =
        samples.chunks_exact(channels).map(|pixel| pixel.iter().copied().max().unwrap_or_default()).collect();
    let mut counts = [0_usize; 256];
    values.iter().for_each(|&value| counts[usize::from(value)] += 1);
    let lowest = values.iter().copied().min().unwrap_or_default();
    let highest = values.iter().copied().max().unwrap_or_default();
    if highest < LOWEST_LEVEL && lowest < highest {
        return Err(format!("its highest value is {highest}, which that may have changed from any near it"));
    }
    // Values swing over the level beside an edge, so it is the most frequent one and not the highest.
    let upper = (highest / 2 + 1..=highest).max_by_key(|&value| counts[usize::from(value)]).unwrap_or(highest);
    let level = if highest < LOWEST_LEVEL { LOWEST_LEVEL } else { upper };
    let near = level / 8;
    let is_between = |value: u8| value > near && value < level - near;
    let between = values.iter().filter(|&&value| is_between(value)).count();
    if between * 1000 > values.len() * MOST_BETWEEN {
        let share = 100.0 * between as f64 / values.len() as f64;
        return Err(format!("{share:.1} % of its pixels lie between 0 and {level}"));
    }
    let mut plain = (0_usize, 0);
    for (at, &value) in values.iter().enumerate().filter(|(_, value)| is_between(**value)) {
        if is_plain(&values, (width, height), at, near) {
            plain = (plain.0 + 1, value);
        }
    }
    if plain.0 > MOST_PLAIN {
        return Err(format!("it has a third level near {} beside 0 and {level}", plain.1));
    }
    let (above, has_colours) = (level / 2, has_colours(samples, channels, level));
    if has_colours {
        return Err("it has several colours".to_owned());
    }
    let inside = if level >= HIGHEST_LEVEL { u8::MAX } else { level };
    let pixels = values.into_iter().map(|value| if value > above { inside } else { 0 }).collect();
    let image = Image::new(width, height, 1, Samples::U8(pixels)).map_err(|error| error.to_string())?;
    Ok((image, above))
}

/// Whether all values at most two pixels from the one at `at` are near each other.
fn is_plain(values: &[u8], (width, height): (usize, usize), at: usize, near: u8) -> bool {
    const REACH: usize = 2;
    let (x, y) = (at % width, at / width);
    let columns = x.saturating_sub(REACH)..(x + REACH + 1).min(width);
    let rows = y.saturating_sub(REACH)..(y + REACH + 1).min(height);
    let around =
        || rows.clone().filter_map(|row| values.get(row * width + columns.start..row * width + columns.end)).flatten();
    let (lowest, highest) = (around().min().copied().unwrap_or_default(), around().max().copied().unwrap_or_default());
    highest - lowest <= near
}

/// Whether more than a fiftieth of the pixels inside have another colour than most of them.
fn has_colours(samples: &[u8], channels: usize, level: u8) -> bool {
    if channels < 3 {
        return false;
    }
    let mut counts = [0_usize; 8];
    let inside = samples.chunks_exact(channels).filter(|pixel| pixel.iter().any(|&sample| sample >= level - level / 8));
    for pixel in inside {
        let channel = |(place, &sample): (usize, &u8)| usize::from(sample > level / 2) << place;
        counts[pixel.iter().take(3).enumerate().map(channel).sum::<usize>()] += 1;
    }
    let (all, most) = (counts.iter().sum::<usize>(), counts.iter().copied().max().unwrap_or_default());
    all - most > MOST_PLAIN && (all - most) * 50 > all
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::io::Cursor;

    use groundglass_imaging::{Limits, open};
    use groundglass_types::Samples;
    use image::codecs::jpeg::JpegEncoder;
    use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

    use super::labels;

    const SIZE: u32 = 96;

    fn jpeg(quality: u8, colour: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
        let picture = RgbImage::from_fn(SIZE, SIZE, |x, y| Rgb(colour(x, y)));
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&DynamicImage::from(picture)).unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Result<(Vec<u8>, Option<u8>), String> {
        let mut opened = open("m.jpg", Box::new(Cursor::new(bytes)), Limits::default()).unwrap();
        let (labels, above) = labels("m.jpg", &mut opened, bytes, 0).map_err(|error| error.to_string())?;
        let Samples::U8(samples) = labels.image.samples() else { return Err("not bytes".to_owned()) };
        Ok((samples.clone(), above))
    }

    fn is_disc(x: u32, y: u32, radius: i32) -> bool {
        (x as i32 - 48).pow(2) + (y as i32 - 48).pow(2) < radius.pow(2)
    }

    #[test]
    fn two_levels_are_told_whatever_the_form_makes_of_them() {
        for level in [255_u8, 100] {
            let bytes = jpeg(60, |x, y| [if is_disc(x, y, 30) { level } else { 0 }; 3]);
            let (found, above) = read(&bytes).unwrap();
            assert_eq!(above, Some(level / 2));
            assert!(found.iter().all(|value| [0, found[48 * 96 + 48]].contains(value)));
            assert!(found[48 * 96 + 48].abs_diff(level) < 3);
            let drawn = (0..SIZE * SIZE).map(|place| is_disc(place % SIZE, place / SIZE, 30));
            let off = drawn.zip(&found).filter(|(drawn, found)| *drawn != (**found > 0)).count();
            assert!(off < 10, "{off}");
        }
        assert_eq!(read(&jpeg(60, |_, _| [0; 3])).unwrap().0, vec![0; 96 * 96]);
        assert_eq!(read(&jpeg(60, |_, _| [255; 3])).unwrap().0, vec![255; 96 * 96]);
    }

    #[test]
    fn more_than_two_levels_are_refused_with_the_reason() {
        let refused = |bytes: &[u8]| read(bytes).unwrap_err();
        let third = |x: u32, y: u32| if x < 9 && y < 9 { 90 } else { u8::from(is_disc(x, y, 30)) * 255 };
        let said = refused(&jpeg(90, |x, y| [third(x, y); 3]));
        assert!(
            said.starts_with(
                "m.jpg is not a label map: it is JPEG, which changes values, and it has a third level near "
            ),
            "{said}"
        );
        let said = refused(&jpeg(90, |x, _| [(x * 2) as u8; 3]));
        assert!(said.contains("% of its pixels lie between 0 and 1"), "{said}");
        let said = refused(&jpeg(95, |x, y| [u8::from(is_disc(x, y, 30)); 3]));
        assert!(said.contains("its highest value is 1,"), "{said}");
        let halves = |x: u32, y: u32| match (is_disc(x, y, 40), x < 48) {
            (false, _) => [0; 3],
            (true, true) => [255, 0, 0],
            (true, false) => [0, 255, 0],
        };
        let said = refused(&jpeg(95, halves));
        assert!(said.contains("it has several colours"), "{said}");
    }

    #[test]
    fn webp_without_losses_holds_labels_as_they_are() {
        let picture = RgbImage::from_fn(4, 1, |x, _| Rgb([x as u8; 3]));
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::WebP).unwrap();
        assert_eq!(read(&bytes), Ok((vec![0, 1, 2, 3], None)));
    }
}
