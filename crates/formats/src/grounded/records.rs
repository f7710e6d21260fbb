//! Files of records: JSON Lines, a JSON list or object, CSV. Each record is read by itself.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::plain::{SHOWN, cut};
use crate::coco::{fields, is_json, json_error};
use crate::list::Probe;
use crate::problem::ProblemList;
use crate::reading::Hints;
use crate::{FormatError, Table};

/// A record with where it stands, for messages.
pub struct Record {
    /// `line 4`, `entry 3`, `"a.png"`.
    pub place: String,
    /// What it says.
    pub object: Map<String, Value>,
}

/// The keys under which records lie in an object.
const WRAPPERS: [&str; 8] = ["results", "data", "predictions", "records", "items", "samples", "outputs", "answers"];
/// How many records are looked at to see what a file is.
const LOOKED_AT: usize = 64;
const LOOKED_AT_BYTES: usize = 1 << 18;
const FAULTY: &str = "records that cannot be read";

/// What a key of a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The image's name.
    Image,
    /// What the model wrote.
    Prediction,
    /// What is right.
    Truth,
    /// What the model was asked.
    Question,
    /// What is looked for: the label of marks that have no phrase.
    Phrase,
    /// How sure the model is.
    Score,
    /// The masks of `[SEG]` in the prediction, in their order.
    Masks,
    /// The masks of `[SEG]` in the truth.
    TruthMasks,
}

impl Role {
    /// The role's word in [`Hints::columns`], and the keys that are taken for it, the first that is there.
    pub const fn keys(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Image => (
                "image",
                &[
                    "image",
                    "image_id",
                    "file_name",
                    "filename",
                    "image_path",
                    "img_path",
                    "image_name",
                    "image_file",
                    "img",
                    "images",
                    "path",
                ],
            ),
            Self::Prediction => (
                "prediction",
                &[
                    "prediction",
                    "pred",
                    "response",
                    "model_output",
                    "generated_text",
                    "model_answer",
                    "output",
                    "answer",
                    "text",
                ],
            ),
            Self::Truth => {
                ("truth", &["gt", "ground_truth", "target", "truth", "reference", "solution", "gt_answer", "answer"])
            }
            Self::Question => ("question", &["question", "prompt", "query", "instruction"]),
            Self::Phrase => ("phrase", &["phrase", "label", "class", "class_name", "category", "finding"]),
            Self::Score => ("score", &["score", "confidence"]),
            Self::Masks => (
                "masks",
                &[
                    "masks",
                    "mask",
                    "pred_masks",
                    "pred_mask",
                    "segmentation",
                    "segmentations",
                    "rles",
                    "rle",
                    "mask_files",
                    "mask_file",
                ],
            ),
            Self::TruthMasks => ("truth_masks", &["gt_masks", "gt_mask", "target_masks", "target_mask"]),
        }
    }
}

/// Which key holds what.
pub struct Roles<'a> {
    hints: &'a Hints,
}

impl<'a> Roles<'a> {
    pub const fn new(hints: &'a Hints) -> Self {
        Self { hints }
    }

    /// The key of a role in a record that has it. `answer` is the model's where nothing else is, and else what is right.
    pub fn key<'r>(&self, object: &'r Map<String, Value>, role: Role) -> Option<&'r str> {
        let (word, names) = role.keys();
        if let Some(named) = self.hints.columns.get(word) {
            return object.get_key_value(named).map(|(key, _)| key.as_str());
        }
        let found = names.iter().find_map(|name| object.keys().find(|key| key.eq_ignore_ascii_case(name)))?;
        if role == Role::Truth && self.key(object, Role::Prediction) == Some(found) {
            return None;
        }
        Some(found)
    }

    /// What a record holds for a role; `None` for null and empty text.
    pub fn value<'r>(&self, object: &'r Map<String, Value>, role: Role) -> Option<&'r Value> {
        let value = object.get(self.key(object, role)?)?;
        let empty = matches!(value, Value::Null) || value.as_str().is_some_and(str::is_empty);
        (!empty).then_some(value)
    }

    /// The same as text: text itself, numbers as they are written, everything else as JSON.
    pub fn text(&self, object: &Map<String, Value>, role: Role) -> Option<String> {
        self.value(object, role).map(as_text)
    }

    /// Role to key, as the roles are taken in `object`.
    pub fn guessed(&self, object: &Map<String, Value>) -> BTreeMap<String, String> {
        let roles =
            [Role::Image, Role::Prediction, Role::Truth, Role::Question, Role::Phrase, Role::Score, Role::Masks];
        let found = |role: Role| Some((role.keys().0.to_owned(), self.key(object, role)?.to_owned()));
        roles.into_iter().filter_map(found).collect()
    }
}

pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // A list of one text is that text.
        Value::Array(list) => match &list[..] {
            [Value::String(text)] => text.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// Gives every record to `take`; what is none is a problem.
///
/// # Errors
/// [`FormatError`] where the file holds no records at all.
pub fn for_each(
    probe: &Probe<'_>,
    problems: &mut ProblemList,
    mut take: impl FnMut(Record),
) -> Result<(), FormatError> {
    let file = probe.path();
    let bytes = probe.bytes();
    if bytes.is_empty() {
        return Err(FormatError::Empty { file: file.to_owned() });
    }
    let mut one = |place: String, raw: &str, problems: &mut ProblemList| match serde_json::from_str(raw) {
        Ok(Value::Object(object)) => take(Record { place, object }),
        Ok(other) => {
            let fault = format!("{file}: {place} is left out: it is {}, not an object", fields::kind_of(&other));
            problems.push(FAULTY, file, fault);
        }
        Err(error) => problems.push(FAULTY, file, format!("{file}: {place} is left out: {error}")),
    };
    match probe.first() {
        Some(b'[') => {
            let list: Vec<&RawValue> = serde_json::from_slice(bytes).map_err(|error| json_error(file, &error))?;
            list.iter().enumerate().for_each(|(index, raw)| one(format!("entry {index}"), raw.get(), problems));
        }
        Some(b'{') if is_json(bytes) => {
            let object: BTreeMap<String, &RawValue> =
                serde_json::from_slice(bytes).map_err(|error| json_error(file, &error))?;
            if let Some((key, list)) = wrapped(&object) {
                list.iter().enumerate().for_each(|(index, raw)| one(format!("{key}[{index}]"), raw.get(), problems));
            } else if is_record(&object) {
                one("its record".to_owned(), std::str::from_utf8(bytes).unwrap_or_default(), problems);
            } else {
                by_image(object, &mut take, file, problems);
            }
        }
        Some(b'{') => {
            let mut found = false;
            for (index, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
                let line = line.trim_ascii();
                if line.is_empty() {
                    continue;
                }
                let place = format!("line {}", index + 1);
                match std::str::from_utf8(line) {
                    Ok(text) => one(place, text, problems),
                    Err(_) => problems.push(FAULTY, file, format!("{file}: {place} is left out: it is not UTF-8")),
                }
                found |= is_json(line);
            }
            if !found {
                let error = serde_json::from_slice::<serde::de::IgnoredAny>(bytes).err();
                return Err(error.map_or_else(|| no_records(file), |error| json_error(file, &error)));
            }
        }
        _ => {
            let Table { columns, rows, .. } = Table::read(file, bytes)?;
            for (index, row) in rows.into_iter().enumerate() {
                let cells = columns.iter().cloned().zip(row.into_iter().map(Value::String));
                take(Record { place: format!("row {}", index + 2), object: cells.collect() });
            }
        }
    }
    Ok(())
}

fn no_records(file: &str) -> FormatError {
    let detail = "it holds no records with an image and what a model wrote of it".to_owned();
    FormatError::NotTable { file: file.to_owned(), detail }
}

fn wrapped<'a>(object: &BTreeMap<String, &'a RawValue>) -> Option<(&'static str, Vec<&'a RawValue>)> {
    WRAPPERS.iter().find_map(|key| Some((*key, serde_json::from_str(object.get(*key)?.get()).ok()?)))
}

fn is_record(object: &BTreeMap<String, &RawValue>) -> bool {
    let has = |role: Role| role.keys().1.iter().any(|name| object.keys().any(|key| key.eq_ignore_ascii_case(name)));
    has(Role::Image) || has(Role::Prediction)
}

