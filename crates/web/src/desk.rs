//! The desk: files to cases, phantoms, metrics and exports.

#[cfg(feature = "intake")]
use std::collections::BTreeMap;

use groundglass_formats::{
    CocoIndex, Content, Frame, Measured, OpenFile, Problem, ReportContext, build_report, sha256_hex,
};
use groundglass_imaging::display_rgba;
use groundglass_metrics::{EvaluateOptions, EvaluationSet, MetricsError, SharedCase};
use groundglass_phantom::PhantomOptions;
use groundglass_types::{Case, Finding, Image, Samples, Slice};
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen::{Clamped, JsCast};

use crate::blob::BlobSource;
use crate::error::Fault;
use crate::faults::to_js;

/// One line of the list of cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Tsify)]
#[tsify(missing_as_null)]
pub struct CaseSummary {
    /// The case's name: the path of its image.
    pub name: String,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// How many things are there; `null` where nobody has looked.
    pub truths: Option<usize>,
    /// How many were found, at any score; `null` where the model has not run.
    pub findings: Option<usize>,
    /// Where its image stands in a stack; left out where it is known to be in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub slice: Option<Slice>,
}

/// A case with what the model found.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct EvaluationCase {
    /// Its size, truth and attributes.
    pub case: Case,
    /// What was found; left out where the model has not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[tsify(optional)]
    pub findings: Option<Vec<Finding>>,
}

/// A decoded image.
#[wasm_bindgen]
pub struct DeskImage {
    name: String,
    image: Image,
    sha256: String,
}

#[wasm_bindgen]
impl DeskImage {
    /// The name of its case.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.name.clone()
    }

    /// Columns.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> usize {
        self.image.width()
    }

    /// Rows.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> usize {
        self.image.height()
    }

    /// Samples a pixel: 1 (grey) or 3 (RGB).
    #[wasm_bindgen(getter)]
    pub fn channels(&self) -> usize {
        self.image.channels()
    }

    /// Bits a sample: 8, 16, or 32 for measured values.
    #[wasm_bindgen(getter)]
    pub fn bits(&self) -> u32 {
        match self.image.samples() {
            Samples::U8(_) => 8,
            Samples::U16(_) => 16,
            Samples::F32(_) => 32,
        }
    }

    /// SHA-256 of the file (of a phantom: of its samples) in hexadecimal.
    #[wasm_bindgen(getter)]
    pub fn sha256(&self) -> String {
        self.sha256.clone()
    }

    /// The samples as they stand in the file, row by row, channels interleaved: a copy.
    #[wasm_bindgen(unchecked_return_type = "Uint8Array | Uint16Array | Float32Array")]
    pub fn samples(&self) -> JsValue {
        match self.image.samples() {
            Samples::U8(samples) => js_sys::Uint8Array::from(samples.as_slice()).into(),
            Samples::U16(samples) => js_sys::Uint16Array::from(samples.as_slice()).into(),
            Samples::F32(samples) => js_sys::Float32Array::from(samples.as_slice()).into(),
        }
    }

    /// What a screen shows, as `ImageData` wants it; 16 bits are stretched between their percentiles 0.1 and 99.9.
    pub fn rgba(&self) -> Clamped<Vec<u8>> {
        Clamped(display_rgba(&self.image))
    }
}

/// A set of cases with truth, findings and metrics. No pixels are kept.
#[wasm_bindgen]
#[derive(Default)]
pub struct CaseSet {
    files: groundglass_formats::CaseSet,
    evaluation: EvaluationSet,
    /// The file that was opened last: a stack is looked through slice after slice.
    open: Option<OpenFile<'static>>,
    /// SHA-256 of the image files that were opened, by path: what the files themselves hold, where a bundle only says it.
    #[cfg(feature = "intake")]
    hashes: BTreeMap<String, String>,
}

#[wasm_bindgen]
impl CaseSet {
    /// A set without cases.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says which path is an image, a label map (and of which image), annotations or an archive, and why the others are
    /// left out. By names alone. To be called once, first, with all paths of the set.
    #[wasm_bindgen(unchecked_return_type = "SetPlan")]
    pub fn plan(&mut self, paths: Vec<String>) -> Result<JsValue, Fault> {
        to_js(&self.files.plan(&paths))
    }

    /// Says how the files shall be understood; to be called before any of them is added.
    pub fn correct(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Partial<SetCorrections>")] corrections: JsValue,
    ) -> Result<(), Fault> {
        let corrections = serde_wasm_bindgen::from_value(corrections)?;
        self.files.correct(corrections).map_err(|error| Fault::new("argument", error))
    }

