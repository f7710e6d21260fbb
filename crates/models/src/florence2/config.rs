//! The size of a Florence-2 network (Xiao et al. 2024, arXiv 2311.06242).
//!
//! [`Florence2Config::parse`] reads `config.json` in both layouts that are about, see [`super::config_file`].

use thiserror::Error;

use super::config_file;

/// A configuration that no network can be built from. The message names the file and the field.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{file}: `{field}` {reason}")]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// Where in it, as `vision_config.depths`.
    pub field: String,
    /// What was found and what was expected.
    pub reason: String,
}

/// Vision encoder, projector and text model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Florence2Config {
    /// The vision encoder.
    pub vision: VisionConfig,
    /// The text model.
    pub text: TextConfig,
}

/// DaViT (Ding et al. 2022, arXiv 2204.03645).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisionConfig {
    /// The stages, finest first.
    pub stages: Vec<StageConfig>,
    /// Side of a window of the window attention, in tokens.
    pub window: usize,
    /// Width of a block's hidden layer over the stage's width.
    pub expansion: usize,
    /// Whether queries, keys and values have a bias.
    pub attention_bias: bool,
    /// Rows, and columns, that have a position embedding.
    pub positions: usize,
}

/// One stage of the vision encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StageConfig {
    /// Pairs of a spatial and a channel block.
    pub depth: usize,
    /// Channels.
    pub width: usize,
    /// Heads of the window attention.
    pub heads: usize,
    /// Groups of the channel attention.
    pub groups: usize,
    /// Side of the convolution that begins the stage.
    pub kernel: usize,
    /// Its stride.
    pub stride: usize,
    /// Its padding.
    pub padding: usize,
    /// Whether the norm comes before that convolution.
    pub norm_first: bool,
}

/// The encoder and decoder of BART (Lewis et al. 2019, arXiv 1910.13461).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextConfig {
    /// Tokens that are known.
    pub vocabulary: usize,
    /// Width of a token.
    pub width: usize,
    /// Layers and heads of the encoder, and the width of their hidden layer.
    pub encoder: LayersConfig,
    /// Layers and heads of the decoder, and the width of their hidden layer.
    pub decoder: LayersConfig,
    /// Tokens that an input or an output may have.
    pub positions: usize,
}

/// A stack of equal layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayersConfig {
    /// How many.
    pub count: usize,
    /// Attention heads of each.
    pub heads: usize,
    /// Width of the hidden layer.
    pub hidden: usize,
}

/// Parameters beyond which nothing is built: ten times Florence-2-large.
const MOST_PARAMETERS: u64 = 8_000_000_000;

impl Florence2Config {
    /// Florence-2-base as published, with the native layout's vocabulary of 51,290.
    pub fn base() -> Self {
        let stage = |depth, width: usize, first: bool| StageConfig {
            depth,
            width,
            heads: width / 32,
            groups: width / 32,
            kernel: if first { 7 } else { 3 },
            stride: if first { 4 } else { 2 },
            padding: if first { 3 } else { 1 },
            norm_first: !first,
        };
        let layers = LayersConfig { count: 6, heads: 12, hidden: 3072 };
        Self {
            vision: VisionConfig {
                stages: vec![stage(1, 128, true), stage(1, 256, false), stage(9, 512, false), stage(1, 1024, false)],
                window: 12,
                expansion: 4,
                attention_bias: true,
                positions: 50,
            },
            text: TextConfig { vocabulary: 51_290, width: 768, encoder: layers, decoder: layers, positions: 1024 },
        }
    }

    /// Reads `config.json`, in the native layout of `transformers` or in Microsoft's, and checks it.
    ///
    /// # Errors
    /// [`ConfigError`] names the first field that cannot be used.
    pub fn parse(file: &str, json: &[u8]) -> Result<Self, ConfigError> {
        let config = config_file::parse(file, json)?;
        config.validate(file)?;
        Ok(config)
    }

    /// Channels of the vision encoder's last map.
    pub fn image_width(&self) -> usize {
        self.vision.stages.last().map_or(0, |stage| stage.width)
    }

