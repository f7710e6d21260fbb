//! The tied embedding: tokens to rows on the way in, rows to logits on the way out.
//!
//! It is the largest tensor. A device that binds no buffer so large holds it in parts of whole rows.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::florence2::layers::widened;

/// Rows of the embedding, in one part or several.
#[derive(Debug, Clone)]
pub(in crate::florence2) struct Embedding {
    /// `[rows, width]` each, in order.
    pub(in crate::florence2) parts: Vec<Tensor<2>>,
    /// Added to the logits, `[1, vocabulary]`.
    pub(in crate::florence2) bias: Option<Tensor<2>>,
}

impl Embedding {
    /// Tokens -> `[tokens, width]`. Tokens beyond the vocabulary have no row: the caller has refused them.
    pub(in crate::florence2) fn rows(&self, tokens: &[u32], device: &Device) -> Tensor<2> {
        let mut found = Vec::new();
        // Where each token's row comes to lie once the parts' rows stand one part after the other.
        let mut places = vec![0_i64; tokens.len()];
        let (mut first, mut taken) = (0, 0);
        for part in &self.parts {
            let [rows, _] = part.dims();
            let mut here = Vec::new();
            for (place, &token) in places.iter_mut().zip(tokens) {
                if let Some(row) = (token as usize).checked_sub(first).filter(|&row| row < rows) {
                    *place = taken + here.len() as i64;
                    here.push(row as i64);
                }
            }
            first += rows;
            taken += here.len() as i64;
            if !here.is_empty() {
                found.push(widened(&part.clone().select(0, whole_numbers(here, device))));
            }
        }
        if found.len() == 1 {
            return found.swap_remove(0);
        }
        Tensor::cat(found, 0).select(0, whole_numbers(places, device))
    }

    /// `[batch, width]` -> `[batch, vocabulary]`.
    pub(in crate::florence2) fn logits(&self, hidden: &Tensor<2>) -> Tensor<2> {
        // The table times the few columns, not the few rows times the table's transpose: on the CPU twice as fast.
        let columns = hidden.clone().transpose();
        let parts = self.parts.iter().map(|part| widened(part).matmul(columns.clone())).collect();
        let logits = Tensor::cat(parts, 0).transpose();
        match &self.bias {
            Some(bias) => logits + bias.clone(),
            None => logits,
        }
    }
}

pub(in crate::florence2) fn whole_numbers(values: Vec<i64>, device: &Device) -> Tensor<1, Int> {
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}
