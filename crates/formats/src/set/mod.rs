//! A set of files that become cases: images and what is said of them in any order, put together by name.

use std::collections::{BTreeMap, HashMap, HashSet};

use groundglass_types::{Case, Finding, Image, Truth};

use crate::budget::Budget;
use crate::coco::{JsonId, not_empty};
use crate::coco_index::{CocoCategory, CocoIndex};
use crate::content::Content;
#[cfg(feature = "full")]
use crate::content::HELD;
use crate::json_stream::bare_numbers;
use crate::list::{Probe, format_of};
use crate::paths::{folders, normalised};
#[cfg(feature = "full")]
use crate::plan::Channels;
use crate::plan::SetPlan;
use crate::problem::{Problem, ProblemList};
use crate::reading::{AnnotatedImage, Hints, ImageName, PlacedFixation, Question, Reading, Sides};
use crate::unknown::unknown;
#[cfg(feature = "full")]
use crate::write::ImageKinds;
use crate::write::Side;
use crate::{FormatError, Table};

#[cfg(feature = "full")]
mod bundled;
#[cfg(feature = "full")]
mod bundled_gaze;
mod classes;
#[cfg(feature = "full")]
mod contested;
mod corrections;
#[cfg(feature = "full")]
mod cuts;
#[cfg(feature = "full")]
mod drawn;
#[cfg(feature = "full")]
mod encoded;
mod given;
#[cfg(feature = "full")]
mod hints;
mod images;
#[cfg(feature = "full")]
mod instances;
mod label_maps;
#[cfg(feature = "full")]
mod map_parts;
mod map_places;
mod names;
#[cfg(feature = "full")]
mod objects;
mod placing;
#[cfg(feature = "full")]
mod segments;
mod sentences;
#[cfg(feature = "full")]
mod series;
#[cfg(feature = "full")]
mod texts;
mod understood;
#[cfg(feature = "full")]
mod unmet;
#[cfg(feature = "full")]
mod volumes;
#[cfg(feature = "full")]
mod written;

pub use corrections::{CorrectionError, SetCorrections};
pub use given::GivenAs;
pub use images::{AddedImage, OpenFile};
#[cfg(feature = "full")]
pub use series::Series;
#[cfg(feature = "full")]
pub use understood::UnderstoodRankings;
pub use understood::{Understood, UnderstoodClass};

use label_maps::LabelMap;
use map_places::Lie;
use names::{Match, Names};
use placing::Waiting;
use sentences::KnownSentence;

/// A set of files that become cases. Pixels pass through and are not kept.
///
/// What is said of an image waits for it, and images wait for what is said, so the order of the calls does not matter,
/// but [`CaseSet::plan`] should come first: only then are all names known, and a name that fits two images is noticed
/// before one of them takes it.
#[derive(Debug, Default)]
pub struct CaseSet {
    cases: Vec<Entry>,
    places: HashMap<String, usize>,
    names: Names,
    /// Names of images by the numbers that COCO files give them.
    numbered: HashMap<JsonId, String>,
    /// What was said of images that have not come yet, by what it has in common with them.
    waiting: HashMap<String, Vec<Waiting>>,
    /// What was said of images by numbers that no file has explained yet.
    waiting_numbered: Vec<Waiting>,
    waiting_label_maps: BTreeMap<String, Vec<LabelMap>>,
    /// Which map or which parts came first of an image, by the image and what its maps have in common.
    #[cfg(feature = "full")]
    first_maps: HashMap<(String, String, GivenAs), map_parts::FirstMap>,
    /// The names of the slices of each file that holds several.
    stacks: HashMap<String, std::sync::Arc<[String]>>,
    /// How the pixels of each image file lie, by its path.
    lies: HashMap<String, Lie>,
    /// What each value of a label map is, by the map's path.
    map_classes: HashMap<String, HashMap<u64, String>>,
    categories: Vec<CocoCategory>,
    /// Classes of the files that name them for a folder, by the folder.
    folder_classes: BTreeMap<String, Vec<CocoCategory>>,
    /// What YOLO's text files of the set are, and those without a line.
    #[cfg(feature = "full")]
    texts: texts::Texts,
    truth_files: usize,
    /// What all marks of the files that come next are.
    given_as: GivenAs,
    /// Which files were read as what, so that none is read twice.
    given: HashSet<(String, GivenAs)>,
    /// How many images were spoken of, to keep their order.
    spoken_of: usize,
    /// What each file was, by its path.
    kinds: BTreeMap<String, &'static str>,
    data: BTreeMap<String, String>,
    /// What is left for the masks of each file.
    budgets: HashMap<String, Budget>,
    tables: Vec<Table>,
    /// What readers hold likely, counted by file.
    #[cfg(feature = "full")]
    rankings: Vec<UnderstoodRankings>,
    #[cfg(feature = "full")]
    instances: instances::Instances,
    #[cfg(feature = "full")]
    volumes: volumes::Volumes,
    /// Single images by their series.
    #[cfg(feature = "full")]
    series_members: BTreeMap<String, Vec<series::Member>>,
    #[cfg(feature = "full")]
    bundles: bundled::FromBundles,
    /// Which images have come, for the forms that are written on their grids.
    #[cfg(feature = "full")]
    image_kinds: ImageKinds,
    #[cfg(feature = "full")]
    segments: segments::Segments,
    /// Sentences about parts of cases with their files, by what a case and the files about it have in common.
    sentences: BTreeMap<String, Vec<KnownSentence>>,
    questions: Vec<Question>,
    corrections: SetCorrections,
    /// Which of the hints changed how a file was read.
    #[cfg(feature = "full")]
    met_hints: hints::MetHints,
    /// Images that share label maps.
    #[cfg(feature = "full")]
    channels: Channels,
    /// Masks whose form changes values, each with the largest value outside.
    #[cfg(feature = "full")]
    recovered: BTreeMap<String, u8>,
    /// Met while an image was read, told by [`CaseSet::finish`].
    notes: Vec<Problem>,
    /// Cases that are new or have new truth since [`CaseSet::take_changed`].
    changed: Vec<String>,
}