    /// Rows and columns of the vision encoder's last map for an image of `height` x `width` pixels; `None`
    /// where a stage's kernel does not fit.
    pub fn map_size(&self, height: usize, width: usize) -> Option<(usize, usize)> {
        self.vision.stages.iter().try_fold((height, width), |(height, width), stage| {
            Some((stage.output_side(height)?, stage.output_side(width)?))
        })
    }

    /// Tokens that an image of `height` x `width` pixels becomes: its mean, and each position of the last map.
    /// `None` where the map does not fit the position embedding.
    pub fn image_tokens(&self, height: usize, width: usize) -> Option<usize> {
        let (rows, columns) = self.map_size(height, width)?;
        (rows.max(columns) <= self.vision.positions).then(|| 1 + rows * columns)
    }

    /// Parameters, the tied embedding counted once.
    pub fn parameters(&self) -> u64 {
        super::names::expected(self).iter().map(|tensor| tensor.numbers()).sum()
    }

    /// Checks every rule that the other rooms rely on.
    ///
    /// # Errors
    /// [`ConfigError`] names `file` and the first field whose rule is broken, in the native layout's words.
    pub fn validate(&self, file: &str) -> Result<(), ConfigError> {
        let fail =
            |field: &str, reason: String| Err(ConfigError { file: file.to_owned(), field: field.to_owned(), reason });
        let within = |field: &str, value: usize, least: usize, most: usize| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            fail(field, format!("is {value}; {least} to {most} is possible"))
        };
        let vision = &self.vision;
        within("vision_config.depths", vision.stages.len(), 1, 8)?;
        within("vision_config.window_size", vision.window, 1, 64)?;
        within("vision_config.mlp_ratio", vision.expansion, 1, 16)?;
        within("vision_config.max_position_embeddings", vision.positions, 1, 1024)?;
        for stage in &vision.stages {
            within("vision_config.depths", stage.depth, 0, 64)?;
            within("vision_config.embed_dim", stage.width, 2, 8192)?;
            within("vision_config.patch_size", stage.kernel, 1, 64)?;
            within("vision_config.patch_stride", stage.stride, 1, 64)?;
            within("vision_config.patch_padding", stage.padding, 0, 63)?;
            for (field, parts) in [("vision_config.num_heads", stage.heads), ("vision_config.num_groups", stage.groups)]
            {
                if parts == 0 || !stage.width.is_multiple_of(parts) {
                    return fail(field, format!("is {parts}, which does not divide the stage's {}", stage.width));
                }
            }
        }
        if !self.image_width().is_multiple_of(2) {
            return fail("vision_config.embed_dim", format!("ends with {}, which is odd", self.image_width()));
        }
        let text = &self.text;
        within("text_config.vocab_size", text.vocabulary, 4, 1_000_000)?;
        within("text_config.d_model", text.width, 1, 8192)?;
        within("text_config.max_position_embeddings", text.positions, 2, 65_536)?;
        for (side, layers) in [("encoder", &text.encoder), ("decoder", &text.decoder)] {
            within(&format!("text_config.{side}_layers"), layers.count, 1, 64)?;
            within(&format!("text_config.{side}_ffn_dim"), layers.hidden, 1, 65_536)?;
            if layers.heads == 0 || !text.width.is_multiple_of(layers.heads) {
                let field = format!("text_config.{side}_attention_heads");
                return fail(&field, format!("is {}, which does not divide the width {}", layers.heads, text.width));
            }
        }
        if self.parameters() > MOST_PARAMETERS {
            return fail(
                "text_config",
                format!("and `vision_config` ask for {} parameters; {MOST_PARAMETERS} are possible", self.parameters()),
            );
        }
        Ok(())
    }
}

impl StageConfig {
    /// What the stage's first convolution makes of a side of so many pixels.
    pub fn output_side(&self, side: usize) -> Option<usize> {
        Some(side.checked_add(2 * self.padding)?.checked_sub(self.kernel)? / self.stride + 1)
    }
}
