//! Why a file is of no form: what it looks like, and what would be read.

#[cfg(feature = "full")]
use serde_json::{Map, Value};

use crate::FormatError;
use crate::coco::json_error;
use crate::json_stream::check;
#[cfg(feature = "full")]
use crate::json_stream::first_elements;
use crate::list::{FORMATS, Probe};

/// How many keys of an object are named.
const NAMED: usize = 8;

/// The fault of a file of no form.
pub fn unknown(probe: &Probe<'_>) -> FormatError {
    let file = probe.path();
    let looks = match probe.first() {
        Some(b'{') => check(probe.content()).map(|()| object(probe)),
        Some(b'[') => check(probe.content()).map(|()| list(probe)),
        _ => return FormatError::Unknown { file: file.to_owned(), begins: probe.begins() },
    };
    match looks {
        Ok(Looks::Coco(detail)) => FormatError::NotCoco { file: file.to_owned(), detail },
        #[cfg(feature = "full")]
        Ok(Looks::Results(detail)) => FormatError::NotResults { file: file.to_owned(), detail },
        Ok(Looks::Other(looks)) => FormatError::UnknownJson { file: file.to_owned(), looks, read: read_forms() },
        Err(error) => json_error(file, &error),
    }
}

/// What JSON looks like.
enum Looks {
    /// COCO annotations that lack something.
    Coco(String),
    /// COCO results that lack something.
    #[cfg(feature = "full")]
    Results(String),
    /// Something else, in words.
    Other(String),
}

fn object(probe: &Probe<'_>) -> Looks {
    let keys: Vec<&str> = probe.outline().iter().map(|(key, _)| key.as_str()).collect();
    match (keys.contains(&"images"), keys.contains(&"annotations")) {
        (true, false) => Looks::Coco("it has no list \"annotations\"".to_owned()),
        (false, true) => Looks::Coco("it has no list \"images\"".to_owned()),
        _ if keys.is_empty() => Looks::Other("an object without anything in it".to_owned()),
        _ => Looks::Other(format!("an object with {}", named(&keys))),
    }
}

#[cfg(not(feature = "full"))]
fn list(_: &Probe<'_>) -> Looks {
    Looks::Other("a list".to_owned())
}

#[cfg(feature = "full")]
fn list(probe: &Probe<'_>) -> Looks {
    let Some(first) = first_elements::<Value>(probe.content(), 1).pop() else {
        return Looks::Other("an empty list".to_owned());
    };
    let Value::Object(first) = first else {
        return Looks::Other(format!("a list whose first entry is {}", crate::coco::kind_of(&first)));
    };
    let keys: Vec<&str> = first.keys().map(String::as_str).collect();
    if let Some(lacks) = results_without(&first) {
        return Looks::Results(lacks);
    }
    Looks::Other(format!("a list whose first entry is an object with {}", named(&keys)))
}

/// What the first entry of a list lacks to be one of COCO results; `None` where it looks like something else.
#[cfg(feature = "full")]
fn results_without(first: &Map<String, Value>) -> Option<String> {
    let has = |key: &str| first.contains_key(key);
    let is_of_class = has("category_id") || has("category_name");
    let is_drawn = has("bbox") || has("segmentation");
    let lacks = match (has("image_id"), is_of_class, is_drawn, has("score")) {
        (true, true, false, _) if has("keypoints") => {
            "its first entry has keypoints alone, and of results boxes and masks are read"
        }
        (true, true, true, false) => "its first entry has no \"score\"; annotations stand in an object with \"images\"",
        (true, true, false, true) => "its first entry has neither \"bbox\" nor \"segmentation\"",
        (true, false, true, true) => "its first entry has neither \"category_id\" nor \"category_name\"",
        (false, true, true, true) => "its first entry has no \"image_id\"",
        _ => return None,
    };
    Some(lacks.to_owned())
}

/// The first few names, quoted.
fn named(keys: &[&str]) -> String {
    let shown: Vec<String> = keys.iter().take(NAMED).map(|key| format!("{key:?}")).collect();
    let more = keys.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

/// The forms of JSON that are read.
fn read_forms() -> String {
    let names = FORMATS.iter().map(|format| format.name()).filter(|name| name.contains("JSON"));
    names.collect::<Vec<_>>().join(", ")
}
