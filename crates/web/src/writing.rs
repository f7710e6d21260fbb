//! What is written of the user's files: a set in another form as a zip, and bundles. Images are read by slices, and what is
//! written goes to the browser in parts.

use std::collections::HashMap;
use std::io::{Error, ErrorKind, Result as IoResult, Write};

use groundglass_formats::{BundleContent, BundleWriter, FormatError, Problem, Side, WRITERS, WrittenCase, writer_of};
use groundglass_imaging::Source;
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

/// A set that was written.
#[wasm_bindgen]
pub struct WrittenSet {
    file: Blob,
    problems: Vec<Problem>,
}

#[wasm_bindgen]
impl WrittenSet {
    /// The zip.
    #[wasm_bindgen(getter)]
    pub fn file(&self) -> Blob {
        self.file.clone()
    }

    /// What the form cannot hold.
    #[wasm_bindgen(getter, unchecked_return_type = "Problem[]")]
    pub fn problems(&self) -> Result<JsValue, Fault> {
        to_js(&self.problems)
    }
}

/// The file of an image, which `open` knows by its path.
fn original(open: &Function, path: &str) -> Option<Blob> {
    let file = open.call1(&JsValue::NULL, &path.into()).ok()?;
    (!file.is_undefined() && !file.is_null()).then(|| file.unchecked_into())
}

fn opened<'a>(open: &Function, path: &str) -> IoResult<Box<dyn Source + 'a>> {
    let file = original(open, path).ok_or_else(|| Error::new(ErrorKind::NotFound, "it is not here"))?;
    Ok(Box::new(BlobSource::new(file)?))
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

    /// Makes cases of all frames of an image by its header, where they are none yet, so that they are written though no
    /// model has looked at them.
    pub fn take_header(&mut self, path: &str, file: Blob) -> Result<(), Fault> {
        self.head(path, file)
    }

    /// The truth (or else the findings) of all cases in another form, as a zip. `open` gives the file of an image by its
    /// path, or nothing; `each` is told of every file of the zip.
    pub fn written(
        &self,
        form: &str,
        of_findings: bool,
        #[wasm_bindgen(unchecked_param_type = "(path: string) => Blob | undefined")] open: &Function,
        #[wasm_bindgen(unchecked_param_type = "(path: string) => void")] each: &Function,
    ) -> Result<WrittenSet, Fault> {
        let writer = writer_of(form).ok_or_else(|| Fault::new("argument", format!("there is no form \"{form}\"")))?;
        let cases: Vec<_> = self.evaluated().cases().map(|(case, findings)| WrittenCase { case, findings }).collect();
        let mut zip = ZipWriter::new(BlobSink::default());
        let mut count = 0_usize;
        let mut sink = |path: &str, bytes: Vec<u8>| {
            let file = zip.start_file(path, SimpleFileOptions::default());
            file.map_err(|error| unwritable(path, error))?;
            zip.write_all(&bytes).map_err(|error| unwritable(path, error))?;
            count += 1;
            // Nothing depends on who listens.
            let _ = each.call1(&JsValue::NULL, &path.into());
            Ok(())
        };
        let side = if of_findings { Side::Findings } else { Side::Truth };
        let mut originals = |path: &str| opened(open, self.files().opened_path(path));
        let problems = writer.write_on(&cases, side, &mut originals, &mut sink)?;
        if count == 0 {
            let reasons: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
            let what = if of_findings { "prediction" } else { "truth" };
            let reason = if reasons.is_empty() { format!("no case has a {what}") } else { reasons.join("; ") };
            return Err(Fault::new("nothing", format!("There is nothing to write as {}: {reason}.", writer.name())));
        }
        let sink = zip.finish().map_err(|error| unwritable("the archive", error))?;
        Ok(WrittenSet { file: sink.finish().map_err(|error| unwritable("the archive", error))?, problems })
    }

    /// Begins a bundle of all cases with all findings. `state` and `report` are JSON; `open` gives the file of an image by
    /// its path, or nothing, and is left out where no image shall be put in.
    pub fn bundle(&self, state: &str, report: Option<String>, open: Option<Function>) -> Result<WritingBundle, Fault> {
        let cases: Vec<_> = self.evaluated().cases().map(|(case, findings)| WrittenCase { case, findings }).collect();
        let (numbers, said) = (self.files().coco_numbers(), self.files().gaze_and_text());
        let state: Value = serde_json::from_str(state)?;
        let report: Option<Value> = report.as_deref().map(serde_json::from_str).transpose()?;
        let content = BundleContent {
            cases: &cases,
            data: self.files().data(),
            numbers: numbers.as_ref(),
            gaze_and_text: Some(&said),
            state: Some(&state),
            report: report.as_ref(),
        };
        let (mut files, mut total) = (HashMap::new(), 0.0);
        let mut is_wanted = |path: &str| {
            let file = open.as_ref().and_then(|open| original(open, self.files().opened_path(path)));
            let Some(file) = file else { return false };
            total += file.size();
            files.insert(path.to_owned(), file);
            true
        };
        let writer = BundleWriter::new(BlobSink::default(), &content, &mut is_wanted)?;
        Ok(WritingBundle { writer, files, total })
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

/// A bundle that is being written.
#[wasm_bindgen]
pub struct WritingBundle {
    writer: BundleWriter<'static, BlobSink>,
    files: HashMap<String, Blob>,
    total: f64,
}

#[wasm_bindgen]
impl WritingBundle {
    /// Copies up to `most` bytes of the images; `false` when all are there.
    pub fn advance(&mut self, most: u32) -> Result<bool, Fault> {
        let files = &self.files;
        let mut open = |path: &str| -> IoResult<Box<dyn Source + 'static>> {
            let file = files.get(path).cloned().ok_or(ErrorKind::NotFound)?;
            Ok(Box::new(BlobSource::new(file)?))
        };
        Ok(self.writer.copy(&mut open, u64::from(most))?)
    }

    /// How many bytes of the images were copied.
    #[wasm_bindgen(getter)]
    pub fn copied(&self) -> f64 {
        self.writer.copied() as f64
    }

    /// How many bytes the images have.
    #[wasm_bindgen(getter)]
    pub fn total(&self) -> f64 {
        self.total
    }

    /// The bundle. The object is used up.
    pub fn finish(self) -> Result<Blob, Fault> {
        let sink = self.writer.finish()?;
        Ok(sink.finish().map_err(|error| unwritable("the bundle", error))?)
    }
}
