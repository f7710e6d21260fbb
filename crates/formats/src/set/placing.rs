//! What files say of images, brought to its image.

use std::collections::BTreeMap;

use groundglass_types::{Finding, Truth};

#[cfg(feature = "full")]
use super::encoded::meanings;
use super::names::{Match, joined_parts};
use super::{CaseSet, Entry, Gaze, GivenAs, OTHER_SIZE, SECOND_TRUTH};
use crate::budget::Budget;
use crate::coco::JsonId;
use crate::mark::{Canvas, Mark};
use crate::paths::{base_name, extension, folders, normalised, stem};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, ImageName, PlacedFixation, is_unknown, tell_unknown};
use crate::words::key_of;
use crate::write::Side;

pub(super) const SECOND_FINDINGS: &str = "second predictions of one image";

/// What a file says of one image, until the image comes.
#[derive(Debug)]
pub struct Waiting {
    pub file: String,
    /// The side that all of it is of, where the file's form says so.
    pub side: Option<Side>,
    /// What its file was given as.
    pub given_as: GivenAs,
    /// Its place among all that was said.
    pub order: usize,
    pub image: AnnotatedImage,
    /// What was said, where the file itself tells how large the image is.
    pub said: Option<Said>,
    /// Whether it adds to what the same file said of the image before.
    pub more: bool,
}

/// What a file says of one image, in pixels.
#[derive(Debug, Default)]
pub struct Said {
    pub truth: Option<Truth>,
    pub readers: BTreeMap<String, Truth>,
    pub findings: Option<Vec<Finding>>,
    /// Where readers looked.
    pub fixations: Vec<PlacedFixation>,
    /// Whether it adds to what the same file said of the image before.
    pub more: bool,
}

/// How many marks a file has of one image, by what they are of.
#[derive(Debug, Default)]
struct Marked {
    truth: usize,
    readers: BTreeMap<String, usize>,
    findings: usize,
}

impl Marked {
    /// Takes out what has marks of which none could be used; says whether there was such.
    fn leave_unknown(&self, said: &mut Said) -> bool {
        let regions = |truth: &Truth| truth.regions.len();
        let truth = said.truth.take_if(|truth| is_unknown(self.truth, regions(truth)));
        let findings = said.findings.take_if(|findings| is_unknown(self.findings, findings.len()));
        let known = said.readers.len();
        let marks = |reader: &String| self.readers.get(reader).copied().unwrap_or_default();
        said.readers.retain(|reader, truth| !is_unknown(marks(reader), regions(truth)));
        truth.is_some() || findings.is_some() || said.readers.len() < known
    }
}

/// Words of a folder or a file's name that make all marks in it predictions.
const PREDICTION_WORDS: &[&str] = &["prediction", "predictions", "predicted", "preds", "pred", "detections"];

/// The tasks in Ultralytics' folders of results, `runs/detect/predict2/labels`.
const RESULT_TASKS: &[&str] = &["detect", "segment", "pose", "obb"];

/// How the name of a reader's folder or file begins.
const READER_WORDS: &[&str] = &["reader", "rater", "annotator", "grader", "observer", "radiologist"];

/// What a path says of the files in it.
#[derive(Debug, Default)]
pub struct PathWords {
    /// Whether all marks are predictions, with or without a score.
    pub are_predictions: bool,
    /// Who marked.
    pub reader: Option<String>,
}

