//! A set of files that become cases: images and truth in any order, put together by name.

use std::collections::{BTreeMap, HashMap};

use groundglass_imaging::{Limits, decode};
use groundglass_types::{Case, Finding, Image, Truth};

use crate::coco::{JsonId, read_coco};
use crate::coco_index::{CocoCategory, CocoIndex};
use crate::label_map::label_map_truth;
use crate::paths::{base_name, normalised, stem};
use crate::plan::SetPlan;
use crate::problem::{Problem, ProblemList};
use crate::reading::AnnotatedImage;
use crate::{FormatError, sha256_hex};

/// A set of files that become cases. Pixels pass through and are not kept.
///
/// Truth waits for its image and images for their truth, so the order of the calls does not matter, but
/// [`CaseSet::plan`] should come first: only then are all names known, and a name in a COCO file that fits
/// two images is noticed before one of them takes it.
#[derive(Debug, Default)]
pub struct CaseSet {
    cases: Vec<Entry>,
    places: HashMap<String, usize>,
    /// Paths of images, planned and added, by their stems.
    images_by_stem: HashMap<String, Vec<String>>,
    /// Truth whose image has not come yet, by the stem of the image's name.
    waiting_coco: HashMap<String, Vec<WaitingCoco>>,
    waiting_label_maps: BTreeMap<String, LabelMap>,
    categories: Vec<CocoCategory>,
    truth_files: usize,
    data: BTreeMap<String, String>,
    /// Met while an image was read, told by [`CaseSet::finish`].
    notes: Vec<Problem>,
    /// Cases that are new or have new truth since [`CaseSet::take_changed`].
    changed: Vec<String>,
}

#[derive(Debug)]
struct Entry {
    case: Case,
    coco_id: Option<JsonId>,
    truth_file: Option<String>,
}

#[derive(Debug)]
struct WaitingCoco {
    file: String,
    image: AnnotatedImage,
    /// What is there, where the file itself said how large the image is.
    truth: Option<Truth>,
}

#[derive(Debug)]
struct LabelMap {
    file: String,
    size: (usize, usize),
    truth: Truth,
}

/// An image that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct AddedImage {
    /// The name of its case.
    pub name: String,
    /// Its pixels.
    pub image: Image,
    /// SHA-256 of its file.
    pub sha256: String,
}

enum Match<'a> {
    None,
    One(&'a str),
    Several(&'a str, &'a str),
}

impl CaseSet {
    /// A set without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what each of `paths` is, and remembers the names of the images.
    pub fn plan(&mut self, paths: &[String]) -> SetPlan {
        let plan = SetPlan::of(paths);
        for image in &plan.images {
            self.know_image(image);
        }
        plan
    }

