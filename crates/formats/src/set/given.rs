//! Files whose side is known before they are read: the truth, or what one model found.

use std::collections::{BTreeMap, HashMap};

use groundglass_imaging::{Limits, open};
use groundglass_types::{Case, Finding, Slice, Truth};

use super::label_maps::LabelMap;
use super::map_places::Lie;
use super::names::{Match, Names};
use super::placing::{PathWords, Said, Waiting};
use super::{CaseSet, Entry};
use crate::content::Content;
use crate::problem::ProblemList;
use crate::reading::ImageName;
use crate::write::Side;
use crate::{FormatError, Problem};

/// What all marks of the files that come next are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum GivenAs {
    /// What their forms, their scores and the words of their paths say.
    #[default]
    Anything,
    /// What is there, whatever the files are called and whether or not they have scores.
    Truth,
    /// What one reader saw.
    Reader(String),
    /// What a model found; a mark without a score counts with score 1.
    Findings,
}

impl GivenAs {
    /// The side of a file's marks that `said` gives by its form; `None` within where each mark decides. `None` where the
    /// marks are of the other side than was asked for.
    pub(super) const fn side(&self, said: Option<Side>) -> Option<Option<Side>> {
        match (self, said) {
            (Self::Anything, said) => Some(said),
            (Self::Truth | Self::Reader(_), Some(Side::Findings)) | (Self::Findings, Some(Side::Truth)) => None,
            (Self::Truth | Self::Reader(_), _) => Some(Some(Side::Truth)),
            (Self::Findings, _) => Some(Some(Side::Findings)),
        }
    }

    /// Whether what `file` draws was found, and which reader's it is.
    pub(super) fn side_of_drawn(&self, file: &str) -> (bool, Option<String>) {
        let words = PathWords::of(file);
        match self {
            Self::Anything => (words.are_predictions, words.reader),
            Self::Truth => (false, words.reader),
            Self::Reader(name) => (false, Some(name.clone())),
            Self::Findings => (true, None),
        }
    }

    /// Drawn regions as what `file` says of an image.
    pub(super) fn said(&self, file: &str, truth: Truth) -> Said {
        let (are_findings, reader) = self.side_of_drawn(file);
        if are_findings {
            let found = |region: groundglass_types::TruthRegion| Finding {
                label: region.label,
                score: 1.0,
                region: region.region,
            };
            return Said { findings: Some(truth.regions.into_iter().map(found).collect()), ..Said::default() };
        }
        match reader {
            Some(reader) => Said { readers: BTreeMap::from([(reader, truth)]), ..Said::default() },
            None => Said { truth: Some(truth), ..Said::default() },
        }
    }
}

impl CaseSet {
    /// Says what all marks of the files that come next are, so that names and scores do not decide it.
    pub fn give_as(&mut self, given_as: GivenAs) {
        self.given_as = given_as;
    }

    /// Takes out what was found in the cases, by their names, so that the findings of another model can come.
    pub fn take_findings(&mut self) -> BTreeMap<String, Vec<Finding>> {
        #[cfg(feature = "full")]
        self.take_found_objects();
        let mut taken = BTreeMap::new();
        for entry in &mut self.cases {
            entry.findings_file = None;
            if let Some(findings) = entry.given.take() {
                taken.insert(entry.case.name.clone(), findings);
            }
        }
        taken
    }

    /// Makes cases of the images of which the truth is known, and how large they are, though they are not among the
    /// files: an evaluation needs no pixel. To be called when all images and truths have come.
    pub fn add_unseen(&mut self) {
        let has_truth = |waiting: &Waiting| {
            let said = waiting.said.as_ref();
            said.is_some_and(|said| said.truth.is_some() || !said.readers.is_empty())
        };
        let mut waiting: Vec<Waiting> = std::mem::take(&mut self.waiting)
            .into_values()
            .flatten()
            .chain(std::mem::take(&mut self.waiting_numbered))
            .collect();
        waiting.sort_by_key(|waiting| waiting.order);
        let mut problems = ProblemList::default();
        for waiting in waiting {
            let unseen = has_truth(&waiting) && self.meant(&waiting) == Match::None;
            if let (true, Some((width, height))) = (unseen, waiting.image.size) {
                let name = match &waiting.image.name {
                    ImageName::Named(name) => name.clone(),
                    ImageName::LikeTheFile | ImageName::Numbered(_) => waiting.file.clone(),
                };
                self.names.know(&name);
                let case = Case { name, width, height, ..Case::default() };
                self.keep(Entry { case, unseen: true, ..Entry::default() });
            }
            self.place_or_wait(waiting, &mut problems);
        }
        self.notes.extend(problems.into_problems());
    }

