//! What several DICOM objects draw on one image. One object for each structure is common, so objects with different
//! classes stand together; of a class that two of them draw, the object whose file's name comes first is kept, in
//! whichever order they are read.

use std::collections::{BTreeMap, HashMap, HashSet};

use groundglass_types::{Finding, Truth, TruthRegion};

use super::placing::{SECOND_FINDINGS, Said};
use super::{CaseSet, Entry, SECOND_TRUTH};
use crate::problem::ProblemList;

/// Whose drawings are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    Truth,
    Reader(String),
    Findings,
}

/// What one object draws on a case.
#[derive(Debug, Default)]
pub struct Object {
    /// Its regions, each with its class as the object names it: corrections may make one class of two.
    pub regions: Vec<(String, TruthRegion)>,
    /// Whether it lists the image and draws nothing on it. What other files say of the image stands against that.
    pub is_blank: bool,
}

/// Objects by whose drawings they have, and by their files.
pub type Objects = BTreeMap<Whose, BTreeMap<String, Object>>;

/// A class that an object draws and an object before it drew already.
struct Second<'a> {
    file: &'a str,
    label: &'a str,
    first: &'a str,
}

/// The regions that stand, and the classes of later files that do not.
fn together(objects: &BTreeMap<String, Object>) -> (Vec<&TruthRegion>, Vec<Second<'_>>) {
    let mut drawn: HashMap<&str, &str> = HashMap::new();
    let (mut regions, mut seconds) = (Vec::new(), Vec::new());
    for (file, object) in objects {
        let mut told = HashSet::new();
        for (label, region) in &object.regions {
            match *drawn.entry(label).or_insert(file) {
                first if first == file => regions.push(region),
                first if told.insert(label) => seconds.push(Second { file, label, first }),
                _ => {}
            }
        }
    }
    (regions, seconds)
}

impl Entry {
    fn owner(&self, whose: &Whose) -> Option<&String> {
        match whose {
            Whose::Truth => self.truth_file.as_ref(),
            Whose::Reader(reader) => self.reader_files.get(reader),
            Whose::Findings => self.findings_file.as_ref(),
        }
    }

    /// Takes in what an object draws; `file` is its file, `path` the case.
    pub(super) fn take_object(
        &mut self,
        file: &str,
        path: &str,
        whose: Whose,
        object: Object,
        problems: &mut ProblemList,
    ) {
        let of_objects = |first: &String| self.objects.get(&whose).is_some_and(|objects| objects.contains_key(first));
        if let Some(first) = self.owner(&whose).filter(|first| !of_objects(first)) {
            if !object.is_blank {
                let (kind, message) = match &whose {
                    Whose::Truth => (
                        SECOND_TRUTH,
                        format!("{file} has truth for {path}, which has it from {first} already; that is kept"),
                    ),
                    Whose::Reader(reader) => (
                        SECOND_TRUTH,
                        format!(
                            "{file} has {reader}'s truth for {path}, which has it from {first} already; that is kept"
                        ),
                    ),
                    Whose::Findings => (
                        SECOND_FINDINGS,
                        format!(
                            "{file} has predictions for {path}, which has them from {first} already; those are kept"
                        ),
                    ),
                };
                problems.push(kind, file, message);
            }
            return;
        }
        self.objects.entry(whose.clone()).or_default().insert(file.to_owned(), object);
        self.put_together(&whose);
    }

    /// Makes the truth, a reader's truth or the findings of all objects that draw them.
    fn put_together(&mut self, whose: &Whose) {
        let Some(objects) = self.objects.get(whose).filter(|objects| !objects.is_empty()) else {
            self.objects.remove(whose);
            self.release(whose);
            return;
        };
        let first = objects.keys().next().cloned().unwrap_or_default();
        let regions: Vec<TruthRegion> = together(objects).0.into_iter().cloned().collect();
        match whose {
            Whose::Truth => {
                self.case.truth = Some(Truth { regions });
                self.truth_file = Some(first);
            }
            Whose::Reader(reader) => {
                self.case.readers.insert(reader.clone(), Truth { regions });
                self.reader_files.insert(reader.clone(), first);
                self.truth_of_readers();
            }
            Whose::Findings => {
                let found = |TruthRegion { label, region, .. }| Finding { label, score: 1.0, region };
                self.given = Some(regions.into_iter().map(found).collect());
                self.findings_file = Some(first);
            }
        }
    }

    fn release(&mut self, whose: &Whose) {
        match whose {
            Whose::Truth => (self.case.truth, self.truth_file) = (None, None),
            Whose::Reader(reader) => {
                self.case.readers.remove(reader);
                self.reader_files.remove(reader);
            }
            Whose::Findings => (self.given, self.findings_file) = (None, None),
        }
        self.truth_of_readers();
    }

    /// Makes room for what a file of another form says, where objects only list the image.
    pub(super) fn yield_blanks(&mut self, said: &Said) {
        let readers = said.readers.keys().map(|reader| Whose::Reader(reader.clone()));
        let truth = said.truth.iter().map(|_| Whose::Truth);
        let findings = said.findings.iter().map(|_| Whose::Findings);
        for whose in readers.chain(truth).chain(findings) {
            if self.objects.get(&whose).is_some_and(|objects| objects.values().all(|object| object.is_blank)) {
                self.objects.remove(&whose);
                self.release(&whose);
            }
        }
    }

    /// Forgets what an object draws; whether it drew anything.
    pub(super) fn withdraw_object(&mut self, file: &str) -> bool {
        let removed =
            self.objects.iter_mut().filter_map(|(whose, objects)| objects.remove(file).map(|_| whose.clone()));
        let removed: Vec<Whose> = removed.collect();
        removed.iter().for_each(|whose| self.put_together(whose));
        !removed.is_empty()
    }
}

impl CaseSet {
    /// Forgets what objects found, so that those of another model can come; what was left out of them is told.
    pub(super) fn take_found_objects(&mut self) {
        let mut problems = ProblemList::default();
        self.seconds_of_objects(|whose| *whose == Whose::Findings, &mut problems);
        self.take_found_volumes(&mut problems);
        self.notes.extend(problems.into_problems());
        self.cases.iter_mut().for_each(|entry| drop(entry.objects.remove(&Whose::Findings)));
    }

    /// What was left out because another object draws the same class on the same image, one line a class.
    pub(super) fn seconds_of_objects(&self, is_meant: impl Fn(&Whose) -> bool, problems: &mut ProblemList) {
        let mut found: BTreeMap<(&Whose, &str, &str, &str), Vec<&str>> = BTreeMap::new();
        for entry in &self.cases {
            for (whose, objects) in entry.objects.iter().filter(|(whose, _)| is_meant(whose)) {
                for Second { file, label, first } in together(objects).1 {
                    found.entry((whose, file, label, first)).or_default().push(&entry.case.name);
                }
            }
        }
        for ((whose, file, label, first), cases) in found {
            let label = match whose {
                Whose::Reader(reader) => format!("{reader}'s \"{label}\""),
                Whose::Truth | Whose::Findings => format!("\"{label}\""),
            };
            let message = match cases.as_slice() {
                [one] => format!("{file} draws {label} on {one}, which has it from {first} already; that is kept"),
                several => format!(
                    "{file} draws {label} on {} images, the first of them {}, which have it from {first} already; that is kept",
                    several.len(),
                    several.first().unwrap_or(&"")
                ),
            };
            problems.push(if *whose == Whose::Findings { SECOND_FINDINGS } else { SECOND_TRUTH }, file, message);
        }
    }
}
