//! Images, brought into the set frame by frame.

use std::io::{Cursor, SeekFrom};
use std::sync::Arc;

use groundglass_imaging::{Facts, Limits, Opened, Source, open};
use groundglass_types::{Case, Image, Slice};

use super::map_places::Lie;
use super::{CaseSet, Entry};
use crate::FormatError;
use crate::problem::{Problem, ProblemList};
use crate::sha::sha256_of;

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

/// An image file that was opened: its header has been read, and no pixel.
pub struct OpenFile<'a> {
    path: String,
    sha256: String,
    pub(super) opened: Opened<'a>,
}

impl<'a> OpenFile<'a> {
    /// Opens an image file. Its bytes are read once for their hash, in pieces.
    ///
    /// # Errors
    /// [`FormatError`] where it is no image that is read here, or too large.
    pub fn new(path: &str, mut source: Box<dyn Source + 'a>) -> Result<Self, FormatError> {
        let sha256 = sha256_of(&mut *source)
            .map_err(|error| FormatError::Unreadable { file: path.to_owned(), detail: error.to_string() })?;
        Self::again(path, source, &sha256)
    }

    /// Opens a file again whose hash is known.
    ///
    /// # Errors
    /// As [`OpenFile::new`].
    pub fn again(path: &str, mut source: Box<dyn Source + 'a>, sha256: &str) -> Result<Self, FormatError> {
        let limit = most_frames(&mut *source)
            .map_err(|error| FormatError::Unreadable { file: path.to_owned(), detail: error.to_string() })?;
        let opened = open(path, source, Limits::default())?;
        if opened.count() > limit {
            return Err(FormatError::TooManyFrames { file: path.to_owned(), frames: opened.count(), limit });
        }
        Ok(Self { path: path.to_owned(), sha256: sha256.to_owned(), opened })
    }

    /// The file's path, as it was given.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// SHA-256 of the file.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// How many frames, slices or pages there are; at least 1.
    pub const fn count(&self) -> usize {
        self.opened.count()
    }

    /// Columns and rows of the first frame.
    pub const fn size(&self) -> (usize, usize) {
        let (width, height) = self.opened.size();
        (width as usize, height as usize)
    }

    /// Columns and rows of the frame at `index`, from 0: pages and arrays of a file may differ.
    pub fn size_of(&self, index: usize) -> (usize, usize) {
        let (width, height) = self.opened.size_of(index);
        (width as usize, height as usize)
    }

    /// What the header says besides the pixels.
    pub const fn facts(&self) -> &Facts {
        self.opened.facts()
    }

    /// The names of the cases, one a frame: the path, with `#1`, `#2` and so on where there are several.
    pub fn names(&self) -> Vec<String> {
        frame_names(&self.path, self.count())
    }

    /// Decodes a frame.
    ///
    /// # Errors
    /// [`FormatError`] where it cannot be decoded, or there is none at `index`.
    pub fn frame(&mut self, index: usize) -> Result<Image, FormatError> {
        Ok(self.opened.frame(index)?)
    }
}

fn frame_names(path: &str, count: usize) -> Vec<String> {
    if count == 1 { vec![path.to_owned()] } else { (1..=count).map(|number| format!("{path}#{number}")).collect() }
}

/// Every frame becomes a case of some hundred bytes, and a few packed bytes can hold millions of empty ones: so many are read
/// whatever a file's length is, and one for every four bytes of a longer one.
const FREE_FRAMES: usize = 1 << 16;

fn most_frames(source: &mut dyn Source) -> std::io::Result<usize> {
    let length = source.seek(SeekFrom::End(0))?;
    source.seek(SeekFrom::Start(0))?;
    Ok(FREE_FRAMES.max(usize::try_from(length / 4).unwrap_or(usize::MAX)))
}

