//! `config.json`, in the two layouts that are about.
//!
//! | field here | native (`transformers` 4.56 and later) | Microsoft's, AG-KD's |
//! | --- | --- | --- |
//! | stage widths | `vision_config.embed_dim` | `vision_config.dim_embed` |
//! | position rows | `vision_config.max_position_embeddings` | `vision_config.image_pos_embed.max_pos_embeddings` |
//! | hidden width | `vision_config.mlp_ratio` | fixed: 4 |
//! | projection | `vision_config.projection_dim` | the same, and `projection_dim` |
//!
//! A field that is missing has the value of the reference implementation.

use serde_json::{Map, Value};

use super::config::{ConfigError, Florence2Config, LayersConfig, StageConfig, TextConfig, VisionConfig};

/// Largest number that a field may hold; every limit of the configuration is below.
const LARGEST: u64 = 1 << 40;

/// One object of the file, and where it stands.
pub(super) struct Fields<'a> {
    file: &'a str,
    path: String,
    fields: Option<&'a Map<String, Value>>,
}

impl<'a> Fields<'a> {
    pub(super) fn root(file: &'a str, value: &'a Value) -> Result<Self, ConfigError> {
        let fields = value.as_object().ok_or_else(|| ConfigError {
            file: file.to_owned(),
            field: "the file".to_owned(),
            reason: "is not a JSON object".to_owned(),
        })?;
        Ok(Self { file, path: String::new(), fields: Some(fields) })
    }

    /// What the field holds; `null` counts as missing, as it does for the reference.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.fields.and_then(|fields| fields.get(name)).filter(|value| !value.is_null())
    }

    pub(super) fn fault(&self, name: &str, reason: impl Into<String>) -> ConfigError {
        ConfigError { file: self.file.to_owned(), field: format!("{}{name}", self.path), reason: reason.into() }
    }

    /// A field that holds an object; an empty one where it is missing.
    pub(super) fn object(&self, name: &str) -> Result<Self, ConfigError> {
        let fields = match self.value(name) {
            None => None,
            Some(Value::Object(fields)) => Some(fields),
            Some(other) => return Err(self.expected(name, other, "an object")),
        };
        Ok(Self { file: self.file, path: format!("{}{name}.", self.path), fields })
    }

    pub(super) fn expected(&self, name: &str, found: &Value, wanted: &str) -> ConfigError {
        let mut text = found.to_string();
        if let Some((end, _)) = text.char_indices().nth(60) {
            text.truncate(end);
            text.push_str("...");
        }
        self.fault(name, format!("is {text}, not {wanted}"))
    }

    fn whole(&self, name: &str, value: &Value) -> Result<usize, ConfigError> {
        // Python writes whole ratios as 4.0.
        let number = value.as_u64().or_else(|| {
            value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0).map(|number| number as u64)
        });
        number
            .filter(|&number| number <= LARGEST)
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| self.expected(name, value, "a whole number"))
    }

    pub(super) fn number(&self, name: &str, default: usize) -> Result<usize, ConfigError> {
        self.value(name).map_or(Ok(default), |value| self.whole(name, value))
    }

    fn list(&self, name: &str, default: &[usize]) -> Result<Vec<usize>, ConfigError> {
        match self.value(name) {
            None => Ok(default.to_vec()),
            Some(Value::Array(values)) => values.iter().map(|value| self.whole(name, value)).collect(),
            Some(other) => Err(self.expected(name, other, "a list of whole numbers")),
        }
    }

    fn flags(&self, name: &str, default: &[bool]) -> Result<Vec<bool>, ConfigError> {
        match self.value(name) {
            None => Ok(default.to_vec()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| value.as_bool().ok_or_else(|| self.expected(name, value, "true or false")))
                .collect(),
            Some(other) => Err(self.expected(name, other, "a list of true and false")),
        }
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool, ConfigError> {
        match self.value(name) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| self.expected(name, value, "true or false")),
        }
    }

    /// A field that must hold `only`, where it is there.
    fn fixed(&self, name: &str, only: &Value) -> Result<(), ConfigError> {
        match self.value(name) {
            Some(value) if value != only => {
                Err(self.expected(name, value, &format!("{only}, the only choice that is supported")))
            }
            _ => Ok(()),
        }
    }
}

/// The bytes of a configuration as JSON.
pub(super) fn json_value(file: &str, json: &[u8]) -> Result<Value, ConfigError> {
    serde_json::from_slice(json).map_err(|error| ConfigError {
        file: file.to_owned(),
        field: "the file".to_owned(),
        reason: format!("is not JSON: {error}"),
    })
}

