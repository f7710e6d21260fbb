//! What was understood of a set of files, in one sentence and in full.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::CaseSet;
use crate::problem::Problem;
use crate::reading::Question;

/// What was understood of a set of files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Understood {
    /// One sentence for a person.
    pub sentence: String,
    /// Cases: images, and slices of stacks.
    pub cases: usize,
    /// Cases whose image is not among the files.
    pub unseen: usize,
    /// Stacks, and how many slices they have in all.
    pub stacks: usize,
    /// Slices of all stacks.
    pub slices: usize,
    /// Cases of which the truth is known.
    pub with_truth: usize,
    /// Cases for which predictions were given.
    pub with_predictions: usize,
    /// Cases whose pixels have a known size in millimetres.
    pub with_spacing: usize,
    /// Boxes without pixels, of the truth and of every reader.
    pub boxes: usize,
    /// Regions with pixels, of the truth and of every reader.
    pub masks: usize,
    /// Given predictions.
    pub predictions: usize,
    /// Every class, with how often it is there and how often it was predicted.
    pub classes: Vec<UnderstoodClass>,
    /// Who marked, where several did.
    pub readers: Vec<String>,
    /// Attributes of cases, each with the number of its different values.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, number>"))]
    pub attributes: BTreeMap<String, usize>,
    /// How many files had each form.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, number>"))]
    pub forms: BTreeMap<String, usize>,
    /// Sentences about cases.
    #[serde(default, skip_serializing_if = "is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub sentences: usize,
    /// Places where readers looked.
    #[serde(default, skip_serializing_if = "is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub fixations: usize,
    /// Tables about cases as a whole: the file and its columns.
    pub tables: Vec<(String, Vec<String>)>,
    /// What readers hold likely, file by file.
    #[cfg(feature = "full")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub rankings: Vec<UnderstoodRankings>,
    /// What a person has to answer.
    pub questions: Vec<Question>,
    /// Every problem with its file.
    pub problems: Vec<Problem>,
}

const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// A class of a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct UnderstoodClass {
    /// Its name.
    pub name: String,
    /// Regions of the truth and of every reader.
    pub truths: usize,
    /// Given predictions.
    pub predictions: usize,
}

/// What a file of readers' rankings holds.
#[cfg(feature = "full")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct UnderstoodRankings {
    /// The file.
    pub file: String,
    /// How many cases it ranks classes for.
    pub cases: usize,
    /// How many readers ranked.
    pub readers: usize,
    /// How many classes are ranked.
    pub classes: usize,
}

#[cfg(feature = "full")]
impl UnderstoodRankings {
    pub(super) fn of(file: &str, rankings: &crate::forms::Rankings) -> Self {
        let (readers, classes) = (rankings.readers().len(), rankings.ranked().len());
        Self { file: file.to_owned(), cases: rankings.cases.len(), readers, classes }
    }
}

