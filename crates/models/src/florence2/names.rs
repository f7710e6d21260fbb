//! The names and shapes of every tensor, in the layouts that weights files have.
//!
//! Names here are the native layout's (`transformers` 4.56 and later) without its leading `model.`.
//! Microsoft's original layout, which AG-KD and K2Sight keep, has other names for the vision encoder and the
//! projector, and holds the projection transposed.

use super::config::{Florence2Config, LayersConfig};

/// Which names a file uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `transformers` 4.56 and later.
    Native,
    /// Microsoft's own code, and what was trained with it: AG-KD, K2Sight-Lite.
    Microsoft,
}

/// A tensor that the network needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedTensor {
    /// Its name in the native layout, without `model.`.
    pub name: String,
    /// Its shape in the native layout.
    pub shape: Vec<usize>,
}

impl ExpectedTensor {
    /// Numbers in it.
    pub fn numbers(&self) -> u64 {
        self.shape.iter().fold(1_u64, |product, &side| product.saturating_mul(side as u64))
    }
}

/// The tied embedding of encoder, decoder and output.
pub const EMBEDDING: &str = "language_model.shared.weight";

/// The projection of image features, transposed in Microsoft's layout.
pub const PROJECTION: &str = "multi_modal_projector.image_projection.weight";

/// What the names of tied copies of the embedding end with.
pub const TIED: [&str; 3] = ["lm_head.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"];

/// The table of temporal positions, which is computed and need not be there.
pub const TEMPORAL: &str = "visual_temporal_embed.pos_idx_to_embed";

/// A bias on the logits that Microsoft's layout may hold, shape `[1, vocabulary]`.
pub const LOGITS_BIAS: &str = "final_logits_bias";

/// Every tensor of the network, each once.
pub fn expected(config: &Florence2Config) -> Vec<ExpectedTensor> {
    let mut list = List(Vec::new());
    let mut channels = 3;
    for (index, stage) in config.vision.stages.iter().enumerate() {
        let width = stage.width;
        let conv = format!("vision_tower.convs.{index}");
        list.weight(&format!("{conv}.conv"), &[width, channels, stage.kernel, stage.kernel], true);
        list.norm(&format!("{conv}.norm"), if stage.norm_first { channels } else { width });
        for depth in 0..stage.depth {
            for (block, attention) in [("spatial_block", "window_attn"), ("channel_block", "channel_attn")] {
                let block = format!("vision_tower.blocks.{index}.{depth}.{block}");
                for (conv, norm) in [("conv1", "norm1"), ("conv2", "norm2")] {
                    list.weight(&format!("{block}.{conv}"), &[width, 1, 3, 3], true);
                    list.norm(&format!("{block}.{norm}"), width);
                }
                let bias = config.vision.attention_bias;
                list.weight(&format!("{block}.{attention}.qkv"), &[3 * width, width], bias);
                list.weight(&format!("{block}.{attention}.proj"), &[width, width], true);
                let hidden = width * config.vision.expansion;
                list.weight(&format!("{block}.ffn.fc1"), &[hidden, width], true);
                list.weight(&format!("{block}.ffn.fc2"), &[width, hidden], true);
            }
        }
        channels = width;
    }
    let width = config.text.width;
    list.add(PROJECTION.to_owned(), &[width, channels]);
    list.norm("multi_modal_projector.image_proj_norm", width);
    let positions = config.vision.positions;
    let embed = "multi_modal_projector.image_position_embed";
    list.add(format!("{embed}.row_embeddings.weight"), &[positions, channels / 2]);
    list.add(format!("{embed}.column_embeddings.weight"), &[positions, channels - channels / 2]);
    list.add(EMBEDDING.to_owned(), &[config.text.vocabulary, width]);
    for (side, layers) in [("encoder", &config.text.encoder), ("decoder", &config.text.decoder)] {
        list.side(side, layers, config);
    }
    list.0
}

struct List(Vec<ExpectedTensor>);

impl List {
    fn add(&mut self, name: String, shape: &[usize]) {
        self.0.push(ExpectedTensor { name, shape: shape.to_vec() });
    }

    fn weight(&mut self, name: &str, shape: &[usize], bias: bool) {
        self.add(format!("{name}.weight"), shape);
        if bias {
            self.add(format!("{name}.bias"), shape.get(..1).unwrap_or_default());
        }
    }

