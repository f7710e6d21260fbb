//! What JSON and YAML have in common, and what of it makes a list of knowledge.

use std::collections::HashMap;

use groundglass_formats::Problem;

use super::{Attribute, Entry, Knowledge, LanguageError, MOST_ENTRIES};

/// The longest label in bytes.
const LABEL: usize = 400;
/// The longest definition or attribute in bytes.
const TEXT: usize = 10_000;
/// The most attributes of an entry.
const ATTRIBUTES: usize = 64;
/// Of many problems only so many are told.
const TOLD: usize = 32;

/// A value with its place.
pub struct Node {
    pub value: Value,
    /// Line and column from 1; `None` in JSON, whose reader does not say them.
    pub at: Option<(usize, usize)>,
}

pub enum Value {
    Nothing,
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    const fn kind(&self) -> &'static str {
        match self.value {
            Value::Nothing => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// Makes entries of the nodes of one file.
pub struct Read<'a> {
    file: &'a str,
    problems: Vec<Problem>,
    untold: usize,
}

impl<'a> Read<'a> {
    pub const fn new(file: &'a str) -> Self {
        Self { file, problems: Vec::new(), untold: 0 }
    }

    pub fn knowledge(mut self, tree: Node) -> Result<(Knowledge, Vec<Problem>), LanguageError> {
        let found = tree.kind();
        let nodes: Vec<(Option<Node>, Node)> = match tree.value {
            Value::Map(pairs) => pairs.into_iter().map(|(key, value)| (Some(key), value)).collect(),
            Value::List(nodes) => nodes.into_iter().map(|node| (None, node)).collect(),
            Value::Nothing | Value::Text(_) => {
                let expected = "labels with their definitions, or a list of entries";
                return Err(LanguageError::unexpected(self.file, "the whole of it", found, expected));
            }
        };
        if nodes.len() > MOST_ENTRIES {
            let what = self.file.to_owned();
            return Err(LanguageError::TooLarge { what, found: nodes.len(), limit: MOST_ENTRIES, unit: "entries" });
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(nodes.len());
        let mut places: HashMap<String, usize> = HashMap::new();
        for (place, (key, node)) in nodes.into_iter().enumerate() {
            let at = key.as_ref().map_or(node.at, |key| key.at);
            let place = at.map_or_else(|| format!("entry {}", place + 1), |(line, _)| format!("line {line}"));
            let Some(entry) = self.entry(&place, key, node) else { continue };
            match places.get(&entry.label).and_then(|&at| entries.get_mut(at)) {
                Some(before) => {
                    self.problem(format!("{place}: \"{}\" stands there again; the later one counts", entry.label));
                    *before = entry;
                }
                None => {
                    places.insert(entry.label.clone(), entries.len());
                    entries.push(entry);
                }
            }
        }
        if self.untold > 0 {
            let (file, count) = (self.file, self.untold);
            let mut problem = Problem::new("entries", file, format!("{file}: {count} more faults in entries"));
            problem.count = count;
            self.problems.push(problem);
        }
        Ok((Knowledge { entries }, self.problems))
    }

    /// An entry with a label; without `key` the node itself says it.
    fn entry(&mut self, place: &str, key: Option<Node>, node: Node) -> Option<Entry> {
        let mut entry = Entry::default();
        let labelled = key.is_some();
        if let Some(key) = key {
            match key.text() {
                Some(label) => label.clone_into(&mut entry.label),
                None => {
                    let found = key.kind();
                    self.problem(format!("{place}: a label is {found}, not a text; its entry is left out"));
                    return None;
                }
            }
        }
        let found = node.kind();
        match node.value {
            Value::Map(fields) => {
                for (name, value) in fields {
                    self.field(place, &mut entry, labelled, name, value);
                }
            }
            Value::Text(text) if labelled => entry.definition = text,
            Value::Text(text) => entry.label = text,
            Value::Nothing if labelled => {}
            Value::Nothing | Value::List(_) => {
                self.problem(format!("{place}: an entry is {found}, not a definition or a mapping, and is left out"));
                return None;
            }
        }
        entry.label = entry.label.trim().to_owned();
        entry.definition = entry.definition.trim().to_owned();
        let long = [("label", entry.label.len(), LABEL), ("definition", entry.definition.len(), TEXT)];
        if let Some((what, length, most)) = long.into_iter().find(|(_, length, most)| length > most) {
            self.problem(format!("{place}: a {what} has {length} bytes, more than {most}; its entry is left out"));
            return None;
        }
        if entry.label.is_empty() {
            self.problem(format!("{place}: an entry has no label (\"label\" or \"name\"), and is left out"));
            return None;
        }
        Some(entry)
    }

    fn field(&mut self, place: &str, entry: &mut Entry, labelled: bool, name: Node, value: Node) {
        let Some(name) = name.text().map(str::trim) else {
            let found = name.kind();
            return self.problem(format!("{place}: the name of a field is {found}, not a text; it is left out"));
        };
        let found = value.kind();
        match (name.to_ascii_lowercase().as_str(), value.value) {
            (_, Value::Nothing) => {}
            ("label" | "name", Value::Text(text)) if !labelled && entry.label.is_empty() => entry.label = text,
            ("definition" | "description", Value::Text(text)) if entry.definition.is_empty() => entry.definition = text,
            ("attributes", Value::Map(fields)) => {
                for (name, value) in fields {
                    match name.text().map(|name| name.trim().to_owned()) {
                        Some(name) => self.attribute(place, entry, &name, value),
                        None => self.problem(format!("{place}: the name of an attribute is no text; it is left out")),
                    }
                }
            }
            ("attributes", Value::List(nodes)) => {
                for node in nodes {
                    self.listed_attribute(place, entry, node);
                }
            }
            ("label" | "name" | "definition" | "description", Value::List(_) | Value::Map(_)) => {
                self.problem(format!("{place}: \"{name}\" is {found}, not a text; it is left out"));
            }
            (_, value) => self.attribute(place, entry, name, Node { value, at: None }),
        }
    }

    /// An attribute of a list, as this writes them: a mapping of `name` and `value`, or one name with its value.
    fn listed_attribute(&mut self, place: &str, entry: &mut Entry, node: Node) {
        let found = node.kind();
        let Value::Map(fields) = node.value else {
            return self.problem(format!("{place}: an attribute is {found}, not a mapping; it is left out"));
        };
        let is = |key: &Node, name: &str| key.text().is_some_and(|key| key.trim() == name);
        let named = fields.iter().find(|(key, _)| is(key, "name")).and_then(|(_, value)| value.text());
        match named.map(|name| name.trim().to_owned()) {
            Some(name) => match fields.into_iter().find(|(key, _)| is(key, "value")) {
                Some((_, value)) => self.attribute(place, entry, &name, value),
                None => self.problem(format!("{place}: the attribute \"{name}\" has no \"value\"; it is left out")),
            },
            None => {
                for (name, value) in fields {
                    let name = name.text().unwrap_or_default().trim().to_owned();
                    self.attribute(place, entry, &name, value);
                }
            }
        }
    }

    fn attribute(&mut self, place: &str, entry: &mut Entry, name: &str, value: Node) {
        let found = value.kind();
        let text = match value.value {
            Value::Text(text) => Some(text.trim().to_owned()),
            Value::Nothing => Some(String::new()),
            // Several values of one property.
            Value::List(nodes) => {
                let texts: Option<Vec<&str>> = nodes.iter().map(|node| node.text().map(str::trim)).collect();
                texts.map(|texts| texts.join(", "))
            }
            Value::Map(_) => None,
        };
        let kept = text.filter(|text| !name.is_empty() && text.len() <= TEXT && name.len() <= LABEL);
        match kept {
            Some(value) if entry.attributes.len() < ATTRIBUTES => {
                entry.attributes.push(Attribute { name: name.to_owned(), value });
            }
            Some(_) => {
                self.problem(format!("{place}: an entry has more than {ATTRIBUTES} attributes; one is left out"))
            }
            None => self.problem(format!("{place}: an attribute is {found}, not a name with a text; it is left out")),
        }
    }

    fn problem(&mut self, message: String) {
        if self.problems.len() < TOLD {
            self.problems.push(Problem::new("entries", self.file, format!("{}, {message}", self.file)));
        } else {
            self.untold += 1;
        }
    }
}
