//! A bundle, written.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io::{BufWriter, Read, Seek, Write};

use groundglass_imaging::Source;
use serde::Serialize;
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::guarded::Guarded;
use super::{BUNDLE_SCHEMA, COCO, CaseEntry, CocoNumbers, GazeAndText, IMAGES, MANIFEST};
use super::{RegionEntry, SentenceEntry, TableEntry};
use crate::FormatError;
use crate::paths::{extension, normalised};
use crate::reading::PlacedFixation;
use crate::write::{
    AnnotationWriter, Means, Originals, Side, Sink, Writing, WrittenCase, WrittenCases, each, written_files,
};
use crate::writers::{Coco, origin};

/// What is written into a bundle.
#[derive(Clone, Copy, Debug)]
pub struct BundleContent<'a> {
    /// The cases with what was found in them.
    pub cases: &'a dyn WrittenCases,
    /// SHA-256 of every file that was read, by path.
    pub data: &'a BTreeMap<String, String>,
    /// The numbers that the truth's COCO file gives to images and classes.
    pub numbers: Option<&'a CocoNumbers>,
    /// Where readers looked, and what was said of the cases in words and in tables.
    pub gaze_and_text: Option<&'a GazeAndText>,
    /// What a person has set: thresholds, the kind of region, the case that is shown, the model. Of any form; it is handed
    /// back as it is.
    pub state: Option<&'a Value>,
    /// The report of the cases (`groundglass.report/1`).
    pub report: Option<&'a Value>,
}

/// What is written next into a bundle.
enum Stage {
    /// A case of the manifest, by its place.
    Case(usize),
    /// The cases for other programs, a form after the other.
    Coco,
    Images,
}

/// A bundle that is being written step by step, so that whoever writes it can look up between them. Of the cases one is in
/// memory as text, of the images no more than a piece.
pub struct BundleWriter<'a, W: Write + Seek> {
    zip: ZipWriter<Guarded<W>>,
    stage: Stage,
    coco: VecDeque<Box<dyn Writing>>,
    /// What of the text is done, without the COCO file at hand, and how much there is.
    done: usize,
    total: usize,
    waiting: VecDeque<String>,
    /// The paths that images have in the zip.
    taken: HashSet<String>,
    open: Option<(String, Box<dyn Source + 'a>)>,
    copied: u64,
}

