//! Label maps, brought to their images.

use std::io::Cursor;

use groundglass_imaging::{Limits, open};
use groundglass_types::Truth;

use super::given::is_same_side;
use super::{CaseSet, GivenAs, OTHER_SIZE, SECOND_TRUTH};
use crate::label_map::valued_regions;
use crate::problem::{Problem, ProblemList};
use crate::reading::{AnnotatedImage, ImageName};
use crate::{FormatError, sha256_hex};

/// A label map, until its image comes.
#[derive(Debug)]
pub struct LabelMap {
    pub file: String,
    /// What it was given as.
    pub given_as: GivenAs,
    /// One for each frame: columns, rows, and what is there.
    frames: Vec<((usize, usize), Truth)>,
}

impl CaseSet {
    /// Reads a label map as the truth of the image at the path `image`, frame by frame, and what is wrong with it comes
    /// back.
    ///
    /// # Errors
    /// [`FormatError`] where it cannot be decoded or is no label map.
    pub fn add_label_map(&mut self, image: &str, path: &str, bytes: &[u8]) -> Result<Vec<Problem>, FormatError> {
        if self.is_given(path) {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        let mut opened = open(path, Box::new(Cursor::new(bytes)), Limits::default())?;
        let mut frames = Vec::new();
        for index in 0..opened.count() {
            let map = opened.frame(index)?;
            let mut regions = valued_regions(path, &map)?;
            if let Some(classes) = self.classes_of_map(path) {
                for (value, region) in &mut regions {
                    if let Some(class) = classes.get(value) {
                        region.label.clone_from(class);
                    }
                }
            }
            let regions = regions.into_iter().map(|(_, region)| region).collect();
            frames.push(((map.width(), map.height()), Truth { regions }));
        }
        self.know_given(path, sha256_hex(bytes), "label map");
        self.truth_files += 1;
        let map = LabelMap { file: path.to_owned(), given_as: self.given_as.clone(), frames };
        let mut problems = ProblemList::default();
        if self.places.contains_key(image) || self.stacks.contains_key(image) {
            self.attach_label_map(image, map, &mut problems);
        } else if let Some(first) =
            self.waiting_label_maps.get(image).and_then(|maps| maps.iter().find(|first| is_same_side(first, &map)))
        {
            let message = format!("{path} is a second label map of {image}; {} is kept", first.file);
            problems.push(SECOND_TRUTH, path, message);
        } else {
            self.waiting_label_maps.entry(image.to_owned()).or_default().push(map);
        }
        Ok(problems.into_problems())
    }

    /// Gives a label map to its image, or each of its frames to the slice that it is of.
    pub(super) fn attach_label_map(&mut self, image: &str, map: LabelMap, problems: &mut ProblemList) {
        let LabelMap { file, given_as, frames } = map;
        let slices = self.stacks.get(image).cloned().unwrap_or_else(|| vec![image.to_owned()]);
        if slices.len() != frames.len() {
            let message = format!(
                "{file} has {} frames, but its image {image} has {}; it is not used",
                frames.len(),
                slices.len()
            );
            problems.push(OTHER_SIZE, &file, message);
            return;
        }
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
                self.corrections.name_said(&mut said);
                entry.take(&file, name, image, said, problems);
                self.changed.push(name.clone());
            }
        }
    }
}
