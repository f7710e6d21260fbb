//! How the samples of a frame stand in the file.

use super::attribute::{
    BITS_ALLOCATED, BITS_STORED, COLUMNS, DOUBLE_PIXELS, FLOAT_PIXELS, HIGH_BIT, NUMBER_OF_FRAMES,
    PHOTOMETRIC_INTERPRETATION, PIXEL_REPRESENTATION, PLANAR_CONFIGURATION, ROWS, SAMPLES_PER_PIXEL,
};
use super::data_set::DataSet;
use super::fault::Fault;
use super::parse::PixelPlace;

/// What the numbers of a pixel mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Photometric {
    /// The lowest value is shown white.
    Monochrome1,
    Monochrome2,
    Palette,
    Rgb,
    /// Luminance and two chrominances over the full range, one of each a pixel.
    YbrFull,
    /// The same, with chrominances for every second column where frames are not compressed.
    YbrFull422,
    /// Luminance and chrominances of JPEG 2000, which its decoder turns into RGB.
    YbrJpeg2000,
}

impl Photometric {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "MONOCHROME1" => Self::Monochrome1,
            "MONOCHROME2" => Self::Monochrome2,
            "PALETTE COLOR" => Self::Palette,
            "RGB" => Self::Rgb,
            "YBR_FULL" => Self::YbrFull,
            "YBR_FULL_422" => Self::YbrFull422,
            "YBR_ICT" | "YBR_RCT" => Self::YbrJpeg2000,
            _ => return None,
        })
    }

    /// Samples a pixel.
    pub const fn samples(self) -> usize {
        match self {
            Self::Monochrome1 | Self::Monochrome2 | Self::Palette => 1,
            Self::Rgb | Self::YbrFull | Self::YbrFull422 | Self::YbrJpeg2000 => 3,
        }
    }
}

/// Whole numbers, or which kind of float.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Whole,
    Float,
    Double,
}

/// How the samples of a frame stand in the file.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub width: u32,
    pub height: u32,
    pub photometric: Photometric,
    pub kind: Kind,
    /// Bits of the cell that holds a sample: 1, 8, 16, 32 or 64.
    pub allocated: u32,
    /// Bits of the sample itself.
    pub stored: u32,
    /// The number of its highest bit within the cell.
    pub high: u32,
    /// Whether samples are in two's complement.
    pub signed: bool,
    /// Whether all samples of a channel come before those of the next.
    pub planar: bool,
    /// How many frames the header counts; at least 1.
    pub frames: u64,
}

impl Layout {
    /// Source: DICOM PS3.3 2024, C.7.6.3, and PS3.5, chapter 8.
    pub fn of(data_set: &DataSet, place: PixelPlace) -> Result<Self, Fault> {
        let required = |attribute, name: &str| {
            data_set
                .whole(attribute)
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| Fault::corrupt(format!("its header does not say {name} {}", attribute.tag)))
        };
        let (width, height) = (required(COLUMNS, "Columns")?, required(ROWS, "Rows")?);
        if width == 0 || height == 0 {
            return Err(Fault::corrupt(format!("it has {width} x {height} pixels")));
        }
        let samples = data_set.whole(SAMPLES_PER_PIXEL).unwrap_or(1);
        let name = data_set.first_text(PHOTOMETRIC_INTERPRETATION);
        let photometric = match &name {
            Some(name) => Photometric::of(name).ok_or_else(|| {
                Fault::unsupported(format!(
                    "its photometric interpretation is {name}, not grey, palette, RGB or YBR_FULL"
                ))
            })?,
            None if samples == 3 => Photometric::Rgb,
            None => Photometric::Monochrome2,
        };
        if samples != photometric.samples() as i64 {
            let name = name.unwrap_or_default();
            return Err(Fault::corrupt(format!("it has {samples} samples a pixel, which {name} does not have")));
        }
        let kind = match place.attribute {
            FLOAT_PIXELS => Kind::Float,
            DOUBLE_PIXELS => Kind::Double,
            _ => Kind::Whole,
        };
        let allocated = match kind {
            Kind::Whole => required(BITS_ALLOCATED, "Bits Allocated")?,
            Kind::Float => 32,
            Kind::Double => 64,
        };
        if kind == Kind::Whole && ![1, 8, 16, 32].contains(&allocated) {
            return Err(Fault::unsupported(format!("its samples take {allocated} bits, not 1, 8, 16 or 32")));
        }
        let number = |attribute| data_set.whole(attribute).and_then(|number| u32::try_from(number).ok());
        let stored = number(BITS_STORED).unwrap_or(allocated);
        let high = number(HIGH_BIT).unwrap_or_else(|| stored.saturating_sub(1));
        if kind == Kind::Whole && (stored == 0 || stored > allocated) {
            return Err(Fault::corrupt(format!("it stores {stored} bits a sample in {allocated} allocated ones")));
        }
        // A high bit that cannot be is a common slip; the usual place is taken then.
        let high = if high >= allocated || high + 1 < stored { stored.saturating_sub(1) } else { high };
        let frames = match data_set.whole(NUMBER_OF_FRAMES) {
            Some(frames) => u64::try_from(frames).unwrap_or(1).max(1),
            None => 1,
        };
        let signed = data_set.whole(PIXEL_REPRESENTATION) == Some(1);
        let planar = data_set.whole(PLANAR_CONFIGURATION) == Some(1);
        Ok(Self { width, height, photometric, kind, allocated, stored, high, signed, planar, frames })
    }

    /// Samples a pixel.
    pub const fn channels(&self) -> usize {
        self.photometric.samples()
    }

    /// Pixels of a frame. The size has been checked against the limits, so that it fits.
    pub const fn pixels(&self) -> u64 {
        (self.width as u64).saturating_mul(self.height as u64)
    }

    /// Bits of an uncompressed frame.
    pub fn frame_bits(&self) -> u64 {
        let cells = match self.photometric {
            // Two luminances and two chrominances for every two columns.
            Photometric::YbrFull422 => {
                u64::from(self.width.div_ceil(2)).saturating_mul(u64::from(self.height)).saturating_mul(4)
            }
            _ => self.pixels().saturating_mul(self.channels() as u64),
        };
        cells.saturating_mul(u64::from(self.allocated))
    }

    /// The lowest and the highest sample that the stored bits can hold.
    pub fn range(&self) -> (f64, f64) {
        let whole = 2_f64.powi(self.stored.min(32) as i32);
        if self.signed { (-whole / 2.0, whole / 2.0 - 1.0) } else { (0.0, whole - 1.0) }
    }
}
