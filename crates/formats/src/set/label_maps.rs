//! Label maps, brought to their images.

#[cfg(feature = "full")]
use groundglass_imaging::{Labels, Opened};
use groundglass_imaging::{Limits, open};
use groundglass_types::{Image, Samples, Truth, TruthRegion};

use super::given::is_same_side;
use super::map_places::{Laid, Lie, NO_PLACE, OTHER_PLACE};
use super::{CaseSet, GivenAs, OTHER_SIZE, SECOND_TRUTH};
use crate::FormatError;
use crate::content::Content;
use crate::label_map::{VOID, Valued, valued_regions};
use crate::paths::{normalised, stem};
#[cfg(not(feature = "full"))]
use crate::plan::FIRST_CHANNEL;
#[cfg(feature = "full")]
use crate::plan::case_name;
use crate::problem::{Problem, ProblemList};
use crate::reading::{AnnotatedImage, ImageName};
#[cfg(feature = "full")]
use crate::words::folded;
use crate::words::{folder_of, is_structure_name, key_of, numbered, slice_of, structure};

const SHADES: &str = "label maps whose values look like shades";
const INVERTED: &str = "label maps that say that 0 is white";
#[cfg(feature = "full")]
const CHANNELS: &str = "label maps of several channels";
#[cfg(feature = "full")]
const RECOVERED: &str = "sets with masks in a form that changes values";
const VOIDS: &str = "label maps with the value 255 beside others";

/// What a file that was read as a label map is.
pub const LABEL_MAP: &str = "label map";

/// A label map, until its image comes.
#[derive(Clone, Debug)]
pub struct LabelMap {
    pub file: String,
    /// What it was given as.
    pub given_as: GivenAs,
    /// What several maps are together that are the parts of one: the folder of a case's structures, or its numbered masks.
    pub group: Option<String>,
    /// What it has in common with the parts that it may stand beside: `a_mask.png` with `a_mask_1.png`.
    pub family: String,
    /// The slice of its image that it is of, from 0; `None` where it is of the whole.
    pub slice: Option<usize>,
    /// How its pixels lie.
    pub lie: Lie,
    /// One for each frame: columns, rows, and what is there.
    pub frames: Vec<((usize, usize), Truth)>,
    /// The value of each region, frame by frame.
    #[cfg(feature = "full")]
    pub values: Vec<Vec<u64>>,
}

