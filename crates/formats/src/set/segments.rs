//! Masks that lie in files beside an answer with `[SEG]` in it, brought to their marks.
//!
//! The n-th `[SEG]` about an image takes
//! 1. the file that the record names, or the n-th value or frame of one that is named for several;
//! 2. else the file of the image's name with the number n behind it (`a_2.png`, `a_seg2.png`, `a_mask_2.nii`,
//!    `masks/a_2.png`), counted from 0 where there is a file with the number 0, and else from 1;
//! 3. else the n-th value or frame of a label map of the image's own name, where the map is on the same side as the text:
//!    the values in rising order where there are as many as `[SEG]`, else the value n itself.
//!
//! In a file for a single `[SEG]` all that is not 0 is inside.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read, Seek, SeekFrom};

use groundglass_imaging::{Limits, Source, open};
use groundglass_types::{Image, Mask};

use super::placing::{PathWords, Waiting, key_of_name};
use super::{CaseSet, GivenAs};
use crate::FormatError;
use crate::content::HEAD;
use crate::label_map::valued_regions;
use crate::lossy::labels;
use crate::mark::{Drawn, Mark};
use crate::paths::{base_name, extension, normalised};
use crate::problem::{Problem, ProblemList};
use crate::reading::{AnnotatedImage, ImageName};
use crate::sha::sha256_of;
use crate::words::{is_never_map, key_of, numbered};
use crate::write::Side;

const UNMET: &str = "[SEG] without a mask";
const UNWANTED: &str = "masks without a [SEG]";

/// A mark whose mask has not come.
#[derive(Clone, Debug)]
struct Segment {
    file: String,
    side: Option<Side>,
    given_as: GivenAs,
    image: ImageName,
    mark: Mark,
    /// The file that the record names.
    named: Option<String>,
    number: usize,
}

/// Which of the marks that wait are meant.
type Rule = Box<dyn Fn(&Segment) -> bool>;

/// What waits for masks.
#[derive(Debug, Default)]
pub struct Segments {
    /// By what an image and the files about it have in common.
    waiting: HashMap<String, Vec<Segment>>,
    /// Such keys, by the base names of files that records name.
    named: HashMap<String, HashSet<String>>,
    /// The largest number of a `[SEG]` for each key.
    largest: HashMap<String, usize>,
    /// Keys with a numbered file that counts from 0.
    from_zero: HashSet<String>,
    /// Masks that came, by the answer's file, the key, the number and whether it is of what was found.
    met: HashMap<(String, String, usize, bool), Mask>,
}

impl Segments {
    /// Forgets what a file asked for.
    pub fn forget(&mut self, file: &str) {
        for waiting in self.waiting.values_mut() {
            waiting.retain(|segment| segment.file != file);
        }
    }
}

fn key_of_image(file: &str, image: &ImageName) -> String {
    match image {
        ImageName::Named(name) => key_of_name(name),
        ImageName::LikeTheFile => key_of(&normalised(file)).0,
        ImageName::Numbered(id) => id.to_string(),
    }
}

/// Whether a file is of the name that a record gives: the base name, with as many folders as the record says.
fn is_called(path: &str, name: &str) -> bool {
    let (path, name) = (normalised(path), normalised(name));
    path == name || path.ends_with(&format!("/{name}"))
}

impl CaseSet {
    /// Remembers which numbers there are, before any file has been read.
    pub fn know_files(&mut self, paths: &[String]) {
        for path in paths {
            if let Some((key, 0)) = numbered(path) {
                self.segments.from_zero.insert(key);
            }
        }
    }

    /// Takes the marks out of what a file says whose masks lie in files beside, and keeps them until those come. An image
    /// of which nothing else is said is unknown until then, and not empty.
    pub(super) fn await_masks(&mut self, file: &str, side: Option<Side>, image: &mut AnnotatedImage) {
        let is_beside = |mark: &Mark| matches!(mark.drawn, Some(Drawn::Beside { .. }));
        if !image.marks.iter().flatten().any(is_beside) {
            return;
        }
        let marks = image.marks.take().unwrap_or_default();
        let key = key_of_image(file, &image.name);
        let mut kept = Vec::new();
        for mut mark in marks {
            let Some(Drawn::Beside { name, number }) = &mark.drawn else {
                kept.push(mark);
                continue;
            };
            let (named, number) = (name.clone(), *number);
            let met = (file.to_owned(), key.clone(), number, side == Some(Side::Findings));
            if let Some(mask) = self.segments.met.get(&met) {
                mark.drawn = Some(Drawn::Mask(mask.clone()));
                kept.push(mark);
                continue;
            }
            let largest = self.segments.largest.entry(key.clone()).or_default();
            *largest = number.max(*largest);
            if let Some(name) = &named {
                let base = base_name(&normalised(name)).to_owned();
                self.segments.named.entry(base).or_default().insert(key.clone());
            }
            let (file, given_as, image) = (file.to_owned(), self.given_as.clone(), image.name.clone());
            let segment = Segment { file, side, given_as, image, mark, named, number };
            self.segments.waiting.entry(key.clone()).or_default().push(segment);
        }
        image.marks = (!kept.is_empty()).then_some(kept);
    }

