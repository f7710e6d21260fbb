//! The network: a residual encoder, a feature pyramid down to full resolution, and shared heads.
//!
//! After Jaeger et al. 2018 (arXiv 1811.08661): P2..Pn carry class and box heads whose weights are
//! shared over levels, P0 carries a 1x1 segmentation. Two choices differ from the authors' code and
//! are smaller: P1 and P0 have their own, fewer channels, and class scores are independent sigmoids
//! (RetinaNet, Lin et al. 2017, arXiv 1708.02002) instead of a softmax.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{BatchNorm, BatchNormConfig, Initializer, PaddingConfig2d};
use burn::tensor::activation::relu;
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor};

use super::config::RetinaUNetConfig;
use crate::fold::fold_batch_norm;

/// What comes out for a batch of `n` images of `h` x `w` pixels, `a` anchors in all and `k` classes.
#[derive(Debug, Clone)]
pub struct RetinaUNetOutput {
    /// Class logits `[n, a, k]`.
    pub class_logits: Tensor<3>,
    /// Box deltas `[n, a, 4]` as `(dy, dx, dh, dw)`, see [`super::anchors`].
    pub box_deltas: Tensor<3>,
    /// Segmentation logits `[n, 1 + k, h, w]`, background first.
    pub segmentation_logits: Tensor<4>,
}

/// A convolution, its batch norm while it has one, and a ReLU where asked for.
#[derive(Module, Debug)]
pub struct ConvUnit {
    conv: Conv2d,
    norm: Option<BatchNorm>,
}

impl ConvUnit {
    fn new(channels: [usize; 2], stride: usize, device: &Device) -> Self {
        let conv = Conv2dConfig::new(channels, [3, 3])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
            .with_bias(false)
            .with_initializer(Initializer::KaimingNormal { gain: 2.0_f64.sqrt(), fan_out_only: false })
            .init(device);
        Self { conv, norm: Some(BatchNormConfig::new(channels[1]).init(device)) }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let output = self.conv.forward(input);
        match &self.norm {
            Some(norm) => norm.forward(output),
            None => output,
        }
    }

    fn folded(self) -> Self {
        match self.norm {
            Some(norm) => Self { conv: fold_batch_norm(self.conv, &norm), norm: None },
            None => self,
        }
    }
}

/// Two convolutions around which the input is carried (He et al. 2016).
#[derive(Module, Debug)]
pub struct ResidualBlock {
    first: ConvUnit,
    second: ConvUnit,
}

impl ResidualBlock {
    fn new(channels: usize, device: &Device) -> Self {
        Self {
            first: ConvUnit::new([channels, channels], 1, device),
            second: ConvUnit::new([channels, channels], 1, device),
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let output = self.second.forward(relu(self.first.forward(input.clone())));
        relu(output + input)
    }

    fn folded(self) -> Self {
        Self { first: self.first.folded(), second: self.second.folded() }
    }
}

/// One encoder stage: half the resolution, then residual blocks.
#[derive(Module, Debug)]
pub struct Stage {
    down: ConvUnit,
    blocks: Vec<ResidualBlock>,
}

impl Stage {
    fn new(channels: [usize; 2], blocks: usize, device: &Device) -> Self {
        Self {
            down: ConvUnit::new(channels, 2, device),
            blocks: (0..blocks).map(|_| ResidualBlock::new(channels[1], device)).collect(),
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        self.blocks.iter().fold(relu(self.down.forward(input)), |x, block| block.forward(x))
    }

    fn folded(self) -> Self {
        Self { down: self.down.folded(), blocks: self.blocks.into_iter().map(ResidualBlock::folded).collect() }
    }
}

/// A head: 3x3 convolutions with ReLU, and a last one whose channels are read as anchors.
#[derive(Module, Debug)]
pub struct Head {
    tower: Vec<Conv2d>,
    output: Conv2d,
}

impl Head {
    fn new(channels: usize, depth: usize, outputs: usize, bias: f64, device: &Device) -> Self {
        let conv = |channels: [usize; 2]| {
            Conv2dConfig::new(channels, [3, 3]).with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
        };
        let tower = (0..depth)
            .map(|_| {
                conv([channels, channels])
                    .with_initializer(Initializer::KaimingNormal { gain: 2.0_f64.sqrt(), fan_out_only: false })
                    .init(device)
            })
            .collect();
        let mut output =
            conv([channels, outputs]).with_initializer(Initializer::Normal { mean: 0.0, std: 0.01 }).init(device);
        output.bias = Some(Initializer::Constant { value: bias }.init([outputs], device));
        Self { tower, output }
    }

