//! A recipe: everything that decides a training but the data.

use anyhow::{Context, ensure};
use groundglass_models::retina_unet::RetinaUNetConfig;
use serde::{Deserialize, Serialize};

/// What is trained, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The model's name.
    pub name: String,
    /// The network.
    pub model: RetinaUNetConfig,
    /// The optimisation.
    pub training: Training,
}

/// How the network is optimised: AdamW, linear warm-up, cosine to zero.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Seed of weights, crops and augmentation. A step's samples depend on the seed and its number
    /// alone, so a resumed training goes on as if it had not stopped.
    pub seed: u64,
    /// Optimiser steps.
    pub steps: usize,
    /// Steps over which the learning rate rises.
    pub warm_up_steps: usize,
    /// Crops a step.
    pub batch: usize,
    /// Side of a square crop, a multiple of the model's size multiple.
    pub crop: usize,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f32,
    /// Largest gradient norm of one tensor.
    pub gradient_norm: f32,
    /// A crop is enlarged by a factor from this range, log-uniform.
    pub zoom: [f64; 2],
    /// Standard deviation of the noise that is added, drawn from 0 to this.
    pub noise: f64,
    /// Intensities are raised to a power from `1 / g` to `g`, log-uniform.
    pub gamma: f64,
    /// Share of crops that show an object's surroundings rather than a random place.
    pub centred: f64,
    /// Weight of a case in the draw: its count of objects to this power (0: every case alike).
    pub object_power: f64,
    /// Anchors overlapping a truth by this IoU are positive ...
    pub positive_iou: f64,
    /// ... and those overlapping every truth by less than this are negative; between, they do not count.
    pub negative_iou: f64,
    /// Weight of the box loss.
    pub box_weight: f64,
    /// Weight of the segmentation loss.
    pub segmentation_weight: f64,
}

impl Recipe {
    /// Reads and checks a recipe.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let recipe: Self = serde_json::from_str(text).context("the recipe is not readable")?;
        recipe.model.validate()?;
        let Training { crop, batch, steps, zoom, gamma, .. } = recipe.training;
        ensure!(
            crop > 0 && crop.is_multiple_of(recipe.model.size_multiple()),
            "a crop of {crop} does not fit the network"
        );
        ensure!(batch > 0 && steps > 0, "batch and steps are at least 1");
        ensure!(0.0 < zoom[0] && zoom[0] <= zoom[1] && gamma >= 1.0, "zoom rises and gamma is at least 1");
        Ok(recipe)
    }

    /// The learning rate of a step.
    pub fn learning_rate(&self, step: usize) -> f64 {
        let Training { steps, warm_up_steps, learning_rate, .. } = self.training;
        if step < warm_up_steps {
            return learning_rate * (step + 1) as f64 / warm_up_steps as f64;
        }
        let progress = (step - warm_up_steps) as f64 / (steps - warm_up_steps).max(1) as f64;
        learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * progress.min(1.0)).cos())
    }
}
