//! The names of YOLO's classes: `classes.txt`, `obj.names` and the like, one name a line, or `data.yaml` with `names`.

use crate::list::{AnnotationFormat, Probe};
use crate::reading::{Class, Hints, Reading};
use crate::{FormatError, JsonId, paths};

/// Lists of class names.
pub struct YoloClasses;

const LISTS: [&str; 6] =
    ["classes.txt", "class_names.txt", "classnames.txt", "labels.txt", "obj_names.txt", "predefined_classes.txt"];

/// A class's name is a few words.
const LONGEST: usize = 200;

impl AnnotationFormat for YoloClasses {
    fn id(&self) -> &'static str {
        "yolo_classes"
    }

    fn name(&self) -> &'static str {
        "names of YOLO classes (classes.txt, .names, data.yaml)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        let base = paths::base_name(probe.path()).to_ascii_lowercase();
        let is_list = LISTS.contains(&base.as_str()) || probe.extension() == "names";
        let Some(text) = probe.text() else { return false };
        match probe.extension().as_str() {
            "yaml" | "yml" => text.lines().any(|line| line.starts_with("names:")),
            _ => is_list && text.lines().all(|line| line.len() <= LONGEST),
        }
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let fault = |detail: &str| FormatError::NotOfForm {
            file: probe.path().to_owned(),
            form: "a list of class names",
            detail: detail.to_owned(),
        };
        let text = probe.text().ok_or_else(|| fault("it is not UTF-8 text"))?;
        let names = match probe.extension().as_str() {
            "yaml" | "yml" => of_yaml(text),
            // The number is that of the line, so an empty one has its number too.
            _ => numbered(text.lines().map(|line| line.trim().to_owned())),
        };
        let class = |(number, name): (i64, String)| Class { id: Some(JsonId::Number(number)), name };
        let classes = names.into_iter().filter(|(_, name)| !name.is_empty()).map(class).collect::<Vec<_>>();
        if classes.is_empty() {
            return Err(fault("it names no class"));
        }
        Ok(Reading { classes, ..Reading::default() })
    }
}

fn numbered(names: impl Iterator<Item = String>) -> Vec<(i64, String)> {
    (0_i64..).zip(names).collect()
}

/// The list or the map `names` of a YAML file, in the few ways in which tools write it: `[a, b]`, `{0: a}`, lines of
/// `- a` and lines of `0: a`.
fn of_yaml(text: &str) -> Vec<(i64, String)> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("names:"));
    let first = lines.next().and_then(|line| line.strip_prefix("names:")).unwrap_or_default().trim();
    let mut entries = Vec::new();
    if let Some(open) = first.chars().next().filter(|open| ['[', '{'].contains(open)) {
        let close = if open == '[' { ']' } else { '}' };
        let mut inside = first.trim_start_matches(open).to_owned();
        while !inside.contains(close) {
            let Some(line) = lines.next() else { break };
            inside.push_str(line);
            inside.push(' ');
        }
        let end = inside.find(close).unwrap_or(inside.len());
        entries = split(inside.get(..end).unwrap_or_default());
    } else {
        for line in lines {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if !line.starts_with([' ', '\t', '-']) {
                break;
            }
            entries.push(trimmed.trim_start_matches("- ").to_owned());
        }
    }
    let is_map = !entries.is_empty() && entries.iter().all(|entry| keyed(entry).is_some());
    match is_map {
        true => entries.iter().filter_map(|entry| keyed(entry)).collect(),
        false => numbered(entries.iter().map(|entry| unquoted(entry))),
    }
}

/// At commas that stand in no quotation marks.
fn split(text: &str) -> Vec<String> {
    let (mut entries, mut entry, mut quote) = (Vec::new(), String::new(), None);
    for character in text.chars() {
        match (character, quote) {
            (',', None) => entries.push(std::mem::take(&mut entry)),
            ('"' | '\'', None) if entry.trim().is_empty() || entry.trim_end().ends_with(':') => {
                quote = Some(character);
                entry.push(character);
            }
            (_, open) => {
                if open == Some(character) {
                    quote = None;
                }
                entry.push(character);
            }
        }
    }
    if !entry.trim().is_empty() {
        entries.push(entry);
    }
    entries
}

/// `0: name`.
fn keyed(entry: &str) -> Option<(i64, String)> {
    let (key, name) = entry.split_once(':')?;
    Some((unquoted(key).parse().ok()?, unquoted(name)))
}

/// Without the quotation marks or the comment.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some((name, _)) = text.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return name.to_owned();
        }
    }
    text.split(" #").next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::YoloClasses;
    use crate::JsonId;
    use crate::list::{AnnotationFormat, Probe};
    use crate::reading::Hints;

    fn names(path: &str, text: &str) -> Vec<(i64, String)> {
        let probe = Probe::new(path, text.as_bytes());
        assert!(YoloClasses.recognises(&probe), "{path}");
        let number = |id: Option<JsonId>| match id {
            Some(JsonId::Number(number)) => number,
            _ => panic!(),
        };
        let classes = YoloClasses.read(&probe, &Hints::default()).unwrap().classes;
        classes.into_iter().map(|class| (number(class.id), class.name)).collect()
    }

    #[test]
    fn lists_and_every_way_of_yaml() {
        let expected = [(0, "red cell".to_owned()), (1, "b".to_owned())];
        for (path, text) in [
            ("x/classes.txt", "red cell\nb\n"),
            ("obj.names", "red cell\r\nb"),
            ("data.yaml", "train: a\nnc: 2\nnames: ['red cell', b]\n"),
            ("data.yaml", "names: [\n  \"red cell\",\n  b,\n]\nnc: 2"),
            ("data.yml", "names:\n- red cell\n- b # blue\nnc: 2"),
            ("data.yaml", "names:\n  0: red cell\n\n  # so\n  1: 'b'\nroboflow:\n  2: c"),
            ("data.yaml", "names: {0: red cell, 1: 'b'}"),
        ] {
            assert_eq!(names(path, text), expected, "{text}");
        }
        assert_eq!(names("classes.txt", "a\n\nb\n"), [(0, "a".to_owned()), (2, "b".to_owned())]);
        assert_eq!(names("data.yaml", "names: ['a, b', 'c']")[0].1, "a, b");
        assert!(YoloClasses.read(&Probe::new("data.yaml", b"names: [broken"), &Hints::default()).is_ok());
        assert!(YoloClasses.read(&Probe::new("data.yaml", b"names:"), &Hints::default()).is_err());
        assert!(!YoloClasses.recognises(&Probe::new("notes.txt", b"a\nb")));
    }
}
