//! What is written of the user's files: a set in another form as a zip, and bundles. Images are read by slices, and what is
//! written goes to the browser in parts.

use std::collections::{BTreeMap, HashMap};
use std::io::{Error, ErrorKind, Result as IoResult, Write};

use groundglass_formats::{
    BesideCases, BundleContent, BundleWriter, CocoNumbers, FormatError, GazeAndText, Means, Side, Sink, WRITERS,
    Writing, WrittenCase, WrittenCases, known_cases, writer_of, written_files,
};
use groundglass_imaging::Source;
use groundglass_metrics::SharedCase;
use js_sys::Function;
use serde::Serialize;
use serde_json::Value;
use tsify::Tsify;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use web_sys::Blob;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::blob::{BlobSink, BlobSource};
use crate::desk::CaseSet;
use crate::error::Fault;
use crate::faults::to_js;

/// A form in which a set can be written.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct WrittenForm {
    /// One word: `voc`, `yolo`, ...
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Why this set cannot be written so, as a sentence; `null` where it can.
    pub why_not: Option<&'static str>,
}

/// The file of an image, which `open` knows by its path.
fn original(open: &Function, path: &str) -> Option<Blob> {
    let file = open.call1(&JsValue::NULL, &path.into()).ok()?;
    (!file.is_undefined() && !file.is_null()).then(|| file.unchecked_into())
}

/// The cases as they were when they were asked for; whatever becomes of the set, what is written is of one piece.
#[derive(Debug)]
struct Snapshot {
    cases: Vec<SharedCase>,
    beside: BesideCases,
}

impl WrittenCases for Snapshot {
    fn count(&self) -> usize {
        self.cases.len()
    }

    fn case(&self, place: usize) -> Option<WrittenCase<'_>> {
        self.cases.get(place).map(|(case, findings)| WrittenCase { case, findings: findings.as_deref() })
    }

    fn beside(&self) -> Option<&BesideCases> {
        Some(&self.beside)
    }
}

/// The files of images, by the paths that their cases give them.
#[derive(Default)]
struct Images(HashMap<String, Blob>);

impl Images {
    fn open(&self, path: &str) -> IoResult<Box<dyn Source + 'static>> {
        let file = self.0.get(path).cloned().ok_or_else(|| Error::new(ErrorKind::NotFound, "it is not here"))?;
        Ok(Box::new(BlobSource::new(file)?))
    }
}

fn unwritable(file: &str, detail: impl ToString) -> FormatError {
    FormatError::Unwritable { file: file.to_owned(), detail: detail.to_string() }
}

#[wasm_bindgen]
impl CaseSet {
    /// Every form, each with the reason where this set cannot be written so.
    #[wasm_bindgen(unchecked_return_type = "WrittenForm[]")]
    pub fn written_forms(&self) -> Result<JsValue, Fault> {
        let images = self.files().image_kinds();
        let forms = WRITERS.iter().map(|writer| WrittenForm {
            id: writer.id(),
            name: writer.name(),
            why_not: writer.why_not(images),
        });
        to_js(&forms.collect::<Vec<_>>())
    }

    /// Makes cases of all frames of an image by its header, where they are none yet, so that they are understood and written
    /// though no model has looked at them.
    pub fn take_header(&mut self, path: &str, file: Blob) -> Result<(), Fault> {
        self.head(path, file)
    }

    /// Begins to write the truth (or else the findings) of all cases in another form, as a zip. `open` gives the file of an
    /// image by its path, or nothing.
    pub fn written(
        &self,
        form: &str,
        of_findings: bool,
        #[wasm_bindgen(unchecked_param_type = "(path: string) => Blob | undefined")] open: &Function,
    ) -> Result<WritingSet, Fault> {
        let writer = writer_of(form).ok_or_else(|| Fault::new("argument", format!("there is no form \"{form}\"")))?;
        let cases = self.snapshot();
        let side = if of_findings { Side::Findings } else { Side::Truth };
        let mut images = Images::default();
        if writer.needs_images() {
            for path in written_files(&cases) {
                if let Some(file) = original(open, self.files().opened_path(path)) {
                    images.0.insert(path.to_owned(), file);
                }
            }
        }
        let writing = writer.begin(&cases, side);
        let zip = Zip { files: ZipWriter::new(BlobSink::default()), newest: String::new(), count: 0 };
        Ok(WritingSet { name: writer.name(), side, cases, images, writing, zip })
    }

    /// Begins a bundle of all cases with all findings. `state` and `report` are JSON; `open` gives the file of an image by
    /// its path, or nothing, and is left out where no image shall be put in.
    pub fn bundle(
        &mut self,
        state: &str,
        report: Option<String>,
        open: Option<Function>,
    ) -> Result<WritingBundle, Fault> {
        self.settle_series()?;
        let mut parts = Parts {
            cases: self.snapshot(),
            images: Images::default(),
            data: self.files().data().clone(),
            numbers: self.files().coco_numbers(),
            gaze_and_text: self.files().gaze_and_text(),
            state: serde_json::from_str(state)?,
            report: report.as_deref().map(serde_json::from_str).transpose()?,
        };
        let (mut images, mut bytes) = (Images::default(), 0.0);
        let mut is_wanted = |path: &str| {
            let file = open.as_ref().and_then(|open| original(open, self.files().opened_path(path)));
            let Some(file) = file else { return false };
            bytes += file.size();
            images.0.insert(path.to_owned(), file);
            true
        };
        let writer = BundleWriter::new(BlobSink::default(), &parts.content(), &mut is_wanted);
        parts.images = images;
        Ok(WritingBundle { writer, parts, bytes })
    }

