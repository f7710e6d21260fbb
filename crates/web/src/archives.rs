//! Archives, DICOM objects and label volumes among the user's files.

use std::io::Read;

use groundglass_formats::{BundleLimits, unpack};
use js_sys::Function;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::blob::{BlobSink, BlobSource};
use crate::desk::{CaseSet, content};
use crate::error::Fault;
use crate::faults::to_js;

/// Hands every file of an archive to `each` as a file of the browser's, one at a time; where that returns `false`, the
/// unpacking ends. What could not be read of the archive comes back.
#[wasm_bindgen(unchecked_return_type = "Problem[]")]
pub fn unpack_archive(
    path: &str,
    file: web_sys::Blob,
    #[wasm_bindgen(unchecked_param_type = "(path: string, file: Blob) => boolean")] each: &Function,
) -> Result<JsValue, Fault> {
    let unreadable = |error: std::io::Error| Fault::new("unreadable", format!("{path} cannot be read: {error}"));
    let source = Box::new(BlobSource::new(file).map_err(unreadable)?);
    let mut hand = |within: String, reader: &mut dyn Read| -> std::io::Result<bool> {
        let mut sink = BlobSink::default();
        std::io::copy(reader, &mut sink)?;
        let answer = each.call2(&JsValue::NULL, &within.into(), &sink.finish()?.into());
        Ok(answer.is_ok_and(|goes_on| !goes_on.is_falsy()))
    };
    to_js(&unpack(path, source, BundleLimits::default(), &mut hand)?)
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

    /// Reads a label volume that no image is called after: it is the truth of the images that lie in its planes.
    #[wasm_bindgen(unchecked_return_type = "Problem[]")]
    pub fn add_label_volume(
        &mut self,
        path: &str,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] file: JsValue,
    ) -> Result<JsValue, Fault> {
        let problems = self.all_files().add_label_volume(path, content(path, file)?)?;
        self.told(&problems)
    }

    /// The series of several images that were looked at, each in its order in space.
    #[wasm_bindgen(unchecked_return_type = "Series[]")]
    pub fn series(&mut self) -> Result<JsValue, Fault> {
        to_js(&self.all_files().series())
    }
}
