//! Stored numbers of three channels, or of a palette, to RGB.

use groundglass_types::{Samples, Window};

use super::attribute::{
    BLUE_DATA, BLUE_DESCRIPTOR, BLUE_SEGMENTS, GREEN_DATA, GREEN_DESCRIPTOR, GREEN_SEGMENTS, RED_DATA, RED_DESCRIPTOR,
    RED_SEGMENTS,
};
use super::data_set::DataSet;
use super::fault::Fault;
use super::layout::{Layout, Photometric};
use super::lut::Lut;
use super::stored::{Cells, Stored};

/// The three tables of PALETTE COLOR. Source: DICOM PS3.3 2024, C.7.9.
pub(crate) struct Palette([Lut; 3]);

impl Palette {
    pub fn of(data_set: &DataSet, signed: bool) -> Result<Self, Fault> {
        let lines = [
            (RED_DESCRIPTOR, RED_DATA, RED_SEGMENTS),
            (GREEN_DESCRIPTOR, GREEN_DATA, GREEN_SEGMENTS),
            (BLUE_DESCRIPTOR, BLUE_DATA, BLUE_SEGMENTS),
        ];
        let luts: Vec<Lut> = lines
            .into_iter()
            .filter_map(|(descriptor, data, segments)| {
                Lut::of(data_set, descriptor, data, signed)
                    .or_else(|| Lut::segmented(data_set, descriptor, segments, signed))
            })
            .collect();
        luts.try_into().map(Self).map_err(|_| Fault::corrupt("its palette is missing or cannot be read"))
    }

    /// Samples of 8 bits, or of 16 where the palette has more than 8, also where it only says 8.
    pub fn apply(&self, stored: Stored, layout: &Layout) -> (Samples, Option<Window>) {
        let bits = stored.bits;
        let number = |pattern: u32| {
            let pattern = i64::from(pattern);
            let half = 1_i64 << bits.saturating_sub(1).min(31);
            if layout.signed && pattern >= half { pattern - 2 * half } else { pattern }
        };
        let indices: Vec<i64> = match stored.cells {
            Cells::U8(cells) => cells.into_iter().map(|cell| number(u32::from(cell))).collect(),
            Cells::U16(cells) => cells.into_iter().map(|cell| number(u32::from(cell))).collect(),
            Cells::U32(cells) => cells.into_iter().map(number).collect(),
            Cells::F32(cells) => cells.into_iter().map(|cell| cell as i64).collect(),
        };
        let colors = indices.into_iter().flat_map(|index| self.0.iter().map(move |lut| lut.look_up(index)));
        if self.0.iter().all(|lut| lut.bits <= 8 && lut.entries.iter().all(|entry| *entry <= 255)) {
            return (Samples::U8(colors.map(|color| color as u8).collect()), None);
        }
        (Samples::U16(colors.collect()), Some(Window { low: 0.0, high: 65_535.0 }))
    }
}

/// RGB of 8 or 16 bits; more become `f32`. Beyond 8 bits the window is what the stored bits can hold.
pub(crate) fn colors(stored: Stored, layout: &Layout) -> (Samples, Option<Window>) {
    let is_ybr =
        matches!(stored.photometric, Photometric::YbrFull | Photometric::YbrFull422 | Photometric::YbrJpeg2000);
    let most = 2_f32.powi(stored.bits.min(32) as i32) - 1.0;
    let window = (layout.stored != 8).then_some(Window { low: 0.0, high: most });
    let samples = match stored.cells {
        Cells::U8(mut cells) => {
            if is_ybr {
                for pixel in cells.as_chunks_mut::<3>().0 {
                    *pixel = to_rgb(pixel.map(f32::from), most).map(|sample| sample as u8);
                }
            }
            Samples::U8(cells)
        }
        Cells::U16(mut cells) => {
            if is_ybr {
                for pixel in cells.as_chunks_mut::<3>().0 {
                    *pixel = to_rgb(pixel.map(f32::from), most).map(|sample| sample as u16);
                }
            }
            Samples::U16(cells)
        }
        Cells::U32(cells) => Samples::F32(cells.into_iter().map(|cell| cell as f32).collect()),
        Cells::F32(cells) => Samples::F32(cells),
    };
    (samples, window)
}

/// Source: DICOM PS3.3 2024, C.7.6.3.1.2, solved for red, green and blue.
fn to_rgb([luminance, blue, red]: [f32; 3], most: f32) -> [f32; 3] {
    let half = (most + 1.0) / 2.0;
    let (blue, red) = (blue - half, red - half);
    [luminance + 1.402 * red, luminance - 0.344_136 * blue - 0.714_136 * red, luminance + 1.772 * blue]
        .map(|sample| sample.round().clamp(0.0, most))
}
