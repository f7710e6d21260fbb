//! A generated text, and which token wrote which part of it.

use crate::Span;

/// A generated text with the bytes that each token made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// The text; added tokens, `</s><s>` among them, stand in it as they are written.
    pub text: String,
    /// For each token its bytes in the text, one after the other. A character that several tokens write is shared out by
    /// its bytes. Empty where only a text was given.
    pub tokens: Vec<Span>,
}

impl Transcript {
    /// A text of which no tokens are known.
    pub fn of_text(text: &str) -> Self {
        Self { text: text.to_owned(), tokens: Vec::new() }
    }

    /// A text from the bytes of its tokens. What is no UTF-8 becomes U+FFFD.
    pub fn new<'a>(tokens: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut bytes: Vec<u8> = Vec::new();
        let ends: Vec<usize> = tokens
            .into_iter()
            .map(|token| {
                bytes.extend_from_slice(token);
                bytes.len()
            })
            .collect();
        let mut text = String::with_capacity(bytes.len());
        // Where each byte went; those that are no character went to one sign together.
        let mut places = Vec::with_capacity(bytes.len() + 1);
        for chunk in bytes.utf8_chunks() {
            places.extend(text.len()..text.len() + chunk.valid().len());
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                places.extend(std::iter::repeat_n(text.len(), chunk.invalid().len()));
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        places.push(text.len());
        let place = |byte: usize| places.get(byte).copied().unwrap_or(text.len());
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let tokens = starts.zip(&ends).map(|(start, &end)| Span { start: place(start), end: place(end) }).collect();
        Self { text, tokens }
    }

    /// The tokens that wrote any of these bytes of the text; empty where none did or none are known.
    pub fn tokens_over(&self, bytes: Span) -> Span {
        if bytes.is_empty() {
            return Span::default();
        }
        let start = self.tokens.partition_point(|token| token.end <= bytes.start);
        let end = self.tokens.partition_point(|token| token.start < bytes.end);
        if start < end { Span { start, end } } else { Span::default() }
    }
}
