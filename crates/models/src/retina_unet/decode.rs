//! Numbers to findings: candidates and class probabilities tile by tile, merged over the image.

use groundglass_types::{BoundingBox, Finding, Region};

use super::anchors::anchors;
use super::config::RetinaUNetConfig;
use super::masks::{Claim, ProbabilityMap, assign_masks};
use super::preprocess::TileInput;
use crate::boxes::{Candidate, cluster, suppress};
use crate::tiles::Tile;

/// The network's answer for one tile, read back into plain numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct TileOutput {
    /// Logits `[anchors, classes]`.
    pub class_logits: Vec<f32>,
    /// Deltas `[anchors, 4]`.
    pub box_deltas: Vec<f32>,
    /// Logits `[1 + classes, height, width]`, background first.
    pub segmentation_logits: Vec<f32>,
}

/// Gathers the tiles of one image and makes findings of them.
#[derive(Debug)]
pub struct Decoder<'a> {
    config: &'a RetinaUNetConfig,
    tiles: &'a [Tile],
    /// By class.
    candidates: Vec<Vec<Candidate>>,
    /// By class.
    probabilities: Vec<ProbabilityMap>,
}

impl<'a> Decoder<'a> {
    /// A decoder for an image of `width` x `height` pixels that runs in these tiles.
    pub fn new(config: &'a RetinaUNetConfig, (width, height): (usize, usize), tiles: &'a [Tile]) -> Self {
        let classes = config.labels.len();
        Self {
            config,
            tiles,
            candidates: vec![Vec::new(); classes],
            probabilities: (0..classes).map(|_| ProbabilityMap::new(width, height)).collect(),
        }
    }

    /// How far outside the pixels that a tile owns the centre of its boxes may lie.
    const fn margin(&self) -> usize {
        self.config.tiling.overlap / 4
    }

    /// Adds the answer for tile number `index`, whose input was `input`.
    pub fn add_tile(&mut self, index: usize, input: &TileInput, output: &TileOutput) {
        let Some(tile) = self.tiles.get(index).copied() else { return };
        for (class, candidates) in self.tile_candidates(index, &tile, input, output).into_iter().enumerate() {
            let decoding = &self.config.decoding;
            let kept = suppress(candidates, f64::from(decoding.suppression_iou), decoding.max_boxes_per_tile);
            self.candidates[class].extend(kept);
        }
        self.add_probabilities(&tile, input, &output.segmentation_logits);
    }

    fn tile_candidates(
        &self,
        index: usize,
        tile: &Tile,
        input: &TileInput,
        output: &TileOutput,
    ) -> Vec<Vec<Candidate>> {
        let classes = self.config.labels.len();
        let floor = logit(self.config.decoding.score_floor);
        let mut candidates = vec![Vec::new(); classes];
        let anchors = anchors(self.config, input.height, input.width);
        let answers = output.class_logits.chunks_exact(classes).zip(output.box_deltas.chunks_exact(4));
        for (anchor, (logits, deltas)) in anchors.iter().zip(answers) {
            for (class, &logit) in logits.iter().enumerate().filter(|(_, logit)| **logit >= floor) {
                let bounding_box = anchor
                    .decode([deltas[0], deltas[1], deltas[2], deltas[3]])
                    .clipped(tile.width as f64, tile.height as f64)
                    .shifted(tile.left as f64, tile.top as f64);
                if bounding_box.is_proper() && tile.claims(bounding_box.center(), self.margin()) {
                    let centrality = tile.centrality(bounding_box.center());
                    candidates[class].push(Candidate { bounding_box, score: sigmoid(logit), centrality, tile: index });
                }
            }
        }
        candidates
    }

    fn add_probabilities(&mut self, tile: &Tile, input: &TileInput, logits: &[f32]) {
        let plane = input.width * input.height;
        let classes = self.config.labels.len();
        if logits.len() != plane * (classes + 1) {
            return;
        }
        for y in tile.owned_rows.0..tile.owned_rows.1 {
            for x in tile.owned_columns.0..tile.owned_columns.1 {
                let position = (y - tile.top) * input.width + (x - tile.left);
                let at = |channel: usize| logits[channel * plane + position];
                let largest = (0..=classes).map(at).fold(f32::NEG_INFINITY, f32::max);
                let total: f32 = (0..=classes).map(|channel| (at(channel) - largest).exp()).sum();
                for class in 0..classes {
                    self.probabilities[class].set(x, y, (at(class + 1) - largest).exp() / total);
                }
            }
        }
    }

    /// The findings of the whole image, best first; coordinates in pixels of the original image.
    pub fn finish(self) -> Vec<Finding> {
        let decoding = &self.config.decoding;
        let margin = self.margin();
        let mut findings = Vec::new();
        for ((class, candidates), probabilities) in self.candidates.into_iter().enumerate().zip(&self.probabilities) {
            let views = |bounding_box: &BoundingBox| {
                self.tiles.iter().filter(|tile| tile.claims(bounding_box.center(), margin)).count()
            };
            let (width, height) = probabilities.size();
            let merged: Vec<Candidate> = cluster(candidates, f64::from(decoding.clustering_iou), views)
                .into_iter()
                .filter(|candidate| candidate.score >= decoding.score_floor)
                // A mean of boxes inside may round to just outside.
                .map(|c| Candidate { bounding_box: c.bounding_box.clipped(width as f64, height as f64), ..c })
                .collect();
            let claims: Vec<Claim> = merged
                .iter()
                .map(|c| Claim { bounding_box: c.bounding_box, firm: f64::from(c.score) >= decoding.score_threshold })
                .collect();
            let masks = assign_masks(&claims, probabilities, decoding.mask_threshold);
            findings.extend(merged.iter().zip(masks).map(|(candidate, mask)| Finding {
                label: self.config.labels[class].clone(),
                score: f64::from(candidate.score),
                region: Region { bounding_box: candidate.bounding_box, mask },
            }));
        }
        findings.sort_by(|a, b| b.score.total_cmp(&a.score));
        findings
    }
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

fn logit(probability: f32) -> f32 {
    (probability / (1.0 - probability)).ln()
}
