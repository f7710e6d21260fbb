//! Files of answers, one record each: the image, what a model wrote of it, and, where it is there, what was asked and what is
//! right.
//!
//! Records of one image are put together. Where an answer holds no marks at all (a letter, a sentence), the records are
//! also a [`Table`] with the columns `image`, `question`, `answer`, `choice`, `truth` and `truth_choice`, of which those
//! without a word are left out.

use std::collections::HashMap;

use serde_json::Value;

use super::frames::{self, Summary};
use super::plain::{LABEL, SHOWN, cut};
use super::records::{self, Record, Role, Roles, as_text};
use super::{Action, Syntax, choice_of, numbers, parse_open};
use crate::coco::{JsonId, Pixels, drawn_of, fields};
use crate::frame::Frame;
use crate::label_map::LABEL_MAP_LABEL;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Drawn, Edges, Mark};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Hints, ImageName, Question, Reading, Sides};
use crate::{FormatError, Table};

const UNREAD: &str = "answers that cannot be read in full";
/// How many boxes a question shows.
const EXAMPLES: usize = 8;
/// The frames of numbers in a list without any syntax.
const LISTS: &[&str] =
    &["pixel_corners", "pixel_size", "unit_corners", "unit_centre", "nine_hundred_ninety_nine", "thousand"];

/// Grounded text in JSON Lines, JSON or CSV.
pub struct GroundedText;

impl AnnotationFormat for GroundedText {
    fn id(&self) -> &'static str {
        "grounded_text"
    }

    fn name(&self) -> &'static str {
        "Answers of a model with boxes in their text (JSON Lines, JSON, CSV)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        let hints = Hints::default();
        let roles = Roles::new(&hints);
        let records = records::first_records(probe);
        records.first().is_some_and(|first| roles.key(first, Role::Image).is_some())
            && records.iter().any(|record| {
                let asked = roles.value(record, Role::Question).is_some();
                roles.text(record, Role::Prediction).is_some_and(|text| {
                    Syntax::of(&text).is_some() || (asked && choice_of(&text).is_some()) || are_boxes(&text)
                })
            })
    }

    fn read(&self, probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
        read(probe, hints)
    }
}

fn read(probe: &Probe<'_>, hints: &Hints) -> Result<Reading, FormatError> {
    let file = probe.path();
    let roles = Roles::new(hints);
    let mut reader = Reader::new(file, hints, &roles);
    let mut problems = ProblemList::default();
    let mut columns: Option<Question> = None;
    records::for_each(probe, &mut problems, |record| {
        let missing =
            [Role::Image, Role::Prediction].into_iter().filter(|role| roles.key(&record.object, *role).is_none());
        let missing: Vec<String> = missing.map(|role| role.keys().0.to_owned()).collect();
        if missing.is_empty() {
            reader.record(&record);
        } else if columns.is_none() {
            columns = Some(Question::Columns {
                file: file.to_owned(),
                columns: record.object.keys().cloned().collect(),
                guessed: roles.guessed(&record.object),
                missing,
            });
        } else {
            let fault = format!("{file}: {} is left out: it has no {}", record.place, missing.join(" and no "));
            reader.problems.push(UNREAD, file, fault);
        }
    })?;
    let mut reading = reader.finish();
    reading.questions.extend(columns);
    reading.problems.splice(0..0, problems.into_problems());
    Ok(reading)
}

/// Marks with the syntax that each was read in.
type SyntaxMarks = Vec<(Option<Syntax>, Mark)>;

/// One side of the file: what is right, or what was found.
#[derive(Default)]
struct Half {
    /// Syntax and place of the marks of each image, by the image's place.
    marks: Vec<Option<SyntaxMarks>>,
    summaries: Vec<(Option<Syntax>, Summary)>,
}

impl Half {
    fn of_image(&mut self, image: usize) -> &mut Vec<(Option<Syntax>, Mark)> {
        if self.marks.len() <= image {
            self.marks.resize_with(image + 1, || None);
        }
        // The length was made above.
        self.marks[image].get_or_insert_with(Vec::new)
    }

    fn summary(&mut self, syntax: Option<Syntax>) -> &mut Summary {
        let place = self.summaries.iter().position(|(known, _)| *known == syntax).unwrap_or_else(|| {
            self.summaries.push((syntax, Summary::default()));
            self.summaries.len() - 1
        });
        &mut self.summaries[place].1
    }
}

struct Reader<'a> {
    file: &'a str,
    hints: &'a Hints,
    roles: &'a Roles<'a>,
    images: Vec<ImageName>,
    /// How many `[SEG]` each image had so far in its truth and in what was found.
    segments: Vec<[usize; 2]>,
    places: HashMap<String, usize>,
    found: Half,
    truth: Half,
    has_truth: bool,
    rows: Vec<[String; 6]>,
    wants_table: bool,
    points: usize,
    calls: bool,
    problems: ProblemList,
}

