//! Stored numbers of one channel to values: the modality's transformation, and the window to show them by.

use std::rc::Rc;

use groundglass_types::{Samples, Window};

use super::attribute::{
    LUT_DATA, LUT_DESCRIPTOR, MODALITY_LUT_SEQUENCE, RESCALE_INTERCEPT, RESCALE_SLOPE, VOI_FUNCTION, VOI_LUT_SEQUENCE,
    WINDOW_CENTER, WINDOW_WIDTH,
};
use super::data_set::DataSet;
use super::layout::{Layout, Photometric};
use super::lut::{self, Lut};
use super::stored::{Cells, Stored};

/// From stored numbers to values, such as Hounsfield units. Source: DICOM PS3.3 2024, C.11.1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Modality {
    Identity,
    Linear { slope: f64, intercept: f64 },
    Table(Rc<Lut>),
}

/// How the stored numbers of a frame are to be read and shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mapping {
    pub modality: Modality,
    /// In values, before MONOCHROME1 is turned round.
    pub window: Option<Window>,
}

impl Mapping {
    /// `rescale` and `voi` are where slope and window stand: the object itself, or the items of a frame. What is worth
    /// saying is added to `notes`.
    pub fn of(rescale: &DataSet, voi: &DataSet, layout: &Layout, notes: &mut Vec<String>) -> Self {
        let modality = Modality::of(rescale, layout, notes);
        let (least, most) = layout.range();
        let is_signed = [least, most].into_iter().any(|stored| modality.value(stored) < 0.0);
        Self { window: window(voi, is_signed, notes), modality }
    }
}

impl Modality {
    fn of(data_set: &DataSet, layout: &Layout, notes: &mut Vec<String>) -> Self {
        if let Some(item) = data_set.item(MODALITY_LUT_SEQUENCE) {
            if let Some(lut) = Lut::of(item, LUT_DESCRIPTOR, LUT_DATA, layout.signed) {
                return Self::Table(Rc::new(lut));
            }
            note(notes, "Its modality table cannot be read, so that the stored numbers are given.");
        }
        let (slope, intercept) = (data_set.number(RESCALE_SLOPE), data_set.number(RESCALE_INTERCEPT));
        match (slope.unwrap_or(1.0), intercept.unwrap_or(0.0)) {
            (1.0, 0.0) => Self::Identity,
            (0.0, _) => {
                note(notes, "Its rescale slope is 0, so that the stored numbers are given.");
                Self::Identity
            }
            (slope, intercept) => Self::Linear { slope, intercept },
        }
    }

    fn value(&self, stored: f64) -> f64 {
        match self {
            Self::Identity => stored,
            Self::Linear { slope, intercept } => slope * stored + intercept,
            Self::Table(lut) => f64::from(lut.look_up(stored as i64)),
        }
    }

    /// The sum of the lowest and the highest value: a value taken from it is turned round.
    fn turning_point(&self, layout: &Layout) -> f64 {
        match self {
            Self::Table(lut) => {
                let (least, most) = (lut.entries.iter().min(), lut.entries.iter().max());
                f64::from(*least.unwrap_or(&0)) + f64::from(*most.unwrap_or(&0))
            }
            _ => {
                let (least, most) = layout.range();
                self.value(least) + self.value(most)
            }
        }
    }
}

fn note(notes: &mut Vec<String>, sentence: &str) {
    if !notes.iter().any(|other| other == sentence) {
        notes.push(sentence.to_owned());
    }
}