    fn norm(&mut self, name: &str, width: usize) {
        self.weight(name, &[width], true);
    }

    fn side(&mut self, side: &str, layers: &LayersConfig, config: &Florence2Config) {
        let width = config.text.width;
        let root = format!("language_model.{side}");
        // The table begins with two rows that no position uses.
        self.add(format!("{root}.embed_positions.weight"), &[config.text.positions + 2, width]);
        self.norm(&format!("{root}.layernorm_embedding"), width);
        let attentions: &[&str] = if side == "decoder" { &["self_attn", "encoder_attn"] } else { &["self_attn"] };
        for index in 0..layers.count {
            let layer = format!("{root}.layers.{index}");
            for attention in attentions {
                for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                    self.weight(&format!("{layer}.{attention}.{part}"), &[width, width], true);
                }
                self.norm(&format!("{layer}.{attention}_layer_norm"), width);
            }
            self.weight(&format!("{layer}.fc1"), &[layers.hidden, width], true);
            self.weight(&format!("{layer}.fc2"), &[width, layers.hidden], true);
            self.norm(&format!("{layer}.final_layer_norm"), width);
        }
    }
}

/// Microsoft's name for a tensor of the native layout.
pub fn microsoft(native: &str) -> String {
    if let Some(rest) = native.strip_prefix("language_model.") {
        return format!("language_model.model.{rest}");
    }
    if native == PROJECTION {
        return "image_projection".to_owned();
    }
    if let Some(rest) = native.strip_prefix("multi_modal_projector.") {
        return rest.replace("image_position_embed", "image_pos_embed");
    }
    if native.starts_with("vision_tower.convs.") {
        return native.replace(".conv.", ".proj.");
    }
    let attention = if native.contains(".spatial_block.") { "window_attn" } else { "channel_attn" };
    native
        .replace(".conv1.", ".conv1.fn.dw.")
        .replace(".conv2.", ".conv2.fn.dw.")
        .replace(&format!(".{attention}."), &format!(".{attention}.fn."))
        .replace(".ffn.", ".ffn.fn.net.")
        .replace(".norm1.", &format!(".{attention}.norm."))
        .replace(".norm2.", ".ffn.norm.")
}

#[cfg(test)]
mod tests {
    use super::{PROJECTION, expected, microsoft};
    use crate::florence2::Florence2Config;

    /// Counts of `transformers` 4.57.1: `sum(p.numel() for p in model.parameters())`.
    #[test]
    fn the_published_configuration_has_the_published_size() {
        assert_eq!(Florence2Config::base().parameters(), 231_414_784);
        // 668 in the reference's state dict, of which three are copies of the embedding and one is computed.
        assert_eq!(expected(&Florence2Config::base()).len(), 664);
    }

    #[test]
    fn microsofts_names() {
        for (native, theirs) in [
            ("vision_tower.convs.1.conv.weight", "vision_tower.convs.1.proj.weight"),
            ("vision_tower.convs.1.norm.bias", "vision_tower.convs.1.norm.bias"),
            (
                "vision_tower.blocks.2.1.spatial_block.conv1.weight",
                "vision_tower.blocks.2.1.spatial_block.conv1.fn.dw.weight",
            ),
            (
                "vision_tower.blocks.2.1.channel_block.norm1.bias",
                "vision_tower.blocks.2.1.channel_block.channel_attn.norm.bias",
            ),
            (
                "vision_tower.blocks.2.1.spatial_block.window_attn.qkv.weight",
                "vision_tower.blocks.2.1.spatial_block.window_attn.fn.qkv.weight",
            ),
            ("vision_tower.blocks.2.1.spatial_block.norm2.bias", "vision_tower.blocks.2.1.spatial_block.ffn.norm.bias"),
            (
                "vision_tower.blocks.2.1.spatial_block.ffn.fc1.bias",
                "vision_tower.blocks.2.1.spatial_block.ffn.fn.net.fc1.bias",
            ),
            (PROJECTION, "image_projection"),
            ("multi_modal_projector.image_proj_norm.bias", "image_proj_norm.bias"),
            (
                "multi_modal_projector.image_position_embed.row_embeddings.weight",
                "image_pos_embed.row_embeddings.weight",
            ),
            ("language_model.shared.weight", "language_model.model.shared.weight"),
        ] {
            assert_eq!(microsoft(native), theirs);
        }
    }
}