impl PathWords {
    pub fn of(path: &str) -> Self {
        let path = normalised(path);
        let parts = || folders(&path).chain([stem(&path)]).map(str::to_ascii_lowercase);
        let words = |part: String| -> Vec<String> {
            part.split(|sign: char| !sign.is_ascii_alphanumeric()).map(str::to_owned).collect()
        };
        let are_predictions =
            parts().any(|part| words(part).iter().any(|word| PREDICTION_WORDS.contains(&word.as_str())));
        let parts_in_order: Vec<String> = parts().collect();
        let is_run =
            |pair: &[String]| matches!(pair, [runs, task] if runs == "runs" && RESULT_TASKS.contains(&task.as_str()));
        let is_predict = |part: &String| part.trim_end_matches(|sign: char| sign.is_ascii_digit()) == "predict";
        let are_predictions = are_predictions
            || parts_in_order.windows(2).any(is_run)
            || folders(&path).map(str::to_ascii_lowercase).any(|folder| is_predict(&folder));
        let is_reader = |part: &String| {
            let begins = READER_WORDS.iter().find_map(|word| part.strip_prefix(word));
            begins.is_some_and(|rest| rest.starts_with(|sign: char| !sign.is_ascii_alphabetic()))
        };
        Self { are_predictions, reader: parts().find(is_reader) }
    }
}

impl Waiting {
    /// Whether all that it says was found by a model.
    pub fn are_findings(&self) -> bool {
        if let Some(said) = &self.said {
            return said.findings.is_some() && said.truth.is_none() && said.readers.is_empty();
        }
        let mut marks = self.image.marks.iter().flatten().peekable();
        match self.side {
            Some(side) => side == Side::Findings,
            None if PathWords::of(&self.file).are_predictions => true,
            None => marks.peek().is_some() && marks.all(|mark| mark.score.is_some()),
        }
    }

    /// By what the image is found among those that wait and come.
    pub fn key(&self) -> Option<String> {
        match &self.image.name {
            ImageName::Named(name) => Some(key_of_name(name)),
            ImageName::LikeTheFile => Some(key_of(&normalised(&self.file)).0),
            ImageName::Numbered(_) => None,
        }
    }
}

/// A name may come without an extension, and then with dots that part no extension from it.
pub(super) fn key_of_name(name: &str) -> String {
    let name = normalised(name);
    let is_extension = extension(&name)
        .split('.')
        .all(|part| !part.is_empty() && part.len() <= 5 && part.bytes().any(|byte| byte.is_ascii_alphabetic()));
    if is_extension { key_of(&name).0 } else { key_of(&format!("{name}.x")).0 }
}

/// By what an image is looked for among what waits.
fn keys_of_image(path: &str) -> impl Iterator<Item = String> {
    [key_of(&normalised(path)).0].into_iter().chain(joined_parts(path).map(|name| key_of_name(&name)))
}

