//! The published configuration with seeded weights: as much work as the real network.
//!
//! `cargo test -p groundglass-models --test florence2 -- --ignored --nocapture full` makes the weights as they are
//! read. With `GROUNDGLASS_FULL_WEIGHTS=D` it reads `D/model.safetensors` instead, which
//! `make_goldens.py --weights D` wrote.

use std::path::PathBuf;
use std::time::Instant;

use burn::tensor::Device;
use groundglass_models::florence2::{Florence2Model, Plan};
use groundglass_models::tensor_files::{FileSource, TensorFiles};
use pollster::block_on;

use crate::goldens::{Golden, close};
use crate::seeded::SeededFile;

fn sampled(values: &[f32], step: usize) -> Vec<f32> {
    values.iter().copied().step_by(step).collect()
}

#[test]
#[ignore = "a gigabyte of weights, and minutes"]
fn the_full_network_answers_as_the_reference_does() {
    let golden = Golden::read("full");
    let clock = Instant::now();
    let (plan, device) = (Plan::default(), Device::flex());
    let model = match std::env::var_os("GROUNDGLASS_FULL_WEIGHTS") {
        Some(folder) => {
            let path = PathBuf::from(folder).join("model.safetensors");
            let source = FileSource::new(std::fs::File::open(path).unwrap()).unwrap();
            let mut files = block_on(TensorFiles::open(vec![("model.safetensors".to_owned(), source)], None)).unwrap();
            block_on(Florence2Model::load(&mut files, &golden.config, &plan, &device)).unwrap()
        }
        None => {
            let mut files = SeededFile::open(&golden.config, golden.seed);
            block_on(Florence2Model::load(&mut files, &golden.config, &plan, &device)).unwrap()
        }
    };
    let told = |what: &str, clock: Instant| println!("{what}: {:.2} s", clock.elapsed().as_secs_f64());
    told("load", clock);
    let clock = Instant::now();
    let features = block_on(model.encode_image(&golden.pixels(), async |_, _| true)).unwrap();
    let numbers = block_on(features.numbers()).unwrap();
    told("image", clock);
    close("features", &sampled(&numbers, 997), &golden.output("image_features"), 1e-3);
    let clock = Instant::now();
    let prepared = model.prompt(&features, &golden.prompt()).unwrap();
    let encoded = block_on(prepared.encoded()).unwrap();
    told("prompt", clock);
    close("encoder", &sampled(&encoded, 997), &golden.output("encoder_last"), 1e-3);
    let logits = block_on(model.logits(&prepared, &golden.decoder())).unwrap();
    close("logits", &sampled(&logits, 501), &golden.output("logits"), 1e-3);
    for run in golden.runs() {
        let clock = Instant::now();
        let answer = block_on(model.generate(&prepared, &run.generation, async |_| true)).unwrap();
        told(&format!("{} tokens by {} beams", answer.tokens.len() - 1, run.generation.beams), clock);
        assert_eq!(answer.tokens, run.tokens);
        close("log-probabilities", &answer.log_probabilities, &run.log_probabilities, 1e-2);
    }
}