    /// Reads a label map as that of the image that is called as it is, or else, where it is a volume, of the images that lie
    /// in it. Where there is none, and it was given as truth, its frames are cases of their own size. What is wrong with it comes back.
    ///
    /// # Errors
    /// As [`CaseSet::add_label_map`].
    pub fn add_drawn_map<'c>(
        &mut self,
        path: &str,
        content: impl Into<Content<'c>>,
    ) -> Result<Vec<Problem>, FormatError> {
        let content = content.into();
        #[cfg(feature = "full")]
        if let Some(problems) = self.take_masks(path, &mut || Ok(content.source()), true)? {
            return Ok(problems);
        }
        let mut stacks = Names::default();
        self.stacks.keys().for_each(|stack| stacks.know(stack));
        let image = match stacks.like(path) {
            Match::None => self.names.like(path),
            known => known,
        };
        let left_out = |fault: String| Ok(vec![Problem::new("label maps without an image of their own", path, fault)]);
        match image {
            Match::One(image) => {
                let image = image.to_owned();
                self.take_label_map(Some(&image), path, &content)
            }
            Match::Several(first, second) => {
                left_out(format!("{path} is a label map that could be of {first} or of {second}; it is left out"))
            }
            #[cfg(feature = "full")]
            Match::None if self.lies_in_images(path, &content)? => self.take_label_map(None, path, &content),
            Match::None if matches!(self.given_as, GivenAs::Findings) => {
                left_out(format!("{path} is a label map without an image of its name; it is left out"))
            }
            Match::None => {
                self.add_cases_of_map(path, &content)?;
                self.take_label_map(Some(path), path, &content)
            }
        }
    }

    /// Cases for the frames of a label map whose image is not among the files.
    fn add_cases_of_map(&mut self, path: &str, content: &Content<'_>) -> Result<(), FormatError> {
        let mut opened = open(path, content.source(), Limits::default())?;
        let (count, facts) = (opened.count(), opened.facts().clone());
        let mut names = Vec::new();
        for index in 0..count {
            let frame = opened.frame(index)?;
            let (width, height) = (frame.width(), frame.height());
            let name = if count == 1 { path.to_owned() } else { format!("{path}#{}", index + 1) };
            self.names.know(&name);
            let slice = (count > 1).then(|| Slice { stack: path.to_owned(), index, count });
            let mut attributes = facts.attributes.clone();
            if slice.is_some() {
                attributes.entry("patient".to_owned()).or_insert_with(|| path.to_owned());
            }
            let spacing = facts.spacing;
            let case = Case { name: name.clone(), width, height, spacing, slice, attributes, ..Case::default() };
            self.keep(Entry { case, unseen: true, ..Entry::default() });
            #[cfg(feature = "full")]
            self.see(path, &name, index, &opened);
            names.push(name);
        }
        if count > 1 {
            self.stacks.insert(path.to_owned(), names.into());
        }
        self.lies.insert(path.to_owned(), Lie::of(&opened));
        Ok(())
    }

    /// The class of each value of a label map, where a file says it.
    pub(super) fn classes_of_map(&self, path: &str) -> Option<&HashMap<u64, String>> {
        self.map_classes.get(&crate::paths::normalised(path))
    }
}

/// A label map that is the second of its side is not used.
pub(super) fn is_same_side(one: &LabelMap, other: &LabelMap) -> bool {
    one.given_as == other.given_as
}