#[derive(Debug, Default)]
struct Entry {
    case: Case,
    coco_id: Option<JsonId>,
    truth_file: Option<String>,
    reader_files: BTreeMap<String, String>,
    /// What a model found elsewhere.
    given: Option<Vec<Finding>>,
    findings_file: Option<String>,
    /// Where readers looked, by the files that say it.
    fixations: BTreeMap<String, Gaze>,
    /// Whether its image has not come, and need not.
    unseen: bool,
    /// What DICOM objects draw on it.
    #[cfg(feature = "full")]
    objects: objects::Objects,
}

/// Where readers looked on a case, as one file says.
#[derive(Debug, Default)]
struct Gaze {
    fixations: Vec<PlacedFixation>,
    /// The bundle that the file came in.
    bundle: Option<String>,
}

/// The folder of a file.
fn folder_of(path: &str) -> String {
    folders(&normalised(path)).collect::<Vec<_>>().join("/")
}

/// What the nearest folder around a file says.
fn nearest<'a, T>(folders: &'a BTreeMap<String, T>, file: &str) -> Option<&'a T> {
    let file = normalised(file);
    let within =
        |folder: &str| folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let around = folders.iter().filter(|(folder, _)| within(folder)).max_by_key(|(folder, _)| folder.len());
    around.map(|(_, said)| said)
}

const SECOND_TRUTH: &str = "second truths of one image";
const OTHER_SIZE: &str = "truths of another size than their image";
const TRUTH_WITHOUT_IMAGE: &str = "truths without an image";

impl CaseSet {
    /// A set without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what each of `paths` is, and remembers the names of the images.
    pub fn plan(&mut self, paths: &[String]) -> SetPlan {
        let plan = SetPlan::of(paths);
        for image in &plan.images {
            self.names.know(image);
        }
        #[cfg(feature = "full")]
        {
            self.know_files(paths);
            self.channels = Channels::of(&plan);
        }
        plan
    }

