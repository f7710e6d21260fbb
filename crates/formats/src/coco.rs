//! COCO annotation files: images, categories, and what is in each image.
//!
//! Form: <https://cocodataset.org/#format-data>. Each image, category and annotation is read by itself, so
//! that one fault costs one annotation. Boxes are taken as annotated, also where they reach over the
//! image's edge, because published numbers are computed so.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::FormatError;
use crate::list::{AnnotationFormat, Probe};
use crate::mark::{Mark, UNREADABLE};
use crate::problem::ProblemList;
use crate::reading::{AnnotatedImage, Class, Hints, ImageName, Reading};

mod annotation;
pub(crate) mod fields;
mod plain;

pub(crate) use annotation::region_of;
#[cfg(feature = "full")]
pub(crate) use annotation::{box_of, drawn_of, runs_of};
pub(crate) use fields::kind_of;

/// An identifier as it stands in a file: COCO has whole numbers, and some tools write text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum JsonId {
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
}

impl std::fmt::Display for JsonId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
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
        read_coco(probe.path(), probe.bytes())
    }
}

#[derive(Deserialize)]
struct RawCoco<'a> {
    #[serde(borrow)]
    images: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    annotations: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    categories: Option<Vec<&'a RawValue>>,
}

/// Reads a COCO annotation file.
///
/// # Errors
/// [`FormatError`] where the bytes are not JSON or not of COCO's form. What is wrong with a single image,
/// class or annotation is in [`Reading::problems`].
pub fn read_coco(file: &str, bytes: &[u8]) -> Result<Reading, FormatError> {
    let not_coco = |detail: &str| FormatError::NotCoco { file: file.to_owned(), detail: detail.to_owned() };
    let bytes = json_bytes(file, bytes)?;
    let raw: RawCoco<'_> = match serde_json::from_slice(bytes) {
        Ok(raw) => raw,
        Err(_) if bytes.trim_ascii_start().starts_with(b"[") && is_json(bytes) => {
            return Err(not_coco("it is a list, as COCO results are, not an object with images and annotations"));
        }
        Err(error) if error.is_data() => return Err(not_coco(&error.to_string())),
        Err(error) => return Err(json_error(file, &error)),
    };
    let images = raw.images.ok_or_else(|| not_coco("it has no list \"images\""))?;
    let annotations = raw.annotations.ok_or_else(|| not_coco("it has no list \"annotations\""))?;

    let mut problems = ProblemList::default();
    let categories = read_categories(file, raw.categories.as_deref(), &mut problems);
    let mut images = read_images(file, &images, &mut problems);
    let mut by_image = read_annotations(file, &annotations, &images, &categories, &mut problems);
    for (index, image) in images.iter_mut().enumerate() {
        image.marks = Some(by_image.remove(&index).unwrap_or_default());
    }
    Ok(Reading {
        images,
        classes: categories.unwrap_or_default(),
        problems: problems.into_problems(),
        ..Reading::default()
    })
}

/// The bytes without a byte order mark, which some editors put in front.
pub(crate) fn json_bytes<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a [u8], FormatError> {
    if bytes.is_empty() {
        return Err(FormatError::Empty { file: file.to_owned() });
    }
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
}

pub(crate) fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

pub(crate) fn json_error(file: &str, error: &serde_json::Error) -> FormatError {
    // The parser says the place once more at the end of its text.
    let detail = error.to_string();
    let detail = detail.split(" at line ").next().unwrap_or_default().to_owned();
    FormatError::Json { file: file.to_owned(), detail, line: error.line(), column: error.column() }
}

fn read_categories(file: &str, raw: Option<&[&RawValue]>, problems: &mut ProblemList) -> Option<Vec<Class>> {
    let Some(raw) = raw else {
        let message = format!("{file} has no list \"categories\": labels are named by their numbers");
        problems.push("lists that are missing", file, message);
        return None;
    };
    let mut categories: Vec<Class> = Vec::new();
    for (index, raw) in raw.iter().enumerate() {
        let read = || -> Result<Class, String> {
            let object = object(raw)?;
            let id = fields::required_id(&object, "id")?;
            if categories.iter().any(|category| category.id.as_ref() == Some(&id)) {
                return Err(format!("the id {id} was used before"));
            }
            Ok(Class { id: Some(id), name: fields::required_text(&object, "name")? })
        };
        match read() {
            Ok(category) => categories.push(category),
            Err(fault) => {
                problems.push("categories at fault", file, format!("{file}: categories[{index}] is left out: {fault}"));
            }
        }
    }
    Some(categories)
}