impl CaseSet {
    /// Makes a case of one frame of an open file, with what is said of it if that has come before.
    ///
    /// # Errors
    /// [`FormatError`] where it cannot be decoded, or the frame was added before.
    pub fn add_frame(&mut self, file: &mut OpenFile<'_>, index: usize) -> Result<AddedImage, FormatError> {
        let names = self.know_file(file);
        let name = names.get(index).cloned().unwrap_or_else(|| file.path.clone());
        let known = self.places.get(&name).and_then(|&place| self.cases.get(place));
        if known.is_some_and(|entry| !entry.unseen) {
            return Err(FormatError::Twice { file: name });
        }
        let image = file.frame(index)?;
        self.keep_frame(file, &name, index, (image.width(), image.height()));
        self.tell_of_gaps(&file.path, &name, &image);
        Ok(AddedImage { name, image, sha256: file.sha256.clone() })
    }

    /// Says once for a file that pixels of it have no value, which only its decoding shows.
    pub fn tell_of_gaps(&mut self, file: &str, name: &str, image: &Image) {
        const KIND: &str = "images with pixels without a value";
        let is_told = || self.notes.iter().any(|note| note.kind == KIND && note.file == file);
        if image.missing().is_empty() || is_told() {
            return;
        }
        let count: usize = image.missing().iter().map(ExactSizeIterator::len).sum();
        let message = format!(
            "{name} has {count} pixels without a value (not a finite number); they are shown as the lowest value of their frame"
        );
        self.notes.push(Problem::new(KIND, file, message));
    }

    /// Makes a case of every frame of an open file by its header alone, without decoding any.
    pub fn add_header(&mut self, file: &OpenFile<'_>) {
        for (index, name) in self.know_file(file).iter().enumerate() {
            let known = self.places.get(name).and_then(|&place| self.cases.get(place));
            if known.is_none_or(|entry| entry.unseen) {
                self.keep_frame(file, name, index, file.size_of(index));
            }
        }
    }

    /// Decodes the first frame of a file in memory and makes it a case.
    ///
    /// # Errors
    /// [`FormatError`] where it cannot be decoded, or the path was given before.
    pub fn add_image(&mut self, path: &str, bytes: &[u8]) -> Result<AddedImage, FormatError> {
        self.add_frame(&mut OpenFile::new(path, Box::new(Cursor::new(bytes)))?, 0)
    }

    /// Remembers the names of a file's frames in place of its own, and gives them.
    pub fn know_file(&mut self, file: &OpenFile<'_>) -> Arc<[String]> {
        #[cfg(feature = "full")]
        self.image_kinds.count(file.facts());
        #[cfg(feature = "full")]
        if let Some(names) = self.bundled_names(file) {
            self.names.forget(&file.path);
            self.lies.insert(self.bundled_path(&file.path).to_owned(), Lie::of(&file.opened));
            let names: Arc<[String]> = names.into();
            if names.len() > 1 {
                self.stacks.insert(self.bundled_path(&file.path).to_owned(), Arc::clone(&names));
            }
            return names;
        }
        self.lies.entry(file.path.clone()).or_insert_with(|| Lie::of(&file.opened));
        if file.count() == 1 {
            self.names.know(&file.path);
            #[cfg(feature = "full")]
            self.meet_series(file);
            return Arc::new([file.path.clone()]);
        }
        if let Some(known) = self.stacks.get(&file.path) {
            return Arc::clone(known);
        }
        let names: Arc<[String]> = file.names().into();
        self.names.forget(&file.path);
        for name in names.iter() {
            self.names.know(name);
        }
        self.stacks.insert(file.path.clone(), Arc::clone(&names));
        names
    }