    /// Reads a file of annotations or predictions in whichever form it has. What it says goes to the images that are
    /// there, and waits for the others. What could not be read of it comes back.
    ///
    /// # Errors
    /// [`FormatError`] where it is of no form that is read here, or of no use as a whole.
    pub fn add_annotations<'c>(
        &mut self,
        path: &str,
        content: impl Into<Content<'c>>,
        hints: &Hints,
    ) -> Result<Vec<Problem>, FormatError> {
        self.take_annotations(path, content.into(), hints)
    }

    fn take_annotations(
        &mut self,
        path: &str,
        content: Content<'_>,
        hints: &Hints,
    ) -> Result<Vec<Problem>, FormatError> {
        if self.is_given(path) {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        #[cfg(feature = "full")]
        if texts::may_be_blank(path, &content) {
            return self.add_blank_text(path, &content, hints);
        }
        not_empty(path, &content)?;
        #[cfg(feature = "full")]
        if let Some(encoding) = content.encoding() {
            let detail = format!("it is text in {encoding} of more than {HELD} bytes, of which only UTF-8 is read");
            return Err(FormatError::Unreadable { file: path.to_owned(), detail });
        }
        #[cfg(feature = "full")]
        if crate::bundle::is_manifest(&normalised(path)) {
            return self.add_bundle(path, &content);
        }
        let probe = Probe::new(path, content);
        #[cfg(feature = "full")]
        let probe = probe.with(self.said_beside(path));
        let Some(format) = format_of(&probe) else { return Err(unknown(&probe)) };
        let reading = Reading { bytes: probe.content().len(), ..format.read(&probe, hints)? };
        #[cfg(feature = "full")]
        self.know_met_hints(format, &probe, hints, &reading);
        self.know_given(path, probe.content().sha256(path)?, format.name());
        let mut problems = self.take_reading(path, reading, hints);
        problems.splice(0..0, bare_numbers(path, probe.content()));
        #[cfg(feature = "full")]
        problems.extend(self.read_blank_texts(Some(format)));
        Ok(problems)
    }

    /// Reads a file of annotations again in another way: what it said is forgotten first.
    ///
    /// # Errors
    /// As [`CaseSet::add_annotations`]; the file then says nothing.
    pub fn read_again<'c>(
        &mut self,
        path: &str,
        content: impl Into<Content<'c>>,
        hints: &Hints,
    ) -> Result<Vec<Problem>, FormatError> {
        self.data.remove(path);
        #[cfg(feature = "full")]
        self.segments.forget(path);
        #[cfg(feature = "full")]
        self.texts.forget(path);
        self.given.retain(|(given, _)| given != path);
        self.questions.retain(|question| question.file() != path);
        self.tables.retain(|table| table.file != path);
        #[cfg(feature = "full")]
        self.rankings.retain(|rankings| rankings.file != path);
        #[cfg(feature = "full")]
        self.forget_bundled_tables(path);
        self.forget_sentences(|known| known.file == path || known.bundle.as_deref() == Some(path));
        self.notes.retain(|problem| problem.file != path);
        self.waiting_numbered.retain(|waiting| waiting.file != path);
        for waiting in self.waiting.values_mut() {
            waiting.retain(|waiting| waiting.file != path);
        }
        for entry in &mut self.cases {
            if entry.withdraw(path) {
                self.changed.push(entry.case.name.clone());
            }
        }
        self.add_annotations(path, content, hints)
    }

    /// Takes in what a file says.
    pub(crate) fn take_reading(&mut self, path: &str, reading: Reading, hints: &Hints) -> Vec<Problem> {
        let mut reading = reading;
        // Where all marks are scored, an image without any was looked at by the same model.
        let is_scored = self.given_as == GivenAs::Anything && reading.are_all_scored();
        reading.rename_classes(&hints.classes);
        #[cfg(feature = "full")]
        self.texts.know_keypoints(path, reading.keypoints);
        let own: Vec<_> = reading.classes.into_iter().filter_map(CocoCategory::of).collect();
        #[cfg(feature = "full")]
        let has_own_classes = !own.is_empty();
        if reading.images.is_empty() && !own.is_empty() {
            self.folder_classes.insert(folder_of(path), own);
        } else {
            for category in own {
                if !self.categories.iter().any(|known| known.name == category.name || known.id == category.id) {
                    self.categories.push(category);
                }
            }
        }
        self.questions.extend(reading.questions);
        self.know_map_classes(path, reading.map_classes);
        #[cfg(feature = "full")]
        if reading.table.is_some() {
            self.forget_bundled_tables(path);
        }
        self.tables.extend(reading.table);
        #[cfg(feature = "full")]
        self.rankings.extend(reading.rankings.map(|rankings| UnderstoodRankings::of(path, &rankings)));
        self.know_sentences(path, reading.sentences);
        let mut problems = ProblemList::default();
        self.told_of_scores(path, reading.sides, &reading.images, &mut problems);
        self.budgets.insert(path.to_owned(), Budget::of(reading.bytes));
        let mut says_something = false;
        #[cfg(feature = "full")]
        let contested = self.contested(path, &reading.images, &mut problems);
        #[cfg(feature = "full")]
        if reading.sides == Sides::Findings && !has_own_classes {
            self.settle_class_numbers(path, &mut reading.images, &mut problems);
        }
        for (place, mut image) in reading.images.into_iter().enumerate() {
            #[cfg(feature = "full")]
            if contested.contains(&place) {
                continue;
            }
            let side = match reading.sides {
                Sides::ByScore if is_scored && image.marks.as_ref().is_some_and(Vec::is_empty) => Some(Side::Findings),
                Sides::ByScore => None,
                Sides::Findings => Some(Side::Findings),
                // The truth of an image and what was found in it, one after the other.
                Sides::Both if place % 2 == 1 => Some(Side::Findings),
                Sides::Both => Some(Side::Truth),
            };
            if let (Some(id), ImageName::Named(name)) = (&image.id, &image.name) {
                self.numbered.entry(id.clone()).or_insert_with(|| name.clone());
            }
            let Some(side) = self.given_as.side(side) else { continue };
            says_something |= image.marks.is_some();
            let given_as = self.given_as.clone();
            #[cfg(feature = "full")]
            self.await_masks(path, side, &mut image);
            let said = image.size.map(|size| self.said_of(path, side, &given_as, &mut image, size, &mut problems));
            self.spoken_of += 1;
            let (file, given_as, order) = (path.to_owned(), self.given_as.clone(), self.spoken_of);
            self.place_or_wait(Waiting { file, side, given_as, order, image, said, more: false }, &mut problems);
        }
        self.truth_files += usize::from(says_something);
        for waiting in std::mem::take(&mut self.waiting_numbered) {
            self.place_or_wait(waiting, &mut problems);
        }
        reading.problems.into_iter().chain(problems.into_problems()).collect()
    }

    /// Whether a file was read as what files are given as now.
    fn is_given(&self, path: &str) -> bool {
        self.given.contains(&(path.to_owned(), self.given_as.clone()))
            || (self.given_as == GivenAs::Anything && self.data.contains_key(path))
    }

    fn know_given(&mut self, path: &str, sha256: String, kind: &'static str) {
        self.given.insert((path.to_owned(), self.given_as.clone()));
        self.data.insert(path.to_owned(), sha256);
        self.kinds.insert(path.to_owned(), kind);
    }

    /// Remembers what the values of label maps are: paths count from the folder of the file that says it.
    fn know_map_classes(&mut self, path: &str, classes: BTreeMap<String, HashMap<u64, String>>) {
        let path = normalised(path);
        let folder = path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let named = classes.into_iter().map(|(map, classes)| (format!("{folder}{}", normalised(&map)), classes));
        self.map_classes.extend(named);
    }

    /// Says which scores do not count, and which are made, because a file was given as truth or as predictions.
    fn told_of_scores(&self, file: &str, sides: Sides, images: &[AnnotatedImage], problems: &mut ProblemList) {
        if sides != Sides::ByScore {
            if sides == Sides::Findings && matches!(self.given_as, GivenAs::Truth | GivenAs::Reader(_)) {
                let answers = self.tables.iter().any(|table| table.file == file);
                let with = if answers { "; its answers in words are evaluated as classes" } else { "" };
                let message = format!("{file} holds predictions, which are no truth; it is not used{with}");
                problems.push("predictions that were given as truth", file, message);
            }
            return;
        }
        let marks = || images.iter().flat_map(|image| image.marks.iter().flatten());
        let count = |has: bool| marks().filter(|mark| mark.score.is_some() == has).count();
        match self.given_as {
            GivenAs::Truth | GivenAs::Reader(_) if count(true) > 0 => {
                let message =
                    format!("{file}: the scores of {} marks are not used, for it was given as truth", count(true));
                problems.push("scores of truths", file, message);
            }
            GivenAs::Findings if count(false) > 0 => {
                let message = format!("{file}: {} predictions have no score; they count with score 1", count(false));
                problems.push("predictions without a score", file, message);
            }
            _ => {}
        }
    }

    /// What stands open now that all files have been given: what was said of images that never came, images without
    /// truth, and what was met while images were read. One line each.
    pub fn finish(&self) -> Vec<Problem> {
        let mut problems = ProblemList::default();
        let mut waiting: Vec<_> = self.waiting.values().flatten().chain(&self.waiting_numbered).collect();
        waiting.sort_by_cached_key(|waiting| (waiting.file.clone(), waiting.image.said_name()));
        for waiting in waiting {
            let file = &waiting.file;
            let name = match &waiting.image.name {
                ImageName::Named(name) => format!("\"{name}\""),
                ImageName::LikeTheFile => "an image of its own name".to_owned(),
                ImageName::Numbered(id) => format!("the image with the number {id}"),
            };
            let (kind, what) = if waiting.are_findings() {
                ("predictions without an image", "its predictions are not used")
            } else {
                (TRUTH_WITHOUT_IMAGE, "its truth is not used")
            };
            let (kind, fault) = match self.meant(waiting) {
                Match::None => (kind, format!("which is not among the images; {what}")),
                Match::One(path) => (kind, format!("but {path} was not read; {what}")),
                Match::Several(first, second) => {
                    ("names that fit several images", format!("which fits {first} and {second}; {what}"))
                }
            };
            problems.push(kind, file, format!("{file} speaks of {name}, {fault}"));
        }
        let maps = self.waiting_label_maps.iter().flat_map(|(image, maps)| maps.iter().map(move |map| (image, map)));
        for (image, LabelMap { file, .. }) in maps {
            let message = format!("{file} is the label map of {image}, which was not read; it is not used");
            problems.push(TRUTH_WITHOUT_IMAGE, file, message);
        }
        #[cfg(feature = "full")]
        {
            self.told_of_series(&mut problems);
            self.unmet_instances(&mut problems);
            self.told_of_volumes(&mut problems);
            self.unmet_segments(&mut problems);
            self.texts.told_of_blank(&mut problems);
            self.seconds_of_objects(|_| true, &mut problems);
            self.told_of_recovered(&mut problems);
            self.told_of_channels(&mut problems);
        }
        self.unlinked_sentences(&mut problems);
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

    /// What a model found in a case elsewhere; `None` where no file says.
    pub fn given_findings(&self, name: &str) -> Option<&[Finding]> {
        self.places.get(name).and_then(|&place| self.cases.get(place)).and_then(|entry| entry.given.as_deref())
    }

    /// Where readers looked on a case, `[x, y]` in its pixels, in the order of the files' names.
    pub fn fixations(&self, name: &str) -> Vec<[f64; 2]> {
        let entry = self.places.get(name).and_then(|&place| self.cases.get(place));
        let gaze = entry.into_iter().flat_map(|entry| entry.fixations.values());
        gaze.flat_map(|gaze| &gaze.fixations).map(|fixation| fixation.at).collect()
    }

    /// The cases that are new or have new truth since this was last asked.
    pub fn take_changed(&mut self) -> Vec<Case> {
        let mut names = std::mem::take(&mut self.changed);
        let mut seen = HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names.iter().filter_map(|name| self.case(name).cloned()).collect()
    }

    /// SHA-256 of every file that was read, by path.
    pub const fn data(&self) -> &BTreeMap<String, String> {
        &self.data
    }

    /// Which form each file had, by path.
    pub const fn kinds(&self) -> &BTreeMap<String, &'static str> {
        &self.kinds
    }

    /// Which kinds of images have come.
    #[cfg(feature = "full")]
    pub const fn image_kinds(&self) -> ImageKinds {
        self.image_kinds
    }

    /// Tables about cases as a whole, for the evaluation.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Files of what readers hold likely, for the evaluation.
    #[cfg(feature = "full")]
    pub fn rankings(&self) -> &[UnderstoodRankings] {
        &self.rankings
    }

    /// What files leave open and a person has to answer.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The numbers by which images and classes go in COCO files: those of the truth where it has any.
    pub fn coco_index(&self) -> CocoIndex {
        let images = self
            .cases
            .iter()
            .map(|Entry { case, coco_id, .. }| (coco_id.clone(), case.name.clone(), (case.width, case.height)));
        CocoIndex::new(images, self.corrections.categories(&self.categories))
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

    /// Makes a case of pixels that came from no file, with its truth. A case of this name is replaced.
    pub fn add_case(&mut self, name: &str, image: &Image, sha256: &str, truth: Truth) {
        self.truth_files += 1;
        let (width, height) = (image.width(), image.height());
        let case = Case { name: name.to_owned(), width, height, truth: Some(truth), ..Case::default() };
        self.data.insert(name.to_owned(), sha256.to_owned());
        self.keep(Entry { case, truth_file: Some(name.to_owned()), ..Entry::default() });
    }

    fn keep(&mut self, entry: Entry) {
        let name = entry.case.name.clone();
        match self.places.get(&name).and_then(|&place| self.cases.get_mut(place)) {
            Some(old) => *old = entry,
            None => {
                self.places.insert(name.clone(), self.cases.len());
                self.cases.push(entry);
            }
        }
        self.changed.push(name);
    }
}
