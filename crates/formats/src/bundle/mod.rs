//! The Groundglass bundle: a zip that opens again to the state in which it was written.
//!
//! `groundglass-bundle.json` is the manifest, and alone decides: the cases with the SHA-256 of their images, what is in them
//! by whom, what was found, the state of the page, and the report. Boxes are corners as they are, and masks COCO's compressed
//! run lengths, so that nothing is rounded. `coco/truth.json` and `coco/results.json` hold the same for other programs and
//! are not read again. Images lie under `images/` where they were asked for.

mod guarded;
mod read;
mod write;

use std::collections::{BTreeMap, HashMap};

use groundglass_types::{BoundingBox, Finding, Mask, Region, Slice, TruthRegion};
use serde::{Deserialize, Serialize};

use crate::JsonId;
use crate::coco_rle::{decode_counts, encode_counts};
use crate::reading::{ImageName, PlacedFixation, Sentence};
use crate::table::Table;

pub use read::{BundledCase, is_manifest, read_manifest};
pub use write::{BundleContent, BundleWriter, write_bundle};

/// The manifest's name within the zip.
pub const MANIFEST: &str = "groundglass-bundle.json";

/// The schema of the manifest.
pub const BUNDLE_SCHEMA: &str = "groundglass.bundle/1";

/// Where the files for other programs lie within the zip.
const COCO: &str = "coco/";

/// Where images lie within the zip.
const IMAGES: &str = "images/";

/// The numbers that the COCO file of a truth gives to its images and classes.
#[derive(Clone, Debug, Default)]
pub struct CocoNumbers {
    /// By the name of the case.
    pub(crate) images: HashMap<String, JsonId>,
    pub(crate) categories: Vec<ClassEntry>,
}

/// Where readers looked on cases, and what was said of them in words and in tables.
#[derive(Clone, Debug, Default)]
pub struct GazeAndText {
    /// By the name of the case.
    pub(crate) fixations: HashMap<String, Fixations>,
    /// Sentences, each with the file that says it.
    pub(crate) sentences: Vec<(String, Sentence)>,
    /// Tables about cases as a whole.
    pub(crate) tables: Vec<Table>,
}

/// Fixations by the files that say them.
pub(crate) type Fixations = BTreeMap<String, Vec<PlacedFixation>>;

/// A fixation: its place `[x, y]` in pixels, or, where more is known than that, an object.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged, expecting = "a fixation is neither its place [x, y] nor an object with \"at\": [x, y]")]
enum FixationEntry {
    Place([f64; 2]),
    Known {
        at: [f64; 2],
        #[serde(default, skip_serializing_if = "Option::is_none")]
        duration: Option<f64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reader: Option<String>,
    },
}

impl From<&PlacedFixation> for FixationEntry {
    fn from(PlacedFixation { at, duration, reader }: &PlacedFixation) -> Self {
        match (duration, reader) {
            (None, None) => Self::Place(*at),
            _ => Self::Known { at: *at, duration: *duration, reader: reader.clone() },
        }
    }
}

impl From<FixationEntry> for PlacedFixation {
    fn from(entry: FixationEntry) -> Self {
        match entry {
            FixationEntry::Place(at) => Self { at, duration: None, reader: None },
            FixationEntry::Known { at, duration, reader } => Self { at, duration, reader },
        }
    }
}

/// A class and its number.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ClassEntry {
    pub id: JsonId,
    pub name: String,
}

/// A case as the manifest holds it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct CaseEntry {
    name: String,
    /// The path of its image's file; left out where it is the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// SHA-256 of the image's file, where it was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// Its number in the COCO file of its truth, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    coco_id: Option<JsonId>,
    width: u32,
    height: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    spacing: Option<[f64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slice: Option<Slice>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    truth: Option<Vec<RegionEntry>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    readers: BTreeMap<String, Vec<RegionEntry>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fixations: BTreeMap<String, Vec<FixationEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<RegionEntry>>,
}

/// A sentence about a case, a stack, or an image that is not there.
#[derive(Debug, Serialize, Deserialize)]
struct SentenceEntry {
    /// The file that says it.
    file: String,
    /// What the file calls the image.
    image: String,
    /// The label of the region that it is about; left out where it is about the whole case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    sentence: String,
}