impl CaseSet {
    /// Reads a label map as the truth of the image at the path `image`, frame by frame, and what is wrong with it comes
    /// back.
    ///
    /// # Errors
    /// [`FormatError`] where it cannot be decoded or is no label map.
    pub fn add_label_map<'c>(
        &mut self,
        image: &str,
        path: &str,
        content: impl Into<Content<'c>>,
    ) -> Result<Vec<Problem>, FormatError> {
        self.take_label_map(Some(image), path, &content.into())
    }

    /// Reads a label map as that of `image`, or of the images that lie in it.
    pub(super) fn take_label_map(
        &mut self,
        image: Option<&str>,
        path: &str,
        content: &Content<'_>,
    ) -> Result<Vec<Problem>, FormatError> {
        if self.is_given(path) {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        #[cfg(feature = "full")]
        if let Some(problems) = self.take_masks(path, &mut || Ok(content.source()), true)? {
            return Ok(problems);
        }
        let group = image.and_then(|image| group_of(image, path));
        let mut opened = open(path, content.source(), Limits::default())?;
        let (mut frames, mut problems) = (Vec::new(), ProblemList::default());
        #[cfg(feature = "full")]
        let mut values = Vec::new();
        let (mut shades, mut voids) = (None, 0_usize);
        let (mut are_indices, mut is_inverted) = (false, false);
        for index in 0..opened.count() {
            #[cfg(feature = "full")]
            let labels = self.recover(path, &mut opened, content, index)?;
            #[cfg(not(feature = "full"))]
            let labels = opened.labels(index)?;
            let map = &labels.image;
            if labels.is_inverted && !is_inverted {
                is_inverted = true;
                let message = format!(
                    "{path} says that 0 is white (MINISWHITE), which is for pictures; its values are read as they stand, with 0 as the background"
                );
                problems.push(INVERTED, path, message);
            }
            let Valued { mut regions, are_shades } = valued_regions(path, map)?;
            if are_shades && shades.is_none() {
                shades = Some(regions.len());
            }
            let classes = self.classes_of_map(path);
            if !are_shades && has_void(map, &regions) && classes.is_none_or(|classes| !classes.contains_key(&VOID)) {
                (voids, are_indices) = (voids + 1, labels.are_indices);
                regions.retain(|(value, _)| !labels.are_indices || *value != VOID);
            }
            if let Some(classes) = classes {
                for (value, region) in &mut regions {
                    if let Some(class) = classes.get(value) {
                        region.label.clone_from(class);
                    }
                }
            }
            if let Some((_, Some(structure))) = &group {
                regions.iter_mut().for_each(|(_, region)| region.label.clone_from(structure));
            }
            #[cfg(feature = "full")]
            values.push(regions.iter().map(|(value, _)| *value).collect());
            let regions = regions.into_iter().map(|(_, region)| region).collect();
            frames.push(((map.width(), map.height()), Truth { regions }));
        }
        self.know_given(path, content.sha256(path)?, LABEL_MAP);
        self.truth_files += 1;
        let group = group.map(|(group, _)| group);
        let lie = Lie::of(&opened);
        let slice = slice_of(path).filter(|_| image != Some(path)).map(|(_, number)| number - 1);
        let given_as = self.given_as.clone();
        let of = key_of(&normalised(image.unwrap_or(path))).0;
        let family = group.clone().unwrap_or_else(|| numbered_masks(&folder_of(path), &of));
        let map = LabelMap {
            file: path.to_owned(),
            given_as,
            group,
            family,
            slice,
            lie,
            frames,
            #[cfg(feature = "full")]
            values,
        };
        if let Some(count) = shades {
            let message = format!(
                "{path}: its {count} values look like the shades of a picture or of soft edges, for most of their pixels stand in runs of one or two; each is read as a region of its own"
            );
            problems.push(SHADES, path, message);
        }
        if voids > 0 {
            let read = match are_indices {
                true => {
                    "it is left out, for it stands for pixels of which nothing is known (void) in maps with a palette"
                }
                false => {
                    "it is read as a region like the others, though it often stands for pixels of which nothing is known (void)"
                }
            };
            problems.push(
                VOIDS,
                path,
                format!("{path} has the value 255 beside others: {read}; a classes.json can name it"),
            );
        }
        let Some(image) = image else {
            #[cfg(feature = "full")]
            self.take_volume(map, &mut problems);
            return Ok(problems.into_problems());
        };
        #[cfg(feature = "full")]
        for other in self.channels.others.get(path).cloned().unwrap_or_default() {
            self.give_label_map(&other, map.clone(), &mut problems);
        }
        self.give_label_map(image, map, &mut problems);
        Ok(problems.into_problems())
    }

    /// Brings a label map to its image, or keeps it until that comes.
    fn give_label_map(&mut self, image: &str, map: LabelMap, problems: &mut ProblemList) {
        if self.places.contains_key(image) || self.stacks.contains_key(image) {
            self.attach_label_map(image, map, problems);
        } else if let Some(first) = self.waiting_label_maps.get(image).and_then(|maps| {
            let is_other = |first: &&LabelMap| first.slice == map.slice && !first.stands_beside(&map);
            maps.iter().filter(is_other).find(|first| is_same_side(first, &map))
        }) {
            let message = format!("{} is a second label map of {image}; {} is kept", map.file, first.file);
            problems.push(SECOND_TRUTH, &map.file, message);
        } else {
            self.waiting_label_maps.entry(image.to_owned()).or_default().push(map);
        }
    }

    /// Says once which label maps are of several images.
    #[cfg(feature = "full")]
    pub(super) fn told_of_channels(&self, problems: &mut ProblemList) {
        let read = || self.channels.others.iter().filter(|(map, _)| self.data.contains_key(*map));
        let Some((map, others)) = read().next() else { return };
        let also = others.join(", ");
        let which = match read().count() {
            1 => format!("{map} is"),
            count => format!("{count} label maps are each of all channels of a case: {map}, the first of them, is"),
        };
        let message = format!(
            "{which} the truth of its image and of {also} alike, which are channels of one case; the cases have one patient"
        );
        problems.push(CHANNELS, map, message);
    }

    /// A frame of a map as it was before its form changed it.
    #[cfg(feature = "full")]
    fn recover(
        &mut self,
        path: &str,
        opened: &mut Opened<'_>,
        content: &Content<'_>,
        index: usize,
    ) -> Result<Labels, FormatError> {
        let (labels, above) = crate::lossy::labels(path, opened, content.head(), index)?;
        self.recovered.extend(above.map(|above| (path.to_owned(), above)));
        Ok(labels)
    }

    /// Says once how masks were read whose form changes values.
    #[cfg(feature = "full")]
    pub(super) fn told_of_recovered(&self, problems: &mut ProblemList) {
        let Some((first, above)) = self.recovered.first_key_value() else { return };
        let (lowest, highest) =
            self.recovered.values().fold((*above, *above), |(low, high), &above| (low.min(above), high.max(above)));
        let half = if lowest == highest { lowest.to_string() } else { format!("{lowest} to {highest}") };
        let which = match self.recovered.len() {
            1 => format!("the mask {first} is in a form that changes values (JPEG); it"),
            count => {
                format!("{count} masks, {first} the first of them, are in a form that changes values (JPEG); each")
            }
        };
        let message = format!("{which} is read as inside where its value is above half of its level ({half})");
        problems.push(RECOVERED, first, message);
    }

    /// Gives a label map to its image, or each of its frames to the slice that it is of.
    pub(super) fn attach_label_map(&mut self, image: &str, map: LabelMap, problems: &mut ProblemList) {
        #[cfg(feature = "full")]
        if self.is_by_place(image, &map.lie) {
            return self.take_volume(map, problems);
        }
        let LabelMap { file, given_as, group, family, slice, lie, mut frames, .. } = map;
        let is_part = group.is_some();
        let mut slices = self.stacks.get(image).map_or_else(|| vec![image.to_owned()], |slices| slices.to_vec());
        if let Some(slice) = slice {
            slices = slices.get(slice).cloned().into_iter().collect();
        }
        if slices.len() != frames.len() {
            let message = format!(
                "{file} has {} frames, but its image {image} has {}; it is not used",
                frames.len(),
                slices.len()
            );
            problems.push(OTHER_SIZE, &file, message);
            return;
        }
        let sizes = |name: &String| self.case(name).map(|case| (case.width, case.height));
        let are_as_large =
            slices.iter().zip(&frames).all(|(name, (size, _))| sizes(name).is_none_or(|own| own == *size));
        // Of frames of another size nothing is to be compared: that is told for each.
        let image_lie = self.lies.get(image).filter(|_| are_as_large);
        match image_lie.map(|image_lie| lie.laid_on(image_lie, (&file, image))) {
            None | Some(Laid::AsShown(None)) => {}
            Some(Laid::AsShown(Some(message))) => problems.push(NO_PLACE, &file, message),
            Some(Laid::AsStored(reorder, message)) => {
                problems.push(NO_PLACE, &file, message);
                frames = reorder.frames(frames);
            }
            Some(Laid::Apart(message)) => {
                problems.push(OTHER_PLACE, &file, message);
                return;
            }
        }
        let source = group.unwrap_or_else(|| file.clone());
        #[cfg(feature = "full")]
        let (source, is_part, is_beside) = self.beside_first(image, family, &given_as, (&file, source, is_part));
        #[cfg(not(feature = "full"))]
        drop(family);
        for (name, (size, truth)) in slices.iter().zip(frames) {
            let Some(entry) = self.places.get(name).and_then(|&place| self.cases.get_mut(place)) else { continue };
            if size != (entry.case.width, entry.case.height) {
                let (width, height) = (entry.case.width, entry.case.height);
                let message = format!(
                    "{file} has {} x {} pixels, but its image {name} has {width} x {height}; it is not used",
                    size.0, size.1
                );
                problems.push(OTHER_SIZE, &file, message);
            } else {
                let image = AnnotatedImage::new(ImageName::Named(name.clone()), Vec::new());
                let mut said = given_as.said(&file, truth);
                #[cfg(feature = "full")]
                if is_beside && entry.has_most_of(&said) {
                    let message =
                        format!("{file} is left out: most of it is in the other label maps of {name} already");
                    problems.push(SECOND_TRUTH, &file, message);
                    continue;
                }
                self.corrections.name_said(&mut said);
                said.more = is_part;
                entry.take(&source, name, image, said, problems);
                self.changed.push(name.clone());
            }
        }
    }
}

