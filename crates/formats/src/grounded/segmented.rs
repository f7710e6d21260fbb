//! Answers with `[SEG]`: the n-th such token stands for the n-th mask that lies beside the text.
//!
//! UniBiomed writes `<p>phrase</p>[SEG]`; LISA writes `Sure, it is [SEG].` without a phrase. The marks have neither box nor
//! pixels until a file's record gives them, or a file beside does.

use super::Grounded;
use super::plain::trimmed;
use crate::mark::Mark;

const TOKEN: &str = "[SEG]";

pub fn recognises(text: &str) -> bool {
    text.contains(TOKEN)
}

pub fn parse(text: &str) -> Grounded {
    let mut grounded = Grounded::default();
    let mut phrase: Option<std::ops::Range<usize>> = None;
    let mut open: Option<usize> = None;
    // Where the text behind the last token begins.
    let mut seen = 0;
    let mut rest = text;
    while let Some(at) = rest.find(['<', '[']) {
        let (words, tail) = rest.split_at(at);
        grounded.text.push_str(words);
        rest = tail;
        if let Some(tail) = rest.strip_prefix("<p>") {
            open = Some(grounded.text.len());
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix("</p>") {
            let end = grounded.text.len();
            phrase = open.take().map(|start| trimmed(&grounded.text, start..end));
            rest = tail;
        } else if let Some(tail) = rest.strip_prefix(TOKEN) {
            let place = format!("[SEG] {}", grounded.marks.len() + 1);
            // Words between a phrase and the token say that the token is about something else.
            phrase = phrase.filter(|name| {
                let gap = grounded.text.get(seen.max(name.end)..);
                gap.is_some_and(|gap| gap.trim_matches([' ', ',', '\n', '\t']).is_empty())
            });
            seen = grounded.text.len();
            grounded.push(Mark { place, ..Mark::default() }, phrase.clone().unwrap_or(0..0));
            rest = tail;
        } else if let Some(tail) = ["<s>", "</s>"].iter().find_map(|tag| rest.strip_prefix(tag)) {
            rest = tail;
        } else {
            // Both signs take one byte.
            grounded.text.push_str(rest.get(..1).unwrap_or_default());
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    grounded.text.push_str(rest);
    grounded
}
