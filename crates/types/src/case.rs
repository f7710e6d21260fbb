//! What was looked for, and what was found.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{BoundingBox, Mask};

/// Where something is: a box, and the pixels inside it where they are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Region {
    /// The box, in pixels of the original image.
    pub bounding_box: BoundingBox,
    /// The pixels, on the grid of the whole original image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub mask: Option<Mask>,
}

impl Region {
    /// A region known by its box alone.
    pub const fn from_box(bounding_box: BoundingBox) -> Self {
        Self { bounding_box, mask: None }
    }

    /// A region known by its pixels; its box is the tightest around them. `None` for an empty mask.
    pub fn from_mask(mask: Mask) -> Option<Self> {
        let bounding_box = mask.bounding_box()?;
        Some(Self { bounding_box, mask: Some(mask) })
    }
}

/// One grounded prediction: a label, how sure the model is, and the region that shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Finding {
    /// Class name.
    pub label: String,
    /// Confidence, 0 to 1.
    pub score: f64,
    /// Where.
    pub region: Region,
}

/// One thing that is really there, as a reader marked it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct TruthRegion {
    /// Class name.
    pub label: String,
    /// Where.
    pub region: Region,
    /// COCO's `iscrowd`: a group that may be found any number of times and is never missed.
    #[serde(default)]
    pub crowd: bool,
    /// Area in square pixels as annotated (COCO's `area`), where it differs from the region's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub area: Option<f64>,
}

/// All that is known to be in one image. An empty list says "looked, and nothing is there".
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Truth {
    /// What is there.
    pub regions: Vec<TruthRegion>,
}

/// Where an image stands in a stack: a volume, a film, the pages of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Slice {
    /// The stack's name: the path of its file, or what the files of a series have in common.
    pub stack: String,
    /// Place in the stack, from 0.
    pub index: usize,
    /// How many slices the stack has.
    pub count: usize,
}

/// One image with its truth and attributes; pixels travel apart, as [`crate::Image`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "tsify", derive(tsify::Tsify))]
pub struct Case {
    /// The name by which files refer to it: the image's path within what was loaded.
    pub name: String,
    /// Columns of the image.
    pub width: usize,
    /// Rows of the image.
    pub height: usize,
    /// Width and height of a pixel in millimetres, where they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub spacing: Option<[f64; 2]>,
    /// Where the image stands, if it is one of a stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub slice: Option<Slice>,
    /// `None` where nobody has looked; such a case counts in no metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "tsify", tsify(optional))]
    pub truth: Option<Truth>,
    /// What each of several readers saw, by the reader's name; empty where there is one truth alone. `truth` is then that
    /// of the first of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, Truth>"))]
    pub readers: BTreeMap<String, Truth>,
    /// Group attributes such as site, sex or modality. `patient` names whose image it is: cases of one patient are
    /// resampled together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "tsify", tsify(type = "Record<string, string>"))]
    pub attributes: BTreeMap<String, String>,
}