fn read_images(file: &str, raw: &[&RawValue], problems: &mut ProblemList) -> Vec<AnnotatedImage> {
    let mut seen = HashMap::new();
    let mut images = Vec::with_capacity(raw.len());
    for (index, raw) in raw.iter().enumerate() {
        let mut read = || -> Result<AnnotatedImage, String> {
            let object = object(raw)?;
            let id = fields::required_id(&object, "id")?;
            let file_name = fields::required_text(&object, "file_name")?;
            if let Some(first) = seen.get(&id) {
                return Err(format!("\"{file_name}\" has the id {id}, which is that of \"{first}\""));
            }
            let size = fields::length(&object, "width")?.zip(fields::length(&object, "height")?);
            seen.insert(id.clone(), file_name.clone());
            let (spacing, attributes) = (fields::spacing(&object)?, fields::attributes(&object));
            let image = AnnotatedImage::new(ImageName::Named(file_name), Vec::new());
            Ok(AnnotatedImage { id: Some(id), size, spacing, attributes, ..image })
        };
        match read() {
            Ok(image) => images.push(image),
            Err(fault) => {
                problems.push("images at fault", file, format!("{file}: images[{index}] is left out: {fault}"));
            }
        }
    }
    images
}

fn read_annotations(
    file: &str,
    raw: &[&RawValue],
    images: &[AnnotatedImage],
    categories: &Option<Vec<Class>>,
    problems: &mut ProblemList,
) -> HashMap<usize, Vec<Mark>> {
    let image_places: HashMap<&JsonId, usize> =
        images.iter().enumerate().filter_map(|(at, image)| Some((image.id.as_ref()?, at))).collect();
    let names: Option<HashMap<&JsonId, &str>> = categories
        .as_ref()
        .map(|list| list.iter().filter_map(|one| Some((one.id.as_ref()?, one.name.as_str()))).collect());
    let label = |id: &JsonId| match &names {
        Some(names) => names.get(id).map(|name| (*name).to_owned()),
        None => Some(format!("category {id}")),
    };
    let mut by_image: HashMap<usize, Vec<Mark>> = HashMap::new();
    let mut keypoints = 0_usize;
    for (index, raw) in raw.iter().enumerate() {
        let mut place = format!("annotations[{index}]");
        if let Some(plain) = plain::read(raw)
            && let Some(&image) = image_places.get(&plain.image)
            && let Some(label) = label(&plain.category)
        {
            keypoints += usize::from(plain.has_keypoints);
            if let Some(id) = plain.id {
                place = format!("annotations[{index}] (id {id})");
            }
            by_image.entry(image).or_default().push(Mark { place, label, ..plain.mark });
            continue;
        }
        let mut read = || -> Result<(usize, Mark), (&'static str, String)> {
            let object = object(raw).map_err(|fault| (UNREADABLE, fault))?;
            if let Some(id) = fields::id(&object, "id").map_err(|fault| (UNREADABLE, fault))? {
                place = format!("annotations[{index}] (id {id})");
            }
            let image_id = fields::required_id(&object, "image_id").map_err(|fault| (UNREADABLE, fault))?;
            let image = image_places
                .get(&image_id)
                .ok_or_else(|| ("annotations of unknown images", format!("no image has the id {image_id}")))?;
            keypoints += usize::from(object.contains_key("keypoints"));
            Ok((*image, annotation::read(place.clone(), &object, label)?))
        };
        match read() {
            Ok((image, annotation)) => by_image.entry(image).or_default().push(annotation),
            Err((kind, fault)) => problems.push(kind, file, format!("{file}: {place} is left out: {fault}")),
        }
    }
    if keypoints > 0 {
        let message = format!("{file}: the keypoints of {keypoints} annotations are not read, only boxes and masks");
        problems.push("keypoints", file, message);
    }
    by_image
}

fn object(raw: &RawValue) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(raw.get()) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(format!("it is {}, not an object", kind_of(&other))),
        Err(error) => Err(error.to_string()),
    }
}
