//! Label maps, brought to their images.

use std::io::Cursor;

use groundglass_imaging::{Limits, open};
use groundglass_types::Truth;

use super::{CaseSet, OTHER_SIZE, SECOND_TRUTH};
use crate::label_map::label_map_truth;
use crate::problem::{Problem, ProblemList};
use crate::{FormatError, sha256_hex};

/// A label map, until its image comes.
#[derive(Debug)]
pub struct LabelMap {
    pub file: String,
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
        if self.data.contains_key(path) {
            return Err(FormatError::Twice { file: path.to_owned() });
        }
        let mut opened = open(path, Box::new(Cursor::new(bytes)), Limits::default())?;
        let mut frames = Vec::new();
        for index in 0..opened.count() {
            let map = opened.frame(index)?;
            frames.push(((map.width(), map.height()), label_map_truth(path, &map)?));
        }
        self.data.insert(path.to_owned(), sha256_hex(bytes));
        self.kinds.insert(path.to_owned(), "label map");
        self.truth_files += 1;
        let map = LabelMap { file: path.to_owned(), frames };
        let mut problems = ProblemList::default();
        if self.places.contains_key(image) || self.stacks.contains_key(image) {
            self.attach_label_map(image, map, &mut problems);
        } else if let Some(first) = self.waiting_label_maps.get(image) {
            let message = format!("{path} is a second label map of {image}; {} is kept", first.file);
            problems.push(SECOND_TRUTH, path, message);
        } else {
            self.waiting_label_maps.insert(image.to_owned(), map);
        }
        Ok(problems.into_problems())
    }

    /// Gives a label map to its image, or each of its frames to the slice that it is of.
    pub(super) fn attach_label_map(&mut self, image: &str, map: LabelMap, problems: &mut ProblemList) {
        let LabelMap { file, frames } = map;
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
        for (name, (size, mut truth)) in slices.iter().zip(frames) {
            let Some(entry) = self.places.get(name).and_then(|&place| self.cases.get_mut(place)) else { continue };
            if let Some(first) = &entry.truth_file {
                let message = format!("{file} has truth for {name}, which has it from {first} already; that is kept");
                problems.push(SECOND_TRUTH, &file, message);
            } else if size != (entry.case.width, entry.case.height) {
                let (width, height) = (entry.case.width, entry.case.height);
                let message = format!(
                    "{file} has {} x {} pixels, but its image {name} has {width} x {height}; it is not used",
                    size.0, size.1
                );
                problems.push(OTHER_SIZE, &file, message);
            } else {
                self.corrections.name_truth(&mut truth.regions);
                entry.case.truth = Some(truth);
                entry.truth_file = Some(file.clone());
                self.changed.push(name.clone());
            }
        }
    }
}