impl<'a, W: Write + Seek> BundleWriter<'a, W> {
    /// Begins a bundle. The files of the images that `is_wanted` says of, by the paths that the cases give them, are put
    /// into it.
    pub fn new(out: W, content: &BundleContent<'_>, is_wanted: &mut dyn FnMut(&str) -> bool) -> Self {
        let cases = content.cases;
        let has = |is: &dyn Fn(&WrittenCase<'_>) -> bool| each(cases).any(|case| is(&case));
        let sides = [
            (Side::Truth, has(&|case| case.case.truth.is_some())),
            (Side::Findings, has(&|case| case.findings.is_some())),
        ];
        // What COCO cannot hold is in the manifest.
        let coco = sides.into_iter().filter(|(_, is_known)| *is_known).map(|(side, _)| Coco.begin(cases, side));
        let coco: VecDeque<_> = coco.collect();
        let files = written_files(cases).into_iter().filter(|file| content.data.contains_key(*file));
        let waiting = files.filter(|file| is_wanted(file)).map(str::to_owned).collect();
        let total = coco.iter().map(|writing| writing.total()).sum::<usize>() + cases.count();
        let (zip, taken) = (ZipWriter::new(Guarded::new(out)), HashSet::new());
        Self { zip, stage: Stage::Case(0), coco, done: 0, total, waiting, taken, open: None, copied: 0 }
    }

    /// Takes the next step: the text of one case, or up to `most` bytes of the images, each of which `images` opens by its
    /// path; `false` once all is written. The content is the same in every step.
    ///
    /// # Errors
    /// [`FormatError::Unwritable`] where an image cannot be read or the bundle not be written.
    pub fn step(
        &mut self,
        content: &BundleContent<'_>,
        images: &mut dyn FnMut(&str) -> std::io::Result<Box<dyn Source + 'a>>,
        most: u64,
    ) -> Result<bool, FormatError> {
        match self.stage {
            Stage::Case(place) => {
                self.manifest(content, place)?;
                Ok(true)
            }
            Stage::Coco => {
                self.coco(content)?;
                Ok(true)
            }
            Stage::Images => self.copy(images, most),
        }
    }

    /// Writes the part of the manifest that is of a case; behind the last what is of all.
    fn manifest(&mut self, content: &BundleContent<'_>, place: usize) -> Result<(), FormatError> {
        let fault = |error: &dyn std::fmt::Display| unwritable(MANIFEST, error);
        if place == 0 {
            self.zip.start_file(MANIFEST, options()).map_err(|error| fault(&error))?;
        }
        let mut out = BufWriter::with_capacity(1 << 16, &mut self.zip);
        let written = match content.cases.case(place) {
            Some(written) => {
                (self.stage, self.done) = (Stage::Case(place + 1), place + 1);
                let before = if place == 0 { head() } else { ",".to_owned() };
                let entry = entry(&written, content);
                out.write_all(before.as_bytes()).and_then(|()| Ok(serde_json::to_writer(&mut out, &entry)?))
            }
            None => {
                self.stage = Stage::Coco;
                let before = if place == 0 { head() } else { String::new() };
                out.write_all(before.as_bytes()).and_then(|()| tail(content, &mut out))
            }
        };
        written.and_then(|()| out.flush()).map_err(|error| fault(&error))
    }

    /// Writes a step of the forms for other programs.
    fn coco(&mut self, content: &BundleContent<'_>) -> Result<(), FormatError> {
        let Some(writing) = self.coco.front_mut() else {
            self.stage = Stage::Images;
            return Ok(());
        };
        let mut sink = Folder { zip: &mut self.zip };
        // COCO is not drawn on images.
        let originals: &mut Originals<'_> = &mut |_| Err(std::io::ErrorKind::NotFound.into());
        if !writing.step(&mut Means { cases: content.cases, originals, sink: &mut sink })? {
            self.done += writing.total();
            self.coco.pop_front();
        }
        Ok(())
    }

    /// Copies up to `most` bytes of the images; `false` when all are there.
    fn copy(
        &mut self,
        images: &mut dyn FnMut(&str) -> std::io::Result<Box<dyn Source + 'a>>,
        most: u64,
    ) -> Result<bool, FormatError> {
        let mut left = most;
        while left > 0 {
            if self.open.is_none() {
                let Some(file) = self.waiting.pop_front() else { return Ok(false) };
                let source = images(&file).map_err(|error| unwritable(&file, &error))?;
                let path = self.free(&normalised(&file).replace("../", ""));
                self.zip.start_file(&path, image_options(&path)).map_err(|error| unwritable(&path, &error))?;
                self.open = Some((path, source));
            }
            let Some((path, source)) = &mut self.open else { continue };
            let mut piece = source.take(left);
            let copied = std::io::copy(&mut piece, &mut self.zip).map_err(|error| unwritable(path, &error))?;
            self.copied += copied;
            if copied < left {
                self.open = None;
            }
            left -= copied;
        }
        Ok(self.open.is_some() || !self.waiting.is_empty())
    }

    /// A path for an image that no other has: they are met by their hash, whatever folder they are in.
    fn free(&mut self, file: &str) -> String {
        let (mut path, mut count) = (format!("{IMAGES}{file}"), 1_usize);
        while !self.taken.insert(path.clone()) {
            count += 1;
            path = format!("{IMAGES}{count}/{file}");
        }
        path
    }

    /// How many bytes of the images were copied.
    pub const fn copied(&self) -> u64 {
        self.copied
    }

    /// How much of the text is done, and how much there is, in a measure of its own.
    pub fn text(&self) -> (usize, usize) {
        (self.done + self.coco.front().map_or(0, |writing| writing.done()), self.total)
    }

    /// Ends the bundle, and gives back what it was written to.
    ///
    /// # Errors
    /// [`FormatError::Unwritable`] where that refuses.
    pub fn finish(self) -> Result<W, FormatError> {
        self.zip.finish().map(Guarded::into_inner).map_err(|error| unwritable("the bundle", &error))
    }
}

/// Writes a bundle to `out`. With `images` the files of the images are put into it, each opened by the path that the cases
/// give it. The same content gives the same bytes.
///
/// # Errors
/// [`FormatError::Unwritable`] where `out` refuses, or an image that was asked for cannot be opened.
pub fn write_bundle<W: Write + Seek>(
    out: W,
    content: &BundleContent<'_>,
    images: Option<&mut Originals<'_>>,
) -> Result<(), FormatError> {
    let mut writer = BundleWriter::new(out, content, &mut |_| images.is_some());
    match images {
        Some(images) => while writer.step(content, images, 1 << 26)? {},
        None => while writer.step(content, &mut |_| Err(std::io::ErrorKind::NotFound.into()), 1)? {},
    }
    writer.finish().map(drop)
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().large_file(true)
}

/// Files that are packed already are put in as they are, others are packed quickly.
fn image_options(path: &str) -> SimpleFileOptions {
    const PACKED: [&str; 9] = ["png", "jpg", "jpeg", "jfif", "webp", "gz", "nii.gz", "npz", "zip"];
    if PACKED.contains(&extension(path).as_str()) {
        return options().compression_method(CompressionMethod::Stored);
    }
    // Pixels gain little from a longer search, and there may be gigabytes of them.
    options().compression_level(Some(1))
}

/// The files for other programs within the zip.
struct Folder<'z, W: Write + Seek> {
    zip: &'z mut ZipWriter<Guarded<W>>,
}

