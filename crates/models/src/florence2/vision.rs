//! The vision encoder: DaViT (Ding et al. 2022, arXiv 2204.03645) as Florence-2 has it.
//!
//! Each stage is a strided convolution with a norm, then pairs of blocks: one attends between the tokens of a
//! window, the other between the channels of a group over all tokens. A map is `[1, channels, rows, columns]`
//! for convolutions and `[tokens, channels]`, row by row, for everything else.

use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::host::{self, Depthwise, attend_windows};
use super::layers::{Linear, Mlp, Norm, attend, softmax_of};

/// A convolution.
#[derive(Debug, Clone)]
pub(super) struct Convolution {
    pub(super) weight: Tensor<4>,
    pub(super) bias: Tensor<1>,
    pub(super) stride: usize,
    pub(super) padding: usize,
    pub(super) groups: usize,
}

impl Convolution {
    fn forward(&self, map: Tensor<4>) -> Tensor<4> {
        let (stride, padding) = ([self.stride; 2], [self.padding; 2]);
        let options = ConvOptions::new(stride, padding, [1, 1], self.groups);
        conv2d(map, self.weight.clone(), Some(self.bias.clone()), options)
    }
}

/// The convolution of each channel on its own that a token's neighbours are seen through.
#[derive(Debug, Clone)]
pub(super) enum Neighbours {
    /// On any device.
    Device(Box<Convolution>),
    /// In host memory, for tensors of burn-flex.
    Host(Depthwise),
}

impl Neighbours {
    /// `[h w, c]` -> the same plus its convolution.
    fn added(&self, tokens: Tensor<2>, [rows, columns]: [usize; 2]) -> Tensor<2> {
        match self {
            Self::Device(convolution) => {
                let map = to_map(tokens, [rows, columns]);
                to_tokens(convolution.forward(map.clone()) + map)
            }
            Self::Host(convolution) => {
                let (shape, device) = (tokens.dims(), tokens.device());
                host::give(convolution.added(&host::take(tokens), [rows, columns]), shape, &device)
            }
        }
    }
}

/// The convolution that begins a stage.
#[derive(Debug, Clone)]
pub(super) struct Entrance {
    pub(super) convolution: Convolution,
    pub(super) norm: Norm,
    pub(super) norm_first: bool,
}

impl Entrance {
    /// `[1, channels, h, w]` -> `[1, width, h', w']`.
    pub(super) fn forward(&self, map: Tensor<4>) -> Tensor<4> {
        let normed = |map: Tensor<4>| self.norm.forward(map.permute([0, 2, 3, 1])).permute([0, 3, 1, 2]);
        if self.norm_first { self.convolution.forward(normed(map)) } else { normed(self.convolution.forward(map)) }
    }
}

/// Attention between the tokens of a window, or between the channels of a group.
#[derive(Debug, Clone)]
pub(super) enum Attention {
    /// Windows of `side` x `side` tokens, by heads.
    Window {
        /// Tokens.
        side: usize,
        /// Heads.
        heads: usize,
    },
    /// Channels, by groups.
    Channel {
        /// Groups.
        groups: usize,
    },
}

/// A spatial or a channel block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// 3x3, each channel on its own.
    pub(super) first_neighbours: Neighbours,
    pub(super) first_norm: Norm,
    pub(super) attention: Attention,
    pub(super) qkv: Linear,
    pub(super) projection: Linear,
    /// 3x3, each channel on its own.
    pub(super) second_neighbours: Neighbours,
    pub(super) second_norm: Norm,
    pub(super) mlp: Mlp,
}

impl Block {
    /// `[h w, c]` -> the same.
    pub(super) fn forward(&self, tokens: Tensor<2>, size: [usize; 2]) -> Tensor<2> {
        let tokens = self.first_neighbours.added(tokens, size);
        let normed = self.first_norm.forward(tokens.clone());
        let attended = match self.attention {
            Attention::Window { side, heads } => self.windows(normed, size, side, heads),
            Attention::Channel { groups } => self.channels(normed, groups),
        };
        let tokens = self.second_neighbours.added(tokens + attended, size);
        let normed = self.second_norm.forward(tokens.clone());
        tokens + self.mlp.forward(normed)
    }