    /// `[n, c, h, w]` -> `[n, h * w * anchors, values]`: positions row by row, then anchors.
    fn forward(&self, input: Tensor<4>, values: usize) -> Tensor<3> {
        let features = self.tower.iter().fold(input, |x, conv| relu(conv.forward(x)));
        let output = self.output.forward(features);
        let [batch, channels, height, width] = output.dims();
        output.permute([0, 2, 3, 1]).reshape([batch, height * width * (channels / values), values])
    }
}

/// The Retina U-Net.
#[derive(Module, Debug)]
pub struct RetinaUNet {
    stem: Vec<ConvUnit>,
    stages: Vec<Stage>,
    /// 1x1 on C2..Cn.
    laterals: Vec<Conv2d>,
    /// 3x3 on the sums at P2..Pn.
    smooths: Vec<Conv2d>,
    lateral_1: Conv2d,
    reduce_1: Conv2d,
    smooth_1: ConvUnit,
    lateral_0: Conv2d,
    reduce_0: Conv2d,
    smooth_0: ConvUnit,
    class_head: Head,
    box_head: Head,
    segmentation: Conv2d,
}

/// At the start every anchor is background with this probability (Lin et al. 2017, section 4.1).
const FOREGROUND_PRIOR: f64 = 0.01;

impl RetinaUNet {
    /// A network with random weights, on `device`.
    pub fn new(config: &RetinaUNetConfig, device: &Device) -> Self {
        let pointwise = |channels: [usize; 2]| Conv2dConfig::new(channels, [1, 1]).init(device);
        let c = |level: usize| if level == 0 { config.stem_channels } else { config.stage_channels[level - 1] };
        let pyramid = config.pyramid_channels;
        let anchors = config.anchors.per_position();
        let head = |outputs, bias| Head::new(pyramid, config.head_depth, outputs, bias, device);
        Self {
            stem: vec![ConvUnit::new([config.in_channels, c(0)], 1, device), ConvUnit::new([c(0), c(0)], 1, device)],
            stages: (1..=config.top_level())
                .map(|level| Stage::new([c(level - 1), c(level)], config.stage_blocks[level - 1], device))
                .collect(),
            laterals: (2..=config.top_level()).map(|level| pointwise([c(level), pyramid])).collect(),
            smooths: (2..=config.top_level())
                .map(|_| {
                    Conv2dConfig::new([pyramid, pyramid], [3, 3])
                        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                        .init(device)
                })
                .collect(),
            lateral_1: pointwise([c(1), config.p1_channels]),
            reduce_1: pointwise([pyramid, config.p1_channels]),
            smooth_1: ConvUnit::new([config.p1_channels, config.p1_channels], 1, device),
            lateral_0: pointwise([c(0), config.p0_channels]),
            reduce_0: pointwise([config.p1_channels, config.p0_channels]),
            smooth_0: ConvUnit::new([config.p0_channels, config.p0_channels], 1, device),
            class_head: head(anchors * config.labels.len(), (FOREGROUND_PRIOR / (1.0 - FOREGROUND_PRIOR)).ln()),
            box_head: head(anchors * 4, 0.0),
            segmentation: pointwise([config.p0_channels, 1 + config.labels.len()]),
        }
    }

    /// Runs a batch `[n, channels, h, w]`; `h` and `w` are multiples of [`RetinaUNetConfig::size_multiple`].
    pub fn forward(&self, input: Tensor<4>, config: &RetinaUNetConfig) -> RetinaUNetOutput {
        let c0 = self.stem.iter().fold(input, |x, unit| relu(unit.forward(x)));
        let mut encoded = Vec::with_capacity(self.stages.len());
        let mut x = c0.clone();
        for stage in &self.stages {
            x = stage.forward(x);
            encoded.push(x.clone());
        }

        // Sums from the coarsest level down; `sums[i]` is level i + 2.
        let mut sums: Vec<Tensor<4>> = Vec::with_capacity(self.laterals.len());
        for (lateral, features) in self.laterals.iter().zip(&encoded[1..]).rev() {
            let side = lateral.forward(features.clone());
            let sum = match sums.last() {
                Some(coarser) => side + upsample(coarser.clone(), InterpolateMode::Nearest),
                None => side,
            };
            sums.push(sum);
        }
        sums.reverse();
        let pyramid: Vec<Tensor<4>> = self.smooths.iter().zip(sums).map(|(smooth, sum)| smooth.forward(sum)).collect();

        // Reducing before upsampling gives the same sum (1x1 and bilinear commute) for a quarter of the work.
        let p1 = self.lateral_1.forward(encoded[0].clone())
            + upsample(self.reduce_1.forward(pyramid[0].clone()), InterpolateMode::Bilinear);
        let p1 = relu(self.smooth_1.forward(p1));
        let p0 = self.lateral_0.forward(c0) + upsample(self.reduce_0.forward(p1), InterpolateMode::Bilinear);
        let p0 = relu(self.smooth_0.forward(p0));

        let heads = |head: &Head, values: usize| {
            Tensor::cat(pyramid.iter().map(|level| head.forward(level.clone(), values)).collect(), 1)
        };
        RetinaUNetOutput {
            class_logits: heads(&self.class_head, config.labels.len()),
            box_deltas: heads(&self.box_head, 4),
            segmentation_logits: self.segmentation.forward(p0),
        }
    }

    /// The same function without batch norms: each is folded into the convolution before it.
    pub fn folded(self) -> Self {
        Self {
            stem: self.stem.into_iter().map(ConvUnit::folded).collect(),
            stages: self.stages.into_iter().map(Stage::folded).collect(),
            smooth_1: self.smooth_1.folded(),
            smooth_0: self.smooth_0.folded(),
            ..self
        }
    }
}

/// Twice the size; bilinear with half-pixel centres (`align_corners = false`).
fn upsample(input: Tensor<4>, mode: InterpolateMode) -> Tensor<4> {
    let [_, _, height, width] = input.dims();
    let options = InterpolateOptions::new(mode).with_align_corners(false).with_output_size([height * 2, width * 2]);
    interpolate(input, options)
}