    /// What a person had set when the bundle among the files was written, as JSON; `undefined` where there is none.
    pub fn bundle_state(&self) -> Option<String> {
        self.files().bundle_state().map(Value::to_string)
    }

    /// The report of the bundle among the files, as JSON.
    pub fn bundle_report(&self) -> Option<String> {
        self.files().bundle_report().and_then(|report| serde_json::to_string_pretty(report).ok())
    }
}

impl CaseSet {
    fn snapshot(&self) -> Snapshot {
        Snapshot { cases: self.shared(), beside: self.files().beside() }
    }
}

/// A zip on its way to the browser.
struct Zip {
    files: ZipWriter<BlobSink>,
    /// The path of the file that was begun last.
    newest: String,
    count: usize,
}

impl Sink for Zip {
    fn begin(&mut self, path: &str) -> Result<(), FormatError> {
        path.clone_into(&mut self.newest);
        self.count += 1;
        let options = SimpleFileOptions::default().large_file(true);
        self.files.start_file(path, options).map_err(|error| unwritable(path, error))
    }

    fn add(&mut self, bytes: &[u8]) -> Result<(), FormatError> {
        self.files.write_all(bytes).map_err(|error| unwritable(&self.newest, error))
    }
}

/// A set that is being written in another form. It holds what it needs: whoever has it can let messages in between the
/// steps, and drop it.
#[wasm_bindgen]
pub struct WritingSet {
    name: &'static str,
    side: Side,
    cases: Snapshot,
    images: Images,
    writing: Box<dyn Writing>,
    zip: Zip,
}

#[wasm_bindgen]
impl WritingSet {
    /// Writes one case, or one file of several; `false` when all is written.
    pub fn advance(&mut self) -> Result<bool, Fault> {
        let mut originals = |path: &str| self.images.open(path);
        let mut means = Means { cases: &self.cases, originals: &mut originals, sink: &mut self.zip };
        Ok(self.writing.step(&mut means)?)
    }

    /// How much of `total` is done.
    #[wasm_bindgen(getter)]
    pub fn done(&self) -> f64 {
        self.writing.done() as f64
    }

    /// How much there is to do, in a measure of the form's own.
    #[wasm_bindgen(getter)]
    pub fn total(&self) -> f64 {
        self.writing.total() as f64
    }

    /// What the form cannot hold of what was written.
    #[wasm_bindgen(getter, unchecked_return_type = "Problem[]")]
    pub fn problems(&self) -> Result<JsValue, Fault> {
        to_js(&self.writing.problems())
    }

    /// The zip. The object is used up.
    pub fn finish(self) -> Result<Blob, Fault> {
        if self.zip.count == 0 || known_cases(&self.cases, self.side) == 0 {
            let reasons: Vec<_> = self.writing.problems().into_iter().map(|problem| problem.message).collect();
            let what = if self.side == Side::Findings { "prediction" } else { "truth" };
            let reason = if reasons.is_empty() { format!("no case has a {what}") } else { reasons.join("; ") };
            return Err(Fault::new("nothing", format!("There is nothing to write as {}: {reason}.", self.name)));
        }
        let sink = self.zip.files.finish().map_err(|error| unwritable("the archive", error))?;
        Ok(sink.finish().map_err(|error| unwritable("the archive", error))?)
    }
}

/// What a bundle is made of.
struct Parts {
    cases: Snapshot,
    images: Images,
    data: BTreeMap<String, String>,
    numbers: Option<CocoNumbers>,
    gaze_and_text: GazeAndText,
    state: Value,
    report: Option<Value>,
}

impl Parts {
    const fn content(&self) -> BundleContent<'_> {
        BundleContent {
            cases: &self.cases,
            data: &self.data,
            numbers: self.numbers.as_ref(),
            gaze_and_text: Some(&self.gaze_and_text),
            state: Some(&self.state),
            report: self.report.as_ref(),
        }
    }
}

/// A bundle that is being written. It holds what it needs, as [`WritingSet`] does.
#[wasm_bindgen]
pub struct WritingBundle {
    writer: BundleWriter<'static, BlobSink>,
    parts: Parts,
    bytes: f64,
}

/// What the text of a case is reckoned as among the bytes of images, for there is no saying before.
const CASE_TEXT: f64 = 8192.0;

#[wasm_bindgen]
impl WritingBundle {
    /// Writes the text of one case, or up to `most` bytes of the images; `false` when all is written.
    pub fn advance(&mut self, most: u32) -> Result<bool, Fault> {
        let Self { writer, parts, .. } = self;
        let mut open = |path: &str| parts.images.open(path);
        Ok(writer.step(&parts.content(), &mut open, u64::from(most))?)
    }

    /// How much of `total` is done.
    #[wasm_bindgen(getter)]
    pub fn done(&self) -> f64 {
        self.writer.text().0 as f64 * CASE_TEXT + self.writer.copied() as f64
    }

    /// How much there is to do: the bytes of the images, and the text of the cases reckoned among them.
    #[wasm_bindgen(getter)]
    pub fn total(&self) -> f64 {
        self.writer.text().1 as f64 * CASE_TEXT + self.bytes
    }

    /// The bundle. The object is used up.
    pub fn finish(self) -> Result<Blob, Fault> {
        let sink = self.writer.finish()?;
        Ok(sink.finish().map_err(|error| unwritable("the bundle", error))?)
    }
}
