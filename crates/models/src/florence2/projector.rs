//! From the vision encoder's map to tokens of the text model.

use burn::tensor::{Tensor, TensorData};

use super::layers::{Linear, Norm};
use super::vision::to_tokens;

/// Positions, a mean token, a linear layer and a norm.
#[derive(Debug, Clone)]
pub(super) struct Projector {
    /// `[positions, c / 2]`.
    pub(super) rows: Tensor<2>,
    /// `[positions, c - c / 2]`.
    pub(super) columns: Tensor<2>,
    pub(super) projection: Linear,
    pub(super) norm: Norm,
}

impl Projector {
    /// `[1, c, h, w]` -> `[1 + h w, width]`: the mean of all positions first, then each, row by row.
    pub(super) fn forward(&self, map: Tensor<4>) -> Tensor<2> {
        let [_, channels, height, width] = map.dims();
        let (half, rest) = (channels / 2, channels - channels / 2);
        // Channels of the column come first. Positions count from the corner whatever the size.
        let across = self.columns.clone().slice([0..width, 0..rest]).unsqueeze::<3>().expand([height, width, rest]);
        let down = self.rows.clone().slice([0..height, 0..half]).unsqueeze_dim::<3>(1).expand([height, width, half]);
        let positions = Tensor::cat(vec![across, down], 2).reshape([height * width, channels]);
        let tokens = to_tokens(map.clone()) + positions + first_moment(channels, &map);
        let mean = tokens.clone().mean_dim(0);
        self.norm.forward(self.projection.forward(Tensor::cat(vec![mean, tokens], 0)))
    }
}

/// The temporal position of a single image: the sine of 0 on even channels, its cosine on odd ones.
fn first_moment(channels: usize, like: &Tensor<4>) -> Tensor<2> {
    let values: Vec<f32> = (0..channels).map(|channel| (channel % 2) as f32).collect();
    Tensor::from_data(TensorData::new(values, [1, channels]), &like.device())
}
