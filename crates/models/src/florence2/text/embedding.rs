//! The tied embedding: tokens to rows on the way in, rows to logits on the way out.
//!
//! It is the largest tensor. A device that binds no buffer so large holds it in parts of whole rows.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::florence2::host::{self, Finish, Panels};
use crate::florence2::layers::widened;

/// Where the rows stand.
#[derive(Debug, Clone)]
pub(in crate::florence2) enum Table {
    /// On any device, in one part or several: `[rows, width]` each, in order.
    Device(Vec<Tensor<2>>),
    /// In host memory, for tensors of burn-flex; each row is a column.
    Host(Panels),
}

/// The embedding.
#[derive(Debug, Clone)]
pub(in crate::florence2) struct Embedding {
    pub(in crate::florence2) table: Table,
    /// Added to the logits, `[1, vocabulary]`.
    pub(in crate::florence2) bias: Option<Tensor<2>>,
}

impl Embedding {
    /// Tokens -> `[tokens, width]`. Tokens beyond the vocabulary have no row: the caller has refused them.
    pub(in crate::florence2) fn rows(&self, tokens: &[u32], device: &Device) -> Tensor<2> {
        let parts = match &self.table {
            Table::Device(parts) => parts,
            Table::Host(panels) => {
                let mut rows = Vec::with_capacity(tokens.len() * panels.inputs);
                tokens.iter().for_each(|&token| panels.column(token as usize, &mut rows));
                return host::give(rows, [tokens.len(), panels.inputs], device);
            }
        };
        let mut found = Vec::new();
        // Where each token's row comes to lie once the parts' rows stand one part after the other.
        let mut places = vec![0_i64; tokens.len()];
        let (mut first, mut taken) = (0, 0);
        for part in parts {
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
        let logits = match &self.table {
            Table::Device(parts) => times(parts, hidden),
            Table::Host(panels) => {
                let [batch, _] = hidden.dims();
                let logits = panels.product(&host::take(hidden.clone()), None, Finish::Plain);
                host::give(logits, [batch, panels.outputs], &hidden.device())
            }
        };
        match &self.bias {
            Some(bias) => logits + bias.clone(),
            None => logits,
        }
    }
}

/// `[batch, width]` -> `[batch, rows of all parts]`.
fn times(parts: &[Tensor<2>], hidden: &Tensor<2>) -> Tensor<2> {
    // The table times the few columns, not the few rows times the table's transpose: on the CPU twice as fast.
    let columns = hidden.clone().transpose();
    let products = parts.iter().map(|part| widened(part).matmul(columns.clone())).collect();
    Tensor::cat(products, 0).transpose()
}

pub(in crate::florence2) fn whole_numbers(values: Vec<i64>, device: &Device) -> Tensor<1, Int> {
    let shape = [values.len()];
    Tensor::from_data(TensorData::new(values, shape), device)
}
