//! What is read of a `tokenizer.json`, and what is refused of it.
//!
//! The file can describe any tokenizer. Florence-2's is byte-level BPE without a normaliser, and only that is built here:
//! other parts are refused with their names, and never run.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::bytes::symbols;
use crate::LanguageError;

/// The largest file that is read, in bytes; Florence-2's has 1.4 MB, with merges as pairs 3.6 MB.
const LARGEST: usize = 32 << 20;

/// The parts of a `tokenizer.json` that say which tokens there are.
#[derive(Deserialize)]
pub struct TokenizerFile {
    #[serde(default)]
    pub added_tokens: Vec<AddedEntry>,
    #[serde(default)]
    normalizer: Option<Value>,
    #[serde(default)]
    pre_tokenizer: Option<Value>,
    #[serde(default)]
    decoder: Option<Value>,
    pub model: Model,
}

/// A token that is looked for in the text before all else.
#[derive(Deserialize)]
pub struct AddedEntry {
    pub id: u32,
    pub content: String,
    #[serde(default)]
    pub special: bool,
    #[serde(default)]
    pub single_word: bool,
    #[serde(default)]
    pub lstrip: bool,
    #[serde(default)]
    pub rstrip: bool,
    #[serde(default)]
    pub normalized: bool,
}

#[derive(Deserialize)]
pub struct Model {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    dropout: Option<f64>,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
    #[serde(default)]
    end_of_word_suffix: Option<String>,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(default)]
    ignore_merges: bool,
    pub vocab: HashMap<String, u32>,
    merges: Vec<Merge>,
}

/// Older files hold `"a b"`, newer ones `["a", "b"]`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Merge {
    Line(String),
    Pair(String, String),
}

impl TokenizerFile {
    /// Reads and checks the bytes of a file called `name`.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, LanguageError> {
        if bytes.len() > LARGEST {
            let (what, found) = (name.to_owned(), bytes.len());
            return Err(LanguageError::TooLarge { what, found, limit: LARGEST, unit: "bytes" });
        }
        let file: Self = serde_json::from_slice(bytes).map_err(|error| LanguageError::json(name, &error))?;
        let refuse = |place: &str, found: String, expected: &str| {
            Err(LanguageError::unexpected(name, format!("\"{place}\""), found, expected))
        };
        if let Some(normalizer) = file.normalizer.as_ref().filter(|value| !value.is_null()) {
            return refuse("normalizer", kind(normalizer), "null");
        }
        for (place, part) in [("pre_tokenizer", &file.pre_tokenizer), ("decoder", &file.decoder)] {
            let found = part.as_ref().map_or_else(|| "missing".to_owned(), kind);
            if found != "\"ByteLevel\"" {
                return refuse(place, found, "\"ByteLevel\"");
            }
        }
        let flag = |key: &str| file.pre_tokenizer.as_ref().and_then(|part| part.get(key)).and_then(Value::as_bool);
        if flag("add_prefix_space") == Some(true) {
            return refuse("pre_tokenizer.add_prefix_space", "true".to_owned(), "false");
        }
        if flag("use_regex") == Some(false) {
            return refuse("pre_tokenizer.use_regex", "false".to_owned(), "true");
        }
        file.model.check(name)?;
        Ok(file)
    }
}

/// What a part says that it is.
fn kind(value: &Value) -> String {
    match value.get("type") {
        Some(kind) => cut(&kind.to_string()),
        None if value.is_null() => "null".to_owned(),
        None => "of no type".to_owned(),
    }
}

/// A text as messages show it.
pub fn cut(text: &str) -> String {
    const SHOWN: usize = 60;
    let short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() { format!("{short}...") } else { short }
}

impl Model {
    fn check(&self, name: &str) -> Result<(), LanguageError> {
        let refuse =
            |place: String, found: String, expected: &str| Err(LanguageError::unexpected(name, place, found, expected));
        if let Some(kind) = self.kind.as_ref().filter(|kind| *kind != "BPE") {
            return refuse("\"model.type\"".to_owned(), format!("\"{}\"", cut(kind)), "\"BPE\"");
        }
        if let Some(dropout) = self.dropout.filter(|dropout| *dropout != 0.0) {
            return refuse(
                "\"model.dropout\"".to_owned(),
                dropout.to_string(),
                "null: tokens may not depend on chance",
            );
        }
        for (key, affix) in [
            ("continuing_subword_prefix", &self.continuing_subword_prefix),
            ("end_of_word_suffix", &self.end_of_word_suffix),
        ] {
            if let Some(affix) = affix.as_ref().filter(|affix| !affix.is_empty()) {
                return refuse(format!("\"model.{key}\""), format!("\"{}\"", cut(affix)), "empty");
            }
        }
        for (key, flag) in [("byte_fallback", self.byte_fallback), ("ignore_merges", self.ignore_merges)] {
            if flag {
                return refuse(format!("\"model.{key}\""), "true".to_owned(), "false");
            }
        }
        let mut taken = vec![false; self.vocab.len()];
        for (token, &id) in &self.vocab {
            let slot = usize::try_from(id).ok().and_then(|id| taken.get_mut(id));
            match slot {
                Some(taken) if !*taken => *taken = true,
                Some(_) => {
                    let found = format!("{id}, which another token has");
                    return refuse(format!("the id of \"{}\"", cut(token)), found, "an id of its own");
                }
                None => {
                    let last = format!("below {}, the number of tokens", self.vocab.len());
                    return refuse(format!("the id of \"{}\"", cut(token)), id.to_string(), &last);
                }
            }
        }
        // Without one of these a text could lose letters in silence.
        if let Some(missing) =
            symbols().find(|symbol| !self.vocab.contains_key(symbol.encode_utf8(&mut [0; 4]) as &str))
        {
            let place = format!("the token \"{missing}\", which stands for a byte,");
            return refuse(place, "missing".to_owned(), "in \"model.vocab\"");
        }
        Ok(())
    }

    /// The pairs that are merged, the first ones first.
    pub fn take_merges(&mut self, name: &str) -> Result<Vec<(String, String)>, LanguageError> {
        let merges = std::mem::take(&mut self.merges).into_iter().enumerate();
        merges
            .map(|(place, merge)| {
                let (left, right) = match merge {
                    Merge::Pair(left, right) => (left, right),
                    Merge::Line(line) => match line.split_once(' ') {
                        Some((left, right)) => (left.to_owned(), right.to_owned()),
                        None => {
                            let (place, found) = (format!("\"model.merges\"[{place}]"), format!("\"{}\"", cut(&line)));
                            return Err(LanguageError::unexpected(
                                name,
                                place,
                                found,
                                "two tokens with a space between",
                            ));
                        }
                    },
                };
                let known = |token: &str| self.vocab.contains_key(token);
                match [left.clone(), right.clone(), format!("{left}{right}")].iter().find(|token| !known(token)) {
                    None => Ok((left, right)),
                    Some(unknown) => {
                        let place = format!("\"{}\" in \"model.merges\"[{place}]", cut(unknown));
                        Err(LanguageError::unexpected(name, place, "no token", "one of \"model.vocab\""))
                    }
                }
            })
            .collect()
    }
}
