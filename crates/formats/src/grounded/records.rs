//! Files of records: JSON Lines, a JSON list or object, CSV. Each record is read by itself.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::ops::ControlFlow;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::plain::{SHOWN, cut};
use crate::coco::{fields, json_error, not_empty};
use crate::content::{Content, HELD};
use crate::json_stream::bare::{Bare, nulled};
use crate::json_stream::{Kind, check, elements, first_elements, lists, members, whole};
use crate::list::Probe;
use crate::problem::ProblemList;
use crate::reading::Hints;
use crate::table::each_row;
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
    let (file, content) = (probe.path(), probe.content());
    not_empty(file, content)?;
    let broken = |error: serde_json::Error| json_error(file, &error);
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
            let mut visit = |index: usize, raw: &RawValue| one(format!("entry {index}"), raw.get(), problems);
            elements(content, &mut visit).map_err(broken)?;
        }
        Some(b'{') if !probe.outline().is_empty() || check(content).is_ok() => {
            if let Some(key) = wrapper(probe) {
                let mut visit =
                    |_: &[bool], _, index: usize, raw: &RawValue| one(format!("{key}[{index}]"), raw.get(), problems);
                lists(content, &[key], &mut visit).map_err(broken)?;
            } else if is_record(probe) {
                one("its record".to_owned(), whole(content).map_err(broken)?.get(), problems);
            } else {
                let mut visit = |name, raw: &RawValue| by_image(name, raw, &mut take, file, problems);
                members(content, &mut visit).map_err(broken)?;
            }
        }
        Some(b'{') => {
            let mut found = false;
            let mut bare: Option<Bare> = None;
            let lines = each_line(content, &mut |Line { index, start, text }| {
                let place = format!("line {}", index + 1);
                let nulled = text.map(nulled);
                if let Some((_, Some(of_line))) = nulled {
                    let first = start + of_line.first;
                    bare.get_or_insert(Bare { first, count: 0 }).count += of_line.count;
                }
                match nulled.as_ref().map(|(text, _)| std::str::from_utf8(text)) {
                    Some(Ok("")) => {}
                    Some(Ok(text)) => {
                        found |= serde_json::from_str::<IgnoredAny>(text).is_ok();
                        one(place, text, problems);
                    }
                    Some(Err(_)) => {
                        problems.push(FAULTY, file, format!("{file}: {place} is left out: it is not UTF-8"));
                    }
                    None => {
                        let message = format!("{file}: {place} is left out: it has more than {HELD} bytes");
                        problems.push(FAULTY, file, message);
                    }
                }
                ControlFlow::Continue(())
            });
            if let Some(bare) = bare {
                content.note_bare(bare);
            }
            let unreadable =
                |error: std::io::Error| FormatError::Unreadable { file: file.to_owned(), detail: error.to_string() };
            lines.map_err(unreadable)?;
            if !found {
                return Err(check(content).err().map_or_else(|| no_records(file), broken));
            }
        }
        _ => {
            let mut row = 1;
            each_row(file, content, &mut |columns, cells| {
                row += 1;
                let cells = columns.iter().cloned().zip(cells.into_iter().map(Value::String));
                take(Record { place: format!("row {row}"), object: cells.collect() });
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// A line of a file without the white space around it.
struct Line<'l> {
    /// Its place from 0.
    index: usize,
    /// Where its text begins in the file's.
    start: u64,
    /// `None` where it is too long to be held.
    text: Option<&'l [u8]>,
}

/// Takes a line, and says whether the next is wanted.
type EachLine<'v> = dyn FnMut(Line<'_>) -> ControlFlow<()> + 'v;

/// Gives every line to `visit`.
fn each_line(content: &Content<'_>, visit: &mut EachLine<'_>) -> std::io::Result<()> {
    let mut reader = content.reader();
    let (mut line, mut at) = (Vec::new(), 0);
    for index in 0.. {
        line.clear();
        let read = (&mut reader).take(HELD).read_until(b'\n', &mut line)? as u64;
        if read == 0 {
            break;
        }
        let is_cut = read == HELD && line.last() != Some(&b'\n');
        let skipped = if is_cut { reader.skip_until(b'\n')? as u64 } else { 0 };
        let start = at + (line.len() - line.trim_ascii_start().len()) as u64;
        at += read + skipped;
        if visit(Line { index, start, text: (!is_cut).then(|| line.trim_ascii()) }).is_break() {
            break;
        }
    }
    Ok(())
}

fn no_records(file: &str) -> FormatError {
    let detail = "it holds no records with an image and what a model wrote of it".to_owned();
    FormatError::NotTable { file: file.to_owned(), detail }
}

/// The key under which the records of an object lie.
fn wrapper(probe: &Probe<'_>) -> Option<&'static str> {
    let is_list = |key: &str| probe.outline().iter().any(|(known, kind)| known == key && *kind == Kind::List);
    WRAPPERS.into_iter().find(|key| is_list(key))
}

fn is_record(probe: &Probe<'_>) -> bool {
    let keys = || probe.outline().iter().map(|(key, _)| key);
    let has = |role: Role| role.keys().1.iter().any(|name| keys().any(|key| key.eq_ignore_ascii_case(name)));
    has(Role::Image) || has(Role::Prediction)
}

/// A member of an object of image names: `{"a.png": "text"}` or `{"a.png": {"response": "text"}}`.
fn by_image(name: String, raw: &RawValue, take: &mut impl FnMut(Record), file: &str, problems: &mut ProblemList) {
    let (image, prediction) = (Role::Image.keys().0, Role::Prediction.keys().0);
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

/// The first records of a file, without reading all of it where it is large; empty where it holds none.
pub fn first_records(probe: &Probe<'_>) -> Vec<Map<String, Value>> {
    let mut records = Vec::new();
    let content = probe.content();
    match probe.first() {
        Some(b'[') => return first_elements(content, LOOKED_AT),
        Some(b'{') => {
            let mut lines = Vec::new();
            // A fault here is told when the file is read.
            let _ = each_line(content, &mut |Line { text, .. }| {
                lines.extend(text.filter(|line| !line.is_empty()).map(|line| {
                    let (line, _) = nulled(line);
                    serde_json::from_slice::<Map<String, Value>>(&line).ok()
                }));
                if text.is_some() && lines.len() < LOOKED_AT {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            });
            if are_records(probe, &lines) {
                records.extend(lines.into_iter().flatten());
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
            for head in heads(content) {
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

/// Whether lines are records each for itself. Lines of one object that is set over several can be objects too, so that where
/// the first is none, half of them have to be, and the file no object.
fn are_records(probe: &Probe<'_>, lines: &[Option<Map<String, Value>>]) -> bool {
    match lines {
        [] | [_] => false,
        [Some(_), ..] => true,
        _ => lines.iter().flatten().count() * 2 >= lines.len() && probe.outline().is_empty(),
    }
}

/// The beginning of a table, up to a line's end; shorter ones follow, for a cell may hold several lines. None where the
/// bytes are no text at all.
fn heads<'c>(content: &'c Content<'_>) -> impl Iterator<Item = &'c [u8]> {
    let bytes = content.head();
    let start = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let is_text = std::str::from_utf8(start).is_ok_and(|text| !text.contains('\0'))
        || std::str::from_utf8(start).is_err_and(|error| error.error_len().is_none());
    let is_whole = content.len() <= LOOKED_AT_BYTES as u64;
    let whole = bytes.get(..bytes.len().min(LOOKED_AT_BYTES)).filter(|_| !is_whole);
    let shorter = move |head: &&'c [u8]| {
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
    let keys = probe.outline();
    let named = |(key, _): &(String, Kind)| {
        let extension = crate::paths::extension(key);
        ["png", "jpg", "jpeg", "tif", "tiff", "dcm", "bmp", "webp"].contains(&extension.as_str())
    };
    let has = |role: Role| role.keys().1.iter().any(|name| probe.has_keys(&[name]));
    keys.iter().any(|(key, _)| WRAPPERS.contains(&key.as_str()))
        || (has(Role::Image) && has(Role::Prediction))
        || (!keys.is_empty() && keys.iter().all(named))
}
