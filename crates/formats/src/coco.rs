//! COCO annotation files: images, categories, and what is in each image.
//!
//! Form: <https://cocodataset.org/#format-data>. Each image, category and annotation is read by itself, so
//! that one fault costs one annotation. Boxes are taken as annotated, also where they reach over the
//! image's edge, because published numbers are computed so.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::FormatError;
use crate::content::Content;
use crate::json_stream::{bare_numbers, check, lists};
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{LOST_PIXELS, Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Class, Hints, ImageName, Reading};

mod annotation;
pub(crate) mod fields;
mod plain;

pub(crate) use annotation::region_of;
#[cfg(feature = "full")]
pub(crate) use annotation::{Pixels, Shape, drawn_of, runs_of};
pub(crate) use fields::kind_of;

/// An identifier as it stands in a file: COCO has whole numbers, and some tools write text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum JsonId {
    /// A whole number.
    Number(i64),
    /// A whole number beyond those, as hashes are.
    Large(u64),
    /// Text.
    Text(String),
}

impl std::fmt::Display for JsonId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Large(number) => write!(formatter, "{number}"),
            Self::Text(text) => write!(formatter, "{text:?}"),
        }
    }
}

/// COCO annotations.
pub struct Coco;

impl AnnotationFormat for Coco {
    fn id(&self) -> &'static str {
        "coco"
    }

    fn name(&self) -> &'static str {
        "COCO annotations (JSON)"
    }

    fn recognises(&self, probe: &Probe<'_>) -> bool {
        probe.has_keys(&["images", "annotations"])
    }

    fn read(&self, probe: &Probe<'_>, _: &Hints) -> Result<Reading, FormatError> {
        read(probe.path(), probe.content())
    }
}

/// Reads a COCO annotation file.
///
/// # Errors
/// [`FormatError`] where the bytes are not JSON or not of COCO's form. What is wrong with a single image,
/// class or annotation is in [`Reading::problems`].
pub fn read_coco<'c>(file: &str, content: impl Into<Content<'c>>) -> Result<Reading, FormatError> {
    let content = content.into();
    let mut reading = Reading { bytes: content.len(), ..read(file, &content)? };
    reading.problems.splice(0..0, bare_numbers(file, &content));
    Ok(reading)
}

fn read(file: &str, content: &Content<'_>) -> Result<Reading, FormatError> {
    let not_coco = |detail: &str| FormatError::NotCoco { file: file.to_owned(), detail: detail.to_owned() };
    let wrong = |error: serde_json::Error| match error.is_data() {
        true if begins_list(content) => match check(content) {
            Ok(()) => not_coco("it is a list, as COCO results are, not an object with images and annotations"),
            Err(error) => json_error(file, &error),
        },
        true => not_coco(&error.to_string()),
        false => json_error(file, &error),
    };
    not_empty(file, content)?;
    let (mut categories, mut images) = (Categories::default(), Images::default());
    let mut problems = ProblemList::default();
    let mut annotations: Option<Annotations<'_>> = None;
    let mut is_deferred = false;
    let names = ["categories", "images", "annotations"];
    let found = lists(content, &names, &mut |before, which, place, raw| match which {
        0 => categories.take(file, place, raw, &mut problems),
        1 => images.take(file, place, raw, &mut problems),
        _ if before.starts_with(&[true, true]) => {
            let new = || Annotations::new(file, &images.list, Some(&categories.list));
            annotations.get_or_insert_with(new).take(place, raw, &mut problems);
        }
        _ => is_deferred = true,
    });
    let found = found.map_err(wrong)?;
    let [has_categories, has_images, has_annotations] = [0, 1, 2].map(|which| found.get(which) == Some(&true));
    for (is_there, name) in [(has_images, "images"), (has_annotations, "annotations")] {
        if !is_there {
            return Err(not_coco(&format!("it has no list \"{name}\"")));
        }
    }
    if !has_categories {
        let message = format!("{file} has no list \"categories\": labels are named by their numbers");
        problems.push("lists that are missing", file, message);
    }
    let classes = has_categories.then_some(categories.list);
    let mut annotations = annotations.unwrap_or_else(|| Annotations::new(file, &images.list, classes.as_deref()));
    if is_deferred {
        // They stood before what they speak of, as the classes of COCO's own files do.
        let again = lists(content, &["annotations"], &mut |_, _, place, raw| {
            annotations.take(place, raw, &mut problems);
        });
        again.map_err(wrong)?;
    }
    let marks = annotations.finish(&mut problems);
    let with_marks =
        |(image, Marks { read, lost }): (AnnotatedImage, Marks)| AnnotatedImage { marks: Some(read), lost, ..image };
    let images = images.list.into_iter().zip(marks).map(with_marks).collect();
    let classes = classes.unwrap_or_default();
    Ok(Reading { images, classes, problems: problems.into_problems(), ..Reading::default() })
}