impl CaseSet {
    /// The image that is meant.
    pub(super) fn meant(&self, waiting: &Waiting) -> Match<'_> {
        match &waiting.image.name {
            ImageName::Named(name) => self.names.resolve(name, &waiting.file),
            ImageName::LikeTheFile => match (self.names.like(&waiting.file), &waiting.image.called) {
                (several @ Match::Several(..), Some(called)) => self.called(called, &waiting.file).unwrap_or(several),
                (meant, _) => meant,
            },
            ImageName::Numbered(id) => match self.numbered.get(id) {
                Some(name) => self.names.resolve(name, &waiting.file),
                // Ultralytics' results have an image's stem for its number.
                None => match id {
                    JsonId::Text(name) => self.names.resolve(name, &waiting.file),
                    _ => Match::None,
                },
            },
        }
    }

    /// The image of a file's own name that the file calls so; what it says of another name may be left from before a file
    /// was called otherwise.
    fn called(&self, called: &str, file: &str) -> Option<Match<'_>> {
        let meant = self.names.resolve(called, file);
        let Match::One(path) = meant else { return None };
        let (path, file) = (normalised(path), normalised(file));
        let is_own = base_name(&path) == base_name(&normalised(called)) && key_of(&path).0 == key_of(&file).0;
        is_own.then_some(meant)
    }

    /// Brings what was said to its image, or keeps it until the image comes.
    pub(super) fn place_or_wait(&mut self, waiting: Waiting, problems: &mut ProblemList) {
        if let Some(waiting) = self.place(waiting, problems) {
            #[cfg(feature = "full")]
            let key = self.key_of_meant(&waiting).or_else(|| self.key_of(&waiting));
            #[cfg(not(feature = "full"))]
            let key = self.key_of(&waiting);
            match key {
                Some(key) => self.waiting.entry(key).or_default().push(waiting),
                None => self.waiting_numbered.push(waiting),
            }
        }
    }

    /// By what an image is found among those that wait: its name, also where only its number is said and another file tells
    /// whose it is.
    fn key_of(&self, waiting: &Waiting) -> Option<String> {
        waiting.key().or_else(|| match &waiting.image.name {
            ImageName::Numbered(id) => self.numbered.get(id).map(|name| key_of_name(name)),
            _ => None,
        })
    }

    /// By what an image that is known and has not come will ask for what is said of it by a name that has to be decoded.
    #[cfg(feature = "full")]
    fn key_of_meant(&self, waiting: &Waiting) -> Option<String> {
        let name = match &waiting.image.name {
            ImageName::Named(name) => name,
            ImageName::LikeTheFile => &waiting.file,
            ImageName::Numbered(_) => return None,
        };
        if meanings(name).is_empty() {
            return None;
        }
        let Match::One(path) = self.meant(waiting) else { return None };
        let own = waiting.key();
        let is_asked = keys_of_image(path).any(|key| Some(&key) == own.as_ref());
        (!is_asked).then(|| key_of(&normalised(path)).0)
    }

    /// Tries all that could be of the image just added.
    pub(super) fn give_waiting(&mut self, path: &str, problems: &mut ProblemList) {
        let waiting: Vec<Waiting> = keys_of_image(path).filter_map(|key| self.waiting.remove(&key)).flatten().collect();
        let numbered = std::mem::take(&mut self.waiting_numbered);
        for waiting in waiting.into_iter().chain(numbered) {
            self.place_or_wait(waiting, problems);
        }
    }

    /// Gives what was said to its image, or gives it back where that has not come.
    fn place(&mut self, waiting: Waiting, problems: &mut ProblemList) -> Option<Waiting> {
        let Match::One(path) = self.meant(&waiting) else { return Some(waiting) };
        let path = path.to_owned();
        let Some(entry) = self.places.get(&path).and_then(|&place| self.cases.get(place)) else { return Some(waiting) };
        let Waiting { file, side, given_as, mut image, said, more, .. } = waiting;
        let size = (entry.case.width, entry.case.height);
        if let Some((width, height)) = image.size.filter(|said| *said != size) {
            let message = format!(
                "{file} says that {path} has {width} x {height} pixels, but it has {} x {}; its truth is not used",
                size.0, size.1
            );
            problems.push(OTHER_SIZE, &file, message);
            return None;
        }
        let mut faults = ProblemList::default();
        let mut said = said.unwrap_or_else(|| self.said_of(&file, side, &given_as, &mut image, size, &mut faults));
        said.more = more;
        self.notes.extend(faults.into_problems());
        if image.spacing.is_some() {
            image.spacing = self.corrections.spacing(image.spacing);
        }
        if let Some(entry) = self.places.get(&path).and_then(|&place| self.cases.get_mut(place)) {
            // The file itself stands over what a bundle holds of it.
            let (data, own) = (&self.data, self.data.get(&file));
            if !said.fixations.is_empty() && own.is_some() {
                entry.fixations.retain(|known, gaze| gaze.bundle.is_none() || data.get(known) != own);
            }
            entry.take(&file, &path, image, said, problems);
            self.changed.push(path);
        }
        None
    }

    /// What a file says of an image of `size` (columns, rows), with what is left for the masks of the file.
    pub(super) fn said_of(
        &mut self,
        file: &str,
        side: Option<Side>,
        given_as: &GivenAs,
        image: &mut AnnotatedImage,
        size: (usize, usize),
        problems: &mut ProblemList,
    ) -> Said {
        let mut budget = self.budgets.get(file).copied().unwrap_or_else(|| Budget::of(0));
        let name = image.said_name();
        let mut canvas = Canvas { file, image: &name, size, budget: &mut budget, problems };
        let said = self.said(side, given_as, image, &mut canvas);
        self.budgets.insert(file.to_owned(), budget);
        said
    }

    /// Marks to regions, each to the side that it is of.
    fn said(
        &self,
        side: Option<Side>,
        given_as: &GivenAs,
        image: &mut AnnotatedImage,
        canvas: &mut Canvas<'_>,
    ) -> Said {
        let (file, size) = (canvas.file, canvas.size);
        let mut words = PathWords::of(file);
        if let Some(side) = side {
            words.are_predictions = side == Side::Findings;
        }
        if let GivenAs::Reader(name) = given_as {
            words.reader = Some(name.clone());
            image.readers.clear();
        }
        let fixations = image.fixations.iter().filter_map(|fixation| fixation.placed(size)).collect();
        let mut said = Said { fixations, ..Said::default() };
        let Some(marks) = image.marks.take() else { return said };
        // Until a person has said what the numbers mean, nothing is known of the image; least of all that it is empty.
        let is_open = |mark: &Mark| mark.edges.is_some_and(|edges| edges.frame.is_none());
        if marks.iter().any(is_open) {
            for mark in marks {
                let _ = mark.into_truth(canvas);
            }
            return said;
        }
        let is_truth = |mark: &Mark| match side {
            Some(side) => side == Side::Truth,
            None => mark.score.is_none() && !words.are_predictions,
        };
        if marks.is_empty() && is_unknown(image.lost, 0) {
            tell_unknown(canvas);
            return said;
        }
        if words.are_predictions || !marks.iter().all(is_truth) {
            said.findings = Some(Vec::new());
        }
        if !words.are_predictions && (marks.is_empty() || marks.iter().any(is_truth)) {
            match &words.reader {
                Some(reader) => drop(said.readers.insert(reader.clone(), Truth::default())),
                None if image.readers.is_empty() && marks.iter().all(|mark| mark.reader.is_none()) => {
                    said.truth = Some(Truth::default())
                }
                None => {}
            }
        }
        for reader in std::mem::take(&mut image.readers) {
            said.readers.entry(reader).or_default();
        }
        let mut marked = Marked::default();
        for mut mark in marks {
            if mark.label.is_empty()
                && let Some(id) = &mark.category
            {
                let known = self.classes_of(file, given_as).find(|category| category.id == *id);
                mark.label = known.map_or_else(|| format!("category {id}"), |category| category.name.clone());
            }
            let own = mark.reader.take();
            let reader = match given_as {
                GivenAs::Reader(_) => words.reader.clone(),
                _ => own.or_else(|| words.reader.clone()),
            };
            if !is_truth(&mark) {
                marked.findings += 1;
                let finding = mark.into_finding(canvas);
                said.findings.get_or_insert_default().extend(finding);
            } else if let Some(reader) = reader {
                let region = mark.into_truth(canvas);
                said.readers.entry(reader.clone()).or_default().regions.extend(region);
                *marked.readers.entry(reader).or_default() += 1;
            } else {
                marked.truth += 1;
                let region = mark.into_truth(canvas);
                said.truth.get_or_insert_default().regions.extend(region);
            }
        }
        if marked.leave_unknown(&mut said) {
            tell_unknown(canvas);
        }
        self.corrections.name_said(&mut said);
        said
    }
}

