//! A bundle, written.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Seek, Write};

use serde::Serialize;
use serde_json::Value;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{BUNDLE_SCHEMA, CaseEntry, IMAGES, MANIFEST, RegionEntry};
use crate::FormatError;
use crate::paths::normalised;
use crate::write::{AnnotationWriter, Originals, Side, WrittenCase};
use crate::writers::{Coco, origin};

/// What is written into a bundle.
#[derive(Clone, Copy, Debug)]
pub struct BundleContent<'a> {
    /// The cases with what was found in them.
    pub cases: &'a [WrittenCase<'a>],
    /// SHA-256 of every file that was read, by path.
    pub data: &'a BTreeMap<String, String>,
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
    cases: Vec<CaseEntry>,
    data: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a Value>,
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
    let mut zip = ZipWriter::new(out);
    let manifest = Manifest {
        schema: BUNDLE_SCHEMA,
        generator: format!("groundglass {}", env!("CARGO_PKG_VERSION")),
        cases: content.cases.iter().map(|case| entry(case, content.data)).collect(),
        data: content.data,
        state: content.state,
        report: content.report,
    };
    let text = serde_json::to_vec(&manifest).map_err(|error| unwritable(MANIFEST, &error))?;
    put(&mut zip, MANIFEST, &text)?;
    let has = |is: &dyn Fn(&WrittenCase<'_>) -> bool| content.cases.iter().any(is);
    let sides =
        [(Side::Truth, has(&|case| case.case.truth.is_some())), (Side::Findings, has(&|case| case.findings.is_some()))];
    for (side, _) in sides.into_iter().filter(|(_, is_known)| *is_known) {
        // What COCO cannot hold is in the manifest.
        Coco.write(content.cases, side, &mut |path, bytes| put(&mut zip, &format!("coco/{path}"), &bytes))?;
    }
    if let Some(images) = images {
        let files: BTreeSet<&str> = content.cases.iter().map(|case| origin(case).0).collect();
        for file in files.into_iter().filter(|file| content.data.contains_key(*file)) {
            let mut source = images(file).map_err(|error| unwritable(file, &error))?;
            let path = format!("{IMAGES}{}", normalised(file).replace("../", ""));
            zip.start_file(&path, options()).map_err(|error| unwritable(&path, &error))?;
            std::io::copy(&mut source, &mut zip).map_err(|error| unwritable(&path, &error))?;
        }
    }
    zip.finish().map_err(|error| unwritable("the bundle", &error))?;
    Ok(())
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().large_file(true)
}

fn put<W: Write + Seek>(zip: &mut ZipWriter<W>, path: &str, bytes: &[u8]) -> Result<(), FormatError> {
    zip.start_file(path, options()).map_err(|error| unwritable(path, &error))?;
    zip.write_all(bytes).map_err(|error| unwritable(path, &error))
}

fn unwritable(file: &str, error: &dyn std::fmt::Display) -> FormatError {
    FormatError::Unwritable { file: file.to_owned(), detail: error.to_string() }
}

fn entry(written: &WrittenCase<'_>, data: &BTreeMap<String, String>) -> CaseEntry {
    let WrittenCase { case, findings } = written;
    let (file, _) = origin(written);
    let side = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let truth = |truth: &groundglass_types::Truth| truth.regions.iter().map(RegionEntry::of_truth).collect();
    CaseEntry {
        name: case.name.clone(),
        file: (file != case.name).then(|| file.to_owned()),
        sha256: data.get(file).cloned(),
        width: side(case.width),
        height: side(case.height),
        spacing: case.spacing,
        slice: case.slice.clone(),
        attributes: case.attributes.clone(),
        truth: case.truth.as_ref().map(truth),
        readers: case.readers.iter().map(|(reader, marked)| (reader.clone(), truth(marked))).collect(),
        findings: findings.map(|findings| findings.iter().map(RegionEntry::of_finding).collect()),
    }
}