fn begins_list(content: &Content<'_>) -> bool {
    content.head().trim_ascii_start().starts_with(b"[")
}

pub(crate) fn not_empty(file: &str, content: &Content<'_>) -> Result<(), FormatError> {
    if content.is_empty() { Err(FormatError::Empty { file: file.to_owned() }) } else { Ok(()) }
}

pub(crate) fn json_error(file: &str, error: &serde_json::Error) -> FormatError {
    if error.is_io() {
        return FormatError::Unreadable { file: file.to_owned(), detail: error.to_string() };
    }
    // The parser says the place once more at the end of its text.
    let detail = error.to_string();
    let detail = detail.split(" at line ").next().unwrap_or_default().to_owned();
    FormatError::Json { file: file.to_owned(), detail, line: error.line(), column: error.column() }
}

#[derive(Default)]
struct Categories {
    list: Vec<Class>,
    seen: HashSet<JsonId>,
}

impl Categories {
    fn take(&mut self, file: &str, place: usize, raw: &RawValue, problems: &mut ProblemList) {
        let mut read = || -> Result<Class, String> {
            let object = object(raw)?;
            let id = fields::required_id(&object, "id")?;
            let name = fields::required_text(&object, "name")?;
            if !self.seen.insert(id.clone()) {
                return Err(format!("the id {id} was used before"));
            }
            Ok(Class { id: Some(id), name })
        };
        match read() {
            Ok(category) => self.list.push(category),
            Err(fault) => {
                problems.push("categories at fault", file, format!("{file}: categories[{place}] is left out: {fault}"));
            }
        }
    }
}

/// Columns and rows; `None` where they are not said.
fn size_of(object: &Map<String, Value>) -> Result<Option<(usize, usize)>, String> {
    Ok(fields::length(object, "width")?.zip(fields::length(object, "height")?))
}

/// What an image is called; LVIS says only where it lies.
fn file_name(object: &Map<String, Value>) -> Result<String, String> {
    let address = object.get("coco_url").and_then(Value::as_str).unwrap_or_default();
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let base = path.rsplit('/').next().unwrap_or_default();
    match fields::required_text(object, "file_name") {
        Err(_) if object.get("file_name").is_none_or(Value::is_null) && !base.is_empty() => Ok(base.to_owned()),
        read => read,
    }
}

#[derive(Default)]
struct Images {
    list: Vec<AnnotatedImage>,
    seen: HashMap<JsonId, String>,
}

impl Images {
    fn take(&mut self, file: &str, place: usize, raw: &RawValue, problems: &mut ProblemList) {
        let mut read = || -> Result<AnnotatedImage, String> {
            let object = object(raw)?;
            let id = fields::required_id(&object, "id")?;
            let file_name = file_name(&object)?;
            if let Some(first) = self.seen.get(&id) {
                return Err(format!("\"{file_name}\" has the id {id}, which is that of \"{first}\""));
            }
            let size = size_of(&object).unwrap_or_else(|fault| {
                let message = format!("{file}: images[{place}]: {fault}; the image's own size is used");
                problems.push("sizes that are none", file, message);
                None
            });
            self.seen.insert(id.clone(), file_name.clone());
            let (spacing, attributes) = (fields::spacing(&object)?, fields::attributes(&object));
            let image = AnnotatedImage::new(ImageName::Named(file_name), Vec::new());
            Ok(AnnotatedImage { id: Some(id), size, spacing, attributes, ..image })
        };
        match read() {
            Ok(image) => self.list.push(image),
            Err(fault) => {
                problems.push("images at fault", file, format!("{file}: images[{place}] is left out: {fault}"));
            }
        }
    }
}