impl SentenceEntry {
    /// `None` of an image that has no name; none such is kept in a set.
    fn of(file: &str, sentence: &Sentence) -> Option<Self> {
        let ImageName::Named(image) = &sentence.image else { return None };
        let (image, region, sentence) = (image.clone(), sentence.region.clone(), sentence.text.clone());
        Some(Self { file: file.to_owned(), image, region, sentence })
    }

    fn sentence(self) -> Result<(String, Sentence), String> {
        let Self { file, image, region, sentence } = self;
        if image.is_empty() || sentence.is_empty() {
            return Err(format!("it has the image \"{image}\" and the words \"{sentence}\", where both are expected"));
        }
        Ok((file, Sentence { image: ImageName::Named(image), region, text: sentence }))
    }
}

/// A table about cases as a whole.
#[derive(Debug, Serialize, Deserialize)]
struct TableEntry {
    /// The file that it was.
    file: String,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl TableEntry {
    fn of(table: &Table) -> Self {
        let Table { file, columns, rows } = table.clone();
        Self { file, columns, rows }
    }

    fn table(self) -> Result<Table, String> {
        let Self { file, columns, rows } = self;
        if let Some(row) = rows.iter().position(|row| row.len() != columns.len()) {
            let (found, expected) = (rows.get(row).map_or(0, Vec::len), columns.len());
            return Err(format!("row {} of {file} has {found} cells where {expected} are expected", row + 1));
        }
        Ok(Table { file, columns, rows })
    }
}

/// A region of a truth, or a finding.
#[derive(Debug, Serialize, Deserialize)]
struct RegionEntry {
    label: String,
    /// Left, top, right, bottom.
    #[serde(rename = "box")]
    edges: [f64; 4],
    /// Run lengths on the whole image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mask: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(default, skip_serializing_if = "is_false")]
    crowd: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    area: Option<f64>,
}

const fn is_false(value: &bool) -> bool {
    !*value
}

impl RegionEntry {
    fn of(label: &str, region: &Region) -> Self {
        let BoundingBox { x_min, y_min, x_max, y_max } = region.bounding_box;
        let mask = region.mask.as_ref().map(|mask| encode_counts(mask.counts()));
        let edges = [x_min, y_min, x_max, y_max];
        Self { label: label.to_owned(), edges, mask, score: None, crowd: false, area: None }
    }

    fn of_truth(truth: &TruthRegion) -> Self {
        Self { crowd: truth.crowd, area: truth.area, ..Self::of(&truth.label, &truth.region) }
    }

    fn of_finding(finding: &Finding) -> Self {
        Self { score: Some(finding.score), ..Self::of(&finding.label, &finding.region) }
    }

    fn region(&self, (width, height): (usize, usize)) -> Result<Region, String> {
        let [x_min, y_min, x_max, y_max] = self.edges;
        let bounding_box = BoundingBox { x_min, y_min, x_max, y_max };
        if !bounding_box.is_proper() {
            return Err(format!("the box {:?} of \"{}\" has no area", self.edges, self.label));
        }
        let mask = self.mask.as_ref().map(|text| {
            let counts = decode_counts(text).map_err(|error| error.to_string())?;
            Mask::from_counts(width, height, &counts).map_err(|error| error.to_string())
        });
        let mask =
            mask.transpose().map_err(|fault| format!("the mask of \"{}\" cannot be read: {fault}", self.label))?;
        Ok(Region { bounding_box, mask })
    }

    fn truth(&self, size: (usize, usize)) -> Result<TruthRegion, String> {
        let region = self.region(size)?;
        Ok(TruthRegion { label: self.label.clone(), region, crowd: self.crowd, area: self.area })
    }

    fn finding(&self, size: (usize, usize)) -> Result<Finding, String> {
        let score = self.score.ok_or_else(|| format!("the finding \"{}\" has no score", self.label))?;
        Ok(Finding { label: self.label.clone(), score, region: self.region(size)? })
    }
}