    /// Gives a case that stands without its image the image that has come; `false` where it is of another size or there
    /// is no such case.
    pub(super) fn meet_unseen(&mut self, file: &OpenFile<'_>, name: &str, size: (usize, usize)) -> bool {
        let entry = self.places.get(name).and_then(|&place| self.cases.get_mut(place));
        let Some(entry) = entry.filter(|entry| entry.unseen) else { return false };
        let known = (entry.case.width, entry.case.height);
        if known != size {
            let message = format!(
                "{} has {} x {} pixels, but the case {name} has {} x {}; it is not used as its image",
                file.path, size.0, size.1, known.0, known.1
            );
            self.notes.push(Problem::new(super::OTHER_SIZE, &file.path, message));
            return true;
        }
        entry.unseen = false;
        self.changed.push(name.to_owned());
        #[cfg(feature = "full")]
        let path = self.bundled_path(&file.path).to_owned();
        #[cfg(not(feature = "full"))]
        let path = file.path.clone();
        let before = self.data.insert(path, file.sha256.clone());
        #[cfg(not(feature = "full"))]
        drop(before);
        #[cfg(feature = "full")]
        if before.is_some_and(|before| before != file.sha256) {
            let message = format!(
                "{} is taken as the image of {name} by its name, but is another file than the one that was evaluated (its SHA-256 differs)",
                file.path
            );
            self.notes.push(Problem::new("images that are other files than before", &file.path, message));
        }
        self.kinds.insert(file.path.clone(), "image");
        true
    }

    /// Gives a case whose image has come what DICOM objects and label volumes draw on it.
    #[cfg(feature = "full")]
    pub(super) fn meet_drawings(&mut self, file: &OpenFile<'_>, name: &str, index: usize) {
        if !self.is_unseen(name) {
            let met = self.meet_instance(file, name, index);
            self.notes.extend(met);
            let mut problems = ProblemList::default();
            self.meet_volumes(file, name, index, &mut problems);
            self.notes.extend(problems.into_problems());
        }
    }

    fn keep_frame(&mut self, file: &OpenFile<'_>, name: &str, index: usize, (width, height): (usize, usize)) {
        if self.meet_unseen(file, name, (width, height)) {
            #[cfg(feature = "full")]
            self.meet_drawings(file, name, index);
            return;
        }
        let facts = file.facts();
        let slice = (file.count() > 1).then(|| Slice { stack: file.path.clone(), index, count: file.count() });
        let mut attributes = facts.attributes.clone();
        if let (Some(_), Some(spacing)) = (&slice, facts.slice_spacing) {
            attributes.insert("slice_spacing".to_owned(), spacing.to_string());
        }
        #[cfg(feature = "full")]
        if let Some(case) = self.channels.cases.get(&file.path) {
            // Nor are the channels of a case.
            attributes.entry("patient".to_owned()).or_insert_with(|| case.clone());
        }
        if slice.is_some() {
            // Slices of one volume are no independent cases.
            attributes.entry("patient".to_owned()).or_insert_with(|| file.path.clone());
            if let Some(grid) = facts.grid.as_ref().filter(|grid| grid.times > 1) {
                // The slices of one time stand together, and make a volume of their own.
                let time = index / (file.count() / grid.times).max(1) + 1;
                attributes.entry("time".to_owned()).or_insert_with(|| time.to_string());
            }
            if let Some(time) = facts.frame_times.get(index) {
                attributes.entry("time".to_owned()).or_insert_with(|| time.to_string());
            }
        }
        let spacing = self.corrections.spacing(facts.spacing);
        let case = Case { name: name.to_owned(), width, height, spacing, slice, attributes, ..Case::default() };
        self.keep(Entry { case, ..Entry::default() });
        let mut problems = ProblemList::default();
        if self.data.insert(file.path.clone(), file.sha256.clone()).is_none() {
            for note in &facts.notes {
                problems.push("notes on how images were read", &file.path, format!("{}: {note}", file.path));
            }
        }
        self.kinds.entry(file.path.clone()).or_insert("image");
        #[cfg(feature = "full")]
        self.meet_drawings(file, name, index);
        // A label map of a stack waits for the last of its slices, which are looked for from the end: they come in order.
        let is_complete = || {
            let slices = self.stacks.get(&file.path);
            slices.is_none_or(|names| names.iter().rev().all(|name| self.places.contains_key(name)))
        };
        if self.waiting_label_maps.contains_key(&file.path) && is_complete() {
            for map in self.waiting_label_maps.remove(&file.path).unwrap_or_default() {
                self.attach_label_map(&file.path, map, &mut problems);
            }
        }
        self.give_waiting(name, &mut problems);
        self.notes.extend(problems.into_problems());
    }
}
