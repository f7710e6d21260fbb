//! What one file of annotations gave, whatever its form.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use groundglass_types::Truth;
use serde::{Deserialize, Serialize};

use crate::budget::Budget;
use crate::frame::{Frame, Layout};
use crate::mark::{Canvas, Mark};
use crate::problem::ProblemList;
use crate::{JsonId, Problem, Table};

/// What one file gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// The images that it speaks of.
    pub images: Vec<AnnotatedImage>,
    /// Its classes in its own order, with their numbers where it has them.
    pub classes: Vec<Class>,
    /// Keypoints of an object and numbers of a keypoint, where it says how YOLO's files have them (`kpt_shape`).
    pub keypoints: Option<[usize; 2]>,
    /// What it could not say by itself.
    pub questions: Vec<Question>,
    /// A table that is about cases as a whole (classes, scores, attributes), which the evaluation reads.
    pub table: Option<Table>,
    /// What the values of label maps are, by the maps' paths from the file's own folder.
    pub map_classes: BTreeMap<String, HashMap<u64, String>>,
    /// Sentences about parts of cases.
    pub sentences: Vec<Sentence>,
    /// What readers hold likely.
    #[cfg(feature = "full")]
    pub rankings: Option<crate::forms::Rankings>,
    /// Whether its marks are what is there or what was found.
    pub sides: Sides,
    /// One line for what could not be read of it.
    pub problems: Vec<Problem>,
    /// How many bytes the file has, by which its masks are bounded; 0 where that is not known.
    pub bytes: u64,
}

/// Whether the marks of a file are what is there (truth) or what was found (predictions).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sides {
    /// The form does not say: marks with a score were found, and marks without one are truth.
    #[default]
    ByScore,
    /// All was found; an image without marks is one in which nothing was found. Every mark has a score.
    Findings,
    /// Both: every image has two entries in a row, first what is there, whose marks have no score, then what was found,
    /// whose marks have one. Either is `None` where the file says nothing of it.
    Both,
}

impl Reading {
    /// The truth of each image whose size the file says, taken out of the reading; what cannot be placed becomes a
    /// problem of it. `file` is the name for messages.
    pub fn take_truths(&mut self, file: &str) -> Vec<Option<Truth>> {
        let (mut problems, mut budget) = (ProblemList::default(), Budget::of(self.bytes));
        let mut truth = |image: &mut AnnotatedImage| {
            let (name, size) = (image.said_name(), image.size?);
            let (budget, problems) = (&mut budget, &mut problems);
            image.take_truth(&mut Canvas { file, image: &name, size, budget, problems })
        };
        let truths = self.images.iter_mut().map(&mut truth).collect();
        self.problems.extend(problems.into_problems());
        truths
    }

    /// Gives classes the names that a person wants (`Hints::classes`), on every mark and in the list of classes.
    pub fn rename_classes(&mut self, names: &BTreeMap<String, String>) {
        let rename = |name: &mut String| {
            if let Some(wanted) = names.get(name) {
                name.clone_from(wanted);
            }
        };
        self.classes.iter_mut().for_each(|class| rename(&mut class.name));
        let marks = self.images.iter_mut().filter_map(|image| image.marks.as_mut()).flatten();
        marks.for_each(|mark| rename(&mut mark.label));
    }

    /// Whether it has marks, and every one a score.
    pub(crate) fn are_all_scored(&self) -> bool {
        let mut marks = self.images.iter().filter_map(|image| image.marks.as_ref()).flatten().peekable();
        marks.peek().is_some() && marks.all(|mark| mark.score.is_some())
    }
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its number in the file.
    pub id: Option<JsonId>,
    /// Its name, which becomes the label.
    pub name: String,
}

/// Which image is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageName {
    /// The image of this name: a path, a base name, or a stem.
    Named(String),
    /// The image that is called as the file itself is, but for the extension.
    LikeTheFile,
    /// The image to which another file (COCO annotations) gives this number.
    Numbered(JsonId),
}

/// A sentence about a part of a case, which the region with that label shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The case: an image, or a stack.
    pub image: ImageName,
    /// The label of its region; `None` where it is about the whole case.
    pub region: Option<String>,
    /// The sentence.
    pub text: String,
}

/// Where a reader looked once.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixation {
    /// Across and down, in `frame`.
    pub numbers: [f64; 2],
    /// What the numbers mean, of which unit, offset and origin count; `None` where the user has to say it.
    pub frame: Option<Frame>,
    /// How long, in the unit of the file, where it says so.
    pub duration: Option<f64>,
    /// Who looked, where the file says so.
    pub reader: Option<String>,
}

impl Fixation {
    /// The fixation on an image of `size` (columns, rows); `None` until its frame is known, and where a number is no place.
    pub fn placed(&self, size: (usize, usize)) -> Option<PlacedFixation> {
        let ([x, y], frame) = (self.numbers, self.frame?);
        let point = Frame { layout: Layout::Corners, ..frame }.to_pixels([x, y, x, y], size);
        let at = [point.x_min, point.y_min];
        let is_place = at.iter().all(|number| number.is_finite());
        is_place.then(|| PlacedFixation { at, duration: self.duration, reader: self.reader.clone() })
    }
}

