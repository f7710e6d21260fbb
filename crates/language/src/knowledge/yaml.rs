//! YAML from the events of its parser, with bounds.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::LanguageError;
use super::tree::{Node, Value};

/// How deep mappings and lists may lie in each other: a list of entries with attributes has four.
const DEEPEST: usize = 8;
/// The most values of a file.
const MOST_VALUES: usize = 400_000;

/// A mapping or a list that has not ended.
enum Open {
    List(Vec<Node>),
    Map(Vec<(Node, Node)>, Option<Node>),
}

pub fn read(file: &str, text: &str) -> Result<Node, LanguageError> {
    let refuse = |at: &Marker, found: &str, expected: &str| {
        Err(LanguageError::unexpected(file, format!("line {}, column {}", at.line(), at.col() + 1), found, expected))
    };
    let mut open: Vec<(Open, Option<(usize, usize)>)> = Vec::new();
    let (mut whole, mut values) = (None, 0);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| LanguageError::Syntax {
            file: file.to_owned(),
            form: "YAML",
            detail: error.info().to_owned(),
            line: error.marker().line(),
            column: error.marker().col() + 1,
        })?;
        let at = Some((span.start.line(), span.start.col() + 1));
        let ended = match event {
            Event::Alias(_) => return refuse(&span.start, "an alias", "a value of its own"),
            Event::DocumentStart(_) if whole.is_some() => {
                return refuse(&span.start, "a second document", "the end of the file");
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() >= DEEPEST {
                    return refuse(&span.start, "a value inside eight others", "a list of labels and definitions");
                }
                let map = matches!(event, Event::MappingStart(..));
                open.push((if map { Open::Map(Vec::new(), None) } else { Open::List(Vec::new()) }, at));
                None
            }
            Event::Scalar(text, style, ..) => {
                let empty = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                Some(Node { value: if empty { Value::Nothing } else { Value::Text(text.into_owned()) }, at })
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|(open, at)| {
                let value = match open {
                    Open::List(nodes) => Value::List(nodes),
                    Open::Map(pairs, _) => Value::Map(pairs),
                };
                Node { value, at }
            }),
            _ => None,
        };
        let Some(node) = ended else { continue };
        values += 1;
        if values > MOST_VALUES {
            let what = file.to_owned();
            return Err(LanguageError::TooLarge { what, found: values, limit: MOST_VALUES, unit: "values" });
        }
        match open.last_mut() {
            None => whole = Some(node),
            Some((Open::List(nodes), _)) => nodes.push(node),
            Some((Open::Map(pairs, key), _)) => match key.take() {
                Some(key) => pairs.push((key, node)),
                None => *key = Some(node),
            },
        }
    }
    whole.ok_or_else(|| LanguageError::unexpected(file, "the file", "empty", "a list of labels and definitions"))
}