    /// The image and the number of a file that could be one of its masks by its name. An image of which a file speaks is
    /// none, whatever it is called.
    fn mask_number(&self, path: &str) -> Option<(String, usize)> {
        let own = key_of(&normalised(path)).0;
        let is_spoken_of = self.segments.largest.contains_key(&own) || self.waiting.contains_key(&own);
        numbered(path).filter(|_| !is_spoken_of && !is_never_map(&extension(&normalised(path))))
    }

    /// The marks that a file could hold the masks of, taken out of those that wait; `whole` where it is drawn on as a
    /// whole (a label map) and no picture.
    fn wanted(&mut self, path: &str, whole: bool) -> Vec<Segment> {
        if self.segments.waiting.is_empty() {
            return Vec::new();
        }
        let is_named = |segment: &Segment| segment.named.as_ref().is_some_and(|name| is_called(path, name));
        let named = self.segments.named.get(base_name(&normalised(path)));
        let mut keys: Vec<String> = named.into_iter().flatten().cloned().collect();
        let mut rule: Option<Rule> = None;
        if keys.is_empty() {
            let by_number = self.mask_number(path).filter(|(key, _)| self.segments.waiting.contains_key(key));
            let are_findings = match self.given_as {
                GivenAs::Anything => PathWords::of(path).are_predictions,
                GivenAs::Findings => true,
                GivenAs::Truth | GivenAs::Reader(_) => false,
            };
            if let Some((key, number)) = by_number {
                let number = number + usize::from(self.segments.from_zero.contains(&key));
                keys.push(key);
                // Where the text has both sides, the path says which one is meant.
                let sides = move |segment: &Segment| (segment.side == Some(Side::Findings)) == are_findings;
                let both = self.segments.waiting.get(&keys[0]).is_some_and(|waiting| {
                    let of_number = || waiting.iter().filter(|segment| segment.number == number);
                    of_number().any(sides) && !of_number().all(sides)
                });
                rule = Some(Box::new(move |segment| {
                    segment.named.is_none() && segment.number == number && (!both || sides(segment))
                }));
            } else if whole {
                keys.push(key_of(&normalised(path)).0);
                rule = Some(Box::new(move |segment| {
                    segment.named.is_none() && (segment.side == Some(Side::Findings)) == are_findings
                }));
            }
        }
        let mut taken = Vec::new();
        for key in keys {
            let Some(waiting) = self.segments.waiting.get_mut(&key) else { continue };
            let is_meant = |segment: &Segment| rule.as_ref().map_or_else(|| is_named(segment), |rule| rule(segment));
            let (wanted, others): (Vec<_>, Vec<_>) = std::mem::take(waiting).into_iter().partition(is_meant);
            *waiting = others;
            if waiting.is_empty() {
                self.segments.waiting.remove(&key);
            }
            taken.extend(wanted);
        }
        taken.sort_by_key(|segment| segment.number);
        taken
    }