const COLUMNS: [&str; 6] = ["image", "question", "answer", "choice", "truth", "truth_choice"];

impl<'a> Reader<'a> {
    fn new(file: &'a str, hints: &'a Hints, roles: &'a Roles<'a>) -> Self {
        Self {
            file,
            hints,
            roles,
            images: Vec::new(),
            segments: Vec::new(),
            places: HashMap::new(),
            found: Half::default(),
            truth: Half::default(),
            has_truth: false,
            rows: Vec::new(),
            wants_table: false,
            points: 0,
            calls: false,
            problems: ProblemList::default(),
        }
    }

    fn record(&mut self, record: &Record) {
        let Some(name) = self.roles.value(&record.object, Role::Image).and_then(image_name) else {
            let fault = format!("{}: {} is left out: it does not say which image it is of", self.file, record.place);
            self.problems.push(UNREAD, self.file, fault);
            return;
        };
        let said = match &name {
            ImageName::Named(name) => name.clone(),
            ImageName::Numbered(JsonId::Number(number)) => number.to_string(),
            ImageName::Numbered(JsonId::Large(number)) => number.to_string(),
            ImageName::Numbered(JsonId::Text(text)) => text.clone(),
            ImageName::LikeTheFile => String::new(),
        };
        let image = *self.places.entry(said.clone()).or_insert_with(|| {
            self.images.push(name);
            self.images.len() - 1
        });
        let phrase = self.roles.text(&record.object, Role::Phrase).map(|phrase| cut(phrase.trim(), LABEL).to_owned());
        let score = self.roles.value(&record.object, Role::Score).and_then(|value| {
            value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|score| score.is_finite())
        });
        let answer = self.side(image, record, Role::Prediction, phrase.as_deref(), Some(score.unwrap_or(1.0)));
        let truth = self.side(image, record, Role::Truth, phrase.as_deref(), None);
        let letter = |text: &str| choice_of(text).map(String::from).unwrap_or_default();
        let question = self.roles.text(&record.object, Role::Question).unwrap_or_default();
        let (choice, truth_choice) = (letter(&answer), letter(&truth));
        self.rows.push([said, question, answer, choice, truth, truth_choice]);
    }

    /// Reads one side of a record; its plain text comes back.
    fn side(&mut self, image: usize, record: &Record, role: Role, phrase: Option<&str>, score: Option<f64>) -> String {
        let is_truth = role == Role::Truth;
        let Some(value) = self.roles.value(&record.object, role) else {
            // An answer without a word finds nothing; a truth without a word says nothing.
            if !is_truth {
                self.found.of_image(image);
            }
            return String::new();
        };
        let (syntax, mut marks, text) = self.parsed(value, record, role);
        let is_list = is_number_list(&as_text(value));
        self.has_truth |= is_truth && (syntax.is_some() || is_list);
        self.wants_table |= !is_truth && syntax.is_none() && !is_list;
        if syntax == Some(Syntax::Segmented) {
            let masks = if is_truth { Role::TruthMasks } else { Role::Masks };
            self.attach_masks(image, record, masks, &mut marks);
        }
        let half = if is_truth { &mut self.truth } else { &mut self.found };
        // A sentence about the truth marks nothing; an empty list says that nothing is there.
        if is_truth && syntax.is_none() && !is_list {
            return text;
        }
        for edges in marks.iter().filter_map(|mark| mark.edges).filter(|edges| edges.frame.is_none()) {
            half.summary(syntax).add(&edges.numbers);
        }
        let list = half.of_image(image);
        for mut mark in marks {
            mark.place = format!("{}, {}", record.place, mark.place);
            if mark.label.is_empty() {
                mark.label = phrase.filter(|phrase| !phrase.is_empty()).unwrap_or(LABEL_MAP_LABEL).to_owned();
            }
            if let Some(renamed) = self.hints.classes.get(&mark.label) {
                mark.label.clone_from(renamed);
            }
            mark.score = score.map(|score| mark.score.unwrap_or(score));
            list.push((syntax, mark));
        }
        text
    }

    fn parsed(&mut self, value: &Value, record: &Record, role: Role) -> (Option<Syntax>, Vec<Mark>, String) {
        let text = as_text(value);
        let relative = self.hints.frame.is_some_and(|frame| frame.unit == Some(1.0)) && role == Role::Prediction;
        let syntax =
            Syntax::of(&text).or_else(|| (relative && numbers::numbers(&text).len() >= 4).then_some(Syntax::Decimals));
        if syntax.is_none() && is_number_list(&text) {
            let (boxes, faults) = numbers::groups(&text).boxes();
            for count in faults {
                self.fault(record, role, &format!("a box has {count} numbers, not 4"));
            }
            return (None, list_marks(&boxes), String::new());
        }
        let grounded = parse_open(&text, syntax);
        for fault in &grounded.problems {
            self.fault(record, role, fault);
        }
        let is_point = |action: &&Action| matches!(action, Action::Point { .. });
        self.points += grounded.actions.iter().filter(is_point).count();
        self.calls |= syntax == Some(Syntax::ToolCall) && !grounded.marks.is_empty();
        (syntax, grounded.marks, grounded.text)
    }

    fn fault(&mut self, record: &Record, role: Role, fault: &str) {
        let key = self.roles.key(&record.object, role).unwrap_or_default();
        self.problems.push(UNREAD, self.file, format!("{}: {}, \"{key}\": {fault}", self.file, record.place));
    }

    /// Gives the n-th mask to the n-th mark; marks without one are left out. Where the record has none at all, or names
    /// files, they lie in files beside.
    fn attach_masks(&mut self, image: usize, record: &Record, role: Role, marks: &mut Vec<Mark>) {
        if self.segments.len() <= image {
            self.segments.resize(image + 1, [0; 2]);
        }
        let side = usize::from(role == Role::Masks);
        let before = self.segments[image][side];
        self.segments[image][side] += marks.len();
        let value = self.roles.value(&record.object, role);
        // A cell of a table holds its list as text.
        let parsed = value.and_then(Value::as_str).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let value = parsed.as_ref().or(value);
        let masks: Vec<&Value> = match value {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        if masks.is_empty() {
            for (place, mark) in marks.iter_mut().enumerate() {
                mark.drawn = Some(Drawn::Beside { name: None, number: before + place + 1 });
            }
            return;
        }
        // One file for all of them is a label map.
        let masks = match masks[..] {
            [one @ Value::String(_)] => vec![one; marks.len()],
            _ => masks,
        };
        if masks.len() != marks.len() {
            let fault = format!("it has {} [SEG] and {} masks beside", marks.len(), masks.len());
            self.fault(record, Role::Prediction, &fault);
        }
        let mut kept = Vec::new();
        for (place, (mut mark, mask)) in std::mem::take(marks).into_iter().zip(masks).enumerate() {
            match mask_of(mask, before + place + 1) {
                Ok(drawn) => {
                    mark.drawn = Some(drawn);
                    kept.push(mark);
                }
                Err(fault) => {
                    let place = format!("{}, {}", record.place, mark.place);
                    let message =
                        format!("{}: {place} (\"{}\") is left out: {fault}", self.file, cut(&mark.label, SHOWN));
                    self.problems.push(UNREAD, self.file, message);
                }
            }
        }
        *marks = kept;
    }

    fn finish(mut self) -> Reading {
        let file = self.file;
        if self.points > 0 {
            let message = format!("{file}: the points of {} tool calls are not read, only boxes", self.points);
            self.problems.push("points", file, message);
        }
        if self.calls {
            let message = format!(
                "{file}: boxes of tool calls are read as 0 to 999 of the image; where the agent saw a padded square instead, they are right for square images alone"
            );
            self.problems.push("frames of tool calls", file, message);
        }
        let count = self.images.len();
        let mut questions = Vec::new();
        let mut halves = [std::mem::take(&mut self.truth), std::mem::take(&mut self.found)];
        let open = halves.iter().any(|half| !half.summaries.is_empty());
        for half in &mut halves {
            half.marks.resize_with(count, || None);
            settle(half, file, &self.images, self.hints.frame, open, &mut questions);
        }
        let [mut truth, mut found] = halves;
        let mut images = Vec::new();
        for (place, name) in self.images.into_iter().enumerate() {
            let marks = |half: &mut Half| {
                let taken = half.marks.get_mut(place).and_then(Option::take);
                taken.map(|marks| marks.into_iter().map(|(_, mark)| mark).collect())
            };
            if self.has_truth {
                let there =
                    AnnotatedImage { marks: marks(&mut truth), ..AnnotatedImage::new(name.clone(), Vec::new()) };
                images.push(there);
            }
            images.push(AnnotatedImage { marks: marks(&mut found), ..AnnotatedImage::new(name, Vec::new()) });
        }
        let table = self.wants_table.then(|| table(file, self.rows));
        let sides = if self.has_truth { Sides::Both } else { Sides::Findings };
        Reading { images, questions, table, sides, problems: self.problems.into_problems(), ..Reading::default() }
    }
}

