//! Text while its tokens are generated.

use super::Tokenizer;

/// Follows a text token by token, and never gives half a character away.
pub struct TextStream<'a> {
    tokenizer: &'a Tokenizer,
    /// Bytes of a character that has not ended; at most three.
    pending: Vec<u8>,
}

impl<'a> TextStream<'a> {
    pub(super) const fn new(tokenizer: &'a Tokenizer) -> Self {
        Self { tokenizer, pending: Vec::new() }
    }

    /// The text that is certain with this token. It is empty where a character has only begun.
    pub fn push(&mut self, id: u32) -> String {
        self.pending.extend_from_slice(self.tokenizer.token(id));
        let (mut text, mut done) = (String::new(), 0);
        while let Some(rest) = self.pending.get(done..) {
            let (valid, wrong) = match std::str::from_utf8(rest) {
                Ok(_) => (rest.len(), None),
                Err(error) => (error.valid_up_to(), Some(error.error_len())),
            };
            text.push_str(&String::from_utf8_lossy(rest.get(..valid).unwrap_or_default()));
            done += valid;
            match wrong {
                Some(Some(length)) => {
                    text.push(char::REPLACEMENT_CHARACTER);
                    done += length;
                }
                // More bytes may still make a character of what is left.
                Some(None) | None => break,
            }
        }
        self.pending.drain(..done.min(self.pending.len()));
        text
    }

    /// What is left when no token comes any more: U+FFFD for a character that never ended, or nothing.
    pub fn finish(self) -> String {
        String::from_utf8_lossy(&self.pending).into_owned()
    }
}
