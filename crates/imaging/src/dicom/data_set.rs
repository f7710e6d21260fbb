//! Elements by their tag, and their values as text and numbers.

use super::attribute::{Attribute, CHARACTER_SET, Tag};
use super::text::{Charset, trimmed};

/// What an element holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The bytes as they stand in the file.
    Bytes(Vec<u8>),
    /// The items of a sequence.
    Items(Vec<DataSet>),
    /// A value too long to be kept; it begins at this byte.
    Left(u64),
}

/// One element. Private ones (of an odd group) are not kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// The two letters as the file has them; `None` where it has none (implicit value representation).
    pub vr: Option<[u8; 2]>,
    /// What it holds.
    pub value: Value,
}

/// Elements by their tag: a whole object, or an item of a sequence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataSet {
    /// In the order of their tags. A map would take half a kilobyte for the one element of many an item.
    elements: Vec<(Tag, Element)>,
    is_big_endian: bool,
    charset: Charset,
}

impl DataSet {
    pub(super) fn new(is_big_endian: bool, charset: Charset) -> Self {
        Self { elements: Vec::new(), is_big_endian, charset }
    }

    pub(super) fn insert(&mut self, tag: Tag, element: Element) {
        if tag == CHARACTER_SET.tag
            && let Value::Bytes(bytes) = &element.value
        {
            self.charset = Charset::of(bytes);
        }
        self.elements.push((tag, element));
    }

    /// Brings the elements into order; of two with one tag the later one stays. To be called before any is looked up.
    pub(super) fn finish(&mut self) {
        if !self.elements.is_sorted_by(|(left, _), (right, _)| left < right) {
            self.elements.reverse();
            self.elements.sort_by_key(|(tag, _)| *tag);
            self.elements.dedup_by_key(|(tag, _)| *tag);
        }
        self.elements.shrink_to_fit();
    }

    pub(super) const fn charset(&self) -> Charset {
        self.charset
    }

    /// Whether numbers stand with their highest byte first.
    pub const fn is_big_endian(&self) -> bool {
        self.is_big_endian
    }

    /// The element, where there is one.
    pub fn element(&self, attribute: Attribute) -> Option<&Element> {
        let index = self.elements.binary_search_by_key(&attribute.tag, |(tag, _)| *tag).ok()?;
        self.elements.get(index).map(|(_, element)| element)
    }

    /// The bytes of a value; `None` where it is absent, a sequence, or too long to be kept.
    pub fn bytes(&self, attribute: Attribute) -> Option<&[u8]> {
        match &self.element(attribute)?.value {
            Value::Bytes(bytes) => Some(bytes),
            Value::Items(_) | Value::Left(_) => None,
        }
    }

    /// The items of a sequence; none where it is absent or no sequence.
    pub fn items(&self, attribute: Attribute) -> &[Self] {
        match self.element(attribute).map(|element| &element.value) {
            Some(Value::Items(items)) => items,
            _ => &[],
        }
    }

    /// The first item of a sequence.
    pub fn item(&self, attribute: Attribute) -> Option<&Self> {
        self.items(attribute).first()
    }

    /// The whole value as text, without the padding; `None` where it is absent or blank.
    pub fn text(&self, attribute: Attribute) -> Option<String> {
        let text = self.charset.decode(self.bytes(attribute)?);
        let text = trimmed(&text);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The first of several values that are parted by `\`.
    pub fn first_text(&self, attribute: Attribute) -> Option<String> {
        let text = self.text(attribute)?;
        let first = trimmed(text.split('\\').next()?);
        (!first.is_empty()).then(|| first.to_owned())
    }

    /// All numbers of a value, whatever its representation; those that are no numbers are NaN.
    pub fn numbers(&self, attribute: Attribute) -> Vec<f64> {
        let Some(element) = self.element(attribute) else { return Vec::new() };
        let Value::Bytes(bytes) = &element.value else { return Vec::new() };
        let vr = element.vr.filter(|vr| vr != b"UN").unwrap_or(attribute.vr);
        match &vr {
            b"US" | b"OW" => self.words::<2>(bytes).map(|word| f64::from(u16::from_le_bytes(word))).collect(),
            b"SS" => self.words::<2>(bytes).map(|word| f64::from(i16::from_le_bytes(word))).collect(),
            b"UL" | b"OL" => self.words::<4>(bytes).map(|word| f64::from(u32::from_le_bytes(word))).collect(),
            b"SL" => self.words::<4>(bytes).map(|word| f64::from(i32::from_le_bytes(word))).collect(),
            b"FL" | b"OF" => self.words::<4>(bytes).map(|word| f64::from(f32::from_le_bytes(word))).collect(),
            b"FD" | b"OD" => self.words::<8>(bytes).map(f64::from_le_bytes).collect(),
            b"UV" | b"OV" => self.words::<8>(bytes).map(|word| u64::from_le_bytes(word) as f64).collect(),
            b"SV" => self.words::<8>(bytes).map(|word| i64::from_le_bytes(word) as f64).collect(),
            _ => {
                let text = self.charset.decode(bytes);
                let text = trimmed(&text);
                if text.is_empty() {
                    return Vec::new();
                }
                text.split('\\').map(|part| trimmed(part).parse().unwrap_or(f64::NAN)).collect()
            }
        }
    }

    /// The first number of a value, if it is finite.
    pub fn number(&self, attribute: Attribute) -> Option<f64> {
        self.numbers(attribute).first().copied().filter(|number| number.is_finite())
    }

    /// Exactly `N` finite numbers.
    pub fn finite<const N: usize>(&self, attribute: Attribute) -> Option<[f64; N]> {
        let numbers: [f64; N] = self.numbers(attribute).try_into().ok()?;
        numbers.iter().all(|number| number.is_finite()).then_some(numbers)
    }

    /// The first number, if it is whole and fits.
    pub fn whole(&self, attribute: Attribute) -> Option<i64> {
        let number = self.number(attribute)?;
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    }

    /// A value of 16-bit words, whatever its representation says.
    pub fn shorts(&self, attribute: Attribute) -> Vec<u16> {
        self.words::<2>(self.bytes(attribute).unwrap_or_default()).map(u16::from_le_bytes).collect()
    }

    /// A value of 64-bit words.
    pub fn longs(&self, attribute: Attribute) -> Vec<u64> {
        self.words::<8>(self.bytes(attribute).unwrap_or_default()).map(u64::from_le_bytes).collect()
    }

    /// Words with their lowest byte first.
    fn words<'b, const N: usize>(&self, bytes: &'b [u8]) -> impl Iterator<Item = [u8; N]> + use<'b, N> {
        let is_big_endian = self.is_big_endian;
        bytes.as_chunks::<N>().0.iter().map(move |word| {
            let mut word = *word;
            if is_big_endian {
                word.reverse();
            }
            word
        })
    }
}