    /// Reads a COCO annotation file. Its truth goes to the images that are there, and waits for the others.
    /// What could not be read of it comes back.
    ///
    /// # Errors
    /// [`FormatError`] where it is not JSON or not COCO.
    pub fn add_coco(&mut self, path: &str, bytes: &[u8]) -> Result<Vec<Problem>, FormatError> {
        if self.data.contains_key(path) {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        let mut coco = read_coco(path, bytes)?;
        let truths = coco.take_truths(path);
        self.data.insert(path.to_owned(), sha256_hex(bytes));
        self.truth_files += 1;
        for category in coco.classes.into_iter().filter_map(CocoCategory::of) {
            if !self.categories.iter().any(|known| known.name == category.name || known.id == category.id) {
                self.categories.push(category);
            }
        }
        let mut problems = ProblemList::default();
        for (image, truth) in coco.images.into_iter().zip(truths) {
            let waiting = WaitingCoco { file: path.to_owned(), image, truth };
            let stem = stem(&normalised(&waiting.image.said_name())).to_owned();
            if let Some(waiting) = self.try_coco(waiting, &mut problems) {
                self.waiting_coco.entry(stem).or_default().push(waiting);
            }
        }
        Ok(coco.problems.into_iter().chain(problems.into_problems()).collect())
    }

    /// Reads a label map as the truth of the image at the path `image`, and what is wrong with it comes back.
    ///
    /// # Errors
    /// [`FormatError`] where it cannot be decoded or is no label map.
    pub fn add_label_map(&mut self, image: &str, path: &str, bytes: &[u8]) -> Result<Vec<Problem>, FormatError> {
        if self.data.contains_key(path) {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        let map = decode(path, bytes, Limits::default())?;
        let truth = label_map_truth(path, &map.image)?;
        self.data.insert(path.to_owned(), sha256_hex(bytes));
        self.truth_files += 1;
        let map = LabelMap { file: path.to_owned(), size: (map.image.width(), map.image.height()), truth };
        let mut problems = ProblemList::default();
        if self.places.contains_key(image) {
            self.attach_label_map(image, map, &mut problems);
        } else if let Some(first) = self.waiting_label_maps.get(image) {
            let message = format!("{path} is a second label map of {image}; {} is kept", first.file);
            problems.push(SECOND_TRUTH, path, message);
        } else {
            self.waiting_label_maps.insert(image.to_owned(), map);
        }
        Ok(problems.into_problems())
    }

    /// Decodes an image and makes it a case, with its truth if that has come before.
    ///
    /// # Errors
    /// [`FormatError`] where it cannot be decoded, or the path was given before.
    pub fn add_image(&mut self, path: &str, bytes: &[u8]) -> Result<AddedImage, FormatError> {
        if self.places.contains_key(path) {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        let decoded = decode(path, bytes, Limits::default())?;
        let sha256 = sha256_hex(bytes);
        self.know_image(path);
        self.keep_case(path, &decoded.image, &sha256, None);
        let mut problems = ProblemList::default();
        if decoded.frames > 1 {
            let message = format!("{path} has more than one page; only the first is read");
            problems.push("files of several pages", path, message);
        }
        self.give_waiting_truth(path, &mut problems);
        self.notes.extend(problems.into_problems());
        Ok(AddedImage { name: path.to_owned(), image: decoded.image, sha256 })
    }

    /// Makes a case of pixels that came from no file, with its truth. A case of this name is replaced.
    pub fn add_case(&mut self, name: &str, image: &Image, sha256: &str, truth: Truth) {
        self.truth_files += 1;
        self.keep_case(name, image, sha256, Some(truth));
    }

    /// What stands open now that all files have been given: truth whose image never came, images
    /// without truth, and what was met while images were read. One line each.
    pub fn finish(&self) -> Vec<Problem> {
        let mut problems = ProblemList::default();
        let mut waiting: Vec<_> = self.waiting_coco.values().flatten().collect();
        waiting.sort_by_cached_key(|waiting| (waiting.file.clone(), waiting.image.said_name()));
        for WaitingCoco { file, image, .. } in waiting {
            let name = &image.said_name();
            let (kind, fault) = match self.resolve(name) {
                Match::None => (TRUTH_WITHOUT_IMAGE, "which is not among the images; its truth is not used".to_owned()),
                Match::One(path) => (TRUTH_WITHOUT_IMAGE, format!("but {path} was not read; its truth is not used")),
                Match::Several(first, second) => {
                    ("names that fit several images", format!("which fits {first} and {second}; its truth is not used"))
                }
            };
            problems.push(kind, file, format!("{file} speaks of \"{name}\", {fault}"));
        }
        for (image, LabelMap { file, .. }) in &self.waiting_label_maps {
            let message = format!("{file} is the label map of {image}, which was not read; it is not used");
            problems.push(TRUTH_WITHOUT_IMAGE, file, message);
        }
        for Entry { case, .. } in &self.cases {
            if self.truth_files > 0 && case.truth.is_none() {
                let name = &case.name;
                problems.push("images without truth", name, format!("{name} has no truth; it counts in no metric"));
            }
        }
        self.notes.iter().cloned().chain(problems.into_problems()).collect()
    }

    /// The cases in the order in which they came.
    pub fn cases(&self) -> impl ExactSizeIterator<Item = &Case> {
        self.cases.iter().map(|entry| &entry.case)
    }

    /// The case of a name.
    pub fn case(&self, name: &str) -> Option<&Case> {
        self.places.get(name).and_then(|&place| self.cases.get(place)).map(|entry| &entry.case)
    }

    /// The cases that are new or have new truth since this was last asked.
    pub fn take_changed(&mut self) -> Vec<Case> {
        let names = std::mem::take(&mut self.changed);
        names.iter().filter_map(|name| self.case(name).cloned()).collect()
    }

    /// SHA-256 of every file that was read, by path.
    pub const fn data(&self) -> &BTreeMap<String, String> {
        &self.data
    }

    /// The numbers by which images and classes go in COCO files: those of the truth where it has any.
    pub fn coco_index(&self) -> CocoIndex {
        let images = self
            .cases
            .iter()
            .map(|Entry { case, coco_id, .. }| (coco_id.clone(), case.name.clone(), (case.width, case.height)));
        CocoIndex::new(images, self.categories.clone())
    }

    /// Findings as COCO results, by the numbers of the truth.
    ///
    /// # Errors
    /// Where the JSON cannot be written, which finite numbers never cause.
    pub fn results_json<'a>(
        &self,
        findings: impl IntoIterator<Item = (&'a str, &'a [Finding])>,
    ) -> Result<String, serde_json::Error> {
        let findings: Vec<_> = findings.into_iter().collect();
        let labels = findings.iter().flat_map(|(_, findings)| findings.iter().map(|finding| finding.label.as_str()));
        let index = self.coco_index().with_labels(labels);
        crate::write_results(&index, findings)
    }

    fn know_image(&mut self, path: &str) {
        let paths = self.images_by_stem.entry(stem(&normalised(path)).to_owned()).or_default();
        if !paths.iter().any(|known| known == path) {
            paths.push(path.to_owned());
        }
    }

    fn keep_case(&mut self, name: &str, image: &Image, sha256: &str, truth: Option<Truth>) {
        let truth_file = truth.as_ref().map(|_| name.to_owned());
        let (width, height) = (image.width(), image.height());
        let case = Case { name: name.to_owned(), width, height, truth, ..Case::default() };
        let entry = Entry { case, coco_id: None, truth_file };
        match self.places.get(name).and_then(|&place| self.cases.get_mut(place)) {
            Some(old) => *old = entry,
            None => {
                self.places.insert(name.to_owned(), self.cases.len());
                self.cases.push(entry);
            }
        }
        self.data.insert(name.to_owned(), sha256.to_owned());
        self.changed.push(name.to_owned());
    }

    /// Tries all waiting truth that could be of the image just added.
    fn give_waiting_truth(&mut self, path: &str, problems: &mut ProblemList) {
        if let Some(map) = self.waiting_label_maps.remove(path) {
            self.attach_label_map(path, map, problems);
        }
        let stem = stem(&normalised(path)).to_owned();
        let waiting = self.waiting_coco.remove(&stem).unwrap_or_default();
        let still: Vec<_> = waiting.into_iter().filter_map(|waiting| self.try_coco(waiting, problems)).collect();
        if !still.is_empty() {
            self.waiting_coco.insert(stem, still);
        }
    }

    /// Gives the truth to its image, or gives it back where that has not come.
    fn try_coco(&mut self, waiting: WaitingCoco, problems: &mut ProblemList) -> Option<WaitingCoco> {
        let Match::One(path) = self.resolve(&waiting.image.said_name()) else { return Some(waiting) };
        let path = path.to_owned();
        let Some(entry) = self.places.get(&path).and_then(|&place| self.cases.get_mut(place)) else {
            return Some(waiting);
        };
        let WaitingCoco { file, mut image, truth } = waiting;
        if let Some(first) = &entry.truth_file {
            let message = format!("{file} has truth for {path}, which has it from {first} already; that is kept");
            problems.push(SECOND_TRUTH, &file, message);
            return None;
        }
        let size = (entry.case.width, entry.case.height);
        let said = image.size;
        let mut faults = ProblemList::default();
        let truth = match said {
            Some(said) if said != size => None,
            Some(_) => truth,
            None => image.take_truth(&file, size, &mut faults),
        };
        match truth {
            Some(truth) => {
                entry.case.truth = Some(truth);
                entry.case.spacing = image.spacing;
                entry.case.attributes = image.attributes;
                entry.coco_id = image.id;
                entry.truth_file = Some(file);
                self.changed.push(path);
                self.notes.extend(faults.into_problems());
            }
            None => {
                let (width, height) = said.unwrap_or_default();
                let message = format!(
                    "{file} says that {path} has {width} x {height} pixels, but it has {} x {}; its truth is not used",
                    size.0, size.1
                );
                problems.push(OTHER_SIZE, &file, message);
            }
        }
        None
    }

    fn attach_label_map(&mut self, path: &str, map: LabelMap, problems: &mut ProblemList) {
        let Some(entry) = self.places.get(path).and_then(|&place| self.cases.get_mut(place)) else { return };
        let LabelMap { file, size, truth } = map;
        if let Some(first) = &entry.truth_file {
            let message = format!("{file} has truth for {path}, which has it from {first} already; that is kept");
            problems.push(SECOND_TRUTH, &file, message);
        } else if size != (entry.case.width, entry.case.height) {
            let (width, height) = (entry.case.width, entry.case.height);
            let message = format!(
                "{file} has {} x {} pixels, but its image {path} has {width} x {height}; it is not used",
                size.0, size.1
            );
            problems.push(OTHER_SIZE, &file, message);
        } else {
            entry.case.truth = Some(truth);
            entry.truth_file = Some(file);
            self.changed.push(path.to_owned());
        }
    }

    /// The image that a COCO file means by `file_name`: the one whose path it is, else those whose path ends
    /// with it, else those with its base name, else those with its stem.
    fn resolve(&self, file_name: &str) -> Match<'_> {
        let name = normalised(file_name);
        let Some(paths) = self.images_by_stem.get(stem(&name)) else { return Match::None };
        let ending = format!("/{name}");
        let tiers: [&dyn Fn(&str) -> bool; 4] = [
            &|path| path == name,
            &|path| path.ends_with(&ending),
            &|path| base_name(path) == base_name(&name),
            &|_| true,
        ];
        for tier in tiers {
            let mut fitting = paths.iter().filter(|path| tier(&normalised(path)));
            match (fitting.next(), fitting.next()) {
                (Some(first), Some(second)) => return Match::Several(first, second),
                (Some(only), None) => return Match::One(only),
                (None, _) => {}
            }
        }
        Match::None
    }
}

const SECOND_TRUTH: &str = "second truths of one image";
const OTHER_SIZE: &str = "truths of another size than their image";
const TRUTH_WITHOUT_IMAGE: &str = "truths without an image";
