//! Boxes between tags: `<ref>phrase</ref><box>[[x1, y1, x2, y2], ...]</box>` (MedRegA and FundusExpert from 0 to 999),
//! `phrase <box>[[...]]</box>` (MedMO from 0 to 1000), `<box>(x1,y1),(x2,y2)</box>` (Qwen-VL from 0 to 1000), and the same
//! between `<|box_start|>` and `<|box_end|>` (Qwen2-VL).
//!
//! They look the same, so the frame is asked for, unless a coordinate of exactly 1000 proves it. Sources: the answers that
//! the repositories of MedRegA, FundusExpert and MedMO show.

use super::Grounded;
use super::numbers::groups;
use super::plain::{last_phrase, only_joins, trimmed};

const PHRASE: [&str; 2] = ["<ref>", "<|object_ref_start|>"];
const BOXES: [&str; 2] = ["<box>", "<|box_start|>"];
const END: [&str; 2] = ["</box>", "<|box_end|>"];
/// Tags that stand for nothing by themselves.
const PASSED: [&str; 7] = ["</ref>", "<|object_ref_end|>", "</box>", "<|box_end|>", "<s>", "</s>", "<|im_end|>"];

pub fn recognises(text: &str) -> bool {
    BOXES.iter().any(|tag| text.contains(tag))
}

/// What stands behind the tag that a text begins with, where that is one of `tags`.
fn behind<'t>(text: &'t str, tags: &[&str]) -> Option<&'t str> {
    tags.iter().find_map(|tag| text.strip_prefix(tag))
}

pub fn parse(text: &str) -> Grounded {
    let mut grounded = Grounded::default();
    let mut rest = text;
    // Where the text that no box has taken begins, and the phrase of the last <ref>.
    let mut free = 0;
    let mut named: Option<std::ops::Range<usize>> = None;
    while let Some(at) = rest.find('<') {
        let (words, tail) = rest.split_at(at);
        grounded.text.push_str(words);
        rest = tail;
        if let Some(inner) = behind(rest, &PHRASE) {
            let end = inner.find('<').unwrap_or(inner.len());
            let start = grounded.text.len();
            grounded.text.push_str(inner.get(..end).unwrap_or_default());
            named = Some(trimmed(&grounded.text, start..grounded.text.len()));
            rest = inner.get(end..).unwrap_or_default();
        } else if let Some(inner) = behind(rest, &BOXES) {
            let end = inner.find('<').unwrap_or(inner.len());
            let closed = inner.get(end..).is_some_and(|tail| behind(tail, &END).is_some());
            let before = free..grounded.text.len();
            // A phrase belongs to the boxes right behind it, also where they are joined by a word; other words between are
            // about something else.
            let near = named.take().filter(|name| grounded.text.get(free.max(name.end)..).is_some_and(only_joins));
            let phrase = near.unwrap_or_else(|| last_phrase(&grounded.text, before));
            boxes(&mut grounded, inner.get(..end).unwrap_or_default(), closed, phrase.clone());
            named = Some(phrase);
            free = grounded.text.len();
            rest = inner.get(end..).unwrap_or_default();
        } else if let Some(tail) = behind(rest, &PASSED) {
            rest = tail;
        } else {
            grounded.text.push('<');
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    grounded.text.push_str(rest);
    grounded
}

fn boxes(grounded: &mut Grounded, inner: &str, closed: bool, phrase: std::ops::Range<usize>) {
    let groups = groups(inner);
    let (boxes, faults) = groups.boxes();
    let label = grounded.shown(&phrase).to_owned();
    for count in faults {
        grounded.fault(format!("a box of \"{label}\" has {count} numbers, not 4"));
    }
    if groups.cut || !closed {
        grounded.fault(format!("the text ends within the boxes of \"{label}\"; those that are whole are read"));
    } else if boxes.is_empty()
        && !inner.trim().chars().all(|found| "[]() \t\r\n".contains(found))
        && groups.whole.is_empty()
    {
        grounded.fault(format!("the box of \"{label}\" has no numbers"));
    }
    for numbers in boxes {
        grounded.push_box(numbers, None, phrase.clone());
    }
}
