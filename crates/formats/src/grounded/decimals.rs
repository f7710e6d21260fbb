//! Four relative decimals in a sentence.
//!
//! MedVision asks for left, bottom, right, top from 0 to 1 with the origin at the **lower** left, and takes the last four
//! numbers of the answer, whatever stands before (source: `medvision_bm/utils/parse_utils.py` of its repository).
//! uMedGround has centre, width and height from 0 to 1. An answer itself shows neither, so without a word from the user
//! the frame is asked for.

use super::Grounded;
use super::numbers::{Found, groups, numbers};
use crate::frame::Frame;

/// Whether the last four numbers are decimals from 0 to 1 that stand as a list: nothing but brackets, separators and
/// single words for the edges lies between them.
pub fn recognises(text: &str) -> bool {
    let found = numbers(text);
    let Some(last) = last_four(&found) else { return false };
    let near = |(one, next): (&Found, &Found)| next.start.saturating_sub(one.end) <= 16;
    last.iter().all(|number| (0.0..=1.0).contains(&number.value))
        && last.iter().filter(|number| number.decimal).count() >= 3
        && last.iter().zip(last.iter().skip(1)).all(near)
}

pub fn parse(text: &str) -> Grounded {
    parse_groups(text, None)
}

pub fn parse_lower_left(text: &str) -> Grounded {
    let mut grounded = Grounded { text: text.trim().to_owned(), ..Grounded::default() };
    let found = numbers(text);
    push_last_four(&mut grounded, &found, Some(Frame::LOWER_LEFT));
    grounded
}

pub fn parse_unit_centre(text: &str) -> Grounded {
    parse_groups(text, Some(Frame::UNIT_CENTRE))
}

/// The boxes in brackets where there are any, else the last four numbers.
fn parse_groups(text: &str, frame: Option<Frame>) -> Grounded {
    let mut grounded = Grounded { text: text.trim().to_owned(), ..Grounded::default() };
    let found = numbers(text);
    let has_brackets = text.contains(['[', '(']);
    let (mut boxes, _) = if has_brackets { groups(text).boxes() } else { <_>::default() };
    // Models overshoot a little; other numbers in brackets are no boxes.
    boxes.retain(|numbers| numbers.iter().all(|number| (-0.5..=1.5).contains(number)));
    for numbers in &boxes {
        grounded.push_box(*numbers, frame, 0..0);
    }
    if boxes.is_empty() {
        push_last_four(&mut grounded, &found, frame);
    }
    grounded
}

fn push_last_four(grounded: &mut Grounded, found: &[Found], frame: Option<Frame>) {
    match last_four(found) {
        Some([a, b, c, d]) => grounded.push_box([a.value, b.value, c.value, d.value], frame, 0..0),
        None => grounded.fault(format!("it holds {} numbers, where a box has 4", found.len())),
    }
}

fn last_four(found: &[Found]) -> Option<&[Found; 4]> {
    found.last_chunk()
}
