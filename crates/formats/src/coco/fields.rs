//! Fields of a JSON object, each with a fault that names it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::JsonId;

/// An identifier; `None` where there is none.
pub fn id(object: &Map<String, Value>, name: &str) -> Result<Option<JsonId>, String> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(JsonId::Text(text.clone()))),
        Some(value) => whole(value)
            .map(JsonId::Number)
            .or_else(|| value.as_u64().map(JsonId::Large))
            .map(Some)
            .ok_or_else(|| format!("\"{name}\" is {}, not a whole number or text", kind_of(value))),
    }
}

/// An identifier that must be there.
pub fn required_id(object: &Map<String, Value>, name: &str) -> Result<JsonId, String> {
    id(object, name)?.ok_or_else(|| format!("it has no \"{name}\""))
}

/// Text that must be there.
pub fn required_text(object: &Map<String, Value>, name: &str) -> Result<String, String> {
    match object.get(name) {
        None | Some(Value::Null) => Err(format!("it has no \"{name}\"")),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(value) => Err(format!("\"{name}\" is {}, not text", kind_of(value))),
    }
}

/// A count of pixels, at least 1; `None` where there is none.
pub fn length(object: &Map<String, Value>, name: &str) -> Result<Option<usize>, String> {
    let Some(value) = object.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let length = whole(value).and_then(|length| u32::try_from(length).ok()).filter(|&length| length > 0);
    length.map(|length| Some(length as usize)).ok_or_else(|| format!("\"{name}\" is {value}, not a count of pixels"))
}

/// A finite number; `None` where there is none.
pub fn number(object: &Map<String, Value>, name: &str) -> Result<Option<f64>, String> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_f64()
            .filter(|number| number.is_finite())
            .map(Some)
            .ok_or_else(|| format!("\"{name}\" is {}, not a number", kind_of(value))),
    }
}

/// Fields of an image that say nothing of the patient or the machine.
const HOUSEKEEPING: [&str; 9] =
    ["id", "file_name", "width", "height", "license", "coco_url", "flickr_url", "date_captured", "spacing"];

/// Whether a field of this name can hold an attribute of the image.
pub fn is_attribute(name: &str) -> bool {
    !HOUSEKEEPING.contains(&name)
}

/// What an image entry says besides, in one word or number each.
pub fn attributes(object: &Map<String, Value>) -> BTreeMap<String, String> {
    let attribute = |(name, value): (&String, &Value)| {
        let word = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(truth) => truth.to_string(),
            _ => return None,
        };
        is_attribute(name).then(|| (name.clone(), word))
    };
    object.iter().filter_map(attribute).collect()
}

/// Width and height of a pixel in millimetres; `None` where there is none.
pub fn spacing(object: &Map<String, Value>) -> Result<Option<[f64; 2]>, String> {
    let Some(value) = object.get("spacing").filter(|value| !value.is_null()) else { return Ok(None) };
    match numbers(value, "\"spacing\"")?[..] {
        [x, y] if x > 0.0 && y > 0.0 => Ok(Some([x, y])),
        _ => Err(format!("\"spacing\" is {value}, not the width and height of a pixel in millimetres")),
    }
}

/// A list of finite numbers.
pub fn numbers(value: &Value, name: &str) -> Result<Vec<f64>, String> {
    let list = value.as_array().ok_or_else(|| format!("{name} is {}, not a list of numbers", kind_of(value)))?;
    list.iter()
        .map(|value| {
            let number = value.as_f64().filter(|number| number.is_finite());
            number.ok_or_else(|| format!("{name} holds {}, where a number should be", kind_of(value)))
        })
        .collect()
}

/// A whole number, also where a tool has written it as `7.0`.
pub fn whole(value: &Value) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < EXACT)?;
        Some(number as i64)
    })
}

/// What a value is, in words.
pub const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number of another kind",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
