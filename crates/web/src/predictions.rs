//! All findings as COCO results, written in steps.

use std::io::Write;

use groundglass_formats::{CocoIndex, ResultsFile};
use groundglass_metrics::SharedCase;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Blob;

use crate::blob::BlobSink;
use crate::desk::CaseSet;
use crate::error::Fault;

/// Findings on their way into a file: those that there were when it was begun.
#[wasm_bindgen]
pub struct WritingPredictions {
    cases: Vec<SharedCase>,
    index: CocoIndex,
    file: ResultsFile,
    next: usize,
    sink: BlobSink,
}

#[wasm_bindgen]
impl CaseSet {
    /// Begins to write all findings at all scores as COCO results JSON, as [`CaseSet::predictions_json`] gives them.
    pub fn predictions(&self) -> WritingPredictions {
        let cases = self.shared();
        let findings = cases.iter().filter_map(|(_, findings)| findings.as_deref()).flatten();
        let index = self.coco_index().with_labels(findings.map(|finding| finding.label.as_str()));
        WritingPredictions { cases, index, file: ResultsFile::default(), next: 0, sink: BlobSink::default() }
    }
}

fn no_room(error: std::io::Error) -> Fault {
    Fault::new("unwritable", format!("the predictions cannot be written: {error}"))
}

#[wasm_bindgen]
impl WritingPredictions {
    /// Writes the findings of one case; `false` when all are written.
    pub fn advance(&mut self) -> Result<bool, Fault> {
        let mut text = Vec::new();
        let next = self.cases.get(self.next);
        match next {
            Some((case, Some(findings))) => self.file.add(&self.index, &case.name, findings, &mut text)?,
            Some(_) => {}
            None => self.file.end(&mut text),
        }
        let goes_on = next.is_some();
        self.next += usize::from(goes_on);
        self.sink.write_all(&text).map_err(no_room)?;
        Ok(goes_on)
    }

    /// How many cases are written.
    #[wasm_bindgen(getter)]
    pub fn done(&self) -> f64 {
        self.next as f64
    }

    /// How many cases there are.
    #[wasm_bindgen(getter)]
    pub fn total(&self) -> f64 {
        self.cases.len() as f64
    }

    /// The file. The object is used up.
    pub fn finish(self) -> Result<Blob, Fault> {
        self.sink.finish().map_err(no_room)
    }
}