pub(super) fn parse(file: &str, json: &[u8]) -> Result<Florence2Config, ConfigError> {
    let value = json_value(file, json)?;
    let root = Fields::root(file, &value)?;
    if root.value("vision_config").is_none() || root.value("text_config").is_none() {
        return Err(root.fault("vision_config", "or `text_config` is missing; a Florence-2 has both"));
    }
    let text = text(&root.object("text_config")?)?;
    let vision = root.object("vision_config")?;
    let projection = vision.number("projection_dim", root.number("projection_dim", text.width)?)?;
    if projection != text.width {
        return Err(vision.fault(
            "projection_dim",
            format!("is {projection}, and the text model's width is {}; they must be equal", text.width),
        ));
    }
    Ok(Florence2Config { vision: self::vision(&vision)?, text })
}

fn vision(fields: &Fields<'_>) -> Result<VisionConfig, ConfigError> {
    fields.fixed("in_channels", &Value::from(3))?;
    fields.fixed("activation_function", &Value::from("gelu"))?;
    fields.object("visual_temporal_embedding")?.fixed("type", &Value::from("COSINE"))?;
    let positions = fields.object("image_pos_embed")?;
    positions.fixed("type", &Value::from("learned_abs_2d"))?;
    fields.fixed("image_feature_source", &serde_json::json!(["spatial_avg_pool", "temporal_avg_pool"]))?;

    let width_name = if fields.value("dim_embed").is_some() { "dim_embed" } else { "embed_dim" };
    let widths = fields.list(width_name, &[128, 256, 512, 1024])?;
    let names = ["depths", "num_heads", "num_groups", "patch_size", "patch_stride", "patch_padding"];
    let defaults: [&[usize]; 6] =
        [&[1, 1, 9, 1], &[4, 8, 16, 32], &[4, 8, 16, 32], &[7, 3, 3, 3], &[4, 2, 2, 2], &[3, 1, 1, 1]];
    let mut lists = Vec::with_capacity(names.len());
    for (name, default) in names.iter().zip(defaults) {
        let list = fields.list(name, default)?;
        if list.len() != widths.len() {
            return Err(fields.fault(name, format!("has {} stages, `{width_name}` {}", list.len(), widths.len())));
        }
        lists.push(list);
    }
    let norms = fields.flags("patch_prenorm", &[false, true, true, true])?;
    if norms.len() != widths.len() {
        return Err(
            fields.fault("patch_prenorm", format!("has {} stages, `{width_name}` {}", norms.len(), widths.len()))
        );
    }
    let at = |list: usize, stage: usize| lists.get(list).and_then(|list| list.get(stage)).copied().unwrap_or_default();
    let stages = widths.iter().zip(norms).enumerate().map(|(stage, (&width, norm_first))| StageConfig {
        width,
        depth: at(0, stage),
        heads: at(1, stage),
        groups: at(2, stage),
        kernel: at(3, stage),
        stride: at(4, stage),
        padding: at(5, stage),
        norm_first,
    });
    Ok(VisionConfig {
        stages: stages.collect(),
        window: fields.number("window_size", 12)?,
        expansion: fields.number("mlp_ratio", 4)?,
        attention_bias: fields.flag("qkv_bias", true)?,
        positions: fields.number("max_position_embeddings", positions.number("max_pos_embeddings", 50)?)?,
    })
}

fn text(fields: &Fields<'_>) -> Result<TextConfig, ConfigError> {
    fields.fixed("activation_function", &Value::from("gelu"))?;
    for name in ["scale_embedding", "normalize_before", "add_final_layer_norm", "add_bias_logits"] {
        fields.fixed(name, &Value::from(false))?;
    }
    let layers = |side: &str| -> Result<LayersConfig, ConfigError> {
        Ok(LayersConfig {
            count: fields.number(&format!("{side}_layers"), 12)?,
            heads: fields.number(&format!("{side}_attention_heads"), 16)?,
            hidden: fields.number(&format!("{side}_ffn_dim"), 4096)?,
        })
    };
    Ok(TextConfig {
        vocabulary: fields.number("vocab_size", 50_265)?,
        width: fields.number("d_model", 1024)?,
        encoder: layers("encoder")?,
        decoder: layers("decoder")?,
        positions: fields.number("max_position_embeddings", 1024)?,
    })
}