/// The marks of an image, and how many of it could not be read.
#[derive(Default)]
struct Marks {
    read: Vec<Mark>,
    lost: usize,
}

/// Why an annotation is left out: what it is one of, and the fault; with the image that it is of, where that is known.
type Fault = (Option<usize>, &'static str, String);

/// Annotations on their way to their images.
struct Annotations<'c> {
    file: &'c str,
    places: HashMap<JsonId, usize>,
    names: Option<HashMap<JsonId, String>>,
    /// The marks of each image.
    marks: Vec<Marks>,
    keypoints: usize,
}

impl<'c> Annotations<'c> {
    fn new(file: &'c str, images: &[AnnotatedImage], classes: Option<&[Class]>) -> Self {
        let place = |(at, image): (usize, &AnnotatedImage)| Some((image.id.clone()?, at));
        let name = |class: &Class| Some((class.id.clone()?, class.name.clone()));
        Self {
            file,
            places: images.iter().enumerate().filter_map(place).collect(),
            names: classes.map(|classes| classes.iter().filter_map(name).collect()),
            marks: images.iter().map(|_| Marks::default()).collect(),
            keypoints: 0,
        }
    }

    fn label(&self, id: &JsonId) -> Option<String> {
        match &self.names {
            Some(names) => names.get(id).cloned(),
            None => Some(format!("category {id}")),
        }
    }

    fn take(&mut self, index: usize, raw: &RawValue, problems: &mut ProblemList) {
        let mut place = format!("annotations[{index}]");
        match self.plain(&mut place, raw).map_or_else(|| self.other(&mut place, raw, problems), Ok) {
            Ok((image, mark)) => self.marks.get_mut(image).map_or((), |marks| marks.read.push(mark)),
            Err((image, kind, fault)) => {
                let file = self.file;
                problems.push(kind, file, format!("{file}: {place} is left out: {fault}"));
                if let Some(marks) = image.and_then(|image| self.marks.get_mut(image)) {
                    marks.lost += 1;
                }
            }
        }
    }

    fn plain(&mut self, place: &mut String, raw: &RawValue) -> Option<(usize, Mark)> {
        let plain = plain::read(raw)?;
        let image = *self.places.get(&plain.image)?;
        let label = self.label(&plain.category)?;
        self.keypoints += usize::from(plain.has_keypoints);
        if let Some(id) = plain.id {
            *place = format!("{place} (id {id})");
        }
        Some((image, Mark { place: place.clone(), label, ..plain.mark }))
    }

    /// Field by field, so that a fault is named.
    fn other(
        &mut self,
        place: &mut String,
        raw: &RawValue,
        problems: &mut ProblemList,
    ) -> Result<(usize, Mark), Fault> {
        let unreadable = |fault| (None, UNREADABLE, fault);
        let object = object(raw).map_err(unreadable)?;
        if let Some(id) = fields::id(&object, "id").map_err(unreadable)? {
            *place = format!("{place} (id {id})");
        }
        let image_id = fields::required_id(&object, "image_id").map_err(unreadable)?;
        let image = self.places.get(&image_id).copied();
        let image =
            image.ok_or_else(|| (None, "annotations of unknown images", format!("no image has the id {image_id}")))?;
        self.keypoints += usize::from(object.contains_key("keypoints"));
        let read = annotation::read(place.clone(), &object, |id| self.label(id));
        let (mark, lost) = read.map_err(|(kind, fault)| (Some(image), kind, fault))?;
        for fault in lost {
            problems.push(LOST_PIXELS, self.file, format!("{}: {place}: {fault}", self.file));
        }
        Ok((image, mark))
    }

    fn finish(self, problems: &mut ProblemList) -> Vec<Marks> {
        if self.keypoints > 0 {
            let (file, count) = (self.file, self.keypoints);
            let message = format!("{file}: the keypoints of {count} annotations are not read, only boxes and masks");
            problems.push("keypoints", file, message);
        }
        self.marks
    }
}

fn object(raw: &RawValue) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(raw.get()) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(format!("it is {}, not an object", kind_of(&other))),
        Err(error) => Err(error.to_string()),
    }
}