impl CaseSet {
    /// What was understood; `problems` are those that were told while the files were read.
    pub fn understood(&self, problems: Vec<Problem>) -> Understood {
        let mut classes: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
        let mut attributes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut readers = BTreeSet::new();
        let (mut boxes, mut masks) = (0, 0);
        for entry in &self.cases {
            let case = &entry.case;
            // The truth may be the first reader's, whose regions count once.
            let first = case.readers.values().next();
            let truth = case.truth.as_ref().filter(|truth| first != Some(*truth));
            for region in truth.into_iter().chain(case.readers.values()).flat_map(|truth| &truth.regions) {
                classes.entry(&region.label).or_default()[0] += 1;
                *if region.region.mask.is_some() { &mut masks } else { &mut boxes } += 1;
            }
            for finding in entry.given.iter().flatten() {
                classes.entry(&finding.label).or_default()[1] += 1;
            }
            readers.extend(case.readers.keys().cloned());
            for (name, value) in &case.attributes {
                attributes.entry(name).or_default().insert(value);
            }
        }
        let mut forms: BTreeMap<String, usize> = BTreeMap::new();
        for kind in self.kinds.values() {
            *forms.entry((*kind).to_owned()).or_default() += 1;
        }
        let count = |is: fn(&super::Entry) -> bool| self.cases.iter().filter(|entry| is(entry)).count();
        let problems: Vec<Problem> = problems.into_iter().chain(self.finish()).collect();
        let class = |(name, [truths, predictions]): (&str, [usize; 2])| UnderstoodClass {
            name: name.to_owned(),
            truths,
            predictions,
        };
        let mut understood = Understood {
            sentence: String::new(),
            cases: self.cases.len(),
            unseen: count(|entry| entry.unseen),
            stacks: self.stacks.len(),
            slices: self.stacks.values().map(|slices| slices.len()).sum(),
            with_truth: count(|entry| entry.case.truth.is_some()),
            with_predictions: count(|entry| entry.given.is_some()),
            with_spacing: count(|entry| entry.case.spacing.is_some()),
            boxes,
            masks,
            predictions: self.cases.iter().flat_map(|entry| entry.given.iter().flatten()).count(),
            classes: classes.into_iter().map(class).collect(),
            readers: readers.into_iter().collect(),
            attributes: attributes.into_iter().map(|(name, values)| (name.to_owned(), values.len())).collect(),
            forms,
            sentences: self.sentences.values().map(Vec::len).sum(),
            fixations: self
                .cases
                .iter()
                .flat_map(|entry| entry.fixations.values())
                .map(|gaze| gaze.fixations.len())
                .sum(),
            tables: self.tables.iter().map(|table| (table.file.clone(), table.columns.clone())).collect(),
            #[cfg(feature = "full")]
            rankings: self.rankings.clone(),
            questions: self.questions.clone(),
            problems,
        };
        understood.sentence = sentence(&understood);
        understood
    }
}

fn sentence(of: &Understood) -> String {
    let mut parts = Vec::new();
    let images = of.forms.get("image").copied().unwrap_or_default();
    if images > 0 || of.unseen == 0 {
        parts.push(counted(images, "image", "images"));
    }
    if of.unseen > 0 {
        parts.push(counted(of.unseen, "case without its image", "cases without their image"));
    }
    if of.stacks > 0 {
        parts.push(format!("{} of {}", counted(of.stacks, "stack", "stacks"), counted(of.slices, "slice", "slices")));
    }
    for (form, count) in of.forms.iter().filter(|(form, _)| *form != "image") {
        let form = form.split(" (").next().unwrap_or(form);
        parts.push(if form.ends_with("map") {
            counted(*count, form, &format!("{form}s"))
        } else if form.starts_with("table") {
            counted(*count, "table", "tables")
        } else {
            format!("{count} {form} {}", if *count == 1 { "file" } else { "files" })
        });
    }
    if !of.classes.is_empty() {
        parts.push(counted(of.classes.len(), "class", "classes"));
    }
    if of.with_truth > 0 {
        parts.push(counted(of.readers.len().max(1), "reader", "readers"));
    }
    if of.predictions > 0 {
        parts.push(counted(of.predictions, "prediction", "predictions"));
    }
    let mut sentence = parts.join(", ");
    let mut kinds: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for problem in of.problems.iter().filter(|problem| !problem.kind.is_empty()) {
        let kind = kinds.entry(&problem.kind).or_default();
        kind.0 += problem.count;
        kind.1.insert(&problem.file);
    }
    const NAMED: usize = 3;
    for (index, (kind, (count, files))) in kinds.into_iter().enumerate() {
        let mut names = files.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        if files.len() > NAMED {
            names = format!("{names} and {} more", files.len() - NAMED);
        }
        sentence = format!("{sentence}{} {kind}: {count} ({names})", if index == 0 { ";" } else { "," });
    }
    sentence
}

fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
