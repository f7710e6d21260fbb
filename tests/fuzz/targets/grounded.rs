//! Any text as a model's answer, in every syntax.
#![no_main]

use groundglass_formats::{Syntax, choice_of, closest_label, parse_grounded};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    for named in &Syntax::ALL {
        let found = parse_grounded(&text, Some(named.syntax));
        for phrase in &found.phrases {
            assert!(found.text.get(phrase.span.clone()).is_some_and(|words| !words.is_empty()));
            assert!(found.marks.get(phrase.marks.clone()).is_some_and(|marks| !marks.is_empty()));
        }
    }
    let _ = parse_grounded(&text, None);
    let _ = choice_of(&text);
    // Similarity takes time by the product of both lengths, as labels are short.
    let name: String = text.chars().take(300).collect();
    let (one, other) = name.split_at(name.char_indices().nth(name.chars().count() / 2).map_or(0, |(at, _)| at));
    let _ = closest_label(one, &[other, "pleural effusion"], 0.0);
});
