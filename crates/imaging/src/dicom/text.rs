//! Text of DICOM.

/// Which characters the bytes of a text stand for. Source: DICOM PS3.3, C.12.1.1.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Charset {
    /// ASCII, and UTF-8 where the bytes happen to be that.
    #[default]
    Default,
    /// `ISO_IR 100`: the first 256 characters of Unicode.
    Latin1,
    /// `ISO_IR 192`.
    Utf8,
}

impl Charset {
    /// By the value of (0008,0005), of which the first part counts.
    pub fn of(value: &[u8]) -> Self {
        let value = String::from_utf8_lossy(value);
        match trimmed(value.split('\\').next().unwrap_or_default()) {
            "ISO_IR 100" | "ISO 2022 IR 100" => Self::Latin1,
            "ISO_IR 192" => Self::Utf8,
            _ => Self::Default,
        }
    }

    /// The text. Characters of sets that are not known here become U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> String {
        match self {
            Self::Latin1 => bytes.iter().map(|&byte| char::from(byte)).collect(),
            Self::Default | Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

/// Without the blanks and zeros that fill a value.
pub(crate) fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || character == '\0')
}

#[cfg(test)]
mod tests {
    use super::{Charset, trimmed};

    #[test]
    fn text_is_read_in_its_character_set() {
        assert_eq!(Charset::of(b"ISO_IR 100").decode(b"B\xe4r"), "B\u{e4}r");
        assert_eq!(Charset::of(b"ISO_IR 192 ").decode("B\u{e4}r".as_bytes()), "B\u{e4}r");
        assert_eq!(Charset::of(b"ISO_IR 13").decode(b"B\xe4r"), "B\u{fffd}r");
        assert_eq!(trimmed(" 1.2.3\0"), "1.2.3");
    }
}