    /// Takes a file as the masks of `[SEG]`; `None` where it is of none. What is wrong with it comes back.
    pub(super) fn take_masks<'a>(
        &mut self,
        path: &str,
        open: &mut dyn FnMut() -> std::io::Result<Box<dyn Source + 'a>>,
        whole: bool,
    ) -> Result<Option<Vec<Problem>>, FormatError> {
        let wanted = self.wanted(path, whole);
        let mut problems = ProblemList::default();
        if wanted.is_empty() {
            let Some((key, number)) = self.mask_number(path) else { return Ok(None) };
            let Some(largest) = self.segments.largest.get(&key) else { return Ok(None) };
            let message =
                format!("{path} is mask {number} of {key}, of which the text has {largest} [SEG]; it is left out");
            problems.push(UNWANTED, path, message);
            self.names.forget(path);
            return Ok(Some(problems.into_problems()));
        }
        let unreadable =
            |error: std::io::Error| FormatError::Unreadable { file: path.to_owned(), detail: error.to_string() };
        let mut source = open().map_err(unreadable)?;
        self.know_given(path, sha256_of(&mut *source).map_err(unreadable)?, "mask of an answer");
        self.names.forget(path);
        let masks = masks_of(path, source, &wanted, &mut problems)?;
        for (segment, mask) in wanted.into_iter().zip(masks) {
            let Some(mask) = mask else {
                self.segments.waiting.entry(key_of_image(&segment.file, &segment.image)).or_default().push(segment);
                continue;
            };
            let Segment { file, side, given_as, image, mut mark, number, .. } = segment;
            let key = key_of_image(&file, &image);
            self.segments.met.insert((file.clone(), key, number, side == Some(Side::Findings)), mask.clone());
            mark.drawn = Some(Drawn::Mask(mask));
            self.spoken_of += 1;
            let image = AnnotatedImage::new(image, vec![mark]);
            let waiting = Waiting { file, side, given_as, order: self.spoken_of, image, said: None, more: true };
            self.place_or_wait(waiting, &mut problems);
        }
        Ok(Some(problems.into_problems()))
    }

    /// The `[SEG]` whose masks never came, one line an image.
    pub(super) fn unmet_segments(&self, problems: &mut ProblemList) {
        let mut unmet: BTreeMap<(&str, String), Vec<&Segment>> = BTreeMap::new();
        for segment in self.segments.waiting.values().flatten() {
            let name = AnnotatedImage::new(segment.image.clone(), Vec::new()).said_name();
            unmet.entry((&segment.file, name)).or_default().push(segment);
        }
        for ((file, name), segments) in unmet {
            let numbers: Vec<String> = segments.iter().map(|segment| segment.number.to_string()).collect();
            let looked_for = segments.iter().find_map(|segment| segment.named.clone()).unwrap_or_else(|| {
                let key = segments.first().map_or_else(String::new, |first| key_of_image(&first.file, &first.image));
                format!("{key}_{}", numbers.first().map_or("1", String::as_str))
            });
            let message = format!(
                "{file}: [SEG] {} of \"{name}\" is left out: no file gives its mask (such as {looked_for})",
                numbers.join(", ")
            );
            problems.push(UNMET, file, message);
        }
    }
}

/// The mask of each segment, in their order; `None` where the file has none for it.
fn masks_of(
    path: &str,
    source: Box<dyn Source + '_>,
    segments: &[Segment],
    problems: &mut ProblemList,
) -> Result<Vec<Option<Mask>>, FormatError> {
    let (mut source, mut head) = (source, Vec::new());
    let read = source.by_ref().take(HEAD).read_to_end(&mut head).and_then(|_| source.seek(SeekFrom::Start(0)));
    read.map_err(|error| FormatError::Unreadable { file: path.to_owned(), detail: error.to_string() })?;
    let mut opened = open(path, source, Limits::default())?;
    if let [_] = segments
        && opened.count() == 1
    {
        return Ok(vec![inside(&labels(path, &mut opened, &head, 0)?.0.image)]);
    }
    if opened.count() > 1 {
        let frame = |segment: &Segment| match segment.number.checked_sub(1).filter(|frame| *frame < opened.count()) {
            Some(frame) => Ok(inside(&opened.labels(frame)?.image)),
            None => Ok(None),
        };
        return segments.iter().map(frame).collect();
    }
    let regions = valued_regions(path, &opened.labels(0)?.image)?.regions;
    let mut masks: Vec<(u64, Option<Mask>)> =
        regions.into_iter().map(|(value, region)| (value, region.region.mask)).collect();
    if masks.len() == segments.len() {
        return Ok(masks.into_iter().map(|(_, mask)| mask).collect());
    }
    let of_value = |segment: &Segment| {
        let place = masks.iter().position(|(value, _)| *value == segment.number as u64)?;
        masks.swap_remove(place).1
    };
    let found: Vec<Option<Mask>> = segments.iter().map(of_value).collect();
    if !masks.is_empty() {
        let mut values: Vec<u64> = masks.iter().map(|(value, _)| *value).collect();
        values.sort_unstable();
        values.truncate(8);
        let values: Vec<String> = values.iter().map(u64::to_string).collect();
        let message = format!("{path}: the values {} are of no [SEG]; they are left out", values.join(", "));
        problems.push(UNWANTED, path, message);
    }
    Ok(found)
}

/// All that is not 0.
fn inside(image: &Image) -> Option<Mask> {
    let (width, channels, samples) = (image.width(), image.channels(), image.samples_with_gaps());
    let is_inside = |x: usize, y: usize| {
        let first = (y * width + x) * channels;
        (first..first + channels)
            .any(|place| samples.get(place).is_some_and(|sample| sample != 0.0 && !sample.is_nan()))
    };
    Mask::from_fn(width, image.height(), is_inside).ok()
}