/// Where a reader looked once, on an image whose size is known.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedFixation {
    /// Across and down in pixels of the image, from its upper left corner; also outside of it.
    pub at: [f64; 2],
    /// How long, in the unit of the file, where it says so.
    pub duration: Option<f64>,
    /// Who looked, where the file says so.
    pub reader: Option<String>,
}

/// One image and what a file says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct AnnotatedImage {
    /// Which image.
    pub name: ImageName,
    /// What the file calls it besides, which decides alone between images that its name fits alike.
    pub called: Option<String>,
    /// Its number in the file.
    pub id: Option<JsonId>,
    /// Columns and rows, where the file says so.
    pub size: Option<(usize, usize)>,
    /// Width and height of a pixel in millimetres, where the file says so.
    pub spacing: Option<[f64; 2]>,
    /// What else the file says of the image in one word or number: `patient`, `site`, ...
    pub attributes: BTreeMap<String, String>,
    /// Who looked at it, where the file names its readers: also those who marked nothing.
    pub readers: BTreeSet<String>,
    /// Where readers looked on it.
    pub fixations: Vec<Fixation>,
    /// What is there. An empty list says "looked, and nothing is there"; `None` that the file says nothing of it.
    pub marks: Option<Vec<Mark>>,
    /// How many marks the file has of it besides that could not be read.
    pub lost: usize,
}

impl AnnotatedImage {
    /// What the file calls the image, for messages.
    pub fn said_name(&self) -> String {
        match &self.name {
            ImageName::Named(name) => name.clone(),
            ImageName::LikeTheFile => "its image".to_owned(),
            ImageName::Numbered(id) => format!("image {id}"),
        }
    }

    /// What is there on the image, taken out of the reading; `None` where the file says nothing of it, and where nothing of
    /// what it says could be used. Scores and readers are not looked at.
    pub(crate) fn take_truth(&mut self, canvas: &mut Canvas<'_>) -> Option<Truth> {
        let marks = self.marks.take()?;
        let all = marks.len() + self.lost;
        let regions: Vec<_> = marks.into_iter().filter_map(|mark| mark.into_truth(canvas)).collect();
        if is_unknown(all, regions.len()) {
            tell_unknown(canvas);
            return None;
        }
        Some(Truth { regions })
    }

    /// An image with marks and nothing else known.
    pub fn new(name: ImageName, marks: Vec<Mark>) -> Self {
        Self {
            name,
            called: None,
            id: None,
            size: None,
            spacing: None,
            attributes: BTreeMap::new(),
            readers: BTreeSet::new(),
            fixations: Vec::new(),
            marks: Some(marks),
            lost: 0,
        }
    }
}

/// Whether an image is unknown of which a file has `all` marks and `used` of them could be used: an image is empty only where
/// the file says so.
pub(crate) const fn is_unknown(all: usize, used: usize) -> bool {
    all > 0 && used == 0
}

/// Says that an image is unknown.
pub(crate) fn tell_unknown(canvas: &mut Canvas<'_>) {
    let (file, image) = (canvas.file, canvas.image);
    let message =
        format!("{file}: nothing that it marks on {image} can be used, so that the image is unknown, not empty");
    canvas.problems.push("images of which no mark can be used", file, message);
}

/// What a file leaves open and a person has to answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// What the numbers of its boxes mean.
    Frame {
        /// The file.
        file: String,
        /// Names of [`Frame::ALL`] that the numbers could be in.
        candidates: Vec<String>,
        /// Boxes of the file to draw both readings with: the image's name and the numbers.
        examples: Vec<(String, [f64; 4])>,
    },
    /// Which column of a table holds what.
    Columns {
        /// The file.
        file: String,
        /// Its columns.
        columns: Vec<String>,
        /// What was guessed: role (`image`, `label`, `x_min`, `score`, ...) to column.
        #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
        guessed: BTreeMap<String, String>,
        /// Roles without which the table cannot be read, and for which no column was found.
        missing: Vec<String>,
    },
}

impl Question {
    /// The file that leaves it open.
    pub fn file(&self) -> &str {
        match self {
            Self::Frame { file, .. } | Self::Columns { file, .. } => file,
        }
    }
}

/// How a person wants a file read, where it does not say itself or says it wrongly.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
#[serde(default)]
pub struct Hints {
    /// What the numbers of boxes mean; in JSON the name of one of [`Frame::ALL`].
    #[serde(with = "by_name", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional, type = "string"))]
    pub frame: Option<Frame>,
    /// Role to column, over what is guessed.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub columns: BTreeMap<String, String>,
    /// Class of the file to the name that it should have.
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub classes: BTreeMap<String, String>,
}

/// A frame as its name.
mod by_name {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Frame;

    pub fn serialize<S: Serializer>(frame: &Option<Frame>, serializer: S) -> Result<S::Ok, S::Error> {
        let known = Frame::ALL.iter().find(|known| Some(known.frame) == *frame);
        match known {
            Some(known) => serializer.serialize_some(known.name),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Frame>, D::Error> {
        let Some(name) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        Frame::of_name(&name).map(Some).ok_or_else(|| D::Error::custom(format!("there is no frame \"{name}\"")))
    }
}