impl<W: Write + Seek> Sink for Folder<'_, W> {
    fn begin(&mut self, path: &str) -> Result<(), FormatError> {
        let path = format!("{COCO}{path}");
        self.zip.start_file(&path, options()).map_err(|error| unwritable(&path, &error))
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        self.zip.write_all(bytes).map_err(|error| unwritable(COCO, &error))
    }
}

/// What the manifest begins with.
fn head() -> String {
    format!(r#"{{"schema":"{BUNDLE_SCHEMA}","generator":"groundglass {}","cases":["#, env!("CARGO_PKG_VERSION"))
}

/// What stands behind the cases in the manifest.
fn tail(content: &BundleContent<'_>, out: &mut impl Write) -> std::io::Result<()> {
    out.write_all(b"]")?;
    let categories = content.numbers.map(|numbers| &numbers.categories).filter(|categories| !categories.is_empty());
    if let Some(categories) = categories {
        field("categories", categories, out)?;
    }
    let sentences = sentences(content);
    if !sentences.is_empty() {
        field("sentences", &sentences, out)?;
    }
    let tables: Vec<_> = content.gaze_and_text.iter().flat_map(|said| &said.tables).map(TableEntry::of).collect();
    if !tables.is_empty() {
        field("tables", &tables, out)?;
    }
    field("data", content.data, out)?;
    if let Some(state) = content.state {
        field("state", state, out)?;
    }
    if let Some(report) = content.report {
        field("report", report, out)?;
    }
    out.write_all(b"}")
}

fn field(name: &str, value: &impl Serialize, out: &mut impl Write) -> std::io::Result<()> {
    write!(out, ",\"{name}\":")?;
    Ok(serde_json::to_writer(out, value)?)
}

fn unwritable(file: &str, error: &dyn std::fmt::Display) -> FormatError {
    FormatError::Unwritable { file: file.to_owned(), detail: error.to_string() }
}

fn sentences(content: &BundleContent<'_>) -> Vec<SentenceEntry> {
    let said = content.gaze_and_text.iter().flat_map(|said| &said.sentences);
    said.filter_map(|(file, sentence)| SentenceEntry::of(file, sentence)).collect()
}

fn entry(written: &WrittenCase<'_>, content: &BundleContent<'_>) -> CaseEntry {
    let WrittenCase { case, findings } = written;
    let (file, _) = origin(written);
    let side = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let fixations = content.gaze_and_text.and_then(|said| said.fixations.get(case.name.as_str()));
    let fixations = fixations.into_iter().flatten();
    let gaze = |fixations: &Vec<PlacedFixation>| fixations.iter().map(Into::into).collect();
    let truth = |truth: &groundglass_types::Truth| truth.regions.iter().map(RegionEntry::of_truth).collect();
    CaseEntry {
        name: case.name.clone(),
        file: (file != case.name).then(|| file.to_owned()),
        sha256: content.data.get(file).cloned(),
        coco_id: content.numbers.and_then(|numbers| numbers.images.get(&case.name).cloned()),
        width: side(case.width),
        height: side(case.height),
        spacing: case.spacing,
        slice: case.slice.clone(),
        attributes: case.attributes.clone(),
        truth: case.truth.as_ref().map(truth),
        readers: case.readers.iter().map(|(reader, marked)| (reader.clone(), truth(marked))).collect(),
        fixations: fixations.map(|(file, fixations)| (file.clone(), gaze(fixations))).collect(),
        findings: findings.map(|findings| findings.iter().map(RegionEntry::of_finding).collect()),
    }
}
