//! The files that `tests/reference/florence2/make_goldens.py` made.

use std::path::PathBuf;

use groundglass_models::florence2::{EarlyStopping, Florence2Config, Generation, PixelValues};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::seeded;

/// One network, what was asked of it, and what `transformers` answered.
pub struct Golden {
    pub config: Florence2Config,
    pub about: Value,
    pub seed: u64,
    outputs: Vec<u8>,
}

/// One search.
pub struct Run {
    pub generation: Generation,
    pub tokens: Vec<u32>,
    pub log_probabilities: Vec<f32>,
    pub score: Option<f32>,
}

pub fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference/florence2").join(name)
}

pub fn read(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

pub fn tokens(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn token(value: &Value) -> Option<u32> {
    value.as_u64().map(|id| id as u32)
}

impl Golden {
    pub fn read(name: &str) -> Self {
        let config = format!("{name}.config.json");
        let about: Value = serde_json::from_slice(&read(&format!("{name}.json"))).unwrap();
        Self {
            config: Florence2Config::parse(&config, &read(&config)).unwrap(),
            seed: about["seed"].as_u64().unwrap(),
            outputs: read(&format!("{name}.safetensors")),
            about,
        }
    }

    pub fn pixels(&self) -> PixelValues {
        let side = |index: usize| self.about["image"][index].as_u64().unwrap() as usize;
        let (height, width) = (side(0), side(1));
        let values = seeded::uniform("pixel_values", 3 * height * width, self.seed);
        PixelValues { values: values.iter().map(|value| value * 2.0).collect(), height, width }
    }

    pub fn prompt(&self) -> Vec<u32> {
        tokens(&self.about["prompt"])
    }

    pub fn decoder(&self) -> Vec<u32> {
        tokens(&self.about["decoder"])
    }

    pub fn output(&self, name: &str) -> Vec<f32> {
        let tensors = SafeTensors::deserialize(&self.outputs).unwrap();
        let bytes = tensors.tensor(name).unwrap().data();
        bytes.as_chunks().0.iter().map(|&chunk| f32::from_le_bytes(chunk)).collect()
    }

    pub fn runs(&self) -> Vec<Run> {
        self.about["runs"].as_array().unwrap().iter().map(run).collect()
    }
}

fn run(value: &Value) -> Run {
    let options = &value["options"];
    let number = |name: &str| options[name].as_u64().unwrap() as usize;
    let generation = Generation {
        beams: number("num_beams"),
        early_stopping: match &options["early_stopping"] {
            Value::Bool(true) => EarlyStopping::WhenFull,
            Value::Bool(false) => EarlyStopping::WhenBeaten,
            _ => EarlyStopping::Never,
        },
        no_repeat_ngram: number("no_repeat_ngram_size"),
        length_penalty: options["length_penalty"].as_f64().unwrap(),
        new_tokens: number("max_new_tokens"),
        start: 2,
        ends: token(&options["eos_token_id"]).map_or_else(|| tokens(&options["eos_token_id"]), |end| vec![end]),
        forced_first: token(&options["forced_bos_token_id"]),
        forced_last: token(&options["forced_eos_token_id"]),
    };
    let numbers = value["transition_scores"].as_array().unwrap();
    Run {
        generation,
        tokens: tokens(&value["tokens"]),
        log_probabilities: numbers.iter().map(|number| number.as_f64().unwrap() as f32).collect(),
        score: value["sequences_score"].as_f64().map(|score| score as f32),
    }
}

/// Fails where two lists differ by more than `most` anywhere.
pub fn close(name: &str, ours: &[f32], theirs: &[f32], most: f32) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    let difference = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{name}: largest difference {difference}");
    assert!(difference < most, "{name} differs by {difference}");
}
