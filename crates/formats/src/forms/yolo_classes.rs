//! The names of YOLO's classes: `classes.txt`, `obj.names` and the like, one name a line, or `data.yaml` with `names`, which
//! may also say what keypoints its labels have (`kpt_shape`).

use super::yaml;
use crate::list::{AnnotationFormat, Probe};
use crate::reading::{Class, Hints, Reading};
use crate::{FormatError, JsonId, paths};

/// Lists of class names.
pub struct YoloClasses;

const LISTS: [&str; 6] =
    ["classes.txt", "class_names.txt", "classnames.txt", "labels.txt", "obj_names.txt", "predefined_classes.txt"];

/// A class's name is a few words.
const LONGEST: usize = 200;

impl YoloClasses {
    /// Whether a file is called as lists of classes are.
    pub fn is_list(path: &str) -> bool {
        let base = paths::base_name(&paths::normalised(path)).to_ascii_lowercase();
        LISTS.contains(&base.as_str()) || paths::extension(path) == "names"
    }
}

impl AnnotationFormat for YoloClasses {
    fn id(&self) -> &'static str {
        "yolo_classes"
    }

    fn name(&self) -> &'static str {
        "names of YOLO classes (classes.txt, .names, data.yaml)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        let Some(text) = probe.text() else { return false };
        match probe.extension().as_str() {
            "yaml" | "yml" => yaml::has_key(text, "names"),
            _ => Self::is_list(probe.path()) && text.lines().all(|line| line.len() <= LONGEST),
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
        let keypoints = match probe.extension().as_str() {
            "yaml" | "yml" => keypoints(text),
            _ => None,
        };
        let class = |(number, name): (i64, String)| Class { id: Some(JsonId::Number(number)), name };
        let classes = names.into_iter().filter(|(_, name)| !name.is_empty()).map(class).collect::<Vec<_>>();
        if classes.is_empty() {
            return Err(fault("it names no class"));
        }
        Ok(Reading { classes, keypoints, ..Reading::default() })
    }
}

fn numbered(names: impl Iterator<Item = String>) -> Vec<(i64, String)> {
    (0_i64..).zip(names).collect()
}

/// The list or the map `names` of a YAML file. Keys of a map are the numbers of the classes.
fn of_yaml(text: &str) -> Vec<(i64, String)> {
    let entries = yaml::entries(text, "names").unwrap_or_default();
    let numbers = || entries.iter().filter_map(|(key, name)| Some((key.as_ref()?.parse().ok()?, name.clone())));
    if entries.iter().any(|(key, _)| key.is_some()) {
        return numbers().collect();
    }
    numbered(entries.into_iter().map(|(_, name)| name))
}

/// How many keypoints an object has, and how many numbers each: 2, or 3 with its visibility.
fn keypoints(text: &str) -> Option<[usize; 2]> {
    let entries = yaml::entries(text, "kpt_shape")?;
    let numbers = entries.iter().map(|(_, number)| number.parse().ok()).collect::<Option<Vec<usize>>>()?;
    match numbers[..] {
        [count, each @ 2..=3] if count > 0 => Some([count, each]),
        _ => None,
    }
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
        let yaml = "kpt_shape: [17, 3] # COCO\nnames: ['Crohn''s disease', 'Crohn''s like', \"L\\xE4sion\"]\n";
        let names = names("data.yaml", yaml).into_iter().map(|(_, name)| name).collect::<Vec<_>>();
        assert_eq!(names, ["Crohn's disease", "Crohn's like", "L\u{e4}sion"]);
        let read = |text: &str| YoloClasses.read(&Probe::new("data.yaml", text.as_bytes()), &Hints::default()).unwrap();
        assert_eq!(read(yaml).keypoints, Some([17, 3]));
        assert_eq!(read("names: [a]\nkpt_shape:\n- 2\n- 2\n").keypoints, Some([2, 2]));
        assert_eq!(read("names: [a]\nkpt_shape: [17, 4]").keypoints, None);
        assert!(YoloClasses.read(&Probe::new("data.yaml", b"names: [broken"), &Hints::default()).is_ok());
        assert!(YoloClasses.read(&Probe::new("data.yaml", b"names:"), &Hints::default()).is_err());
        assert!(!YoloClasses.recognises(&Probe::new("notes.txt", b"a\nb")));
    }
}
