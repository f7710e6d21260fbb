//! What readers hold likely, in order: for each case and reader groups of classes, the likeliest group first; classes of one group
//! are equally likely (a partial ranking).
//!
//! Two forms in JSON: `{"cases": {case: {reader: [[class, ...], ...]}}}`, with `"classes": [...]` and `"risks": [...]` where these
//! are known; and lists alone, `[[[[class, ...], ...], ...], ...]`, as the selectors of Google DeepMind's `uncertain_ground_truth`
//! have it, in which cases and readers are called by their places from 0.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::json::not_of;
use crate::FormatError;
use crate::coco::{json_error, not_empty};
use crate::content::Content;
use crate::json_stream::{elements, first_elements, members_within};
use crate::list::{AnnotationFormat, Probe};
use crate::problem::{Problem, ProblemList};
use crate::reading::{Hints, Reading};

const FORM: &str = "a file of readers' rankings (JSON)";
/// How many cases are looked at to see what a list is.
const LOOKED_AT: usize = 64;

/// A class of a ranking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub enum RankedClass {
    /// By its number, from 0.
    Number(u32),
    /// By its name.
    Name(String),
}

/// The groups of one reader, the likeliest first.
pub type RankedGroups = Vec<Vec<RankedClass>>;

/// What the readers of one case hold likely, by what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankedCase {
    /// What the case is called.
    pub name: String,
    /// The groups of each reader.
    pub readers: BTreeMap<String, RankedGroups>,
}

/// A file of rankings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rankings {
    /// The names of the classes by their numbers; empty where the file has none.
    pub classes: Vec<String>,
    /// How grave each class is, where the file says so.
    pub risks: Option<Vec<u8>>,
    /// The cases in the file's order.
    pub cases: Vec<RankedCase>,
}

impl Rankings {
    /// Everyone who ranked.
    pub fn readers(&self) -> BTreeSet<&str> {
        self.cases.iter().flat_map(|case| case.readers.keys().map(String::as_str)).collect()
    }

    /// Every class that is ranked.
    pub fn ranked(&self) -> BTreeSet<&RankedClass> {
        self.cases.iter().flat_map(|case| case.readers.values().flatten().flatten()).collect()
    }
}

/// Reads a file of rankings. What is wrong with a case costs that case and comes back beside.
///
/// # Errors
/// [`FormatError`] where the bytes are not JSON, or of neither form.
pub fn read_rankings<'c>(
    file: &'c str,
    content: impl Into<Content<'c>>,
) -> Result<(Rankings, Vec<Problem>), FormatError> {
    read(&Probe::new(file, content))
}

/// What stands beside the cases.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    risks: Option<Vec<u8>>,
}

fn read(probe: &Probe<'_>) -> Result<(Rankings, Vec<Problem>), FormatError> {
    let (file, content) = (probe.path(), probe.content());
    not_empty(file, content)?;
    let wrong = |error: serde_json::Error| match error.is_data() {
        true => not_of(probe, FORM, error.to_string()),
        false => json_error(file, &error),
    };
    let (mut problems, mut cases) = (ProblemList::default(), Vec::new());
    let mut take = |name: String, readers: serde_json::Result<BTreeMap<String, RankedGroups>>| match readers {
        Ok(readers) => cases.push(RankedCase { name, readers }),
        Err(error) => {
            let message = format!("{file}: case {name} is left out: {error}");
            problems.push("rankings that cannot be read", file, message);
        }
    };
    let head = if probe.first() == Some(b'[') {
        elements(content, &mut |place, raw| {
            let lists = serde_json::from_str::<Vec<RankedGroups>>(raw.get());
            let named = |lists: Vec<RankedGroups>| {
                lists.into_iter().enumerate().map(|(reader, groups)| (reader.to_string(), groups)).collect()
            };
            take(place.to_string(), lists.map(named));
        })
        .map_err(wrong)?;
        Head { classes: Vec::new(), risks: None }
    } else {
        members_within(content, "cases", &mut |name, raw| take(name, serde_json::from_str(raw.get())))
            .map_err(wrong)?;
        content.json().map_err(wrong)?
    };
    let Head { classes, risks } = head;
    Ok((Rankings { classes, risks, cases }, problems.into_problems()))
}

/// Readers' rankings.
pub struct RankingsFile;

impl AnnotationFormat for RankingsFile {
    fn id(&self) -> &'static str {
        "rankings"
    }

    fn name(&self) -> &'static str {
        "readers' rankings (JSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        let ranks = |groups: &RankedGroups| groups.iter().any(|group| !group.is_empty());
        match probe.first() {
            Some(b'[') => {
                let cases = first_elements::<Vec<RankedGroups>>(probe.content(), LOOKED_AT);
                cases.iter().flatten().any(ranks)
            }
            Some(b'{') if probe.has_keys(&["cases"]) => {
                let mut is_ranked = false;
                let read = members_within(probe.content(), "cases", &mut |_, raw| {
                    is_ranked = is_ranked
                        || serde_json::from_str::<BTreeMap<String, RankedGroups>>(raw.get())
                            .is_ok_and(|readers| readers.values().any(ranks));
                });
                read.is_ok() && is_ranked
            }
            _ => false,
        }
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        let (rankings, problems) = read(probe)?;
        Ok(Reading { rankings: Some(rankings), problems, ..Reading::default() })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{RankedClass, read_rankings};
    use crate::list::Probe;
    use crate::{Hints, format_of};

    #[test]
    fn lists_alone_are_cases_and_readers_by_their_places() {
        let text = br#"[[[[0, 3], [2]], [[1], [0]]], [[[2], "x"]], [], [[[1]]]]"#;
        let (rankings, problems) = read_rankings("s.json", text).unwrap();
        let names: Vec<&str> = rankings.cases.iter().map(|case| case.name.as_str()).collect();
        assert_eq!(names, ["0", "2", "3"]);
        assert_eq!(rankings.cases[0].readers["0"][0], [RankedClass::Number(0), RankedClass::Number(3)]);
        assert_eq!(rankings.cases[0].readers["1"], [[RankedClass::Number(1)], [RankedClass::Number(0)]]);
        assert_eq!((rankings.readers().len(), rankings.ranked().len(), problems.len()), (2, 4, 1));
        assert!(problems[0].message.starts_with("s.json: case 1 is left out: "), "{}", problems[0].message);
    }

    #[test]
    fn an_object_names_cases_readers_and_classes() {
        let text = br#"{"classes": ["a", "b"], "cases": {"x.png": {"r1": [["b"], ["a"]]}}}"#;
        let probe = Probe::new("s.json", text);
        let form = format_of(&probe).unwrap();
        assert_eq!(form.id(), "rankings");
        let rankings = form.read(&probe, &Hints::default()).unwrap().rankings.unwrap();
        assert_eq!((rankings.classes.len(), rankings.cases[0].name.as_str()), (2, "x.png"));
        assert_eq!(rankings.cases[0].readers["r1"][0], [RankedClass::Name("b".to_owned())]);
    }

    #[test]
    fn other_lists_and_objects_are_of_other_forms() {
        for text in ["[[[1, 2], [3, 4]]]", "[]", "[[]]", "[[[[]]]]", "{\"cases\": []}", "{\"cases\": {\"a\": 1}}", "[1"]
        {
            let probe = Probe::new("s.json", text.as_bytes());
            assert!(format_of(&probe).is_none_or(|form| form.id() != "rankings"), "{text}");
        }
    }
}