    /// Reads annotations or predictions, which wait until their image is added. Throws where the file is in no form that
    /// is read here; what is wrong with parts of it comes back.
    #[wasm_bindgen(unchecked_return_type = "Problem[]")]
    pub fn add_annotations(
        &mut self,
        path: &str,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] file: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Partial<Hints>")] hints: JsValue,
    ) -> Result<JsValue, Fault> {
        let content = content(path, file)?;
        let problems = self.files.add_annotations(path, content, &serde_wasm_bindgen::from_value(hints)?)?;
        self.told(&problems)
    }

    /// Reads a file of annotations again in another way: what it said is forgotten first.
    #[wasm_bindgen(unchecked_return_type = "Problem[]")]
    pub fn read_again(
        &mut self,
        path: &str,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] file: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Partial<Hints>")] hints: JsValue,
    ) -> Result<JsValue, Fault> {
        let content = content(path, file)?;
        let problems = self.files.read_again(path, content, &serde_wasm_bindgen::from_value(hints)?)?;
        self.told(&problems)
    }

    /// Reads a label map as the truth of an image. Throws where it cannot be read.
    #[wasm_bindgen(unchecked_return_type = "Problem[]")]
    pub fn add_label_map(
        &mut self,
        image: &str,
        path: &str,
        #[wasm_bindgen(unchecked_param_type = "Blob | Uint8Array")] file: JsValue,
    ) -> Result<JsValue, Fault> {
        let problems = self.files.add_label_map(image, path, content(path, file)?)?;
        self.told(&problems)
    }

    /// Decodes an image and makes it a case. The set keeps its size, hash and truth, and no pixels.
    pub fn add_image(&mut self, path: &str, bytes: &[u8]) -> Result<DeskImage, Fault> {
        let added = self.files.add_image(path, bytes)?;
        self.hand_on()?;
        Ok(DeskImage { name: added.name, image: added.image, sha256: added.sha256 })
    }

    /// Opens an image file by its header and names its frames, which become cases when they are added. None where it is
    /// not the image of the case that stands in its name.
    pub fn look(&mut self, path: &str, file: web_sys::Blob) -> Result<Vec<String>, Fault> {
        self.opened(path, file)?;
        let Some(open) = &self.open else { return Err(Fault::new("internal", "no file is open")) };
        #[cfg(feature = "intake")]
        if !self.files.meet_header(open) {
            return Ok(Vec::new());
        }
        Ok(self.files.know_file(open).to_vec())
    }

    /// Decodes one frame of a file and makes it a case, unless it is one already.
    pub fn add_frame(&mut self, path: &str, file: web_sys::Blob, index: usize) -> Result<DeskImage, Fault> {
        self.opened(path, file)?;
        let Some(open) = &mut self.open else { return Err(Fault::new("internal", "no file is open")) };
        #[cfg(feature = "intake")]
        let names = self.files.know_file(open);
        #[cfg(not(feature = "intake"))]
        let names = open.names();
        let name = names.get(index).cloned().unwrap_or_default();
        let sha256 = open.sha256().to_owned();
        let image = if self.files.case(&name).is_some() {
            let image = open.frame(index)?;
            self.files.tell_of_gaps(path, &name, &image);
            image
        } else {
            let added = self.files.add_frame(open, index)?;
            self.hand_on()?;
            added.image
        };
        Ok(DeskImage { name, image, sha256 })
    }

    /// What was understood of all files; `problems` are those that were told while they were read.
    #[wasm_bindgen(unchecked_return_type = "Understood")]
    pub fn understood(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Problem[]")] problems: JsValue,
    ) -> Result<JsValue, Fault> {
        let problems: Vec<Problem> = serde_wasm_bindgen::from_value(problems)?;
        to_js(&self.files.understood(problems))
    }

    /// Makes a synthetic case with exact truth. A case of the same name is replaced.
    pub fn add_phantom(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Partial<PhantomOptions>")] options: JsValue,
    ) -> Result<DeskImage, Fault> {
        let options: PhantomOptions = serde_wasm_bindgen::from_value(options)?;
        let phantom = groundglass_phantom::generate(&options)?;
        let name = options.name();
        let sha256 = match phantom.image.samples() {
            Samples::U8(samples) => sha256_hex(samples),
            Samples::U16(samples) => {
                sha256_hex(&samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>())
            }
            Samples::F32(samples) => {
                sha256_hex(&samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>())
            }
        };
        self.files.add_case(&name, &phantom.image, &sha256, phantom.truth);
        for case in self.files.take_changed() {
            self.evaluation.add_case(case)?;
        }
        Ok(DeskImage { name, image: phantom.image, sha256 })
    }

    /// Says what the model found in a case. An empty list says that it found nothing. Its classes count under the names
    /// that [`CaseSet::correct`] gave them.
    pub fn set_findings(
        &mut self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "Finding[]")] findings: JsValue,
    ) -> Result<(), Fault> {
        let mut findings: Vec<Finding> = serde_wasm_bindgen::from_value(findings)?;
        self.files.corrections().name_findings(&mut findings);
        Ok(self.evaluation.set_findings(name, findings)?)
    }

    /// Findings under the names that their classes count under.
    #[wasm_bindgen(unchecked_return_type = "Finding[]")]
    pub fn named(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Finding[]")] findings: JsValue,
    ) -> Result<JsValue, Fault> {
        let mut findings: Vec<Finding> = serde_wasm_bindgen::from_value(findings)?;
        self.files.corrections().name_findings(&mut findings);
        to_js(&findings)
    }

    /// Forgets all findings, as before a run of another model.
    pub fn clear_findings(&mut self) {
        self.evaluation.clear_findings();
    }

    /// The cases in the order in which they were added.
    #[wasm_bindgen(unchecked_return_type = "CaseSummary[]")]
    pub fn cases(&self) -> Result<JsValue, Fault> {
        let summary = |(case, findings): (&Case, Option<&[Finding]>)| CaseSummary {
            name: case.name.clone(),
            width: case.width,
            height: case.height,
            truths: case.truth.as_ref().map(|truth| truth.regions.len()),
            findings: findings.map(<[Finding]>::len),
            slice: case.slice.clone(),
        };
        to_js(&self.evaluation.cases().map(summary).collect::<Vec<_>>())
    }

    /// What is in a case; `undefined` where nobody has looked, or there is no such case.
    #[wasm_bindgen(unchecked_return_type = "Truth | undefined")]
    pub fn truth(&self, name: &str) -> Result<JsValue, Fault> {
        self.evaluation.case(name).and_then(|case| case.truth.as_ref()).map_or(Ok(JsValue::UNDEFINED), to_js)
    }

    /// What was found in a case; `undefined` where the model has not run, or there is no such case.
    #[wasm_bindgen(unchecked_return_type = "Finding[] | undefined")]
    pub fn findings(&self, name: &str) -> Result<JsValue, Fault> {
        self.evaluation.findings(name).map_or(Ok(JsValue::UNDEFINED), to_js)
    }

    /// Evaluates the whole set. Overlaps are kept, so that moving a threshold is cheap.
    #[wasm_bindgen(unchecked_return_type = "Evaluation")]
    pub fn evaluate(
        &self,
        #[wasm_bindgen(unchecked_param_type = "EvaluateOptions")] options: JsValue,
    ) -> Result<JsValue, Fault> {
        to_js(&self.evaluation.evaluate(&serde_wasm_bindgen::from_value(options)?)?)
    }

    /// Evaluates one case.
    #[wasm_bindgen(unchecked_return_type = "CaseView")]
    pub fn view(
        &self,
        name: &str,
        #[wasm_bindgen(unchecked_param_type = "EvaluateOptions")] options: JsValue,
    ) -> Result<JsValue, Fault> {
        to_js(&self.evaluation.view(name, &serde_wasm_bindgen::from_value(options)?)?)
    }

    /// Every case with its truth and findings, for an evaluation elsewhere.
    #[wasm_bindgen(unchecked_return_type = "EvaluationCase[]")]
    pub fn evaluation_cases(&self) -> Result<JsValue, Fault> {
        let case = |(case, findings): (&Case, Option<&[Finding]>)| EvaluationCase {
            case: case.clone(),
            findings: findings.map(<[Finding]>::to_vec),
        };
        to_js(&self.evaluation.cases().map(case).collect::<Vec<_>>())
    }

    /// SHA-256 of every file that was read, by path.
    #[wasm_bindgen(unchecked_return_type = "Record<string, string>")]
    pub fn data(&self) -> Result<JsValue, Fault> {
        to_js(self.files.data())
    }

    /// All findings at all scores as COCO results JSON.
    pub fn predictions_json(&self) -> Result<String, Fault> {
        let found = self.evaluation.cases().filter_map(|(case, findings)| Some((case.name.as_str(), findings?)));
        Ok(self.files.results_json(found)?)
    }

    /// The report as JSON: every metric with its convention, counts, hashes and versions.
    pub fn report_json(
        &self,
        #[wasm_bindgen(unchecked_param_type = "EvaluateOptions")] options: JsValue,
        #[wasm_bindgen(unchecked_param_type = "ReportContext")] context: JsValue,
    ) -> Result<String, Fault> {
        let options: EvaluateOptions = serde_wasm_bindgen::from_value(options)?;
        let mut context: ReportContext = serde_wasm_bindgen::from_value(context)?;
        let evaluation = self.evaluation.evaluate(&options)?;
        context.problems.extend(evaluation.notes);
        let measured = Measured {
            score_threshold: options.score_threshold,
            iou_threshold: options.iou_threshold,
            task: options.region.task().to_owned(),
            counts: Some(evaluation.counts),
            values: evaluation.values,
            groups: Vec::new(),
        };
        Ok(serde_json::to_string_pretty(&build_report(self.files.data(), measured, context))?)
    }
}