    /// The last windows of a row and a column are filled with zeros. These are tokens like others to the
    /// attention: they were zero after the norm, so their keys and values are the biases.
    fn windows(&self, tokens: Tensor<2>, [rows, columns]: [usize; 2], side: usize, heads: usize) -> Tensor<2> {
        let [_, width] = tokens.dims();
        let (down, across) = (rows.div_ceil(side), columns.div_ceil(side));
        let padded = pad(tokens.reshape([rows, columns, width]), [down * side, across * side]);
        let windows = padded.reshape([down, side, across, side, width]).permute([0, 2, 1, 3, 4]).reshape([
            down * across,
            side * side,
            width,
        ]);
        let qkv = self.qkv.forward(windows);
        let merged = match self.qkv {
            Linear::Host { .. } => {
                let device = qkv.device();
                let attended = attend_windows(&host::take(qkv), side * side, width, heads);
                host::give(attended, [down * across, side * side, width], &device)
            }
            Linear::Device(_) => attend_by_heads(qkv, heads),
        };
        let map = self
            .projection
            .forward(merged)
            .reshape([down, across, side, side, width])
            .permute([0, 2, 1, 3, 4])
            .reshape([down * side, across * side, width]);
        map.slice([0..rows, 0..columns, 0..width]).reshape([rows * columns, width])
    }

    /// Scores are summed over tokens, so they are scaled by the root of their number.
    fn channels(&self, tokens: Tensor<2>, groups: usize) -> Tensor<2> {
        let [count, width] = tokens.dims();
        let [queries, keys, values] =
            thirds(self.qkv.forward(tokens.unsqueeze::<3>())).map(|part| part.reshape([count, groups, width / groups]));
        let scores = queries.permute([1, 2, 0]).matmul(keys.permute([1, 0, 2]));
        let weights = softmax_of(scores * (count as f64).powf(-0.5));
        let attended = weights.matmul(values.permute([1, 2, 0]));
        self.projection.forward(attended.permute([2, 0, 1]).reshape([count, width]))
    }
}

/// Queries, keys and values side by side, `[windows, tokens, 3 width]`, -> `[windows, tokens, width]`.
pub(super) fn attend_by_heads(qkv: Tensor<3>, heads: usize) -> Tensor<3> {
    let [windows, tokens, width] = qkv.dims();
    let (width, head_width) = (width / 3, width / 3 / heads);
    let [queries, keys, values] = thirds(qkv).map(|part| part.reshape([windows, tokens, heads, head_width]));
    let attended = attend(
        queries.permute([0, 2, 1, 3]),
        keys.permute([0, 2, 3, 1]),
        values.permute([0, 2, 1, 3]),
        (head_width as f64).powf(-0.5),
    );
    attended.permute([0, 2, 1, 3]).reshape([windows, tokens, width])
}

/// `[1, c, h, w]` -> `[h w, c]`.
pub(super) fn to_tokens(map: Tensor<4>) -> Tensor<2> {
    let [_, width, rows, columns] = map.dims();
    map.reshape([width, rows * columns]).permute([1, 0])
}

/// `[h w, c]` -> `[1, c, h, w]`.
pub(super) fn to_map(tokens: Tensor<2>, [rows, columns]: [usize; 2]) -> Tensor<4> {
    let [_, width] = tokens.dims();
    tokens.permute([1, 0]).reshape([1, width, rows, columns])
}

/// Queries, keys and values side by side -> each.
fn thirds(qkv: Tensor<3>) -> [Tensor<3>; 3] {
    let [batch, count, width] = qkv.dims();
    let third = width / 3;
    [0, 1, 2].map(|part| qkv.clone().slice([0..batch, 0..count, part * third..(part + 1) * third]))
}

/// `[h, w, c]` -> `[height, width, c]`, zeros below and to the right.
fn pad(map: Tensor<3>, [height, width]: [usize; 2]) -> Tensor<3> {
    let [rows, columns, channels] = map.dims();
    let zeros = |shape: [usize; 3]| Tensor::<3>::zeros(shape, &map.device());
    let mut padded = map.clone();
    if width > columns {
        padded = Tensor::cat(vec![padded, zeros([rows, width - columns, channels])], 1);
    }
    if height > rows {
        padded = Tensor::cat(vec![padded, zeros([height - rows, width, channels])], 0);
    }
    padded
}
