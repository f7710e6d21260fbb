//! Both sides of a case as regions.

use groundglass_types::{Region, TruthRegion};

use crate::label_map::LABEL_MAP_LABEL;
use crate::write::{Side, WrittenCase};

/// A region of either side.
#[derive(Clone, Copy)]
pub struct Written<'a> {
    pub label: &'a str,
    pub region: &'a Region,
    pub score: Option<f64>,
    pub crowd: bool,
    pub area: Option<f64>,
}

impl<'a> Written<'a> {
    /// Its class where no text may be empty: one without a name is read as that of label maps.
    pub const fn named(&self) -> &'a str {
        if self.label.is_empty() { LABEL_MAP_LABEL } else { self.label }
    }
}

impl<'a> From<&'a TruthRegion> for Written<'a> {
    fn from(truth: &'a TruthRegion) -> Self {
        Self { label: &truth.label, region: &truth.region, score: None, crowd: truth.crowd, area: truth.area }
    }
}

/// The regions of one side of a case; `None` where it is unknown.
pub fn regions<'a>(case: &WrittenCase<'a>, side: Side) -> Option<Vec<Written<'a>>> {
    match side {
        Side::Truth => case.case.truth.as_ref().map(|truth| truth.regions.iter().map(Written::from).collect()),
        Side::Findings => case.findings.map(|findings| {
            let written = findings.iter().map(|finding| Written {
                label: &finding.label,
                region: &finding.region,
                score: Some(finding.score),
                crowd: false,
                area: None,
            });
            written.collect()
        }),
    }
}
