//! Attention of the text model, with keys and values that are kept.

use burn::tensor::Tensor;

use crate::florence2::layers::{Linear, attend};

/// Multi-head attention with a projection for queries, keys, values and output.
#[derive(Debug, Clone)]
pub(in crate::florence2) struct Attention {
    pub(in crate::florence2) queries: Linear,
    pub(in crate::florence2) keys: Linear,
    pub(in crate::florence2) values: Linear,
    pub(in crate::florence2) output: Linear,
    pub(in crate::florence2) heads: usize,
}

/// Keys and values of tokens that were seen, `[batch, heads, tokens, width / heads]` each.
#[derive(Debug, Clone)]
pub(in crate::florence2) struct KeysValues {
    keys: Tensor<4>,
    values: Tensor<4>,
}

impl KeysValues {
    /// The same with `more` behind.
    pub(in crate::florence2) fn followed_by(self, more: Self) -> Self {
        Self {
            keys: Tensor::cat(vec![self.keys, more.keys], 2),
            values: Tensor::cat(vec![self.values, more.values], 2),
        }
    }

    /// Members of the batch by their numbers, in their order.
    pub(in crate::florence2) fn select(self, members: &Tensor<1, burn::tensor::Int>) -> Self {
        Self { keys: self.keys.select(0, members.clone()), values: self.values.select(0, members.clone()) }
    }
}

impl Attention {
    /// Keys and values of `[batch, tokens, width]`.
    pub(in crate::florence2) fn keys_values(&self, input: &Tensor<3>) -> KeysValues {
        KeysValues {
            keys: self.split(self.keys.forward(input.clone())),
            values: self.split(self.values.forward(input.clone())),
        }
    }

    /// `[batch, tokens, width]` attends to what is kept of the same batch.
    pub(in crate::florence2) fn forward(&self, input: Tensor<3>, kept: &KeysValues) -> Tensor<3> {
        let [batch, tokens, width] = input.dims();
        let queries = self.split(self.queries.forward(input));
        let scale = ((width / self.heads) as f64).powf(-0.5);
        let attended = attend(queries, kept.keys.clone().swap_dims(2, 3), kept.values.clone(), scale);
        self.output.forward(attended.swap_dims(1, 2).reshape([batch, tokens, width]))
    }

    fn split(&self, tokens: Tensor<3>) -> Tensor<4> {
        let [batch, count, width] = tokens.dims();
        tokens.reshape([batch, count, self.heads, width / self.heads]).swap_dims(1, 2)
    }
}
