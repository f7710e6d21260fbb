//! How large the pixels of a TIFF file are.
//!
//! Taken in this order: what ImageJ writes into the description (`unit`, `spacing`) with the resolution that goes with it,
//! what OME-TIFF says there (`PhysicalSizeX`), and the resolution in centimetres or inches where it is finer than any
//! printer's (pixels of 0.01 mm and smaller), which only microscopes write. A coarser one says how large a picture is to
//! be printed, and would make wrong millimetres. Builds without the feature `full` leave all this out for its size.

use std::io::{Read, Seek};

use tiff::decoder::Decoder;
use tiff::decoder::ifd::Value;
use tiff::tags::Tag;

/// The coarsest resolution that is believed without a word of what it is, in millimetres a pixel.
const FINER_THAN_PRINT: f64 = 0.01;

#[derive(Debug, Default, PartialEq)]
pub struct Calibration {
    /// Width and height of a pixel in millimetres.
    pub spacing: Option<[f64; 2]>,
    /// From page to page in millimetres.
    pub slice_spacing: Option<f64>,
    /// How many images ImageJ says there are.
    pub images: Option<usize>,
}

pub fn read<R: Read + Seek>(decoder: &mut Decoder<R>) -> Calibration {
    let mut find = |tag| decoder.find_tag(tag).ok().flatten();
    let description = find(Tag::ImageDescription).and_then(|value| value.into_string().ok()).unwrap_or_default();
    let resolution = [Tag::XResolution, Tag::YResolution].map(|tag| find(tag).as_ref().and_then(ratio));
    let unit = find(Tag::ResolutionUnit).and_then(|value| value.into_u16().ok()).unwrap_or(2);
    calibration(&description, resolution, unit)
}

/// Pixels per unit.
fn ratio(value: &Value) -> Option<f64> {
    match value {
        Value::Rational(over, under) if *under > 0 => Some(f64::from(*over) / f64::from(*under)),
        Value::List(values) => values.first().and_then(ratio),
        _ => None,
    }
    .filter(|ratio| *ratio > 0.0)
}

fn calibration(description: &str, resolution: [Option<f64>; 2], unit: u16) -> Calibration {
    let pixels = resolution[0].zip(resolution[1]).map(|(x, y)| [1.0 / x, 1.0 / y]);
    if description.starts_with("ImageJ=") {
        let field =
            |name: &str| description.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(str::trim);
        let number = |name| field(name).and_then(|text| text.parse::<f64>().ok());
        let unit = field("unit").and_then(millimetres);
        return Calibration {
            spacing: pixels.zip(unit).map(|(pixels, unit)| pixels.map(|pixel| pixel * unit)).filter(is_size),
            slice_spacing: number("spacing")
                .zip(unit)
                .map(|(step, unit)| (step * unit).abs())
                .filter(|step| *step > 0.0),
            images: field("images").and_then(|text| text.parse().ok()),
        };
    }
    if description.contains("<OME") {
        let size = |axis: &str| {
            let size = attribute(description, &format!("PhysicalSize{axis}"))?.parse::<f64>().ok()?;
            // The schema's own default is micrometres.
            let unit = attribute(description, &format!("PhysicalSize{axis}Unit"));
            millimetres(unit.as_deref().unwrap_or("µm")).map(|unit| size * unit)
        };
        let spacing = size("X").zip(size("Y")).map(|(x, y)| [x, y]).filter(is_size);
        let slice_spacing = size("Z").filter(|step| step.is_finite() && *step > 0.0);
        return Calibration { spacing, slice_spacing, images: None };
    }
    let unit = match unit {
        2 => Some(25.4),
        3 => Some(10.0),
        _ => None,
    };
    let spacing = pixels.zip(unit).map(|(pixels, unit)| pixels.map(|pixel| pixel * unit));
    let spacing = spacing.filter(|sizes| is_size(sizes) && sizes.iter().all(|size| *size <= FINER_THAN_PRINT));
    Calibration { spacing, ..Calibration::default() }
}

fn is_size(sizes: &[f64; 2]) -> bool {
    sizes.iter().all(|size| size.is_finite() && *size > 0.0)
}

