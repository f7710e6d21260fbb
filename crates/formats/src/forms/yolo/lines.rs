//! The lines of YOLO's text files: a class and numbers.

use crate::JsonId;

/// How far beyond the image relative numbers may lie and still be ones.
const RANGE: std::ops::RangeInclusive<f64> = -1.0..=2.0;

/// A line before it is known what its numbers are.
#[derive(Debug)]
pub struct Line {
    /// Which line of the file it is, from 1.
    pub number: usize,
    /// The class.
    pub class: JsonId,
    /// The relative numbers behind it, at least four; the last may be beyond them where [`Line::ends_whole`] says so.
    pub numbers: Vec<f64>,
    /// The last number, where it is written without a point and above 0, as that of a track is.
    pub ends_whole: Option<u32>,
}

impl Line {
    /// Reads a line.
    ///
    /// # Errors
    /// Why it is none of YOLO's.
    pub fn of(text: &str, number: usize) -> Result<Self, String> {
        let mut words = text.split_whitespace().peekable();
        let class = words.next().unwrap_or_default();
        let class =
            class_number(class).ok_or_else(|| format!("it begins with \"{class}\", not with a class number"))?;
        let (mut numbers, mut ends_whole) = (Vec::new(), None);
        while let Some(word) = words.next() {
            let number = word.parse::<f64>().ok().filter(|number| number.is_finite());
            let number = number.ok_or_else(|| format!("it holds \"{word}\", where a number should be"))?;
            if words.peek().is_none() {
                ends_whole = word.parse::<u32>().ok().filter(|track| *track > 0 && numbers.len() >= 4);
            }
            if !RANGE.contains(&number) && ends_whole.is_none() {
                return Err(format!("it holds {number}, where relative coordinates lie between 0 and 1"));
            }
            numbers.push(number);
        }
        if numbers.len() < 4 {
            return Err(format!("it has {} numbers behind the class, not 4 or more", numbers.len()));
        }
        Ok(Self { number, class, numbers, ends_whole })
    }
}

/// A class number, also as `3.0`.
fn class_number(word: &str) -> Option<JsonId> {
    const MOST: f64 = 1e9;
    let number = word.parse::<f64>().ok().filter(|number| number.fract() == 0.0 && (0.0..MOST).contains(number))?;
    Some(JsonId::Number(number as i64))
}
