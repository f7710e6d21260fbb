//! An evaluation with intervals, groups and plots, a few resamples at a time.

use std::collections::BTreeMap;

use groundglass_evaluation::{
    EvaluateRequest, Evaluating as Inner, EvaluationError, EvaluationReport, File, Sources, csv, html,
};
use groundglass_formats::{Content, ReportContext};
use groundglass_metrics::{EvaluationSet, Exhibit, RegionKind};
use groundglass_types::{Case, Finding};
use serde::Serialize;
use tsify::Tsify;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

use crate::error::Fault;
use crate::faults::to_js;

/// A file that the user chose.
struct SourceFile {
    name: String,
    content: Content<'static>,
}

impl SourceFile {
    fn new(name: String, bytes: Vec<u8>) -> Self {
        Self { name, content: bytes.into() }
    }

    fn file(&self) -> File<'_> {
        File { name: &self.name, content: &self.content }
    }
}

fn files(files: &[SourceFile]) -> Vec<File<'_>> {
    files.iter().map(SourceFile::file).collect()
}

/// Files of truth and of predictions made elsewhere.
#[wasm_bindgen]
#[derive(Default)]
pub struct EvaluationFiles {
    truth: Vec<SourceFile>,
    /// The files of each model.
    predictions: Vec<Vec<SourceFile>>,
    attributes: Option<SourceFile>,
}

#[wasm_bindgen]
impl EvaluationFiles {
    /// No files yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// The truth; several files are several readers of the same images.
    pub fn add_truth(&mut self, name: String, bytes: Vec<u8>) {
        self.truth.push(SourceFile::new(name, bytes));
    }

    /// The predictions of a model, counted from 0; a second model is compared with the first. A model is one file, or
    /// for heatmaps one image file a map.
    pub fn add_predictions(&mut self, model: usize, name: String, bytes: Vec<u8>) {
        while self.predictions.len() <= model.min(1) {
            self.predictions.push(Vec::new());
        }
        if let Some(files) = self.predictions.get_mut(model) {
            files.push(SourceFile::new(name, bytes));
        }
    }

    /// A table of attributes of the cases.
    pub fn set_attributes(&mut self, name: String, bytes: Vec<u8>) {
        self.attributes = Some(SourceFile::new(name, bytes));
    }

    /// Reads the files and prepares their evaluation.
    pub fn evaluating(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Partial<EvaluateRequest>")] request: JsValue,
    ) -> Result<Evaluating, Fault> {
        let request: EvaluateRequest = serde_wasm_bindgen::from_value(request)?;
        let sources = Sources {
            truth: files(&self.truth),
            predictions: self.predictions.iter().map(|model| files(model)).collect(),
            attributes: self.attributes.as_ref().map(SourceFile::file),
        };
        Ok(Evaluating(Inner::of_files(&sources, &request)?))
    }
}

/// Cases that are open already.
#[wasm_bindgen]
#[derive(Default)]
pub struct EvaluationCases {
    set: EvaluationSet,
    /// The same cases with other findings, to be compared.
    second: Option<EvaluationSet>,
}

#[wasm_bindgen]
impl EvaluationCases {
    /// No cases yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a case with its truth and, where the model has run, its findings.
    pub fn add(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Case")] case: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Finding[] | undefined")] findings: JsValue,
    ) -> Result<(), Fault> {
        add(&mut self.set, case, findings)
    }

    /// Adds a case with what was found in it in another way. Only cases that count in both are compared.
    pub fn add_second(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Case")] case: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Finding[] | undefined")] findings: JsValue,
    ) -> Result<(), Fault> {
        add(self.second.get_or_insert_default(), case, findings)
    }

    /// Prepares the evaluation of the cases. `region` says what is compared, `data` has the SHA-256 of their files.
    pub fn evaluating(
        &self,
        #[wasm_bindgen(unchecked_param_type = "RegionKind")] region: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Partial<EvaluateRequest>")] request: JsValue,
        #[wasm_bindgen(unchecked_param_type = "ReportContext")] context: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Record<string, string>")] data: JsValue,
    ) -> Result<Evaluating, Fault> {
        let region: RegionKind = serde_wasm_bindgen::from_value(region)?;
        let request: EvaluateRequest = serde_wasm_bindgen::from_value(request)?;
        let context: ReportContext = serde_wasm_bindgen::from_value(context)?;
        let data: BTreeMap<String, String> = serde_wasm_bindgen::from_value(data)?;
        Ok(Evaluating(Inner::of_set(&self.set, self.second.as_ref(), region, &request, data, context)?))
    }
}

fn add(set: &mut EvaluationSet, case: JsValue, findings: JsValue) -> Result<(), Fault> {
    let case: Case = serde_wasm_bindgen::from_value(case)?;
    let findings: Option<Vec<Finding>> = serde_wasm_bindgen::from_value(findings)?;
    let name = case.name.clone();
    set.add_case(case)?;
    if let Some(findings) = findings {
        set.set_findings(&name, findings)?;
    }
    Ok(())
}

/// Every metric with its task, convention and source, in the order in which values come.
#[wasm_bindgen(unchecked_return_type = "CatalogueEntry[]")]
pub fn catalogue() -> Result<JsValue, Fault> {
    to_js(groundglass_metrics::catalogue())
}

/// What an evaluation gave, in every form in which it can be looked at or saved.
#[derive(Clone, Debug, Serialize, Tsify)]
pub struct EvaluationOutcome {
    /// The report.
    pub report: EvaluationReport,
    /// Curves and tables.
    pub exhibits: Vec<Exhibit>,
    /// The names of the cases that count, by the index that exhibits use.
    pub cases: Vec<String>,
    /// The attributes by which the cases can be grouped.
    pub attributes: Vec<String>,
    /// The report as the command prints it with `--json`: the same bytes for the same input.
    pub json: String,
    /// The report as the command prints it with `--csv`.
    pub csv: String,
    /// The report as the command prints it with `--html`.
    pub html: String,
}

/// An evaluation in the making.
#[wasm_bindgen]
pub struct Evaluating(Inner);

#[wasm_bindgen]
impl Evaluating {
    /// Does up to `count` resamples more, and says how many are done of how many.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn advance(&mut self, count: u32) -> Result<JsValue, Fault> {
        to_js(&self.0.advance(count as usize))
    }

    /// The outcome; does what was left to do. The object is used up.
    #[wasm_bindgen(unchecked_return_type = "EvaluationOutcome")]
    pub fn finish(self) -> Result<JsValue, Fault> {
        let cases = self.0.cases().map(str::to_owned).collect();
        let (exhibits, attributes) = (self.0.exhibits(), self.0.attributes());
        let report = self.0.finish();
        let (json, csv, html) = (report.json()?, csv(&report.report), html(&report));
        to_js(&EvaluationOutcome { report, exhibits, cases, attributes, json, csv, html })
    }
}

impl From<EvaluationError> for Fault {
    fn from(error: EvaluationError) -> Self {
        match error {
            EvaluationError::Format(error) => error.into(),
            error => Self::new("evaluation", error),
        }
    }
}
