//! A bundle, written.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufWriter, Read, Seek, Write};

use groundglass_imaging::Source;
use serde::{Serialize, Serializer};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{
    BUNDLE_SCHEMA, CaseEntry, ClassEntry, CocoNumbers, GazeAndText, IMAGES, MANIFEST, RegionEntry, SentenceEntry,
};
use crate::FormatError;
use crate::paths::{extension, normalised};
use crate::write::{AnnotationWriter, Originals, Side, WrittenCase};
use crate::writers::{Coco, origin};

/// What is written into a bundle.
#[derive(Clone, Copy, Debug)]
pub struct BundleContent<'a> {
    /// The cases with what was found in them.
    pub cases: &'a [WrittenCase<'a>],
    /// SHA-256 of every file that was read, by path.
    pub data: &'a BTreeMap<String, String>,
    /// The numbers that the truth's COCO file gives to images and classes.
    pub numbers: Option<&'a CocoNumbers>,
    /// Where readers looked, and what was said of the cases.
    pub gaze_and_text: Option<&'a GazeAndText>,
    /// What a person has set: thresholds, the kind of region, the case that is shown, the model. Of any form; it is handed
    /// back as it is.
    pub state: Option<&'a Value>,
    /// The report of the cases (`groundglass.report/1`).
    pub report: Option<&'a Value>,
}

#[derive(Serialize)]
struct Manifest<'a> {
    schema: &'static str,
    generator: String,
    cases: Entries<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<ClassEntry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sentences: Vec<SentenceEntry>,
    data: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a Value>,
}

/// The cases, of which one at a time is put in the manifest's form.
struct Entries<'a>(BundleContent<'a>);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.cases.iter().map(|case| entry(case, &self.0)))
    }
}

/// A bundle that is being written piece by piece, so that whoever writes it can look up between them. Of the images no
/// more than a piece is in memory.
pub struct BundleWriter<'a, W: Write + Seek> {
    zip: ZipWriter<W>,
    waiting: VecDeque<String>,
    open: Option<(String, Box<dyn Source + 'a>)>,
    copied: u64,
}

impl<'a, W: Write + Seek> BundleWriter<'a, W> {
    /// Writes all but the images. Those that `is_wanted` says of, by the paths that the cases give them, are copied by
    /// [`BundleWriter::copy`].
    ///
    /// # Errors
    /// [`FormatError::Unwritable`] where `out` refuses.
    pub fn new(
        out: W,
        content: &BundleContent<'_>,
        is_wanted: &mut dyn FnMut(&str) -> bool,
    ) -> Result<Self, FormatError> {
        let mut zip = ZipWriter::new(out);
        let manifest = Manifest {
            schema: BUNDLE_SCHEMA,
            generator: format!("groundglass {}", env!("CARGO_PKG_VERSION")),
            cases: Entries(*content),
            categories: content.numbers.map(|numbers| numbers.categories.clone()).unwrap_or_default(),
            sentences: sentences(content),
            data: content.data,
            state: content.state,
            report: content.report,
        };
        zip.start_file(MANIFEST, options()).map_err(|error| unwritable(MANIFEST, &error))?;
        let mut buffered = BufWriter::with_capacity(1 << 16, &mut zip);
        serde_json::to_writer(&mut buffered, &manifest).map_err(|error| unwritable(MANIFEST, &error))?;
        buffered.flush().map_err(|error| unwritable(MANIFEST, &error))?;
        drop(buffered);
        let has = |is: &dyn Fn(&WrittenCase<'_>) -> bool| content.cases.iter().any(is);
        let sides = [
            (Side::Truth, has(&|case| case.case.truth.is_some())),
            (Side::Findings, has(&|case| case.findings.is_some())),
        ];
        for (side, _) in sides.into_iter().filter(|(_, is_known)| *is_known) {
            // What COCO cannot hold is in the manifest.
            Coco.write(content.cases, side, &mut |path, bytes| put(&mut zip, &format!("coco/{path}"), &bytes))?;
        }
        let files: BTreeSet<&str> = content.cases.iter().map(|case| origin(case).0).collect();
        let files = files.into_iter().filter(|file| content.data.contains_key(*file));
        let waiting = files.filter(|file| is_wanted(file)).map(str::to_owned).collect();
        Ok(Self { zip, waiting, open: None, copied: 0 })
    }

    /// Copies up to `most` bytes of the images, each of which `images` opens by its path; `false` when all are there.
    ///
    /// # Errors
    /// [`FormatError::Unwritable`] where an image cannot be read or the bundle not be written.
    pub fn copy(
        &mut self,
        images: &mut dyn FnMut(&str) -> std::io::Result<Box<dyn Source + 'a>>,
        most: u64,
    ) -> Result<bool, FormatError> {
        let mut left = most;
        while left > 0 {
            if self.open.is_none() {
                let Some(file) = self.waiting.pop_front() else { return Ok(false) };
                let source = images(&file).map_err(|error| unwritable(&file, &error))?;
                let path = format!("{IMAGES}{}", normalised(&file).replace("../", ""));
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

    /// How many bytes of the images were copied.
    pub const fn copied(&self) -> u64 {
        self.copied
    }

    /// Ends the bundle, and gives back what it was written to.
    ///
    /// # Errors
    /// [`FormatError::Unwritable`] where that refuses.
    pub fn finish(self) -> Result<W, FormatError> {
        self.zip.finish().map_err(|error| unwritable("the bundle", &error))
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
    let mut writer = BundleWriter::new(out, content, &mut |_| images.is_some())?;
    if let Some(images) = images {
        while writer.copy(images, 1 << 26)? {}
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

fn put<W: Write + Seek>(zip: &mut ZipWriter<W>, path: &str, bytes: &[u8]) -> Result<(), FormatError> {
    zip.start_file(path, options()).map_err(|error| unwritable(path, &error))?;
    zip.write_all(bytes).map_err(|error| unwritable(path, &error))
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
        fixations: fixations.cloned().unwrap_or_default(),
        findings: findings.map(|findings| findings.iter().map(RegionEntry::of_finding).collect()),
    }
}
