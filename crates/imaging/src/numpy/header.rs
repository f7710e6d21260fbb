//! The header of a `.npy` file (numpy.lib.format): a mark, a version, a length, and a Python dictionary of three keys.

use crate::decode::Format;
use crate::error::DecodeError;
use crate::sample::SampleType;
use crate::volume::Stored;

/// NumPy itself refuses headers of more than 10,000 bytes unless told otherwise.
const LONGEST: usize = 1 << 16;
/// NumPy has at most 64 axes.
const MOST_AXES: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub sample: SampleType,
    pub big_endian: bool,
    /// Whether the first axis is the fastest, not the last.
    pub is_fortran: bool,
    pub shape: Vec<usize>,
    /// Where the first number is.
    pub start: u64,
}

impl Header {
    /// Reads the header of the array that `stored` is.
    pub fn read(file: &str, stored: &mut Stored<'_>) -> Result<Self, DecodeError> {
        let corrupt = |detail: &str| DecodeError::Corrupt {
            file: file.to_owned(),
            format: Format::Numpy,
            detail: detail.to_owned(),
        };
        let head = stored.head(12)?;
        if !head.starts_with(super::ARRAY) {
            return Err(if head.len() < 12 { stored.truncated() } else { corrupt("it has no mark of a NumPy array") });
        }
        let version = head.get(6).copied().unwrap_or(0);
        let number = |from: usize, to: usize| {
            head.get(from..to).map(|bytes| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
        };
        let (length, from) = match version {
            1 => (number(8, 10), 10),
            2 | 3 => (number(8, 12), 12),
            _ => return Err(corrupt(&format!("its version is {version}, and 1 to 3 are known"))),
        };
        let length = length.ok_or_else(|| stored.truncated())?;
        if length > LONGEST {
            return Err(corrupt(&format!("its header has {length} bytes, more than {LONGEST}")));
        }
        let whole = stored.head(from + length)?;
        let text = whole.get(from..from + length).ok_or_else(|| stored.truncated())?;
        let text = String::from_utf8_lossy(text);
        let unsupported =
            |detail: String| DecodeError::Unsupported { file: file.to_owned(), format: Format::Numpy, detail };
        let description = value(&text, "descr").ok_or_else(|| corrupt("its header does not say what its type is"))?;
        let (sample, big_endian) = sample_type(description).map_err(unsupported)?;
        let is_fortran = match value(&text, "fortran_order") {
            Some(value) if value.starts_with("True") => true,
            Some(value) if value.starts_with("False") => false,
            _ => return Err(corrupt("its header does not say whether it is in Fortran order")),
        };
        let shape = value(&text, "shape").and_then(shape);
        let shape = shape.ok_or_else(|| corrupt("its header does not say what its shape is"))?;
        Ok(Self { sample, big_endian, is_fortran, shape, start: (from + length) as u64 })
    }

    /// How many numbers there are, unless that is more than can be counted.
    pub fn count(&self) -> Option<usize> {
        self.shape.iter().try_fold(1_usize, |count, &axis| count.checked_mul(axis))
    }

    /// Bytes from one place to the next along every axis.
    pub fn strides(&self) -> Vec<u64> {
        let mut strides = vec![0; self.shape.len()];
        let mut stride = self.sample.size() as u64;
        let mut step = |axis: usize| {
            if let (Some(place), Some(&size)) = (strides.get_mut(axis), self.shape.get(axis)) {
                *place = stride;
                stride = stride.saturating_mul(size as u64);
            }
        };
        if self.is_fortran {
            (0..self.shape.len()).for_each(&mut step);
        } else {
            (0..self.shape.len()).rev().for_each(&mut step);
        }
        strides
    }
}

/// What stands behind a key of the dictionary.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let after = ['\'', '"'].iter().find_map(|quote| text.split_once(&format!("{quote}{key}{quote}")))?.1;
    Some(after.trim_start().strip_prefix(':')?.trim_start())
}

/// `(3, 4)`, `(3,)` or `()`.
fn shape(text: &str) -> Option<Vec<usize>> {
    let inner = text.strip_prefix('(')?.split_once(')')?.0;
    let numbers = inner.split(',').map(str::trim).filter(|word| !word.is_empty());
    // Python 2 wrote an L behind long numbers.
    let shape: Option<Vec<usize>> = numbers.map(|word| word.trim_end_matches('L').parse().ok()).collect();
    shape.filter(|shape| shape.len() <= MOST_AXES)
}

/// `'<f4'`: the byte order, the kind, and the bytes of a number.
fn sample_type(text: &str) -> Result<(SampleType, bool), String> {
    let quoted = text.strip_prefix(['\'', '"']).and_then(|rest| rest.split(['\'', '"']).next());
    let Some(name) = quoted else { return Err("its numbers are records of several fields".to_owned()) };
    let (order, kind) = name.split_at_checked(1).unwrap_or((name, ""));
    let sample = match kind {
        "b1" => SampleType::Bool,
        "u1" => SampleType::U8,
        "i1" => SampleType::I8,
        "u2" => SampleType::U16,
        "i2" => SampleType::I16,
        "u4" => SampleType::U32,
        "i4" => SampleType::I32,
        "u8" => SampleType::U64,
        "i8" => SampleType::I64,
        "f2" => SampleType::F16,
        "f4" => SampleType::F32,
        "f8" => SampleType::F64,
        kind => {
            return Err(match kind.chars().next() {
                _ if order == "O" => "it holds objects of Python, not numbers".to_owned(),
                Some('O') => "it holds objects of Python, not numbers".to_owned(),
                Some('c') => "its numbers are complex".to_owned(),
                Some('U' | 'S') => "it holds text, not numbers".to_owned(),
                _ => format!("its type is {name:?}, which is no number that is read here"),
            });
        }
    };
    match order {
        "<" | "|" | "=" => Ok((sample, false)),
        ">" => Ok((sample, true)),
        _ => Err(format!("its type is {name:?}, which names no byte order")),
    }
}