impl Entry {
    /// Takes in what a file says.
    pub(super) fn take(
        &mut self,
        file: &str,
        path: &str,
        image: AnnotatedImage,
        said: Said,
        problems: &mut ProblemList,
    ) {
        #[cfg(feature = "full")]
        self.yield_blanks(&said);
        self.case.attributes.extend(image.attributes);
        if image.spacing.is_some() {
            self.case.spacing = image.spacing;
        }
        if !said.fixations.is_empty() {
            self.fixations.insert(file.to_owned(), Gaze { fixations: said.fixations, bundle: None });
        }
        if let Some(truth) = said.truth {
            match (&self.truth_file, &mut self.case.truth) {
                (Some(first), Some(known)) if said.more && first == file => known.regions.extend(truth.regions),
                (Some(first), _) => {
                    let message =
                        format!("{file} has truth for {path}, which has it from {first} already; that is kept");
                    problems.push(SECOND_TRUTH, file, message);
                }
                (None, _) => {
                    self.case.truth = Some(truth);
                    self.truth_file = Some(file.to_owned());
                    self.coco_id = image.id;
                }
            }
        }
        for (reader, truth) in said.readers {
            if let Some(first) = self.reader_files.get(&reader) {
                if let Some(known) = self.case.readers.get_mut(&reader).filter(|_| said.more && first == file) {
                    known.regions.extend(truth.regions);
                    continue;
                }
                let message =
                    format!("{file} has {reader}'s truth for {path}, which has it from {first} already; that is kept");
                problems.push(SECOND_TRUTH, file, message);
                continue;
            }
            self.reader_files.insert(reader.clone(), file.to_owned());
            self.case.readers.insert(reader, truth);
        }
        self.truth_of_readers();
        if let Some(findings) = said.findings {
            match (&self.findings_file, &mut self.given) {
                (Some(first), Some(known)) if said.more && first == file => known.extend(findings),
                (Some(first), _) => {
                    let message = format!(
                        "{file} has predictions for {path}, which has them from {first} already; those are kept"
                    );
                    problems.push(SECOND_FINDINGS, file, message);
                }
                (None, _) => {
                    self.given = Some(findings);
                    self.findings_file = Some(file.to_owned());
                }
            }
        }
    }

