//! Elements to bytes: explicit value representation, little endian. Source: DICOM PS3.5 2024, chapter 7.

use std::collections::BTreeMap;

use groundglass_imaging::dicom::attribute::{IMPLEMENTATION_CLASS, TRANSFER_SYNTAX};
use groundglass_imaging::dicom::attribute::{MEDIA_SOP_CLASS, MEDIA_SOP_INSTANCE, META_LENGTH, META_VERSION};
use groundglass_imaging::dicom::{Attribute, Tag};

const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";

/// Elements to be written, in whatever order they are given.
#[derive(Default)]
pub(super) struct Elements {
    values: BTreeMap<Tag, ([u8; 2], Vec<u8>)>,
}

impl Elements {
    pub fn bytes(&mut self, attribute: Attribute, mut value: Vec<u8>) {
        if value.len() % 2 == 1 {
            // Text is filled up with a blank, all else with a zero.
            value.push(if matches!(&attribute.vr, b"UI" | b"OB" | b"OW") { 0 } else { b' ' });
        }
        self.values.insert(attribute.tag, (attribute.vr, value));
    }

    pub fn text(&mut self, attribute: Attribute, text: &str) {
        let longest = match &attribute.vr {
            b"SH" | b"CS" | b"DS" => 16,
            b"LO" | b"UI" => 64,
            // Three ways to write a name, of 64 characters each.
            _ => 194,
        };
        let text: String = text.chars().filter(|character| !character.is_control()).take(longest).collect();
        self.bytes(attribute, text.into_bytes());
    }

    /// Words of a person, in which a backslash would begin another value.
    pub fn words(&mut self, attribute: Attribute, text: &str) {
        self.text(attribute, &text.replace('\\', "/"));
    }

    pub fn numbers(&mut self, attribute: Attribute, numbers: &[f64]) {
        let texts: Vec<String> = numbers.iter().map(|&number| decimal(number)).collect();
        self.bytes(attribute, texts.join("\\").into_bytes());
    }

    pub fn short(&mut self, attribute: Attribute, number: u16) {
        self.bytes(attribute, number.to_le_bytes().to_vec());
    }

    pub fn longs(&mut self, attribute: Attribute, numbers: &[u32]) {
        self.bytes(attribute, numbers.iter().flat_map(|number| number.to_le_bytes()).collect());
    }

    /// A value that is the tag of another element.
    pub fn pointer(&mut self, attribute: Attribute, Tag(group, element): Tag) {
        self.bytes(attribute, [group.to_le_bytes(), element.to_le_bytes()].concat());
    }

    pub fn items(&mut self, attribute: Attribute, items: Vec<Self>) {
        let mut value = Vec::new();
        for item in items {
            let bytes = item.into_bytes();
            value.extend([0xFE, 0xFF, 0x00, 0xE0]);
            value.extend((bytes.len() as u32).to_le_bytes());
            value.extend(bytes);
        }
        self.values.insert(attribute.tag, (attribute.vr, value));
    }

    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (Tag(group, element), (vr, value)) in self.values {
            bytes.extend(group.to_le_bytes());
            bytes.extend(element.to_le_bytes());
            bytes.extend(vr);
            if matches!(&vr, b"OB" | b"OW" | b"SQ" | b"UN" | b"UT") {
                bytes.extend([0, 0]);
                bytes.extend((value.len() as u32).to_le_bytes());
            } else {
                bytes.extend((value.len() as u16).to_le_bytes());
            }
            bytes.extend(value);
        }
        bytes
    }

    /// A whole file of that class and instance. Source: PS3.10 2024, 7.1.
    pub fn into_file(self, class: &str, instance: &str, implementation: &str) -> Vec<u8> {
        let mut meta = Self::default();
        meta.bytes(META_VERSION, vec![0, 1]);
        meta.text(MEDIA_SOP_CLASS, class);
        meta.text(MEDIA_SOP_INSTANCE, instance);
        meta.text(TRANSFER_SYNTAX, EXPLICIT_LITTLE_ENDIAN);
        meta.text(IMPLEMENTATION_CLASS, implementation);
        let meta = meta.into_bytes();
        let mut length = Self::default();
        length.longs(META_LENGTH, &[meta.len() as u32]);
        [vec![0; 128], b"DICM".to_vec(), length.into_bytes(), meta, self.into_bytes()].concat()
    }
}

/// A number in at most 16 characters.
fn decimal(number: f64) -> String {
    const LONGEST: usize = 16;
    let text = number.to_string();
    if text.len() <= LONGEST {
        return text;
    }
    let plain = (0..LONGEST).rev().map(|digits| format!("{number:.digits$}"));
    let scientific = (0..LONGEST).rev().map(|digits| format!("{number:.digits$e}"));
    let is_small = number != 0.0 && number.abs() < 1e-4;
    let mut texts: Box<dyn Iterator<Item = String>> =
        if is_small { Box::new(scientific) } else { Box::new(plain.chain(scientific)) };
    texts.find(|text| text.len() <= LONGEST).unwrap_or_else(|| "0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn numbers_take_sixteen_characters_at_most() {
        let numbers = [0.5, -123.456, 1.0 / 3.0, -1e-7 / 3.0, 1e22 / 3.0, 12_345_678_901.123_457, f64::MIN_POSITIVE];
        for number in numbers {
            let text = decimal(number);
            assert!(text.len() <= 16, "{text}");
            let read: f64 = text.parse().unwrap_or(f64::NAN);
            assert!((read - number).abs() <= number.abs() * 1e-8, "{text} is not {number}");
        }
        assert_eq!(decimal(-0.0), "-0");
    }
}
