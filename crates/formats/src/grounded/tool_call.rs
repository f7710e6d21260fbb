//! Tool calls of an agent: `<tool_call>{"name": "add_bbox", "arguments": {"bbox_2d": [...]}}</tool_call>`.
//!
//! MedSAM-Agent (`RL-verl/recipe/medsam_agent` of its repository) has three: `add_bbox`, `add_point` with
//! `positive` or `negative`, and `stop_action`, from 0 to 999.

use serde_json::{Map, Value};

use super::{Action, Grounded, json_boxes};
use crate::coco::fields;
use crate::frame::Frame;

const OPEN: &str = "<tool_call>";
const CLOSE: &str = "</tool_call>";
const FRAME: Frame = Frame::NINE_HUNDRED_NINETY_NINE;

pub fn recognises(text: &str) -> bool {
    text.contains(OPEN)
}

pub fn parse(text: &str) -> Grounded {
    let mut grounded = Grounded::default();
    let mut parts = text.split(OPEN);
    grounded.text.push_str(parts.next().unwrap_or_default());
    for (index, part) in parts.enumerate() {
        // A call that is not closed ends where the next one begins.
        let (json, words) = part.split_once(CLOSE).unwrap_or((part, ""));
        grounded.text.push_str(words);
        if let Err(fault) = call(&mut grounded, json) {
            grounded.fault(format!("tool call {} is left out: {fault}", index + 1));
        }
    }
    grounded
}

fn call(grounded: &mut Grounded, json: &str) -> Result<(), String> {
    let object: Map<String, Value> =
        serde_json::from_str(json.trim()).map_err(|error| format!("it is no JSON object ({error})"))?;
    let name = fields::required_text(&object, "name")?;
    // Some servers give the arguments as text.
    let arguments = match object.get("arguments") {
        Some(Value::Object(arguments)) => arguments.clone(),
        Some(Value::String(text)) => {
            serde_json::from_str(text).map_err(|error| format!("its arguments are no JSON object ({error})"))?
        }
        None | Some(Value::Null) => Map::new(),
        Some(other) => return Err(format!("its arguments are {}, not an object", fields::kind_of(other))),
    };
    match name.as_str() {
        "add_bbox" => {
            let numbers = json_boxes::box_of(&arguments)?.ok_or("it has no \"bbox_2d\"")?;
            grounded.actions.push(Action::Box(grounded.marks.len()));
            grounded.push_box(numbers, Some(FRAME), 0..0);
        }
        "add_point" => {
            let key = ["point_2d", "point", "coordinate"].into_iter().find(|key| arguments.contains_key(*key));
            let key = key.ok_or("it has no \"point_2d\"")?;
            let numbers = fields::numbers(arguments.get(key).unwrap_or(&Value::Null), &format!("\"{key}\""))?;
            let at = numbers.try_into().map_err(|_| format!("\"{key}\" has not 2 numbers"))?;
            let said = ["label", "point_type", "type", "polarity"].iter().find_map(|key| arguments.get(*key));
            let positive = match said {
                Some(Value::String(word)) if word == "positive" => true,
                Some(Value::String(word)) if word == "negative" => false,
                Some(Value::Bool(positive)) => *positive,
                Some(Value::Number(number)) => number.as_f64() != Some(0.0),
                None => true,
                Some(other) => return Err(format!("its kind is {other}, not positive or negative")),
            };
            grounded.actions.push(Action::Point { at, frame: Some(FRAME), positive });
        }
        "stop_action" => grounded.actions.push(Action::Stop),
        other => return Err(format!("\"{other}\" is not one of add_bbox, add_point and stop_action")),
    }
    Ok(())
}
