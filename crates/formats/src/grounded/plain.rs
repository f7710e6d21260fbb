//! Places in plain text.

use std::ops::Range;

/// The longest label of a mark, in bytes. A label is kept once for each of its marks, so a phrase of any length would take
/// memory by the square of the text.
pub const LABEL: usize = 400;
/// The longest piece of text in a message.
pub const SHOWN: usize = 80;

/// At most `most` bytes of `text`, cut between two characters.
pub fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let end = (0..=most).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

/// The part of `span` without the white space at its ends; empty where there is nothing else.
pub fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let Some(part) = text.get(span.clone()) else { return span.start..span.start };
    let start = span.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// The last words of `span`, from the last mark of punctuation on: the phrase that a box behind it is about, where no
/// tag says which. A dot or a colon between digits (`2.5 cm`) is none. `and`, `or` and bullets in front are no part of it.
pub fn last_phrase(text: &str, span: Range<usize>) -> Range<usize> {
    let Some(part) = text.get(span.clone()) else { return span.start..span.start };
    // A colon just before the box (`Fracture: <box>`) ends the phrase.
    let body = part.trim_end().trim_end_matches([':', '-', '=']);
    let mut start = 0;
    for (at, found) in body.char_indices() {
        let after = at + found.len_utf8();
        let ends = match found {
            ',' | '.' | ':' => {
                body.get(after..).is_none_or(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
            }
            ';' | '\n' | '!' | '?' | '>' | '\u{3002}' | '\u{ff0c}' | '\u{ff1a}' | '\u{ff1b}' => true,
            _ => false,
        };
        if ends {
            start = after;
        }
    }
    let mut phrase = body.get(start..).unwrap_or_default();
    loop {
        let shorter = phrase.trim_start().trim_start_matches(['-', '*', '\u{2022}']).trim_start();
        let shorter = shorter.strip_prefix("and ").or_else(|| shorter.strip_prefix("or ")).unwrap_or(shorter);
        if shorter.len() == phrase.len() {
            break;
        }
        phrase = shorter;
    }
    let end = span.start + body.len();
    let kept = phrase.trim_end_matches(['*', ' ', '\t']);
    let start = end - phrase.len();
    start..start + kept.len()
}

/// Whether a text between two boxes only joins them, so that both are of one phrase.
pub fn only_joins(text: &str) -> bool {
    let words = text.split(|sign: char| sign.is_whitespace() || ",;".contains(sign)).filter(|word| !word.is_empty());
    words.into_iter().all(|word| ["and", "or", "&"].contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::{last_phrase, only_joins};

    #[test]
    fn words_that_join_are_no_phrase() {
        assert!(["", " and ", ", ", " & ", ", or\n", "AND"].iter().all(|text| only_joins(text)));
        assert!(![" and a", "left", ". "].iter().any(|text| only_joins(text)));
    }

    #[test]
    fn the_phrase_before_a_box_is_its_last_words() {
        for (text, phrase) in [
            ("Fractures ", "Fractures"),
            ("Seen here: nodule of 2.5 cm ", "nodule of 2.5 cm"),
            ("A heart. Left lung, and pleural effusion: ", "pleural effusion"),
            ("- **mass** ", "mass"),
            (" , ", ""),
            ("", ""),
        ] {
            assert_eq!(text.get(last_phrase(text, 0..text.len())), Some(phrase), "{text:?}");
        }
    }
}
