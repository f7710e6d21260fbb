//! Archives in and out: the files of a zip or tar, and a set written in another form as a zip.

use std::io::{Cursor, Write};

use groundglass_formats::{BundleLimits, FormatError, Problem, Side, WRITERS, WrittenCase, unpack, writer_of};
use js_sys::{Function, Uint8Array};
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::blob::BlobSource;
use crate::desk::CaseSet;
use crate::error::Fault;
use crate::faults::to_js;

/// A form in which a set can be written.
#[derive(Clone, Copy, Debug, Serialize, Tsify)]
pub struct WrittenForm {
    /// One word: `voc`, `yolo`, ...
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
}

/// A set that was written.
#[wasm_bindgen]
pub struct WrittenSet {
    bytes: Vec<u8>,
    problems: Vec<Problem>,
}

#[wasm_bindgen]
impl WrittenSet {
    /// The zip.
    #[wasm_bindgen(getter)]
    pub fn bytes(&self) -> Uint8Array {
        Uint8Array::from(self.bytes.as_slice())
    }

    /// What the form cannot hold.
    #[wasm_bindgen(getter, unchecked_return_type = "Problem[]")]
    pub fn problems(&self) -> Result<JsValue, Fault> {
        to_js(&self.problems)
    }
}

/// Hands every file of an archive to `each` with its path and bytes, one at a time; where that returns `false`, the
/// unpacking ends. What could not be read of the archive comes back.
#[wasm_bindgen(unchecked_return_type = "Problem[]")]
pub fn unpack_archive(
    path: &str,
    file: web_sys::Blob,
    #[wasm_bindgen(unchecked_param_type = "(path: string, bytes: Uint8Array) => boolean")] each: &Function,
) -> Result<JsValue, Fault> {
    let unreadable = |error: std::io::Error| Fault::new("unreadable", format!("{path} cannot be read: {error}"));
    let source = Box::new(BlobSource::new(file).map_err(unreadable)?);
    let mut hand = |within: String, bytes: Vec<u8>| {
        let answer = each.call2(&JsValue::NULL, &within.into(), &Uint8Array::from(bytes.as_slice()).into());
        answer.is_ok_and(|goes_on| !goes_on.is_falsy())
    };
    to_js(&unpack(path, source, BundleLimits::default(), &mut hand)?)
}

/// Every form in which a set can be written without its images' files.
#[wasm_bindgen(unchecked_return_type = "WrittenForm[]")]
pub fn written_forms() -> Result<JsValue, Fault> {
    // The page does not hand images' files to a writer yet.
    let forms = WRITERS
        .iter()
        .filter(|writer| !writer.needs_images())
        .map(|writer| WrittenForm { id: writer.id(), name: writer.name() });
    to_js(&forms.collect::<Vec<_>>())
}

#[wasm_bindgen]
impl CaseSet {
    /// Takes in a DICOM file that draws on images (a segmentation, a structure set), and gives what is wrong with it;
    /// `undefined` where the file is an image itself, or none of DICOM's.
    #[wasm_bindgen(unchecked_return_type = "Problem[] | undefined")]
    pub fn add_object(&mut self, path: &str, file: web_sys::Blob) -> Result<JsValue, Fault> {
        let mut open = || -> std::io::Result<Box<dyn groundglass_imaging::Source>> {
            Ok(Box::new(BlobSource::new(file.clone())?))
        };
        match self.all_files().add_object(path, &mut open)? {
            Some(problems) => self.told(&problems),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// The series of several images that were looked at, each in its order in space.
    #[wasm_bindgen(unchecked_return_type = "Series[]")]
    pub fn series(&mut self) -> Result<JsValue, Fault> {
        to_js(&self.all_files().series())
    }

    /// The truth (or else the findings) of all cases in another form, as a zip.
    pub fn written(&self, form: &str, of_findings: bool) -> Result<WrittenSet, Fault> {
        let writer = writer_of(form).ok_or_else(|| Fault::new("argument", format!("there is no form \"{form}\"")))?;
        let cases: Vec<_> = self.evaluated().cases().map(|(case, findings)| WrittenCase { case, findings }).collect();
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let failed = |file: &str, detail: String| FormatError::Unwritable { file: file.to_owned(), detail };
        let mut sink = |path: &str, bytes: Vec<u8>| {
            let file = zip.start_file(path, SimpleFileOptions::default());
            file.map_err(|error| failed(path, error.to_string()))?;
            zip.write_all(&bytes).map_err(|error| failed(path, error.to_string()))
        };
        let side = if of_findings { Side::Findings } else { Side::Truth };
        let problems = writer.write(&cases, side, &mut sink)?;
        let bytes = zip.finish().map_err(|error| failed("the archive", error.to_string()))?.into_inner();
        Ok(WrittenSet { bytes, problems })
    }
}
