//! The letter of a multiple-choice answer.

use std::collections::BTreeSet;

const LETTERS: std::ops::RangeInclusive<char> = 'A'..='J';

/// Words after which a letter is the answer.
const STATEMENTS: [&str; 7] = ["answer is", "answer:", "answer", "option", "choice", "choice is", "boxed{"];

/// The letter, A to J, that an answer to a multiple-choice question chooses; `None` where it chooses none, or where two
/// letters compete.
///
/// An answer chooses a letter where
/// * it is nothing but the letter, in either case, with brackets, punctuation or markup around: `b`, `(B)`, `**B.**`;
/// * or the letter stands, as a capital or in brackets, behind `answer`, `answer is`, `answer:`, `option`, `choice` or
///   `\boxed{`, or within `<answer>`: `The answer is D.`;
/// * or a line begins with the letter and `.`, `)` or `:`: `B. Pneumonia`, `(B) Pneumonia`;
/// * or it is a capital in brackets anywhere: `I would say (C)`.
///
/// Where these give different letters, as in `(A) or (B)` or where all options are repeated, the answer is refused. `A` and
/// `I` before a word in small letters are an article and a pronoun, not a choice.
pub fn choice_of(text: &str) -> Option<char> {
    let text = text.trim();
    let bare = text.trim_matches(|found: char| !found.is_alphanumeric());
    if let Some(letter) = only(bare) {
        return letter_of(letter.to_ascii_uppercase());
    }
    let mut chosen = BTreeSet::new();
    for (at, found) in text.char_indices() {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + found.len_utf8()..)) else { continue };
        let Some(letter) = letter_of(found.to_ascii_uppercase()) else { continue };
        if before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric) {
            continue;
        }
        let bracketed = before.ends_with(['(', '[']) && after.starts_with([')', ']']);
        let capital = found.is_ascii_uppercase() && !is_word(found, after);
        let chooses = (bracketed && found.is_ascii_uppercase())
            || ((capital || bracketed) && is_stated(before))
            || (capital && is_option(before, after));
        if chooses {
            chosen.insert(letter);
        }
    }
    match chosen.len() {
        1 => chosen.first().copied(),
        _ => None,
    }
}

fn only(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

fn letter_of(letter: char) -> Option<char> {
    LETTERS.contains(&letter).then_some(letter)
}

/// Whether `A` or `I` is a word of a sentence.
fn is_word(letter: char, after: &str) -> bool {
    matches!(letter, 'A' | 'I')
        && after.strip_prefix(' ').is_some_and(|rest| rest.starts_with(|found: char| found.is_lowercase()))
}

fn is_stated(before: &str) -> bool {
    let before = before.trim_end_matches([' ', '(', '[', '*', '\n', '"', '\'', '\t']);
    // The longest phrase and a tag fit well into this.
    let start = before.char_indices().rev().nth(15).map_or(0, |(at, _)| at);
    let tail = before.get(start..).unwrap_or_default().to_ascii_lowercase();
    let colon = tail.trim_end_matches(':').trim_end_matches('*').trim_end();
    tail.ends_with("<answer>")
        || STATEMENTS.iter().any(|statement| tail.ends_with(statement) || colon.ends_with(statement))
}

fn is_option(before: &str, after: &str) -> bool {
    let opened = before.strip_suffix('(').unwrap_or(before);
    let opened = opened.trim_end_matches(['*', ' ', '\t']);
    let starts_line = opened.is_empty() || opened.ends_with('\n');
    let mut rest = after.chars();
    let mark = rest.next();
    starts_line
        && matches!(mark, Some('.' | ')' | ':'))
        && rest.next().is_none_or(|next| next.is_whitespace() || next == '*')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::choice_of;

    #[test]
    fn letters_are_found_where_they_choose() {
        for (text, letter) in [
            ("A", 'A'),
            (" b ", 'B'),
            ("(B)", 'B'),
            ("**C.**", 'C'),
            ("Answer: C", 'C'),
            ("The answer is D.", 'D'),
            ("the correct answer is **(b)**", 'B'),
            ("<think>hm</think><answer>C</answer>", 'C'),
            ("So $\\boxed{E}$", 'E'),
            ("B. Pneumonia", 'B'),
            ("(B) Pneumonia", 'B'),
            ("B) Pneumonia\nbecause of A large opacity", 'B'),
            ("I would say (C), as A opacity is there.", 'C'),
            ("Option B: it is larger. The answer is B", 'B'),
            ("A: yes", 'A'),
        ] {
            assert_eq!(choice_of(text), Some(letter), "{text:?}");
        }
    }

    #[test]
    fn what_chooses_nothing_or_twice_is_refused() {
        for text in [
            "",
            "Pneumonia",
            "A small nodule is seen.",
            "The answer is A nodule-like thing? The answer is a nodule.",
            "(A) or (B)",
            "A. yes\nB. no",
            "The answer is C, not (B).",
            "K",
            "AB",
            "The answer is I think unclear",
            "7",
            "\u{e9}",
        ] {
            assert_eq!(choice_of(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_one_letter_or_none(text in "\\PC*") {
            prop_assert!(choice_of(&text).is_none_or(|letter| ('A'..='J').contains(&letter)));
        }
    }
}