/// A unit of length, by the names that ImageJ and OME have for it.
fn millimetres(unit: &str) -> Option<f64> {
    Some(match unit.trim().to_lowercase().as_str() {
        "m" | "meter" | "metre" => 1000.0,
        "cm" | "centimeter" | "centimetre" => 10.0,
        "mm" | "millimeter" | "millimetre" => 1.0,
        "\\u00b5m" | "µm" | "μm" | "um" | "micron" | "microns" | "micrometer" | "micrometre" => 1e-3,
        "nm" | "nanometer" | "nanometre" => 1e-6,
        "inch" | "inches" | "in" => 25.4,
        _ => return None,
    })
}

/// The value of the first attribute of that name, in whichever quotes it stands.
fn attribute(text: &str, name: &str) -> Option<String> {
    let quoted = |quote: char| {
        let start = text.find(&format!("{name}={quote}"))? + name.len() + 2;
        text.get(start..)?.split(quote).next()
    };
    quoted('"').or_else(|| quoted('\'')).map(without_references)
}

/// The text with what `&#181;`, `&#xB5;` and the names of XML stand for; what is none of them stays as it is.
fn without_references(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(';').unwrap_or((piece, ""));
        let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => digits.parse().ok(),
        });
        let letter = match name {
            // A name of HTML, which writers use without declaring it.
            "micro" => Some('µ'),
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => number.and_then(char::from_u32),
        };
        match letter.filter(|_| piece.contains(';')) {
            Some(letter) => {
                plain.push(letter);
                plain.push_str(rest);
            }
            None => {
                plain.push('&');
                plain.push_str(piece);
            }
        }
    }
    plain
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Calibration, calibration};

    fn spacing(description: &str, per_unit: f64, unit: u16) -> Option<[f64; 2]> {
        calibration(description, [Some(per_unit), Some(per_unit)], unit).spacing
    }

    #[test]
    fn imagej_says_its_unit() {
        let description = "ImageJ=1.53t\nimages=3\nslices=3\nunit=micron\nspacing=0.5\n";
        let found = calibration(description, [Some(4.0), Some(2.0)], 1);
        let expected = Calibration { spacing: Some([0.25e-3, 0.5e-3]), slice_spacing: Some(0.5e-3), images: Some(3) };
        assert_eq!(found, expected);
        assert_eq!(spacing("ImageJ=1.53t\nunit=\\u00B5m\n", 4.0, 1), Some([0.25e-3; 2]));
        assert_eq!(spacing("ImageJ=1.53t\nunit=pixel\n", 1.0, 1), None);
    }

    #[test]
    fn a_resolution_for_print_is_no_spacing() {
        assert_eq!(spacing("", 72.0, 2), None);
        assert_eq!(spacing("", 118.11, 3), None);
        assert_eq!(spacing("", 40_000.0, 3), Some([10.0 / 40_000.0; 2]));
        assert_eq!(spacing("", 40_000.0, 1), None);
    }

    #[test]
    fn ome_says_its_sizes() {
        let pixels = r#"<?xml version="1.0"?><OME><Image><Pixels PhysicalSizeX="0.25" PhysicalSizeY="0.5" PhysicalSizeZ="2" PhysicalSizeZUnit="mm"/></Image></OME>"#;
        let found = calibration(pixels, [None, None], 2);
        assert_eq!((found.spacing, found.slice_spacing), (Some([0.25e-3, 0.5e-3]), Some(2.0)));
    }

    #[test]
    fn the_unit_of_ome_may_hold_references_to_characters() {
        let sizes = |unit: &str| {
            let pixels = format!(
                "<OME><Pixels PhysicalSizeX=\"0.25\" PhysicalSizeXUnit=\"{unit}\" PhysicalSizeY='0.5' PhysicalSizeYUnit='{unit}'/></OME>"
            );
            calibration(&pixels, [None, None], 2).spacing
        };
        for unit in ["µm", "&#181;m", "&#xB5;m", "&#XB5;m", "&#x3bc;m", "&micro;m"] {
            assert_eq!(sizes(unit), Some([0.25e-3, 0.5e-3]), "{unit}");
        }
        for unit in ["&#181m", "&;m", "&#xD800;m", "&amp;#181;m", "pixel"] {
            assert_eq!(sizes(unit), None, "{unit}");
        }
    }
}
