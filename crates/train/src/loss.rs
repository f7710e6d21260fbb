//! The three losses: focal for classes, smooth L1 for boxes, cross-entropy with soft Dice for pixels.

use burn::tensor::activation::{log_sigmoid, log_softmax, sigmoid, softmax};
use burn::tensor::{Device, Tensor, TensorData};
use groundglass_models::retina_unet::RetinaUNetOutput;

use crate::recipe::Training;
use crate::targets::Targets;

/// Weight of positives in the focal loss (Lin et al. 2017, section 5.1).
const FOCAL_ALPHA: f64 = 0.25;
/// Where smooth L1 turns from square to straight, in units of the delta spread.
const SMOOTH_L1_BETA: f64 = 0.5;

/// Targets of a batch as tensors.
#[derive(Clone, Debug)]
pub struct BatchTargets {
    classes: Tensor<3>,
    counts: Tensor<3>,
    deltas: Tensor<3>,
    positives: Tensor<3>,
    segmentation: Tensor<4>,
    has_masks: Tensor<4>,
    positive_count: f64,
}

impl BatchTargets {
    /// Stacks the targets of a batch. `has_masks` says which crops teach the segmentation.
    pub fn new(batch: &[Targets], has_masks: &[bool], class_count: usize, side: usize, device: &Device) -> Self {
        let anchors = batch.first().map_or(0, |targets| targets.counts.len());
        let stack = |part: fn(&Targets) -> &Vec<f32>, values: usize| {
            let all: Vec<f32> = batch.iter().flat_map(|targets| part(targets).iter().copied()).collect();
            Tensor::<3>::from_data(TensorData::new(all, [batch.len(), anchors, values]), device)
        };
        let segmentation: Vec<f32> = batch.iter().flat_map(|targets| targets.segmentation.iter().copied()).collect();
        let masks: Vec<f32> = has_masks.iter().map(|&has| f32::from(u8::from(has))).collect();
        Self {
            classes: stack(|targets| &targets.classes, class_count),
            counts: stack(|targets| &targets.counts, 1),
            deltas: stack(|targets| &targets.deltas, 4),
            positives: stack(|targets| &targets.positives, 1),
            segmentation: Tensor::from_data(
                TensorData::new(segmentation, [batch.len(), class_count + 1, side, side]),
                device,
            ),
            has_masks: Tensor::from_data(TensorData::new(masks, [batch.len(), 1, 1, 1]), device),
            positive_count: batch.iter().flat_map(|targets| &targets.positives).map(|&p| f64::from(p)).sum(),
        }
    }
}

/// The losses of one batch, each a single number on the device.
#[derive(Debug)]
pub struct Losses {
    /// Focal loss over anchors, by positive anchor.
    pub class: Tensor<1>,
    /// Smooth L1 over deltas, by positive anchor.
    pub boxes: Tensor<1>,
    /// Mean cross-entropy plus one minus soft Dice.
    pub segmentation: Tensor<1>,
}

impl Losses {
    /// Compares an output with its targets.
    pub fn of(output: RetinaUNetOutput, targets: BatchTargets) -> Self {
        let positives = targets.positive_count.max(1.0);
        let class = focal(output.class_logits, targets.classes) * targets.counts;
        let deltas = smooth_l1(output.box_deltas, targets.deltas) * targets.positives;
        Self {
            class: class.sum() / positives,
            boxes: deltas.sum() / positives,
            segmentation: segmentation(output.segmentation_logits, targets.segmentation, targets.has_masks),
        }
    }

    /// The weighted sum that is minimised.
    pub fn total(&self, training: &Training) -> Tensor<1> {
        self.class.clone()
            + self.boxes.clone() * training.box_weight
            + self.segmentation.clone() * training.segmentation_weight
    }
}

fn focal(logits: Tensor<3>, targets: Tensor<3>) -> Tensor<3> {
    let negatives = targets.clone().neg().add_scalar(1.0);
    let cross_entropy =
        (log_sigmoid(logits.clone()) * targets.clone() + log_sigmoid(logits.clone().neg()) * negatives.clone()).neg();
    let probability = sigmoid(logits);
    let miss = probability.clone() * negatives.clone() + probability.neg().add_scalar(1.0) * targets.clone();
    let alpha = targets * FOCAL_ALPHA + negatives * (1.0 - FOCAL_ALPHA);
    alpha * miss.square() * cross_entropy
}

fn smooth_l1(predicted: Tensor<3>, target: Tensor<3>) -> Tensor<3> {
    let distance = (predicted - target).abs();
    let near = distance.clone().clamp_max(SMOOTH_L1_BETA);
    near.clone() * (distance - near * 0.5) / SMOOTH_L1_BETA
}

fn segmentation(logits: Tensor<4>, target: Tensor<4>, has_masks: Tensor<4>) -> Tensor<1> {
    let [batch, channels, height, width] = logits.dims();
    let pixels = (batch * height * width) as f64;
    let cross_entropy = (log_softmax(logits.clone(), 1) * target.clone() * has_masks.clone()).sum().neg() / pixels;
    let foreground = |tensor: Tensor<4>| tensor.slice([0..batch, 1..channels]);
    let probability = foreground(softmax(logits, 1) * has_masks.clone());
    let target = foreground(target * has_masks);
    let sum = |tensor: Tensor<4>| tensor.sum_dims(&[0, 2, 3]);
    let overlap = sum(probability.clone() * target.clone());
    let dice = (overlap * 2.0 + 1.0) / (sum(probability) + sum(target) + 1.0);
    cross_entropy + dice.mean().neg().add_scalar(1.0)
}