    /// The truth is the first reader's, where no file gives it.
    pub(super) fn truth_of_readers(&mut self) {
        if self.truth_file.is_none() {
            self.case.truth = self.case.readers.values().next().cloned();
        }
    }

    /// Forgets what a file said.
    pub(super) fn withdraw(&mut self, file: &str) -> bool {
        let looked = self.fixations.len();
        self.fixations.retain(|known, gaze| known != file && gaze.bundle.as_deref() != Some(file));
        let mut changed = self.fixations.len() < looked;
        #[cfg(feature = "full")]
        {
            changed |= self.withdraw_object(file);
        }
        if self.truth_file.as_deref() == Some(file) {
            (self.case.truth, self.truth_file, changed) = (None, None, true);
        }
        let readers: Vec<String> =
            self.reader_files.iter().filter(|(_, from)| *from == file).map(|(reader, _)| reader.clone()).collect();
        for reader in readers {
            self.reader_files.remove(&reader);
            self.case.readers.remove(&reader);
            changed = true;
        }
        if changed {
            self.truth_of_readers();
        }
        if self.findings_file.as_deref() == Some(file) {
            (self.given, self.findings_file, changed) = (None, None, true);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::{PathWords, key_of_name};

    #[test]
    fn a_path_says_who_marked_and_what_is_predicted() {
        let said = |path: &str| {
            let words = PathWords::of(path);
            (words.are_predictions, words.reader)
        };
        assert_eq!(said("set/annotations/1.xml"), (false, None));
        assert_eq!(said("set/Reader_2/1.xml"), (false, Some("reader_2".to_owned())));
        assert_eq!(said("truth rater-b.json"), (false, None));
        assert_eq!(said("rater b.json"), (false, Some("rater b".to_owned())));
        assert_eq!(said("readers/1.xml"), (false, None));
        assert_eq!(said("yolo/preds/1.txt"), (true, None));
        assert_eq!(said("my-predictions.csv"), (true, None));
        assert_eq!(said("unpredictable.csv"), (false, None));
        assert_eq!(said("runs/detect/predict2/labels/1.txt"), (true, None));
        assert_eq!(said("runs/segment/val/labels/1.txt"), (true, None));
        assert_eq!(said("predict/labels/1.txt"), (true, None));
        assert_eq!(said("runs/1/predict.txt"), (false, None));
    }

    #[test]
    fn dots_in_a_name_are_no_extension() {
        assert_eq!(key_of_name("1.2.840.113619"), "1.2.840.113619");
        assert_eq!(key_of_name("x/a.PNG"), "a");
        assert_eq!(key_of_name("scan.nii.gz"), "scan");
        assert_eq!(key_of_name("a"), "a");
    }
}
