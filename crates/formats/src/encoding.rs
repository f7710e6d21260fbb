//! Text in other encodings than UTF-8: UTF-16 by its byte order mark, and what the declaration of an XML file says of its
//! single bytes (ISO-8859-1, Windows-1252).
//!
//! Of text without a mark or a declaration the encoding is not guessed.

/// Windows-1252 from 0x80 to 0x9f; the five that stand for nothing are control characters, as the WHATWG has them.
const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}',
    '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}',
    '\u{17e}', '\u{178}',
];

/// How far the declaration of an XML file reaches.
const DECLARATION: usize = 256;

/// An encoding that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Of two bytes, the lower one first or not.
    Utf16 { low_first: bool },
    /// ISO-8859-1, read as Windows-1252, which has it but for control characters.
    Windows1252,
}

impl Encoding {
    /// The encoding of a file that begins with `head`; `None` where it says none, or UTF-8.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            // The mark of UTF-32 begins as that of UTF-16.
            [0xff, 0xfe, 0, 0, ..] => None,
            [0xff, 0xfe, ..] => Some(Self::Utf16 { low_first: true }),
            [0xfe, 0xff, ..] => Some(Self::Utf16 { low_first: false }),
            _ => {
                let said = declared(head)?.to_ascii_lowercase();
                let is_read = ["iso-8859-1", "iso8859-1", "latin1", "latin-1", "windows-1252", "cp1252"];
                is_read.contains(&said.as_str()).then_some(Self::Windows1252)
            }
        }
    }

    /// What people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf16 { .. } => "UTF-16",
            Self::Windows1252 => "ISO-8859-1",
        }
    }

    /// The text in UTF-8, at most three times as long. What is no character becomes the replacement character.
    pub fn decode(self, bytes: &[u8]) -> Vec<u8> {
        let mut text = String::with_capacity(bytes.len());
        match self {
            Self::Utf16 { low_first } => {
                let unit = |pair: &[u8]| match *pair {
                    [first, second] if low_first => u16::from_le_bytes([first, second]),
                    [first, second] => u16::from_be_bytes([first, second]),
                    _ => 0xfffd,
                };
                let units = bytes.get(2..).unwrap_or_default().chunks(2).map(unit);
                text.extend(char::decode_utf16(units).map(|sign| sign.unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
            Self::Windows1252 => text.extend(bytes.iter().map(|&byte| {
                let special = usize::from(byte).checked_sub(0x80).and_then(|place| WINDOWS_1252.get(place));
                special.copied().unwrap_or_else(|| char::from(byte))
            })),
        }
        text.into_bytes()
    }
}

/// The encoding that the declaration of an XML file names.
pub fn declared(head: &[u8]) -> Option<&str> {
    let head = head.get(..head.len().min(DECLARATION)).unwrap_or_default();
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let declaration = std::str::from_utf8(head.get(..end)?).ok()?.strip_prefix("<?xml")?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    value.get(1..)?.split_once(quote).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::{Encoding, declared};

    #[test]
    fn bytes_are_characters_by_what_the_file_says() {
        let said = |bytes: &[u8]| Encoding::of(bytes).map(|encoding| encoding.decode(bytes));
        assert_eq!(said(b"\xff\xfea\0\xe4\0=\xd8\x00\xde"), Some("a\u{e4}\u{1f600}".into()));
        assert_eq!(said(b"\xfe\xff\0a\x20\xac\xd8"), Some("a\u{20ac}\u{fffd}".into()));
        let text = b"<?xml version='1.0' encoding = 'Windows-1252' ?><a>\x80\xe4\x81";
        let expected = "<?xml version='1.0' encoding = 'Windows-1252' ?><a>\u{20ac}\u{e4}\u{81}";
        assert_eq!(said(text), Some(expected.into()));
        for other in
            [&b"\xef\xbb\xbfa"[..], b"\xff\xfe\0\0a\0\0\0", b"<?xml encoding='utf-16'?>", b"<?xml encoding=?>", b"\xe4"]
        {
            assert_eq!(said(other), None, "{other:?}");
        }
        assert_eq!(declared(b"<?xml encoding=\"GB2312\"?>"), Some("GB2312"));
    }
}