impl LabelMap {
    /// Whether both are parts of one truth, or one is the map of the whole and the other a further part.
    fn stands_beside(&self, other: &Self) -> bool {
        self.family == other.family && (self.group.is_some() || other.group.is_some())
    }
}

/// What the masks of an image with a number behind their names have in common, and the one without.
fn numbered_masks(folder: &str, key: &str) -> String {
    format!("{folder}/{key} and a number")
}

/// Whether the value 255 of a map is none of its labels by the look of it: of 8 bits the last, far from the others.
fn has_void(map: &Image, regions: &[(u64, TruthRegion)]) -> bool {
    let is_bytes = map.channels() == 1 && matches!(map.samples(), Samples::U8(_));
    let has = |wanted: u64| regions.iter().any(|(value, _)| *value == wanted);
    is_bytes && regions.len() > 1 && has(VOID) && !has(VOID - 1)
}

/// What a map is a part of, and the structure that it shows where its name says so; `None` where it is the map of its image.
fn group_of(image: &str, path: &str) -> Option<(String, Option<String>)> {
    let key = key_of(&normalised(image)).0;
    let folder = folder_of(path);
    let own = key_of(&normalised(path)).0;
    let is_slice = slice_of(path).is_some_and(|(of, _)| key_of(&of).0 == key);
    #[cfg(feature = "full")]
    let is_of_channels = case_name(image).is_some_and(|name| folded(&name) == own);
    #[cfg(not(feature = "full"))]
    let is_of_channels = format!("{own}{FIRST_CHANNEL}") == key;
    if own == key || is_slice || is_of_channels {
        return None;
    }
    match structure(path) {
        Some((of, structure)) if of == key => Some((folder, Some(structure))),
        _ => match numbered(path).filter(|(of, _)| *of == key) {
            Some((key, _)) => Some((numbered_masks(&folder, &key), None)),
            // One of the masks in the folder of a case.
            None => Some((folder, is_structure_name(stem(&normalised(path))).then(|| stem(path).to_owned()))),
        },
    }
}