/// An object of image names: `{"a.png": "text"}` or `{"a.png": {"response": "text"}}`.
fn by_image(
    object: BTreeMap<String, &RawValue>,
    take: &mut impl FnMut(Record),
    file: &str,
    problems: &mut ProblemList,
) {
    let (image, prediction) = (Role::Image.keys().0, Role::Prediction.keys().0);
    for (name, raw) in object {
        // It stands before every box of the record.
        let place = format!("{:?}", cut(&name, SHOWN));
        match serde_json::from_str(raw.get()) {
            Ok(Value::Object(mut object)) => {
                object.insert(image.to_owned(), Value::String(name));
                take(Record { place, object });
            }
            Ok(value @ (Value::String(_) | Value::Array(_))) => {
                let pairs = [(image.to_owned(), Value::String(name)), (prediction.to_owned(), value)];
                take(Record { place, object: pairs.into_iter().collect() });
            }
            _ => problems.push(FAULTY, file, format!("{file}: {place} is left out: it is neither text nor a record")),
        }
    }
}

/// The first records of a file, without reading all of it where it is large; empty where it holds none.
pub fn first_records(probe: &Probe<'_>) -> Vec<Map<String, Value>> {
    let mut records = Vec::new();
    let bytes = probe.bytes();
    match probe.first() {
        Some(b'[') => {
            let start = bytes.iter().position(|&byte| byte == b'[').map_or(bytes.len(), |at| at + 1);
            let mut rest = bytes.get(start..).unwrap_or_default();
            while records.len() < LOOKED_AT {
                let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Map<String, Value>>();
                let Some(Ok(object)) = values.next() else { break };
                records.push(object);
                let after = rest.get(values.byte_offset()..).unwrap_or_default().trim_ascii_start();
                let Some(next) = after.strip_prefix(b",") else { break };
                rest = next;
            }
        }
        Some(b'{') => {
            let mut lines = bytes.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
            let first = lines.next().and_then(|line| serde_json::from_slice(line).ok());
            if let (Some(first), Some(second)) = (first, lines.next()) {
                records.push(first);
                let rest = std::iter::once(second).chain(lines).take(LOOKED_AT - 1);
                records.extend(rest.filter_map(|line| serde_json::from_slice::<Map<String, Value>>(line).ok()));
            } else if is_of_records(probe) {
                let mut problems = ProblemList::default();
                let mut take = |record: Record| {
                    if records.len() < LOOKED_AT {
                        records.push(record.object);
                    }
                };
                // A fault here is told when the file is read.
                let _ = for_each(probe, &mut problems, &mut take);
            }
        }
        Some(_) => {
            for head in heads(bytes) {
                let Ok(Table { columns, rows, .. }) = Table::read("", head) else { continue };
                for row in rows.into_iter().take(LOOKED_AT) {
                    records.push(columns.iter().cloned().zip(row.into_iter().map(Value::String)).collect());
                }
                break;
            }
        }
        None => {}
    }
    records
}

/// The beginning of a table, up to a line's end; shorter ones follow, for a cell may hold several lines. None where the
/// bytes are no text at all.
fn heads(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let start = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let is_text = std::str::from_utf8(start).is_ok_and(|text| !text.contains('\0'))
        || std::str::from_utf8(start).is_err_and(|error| error.error_len().is_none());
    let whole = bytes.get(..LOOKED_AT_BYTES).filter(|head| head.len() < bytes.len());
    let shorter = |head: &&'_ [u8]| {
        let line = head.get(..head.len().checked_sub(1)?)?.iter().rposition(|&byte| byte == b'\n')?;
        bytes.get(..line + 1)
    };
    let first = whole.map_or(Some(bytes), |head| shorter(&head));
    // A table that was not cut has one beginning.
    let most = if whole.is_some() { 16 } else { 1 };
    std::iter::successors(first.filter(|_| is_text), shorter).take(most)
}

/// Whether an object's own keys look like those of records: one of the wrappers, one record, or names of image files.
fn is_of_records(probe: &Probe<'_>) -> bool {
    let keys = probe.keys();
    let named = |key: &String| {
        let extension = crate::paths::extension(key);
        ["png", "jpg", "jpeg", "tif", "tiff", "dcm", "bmp", "webp"].contains(&extension.as_str())
    };
    let has = |role: Role| role.keys().1.iter().any(|name| probe.has_keys(&[name]));
    keys.iter().any(|key| WRAPPERS.contains(&key.as_str()))
        || (has(Role::Image) && has(Role::Prediction))
        || (!keys.is_empty() && keys.iter().all(named))
}
