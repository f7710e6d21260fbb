//! How an answer is searched for, from `generation_config.json`.

use serde_json::Value;

use super::config::ConfigError;
use super::config_file::{Fields, json_value};

/// When a beam search may stop before its tokens are used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyStopping {
    /// As soon as there are as many finished answers as beams (`true`).
    WhenFull,
    /// When no running beam can beat the worst finished one at its present length (`false`).
    WhenBeaten,
    /// When no running beam can beat the worst finished one at any length (`"never"`).
    Never,
}

/// How an answer is searched for: greedily with one beam, else by beam search.
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// Beams; 1 is greedy.
    pub beams: usize,
    /// When a beam search stops.
    pub early_stopping: EarlyStopping,
    /// No run of so many tokens comes twice in an answer; 0 allows all.
    pub no_repeat_ngram: usize,
    /// An answer's score is its log-probability over its length to this power.
    pub length_penalty: f64,
    /// Tokens of an answer at most, without the one that it starts from.
    pub new_tokens: usize,
    /// The token that it starts from.
    pub start: u32,
    /// The tokens that end it.
    pub ends: Vec<u32>,
    /// What its first token must be.
    pub forced_first: Option<u32>,
    /// What its last token must be when it reaches its greatest length.
    pub forced_last: Option<u32>,
}

impl Default for Generation {
    /// Florence-2's published generation configuration, with the 1,024 tokens that AG-KD's demonstration allows.
    fn default() -> Self {
        Self {
            beams: 3,
            early_stopping: EarlyStopping::WhenFull,
            no_repeat_ngram: 3,
            length_penalty: 1.0,
            new_tokens: 1024,
            start: 2,
            ends: vec![2],
            forced_first: Some(0),
            forced_last: Some(2),
        }
    }
}

/// Beams beyond which a search is refused.
const MOST_BEAMS: usize = 32;

/// Options of `transformers` that change an answer and are not supported, with the value that changes nothing.
const NEUTRAL: [(&str, f64); 8] = [
    ("repetition_penalty", 1.0),
    ("encoder_repetition_penalty", 1.0),
    ("encoder_no_repeat_ngram_size", 0.0),
    ("min_length", 0.0),
    ("min_new_tokens", 0.0),
    ("num_beam_groups", 1.0),
    ("diversity_penalty", 0.0),
    ("guidance_scale", 1.0),
];

impl Generation {
    /// Reads `generation_config.json` (name and bytes) where there is one: what it does not say has the value
    /// that `transformers` gives it. Without one the same fields of `config.json` are read, and what it does
    /// not say is as Florence-2 publishes it ([`Generation::default`]).
    ///
    /// # Errors
    /// [`ConfigError`] names the field that cannot be used.
    pub fn parse(generation: Option<(&str, &[u8])>, config: (&str, &[u8])) -> Result<Self, ConfigError> {
        let (file, json) = generation.unwrap_or(config);
        let value = json_value(file, json)?;
        let root = Fields::root(file, &value)?;
        if generation.is_some() {
            let bare = Self {
                beams: 1,
                early_stopping: EarlyStopping::WhenBeaten,
                no_repeat_ngram: 0,
                forced_first: None,
                forced_last: None,
                ..Self::default()
            };
            return bare.overridden(&root);
        }
        // The reference takes what the text model says, and what the file says of itself over it.
        Self::default().overridden(&root.object("text_config")?)?.overridden(&root)
    }

    fn overridden(mut self, fields: &Fields<'_>) -> Result<Self, ConfigError> {
        if let Some(value) = fields.value("do_sample").filter(|value| **value != Value::Bool(false)) {
            return Err(fields.expected("do_sample", value, "false; drawing answers by chance is not supported"));
        }
        for (name, neutral) in NEUTRAL {
            if let Some(value) = fields.value(name).filter(|value| value.as_f64() != Some(neutral)) {
                return Err(fields.expected(name, value, &format!("{neutral}, the only choice that is supported")));
            }
        }
        self.beams = fields.number("num_beams", self.beams)?;
        if !(1..=MOST_BEAMS).contains(&self.beams) {
            return Err(fields.fault("num_beams", format!("is {}; 1 to {MOST_BEAMS} is possible", self.beams)));
        }
        self.no_repeat_ngram = fields.number("no_repeat_ngram_size", self.no_repeat_ngram)?;
        self.new_tokens = fields.number("max_new_tokens", self.new_tokens)?.max(1);
        self.early_stopping = match fields.value("early_stopping") {
            None => self.early_stopping,
            Some(Value::Bool(true)) => EarlyStopping::WhenFull,
            Some(Value::Bool(false)) => EarlyStopping::WhenBeaten,
            Some(Value::String(word)) if word == "never" => EarlyStopping::Never,
            Some(other) => return Err(fields.expected("early_stopping", other, "true, false or \"never\"")),
        };
        if let Some(value) = fields.value("length_penalty") {
            self.length_penalty = value
                .as_f64()
                .filter(|penalty| penalty.abs() <= 100.0)
                .ok_or_else(|| fields.expected("length_penalty", value, "a number from -100 to 100"))?;
        }
        if let Some(ids) = tokens(fields, "eos_token_id")? {
            self.ends = ids;
        }
        if let Some(start) = token(fields, "decoder_start_token_id")? {
            self.start = start;
        }
        self.forced_first = token(fields, "forced_bos_token_id")?.or(self.forced_first);
        self.forced_last = token(fields, "forced_eos_token_id")?.or(self.forced_last);
        Ok(self)
    }
}

fn token(fields: &Fields<'_>, name: &str) -> Result<Option<u32>, ConfigError> {
    Ok(tokens(fields, name)?.and_then(|tokens| tokens.first().copied()))
}

/// A token, or a short list of them.
fn tokens(fields: &Fields<'_>, name: &str) -> Result<Option<Vec<u32>>, ConfigError> {
    let Some(value) = fields.value(name) else { return Ok(None) };
    let one = |value: &Value| value.as_u64().and_then(|token| u32::try_from(token).ok());
    let list = match value {
        Value::Array(values) if (1..=8).contains(&values.len()) => values.iter().map(one).collect(),
        other => one(other).map(|token| vec![token]),
    };
    list.map(Some).ok_or_else(|| fields.expected(name, value, "a token's number, or a list of at most eight"))
}
