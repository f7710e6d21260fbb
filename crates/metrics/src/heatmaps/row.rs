//! One map with what is known of its image.

use std::collections::BTreeMap;

use groundglass_types::{BoundingBox, Mask};
use serde::{Deserialize, Serialize};

use crate::MetricsError;
use crate::heatmaps::Heatmap;

/// One map of one image and one class or phrase, with its truth: a region, another map, fixations, or several of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct HeatmapRow {
    /// The name of the image. Rows of one case are resampled together.
    pub case: String,
    /// Group attributes of the case, such as `patient` and `site`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub attributes: BTreeMap<String, String>,
    /// The class or phrase that the map grounds; empty where there is but one.
    #[serde(default)]
    pub label: String,
    /// What the model says, on the grid of the image.
    pub map: Heatmap,
    /// The pixels that are meant, on the same grid. An empty mask says "looked, and nothing is there".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub mask: Option<Mask>,
    /// The boxes that are meant; with a mask the region is the union of both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<BoundingBox>,
    /// The map that is meant (a reader's gaze, smoothed), on the same grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub truth_map: Option<Heatmap>,
    /// Where a reader looked, `[x, y]` in pixels of the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixations: Vec<[f64; 2]>,
}

impl HeatmapRow {
    /// A map without any truth, to which truth is added as fields.
    pub fn new(case: impl Into<String>, label: impl Into<String>, map: Heatmap) -> Self {
        Self {
            case: case.into(),
            attributes: BTreeMap::new(),
            label: label.into(),
            map,
            mask: None,
            boxes: Vec::new(),
            truth_map: None,
            fixations: Vec::new(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), MetricsError> {
        let (width, height) = (self.map.width(), self.map.height());
        let fault = |fault: String| {
            let place = if self.label.is_empty() { String::new() } else { format!(", \"{}\"", self.label) };
            Err(MetricsError::Input { place: format!("case \"{}\"{place}", self.case), fault })
        };
        let other = |name: &str, (other_width, other_height): (usize, usize)| {
            fault(format!("its {name} has {other_width} x {other_height} pixels, its map {width} x {height}"))
        };
        if let Some(mask) = &self.mask
            && (mask.width(), mask.height()) != (width, height)
        {
            return other("mask", (mask.width(), mask.height()));
        }
        if let Some(map) = &self.truth_map
            && (map.width(), map.height()) != (width, height)
        {
            return other("truth map", (map.width(), map.height()));
        }
        for (index, edges) in self.boxes.iter().enumerate() {
            if ![edges.x_min, edges.y_min, edges.x_max, edges.y_max].iter().all(|edge| edge.is_finite()) {
                return fault(format!("box {index} has an edge that is not a finite number"));
            }
        }
        if let Some(index) = self.fixations.iter().position(|at| !at.iter().all(|edge| edge.is_finite())) {
            return fault(format!("fixation {index} is not at a finite place"));
        }
        Ok(())
    }
}
