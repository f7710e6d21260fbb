//! What a Retina U-Net is made of, and how its input is prepared and its output read.
//!
//! The configuration stands in the weights file itself (metadata key `groundglass.config`), so a
//! file says on its own how it is to be run.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Size and use of one Retina U-Net.
///
/// Levels count strides: level `l` has stride `2^l`. `C0` is the stem at full resolution, `C1..Cn`
/// are the stages, `P2..Pn` carry the box heads, `P1` and `P0` bring the segmentation back to full
/// resolution (Jaeger et al. 2018, arXiv 1811.08661, figure 1c).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetinaUNetConfig {
    /// Input channels: 1 (grey) or 3 (RGB; grey images are repeated).
    pub in_channels: usize,
    /// Class names, without the background.
    pub labels: Vec<String>,
    /// Channels of C0.
    pub stem_channels: usize,
    /// Channels of C1..Cn.
    pub stage_channels: Vec<usize>,
    /// Residual blocks of C1..Cn, after the strided convolution that begins each stage.
    pub stage_blocks: Vec<usize>,
    /// Channels of P2..Pn and of the heads.
    pub pyramid_channels: usize,
    /// Channels of P1.
    pub p1_channels: usize,
    /// Channels of P0, from which the segmentation is read.
    pub p0_channels: usize,
    /// 3x3 convolutions of each head before its last.
    pub head_depth: usize,
    /// Anchor boxes.
    pub anchors: AnchorConfig,
    /// How pixels become numbers.
    pub normalization: Normalization,
    /// Tiles of large images.
    pub tiling: Tiling,
    /// How numbers become findings.
    pub decoding: Decoding,
}

/// Anchor boxes: on every position of level `l`, one of each scale and ratio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnchorConfig {
    /// Side of the square anchor of scale 1 on P2..Pn, in pixels.
    pub base_sizes: Vec<f32>,
    /// Factors on the base size.
    pub scales: Vec<f32>,
    /// Height over width.
    pub ratios: Vec<f32>,
}

impl AnchorConfig {
    /// Anchors on one position.
    pub const fn per_position(&self) -> usize {
        self.scales.len() * self.ratios.len()
    }
}

/// Intensities: `(sample - low) / (high - low)`, cut to `[0, ceiling]`, where low and high are
/// percentiles over all samples of the whole image.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Percentile that becomes 0.
    pub low_percentile: f32,
    /// Percentile that becomes 1.
    pub high_percentile: f32,
    /// Largest value that the network sees.
    pub ceiling: f32,
}

/// Images larger than a tile run in overlapping tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tiling {
    /// Side of the square tile in pixels.
    pub tile: usize,
    /// Least overlap of neighbouring tiles in pixels: no less than the largest object.
    pub overlap: usize,
}

/// From scores and deltas to findings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoding {
    /// Findings below this score are never reported.
    pub score_floor: f32,
    /// The score from which a finding counts, unless the user says otherwise.
    pub score_threshold: f64,
    /// Boxes of one class that overlap a better one by more than this IoU are dropped within a tile.
    pub suppression_iou: f32,
    /// Boxes of one class from different tiles that overlap by more than this IoU are one object.
    pub clustering_iou: f32,
    /// At most so many boxes a tile, by score.
    pub max_boxes_per_tile: usize,
    /// Pixels whose class probability exceeds this belong to a mask.
    pub mask_threshold: f32,
}

/// A configuration that no network can be built from.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the Retina U-Net's configuration is not usable: {0}")]
pub struct ConfigError(pub String);

impl RetinaUNetConfig {
    /// The coarsest level, `n`.
    pub const fn top_level(&self) -> usize {
        self.stage_channels.len()
    }

    /// Sides of the input are padded to a multiple of this.
    pub const fn size_multiple(&self) -> usize {
        1 << self.top_level()
    }

    /// Checks every rule that the other rooms rely on.
    ///
    /// # Errors
    /// [`ConfigError`] names the first rule that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let fail = |reason: String| Err(ConfigError(reason));
        let levels = self.stage_channels.len();
        if !(2..=6).contains(&levels) {
            return fail(format!("2 to 6 stages are needed, found {levels}"));
        }
        if self.stage_blocks.len() != levels {
            return fail(format!("{levels} stages, but {} counts of blocks", self.stage_blocks.len()));
        }
        if self.anchors.base_sizes.len() != levels - 1 {
            return fail(format!(
                "{} levels carry heads, but {} base sizes",
                levels - 1,
                self.anchors.base_sizes.len()
            ));
        }
        if self.in_channels != 1 && self.in_channels != 3 {
            return fail(format!("1 or 3 input channels are possible, found {}", self.in_channels));
        }
        if self.labels.is_empty() || self.labels.len() > 255 {
            return fail(format!("1 to 255 labels are needed, found {}", self.labels.len()));
        }
        let widths = [self.stem_channels, self.pyramid_channels, self.p1_channels, self.p0_channels];
        if let Some(width) = widths.iter().chain(&self.stage_channels).find(|width| !(1..=2048).contains(*width)) {
            return fail(format!("1 to 2048 channels are possible, found {width}"));
        }
        if self.head_depth > 8 || self.stage_blocks.iter().any(|&blocks| blocks > 64) {
            return fail("a head has at most 8 convolutions and a stage at most 64 blocks".into());
        }
        let sizes = self.anchors.base_sizes.iter().chain(&self.anchors.scales).chain(&self.anchors.ratios);
        if self.anchors.per_position() == 0 || !sizes.clone().all(|&size| size.is_finite() && size > 0.0) {
            return fail("anchors need positive sizes, scales and ratios".into());
        }
        let (low, high) = (self.normalization.low_percentile, self.normalization.high_percentile);
        if !((0.0..100.0).contains(&low) && low < high && high <= 100.0) {
            return fail(format!("percentiles {low} and {high} do not rise within 0 to 100"));
        }
        let Tiling { tile, overlap } = self.tiling;
        if tile % self.size_multiple() != 0 || tile == 0 || tile > 4096 || overlap * 2 > tile {
            return fail(format!(
                "a tile of {tile} with overlap {overlap} is not a multiple of {} of at most 4096 with an overlap of at most half",
                self.size_multiple()
            ));
        }
        Ok(())
    }
}