/// Source: DICOM PS3.3 2024, C.11.2.
/// `is_signed` says whether values can lie below 0.
fn window(data_set: &DataSet, is_signed: bool, notes: &mut Vec<String>) -> Option<Window> {
    let (centers, widths) = (data_set.numbers(WINDOW_CENTER), data_set.numbers(WINDOW_WIDTH));
    let has_table = !data_set.items(VOI_LUT_SEQUENCE).is_empty();
    if let (Some(&center), Some(&width)) = (centers.first(), widths.first()) {
        let function = data_set.first_text(VOI_FUNCTION).unwrap_or_default();
        let (low, high) = match function.as_str() {
            "LINEAR_EXACT" => (center - width / 2.0, center + width / 2.0),
            "SIGMOID" => {
                note(
                    notes,
                    "Its window is a sigmoid curve; it is shown by the line that touches the curve at its centre.",
                );
                (center - width / 2.0, center + width / 2.0)
            }
            _ => (center - 0.5 - (width - 1.0) / 2.0, center - 0.5 + (width - 1.0) / 2.0),
        };
        let is_whole = low.is_finite() && high.is_finite() && width > 0.0 && low <= high;
        if is_whole && (low as f32).is_finite() && (high as f32).is_finite() {
            if centers.len().min(widths.len()) > 1 {
                note(notes, "It has several windows, of which the first is used.");
            }
            if has_table {
                note(notes, "It has a table of shades beside its window; the table is not applied.");
            }
            return Some(Window { low: low as f32, high: high as f32 });
        }
        note(notes, "Its window has no width and is not used.");
    }
    let item = data_set.item(VOI_LUT_SEQUENCE)?;
    // The table starts from a value, not from a stored number (PS3.3 2024, C.11.2.1.1).
    let lut = Lut::of(item, LUT_DESCRIPTOR, LUT_DATA, is_signed || lut::is_signed(item, LUT_DESCRIPTOR))?;
    note(notes, "Its table of shades is not applied; the range of values that the table covers is used as the window.");
    let last = lut.first + lut.entries.len() as i64 - 1;
    Some(Window { low: lut.first as f32, high: last as f32 })
}

/// The values of a frame, and its window.
///
/// Whole numbers without a sign that no transformation changes stay 8 or 16 bits; all else becomes `f32`. Samples of
/// MONOCHROME1 are turned round, so that a high value is bright: `lowest + highest - value` over the range that the
/// stored bits can hold, and the window with them.
pub(crate) fn values(stored: Stored, layout: &Layout, mapping: &Mapping) -> (Samples, Option<Window>) {
    let turning = (stored.photometric == Photometric::Monochrome1 && !matches!(stored.cells, Cells::F32(_)))
        .then(|| mapping.modality.turning_point(layout));
    let window = match (mapping.window, turning) {
        (Some(Window { low, high }), Some(sum)) => {
            Some(Window { low: (sum - f64::from(high)) as f32, high: (sum - f64::from(low)) as f32 })
        }
        (window, _) => window,
    };
    let is_plain = mapping.modality == Modality::Identity && !layout.signed;
    let most = u32::MAX.checked_shr(32_u32.saturating_sub(layout.stored)).unwrap_or(0);
    let samples = match stored.cells {
        Cells::U8(mut cells) if is_plain => {
            if turning.is_some() {
                cells.iter_mut().for_each(|cell| *cell = (most as u8).saturating_sub(*cell));
            }
            Samples::U8(cells)
        }
        Cells::U16(mut cells) if is_plain => {
            if turning.is_some() {
                cells.iter_mut().for_each(|cell| *cell = (most as u16).saturating_sub(*cell));
            }
            Samples::U16(cells)
        }
        cells => {
            let value = |stored: f64| {
                let value = mapping.modality.value(stored);
                turning.map_or(value, |sum| sum - value) as f32
            };
            let whole = |pattern: u32| f64::from(extended(pattern, stored.bits, layout.signed));
            let signless = |pattern: u32| if layout.signed { whole(pattern) } else { f64::from(pattern) };
            Samples::F32(match cells {
                Cells::U8(cells) => cells.into_iter().map(|cell| value(signless(u32::from(cell)))).collect(),
                Cells::U16(cells) => cells.into_iter().map(|cell| value(signless(u32::from(cell)))).collect(),
                Cells::U32(cells) => cells.into_iter().map(|cell| value(signless(cell))).collect(),
                Cells::F32(cells) => cells.into_iter().map(|cell| value(f64::from(cell))).collect(),
            })
        }
    };
    (samples, window)
}

/// A pattern of `bits` bits as a number, in two's complement where it is signed.
fn extended(pattern: u32, bits: u32, signed: bool) -> i32 {
    let shift = 32_u32.saturating_sub(bits).min(31);
    if signed { (pattern << shift) as i32 >> shift } else { pattern as i32 }
}

#[cfg(test)]
mod tests {
    use super::extended;

    #[test]
    fn patterns_are_extended_by_their_sign() {
        assert_eq!(extended(0xFFF, 12, true), -1);
        assert_eq!(extended(0x7FF, 12, true), 2047);
        assert_eq!(extended(0xFFF, 12, false), 4095);
        assert_eq!(extended(u32::MAX, 32, true), -1);
        assert_eq!(extended(1, 1, true), -1);
    }
}