/// Gives open boxes the frame that the user named or that the numbers prove, or asks.
fn settle(
    half: &mut Half,
    file: &str,
    images: &[ImageName],
    hint: Option<Frame>,
    open: bool,
    questions: &mut Vec<Question>,
) {
    let edges_of = |half: &mut Half, change: &mut dyn FnMut(usize, Option<Syntax>, &mut Edges)| {
        for (image, marks) in half.marks.iter_mut().enumerate() {
            for (syntax, mark) in marks.iter_mut().flatten() {
                if let Some(edges) = &mut mark.edges {
                    change(image, *syntax, edges);
                }
            }
        }
    };
    if let Some(frame) = hint {
        // A frame that the user names is that of the boxes which have none, and of all only where every box has one.
        edges_of(half, &mut |_, _, edges| {
            if edges.frame.is_none() || !open {
                edges.frame = Some(frame);
            }
        });
        return;
    }
    for (syntax, summary) in half.summaries.clone() {
        if let Some(frame) = frames::proven(syntax, summary) {
            edges_of(half, &mut |_, of, edges| {
                if of == syntax {
                    edges.frame = edges.frame.or(Some(frame));
                }
            });
            continue;
        }
        let possible = syntax.map_or(LISTS, |syntax| syntax.named().frames);
        let candidates = frames::candidates(possible, summary).into_iter().map(str::to_owned).collect();
        let mut examples: Vec<(String, [f64; 4])> = Vec::new();
        edges_of(half, &mut |image, of, edges| {
            if of == syntax && edges.frame.is_none() && examples.len() < EXAMPLES {
                let name = images.get(image).map(|name| AnnotatedImage::new(name.clone(), Vec::new()).said_name());
                examples.push((name.unwrap_or_default(), edges.numbers));
            }
        });
        questions.push(Question::Frame { file: file.to_owned(), candidates, examples });
    }
}

