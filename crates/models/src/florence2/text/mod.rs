//! The text model: the encoder and decoder of BART (Lewis et al. 2019, arXiv 1910.13461), norms after.

mod attention;
mod embedding;

use burn::tensor::{Device, Tensor};

pub(super) use attention::{Attention, KeysValues};
pub(super) use embedding::{Embedding, Table, whole_numbers};

use super::layers::{Mlp, Norm};

/// Rows at the head of a position table that no position uses.
const POSITION_OFFSET: usize = 2;

/// Positions and the norm that tokens pass before the first layer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// `[positions + 2, width]`.
    pub(super) positions: Tensor<2>,
    pub(super) norm: Norm,
}

impl Entry {
    /// `[batch, tokens, width]`, the first token at position `first`.
    fn forward(&self, tokens: Tensor<3>, first: usize) -> Tensor<3> {
        let [_, count, width] = tokens.dims();
        let start = first + POSITION_OFFSET;
        let positions = self.positions.clone().slice([start..start + count, 0..width]);
        self.norm.forward(tokens + positions.unsqueeze::<3>())
    }
}

/// A layer of the encoder.
#[derive(Debug, Clone)]
pub(super) struct EncoderLayer {
    pub(super) attention: Attention,
    pub(super) attention_norm: Norm,
    pub(super) mlp: Mlp,
    pub(super) final_norm: Norm,
}

/// The encoder.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    pub(super) entry: Entry,
    pub(super) layers: Vec<EncoderLayer>,
}

impl Encoder {
    /// `[1, tokens, width]` -> the same. Every token attends to every other.
    pub(super) fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        self.layers.iter().fold(self.entry.forward(tokens, 0), |x, layer| {
            let kept = layer.attention.keys_values(&x);
            let x = layer.attention_norm.forward(layer.attention.forward(x.clone(), &kept) + x);
            layer.final_norm.forward(layer.mlp.forward(x.clone()) + x)
        })
    }
}

/// A layer of the decoder.
#[derive(Debug, Clone)]
pub(super) struct DecoderLayer {
    pub(super) attention: Attention,
    pub(super) attention_norm: Norm,
    pub(super) cross_attention: Attention,
    pub(super) cross_attention_norm: Norm,
    pub(super) mlp: Mlp,
    pub(super) final_norm: Norm,
}

/// The decoder.
#[derive(Debug, Clone)]
pub(super) struct Decoder {
    pub(super) entry: Entry,
    pub(super) layers: Vec<DecoderLayer>,
}

/// Keys and values of the tokens that each beam has so far, by layer.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    layers: Vec<Option<KeysValues>>,
    /// Tokens in it.
    length: usize,
    /// Beams in it.
    beams: usize,
}

impl Cache {
    /// Without tokens.
    pub(super) fn new(decoder: &Decoder, beams: usize) -> Self {
        Self { layers: vec![None; decoder.layers.len()], length: 0, beams }
    }

    /// Beam `i` becomes what beam `origins[i]` was.
    pub(super) fn reorder(&mut self, origins: &[usize], device: &Device) {
        if origins.len() == self.beams && origins.iter().enumerate().all(|(beam, &origin)| beam == origin) {
            return;
        }
        let members = whole_numbers(origins.iter().map(|&origin| origin as i64).collect(), device);
        for layer in &mut self.layers {
            *layer = layer.take().map(|kept| kept.select(&members));
        }
        self.beams = origins.len();
    }
}

impl Decoder {
    /// What the decoder keeps of the encoder's output `[1, tokens, width]`, by layer.
    pub(super) fn cross(&self, encoded: &Tensor<3>) -> Vec<KeysValues> {
        self.layers.iter().map(|layer| layer.cross_attention.keys_values(encoded)).collect()
    }

    /// One more token of each beam: `[beams, width]`, embedded, -> `[beams, width]`, hidden.
    pub(super) fn step(&self, tokens: Tensor<2>, cross: &[KeysValues], cache: &mut Cache) -> Tensor<2> {
        let [beams, width] = tokens.dims();
        let mut x = self.entry.forward(tokens.reshape([beams, 1, width]), cache.length);
        cache.length += 1;
        for ((layer, encoded), kept) in self.layers.iter().zip(cross).zip(&mut cache.layers) {
            let new = layer.attention.keys_values(&x);
            let seen = match kept.take() {
                Some(before) => before.followed_by(new),
                None => new,
            };
            x = layer.attention_norm.forward(layer.attention.forward(x.clone(), &seen) + x);
            *kept = Some(seen);
            // The encoder's output is one for all beams: they are the tokens of one batch here.
            let asked = x.clone().swap_dims(0, 1);
            let told = layer.cross_attention.forward(asked, encoded).swap_dims(0, 1);
            x = layer.cross_attention_norm.forward(told + x);
            x = layer.final_norm.forward(layer.mlp.forward(x.clone()) + x);
        }
        x.reshape([beams, width])
    }
}
