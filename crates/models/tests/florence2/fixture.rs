//! The tiny Florence-2 that stands beside the repository, where it does: its numbers come from `transformers`.

use std::path::PathBuf;

use burn::tensor::Device;
use groundglass_models::florence2::{Florence2Config, Florence2Model, Generation, PixelValues, Plan};
use groundglass_models::tensor_files::{FileSource, TensorFiles};
use pollster::block_on;
use serde_json::{Value, json};

fn folder() -> Option<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/florence2-tiny");
    let there = folder.join("tiny_florence2.json").is_file();
    if !there {
        println!("skipped: {} is not there", folder.display());
    }
    there.then_some(folder)
}

fn open(path: PathBuf) -> TensorFiles<FileSource> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let source = FileSource::new(std::fs::File::open(path).unwrap()).unwrap();
    block_on(TensorFiles::open(vec![(name, source)], None)).unwrap()
}

fn read(files: &mut TensorFiles<FileSource>, name: &str) -> Vec<f32> {
    let count = files.entry(name).unwrap().shape.iter().product();
    block_on(files.read(name, 0, count)).unwrap()
}

fn whole_numbers(value: &Value) -> Vec<u32> {
    value[0].as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn close(name: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    let difference = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    println!("{name}: {difference}");
    assert!(difference < 1e-4, "{name} differs by {difference}");
}

#[test]
fn the_fixture_is_answered_as_the_reference_answers() {
    let Some(folder) = folder() else { return };
    let about: Value = serde_json::from_slice(&std::fs::read(folder.join("tiny_florence2.json")).unwrap()).unwrap();
    let mut text = about["config"]["text"].clone();
    for (name, value) in [("decoder_attention_heads", 4), ("decoder_ffn_dim", 64)] {
        text.as_object_mut().unwrap().entry(name).or_insert(json!(value));
    }
    let config = json!({ "vision_config": about["config"]["vision"], "text_config": text });
    let config = Florence2Config::parse("tiny_florence2.json", config.to_string().as_bytes()).unwrap();
    let mut files = open(folder.join("tiny_florence2.safetensors"));
    let model = block_on(Florence2Model::load(&mut files, &config, &Plan::default(), &Device::flex())).unwrap();

    let mut expected = open(folder.join("tiny_florence2_io.safetensors"));
    let pixels = PixelValues { values: read(&mut expected, "pixel_values"), height: 128, width: 128 };
    let features = block_on(model.encode_image(&pixels, async |_, _| true)).unwrap();
    close("image_features", &block_on(features.numbers()).unwrap(), &read(&mut expected, "image_features"));

    let image_token = about["config"]["image_token_id"].as_u64().unwrap() as u32;
    let prompt: Vec<u32> =
        whole_numbers(&about["input_ids"]).into_iter().filter(|&token| token != image_token).collect();
    let prepared = model.prompt(&features, &prompt).unwrap();
    close("encoder_last", &block_on(prepared.encoded()).unwrap(), &read(&mut expected, "encoder_last"));
    let logits = block_on(model.logits(&prepared, &whole_numbers(&about["decoder_input_ids"]))).unwrap();
    close("logits", &logits, &read(&mut expected, "logits"));

    let sequence = whole_numbers(&about["beam3_sequence_ngram3"]);
    let generation = Generation { new_tokens: sequence.len() - 1, ..Generation::default() };
    let answer = block_on(model.generate(&prepared, &generation, async |_| true)).unwrap();
    assert_eq!(answer.tokens, sequence);
}