fn table(file: &str, rows: Vec<[String; 6]>) -> Table {
    let used = COLUMNS.iter().enumerate().filter(|(place, _)| rows.iter().any(|row| !row[*place].is_empty()));
    let used: Vec<(usize, &str)> = used.map(|(place, name)| (place, *name)).collect();
    let columns = used.iter().map(|(_, name)| (*name).to_owned()).collect();
    let pick = |row: [String; 6]| used.iter().map(|(place, _)| row[*place].clone()).collect();
    Table { file: file.to_owned(), columns, rows: rows.into_iter().map(pick).collect() }
}

/// Whether a text is nothing but a list of numbers or of lists, perhaps empty.
fn is_number_list(text: &str) -> bool {
    let text = text.trim();
    let plain = |found: char| found.is_ascii_digit() || found.is_whitespace() || "[](),.+-eE".contains(found);
    text.starts_with('[') && text.ends_with(']') && text.chars().all(plain)
}

/// Whether a text is a list of lists of four numbers. Four numbers alone may be anything, as the scores of four classes.
fn are_boxes(text: &str) -> bool {
    let is_nested = text.trim_start().strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('['));
    let has_boxes =
        || matches!(numbers::groups(text).boxes(), (boxes, faults) if faults.is_empty() && !boxes.is_empty());
    is_nested && is_number_list(text) && has_boxes()
}

fn list_marks(boxes: &[[f64; 4]]) -> Vec<Mark> {
    let mark = |(index, numbers): (usize, &[f64; 4])| {
        Mark::of_box(format!("box {}", index + 1), String::new(), Edges { numbers: *numbers, frame: None })
    };
    boxes.iter().enumerate().map(mark).collect()
}

/// The mask of one `[SEG]`: run lengths, one or more polygons in pixels, or the name of a file. `number` is its place among
/// those of its image, from 1.
fn mask_of(value: &Value, number: usize) -> Result<Drawn, String> {
    let drawn = |value: &Value, nothing: &str| {
        let Pixels { drawn, faults } = drawn_of(Some(value));
        match faults.into_iter().next() {
            Some(fault) => Err(fault),
            None => drawn.ok_or_else(|| nothing.to_owned()),
        }
    };
    match value {
        Value::String(name) => Ok(Drawn::Beside { name: Some(name.clone()), number }),
        Value::Array(list) if list.first().is_some_and(Value::is_number) => {
            drawn(&Value::Array(vec![value.clone()]), "its polygon is empty")
        }
        Value::Array(_) | Value::Object(_) => drawn(value, "its mask is an empty list"),
        other => Err(format!("its mask is {}, not run lengths or polygons", fields::kind_of(other))),
    }
}

/// Which image a record's field means: its name, the first of several, the path of an object, or a number.
fn image_name(value: &Value) -> Option<ImageName> {
    match value {
        Value::String(name) => Some(ImageName::Named(name.clone())),
        Value::Number(_) => fields::whole(value).map(|number| ImageName::Numbered(JsonId::Number(number))),
        Value::Array(list) => image_name(list.first()?),
        Value::Object(object) => {
            ["path", "file_name", "image_path", "name"].iter().find_map(|key| image_name(object.get(*key)?))
        }
        _ => None,
    }
}
