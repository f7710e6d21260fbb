//! A list of boxes as JSON: `[{"bbox_2d": [x1, y1, x2, y2], "label": "phrase"}]`, as Qwen-VL writes it, alone, between words,
//! or in a block of code.
//!
//! Whether numbers are pixels of the resized image (Qwen2.5-VL), of the image itself, or go to 1000 (Qwen3-VL) is not said,
//! so the frame is asked for. An answer that was cut off, or is no JSON, is read object by object.

use serde_json::{Map, Value};

use super::Grounded;
use crate::coco::fields;

const BOXES: [&str; 4] = ["bbox_2d", "bbox", "box", "bounding_box"];
const LABELS: [&str; 7] = ["label", "phrase", "class", "category", "name", "finding", "text"];
/// Gemini's boxes begin with the top edge. No frame here does, so they are refused rather than read askew.
const TOP_FIRST: &str = "box_2d";
/// How many values before the right one are passed over: `see [1]: [{...}]`.
const TRIES: usize = 8;

pub fn recognises(text: &str) -> bool {
    let quoted = |key: &str| {
        text.match_indices(key).any(|(at, _)| {
            let before = text.get(..at).unwrap_or_default().ends_with(['"', '\'']);
            before && text.get(at + key.len()..).unwrap_or_default().starts_with(['"', '\''])
        })
    };
    text.contains('{') && (BOXES.iter().any(|key| quoted(key)) || quoted(TOP_FIRST))
}

pub fn parse(text: &str) -> Grounded {
    let mut grounded = Grounded { text: text.trim().to_owned(), ..Grounded::default() };
    let mut from = 0;
    for _ in 0..TRIES {
        let rest = text.get(from..).unwrap_or_default();
        let Some(at) = rest.find(['[', '{']) else { break };
        let mut values = serde_json::Deserializer::from_str(rest.get(at..).unwrap_or_default()).into_iter::<Value>();
        let Some(Ok(value)) = values.next() else { break };
        from += at + values.byte_offset();
        read(&mut grounded, &value, 0);
        if !grounded.marks.is_empty() {
            return grounded;
        }
    }
    let faults = std::mem::take(&mut grounded.problems);
    let objects = innermost_objects(text);
    let whole = objects.len();
    for object in objects {
        let parsed =
            serde_json::from_str::<Value>(object).or_else(|_| serde_json::from_str(&object.replace('\'', "\"")));
        if let Ok(value) = parsed {
            read(&mut grounded, &value, 0);
        }
    }
    if grounded.marks.is_empty() && grounded.problems.is_empty() {
        grounded.problems = faults;
        if grounded.problems.is_empty() && from == 0 {
            grounded.fault("it holds no list of boxes that can be read as JSON".to_owned());
        }
    } else if from == 0 && whole > 0 {
        grounded.fault(format!("it is no whole JSON; {whole} objects of it are read one by one"));
    }
    grounded
}

/// Reads every box of a value: a list of objects, an object, or an object with a list.
fn read(grounded: &mut Grounded, value: &Value, depth: usize) {
    match value {
        Value::Array(list) if depth < 4 => list.iter().for_each(|value| read(grounded, value, depth + 1)),
        Value::Object(object) => {
            let place = grounded.marks.len() + 1;
            match box_of(object) {
                Ok(Some(numbers)) => {
                    grounded.push_box(numbers, None, 0..0);
                    if let Some(mark) = grounded.marks.last_mut() {
                        mark.label = label_of(object).unwrap_or_default().to_owned();
                        mark.score = ["score", "confidence"].iter().find_map(|key| object.get(*key)?.as_f64());
                    }
                }
                Ok(None) if depth < 4 => object
                    .values()
                    .filter(|value| value.is_array() || value.is_object())
                    .for_each(|value| read(grounded, value, depth + 1)),
                Ok(None) => {}
                Err(fault) => grounded.fault(format!("box {place} is left out: {fault}")),
            }
        }
        _ => {}
    }
}

fn label_of(object: &Map<String, Value>) -> Option<&str> {
    LABELS.iter().find_map(|key| object.get(*key)?.as_str()).map(str::trim)
}

/// The four numbers of an object's box; `None` where it has none.
pub fn box_of(object: &Map<String, Value>) -> Result<Option<[f64; 4]>, String> {
    if object.contains_key(TOP_FIRST) {
        return Err(format!("\"{TOP_FIRST}\" has the top edge first, which is not read here"));
    }
    let found = BOXES.iter().find_map(|key| Some((key, object.get(*key)?)));
    let Some((key, value)) = found.filter(|(_, value)| !value.is_null()) else { return Ok(None) };
    let numbers = fields::numbers(value, &format!("\"{key}\""))?;
    let count = numbers.len();
    numbers.try_into().map(Some).map_err(|_| format!("\"{key}\" has {count} numbers, not 4"))
}

/// Every `{...}` that holds no other, in one pass. A string ends at a line's end at the latest, so that one stray quotation
/// mark does not swallow the rest.
fn innermost_objects(text: &str) -> Vec<&str> {
    let mut objects = Vec::new();
    let mut opened: Option<usize> = None;
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'\n' => quoted = false,
            b'"' if opened.is_some() => quoted = !quoted,
            b'{' if !quoted => opened = Some(at),
            b'}' if !quoted => objects.extend(opened.take().and_then(|start| text.get(start..=at))),
            _ => {}
        }
    }
    objects
}