fn unreadable(path: &str, error: &std::io::Error) -> Fault {
    Fault::new("unreadable", format!("{path} cannot be read: {error}"))
}

/// A file of the browser, held where it is short and else read in pieces, or the bytes of one.
pub(crate) fn content(path: &str, file: JsValue) -> Result<Content<'static>, Fault> {
    match file.dyn_into::<web_sys::Blob>() {
        Ok(file) => {
            let source = BlobSource::new(file).map_err(|error| unreadable(path, &error))?;
            Ok(Content::open(path, Box::new(source))?)
        }
        Err(bytes) => Ok(js_sys::Uint8Array::new(&bytes).to_vec().into()),
    }
}

impl CaseSet {
    /// The file at a path, opened unless it is open.
    fn opened(&mut self, path: &str, file: web_sys::Blob) -> Result<&OpenFile<'static>, Fault> {
        if self.open.as_ref().is_none_or(|open| open.path() != path) {
            self.open = None;
            let source = Box::new(BlobSource::new(file).map_err(|error| unreadable(path, &error))?);
            #[cfg(feature = "intake")]
            let known = self.hashes.get(path);
            #[cfg(not(feature = "intake"))]
            let known = self.files.data().get(path);
            let open = match known {
                Some(sha256) => OpenFile::again(path, source, sha256)?,
                None => OpenFile::new(path, source)?,
            };
            #[cfg(feature = "intake")]
            self.hashes.insert(path.to_owned(), open.sha256().to_owned());
            self.open = Some(open);
        }
        self.open.as_ref().ok_or_else(|| Fault::new("internal", "no file is open"))
    }

    #[cfg(feature = "intake")]
    pub(crate) const fn files(&self) -> &groundglass_formats::CaseSet {
        &self.files
    }

    #[cfg(feature = "intake")]
    pub(crate) const fn all_files(&mut self) -> &mut groundglass_formats::CaseSet {
        &mut self.files
    }

    /// Makes cases of all frames of an image file by its header, where they are none yet.
    #[cfg(feature = "intake")]
    pub(crate) fn head(&mut self, path: &str, file: web_sys::Blob) -> Result<(), Fault> {
        self.opened(path, file)?;
        if let Some(open) = &self.open {
            self.files.add_header(open);
        }
        Ok(self.hand_on()?)
    }

    /// Tells the images of every series where they stand in it, so that what is written says it too.
    #[cfg(feature = "intake")]
    pub(crate) fn settle_series(&mut self) -> Result<(), Fault> {
        self.files.settle_series();
        Ok(self.hand_on()?)
    }

    /// The cases with their findings as they are now, to be kept.
    pub(crate) fn shared(&self) -> Vec<SharedCase> {
        self.evaluation.shared()
    }

    /// The numbers by which images and classes go in COCO files.
    pub(crate) fn coco_index(&self) -> CocoIndex {
        self.files.coco_index()
    }

    /// Gives the metrics what is new among the files' cases; findings that are there stay.
    fn hand_on(&mut self) -> Result<(), MetricsError> {
        for case in self.files.take_changed() {
            let name = case.name.clone();
            // What a file says was found stands in place of what a model here finds.
            let given = self.files.given_findings(&name).map(<[Finding]>::to_vec);
            let findings = given.or_else(|| self.evaluation.findings(&name).map(<[Finding]>::to_vec));
            self.evaluation.add_case(case)?;
            if let Some(findings) = findings {
                self.evaluation.set_findings(&name, findings)?;
            }
        }
        Ok(())
    }

    pub(crate) fn told(&mut self, problems: &[Problem]) -> Result<JsValue, Fault> {
        self.hand_on()?;
        to_js(problems)
    }
}

/// Every metric with its name and source, in the order in which values come.
#[wasm_bindgen(unchecked_return_type = "CatalogueEntry[]")]
pub fn definitions() -> Result<JsValue, Fault> {
    to_js(groundglass_metrics::catalogue())
}

/// A box in pixels of an image of `width` x `height` (left, top, right, bottom), given as four numbers in a named frame.
#[wasm_bindgen]
pub fn box_in(frame: &str, numbers: &[f64], width: usize, height: usize) -> Result<Vec<f64>, Fault> {
    let known =
        Frame::of_name(frame).ok_or_else(|| Fault::new("argument", format!("there is no frame \"{frame}\"")))?;
    let numbers: [f64; 4] = numbers.try_into().map_err(|_| Fault::new("argument", "a box has four numbers"))?;
    let edges = known.to_pixels(numbers, (width, height));
    Ok(vec![edges.x_min, edges.y_min, edges.x_max, edges.y_max])
}
