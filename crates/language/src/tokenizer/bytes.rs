//! The letters that stand for bytes in a byte-level vocabulary.
//!
//! Bytes that print stand for themselves as Latin-1; the others, in their order, are the letters from U+0100 on. Source:
//! GPT-2's encoder, as `tokenizers::pre_tokenizers::byte_level` has it.

/// Whether a byte stands for itself.
const fn prints(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

/// The letter of every byte, from 0 to 255.
pub fn symbols() -> impl Iterator<Item = char> {
    let mut next = 0x100_u32;
    (0..=u8::MAX).map(move |byte| {
        if prints(byte) {
            return char::from(byte);
        }
        next += 1;
        char::from_u32(next - 1).unwrap_or(char::REPLACEMENT_CHARACTER)
    })
}

/// The byte that each letter below U+0144 stands for.
pub struct Alphabet([Option<u8>; 0x144]);

impl Alphabet {
    pub fn new() -> Self {
        let mut bytes = [None; 0x144];
        for (byte, symbol) in (0..=u8::MAX).zip(symbols()) {
            if let Some(slot) = bytes.get_mut(symbol as usize) {
                *slot = Some(byte);
            }
        }
        Self(bytes)
    }

    /// The bytes of a token; where a letter stands for none, those of the token as it is written.
    pub fn bytes(&self, token: &str) -> Vec<u8> {
        let byte = |letter: char| self.0.get(letter as usize).copied().flatten();
        token.chars().map(byte).collect::<Option<Vec<u8>>>().unwrap_or_else(|| token.as_bytes().to_vec())
    }
}
