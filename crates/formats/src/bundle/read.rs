//! A bundle's manifest, read. A fault in one case costs that case.

use std::collections::BTreeMap;

use groundglass_types::{Case, Finding, Truth};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{
    BUNDLE_SCHEMA, CaseEntry, ClassEntry, FixationEntry, Fixations, MANIFEST, RegionEntry, SentenceEntry, TableEntry,
};
use crate::coco::json_error;
use crate::content::Content;
use crate::json_stream::lists;
use crate::paths::base_name;
use crate::problem::ProblemList;
use crate::reading::Sentence;
use crate::table::Table;
use crate::{FormatError, JsonId, Problem};

/// What a manifest holds.
#[derive(Debug, Default)]
pub struct Bundled {
    /// The cases.
    pub cases: Vec<BundledCase>,
    /// The classes with the numbers that the truth's COCO file gives them.
    pub(crate) categories: Vec<ClassEntry>,
    /// Sentences, each with the file that said it.
    pub(crate) sentences: Vec<(String, Sentence)>,
    /// Tables about cases as a whole.
    pub tables: Vec<Table>,
    /// SHA-256 of every file that had been read.
    pub data: BTreeMap<String, String>,
    /// What a person had set.
    pub state: Option<Value>,
    /// The report.
    pub report: Option<Value>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A case of a bundle.
#[derive(Debug)]
pub struct BundledCase {
    /// The case.
    pub case: Case,
    /// The path of its image's file, as it was.
    pub file: String,
    /// SHA-256 of that file, where it had been seen.
    pub sha256: Option<String>,
    /// Its number in the COCO file of its truth.
    pub coco_id: Option<JsonId>,
    /// Where readers had looked, by the files that said it.
    pub(crate) fixations: Fixations,
    /// What had been found.
    pub findings: Option<Vec<Finding>>,
}

#[derive(Deserialize)]
struct Manifest {
    schema: String,
    /// Read one by one.
    #[serde(rename = "cases")]
    _cases: IgnoredAny,
    #[serde(default)]
    categories: Vec<ClassEntry>,
    #[serde(default)]
    data: BTreeMap<String, String>,
    #[serde(default)]
    state: Option<Value>,
    #[serde(default)]
    report: Option<Value>,
}

/// Whether a file is called as manifests are.
pub fn is_manifest(path: &str) -> bool {
    base_name(path) == MANIFEST
}

/// Reads a manifest.
///
/// # Errors
/// [`FormatError`] where it is no JSON, or not of this schema.
pub fn read_manifest(file: &str, content: &Content<'_>) -> Result<Bundled, FormatError> {
    let broken = |error: serde_json::Error| json_error(file, &error);
    let manifest: Manifest = content.json().map_err(broken)?;
    if manifest.schema != BUNDLE_SCHEMA {
        let detail = format!("its schema is \"{}\", where \"{BUNDLE_SCHEMA}\" is read", manifest.schema);
        return Err(FormatError::NotOfForm { file: file.to_owned(), form: "a Groundglass bundle", detail });
    }
    let mut problems = ProblemList::default();
    let Manifest { categories, data, state, report, .. } = manifest;
    let mut bundled = Bundled { categories, data, state, report, ..Bundled::default() };
    let lists = lists(content, &["cases", "sentences", "tables"], &mut |_, which, place, raw| {
        let (what, name, read) = match which {
            0 => ("cases at fault", "cases", case(raw.get()).map(|case| bundled.cases.push(case))),
            1 => {
                let entry = serde_json::from_str(raw.get()).map_err(|error| error.to_string());
                let sentence = entry.and_then(SentenceEntry::sentence);
                ("sentences that cannot be read", "sentences", sentence.map(|one| bundled.sentences.push(one)))
            }
            _ => {
                let entry = serde_json::from_str(raw.get()).map_err(|error| error.to_string());
                let table = entry.and_then(TableEntry::table);
                ("tables that cannot be read", "tables", table.map(|one| bundled.tables.push(one)))
            }
        };
        if let Err(fault) = read {
            problems.push(what, file, format!("{file}: {name}[{place}] is left out: {fault}"));
        }
    });
    lists.map_err(broken)?;
    bundled.problems = problems.into_problems();
    Ok(bundled)
}

fn case(raw: &str) -> Result<BundledCase, String> {
    let entry: CaseEntry = serde_json::from_str(raw).map_err(|error| error.to_string())?;
    if entry.name.is_empty() || entry.width == 0 || entry.height == 0 {
        let (name, width, height) = (&entry.name, entry.width, entry.height);
        return Err(format!("\"{name}\" has {width} x {height} pixels, where a name and a size are expected"));
    }
    if entry.spacing.is_some_and(|spacing| !spacing.iter().all(|side| side.is_finite() && *side > 0.0)) {
        return Err(format!("the size of its pixels is {:?}", entry.spacing.unwrap_or_default()));
    }
    let size = (entry.width as usize, entry.height as usize);
    let truth = |regions: &Vec<RegionEntry>| -> Result<Truth, String> {
        Ok(Truth { regions: regions.iter().map(|region| region.truth(size)).collect::<Result<_, _>>()? })
    };
    let findings = |findings: &Vec<RegionEntry>| findings.iter().map(|finding| finding.finding(size)).collect();
    let readers = entry.readers.iter().map(|(reader, regions)| Ok((reader.clone(), truth(regions)?)));
    let case = Case {
        name: entry.name.clone(),
        width: size.0,
        height: size.1,
        spacing: entry.spacing,
        slice: entry.slice,
        attributes: entry.attributes,
        truth: entry.truth.as_ref().map(truth).transpose()?,
        readers: readers.collect::<Result<_, String>>()?,
    };
    let findings = entry.findings.as_ref().map(findings).transpose()?;
    let gaze = |(file, entries): (String, Vec<FixationEntry>)| (file, entries.into_iter().map(Into::into).collect());
    Ok(BundledCase {
        case,
        file: entry.file.unwrap_or(entry.name),
        sha256: entry.sha256,
        coco_id: entry.coco_id,
        fixations: entry.fixations.into_iter().map(gaze).collect(),
        findings,
    })
}
